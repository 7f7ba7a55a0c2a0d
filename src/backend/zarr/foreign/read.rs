//! From the chunks of an array of format 3 to its elements.

use std::num::NonZeroU64;

use rayon::prelude::*;
use zarrs::array::{ArrayBytes, ArraySubset, ArrayToBytesCodecTraits, CodecOptions};

use super::super::grid::Piece;
use super::Foreign;
use super::element::Kind;
use super::guard::{affordable, guarded};
use super::stored::Stored;
use crate::backend::Region;
use crate::codec::decode_ucs4;
use crate::error::{Result, err};
use crate::op::Op;
use crate::value::region::{At, clone_box, copy_box};
use crate::value::{Array, DType, element_count};

/// Below this many bytes an array is decoded on the calling thread.
const PARALLEL: u64 = 1 << 20;

/// Decoded elements of a chunk, or of a box of it.
struct Decoded<'f> {
    elements: ArrayBytes<'f>,
    /// The first index in the chunk.
    offset: Vec<u64>,
    shape: Vec<u64>,
}

impl Foreign {
    /// Reads the array or a box of it.
    ///
    /// # Errors
    /// `ShapeMismatch` for a box outside, `Corrupt`, `Cancelled`, `NoMemory`, `Io`.
    pub fn read(&self, op: &Op, region: Option<&Region>) -> Result<Array> {
        let region = match region {
            Some(region) => {
                region.check(&crate::Key::parse_or_root(&self.what)?, &self.grid.shape)?;
                region.clone()
            }
            None => self.grid.whole(),
        };
        let count = element_count(&region.shape, self.element.dtype()).map_err(|e| e.context(&self.what))?;
        self.check_size("the box", count as u64)?;
        self.budget.reset(self.limits.decoded);
        if count == 0 {
            return self.finish(region.shape, Vec::new(), Vec::new());
        }
        self.check_size("a chunk", self.grid.chunk_elements())?;
        let pieces = self.limits.pieces(&self.grid, &region).map_err(|e| e.context(&self.what))?;
        match self.element.stored_size() {
            None => {
                let strings = self.strings(op, &region, &pieces, count)?;
                self.finish(region.shape, Vec::new(), strings)
            }
            Some(size) => {
                let bytes = self.bytes(op, &region, &pieces, count, size)?;
                self.finish(region.shape, bytes, Vec::new())
            }
        }
    }

    /// Refuses more elements than may be decoded.
    fn check_size(&self, of: &str, count: u64) -> Result<()> {
        let (bytes, limit) = (count.saturating_mul(self.element.weight()), self.limits.decoded);
        if bytes > limit {
            let what = &self.what;
            return Err(err!(Corrupt, "{what}: {of} has {bytes} bytes decoded, max_decoded_bytes is {limit}"));
        }
        Ok(())
    }

    fn finish(&self, shape: Vec<u64>, bytes: Vec<u8>, strings: Vec<String>) -> Result<Array> {
        let array = match self.element.kind {
            Kind::String => Array::from_strings(shape, strings),
            Kind::Text(points) => decode_ucs4(&bytes, points).and_then(|strings| Array::from_strings(shape, strings)),
            Kind::Plain(dtype) => Array::from_bytes(dtype, shape, bytes),
            Kind::Time(..) => Array::from_bytes(DType::I64, shape, bytes),
        };
        array.map_err(|e| err!(Corrupt, "{}: {e}", self.what))
    }

    /// The elements of a box, `size` bytes each.
    fn bytes(&self, op: &Op, region: &Region, pieces: &[Piece], count: usize, size: usize) -> Result<Vec<u8>> {
        let bytes = count * size;
        let refused = |()| err!(NoMemory, "{}: {bytes} bytes cannot be had", self.what);
        let mut out = bytemuck::allocation::try_zeroed_slice_box(bytes).map_err(refused)?.into_vec();
        let fill = self.element.fill.as_ne_bytes();
        if fill.iter().any(|&byte| byte != 0) {
            out.chunks_exact_mut(size).for_each(|slot| slot.copy_from_slice(fill));
        }
        self.each(op, pieces, bytes as u64, |piece, decoded| {
            let elements = decoded.elements.into_fixed().map_err(|e| err!(Corrupt, "{e}"))?;
            let offset = inside(piece, &decoded.offset);
            let from = At { shape: &decoded.shape, offset: &offset };
            copy_box(&elements, from, &mut out, At { shape: &region.shape, offset: &piece.in_box }, &piece.shape, size)
        })?;
        Ok(out)
    }

    fn strings(&self, op: &Op, region: &Region, pieces: &[Piece], count: usize) -> Result<Vec<String>> {
        let fill = String::from_utf8(self.element.fill.as_ne_bytes().to_vec());
        let fill = fill.map_err(|_| err!(Corrupt, "{}: the fill value is no UTF-8", self.what))?;
        affordable((count * size_of::<String>()) as u64)?;
        let mut out = vec![fill; count];
        self.each(op, pieces, 0, |piece, decoded| {
            let strings = utf8(decoded.elements)?;
            let offset = inside(piece, &decoded.offset);
            let from = At { shape: &decoded.shape, offset: &offset };
            clone_box(&strings, from, &mut out, At { shape: &region.shape, offset: &piece.in_box }, &piece.shape)
        })?;
        Ok(out)
    }

    /// Decodes the pieces that are stored and hands them over one by one, on the calling thread.
    fn each<'f>(
        &'f self,
        op: &Op,
        pieces: &[Piece],
        bytes: u64,
        mut place: impl FnMut(&Piece, Decoded<'f>) -> Result<()>,
    ) -> Result<()> {
        let pool = if bytes >= PARALLEL { crate::config::pool() } else { None };
        let threads = pool.map_or(1, rayon::ThreadPool::current_num_threads);
        // One big shard is decoded by all threads, many chunks by one thread each.
        let options = CodecOptions::default().with_concurrent_target(threads.div_ceil(pieces.len().max(1)));
        let batch = if pool.is_some() { threads * 2 } else { 1 };
        let cancel = op.cancel();
        for group in pieces.chunks(batch) {
            let one = |piece: &Piece| {
                cancel.check()?;
                self.decode(piece, &options).map_err(|e| e.context(format!("{}: chunk '{}'", self.what, piece.name)))
            };
            let decoded: Vec<Option<Decoded<'f>>> = match pool {
                Some(pool) => pool.install(|| group.par_iter().map(one).collect::<Result<_>>())?,
                None => group.iter().map(one).collect::<Result<_>>()?,
            };
            for (piece, decoded) in group.iter().zip(decoded) {
                if let Some(decoded) = decoded {
                    place(piece, decoded).map_err(|e| e.context(format!("{}: chunk '{}'", self.what, piece.name)))?;
                }
            }
        }
        Ok(())
    }

    /// Decodes a chunk, or the inner chunks that a piece touches; `None` when it is not stored.
    fn decode(&self, piece: &Piece, options: &CodecOptions) -> Result<Option<Decoded<'_>>> {
        let name = &piece.name;
        let chunks = &self.grid.chunks;
        let element = self.element.stored_size();
        let limit = match element {
            Some(size) => {
                let bytes = self.grid.chunk_elements().saturating_mul(size as u64);
                bytes.saturating_mul(2).saturating_add(self.chain.index).saturating_add(1 << 16)
            }
            None => self.limits.decoded,
        };
        let shape: Vec<NonZeroU64> = chunks.iter().filter_map(|&d| NonZeroU64::new(d)).collect();
        let Some(inner) = &self.chain.inner else {
            let Some(stored) = self.files.read(name, limit)? else { return self.absent() };
            affordable(self.grid.chunk_elements().saturating_mul(self.element.weight()))?;
            let (zarrs, fill) = (&self.element.zarrs, &self.element.fill);
            let elements = guarded(|| self.chain.codecs.decode(stored, &shape, zarrs, fill, options))?
                .map_err(|e| err!(Corrupt, "{e}"))?;
            return Ok(Some(Decoded { elements, offset: vec![0; chunks.len()], shape: chunks.clone() }));
        };
        let (offset, end) = aligned(piece, inner);
        let box_shape: Vec<u64> = offset.iter().zip(&end).map(|(start, end)| end - start).collect();
        let whole = box_shape == *chunks;
        let Some(stored) = Stored::open(&self.files, name, whole, limit)? else { return self.absent() };
        affordable(box_shape.iter().product::<u64>().saturating_mul(self.element.weight()))?;
        let subset = ArraySubset::new_with_start_end_exc(offset.clone(), end).map_err(|e| err!(Internal, "{e}"))?;
        let decode = || {
            let (codecs, element) = (self.chain.codecs.clone(), &self.element);
            let decoder = codecs.partial_decoder(stored.clone(), &shape, &element.zarrs, &element.fill, options)?;
            decoder.partial_decode(&subset, options).map(ArrayBytes::into_owned)
        };
        // zarrs decodes the inner chunks of strings by rayon whatever it is told: by our pool then, not the global one.
        let elements = guarded(|| match crate::config::pool() {
            Some(pool) if element.is_none() => pool.install(decode),
            _ => decode(),
        })?
        .map_err(|e| stored.failure().unwrap_or_else(|| err!(Corrupt, "{e}")))?;
        Ok(Some(Decoded { elements, offset, shape: box_shape }))
    }

    /// A chunk that is not there, and was not removed with the array a moment ago.
    fn absent<T>(&self) -> Result<Option<T>> {
        self.files.check_in_place(&self.what).map(|()| None)
    }
}

/// The first index of a piece in what was decoded of its chunk from `offset` on.
fn inside(piece: &Piece, offset: &[u64]) -> Vec<u64> {
    piece.in_chunk.iter().zip(offset).map(|(at, start)| at - start).collect()
}

/// The box of whole inner chunks around a piece, so that each of them is decoded, and its checksum checked, as a whole.
fn aligned(piece: &Piece, inner: &[u64]) -> (Vec<u64>, Vec<u64>) {
    let start = piece.in_chunk.iter().zip(inner).map(|(at, inner)| at / inner * inner).collect();
    let end = (0..inner.len()).map(|d| (piece.in_chunk[d] + piece.shape[d]).div_ceil(inner[d]) * inner[d]).collect();
    (start, end)
}

fn utf8(elements: ArrayBytes<'_>) -> Result<Vec<String>> {
    let variable = elements.into_variable().map_err(|e| err!(Corrupt, "{e}"))?;
    let (bytes, offsets) = variable.into_parts();
    let one = |range: &[usize]| {
        let text = bytes.get(range[0]..range[1]).and_then(|text| std::str::from_utf8(text).ok());
        text.map(str::to_owned).ok_or_else(|| err!(Corrupt, "a string is no UTF-8"))
    };
    offsets.windows(2).map(one).collect()
}
