//! Merging parts into a dataset.
#![cfg(feature = "dataset")]

mod append;
mod bounded;
mod cut_off;
mod parts;
mod refused;
mod tasks;

use datastorage::dataset::layout::Paths;
use datastorage::value::Array;
use datastorage::{Options, Storage};
use parts::{check, merge, numbered, sizes, write, write_all};

#[test]
fn a_dataset_is_the_concatenation_of_its_parts() {
    let dir = tempfile::tempdir().unwrap();
    let sizes = sizes(23);
    let parts = write_all(&dir.path().join("parts"), &sizes);
    for (number, options) in [
        "{}",
        r#"{"chunk_elements": 16, "codec": "zstd:1", "sync": "none"}"#,
        r#"{"chunk_elements": 16, "zarr_format": 3, "shard_elements": 64, "codec": "zstd:1", "sync": "none"}"#,
        r#"{"chunk_elements": 4, "layout": "directory", "sync": "none"}"#,
        r#"{"layout": "directory", "zarr_format": 3, "profile": "compact", "sync": "none"}"#,
        r#"{"profile": "fast", "threads": 1, "sync": "none"}"#,
        r#"{"profile": "portable", "threads": 3, "codec": "none", "sync": "none"}"#,
    ]
    .iter()
    .enumerate()
    {
        let out = dir.path().join(format!("all{number}.dataset"));
        let summary = merge(&parts, &out, options).unwrap();
        assert_eq!((summary.files(), summary.skipped().len()), (23, 0), "{options}");
        check(&out, &numbered(&sizes));
        let paths = Paths::of(&out).unwrap();
        for path in [&paths.infoset, &paths.attribset, &paths.flow] {
            assert!(std::fs::metadata(path).unwrap().len() > 0, "{}", path.display());
        }
        assert!(!paths.work.exists(), "{options}");
        let flow: serde_json::Value = serde_json::from_slice(&std::fs::read(&paths.flow).unwrap()).unwrap();
        assert_eq!(flow["files"], 23);
        assert_eq!(flow["added"][1]["name"], "part_0001");
        assert_eq!(flow["sizes_bytes"]["infoset"], std::fs::metadata(&paths.infoset).unwrap().len());
    }
}

#[test]
fn matrices_of_3x3_and_2x2_give_13_rows() {
    let dir = tempfile::tempdir().unwrap();
    for (name, n) in [("a", 3u64), ("b", 2)] {
        let store = Storage::open_zarr(dir.path().join(format!("{name}.zarr")), &Options::default()).unwrap();
        let values: Vec<f32> = (0..n * n * 2).map(|i| i as f32).collect();
        store.save("faceface/d2", Array::from_slice(&[n, n, 2], &values).unwrap()).unwrap();
        store.close().unwrap();
    }
    let out = dir.path().join("all.dataset");
    merge(&[dir.path().to_owned()], &out, "{}").unwrap();
    let store = Storage::open_zarr(&out, &Options::default()).unwrap();
    let merged = store.load_array("faceface/d2").unwrap();
    assert_eq!(merged.shape(), [13, 2]);
    let codes = store.load_array("faceface/file_id_code_faceface").unwrap().to_vec::<i32>().unwrap();
    assert_eq!(codes, [[0; 9].as_slice(), &[1; 4]].concat());
}

#[test]
fn without_a_schema_arrays_that_disagree_have_axes_of_their_own() {
    let dir = tempfile::tempdir().unwrap();
    for (name, faces, loops) in [("a", 3u64, 4u64), ("b", 2, 0), ("c", 0, 5)] {
        let store = Storage::open_zarr(dir.path().join(format!("{name}.zarr")), &Options::default()).unwrap();
        store.save("face_areas", (0..faces).map(|i| i as f32).collect::<Vec<_>>()).unwrap();
        store.save("face_kinds", (0..faces).map(|i| i as i32).collect::<Vec<_>>()).unwrap();
        store.save("face_loops", (0..loops).map(|i| i as i32).collect::<Vec<_>>()).unwrap();
        store.save("duration", 1.5f64).unwrap();
        if name != "b" {
            store.save("edge_count", 7i32).unwrap();
        }
        store.compress().unwrap();
        store.close().unwrap();
    }
    let out = dir.path().join("all.dataset");
    merge(&[dir.path().to_owned()], &out, "{}").unwrap();
    let store = Storage::open_zarr(&out, &Options::default()).unwrap();
    let dims = |key: &str| store.dimensions(key).unwrap();
    assert_eq!(dims("faces/face_areas"), ["face"]);
    assert_eq!(dims("faces/face_kinds"), ["face"]);
    assert_eq!(dims("faces/face_loops"), ["face_loops_dim_0"]);
    assert_eq!(dims("file/duration"), ["file"]);
    assert_eq!(store.load_array("faces/face_loops").unwrap().len(), 9);
    let codes = store.load_array("faces/file_id_code_faces_face_loops_dim_0").unwrap().to_vec::<i32>().unwrap();
    assert_eq!(codes, [0, 0, 0, 0, 2, 2, 2, 2, 2]);
    // One part lacks the scalar: its rows say whose they are.
    assert_eq!(dims("edges/edge_count"), ["edges_file"]);
    let codes = store.load_array("edges/file_id_code_edges_edges_file").unwrap().to_vec::<i32>().unwrap();
    assert_eq!(codes, [0, 2]);
}

#[test]
fn what_parts_lack_is_absent_an_error_or_filled() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("parts");
    std::fs::create_dir(&folder).unwrap();
    let sizes = sizes(4);
    for (number, size) in sizes.iter().enumerate() {
        let without: &[&str] = if number == 1 { &["edge_lengths"] } else { &[] };
        write(&folder, number as u64, *size, without);
    }
    let out = dir.path().join("all.dataset");
    let error = merge(std::slice::from_ref(&folder), &out, r#"{"missing": "error"}"#).unwrap_err();
    assert_eq!(error.message(), "part_0001: 'edges' is missing, other parts have it");
    merge(std::slice::from_ref(&folder), &out, "{}").unwrap();
    let store = Storage::open_zarr(&out, &Options::default()).unwrap();
    let codes = store.load_array("edges/file_id_code_edges").unwrap().to_vec::<i32>().unwrap();
    assert!(codes.contains(&2) && !codes.contains(&1));
    store.close().unwrap();

    write(&folder, 3, sizes[3], &["face_areas", "face_names"]);
    let options = |missing: &str| format!(r#"{{"mode": "w", "missing": "{missing}"}}"#);
    let error = merge(std::slice::from_ref(&folder), &out, &options("absent")).unwrap_err();
    assert!(error.message().starts_with("part_0003: faces/face_areas: is missing, faces/face_flags"), "{error}");
    merge(std::slice::from_ref(&folder), &out, &options("fill")).unwrap();
    let store = Storage::open_zarr(&out, &Options::default()).unwrap();
    let areas = store.load_array("faces/face_areas").unwrap().to_vec::<f32>().unwrap();
    assert_eq!(areas.len(), 12);
    assert!(areas[5..].iter().all(|area| area.is_nan()) && areas[..5].iter().all(|area| !area.is_nan()));
    assert_eq!(store.load_array("faces/face_names").unwrap().into_strings()[5..], [""; 7]);
}

#[test]
fn only_the_groups_that_are_asked_for_are_merged() {
    let dir = tempfile::tempdir().unwrap();
    let parts = write_all(&dir.path().join("parts"), &sizes(3));
    let out = dir.path().join("faces.dataset");
    merge(&parts, &out, r#"{"groups": ["faces"]}"#).unwrap();
    let store = Storage::open_zarr(&out, &Options::default()).unwrap();
    assert_eq!(store.keys().unwrap(), ["_dataset", "faces"]);
}
