//! One stored chunk and its elements: the two directions that a region write needs.
//!
//! A chunk is a whole one: also where it reaches over the edge of the array it has the shape of the grid, and what lies
//! beyond the edge is the fill value, so that an array that grows finds it there. Whoever changes a part of a chunk
//! decodes it with [`decode`], changes the elements and encodes them with [`encode`]; nothing else of region writes knows
//! how a chunk is stored.

use std::borrow::Cow;

use super::decode::Limits;
use super::encode::exactly;
use super::meta::ArrayMeta;
use super::order::{column_major, row_major, transposed, turned};
use crate::error::{Result, err};
use crate::value::{Array, ArrayView, DType};

/// The elements of a stored chunk, in row-major order.
///
/// # Errors
/// `Corrupt` when the bytes are not what was written, or decode to more than the limit.
pub fn decode(meta: &ArrayMeta, stored: &[u8], limits: Limits) -> Result<Array> {
    let shape = &meta.grid.chunks;
    let count = meta.grid.chunk_elements();
    let Some(size) = meta.pipeline.element_size().filter(|_| meta.pipeline.dtype() != DType::String) else {
        let strings = meta.pipeline.decode_strings(stored, count as usize, limits.decoded)?;
        let strings = if meta.column_major { transposed(strings, shape) } else { strings };
        return Array::from_strings(shape.clone(), strings);
    };
    let bytes = limits.chunk_bytes(&meta.grid, size)?;
    let blank = Array::filled(vec![bytes as u64], &Array::zero(DType::U8))?;
    let mut elements = blank.into_bytes();
    meta.pipeline.decode(stored, &mut elements)?;
    if meta.column_major {
        elements = row_major(&elements, shape, size);
    }
    Array::from_bytes(meta.pipeline.dtype(), shape.clone(), elements)
}

/// The stored bytes of a whole chunk.
///
/// # Errors
/// `Codec` when a codec refuses, `Unsupported` for a type that is only read, `NoMemory`.
pub fn encode(meta: &ArrayMeta, elements: &ArrayView<'_>) -> Result<Vec<u8>> {
    let shape = &meta.grid.chunks;
    if let Some(strings) = elements.strings() {
        let strings: Cow<'_, [&str]> = match meta.column_major {
            true => Cow::Owned(column_major(shape).map(|at| strings[at]).collect()),
            false => Cow::Borrowed(strings),
        };
        return exactly(|out| meta.pipeline.encode_strings(&strings, shape, out));
    }
    let bytes = elements.to_contiguous();
    if !meta.column_major {
        return exactly(|out| meta.pipeline.encode(&bytes, out));
    }
    let size = elements.dtype().size();
    let bytes = turned(&bytes, shape, size);
    exactly(|out| meta.pipeline.encode(&bytes, out))
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
