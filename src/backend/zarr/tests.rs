//! What a Zarr store promises beyond the rules that all backends share.

mod alignment;
mod compressed;
mod exchanged;
mod recovery;

use std::path::Path;

use serde_json::json;

use super::ZarrStore;
use crate::backend::Backend;
use crate::{Error, ErrorKind, Options, Region, Storage, Value};

fn options(json: serde_json::Value) -> Options {
    Options::from_json(json).unwrap()
}

fn open(path: &Path, json: serde_json::Value) -> Result<Storage, Error> {
    Storage::open_zarr(path, &options(json))
}

fn kind<T>(result: Result<T, Error>) -> ErrorKind {
    match result {
        Ok(_) => panic!("wanted an error"),
        Err(e) => {
            assert!(!e.message().contains('\n') && !e.message().is_empty());
            e.kind()
        }
    }
}

/// Every file below a directory, with its bytes.
fn files(dir: &Path) -> std::collections::BTreeMap<String, Vec<u8>> {
    let mut out = std::collections::BTreeMap::new();
    fn walk(root: &Path, dir: &Path, out: &mut std::collections::BTreeMap<String, Vec<u8>>) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, out);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
                out.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    if dir.is_dir() {
        walk(dir, dir, &mut out);
    }
    out
}

#[test]
fn the_rules_of_all_backends() {
    let three = |shards: Option<u64>| json!({"zarr_format": 3, "shard_elements": shards});
    for (staging, more) in [
        ("memory", json!({})),
        ("disk", json!({})),
        ("memory", three(None)),
        ("disk", three(None)),
        ("memory", three(Some(15))),
        ("disk", three(Some(15))),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let count = std::cell::Cell::new(0);
        crate::backend::conformance::run(|| {
            count.set(count.get() + 1);
            let path = dir.path().join(format!("{staging}{}.zarr", count.get()));
            let mut all = json!({"staging": staging, "sync": "none", "chunk_elements": 5});
            all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            let options = options(all);
            Box::new(ZarrStore::open(&path, &options).unwrap())
        });
    }
}

#[test]
fn a_part_lives_in_memory_until_it_is_compressed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("part.zarr");
    let store = open(&path, json!({})).unwrap();
    store.save("face_areas", vec![1.5f32, 2.5, 4.0]).unwrap();
    store.save("graph", [("num_nodes", Value::from(3i64))].into_iter().collect::<Value>()).unwrap();
    store.save_metadata("source", "a.step").unwrap();
    assert!(!path.exists());
    let bytes = store.compress().unwrap();
    let archive = dir.path().join("part.zarr.data");
    assert_eq!(std::fs::metadata(&archive).unwrap().len(), bytes);
    assert_eq!(kind(store.save("x", 1i32)), ErrorKind::ReadOnly);
    assert_eq!(store.load_array("face_areas").unwrap().to_vec::<f32>().unwrap(), [1.5, 2.5, 4.0]);
    store.close().unwrap();
    let left: Vec<_> = files(dir.path()).into_keys().collect();
    assert_eq!(left, ["files_summary/part.json", "part.zarr.data"]);

    let store = open(&path, json!({})).unwrap();
    assert!(store.read_only());
    assert_eq!(store.load("graph/num_nodes").unwrap(), Value::from(3i64));
    assert_eq!(store.load_metadata("source").unwrap(), "a.step");
    assert_eq!(store.keys().unwrap(), ["face_areas", "graph"]);
    assert!(store.verify(false).unwrap().is_empty());
}

#[test]
fn a_directory_is_published_as_a_whole_and_reopened() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("part.zarr");
    let store = open(&path, json!({"chunk_elements": 4})).unwrap();
    let values: Vec<i32> = (0..30).collect();
    let array = crate::Array::from_slice(&[10, 3], &values).unwrap();
    store.save("a/b", array.clone()).unwrap();
    store.save("names", crate::Array::from_strings(vec![2], vec!["ä".into(), "".into()]).unwrap()).unwrap();
    store.flush().unwrap();
    assert!(path.join("a/b/.zarray").exists() && path.join(".zmetadata").exists());
    store.save("a/b", 7u8).unwrap();
    store.save("c", 1.5f64).unwrap();
    store.delete("names").unwrap();
    assert!(path.join("names").exists(), "nothing changes on disk before the next commit");
    drop(store);
    assert!(!path.join("names").exists());
    let store = open(&path, json!({"mode": "r"})).unwrap();
    assert_eq!(store.list("", true).unwrap().len(), 3);
    assert_eq!(store.load("a/b").unwrap(), Value::from(7u8));
    assert_eq!(kind(store.save("x", 1i32)), ErrorKind::ReadOnly);
    let private = files(&path).into_keys().filter(|name| name.contains(".ds-tmp")).count();
    assert_eq!(private, 0);
}

#[test]
fn regions_touch_ragged_chunks() {
    let dir = tempfile::tempdir().unwrap();
    for separator in [".", "/"] {
        let path = dir.path().join(format!("s{}.zarr", separator.len() + usize::from(separator == "/")));
        let store = open(&path, json!({"chunk_elements": 7, "dimension_separator": separator})).unwrap();
        let values: Vec<i64> = (0..11 * 5).collect();
        store.save("x", crate::Array::from_slice(&[11, 5], &values).unwrap()).unwrap();
        for reopen in [false, true] {
            let reader;
            let store = if reopen {
                store.flush().unwrap();
                reader = open(&path, json!({"mode": "r"})).unwrap();
                &reader
            } else {
                &store
            };
            assert_eq!(store.load_array("x").unwrap().to_vec::<i64>().unwrap(), values);
            let region = Region { offset: vec![3, 1], shape: vec![5, 3] };
            let want: Vec<i64> = (3..8).flat_map(|r| (1..4).map(move |c| r * 5 + c)).collect();
            assert_eq!(store.load_region("x", &region).unwrap().to_vec::<i64>().unwrap(), want);
            let outside = Region { offset: vec![8, 0], shape: vec![4, 1] };
            assert_eq!(kind(store.load_region("x", &outside)), ErrorKind::ShapeMismatch);
        }
    }
}

#[test]
fn modes_decide_by_what_is_there() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.zarr");
    assert_eq!(kind(open(&path, json!({"mode": "r"}))), ErrorKind::NotFound);
    assert_eq!(kind(open(&path, json!({"mode": "r+"}))), ErrorKind::NotFound);
    let store = open(&path, json!({"mode": "x"})).unwrap();
    store.save("a", 1i32).unwrap();
    store.close().unwrap();
    assert_eq!(kind(open(&path, json!({"mode": "x"}))), ErrorKind::AlreadyExists);
    let store = open(&path, json!({"mode": "w"})).unwrap();
    assert!(!store.exists("a").unwrap());
    store.discard();
    assert!(open(&path, json!({"mode": "r"})).unwrap().exists("a").unwrap(), "discard publishes nothing");
    let store = open(&path, json!({"mode": "w"})).unwrap();
    store.save("b", 1i32).unwrap();
    store.compress().unwrap();
    store.close().unwrap();
    assert_eq!(kind(open(&path, json!({"mode": "r+"}))), ErrorKind::ReadOnly);
    assert_eq!(kind(open(&path, json!({"mode": "x"}))), ErrorKind::AlreadyExists);
    let archive = dir.path().join("p.zarr.data");
    assert!(open(&archive, json!({})).unwrap().exists("b").unwrap());
    assert_eq!(kind(open(&archive, json!({"mode": "w"}))), ErrorKind::ReadOnly);

    let file = dir.path().join("notes.txt");
    std::fs::write(&file, "no archive, but long enough to be one").unwrap();
    assert_eq!(kind(open(&file, json!({}))), ErrorKind::InvalidArgument);
    std::fs::create_dir(dir.path().join("home")).unwrap();
    std::fs::write(dir.path().join("home/letter"), "dear").unwrap();
    for mode in ["a", "w", "r", "r+"] {
        assert_eq!(kind(open(&dir.path().join("home"), json!({"mode": mode}))), ErrorKind::InvalidArgument);
    }
    assert_eq!(std::fs::read(dir.path().join("home/letter")).unwrap(), b"dear");
    std::fs::create_dir(dir.path().join("empty")).unwrap();
    let store = open(&dir.path().join("empty"), json!({})).unwrap();
    store.save("a", 1i32).unwrap();
    store.close().unwrap();
    assert!(open(&dir.path().join("empty"), json!({"mode": "r"})).unwrap().exists("a").unwrap());
}

#[test]
fn a_second_writer_is_told_who_has_the_store() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.zarr");
    let first = open(&path, json!({})).unwrap();
    let error = open(&path, json!({})).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Busy);
    assert!(error.message().contains(&std::process::id().to_string()), "{error}");
    first.save("a", 1i32).unwrap();
    first.flush().unwrap();
    assert!(open(&path, json!({"mode": "r"})).unwrap().exists("a").unwrap(), "readers are free");
    first.close().unwrap();
    open(&path, json!({})).unwrap();
}

#[test]
fn a_damaged_chunk_is_named_and_a_repair_accepts_a_legitimate_edit() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.zarr");
    let store = open(&path, json!({"codec": "none", "delta": false})).unwrap();
    store.save("a", vec![1u8, 2, 3]).unwrap();
    store.save("b", vec![1u8, 2, 3]).unwrap();
    store.close().unwrap();
    std::fs::write(path.join("a/0"), [1, 2, 4]).unwrap();
    std::fs::remove_file(path.join("b/0")).unwrap();
    let store = open(&path, json!({"mode": "r"})).unwrap();
    for key in ["a", "b"] {
        let error = store.load(key).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt);
        assert!(error.message().starts_with(&format!("{key}: ")) && error.message().contains("'0'"), "{error}");
    }
    assert_eq!(store.verify(false).unwrap().len(), 2);
    let ignoring = open(&path, json!({"mode": "r", "integrity": "ignore"})).unwrap();
    assert_eq!(ignoring.load("a").unwrap(), Value::from(vec![1u8, 2, 4]));
    assert_eq!(kind(ignoring.load("b")), ErrorKind::Corrupt, "there is no fill value to invent");
    drop((store, ignoring));
    let store = open(&path, json!({"mode": "r+"})).unwrap();
    let left = store.verify(true).unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(store.load("a").unwrap(), Value::from(vec![1u8, 2, 4]));
}

#[test]
fn altered_archives_never_give_other_data() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.zarr");
    let store = open(&path, json!({"codec": "none", "export": false})).unwrap();
    store.save("a", vec![1i32, 2, 3]).unwrap();
    store.save("g/names", crate::Array::from_strings(vec![2], vec!["x".into(), "y".into()]).unwrap()).unwrap();
    store.save_metadata("k", 5).unwrap();
    store.compress().unwrap();
    store.close().unwrap();
    let archive = dir.path().join("p.zarr.data");
    let good = std::fs::read(&archive).unwrap();
    let bad = dir.path().join("bad.zarr.data");
    for at in 0..good.len() {
        for cut in [false, true] {
            let mut bytes = good.clone();
            if cut {
                bytes.truncate(at)
            } else {
                bytes[at] ^= 0x10
            }
            std::fs::write(&bad, &bytes).unwrap();
            let Ok(store) = open(&bad, json!({"mode": "r"})) else { continue };
            if let Ok(value) = store.load("a") {
                assert_eq!(value, Value::from(vec![1i32, 2, 3]), "byte {at}");
            }
            if let Ok(value) = store.load_array("g/names") {
                assert_eq!(value.strings().unwrap(), ["x", "y"], "byte {at}");
            }
            if let Ok(value) = store.load_metadata("k") {
                assert_eq!(value, 5, "byte {at}");
            }
            if cut {
                panic!("a truncated archive opened");
            }
        }
    }
}

#[test]
fn disk_staging_is_durable_at_once_and_memory_budget_spills() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.zarr");
    let store = open(&path, json!({"staging": "disk"})).unwrap();
    store.save("g/a", vec![1i32, 2]).unwrap();
    assert!(path.join("g/a/.zarray").exists());
    store.save("g/a", vec![3i32]).unwrap();
    let other = open(&path, json!({"mode": "r"})).unwrap();
    assert_eq!(other.load("g/a").unwrap(), Value::from(vec![3i32]));
    store.discard();
    assert!(path.join("g/a").exists());
}

#[test]
fn paths_make_only_what_is_needed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.zarr");
    let store = open(&path, json!({})).unwrap();
    store.save("a", vec![1i32]).unwrap();
    let visu = store.path("visu.stl").unwrap();
    assert!(path.is_dir() && !path.join("a").exists());
    std::fs::write(&visu, "solid").unwrap();
    assert_eq!(store.path("a").unwrap(), path.join("a").to_str().unwrap());
    assert!(path.join("a/.zarray").exists());
    store.compress().unwrap();
    store.close().unwrap();
    assert_eq!(std::fs::read(dir.path().join("stream_cache/p/visu.stl")).unwrap(), b"solid");
    assert!(!path.exists());

    let store = open(&dir.path().join("q.zarr"), json!({})).unwrap();
    store.path("").unwrap();
    store.discard();
    assert!(!dir.path().join("q.zarr").exists(), "a directory that no commit made real goes");
}

#[test]
fn rename_moves_a_subtree_and_attributes_stay() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.zarr");
    for flushed in [false, true] {
        let store = open(&path, json!({"mode": "w"})).unwrap();
        store.save("g/a", vec![1i32]).unwrap();
        store.set_attributes("g/a", [("unit".to_owned(), json!("mm"))].into_iter().collect()).unwrap();
        if flushed {
            store.flush().unwrap();
        }
        store.rename("g", "h/i").unwrap();
        assert!(!store.exists("g").unwrap());
        assert_eq!(store.attributes("h/i/a").unwrap()["unit"], "mm");
        store.save("k", 1i32).unwrap();
        assert_eq!(kind(store.rename("k", "h")), ErrorKind::AlreadyExists);
        assert_eq!(kind(store.rename("h", "h/x")), ErrorKind::InvalidArgument);
        store.close().unwrap();
        let store = open(&path, json!({"mode": "r"})).unwrap();
        assert_eq!(store.load("h/i/a").unwrap(), Value::from(vec![1i32]));
        assert!(!path.join("g").exists());
    }
}

#[test]
fn somebody_elses_directory_in_the_store_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.zarr");
    let store = ZarrStore::open(&path, &Options::default()).unwrap();
    store.flush(&crate::Op::quiet(), &Default::default()).unwrap();
    std::fs::create_dir(path.join("notes")).unwrap();
    std::fs::write(path.join("notes/n.txt"), "mine").unwrap();
    store.create_group(&crate::Key::parse("notes").unwrap()).unwrap();
    assert_eq!(kind(store.flush(&crate::Op::quiet(), &Default::default())), ErrorKind::AlreadyExists);
    assert_eq!(std::fs::read(path.join("notes/n.txt")).unwrap(), b"mine");
}

/// The record of an archive knows what kind an array is without its documents; where records are ignored that counts
/// for nothing, or an array would be listed that is not there.
#[test]
fn an_ignored_record_lists_nothing() {
    let store = Storage::memory();
    store.save("flags", vec![1i32, 2]).unwrap();
    store.save("types", vec![3i32]).unwrap();
    let mut bytes = store.to_bytes(&options(json!({}))).unwrap();
    for at in 0..bytes.len() - 13 {
        if bytes[at..].starts_with(b"flags/.zarray") {
            bytes[at + 1] = b'r';
        }
    }
    let checked = Storage::open_bytes(bytes.clone(), &options(json!({}))).unwrap();
    assert_eq!(kind(checked.load("flags")), ErrorKind::Corrupt);
    let ignored = Storage::open_bytes(bytes, &options(json!({"integrity": "ignore"}))).unwrap();
    let keys: Vec<String> = ignored.list("", true).unwrap().into_iter().map(|(key, _)| key).collect();
    assert_eq!(keys, ["frags", "types"]);
    assert!(keys.iter().all(|key| ignored.exists(key).unwrap()));
}
