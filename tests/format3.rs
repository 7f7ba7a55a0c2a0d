//! Stores of Zarr format 3 that this library writes: documents, shards, consolidated metadata, damage.

use std::path::Path;

use datastorage::{
    Array, ArrayOptions, ArrayView, CopyOptions, DType, Error, ErrorKind, Options, Region, Storage, Value,
};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

fn open(path: &Path, mut options: Json) -> Result<Storage, Error> {
    let all = options.as_object_mut().unwrap();
    all.entry("export").or_insert(false.into());
    Storage::open_zarr(path, &Options::from_json(options).unwrap())
}

fn with(options: Json) -> ArrayOptions {
    ArrayOptions::from_json(options).unwrap()
}

fn document(path: &Path) -> Json {
    serde_json::from_slice(&std::fs::read(path.join("zarr.json")).unwrap()).unwrap()
}

fn region(offset: &[u64], shape: &[u64]) -> Region {
    Region { offset: offset.to_vec(), shape: shape.to_vec() }
}

fn fails<T>(result: Result<T, Error>, kind: ErrorKind, words: &[&str]) {
    let Err(error) = result else { panic!("wanted {kind:?} with {words:?}") };
    assert_eq!(error.kind(), kind, "{error}");
    words.iter().for_each(|word| assert!(error.message().contains(word), "{error}: no '{word}'"));
}

#[test]
fn documents_say_what_the_specification_asks() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.zarr");
    let store = open(&path, json!({"zarr_format": 3, "dimension_separator": "/"})).unwrap();
    store.save("faces/areas", Array::from_slice(&[2, 2], &[1.5f64, 2.5, 3.5, 4.5]).unwrap()).unwrap();
    store.save("faces/kinds", Array::vector(&[1i32, 2, 3])).unwrap();
    store.save("name", "bracket").unwrap();
    store.set_attributes("faces", json!({"unit": "mm"}).as_object().unwrap().clone()).unwrap();
    store.set_attributes("", json!({"title": "part"}).as_object().unwrap().clone()).unwrap();
    store.set_dimensions("faces/areas", &["face", "axis"]).unwrap();
    store.close().unwrap();
    let areas = document(&path.join("faces/areas"));
    let want = json!({"zarr_format": 3, "node_type": "array", "shape": [2, 2], "data_type": "float64",
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [2, 2]}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}}, "fill_value": 0.0,
        "codecs": [{"name": "bytes", "configuration": {"endian": "little"}},
                   {"name": "zstd", "configuration": {"level": 12, "checksum": false}}],
        "attributes": {}, "dimension_names": ["face", "axis"]});
    assert_eq!(areas, want);
    let kinds = document(&path.join("faces/kinds"));
    assert_eq!(kinds["codecs"][0]["name"], "numcodecs.delta");
    assert_eq!(document(&path.join("name"))["codecs"][0], json!({"name": "vlen-utf8"}));
    assert_eq!(document(&path.join("name"))["data_type"], "string");
    assert!(path.join("faces/areas/c/0/0").is_file() && path.join("name/c").is_file());
    assert_eq!(
        document(&path.join("faces")),
        json!({"zarr_format": 3, "node_type": "group", "attributes": {"unit": "mm"}})
    );
    let root = document(&path);
    assert_eq!(root["attributes"], json!({"title": "part"}));
    assert_eq!(root["consolidated_metadata"]["kind"], "inline");
    let all = root["consolidated_metadata"]["metadata"].as_object().unwrap();
    let keys: Vec<_> = all.keys().cloned().collect();
    assert_eq!(keys, ["faces", "faces/areas", "faces/kinds", "name"]);
    assert_eq!(all["faces/areas"], want);
    for old in [".zgroup", ".zmetadata", ".zattrs", "faces/.zgroup", "faces/areas/.zarray"] {
        assert!(!path.join(old).exists(), "{old}");
    }
}

#[test]
fn consolidated_metadata_follow_every_commit() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.zarr");
    let keys = || -> Vec<String> {
        let root = document(&path);
        root["consolidated_metadata"]["metadata"].as_object().map(|m| m.keys().cloned().collect()).unwrap_or_default()
    };
    let store = open(&path, json!({"zarr_format": 3})).unwrap();
    store.save("a", 1i32).unwrap();
    store.flush().unwrap();
    assert_eq!(keys(), ["a"]);
    store.save("g/b", 2i32).unwrap();
    store.save("a", "text").unwrap();
    store.flush().unwrap();
    assert_eq!(keys(), ["a", "g", "g/b"]);
    assert_eq!(document(&path)["consolidated_metadata"]["metadata"]["a"]["data_type"], "string");
    store.delete("a").unwrap();
    store.rename("g/b", "c").unwrap();
    store.set_attributes("", json!({"n": 1}).as_object().unwrap().clone()).unwrap();
    store.close().unwrap();
    assert_eq!(keys(), ["c", "g"]);
    assert_eq!(document(&path)["attributes"], json!({"n": 1}));
    // Opened again without the option, it is of the format it is of.
    let store = open(&path, json!({"mode": "r+"})).unwrap();
    store.save("d", 3i32).unwrap();
    store.close().unwrap();
    assert_eq!(keys(), ["c", "d", "g"]);
    assert_eq!(document(&path)["attributes"], json!({"n": 1}), "the root keeps its attributes");
}

#[test]
fn an_archive_holds_the_same() {
    let dir = tempfile::tempdir().unwrap();
    for options in [json!({}), json!({"chunk_elements": 4, "shard_elements": 16}), json!({"profile": "compact"})] {
        let path = dir.path().join("p.zarr");
        let mut all = options.clone();
        all["zarr_format"] = 3.into();
        let store = open(&path, all).unwrap();
        let points: Vec<f32> = (0..600).map(|i| (i as f32 * 0.1).sin()).collect();
        store.save("points", Array::from_slice(&[200, 3], &points).unwrap()).unwrap();
        store.save("text", Array::from_strings(vec![3], vec!["a".into(), String::new(), "ü".into()]).unwrap()).unwrap();
        store.save("bytes", Value::Bytes(vec![1, 2, 3])).unwrap();
        store.save_metadata("source", "a.step").unwrap();
        store.compress().unwrap();
        store.close().unwrap();
        let store = open(&path, json!({})).unwrap();
        assert!(store.read_only());
        assert_eq!(store.load_array("points").unwrap().to_vec::<f32>().unwrap(), points, "{options}");
        assert_eq!(store.load_array("text").unwrap().strings().unwrap()[2], "ü");
        assert_eq!(store.load("bytes").unwrap(), Value::Bytes(vec![1, 2, 3]));
        assert_eq!(store.load_metadata("source").unwrap(), "a.step");
        assert!(store.verify(false).unwrap().is_empty());
        let mut zip = zip::ZipArchive::new(std::fs::File::open(dir.path().join("p.zarr.data")).unwrap()).unwrap();
        let root: Json = serde_json::from_reader(zip.by_name("zarr.json").unwrap()).unwrap();
        assert_eq!(root["consolidated_metadata"]["metadata"].as_object().unwrap().len(), 3);
        assert!(zip.by_name(".zgroup").is_err());
        std::fs::remove_file(dir.path().join("p.zarr.data")).unwrap();
    }
}

#[test]
fn a_box_reads_the_inner_chunks_that_it_touches_and_no_other() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.zarr");
    let store = open(&path, json!({"zarr_format": 3, "codec": "zstd:1"})).unwrap();
    let options = with(json!({"chunks": [4, 4, 4], "shards": [16, 16, 16]}));
    store.create("x", DType::I32, &[20, 20, 20], &options).unwrap();
    let values: Vec<i32> = (1..=8000).collect();
    store.save_region("x", &[0, 0, 0], &ArrayView::from_slice(&[20, 20, 20], &values).unwrap()).unwrap();
    store.close().unwrap();
    let document = document(&path.join("x"));
    assert_eq!(document["chunk_grid"]["configuration"]["chunk_shape"], json!([16, 16, 16]));
    assert_eq!(document["codecs"][0]["configuration"]["chunk_shape"], json!([4, 4, 4]));
    let file = path.join("x/c/0/0/0");
    let good = std::fs::read(&file).unwrap();
    // The index is 64 pairs and a CRC-32C; inner chunk 1 begins behind inner chunk 0.
    let index = good.len() - 64 * 16 - 4;
    let word = |at: usize| u64::from_le_bytes(good[at..at + 8].try_into().unwrap()) as usize;
    let second = word(index + 16);
    let mut bad = good.clone();
    bad[second + word(index + 24) / 2] ^= 0x55;
    std::fs::write(&file, &bad).unwrap();
    let store = open(&path, json!({"mode": "r"})).unwrap();
    let load = |offset: &[u64], shape: &[u64]| store.load_region("x", &region(offset, shape));
    let cell = |x: u64, y: u64, z: u64| (x * 400 + y * 20 + z + 1) as i32;
    assert_eq!(load(&[5, 6, 7], &[1, 1, 1]).unwrap().to_vec::<i32>().unwrap(), [cell(5, 6, 7)]);
    assert_eq!(load(&[3, 3, 3], &[1, 1, 1]).unwrap().to_vec::<i32>().unwrap(), [cell(3, 3, 3)]);
    fails(load(&[0, 0, 3], &[1, 1, 2]), ErrorKind::Corrupt, &["x", "c/0/0/0", "0.0.1", "crc32c"]);
    fails(store.load_array("x"), ErrorKind::Corrupt, &["x", "c/0/0/0"]);
    // A shard of another length, or none, is told by any box.
    std::fs::write(&file, &good[1..]).unwrap();
    fails(load(&[5, 6, 7], &[1, 1, 1]), ErrorKind::Corrupt, &["x", "c/0/0/0", "recorded"]);
    std::fs::remove_file(&file).unwrap();
    fails(load(&[5, 6, 7], &[1, 1, 1]), ErrorKind::Corrupt, &["x", "c/0/0/0", "missing"]);
    assert_eq!(load(&[17, 3, 3], &[1, 1, 1]).unwrap().to_vec::<i32>().unwrap(), [cell(17, 3, 3)]);
    // Without integrity checks a changed index is still found by its own checksum.
    for at in [index, good.len() - 1] {
        let mut bad = good.clone();
        bad[at] ^= 1;
        std::fs::write(&file, bad).unwrap();
        let store = open(&path, json!({"mode": "r", "integrity": "ignore"})).unwrap();
        let read = store.load_region("x", &region(&[5, 6, 7], &[1, 1, 1]));
        fails(read, ErrorKind::Corrupt, &["x", "c/0/0/0", "crc32c"]);
    }
}

#[test]
fn an_array_that_is_mostly_empty_takes_no_room() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.zarr");
    let store = open(&path, json!({"zarr_format": 3})).unwrap();
    let options = with(json!({"chunks": [100], "shards": [100_000], "fill_value": -1}));
    store.create("x", DType::I64, &[1 << 40], &options).unwrap();
    store.save_region("x", &[12_345_678], &ArrayView::from_slice(&[2], &[7i64, 8]).unwrap()).unwrap();
    store.close().unwrap();
    let store = open(&path, json!({"mode": "r"})).unwrap();
    assert!(store.stat("x").unwrap().stored_bytes < 20_000);
    let read = store.load_region("x", &region(&[12_345_677], &[4])).unwrap();
    assert_eq!(read.to_vec::<i64>().unwrap(), [-1, 7, 8, -1]);
    assert_eq!(store.load_region("x", &region(&[1 << 39], &[1])).unwrap().to_vec::<i64>().unwrap(), [-1]);
    assert!(store.verify(false).unwrap().is_empty());
}

#[test]
fn options_that_do_not_fit_are_refused_and_change_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.zarr");
    let wrong = |options: Json| Options::from_json(options).and_then(|options| Storage::open_zarr(&path, &options));
    fails(wrong(json!({"zarr_format": 4})), ErrorKind::InvalidArgument, &["zarr_format is 4", "2 and 3"]);
    fails(wrong(json!({"zarr_format": 3, "shard_elements": 0})), ErrorKind::InvalidArgument, &["shard_elements is 0"]);
    fails(wrong(json!({"shard_elements": 9})), ErrorKind::InvalidArgument, &["shard_elements", "format 2"]);
    fails(wrong(json!({"zarr_format": 3, "profile": "hoops"})), ErrorKind::InvalidArgument, &["hoops", "format 3"]);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    let store = open(&path, json!({"zarr_format": 3})).unwrap();
    let create = |shape: &[u64], options: Json| store.create("x", DType::I32, shape, &with(options));
    let invalid = ErrorKind::InvalidArgument;
    fails(create(&[8], json!({"chunks": [3], "shards": [8]})), invalid, &["x", "[8]", "[3]"]);
    fails(create(&[8], json!({"shards": [8, 8]})), invalid, &["shards", "1"]);
    fails(create(&[8], json!({"shards": [0]})), invalid, &["shards", "0"]);
    fails(create(&[8], json!({"fill_value": null})), invalid, &["x", "fill_value"]);
    assert!(store.keys().unwrap().is_empty());
    store.close().unwrap();
    fails(open(&path, json!({"zarr_format": 2})), invalid, &["zarr_format is 2", "format 3"]);
    open(&path, json!({"zarr_format": 3, "mode": "r"})).unwrap();
    let two = dir.path().join("two.zarr");
    open(&two, json!({})).unwrap().close().unwrap();
    fails(open(&two, json!({"zarr_format": 3, "mode": "r"})), invalid, &["zarr_format is 3", "format 2"]);
}

#[test]
fn a_copy_changes_the_format_and_the_shards() {
    let dir = tempfile::tempdir().unwrap();
    let source = open(&dir.path().join("two.zarr"), json!({})).unwrap();
    let values: Vec<i32> = (0..6000).map(|i| i / 7).collect();
    source.save("a/x", Array::from_slice(&[100, 60], &values).unwrap()).unwrap();
    source.save("a/name", "n").unwrap();
    source.set_dimensions("a/x", &["row", "column"]).unwrap();
    let path = dir.path().join("three.zarr");
    let store = open(&path, json!({"zarr_format": 3})).unwrap();
    let options: CopyOptions =
        serde_json::from_value(json!({"profile": "fast", "chunk_elements": 500, "shard_elements": 3000})).unwrap();
    source.copy_with(&store, &options).unwrap();
    assert_eq!(store.load_array("a/x").unwrap(), source.load_array("a/x").unwrap());
    assert_eq!(store.stat("a/x").unwrap().dims, ["row", "column"]);
    store.close().unwrap();
    let x = document(&path.join("a/x"));
    let sharding = &x["codecs"][0];
    assert_eq!(
        (sharding["name"].as_str(), x["dimension_names"].clone()),
        (Some("sharding_indexed"), json!(["row", "column"]))
    );
    let shard: u64 = x["chunk_grid"]["configuration"]["chunk_shape"]
        .as_array()
        .unwrap()
        .iter()
        .map(|d| d.as_u64().unwrap())
        .product();
    assert!((1500..=3000).contains(&shard), "{x}");
    let back = Storage::memory();
    open(&path, json!({"mode": "r"})).unwrap().copy_to(&back).unwrap();
    assert_eq!(back.load_array("a/x").unwrap(), source.load_array("a/x").unwrap());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn boxes_of_shards_are_boxes_of_the_array(
        (shape, inner, times, cut) in (1usize..4).prop_flat_map(|ndim| (
            proptest::collection::vec(1u64..14, ndim),
            proptest::collection::vec(1u64..5, ndim),
            proptest::collection::vec(1u64..4, ndim),
            proptest::collection::vec((0.0..1.0f64, 0.0..1.0f64), ndim),
        )),
        text in any::<bool>(),
        archive in any::<bool>(),
        profile in prop_oneof![Just("default"), Just("fast"), Just("compact")],
    ) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("p.zarr");
        let store = open(&path, json!({"zarr_format": 3, "profile": profile, "sync": "none"})).unwrap();
        let shards: Vec<u64> = inner.iter().zip(&times).map(|(a, b)| a * b).collect();
        let count: u64 = shape.iter().product();
        let array = if text {
            Array::from_strings(shape.clone(), (0..count).map(|i| "x".repeat(i as usize % 3)).collect()).unwrap()
        } else {
            Array::from_slice(&shape, &(0..count as i32).map(|i| i % 5).collect::<Vec<_>>()).unwrap()
        };
        let dtype = array.dtype();
        store.create("x", dtype, &shape, &with(json!({"chunks": inner, "shards": shards}))).unwrap();
        let strings: Vec<&str> = array.strings().unwrap_or_default().iter().map(String::as_str).collect();
        let view = if text { ArrayView::from_strings(&shape, &strings).unwrap() } else { array.view() };
        store.save_region("x", &vec![0; shape.len()], &view).unwrap();
        let offset: Vec<u64> = shape.iter().zip(&cut).map(|(&d, c)| (d as f64 * c.0) as u64).collect();
        let lengths: Vec<u64> = (0..shape.len()).map(|d| ((shape[d] - offset[d]) as f64 * cut[d].1).ceil() as u64).collect();
        let part = region(&offset, &lengths);
        let want = Storage::memory();
        want.save("x", array.clone()).unwrap();
        let want = want.load_region("x", &part).unwrap();
        prop_assert_eq!(&store.load_region("x", &part).unwrap(), &want);
        if archive {
            store.compress().unwrap();
        }
        store.close().unwrap();
        let store = open(&path, json!({"mode": "r"})).unwrap();
        prop_assert_eq!(&store.load_region("x", &part).unwrap(), &want);
        prop_assert_eq!(store.load_array("x").unwrap(), array);
        prop_assert!(store.verify(false).unwrap().is_empty());
    }
}
