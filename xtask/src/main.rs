//! Generates what is committed but not written by hand; `--check` fails when a file differs from what would be written.
//!
//! `cargo xtask typed` writes `src/ffi/typed.rs` (cbindgen does not expand macros), `header` writes
//! `include/datastorage.h` from `src/ffi`, `symbols [LIBRARY]` writes `include/symbols.txt` from the header and, given a
//! built library, checks that it exports these symbols and nothing else, and wants nothing but a glibc of at most a version.
//! `unsafe` writes `docs/unsafe.md` from `src`, `dependencies` writes `THIRD_PARTY.md` and holds the lock file to `deny.toml`.
//! `all` does these. `document` writes the headers with their parameters, for Doxygen. `abi` writes `abi/datastorage.abi`, which is renewed with intent; `--check` compares the headers with it.

mod abi;
mod dependencies;
mod header;
mod parameters;
mod source;
mod symbols;
mod typed;
mod unsafe_code;

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

const USAGE: &str = "usage: cargo xtask (typed | header | symbols [LIBRARY [GLIBC]] | abi [INCLUDE] | unsafe [SOURCES] \
     | document INCLUDE DIRECTORY \
     | dependencies [POLICY] | all [LIBRARY]) [--check]";

fn run(arguments: &[String]) -> Result<()> {
    let check = arguments.iter().any(|a| a == "--check");
    let words: Vec<&str> = arguments.iter().map(String::as_str).filter(|a| *a != "--check").collect();
    let path = words.get(1).map(Path::new);
    match words.first().copied() {
        Some("typed") => typed::generate(check),
        Some("header") => header::generate(check),
        Some("symbols") => symbols::generate(check, path, words.get(2).copied()),
        Some("abi") => abi::generate(check, path),
        Some("unsafe") => unsafe_code::generate(check, path),
        Some("document") => match (path, words.get(2)) {
            (Some(include), Some(directory)) => parameters::write(include, Path::new(directory)),
            _ => Err(USAGE.into()),
        },
        Some("dependencies") => dependencies::generate(check, path),
        Some("all") => {
            typed::generate(check)?;
            header::generate(check)?;
            symbols::generate(check, path, None)?;
            unsafe_code::generate(check, None)?;
            dependencies::generate(check, None)
        }
        _ => Err(USAGE.into()),
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
