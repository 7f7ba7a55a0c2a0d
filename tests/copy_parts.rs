//! Copies of arrays that are larger than what memory may stage: by parts, sparse ones too, into any encoding and format.

use datastorage::{Array, ArrayOptions, ArrayView, CopyOptions, DType, ErrorKind, Options, Region, Storage};
use serde_json::{Value as Json, json};

fn open(path: &std::path::Path, mut options: Json) -> Storage {
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
