//! The floor of boxes: an array of three dimensions as cubic chunks, one zstd frame each, in one file. A box reads and
//! decompresses every chunk it meets, on all threads, and copies what it wants; the index stays in memory.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

use zstd::zstd_safe::{CCtx, DCtx, compress_bound, get_error_name};

use crate::durable;
use crate::input::Item;
use crate::parallel::{Shared, Team};
use crate::row::{Boxes, Result, Row, text};

/// A reader's context, a frame and the chunk that it holds.
struct Reader(DCtx<'static>, Vec<u8>, Vec<u8>);

pub struct Floor {
    edge: usize,
    level: i32,
    sync: bool,
    readers: Team<Reader>,
    /// Where the frame of each chunk begins, and where the last one ends.
    starts: Vec<u64>,
}

impl Floor {
    pub fn new(edge: usize, level: i32, threads: usize, sync: bool) -> Result<Self> {
        let readers = Team::new(threads, || Reader(DCtx::create(), Vec::new(), Vec::new()))?;
        Ok(Self { edge, level, sync, readers, starts: Vec::new() })
    }

    /// The bytes of an element and the elements of a side of the cube.
    fn sides(item: &Item) -> Result<(usize, usize)> {
        match item.arrays[0].shape[..] {
            [x, y, z] if x == y && y == z => Ok((item.bytes(0).len() / (x * x * x), x)),
            _ => Err("boxes are of a cube".into()),
        }
    }

    fn one(
        &mut self,
        file: &File,
        width: usize,
        side: usize,
        at: [usize; 3],
        shape: [usize; 3],
        out: &mut [u8],
    ) -> Result<()> {
        let edge = self.edge;
        let first = at.map(|a| a / edge);
        let last = [0, 1, 2].map(|d| (at[d] + shape[d] - 1) / edge);
        let chunks: Vec<[usize; 3]> = (first[0]..=last[0])
            .flat_map(|x| (first[1]..=last[1]).map(move |y| (x, y)))
            .flat_map(|(x, y)| (first[2]..=last[2]).map(move |z| [x, y, z]))
            .collect();
        let destination = Shared::new(out);
        let (starts, grid) = (&self.starts, side / edge);
        self.readers.run(chunks.len(), |Reader(context, stored, chunk), i| {
            let [x, y, z] = chunks[i];
            let number = (x * grid + y) * grid + z;
            stored.resize((starts[number + 1] - starts[number]) as usize, 0);
            file.read_exact_at(stored, starts[number]).map_err(text)?;
            chunk.resize(edge * edge * edge * width, 0);
            context.decompress(chunk.as_mut_slice(), stored).map_err(get_error_name)?;
            let low = [0, 1, 2].map(|d| at[d].max(chunks[i][d] * edge));
            let high = [0, 1, 2].map(|d| (at[d] + shape[d]).min((chunks[i][d] + 1) * edge));
            let length = (high[2] - low[2]) * width;
            for a in low[0]..high[0] {
                for b in low[1]..high[1] {
                    let from = (((a % edge) * edge + b % edge) * edge + low[2] % edge) * width;
                    let to = (((a - at[0]) * shape[1] + b - at[1]) * shape[2] + low[2] - at[2]) * width;
                    // SAFETY: chunks do not overlap, so neither do their parts of the box.
                    unsafe { destination.slice(to, length) }.copy_from_slice(&chunk[from..from + length]);
                }
            }
            Ok(())
        })
    }
}

impl Row for Floor {
    fn write(&mut self, path: &Path, item: &Item) -> Result<()> {
        let (width, side) = Self::sides(item)?;
        let (edge, grid) = (self.edge, side / self.edge);
        let data = item.bytes(0);
        let mut context = CCtx::create();
        let mut chunk = Vec::with_capacity(edge * edge * edge * width);
        let mut frame = vec![0; compress_bound(edge * edge * edge * width)];
        let mut all: Vec<u8> = Vec::new();
        self.starts = vec![0];
        for number in 0..grid * grid * grid {
            let [x, y, z] = [number / (grid * grid), number / grid % grid, number % grid].map(|c| c * edge);
            chunk.clear();
            for a in x..x + edge {
                for b in y..y + edge {
                    let from = ((a * side + b) * side + z) * width;
                    chunk.extend_from_slice(&data[from..from + edge * width]);
                }
            }
            let size = context.compress(frame.as_mut_slice(), &chunk, self.level).map_err(get_error_name)?;
            all.extend_from_slice(&frame[..size]);
            self.starts.push(all.len() as u64);
        }
        durable::write(path, &[&all], self.sync)
    }

    fn read(&mut self, path: &Path, item: &Item, out: &mut [Vec<u8>]) -> Result<()> {
        let (width, side) = Self::sides(item)?;
        let file = File::open(path).map_err(text)?;
        self.one(&file, width, side, [0; 3], [side; 3], &mut out[0])
    }

    fn boxes(&mut self, path: &Path, item: &Item, boxes: &Boxes, out: &mut [u8]) -> Result<Duration> {
        let (width, side) = Self::sides(item)?;
        let file = File::open(path).map_err(text)?;
        let begin = Instant::now();
        for offset in &boxes.offsets {
            self.one(&file, width, side, *offset, boxes.shape, out)?;
        }
        Ok(begin.elapsed())
    }
}
