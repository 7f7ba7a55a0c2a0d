//! Stores that are a few kilobytes and would take gigabytes: each bound of a read, at the place where it was missing.

use std::path::Path;

use datastorage::backend::Region;
use datastorage::{ErrorKind, Options, Result, SchemaBuilder, Storage};
use serde_json::{Value as Json, json};

/// What a read may decode.
const DECODED: u64 = 1 << 20;

fn options() -> Options {
    Options::from_json(json!({"mode": "r", "max_decoded_bytes": DECODED})).unwrap()
}

/// A store of format 2 with arrays of these documents, and the same chunks each.
fn store(root: &Path, arrays: &[(&str, Json)], chunks: &[(String, Vec<u8>)]) -> Result<Storage> {
    std::fs::create_dir_all(root).unwrap();
    std::fs::write(root.join(".zgroup"), r#"{"zarr_format":2}"#).unwrap();
    for (name, zarray) in arrays {
        std::fs::create_dir_all(root.join(name)).unwrap();
        std::fs::write(root.join(name).join(".zarray"), zarray.to_string()).unwrap();
        for (chunk, bytes) in chunks {
            std::fs::write(root.join(name).join(chunk), bytes).unwrap();
        }
    }
    Storage::open_zarr(root, &options())
}

fn zarray(shape: Json, chunks: Json, dtype: &str) -> Json {
    let filters = if dtype == "|O" { json!([{"id": "vlen-utf8"}]) } else { json!(null) };
    json!({"zarr_format": 2, "shape": shape, "chunks": chunks, "dtype": dtype, "compressor": {"id": "zstd"},
        "fill_value": if dtype == "|O" { json!("") } else { json!(0) }, "order": "C", "filters": filters})
}

fn refused<T: std::fmt::Debug>(result: Result<T>, words: &str) {
    let error = result.unwrap_err();
    assert!(error.kind() == ErrorKind::Corrupt && error.message().contains(words), "{:?} {error}", error.kind());
}

#[test]
fn strings_of_all_chunks_are_counted_together() {
    let place = tempfile::tempdir().unwrap();
    let text = "x".repeat(300 << 10);
    let stored = [&1u32.to_le_bytes()[..], &(text.len() as u32).to_le_bytes(), text.as_bytes()].concat();
    let stored = zstd::bulk::compress(&stored, 3).unwrap();
    let chunks: Vec<(String, Vec<u8>)> = (0..64).map(|index| (index.to_string(), stored.clone())).collect();
    let store = store(place.path(), &[("a", zarray(json!([64]), json!([1]), "|O"))], &chunks).unwrap();
    refused(store.load_array("a"), "max_decoded_bytes");
    // What is not asked for is not counted.
    let three = store.load_region("a", &Region { offset: vec![7], shape: vec![3] }).unwrap();
    assert!(three.strings().unwrap().iter().all(|there| *there == text));
}

#[test]
fn fill_values_of_a_chunk_beyond_the_array_are_counted() {
    let place = tempfile::tempdir().unwrap();
    let mut document = zarray(json!([1]), json!([40_000]), "|O");
    document["fill_value"] = json!("x".repeat(10_000));
    let store = store(place.path(), &[("a", document)], &[]).unwrap();
    refused(store.load_array("a"), "max_decoded_bytes");
}

#[test]
fn the_size_of_strings_without_number_does_not_wrap_around() {
    let place = tempfile::tempdir().unwrap();
    let document = zarray(json!([1u64 << 61]), json!([1u64 << 61]), "|O");
    let store = store(place.path(), &[("a", document)], &[]).unwrap();
    refused(store.load_array("a"), "max_decoded_bytes");
}

#[test]
fn arrays_that_are_loaded_together_are_counted_together() {
    let place = tempfile::tempdir().unwrap();
    let one = zarray(json!([600_000]), json!([600_000]), "|u1");
    let both = store(place.path(), &[("g/a", one.clone()), ("g/b", one)], &[]).unwrap();
    std::fs::write(place.path().join("g/.zgroup"), r#"{"zarr_format":2}"#).unwrap();
    assert_eq!(both.load_array("g/a").unwrap().len(), 600_000);
    refused(both.load("g"), "max_decoded_bytes");
    refused(both.load_all(""), "max_decoded_bytes");
    let alone = tempfile::tempdir().unwrap();
    let alone = store(alone.path(), &[("a", zarray(json!([1u64 << 36]), json!([1 << 20]), "|u1"))], &[]).unwrap();
    refused(alone.load_all(""), "max_decoded_bytes");
}

#[test]
fn the_list_of_chunks_counts() {
    let place = tempfile::tempdir().unwrap();
    let shape = [vec![2; 19], vec![1; 45]].concat();
    let deep = zarray(json!(shape), json!(vec![1; 64]), "|u1");
    let flat = zarray(json!([1 << 19]), json!([1]), "|u1");
    let store = store(place.path(), &[("deep", deep), ("flat", flat)], &[]).unwrap();
    for key in ["deep", "flat"] {
        refused(store.load_array(key), "the list of 524288 chunks");
    }
    assert_eq!(store.load_region("flat", &Region { offset: vec![99], shape: vec![9] }).unwrap().len(), 9);
}

#[test]
fn inner_chunks_of_shards_that_are_not_there_count() {
    let place = tempfile::tempdir().unwrap();
    let bytes = json!({"name": "bytes", "configuration": {"endian": "little"}});
    let document = json!({"zarr_format": 3, "node_type": "array", "shape": [1 << 19], "data_type": "uint8",
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [1 << 19]}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}}, "fill_value": 0,
        "codecs": [{"name": "sharding_indexed", "configuration":
            {"chunk_shape": [1], "codecs": [bytes], "index_codecs": [bytes]}}]});
    std::fs::create_dir_all(place.path().join("a")).unwrap();
    std::fs::write(place.path().join("zarr.json"), r#"{"zarr_format":3,"node_type":"group"}"#).unwrap();
    std::fs::write(place.path().join("a/zarr.json"), document.to_string()).unwrap();
    let store = Storage::open_zarr(place.path(), &options()).unwrap();
    refused(store.load_array("a"), "the list of 524288 chunks");
}

#[test]
fn documents_are_weighed_as_they_are_in_memory() {
    let wide = format!("{{\"x\":[{}]}}", vec!["{\"\":{}}"; 50_000].join(","));
    let place = tempfile::tempdir().unwrap();
    let opened = store(place.path(), &[("a", zarray(json!([4]), json!([4]), "|u1"))], &[]).unwrap();
    std::fs::write(place.path().join("a/.zattrs"), &wide).unwrap();
    refused(opened.load_array("a"), "max_decoded_bytes");
    assert_eq!(opened.list("", true).unwrap().len(), 1);
    std::fs::write(place.path().join(".zattrs"), &wide).unwrap();
    refused(opened.attributes(""), "max_decoded_bytes");
    std::fs::write(place.path().join("metadata.json"), &wide).unwrap();
    refused(Storage::open_zarr(place.path(), &options()).map(drop), "max_decoded_bytes");
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("a.json"), &wide).unwrap();
    let json = Storage::open_json(directory.path(), &options()).unwrap();
    refused(json.load("a"), "max_decoded_bytes");
}

#[test]
fn strings_in_json_are_counted_with_what_they_take() {
    let place = tempfile::tempdir().unwrap();
    let text = format!("[{}]", vec!["\"\""; 60_000].join(","));
    std::fs::write(place.path().join("a.json"), text).unwrap();
    let options = Options::from_json(json!({"mode": "r", "max_decoded_bytes": 1 << 30})).unwrap();
    let store = Storage::open_json(place.path(), &options).unwrap();
    assert_eq!(store.load_array("a").unwrap().len(), 60_000);
    drop(store);
    let writer = Options::from_json(json!({"mode": "a", "sync": "none"})).unwrap();
    Storage::open_json(place.path(), &writer).unwrap().close().unwrap();
    let store = Storage::open_json(place.path(), &self::options()).unwrap();
    refused(store.load_array("a"), "max_decoded_bytes");
}

#[test]
fn an_entry_below_an_array_leads_nowhere_else() {
    use std::io::Write;
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("store.zip");
    let mut zip = zip::ZipWriter::new(std::fs::File::create(&path).unwrap());
    let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let zarray = zarray(json!([4]), json!([4]), "|u1").to_string();
    for (name, text) in [(".zgroup", r#"{"zarr_format":2}"#), ("a/.zarray", &zarray), ("a/../../x", "1234")] {
        zip.start_file(name, stored).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap();
    let store = Storage::open_zarr(&path, &options()).unwrap();
    assert_eq!(store.list("", true).unwrap().len(), 1);
    let findings = store.verify(false).unwrap();
    assert!(findings.iter().any(|finding| finding.text.contains("'a/../../x'")), "{findings:?}");
}

#[cfg(unix)]
#[test]
fn nobody_waits_for_the_writer_of_a_pipe_that_should_be_a_schema() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("schema.json");
    let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
    assert!(made.success());
    assert_eq!(SchemaBuilder::load_from_file(&path).unwrap_err().kind(), ErrorKind::Unsupported);
}

#[test]
fn a_schema_file_is_counted_before_it_becomes_a_tree() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("schema.json");
    std::fs::write(&path, format!("{{\"x\":[{}]}}", vec!["0"; 3_000_000].join(","))).unwrap();
    let error = SchemaBuilder::load_from_file(&path).unwrap_err();
    assert!(error.kind() == ErrorKind::Schema && error.message().contains("the file up to 3000003"), "{error}");
}
