//! C programs of the harness: compiled against the library that lies beside this program, and run with a bound on time.
//!
//! The library is the one that this program was built with: it has the feature `trust`, so that a defect can be planted in
//! it by the environment of the process. Nothing here says what a run means.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::context::Context;

/// The repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("trust/ lies in the repository").to_owned()
}

/// The directory with the shared library.
///
/// # Errors
/// When it is not there.
pub fn library() -> Result<PathBuf, String> {
    let program = Context::program();
    let place = program.parent().unwrap_or(Path::new(".")).join("deps");
    let library = place.join("libdatastorage.so");
    if library.is_file() { Ok(place) } else { Err(format!("{} is not there", library.display())) }
}

/// Compiles a program of `trust/c` into a directory, from which it also takes the library.
///
/// # Errors
/// What the compiler said.
pub fn compile(name: &str, directory: &Path) -> Result<PathBuf, String> {
    let (root, program) = (root(), directory.join(name));
    let library = library()?.join("libdatastorage.so");
    for link in ["libdatastorage.so", "libdatastorage.so.1"] {
        let link = directory.join(link);
        if !link.exists() {
            std::os::unix::fs::symlink(&library, &link).map_err(|e| format!("{}: {e}", link.display()))?;
        }
    }
    let mut compiler = Command::new(std::env::var_os("CC").unwrap_or_else(|| "cc".into()));
    compiler
        .args(["-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror", "-Wconversion", "-Wstrict-prototypes"])
        .args(["-D_POSIX_C_SOURCE=200809L", "-O2", "-g"])
        .args(["include", "tests/c", "trust/c"].map(|place| format!("-I{}", root.join(place).display())))
        .arg(root.join("trust/c").join(format!("{name}.c")))
        .arg("-o")
        .arg(&program)
        .arg(format!("-L{}", directory.display()))
        .args(["-ldatastorage", "-lpthread"])
        .arg(format!("-Wl,-rpath,{}", directory.display()));
    let run = run(&mut compiler, Duration::from_secs(120))?;
    if run.succeeded() { Ok(program) } else { Err(format!("{name}.c does not compile: {}", run.last_line())) }
}

/// How a process ended.
pub struct Run {
    /// `None` when it was ended for having taken too long.
    pub status: Option<ExitStatus>,
    /// What it said, on both outputs.
    pub text: String,
}

impl Run {
    pub fn succeeded(&self) -> bool {
        self.status.is_some_and(|status| status.success())
    }

    /// In a few words.
    pub fn end(&self) -> String {
        self.status.map_or("took too long and was ended".to_owned(), |status| format!("ended with {status}"))
    }

    pub fn last_line(&self) -> &str {
        self.text.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("nothing was said")
    }
}

/// Runs a command, in a process group of its own that goes with it when it takes longer than `limit`.
///
/// # Errors
/// When it cannot be started.
pub fn run(command: &mut Command, limit: Duration) -> Result<Run, String> {
    use std::io::{Read, Seek};
    use std::os::unix::process::CommandExt;

    let failed = |e: std::io::Error| format!("a command did not start: {e}");
    // A file and no pipe: what stays behind of a process that was ended cannot keep anybody waiting.
    let mut output = tempfile::tempfile().map_err(failed)?;
    let (one, other) = (output.try_clone().map_err(failed)?, output.try_clone().map_err(failed)?);
    command.stdin(Stdio::null()).stdout(one).stderr(other).process_group(0);
    let program = command.get_program().to_string_lossy().into_owned();
    let mut child = command.spawn().map_err(|e| format!("{program} did not start: {e}"))?;
    let started = Instant::now();
    let status = loop {
        match child.try_wait().map_err(failed)? {
            Some(status) => break Some(status),
            None if started.elapsed() > limit => {
                let _ = Command::new("kill").args(["-KILL", "--", &format!("-{}", child.id())]).status();
                let _ = child.wait();
                break None;
            }
            None => std::thread::sleep(Duration::from_millis(20)),
        }
    };
    let mut bytes = Vec::new();
    output.rewind().and_then(|()| output.read_to_end(&mut bytes)).map_err(failed)?;
    Ok(Run { status, text: String::from_utf8_lossy(&bytes).into_owned() })
}
