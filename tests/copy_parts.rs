//! Copies of arrays that are larger than what memory may stage: by parts, sparse ones too, into any encoding and format.
//! What a copy replaces stays, whole, until the copy is complete.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use datastorage::{Array, ArrayOptions, ArrayView, CopyOptions, DType, ErrorKind, Options, Region, Storage};
use serde_json::{Value as Json, json};

fn open(path: &Path, mut options: Json) -> Storage {
    let all = options.as_object_mut().unwrap();
    all.entry("export").or_insert(false.into());
    all.entry("sync").or_insert("none".into());
    Storage::open_zarr(path, &Options::from_json(options).unwrap()).unwrap()
}

fn with(options: Json) -> CopyOptions {
    serde_json::from_value(options).unwrap()
}

#[test]
fn large_arrays_are_copied_by_parts() {
    // Of the whole process: every array here is larger, and what is written goes through hidden files.
    datastorage::config::configure(r#"{"staging_budget": 4096}"#).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let source = open(&dir.path().join("source.zarr"), json!({}));
    let smooth: Vec<f32> = (0..90_000).map(|i| (i as f32 * 0.001).sin()).collect();
    let points = Array::from_slice(&[30_000, 3], &smooth).unwrap();
    source.save("a/points", points.clone()).unwrap();
    source.set_dimensions("a/points", &["point", "axis"]).unwrap();
    source.set_attributes("a/points", json!({"unit": "mm"}).as_object().unwrap().clone()).unwrap();
    let sparse: ArrayOptions = ArrayOptions::from_json(json!({"chunks": [1000], "fill_value": -7})).unwrap();
    source.create("sparse", DType::I64, &[1 << 36], &sparse).unwrap();
    source.save_region("sparse", &[5_000_000_500], &ArrayView::from_slice(&[3], &[1i64, 2, 3]).unwrap()).unwrap();
    source.flush().unwrap();
    for (name, options, copy) in [
        ("same", json!({}), json!({})),
        ("compact", json!({}), json!({"profile": "compact", "chunk_elements": 7000})),
        (
            "shards",
            json!({"zarr_format": 3}),
            json!({"profile": "fast", "chunk_elements": 500, "shard_elements": 9000}),
        ),
    ] {
        let path = dir.path().join(format!("{name}.zarr"));
        let store = open(&path, options);
        store.save("a/points", 1i32).unwrap();
        assert_eq!(source.copy_with(&store, &with(copy)).unwrap(), 2);
        store.close().unwrap();
        let store = open(&path, json!({"mode": "r"}));
        assert_eq!(store.load_array("a/points").unwrap(), points, "{name}");
        assert_eq!(store.stat("a/points").unwrap().dims, ["point", "axis"]);
        assert_eq!(store.attributes("a/points").unwrap()["unit"], "mm");
        let info = store.stat("sparse").unwrap();
        assert_eq!(info.shape, [1 << 36]);
        assert!(info.stored_bytes < 10_000, "{name}: {}", info.stored_bytes);
        let read = |at: u64| {
            let region = Region { offset: vec![at], shape: vec![2] };
            store.load_region("sparse", &region).unwrap().to_vec::<i64>().unwrap()
        };
        assert_eq!((read(5_000_000_501), read(77)), (vec![2, 3], vec![-7, -7]), "{name}");
        assert!(store.verify(false).unwrap().is_empty());
        if name == "compact" {
            assert!(store.stat("a/points").unwrap().stored_bytes < source.stat("a/points").unwrap().stored_bytes / 2);
        }
    }
    // A copy that fails leaves no half of an array.
    let path = dir.path().join("damaged.zarr");
    let damaged = open(&path, json!({"codec": "none", "chunk_elements": 3000}));
    damaged.save("x", points.clone()).unwrap();
    damaged.close().unwrap();
    std::fs::write(path.join("x/7.0"), [0; 100]).unwrap();
    let target = open(&dir.path().join("target.zarr"), json!({}));
    let error = open(&path, json!({"mode": "r"})).copy_with(&target, &with(json!({}))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
    assert!(error.message().contains("7.0") && target.keys().unwrap().is_empty(), "{error}");
}

/// Of the whole process: every array here is larger.
fn small_budget() {
    datastorage::config::configure(r#"{"staging_budget": 4096}"#).unwrap();
}

/// A store with an array `x` of 100 parts; one behind those that an encoding is chosen by is damaged where that is asked for.
fn source_of_parts(path: &Path, damaged: bool) -> (Storage, Array) {
    let store = open(path, json!({}));
    let elements = Array::vector(&(0..100_000).collect::<Vec<i32>>());
    let options =
        json!({"chunks": [1000], "fill_value": -7, "codec": "none", "dims": ["face"], "attributes": {"of": "source"}});
    store.create("x", DType::I32, &[100_000], &ArrayOptions::from_json(options).unwrap()).unwrap();
    store.save_region("x", &[0], &elements.view()).unwrap();
    store.close().unwrap();
    if damaged {
        std::fs::write(path.join("x/90"), [0; 100]).unwrap();
    }
    (open(path, json!({"mode": "r"})), elements)
}

fn old_array() -> Array {
    Array::vector(&(0..5000).map(|i| i as f64 * 0.5).collect::<Vec<_>>())
}

/// A store whose array `x` was acknowledged.
fn target_of_old(path: &Path, options: Json) -> Storage {
    let store = open(path, options);
    store.save("x", old_array()).unwrap();
    store.set_dimensions("x", &["side"]).unwrap();
    store.set_attributes("x", json!({"of": "target"}).as_object().unwrap().clone()).unwrap();
    store.flush().unwrap();
    store
}

#[track_caller]
fn has_old(store: &Storage) {
    assert_eq!(store.list("", true).unwrap(), [("x".to_owned(), datastorage::Kind::Array)]);
    assert!(store.load_array("x").unwrap() == old_array());
    assert_eq!(store.attributes("x").unwrap()["of"], "target");
    let info = store.stat("x").unwrap();
    assert_eq!((info.dims, info.shape), (vec!["side".to_owned()], vec![5000]));
    let kib = info.stored_bytes as f64 / 1024.0;
    let noted = store.load_metadata("file_sizes_KB/x").unwrap().as_f64().unwrap();
    assert!((noted - kib).abs() < 0.001, "{noted} is noted, {kib} are stored");
}

/// The old array is there after the next commit too, and nothing else is.
#[track_caller]
fn has_old_reopened(path: &Path) {
    for mode in ["r", "a", "r"] {
        let store = open(path, json!({"mode": mode}));
        has_old(&store);
        assert!(store.verify(false).unwrap().is_empty());
        store.close().unwrap();
    }
    let entries = |dir: &Path| {
        let names = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.contains("ds-") || name == "y").collect::<Vec<String>>()
    };
    assert_eq!((entries(path), entries(path.parent().unwrap())), (vec![], vec![]));
}

fn in_small_chunks() -> CopyOptions {
    with(json!({"chunk_elements": 100}))
}

#[test]
fn a_copy_that_fails_keeps_what_it_would_have_replaced() {
    small_budget();
    let dir = tempfile::tempdir().unwrap();
    let (source, _) = source_of_parts(&dir.path().join("source.zarr"), true);
    for (zarr_format, staging) in [(2, "auto"), (2, "disk"), (2, "memory"), (3, "auto"), (3, "disk")] {
        let path = dir.path().join(format!("{staging}{zarr_format}/target.zarr"));
        let target = target_of_old(&path, json!({"staging": staging, "zarr_format": zarr_format}));
        let error = source.copy_with(&target, &in_small_chunks()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
        has_old(&target);
        target.close().unwrap();
        has_old_reopened(&path);
    }
    // What was saved and not committed yet stays as well, and so does a whole group.
    let target = open(&dir.path().join("new.zarr"), json!({}));
    target.save("x/deep/y", old_array()).unwrap();
    source.copy_with(&target, &in_small_chunks()).unwrap_err();
    assert!(target.load_array("x/deep/y").unwrap() == old_array());
    target.close().unwrap();
    let target = open(&dir.path().join("new.zarr"), json!({"mode": "r"}));
    assert!(target.load_array("x/deep/y").unwrap() == old_array());
}

#[test]
fn a_copy_that_is_refused_replaces_nothing() {
    small_budget();
    let dir = tempfile::tempdir().unwrap();
    let (source, elements) = source_of_parts(&dir.path().join("source.zarr"), false);
    let target = open(&dir.path().join("target.zarr"), json!({}));
    let set_schema = |dim: &str, dtype: &str| {
        let array = |dtype: &str| json!({"dims": [dim], "dtype": dtype});
        let arrays = json!({"x": array(dtype), "sibling": array("float64")});
        let group = json!({"primary_dimension": dim, "arrays": arrays});
        target.set_schema(&json!({"domain": "d", "groups": {"g": group}})).unwrap();
    };
    let refused = |source: &Storage, kind: ErrorKind, word: &str| {
        let before = target.load_array("x").unwrap();
        let error = source.copy_with(&target, &in_small_chunks()).unwrap_err();
        assert!(error.kind() == kind && error.message().contains(word), "{error}");
        assert!(target.load_array("x").unwrap() == before);
    };
    set_schema("face", "float64");
    target.save("x", old_array()).unwrap();
    refused(&source, ErrorKind::Schema, "float64");
    target.delete("x").unwrap();
    set_schema("edge", "int32");
    target.save("x", Array::vector(&[1i32; 5000])).unwrap();
    refused(&source, ErrorKind::Schema, "edge");
    target.delete("x").unwrap();
    set_schema("face", "int32");
    target.save("x", Array::vector(&[1i32; 5000])).unwrap();
    target.save("sibling", old_array()).unwrap();
    refused(&source, ErrorKind::Schema, "100000, in sibling it is 5000");
    // A copy that fails half way claims no length of a dimension.
    target.delete("sibling").unwrap();
    let (damaged, _) = source_of_parts(&dir.path().join("damaged.zarr"), true);
    refused(&damaged, ErrorKind::Corrupt, "90");
    target.save("sibling", old_array()).unwrap();
    // One that succeeds does.
    target.delete("sibling").unwrap();
    source.copy_with(&target, &in_small_chunks()).unwrap();
    assert!(target.load_array("x").unwrap() == elements);
    let error = target.save("sibling", old_array()).unwrap_err();
    assert!(error.kind() == ErrorKind::Schema && error.message().contains("100000"), "{error}");
}

#[test]
fn a_copy_replaces_in_one_step_that_no_reader_sees_half_done() {
    small_budget();
    let dir = tempfile::tempdir().unwrap();
    let (source, elements) = source_of_parts(&dir.path().join("source.zarr"), false);
    for staging in ["auto", "disk", "memory"] {
        let path = dir.path().join(format!("{staging}.zarr"));
        let target = Arc::new(target_of_old(&path, json!({"staging": staging})));
        let (calls, within, beside) = (Arc::new(AtomicU64::new(0)), Arc::downgrade(&target), path.clone());
        let seen = calls.clone();
        target.set_progress(Some(Arc::new(move |progress| {
            if progress.stage == "write" && seen.fetch_add(1, Ordering::Relaxed) % 200 == 199 {
                let store = within.upgrade().unwrap();
                has_old(&store);
                store.flush().unwrap();
                has_old(&open(&beside, json!({"mode": "r"})));
            }
            true
        })));
        assert_eq!(source.copy_with(&target, &in_small_chunks()).unwrap(), 1);
        target.set_progress(None);
        assert!(calls.load(Ordering::Relaxed) >= 1000, "{staging}: {calls:?}");
        for store in [&target, &open(&path, json!({"mode": "r"}))] {
            // With staging, the copy is acknowledged by the next commit.
            if store.read_only() && staging != "disk" {
                has_old(store);
                target.flush().unwrap();
            }
            assert!(store.load_array("x").unwrap() == elements, "{staging}");
            assert_eq!(store.dimensions("x").unwrap(), ["face"]);
            assert_eq!(store.attributes("x").unwrap()["of"], "source");
        }
        assert!(target.verify(false).unwrap().is_empty());
    }
    // Groups that were there, and those on the way, become the array.
    let target = open(&dir.path().join("groups.zarr"), json!({}));
    target.save("x/deep/y", old_array()).unwrap();
    target.flush().unwrap();
    source.copy_with(&target, &in_small_chunks()).unwrap();
    target.close().unwrap();
    let target = open(&dir.path().join("groups.zarr"), json!({"mode": "r"}));
    assert_eq!(target.list("", true).unwrap(), [("x".to_owned(), datastorage::Kind::Array)]);
    assert!(target.load_array("x").unwrap() == elements);
}

#[test]
fn a_cancelled_copy_keeps_what_it_would_have_replaced() {
    small_budget();
    let dir = tempfile::tempdir().unwrap();
    let (source, elements) = source_of_parts(&dir.path().join("source.zarr"), false);
    for (staging, by_interrupt) in [("auto", false), ("disk", false), ("memory", false), ("auto", true)] {
        let path = dir.path().join(format!("{staging}{by_interrupt}/target.zarr"));
        let target = Arc::new(target_of_old(&path, json!({"staging": staging})));
        let (calls, store) = (AtomicU64::new(0), Arc::downgrade(&target));
        target.set_progress(Some(Arc::new(move |progress| {
            let last = progress.stage == "write" && calls.fetch_add(1, Ordering::Relaxed) == 500;
            if last && by_interrupt {
                store.upgrade().unwrap().interrupt();
            }
            !last || by_interrupt
        })));
        let error = source.copy_with(&target, &in_small_chunks()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Cancelled, "{error}");
        target.set_progress(None);
        has_old(&target);
        target.close().unwrap();
        has_old_reopened(&path);
        // Tried again, it is copied.
        let target = open(&path, json!({"staging": staging}));
        source.copy_with(&target, &in_small_chunks()).unwrap();
        assert!(target.load_array("x").unwrap() == elements);
    }
}

const ROLE: &str = "DS_COPY_TEST_ROLE";

#[test]
fn a_killed_copy_keeps_what_it_would_have_replaced() {
    small_budget();
    if let Some(dir) = std::env::var_os(ROLE).map(PathBuf::from) {
        copy_until_killed(&dir);
    }
    let dir = tempfile::tempdir().unwrap();
    source_of_parts(&dir.path().join("source.zarr"), false);
    for staging in ["auto", "disk"] {
        let path = dir.path().join(staging).join("target.zarr");
        target_of_old(&path, json!({})).close().unwrap();
        let mut copying = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "a_killed_copy_keeps_what_it_would_have_replaced", "--nocapture", "--test-threads=1"])
            .env(ROLE, path.parent().unwrap())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(copying.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap().contains("half way")), "the copy ended before it was half way");
        copying.kill().unwrap();
        copying.wait().unwrap();
        has_old_reopened(&path);
    }
}

/// Copies into the store of a directory; half way it commits and waits for its end.
fn copy_until_killed(dir: &Path) -> ! {
    let source = open(&dir.join("../source.zarr"), json!({"mode": "r"}));
    let staging = dir.file_name().unwrap().to_str().unwrap();
    let target = Arc::new(open(&dir.join("target.zarr"), json!({"staging": staging})));
    let (calls, store) = (AtomicU64::new(0), Arc::downgrade(&target));
    target.set_progress(Some(Arc::new(move |progress| {
        if progress.stage == "write" && calls.fetch_add(1, Ordering::Relaxed) == 500 {
            store.upgrade().unwrap().flush().unwrap();
            println!("half way");
            let mut line = String::new();
            _ = std::io::stdin().read_line(&mut line);
            std::process::exit(1);
        }
        true
    })));
    let copied = source.copy_with(&target, &in_small_chunks());
    panic!("nobody ended it: {copied:?}");
}
