//! blosc: c-blosc 1.21, straight between the memory of the caller, behind checks of the 16-byte header.
//!
//! c-blosc allocates and walks by its header, so the header is held against what the chunk must be before any of it is
//! believed: format version, stored length, decoded length, and block sizes that c-blosc itself writes.

use std::ffi::{CString, c_int};

use serde_json::{Value as Json, json};

use super::{buffer, reserve};
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

    /// Compresses elements of `typesize` bytes, replacing what is in `out`.
    pub fn compress(&self, source: &[u8], typesize: usize, out: &mut Vec<u8>) -> Result<()> {
        if !NAMES.contains(&self.cname.as_str()) {
            let (name, known) = (&self.cname, NAMES.join(", "));
            return Err(err!(Codec, "blosc compressor '{name}' is unknown, known are {known}"));
        }
        if self.level > 9 {
            return Err(err!(Codec, "blosc level is {}, wanted 0 to 9", self.level));
        }
        let shuffle = match self.shuffle {
            known @ 0..=2 => known as c_int,
            _ if typesize == 1 => 2,
            _ => 1,
        };
        let name = CString::new(self.cname.as_str()).map_err(|_| err!(Codec, "blosc compressor with a zero byte"))?;
        // c-blosc keeps a typesize in one byte, and takes others for 1.
        let typesize = if typesize > 255 { 1 } else { typesize.max(1) };
        let room = source.len().checked_add(HEADER).filter(|&room| room <= i32::MAX as usize);
        let room =
            room.ok_or_else(|| err!(Codec, "blosc takes at most 2 GiB, the chunk has {} bytes", source.len()))?;
        out.clear();
        reserve(out, room)?;
        // SAFETY: the source has `source.len()` readable bytes, `out` room for `room` bytes that nobody else has, the name
        // ends with a zero; c-blosc writes at most `room` bytes there, in this thread alone, and keeps no pointer.
        let written = unsafe {
            blosc_src::blosc_compress_ctx(
                c_int::from(self.level),
                shuffle,
                typesize,
                source.len(),
                source.as_ptr().cast(),
                out.as_mut_ptr().cast(),
                room,
                name.as_ptr(),
                self.blocksize,
                1,
            )
        };
        let length = usize::try_from(written).ok().filter(|length| (HEADER..=room).contains(length));
        let length = length.ok_or_else(|| err!(Codec, "blosc refused to compress: {written}"))?;
        // SAFETY: c-blosc wrote the first `length` bytes, within the room.
        unsafe { out.set_len(length) };
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
    if length == 0 {
        return Ok(());
    }
    // SAFETY: the header says that `stored` is as long as it is and decodes to `out.len()` bytes; c-blosc reads no more
    // and writes no more than these, in this thread alone, and keeps no pointer.
    let decoded =
        unsafe { blosc_src::blosc_decompress_ctx(stored.as_ptr().cast(), out.as_mut_ptr().cast(), out.len(), 1) };
    match usize::try_from(decoded) {
        Ok(decoded) if decoded == length => Ok(()),
        Ok(decoded) if decoded > 0 => Err(err!(Corrupt, "blosc data decodes to {decoded} bytes, it claims {length}")),
        _ => Err(err!(Corrupt, "blosc data is damaged")),
    }
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
    *out = buffer(length)?;
    out.resize(length, 0);
    decompress_exact(stored, out)
}
