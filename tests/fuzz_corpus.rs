//! What fuzzing has found interesting, and what it has found wrong, once more: every input of `fuzz/corpus` and
//! `fuzz/regressions` runs through its target, within a time and an amount of memory.
//!
//! The targets are those that libFuzzer runs (`make trust`); here nothing is instrumented and nothing is searched for.

#![cfg(all(feature = "dataset", feature = "pcodec"))]

use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

#[path = "../fuzz/src/memory.rs"]
mod memory;
#[path = "../fuzz/src/targets/mod.rs"]
mod targets;

use targets::{ALL, MEMORY, Target};

#[global_allocator]
static COUNTING: memory::Counting = memory::Counting;

/// How long one input may take before it counts as endless; the slowest takes some hundredths of a second.
const ENDLESS: Duration = Duration::from_secs(30);

/// The inputs of a target, in the order of their names.
fn inputs(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).into_iter().flatten();
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect();
    found.sort();
    found
}

/// Does one input on a thread of its own.
fn replay(target: &'static Target, path: &Path) -> Result<(), String> {
    let bytes = std::fs::read(path).map_err(|e| e.to_string())?;
    let (tell, told) = mpsc::channel();
    let worker = std::thread::spawn(move || _ = tell.send(memory::peak(|| (target.run)(&bytes))));
    match told.recv_timeout(ENDLESS) {
        Ok(peak) if peak > MEMORY => Err(format!("takes {peak} bytes at once, {MEMORY} are allowed")),
        Ok(_) => worker.join().map_err(|_| "panicked at its end".to_owned()),
        Err(mpsc::RecvTimeoutError::Disconnected) => Err("panicked, see above".to_owned()),
        Err(mpsc::RecvTimeoutError::Timeout) => Err(format!("is not done after {ENDLESS:?}")),
    }
}

// One test: memory is counted by the process, and handles of one sequence must not be guessed by another.
#[test]
fn every_kept_input_is_dealt_with() {
    datastorage::config::configure(r#"{"threads": 1}"#).unwrap();
    datastorage::config::set_log(Some(std::sync::Arc::new(|_, _| {})));
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let mut findings = Vec::new();
    for target in ALL {
        let corpus = inputs(&root.join("corpus").join(target.name));
        assert!(!corpus.is_empty(), "there is no corpus of '{}'", target.name);
        let regressions = inputs(&root.join("regressions").join(target.name));
        for path in corpus.iter().chain(&regressions) {
            if let Err(what) = replay(target, path) {
                findings.push(format!("{}: {what}", path.display()));
            }
        }
    }
    targets::tables::end();
    assert!(findings.is_empty(), "{}", findings.join("\n"));
}
