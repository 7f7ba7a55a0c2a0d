//! blosc, through zarrs (c-blosc 1.21), behind checks of the 16-byte header.
//!
//! c-blosc allocates and walks by its header, so the header is held against what the chunk must be before any of it is
//! believed: format version, stored length, decoded length, and block sizes that c-blosc itself writes.

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::{Value as Json, json};
use zarrs::array::codec::{
    BloscCompressionLevel, BloscCompressor, BloscShuffleMode, blosc_compress_bytes, blosc_decompress_bytes,
};

use super::buffer;
use crate::error::{Result, err};

/// How chunks are written; reading needs none of it, the header says it all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Blosc {
    pub cname: String,
    pub level: u8,
    /// -1 is numcodecs' automatic choice: bits for single bytes, else bytes.
    pub shuffle: i64,
    pub blocksize: usize,
}

/// The inner compressors, by the name numcodecs gives them.
pub(super) const NAMES: [&str; 6] = ["blosclz", "lz4", "lz4hc", "snappy", "zlib", "zstd"];

const HEADER: usize = 16;

/// No inner compressor reaches this ratio: zstd, the best of them, needs 4 bytes for 128 KiB of one value.
const MAX_RATIO: usize = 1 << 16;

impl Blosc {
    /// The object of the metadata.
    pub fn json(&self) -> Json {
        json!({"id": "blosc", "cname": self.cname, "clevel": self.level, "shuffle": self.shuffle, "blocksize": self.blocksize})
    }

    fn compressor(&self) -> Result<BloscCompressor> {
        Ok(match self.cname.as_str() {
            "blosclz" => BloscCompressor::BloscLZ,
            "lz4" => BloscCompressor::LZ4,
            "lz4hc" => BloscCompressor::LZ4HC,
            "snappy" => BloscCompressor::Snappy,
            "zlib" => BloscCompressor::Zlib,
            "zstd" => BloscCompressor::Zstd,
            other => return Err(err!(Codec, "blosc compressor '{other}' is unknown, known are {}", NAMES.join(", "))),
        })
    }

    /// Compresses elements of `typesize` bytes, replacing what is in `out`.
    pub fn compress(&self, source: &[u8], typesize: usize, out: &mut Vec<u8>) -> Result<()> {
        let cname = self.compressor()?;
        let level = BloscCompressionLevel::try_from(self.level)
            .map_err(|_| err!(Codec, "blosc level is {}, wanted 0 to 9", self.level))?;
        let shuffle = match self.shuffle {
            0 => BloscShuffleMode::NoShuffle,
            1 => BloscShuffleMode::Shuffle,
            2 => BloscShuffleMode::BitShuffle,
            _ if typesize == 1 => BloscShuffleMode::BitShuffle,
            _ => BloscShuffleMode::Shuffle,
        };
        drop(buffer(source.len() + HEADER)?);
        *out = guarded(|| blosc_compress_bytes(source, level, shuffle, typesize, cname, self.blocksize, 1))?
            .map_err(|e| err!(Codec, "blosc: {e}"))?;
        Ok(())
    }
}

/// The decoded length, once the header is one that c-blosc writes for data of that stored length.
fn decoded_length(stored: &[u8]) -> Result<usize> {
    let header = stored.first_chunk::<HEADER>().ok_or_else(|| err!(Corrupt, "blosc data is truncated"))?;
    let word = |at: usize| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]) as usize;
    let (typesize, length, block, claimed) = (usize::from(header[3]), word(4), word(8), word(12));
    if header[0] != 2 {
        return Err(err!(Corrupt, "blosc data has format version {}, wanted 2", header[0]));
    }
    if claimed != stored.len() {
        return Err(err!(Corrupt, "blosc data claims {claimed} stored bytes, there are {}", stored.len()));
    }
    if typesize == 0 || (length > 0 && (block == 0 || block > length || (block > typesize && block % typesize != 0))) {
        return Err(err!(
            Corrupt,
            "blosc header is wrong: elements of {typesize} in blocks of {block} of {length} bytes"
        ));
    }
    Ok(length)
}

/// Decompresses into `out`, which the data must fill exactly.
pub(super) fn decompress_exact(stored: &[u8], out: &mut [u8]) -> Result<()> {
    let length = decoded_length(stored)?;
    if length != out.len() {
        return Err(err!(Corrupt, "blosc data claims {length} bytes, the chunk has {}", out.len()));
    }
    if length > 0 {
        out.copy_from_slice(&decompress(stored, length)?);
    }
    Ok(())
}

/// Decompresses at most `limit` bytes.
pub(super) fn decompress_bounded(stored: &[u8], limit: usize, out: &mut Vec<u8>) -> Result<()> {
    let length = decoded_length(stored)?;
    if length > limit {
        return Err(err!(Corrupt, "blosc data claims {length} bytes, {limit} are allowed"));
    }
    if length > stored.len().saturating_mul(MAX_RATIO) {
        return Err(err!(Corrupt, "blosc data of {} bytes claims {length}", stored.len()));
    }
    *out = if length == 0 { Vec::new() } else { decompress(stored, length)? };
    Ok(())
}

fn decompress(stored: &[u8], length: usize) -> Result<Vec<u8>> {
    // zarrs allocates without asking, and a refusal there ends the process: ask here first.
    drop(buffer(length)?);
    let bytes =
        guarded(|| blosc_decompress_bytes(stored, length, 1))?.map_err(|_| err!(Corrupt, "blosc data is damaged"))?;
    if bytes.len() != length {
        return Err(err!(Corrupt, "blosc data decodes to {} bytes, it claims {length}", bytes.len()));
    }
    Ok(bytes)
}

/// A panic inside zarrs is a corrupt chunk to us, not the end of the host.
fn guarded<T>(work: impl FnOnce() -> T) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| err!(Corrupt, "blosc refused the data"))
}
