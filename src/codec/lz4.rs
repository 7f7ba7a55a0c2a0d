//! lz4 as numcodecs stores it: the decoded length in four little-endian bytes, then one raw block.

use lz4_flex::block::{compress_into, decompress_into, get_maximum_output_size};

use super::reserve;
use crate::error::{Result, err};

/// A block of n bytes cannot decode to more than about 255 n.
const MAX_RATIO: usize = 256;

/// Compresses `source`, replacing what is in `out`.
pub(super) fn compress(source: &[u8], out: &mut Vec<u8>) -> Result<()> {
    let length = i32::try_from(source.len())
        .map_err(|_| err!(Codec, "lz4 holds chunks under 2147483648 bytes, this one has {}", source.len()))?;
    let bound = 4 + get_maximum_output_size(source.len());
    out.clear();
    reserve(out, bound)?;
    out.extend_from_slice(&length.to_le_bytes());
    out.resize(bound, 0);
    let written = compress_into(source, &mut out[4..]).map_err(|e| err!(Codec, "lz4: {e}"))?;
    out.truncate(4 + written);
    Ok(())
}

/// The decoded length a block claims, and the block.
fn split(stored: &[u8]) -> Result<(usize, &[u8])> {
    let (head, block) = stored.split_first_chunk::<4>().ok_or_else(|| err!(Corrupt, "lz4 data is truncated"))?;
    let claimed = i32::from_le_bytes(*head);
    let size = usize::try_from(claimed).map_err(|_| err!(Corrupt, "lz4 block claims {claimed} bytes"))?;
    Ok((size, block))
}

/// Decompresses into `out`, which the block must fill exactly.
pub(super) fn decompress_exact(stored: &[u8], out: &mut [u8]) -> Result<()> {
    let (claimed, block) = split(stored)?;
    if claimed != out.len() {
        return Err(err!(Corrupt, "lz4 block claims {claimed} bytes, the chunk has {}", out.len()));
    }
    let written = decompress_into(block, out).map_err(|e| err!(Corrupt, "lz4: {e}"))?;
    if written != claimed {
        return Err(err!(Corrupt, "lz4 block decodes to {written} bytes, it claims {claimed}"));
    }
    Ok(())
}

/// Decompresses at most `limit` bytes.
pub(super) fn decompress_bounded(stored: &[u8], limit: usize, out: &mut Vec<u8>) -> Result<()> {
    let (claimed, block) = split(stored)?;
    if claimed > limit {
        return Err(err!(Corrupt, "lz4 block claims {claimed} bytes, {limit} are allowed"));
    }
    if claimed > block.len().saturating_mul(MAX_RATIO) {
        return Err(err!(Corrupt, "lz4 block of {} bytes claims {claimed}", block.len()));
    }
    reserve(out, claimed)?;
    out.resize(claimed, 0);
    decompress_exact(stored, out)
}
