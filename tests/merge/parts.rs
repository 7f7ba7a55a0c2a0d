//! Parts to merge, and what their merge must hold.

use std::path::{Path, PathBuf};

use datastorage::dataset::MergeOptions;
use datastorage::value::Array;
use datastorage::{Op, Options, SchemaBuilder, Storage};
use serde_json::{Value as Json, json};

/// A part of so many faces and edges.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    pub faces: u64,
    pub edges: u64,
}

/// The schema of the parts.
pub fn schema(version: &str) -> Json {
    let mut builder = SchemaBuilder::new("CAD").with_version(version);
    let faces = builder.create_group("faces", "face", "").unwrap();
    faces.create_array("face_areas", &["face"], "float32").unwrap();
    faces.create_array("face_types", &["face"], "int32").unwrap();
    faces.create_array("face_points", &["face", "point", "xyz"], "float64").unwrap();
    faces.create_array("face_names", &["face"], "str").unwrap();
    faces.create_array("face_flags", &["face"], "bool").unwrap();
    let edges = builder.create_group("edges", "edge", "").unwrap();
    edges.create_array("edge_lengths", &["edge"], "float32").unwrap();
    let graph = builder.create_group("graph", "graph_edge", "").unwrap();
    graph.create_array("edges_source", &["graph_edge"], "int64").unwrap();
    graph.create_array("num_nodes", &[], "int32").unwrap();
    let pairs = builder.create_group("faceface", "face_i", "").unwrap().special_processing("matrix_flattening");
    pairs.create_array("a3_distance", &["face_i", "face_j", "bin"], "float32").unwrap();
    builder.define_file_metadata("size_cadfile", "int64", "").unwrap();
    builder.define_categorical_metadata("file_label", "int32", "").unwrap();
    builder.build()
}

/// What a part of that number and size has under each key.
pub fn arrays(number: u64, size: Size) -> Vec<(&'static str, Array)> {
    let Size { faces, edges } = size;
    let base = (number * 1000) as f64;
    let floats = |count: u64| (0..count).map(|i| (base + i as f64) as f32).collect::<Vec<f32>>();
    let points: Vec<f64> = (0..faces * 6).map(|i| base + i as f64 / 8.0).collect();
    let names = (0..faces).map(|i| format!("face {number}.{i}")).collect();
    let source: Vec<i64> = (0..edges).map(|i| (number * 7 + i) as i64).collect();
    let flags: Vec<bool> = (0..faces).map(|i| (i + number).is_multiple_of(3)).collect();
    vec![
        ("face_areas", Array::vector(&floats(faces))),
        ("face_types", Array::vector(&(0..faces).map(|i| (i % 5) as i32).collect::<Vec<_>>())),
        ("face_points", Array::from_slice(&[faces, 2, 3], &points).unwrap()),
        ("face_names", Array::from_strings(vec![faces], names).unwrap()),
        ("face_flags", Array::vector(&flags)),
        ("edge_lengths", Array::vector(&floats(edges))),
        ("graph/edges_source", Array::vector(&source)),
        ("graph/num_nodes", Array::scalar(faces as i32)),
        ("faceface/a3_distance", Array::from_slice(&[faces, faces, 4], &floats(faces * faces * 4)).unwrap()),
    ]
}

/// Sizes that cross chunks and leave some parts without rows.
pub fn sizes(count: u64) -> Vec<Size> {
    (0..count).map(|i| Size { faces: [3, 2, 0, 7, 1][i as usize % 5], edges: (i * 5) % 11 }).collect()
}

/// Writes a part, without the keys of `without`.
pub fn write(dir: &Path, number: u64, size: Size, without: &[&str]) -> PathBuf {
    write_as(dir, number, size, without, "1.0")
}

/// As [`write()`], with a schema of that version; none for "".
pub fn write_as(dir: &Path, number: u64, size: Size, without: &[&str], version: &str) -> PathBuf {
    let path = dir.join(format!("part_{number:04}.zarr"));
    let options = Options::parse(r#"{"mode": "w", "sync": "none", "export": false, "codec": "zstd:1"}"#).unwrap();
    let store = Storage::open_zarr(&path, &options).unwrap();
    if !version.is_empty() {
        store.set_schema(&schema(version)).unwrap();
    }
    for (key, array) in arrays(number, size) {
        if !without.contains(&key) {
            store.save(key, array).unwrap();
        }
    }
    store.save_metadata("size_cadfile", 100 + number).unwrap();
    store.save_metadata("file_label", number % 3).unwrap();
    store.save_metadata("descriptions/face_types", json!({"0": "Plane", "1": "Cylinder"})).unwrap();
    store.compress().unwrap();
    store.close().unwrap();
    dir.join(format!("part_{number:04}.zarr.data"))
}

/// Writes parts of these sizes.
pub fn write_all(dir: &Path, sizes: &[Size]) -> Vec<PathBuf> {
    std::fs::create_dir_all(dir).unwrap();
    sizes.iter().enumerate().map(|(number, size)| write(dir, number as u64, *size, &[])).collect()
}

/// Merges quietly.
pub fn merge(parts: &[PathBuf], out: &Path, options: &str) -> datastorage::Result<datastorage::dataset::Summary> {
    datastorage::dataset::merge(&Op::quiet(), parts, out, &MergeOptions::parse(options).unwrap())
}

/// The group of each key, and its axis.
pub const GROUPS: [(&str, &str); 9] = [
    ("face_areas", "faces"),
    ("face_types", "faces"),
    ("face_points", "faces"),
    ("face_names", "faces"),
    ("face_flags", "faces"),
    ("edge_lengths", "edges"),
    ("graph/edges_source", "graph"),
    ("graph/num_nodes", "graph"),
    ("faceface/a3_distance", "faceface"),
];

/// Checks a dataset of parts of these numbers and sizes, element by element.
pub fn check(out: &Path, parts: &[(u64, Size)]) {
    let store = Storage::open_zarr(out, &Options::parse(r#"{"mode": "r"}"#).unwrap()).unwrap();
    assert_eq!(store.verify(false).unwrap(), []);
    for (place, (key, group)) in GROUPS.iter().enumerate() {
        let name = key.rsplit('/').next().unwrap();
        let merged = store.load_array(&format!("{group}/{name}")).unwrap();
        let (mut bytes, mut strings, mut rows, mut codes, mut offsets) =
            (Vec::new(), Vec::new(), 0, Vec::new(), vec![0i64]);
        for (code, (number, size)) in parts.iter().enumerate() {
            let (_, array) = arrays(*number, *size).swap_remove(place);
            let have = match array.shape() {
                [] => 1,
                [n, m, _] if *group == "faceface" => n * m,
                shape => shape[0],
            };
            rows += have;
            offsets.push(rows as i64);
            codes.extend((0..have).map(|_| code as i32));
            match array.strings() {
                Some(_) => strings.extend(array.into_strings()),
                None => bytes.extend_from_slice(array.bytes().unwrap()),
            }
        }
        assert_eq!(merged.shape()[0], rows, "{key}");
        match merged.strings() {
            Some(found) => assert_eq!(found, strings, "{key}"),
            None => assert_eq!(merged.bytes().unwrap(), bytes, "{key}"),
        }
        if *name != *"num_nodes" {
            let provenance = store.load_array(&format!("{group}/file_id_code_{group}")).unwrap();
            assert_eq!(provenance.to_vec::<i32>().unwrap(), codes, "{group}");
            let found = store.load_array(&format!("_dataset/offsets/{group}")).unwrap();
            assert_eq!(found.to_vec::<i64>().unwrap(), offsets, "{group}");
        }
    }
    let bounds = store.load_array("_dataset/statistics/faces/face_areas").unwrap().to_vec::<f32>().unwrap();
    let areas = store.load_array("faces/face_areas").unwrap().to_vec::<f32>().unwrap();
    let catalog = store.load_metadata("_dataset").unwrap();
    let rows = catalog["groups"]["faces"]["arrays"]["face_areas"]["statistics_rows"].as_u64().unwrap() as usize;
    for (chunk, pair) in areas.chunks(rows).zip(bounds.chunks(2)) {
        let least = chunk.iter().copied().fold(f32::INFINITY, f32::min);
        let most = chunk.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        assert_eq!(pair, [least, most]);
    }
    assert_eq!(bounds.len(), 2 * areas.len().div_ceil(rows));
    assert_eq!(catalog["files"], parts.len());
    assert_eq!(store.dimensions("faceface/a3_distance").unwrap(), ["face_i", "bin"]);
    assert_eq!(store.dimensions("graph/num_nodes").unwrap(), ["file"]);
    assert_eq!(store.schema().unwrap(), schema("1.0"));
}

/// The numbers and sizes of parts, from 0.
pub fn numbered(sizes: &[Size]) -> Vec<(u64, Size)> {
    sizes.iter().enumerate().map(|(number, size)| (number as u64, *size)).collect()
}
