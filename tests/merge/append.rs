//! Adding parts to a dataset.

use std::sync::Arc;

use datastorage::dataset::{self, Dataset, MergeOptions};
use datastorage::{Cancel, ErrorKind, Op, Options, Progress};

use crate::parts::{Size, check, merge, numbered, sizes, write_all, write_as};

#[test]
fn parts_are_added_in_steps_and_the_dataset_is_that_of_all() {
    let dir = tempfile::tempdir().unwrap();
    let sizes = sizes(31);
    let parts = write_all(&dir.path().join("parts"), &sizes);
    for options in [
        r#""chunk_elements": 8"#,
        r#""chunk_elements": 8, "layout": "directory""#,
        r#""chunk_elements": 8, "zarr_format": 3, "shard_elements": 32"#,
        r#""profile": "compact""#,
        r#""chunk_elements": 262144"#,
    ] {
        let out = dir.path().join("all.dataset");
        let options = format!(r#"{{"mode": "a", "sync": "none", {options}}}"#);
        let mut done = 0;
        for step in [2, 1, 13, 15] {
            let summary = merge(&parts[done..done + step], &out, &options).unwrap();
            done += step;
            assert_eq!(summary.files(), done as u64);
            check(&out, &numbered(&sizes[..done]));
        }
        if out.is_dir() { std::fs::remove_dir_all(&out).unwrap() } else { std::fs::remove_file(&out).unwrap() }
    }
}

#[test]
fn full_chunks_are_taken_over_as_they_are() {
    let dir = tempfile::tempdir().unwrap();
    let parts = write_all(&dir.path().join("parts"), &sizes(30));
    let out = dir.path().join("all.dataset");
    let options = r#"{"mode": "a", "layout": "directory", "chunk_elements": 16, "sync": "none"}"#;
    merge(&parts[..20], &out, options).unwrap();
    let read = |chunk: u64| std::fs::read(out.join(format!("faces/face_areas/{chunk}"))).unwrap();
    let before: Vec<_> = (0..3).map(read).collect();
    #[cfg(unix)]
    let inode = |chunk: u64| {
        use std::os::unix::fs::MetadataExt;
        std::fs::metadata(out.join(format!("faces/face_areas/{chunk}"))).unwrap().ino()
    };
    #[cfg(unix)]
    let inodes: Vec<u64> = (0..4).map(inode).collect();
    merge(&parts[20..], &out, options).unwrap();
    assert_eq!((0..3).map(read).collect::<Vec<_>>(), before);
    #[cfg(unix)]
    {
        // 52 rows: three chunks of 16 are full, the fourth was not.
        assert_eq!((0..3).map(inode).collect::<Vec<_>>(), inodes[..3]);
        assert_ne!(inode(3), inodes[3]);
    }
}

#[test]
fn what_does_not_fit_behind_a_dataset_is_refused_and_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let sizes = sizes(6);
    let folder = dir.path().join("parts");
    let parts = write_all(&folder, &sizes);
    let out = dir.path().join("all.dataset");
    merge(&parts[..4], &out, "{}").unwrap();
    let bytes = std::fs::read(&out).unwrap();
    let refused = |parts: &[std::path::PathBuf], word: &str, kind: ErrorKind| {
        let error = merge(parts, &out, r#"{"mode": "a"}"#).unwrap_err();
        assert!(error.message().contains(word) && error.kind() == kind, "{error}");
        assert_eq!(std::fs::read(&out).unwrap(), bytes);
        assert!(!dir.path().join("all.dataset.merge").exists());
    };
    refused(&parts[3..], "has a file named 'part_0003'", ErrorKind::AlreadyExists);
    let other = write_as(&folder, 7, sizes[0], &[], "2.0");
    refused(&[other], "'CAD' 2.0, the dataset 'CAD' 1.0", ErrorKind::Schema);
    let none = write_as(&folder, 8, sizes[0], &[], "");
    refused(&[none], "no schema", ErrorKind::Schema);
    let half = write_as(&folder, 9, sizes[0], &["face_types"], "1.0");
    refused(&[half], "faces/face_types: the dataset has it", ErrorKind::Schema);
    // A group that none of them has stays as it is.
    let less = write_as(&folder, 9, sizes[0], &["edge_lengths"], "1.0");
    merge(&[less], &out, r#"{"mode": "a"}"#).unwrap();
    let store = datastorage::Storage::open_zarr(&out, &Default::default()).unwrap();
    assert_eq!(store.load_array("edges/edge_lengths").unwrap().len(), 5 + 10 + 4);
    assert_eq!(store.load_array("_dataset/offsets/edges").unwrap().to_vec::<i64>().unwrap(), [0, 0, 5, 15, 19, 19]);
    let plain = dir.path().join("plain.dataset");
    std::fs::copy(&parts[0], &plain).unwrap();
    let error = merge(&parts[4..], &plain, r#"{"mode": "a"}"#).unwrap_err();
    assert!(error.message().contains("no dataset"), "{error}");
}

#[test]
fn an_append_that_was_cut_off_is_not_gone_on_with_behind_another_dataset() {
    let dir = tempfile::tempdir().unwrap();
    let sizes: Vec<Size> = (0..11).map(|i| Size { faces: 1 + i % 5, edges: 2 * (i % 5) }).collect();
    let parts = write_all(&dir.path().join("parts"), &sizes);
    let out = dir.path().join("all.dataset");
    for layout in ["archive", "directory"] {
        let text =
            |mode: &str| format!(r#"{{"mode": "{mode}", "sync": "none", "chunk_elements": 4, "layout": "{layout}"}}"#);
        let options = MergeOptions::parse(&text("a")).unwrap();
        merge(&parts[..5], &out, &text("w")).unwrap();
        let op = Op::new(Cancel::never(), Some(Arc::new(|progress: &Progress<'_>| progress.stage != "publish")));
        let error = dataset::merge(&op, &parts[10..], &out, &options).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Cancelled, "{error}");
        // As many files and rows as before, and other elements.
        for end in ["dataset", "infoset", "attribset"] {
            let other = dir.path().join("other.dataset");
            if end == "dataset" {
                merge(&parts[5..10], &other, &text("w")).unwrap();
                if out.is_dir() { std::fs::remove_dir_all(&out).unwrap() } else { std::fs::remove_file(&out).unwrap() }
            }
            std::fs::rename(other.with_extension(end), out.with_extension(end)).unwrap();
        }
        merge(&parts[10..], &out, &text("a")).unwrap();
        check(&out, &numbered(&sizes)[5..]);
    }
}

#[test]
fn subsets_that_two_have_open_at_once_are_both_kept() {
    let dir = tempfile::tempdir().unwrap();
    let parts = write_all(&dir.path().join("parts"), &sizes(4));
    let out = dir.path().join("all.dataset");
    merge(&parts, &out, r#"{"mode": "w", "sync": "none"}"#).unwrap();
    let open = || Dataset::open(&out, &Options::default()).unwrap();
    let (one, other) = (open(), open());
    one.save_subsets(&[("train".to_owned(), vec![0, 2])]).unwrap();
    other.save_subsets(&[("test".to_owned(), vec![1])]).unwrap();
    for dataset in [other, open()] {
        assert_eq!(dataset.subset("train").unwrap(), [0, 2]);
        assert_eq!(dataset.subset("test").unwrap(), [1]);
    }
    // Who has the right to write it keeps others away.
    let options = r#"{"mode": "r+"}"#;
    if out.is_file() {
        merge(&parts, &out, r#"{"mode": "w", "sync": "none", "layout": "directory"}"#).unwrap();
    }
    let writer = datastorage::Storage::open_zarr(&out, &Options::parse(options).unwrap()).unwrap();
    let error = open().save_subsets(&[("test".to_owned(), vec![3])]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Busy);
    assert!(error.message().contains(&std::process::id().to_string()), "{error}");
    writer.close().unwrap();
}
