//! The interface and the inventories: what `scripts/abi.sh` holds them to, and that each part of it refuses what it should.
//!
//! The parts that need a compiler's documentation tools (rustdoc, the docstrings, C#) are in `make abi` alone. The defects
//! are planted by the script, in copies of the headers and sources: the last row counts them.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use crate::check::{Check, Row};
use crate::context::{Amount, Context};

pub const CHECK: Check = Check { name: "abi", run, defects: &[] };

/// The parts of the script, and what each counts.
const PARTS: &[(&str, &str)] = &[
    ("abidiff", "functions"),
    ("symbols", "symbols"),
    ("headers", "compilations"),
    ("doxygen", "pages"),
    ("unsafe", "uses"),
    ("dependencies", "packages"),
    ("planted", "changes"),
];

fn run(context: &Context) -> Vec<Row> {
    if context.amount == Amount::Proof {
        return Vec::new();
    }
    PARTS.iter().map(|&(part, of)| row(context, part, of)).collect()
}

fn row(context: &Context, part: &str, of: &'static str) -> Row {
    let started = Instant::now();
    let program = Context::program();
    let directory = program.parent().unwrap_or(Path::new("."));
    let amount = if context.amount == Amount::Full { "--full" } else { "--quick" };
    let output = Command::new("scripts/abi.sh")
        .args([amount, part])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
        .env("DATASTORAGE_LIBRARY", directory.join("deps/libdatastorage.so"))
        .env("DATASTORAGE_PROFILE", directory.file_name().unwrap_or_default())
        .env("JOBS", context.jobs.to_string())
        .output();
    let (count, found) = match output {
        Err(e) => (0, vec![format!("scripts/abi.sh did not start: {e}")]),
        Ok(output) => {
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            let last = text.lines().last().unwrap_or_default();
            match (output.status.success(), counted(last)) {
                (true, Some(count)) => (count, Vec::new()),
                (true, None) => (0, vec![format!("nothing was counted: '{last}'")]),
                (false, count) => (count.unwrap_or(0), said.lines().map(str::to_owned).collect()),
            }
        }
    };
    Row::new(part, (count, of), found, started)
}

/// The number that a row of the script begins its text with: `abi  symbols  ok  0.1 s  symbols: 151 exported`.
fn counted(row: &str) -> Option<u64> {
    let (_, text) = row.split_once(" s  ")?;
    text.split(' ').find_map(|word| word.parse().ok()).filter(|count| *count > 0)
}
