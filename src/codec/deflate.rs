//! zlib, gzip and bz2: streams read into a buffer of known size, or up to a limit.
//!
//! Several members in a row (gzip, bz2) are one stream, as in Python.

use std::io::{ErrorKind, Read};

use super::reserve;
use crate::error::{Result, err};

/// Which stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// RFC 1950.
    Zlib,
    /// RFC 1952.
    Gzip,
    /// bzip2.
    Bz2,
}

impl Format {
    /// The id of numcodecs.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Zlib => "zlib",
            Self::Gzip => "gzip",
            Self::Bz2 => "bz2",
        }
    }
}

/// Compresses `source`, replacing what is in `out`.
pub(super) fn compress(format: Format, source: &[u8], level: u32, out: &mut Vec<u8>) -> Result<()> {
    out.clear();
    let read = match format {
        Format::Zlib => flate2::read::ZlibEncoder::new(source, flate2::Compression::new(level)).read_to_end(out),
        Format::Gzip => flate2::read::GzEncoder::new(source, flate2::Compression::new(level)).read_to_end(out),
        Format::Bz2 => bzip2::read::BzEncoder::new(source, bzip2::Compression::new(level)).read_to_end(out),
    };
    read.map(drop).map_err(|e| match e.kind() {
        ErrorKind::OutOfMemory => err!(NoMemory, "no memory to compress {} bytes", source.len()),
        _ => err!(Codec, "{}: {e}", format.id()),
    })
}

/// Runs `work` on the decoding reader of `format`.
fn reading<T>(format: Format, stored: &[u8], work: impl FnOnce(&mut dyn Read) -> T) -> T {
    match format {
        Format::Zlib => work(&mut flate2::bufread::ZlibDecoder::new(stored)),
        Format::Gzip => work(&mut flate2::bufread::MultiGzDecoder::new(stored)),
        Format::Bz2 => work(&mut bzip2::bufread::MultiBzDecoder::new(stored)),
    }
}

/// Decompresses into `out`, which the stream must fill exactly.
pub(super) fn decompress_exact(format: Format, stored: &[u8], out: &mut [u8]) -> Result<()> {
    let wanted = out.len();
    reading(format, stored, |reader| {
        reader.read_exact(out).map_err(|e| match e.kind() {
            ErrorKind::UnexpectedEof => {
                err!(Corrupt, "{} data ends before the {wanted} bytes of the chunk", format.id())
            }
            _ => corrupt(format, &e),
        })?;
        // The checksum is verified when the end is reached, so this read is also what checks it.
        match reader.read(&mut [0]) {
            Ok(0) => Ok(()),
            Ok(_) => Err(err!(Corrupt, "{} data decodes to more than the {wanted} bytes of the chunk", format.id())),
            Err(e) => Err(corrupt(format, &e)),
        }
    })
}

/// Decompresses at most `limit` bytes into `out`, which grows as data arrives.
pub(super) fn decompress_bounded(format: Format, stored: &[u8], limit: usize, out: &mut Vec<u8>) -> Result<()> {
    out.clear();
    reserve(out, stored.len().min(limit))?;
    let more = (limit as u64).saturating_add(1);
    let read = reading(format, stored, |reader| reader.take(more).read_to_end(out));
    read.map_err(|e| corrupt(format, &e))?;
    if out.len() > limit {
        return Err(err!(Corrupt, "{} data decodes to more than the {limit} bytes allowed", format.id()));
    }
    Ok(())
}

fn corrupt(format: Format, error: &std::io::Error) -> crate::Error {
    match error.kind() {
        ErrorKind::OutOfMemory => err!(NoMemory, "no memory to decompress {} data", format.id()),
        _ => err!(Corrupt, "{}: {}", format.id(), error.to_string().to_lowercase()),
    }
}
