//! Merging: many parts become one dataset.
//!
//! A merge is a [plan](plan()) of tasks that know nothing of one another. Planning opens each part and reads its headers;
//! a task reads the parts it needs, each once, and writes whole chunks that no other task touches; the end puts them
//! together, writes the tables, and publishes everything with one mark. [`merge`] does all of it on this machine, without
//! the way through tasks: the same engine over all chunks, into the store itself. Both give the same bytes.
//!
//! Everything that is not published lives in `X.dataset.merge`. A merge that was cut off is gone on with by the next one
//! of the same parts and options; [`abandon`] removes it. We write no scheduler: [`run_task`] may be called in any order,
//! by any process that sees the same files, and again.
//!
//! ```
//! use datastorage::dataset::{self, MergeOptions};
//! use datastorage::{Op, Options, Storage};
//! let dir = tempfile::tempdir().unwrap();
//! for (name, areas) in [("a", vec![1.5f32, 2.5]), ("b", vec![3.5])] {
//!     let part = Storage::open_zarr(dir.path().join(name).with_extension("zarr"), &Options::default())?;
//!     part.save("face_areas", areas)?;
//!     part.compress()?;
//!     part.close()?;
//! }
//! let out = dir.path().join("all.dataset");
//! dataset::merge(&Op::quiet(), &[dir.path().to_owned()], &out, &MergeOptions::default())?;
//! let all = Storage::open_zarr(&out, &Options::default())?;
//! assert_eq!(all.load_array("faces/face_areas")?.to_vec::<f32>()?, [1.5, 2.5, 3.5]);
//! assert_eq!(all.load_array("faces/file_id_code_faces")?.to_vec::<i32>()?, [0, 0, 1]);
//! # Ok::<(), datastorage::Error>(())
//! ```

mod agree;
mod agreed;
mod axes;
mod base;
mod bounds;
mod column;
mod cut;
mod engine;
mod extras;
mod finish;
mod journal;
mod options;
mod parts;
mod plan;
mod planning;
mod read;
mod route;
mod same_schema;
mod sink;
mod summary;
mod survey;
mod workers;

use std::path::{Path, PathBuf};
use std::time::Instant;

pub use options::{MergeMode, MergeOptions, Missing, OnError, StoreLayout};
pub use summary::Summary;

use self::base::BaseDataset;
use self::plan::{Plan, Ready};
use self::sink::{FragmentSink, StoreSink};
use self::survey::Kept;
use self::workers::Workers;
use super::layout::Paths;
use super::publish;
use crate::error::{ErrorKind, Result, err};
use crate::fs;
use crate::op::Op;

/// The plan in the work directory.
const PLAN: &str = "plan";

/// A plan that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// Where it is.
    pub path: PathBuf,
    /// The number of its tasks.
    pub tasks: u64,
}

/// Merges parts (stores, or directories of stores) into a dataset at `output`, with its tables beside it.
///
/// # Errors
/// `InvalidArgument` for an empty list, two parts of one name, or options; `AlreadyExists` for an output that is there, or
/// a file that it has; `Busy` when somebody else merges into it; `NotFound` for a part; `Schema`, `DtypeMismatch`,
/// `ShapeMismatch`, `Corrupt` naming the part; `Cancelled`, `Io`. The old dataset, or none, is there then.
pub fn merge(op: &Op, parts: &[PathBuf], output: &Path, options: &MergeOptions) -> Result<Summary> {
    let outcome = attempt(op, parts, output, options);
    match outcome {
        // A chunk of a part is damaged: all such parts are looked for at once, and left out.
        Err(e) if options.on_error == OnError::Skip && !options.verify && is_damage(e.kind()) => {
            let thorough = MergeOptions { verify: true, ..options.clone() };
            attempt(op, parts, output, &thorough)
        }
        other => other,
    }
}

fn is_damage(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Corrupt | ErrorKind::Codec | ErrorKind::Unsupported)
}

fn attempt(op: &Op, parts: &[PathBuf], output: &Path, options: &MergeOptions) -> Result<Summary> {
    let paths = Paths::of(&fs::absolute(output)?)?;
    let workers = Workers::new(options.threads)?;
    let _lock = begin(op, &paths, options)?;
    let kept = Kept::default();
    let outcome = (|| {
        let (ready, same) = lay_out(op, &paths, parts, options, (&workers, &kept))?;
        let started = Instant::now();
        let mut sink = StoreSink::open(&ready, options.resume && same)?;
        engine::run(op, &ready, &sink.rest(), (&workers, &kept), &mut sink)?;
        finish::end(op, &ready, sink, started)
    })();
    leave(&paths, outcome)
}

/// Plans a merge for tasks that other threads, processes or machines run with [`run_task`].
///
/// # Errors
/// As [`merge`].
pub fn plan(op: &Op, parts: &[PathBuf], output: &Path, options: &MergeOptions) -> Result<Planned> {
    let paths = Paths::of(&fs::absolute(output)?)?;
    let workers = Workers::new(options.threads)?;
    let _lock = begin(op, &paths, options)?;
    let outcome =
        lay_out(op, &paths, parts, options, (&workers, &Kept::none())).map(|(ready, _)| ready.plan.tasks.len() as u64);
    Ok(Planned { path: paths.work.join(PLAN), tasks: leave(&paths, outcome)? })
}

/// Runs a task of a plan; one that was run already is not run again. Any number may run at once, also the same one.
///
/// # Errors
/// `InvalidArgument` for a number that the plan has not, `NotFound`, and as [`merge`].
pub fn run_task(op: &Op, plan: &Path, task: u64) -> Result<()> {
    let ready = read_plan(plan)?;
    let work = &ready.paths.work;
    let ranges = usize::try_from(task).ok().and_then(|task| ready.plan.tasks.get(task));
    let count = ready.plan.tasks.len();
    let ranges = ranges.ok_or_else(|| err!(InvalidArgument, "task {task}: the plan has {count}, from 0"))?;
    let key = ready.plan.key();
    if sink::fragment(work, &key, task)?.is_some() {
        return Ok(());
    }
    let workers = Workers::new(ready.options.threads)?;
    let sync = ready.options.store.sync;
    let mut sink = FragmentSink::create(work, &key, task, sync)?;
    engine::run(op, &ready, ranges, (&workers, &Kept::none()), &mut sink)?;
    sink.finish(work, &key, task, sync)
}

/// Puts the work of all tasks together and publishes the dataset.
///
/// # Errors
/// `NotFound` naming a task that was not run, `AlreadyExists` when the output is there by now, `Corrupt`, `Io`.
pub fn finish(op: &Op, plan: &Path) -> Result<Summary> {
    let Ready { paths, options, .. } = read_plan(plan)?;
    let _lock = publish::lock(&paths, false, op.cancel())?;
    if publish::is_begun(&paths)? {
        // Everything was put together before, by one that was cut off when it published.
        let summary = Summary::read(&paths)?;
        publish::settle(&paths, options.store.sync)?;
        return Ok(summary);
    }
    // Another may have been at work until the lock was had.
    finish::gather(op, &read_plan(plan)?)
}

/// Removes a plan and everything that its tasks wrote. One whose publication was begun is published.
///
/// # Errors
/// `NotFound`, `Busy`, `Io`.
pub fn abandon(plan: &Path) -> Result<()> {
    let Ready { paths, options, .. } = read_plan(plan)?;
    let _lock = publish::lock(&paths, false, Op::quiet().cancel())?;
    if publish::is_begun(&paths)? {
        return publish::settle(&paths, options.store.sync);
    }
    fs::remove_whole(&paths.work)
}

/// Takes the lock of the output, ends what somebody else left, and looks whether there may be an output.
fn begin(op: &Op, paths: &Paths, options: &MergeOptions) -> Result<fs::WriterLock> {
    let lock = publish::lock(paths, false, op.cancel())?;
    publish::settle(paths, options.store.sync)?;
    match options.mode {
        MergeMode::Create => free(paths)?,
        MergeMode::Replace => replaceable(paths, options)?,
        MergeMode::Append => {}
    }
    fs::create_dirs_durably(&paths.work, options.store.sync)?;
    Ok(lock)
}

/// Refuses to replace what is no store: it is somebody's file.
fn replaceable(paths: &Paths, options: &MergeOptions) -> Result<()> {
    if fs::path_kind(&paths.dataset)?.is_none() {
        return Ok(());
    }
    match crate::storage::Storage::open_zarr(&paths.dataset, &options.reading()) {
        Err(e) if matches!(e.kind(), ErrorKind::InvalidArgument | ErrorKind::NotFound) => {
            let place = paths.dataset.display();
            Err(err!(AlreadyExists, "{place}: is there and is no store, mode \"w\" replaces only such"))
        }
        // Also one that is damaged.
        _ => Ok(()),
    }
}

/// Refuses an output that is there.
fn free(paths: &Paths) -> Result<()> {
    for path in [&paths.dataset, &paths.infoset, &paths.attribset] {
        if fs::path_kind(path)?.is_some() {
            return Err(err!(AlreadyExists, "{}: is there already, mode is \"x\"", path.display()));
        }
    }
    Ok(())
}

/// Plans, and gives whether the work directory has the same plan already; any other is replaced.
fn lay_out(
    op: &Op,
    paths: &Paths,
    parts: &[PathBuf],
    options: &MergeOptions,
    who: (&Workers, &Kept),
) -> Result<(Ready, bool)> {
    let appends = options.mode == MergeMode::Append && fs::path_kind(&paths.dataset)?.is_some();
    let base = if appends { Some(BaseDataset::open(paths, options)?) } else { None };
    let ready = planning::plan(op, paths, parts, options, base.as_ref(), who)?;
    drop(base);
    let plan = &ready.plan;
    let path = paths.work.join(PLAN);
    let before = Plan::read(&path).ok();
    let same = before.as_ref().is_some_and(|before| before.is_same(plan));
    if !same {
        sink::forget_journal(&paths.work)?;
    }
    if !same || before.is_some_and(|before| before.tasks != plan.tasks) {
        finish::forget_tasks(&paths.work)?;
    }
    fs::publish_file(&path, &plan.to_bytes()?, options.store.sync)?;
    Ok((ready, same))
}

fn read_plan(path: &Path) -> Result<Ready> {
    let ready = Plan::read(path)?.ready()?;
    let here = fs::absolute(path)?;
    if here.parent() != Some(ready.paths.work.as_path()) {
        let (place, work) = (path.display(), ready.paths.work.display());
        return Err(err!(InvalidArgument, "{place}: a plan of {work} in another directory"));
    }
    Ok(ready)
}

/// Removes the work directory unless the merge can be gone on with.
fn leave<T>(paths: &Paths, outcome: Result<T>) -> Result<T> {
    if let Err(e) = &outcome
        && !matches!(e.kind(), ErrorKind::Cancelled | ErrorKind::Io)
        && fs::path_kind(&paths.work)?.is_some()
    {
        fs::remove_whole(&paths.work)?;
    }
    outcome
}
