//! From the files of an array to its elements.
//!
//! Chunks are decoded straight into the destination where a chunk is a contiguous slab of it, through a buffer of the
//! thread elsewhere, and in parallel where that pays. A chunk that should be there and is not is `Corrupt`, named.
//! Of shards the inner chunks are decoded that are touched ([`super::v3`]).

use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use super::chunk;
use super::encode::{is_slab, with_scratch};
use super::grid::{Grid, Piece};
use super::node::Node;
use crate::backend::Region;
use crate::error::{Result, err};
use crate::json_text::weigh;
use crate::op::{Cancel, Op};
use crate::value::region::{At, clone_box, copy_box, each_of_box};
use crate::value::{Array, DType, element_count};

/// The largest metadata document that is read.
pub const DOCUMENT: u64 = 64 << 20;
/// A document, or a list of pieces, up to this many bytes is read whatever may be decoded.
const SMALL: u64 = 1 << 20;
/// Below this many bytes an array is decoded on the calling thread.
pub const PARALLEL: usize = 1 << 20;

/// What bounds a read, and whether records are checked.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Check records.
    pub check: bool,
    /// The largest array that is decoded, in bytes.
    pub decoded: u64,
}

impl Limits {
    /// The largest document that is read.
    pub fn document(self) -> u64 {
        self.decoded.clamp(SMALL, DOCUMENT)
    }

    /// What the tree of the metadata document may take.
    pub fn metadata(self) -> u64 {
        self.decoded.max(SMALL)
    }

    /// Refuses a document whose tree would take more than may be decoded.
    ///
    /// # Errors
    /// `Corrupt`.
    pub fn weigh(self, what: &str, name: &str, document: &[u8]) -> Result<()> {
        weigh(document, self.decoded).map_err(|e| e.context(format_args!("{what}: {name}")))
    }

    /// The pieces of a box, the list of which may take as much as may be decoded: elements of one chunk each, or none at
    /// all, are not free.
    ///
    /// # Errors
    /// `Corrupt` when it takes more, else as [`Grid::pieces`].
    pub fn pieces(self, grid: &Grid, region: &Region) -> Result<Vec<Piece>> {
        let (count, most) = (grid.touched(region), self.decoded);
        let bytes = count.saturating_mul(grid.piece_weight());
        if bytes > most.max(SMALL) {
            return Err(err!(Corrupt, "the list of {count} chunks has {bytes} bytes, max_decoded_bytes is {most}"));
        }
        grid.pieces(region)
    }

    /// The bytes of a whole chunk with elements of `size` bytes.
    ///
    /// # Errors
    /// `Corrupt` when they exceed the limit.
    pub fn chunk_bytes(self, grid: &Grid, size: usize) -> Result<usize> {
        let bytes = grid.chunk_elements().saturating_mul(size as u64);
        if bytes > self.decoded {
            return Err(err!(Corrupt, "a chunk has {bytes} bytes decoded, max_decoded_bytes is {}", self.decoded));
        }
        Ok(bytes as usize)
    }
}

impl Node {
    /// Reads the array or a box of it.
    ///
    /// # Errors
    /// `ShapeMismatch` for a box outside, `Corrupt`, `Codec`, `Cancelled`, `NoMemory`.
    pub fn read(&self, op: &Op, region: Option<&Region>) -> Result<Array> {
        let region = self.region(region)?;
        let shape = self.result_shape(&region);
        let dtype = self.meta.pipeline.dtype();
        let count = element_count(&shape, dtype).map_err(|e| e.context(&self.what))?;
        let bytes = (count as u64).saturating_mul(dtype.slot() as u64);
        if bytes > self.limits.decoded {
            return Err(err!(
                Corrupt,
                "{}: has {bytes} bytes decoded, max_decoded_bytes is {}",
                self.what,
                self.limits.decoded
            ));
        }
        if dtype == DType::String {
            return Array::from_strings(shape, self.strings(op, &region, count)?);
        }
        let mut out = zeroed(bytes as usize).map_err(|e| e.context(&self.what))?;
        self.fill(op, &region, &mut out)?;
        Array::from_bytes(dtype, shape, out).map_err(|e| err!(Corrupt, "{}: {e}", self.what))
    }

    /// Reads fixed-size elements into memory of exactly their size.
    ///
    /// # Errors
    /// As [`Node::read`], and `BufferTooSmall` when the size differs.
    pub fn read_into(&self, op: &Op, region: Option<&Region>, out: &mut [u8]) -> Result<()> {
        let dtype = self.meta.pipeline.dtype();
        if dtype == DType::String {
            return Err(err!(WrongKind, "{}: wanted elements of fixed size, found string", self.what));
        }
        if let (None, Some(name), None) = (region, self.meta.grid.only_chunk(), self.meta.shards()) {
            let chunk_bytes = self.chunk_bytes(self.meta.pipeline.element_size().unwrap_or(0))?;
            if out.len() == chunk_bytes {
                return self.decode_slab(op.cancel(), &name, out, chunk_bytes);
            }
        }
        let region = self.region(region)?;
        let bytes = element_count(&self.result_shape(&region), dtype)? * dtype.size();
        if bytes != out.len() {
            return Err(err!(BufferTooSmall, "{}: data has {bytes} bytes, the buffer has {}", self.what, out.len()));
        }
        self.fill(op, &region, out)
    }

    /// The box in the stored shape. With a last dimension of the data type (`|S`) or a scalar kept in shape (1,), the
    /// logical shape differs from it; such an array is read whole in that dimension.
    fn region(&self, region: Option<&Region>) -> Result<Region> {
        let Some(region) = region else { return Ok(self.meta.grid.whole()) };
        let key = crate::Key::parse_or_root(&self.what)?;
        region.check(&key, &self.shape())?;
        if self.attributes.scalar {
            return Ok(self.meta.grid.whole());
        }
        let ndim = self.meta.grid.shape.len();
        if let Some(width) = self.meta.pipeline.extra_dim().filter(|&width| region.shape[ndim] != width) {
            return Err(err!(Unsupported, "{}: a box must span the last dimension, of length {width}", self.what));
        }
        Ok(Region { offset: region.offset[..ndim].to_vec(), shape: region.shape[..ndim].to_vec() })
    }

    fn result_shape(&self, region: &Region) -> Vec<u64> {
        if self.attributes.scalar {
            return Vec::new();
        }
        let mut shape = region.shape.clone();
        shape.extend(self.meta.pipeline.extra_dim());
        shape
    }

    /// Decodes every piece of the box into `out`.
    fn fill(&self, op: &Op, region: &Region, out: &mut [u8]) -> Result<()> {
        let grid = &self.meta.grid;
        let pieces = self.limits.pieces(grid, region).map_err(|e| e.context(&self.what))?;
        if let Some(shards) = self.meta.shards() {
            return self.fill_from_shards(op, shards, region, &pieces, out);
        }
        let size = self.meta.pipeline.element_size().unwrap_or(0);
        let chunk_bytes = self.chunk_bytes(size)?;
        let parallel = if pieces.len() > 1 && out.len() >= PARALLEL { crate::config::pool() } else { None };
        if *region == grid.whole() && is_slab(&grid.shape, &grid.chunks) {
            let mut slabs = Vec::with_capacity(pieces.len());
            let mut rest = out;
            for piece in &pieces {
                let bytes = piece.shape.iter().product::<u64>() as usize * size;
                let (slab, tail) = rest.split_at_mut(bytes);
                slabs.push((piece, slab));
                rest = tail;
            }
            let one =
                |(piece, slab): (&Piece, &mut [u8])| self.decode_slab(op.cancel(), &piece.name, slab, chunk_bytes);
            return match parallel {
                Some(pool) => pool.install(|| slabs.into_par_iter().try_for_each(one)),
                None => slabs.into_iter().try_for_each(one),
            };
        }
        // Decoding takes many times as long as copying what is wanted of a chunk, so one thread copies at a time.
        let out = Mutex::new(out);
        let one = |piece: &Piece| {
            self.with_chunk(op.cancel(), &piece.name, chunk_bytes, |chunk| {
                let from = At { shape: &grid.chunks, offset: &piece.in_chunk };
                let to = At { shape: &region.shape, offset: &piece.in_box };
                let mut out = out.lock().unwrap_or_else(PoisonError::into_inner);
                copy_box(chunk, from, &mut out, to, &piece.shape, size)
            })
        };
        match parallel {
            Some(pool) => pool.install(|| pieces.par_iter().try_for_each(one)),
            None => pieces.iter().try_for_each(one),
        }
    }

    fn chunk_bytes(&self, size: usize) -> Result<usize> {
        self.limits.chunk_bytes(&self.meta.grid, size).map_err(|e| e.context(&self.what))
    }

    fn decode_slab(&self, cancel: &Cancel, name: &str, slab: &mut [u8], chunk_bytes: usize) -> Result<()> {
        if slab.len() == chunk_bytes {
            return self.decode_into(cancel, name, slab);
        }
        self.with_chunk(cancel, name, chunk_bytes, |chunk| {
            slab.copy_from_slice(&chunk[..slab.len()]);
            Ok(())
        })
    }

    /// Does `work` with the elements of a chunk, in a buffer of this thread.
    fn with_chunk(
        &self,
        cancel: &Cancel,
        name: &str,
        chunk_bytes: usize,
        work: impl FnOnce(&[u8]) -> Result<()>,
    ) -> Result<()> {
        with_scratch(|chunk| {
            sized(chunk, chunk_bytes).map_err(|e| e.context(&self.what))?;
            self.decode_into(cancel, name, chunk)?;
            work(chunk)
        })
    }

    fn decode_into(&self, cancel: &Cancel, name: &str, out: &mut [u8]) -> Result<()> {
        cancel.check()?;
        if let Some(chunk) = self.files.decoded(name) {
            out.copy_from_slice(chunk.value.bytes().unwrap_or_default());
            return Ok(());
        }
        let decoded = self.with_stored(name, self.meta.stored_limit(self.limits), |stored| {
            chunk::decode_cell(&self.meta, stored, out).map_err(|e| self.at_chunk(name, e))
        })?;
        if decoded.is_none() { self.fill_absent(name, out) } else { Ok(()) }
    }

    /// Fills memory with what elements read as that are not stored.
    ///
    /// # Errors
    /// `Corrupt` where the array has no fill value, or was replaced while it was read.
    pub(super) fn fill_absent(&self, name: &str, out: &mut [u8]) -> Result<()> {
        self.check_in_place()?;
        match self.meta.pipeline.fill(&self.meta.fill_value).map_err(|e| e.context(&self.what))? {
            Some(element) if !element.is_empty() => {
                out.chunks_exact_mut(element.len()).for_each(|slot| slot.copy_from_slice(&element));
                Ok(())
            }
            Some(_) => Ok(()),
            None => Err(self.missing(name)),
        }
    }

    fn strings(&self, op: &Op, region: &Region, count: usize) -> Result<Vec<String>> {
        let grid = &self.meta.grid;
        let per_chunk = grid.chunk_elements();
        if per_chunk.saturating_mul(size_of::<String>() as u64) > self.limits.decoded {
            return Err(err!(Corrupt, "{}: a chunk has {per_chunk} strings, too many to decode", self.what));
        }
        let mut out = vec![String::new(); count];
        let pieces = self.limits.pieces(grid, region).map_err(|e| e.context(&self.what))?;
        if let Some(shards) = self.meta.shards() {
            self.strings_from_shards(op, shards, region, &pieces, &mut out)?;
            return Ok(out);
        }
        let mut texts = self.texts();
        for piece in pieces {
            op.check()?;
            let chunk = self.chunk_strings(&piece.name, per_chunk as usize)?;
            let from = At { shape: &grid.chunks, offset: &piece.in_chunk };
            texts.place(&chunk, from, &mut out, At { shape: &region.shape, offset: &piece.in_box }, &piece.shape)?;
        }
        Ok(out)
    }

    /// What the strings of a read may still take.
    pub(super) fn texts(&self) -> Texts<'_> {
        Texts { what: &self.what, left: self.limits.decoded, most: self.limits.decoded }
    }

    fn chunk_strings(&self, name: &str, count: usize) -> Result<Vec<String>> {
        if let Some(chunk) = self.files.decoded(name) {
            return Ok(chunk.value.strings().unwrap_or_default().to_vec());
        }
        match self.chunk(name, self.limits.decoded)? {
            Some(stored) => {
                let decoded = chunk::decode_cell_strings(&self.meta, &stored, self.limits.decoded);
                decoded.map_err(|e| self.at_chunk(name, e))
            }
            None => self.absent_strings(name, count),
        }
    }

    /// Strings that are not stored.
    ///
    /// # Errors
    /// As [`Node::fill_absent`].
    pub(super) fn absent_strings(&self, name: &str, count: usize) -> Result<Vec<String>> {
        self.check_in_place()?;
        let fill = self.meta.pipeline.fill_string(&self.meta.fill_value)?.ok_or_else(|| self.missing(name))?;
        self.texts().take((fill.len() as u64).saturating_mul(count as u64))?;
        Ok(vec![fill; count])
    }

    fn missing(&self, name: &str) -> crate::Error {
        err!(Corrupt, "{}: chunk '{name}' is missing and the array has no fill value", self.what)
    }

    pub(super) fn at_chunk(&self, name: &str, error: crate::Error) -> crate::Error {
        error.context(format!("{}: chunk '{name}'", self.what))
    }
}

/// What the texts of the strings of one read may still take. A chunk may hold as much as the whole read, so the chunks
/// are counted together.
pub(super) struct Texts<'n> {
    what: &'n str,
    left: u64,
    most: u64,
}

impl Texts<'_> {
    /// Takes so many bytes.
    ///
    /// # Errors
    /// `Corrupt` when there are not as many left.
    fn take(&mut self, bytes: u64) -> Result<()> {
        let (what, most) = (self.what, self.most);
        let left = self.left.checked_sub(bytes);
        self.left =
            left.ok_or_else(|| err!(Corrupt, "{what}: its strings decode to more than max_decoded_bytes, {most}"))?;
        Ok(())
    }

    /// Clones a box of strings to its place.
    ///
    /// # Errors
    /// As [`clone_box`]; `Corrupt` when all of them together are too much.
    pub fn place(&mut self, src: &[String], from: At, dst: &mut [String], to: At, shape: &[u64]) -> Result<()> {
        let mut bytes = 0u64;
        each_of_box(src, from, shape, |text| bytes = bytes.saturating_add(text.len() as u64))?;
        self.take(bytes)?;
        clone_box(src, from, dst, to, shape)
    }
}

/// Gives a buffer a length; what is in it is rubbish of earlier chunks.
///
/// # Errors
/// `NoMemory`.
pub fn sized(buffer: &mut Vec<u8>, bytes: usize) -> Result<()> {
    let more = bytes.saturating_sub(buffer.len());
    buffer.try_reserve(more).map_err(|_| err!(NoMemory, "{bytes} bytes cannot be had"))?;
    buffer.resize(bytes, 0);
    Ok(())
}

/// Zeroed memory, or `NoMemory`.
fn zeroed(bytes: usize) -> Result<Vec<u8>> {
    bytemuck::allocation::try_zeroed_slice_box(bytes)
        .map(<[u8]>::into_vec)
        .map_err(|()| err!(NoMemory, "{bytes} bytes cannot be had"))
}
