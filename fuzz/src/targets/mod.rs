//! The bodies of the fuzz targets: plain functions of bytes, run by libFuzzer and replayed by `tests/fuzz_corpus.rs`.
//!
//! Invariant: a body returns, whatever the bytes. What must hold is asserted: values come back, two ways of reading one
//! thing agree, an error is of a kind that a caller can act on. Nothing here is timed or measured: whoever runs a body
//! bounds its time and its memory ([`MEMORY`]).

mod abi;
mod abi_calls;
mod archive;
mod chunks;
pub mod codecs;
mod input;
mod json_store;
mod metadata;
mod model;
mod read;
mod repair;
mod schema;
mod shards;
pub mod tables;
mod v2;
mod v3;
pub mod zip_file;

/// What a target is, by name.
pub struct Target {
    /// As the program, the corpus and the dictionary are called.
    pub name: &'static str,
    /// Does one input.
    pub run: fn(&[u8]),
}

/// The most that an array may have decoded, in every target that reads (`"max_decoded_bytes"`).
pub const DECODED: u64 = 1 << 20;

/// The most memory that one input may take from Rust's allocator: some times [`DECODED`], and what threads keep.
pub const MEMORY: usize = 48 << 20;

/// All of them.
pub const ALL: &[Target] = &[
    Target { name: "archive", run: archive::run },
    Target { name: "zarr_v2", run: v2::run },
    Target { name: "zarr_v3", run: v3::run },
    Target { name: "codecs", run: codecs::run },
    Target { name: "chunks", run: chunks::run },
    Target { name: "metadata", run: metadata::run },
    Target { name: "schema", run: schema::run },
    Target { name: "json_store", run: json_store::run },
    Target { name: "tables", run: tables::run },
    Target { name: "abi", run: abi::run },
];

/// A directory for one input, where TMPDIR says, or in memory where there is some: nothing here asks whether the medium
/// keeps what it is given.
pub fn scratch() -> tempfile::TempDir {
    let shared = std::path::Path::new("/dev/shm");
    let here = std::env::var_os("TMPDIR").is_some() || !shared.is_dir();
    let place = if here { std::env::temp_dir() } else { shared.to_owned() };
    tempfile::Builder::new().prefix("fuzz-").tempdir_in(place).expect("a directory can be made")
}
