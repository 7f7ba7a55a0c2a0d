//! The floor of a part: one zstd frame an array and one for the metadata, a context a thread, one plain write; one
//! read, and one context that decompresses each frame into its destination. It has no keys, shapes or checks.

use std::path::Path;

use zstd::zstd_safe::{CCtx, DCtx, compress_bound, find_frame_compressed_size, get_error_name};

use crate::durable;
use crate::input::Item;
use crate::parallel::{Shared, Team};
use crate::row::{Result, Row, text};

pub struct Floor {
    writers: Team<CCtx<'static>>,
    reader: DCtx<'static>,
    level: i32,
    sync: bool,
    frames: Vec<u8>,
    sizes: Vec<usize>,
    stored: Vec<u8>,
    metadata: Vec<u8>,
}

impl Floor {
    pub fn new(level: i32, threads: usize, sync: bool) -> Result<Self> {
        Ok(Self {
            writers: Team::new(threads, CCtx::create)?,
            reader: DCtx::create(),
            level,
            sync,
            frames: Vec::new(),
            sizes: Vec::new(),
            stored: Vec::new(),
            metadata: vec![0; 1 << 16],
        })
    }
}

impl Row for Floor {
    fn write(&mut self, path: &Path, item: &Item) -> Result<()> {
        let document = serde_json::to_vec(&item.metadata).map_err(text)?;
        let pieces: Vec<&[u8]> = (0..item.arrays.len()).map(|i| item.bytes(i)).chain([document.as_slice()]).collect();
        let mut starts = Vec::with_capacity(pieces.len() + 1);
        starts.push(0);
        for piece in &pieces {
            starts.push(starts[starts.len() - 1] + compress_bound(piece.len()));
        }
        self.frames.resize(starts[pieces.len()], 0);
        self.sizes.resize(pieces.len(), 0);
        let frames = Shared::new(&mut self.frames);
        let sizes: Vec<_> = self.sizes.iter_mut().map(std::sync::Mutex::new).collect();
        self.writers.run(pieces.len(), |context, i| {
            // SAFETY: frame i has a place of its own.
            let frame = unsafe { frames.slice(starts[i], starts[i + 1] - starts[i]) };
            **sizes[i].lock().expect("no thread panics") =
                context.compress(frame, pieces[i], self.level).map_err(get_error_name)?;
            Ok(())
        })?;
        drop(sizes);
        self.stored.clear();
        for (start, size) in starts.iter().zip(&self.sizes) {
            self.stored.extend_from_slice(&self.frames[*start..start + size]);
        }
        durable::write(path, &[&self.stored], self.sync)
    }

    fn read(&mut self, path: &Path, _item: &Item, out: &mut [Vec<u8>]) -> Result<()> {
        use std::io::Read;
        let mut file = std::fs::File::open(path).map_err(text)?;
        let length = file.metadata().map_err(text)?.len() as usize;
        self.stored.resize(length, 0);
        file.read_exact(&mut self.stored).map_err(text)?;
        let mut rest = self.stored.as_slice();
        for destination in out.iter_mut().map(Vec::as_mut_slice).chain([self.metadata.as_mut_slice()]) {
            let size = find_frame_compressed_size(rest).map_err(get_error_name)?;
            self.reader.decompress(destination, &rest[..size]).map_err(get_error_name)?;
            rest = &rest[size..];
        }
        Ok(())
    }
}
