//! Where encoded chunks go: into the store itself with a journal, or into the fragment of a task.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::engine::{Done, Sink};
use super::extras::{self, Extra};
use super::journal::{self, Entry, Journal};
use super::options::StoreLayout;
use super::plan::Ready;
use crate::backend::zarr::bulk::{BulkArray, BulkSource, BulkWriter};
use crate::dataset::layout;
use crate::dataset::publish::STORE;
use crate::error::{Error, ErrorKind, Result, err};
use crate::fs;
use crate::options::Sync;
use crate::storage::Storage;

const JOURNAL: &str = "journal";

/// The store that a merge writes.
pub struct StoreSink {
    writer: BulkWriter,
    /// Those of the plan, then the extras.
    arrays: Vec<BulkArray>,
    extras: Vec<Extra>,
    journal: Journal,
    /// The bounds of the chunks of each array, in their order.
    statistics: Vec<Vec<u8>>,
    /// The offsets of the files that were there, of each axis.
    before: Vec<Vec<i64>>,
    /// For each array, the chunk that comes next.
    next: Vec<u64>,
}

impl StoreSink {
    /// A store that is begun, or gone on with where `resume` allows it and there is one.
    ///
    /// # Errors
    /// `Corrupt` of the dataset that is appended to, `Io`.
    pub fn open(ready: &Ready, resume: bool) -> Result<Self> {
        let extras = extras::extras(ready)?;
        let arrays: Vec<BulkArray> =
            ready.arrays.iter().chain(extras.iter().map(|extra| &extra.array)).cloned().collect();
        let directory = ready.options.layout == StoreLayout::Directory;
        let (store, journal) = (ready.paths.work.join(STORE), ready.paths.work.join(JOURNAL));
        let mut there = if resume { journal::read(&journal)? } else { Vec::new() };
        // A journal of other arrays, or one that does not go on where it should, is of another merge.
        let mut next = vec![0; ready.arrays.len()];
        for (place, entry) in there.iter().enumerate() {
            let fits = next.get_mut(entry.array).filter(|next| **next == entry.chunk);
            let Some(next) = fits.filter(|_| entry.chunk < arrays[entry.array].chunks()) else {
                there.truncate(place);
                break;
            };
            *next += 1;
        }
        let mut puts: Vec<_> = there.iter().map(Entry::put).collect();
        let writer = match BulkWriter::resume(&store, directory, &arrays, &puts) {
            Err(e) if !puts.is_empty() && matches!(e.kind(), ErrorKind::Corrupt | ErrorKind::NotFound) => {
                puts.clear();
                there.clear();
                BulkWriter::create(&store, directory, &arrays)?
            }
            other => other?,
        };
        let mut sink = Self {
            writer,
            extras,
            journal: Journal::create(&journal, &there)?,
            statistics: vec![Vec::new(); ready.arrays.len()],
            before: vec![Vec::new(); ready.plan.axes.len()],
            next: vec![0; ready.arrays.len()],
            arrays,
        };
        sink.take_statistics(ready)?;
        for entry in &there {
            sink.note(entry);
        }
        sink.take_over(ready)?;
        Ok(sink)
    }

    /// For each array the chunks that are still to be written.
    pub fn rest(&self) -> Vec<(u64, u64)> {
        self.next.iter().zip(&self.arrays).map(|(&next, array)| (next, array.chunks().max(next))).collect()
    }

    fn note(&mut self, entry: &Entry) {
        self.next[entry.array] = self.next[entry.array].max(entry.chunk + 1);
        if let Some(bounds) = &entry.bounds {
            let at = entry.chunk as usize * bounds.len();
            let all = &mut self.statistics[entry.array];
            all.resize(all.len().max(at + bounds.len()), 0);
            all[at..at + bounds.len()].copy_from_slice(bounds);
        }
    }

    /// Statistics and offsets of the dataset that is appended to.
    fn take_statistics(&mut self, ready: &Ready) -> Result<()> {
        if ready.plan.first_code == 0 {
            return Ok(());
        }
        let base = Storage::open_zarr(&ready.paths.dataset, &ready.options.reading())?;
        for (place, array) in ready.plan.arrays.iter().enumerate() {
            let bulk = &ready.arrays[place];
            if array.first_chunk > 0 && array.has_statistics(bulk) {
                let mut bounds = base.load_array(&layout::statistics(&array.group, &array.name))?.into_bytes();
                bounds.truncate(array.first_chunk as usize * 2 * bulk.dtype().size());
                self.statistics[place] = bounds;
            }
        }
        for (place, axis) in ready.plan.axes.iter().enumerate().filter(|(_, axis)| !axis.per_file) {
            let key = layout::offsets(&axis.group, &axis.dim, axis.is_primary(&ready.plan.groups));
            self.before[place] = if base.exists(&key)? {
                base.load_array(&key)?.to_vec::<i64>()?
            } else {
                vec![0; ready.plan.first_code as usize + 1]
            };
        }
        base.close()
    }

    /// Puts the chunks of the dataset that is appended to.
    fn take_over(&mut self, ready: &Ready) -> Result<()> {
        if ready.plan.arrays.iter().zip(&self.next).all(|(array, next)| array.first_chunk <= *next) {
            return Ok(());
        }
        let source = BulkSource::open(&ready.paths.dataset, &ready.options.reading())?;
        for (place, array) in ready.plan.arrays.iter().enumerate() {
            let range = self.next[place]..array.first_chunk;
            let mut entries = Vec::new();
            if !range.is_empty() {
                source.copy(&self.arrays[place], (place, range), &mut self.writer, &mut |put| {
                    let (array, chunk, size, crc) = (put.array, put.chunk, put.size, put.crc);
                    entries.push(Entry { array, chunk, size, crc, file: 0, bounds: None });
                    Ok(())
                })?;
                self.writer.flush()?;
                self.journal.add(&entries)?;
                entries.iter().for_each(|entry| self.note(entry));
            }
        }
        Ok(())
    }

    /// Puts one chunk; [`StoreSink::noted`] makes it outlive the process.
    ///
    /// # Errors
    /// `Io`.
    pub fn add(&mut self, entry: &Entry, bytes: &[u8]) -> Result<()> {
        self.writer.put(&self.arrays[entry.array], entry.put(), bytes)?;
        self.note(entry);
        Ok(())
    }

    /// Notes chunks that were put in the journal.
    ///
    /// # Errors
    /// `Io`.
    pub fn noted(&mut self, entries: &[Entry]) -> Result<()> {
        self.writer.flush()?;
        self.journal.add(entries)
    }

    /// Ends the store, and gives its bytes.
    ///
    /// # Errors
    /// `Internal` when a chunk was not put, `Io`.
    pub fn finish(mut self, ready: &Ready) -> Result<u64> {
        if let Some(place) = self.rest().iter().position(|(next, end)| next < end) {
            let (key, (next, end)) = (&ready.plan.arrays[place].key, self.rest()[place]);
            return Err(err!(Internal, "{key}: {next} of {end} chunks were written"));
        }
        extras::put(ready, &self.extras, &self.statistics, &self.before, &mut self.writer)?;
        let sync = ready.options.store.sync == Sync::Full;
        self.writer.finish(&self.arrays, &extras::document(ready)?, sync)
    }
}

impl Sink for StoreSink {
    fn put(&mut self, _ready: &Ready, done: &[Done]) -> Result<()> {
        let entries: Vec<Entry> = done.iter().map(Done::entry).collect();
        for (entry, done) in entries.iter().zip(done) {
            self.add(entry, &done.bytes)?;
        }
        self.noted(&entries)
    }
}

impl Done {
    fn entry(&self) -> Entry {
        let put = self.put;
        let (array, chunk, size, crc) = (put.array, put.chunk, put.size, put.crc);
        Entry { array, chunk, size, crc, file: self.file, bounds: self.bounds.clone() }
    }
}

/// The chunks of one task in a file, with an index beside it that appears when they are whole.
pub struct FragmentSink {
    file: fs::PendingFile,
    path: PathBuf,
    entries: Vec<Entry>,
}

/// The names of chunks and index of a task. The key of the plan is in them: a process that is still at a task of a plan
/// that was made anew meanwhile writes what nobody reads.
fn names(work: &Path, key: &str, task: u64) -> (PathBuf, PathBuf) {
    (work.join(format!("task-{task:06}-{key}.chunks")), work.join(format!("task-{task:06}-{key}.index")))
}

/// Removes the journal of another merge.
///
/// # Errors
/// `Io`.
pub fn forget_journal(work: &Path) -> Result<()> {
    fs::remove_file(&work.join(JOURNAL))
}

impl FragmentSink {
    /// The fragment of a task.
    ///
    /// # Errors
    /// `Io`.
    pub fn create(work: &Path, key: &str, task: u64, sync: Sync) -> Result<Self> {
        let (path, _) = names(work, key, task);
        Ok(Self { file: fs::PendingFile::create(&path, sync)?, path, entries: Vec::new() })
    }

    /// Publishes the fragment.
    ///
    /// # Errors
    /// `Io`.
    pub fn finish(self, work: &Path, key: &str, task: u64, sync: Sync) -> Result<()> {
        self.file.commit()?;
        fs::publish_file(&names(work, key, task).1, &journal::line(&self.entries)?, sync)
    }
}

impl Sink for FragmentSink {
    fn put(&mut self, _ready: &Ready, done: &[Done]) -> Result<()> {
        for done in done {
            self.file.write_all(&done.bytes).map_err(|e| Error::io(&self.path, &e))?;
            self.entries.push(done.entry());
        }
        Ok(())
    }
}

/// The file of a fragment, and its chunks with where each begins.
pub type Fragment = (PathBuf, Vec<(u64, Entry)>);

/// The chunks of the fragment of a task; `None` when the task was not run to its end.
///
/// # Errors
/// `Io`.
pub fn fragment(work: &Path, key: &str, task: u64) -> Result<Option<Fragment>> {
    let (chunks, index) = names(work, key, task);
    if fs::path_kind(&index)?.is_none() {
        return Ok(None);
    }
    let (entries, whole) = journal::lines(&fs::ReadFile::open(&index)?.read_all(1 << 32)?);
    let mut at = 0;
    let placed: Vec<(u64, Entry)> = entries
        .into_iter()
        .map(|entry| {
            let place = at;
            at += entry.size;
            (place, entry)
        })
        .collect();
    let length = fs::ReadFile::open(&chunks)?.len();
    Ok((whole && length == at).then_some((chunks, placed)))
}
