//! Everything at and below a key in one call, on every backend.

use datastorage::{Array, Content, DType, ErrorKind, Kind, Options, Storage, Value};
use serde_json::json;

fn elements(dtype: DType, count: u64) -> Array {
    if dtype == DType::String {
        return Array::from_strings(vec![count], (0..count).map(|i| "x".repeat(i as usize % 4)).collect()).unwrap();
    }
    let most = if dtype == DType::Bool { 2 } else { 61 };
    let bytes = (0..count as usize * dtype.size()).map(|i| (i * 7 % most) as u8).collect();
    Array::from_bytes(dtype, vec![count], bytes).unwrap()
}

fn stores(dir: &std::path::Path) -> Vec<(&'static str, Storage)> {
    let zarr = |name: &str, mut options: serde_json::Value| {
        options["export"] = false.into();
        Storage::open_zarr(dir.join(name), &Options::from_json(options).unwrap()).unwrap()
    };
    let json = Storage::open(&format!("json:{}", dir.join("j").display()), &Options::default()).unwrap();
    vec![
        ("memory", Storage::memory()),
        ("json", json),
        ("zarr", zarr("a.zarr", json!({"nan": "allow"}))),
        ("zarr 3", zarr("b.zarr", json!({"nan": "allow", "zarr_format": 3}))),
    ]
}

#[test]
fn everything_comes_as_it_was_saved() {
    let dir = tempfile::tempdir().unwrap();
    for (name, store) in stores(dir.path()) {
        let mut arrays = Vec::new();
        for dtype in DType::ALL {
            for (place, count) in [("few", 3), ("none", 0), ("many", 1000)] {
                let array = elements(dtype, count);
                store.save(&format!("{place}/{dtype}"), array.clone()).unwrap();
                arrays.push((format!("{place}/{dtype}"), array));
            }
        }
        store.save("few/deep/scalar", 2.5f64).unwrap();
        store.save_bytes("raw", &[1, 2, 3]).unwrap();
        store.save("mixed", Value::Json(json!([1, "a", null]))).unwrap();
        store.create_group("hollow").unwrap();
        let all = store.load_all("").unwrap();
        assert_eq!(all.entries.len(), arrays.len() + 3, "{name}");
        for (key, array) in &arrays {
            let entry = all.entries.iter().find(|entry| entry.key == *key).unwrap();
            assert_eq!((entry.kind, entry.dtype, &entry.shape[..]), (Kind::Array, array.dtype(), array.shape()));
            match &entry.content {
                Content::Data { offset, bytes } => {
                    assert_eq!(offset % 64, 0);
                    assert_eq!(&all.data[*offset..offset + bytes], array.bytes().unwrap(), "{name} {key}");
                }
                Content::Strings(strings) => assert_eq!(strings, array.strings().unwrap(), "{name} {key}"),
                Content::Json(value) => panic!("{name} {key}: {value}"),
            }
        }
        let index: serde_json::Value = serde_json::from_str(&all.index()).unwrap();
        assert_eq!(index["few/deep/scalar"]["shape"], json!([]));
        assert_eq!(index["raw"]["kind"], "bytes");
        assert_eq!(index["mixed"], json!({"kind": "json", "value": [1, "a", null]}));
        assert_eq!(
            index["few/string"],
            json!({"kind": "array", "dtype": "string", "shape": [3], "strings": ["", "x", "xx"]})
        );
        assert_eq!(index["none/int32"]["bytes"], 0);
        let few = store.load_all("few").unwrap();
        assert_eq!(few.entries.len(), DType::ALL.len() + 1);
        let one = store.load_all("few/int16").unwrap();
        assert_eq!((one.entries.len(), one.data.len()), (1, 6));
        assert!(store.load_all("hollow").unwrap().entries.is_empty());
        assert_eq!(store.load_all("missing").unwrap_err().kind(), ErrorKind::NotFound);
        store.close().unwrap();
        assert_eq!(store.load_all("").unwrap_err().kind(), ErrorKind::Closed);
    }
}

#[test]
fn arrays_that_change_meanwhile_come_whole() {
    let store = Storage::memory();
    let lengths = [10u64, 5000];
    store.save("x", elements(DType::I32, lengths[0])).unwrap();
    std::thread::scope(|scope| {
        let store = &store;
        scope.spawn(move || {
            for i in 0..2000 {
                store.save("x", elements(DType::I32, lengths[i % 2])).unwrap();
            }
        });
        for _ in 0..500 {
            match store.load_all("") {
                Ok(all) => {
                    let length = all.entries[0].shape[0];
                    assert!(lengths.contains(&length));
                    assert_eq!(all.data, elements(DType::I32, length).into_bytes());
                }
                // It changed at each of several tries.
                Err(e) => assert_eq!(e.kind(), ErrorKind::BufferTooSmall),
            }
        }
    });
}

#[test]
fn damage_is_told_with_its_key() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.zarr");
    let options = Options::from_json(json!({"export": false, "codec": "none", "delta": false})).unwrap();
    let store = Storage::open_zarr(&path, &options).unwrap();
    for i in 0..40 {
        store.save(&format!("a{i}"), elements(DType::F64, 10_000)).unwrap();
    }
    store.close().unwrap();
    std::fs::write(path.join("a7/0"), [0; 80]).unwrap();
    let error = Storage::open_zarr(&path, &options).unwrap().load_all("").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert!(error.message().contains("a7"), "{error}");
}
