//! The byte filters of a `.zarray`: each maps the bytes of a chunk to as many elements of known width.

use serde_json::{Value as Json, json};

use super::delta::Delta;
use super::stored::StoredType;
use crate::error::{Result, err};

/// A filter between the elements and the compressor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Filter {
    /// Differences of neighbours.
    Delta(Delta),
    /// First bytes of all elements, then the second ones, ...; the width of an element.
    Shuffle(usize),
}

impl Filter {
    /// Reads one object of the list.
    pub fn parse(json: &Json) -> Result<Self> {
        let id = json.get("id").and_then(Json::as_str).ok_or_else(|| err!(Corrupt, "filter {json} has no id"))?;
        match id {
            "delta" => {
                let dtype = json.get("dtype").ok_or_else(|| err!(Corrupt, "filter delta has no dtype"))?;
                let astype = json.get("astype").filter(|v| !v.is_null()).unwrap_or(dtype);
                Ok(Self::Delta(Delta::new(StoredType::parse(dtype)?, StoredType::parse(astype)?)?))
            }
            "shuffle" => {
                let size = json.get("elementsize").map_or(Some(4), Json::as_u64);
                let size = size.and_then(|n| usize::try_from(n).ok()).filter(|n| *n <= 1 << 20);
                size.map(Self::Shuffle)
                    .ok_or_else(|| err!(Corrupt, "filter shuffle has elementsize {}", json["elementsize"]))
            }
            other => Err(err!(Unsupported, "filter '{other}' is not supported, known are delta, shuffle")),
        }
    }

    /// Its id.
    pub fn id(&self) -> &'static str {
        match self {
            Self::Delta(_) => "delta",
            Self::Shuffle(_) => "shuffle",
        }
    }

    /// The object of the list.
    pub fn json(&self) -> Json {
        match self {
            Self::Delta(delta) => json!({"id": "delta", "dtype": delta.dtype.name, "astype": delta.astype.name}),
            Self::Shuffle(size) => json!({"id": "shuffle", "elementsize": size}),
        }
    }

    /// How many bytes `size` bytes become by encoding.
    pub fn encoded_size(&self, size: usize) -> Result<usize> {
        match self {
            Self::Delta(delta) => {
                let (decoded, encoded) = delta.widths();
                check_multiple("delta", size, decoded)?;
                (size / decoded)
                    .checked_mul(encoded)
                    .ok_or_else(|| err!(Corrupt, "filter delta: {size} bytes are too many"))
            }
            Self::Shuffle(width) if *width > 1 => check_multiple("shuffle", size, *width).map(|()| size),
            Self::Shuffle(_) => Ok(size),
        }
    }

    /// The width of an encoded element, where the filter changes it; blosc asks.
    pub fn encoded_width(&self, width: usize) -> usize {
        match self {
            Self::Delta(delta) => delta.widths().1,
            Self::Shuffle(_) => width,
        }
    }

    /// Encodes into `out`, which has [`encoded_size`](Self::encoded_size) bytes.
    pub fn encode(&self, source: &[u8], out: &mut [u8]) {
        match self {
            Self::Delta(delta) => delta.encode(source, out),
            Self::Shuffle(width) if *width > 1 => shuffle(source, out, *width),
            Self::Shuffle(_) => out.copy_from_slice(source),
        }
    }

    /// Decodes into `out`; `source` has its [`encoded_size`](Self::encoded_size) and may be changed on the way.
    pub fn decode(&self, source: &mut [u8], out: &mut [u8]) {
        match self {
            Self::Delta(delta) => delta.decode(source, out),
            Self::Shuffle(width) if *width > 1 => unshuffle(source, out, *width),
            Self::Shuffle(_) => out.copy_from_slice(source),
        }
    }
}

fn check_multiple(id: &str, size: usize, width: usize) -> Result<()> {
    if size.is_multiple_of(width) {
        return Ok(());
    }
    Err(err!(Corrupt, "filter {id} wants elements of {width} bytes, the chunk has {size} bytes"))
}

fn shuffle(source: &[u8], out: &mut [u8], width: usize) {
    let count = source.len() / width;
    if count == 0 {
        return;
    }
    for (byte, lane) in out.chunks_exact_mut(count).enumerate() {
        for (to, item) in lane.iter_mut().zip(source.chunks_exact(width)) {
            *to = item[byte];
        }
    }
}

fn unshuffle(source: &[u8], out: &mut [u8], width: usize) {
    let count = source.len() / width;
    if count == 0 {
        return;
    }
    for (byte, lane) in source.chunks_exact(count).enumerate() {
        for (from, item) in lane.iter().zip(out.chunks_exact_mut(width)) {
            item[byte] = *from;
        }
    }
}
