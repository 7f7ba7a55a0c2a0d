//! SIGKILL: a child that writes is killed at any point of its life, and what the library acknowledged is there.
//!
//! The child is this program. It streams changes to a store, or merges a dataset, and is killed after a time, after so many
//! acknowledgements, or at its k-th call that changes the disk (before, after, and in the middle of it). Then a reader
//! looks: what was acknowledged is there, or something later; each node is of one version; all can be read. Every few
//! lives a writer opens the store, goes on, and leaves nothing hidden.

mod datasets;
mod deadly;
mod log;
mod slots;
mod stream;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use datastorage::ErrorKind;
use datastorage::trust::Defect;

use self::log::{Allowed, Log};
use self::slots::State;
use crate::check::{Check, Row};
use crate::context::Context;
use crate::subject::Subject;

pub const CHECK: Check = Check {
    name: "kill",
    run,
    defects: &[
        ("write-in-place", Defect::WriteInPlace),
        ("fill-in-place", Defect::FillInPlace),
        ("skip-settle", Defect::SkipSettle),
    ],
};

/// Lives of one store.
const LIVES: u64 = 5;
/// A life that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(60);

fn run(context: &Context) -> Vec<Row> {
    let mut rows: Vec<Row> = Subject::STORED.iter().map(|&subject| stores(context, subject)).collect();
    rows.extend(datasets::run(context));
    rows
}

fn stores(context: &Context, subject: Subject) -> Row {
    let started = Instant::now();
    let (kills, acknowledged) = (AtomicU64::new(0), AtomicU64::new(0));
    let count = context.trials(40, 200, 500);
    let found = context.parallel(count.div_ceil(LIVES), |trial| {
        let mut chain = Chain::new(context, subject, trial);
        let outcome = chain.run();
        kills.fetch_add(chain.kills, Ordering::Relaxed);
        acknowledged.fetch_add(chain.acknowledged, Ordering::Relaxed);
        outcome
    });
    Row::new(subject.name(), (kills.into_inner(), "kills"), found, started)
        .seed(context.seed)
        .count("acknowledged", acknowledged.into_inner())
}

/// A store and the lives of its writers, one after the other.
struct Chain {
    subject: Subject,
    random: fastrand::Rng,
    directory: tempfile::TempDir,
    logs: tempfile::TempDir,
    state: State,
    kills: u64,
    acknowledged: u64,
}

impl Chain {
    fn new(context: &Context, subject: Subject, trial: u64) -> Self {
        let random = context.random(subject.name(), trial);
        let (directory, logs) = (context.directory(), context.directory());
        Self { subject, random, directory, logs, state: slots::empty(), kills: 0, acknowledged: 0 }
    }

    fn run(&mut self) -> Result<(), String> {
        for life in 0..LIVES {
            self.live(life).map_err(|e| format!("life {life}: {e}"))?;
        }
        self.recover()
    }

    /// One life of a writer, and what it left.
    fn live(&mut self, life: u64) -> Result<(), String> {
        let log = self.logs.path().join(format!("log-{life}"));
        let seed = self.random.u64(..) / 1000 * 1000 + life + 1;
        let manner = Manner::random(&mut self.random);
        let arguments = ["kill", "store", self.subject.name()].map(str::to_owned);
        let paths = [self.directory.path(), &log].map(|path| path.display().to_string());
        let last = [seed.to_string(), manner.disk()];
        let told = || std::fs::metadata(&log).map_or(0, |found| found.len());
        let killed = manner.kill(&arguments.into_iter().chain(paths).chain(last).collect::<Vec<_>>(), told)?;
        self.kills += u64::from(killed);
        let text = std::fs::read_to_string(&log).unwrap_or_default();
        let allowed = Allowed::of(&self.state, &text);
        self.acknowledged += allowed.count;
        let said = format!("{manner:?}");
        if let Some(error) = &allowed.error {
            return Err(format!("{said}: the writer failed: {error}"));
        }
        let found = self.look().map_err(|e| format!("{said}: {e}; log ends {}", tail(&text)))?;
        let whole = matches!(self.subject, Subject::Json | Subject::Archive);
        match allowed.refuses(&found, whole) {
            Some(wrong) => Err(format!("{said}: {wrong}; log ends {}", tail(&text))),
            None => {
                self.state = found;
                Ok(())
            }
        }
    }

    /// What a reader finds.
    fn look(&self) -> Result<State, String> {
        let store = match self.subject.read(self.directory.path()) {
            Ok(store) => store,
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(slots::empty()),
            Err(e) => return Err(format!("cannot be opened: {e}")),
        };
        let state = slots::observe(&store)?;
        match store.verify(false).map_err(|e| e.to_string())?.first() {
            Some(finding) => Err(format!("verify: {}: {}", finding.key, finding.text)),
            None => Ok(state),
        }
    }

    /// A writer opens what was left, goes on and closes; then nothing is hidden.
    fn recover(&mut self) -> Result<(), String> {
        let text = |e: datastorage::Error| format!("recovery: {e}");
        let mode = if self.subject == Subject::Archive { "w" } else { "a" };
        let place = self.directory.path();
        let store = self.subject.open_as(place, mode, "none", "fail").map_err(text)?;
        let before = if mode == "a" { self.state.clone() } else { slots::empty() };
        let found = slots::observe(&store)?;
        if found != before {
            return Err(format!("recovery: holds {found:?}, a reader found {before:?}"));
        }
        slots::attribute(&store, 7).map_err(text)?;
        self.subject.commit(&store).map_err(text)?;
        store.close().map_err(text)?;
        let mut wanted = before;
        wanted[slots::ATTRIBUTES] = "7".to_owned();
        let found = self.look()?;
        if found != wanted {
            return Err(format!("after recovery: holds {found:?}, wanted is {wanted:?}"));
        }
        match hidden(place) {
            Some(path) => Err(format!("after recovery: {} is left", path.display())),
            None => Ok(()),
        }
    }
}

/// The end of a log.
fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(6)..].join(" | ")
}

/// A file or directory that is neither a store's nor its user's.
fn hidden(directory: &Path) -> Option<PathBuf> {
    const KNOWN: &[&str] = &[".zgroup", ".zarray", ".zattrs", ".zmetadata", ".ds_record"];
    for entry in std::fs::read_dir(directory).ok()?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') && !KNOWN.contains(&name.as_str()) || name.ends_with(".merge") {
            return Some(entry.path());
        }
        if let Some(found) = entry.path().is_dir().then(|| hidden(&entry.path())).flatten() {
            return Some(found);
        }
    }
    None
}

/// How a child is killed.
#[derive(Clone, Debug)]
enum Manner {
    /// After microseconds.
    Time(u64),
    /// When it has told so many bytes.
    Told(u64, u64),
    /// At a call that changes the disk.
    Call(String),
}

impl Manner {
    fn random(random: &mut fastrand::Rng) -> Self {
        match random.u32(0..10) {
            0..2 => Self::Time(random.u64(0..60_000)),
            2..4 => Self::Told(random.u64(0..6_000), random.u64(0..300)),
            _ => Self::at_call(random, 400),
        }
    }

    /// Early calls more often than late ones: they are those of recovery.
    fn at_call(random: &mut fastrand::Rng, most: u64) -> Self {
        let most = if random.u32(0..3) == 0 { most / 16 } else { most };
        let number = random.u64(1..=most.max(1));
        Self::at(random, number)
    }

    /// The last calls of so many as often as all others: they are those of publishing.
    fn near_end(random: &mut fastrand::Rng, calls: u64) -> Self {
        let first = if random.bool() { calls.saturating_sub(24) } else { 1 };
        let number = random.u64(first.max(1)..=calls.max(1));
        Self::at(random, number)
    }

    fn at(random: &mut fastrand::Rng, number: u64) -> Self {
        let moment = ["before", "middle", "after"][random.usize(0..3)];
        Self::Call(format!("{moment}:{number}"))
    }

    /// What the child is told of its disk.
    fn disk(&self) -> String {
        match self {
            Self::Call(text) => text.clone(),
            _ => "real".to_owned(),
        }
    }

    /// Starts a child and kills it; whether it was killed before it ended.
    fn kill(&self, arguments: &[String], told: impl Fn() -> u64) -> Result<bool, String> {
        let started = Instant::now();
        let mut child = child(arguments)?;
        match self {
            Self::Time(micros) => std::thread::sleep(Duration::from_micros(*micros)),
            Self::Told(bytes, micros) => {
                while told() < *bytes && started.elapsed() < PATIENCE && ended(&mut child)?.is_none() {
                    std::thread::sleep(Duration::from_micros(100));
                }
                std::thread::sleep(Duration::from_micros(*micros));
            }
            Self::Call(_) => {
                while ended(&mut child)?.is_none() && started.elapsed() < PATIENCE {
                    std::thread::sleep(Duration::from_micros(200));
                }
            }
        }
        child.kill().map_err(|e| e.to_string())?;
        let status = child.wait().map_err(|e| e.to_string())?;
        if started.elapsed() >= PATIENCE {
            return Err(format!("{self:?}: the child hung"));
        }
        match status.code() {
            None => Ok(true),
            Some(0) => Ok(false),
            Some(code) => Err(format!("{self:?}: the child ended with {code}")),
        }
    }
}

fn child(arguments: &[String]) -> Result<Child, String> {
    let mut command = Command::new(Context::program());
    command.arg("child").args(arguments).stdin(Stdio::null()).stdout(Stdio::null());
    command.spawn().map_err(|e| format!("the child did not start: {e}"))
}

fn ended(child: &mut Child) -> Result<Option<std::process::ExitStatus>, String> {
    child.try_wait().map_err(|e| e.to_string())
}

/// What is to be killed.
pub fn child_of(arguments: &[String]) -> ExitCode {
    match arguments {
        [what, subject, directory, log, seed, disk] if what == "store" => {
            let (Some(subject), Ok(seed)) = (Subject::parse(subject), seed.parse()) else { return ExitCode::from(2) };
            let Ok(mut log) = Log::create(Path::new(log)) else { return ExitCode::from(2) };
            deadly::put(disk);
            if let Err(error) = stream::run(subject, Path::new(directory), &mut log, seed) {
                log.failed(&format!("{error}"));
            }
            ExitCode::SUCCESS
        }
        [what, rest @ ..] if what == "dataset" => datasets::child(rest),
        _ => ExitCode::from(2),
    }
}
