//! Datasets whose catalog, offsets or tables are not what a merge wrote: an error that names what disagrees.

use std::path::Path;

use serde_json::{Value as Json, json};

use super::super::Dataset;
use super::fixture::spec;
use crate::dataset::layout::PRIVATE;
use crate::options::{Mode, Options};
use crate::storage::Storage;
use crate::value::Array;
use crate::{Error, ErrorKind, Op};

/// The store of a dataset that was changed.
fn changed(dir: &Path, change: impl FnOnce(&Storage, &mut Json)) -> std::path::PathBuf {
    let path = spec().write(dir);
    let store =
        Storage::open_zarr(&path, &Options { mode: Mode::ReadWrite, export: Some(false), ..Options::default() })
            .unwrap();
    let mut catalog = store.load_metadata(PRIVATE).unwrap();
    change(&store, &mut catalog);
    store.delete_metadata(PRIVATE).unwrap();
    store.save_metadata(PRIVATE, catalog).unwrap();
    store.close().unwrap();
    path
}

fn refused(change: impl FnOnce(&Storage, &mut Json)) -> Error {
    let dir = tempfile::tempdir().unwrap();
    let path = changed(dir.path(), change);
    let dataset = match Dataset::open(path, &Options::default()) {
        Err(e) => return e,
        Ok(dataset) => dataset,
    };
    dataset.rows(&Op::quiet(), "faces", "face_sorted > 3").unwrap_err()
}

#[test]
fn a_catalog_that_disagrees_with_the_store_is_corrupt() {
    let set = |pointer: &'static str, value: Json| {
        move |_: &Storage, catalog: &mut Json| *catalog.pointer_mut(pointer).unwrap() = value
    };
    for (error, message) in [
        (refused(set("/groups/faces/rows", json!(41))), "faces: has 41 rows, its primary dimension 40"),
        (
            refused(set("/groups/faces/arrays/face_types/dtype", json!("int64"))),
            "faces/face_types: the catalog says int64, the store has int32",
        ),
        (
            refused(set("/groups/faces/arrays/face_types/dtype", json!("group"))),
            "faces/face_types: the catalog says group, the store has int32",
        ),
        (
            refused(set("/groups/faces/arrays/face_types/axis", json!("loop"))),
            "faces/face_types: has shape [40], the catalog wants 11 rows and 1 dimensions",
        ),
        (
            refused(set("/groups/faces/arrays/face_types/axis", json!("edge"))),
            "faces/face_types: runs along 'edge', which is no axis of it",
        ),
        (
            refused(set("/groups/faces/arrays/face_types/dims", json!(["face", "x"]))),
            "faces/face_types: has shape [40], the catalog wants 40 rows and 2 dimensions",
        ),
        (
            refused(set("/groups/faces/arrays/face_types/statistics_rows", json!(0))),
            "faces/face_types: statistics of 0 rows",
        ),
        (
            refused(set("/groups/faces/arrays/face_sorted/statistics_rows", json!(4))),
            "_dataset/statistics/faces/face_sorted: is int32 of shape [8, 2], the catalog wants int32 of [10, 2]",
        ),
        (refused(set("/groups/faces/axes/file/rows", json!(8))), "faces: axis 'file' of 8 rows is not that of 7 files"),
        (
            refused(set("/groups/faces/axes/face/offsets", json!(null))),
            "faces: axis 'face' of 40 rows is not that of 7 files",
        ),
        (
            refused(set("/groups/faces/axes/face/offsets", json!("_dataset/offsets/faces.loop"))),
            "_dataset/offsets/faces.loop: does not rise from 0 to the 40 rows of the axis",
        ),
        (refused(set("/files", json!(1u64 << 40))), "limit"),
        (refused(set("/files", json!(-1))), "the catalog is not readable"),
        (refused(set("/groups", json!([]))), "the catalog is not readable"),
        (
            refused(|store, _| store.delete("faces/face_types").unwrap()),
            "faces/face_types: is in the catalog and not in the store",
        ),
        (
            refused(|store, _| store.save("_dataset/offsets/faces", Array::vector(&[0i64, 3, 3])).unwrap()),
            "_dataset/offsets/faces: has shape [3], the catalog wants [8]",
        ),
        (
            refused(|store, _| {
                store.save("_dataset/offsets/faces", Array::vector(&[0i64, 30, 3, 8, 9, 21, 23, 40])).unwrap()
            }),
            "does not rise",
        ),
        (
            refused(|store, _| {
                store.save("_dataset/offsets/faces", Array::vector(&[-5i64, 0, 3, 8, 9, 21, 23, 40])).unwrap()
            }),
            "does not rise",
        ),
        (
            refused(|store, _| store.save("_dataset/offsets/faces", Array::vector(&[0.0f64; 8])).unwrap()),
            "_dataset/offsets/faces: data is float64, asked for int64",
        ),
        (
            refused(|store, _| {
                store.save("_dataset/statistics/faces/face_sorted", Array::vector(&[0i32; 16])).unwrap()
            }),
            "_dataset/statistics/faces/face_sorted: is int32 of shape [16], the catalog wants int32 of [8, 2]",
        ),
    ] {
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
        assert!(error.message().contains(message), "{error}, wanted {message}");
    }
    let later = refused(set("/version", json!(2)));
    assert_eq!(later.kind(), ErrorKind::Unsupported, "{later}");
}

#[test]
fn tables_of_another_dataset_or_of_other_files_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = changed(dir.path(), |_, catalog| catalog["id"] = json!("ffffffffffffffff"));
    let error = Dataset::open(&path, &Options::default()).err().unwrap();
    let message = "all.infoset: belongs to dataset 00112233445566ff, the store is dataset ffffffffffffffff";
    assert!(error.kind() == ErrorKind::Corrupt && error.message().ends_with(message), "{error}");
    let fewer = tempfile::tempdir().unwrap();
    let mut less = spec();
    less.metadata.pop();
    less.axes.iter_mut().for_each(|(_, lengths)| lengths.truncate(6));
    less.parts.clear();
    less.write(fewer.path());
    let whole = tempfile::tempdir().unwrap();
    let path = spec().write(whole.path());
    std::fs::copy(fewer.path().join("all.infoset"), whole.path().join("all.infoset")).unwrap();
    let error = Dataset::open(&path, &Options::default()).err().unwrap();
    assert!(error.message().ends_with("all.infoset: has 6 rows, the store has 7 files"), "{error}");
    for name in ["all.infoset", "all.attribset"] {
        std::fs::write(whole.path().join(name), b"PAR1 no table PAR1").unwrap();
        assert_eq!(Dataset::open(&path, &Options::default()).err().unwrap().kind(), ErrorKind::Corrupt);
    }
}

#[test]
fn a_store_that_is_no_dataset_is_told_from_a_corrupt_one() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("part.zarr");
    let store = Storage::open_zarr(&path, &Options { export: Some(false), ..Options::default() }).unwrap();
    store.save("x", 1i32).unwrap();
    store.close().unwrap();
    let error = Dataset::open(&path, &Options::default()).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert!(error.message().ends_with("is no dataset, its metadata has no catalog"), "{error}");
    assert_eq!(
        Dataset::open(dir.path().join("none.dataset"), &Options::default()).err().unwrap().kind(),
        ErrorKind::NotFound
    );
    let writing = Options { mode: Mode::Replace, ..Options::default() };
    assert_eq!(Dataset::open(&path, &writing).err().unwrap().kind(), ErrorKind::InvalidArgument);
    assert!(path.is_dir());
}

#[test]
fn a_table_in_the_others_place_is_corrupt() {
    let dir = tempfile::tempdir().unwrap();
    let path = spec().write(dir.path());
    let paths = crate::dataset::layout::Paths::of(&path).unwrap();
    for (from, to, wanted) in
        [(&paths.infoset, &paths.attribset, "is no attribset"), (&paths.attribset, &paths.infoset, "is no infoset")]
    {
        let kept = std::fs::read(to).unwrap();
        std::fs::copy(from, to).unwrap();
        let error = Dataset::open(&path, &Options::default()).map(|_| ()).unwrap_err();
        assert!(error.kind() == ErrorKind::Corrupt && error.message().contains(wanted), "{error}");
        std::fs::write(to, kept).unwrap();
    }
}
