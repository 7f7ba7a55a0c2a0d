//! Fuzzing: every target of `fuzz/` runs under libFuzzer for a while, from the corpus that is kept, and nothing is found:
//! no panic, no memory beyond the bound, no input that takes seconds, no value that comes back as another one.
//!
//! The fuzzers are a program of their own beside this one (`trust/build.sh`), with coverage. An input that fails is kept in
//! `target/trust/fuzz/` and named; it belongs into `fuzz/regressions/`. The number of executions follows from the machine,
//! the first input from the seed.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use datastorage::trust::Defect;

use crate::check::{Check, Row};
use crate::context::{Amount, Context};

pub const CHECK: Check = Check { name: "fuzz", run, defects: &[("believe-length", Defect::BelieveLength)] };

/// The targets, as in `fuzz/src/targets/mod.rs`, and the longest input of each that is worth trying.
const TARGETS: &[(&str, usize)] = &[
    ("archive", 8192),
    ("zarr_v2", 2048),
    ("zarr_v3", 4096),
    ("codecs", 1024),
    ("chunks", 256),
    ("metadata", 1024),
    ("schema", 4096),
    ("json_store", 4096),
    ("tables", 8192),
    ("abi", 1024),
];

/// Those that find the planted defects.
const PROOF: &[&str] = &["codecs", "zarr_v2"];

/// The fuzzers: those under AddressSanitizer in the full form, where they were built.
fn program(context: &Context) -> PathBuf {
    let beside = Context::program().with_file_name("fuzz_any");
    let full = beside.ancestors().nth(2).map(|target| target.join("fuzz"));
    let found = full.filter(|_| context.amount == Amount::Full).and_then(|root| {
        let hosts = std::fs::read_dir(root).ok()?;
        hosts.filter_map(|host| Some(host.ok()?.path().join("checked/fuzz_any"))).find(|path| path.is_file())
    });
    found.unwrap_or(beside)
}

fn run(context: &Context) -> Vec<Row> {
    let program = program(context);
    if !program.is_file() {
        // Elsewhere there is no libFuzzer, and no line in the table.
        let missing = format!("{} is not there, trust/build.sh makes it", program.display());
        let row = || Row::new("libFuzzer", (0, "executions"), vec![missing], Instant::now());
        return if cfg!(target_os = "linux") { vec![row()] } else { Vec::new() };
    }
    let chosen = |(name, _): &&(&str, usize)| context.amount != Amount::Proof || PROOF.contains(name);
    let targets: Vec<(&str, usize)> = TARGETS.iter().filter(chosen).copied().collect();
    let next = std::sync::atomic::AtomicUsize::new(0);
    let rows = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..context.jobs {
            scope.spawn(|| {
                while let Some(&target) = targets.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
                    let row = fuzz(context, &program, target);
                    rows.lock().unwrap().push(row);
                }
            });
        }
    });
    let mut rows = rows.into_inner().unwrap();
    rows.sort_by_key(|row: &Row| targets.iter().position(|(target, _)| row.subject == *target));
    rows
}

/// Runs a target for its time.
fn fuzz(context: &Context, program: &Path, (target, longest): (&str, usize)) -> Row {
    let started = Instant::now();
    let found = context.directory();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz");
    let kept = Path::new("target/trust/fuzz").join(target);
    let corpus = found.path().join("corpus");
    let fuzzer = Fuzzer { program, target, longest, source: &source, kept: &kept, place: found.path() };
    let row = |trials, findings| Row::new(target, (trials, "executions"), findings, started).seed(context.seed);
    if let Err(e) = std::fs::create_dir_all(&kept).and_then(|()| begin(context, &source, target, &corpus)) {
        return row(0, vec![format!("{target}: no place to work in: {e}")]);
    }
    let limit = Duration::from_secs(context.trials(15, 30, 300));
    let (mut units, mut slow) = (0, 0);
    loop {
        let seconds = limit.saturating_sub(started.elapsed()).as_secs();
        let kept_too = context.amount != Amount::Proof;
        // libFuzzer's seed is a number of 32 bits, and 0 is none.
        let seed = (context.seed as u32).wrapping_add(slow as u32).max(1);
        let (success, log) = match fuzzer.session(seed, seconds.max(1), kept_too) {
            Ok(ended) => ended,
            Err(e) => return row(units, vec![e]),
        };
        units += number(&log, "stat::number_of_executed_units:");
        let waited = slow;
        let counted = |findings| {
            row(units, findings)
                .count("features", features(&log))
                .count("inputs", std::fs::read_dir(&corpus).map_or(0, |entries| entries.count() as u64))
                .count("waited for the machine", waited)
        };
        match log.lines().find_map(|line| line.split_once("Test unit written to ")) {
            _ if success => return counted(Vec::new()),
            // The clock of the wall counts what others do to the machine: what is quick alone is no finding.
            Some((_, input)) if log.contains("libFuzzer: timeout") && fuzzer.is_quick(input.trim()) => {
                slow += 1;
                let _ = std::fs::remove_file(input.trim());
                if started.elapsed() >= limit {
                    return counted(Vec::new());
                }
            }
            _ => return counted(vec![finding(&log)]),
        }
    }
}

/// A target that is run.
struct Fuzzer<'f> {
    program: &'f Path,
    target: &'f str,
    longest: usize,
    /// `fuzz/` of the repository.
    source: &'f Path,
    /// Where inputs that fail are kept.
    kept: &'f Path,
    /// Where everything else is written.
    place: &'f Path,
}

impl Fuzzer<'_> {
    fn command(&self) -> Command {
        let mut command = Command::new(self.program);
        command.env("DATASTORAGE_FUZZ_TARGET", self.target).env("RUST_BACKTRACE", "1").env("TMPDIR", self.place);
        command.args(["-timeout=2", "-rss_limit_mb=1024", "-detect_leaks=0"]);
        command.arg(format!("-artifact_prefix={}/", self.kept.display()));
        command
    }

    /// Fuzzes so long; whether nothing was found, and what was said.
    fn session(&self, seed: u32, seconds: u64, kept_too: bool) -> Result<(bool, String), String> {
        let mut command = self.command();
        command.arg(format!("-seed={seed}")).arg(format!("-max_total_time={seconds}"));
        command.arg(format!("-max_len={}", self.longest)).arg("-print_final_stats=1");
        let dictionary = self.source.join("dictionaries").join(format!("{}.dict", self.target));
        if dictionary.is_file() {
            command.arg(format!("-dict={}", dictionary.display()));
        }
        // New inputs go into the first directory; what is kept in the repository is only read.
        command.arg(self.place.join("corpus"));
        if kept_too {
            let read = ["corpus", "regressions"].map(|name| self.source.join(name).join(self.target));
            command.args(read.iter().filter(|path| path.is_dir()));
        }
        ended(command, &self.place.join("log"), Duration::from_secs(seconds + 120))
    }

    /// Whether an input is done in time when it is done alone.
    fn is_quick(&self, input: &str) -> bool {
        (0..3).any(|_| {
            let mut command = self.command();
            command.arg(input);
            ended(command, &self.place.join("alone"), Duration::from_secs(60)).is_ok_and(|(success, _)| success)
        })
    }
}

/// The directory of new inputs. A proof begins with the seeds alone: what fuzzing found before would tell at once.
fn begin(context: &Context, source: &Path, target: &str, corpus: &Path) -> std::io::Result<()> {
    std::fs::create_dir(corpus)?;
    if context.amount != Amount::Proof {
        return Ok(());
    }
    for seed in std::fs::read_dir(source.join("corpus").join(target))? {
        let seed = seed?;
        if seed.file_name().as_encoded_bytes().starts_with(b"seed_") {
            std::fs::copy(seed.path(), corpus.join(seed.file_name()))?;
        }
    }
    Ok(())
}

/// Runs a program to its end, which must come; whether it succeeded, and what it said.
fn ended(mut command: Command, log: &Path, limit: Duration) -> Result<(bool, String), String> {
    let file = std::fs::File::create(log).map_err(|e| format!("{}: {e}", log.display()))?;
    let mut child = command
        .stdout(Stdio::null())
        .stdin(Stdio::null())
        .stderr(file)
        .spawn()
        .map_err(|e| format!("not started: {e}"))?;
    let started = Instant::now();
    loop {
        let status = child.try_wait().map_err(|e| format!("not waited for: {e}"))?;
        if let Some(status) = status {
            let log = std::fs::read(log).map_err(|e| format!("{}: {e}", log.display()))?;
            return Ok((status.success(), String::from_utf8_lossy(&log).into_owned()));
        }
        if started.elapsed() > limit {
            let _ = child.kill();
            let _ = child.wait();
            return Err(format!("the fuzzer was not done after {} s", limit.as_secs()));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// What the fuzzer found: what was wrong, and the input.
fn finding(log: &str) -> String {
    let line = |with: &str| log.lines().find(|line| line.contains(with)).map(str::trim);
    let at = log.lines().position(|line| line.contains("panicked at") || line.contains("allocated at once"));
    let what = match at {
        Some(at) => log.lines().skip(at).take(2).collect::<Vec<_>>().join(" "),
        None => line("ERROR:").or_else(|| log.lines().last()).unwrap_or("it said nothing").to_owned(),
    };
    let input =
        line("Test unit written to").map_or("no input was kept", |line| line.rsplit(' ').next().unwrap_or(line));
    format!("{what:.400}; {input}")
}

/// The number behind a word.
fn number(log: &str, word: &str) -> u64 {
    let line = log.lines().find(|line| line.starts_with(word));
    line.and_then(|line| line[word.len()..].trim().parse().ok()).unwrap_or(0)
}

/// The last number of features (`ft: 1234`) that libFuzzer told.
fn features(log: &str) -> u64 {
    let told = |line: &str| line.split_once(" ft: ")?.1.split(' ').next()?.parse().ok();
    log.lines().rev().find_map(told).unwrap_or(0)
}
