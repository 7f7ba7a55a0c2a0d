//! Reading arrays whose chunks are shards: of each shard the index and the inner chunks that a box touches.
//!
//! A shard of which most is wanted is read at once and checked against its record; of another one only parts are read,
//! whose checksums are those of their codecs (this library writes a CRC-32C with every inner chunk and index), after its
//! length was held against the record. Inner chunks of all shards that a box touches are decoded in parallel.

use std::sync::{Arc, Mutex, PoisonError};

use rayon::prelude::*;

use super::shard::{Index, Sharding, place};
use super::source::Source;
use crate::backend::Region;
use crate::backend::zarr::chunk::{decode_cell, decode_cell_strings};
use crate::backend::zarr::decode::{PARALLEL, sized};
use crate::backend::zarr::encode::with_scratch;
use crate::backend::zarr::grid::{Grid, Piece};
use crate::backend::zarr::growing::Held;
use crate::backend::zarr::node::Node;
use crate::error::{Result, err};
use crate::op::Op;
use crate::value::Array;
use crate::value::region::{At, copy_box};

/// How many shards are open at once, at most.
const OPEN: usize = 64;
/// About how many bytes those that are read whole may decode to, and all indexes may have, at once.
const HELD: u64 = 64 << 20;

/// A shard that is open for reading.
enum Shard<'f> {
    /// Not stored.
    Absent,
    /// In memory, as elements.
    Decoded(Arc<Held<Array>>),
    /// Stored.
    Stored(Source<'f>, Index),
}

/// The part of a box that one inner chunk has.
struct Cell<'p> {
    /// Its shard, in the batch.
    shard: usize,
    /// Where the shard meets the box.
    outer: &'p Piece,
    /// Where the inner chunk meets that part of the shard.
    piece: Piece,
    /// Its place in the index.
    at: usize,
}

impl Cell<'_> {
    /// The first index in the box.
    fn in_box(&self) -> Vec<u64> {
        self.outer.in_box.iter().zip(&self.piece.in_box).map(|(a, b)| a + b).collect()
    }

    /// The first index in the shard.
    fn in_shard(&self) -> Vec<u64> {
        self.outer.in_chunk.iter().zip(&self.piece.in_box).map(|(a, b)| a + b).collect()
    }
}

impl Node {
    /// Decodes the pieces of a box into `out`.
    ///
    /// # Errors
    /// `Corrupt`, `Cancelled`, `NoMemory`, `Io`.
    pub fn fill_from_shards(
        &self,
        op: &Op,
        sharding: &Sharding,
        region: &Region,
        pieces: &[Piece],
        out: &mut [u8],
    ) -> Result<()> {
        let size = self.meta.pipeline.element_size().unwrap_or(0);
        let inner = sharding.grid(&self.meta.grid.chunks);
        let cell_bytes = self.limits.chunk_bytes(&inner, size).map_err(|e| e.context(&self.what))?;
        let parallel = if out.len() >= PARALLEL / 4 { crate::config::pool() } else { None };
        // Decoding takes many times as long as copying what is wanted of it, so one thread copies at a time.
        let out = Mutex::new(out);
        let cancel = op.cancel();
        for batch in self.batches(sharding, pieces) {
            let shards = batch.iter().map(|piece| self.open_shard(sharding, piece)).collect::<Result<Vec<_>>>()?;
            let cells = self.cells(&inner, batch)?;
            let one = |cell: &Cell<'_>| {
                cancel.check()?;
                let to = cell.in_box();
                let to = At { shape: &region.shape, offset: &to };
                if let Shard::Decoded(chunk) = &shards[cell.shard] {
                    let from = cell.in_shard();
                    let from = At { shape: &self.meta.grid.chunks, offset: &from };
                    let bytes = chunk.value.bytes().unwrap_or_default();
                    let mut out = out.lock().unwrap_or_else(PoisonError::into_inner);
                    return copy_box(bytes, from, &mut out, to, &cell.piece.shape, size);
                }
                with_scratch(|chunk| {
                    sized(chunk, cell_bytes)?;
                    let stored =
                        self.with_cell(&shards[cell.shard], cell, |stored| decode_cell(&self.meta, stored, chunk))?;
                    if stored.is_none() {
                        self.fill_absent(&cell.outer.name, chunk)?;
                    }
                    let from = At { shape: &inner.chunks, offset: &cell.piece.in_chunk };
                    let mut out = out.lock().unwrap_or_else(PoisonError::into_inner);
                    copy_box(chunk, from, &mut out, to, &cell.piece.shape, size)
                })
            };
            match parallel {
                Some(pool) if cells.len() > 1 => pool.install(|| cells.par_iter().try_for_each(one))?,
                _ => cells.iter().try_for_each(one)?,
            }
        }
        Ok(())
    }

    /// Puts the strings of the pieces of a box into `out`.
    ///
    /// # Errors
    /// As [`Node::fill_from_shards`].
    pub fn strings_from_shards(
        &self,
        op: &Op,
        sharding: &Sharding,
        region: &Region,
        pieces: &[Piece],
        out: &mut [String],
    ) -> Result<()> {
        let inner = sharding.grid(&self.meta.grid.chunks);
        let mut texts = self.texts();
        for piece in pieces {
            let shard = self.open_shard(sharding, piece)?;
            for cell in self.cells(&inner, std::slice::from_ref(piece))? {
                op.check()?;
                let to = cell.in_box();
                let to = At { shape: &region.shape, offset: &to };
                if let Shard::Decoded(chunk) = &shard {
                    let from = cell.in_shard();
                    let from = At { shape: &self.meta.grid.chunks, offset: &from };
                    texts.place(chunk.value.strings().unwrap_or_default(), from, out, to, &cell.piece.shape)?;
                    continue;
                }
                let limit = self.limits.decoded;
                let stored = self.with_cell(&shard, &cell, |stored| decode_cell_strings(&self.meta, stored, limit))?;
                let strings = match stored {
                    Some(strings) => strings,
                    None => self.absent_strings(&piece.name, inner.chunk_elements() as usize)?,
                };
                let from = At { shape: &inner.chunks, offset: &cell.piece.in_chunk };
                texts.place(&strings, from, out, to, &cell.piece.shape)?;
            }
        }
        Ok(())
    }

    /// Does `work` with the stored bytes of an inner chunk; `None` when it is not stored.
    fn with_cell<T>(
        &self,
        shard: &Shard<'_>,
        cell: &Cell<'_>,
        work: impl FnOnce(&[u8]) -> Result<T>,
    ) -> Result<Option<T>> {
        let Shard::Stored(source, index) = shard else { return Ok(None) };
        let Some((start, length)) = index.range(cell.at) else { return Ok(None) };
        source
            .with(start, length, work)
            .map(Some)
            .map_err(|e| self.at_chunk(&cell.outer.name, e.context(format!("inner chunk '{}'", cell.piece.name))))
    }

    /// Whether a piece has most of its shard, which then is read at once.
    fn wants_most(&self, piece: &Piece) -> bool {
        piece.shape.iter().product::<u64>().saturating_mul(2) >= self.meta.grid.chunk_elements()
    }

    /// Pieces in order, as many at a time as may be held in memory.
    fn batches<'p>(&self, sharding: &Sharding, pieces: &'p [Piece]) -> Vec<&'p [Piece]> {
        let (whole, index) = (self.meta.chunk_weight(), sharding.index_bytes(&self.meta.grid.chunks));
        // Each of its inner chunks has a place in a list, also where it is not stored.
        let inner = sharding.grid(&self.meta.grid.chunks);
        let listed = |piece: &Piece| inner.touched(&part(piece)).saturating_mul(cell_weight(&inner));
        let most = HELD.min(self.limits.decoded);
        let (mut out, mut rest) = (Vec::new(), pieces);
        while !rest.is_empty() {
            let mut held = 0u64;
            let fits = |piece: &&Piece| {
                held = held.saturating_add(if self.wants_most(piece) { whole } else { index });
                held = held.saturating_add(listed(piece));
                held <= most
            };
            let count = rest.iter().take(OPEN).take_while(fits).count().max(1);
            let (batch, tail) = rest.split_at(count);
            out.push(batch);
            rest = tail;
        }
        out
    }

    fn open_shard(&self, sharding: &Sharding, piece: &Piece) -> Result<Shard<'_>> {
        let (name, shape) = (&piece.name, &self.meta.grid.chunks);
        if let Some(chunk) = self.files.decoded(name) {
            return Ok(Shard::Decoded(chunk));
        }
        let limit = self.meta.stored_limit(self.limits);
        let source = if self.wants_most(piece) {
            self.chunk(name, limit)?.map(Source::Bytes)
        } else {
            let source = Source::open(&self.files, name, limit).map_err(|e| e.named(&self.what))?;
            self.check_length(name, source.as_ref().map(Source::len))?;
            source
        };
        let Some(source) = source else { return Ok(Shard::Absent) };
        let index = || {
            let start = sharding.index_start(shape, source.len())?;
            Index::parse(sharding, &source.read(start, sharding.index_bytes(shape))?, source.len())
        };
        let index = index().map_err(|e| self.at_chunk(name, e))?;
        Ok(Shard::Stored(source, index))
    }

    /// The inner chunks that pieces of a box touch.
    fn cells<'p>(&self, inner: &Grid, pieces: &'p [Piece]) -> Result<Vec<Cell<'p>>> {
        let mut out = Vec::new();
        for (shard, outer) in pieces.iter().enumerate() {
            for piece in self.limits.pieces(inner, &part(outer)).map_err(|e| self.at_chunk(&outer.name, e))? {
                let index =
                    inner.index(&piece.name).ok_or_else(|| err!(Internal, "no inner chunk '{}'", piece.name))?;
                out.push(Cell { shard, outer, at: place(inner, &index), piece });
            }
        }
        Ok(out)
    }

    /// Holds the length of a chunk of which parts are read against the record.
    fn check_length(&self, name: &str, length: Option<u64>) -> Result<()> {
        let Some((size, _)) = self.record().and_then(|record| record.get(name)) else { return Ok(()) };
        match length {
            Some(length) if length == size => Ok(()),
            Some(length) => Err(err!(Corrupt, "{}: '{name}' has {length} bytes, recorded are {size}", self.what)),
            None => Err(err!(Corrupt, "{}: chunk '{name}' is in the record and missing in the store", self.what)),
        }
    }
}

/// The part of a shard that a piece of a box is.
fn part(piece: &Piece) -> Region {
    Region { offset: piece.in_chunk.clone(), shape: piece.shape.clone() }
}

/// About how many bytes a [`Cell`] has.
fn cell_weight(inner: &Grid) -> u64 {
    inner.piece_weight() + (size_of::<Cell<'_>>() - size_of::<Piece>()) as u64
}
