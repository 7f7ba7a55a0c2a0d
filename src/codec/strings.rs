//! Object codecs: how the strings of a chunk become bytes.
//!
//! * `vlen-utf8`, `vlen-bytes`: count, then length and bytes of each, in four little-endian bytes.
//! * `msgpack2`, `json2`: a list `[items..., dtype, shape]`, items nested as the shape says. numcodecs writes the fill
//!   value where a chunk has no element; an absent one (`null`, or 0 for `fill_value` 0) reads as the empty string.
//! * `<U<n>` has no codec: UCS-4 code points, padded with NUL.
//!
//! Decoding wants exactly the number of strings the chunk has.

use rmp::{Marker, decode, encode};
use serde_json::{Value as Json, json};

use super::reserve;
use crate::defect::{self, Defect};
use crate::error::{Error, Result, err};
use crate::json_text::weigh;

/// How strings are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StringCodec {
    /// `vlen-utf8`: read by every current client.
    VlenUtf8,
    /// `msgpack2`: the specification to the letter; zarr-python 3 cannot read it, nor anybody a 0-d one.
    Msgpack2,
}

/// The object codec of an array of strings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ObjectCodec {
    VlenUtf8,
    VlenBytes,
    Msgpack2,
    Json2,
}

impl ObjectCodec {
    /// Reads the object of the metadata.
    pub fn parse(json: &Json) -> Result<Self> {
        let id = json.get("id").and_then(Json::as_str).ok_or_else(|| err!(Corrupt, "filter {json} has no id"))?;
        let all = [Self::VlenUtf8, Self::VlenBytes, Self::Msgpack2, Self::Json2];
        let codec = all.into_iter().find(|codec| codec.id() == id).ok_or_else(|| {
            err!(Unsupported, "object codec '{id}' is not supported, known are {}", all.map(Self::id).join(", "))
        })?;
        match json.get("encoding").and_then(Json::as_str) {
            Some(encoding) if codec == Self::Json2 && !encoding.eq_ignore_ascii_case("utf-8") => {
                Err(err!(Unsupported, "json2 in encoding '{encoding}' is not supported, only utf-8"))
            }
            _ => Ok(codec),
        }
    }

    /// The object of the metadata, as numcodecs writes it.
    pub fn json(self) -> Json {
        match self {
            Self::Msgpack2 => {
                json!({"id": "msgpack2", "raw": false, "use_bin_type": true, "use_single_float": false})
            }
            _ => json!({"id": self.id()}),
        }
    }

    /// The id of numcodecs.
    pub const fn id(self) -> &'static str {
        match self {
            Self::VlenUtf8 => "vlen-utf8",
            Self::VlenBytes => "vlen-bytes",
            Self::Msgpack2 => "msgpack2",
            Self::Json2 => "json2",
        }
    }

    /// Encodes `strings`, which fill `shape` in row-major order, replacing what is in `out`.
    pub fn encode(self, strings: &[&str], shape: &[u64], out: &mut Vec<u8>) -> Result<()> {
        out.clear();
        match self {
            Self::VlenUtf8 | Self::VlenBytes => encode_vlen(strings, out),
            Self::Msgpack2 => encode_msgpack(strings, shape, out),
            Self::Json2 => encode_json(strings, shape, out),
        }
    }

    /// Decodes exactly `count` strings, in about `limit` bytes of memory.
    pub fn decode_within(self, bytes: &[u8], count: usize, limit: u64) -> Result<Vec<String>> {
        if self == Self::Json2 {
            weigh(bytes, limit)?;
        }
        self.decode(bytes, count)
    }

    /// Decodes exactly `count` strings.
    pub fn decode(self, bytes: &[u8], count: usize) -> Result<Vec<String>> {
        match self {
            Self::VlenUtf8 => decode_vlen(bytes, count, || err!(Corrupt, "vlen-utf8 holds bytes that are no utf-8")),
            Self::VlenBytes => decode_vlen(bytes, count, || err!(Utf8, "vlen-bytes holds bytes that are no utf-8")),
            Self::Msgpack2 => decode_msgpack(bytes, count),
            Self::Json2 => decode_json(bytes, count),
        }
    }
}

fn length(size: usize) -> Result<u32> {
    u32::try_from(size).map_err(|_| err!(Codec, "strings of {size} bytes do not fit a 32-bit length"))
}

fn encode_vlen(strings: &[&str], out: &mut Vec<u8>) -> Result<()> {
    reserve(out, strings.iter().fold(4, |size, s| size + 4 + s.len()))?;
    out.extend_from_slice(&length(strings.len())?.to_le_bytes());
    for string in strings {
        out.extend_from_slice(&length(string.len())?.to_le_bytes());
        out.extend_from_slice(string.as_bytes());
    }
    Ok(())
}

fn decode_vlen(bytes: &[u8], count: usize, no_text: impl Fn() -> Error) -> Result<Vec<String>> {
    let mut rest = bytes;
    let word = |rest: &mut &[u8]| -> Result<usize> {
        let (head, tail) = rest.split_first_chunk::<4>().ok_or_else(|| err!(Corrupt, "string data is truncated"))?;
        *rest = tail;
        Ok(u32::from_le_bytes(*head) as usize)
    };
    let found = word(&mut rest)?;
    if found != count || count > rest.len() / 4 {
        return Err(err!(
            Corrupt,
            "string data claims {found} strings in {} bytes, the chunk has {count}",
            bytes.len()
        ));
    }
    let mut strings = Vec::with_capacity(count);
    for _ in 0..count {
        let size = word(&mut rest)?;
        if defect::has(Defect::BelieveLength) {
            let _ = &rest[..size];
        }
        let (text, tail) = rest.split_at_checked(size).ok_or_else(|| err!(Corrupt, "string data is truncated"))?;
        strings.push(str::from_utf8(text).map_err(|_| no_text())?.to_owned());
        rest = tail;
    }
    if !rest.is_empty() {
        return Err(err!(Corrupt, "string data has {} bytes too many", rest.len()));
    }
    Ok(strings)
}

fn encode_msgpack(strings: &[&str], shape: &[u64], out: &mut Vec<u8>) -> Result<()> {
    let Some((&first, inner)) = shape.split_first() else {
        return Err(err!(Codec, "msgpack2 cannot hold a 0-d array: no reader takes one"));
    };
    encode::write_array_len(out, length(usize::try_from(first).unwrap_or(usize::MAX).saturating_add(2))?)
        .map_err(unwritten)?;
    let mut strings = strings.iter();
    for _ in 0..first {
        encode_nested(&mut strings, inner, out)?;
    }
    encode::write_str(out, "|O").map_err(unwritten)?;
    encode::write_array_len(out, length(shape.len())?).map_err(unwritten)?;
    for &size in shape {
        encode::write_uint(out, size).map_err(unwritten)?;
    }
    Ok(())
}

fn encode_nested<'a>(strings: &mut impl Iterator<Item = &'a &'a str>, shape: &[u64], out: &mut Vec<u8>) -> Result<()> {
    match shape.split_first() {
        None => {
            let string = strings.next().ok_or_else(|| err!(Internal, "fewer strings than the shape has"))?;
            encode::write_str(out, string).map_err(unwritten)
        }
        Some((&first, inner)) => {
            encode::write_array_len(out, length(usize::try_from(first).unwrap_or(usize::MAX))?).map_err(unwritten)?;
            (0..first).try_for_each(|_| encode_nested(strings, inner, out))
        }
    }
}

fn unwritten(error: impl std::fmt::Display) -> Error {
    err!(Internal, "msgpack2: {error}")
}

fn damaged() -> Error {
    err!(Corrupt, "msgpack2 data is damaged")
}

/// The shape is at the end, so the depth of an item is known only by looking: lists are walked, strings collected,
/// and the shape must then account for all of them.
fn decode_msgpack(bytes: &[u8], count: usize) -> Result<Vec<String>> {
    let mut rest = bytes;
    let items = decode::read_array_len(&mut rest).map_err(|_| damaged())?.checked_sub(2).ok_or_else(damaged)?;
    // Every string takes at least a byte.
    if count > bytes.len() {
        return Err(err!(Corrupt, "msgpack2 data of {} bytes cannot hold {count} strings", bytes.len()));
    }
    let mut strings = Vec::with_capacity(count);
    for _ in 0..items {
        decode_item(&mut rest, MAX_DIMENSIONS, count, &mut strings)?;
    }
    let mut dtype = Vec::with_capacity(1);
    decode_item(&mut rest, 0, 1, &mut dtype)?;
    let dimensions = decode::read_array_len(&mut rest).map_err(|_| damaged())?;
    let mut product = 1u64;
    for _ in 0..dimensions {
        let size: u64 = decode::read_int(&mut rest).map_err(|_| damaged())?;
        product = product.checked_mul(size).ok_or_else(damaged)?;
    }
    if strings.len() != count || product != count as u64 || !rest.is_empty() {
        let found = strings.len();
        return Err(err!(
            Corrupt,
            "msgpack2 data holds {found} strings of shape size {product}, the chunk has {count}"
        ));
    }
    Ok(strings)
}

/// How deep the lists of an array may be nested: NumPy's limit.
const MAX_DIMENSIONS: usize = 64;

/// Reads a string, or nested lists of them at most `depth` deep; `out` never holds more than `limit`.
fn decode_item(rest: &mut &[u8], depth: usize, limit: usize, out: &mut Vec<String>) -> Result<()> {
    let mut ahead = *rest;
    let size = match decode::read_marker(&mut ahead).map_err(|_| damaged())? {
        Marker::FixArray(_) | Marker::Array16 | Marker::Array32 if depth > 0 => {
            let items = decode::read_array_len(rest).map_err(|_| damaged())?;
            return (0..items).try_for_each(|_| decode_item(rest, depth - 1, limit, out));
        }
        Marker::FixStr(_) | Marker::Str8 | Marker::Str16 | Marker::Str32 => decode::read_str_len(rest).ok(),
        Marker::Bin8 | Marker::Bin16 | Marker::Bin32 => decode::read_bin_len(rest).ok(),
        // What numcodecs puts where the chunk has no element.
        Marker::Null | Marker::FixPos(0) => {
            *rest = ahead;
            Some(0)
        }
        other => return Err(err!(Corrupt, "msgpack2 data holds {other:?}, wanted text")),
    };
    let size = size.ok_or_else(damaged)? as usize;
    let (text, tail) = rest.split_at_checked(size).ok_or_else(damaged)?;
    if out.len() == limit {
        return Err(err!(Corrupt, "msgpack2 data holds more than the {limit} strings of the chunk"));
    }
    out.push(str::from_utf8(text).map_err(|_| err!(Corrupt, "msgpack2 holds bytes that are no utf-8"))?.to_owned());
    *rest = tail;
    Ok(())
}

fn encode_json(strings: &[&str], shape: &[u64], out: &mut Vec<u8>) -> Result<()> {
    let mut strings = strings.iter();
    let mut items = match shape.split_first() {
        None => vec![json_nested(&mut strings, &[])?],
        Some((&first, inner)) => (0..first).map(|_| json_nested(&mut strings, inner)).collect::<Result<Vec<_>>>()?,
    };
    items.push(Json::from("|O"));
    items.push(Json::from(shape.to_vec()));
    serde_json::to_writer(out, &items).map_err(|e| err!(Internal, "json2: {e}"))
}

fn json_nested<'a>(strings: &mut impl Iterator<Item = &'a &'a str>, shape: &[u64]) -> Result<Json> {
    match shape.split_first() {
        None => {
            let string = strings.next().ok_or_else(|| err!(Internal, "fewer strings than the shape has"))?;
            Ok(Json::from(*string))
        }
        Some((&first, inner)) => {
            (0..first).map(|_| json_nested(strings, inner)).collect::<Result<Vec<_>>>().map(Json::Array)
        }
    }
}

fn decode_json(bytes: &[u8], count: usize) -> Result<Vec<String>> {
    let items: Vec<Json> = serde_json::from_slice(bytes).map_err(|e| err!(Corrupt, "json2: {e}"))?;
    let (items, shape) = match items.as_slice() {
        [items @ .., Json::String(_), Json::Array(shape)] => (items, shape),
        _ => return Err(err!(Corrupt, "json2 data does not end in a dtype and a shape")),
    };
    let product = shape.iter().try_fold(1u64, |n, size| n.checked_mul(size.as_u64()?));
    let mut strings = Vec::new();
    items.iter().try_for_each(|item| json_item(item, &mut strings))?;
    if strings.len() != count || product != Some(count as u64) {
        return Err(err!(Corrupt, "json2 data holds {} strings, the chunk has {count}", strings.len()));
    }
    Ok(strings)
}

fn json_item(item: &Json, out: &mut Vec<String>) -> Result<()> {
    match item {
        Json::String(text) => out.push(text.clone()),
        Json::Array(items) => return items.iter().try_for_each(|item| json_item(item, out)),
        Json::Null => out.push(String::new()),
        Json::Number(n) if n.as_i64() == Some(0) => out.push(String::new()),
        other => return Err(err!(Corrupt, "json2 data holds {other}, wanted text")),
    }
    Ok(())
}

/// Reads `<U<width>` elements in native byte order; trailing NULs are padding.
pub(crate) fn decode_ucs4(bytes: &[u8], width: usize) -> Result<Vec<String>> {
    let mut strings = Vec::new();
    for element in bytes.chunks_exact(4 * width) {
        let points = element.as_chunks::<4>().0;
        let end = points.iter().rposition(|point| *point != [0; 4]).map_or(0, |last| last + 1);
        let text = points[..end].iter().map(|point| {
            let code = u32::from_ne_bytes(*point);
            char::from_u32(code).ok_or_else(|| err!(Corrupt, "text holds {code:#x}, no unicode code point"))
        });
        strings.push(text.collect::<Result<String>>()?);
    }
    Ok(strings)
}
