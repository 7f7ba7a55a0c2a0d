//! `zarr.json` of a group and an array of format 3, with chunks, or shards, of any bytes.
//!
//! The input has parts between bytes 0xFF: the array's document, the root's (a plain one where there is none); the rest,
//! from a byte 0xFF on, is the chunk (the same one at every index). Where the first byte is a `#` the rest of the input
//! makes a sharded array ([`super::shards`]).

use datastorage::Storage;

use super::read::{copied, everything, options, sound};
use super::{shards, zip_file};

const GROUP: &[u8] = br#"{"zarr_format":3,"node_type":"group"}"#;

pub fn run(bytes: &[u8]) {
    if let Some((b'#', rest)) = bytes.split_first() {
        let (document, chunk) = shards::array(rest);
        return read(document.as_bytes(), GROUP, &chunk);
    }
    let mut rest = bytes.splitn(3, |byte| *byte == 0xFF);
    let [array, root, chunk] = std::array::from_fn(|_| rest.next().unwrap_or_default());
    read(array, if root.is_empty() { GROUP } else { root }, chunk);
}

fn read(array: &[u8], root: &[u8], chunk: &[u8]) {
    let mut entries: Vec<(&str, &[u8])> = vec![("zarr.json", root), ("a/zarr.json", array)];
    for name in ["a/c", "a/c/0", "a/c/1", "a/c/0/0", "a/c/0/1", "a/c/1/0", "a/c/0/0/0", "a/0", "a/0.0", "a/c.0.0"] {
        entries.push((name, chunk));
    }
    let Some(store) = sound(Storage::open_bytes(zip_file::of(&entries), &options(true))) else { return };
    let (leaves, all) = everything(&store);
    if all && !leaves.is_empty() {
        copied(&store, &leaves);
    }
}
