//! From elements to the files of a Zarr array.
//!
//! The view is cut along the grid, each chunk goes through the codecs (in parallel where that pays), and the result is
//! every chunk of the array in memory. Every chunk is written, also an empty-looking one: a missing chunk always is a
//! damage. The documents become text when they are written.

use std::cell::RefCell;
use std::sync::Arc;

use rayon::prelude::*;
use serde_json::Value as Json;

use super::chunk;
use super::documents::Format;
use super::grid::{Grid, Piece, automatic};
use super::meta::{ArrayMeta, Attributes, V3};
use super::v3::shard::{self, Elements, Sharding};
use crate::backend::{Leaf, NewArray};
use crate::codec::{Choice, Chooser, Chosen, CodecSpec, Encoding, StringCodec, fill_json};
use crate::error::{Result, err};
use crate::key::Key;
use crate::op::Op;
use crate::value::region::{At, clone_box, copy_box};
use crate::value::{Array, DType};

/// Below this many bytes an array is encoded on the calling thread.
pub const PARALLEL: usize = 256 << 10;

/// How new arrays of a store are laid out and encoded.
pub struct Layout {
    chooser: Chooser,
    /// How they are cut, and what is written of them.
    pub style: Style,
}

/// How arrays are cut, and in which format.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// The format of the documents.
    pub format: Format,
    /// About how many elements a chunk holds; an inner chunk, where there are shards.
    pub chunk_elements: u64,
    /// About how many elements a shard holds, where chunks are gathered into shards (format 3).
    pub shard_elements: Option<u64>,
    /// `.` or `/`.
    pub separator: char,
}

impl Layout {
    /// A layout with compressor, delta and string codec of an encoding.
    pub fn new(encoding: Encoding, style: Style) -> Self {
        Self { chooser: Chooser::new(encoding, style.format == Format::V3), style }
    }

    /// Nanoseconds that encoding takes, about: what the compressor at its level needs a byte, and the metadata.
    pub fn cost(&self, bytes: u64) -> u64 {
        let encoding = self.chooser.encoding();
        let tries = if encoding.choice == Choice::Fixed { 1 } else { 5 };
        tries * (3000 + bytes * encoding.codec.nanoseconds_per_byte())
    }

    /// A new array without elements: default chunks, and the encoding of the store unless it names its own. Dimensions
    /// of length 0 are there to grow: their chunks are those of a long one.
    ///
    /// # Errors
    /// `Codec`, `InvalidArgument` for a codec that is unknown.
    pub fn empty(&self, new: &NewArray) -> Result<(ArrayMeta, bool)> {
        let mut encoding = new.profile.map_or_else(|| self.chooser.encoding().clone(), Encoding::of_profile);
        if let Some(codec) = &new.codec {
            encoding.codec = CodecSpec::parse(codec)?;
        }
        let scalar = new.shape.is_empty() && new.dtype == DType::String && encoding.strings == StringCodec::Msgpack2;
        let shape = if scalar { vec![1] } else { new.shape.clone() };
        let (chunks, shards) = self.cut(&shape, new)?;
        let fill = new.fill.as_ref().map_or(Json::Null, fill_json);
        if fill.is_null() && self.style.format == Format::V3 {
            return Err(err!(InvalidArgument, "fill_value is null, an array of zarr format 3 needs one"));
        }
        let chosen = match &new.like {
            Some((_, sample)) if new.codec.is_none() && new.profile.is_none() => {
                let bytes = || std::borrow::Cow::Borrowed(sample.bytes().unwrap_or_default());
                self.chooser.choose(new.dtype, sample.shape(), bytes)?
            }
            _ => Chosen { pipeline: encoding.pipeline(new.dtype)?, column_major: false },
        };
        Ok((self.meta(chosen, shape, chunks, shards, fill), scalar))
    }

    /// The shapes of chunks (inner ones, where there are shards) and shards of a new array.
    fn cut(&self, shape: &[u64], new: &NewArray) -> Result<(Vec<u64>, Option<Vec<u64>>)> {
        let long: Vec<u64> = shape.iter().map(|&d| if d == 0 { self.style.chunk_elements } else { d }).collect();
        let given = new.chunks.clone().filter(|chunks| chunks.len() == shape.len());
        let Some(shards) = &new.shards else {
            let chunks = given.unwrap_or_else(|| automatic(&long, self.style.chunk_elements));
            let shards = self.style.shard_elements.and_then(|elements| super::grid::sharded(&long, &chunks, elements));
            return Ok((chunks, shards));
        };
        if self.style.format == Format::V2 {
            return Err(err!(Unsupported, "shards {shards:?} are of zarr format 3, the store is of format 2"));
        }
        let chunks = given.unwrap_or_else(|| super::grid::dividing(shards, self.style.chunk_elements));
        if shards.iter().zip(&chunks).any(|(shard, chunk)| shard % chunk != 0) {
            return Err(err!(InvalidArgument, "shards {shards:?} are no multiples of chunks {chunks:?}"));
        }
        Ok((chunks, Some(shards.clone())))
    }

    fn meta(
        &self,
        chosen: Chosen,
        shape: Vec<u64>,
        chunks: Vec<u64>,
        shards: Option<Vec<u64>>,
        fill: Json,
    ) -> ArrayMeta {
        let Chosen { pipeline, column_major } = chosen;
        let separator = self.style.separator;
        if self.style.format == Format::V2 {
            let grid = Grid { shape, chunks, separator, prefixed: false };
            return ArrayMeta { grid, pipeline, column_major, fill_value: fill, v3: None };
        }
        let fill_value = if fill.is_null() { fill_json(&Array::zero(pipeline.dtype())) } else { fill };
        // Parts of a shard are read without the check of the whole, so each has its own.
        let (chunks, v3) = match shards {
            None => (chunks, V3::default()),
            Some(shards) => {
                let sharding = Sharding { inner: chunks, at_start: false, checked: true };
                (shards, V3 { checksum: true, shards: Some(sharding) })
            }
        };
        let grid = Grid { shape, chunks, separator, prefixed: true };
        ArrayMeta { grid, pipeline, column_major, fill_value, v3: Some(v3) }
    }
}

/// An encoded array: what it says of itself, and its chunks as they were kept.
pub struct Encoded<T> {
    /// `.zarray`, parsed.
    pub meta: ArrayMeta,
    /// `.zattrs`, parsed.
    pub attributes: Attributes,
    /// Every chunk, by name.
    pub chunks: Vec<(String, T)>,
}

/// Encodes a leaf, its chunks into memory.
///
/// # Errors
/// `Codec`, `Cancelled`, `NoMemory`; each names the key.
pub fn encode(op: &Op, key: &Key, leaf: Leaf<'_>, layout: &Layout) -> Result<Encoded<Arc<Vec<u8>>>> {
    encode_to(op, key, leaf, layout, |bytes| exact(bytes).map(Arc::new))
}

/// Encodes a leaf and hands every chunk to `keep`, on the thread that encoded it: while one is kept, others are encoded.
///
/// # Errors
/// As [`encode`], and what `keep` fails with.
pub fn encode_to<T: Send>(
    op: &Op,
    key: &Key,
    leaf: Leaf<'_>,
    layout: &Layout,
    keep: impl Fn(&[u8]) -> Result<T> + Sync,
) -> Result<Encoded<T>> {
    let chosen = layout.chooser.choose(leaf.view.dtype(), leaf.view.shape(), || leaf.view.to_contiguous());
    let chosen = chosen.map_err(|e| e.context(key))?;
    // numcodecs cannot encode a 0-d array with msgpack2: the documented form is shape (1,).
    let scalar = leaf.view.shape().is_empty() && is_msgpack2(layout, leaf.view.dtype());
    let shape = if scalar { vec![1] } else { leaf.view.shape().to_vec() };
    let chunks = automatic(&shape, layout.style.chunk_elements);
    let shards = layout.style.shard_elements.and_then(|elements| super::grid::sharded(&shape, &chunks, elements));
    let meta = layout.meta(chosen, shape, chunks, shards, Json::Null);
    let chunks = match meta.grid.only_chunk().filter(|_| meta.shards().is_none()) {
        Some(name) => encode_whole(op, &leaf, &meta, keep).map(|chunk| vec![(name.into_owned(), chunk)]),
        None => encode_chunks(op, &leaf, &meta, keep),
    };
    let chunks = chunks.map_err(|e| e.context(key))?;
    let dims = if scalar { vec![format!("{}_dim_0", key.as_str().replace('/', "_"))] } else { leaf.dims };
    let attributes = Attributes { kind: leaf.kind, dims: Some(dims), scalar, user: leaf.attributes };
    Ok(Encoded { meta, attributes, chunks })
}

/// Encodes an array that is one chunk.
fn encode_whole<T>(op: &Op, leaf: &Leaf<'_>, meta: &ArrayMeta, keep: impl Fn(&[u8]) -> Result<T>) -> Result<T> {
    op.check()?;
    with_scratch(|out| {
        match leaf.view.strings() {
            Some(strings) => chunk::encode_cell_strings(meta, strings, out)?,
            None => chunk::encode_cell(meta, &leaf.view.to_contiguous(), out)?,
        }
        keep(out)
    })
}

fn encode_chunks<T: Send>(
    op: &Op,
    leaf: &Leaf<'_>,
    meta: &ArrayMeta,
    keep: impl Fn(&[u8]) -> Result<T> + Sync,
) -> Result<Vec<(String, T)>> {
    let pieces = meta.grid.pieces(&meta.grid.whole())?;
    let cancel = op.cancel();
    let bytes = leaf.view.to_contiguous();
    let one = |piece: &Piece| -> Result<T> {
        cancel.check()?;
        with_scratch(|out| {
            match leaf.view.strings() {
                Some(strings) => encode_strings(strings, meta, piece, out)?,
                None => encode_bytes(&bytes, meta, piece, out)?,
            }
            keep(out)
        })
    };
    // The pool is not even started for small arrays: handing them over costs more than encoding them.
    // Shards come one after the other: it is their inner chunks that are encoded in parallel.
    let alone = pieces.len() < 2 || bytes.len() < PARALLEL || meta.shards().is_some();
    let pool = if alone { None } else { crate::config::pool() };
    let chunks: Vec<T> = match pool {
        Some(pool) => pool.install(|| pieces.par_iter().map(one).collect::<Result<_>>())?,
        None => pieces.iter().map(one).collect::<Result<_>>()?,
    };
    Ok(pieces.into_iter().map(|piece| piece.name).zip(chunks).collect())
}

thread_local! {
    /// Where chunks are encoded, before what they came to is copied: its room is as large as a chunk may come to.
    static SCRATCH: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// What a thread keeps of it.
const SCRATCH_KEPT: usize = 16 << 20;

/// What `work` puts into a buffer of this thread, in memory of exactly its size.
pub fn exactly(work: impl FnOnce(&mut Vec<u8>) -> Result<()>) -> Result<Vec<u8>> {
    with_scratch(|out| {
        work(out)?;
        exact(out)
    })
}

/// A copy in memory of exactly its size.
fn exact(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut exact = Vec::new();
    exact.try_reserve_exact(bytes.len()).map_err(|_| err!(NoMemory, "no memory for {} bytes", bytes.len()))?;
    exact.extend_from_slice(bytes);
    Ok(exact)
}

/// Lends this thread's buffer to `work`; it is taken out meanwhile, so that a nested use gets an empty one.
pub fn with_scratch<T>(work: impl FnOnce(&mut Vec<u8>) -> T) -> T {
    let mut scratch = SCRATCH.try_with(RefCell::take).unwrap_or_default();
    let result = work(&mut scratch);
    if scratch.capacity() <= SCRATCH_KEPT {
        // A thread that is ending has no place for it any more.
        let _ = SCRATCH.try_with(|cell| cell.replace(scratch));
    }
    result
}

fn encode_bytes(bytes: &[u8], meta: &ArrayMeta, piece: &Piece, out: &mut Vec<u8>) -> Result<()> {
    let grid = &meta.grid;
    let size = meta.pipeline.dtype().size();
    let zero = vec![0; grid.shape.len()];
    let from = At { shape: &grid.shape, offset: &piece.in_box };
    if let Some(shards) = meta.shards() {
        return shard::encode(meta, shards, Elements::Bytes(bytes), from, &piece.shape, out);
    }
    if piece.shape == grid.chunks && is_slab(&grid.shape, &grid.chunks) {
        let start = offset_of(&grid.shape, &piece.in_box) * size;
        return chunk::encode_cell(meta, &bytes[start..start + grid.chunk_elements() as usize * size], out);
    }
    let mut chunk = vec![0u8; grid.chunk_elements() as usize * size];
    copy_box(bytes, from, &mut chunk, At { shape: &grid.chunks, offset: &zero }, &piece.shape, size)?;
    chunk::encode_cell(meta, &chunk, out)
}

fn encode_strings(strings: &[&str], meta: &ArrayMeta, piece: &Piece, out: &mut Vec<u8>) -> Result<()> {
    let grid = &meta.grid;
    let zero = vec![0; grid.shape.len()];
    let from = At { shape: &grid.shape, offset: &piece.in_box };
    if let Some(shards) = meta.shards() {
        return shard::encode(meta, shards, Elements::Strings(strings), from, &piece.shape, out);
    }
    let mut chunk = vec![""; grid.chunk_elements() as usize];
    clone_box(strings, from, &mut chunk, At { shape: &grid.chunks, offset: &zero }, &piece.shape)?;
    chunk::encode_cell_strings(meta, &chunk, out)
}

/// Whether chunks are contiguous slabs: all but the first cut dimension is whole, and those before it have length 1.
pub fn is_slab(shape: &[u64], chunks: &[u64]) -> bool {
    let cut = shape.iter().zip(chunks).rposition(|(s, c)| s != c).unwrap_or(0);
    chunks[..cut.min(chunks.len())].iter().all(|&c| c == 1)
}

/// The row-major position of an index.
pub fn offset_of(shape: &[u64], index: &[u64]) -> usize {
    shape.iter().zip(index).fold(0u64, |at, (length, i)| at * length + i) as usize
}

fn is_msgpack2(layout: &Layout, dtype: DType) -> bool {
    dtype == DType::String && layout.chooser.encoding().strings == StringCodec::Msgpack2
}
