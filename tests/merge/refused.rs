//! What cannot be merged: one clear line each, and nothing on disk.

use std::path::{Path, PathBuf};

use datastorage::{ErrorKind, Options, Storage};

use crate::parts::{Size, check, merge, numbered, sizes, write, write_all, write_as};

/// What is in a directory.
fn listing(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn damage(path: &Path) {
    // The first chunk of the archive: the middle of its first large entry.
    let mut bytes = std::fs::read(path).unwrap();
    let at = bytes.len() / 4;
    bytes[at..at + 16].iter_mut().for_each(|byte| *byte ^= 0x5a);
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn one_line_each_and_nothing_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("parts");
    let sizes = sizes(4);
    let parts = write_all(&folder, &sizes);
    let out_dir = dir.path().join("out");
    std::fs::create_dir(&out_dir).unwrap();
    let out = out_dir.join("all.dataset");
    let refused = |parts: &[PathBuf], options: &str, kind: ErrorKind, words: &[&str]| {
        let error = merge(parts, &out, options).unwrap_err();
        let text = error.message();
        assert!(words.iter().all(|word| text.contains(word)) && !text.contains('\n'), "{text}");
        assert_eq!(error.kind(), kind, "{text}");
        assert_eq!(listing(&out_dir), Vec::<String>::new(), "{text}");
    };
    refused(&[], "{}", ErrorKind::InvalidArgument, &["parts", "empty"]);
    refused(&[dir.path().join("nowhere.zarr")], "{}", ErrorKind::NotFound, &["nowhere.zarr"]);
    let other = dir.path().join("other");
    std::fs::create_dir(&other).unwrap();
    let twin = write(&other, 1, sizes[1], &[]);
    let twice = [&parts[..], std::slice::from_ref(&twin)].concat();
    refused(&twice, "{}", ErrorKind::InvalidArgument, &["two parts are named 'part_0001'", "other", "parts"]);
    let newer = write_as(&other, 5, sizes[0], &[], "2.0");
    let mixed = [&parts[..], std::slice::from_ref(&newer)].concat();
    refused(&mixed, "{}", ErrorKind::Schema, &["part_0005", "'CAD' 2.0", "'CAD' 1.0"]);
    let text = other.join("part_0006.zarr.data");
    std::fs::write(&text, b"no archive at all").unwrap();
    refused(&[&parts[..], &[text]].concat(), "{}", ErrorKind::InvalidArgument, &["part_0006"]);

    let plain = |name: &str, save: &dyn Fn(&Storage)| {
        let path = other.join(name).with_extension("zarr");
        let store = Storage::open_zarr(&path, &Options::default()).unwrap();
        save(&store);
        store.close().unwrap();
        path
    };
    let a = plain("a", &|store| store.save("face_areas", vec![1f32]).unwrap());
    let b = plain("b", &|store| store.save("face_areas", vec![1f64]).unwrap());
    refused(&[a.clone(), b], "{}", ErrorKind::DtypeMismatch, &["b: face_areas: is float64, in other parts float32"]);
    let matrix = datastorage::value::Array::from_slice(&[1, 2], &[1f32, 2.0]).unwrap();
    let c = plain("c", &|store| store.save("face_areas", matrix.clone()).unwrap());
    refused(
        &[a.clone(), c.clone()],
        "{}",
        ErrorKind::ShapeMismatch,
        &["face_areas: has 2 dimensions, in other parts 1"],
    );
    let wide = datastorage::value::Array::from_slice(&[1, 3], &[1f32, 2.0, 3.0]).unwrap();
    let d = plain("d", &|store| store.save("face_areas", wide.clone()).unwrap());
    refused(&[c, d], "{}", ErrorKind::ShapeMismatch, &["d: face_areas: has rows of shape [3], in other parts [2]"]);
    let e = plain("e", &|_| ());
    refused(&[a, e], "{}", ErrorKind::NotFound, &["e: no array to merge in it"]);

    merge(&parts, &out, "{}").unwrap();
    let before = std::fs::read(&out).unwrap();
    let error = merge(&parts[..2], &out, "{}").unwrap_err();
    assert!(error.kind() == ErrorKind::AlreadyExists && error.message().contains("mode is \"x\""), "{error}");
    assert_eq!(std::fs::read(&out).unwrap(), before);
    assert_eq!(listing(&out_dir), ["all.attribset", "all.dataset", "all.flow", "all.infoset"]);
    // Somebody's file is not replaced; a dataset is, also a damaged one.
    let notes = out_dir.join("notes.txt");
    std::fs::write(&notes, b"to be kept").unwrap();
    let error = merge(&parts, &notes, r#"{"mode": "w"}"#).unwrap_err();
    assert!(error.kind() == ErrorKind::AlreadyExists && error.message().contains("no store"), "{error}");
    assert_eq!(std::fs::read(&notes).unwrap(), b"to be kept");
    damage(&out);
    merge(&parts, &out, r#"{"mode": "w"}"#).unwrap();
    check(&out, &numbered(&sizes));
}

#[test]
fn damaged_parts_are_named_or_left_out() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("parts");
    let sizes: Vec<Size> = (0..8).map(|i| Size { faces: 20 + i, edges: 9 }).collect();
    let parts = write_all(&folder, &sizes);
    damage(&parts[2]);
    std::fs::write(&parts[5], &std::fs::read(&parts[5]).unwrap()[..900]).unwrap();
    let out = dir.path().join("all.dataset");
    let error = merge(&parts, &out, "{}").unwrap_err();
    assert!(error.message().contains("part_000"), "{error}");
    assert!(!out.exists() && !dir.path().join("all.dataset.merge").exists());
    let summary = merge(&parts, &out, r#"{"on_error": "skip"}"#).unwrap();
    let skipped: Vec<&str> = summary.skipped().iter().map(|(name, _)| *name).collect();
    assert_eq!(skipped, ["part_0002", "part_0005"]);
    assert!(summary.skipped().iter().all(|(name, error)| error.contains(name)), "{:?}", summary.skipped());
    let mut kept = numbered(&sizes);
    kept.retain(|(number, _)| ![2, 5].contains(number));
    check(&out, &kept);
    let flow = std::fs::read(dir.path().join("all.flow")).unwrap();
    let flow: serde_json::Value = serde_json::from_slice(&flow).unwrap();
    assert_eq!((flow["files_skipped"].as_u64(), flow["errors"][0]["name"].as_str()), (Some(2), Some("part_0002")));
}

#[test]
fn all_parts_bad_is_an_error_also_when_bad_ones_are_left_out() {
    let dir = tempfile::tempdir().unwrap();
    let bad = dir.path().join("x.zarr.data");
    std::fs::write(&bad, b"PK\x03\x04 and rubbish").unwrap();
    let error = merge(&[bad], &dir.path().join("all.dataset"), r#"{"on_error": "skip"}"#).unwrap_err();
    assert!(error.message().starts_with("none of 1 parts can be merged: "), "{error}");
    assert_eq!(listing(dir.path()), ["x.zarr.data"]);
}
