//! The floor of a large array: its chunks as zstd frames, compressed by all threads with a context each and written to
//! one file; read in place by each thread and decompressed into the destination.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use zstd::zstd_safe::{CCtx, DCtx, compress_bound, get_error_name};

use crate::durable;
use crate::input::Item;
use crate::parallel::{Shared, Team};
use crate::row::{Result, Row, text};

/// The bytes of a chunk: those of 1 Mi elements of four bytes.
const CHUNK: usize = 4 << 20;

pub struct Floor {
    writers: Team<CCtx<'static>>,
    readers: Team<(DCtx<'static>, Vec<u8>)>,
    level: i32,
    sync: bool,
    frames: Vec<u8>,
    sizes: Vec<usize>,
}

impl Floor {
    pub fn new(level: i32, threads: usize, sync: bool) -> Result<Self> {
        Ok(Self {
            writers: Team::new(threads, CCtx::create)?,
            readers: Team::new(threads, || (DCtx::create(), Vec::new()))?,
            level,
            sync,
            frames: Vec::new(),
            sizes: Vec::new(),
        })
    }
}

impl Row for Floor {
    fn write(&mut self, path: &Path, item: &Item) -> Result<()> {
        let data = item.bytes(0);
        let (count, bound) = (data.len().div_ceil(CHUNK), compress_bound(CHUNK));
        self.frames.resize(count * bound, 0);
        self.sizes.resize(count, 0);
        let frames = Shared::new(&mut self.frames);
        let sizes: Vec<_> = self.sizes.iter_mut().map(std::sync::Mutex::new).collect();
        self.writers.run(count, |context, i| {
            // SAFETY: frame i has a place of its own.
            let frame = unsafe { frames.slice(i * bound, bound) };
            let chunk = &data[i * CHUNK..data.len().min((i + 1) * CHUNK)];
            **sizes[i].lock().expect("no thread panics") =
                context.compress(frame, chunk, self.level).map_err(get_error_name)?;
            Ok(())
        })?;
        drop(sizes);
        let pieces: Vec<&[u8]> = self.sizes.iter().enumerate().map(|(i, n)| &self.frames[i * bound..][..*n]).collect();
        durable::write(path, &pieces, self.sync)
    }

    fn read(&mut self, path: &Path, _item: &Item, out: &mut [Vec<u8>]) -> Result<()> {
        let file = File::open(path).map_err(text)?;
        let mut starts = vec![0u64];
        for size in &self.sizes {
            starts.push(starts[starts.len() - 1] + *size as u64);
        }
        let length = out[0].len();
        let destination = Shared::new(&mut out[0]);
        self.readers.run(self.sizes.len(), |(context, stored), i| {
            stored.resize(self.sizes[i], 0);
            file.read_exact_at(stored, starts[i]).map_err(text)?;
            let begin = i * CHUNK;
            // SAFETY: chunk i has a place of its own.
            let chunk = unsafe { destination.slice(begin, CHUNK.min(length - begin)) };
            context.decompress(chunk, stored).map_err(get_error_name)?;
            Ok(())
        })
    }
}
