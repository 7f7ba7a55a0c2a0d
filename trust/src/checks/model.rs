//! Random sequences of operations against a plain map: see [`crate::model`].
//!
//! Sequences are done by children of this program, one after the other in each, so that what takes a process with it is
//! a finding like any other. What fails is made small, printed, and written below `target/trust/model`; a case that was
//! kept, in `trust/regressions/model`, is done again in every run. By hand: `trust child model replay FILE...`.

use std::io::{BufRead, BufReader};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use datastorage::trust::Defect;
use serde_json::{Value as Json, json};

use crate::check::{Check, Row};
use crate::context::{Amount, Context};
use crate::model::case::Case;
use crate::model::draw::{Drawer, Kinds};
use crate::model::run::{Counts, Run, attempt};
use crate::model::shrink::shrink;
use crate::subject::Subject;

pub const CHECK: Check = Check {
    name: "model",
    run,
    defects: &[
        ("keep-deleted", Defect::KeepDeleted),
        ("keep-attributes", Defect::KeepAttributes),
        ("shift-append", Defect::ShiftAppend),
    ],
};

/// Steps of a sequence.
const STEPS: usize = 50;
/// A sequence that takes longer hangs.
const HANGS: Duration = Duration::from_secs(180);
/// Cases that failed before.
const KEPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/regressions/model");

fn run(context: &Context) -> Vec<Row> {
    let mut rows = vec![kept(context)];
    for (number, kinds) in Kinds::all().into_iter().enumerate() {
        let started = Instant::now();
        let trials = match kinds {
            Kinds::One(Subject::Memory) => context.trials(5, 60, 1000),
            Kinds::One(_) => context.trials(10, 110, 2000),
            Kinds::AnyZarr => context.trials(40, 590, 9000),
        };
        let jobs = (context.jobs as u64).min(trials);
        let parts = std::thread::scope(|scope| {
            let part = |job| scope.spawn(move || sequences(context, number, job, jobs, trials));
            let all: Vec<_> = (0..jobs).map(part).collect();
            all.into_iter().map(|part| part.join().expect("it does not panic")).collect::<Vec<_>>()
        });
        let mut found: Vec<(u64, String)> = parts.iter().flat_map(|part| part.found.clone()).collect();
        found.sort();
        let sum = |of: fn(&Counts) -> u64| parts.iter().map(|part| of(&part.counts)).sum();
        let findings = found.into_iter().map(|(trial, text)| format!("sequence {trial}: {text}")).collect();
        rows.push(
            Row::new(kinds.name(), (trials, "sequences"), findings, started)
                .seed(context.seed)
                .count("steps", sum(|counts| counts.done + counts.refused + counts.cancelled))
                .count("refused as they must be", sum(|counts| counts.refused))
                .count("cancelled", sum(|counts| counts.cancelled))
                .count("failing disks", sum(|counts| counts.struck)),
        );
    }
    rows
}

/// The cases that failed once.
fn kept(context: &Context) -> Row {
    let started = Instant::now();
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(KEPT).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    let mut findings = Vec::new();
    for file in &files {
        let output = Command::new(Context::program())
            .args(["child", "model", "replay"])
            .arg(file)
            .env("TMPDIR", context.directory().keep())
            .output();
        match output {
            Ok(output) if output.status.success() => {}
            Ok(output) => findings.push(format!(
                "{}: {} ({})",
                file.display(),
                String::from_utf8_lossy(&output.stdout).trim(),
                output.status
            )),
            Err(e) => findings.push(format!("{}: {e}", file.display())),
        }
    }
    Row::new("failures that were kept", (files.len() as u64, "sequences"), findings, started)
}

/// What one child after the other found.
#[derive(Default)]
struct Part {
    found: Vec<(u64, String)>,
    counts: Counts,
}

/// Does every `jobs`th sequence, beginning with `job`.
fn sequences(context: &Context, kinds: usize, job: u64, jobs: u64, trials: u64) -> Part {
    let mut part = Part::default();
    let place = context.directory();
    let mut next = job;
    while next < trials {
        let (seconds, most) = if context.amount == Amount::Proof { (4, 1) } else { (40, 5) };
        let arguments = [context.seed, kinds as u64, next, jobs, trials, seconds, most];
        let mut child = Command::new(Context::program());
        child.args(["child", "model", "run"]).args(arguments.map(|number| number.to_string()));
        child.arg(place.path()).arg(failures(context)).stdout(Stdio::piped());
        let mut child = match child.spawn() {
            Ok(child) => child,
            Err(e) => {
                part.found.push((next, format!("the process did not start: {e}")));
                return part;
            }
        };
        let ended = follow(&mut child, &mut next, &mut part);
        let _ = child.kill();
        let status = child.wait();
        match ended {
            Ended::Done => return part,
            Ended::Hangs => part.found.push((next, format!("no end after {HANGS:?}"))),
            Ended::Cut => part.found.push((next, format!("the process ended: {status:?}"))),
        }
        if part.found.len() as u64 >= most {
            return part;
        }
        next += jobs;
    }
    part
}

/// Where failures are written.
fn failures(context: &Context) -> PathBuf {
    let planted = std::env::var_os("DATASTORAGE_DEFECT").is_some();
    let place = PathBuf::from("target/trust/model");
    if planted || context.amount == Amount::Proof { place.join("planted") } else { place }
}

enum Ended {
    Done,
    Hangs,
    Cut,
}

/// Reads what a child says.
fn follow(child: &mut Child, next: &mut u64, part: &mut Part) -> Ended {
    let Some(output) = child.stdout.take() else { return Ended::Cut };
    let (send, lines) = channel();
    std::thread::spawn(move || {
        BufReader::new(output).lines().map_while(Result::ok).try_for_each(|line| send.send(line))
    });
    loop {
        let line: String = match receive(&lines) {
            Ok(line) => line,
            Err(ended) => return ended,
        };
        let said: Json = serde_json::from_str(&line).unwrap_or_default();
        if let Some(trial) = said["begins"].as_u64() {
            *next = trial;
        } else if let Some(text) = said["found"].as_str() {
            part.found.push((*next, text.to_owned()));
        } else if let Some([done, refused, cancelled, struck]) = said["done"].as_array().map(Vec::as_slice) {
            let number = |json: &Json| json.as_u64().unwrap_or_default();
            part.counts.done += number(done);
            part.counts.refused += number(refused);
            part.counts.cancelled += number(cancelled);
            part.counts.struck += number(struck);
            return Ended::Done;
        }
    }
}

fn receive(lines: &Receiver<String>) -> Result<String, Ended> {
    lines.recv_timeout(HANGS).map_err(|e| match e {
        RecvTimeoutError::Timeout => Ended::Hangs,
        RecvTimeoutError::Disconnected => Ended::Cut,
    })
}

/// What a child of this check does.
pub fn child(arguments: &[String]) -> ExitCode {
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        let text = info.payload_as_str().unwrap_or("panicked");
        *PANIC.lock().unwrap_or_else(PoisonError::into_inner) = format!("panicked: {text} ({place})");
    }));
    match arguments {
        [what, files @ ..] if what == "replay" => replay(files),
        [what, numbers @ .., place, failures] if what == "run" => {
            let numbers: Vec<u64> = numbers.iter().filter_map(|number| number.parse().ok()).collect();
            let &[seed, kinds, first, jobs, trials, seconds, most] = numbers.as_slice() else {
                eprintln!("trust child model run: wrong arguments {arguments:?}");
                return ExitCode::from(2);
            };
            let task = Task {
                context: match Context::new(Amount::Short, Some(seed), Some(1)) {
                    Ok(context) => context,
                    Err(e) => {
                        eprintln!("trust child model: {e}");
                        return ExitCode::from(2);
                    }
                },
                kinds: Kinds::all()[kinds as usize],
                place: place.into(),
                failures: failures.into(),
                seconds,
                most,
            };
            task.run((first..trials).step_by(jobs.max(1) as usize));
            ExitCode::SUCCESS
        }
        _ => {
            eprintln!("trust child model: wrong arguments {arguments:?}");
            ExitCode::from(2)
        }
    }
}

/// What the last panic said.
static PANIC: Mutex<String> = Mutex::new(String::new());

/// The sequences of a child.
struct Task {
    context: Context,
    kinds: Kinds,
    place: PathBuf,
    failures: PathBuf,
    /// For making a failure small.
    seconds: u64,
    /// Enough failures.
    most: u64,
}

impl Task {
    fn run(&self, trials: impl Iterator<Item = u64>) {
        let (mut all, mut found) = (Counts::default(), 0);
        for trial in trials {
            println!("{}", json!({"begins": trial}));
            match self.sequence(trial) {
                Ok(counts) => {
                    all.done += counts.done;
                    all.refused += counts.refused;
                    all.cancelled += counts.cancelled;
                    all.struck += counts.struck;
                }
                Err((case, text)) => {
                    println!("{}", json!({"found": self.made_small(trial, &case, &text)}));
                    found += 1;
                    if found >= self.most {
                        break;
                    }
                }
            }
        }
        println!("{}", json!({"done": [all.done, all.refused, all.cancelled, all.struck]}));
    }

    /// Draws and does a sequence; when it fails, gives it and says how.
    fn sequence(&self, trial: u64) -> Result<Counts, (Case, String)> {
        let mut rng = self.context.random(self.kinds.name(), trial);
        let (spec, budget) = self.kinds.begin(&mut rng);
        let mut case = Case { spec, budget, steps: Vec::new() };
        let mut drawer = Drawer { kinds: self.kinds, rng };
        let done = guarded(&self.place, |place| {
            let mut run = Run::new(place, &case.spec, case.budget)?;
            for _ in 0..STEPS {
                let step = drawer.step(&run);
                case.steps.push(step.clone());
                run.apply(&step)?;
            }
            run.end().map(|()| run.counts)
        });
        done.map_err(|text| (case, text))
    }

    /// Makes a failure small and writes it down.
    fn made_small(&self, trial: u64, case: &Case, text: &str) -> String {
        let again = |case: &Case| {
            guarded(&self.place, |place| attempt(place, case).map_err(|(at, e)| format!("step {at}: {e}")))
        };
        if again(case).is_ok() {
            return format!("{text} (once, and not when it is done again: {})", case.text());
        }
        let small = shrink(case, Duration::from_secs(self.seconds), &|case| again(case).is_err());
        let text = again(&small).err().unwrap_or_else(|| text.to_owned());
        let name = format!("{}-{trial}.json", self.kinds.name().replace([' ', ','], "_"));
        let path = self.failures.join(name);
        let written = std::fs::create_dir_all(&self.failures)
            .and_then(|()| serde_json::to_string_pretty(&small).map_err(Into::into))
            .and_then(|text| std::fs::write(&path, text + "\n"));
        let place = written.map_or_else(|e| format!("not written: {e}"), |()| path.display().to_string());
        format!("{text}; {place}: {}", small.text())
    }
}

/// Does something in a new directory; a panic is a failure.
fn guarded(place: &Path, work: impl FnOnce(&Path) -> Result<Counts, String>) -> Result<Counts, String> {
    let directory = tempfile::tempdir_in(place).map_err(|e| format!("no place to work in: {e}"))?;
    catch_unwind(AssertUnwindSafe(|| work(directory.path())))
        .unwrap_or_else(|_| Err(PANIC.lock().unwrap_or_else(PoisonError::into_inner).clone()))
}

/// Does cases again and says what happens.
fn replay(files: &[String]) -> ExitCode {
    let mut failed = false;
    for file in files {
        let case = std::fs::read_to_string(file).map_err(|e| e.to_string()).and_then(|text| Case::parse(&text));
        let outcome = case.and_then(|case| {
            guarded(&std::env::temp_dir(), |place| {
                attempt(place, &case).map_err(|(at, e)| format!("step {at} ({:?}): {e}", case.steps.get(at)))
            })
        });
        if let Err(text) = outcome {
            println!("{file}: {text}");
            failed = true;
        }
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
