//! What the seam promises, as tests. Where a test needs another process, the test binary runs the same test again with
//! a role in its environment.

mod crash;
mod locks;
mod names;
mod publish;
mod read;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// The names in a directory that no test made.
fn leftovers(dir: &Path) -> Vec<String> {
    let private = |name: &String| super::is_private(name);
    super::Dir::open(dir).unwrap().entries().unwrap().into_iter().map(|(name, _)| name).filter(private).collect()
}

const ROLE: &str = "DS_FS_TEST_ROLE";

/// The directory the parent gave, when this is the child.
fn role() -> Option<PathBuf> {
    std::env::var_os(ROLE).map(PathBuf::from)
}

/// Runs the test of that full name in another process; its output can be read.
fn other_process(test: &str, dir: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(ROLE, dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Reads the child's output up to a word it prints.
fn wait_for(child: &mut Child, word: &str) {
    use std::io::{BufRead, BufReader};
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains(word) {
        line.clear();
        assert!(output.read_line(&mut line).unwrap() > 0, "the other process ended before it said {word}");
    }
    child.stdout = Some(output.into_inner());
}
