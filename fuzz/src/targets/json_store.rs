//! A directory of JSON files, its metadata with the record, and everything in it read in every way.
//!
//! The first byte says whether checksums count; then come parts between bytes 0xFF: `metadata.json`, `a.json`, `g.json`
//! and `g_x.json`; an empty part is no file.

use datastorage::options::Mode;
use datastorage::{Options, Storage};
use serde_json::json;

use super::DECODED;
use super::read::{copied, everything, options, sound};

pub fn run(bytes: &[u8]) {
    let Some((how, bytes)) = bytes.split_first() else { return };
    let directory = super::scratch();
    let mut rest = bytes.splitn(4, |byte| *byte == 0xFF);
    for name in ["metadata.json", "a.json", "g.json", "g_x.json"] {
        match rest.next().unwrap_or_default() {
            [] => {}
            bytes => std::fs::write(directory.path().join(name), bytes).expect("a file can be written"),
        }
    }
    let before = listing(directory.path());
    let mut reading = options(how & 1 != 0);
    reading.mode = Mode::Read;
    let Some(store) = sound(Storage::open_json(directory.path(), &reading)) else { return };
    let (leaves, all) = everything(&store);
    sound(store.verify(false));
    if all && !leaves.is_empty() {
        copied(&store, &leaves);
    }
    sound(store.close());
    assert!(listing(directory.path()) == before, "reading changed the directory");
    // Whoever goes on with it writes, and has what was there and what is new.
    if how & 2 != 0 {
        let writing = json!({"mode": "r+", "sync": "none", "max_decoded_bytes": DECODED, "integrity": "ignore"});
        let writing = Options::from_json(writing).expect("options that are known");
        let Some(store) = sound(Storage::open_json(directory.path(), &writing)) else { return };
        let saved = sound(store.save("new", vec![1.5f64, 2.0])).is_some();
        let flushed = sound(store.flush()).is_some();
        sound(store.close());
        if saved && flushed {
            let store = Storage::open_json(directory.path(), &reading).expect("it was written a moment ago");
            assert_eq!(
                store.load_array("new").and_then(|a| a.to_vec::<f64>()).expect("it was acknowledged"),
                [1.5, 2.0]
            );
        }
    }
}

/// The files of a directory with their bytes.
fn listing(directory: &std::path::Path) -> Vec<(std::ffi::OsString, Vec<u8>)> {
    let entries = std::fs::read_dir(directory).expect("a directory");
    let mut out: Vec<_> = entries
        .map(|entry| entry.expect("an entry"))
        .map(|entry| (entry.file_name(), std::fs::read(entry.path()).unwrap_or_default()))
        .collect();
    out.sort();
    out
}
