//! A shard: inner chunks one after the other, and an index of where each begins and how long it is.
//!
//! Source: the codec `sharding_indexed` (zarr-specs, version 1.0). The index is a list of pairs of `uint64`, little
//! endian, one pair an inner chunk in row-major order, at the end (or the start) of the shard, with a CRC-32C behind it
//! where the codecs of the index say so. A pair of 2^64-1 twice is an inner chunk that is not stored and reads as the fill
//! value: so are those that hold nothing else, and those beyond the edge of the array.
//!
//! Inner chunks are encoded and decoded in parallel where that pays. An index is believed only as far as the shard goes,
//! and inner chunks that overlap are refused: no shard decodes to more than its shape.

use rayon::prelude::*;

use crate::backend::Region;
use crate::backend::zarr::chunk::{self, decode_cell, decode_cell_strings, encode_cell, encode_cell_strings};
use crate::backend::zarr::decode::sized;
use crate::backend::zarr::encode::{PARALLEL, exactly, with_scratch};
use crate::backend::zarr::grid::{Grid, Piece};
use crate::backend::zarr::meta::ArrayMeta;
use crate::error::{Result, err};
use crate::value::region::{At, clone_box, copy_box};

/// How the chunks of an array are shards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sharding {
    /// The shape of an inner chunk; it divides that of a shard.
    pub inner: Vec<u64>,
    /// The index is at the start.
    pub at_start: bool,
    /// A CRC-32C is behind the index.
    pub checked: bool,
}

/// The elements of an array in row-major order.
#[derive(Clone, Copy)]
pub enum Elements<'e> {
    /// Of fixed size.
    Bytes(&'e [u8]),
    /// Strings.
    Strings(&'e [&'e str]),
}

/// Not stored, in an index.
const ABSENT: u64 = u64::MAX;

impl Sharding {
    /// The inner chunks of a shard of that shape as a grid.
    pub fn grid(&self, shard: &[u64]) -> Grid {
        Grid { shape: shard.to_vec(), chunks: self.inner.clone(), separator: '.', prefixed: false }
    }

    /// Bytes of the index.
    pub fn index_bytes(&self, shard: &[u64]) -> u64 {
        self.grid(shard).count().saturating_mul(16).saturating_add(if self.checked { 4 } else { 0 })
    }

    /// Where the index is in a shard of `length` bytes.
    ///
    /// # Errors
    /// `Corrupt` when the shard is shorter than its index.
    pub fn index_start(&self, shard: &[u64], length: u64) -> Result<u64> {
        let index = self.index_bytes(shard);
        let rest = length.checked_sub(index);
        let rest =
            rest.ok_or_else(|| err!(Corrupt, "a shard of {length} bytes has no room for its index of {index}"))?;
        Ok(if self.at_start { 0 } else { rest })
    }
}

/// Where the inner chunks of a shard are.
pub struct Index(Vec<(u64, u64)>);

impl Index {
    /// Reads the index of a shard of `length` bytes.
    ///
    /// # Errors
    /// `Corrupt` when its checksum is another, or it points outside the shard or at the same bytes twice.
    pub fn parse(sharding: &Sharding, bytes: &[u8], length: u64) -> Result<Self> {
        let body = if sharding.checked {
            chunk::unsealed(bytes).map_err(|e| e.context("the index of the shard"))?
        } else {
            bytes
        };
        let (words, _) = body.as_chunks::<8>();
        let word = |at: usize| u64::from_le_bytes(words[at]);
        let ranges: Vec<(u64, u64)> = (0..words.len() / 2).map(|i| (word(2 * i), word(2 * i + 1))).collect();
        let mut stored: Vec<(u64, u64)> = ranges.iter().copied().filter(|range| *range != (ABSENT, ABSENT)).collect();
        stored.sort_unstable();
        let mut end = 0;
        for (start, size) in stored {
            let after = start.checked_add(size).filter(|&after| after <= length);
            let Some(after) = after else {
                return Err(err!(Corrupt, "the index points at {size} bytes at {start}, the shard has {length}"));
            };
            if start < end {
                return Err(err!(Corrupt, "the index points at the same bytes again, at {start}"));
            }
            end = after;
        }
        Ok(Self(ranges))
    }

    /// Start and length of an inner chunk by its place in row-major order; `None` when it is not stored.
    pub fn range(&self, at: usize) -> Option<(u64, u64)> {
        self.0.get(at).copied().filter(|range| *range != (ABSENT, ABSENT))
    }
}

/// The place of an inner chunk in the index.
pub fn place(grid: &Grid, index: &[u64]) -> usize {
    let counts = grid.shape.iter().zip(&grid.chunks).map(|(d, c)| d.div_ceil(*c));
    index.iter().zip(counts).fold(0u64, |at, (i, count)| at * count + i) as usize
}

/// Encodes a shard of the elements that `from` tells: where in which array it begins, and how many of its elements are
/// inside that array.
///
/// # Errors
/// `Codec` when a codec refuses, `NoMemory`.
pub fn encode(
    meta: &ArrayMeta,
    sharding: &Sharding,
    elements: Elements<'_>,
    from: At<'_>,
    inside: &[u64],
    out: &mut Vec<u8>,
) -> Result<()> {
    let grid = sharding.grid(&meta.grid.chunks);
    let pieces = grid.pieces(&Region { offset: vec![0; inside.len()], shape: inside.to_vec() })?;
    let fill = Fill::of(meta)?;
    let one = |piece: &Piece| fill.encode(meta, elements, from, piece);
    let weight = meta.chunk_weight();
    let pool = if pieces.len() > 1 && weight >= PARALLEL as u64 { crate::config::pool() } else { None };
    let cells: Vec<Option<Vec<u8>>> = match pool {
        Some(pool) => pool.install(|| pieces.par_iter().map(one).collect::<Result<_>>())?,
        None => pieces.iter().map(one).collect::<Result<_>>()?,
    };
    let count = grid.count() as usize;
    let index_bytes = sharding.index_bytes(&meta.grid.chunks) as usize;
    let total = index_bytes + cells.iter().flatten().map(Vec::len).sum::<usize>();
    out.clear();
    out.try_reserve(total).map_err(|_| err!(NoMemory, "{total} bytes cannot be had"))?;
    out.resize(if sharding.at_start { index_bytes } else { 0 }, 0);
    let mut index = vec![[0xff; 16]; count];
    for (piece, cell) in pieces.iter().zip(cells) {
        let Some(cell) = cell else { continue };
        let at = grid.index(&piece.name).and_then(|at| index.get_mut(place(&grid, &at)));
        let entry = at.ok_or_else(|| err!(Internal, "no inner chunk '{}'", piece.name))?;
        entry[..8].copy_from_slice(&(out.len() as u64).to_le_bytes());
        entry[8..].copy_from_slice(&(cell.len() as u64).to_le_bytes());
        out.extend_from_slice(&cell);
    }
    let mut index: Vec<u8> = index.concat();
    if sharding.checked {
        index.extend_from_slice(&crc32c::crc32c(&index).to_le_bytes());
    }
    if sharding.at_start {
        out[..index_bytes].copy_from_slice(&index)
    } else {
        out.extend_from_slice(&index)
    }
    Ok(())
}

/// The fill value, as the elements of a cell are.
enum Fill {
    Bytes(Vec<u8>),
    Text(String),
}

impl Fill {
    fn of(meta: &ArrayMeta) -> Result<Self> {
        let array = chunk::fill(meta)?;
        Ok(match array.strings().and_then(<[String]>::first) {
            Some(text) => Self::Text(text.clone()),
            None => Self::Bytes(array.into_bytes()),
        })
    }

    /// Encodes the inner chunk of a piece; `None` when it holds nothing but the fill value.
    fn encode(&self, meta: &ArrayMeta, elements: Elements<'_>, from: At<'_>, piece: &Piece) -> Result<Option<Vec<u8>>> {
        let cell = meta.cell();
        let count = cell.iter().product::<u64>() as usize;
        let offset: Vec<u64> = from.offset.iter().zip(&piece.in_box).map(|(a, b)| a + b).collect();
        let from = At { shape: from.shape, offset: &offset };
        let to = At { shape: cell, offset: &piece.in_chunk };
        match (elements, self) {
            (Elements::Bytes(bytes), Self::Bytes(fill)) => with_scratch(|chunk| {
                sized(chunk, count * fill.len())?;
                if piece.shape != cell {
                    chunk.chunks_exact_mut(fill.len()).for_each(|slot| slot.copy_from_slice(fill));
                }
                copy_box(bytes, from, chunk, to, &piece.shape, fill.len())?;
                if chunk.chunks_exact(fill.len()).all(|element| element == fill.as_slice()) {
                    return Ok(None);
                }
                exactly(|out| encode_cell(meta, chunk, out)).map(Some)
            }),
            (Elements::Strings(strings), Self::Text(fill)) => {
                let mut chunk = vec![fill.as_str(); count];
                clone_box(strings, from, &mut chunk, to, &piece.shape)?;
                if chunk.iter().all(|text| text == fill) {
                    return Ok(None);
                }
                exactly(|out| encode_cell_strings(meta, &chunk, out)).map(Some)
            }
            _ => Err(err!(Internal, "elements and fill value differ in kind")),
        }
    }
}

/// Decodes a whole shard that is in memory.
///
/// # Errors
/// `Corrupt` when it is not what was written, `NoMemory`.
pub fn decode(meta: &ArrayMeta, sharding: &Sharding, stored: &[u8], out: &mut [u8]) -> Result<()> {
    let fill = chunk::fill(meta)?.into_bytes();
    if fill.iter().any(|&byte| byte != 0) {
        out.chunks_exact_mut(fill.len()).for_each(|slot| slot.copy_from_slice(&fill));
    } else {
        out.fill(0);
    }
    let cell_bytes = meta.cell().iter().product::<u64>() as usize * fill.len();
    each_stored(meta, sharding, stored, |piece, cell| {
        with_scratch(|chunk| {
            sized(chunk, cell_bytes)?;
            decode_cell(meta, cell, chunk)?;
            let from = At { shape: meta.cell(), offset: &piece.in_chunk };
            let to = At { shape: &meta.grid.chunks, offset: &piece.in_box };
            copy_box(chunk, from, out, to, &piece.shape, fill.len())
        })
    })
}

/// The strings of a whole shard that is in memory.
///
/// # Errors
/// As [`decode`]; `Corrupt` when the text has more than `limit` bytes.
pub fn decode_strings(meta: &ArrayMeta, sharding: &Sharding, stored: &[u8], limit: u64) -> Result<Vec<String>> {
    let fill = meta.pipeline.fill_string(&meta.fill_value)?.unwrap_or_default();
    let mut out = vec![fill; meta.grid.chunk_elements() as usize];
    each_stored(meta, sharding, stored, |piece, cell| {
        let strings = decode_cell_strings(meta, cell, limit)?;
        let from = At { shape: meta.cell(), offset: &piece.in_chunk };
        let to = At { shape: &meta.grid.chunks, offset: &piece.in_box };
        clone_box(&strings, from, &mut out, to, &piece.shape)
    })?;
    Ok(out)
}

fn each_stored(
    meta: &ArrayMeta,
    sharding: &Sharding,
    stored: &[u8],
    mut visit: impl FnMut(&Piece, &[u8]) -> Result<()>,
) -> Result<()> {
    let length = stored.len() as u64;
    let start = sharding.index_start(&meta.grid.chunks, length)? as usize;
    let end = start + sharding.index_bytes(&meta.grid.chunks) as usize;
    let index = Index::parse(sharding, &stored[start..end], length)?;
    let grid = sharding.grid(&meta.grid.chunks);
    for (at, piece) in grid.pieces(&grid.whole())?.iter().enumerate() {
        if let Some((start, size)) = index.range(at) {
            visit(piece, &stored[start as usize..(start + size) as usize])
                .map_err(|e| e.context(format!("inner chunk '{}'", piece.name)))?;
        }
    }
    Ok(())
}
