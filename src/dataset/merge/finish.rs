//! The end of a merge: the fragments of tasks put together, the tables, the summary, publication.

use std::path::Path;
use std::time::Instant;

use super::journal::Entry;
use super::plan::Ready;
use super::sink::{self, StoreSink};
use super::summary::{Figures, Summary};
use super::{free, planning};
use crate::dataset::publish;
use crate::dataset::tables::{Attribset, FileRow, Infoset};
use crate::error::{Result, err};
use crate::fs::{self, Dir};
use crate::op::Op;
use crate::schema::Schema;

use super::MergeMode;

/// Bytes of chunks that are put before the journal says so.
const NOTED: u64 = 32 << 20;

/// Puts the fragments of all tasks together and publishes.
///
/// # Errors
/// As [`super::finish()`].
pub fn gather(op: &Op, ready: &Ready) -> Result<Summary> {
    let started = Instant::now();
    let (work, key) = (&ready.paths.work, ready.plan.key());
    let mut files = Vec::new();
    let mut entries: Vec<(usize, u64, Entry)> = Vec::new();
    for task in 0..ready.plan.tasks.len() as u64 {
        let (path, placed) = sink::fragment(work, &key, task)?
            .ok_or_else(|| err!(NotFound, "task {task} of {} was not run", ready.plan.tasks.len()))?;
        let place = files.len();
        files.push(fs::ReadFile::open(&path)?);
        entries.extend(placed.into_iter().map(|(at, entry)| (place, at, entry)));
    }
    entries.sort_by_key(|(_, _, entry)| (entry.file, entry.array, entry.chunk));
    let mut sink = StoreSink::open(ready, true)?;
    let rest = sink.rest();
    let (mut noted, mut size, mut bytes) = (Vec::new(), 0, Vec::new());
    let total = entries.len() as u64;
    for (done, (place, at, entry)) in entries.into_iter().enumerate() {
        let wanted = rest.get(entry.array).is_some_and(|(next, end)| (*next..*end).contains(&entry.chunk));
        if !wanted {
            continue;
        }
        bytes.resize(usize::try_from(entry.size).unwrap_or(0), 0);
        files[place].read_exact_at(&mut bytes, at)?;
        let have = crc32fast::hash(&bytes);
        if have != entry.crc {
            let path = files[place].path().display();
            return Err(err!(Corrupt, "{path}: crc32 of the chunk at {at} is {have:08x}, was {:08x}", entry.crc));
        }
        sink.add(&entry, &bytes)?;
        size += entry.size;
        noted.push(entry);
        if size >= NOTED {
            sink.noted(&noted)?;
            (noted, size) = (Vec::new(), 0);
            op.progress("finish", done as u64, total)?;
        }
    }
    sink.noted(&noted)?;
    end(op, ready, sink, started)
}

/// Ends the store, writes tables and summary, and publishes.
///
/// # Errors
/// As [`super::merge`].
pub fn end(op: &Op, ready: &Ready, sink: StoreSink, started: Instant) -> Result<Summary> {
    let dataset_bytes = sink.finish(ready)?;
    let merged = started.elapsed().as_secs_f64();
    op.check()?;
    let started = Instant::now();
    let warnings = tables(ready)?;
    let paths = &ready.paths;
    let length = |name: &str| fs::ReadFile::open(&paths.work.join(name)).map(|file| file.len());
    let figures = Figures {
        dataset_bytes,
        table_bytes: [length(publish::INFOSET)?, length(publish::ATTRIBSET)?],
        seconds: [merged, started.elapsed().as_secs_f64()],
        warnings,
    };
    let summary = Summary::new(ready, &figures)?;
    let text = format!("{:#}\n", summary.json());
    let sync = ready.options.store.sync;
    fs::publish_file(&paths.work.join(publish::FLOW), text.as_bytes(), sync)?;
    if ready.options.mode == MergeMode::Create {
        free(paths)?;
    }
    op.progress("publish", 1, 1)?;
    publish::publish(paths, sync)?;
    Ok(summary)
}

/// Writes both tables, and gives what the files disagree about.
fn tables(ready: &Ready) -> Result<Vec<String>> {
    let (plan, work, sync) = (&ready.plan, &ready.paths.work, ready.options.store.sync);
    let schema = plan.schema.as_ref().map(Schema::parse).transpose()?;
    let mut infoset = Infoset::new(schema.as_ref())?;
    let mut attribset = Attribset::new(schema.as_ref())?;
    if plan.first_code > 0 {
        infoset.append(&ready.paths.infoset)?;
        attribset.append(&ready.paths.attribset)?;
    }
    planning::each_metadata(work, plan, &mut |file, metadata| {
        let id = i64::try_from(plan.first_code + file as u64).map_err(|_| err!(Unsupported, "{file} files"))?;
        let description = ready.options.description.clone();
        let row = FileRow { id, name: plan.files[file].name.clone(), description, metadata };
        attribset.push(&row);
        infoset.push(&row)
    })?;
    infoset.write(&work.join(publish::INFOSET), &plan.id, sync)?;
    attribset.write(&work.join(publish::ATTRIBSET), &plan.id, sync)
}

/// Removes what tasks of another plan left.
///
/// # Errors
/// `Io`.
pub fn forget_tasks(work: &Path) -> Result<()> {
    for (name, _) in Dir::open(work)?.entries()? {
        if name.starts_with("task-") {
            fs::remove_file(&work.join(name))?;
        }
    }
    Ok(())
}
