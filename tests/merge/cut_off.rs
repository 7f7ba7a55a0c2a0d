//! A merge that is cut off leaves the old dataset or none, and the next one goes on with it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use datastorage::dataset::{self, MergeOptions};
use datastorage::{Cancel, ErrorKind, Op, Progress};

use crate::parts::{Size, check, merge, numbered, write_all};

/// Parts that take several batches.
fn sizes() -> Vec<Size> {
    (0..40).map(|i| Size { faces: 150 + 4 * i, edges: 50 }).collect()
}

#[test]
fn a_cancelled_merge_is_gone_on_with() {
    let dir = tempfile::tempdir().unwrap();
    let sizes = sizes();
    let parts = write_all(&dir.path().join("parts"), &sizes);
    let whole = dir.path().join("whole.dataset");
    for layout in ["archive", "directory"] {
        let text = format!(
            r#"{{"codec": "zstd:1", "sync": "none", "layout": "{layout}", "chunk_elements": 8192, "mode": "w"}}"#
        );
        let options = MergeOptions::parse(&text).unwrap();
        merge(&parts, &whole, &text).unwrap();
        let out = dir.path().join(format!("{layout}.dataset"));
        let mut steps = 0;
        for cancel_at in [1, 2, u64::MAX] {
            let calls = Arc::new(AtomicU64::new(0));
            let counted = calls.clone();
            let callback = move |progress: &Progress<'_>| {
                progress.stage != "merge" || counted.fetch_add(1, Ordering::SeqCst) + 1 < cancel_at
            };
            let op = Op::new(Cancel::never(), Some(Arc::new(callback)));
            match dataset::merge(&op, &parts, &out, &options) {
                Ok(_) => assert_eq!(cancel_at, u64::MAX),
                Err(e) => {
                    assert_eq!(e.kind(), ErrorKind::Cancelled, "{e}");
                    assert!(!out.exists() && dir.path().join(format!("{layout}.dataset.merge/journal")).exists());
                }
            }
            steps = calls.load(Ordering::SeqCst);
        }
        assert!(steps > 1, "the merge must take several batches, it took {steps}");
        check(&out, &numbered(&sizes));
        if layout == "archive" {
            assert!(std::fs::read(&out).unwrap() == std::fs::read(&whole).unwrap());
        }
    }
}

/// In a child process: merges until it is killed.
#[test]
#[ignore = "run by the test below, in a process of its own"]
fn child_merges() {
    let Ok(dir) = std::env::var("DS_MERGE_DIR") else { return };
    let dir = std::path::PathBuf::from(dir);
    let options = std::env::var("DS_MERGE_OPTIONS").unwrap();
    merge(&[dir.join("parts")], &dir.join("all.dataset"), &options).unwrap();
}

#[test]
#[cfg(unix)]
fn a_killed_merge_leaves_the_old_dataset_or_the_new_one() {
    let dir = tempfile::tempdir().unwrap();
    let sizes = sizes();
    let (old, all) = (&sizes[..3], &sizes[..]);
    let parts = write_all(&dir.path().join("parts"), all);
    let out = dir.path().join("all.dataset");
    let seen = [AtomicU64::new(0), AtomicU64::new(0)];
    for (round, options) in [
        r#"{"mode": "w", "codec": "zstd:3", "sync": "none", "chunk_elements": 8192}"#,
        r#"{"mode": "w", "codec": "zstd:3", "sync": "none", "chunk_elements": 8192, "layout": "directory"}"#,
    ]
    .iter()
    .cycle()
    .take(10)
    .enumerate()
    {
        merge(&parts[..3], &out, r#"{"mode": "w", "sync": "none", "resume": false}"#).unwrap();
        let mut child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "cut_off::child_merges", "--ignored", "--nocapture"])
            .env("DS_MERGE_DIR", dir.path())
            .env("DS_MERGE_OPTIONS", options)
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(17 * (round as u64 + 1)));
        child.kill().unwrap();
        child.wait().unwrap();
        // What is published may wait for the next one to settle it; opening the store shows one or the other, whole.
        let store = datastorage::Storage::open_zarr(&out, &datastorage::Options::parse(r#"{"mode": "r"}"#).unwrap());
        let files = store.unwrap().load_metadata("_dataset/files").unwrap().as_u64().unwrap();
        let is_new = files == all.len() as u64;
        check(&out, &numbered(if is_new { all } else { old }));
        seen[usize::from(is_new)].fetch_add(1, Ordering::SeqCst);
        // The next one goes on, or begins anew, and ends.
        merge(&parts, &out, options).unwrap();
        check(&out, &numbered(all));
        assert!(!dir.path().join("all.dataset.merge").exists());
    }
    assert!(seen[0].load(Ordering::SeqCst) > 0, "no merge was cut off");
}

#[test]
fn a_publication_that_was_cut_off_is_ended_by_who_opens_next() {
    let dir = tempfile::tempdir().unwrap();
    let sizes = &sizes()[..4];
    let parts = write_all(&dir.path().join("parts"), sizes);
    let out = dir.path().join("all.dataset");
    let work = dir.path().join("all.dataset.merge");
    for renamed in 0..4 {
        for (layout, mark) in [("archive", "file"), ("directory", "directory")] {
            merge(&parts[..1], &out, r#"{"mode": "w"}"#).unwrap();
            let elsewhere = dir.path().join("new.dataset");
            merge(&parts, &elsewhere, &format!(r#"{{"mode": "w", "layout": "{layout}"}}"#)).unwrap();
            // As a process leaves it that died after the mark, having renamed so many.
            std::fs::create_dir(&work).unwrap();
            std::fs::write(work.join("publish"), mark).unwrap();
            if layout == "directory" {
                std::fs::write(elsewhere.join(".ds_new"), b"").unwrap();
            }
            for (place, (name, end)) in
                [("infoset", "infoset"), ("attribset", "attribset"), ("flow", "flow"), ("store", "dataset")]
                    .into_iter()
                    .enumerate()
            {
                let target = dir.path().join(format!("all.{end}"));
                let from = dir.path().join(format!("new.{end}"));
                std::fs::rename(from, if place < renamed { target } else { work.join(name) }).unwrap();
            }
            let dataset = datastorage::dataset::Dataset::open(&out, &datastorage::Options::default()).unwrap();
            assert_eq!(dataset.file_count(), 4);
            check(&out, &numbered(sizes));
            assert!(!work.exists() && !out.join(".ds_new").exists());
        }
    }
}

#[test]
fn what_a_killed_merge_left_beside_the_dataset_is_removed_by_the_next_one() {
    let dir = tempfile::tempdir().unwrap();
    let parts = write_all(&dir.path().join("parts"), &sizes()[..2]);
    // Of a machine, or a boot, that is long gone.
    let left = dir.path().join(".ds-tmp-00000000-4194305-7");
    std::fs::write(&left, "half").unwrap();
    let long_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(48 * 3600);
    std::fs::File::options().append(true).open(&left).unwrap().set_modified(long_ago).unwrap();
    std::fs::write(dir.path().join(".all.dataset.lock"), "4194305\n").unwrap();
    merge(&parts, &dir.path().join("all.dataset"), r#"{"mode": "w"}"#).unwrap();
    assert!(!left.exists());
}

#[test]
fn a_replaced_directory_that_was_half_removed_does_not_come_back() {
    let dir = tempfile::tempdir().unwrap();
    let sizes = &sizes()[..4];
    let parts = write_all(&dir.path().join("parts"), sizes);
    let (out, work) = (dir.path().join("all.dataset"), dir.path().join("all.dataset.merge"));
    for token in [true, false] {
        merge(&parts, &out, r#"{"mode": "w", "layout": "directory"}"#).unwrap();
        // As a process leaves it that died while it removed what it had replaced.
        let old = work.join("store/faces");
        std::fs::create_dir_all(&old).unwrap();
        std::fs::write(old.join(".zgroup"), r#"{"zarr_format": 2}"#).unwrap();
        std::fs::write(work.join("publish"), "directory").unwrap();
        if token {
            std::fs::write(out.join(".ds_new"), b"").unwrap();
        }
        check(&out, &numbered(sizes));
        let dataset = datastorage::dataset::Dataset::open(&out, &datastorage::Options::default()).unwrap();
        assert_eq!(dataset.file_count(), 4);
        check(&out, &numbered(sizes));
        assert!(!work.exists() && !out.join(".ds_new").exists());
    }
}

#[test]
fn parts_that_were_written_again_meanwhile_are_not_gone_on_with() {
    let dir = tempfile::tempdir().unwrap();
    let sizes = sizes();
    let folder = dir.path().join("parts");
    let mut parts = write_all(&folder, &sizes);
    let out = dir.path().join("all.dataset");
    // The first part is a directory with the elements of a number: the same name and shapes, other values.
    std::fs::remove_file(&parts[0]).unwrap();
    parts[0] = folder.join("part_0000.zarr");
    let write = |number: u64| {
        let options = datastorage::Options::parse(r#"{"mode": "w", "sync": "none", "export": false}"#).unwrap();
        let store = datastorage::Storage::open_zarr(&parts[0], &options).unwrap();
        store.set_schema(&crate::parts::schema("1.0")).unwrap();
        crate::parts::arrays(number, sizes[0]).into_iter().for_each(|(key, array)| store.save(key, array).unwrap());
        store.close().unwrap();
    };
    write(0);
    let text = r#"{"codec": "zstd:1", "sync": "none", "groups": ["faces"]}"#;
    // Cut off when everything is written and nothing is published.
    let op = Op::new(Cancel::never(), Some(Arc::new(|progress: &Progress<'_>| progress.stage != "publish")));
    let error = dataset::merge(&op, &parts, &out, &MergeOptions::parse(text).unwrap()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled, "{error}");
    std::thread::sleep(std::time::Duration::from_millis(20));
    write(3);
    merge(&parts, &out, text).unwrap();
    let store = datastorage::Storage::open_zarr(&out, &datastorage::Options::default()).unwrap();
    assert_eq!(store.load_array("faces/face_areas").unwrap().to_vec::<f32>().unwrap()[0], 3000.0);
}
