//! One stored chunk and its elements, in both directions.
//!
//! A cell is what goes through the codecs at once: a chunk, or an inner chunk of a shard. A chunk is a whole one: also
//! where it reaches over the edge of the array it has the shape of the grid, and what lies beyond the edge is the fill
//! value, so that an array that grows finds it there. Whoever changes a part of a chunk decodes it with [`decode`],
//! changes the elements and encodes them with [`encode`]; nothing else of region writes knows how a chunk is stored.

use std::borrow::Cow;

use super::decode::Limits;
use super::encode::exactly;
use super::meta::ArrayMeta;
use super::order::{column_major, row_major, transposed, turned};
use super::v3::shard::{self, Elements};
use crate::defect::Defect;
use crate::error::{Result, err};
use crate::value::region::At;
use crate::value::{Array, ArrayView, DType};

/// Bytes of a CRC-32C behind a cell.
const CRC: usize = 4;

/// Encodes the elements of a cell, given in row-major order.
///
/// # Errors
/// `Codec` when a codec refuses, `Unsupported` for a type that is only read, `NoMemory`.
pub fn encode_cell(meta: &ArrayMeta, cell: &[u8], out: &mut Vec<u8>) -> Result<()> {
    if meta.column_major {
        let size = meta.pipeline.dtype().size();
        meta.pipeline.encode(&turned(cell, meta.cell(), size), out)?;
    } else {
        meta.pipeline.encode(cell, out)?;
    }
    seal(meta, out);
    Ok(())
}

/// As [`encode_cell`], of strings.
///
/// # Errors
/// As [`encode_cell`].
pub fn encode_cell_strings(meta: &ArrayMeta, cell: &[&str], out: &mut Vec<u8>) -> Result<()> {
    let cell: Cow<'_, [&str]> = match meta.column_major {
        true => Cow::Owned(column_major(meta.cell()).map(|at| cell[at]).collect()),
        false => Cow::Borrowed(cell),
    };
    meta.pipeline.encode_strings(&cell, meta.cell(), out)?;
    seal(meta, out);
    Ok(())
}

/// Adds the checksum, where there is one.
fn seal(meta: &ArrayMeta, out: &mut Vec<u8>) {
    if meta.v3.as_ref().is_some_and(|v3| v3.checksum) {
        let crc = crc32c::crc32c(out);
        out.extend_from_slice(&crc.to_le_bytes());
    }
}

/// What is before the checksum, which is checked.
fn opened<'s>(meta: &ArrayMeta, stored: &'s [u8]) -> Result<&'s [u8]> {
    if meta.v3.as_ref().is_some_and(|v3| v3.checksum) { unsealed(stored) } else { Ok(stored) }
}

/// Bytes before a CRC-32C of them.
///
/// # Errors
/// `Corrupt` when it is another one.
pub fn unsealed(stored: &[u8]) -> Result<&[u8]> {
    let (body, crc) = stored.split_last_chunk::<CRC>().ok_or_else(|| err!(Corrupt, "no room for the crc32c"))?;
    let (have, want) = (crc32c::crc32c(body), u32::from_le_bytes(*crc));
    if have != want && !crate::defect::has(Defect::SkipChecksum) {
        return Err(err!(Corrupt, "crc32c is {have:08x}, stored is {want:08x}"));
    }
    Ok(body)
}

/// Decodes a cell into memory of exactly its size, in row-major order.
///
/// # Errors
/// `Corrupt` when the bytes are not what was written; `out` then holds rubbish.
pub fn decode_cell(meta: &ArrayMeta, stored: &[u8], out: &mut [u8]) -> Result<()> {
    meta.pipeline.decode(opened(meta, stored)?, out)?;
    if meta.column_major {
        let size = meta.pipeline.element_size().unwrap_or(1);
        out.copy_from_slice(&row_major(out, meta.cell(), size));
    }
    Ok(())
}

/// The strings of a cell, in row-major order.
///
/// # Errors
/// `Corrupt` when the bytes are not what was written, or decode to more than `limit`.
pub fn decode_cell_strings(meta: &ArrayMeta, stored: &[u8], limit: u64) -> Result<Vec<String>> {
    let count = meta.cell().iter().product::<u64>() as usize;
    let strings = meta.pipeline.decode_strings(opened(meta, stored)?, count, limit)?;
    Ok(if meta.column_major { transposed(strings, meta.cell()) } else { strings })
}

/// The elements of a stored chunk, in row-major order.
///
/// # Errors
/// `Corrupt` when the bytes are not what was written, or decode to more than the limit.
pub fn decode(meta: &ArrayMeta, stored: &[u8], limits: Limits) -> Result<Array> {
    let shape = &meta.grid.chunks;
    let Some(size) = meta.pipeline.element_size().filter(|_| meta.pipeline.dtype() != DType::String) else {
        let strings = match meta.shards() {
            Some(shards) => shard::decode_strings(meta, shards, stored, limits.decoded)?,
            None => decode_cell_strings(meta, stored, limits.decoded)?,
        };
        return Array::from_strings(shape.clone(), strings);
    };
    let bytes = limits.chunk_bytes(&meta.grid, size)?;
    let blank = Array::filled(vec![bytes as u64], &Array::zero(DType::U8))?;
    let mut elements = blank.into_bytes();
    match meta.shards() {
        Some(shards) => shard::decode(meta, shards, stored, &mut elements)?,
        None => decode_cell(meta, stored, &mut elements)?,
    }
    Array::from_bytes(meta.pipeline.dtype(), shape.clone(), elements)
}

/// The stored bytes of a whole chunk.
///
/// # Errors
/// As [`encode_cell`].
pub fn encode(meta: &ArrayMeta, elements: &ArrayView<'_>) -> Result<Vec<u8>> {
    let origin = vec![0; meta.grid.chunks.len()];
    let from = At { shape: &meta.grid.chunks, offset: &origin };
    match (elements.strings(), meta.shards()) {
        (Some(strings), None) => exactly(|out| encode_cell_strings(meta, strings, out)),
        (None, None) => exactly(|out| encode_cell(meta, &elements.to_contiguous(), out)),
        (Some(strings), Some(shards)) => {
            exactly(|out| shard::encode(meta, shards, Elements::Strings(strings), from, &meta.grid.chunks, out))
        }
        (None, Some(shards)) => {
            let bytes = elements.to_contiguous();
            exactly(|out| shard::encode(meta, shards, Elements::Bytes(&bytes), from, &meta.grid.chunks, out))
        }
    }
}

/// What an element that was never written reads as; zero where the array has no fill value.
///
/// # Errors
/// `Corrupt` when the fill value is none of the data type.
pub fn fill(meta: &ArrayMeta) -> Result<Array> {
    let dtype = meta.pipeline.dtype();
    if dtype == DType::String {
        return Ok(Array::string(meta.pipeline.fill_string(&meta.fill_value)?.unwrap_or_default()));
    }
    match meta.pipeline.fill(&meta.fill_value)? {
        Some(bytes) => Array::from_bytes(dtype, Vec::new(), bytes).map_err(|e| err!(Corrupt, "fill_value: {e}")),
        None => Ok(Array::zero(dtype)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn meta(order: &str, dtype: &str, filters: serde_json::Value) -> ArrayMeta {
        let zarray = json!({"chunks": [2, 3, 2], "compressor": {"id": "zstd", "level": 1}, "dtype": dtype,
            "fill_value": 7, "filters": filters, "order": order, "shape": [5, 5, 5], "zarr_format": 2});
        ArrayMeta::parse("x", zarray.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn chunks_come_back_in_either_order_and_byte_order() {
        let limits = Limits { check: true, decoded: 1 << 20 };
        let values = Array::from_slice(&[2, 3, 2], &(0..12i32).collect::<Vec<_>>()).unwrap();
        for (order, dtype) in [("C", "<i4"), ("F", "<i4"), ("F", ">i4")] {
            let meta = meta(order, dtype, json!(null));
            let stored = encode(&meta, &values.view()).unwrap();
            assert_eq!(decode(&meta, &stored, limits).unwrap(), values, "{order} {dtype}");
            assert_eq!(fill(&meta).unwrap(), Array::scalar(7i32));
            assert!(decode(&meta, &stored[1..], limits).is_err());
        }
        let words = (0..12).map(|i| "x".repeat(i)).collect();
        let words = Array::from_strings(vec![2, 3, 2], words).unwrap();
        let meta = meta("F", "|O", json!([{"id": "vlen-utf8"}]));
        let stored = encode(&meta, &words.view()).unwrap();
        assert_eq!(decode(&meta, &stored, limits).unwrap(), words);
    }
}
