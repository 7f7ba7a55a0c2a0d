//! `.zarray`, `.zattrs`, `.zgroup` of a store of format 2, with chunks of any bytes.
//!
//! The input has parts between bytes 0xFF: `.zarray`, its `.zattrs`, the `.zattrs` of the root; the rest, from a byte
//! 0xFF on, is the chunk (the same one at every index).

use datastorage::Storage;

use super::read::{copied, everything, options, sound};
use super::zip_file;

pub fn run(bytes: &[u8]) {
    let mut rest = bytes.splitn(4, |byte| *byte == 0xFF);
    let [zarray, zattrs, root, chunk] = std::array::from_fn(|_| rest.next().unwrap_or_default());
    let mut entries: Vec<(&str, &[u8])> = vec![(".zgroup", br#"{"zarr_format":2}"#), ("a/.zarray", zarray)];
    for (name, document) in [("a/.zattrs", zattrs), (".zattrs", root)] {
        if !document.is_empty() {
            entries.push((name, document));
        }
    }
    for name in ["a/0", "a/1", "a/0.0", "a/0.1", "a/1.0", "a/0/0", "a/0.0.0"] {
        entries.push((name, chunk));
    }
    let Some(store) = sound(Storage::open_bytes(zip_file::of(&entries), &options(true))) else { return };
    let (leaves, all) = everything(&store);
    if all && !leaves.is_empty() {
        copied(&store, &leaves);
    }
}
