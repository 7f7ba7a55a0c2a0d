//! The worked examples of the specification, with the values it states, through the Rust front door.

use datastorage::schema::RoutingRules;
use datastorage::{Array, ArrayView, ErrorKind, Options, SchemaBuilder, Scope, Storage, Value};
use serde_json::json;

#[test]
fn complete_cad_encoding_workflow() {
    let mut builder = SchemaBuilder::new("CAD_analysis").with_version("1.0");
    let faces = builder.create_group("faces", "face", "Face data").unwrap();
    for (name, dtype) in [("face_indices", "int32"), ("face_areas", "float32"), ("face_types", "int32")] {
        faces.create_array(name, &["face"], dtype).unwrap();
    }
    let edges = builder.create_group("edges", "edge", "Edge data").unwrap();
    edges.create_array("edge_indices", &["edge"], "int32").unwrap();
    edges.create_array("edge_lengths", &["edge"], "float32").unwrap();
    builder.define_file_metadata("size_cadfile", "int64", "File size").unwrap();
    builder.define_file_metadata("processing_time", "float32", "Processing time").unwrap();
    builder.define_categorical_metadata("file_label", "int32", "Classification").unwrap();
    builder.set_metadata_routing_rules(RoutingRules::new(&["size_*", "processing_*"], &["*_label"]));

    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("encoded/part_001.zarr");
    let store = Storage::open_zarr(&path, &Options::default()).unwrap();
    store.set_schema(&builder.build()).unwrap();
    store.save("face_indices", vec![0i32, 1, 2, 3]).unwrap();
    store.save("face_areas", vec![1.5f32, 2.3, 4.1, 3.7]).unwrap();
    store.save("face_types", vec![0i32, 0, 1, 2]).unwrap();
    store.save("edge_indices", vec![0i32, 1, 2]).unwrap();
    store.save("edge_lengths", vec![10.0f32, 12.5, 7.25]).unwrap();
    store.save_metadata("size_cadfile", 1_024_000).unwrap();
    store.save_metadata("processing_time", 12.5).unwrap();
    store.save_metadata("file_label", 2).unwrap();
    assert_eq!(store.group_for_array("face_areas").unwrap().as_deref(), Some("faces"));
    assert_eq!(store.group_for_array("edge_lengths").unwrap().as_deref(), Some("edges"));
    assert_eq!(store.group_for_array("unknown_array").unwrap(), None);
    for (key, scope) in [("size_cadfile", Scope::FileLevel), ("file_label", Scope::Categorical)] {
        assert_eq!(store.metadata_scope(key).unwrap(), Some(scope), "{key}");
    }
    let size = store.compress().unwrap();
    store.close().unwrap();

    let archive = dir.path().join("encoded/part_001.zarr.data");
    assert_eq!(std::fs::metadata(&archive).unwrap().len(), size);
    assert!(!path.exists());
    let summary = std::fs::read(dir.path().join("encoded/files_summary/part_001.json")).unwrap();
    let summary: serde_json::Value = serde_json::from_slice(&summary).unwrap();
    assert_eq!(summary["file_level"]["size_cadfile"], 1_024_000);
    assert_eq!(summary["file_level"]["processing_time"], 12.5);
    assert_eq!(summary["categorical"], json!({"file_label": 2}));

    let store = Storage::open_zarr(&path, &Options::default()).unwrap();
    assert!(store.read_only() && store.format() == "zarr");
    assert_eq!(store.load_array("face_areas").unwrap().to_vec::<f32>().unwrap(), [1.5, 2.3, 4.1, 3.7]);
    assert_eq!(store.dimensions("face_areas").unwrap(), ["face"]);
    assert_eq!(store.schema().unwrap(), builder.build());
}

#[test]
fn schema_validation_in_production() {
    let mut builder = SchemaBuilder::new("production_data");
    let group = builder.create_group("measurements", "sample", "").unwrap();
    group.create_array("temperature", &["sample"], "float32").unwrap();
    group.create_array("pressure", &["sample"], "float32").unwrap();
    let dir = tempfile::tempdir().unwrap();
    let store = Storage::open_zarr(dir.path().join("transformed_data.data"), &Options::default()).unwrap();
    store.set_schema(&builder.build()).unwrap();

    let valid = [20.5f32, 25.3, 22.1];
    let view = ArrayView::from_slice(&[3], &valid).unwrap();
    store.validate("temperature", &view).unwrap();
    store.save_view("temperature", &view).unwrap();

    let invalid = [20.5f64, 25.3, 22.1, 23.4];
    let error = store.validate("temperature", &ArrayView::from_slice(&[2, 2], &invalid).unwrap()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Schema);
    assert!(error.message().starts_with("temperature: ") && error.message().contains('2'), "{error}");
    let integers = Array::vector(&[1i32, 2, 3]);
    assert_eq!(store.validate("pressure", &integers.view()).unwrap_err().kind(), ErrorKind::Schema);
    assert_eq!(store.save("pressure", integers).unwrap_err().kind(), ErrorKind::Schema);
    assert_eq!(store.keys().unwrap(), ["temperature"], "a refused save changes nothing");
    store.validate("not_in_the_schema", &Array::vector(&[1i32]).view()).unwrap();
}

#[test]
fn json_export_for_visualization() {
    let dir = tempfile::tempdir().unwrap();
    let store = Storage::open_json(dir.path().join("json_export"), &Options::default()).unwrap();
    store.save("face_areas", vec![1.5f32, 2.3, 4.1]).unwrap();
    let part = json!({"part_name": "Bracket_V2", "complexity": "Medium", "num_features": 42});
    store.save_json("metadata", part.clone()).unwrap();
    store.save_metadata("export_timestamp", "2025-10-30T10:30:00").unwrap();
    assert_eq!((store.format(), store.compress().unwrap()), ("json", 0));
    let text = std::fs::read_to_string(store.path("face_areas").unwrap()).unwrap();
    assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), json!([1.5, 2.3, 4.1]));
    store.close().unwrap();

    let store = Storage::open_json(dir.path().join("json_export"), &Options::default()).unwrap();
    assert_eq!(store.load("face_areas").unwrap(), Value::from(vec![1.5f32, 2.3, 4.1]), "the type comes back");
    assert_eq!(store.load_json("metadata").unwrap(), part);
    assert_eq!(store.load_metadata("export_timestamp").unwrap(), "2025-10-30T10:30:00");
}

#[test]
fn nested_metadata_keys() {
    let dir = tempfile::tempdir().unwrap();
    let zarr = Storage::open_zarr(dir.path().join("a.zarr"), &Options::default()).unwrap();
    let json_store = Storage::open_json(dir.path().join("b"), &Options::default()).unwrap();
    for store in [Storage::memory(), zarr, json_store] {
        store.save_metadata("size_cadfile", 1_024_000).unwrap();
        store.save_metadata("file_sizes_KB/face_areas", 45.2).unwrap();
        store.save_metadata("file_sizes_KB/edge_lengths", 12.3).unwrap();
        store.save_metadata("processing/duration", 12.5).unwrap();
        store.save_metadata("processing/timestamp", "2025-10-30T10:30:00").unwrap();
        assert_eq!(store.load_metadata("file_sizes_KB/face_areas").unwrap(), 45.2);
        assert_eq!(store.load_metadata("processing/duration").unwrap(), 12.5);
        let section = store.load_metadata("file_sizes_KB").unwrap();
        assert_eq!(section, json!({"face_areas": 45.2, "edge_lengths": 12.3}));
        let whole = json!({"size_cadfile": 1_024_000, "file_sizes_KB": section,
            "processing": {"duration": 12.5, "timestamp": "2025-10-30T10:30:00"}});
        assert_eq!(store.load_metadata("").unwrap(), whole);
        assert_eq!(store.load_metadata("nope").unwrap_err().kind(), ErrorKind::NotFound);
        let error = store.save_metadata("processing", 5).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WrongKind, "a value over a section: {error}");
    }
}

#[test]
fn testing_with_memory_storage() {
    let store = Storage::memory();
    store.save("face_indices", vec![0i32, 1, 2, 3]).unwrap();
    store.save("face_areas", vec![1.5f64, 2.3, 4.1, 3.7]).unwrap();
    store.save_metadata("num_faces", 4).unwrap();
    assert_eq!(store.load_array("face_indices").unwrap().len(), 4);
    assert_eq!(store.load_metadata("num_faces").unwrap(), 4);
    assert_eq!(store.path("face_areas").unwrap(), "In-memory storage: No file path for key 'face_areas'");
    assert_eq!(store.compress().unwrap(), 0);
    store.close().unwrap();
    assert_eq!(store.load("face_areas").unwrap_err().kind(), ErrorKind::Closed);
}
