//! The floor of a merge. A part is a file of zstd frames, one an array and one for the metadata. Merging reads each file
//! with one read, decompresses its frames to where they belong in the merged arrays, compresses those by chunks of
//! 4 MiB, and writes the frames to one file; with provenance, and the metadata as it was. Parts are taken in waves, so
//! that memory is bounded. Lengths and the index stay in memory: it has no keys, shapes or checks.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use zstd::zstd_safe::{CCtx, DCtx, compress_bound, find_frame_compressed_size, get_error_name};

use crate::durable::{self, Pending};
use crate::merge::MergeRow;
use crate::parallel::{Shared, Team};
use crate::parts::{Expected, Parts};
use crate::row::{Result, text};

/// The bytes of a chunk: those of 1 Mi elements of four bytes.
const CHUNK: usize = 4 << 20;
/// The bytes of the arrays of the parts that are in memory at once, and those of frames.
const WAVE: usize = 64 << 20;
const METADATA: usize = 1 << 16;

/// What a thread keeps.
struct Worker {
    compressor: CCtx<'static>,
    decompressor: DCtx<'static>,
    /// A part's file, or an array.
    bytes: Vec<u8>,
}

/// What is merged of an array and not yet written, at the beginning of a memory that only grows.
#[derive(Default)]
struct Column {
    memory: Vec<u8>,
    used: usize,
}

impl Column {
    fn extend(&mut self, length: usize) -> &mut [u8] {
        let (begin, end) = (self.used, self.used + length);
        if self.memory.len() < end {
            self.memory.resize(end, 0);
        }
        self.used = end;
        &mut self.memory[begin..end]
    }
}

/// A piece of a column that becomes a frame, and the place of that among the frames of its batch.
#[derive(Clone, Copy)]
struct Chunk {
    column: usize,
    start: usize,
    length: usize,
    place: usize,
}

pub struct Floor {
    team: Team<Worker>,
    level: i32,
    sync: bool,
    /// The arrays, then the provenance of each group, then the metadata.
    columns: Vec<Column>,
    frames: Vec<u8>,
    /// For each column where its frames are: the place and the length.
    index: Vec<Vec<(u64, usize)>>,
}

impl Floor {
    pub fn new(level: i32, threads: usize, sync: bool) -> Result<Self> {
        let worker = || Worker { compressor: CCtx::create(), decompressor: DCtx::create(), bytes: Vec::new() };
        Ok(Self {
            team: Team::new(threads, worker)?,
            level,
            sync,
            columns: Vec::new(),
            frames: Vec::new(),
            index: Vec::new(),
        })
    }

    /// Reads the parts of a wave and decompresses them behind what the columns hold.
    fn read(&mut self, parts: &Parts, paths: &[(usize, PathBuf)]) -> Result<()> {
        let arrays = parts.columns.len();
        let mut starts: Vec<usize> = self.columns[..arrays].iter().map(|column| column.used).collect();
        let mut places = Vec::with_capacity(paths.len() * arrays);
        for (part, _) in paths {
            for (column, start) in starts.iter_mut().enumerate() {
                let length = parts.bytes(column, *part);
                places.push((*start, length));
                *start += length;
            }
        }
        for (column, end) in starts.iter().enumerate() {
            let length = end - self.columns[column].used;
            self.columns[column].extend(length);
        }
        let memory: Vec<Shared> = self.columns[..arrays].iter_mut().map(|c| Shared::new(&mut c.memory)).collect();
        let documents: Vec<Mutex<Vec<u8>>> = paths.iter().map(|_| Mutex::default()).collect();
        self.team.run(paths.len(), |worker, i| {
            slurp(&paths[i].1, &mut worker.bytes)?;
            let mut rest = worker.bytes.as_slice();
            let mut frame = || -> Result<&[u8]> {
                let (frame, behind) = rest.split_at(find_frame_compressed_size(rest).map_err(get_error_name)?);
                rest = behind;
                Ok(frame)
            };
            for (column, (start, length)) in places[i * arrays..][..arrays].iter().enumerate() {
                // SAFETY: each array of each part has a place of its own.
                let out = unsafe { memory[column].slice(*start, *length) };
                worker.decompressor.decompress(out, frame()?).map_err(get_error_name)?;
            }
            let mut document = Vec::with_capacity(METADATA);
            worker.decompressor.decompress(&mut document, frame()?).map_err(get_error_name)?;
            *documents[i].lock().expect("no thread panics") = document;
            Ok(())
        })?;
        for (group, column) in self.columns[arrays..arrays + parts.groups.len()].iter_mut().enumerate() {
            for (part, _) in paths {
                let out = column.extend(parts.rows(group, *part) * 4);
                out.as_chunks_mut::<4>().0.fill((*part as i32).to_le_bytes());
            }
        }
        let metadata = self.columns.last_mut().ok_or("no columns")?;
        for document in documents {
            let document = document.into_inner().expect("no thread panics");
            metadata.extend(document.len()).copy_from_slice(&document);
        }
        Ok(())
    }

    /// Compresses whole chunks, with `rest` also what is left, and writes them.
    fn write(&mut self, file: &mut Pending, at: &mut u64, rest: bool) -> Result<()> {
        let mut chunks = Vec::new();
        for (column, Column { used, .. }) in self.columns.iter().enumerate() {
            let end = if rest { *used } else { used / CHUNK * CHUNK };
            for start in (0..end).step_by(CHUNK) {
                chunks.push(Chunk { column, start, length: CHUNK.min(end - start), place: 0 });
            }
        }
        // The longest first, so that no thread is left with one at the end; those of a column stay in their order.
        chunks.sort_by_key(|chunk| std::cmp::Reverse(chunk.length));
        let mut left = chunks.as_mut_slice();
        while !left.is_empty() {
            let (mut number, mut bound) = (0, 0);
            while number < left.len() && bound < WAVE {
                left[number].place = bound;
                bound += compress_bound(left[number].length);
                number += 1;
            }
            let (batch, behind) = left.split_at_mut(number);
            self.compress(batch, bound, file, at)?;
            left = behind;
        }
        for column in &mut self.columns {
            let done = if rest { column.used } else { column.used / CHUNK * CHUNK };
            column.memory.copy_within(done..column.used, 0);
            column.used -= done;
        }
        Ok(())
    }

    /// Compresses chunks, each into a place of its own of `bound` bytes, and writes them in their order.
    fn compress(&mut self, chunks: &[Chunk], bound: usize, file: &mut Pending, at: &mut u64) -> Result<()> {
        if self.frames.len() < bound {
            self.frames.resize(bound, 0);
        }
        let (frames, columns, level) = (Shared::new(&mut self.frames), &self.columns, self.level);
        let sizes: Vec<Mutex<usize>> = chunks.iter().map(|_| Mutex::new(0)).collect();
        self.team.run(chunks.len(), |worker, i| {
            let Chunk { column, start, length, place } = chunks[i];
            // SAFETY: each frame has a place of its own.
            let frame = unsafe { frames.slice(place, compress_bound(length)) };
            let chunk = &columns[column].memory[start..start + length];
            *sizes[i].lock().expect("no thread panics") =
                worker.compressor.compress(frame, chunk, level).map_err(get_error_name)?;
            Ok(())
        })?;
        for (chunk, size) in chunks.iter().zip(sizes) {
            let size = size.into_inner().expect("no thread panics");
            file.write(&self.frames[chunk.place..chunk.place + size])?;
            self.index[chunk.column].push((*at, size));
            *at += size as u64;
        }
        Ok(())
    }
}

impl MergeRow for Floor {
    fn prepare(&mut self, parts: &Parts, paths: &[(usize, PathBuf)]) -> Result<()> {
        let level = self.level;
        self.team.run(paths.len(), |worker, i| {
            let (part, path) = &paths[i];
            let mut file = Vec::new();
            let mut frame = Vec::new();
            let document = serde_json::to_vec(&parts.metadata(*part)).map_err(text)?;
            for column in 0..=parts.columns.len() {
                if column < parts.columns.len() {
                    parts.fill(column, *part, &mut worker.bytes);
                } else {
                    worker.bytes.clone_from(&document);
                }
                frame.clear();
                frame.reserve(compress_bound(worker.bytes.len()));
                worker.compressor.compress(&mut frame, &worker.bytes, level).map_err(get_error_name)?;
                file.extend_from_slice(&frame);
            }
            durable::write(path, &[&file], false)
        })
    }

    fn merge(&mut self, parts: &Parts, paths: &[(usize, PathBuf)], output: &Path) -> Result<()> {
        self.columns.resize_with(parts.columns.len() + parts.groups.len() + 1, Column::default);
        self.columns.iter_mut().for_each(|column| column.used = 0);
        self.index = self.columns.iter().map(|_| Vec::new()).collect();
        let mut file = Pending::create(output)?;
        let (mut first, mut at) = (0, 0);
        while first < paths.len() {
            let (mut end, mut bytes) = (first, 0);
            while end < paths.len() && bytes < WAVE {
                bytes += (0..parts.columns.len()).map(|column| parts.bytes(column, paths[end].0)).sum::<usize>();
                end += 1;
            }
            self.read(parts, &paths[first..end])?;
            self.write(&mut file, &mut at, end == paths.len())?;
            first = end;
        }
        file.publish(self.sync)
    }

    fn check(&mut self, parts: &Parts, output: &Path, count: usize) -> Result<()> {
        let file = File::open(output).map_err(text)?;
        let mut context = DCtx::create();
        let (mut stored, mut chunk) = (Vec::new(), Vec::with_capacity(CHUNK));
        let mut load = |(start, size): (u64, usize), chunk: &mut Vec<u8>| -> Result<()> {
            stored.resize(size, 0);
            file.read_exact_at(&mut stored, start).map_err(text)?;
            context.decompress(chunk, &stored).map_err(get_error_name)?;
            Ok(())
        };
        for column in 0..parts.columns.len() {
            let mut expected = Expected::new(parts, column);
            for frame in &self.index[column] {
                load(*frame, &mut chunk)?;
                expected.compare(&chunk, count)?;
            }
            expected.end(count)?;
        }
        for (group, name) in parts.groups.iter().enumerate() {
            let mut codes = (0..count).flat_map(|part| std::iter::repeat_n(part as i32, parts.rows(group, part)));
            for frame in &self.index[parts.columns.len() + group] {
                load(*frame, &mut chunk)?;
                if chunk.as_chunks::<4>().0.iter().any(|code| codes.next() != Some(i32::from_le_bytes(*code))) {
                    return Err(format!("the provenance of {name} reads back different"));
                }
            }
            if codes.next().is_some() {
                return Err(format!("the provenance of {name} is too short"));
            }
        }
        Ok(())
    }
}

/// Reads a whole file into memory that is there.
fn slurp(path: &Path, out: &mut Vec<u8>) -> Result<()> {
    let mut file = File::open(path).map_err(text)?;
    out.resize(file.metadata().map_err(text)?.len() as usize, 0);
    file.read_exact(out).map_err(text)
}
