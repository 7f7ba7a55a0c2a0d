//! Arrays that are written by parts: what is on disk when, what is refused, what readers and other threads see.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use datastorage::{Array, ArrayOptions, ArrayView, DType, Error, ErrorKind, Options, Region, Storage};
use serde_json::{Value as Json, json};

fn open(path: &Path, options: Json) -> Storage {
    Storage::open_zarr(path, &Options::from_json(options).unwrap()).unwrap()
}

fn with(options: Json) -> ArrayOptions {
    ArrayOptions::from_json(options).unwrap()
}

fn view<'a>(shape: &[u64], values: &'a [i32]) -> ArrayView<'a> {
    ArrayView::from_slice(shape, values).unwrap()
}

fn region(offset: &[u64], shape: &[u64]) -> Region {
    Region { offset: offset.to_vec(), shape: shape.to_vec() }
}

fn ints(store: &Storage, key: &str) -> Vec<i32> {
    store.load_array(key).unwrap().to_vec().unwrap()
}

#[track_caller]
fn fails<T>(result: Result<T, Error>, kind: ErrorKind, words: &[&str]) {
    let Err(error) = result else { panic!("wanted an error") };
    assert_eq!(error.kind(), kind, "{error}");
    for word in words {
        assert!(error.message().contains(word), "'{error}' does not name '{word}'");
    }
}

fn entries(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn nothing_is_on_disk_before_a_commit_and_a_discard_leaves_the_old() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.zarr");
    let store = open(&path, json!({"export": false}));
    store.create("x", DType::I32, &[6], &with(json!({"chunks": [2], "fill_value": -1}))).unwrap();
    store.save_region("x", &[1], &view(&[2], &[7, 8])).unwrap();
    assert_eq!(ints(&store, "x"), [-1, 7, 8, -1, -1, -1]);
    assert!(!path.exists());
    store.flush().unwrap();
    assert_eq!(entries(&path.join("x")), [".ds_record", ".zarray", ".zattrs", "0", "1"], "chunk 2 was never written");
    store.save_region("x", &[4], &view(&[2], &[5, 6])).unwrap();
    store.resize("x", &[5]).unwrap();
    let reader = open(&path, json!({"mode": "r"}));
    assert_eq!(ints(&reader, "x"), [-1, 7, 8, -1, -1, -1]);
    assert_eq!(ints(&store, "x"), [-1, 7, 8, -1, 5]);
    store.discard();
    let store = open(&path, json!({"export": false}));
    assert_eq!(ints(&store, "x"), [-1, 7, 8, -1, -1, -1]);
    store.append("x", &view(&[1], &[9]), 0).unwrap();
    store.close().unwrap();
    assert_eq!(ints(&reader, "x"), [-1, 7, 8, -1, -1, -1, 9], "readers need not open again");
    assert!(reader.verify(false).unwrap().is_empty());
}

#[test]
fn without_staging_a_call_is_durable_when_it_returns() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.zarr");
    let store = open(&path, json!({"staging": "disk", "sync": "none"}));
    let reader = || open(&path, json!({"mode": "r"}));
    store.create("x", DType::I32, &[3, 0], &with(json!({}))).unwrap();
    assert_eq!(reader().stat("x").unwrap().shape, [3, 0]);
    store.append("x", &view(&[3, 2], &[1, 2, 3, 4, 5, 6]), 1).unwrap();
    assert_eq!(ints(&reader(), "x"), [1, 2, 3, 4, 5, 6]);
    store.save_region("x", &[2, 1], &view(&[1, 1], &[0])).unwrap();
    assert_eq!(ints(&reader(), "x"), [1, 2, 3, 4, 5, 0]);
    store.resize("x", &[1, 1]).unwrap();
    store.resize("x", &[2, 2]).unwrap();
    assert_eq!(ints(&reader(), "x"), [1, 0, 0, 0], "what was cut does not come back");
}

#[cfg(unix)]
#[test]
fn a_commit_takes_over_what_did_not_change() {
    use std::os::unix::fs::MetadataExt;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.zarr");
    for separator in [".", "/"] {
        let store = open(&path, json!({"mode": "w", "dimension_separator": separator, "export": false}));
        store.create("x", DType::I32, &[8, 2], &with(json!({"chunks": [2, 2]}))).unwrap();
        store.save_region("x", &[0, 0], &view(&[8, 2], &(0..16).collect::<Vec<_>>())).unwrap();
        store.flush().unwrap();
        let inode = |row: u64| {
            std::fs::metadata(path.join(format!("x/{row}{separator}0"))).map(|m| (m.ino(), m.nlink())).unwrap()
        };
        let before: Vec<_> = (0..4).map(inode).collect();
        store.save_region("x", &[3, 1], &view(&[1, 1], &[99])).unwrap();
        store.flush().unwrap();
        let after: Vec<_> = (0..4).map(inode).collect();
        let same: Vec<bool> = before.iter().zip(&after).map(|(b, a)| b == a).collect();
        assert_eq!(same, [true, false, true, true], "one name each again, and one new file");
        assert_eq!(ints(&store, "x")[6..8], [6, 99]);
        store.close().unwrap();
    }
}

#[test]
fn a_lost_or_altered_chunk_is_told_and_never_written_down_as_right() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.zarr");
    let store = open(&path, json!({"codec": "none", "delta": false, "export": false}));
    for key in ["lost", "altered"] {
        store.create(key, DType::I32, &[6], &with(json!({"chunks": [2]}))).unwrap();
        store.save_region(key, &[0], &view(&[6], &[1, 2, 3, 4, 5, 6])).unwrap();
    }
    store.close().unwrap();
    std::fs::remove_file(path.join("lost/1")).unwrap();
    std::fs::write(path.join("altered/1"), [0; 8]).unwrap();
    let store = open(&path, json!({"export": false}));
    for key in ["lost", "altered"] {
        let half = view(&[1], &[9]);
        fails(store.save_region(key, &[3], &half), ErrorKind::Corrupt, &[key, "'1'"]);
        fails(store.resize(key, &[3]), ErrorKind::Corrupt, &[key, "'1'"]);
        assert_eq!(store.load_region(key, &region(&[4], &[2])).unwrap().to_vec::<i32>().unwrap(), [5, 6]);
    }
    store.save_region("lost", &[0], &view(&[2], &[8, 8])).unwrap();
    fails(store.flush(), ErrorKind::Corrupt, &["lost", "'1'"]);
    store.save_region("lost", &[2], &view(&[2], &[3, 4])).unwrap();
    store.flush().unwrap();
    assert_eq!(ints(&store, "lost"), [8, 8, 3, 4, 5, 6], "a whole chunk replaces what was lost");
}

#[test]
fn the_schema_rules_over_parts_too() {
    let store = Storage::memory();
    let schema = json!({"domain": "d", "groups": {"faces": {"primary_dimension": "face", "arrays": {
        "area": {"dims": ["face"], "dtype": "float32", "min_value": 0.0},
        "normal": {"dims": ["face", "xyz"], "dtype": "float32"}}}}});
    store.set_schema(&schema).unwrap();
    let f32s = |shape: &[u64], values: &[f32]| Array::from_slice(shape, values).unwrap();
    fails(store.create("area", DType::I32, &[2], &with(json!({}))), ErrorKind::Schema, &["area", "float32", "int32"]);
    fails(store.create("area", DType::F64, &[2], &with(json!({}))), ErrorKind::Schema, &["area", "float32", "float64"]);
    fails(store.create("area", DType::F32, &[2, 2], &with(json!({}))), ErrorKind::Schema, &["area", "1", "2"]);
    fails(store.create("area", DType::F32, &[2], &with(json!({"fill_value": -1}))), ErrorKind::Schema, &["area", "-1"]);
    fails(store.create("area", DType::F32, &[2], &with(json!({"dims": ["edge"]}))), ErrorKind::Schema, &["edge"]);
    store.create("area", DType::F32, &[2], &with(json!({}))).unwrap();
    assert_eq!(store.dimensions("area").unwrap(), ["face"]);
    fails(
        store.create("normal", DType::F32, &[3, 3], &with(json!({}))),
        ErrorKind::Schema,
        &["normal", "face", "3", "2"],
    );
    store.create("normal", DType::F32, &[2, 3], &with(json!({}))).unwrap();
    fails(store.resize("area", &[5]), ErrorKind::Schema, &["area", "face", "5", "2"]);
    fails(store.append("area", &f32s(&[1], &[1.0]).view(), 0), ErrorKind::Schema, &["area", "face", "3", "2"]);
    fails(store.save_region("area", &[0], &f32s(&[1], &[-1.0]).view()), ErrorKind::Schema, &["area", "-1"]);
    store.save_region("area", &[1], &f32s(&[1], &[2.5]).view()).unwrap();
    assert_eq!(store.load_array("area").unwrap().to_vec::<f32>().unwrap(), [0.0, 2.5]);
    store.resize("normal", &[2, 5]).unwrap();
    store.delete("normal").unwrap();
    store.append("area", &f32s(&[1], &[3.0]).view(), 0).unwrap();
    assert_eq!(store.stat("area").unwrap().shape, [3]);
}

#[test]
fn wrong_options_and_elements_are_refused_and_change_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir.path().join("p.zarr"), json!({"export": false}));
    let create = |dtype, shape: &[u64], options: Json| store.create("x", dtype, shape, &with(options));
    for (options, words) in [
        (json!({"chunks": [1, 2]}), ["chunks", "2"]),
        (json!({"chunks": [0]}), ["chunks", "0"]),
        (json!({"dims": ["a", "b"]}), ["dims", "2"]),
        (json!({"dims": [""]}), ["dimension", "''"]),
        (json!({"fill_value": 300}), ["fill_value", "int8"]),
        (json!({"attributes": {"_ARRAY_DIMENSIONS": 1}}), ["_ARRAY_DIMENSIONS", "x"]),
        (json!({"codec": "zstd:99"}), ["codec", "99"]),
    ] {
        fails(create(DType::I8, &[4], options), ErrorKind::InvalidArgument, &words);
    }
    fails(create(DType::I8, &[4], json!({"codec": "shrink"})), ErrorKind::Codec, &["shrink"]);
    fails(create(DType::I8, &[4], json!({"shards": [4]})), ErrorKind::Unsupported, &["shards"]);
    fails(create(DType::I8, &[1 << 40], json!({"chunks": [1u64 << 40]})), ErrorKind::InvalidArgument, &["chunk"]);
    fails(create(DType::I8, &[u64::MAX, 2], json!({})), ErrorKind::InvalidArgument, &["x", "2"]);
    fails(create(DType::F32, &[2], json!({"fill_value": "NaN"})), ErrorKind::Nan, &["x", "fill_value"]);
    assert!(store.keys().unwrap().is_empty());

    create(DType::F64, &[4], json!({"fill_value": "-Infinity", "chunks": [3]})).unwrap();
    let nan = Array::vector(&[f64::NAN]);
    fails(store.save_region("x", &[0], &nan.view()), ErrorKind::Nan, &["x"]);
    fails(store.append("x", &nan.view(), 0), ErrorKind::Nan, &["x"]);
    fails(store.append("x", &Array::vector(&[1.0f64]).view(), 1), ErrorKind::InvalidArgument, &["axis", "1"]);
    fails(store.append("x", &Array::vector(&[1.0f32]).view(), 0), ErrorKind::DtypeMismatch, &["float64", "float32"]);
    fails(store.resize("x", &[u64::MAX]), ErrorKind::InvalidArgument, &["x"]);
    fails(store.create("x", DType::U8, &[], &with(json!({}))), ErrorKind::AlreadyExists, &["x"]);
    assert_eq!(store.load_array("x").unwrap().to_vec::<f64>().unwrap(), [f64::NEG_INFINITY; 4]);
    store.save_bytes("b", b"bytes").unwrap();
    fails(store.resize("b", &[2]), ErrorKind::WrongKind, &["b", "bytes"]);
    let two = [2u8];
    let bad = ArrayView::from_bytes(DType::Bool, &[1], &two).unwrap();
    store.create("flags", DType::Bool, &[1], &with(json!({}))).unwrap();
    fails(store.save_region("flags", &[0], &bad), ErrorKind::InvalidArgument, &["flags", "bool"]);
    store.compress().unwrap();
    fails(store.resize("x", &[2]), ErrorKind::ReadOnly, &["read-only"]);
    fails(store.create("y", DType::U8, &[1], &with(json!({}))), ErrorKind::ReadOnly, &["read-only"]);
}

#[test]
fn a_chunk_that_was_never_written_is_an_error_when_there_is_no_fill_value() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir.path().join("p.zarr"), json!({"export": false}));
    store.create("x", DType::I32, &[4], &with(json!({"fill_value": null, "chunks": [2]}))).unwrap();
    store.save_region("x", &[0], &view(&[2], &[1, 2])).unwrap();
    assert_eq!(store.load_region("x", &region(&[0], &[2])).unwrap().to_vec::<i32>().unwrap(), [1, 2]);
    fails(store.load("x"), ErrorKind::Corrupt, &["x", "'1'"]);
    store.save_region("x", &[2], &view(&[2], &[3, 4])).unwrap();
    store.flush().unwrap();
    assert_eq!(ints(&store, "x"), [1, 2, 3, 4]);
}

#[test]
fn a_cancelled_write_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    for options in [json!({}), json!({"staging": "disk", "sync": "none"})] {
        let store = open(&dir.path().join(format!("{}.zarr", options.as_object().unwrap().len())), options);
        store.create("x", DType::I32, &[2000, 100], &with(json!({"chunks": [10, 100]}))).unwrap();
        let values: Vec<i32> = (0..200_000).collect();
        store
            .set_progress(Some(std::sync::Arc::new(|p: &datastorage::Progress<'_>| p.stage != "write" || p.done < 64)));
        fails(store.save_region("x", &[0, 0], &view(&[2000, 100], &values)), ErrorKind::Cancelled, &["write"]);
        fails(store.append("x", &view(&[2000, 100], &values), 0), ErrorKind::Cancelled, &["write"]);
        store.set_progress(None);
        assert_eq!(store.stat("x").unwrap().shape, [2000, 100]);
        assert!(ints(&store, "x").iter().all(|&x| x == 0));
        store.save_region("x", &[0, 0], &view(&[2000, 100], &values)).unwrap();
        assert_eq!(ints(&store, "x"), values);
    }
}

#[test]
fn threads_write_and_read_one_array_at_once() {
    const ROWS: u64 = 64;
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir.path().join("p.zarr"), json!({"sync": "none", "codec": "zstd:1", "export": false}));
    store.create("x", DType::I32, &[ROWS, 50], &with(json!({"chunks": [3, 20]}))).unwrap();
    store.create("log", DType::I32, &[0, 4], &with(json!({"chunks": [7, 4]}))).unwrap();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..4u64)
            .map(|thread| {
                let store = &store;
                scope.spawn(move || {
                    for row in (thread..ROWS).step_by(4) {
                        let values = [row as i32 + 1; 50];
                        store.save_region("x", &[row, 0], &view(&[1, 50], &values)).unwrap();
                        store.append("log", &view(&[2, 4], &[row as i32; 8]), 0).unwrap();
                        if row % 16 == 0 {
                            store.flush().unwrap();
                        }
                    }
                })
            })
            .collect();
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                // A chunk has a row of one call wholly or not at all; an append is all there or not.
                for (i, row) in ints(&store, "x").chunks(50).enumerate() {
                    for part in [&row[..20], &row[20..40], &row[40..]] {
                        assert!(part.iter().all(|&x| x == part[0]) && (part[0] == 0 || part[0] == i as i32 + 1));
                    }
                }
                let log = store.load_array("log").unwrap();
                assert_eq!(log.shape()[0] % 2, 0);
                assert!(log.to_vec::<i32>().unwrap().chunks(8).all(|two| two.iter().all(|&x| x == two[0])));
            }
        });
        let outcomes: Vec<_> = writers.into_iter().map(std::thread::ScopedJoinHandle::join).collect();
        done.store(true, Ordering::Relaxed);
        assert!(outcomes.iter().all(Result::is_ok));
    });
    assert!(ints(&store, "x").chunks(50).enumerate().all(|(i, row)| row.iter().all(|&x| x == i as i32 + 1)));
    let mut log: Vec<i32> = ints(&store, "log").chunks(8).map(|two| two[0]).collect();
    log.sort_unstable();
    assert_eq!(log, (0..ROWS as i32).collect::<Vec<_>>());
}

#[test]
fn an_array_stored_by_columns_is_written_by_rows() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.zarr");
    std::fs::create_dir_all(path.join("f")).unwrap();
    let zarray = json!({"chunks": [4, 3], "compressor": {"id": "zstd", "level": 1}, "dtype": "<i4", "fill_value": 0,
        "filters": null, "order": "F", "shape": [0, 3], "zarr_format": 2});
    std::fs::write(path.join(".zgroup"), br#"{"zarr_format": 2}"#).unwrap();
    std::fs::write(path.join("f/.zarray"), zarray.to_string()).unwrap();
    let store = open(&path, json!({"export": false}));
    let mut want = Vec::new();
    for row in 0..9 {
        let values = [row, 10 * row, 100 * row];
        store.append("f", &view(&[1, 3], &values), 0).unwrap();
        want.extend(values);
        assert_eq!(ints(&store, "f"), want);
        let last = store.load_region("f", &region(&[row as u64, 1], &[1, 2])).unwrap();
        assert_eq!(last.to_vec::<i32>().unwrap(), values[1..]);
    }
    store.close().unwrap();
    assert_eq!(ints(&open(&path, json!({"mode": "r"})), "f"), want);
}

#[test]
fn a_store_that_no_disk_sees_takes_parts_too() {
    let store = Storage::memory();
    store.create("x", DType::I32, &[0], &with(json!({"chunks": [2]}))).unwrap();
    store.append("x", &view(&[3], &[1, 2, 3]), 0).unwrap();
    let bytes = store.to_bytes(&Options::default()).unwrap();
    let archive = Storage::open_bytes(bytes, &Options::default()).unwrap();
    assert_eq!(ints(&archive, "x"), [1, 2, 3]);
    fails(archive.append("x", &view(&[1], &[4]), 0), ErrorKind::ReadOnly, &["read-only"]);

    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir.path().join("p.zarr"), json!({"export": false, "profile": "fast"}));
    store.create("x", DType::I32, &[5], &with(json!({"chunks": [2], "fill_value": 9, "profile": "compact"}))).unwrap();
    store.save_region("x", &[1], &view(&[3], &[1, 2, 3])).unwrap();
    let archive = Storage::open_bytes(store.to_bytes(&Options::default()).unwrap(), &Options::default()).unwrap();
    assert_eq!(ints(&archive, "x"), [9, 1, 2, 3, 9]);
    store.append("x", &view(&[1], &[4]), 0).unwrap();
    assert_eq!(ints(&store, "x"), [9, 1, 2, 3, 9, 4]);
}

#[test]
fn arrays_of_other_tools_are_written_in_their_own_layout() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.zarr");
    let write = |name: &str, bytes: &[u8]| {
        std::fs::create_dir_all(path.join(name).parent().unwrap()).unwrap();
        std::fs::write(path.join(name), bytes).unwrap();
    };
    let zarray = |dtype: &str, order: &str, fill: Json| {
        json!({"chunks": [2, 2], "compressor": null, "dtype": dtype, "fill_value": fill, "filters": null, "order": order,
            "shape": [3, 3], "zarr_format": 2})
        .to_string()
    };
    write(".zgroup", br#"{"zarr_format": 2}"#);
    write("f/.zarray", zarray(">i4", "F", json!(7)).as_bytes());
    // Chunk 0.0 by columns, most significant byte first: 1 3 / 2 4.
    write("f/0.0", &[0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 4]);
    write("s/.zarray", zarray("|S2", "C", json!("")).as_bytes());
    let store = open(&path, json!({"export": false}));
    assert_eq!(ints(&store, "f"), [1, 2, 7, 3, 4, 7, 7, 7, 7]);
    store.save_region("f", &[1, 0], &view(&[2, 1], &[5, 6])).unwrap();
    store.append("f", &view(&[1, 3], &[8, 8, 8]), 0).unwrap();
    let bytes = Array::from_slice(&[1, 1, 2], &[1u8, 2]).unwrap();
    fails(store.save_region("s", &[0, 0, 0], &bytes.view()), ErrorKind::Unsupported, &["s", "|S2"]);
    store.close().unwrap();
    let store = open(&path, json!({"mode": "r"}));
    assert_eq!(ints(&store, "f"), [1, 2, 7, 5, 4, 7, 6, 7, 7, 8, 8, 8]);
    assert_eq!(std::fs::read(path.join("f/0.0")).unwrap(), [0, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0, 2, 0, 0, 0, 4]);
    assert!(!path.join("f/0.1").exists(), "what was not written is not stored");
    assert!(path.join("f/1.1").exists() && store.verify(false).unwrap().is_empty());
}
