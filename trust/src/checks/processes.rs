//! Many processes on one store: readers beside a writer, writers that want the same store, readers of one dataset, savers
//! of its subsets; and readers in threads beside compress and close.
//!
//! A reader sees each node whole, never goes back to an older version, and finds what was not deleted. A writer that is
//! refused is told who has the store; one that was killed holds nothing back; nothing that was acknowledged is lost to
//! another writer. This program is its own children; they do what they do until a file appears.

mod readers;
mod sets;
mod threads;
mod writers;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

use datastorage::trust::Defect;

use crate::check::{Check, Row};
use crate::context::Context;

pub const CHECK: Check =
    Check { name: "processes", run, defects: &[("skip-lock", Defect::SkipLock), ("skip-retry", Defect::SkipRetry)] };

fn run(context: &Context) -> Vec<Row> {
    let mut rows = readers::run(context);
    rows.extend(writers::run(context));
    rows.extend(sets::run(context));
    rows.extend(threads::run(context));
    rows
}

/// A child does its part.
pub fn child_of(arguments: &[String]) -> ExitCode {
    let done = match arguments {
        [what, rest @ ..] if what == "reader" => readers::read(rest),
        [what, rest @ ..] if what == "overwriter" => readers::write(rest),
        [what, rest @ ..] if what == "contender" => writers::contend(rest),
        [what, rest @ ..] if what == "asker" => sets::ask(rest),
        [what, rest @ ..] if what == "saver" => sets::save(rest),
        _ => Err(format!("unknown: {arguments:?}")),
    };
    match done {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            println!("finding {}", error.replace('\n', " "));
            ExitCode::SUCCESS
        }
    }
}

/// Starts a child; what it prints is had by [`outcome`].
fn start(arguments: &[&str]) -> Result<Child, String> {
    let mut command = Command::new(Context::program());
    command.args(["child", "processes"]).args(arguments).stdin(Stdio::null()).stdout(Stdio::piped());
    command.spawn().map_err(|e| format!("the child did not start: {e}"))
}

/// Waits for a child that was told to end: the number that it printed, and what it found.
fn outcome(child: Child) -> (u64, Vec<String>) {
    let output = match child.wait_with_output() {
        Ok(output) => output,
        Err(e) => return (0, vec![format!("the child cannot be waited for: {e}")]),
    };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut found: Vec<String> =
        text.lines().filter_map(|line| line.strip_prefix("finding ")).map(str::to_owned).collect();
    if !output.status.success() {
        found.push(format!("the child ended with {}", output.status));
    }
    let number = text.lines().find_map(|line| line.strip_prefix("did ")).and_then(|number| number.parse().ok());
    (number.unwrap_or(0), found)
}

/// The file whose appearance ends the children.
struct Stop(PathBuf);

impl Stop {
    fn new(directory: &Path) -> Self {
        Self(directory.join("stop"))
    }

    fn text(&self) -> String {
        self.0.display().to_string()
    }

    /// Ends them after a time.
    fn after(&self, millis: u64) {
        std::thread::sleep(Duration::from_millis(millis));
        self.now();
    }

    fn now(&self) {
        std::fs::write(&self.0, "").expect("there is a place for it");
    }
}

/// Whether the children are to end.
fn stopped(stop: &str) -> bool {
    Path::new(stop).exists()
}
