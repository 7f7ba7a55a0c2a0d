//! Trials in children: what ends a process is a finding of the trial it died in, and the trials behind it go on.
//!
//! A child is this program again; it does a run of trials one after the other and says which one it is in, so that an
//! abort, a signal, a stack overflow, a hang or a bomb has a number, a seed and a description. A child's own half is
//! [`crate::trial`]. Time is that of the processor, which does not depend on who else uses the machine.
//!
//! `trust child CHECK SEED DIRECTORY FIRST END ARGUMENT...` does trials by hand.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use crate::check::Row;
use crate::context::Context;
use crate::memory;

/// Processor seconds of one trial after which the child is ended; it tells itself of what takes longer than [`crate::trial::SECONDS`].
const ENDED: f64 = 3.0;
/// Time on the clock without any use of the processor after which a child is taken for stuck.
const STUCK: Duration = Duration::from_secs(60);
/// Resident bytes at which a child is ended: beyond what its own allocator refuses.
const RESIDENT: u64 = memory_ceiling() + (1 << 30);
/// Findings after which no further child is started: more of them tell nothing new.
const MOST: u64 = 200;

/// What a child's allocator refuses to go beyond.
pub const fn memory_ceiling() -> u64 {
    1 << 30
}

/// Trials of one subject of a check.
pub struct Batch<'c> {
    pub context: &'c Context,
    /// The check whose child does them.
    pub check: &'static str,
    /// What the child is told: the subject, where the honest things are.
    pub arguments: Vec<String>,
    pub trials: u64,
    /// How many a child does.
    pub size: u64,
    /// What the children may count ([`crate::trial::Trial::count`]).
    pub counts: &'static [&'static str],
}

/// What came of them.
#[derive(Default)]
pub struct Outcome {
    /// In the order of the trials.
    pub findings: Vec<String>,
    /// Trials that were begun.
    pub trials: u64,
    pub counts: Vec<(&'static str, u64)>,
}

impl Outcome {
    /// As a line of the table.
    pub fn row(self, subject: impl Into<String>, of: &'static str, seed: u64, started: Instant) -> Row {
        let row = Row::new(subject, (self.trials, of), self.findings, started).seed(seed);
        self.counts.into_iter().fold(row, |row, (name, number)| row.count(name, number))
    }
}

/// What a child says, a line each.
enum Line {
    At(u64),
    What(String),
    Found(String),
    Count(String, u64),
    Done,
}

/// How a child ended.
enum End {
    /// It did all.
    Done,
    /// In this trial.
    Died(u64),
    /// Before any.
    Never,
}

struct Shared {
    next: AtomicU64,
    begun: AtomicU64,
    found: Mutex<Vec<(u64, String)>>,
    counts: Vec<AtomicU64>,
}

impl Batch<'_> {
    /// Does them, [`Context::jobs`] children at once.
    pub fn run(&self) -> Outcome {
        let shared = Shared {
            next: AtomicU64::new(0),
            begun: AtomicU64::new(0),
            found: Mutex::new(Vec::new()),
            counts: self.counts.iter().map(|_| AtomicU64::new(0)).collect(),
        };
        std::thread::scope(|scope| {
            for _ in 0..self.context.jobs {
                scope.spawn(|| {
                    loop {
                        let first = shared.next.fetch_add(self.size, Ordering::Relaxed);
                        if first >= self.trials || self.enough(&shared) {
                            return;
                        }
                        self.span(first, (first + self.size).min(self.trials), &shared);
                    }
                });
            }
        });
        let Shared { begun, found, counts, .. } = shared;
        let mut found = found.into_inner().unwrap();
        found.sort();
        let counts = self.counts.iter().copied().zip(counts.into_iter().map(AtomicU64::into_inner));
        let findings = found.into_iter().map(|(_, text)| text).collect();
        Outcome { findings, trials: begun.into_inner(), counts: counts.filter(|(_, n)| *n > 0).collect() }
    }

    fn enough(&self, shared: &Shared) -> bool {
        shared.found.lock().unwrap().len() as u64 >= MOST
    }

    /// Does the trials of a run, with as many children as that takes.
    fn span(&self, mut first: u64, end: u64, shared: &Shared) {
        while first < end && !self.enough(shared) {
            match self.child(first, end, shared) {
                End::Died(trial) => first = trial + 1,
                End::Done | End::Never => return,
            }
        }
    }

    fn child(&self, first: u64, end: u64, shared: &Shared) -> End {
        let place = self.context.directory();
        let said = place.path().join("stderr");
        let seed = self.context.seed;
        let find = |trial: u64, what: &str, text: &str| {
            let about = self.arguments.first().map_or("", String::as_str);
            let text = format!("seed {seed}, '{about}', trial {trial}: {what}: {text}");
            shared.found.lock().unwrap().push((trial, text));
        };
        let mut child = match self.start(first, end, place.path(), &said) {
            Ok(child) => child,
            Err(e) => {
                find(first, "no child", &e.to_string());
                return End::Never;
            }
        };
        let lines = listen(&mut child);
        let process = child.id().to_string();
        let (mut at, mut what, mut done) = (None, String::new(), false);
        let mut watch = Watch::new(&process);
        let killed = loop {
            match lines.recv_timeout(Duration::from_millis(20)) {
                Ok(Line::At(trial)) => {
                    shared.begun.fetch_add(1, Ordering::Relaxed);
                    (at, what) = (Some(trial), "nothing was altered yet".to_owned());
                    watch.again();
                }
                Ok(Line::What(text)) => what = text,
                Ok(Line::Found(text)) => find(at.unwrap_or(first), &what, &text),
                Ok(Line::Count(name, number)) => {
                    let counter = self.counts.iter().position(|known| *known == name);
                    _ = counter.map(|i| shared.counts[i].fetch_add(number, Ordering::Relaxed));
                }
                Ok(Line::Done) => done = true,
                Err(RecvTimeoutError::Disconnected) => break None,
                Err(RecvTimeoutError::Timeout) => {
                    if let Some(why) = watch.complaint(at.is_some()) {
                        break Some(why);
                    }
                }
            }
        };
        if killed.is_some() {
            _ = child.kill();
        }
        let status = child.wait();
        match (killed, status) {
            (None, Ok(status)) if done && status.success() => return End::Done,
            (Some(why), _) => find(at.unwrap_or(first), &what, &why),
            (None, status) => find(at.unwrap_or(first), &what, &epitaph(status, &said)),
        }
        at.map_or(End::Never, End::Died)
    }

    fn start(&self, first: u64, end: u64, place: &Path, said: &Path) -> std::io::Result<Child> {
        Command::new(Context::program())
            .args(["child", self.check, &self.context.seed.to_string()])
            .arg(place)
            .args([first.to_string(), end.to_string()])
            .args(&self.arguments)
            .env("RUST_BACKTRACE", "0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(said)?)
            .spawn()
    }
}

/// The lines of a child as they come.
fn listen(child: &mut Child) -> Receiver<Line> {
    let (sender, receiver) = channel();
    let stdout = child.stdout.take();
    std::thread::spawn(move || {
        let lines = stdout.into_iter().flat_map(|out| BufReader::new(out).lines().map_while(Result::ok));
        // Nobody listens any more once a child was ended.
        lines.filter_map(|line| parse(&line)).try_for_each(|line| sender.send(line))
    });
    receiver
}

fn parse(line: &str) -> Option<Line> {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    match word {
        "at" => rest.parse().ok().map(Line::At),
        "what" => Some(Line::What(rest.to_owned())),
        "found" => Some(Line::Found(rest.to_owned())),
        "count" => rest.rsplit_once(' ').and_then(|(name, n)| Some(Line::Count(name.to_owned(), n.parse().ok()?))),
        "done" => Some(Line::Done),
        _ => None,
    }
}

/// Looks after a child that says nothing.
struct Watch<'p> {
    process: &'p str,
    began: f64,
    last: f64,
    moved: Instant,
}

impl<'p> Watch<'p> {
    fn new(process: &'p str) -> Self {
        Self { process, began: 0.0, last: 0.0, moved: Instant::now() }
    }

    /// A trial begins.
    fn again(&mut self) {
        self.began = memory::processor_seconds(self.process).unwrap_or(self.last);
        (self.last, self.moved) = (self.began, Instant::now());
    }

    /// Why the child has to be ended. What comes before its first trial is not held to a trial's time.
    fn complaint(&mut self, in_trial: bool) -> Option<String> {
        let used = memory::processor_seconds(self.process).unwrap_or(self.last);
        if used > self.last {
            (self.last, self.moved) = (used, Instant::now());
        }
        let resident = memory::of_process(self.process, "VmRSS:").unwrap_or(0);
        if in_trial && used - self.began > ENDED {
            return Some(format!("hangs: {:.1} s of processor and no end", used - self.began));
        }
        if self.moved.elapsed() > STUCK {
            return Some(format!("hangs: nothing done for {} s", STUCK.as_secs()));
        }
        (resident > RESIDENT).then(|| format!("{resident} bytes are resident"))
    }
}

/// How a process ended that should not have, and what it said of it.
fn epitaph(status: std::io::Result<ExitStatus>, said: &Path) -> String {
    let how = status.map_or_else(|e| e.to_string(), |status| status.to_string());
    let text = std::fs::read(said).unwrap_or_default();
    let text = String::from_utf8_lossy(&text[..text.len().min(400)]).trim().replace('\n', " | ");
    format!("ended the process, {how}: {text}")
}
