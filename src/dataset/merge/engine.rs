//! The work of a merge, or of one of its tasks: parts in, encoded chunks out, in bounded memory.
//!
//! Parts are read in batches, each once, straight into the chunks that are open; the chunks that a batch fills are encoded
//! and written while the next batch is read. They come out in the order of the file in which they end, then of the
//! arrays, so that the same plan gives the same sequence however it is cut into batches.

use std::path::Path;

use super::bounds::bounds;
use super::column::{Buffer, Column, Full};
use super::plan::Ready;
use super::read::{self, Piece, Source};
use super::survey::Kept;
use super::workers::Workers;
use crate::backend::zarr::bulk::Put;
use crate::error::{ErrorKind, Result, err};
use crate::op::{Cancel, Op};
use crate::options::Options;
use crate::storage::Storage;
use crate::value::ArrayView;

/// About how many bytes of elements are read before what they fill is encoded.
const BATCH: u64 = 16 << 20;
/// The most files of a batch.
const FILES: usize = 2048;

/// An encoded chunk.
#[derive(Debug)]
pub struct Done {
    /// Which it is.
    pub put: Put,
    /// Its stored bytes.
    pub bytes: Vec<u8>,
    /// Least and largest value, as two elements.
    pub bounds: Option<Vec<u8>>,
    /// The file in which it ends.
    pub file: usize,
}

/// Where encoded chunks go.
pub trait Sink: Send {
    /// Takes the next ones.
    ///
    /// # Errors
    /// `Io`.
    fn put(&mut self, ready: &Ready, done: &[Done]) -> Result<()>;
}

/// A chunk that waits to be encoded: the place of its array, the file in which it ends.
struct Waiting {
    array: usize,
    file: usize,
    full: Full,
}

/// Merges the chunks of each array that `ranges` names (first and end), which must not be before its first chunk that is
/// not taken over from a dataset.
///
/// # Errors
/// As reading parts, naming the part; `Cancelled`; of the sink.
pub fn run(
    op: &Op,
    ready: &Ready,
    ranges: &[(u64, u64)],
    (workers, kept): (&Workers, &Kept),
    sink: &mut dyn Sink,
) -> Result<()> {
    let columns = ready.arrays.iter().zip(ranges).map(|(array, range)| Column::new(array, *range));
    let mut columns = columns.collect::<Result<Vec<_>>>()?;
    let files = ready.plan.files.len();
    let reading = ready.options.reading();
    let mut at = first_file(ready, &columns);
    let last = last_file(ready, &columns);
    let mut waiting = read_base(ready, &mut columns, &reading)?;
    loop {
        op.check()?;
        let batch = at..batch_end(ready, &columns, at, last);
        let (done, read) = {
            let jobs = prepare(ready, &mut columns, batch.clone())?;
            let cancel = op.cancel();
            workers.join(
                || {
                    let done = workers.map(&waiting, |waiting| encode(ready, waiting, cancel));
                    let done = done.into_iter().collect::<Result<Vec<_>>>()?;
                    if done.is_empty() { Ok(()) } else { sink.put(ready, &done) }
                },
                || {
                    let read = |job: Job<'_>| {
                        let file = &ready.plan.files[job.file];
                        read::part(&file.path, &reading, kept, cancel, job.pieces)
                            .map_err(|e| if e.kind() == ErrorKind::Cancelled { e } else { e.context(&file.name) })
                    };
                    workers.map_owned(jobs, read).into_iter().collect::<Result<Vec<()>>>()
                },
            )
        };
        // Of two errors that of the part says more.
        read?;
        done?;
        for Waiting { array, full, .. } in waiting.drain(..) {
            columns[array].give_back(full.buffer);
        }
        at = batch.end;
        waiting = collect(ready, &mut columns, at);
        op.progress("merge", at as u64, files as u64)?;
        if at >= last && waiting.is_empty() {
            return Ok(());
        }
    }
}

/// The first file that has a row to write.
fn first_file(ready: &Ready, columns: &[Column]) -> usize {
    let first = columns.iter().enumerate().filter(|(_, column)| !column.rows().is_empty()).map(|(place, column)| {
        let offsets = &ready.offsets[ready.plan.arrays[place].axis];
        offsets.partition_point(|&offset| offset <= column.rows().start).saturating_sub(1)
    });
    first.min().unwrap_or(0)
}

/// Behind the last file that has one.
fn last_file(ready: &Ready, columns: &[Column]) -> usize {
    let last = columns.iter().enumerate().filter(|(_, column)| !column.rows().is_empty()).map(|(place, column)| {
        let offsets = &ready.offsets[ready.plan.arrays[place].axis];
        offsets.partition_point(|&offset| offset < column.rows().end)
    });
    last.max().unwrap_or(0).min(ready.plan.files.len())
}

fn batch_end(ready: &Ready, columns: &[Column], from: usize, last: usize) -> usize {
    let mut bytes = 0;
    let mut end = from;
    while end < last && bytes < BATCH && end - from < FILES {
        for (column, array) in columns.iter().zip(&ready.plan.arrays) {
            bytes += ready.plan.axes[array.axis].rows[end].saturating_mul(column.row_bytes());
        }
        end += 1;
    }
    end
}

/// What is read of one part.
struct Job<'b> {
    file: usize,
    pieces: Vec<Piece<'b>>,
}

/// Opens the chunks that a batch of files reaches, and deals their memory out.
fn prepare<'b>(ready: &'b Ready, columns: &'b mut [Column], batch: std::ops::Range<usize>) -> Result<Vec<Job<'b>>> {
    let mut jobs: Vec<Job<'_>> = batch.clone().map(|file| Job { file, pieces: Vec::new() }).collect();
    for ((column, array), bulk) in columns.iter_mut().zip(&ready.plan.arrays).zip(&ready.arrays) {
        let offsets = &ready.offsets[array.axis];
        let rows = column.rows();
        column.open_to(offsets[batch.end])?;
        let row = bulk.chunk_shape().iter().skip(1).product::<u64>() as usize;
        let mut carver = column.carve();
        for job in &mut jobs {
            let (start, end) = (offsets[job.file], offsets[job.file + 1]);
            let (from, to) = (start.max(rows.start), end.min(rows.end));
            if from >= to {
                continue;
            }
            let source = match &array.source {
                None => Source::Code(code(ready, job.file)?),
                Some(_) if array.lacking.binary_search(&job.file).is_ok() => Source::Nothing,
                Some(key) => Source::Array(key),
            };
            let (rows, skip, target) = (end - start, from - start, carver.take(to - from));
            job.pieces.push(Piece { source, dtype: bulk.dtype(), row, rows, skip, target });
        }
    }
    jobs.retain(|job| !job.pieces.is_empty());
    Ok(jobs)
}

fn code(ready: &Ready, file: usize) -> Result<i32> {
    let code = ready.plan.first_code + file as u64;
    i32::try_from(code).map_err(|_| err!(Unsupported, "{code} files: at most 2147483647 have a code"))
}

/// Reads the rows of the dataset that is appended to which share a chunk with new ones.
fn read_base(ready: &Ready, columns: &mut [Column], reading: &Options) -> Result<Vec<Waiting>> {
    let mut store: Option<Storage> = None;
    for ((column, array), bulk) in columns.iter_mut().zip(&ready.plan.arrays).zip(&ready.arrays) {
        let base = ready.plan.axes[array.axis].base.min(column.rows().end);
        let start = column.rows().start;
        if start >= base {
            continue;
        }
        column.open_to(base)?;
        let path: &Path = &ready.paths.dataset;
        let store = match &mut store {
            Some(store) => store,
            none => none.insert(Storage::open_zarr(path, reading)?),
        };
        let target = column.carve().take(base - start);
        read::base(store, &array.key, bulk.shape(), start, target).map_err(|e| e.context(path.display()))?;
    }
    Ok(collect(ready, columns, 0))
}

/// The chunks that are filled once the files before `file` are read, in the order in which they are written.
fn collect(ready: &Ready, columns: &mut [Column], file: usize) -> Vec<Waiting> {
    let mut waiting = Vec::new();
    for (array, column) in columns.iter_mut().enumerate() {
        let offsets = &ready.offsets[ready.plan.arrays[array].axis];
        for full in column.fill_to(offsets[file]) {
            let last = full.chunk * ready.arrays[array].chunk_shape()[0] + full.rows;
            let file = offsets.partition_point(|&offset| offset < last).saturating_sub(1);
            waiting.push(Waiting { array, file, full });
        }
    }
    waiting.sort_by_key(|waiting| (waiting.file, waiting.array, waiting.full.chunk));
    waiting
}

fn encode(ready: &Ready, waiting: &Waiting, cancel: &Cancel) -> Result<Done> {
    cancel.check()?;
    let Waiting { array, file, full } = waiting;
    let bulk = &ready.arrays[*array];
    let mut found = None;
    let bytes = match &full.buffer {
        Buffer::Bytes(bytes) => {
            if ready.plan.arrays[*array].has_statistics(bulk) {
                let inside = bytes.get(..full.rows as usize * bulk.dtype().size()).unwrap_or_default();
                found = bounds(bulk.dtype(), inside);
            }
            bulk.encode(&ArrayView::from_bytes(bulk.dtype(), bulk.chunk_shape(), bytes)?)?
        }
        Buffer::Strings(strings) => {
            let strings: Vec<&str> = strings.iter().map(String::as_str).collect();
            bulk.encode(&ArrayView::from_strings(bulk.chunk_shape(), &strings)?)?
        }
    };
    let put = Put { array: *array, chunk: full.chunk, size: bytes.len() as u64, crc: crc32fast::hash(&bytes) };
    Ok(Done { put, bytes, bounds: found, file: *file })
}
