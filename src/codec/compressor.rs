//! The `compressor` of a `.zarray`: parsing, writing, and the dispatch to the codec that does it.

use serde_json::{Value as Json, json};

use super::blosc::{self, Blosc};
use super::deflate::{self, Format};
use super::pcodec::{self, Pcodec};
use super::{lz4, reserve, zstd};
use crate::error::{Result, err};
use crate::value::DType;

/// The last stage of encoding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Compressor {
    None,
    Zstd(i32),
    Stream(Format, u32),
    Lz4,
    Blosc(Blosc),
    Pcodec(Pcodec),
}

/// The ids, for error texts.
pub(super) const KNOWN: &str = "none, zstd, gzip, zlib, bz2, lz4, blosc, pcodec";

impl Compressor {
    /// Reads the field.
    pub fn parse(json: &Json) -> Result<Self> {
        if json.is_null() {
            return Ok(Self::None);
        }
        let id = json.get("id").and_then(Json::as_str).ok_or_else(|| err!(Corrupt, "compressor {json} has no id"))?;
        let number = |key: &str, default: i64| match json.get(key) {
            None | Some(Json::Null) => Ok(default),
            Some(value) => value.as_i64().ok_or_else(|| err!(Corrupt, "compressor {id}: {key} is {value}, no integer")),
        };
        let level = |default: i64, low: i64, high: i64| Ok(number("level", default)?.clamp(low, high));
        match id {
            "zstd" => Ok(Self::Zstd(level(0, -131_072, 22)? as i32)),
            "zlib" => Ok(Self::Stream(Format::Zlib, zlib_level(number("level", 1)?))),
            "gzip" => Ok(Self::Stream(Format::Gzip, zlib_level(number("level", 1)?))),
            "bz2" => Ok(Self::Stream(Format::Bz2, level(1, 1, 9)? as u32)),
            "lz4" => Ok(Self::Lz4),
            "pcodec" => Ok(Self::Pcodec(Pcodec::parse(json))),
            "blosc" => Ok(Self::Blosc(Blosc {
                cname: json.get("cname").and_then(Json::as_str).unwrap_or("lz4").to_owned(),
                level: number("clevel", 5)?.clamp(0, 9) as u8,
                shuffle: number("shuffle", 1)?,
                blocksize: usize::try_from(number("blocksize", 0)?).unwrap_or(0),
            })),
            other => Err(err!(Unsupported, "compressor '{other}' is not supported, known are {KNOWN}")),
        }
    }

    /// The compressor of an array of a type: another one, where this is for numbers only and they are none.
    pub fn of(&self, dtype: DType) -> Self {
        match self {
            Self::Pcodec(pcodec) if pcodec::knows(dtype) => Self::Pcodec(Pcodec { dtype: Some(dtype), ..*pcodec }),
            Self::Pcodec(_) => Self::Zstd(zstd::DEFAULT_LEVEL),
            other => other.clone(),
        }
    }

    /// Its id, `None` for raw bytes.
    pub fn id(&self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Zstd(_) => Some("zstd"),
            Self::Stream(format, _) => Some(format.id()),
            Self::Lz4 => Some("lz4"),
            Self::Blosc(_) => Some("blosc"),
            Self::Pcodec(_) => Some("pcodec"),
        }
    }

    /// The field. zstd has no key `checksum`: TensorStore refuses it, and readers check the frame's own all the same.
    pub fn json(&self) -> Json {
        match self {
            Self::None => Json::Null,
            Self::Zstd(level) => json!({"id": "zstd", "level": level}),
            Self::Stream(format, level) => json!({"id": format.id(), "level": level}),
            Self::Lz4 => json!({"id": "lz4", "acceleration": 1}),
            Self::Blosc(blosc) => blosc.json(),
            Self::Pcodec(pcodec) => pcodec.json(),
        }
    }

    /// Compresses elements of `typesize` bytes, replacing what is in `out`.
    pub fn compress(&self, source: &[u8], typesize: usize, out: &mut Vec<u8>) -> Result<()> {
        match self {
            Self::None => {
                out.clear();
                reserve(out, source.len())?;
                out.extend_from_slice(source);
                Ok(())
            }
            Self::Zstd(level) => zstd::compress(source, *level, out),
            Self::Stream(format, level) => deflate::compress(*format, source, *level, out),
            Self::Lz4 => lz4::compress(source, out),
            Self::Blosc(blosc) => blosc.compress(source, typesize, out),
            Self::Pcodec(pcodec) => pcodec.compress(source, out),
        }
    }

    /// Decompresses into `out`, which the data must fill exactly.
    pub fn decompress_exact(&self, stored: &[u8], out: &mut [u8]) -> Result<()> {
        match self {
            Self::None if stored.len() == out.len() => {
                out.copy_from_slice(stored);
                Ok(())
            }
            Self::None => Err(err!(Corrupt, "raw data has {} bytes, the chunk has {}", stored.len(), out.len())),
            Self::Zstd(_) => zstd::decompress_exact(stored, out),
            Self::Stream(format, _) => deflate::decompress_exact(*format, stored, out),
            Self::Lz4 => lz4::decompress_exact(stored, out),
            Self::Blosc(_) => blosc::decompress_exact(stored, out),
            Self::Pcodec(pcodec) => pcodec.decompress_exact(stored, out),
        }
    }

    /// Decompresses data of unknown size, at most `limit` bytes, replacing what is in `out`.
    pub fn decompress_bounded(&self, stored: &[u8], limit: usize, out: &mut Vec<u8>) -> Result<()> {
        match self {
            Self::None if stored.len() > limit => {
                Err(err!(Corrupt, "raw data has {} bytes, {limit} are allowed", stored.len()))
            }
            Self::None => {
                out.clear();
                reserve(out, stored.len())?;
                out.extend_from_slice(stored);
                Ok(())
            }
            Self::Zstd(_) => zstd::decompress_bounded(stored, limit, out),
            Self::Stream(format, _) => deflate::decompress_bounded(*format, stored, limit, out),
            Self::Lz4 => lz4::decompress_bounded(stored, limit, out),
            Self::Blosc(_) => blosc::decompress_bounded(stored, limit, out),
            Self::Pcodec(_) => Err(err!(Unsupported, "codec pcodec knows numbers only")),
        }
    }
}

/// zlib's levels; -1 is its default, 6.
fn zlib_level(level: i64) -> u32 {
    if level < 0 { 6 } else { level.min(9) as u32 }
}
