//! Hostile input: what somebody would write who wants to end the host, fill its memory or leave the store.
//!
//! A [`Case`] is a store that was made up, and what was made up about it. Each theme (a file here, a row of the table) has
//! a list of deeds that it goes through one by one, and then combines by the random numbers of the trial. A case is put on
//! the disk in one of the [`Form`]s, and everything there is to read is read ([`exercise`]): the answer is an error of one
//! line, or data; within a second, within a bound of memory, and nothing beside the store changes or is seen.
//!
//! It is not random damage: that is another check.

pub mod archives;
pub mod bombs;
pub mod documents;
pub mod exercise;
pub mod json_store;
pub mod keys;
pub mod links;
pub mod schemas;
pub mod shapes;
pub mod shards;
pub mod tables;
pub mod zip;

use std::path::Path;

use serde_json::{Value as Json, json};

/// What a read of these stores may decode.
pub const DECODED: u64 = 1 << 20;
/// What a read takes whatever the store: a window of zstd, the tables of bz2, buffers of threads.
pub const FLOOR: u64 = 32 << 20;

/// Files of a store by their names in it, `/` between directories; as they are written, also twice.
pub type Files = Vec<(String, Vec<u8>)>;

/// Where a case is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Directory,
    Archive,
    Mapped,
    Memory,
}

impl Form {
    pub const ALL: &[Self] = &[Self::Directory, Self::Archive, Self::Memory, Self::Mapped];
}

/// A store that lies.
pub struct Case {
    /// What was done, with all that is needed to do it again.
    pub what: String,
    pub files: Files,
    pub form: Form,
}

/// A `.zarray` that is right: 12 numbers in two chunks.
pub fn zarray() -> Json {
    json!({"zarr_format": 2, "shape": [12], "chunks": [8], "dtype": "<i4", "compressor": null, "fill_value": 0,
        "order": "C", "filters": null})
}

/// A `zarr.json` of an array that is right: the same.
pub fn zarr_json() -> Json {
    json!({"zarr_format": 3, "node_type": "array", "shape": [12], "data_type": "int32",
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [8]}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}}, "fill_value": 0,
        "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}], "attributes": {}})
}

/// The elements of a chunk of these.
pub fn chunk(count: usize) -> Vec<u8> {
    (0..count as i32).flat_map(i32::to_le_bytes).collect()
}

/// A store of format 2 with an array `a`.
pub fn v2(zarray: &Json, chunks: Files) -> Files {
    let mut files = vec![
        (".zgroup".to_owned(), b"{\"zarr_format\":2}".to_vec()),
        ("a/.zarray".to_owned(), zarray.to_string().into_bytes()),
    ];
    files.extend(chunks.into_iter().map(|(name, bytes)| (format!("a/{name}"), bytes)));
    files
}

/// A store of format 3 with an array `a`.
pub fn v3(document: &Json, chunks: Files) -> Files {
    let mut files = vec![
        ("zarr.json".to_owned(), b"{\"zarr_format\":3,\"node_type\":\"group\",\"attributes\":{}}".to_vec()),
        ("a/zarr.json".to_owned(), document.to_string().into_bytes()),
    ];
    files.extend(chunks.into_iter().map(|(name, bytes)| (format!("a/{name}"), bytes)));
    files
}

/// Both chunks of the right array of a format.
pub fn right_chunks(format: u8) -> Files {
    let name = |index: usize| if format == 2 { index.to_string() } else { format!("c/{index}") };
    vec![(name(0), chunk(8)), (name(1), chunk(8))]
}

/// Writes files into a directory; names that no file system holds are left out.
///
/// # Errors
/// Of the operating system.
pub fn write_tree(root: &Path, files: &Files) -> std::io::Result<()> {
    for (name, bytes) in files {
        let parts: Vec<&str> = name.split('/').collect();
        let holds = |part: &&str| !part.is_empty() && *part != "." && *part != ".." && part.len() < 256;
        if !parts.iter().all(holds) || name.contains('\0') || name.len() > 3000 {
            continue;
        }
        let path = root.join(name);
        // A file may have a directory's name in a store that lies, and the other way round.
        if std::fs::create_dir_all(path.parent().unwrap_or(root)).is_ok() {
            _ = std::fs::write(path, bytes);
        }
    }
    Ok(())
}

/// One of a list.
pub fn one_of<'a, T>(random: &mut fastrand::Rng, list: &'a [T]) -> &'a T {
    &list[random.usize(..list.len())]
}

/// The deed of a trial: each of the list once, then any of them.
pub fn deed<'a, T>(random: &mut fastrand::Rng, number: u64, list: &'a [T]) -> &'a T {
    let index = usize::try_from(number).unwrap_or(usize::MAX);
    list.get(index).unwrap_or_else(|| one_of(random, list))
}

/// A text, shortened for a finding.
pub fn shown(text: &str) -> String {
    let short: String = text.chars().take(300).flat_map(char::escape_debug).collect();
    if text.chars().nth(300).is_some() { format!("{short}... ({} bytes)", text.len()) } else { short }
}
