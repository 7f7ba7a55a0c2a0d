//! How libFuzzer runs a target: a panic that leaves it ends the process, one that the library catches does not.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, OnceLock};

use crate::memory;
use crate::targets::{self, MEMORY, Target};

/// The target of `fuzz_any`.
const VARIABLE: &str = "DATASTORAGE_FUZZ_TARGET";

/// The last panic: told only when it was not caught.
static LAST: Mutex<String> = Mutex::new(String::new());

/// Replaces libFuzzer's hook, which ends the process at any panic: readers of other crates are called behind a guard.
pub fn start() {
    std::panic::set_hook(Box::new(|panic| {
        let trace = std::backtrace::Backtrace::capture();
        *LAST.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = format!("{panic}\n{trace}");
    }));
    // One thread: what an input does is the same every time.
    datastorage::config::configure(r#"{"threads": 1, "log_level": "error"}"#).expect("settings that are known");
    datastorage::config::set_log(Some(std::sync::Arc::new(|_, _| {})));
}

/// The target of a name.
///
/// # Panics
/// When there is none.
pub fn target(name: &str) -> &'static Target {
    targets::ALL.iter().find(|target| target.name == name).unwrap_or_else(|| panic!("no target '{name}'"))
}

/// The target that the environment names.
///
/// # Panics
/// When it names none.
pub fn chosen() -> &'static Target {
    static CHOSEN: OnceLock<&'static Target> = OnceLock::new();
    CHOSEN.get_or_init(|| target(&std::env::var(VARIABLE).unwrap_or_default()))
}

/// Does one input.
pub fn one(target: &Target, bytes: &[u8]) {
    let mut outcome = Ok(());
    let peak = memory::peak(|| outcome = catch_unwind(AssertUnwindSafe(|| (target.run)(bytes))));
    if outcome.is_err() {
        eprintln!("{}: {}", target.name, LAST.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
        std::process::abort();
    }
    if peak > MEMORY {
        eprintln!("{}: {peak} bytes are allocated at once, {MEMORY} are allowed", target.name);
        std::process::abort();
    }
}
