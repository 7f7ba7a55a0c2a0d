//! The same for datasets: a child that merges, or appends, on its own or by tasks, is killed at any point.
//!
//! What is there then is the old dataset or the new one, whole with its tables, or none where there was none; merged
//! again, it has the bytes of a merge that nobody disturbed, and nothing hidden is left.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use datastorage::dataset::{self, Dataset, MergeOptions};
use datastorage::{ErrorKind, Op, Options};
use serde_json::Value as Json;

use super::{Manner, deadly, hidden};
use crate::check::Row;
use crate::context::Context;
use crate::merging::{self, Form};

/// Parts of the dataset that is there, and of all.
const OLD: u64 = 3;
const ALL: u64 = 9;
/// What a trial begins with and does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Job {
    /// There is no dataset.
    New,
    /// There is one, which is replaced.
    Replace,
    /// There is one, which is appended to.
    Append,
}

const JOBS: [Job; 3] = [Job::New, Job::Replace, Job::Append];

/// What undisturbed merges give.
struct Wanted {
    parts: tempfile::TempDir,
    old: Vec<(String, Vec<u8>)>,
    merged: Vec<(String, Vec<u8>)>,
    appended: Vec<(String, Vec<u8>)>,
    /// Calls that change the disk, of a merge over the old dataset, and of an append to it.
    calls: [u64; 2],
}

pub fn run(context: &Context) -> Vec<Row> {
    let old = Form::ALL.iter().map(|&form| {
        let started = Instant::now();
        let kills = AtomicU64::new(0);
        let wanted = match wanted(context, form) {
            Ok(wanted) => wanted,
            Err(error) => return Row::new(form.name(), (1, "kills"), vec![error], started),
        };
        let trials = context.trials(45, 60, 400);
        let found = context.parallel(trials, |trial| {
            let mut random = context.random(form.name(), trial);
            let place = context.directory();
            let trial = Trial { form, job: JOBS[(trial % 3) as usize], tasks: random.u32(0..3) == 0, wanted: &wanted };
            trial
                .run(place.path(), &mut random, &kills)
                .map_err(|e| format!("{:?}, tasks {}: {e}", trial.job, trial.tasks))
        });
        Row::new(form.name(), (kills.into_inner(), "kills"), found, started).seed(context.seed)
    });
    old.collect()
}

fn wanted(context: &Context, form: Form) -> Result<Wanted, String> {
    let text = |e: datastorage::Error| format!("undisturbed: {e}");
    let parts = context.directory();
    merging::write(parts.path(), 0..ALL);
    let list = part_list(parts.path());
    // The files of the dataset of the first parts, and of what becomes of it, with the calls that this takes.
    let undisturbed = |then: Option<(&str, usize)>| {
        let place = context.directory();
        let output = merging::output(place.path());
        let merge = |mode: &str, parts: &[PathBuf]| {
            merging::merge(&Op::quiet(), parts, &output, &form.options(mode, "none")).map(drop).map_err(text)
        };
        merge("w", &list[..OLD as usize])?;
        let mut done = Ok(());
        let calls = match then {
            Some((mode, first)) => deadly::count(|| done = merge(mode, &list[first..])),
            None => 0,
        };
        done.and(files(&output)).map(|files| (files, calls))
    };
    let ((old, _), (merged, merging), (appended, appending)) =
        (undisturbed(None)?, undisturbed(Some(("w", 0)))?, undisturbed(Some(("a", OLD as usize)))?);
    Ok(Wanted { parts, old, merged, appended, calls: [merging, appending] })
}

/// All but the summary, which has durations.
fn files(output: &Path) -> Result<Vec<(String, Vec<u8>)>, String> {
    let mut files = merging::files(output).map_err(|e| e.to_string())?;
    files.retain(|(name, _)| !name.ends_with(".flow"));
    Ok(files)
}

fn part_list(directory: &Path) -> Vec<PathBuf> {
    let mut list: Vec<PathBuf> =
        std::fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    list.retain(|path| path.extension().is_some());
    list.sort();
    list
}

struct Trial<'w> {
    form: Form,
    job: Job,
    tasks: bool,
    wanted: &'w Wanted,
}

impl Trial<'_> {
    fn run(&self, place: &Path, random: &mut fastrand::Rng, kills: &AtomicU64) -> Result<(), String> {
        let output = merging::output(place);
        if self.job != Job::New {
            for (name, bytes) in &self.wanted.old {
                let path = place.join(name);
                std::fs::create_dir_all(path.parent().unwrap_or(place)).map_err(|e| e.to_string())?;
                std::fs::write(path, bytes).map_err(|e| e.to_string())?;
            }
        }
        let mut done = false;
        for life in 0..random.u32(1..4) {
            let manner = match random.u32(0..6) {
                0 => Manner::Time(random.u64(0..30_000)),
                _ => Manner::near_end(random, self.wanted.calls[usize::from(self.job == Job::Append)]),
            };
            let (mode, first) = self.asked();
            let paths = [self.wanted.parts.path(), &output].map(|path| path.display().to_string());
            let texts = ["kill", "dataset"].map(str::to_owned);
            let more = [self.form.options(mode, "none").to_string(), first.to_string(), self.tasks.to_string()];
            let arguments: Vec<String> = texts.into_iter().chain(paths).chain(more).chain([manner.disk()]).collect();
            let killed = manner.kill(&arguments, || 0)?;
            kills.fetch_add(u64::from(killed), Ordering::Relaxed);
            let settled = random.bool();
            done = self.look(&output, settled, done).map_err(|e| format!("life {life}, {manner:?}: {e}"))?;
        }
        self.again(&output)?;
        let wanted = if self.job == Job::Append { &self.wanted.appended } else { &self.wanted.merged };
        let found = files(&output)?;
        if found != *wanted {
            let other = |(a, b): &(&(String, Vec<u8>), &(String, Vec<u8>))| a != b;
            let first = found.iter().zip(wanted).find(other).map(|(a, _)| a.0.clone());
            return Err(format!("merged again: the files differ from those of an undisturbed merge: {first:?}"));
        }
        merging::verify(&output, ALL).map_err(|e| format!("merged again: {e}"))?;
        match hidden(place) {
            Some(path) => Err(format!("merged again: {} is left", path.display())),
            None => Ok(()),
        }
    }

    /// The mode, and the first part that is merged.
    fn asked(&self) -> (&'static str, u64) {
        if self.job == Job::Append { ("a", OLD) } else { ("w", 0) }
    }

    /// What is there: whether it is the new one, which stays when it was seen.
    fn look(&self, output: &Path, settle: bool, done: bool) -> Result<bool, String> {
        if settle {
            match Dataset::open(output, &Options::default()) {
                Err(e) if e.kind() == ErrorKind::NotFound && self.job == Job::New && !done => return Ok(false),
                opened => drop(opened.map_err(|e| format!("cannot be opened: {e}"))?),
            }
        }
        let reading = Options::parse(r#"{"mode": "r"}"#).map_err(|e| e.to_string())?;
        let files = match datastorage::Storage::open_zarr(output, &reading) {
            Ok(store) => store.load_metadata("_dataset/files").map_err(|e| e.to_string())?.as_u64().unwrap_or(0),
            Err(e) if e.kind() == ErrorKind::NotFound && self.job == Job::New && !done && !settle => {
                // Published, maybe, and not settled.
                return match Dataset::open(output, &Options::default()) {
                    Ok(_) => merging::verify(output, ALL).map(|()| true),
                    Err(e) if e.kind() == ErrorKind::NotFound => Ok(false),
                    Err(e) => Err(format!("cannot be opened: {e}")),
                };
            }
            Err(e) => return Err(format!("the store cannot be opened: {e}")),
        };
        match files {
            ALL => {}
            OLD if self.job != Job::New && !done => {}
            other => return Err(format!("it has {other} files")),
        }
        if settle {
            return merging::verify(output, files).map(|()| files == ALL);
        }
        let dataset = Dataset::open(output, &Options::default()).map_err(|e| format!("cannot be opened: {e}"))?;
        let count = dataset.file_count();
        if count != files && (files, count) != (OLD, ALL) {
            return Err(format!("it had {files} files, and {count} when it was settled"));
        }
        merging::verify(output, count).map(|()| count == ALL)
    }

    /// The same once more, undisturbed.
    fn again(&self, output: &Path) -> Result<(), String> {
        let (mode, first) = self.asked();
        let parts = self.wanted.parts.path();
        match merge(parts, output, &self.form.options(mode, "none"), first, self.tasks) {
            // The parts are in it.
            Err(e) if e.kind() == ErrorKind::AlreadyExists && self.job == Job::Append => Ok(()),
            other => other.map_err(|e| format!("merged again: {e}")),
        }
    }
}

/// Merges the parts from `first` on, by tasks where that is asked for; a plan that is there is gone on with.
fn merge(parts: &Path, output: &Path, options: &Json, first: u64, tasks: bool) -> datastorage::Result<()> {
    let list = part_list(parts);
    let list = &list[(first as usize).min(list.len())..];
    let op = Op::quiet();
    if !tasks {
        return merging::merge(&op, list, output, options).map(drop);
    }
    let mut options = options.clone();
    options["tasks"] = 3.into();
    let options = MergeOptions::parse(&options.to_string())?;
    let mut name = output.file_name().unwrap_or_default().to_owned();
    name.push(".merge");
    let there = output.with_file_name(name).join("plan");
    let plan = if there.exists() { there } else { dataset::plan(&op, list, output, &options)?.path };
    let mut task = 0;
    loop {
        match dataset::run_task(&op, &plan, task) {
            Ok(()) => task += 1,
            // There are no more.
            Err(e) if e.kind() == ErrorKind::InvalidArgument => break,
            Err(e) => return Err(e),
        }
    }
    dataset::finish(&op, &plan).map(drop)
}

/// What is to be killed.
pub fn child(arguments: &[String]) -> ExitCode {
    let [parts, output, options, first, tasks, disk] = arguments else { return ExitCode::from(2) };
    let (Ok(options), Ok(first)) = (serde_json::from_str(options), first.parse()) else { return ExitCode::from(2) };
    super::deadly::put(disk);
    match merge(Path::new(parts), Path::new(output), &options, first, tasks == "true") {
        Ok(()) => ExitCode::SUCCESS,
        // The parts are in it already.
        Err(e) if e.kind() == ErrorKind::AlreadyExists => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("trust: {e}");
            ExitCode::FAILURE
        }
    }
}
