//! Codecs: how the elements of one chunk of a Zarr array become stored bytes, and back.
//!
//! A [`Pipeline`] is what the fields `dtype`, `filters` and `compressor` of a `.zarray` say (the backend translates the
//! codecs of a `zarr.json` to these fields and back):
//!
//! ```text
//! native elements -> byte order -> filters (delta, shuffle) -> compressor (zstd, ...) -> stored bytes
//! strings         -> object codec (vlen-utf8, msgpack2, json2)  -> compressor         -> stored bytes
//! ```
//!
//! Invariants. The metadata says how many bytes every stage of a chunk of fixed-size elements has, so each stage is
//! decoded into a buffer of exactly that size, and anything else is `Corrupt`. Strings have no known size: they are
//! bounded by the caller's limit, and a size claimed in the stored bytes is believed only within what that many bytes
//! can decode to; else memory grows as data arrives (beside the window of a zstd stream: at most what may be decoded or
//! 8 MiB, and never more than 128 MiB). Input that lies is an error, never a panic.
//!
//! What is whose. zstd runs on one context a thread. blosc goes through zarrs, after its header was held against the
//! expected size, under `catch_unwind`. gzip, zlib and bz2 do not: the codecs of zarrs 0.23 ignore the decoded size
//! they are given and `read_to_end` (a 131 kB chunk became 4.2 GB), so the same crates under them (`flate2`, `bzip2`)
//! are read into the bounded buffer directly. lz4 is `lz4_flex` behind the length numcodecs puts
//! before a block. MessagePack is read with `rmp`, whose functions take one header at a time and allocate nothing, so
//! that depth and sizes stay in our hands; the crates that build values (`rmpv`, `rmp-serde`) trust the lengths.
//!
//! It is not a chunk grid, not a reader of `.zarray` documents, and knows no files.

mod blosc;
mod choose;
mod compressor;
mod decompressor;
mod deflate;
mod delta;
mod fill;
mod filter;
mod lz4;
mod pcodec;
mod pipeline;
mod spec;
mod stored;
mod strings;
mod zstd;

#[cfg(test)]
mod tests;

pub use choose::{Choice, Chooser, Chosen};
pub(crate) use decompressor::Decompressor;
pub(crate) use fill::{element as fill_element, to_json as fill_json};
pub use pipeline::Pipeline;
pub use spec::{CodecSpec, Encoding};
pub use strings::StringCodec;
pub(crate) use strings::decode_ucs4;

use crate::error::{Result, err};

/// An empty buffer with room for `size` bytes; a refused allocation is an error, not an abort.
fn buffer(size: usize) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(size).map_err(|_| err!(NoMemory, "no memory for {size} bytes of a chunk"))?;
    Ok(bytes)
}

/// Makes room for `size` bytes in all, keeping the content; the same manners.
fn reserve(bytes: &mut Vec<u8>, size: usize) -> Result<()> {
    let more = size.saturating_sub(bytes.len());
    bytes.try_reserve(more).map_err(|_| err!(NoMemory, "no memory for {size} bytes of a chunk"))
}
