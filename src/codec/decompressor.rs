//! A bytes-to-bytes codec by its name alone, for formats whose pipelines are not ours.
//!
//! Decoding needs no configuration: every one of these streams says in itself how it was made. What it does need is a
//! bound, and these are the bounded decoders that chunks of format 2 go through.

use serde_json::json;

use super::compressor::Compressor;
use crate::error::Result;

/// Decodes one kind of compressed bytes.
#[derive(Clone, Debug)]
pub(crate) struct Decompressor(Compressor);

impl Decompressor {
    /// The names, as Zarr v3 and (after `numcodecs.`) numcodecs write them.
    pub const NAMES: [&'static str; 6] = ["blosc", "zstd", "gzip", "zlib", "bz2", "lz4"];

    /// The codec of that name; `None` when it is unknown.
    pub fn named(name: &str) -> Option<Self> {
        let id = name.strip_prefix("numcodecs.").unwrap_or(name);
        Self::NAMES.contains(&id).then(|| Compressor::parse(&json!({"id": id})).ok().map(Self)).flatten()
    }

    /// Decodes into `out`, which the data must fill exactly.
    ///
    /// # Errors
    /// `Corrupt` when it does not.
    pub fn exact(&self, stored: &[u8], out: &mut [u8]) -> Result<()> {
        self.0.decompress_exact(stored, out)
    }

    /// Decodes data of unknown size, at most `limit` bytes.
    ///
    /// # Errors
    /// `Corrupt` when it is damaged or longer, `NoMemory`.
    pub fn bounded(&self, stored: &[u8], limit: usize) -> Result<Vec<u8>> {
        let mut out = Vec::new();
        self.0.decompress_bounded(stored, limit, &mut out)?;
        Ok(out)
    }
}
