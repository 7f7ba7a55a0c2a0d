//! Zarr v3: `zarr.json`, and shards.
//!
//! An array of format 3 is the same [`ArrayMeta`](super::meta::ArrayMeta) as one of format 2, with other documents
//! ([`document`] reads them, [`text`] writes them, [`codecs`] translates the codecs), other names of chunks, and chunks
//! that may be shards ([`shard`], [`read`]). So it is read, changed and packed by the same code. What has data types or
//! codecs beyond those that are written here is read by zarrs ([`super::foreign`]) and not changed.
//!
//! Sources: the Zarr v3 core specification and the registered codecs (zarr-specs, zarr-extensions).

pub mod codecs;
pub mod document;
pub mod read;
pub mod shard;
pub mod source;
pub mod text;

#[cfg(test)]
mod tests;

pub use codecs::native;
pub use document::Document;
pub use text::{Consolidated, group, push_array};
