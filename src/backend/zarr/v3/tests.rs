//! The same arrays read by this library and by zarrs: what both read must be equal.

use serde_json::json;

use crate::backend::zarr::decode::Limits;
use crate::backend::zarr::files::Files;
use crate::backend::zarr::foreign::Foreign;
use crate::backend::zarr::node::{Node, Opened};
use crate::op::Op;
use crate::{Array, ArrayOptions, DType, Options, Region, Storage, fs};

/// Elements that take turns between runs of zeros and ramps.
fn elements(dtype: DType, shape: &[u64]) -> Array {
    let count = shape.iter().product::<u64>() as usize;
    if dtype == DType::String {
        return Array::from_strings(shape.to_vec(), (0..count).map(|i| "ä".repeat(i % 4)).collect()).unwrap();
    }
    let byte = |i: usize| if (i / 40).is_multiple_of(2) { 0 } else { (i % 5) as u8 };
    let mut bytes: Vec<u8> = (0..count * dtype.size()).map(byte).collect();
    if dtype == DType::Bool {
        bytes.iter_mut().for_each(|byte| *byte &= 1);
    }
    Array::from_bytes(dtype, shape.to_vec(), bytes).unwrap()
}

#[test]
fn zarrs_reads_what_is_written_as_this_library_does() {
    let limits = Limits { check: true, decoded: 1 << 30 };
    let shape = [9, 7];
    for codec in ["none", "zstd:3", "gzip:6", "blosc:zstd:5:shuffle", "zstd:3+shuffle"] {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("p.zarr");
        let options = json!({"zarr_format": 3, "codec": codec, "delta": false, "export": false, "sync": "none"});
        let store = Storage::open_zarr(&path, &Options::from_json(options).unwrap()).unwrap();
        for dtype in DType::ALL {
            for (name, made) in [
                ("plain", json!({"chunks": [4, 3]})),
                ("sharded", json!({"chunks": [2, 3], "shards": [4, 6]})),
                ("one", json!({"chunks": [9, 7], "shards": [9, 7]})),
            ] {
                let (key, array) = (format!("{name}/{dtype}"), elements(dtype, &shape));
                store.create(&key, dtype, &shape, &ArrayOptions::from_json(made).unwrap()).unwrap();
                let strings: Vec<&str> = array.strings().unwrap_or_default().iter().map(String::as_str).collect();
                let view = match dtype {
                    DType::String => crate::ArrayView::from_strings(&shape, &strings).unwrap(),
                    _ => array.view(),
                };
                store.save_region(&key, &[0, 0], &view).unwrap();
            }
        }
        store.flush().unwrap();
        for (key, kind) in store.list("", true).unwrap() {
            if kind != crate::Kind::Array {
                continue;
            }
            let files = Files::Dir(std::sync::Arc::new(fs::Dir::open(&path.join(&key)).unwrap()));
            let document = files.read("zarr.json", 1 << 20).unwrap().unwrap().into_owned();
            let theirs = Foreign::open(&key, &files, &document, limits).unwrap();
            let Opened::Array(ours) = Node::open(&key, files.clone(), limits).unwrap() else { panic!("{key}") };
            for region in [None, Some(Region { offset: vec![3, 2], shape: vec![5, 4] })] {
                let read = ours.read(&Op::quiet(), region.as_ref()).unwrap();
                assert_eq!(theirs.read(&Op::quiet(), region.as_ref()).unwrap(), read, "{codec} {key}");
            }
            assert_eq!(ours.read(&Op::quiet(), None).unwrap(), elements(ours.meta.pipeline.dtype(), &shape));
        }
    }
}
