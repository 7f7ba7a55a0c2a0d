//! What was compressed is acknowledged: whoever opens the store finds it, also before it is closed and without that.

use serde_json::json;

use super::{files, kind, open};
use crate::{ErrorKind, Value};

#[test]
fn a_directory_that_is_there_is_not_older_than_the_archive() {
    for (zarr_format, staging) in [(2, "auto"), (2, "disk"), (3, "auto")] {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("p.zarr");
        let options = json!({"export": false, "zarr_format": zarr_format, "staging": staging});
        let store = open(&path, options.clone()).unwrap();
        store.save("a", 1i32).unwrap();
        store.flush().unwrap();
        store.save("a", 2i32).unwrap();
        store.save("g/b", "new").unwrap();
        store.save_metadata("size", 7).unwrap();
        store.compress().unwrap();
        let check = || {
            let reader = open(&path, json!({"mode": "r"})).unwrap();
            assert_eq!(reader.load("a").unwrap(), Value::from(2i32), "{zarr_format} {staging}");
            assert_eq!(reader.load("g/b").unwrap(), Value::from("new"));
            assert_eq!(reader.load_metadata("size").unwrap(), 7);
        };
        check();
        // As if the process had ended here.
        store.discard();
        check();
    }
}

#[test]
fn a_store_that_replaces_another_does_so_when_it_is_compressed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.zarr");
    let store = open(&path, json!({"export": false})).unwrap();
    store.save("old", 1i32).unwrap();
    store.close().unwrap();
    let store = open(&path, json!({"export": false, "mode": "w"})).unwrap();
    store.save("new", 2i32).unwrap();
    store.compress().unwrap();
    store.discard();
    assert_eq!(open(&path, json!({"mode": "r"})).unwrap().keys().unwrap(), ["new"]);
}

/// Alone in its process or not: the budget is that of all stores, so it is left as it is and the array is large.
#[test]
fn what_memory_has_no_room_for_makes_no_directory_before_a_commit() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.zarr");
    let store = open(&path, json!({"export": false, "codec": "none", "chunk_elements": 1 << 20})).unwrap();
    let half = crate::config::staging_budget() as usize / 2 + 1;
    for key in ["a", "b", "c"] {
        store.save(key, vec![7u8; half]).unwrap();
    }
    assert_eq!(kind(open(&path, json!({"mode": "r"}))), ErrorKind::NotFound);
    store.compress().unwrap();
    store.discard();
    let left: Vec<_> = files(dir.path()).into_keys().collect();
    assert_eq!(left, ["p.zarr.data"]);
    let reader = open(&path, json!({"mode": "r"})).unwrap();
    assert_eq!(reader.load_array("c").unwrap().to_vec::<u8>().unwrap(), vec![7u8; half]);
}
