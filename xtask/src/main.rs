//! Generates what is committed but not written by hand; `--check` fails when a file differs from what would be written.
//!
//! `cargo xtask typed` writes `src/ffi/typed.rs` (cbindgen does not expand macros), `header` writes
//! `include/datastorage.h` from `src/ffi`, `symbols [LIBRARY]` writes `include/symbols.txt` from the header and, given a
//! built library, checks that it exports these symbols and nothing else. `all` does the three.

mod header;
mod symbols;
mod typed;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What went wrong, for a person.
type Result<T> = std::result::Result<T, String>;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_path_buf).unwrap_or_default()
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// Writes a generated file, or with `check` compares it.
fn emit(relative: &str, text: &str, check: bool) -> Result<()> {
    let path = root().join(relative);
    if check {
        return match read(&path) {
            Ok(have) if have == text => Ok(()),
            _ => Err(format!("{relative} is not what is generated: run `cargo xtask all`")),
        };
    }
    std::fs::write(&path, text).map_err(|error| format!("{relative}: {error}"))
}

fn run(arguments: &[String]) -> Result<()> {
    let check = arguments.iter().any(|a| a == "--check");
    let words: Vec<&str> = arguments.iter().map(String::as_str).filter(|a| *a != "--check").collect();
    let library = words.get(1).map(Path::new);
    match words.first().copied() {
        Some("typed") => typed::generate(check),
        Some("header") => header::generate(check),
        Some("symbols") => symbols::generate(check, library),
        Some("all") => {
            typed::generate(check)?;
            header::generate(check)?;
            symbols::generate(check, library)
        }
        _ => Err("usage: cargo xtask (typed | header | symbols [LIBRARY] | all [LIBRARY]) [--check]".into()),
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}
