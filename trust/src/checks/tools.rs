//! The tools that watch memory and threads, and the proof that each of them is on.
//!
//! valgrind, AddressSanitizer with its leak detector, ThreadSanitizer and Miri run C programs and tests and must have
//! nothing to say. Then the library is made to do a thing wrong that the tool must see, and only the tool's own words
//! count: `trust/c/wrongs.c` and `src/ffi/memory_tests.rs` have an occasion for each. A tool that is not on this machine is
//! a row that says so, with no trials: it has not passed. What Miri cannot run are C codecs and mapped files.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::check::{Check, Row};
use crate::context::{Amount, Context};
use crate::native::{self, Run};
use crate::proof::Proof;

pub const CHECK: Check = Check { name: "tools", run, defects: &[] };

/// A program of C, from where, with what arguments.
struct Program {
    source: &'static str,
    name: &'static str,
    arguments: &'static str,
}

const fn test(name: &'static str) -> Program {
    Program { source: "tests/c", name, arguments: "" }
}

const WRONGS: Program = Program { source: "trust/c", name: "wrongs", arguments: "" };
const FEW_RACES: Program = Program { source: "trust/c", name: "races", arguments: "300 4 1 240" };
const RACES: Program = Program { source: "trust/c", name: "races", arguments: "20000 8 1 240" };

/// The tests of the modules with unsafe code, but for those that call C (a codec) or map files.
const INTERPRETED: &[&str] = &["ffi::", "config::", "dataset::tables::decode::"];

#[derive(Clone, Copy, PartialEq)]
enum Tool {
    Valgrind,
    Address,
    Thread,
    Miri,
}

impl Tool {
    const fn name(self) -> &'static str {
        match self {
            Self::Valgrind => "valgrind",
            Self::Address => "address and leak sanitizer",
            Self::Thread => "thread sanitizer",
            Self::Miri => "miri",
        }
    }

    /// Those of an amount: the others build the library again, which takes minutes.
    const fn of(amount: Amount) -> &'static [Self] {
        match amount {
            Amount::Proof => &[],
            Amount::Short => &[Self::Valgrind],
            Amount::Full => &[Self::Valgrind, Self::Address, Self::Thread, Self::Miri],
        }
    }

    /// What must be clean under it.
    fn programs(self, amount: Amount) -> Vec<Program> {
        let some = ["test_view", "test_callbacks", "test_dlpack"].map(test);
        let more =
            ["test_lifecycle", "test_bad_input", "test_load_all", "test_regions", "test_roundtrip", "test_schema"];
        let most = more.into_iter().chain(["test_dataset", "test_stress"]).map(test);
        match (self, amount) {
            (Self::Miri, _) => Vec::new(),
            (Self::Valgrind, Amount::Full) => some.into_iter().chain(more.map(test)).chain([FEW_RACES]).collect(),
            (Self::Valgrind, _) => some.into_iter().chain([FEW_RACES]).collect(),
            _ => some.into_iter().chain(most).chain([RACES]).collect(),
        }
    }

    /// The wrongs that it must see, and its words for each.
    const fn wrongs(self) -> &'static [(&'static str, &'static str, &'static [&'static str])] {
        match self {
            Self::Valgrind => &[
                ("valgrind: use after free", "skip-drain", &["Invalid read"]),
                ("valgrind: leak", "keep-buffer", &["definitely lost"]),
                ("valgrind: write out of bounds", "write-past", &["Invalid write"]),
            ],
            Self::Address => &[
                ("asan: use after free", "skip-drain", &["heap-use-after-free"]),
                ("asan: leak", "keep-buffer", &["LeakSanitizer: detected memory leaks"]),
                ("asan: write out of bounds", "write-past", &["heap-buffer-overflow"]),
            ],
            Self::Thread => &[
                ("tsan: use after free", "skip-drain", &["heap-use-after-free", "data race"]),
                ("tsan: data race", "plain-count", &["data race"]),
            ],
            Self::Miri => &[
                ("miri: use after free", "skip-drain", &["Undefined Behavior"]),
                ("miri: leak", "keep-buffer", &["memory leaked"]),
                ("miri: data race", "plain-count", &["Undefined Behavior: Data race detected"]),
                ("miri: write out of bounds", "write-past", &["Undefined Behavior"]),
                ("miri: undefined bool", "odd-bool", &["Undefined Behavior"]),
            ],
        }
    }

    /// Why it cannot be had here.
    fn missing(self) -> Option<&'static str> {
        let answers = |program: &str, arguments: &[&str]| {
            native::run(Command::new(program).args(arguments), Duration::from_secs(60)).is_ok_and(|run| run.succeeded())
        };
        match self {
            Self::Valgrind => (!answers("valgrind", &["--version"])).then_some("valgrind is not installed"),
            // Its runtime and the unstable flags come with the compiler.
            Self::Address => (!answers("cargo", &["--version"])).then_some("no cargo"),
            Self::Thread => {
                let there = "test -d \"$(rustc --print sysroot)/lib/rustlib/src/rust/library\"";
                (!answers("sh", &["-c", there])).then_some("no source of the standard library (rust-src)")
            }
            Self::Miri if !answers("rustup", &["run", "nightly", "rustc", "--version"]) => Some("no nightly"),
            Self::Miri => {
                (!answers("rustup", &["run", "nightly", "cargo", "miri", "--version"])).then_some("nightly has no miri")
            }
        }
    }

    /// Runs a program under it, with a defect or with none.
    fn watch(self, program: &Program, defect: &str) -> Result<Run, String> {
        let root = native::root();
        let script = root.join("tests/c").join(if self == Self::Valgrind { "run.sh" } else { "sanitize.sh" });
        let mut command = Command::new("sh");
        command.arg(script);
        match self {
            Self::Valgrind => {
                command.env("LIB_DIR", native::library()?).env(
                    "WRAP",
                    "valgrind -q --error-exitcode=9 --leak-check=full --show-leak-kinds=definite,indirect \
                     --errors-for-leak-kinds=definite,indirect --fair-sched=yes",
                );
            }
            Self::Address => drop(command.arg("address").env("TRUST", "1")),
            Self::Thread => drop(command.arg("thread").env("TRUST", "1")),
            Self::Miri => return Err("miri runs tests, not programs".to_owned()),
        }
        command.arg(program.name).env("SOURCE", root.join(program.source)).env("ARGS", program.arguments);
        command.env("DATASTORAGE_DEFECT", defect);
        native::run(&mut command, Duration::from_secs(1800))
    }

    /// Runs tests under Miri.
    fn interpret(filters: &[&str], defect: &str) -> Result<Run, String> {
        let mut command = Command::new("rustup");
        command.args(["run", "nightly", "cargo", "miri", "test", "--locked", "--lib", "--features", "trust"]);
        command.arg("--manifest-path").arg(native::root().join("Cargo.toml")).arg("--").args(filters);
        // Not apart from the system: the defect is in the environment.
        command.env("MIRIFLAGS", "-Zmiri-disable-isolation").env("DATASTORAGE_DEFECT", defect);
        native::run(&mut command, Duration::from_secs(3600))
    }
}

fn run(context: &Context) -> Vec<Row> {
    Tool::of(context.amount).iter().map(|&tool| row(context, tool)).collect()
}

fn row(context: &Context, tool: Tool) -> Row {
    let started = Instant::now();
    if let Some(why) = tool.missing() {
        return Row::new(format!("{}, not run: {why}", tool.name()), (0, "programs"), Vec::new(), started);
    }
    if tool == Tool::Miri {
        let run = Tool::interpret(INTERPRETED, "");
        let passed = run.as_ref().map_or(0, |run| passed_tests(&run.text));
        let finding = match run {
            Ok(run) if run.succeeded() && passed > 0 => None,
            Ok(run) => Some(format!("{}: {}", run.end(), first_words(&run.text, &["error:", "error["]))),
            Err(error) => Some(error),
        };
        return Row::new(tool.name(), (passed, "tests"), finding.into_iter().collect(), started);
    }
    let mut programs = tool.programs(context.amount);
    programs.push(WRONGS);
    // The first builds the library, where one must be built; the others would wait for it all the same.
    let jobs = if tool == Tool::Valgrind { context.jobs } else { 1 };
    let found = side_by_side(jobs, &programs, |program| {
        let run = tool.watch(program, "")?;
        if run.succeeded() {
            return Ok(());
        }
        let words = ["ERROR:", "WARNING: Thread", "Invalid", "lost in loss", "finding", "not so", "error"];
        Err(format!("{} {}: {}: {}", program.name, program.arguments, run.end(), first_words(&run.text, &words)))
    });
    Row::new(tool.name(), (programs.len() as u64, "programs"), found, started)
}

/// Does something with each of a few things, `jobs` at a time; what went wrong.
fn side_by_side<T: Sync>(jobs: usize, things: &[T], each: impl Fn(&T) -> Result<(), String> + Sync) -> Vec<String> {
    let (next, found) = (std::sync::atomic::AtomicUsize::new(0), std::sync::Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                while let Some(thing) = things.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
                    if let Err(finding) = each(thing) {
                        found.lock().expect("nobody panics with it").push(finding);
                    }
                }
            });
        }
    });
    found.into_inner().expect("nobody panicked with it")
}

/// The proof for each tool that was run: it must see what is planted, and say so in its own words.
pub fn prove(context: &Context) -> Vec<Proof> {
    let tools = Tool::of(context.amount).iter().filter(|tool| tool.missing().is_none());
    let all: Vec<_> = tools.flat_map(|tool| tool.wrongs().iter().map(move |wrong| (*tool, wrong))).collect();
    let proofs = std::sync::Mutex::new(Vec::new());
    let jobs = if context.amount == Amount::Full { 1 } else { context.jobs };
    side_by_side(jobs, &all, |(tool, (name, defect, words))| {
        let started = Instant::now();
        let run = match tool {
            Tool::Miri => Tool::interpret(&["ffi::memory_tests"], defect),
            _ => tool.watch(&WRONGS, defect),
        };
        let (findings, first) = match run {
            Ok(run) if run.succeeded() => (0, "it had nothing to say".to_owned()),
            Ok(run) if words.iter().any(|word| run.text.contains(word)) => (1, first_words(&run.text, words)),
            Ok(run) => (0, format!("it said something else: {}", run.last_line())),
            Err(error) => (0, error),
        };
        let seconds = started.elapsed().as_secs_f64();
        let proof = Proof { check: CHECK.name, defect: name, findings, first, seconds };
        proofs.lock().expect("nobody panics with it").push(proof);
        Ok(())
    });
    let mut proofs = proofs.into_inner().expect("nobody panicked with it");
    proofs.sort_by_key(|proof| proof.defect);
    proofs
}

/// The first line with one of these words.
fn first_words(text: &str, words: &[&str]) -> String {
    let line = text.lines().find(|line| words.iter().any(|word| line.contains(word)));
    line.or_else(|| text.lines().last()).unwrap_or("nothing was said").trim().to_owned()
}

/// Of `test result: ok. 12 passed; ...`.
fn passed_tests(text: &str) -> u64 {
    let counts = text.lines().filter_map(|line| line.trim().strip_prefix("test result: ok. ")?.split(' ').next());
    counts.filter_map(|count| count.parse::<u64>().ok()).sum()
}
