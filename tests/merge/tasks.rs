//! The same merge by tasks.

use std::sync::Arc;

use datastorage::dataset::{self, Dataset, MergeOptions};
use datastorage::{Cancel, ErrorKind, Op, Options, Progress, Storage};

use crate::parts::{Size, check, merge, numbered, sizes, write_all};

#[test]
fn tasks_in_any_order_and_again_give_the_same_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let sizes = sizes(41);
    let parts = write_all(&dir.path().join("parts"), &sizes);
    let op = Op::quiet();
    for (options, count) in [
        (r#""chunk_elements": 8"#, 7),
        (r#""chunk_elements": 64, "zarr_format": 3, "shard_elements": 256"#, 3),
        (r#""profile": "fast""#, 41),
        (r#""codec": "zstd:3""#, 1),
    ] {
        let local = dir.path().join("local.dataset");
        merge(&parts, &local, &format!(r#"{{"mode": "w", {options}}}"#)).unwrap();
        let out = dir.path().join("tasks.dataset");
        let text = format!(r#"{{"mode": "w", "tasks": {count}, {options}}}"#);
        let planned = dataset::plan(&op, &parts, &out, &MergeOptions::parse(&text).unwrap()).unwrap();
        // Files without rows begin no task.
        assert!((count * 9 / 10..=count).contains(&planned.tasks));
        let count = planned.tasks;
        let mut order: Vec<u64> = (0..count).rev().collect();
        order.extend(0..count.min(2));
        std::thread::scope(|scope| {
            for tasks in order.chunks(2) {
                for &task in tasks {
                    let path = &planned.path;
                    scope.spawn(move || dataset::run_task(&Op::quiet(), path, task).unwrap());
                }
            }
        });
        let summary = dataset::finish(&op, &planned.path).unwrap();
        assert_eq!(summary.files(), 41);
        check(&out, &numbered(&sizes));
        assert!(std::fs::read(&out).unwrap() == std::fs::read(&local).unwrap(), "{options}");
        for table in ["infoset", "attribset"] {
            let read = |name: &str| std::fs::read(dir.path().join(name).with_extension(table)).unwrap();
            assert_eq!(read("tasks"), read("local"), "{table}");
        }
    }
}

#[test]
fn a_task_that_was_not_run_is_named_and_nothing_appears() {
    let dir = tempfile::tempdir().unwrap();
    let parts = write_all(&dir.path().join("parts"), &sizes(9));
    let out = dir.path().join("all.dataset");
    let op = Op::quiet();
    let options = MergeOptions::parse(r#"{"tasks": 3, "chunk_elements": 4}"#).unwrap();
    let planned = dataset::plan(&op, &parts, &out, &options).unwrap();
    dataset::run_task(&op, &planned.path, 0).unwrap();
    dataset::run_task(&op, &planned.path, 2).unwrap();
    let error = dataset::finish(&op, &planned.path).unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::NotFound, "task 1 of 3 was not run"));
    let error = dataset::run_task(&op, &planned.path, 3).unwrap_err();
    assert_eq!(error.message(), "task 3: the plan has 3, from 0");
    assert!(!out.exists());
    // Planned again, what was done is kept; then the damaged fragment of a task is not believed.
    let again = dataset::plan(&op, &parts, &out, &options).unwrap();
    assert_eq!(again, planned);
    dataset::run_task(&op, &planned.path, 1).unwrap();
    let work = planned.path.parent().unwrap();
    let names = std::fs::read_dir(work).unwrap().map(|entry| entry.unwrap().path());
    let is_wanted = |path: &std::path::PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy();
        name.starts_with("task-000001") && name.ends_with(".chunks")
    };
    let chunks = names.into_iter().find(is_wanted).unwrap();
    let mut bytes = std::fs::read(&chunks).unwrap();
    bytes[3] ^= 1;
    std::fs::write(&chunks, &bytes).unwrap();
    let error = dataset::finish(&op, &planned.path).unwrap_err();
    assert!(error.message().contains("crc32"), "{error}");
    assert!(!out.exists());
    dataset::abandon(&planned.path).unwrap();
    assert!(!planned.path.parent().unwrap().exists());
}

/// Another process is still at a task of a plan when the parts are written again and the merge is planned anew.
#[test]
fn what_a_task_of_an_older_plan_wrote_is_not_believed() {
    let dir = tempfile::tempdir().unwrap();
    let sizes = sizes(9);
    let folder = dir.path().join("parts");
    let mut parts = write_all(&folder, &sizes);
    let out = dir.path().join("all.dataset");
    // A directory: its bytes are not in the plan, only when it was changed.
    std::fs::remove_file(&parts[0]).unwrap();
    parts[0] = folder.join("part_0000.zarr");
    let (place, size) = (parts[0].clone(), sizes[0]);
    let write = move |number: u64| {
        let options = Options::parse(r#"{"mode": "w", "sync": "none", "export": false}"#).unwrap();
        let store = Storage::open_zarr(&place, &options).unwrap();
        store.set_schema(&crate::parts::schema("1.0")).unwrap();
        crate::parts::arrays(number, size).into_iter().for_each(|(key, array)| store.save(key, array).unwrap());
        store.close().unwrap();
    };
    write(0);
    let options = MergeOptions::parse(r#"{"tasks": 3, "chunk_elements": 4, "groups": ["faces"]}"#).unwrap();
    let planned = dataset::plan(&Op::quiet(), &parts, &out, &options).unwrap();
    let again = std::sync::Once::new();
    let (list, output) = (parts.clone(), out.clone());
    let meanwhile = move |_: &Progress<'_>| {
        again.call_once(|| {
            std::thread::sleep(std::time::Duration::from_millis(20));
            write(3);
            dataset::plan(&Op::quiet(), &list, &output, &options).unwrap();
        });
        true
    };
    dataset::run_task(&Op::new(Cancel::never(), Some(Arc::new(meanwhile))), &planned.path, 0).unwrap();
    for task in 0..planned.tasks {
        dataset::run_task(&Op::quiet(), &planned.path, task).unwrap();
    }
    dataset::finish(&Op::quiet(), &planned.path).unwrap();
    let store = Storage::open_zarr(&out, &Options::default()).unwrap();
    assert_eq!(store.load_array("faces/face_areas").unwrap().to_vec::<f32>().unwrap()[0], 3000.0);
}

#[test]
fn what_a_merge_that_was_cut_off_wrote_is_not_that_of_a_later_plan() {
    let dir = tempfile::tempdir().unwrap();
    let sizes: Vec<Size> = (0..10).map(|i| Size { faces: 1 + i % 5, edges: 2 * (i % 5) }).collect();
    let parts = write_all(&dir.path().join("parts"), &sizes);
    let out = dir.path().join("all.dataset");
    let text = r#"{"codec": "zstd:1", "sync": "none", "chunk_elements": 4, "tasks": 2}"#;
    let options = MergeOptions::parse(text).unwrap();
    let op = Op::new(Cancel::never(), Some(Arc::new(|progress: &Progress<'_>| progress.stage != "publish")));
    let error = dataset::merge(&op, &parts[..5], &out, &options).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled, "{error}");
    // Parts of the same sizes with other elements: every chunk of the one could be one of the other.
    let planned = dataset::plan(&Op::quiet(), &parts[5..], &out, &options).unwrap();
    for task in 0..planned.tasks {
        dataset::run_task(&Op::quiet(), &planned.path, task).unwrap();
    }
    dataset::finish(&Op::quiet(), &planned.path).unwrap();
    check(&out, &numbered(&sizes)[5..]);
}

#[test]
fn a_publication_that_was_begun_is_ended_by_finish_and_by_abandon() {
    let dir = tempfile::tempdir().unwrap();
    let sizes = sizes(9);
    let parts = write_all(&dir.path().join("parts"), &sizes);
    let (out, work) = (dir.path().join("all.dataset"), dir.path().join("all.dataset.merge"));
    let options = MergeOptions::parse(r#"{"mode": "w", "tasks": 2, "chunk_elements": 4, "sync": "none"}"#).unwrap();
    for finishes in [true, false] {
        merge(&parts[..1], &out, r#"{"mode": "w", "sync": "none"}"#).unwrap();
        let planned = dataset::plan(&Op::quiet(), &parts, &out, &options).unwrap();
        let plan = std::fs::read(&planned.path).unwrap();
        (0..planned.tasks).for_each(|task| dataset::run_task(&Op::quiet(), &planned.path, task).unwrap());
        dataset::finish(&Op::quiet(), &planned.path).unwrap();
        // As a process leaves it that dies after the mark, having renamed nothing but a table.
        std::fs::create_dir(&work).unwrap();
        for (name, end) in [("attribset", "attribset"), ("flow", "flow"), ("store", "dataset")] {
            std::fs::rename(dir.path().join(format!("all.{end}")), work.join(name)).unwrap();
        }
        std::fs::write(work.join("plan"), plan).unwrap();
        std::fs::write(work.join("publish"), b"").unwrap();
        if finishes {
            assert_eq!(dataset::finish(&Op::quiet(), &planned.path).unwrap().files(), 9);
        } else {
            dataset::abandon(&planned.path).unwrap();
        }
        assert!(!work.exists());
        assert_eq!(Dataset::open(&out, &Options::default()).unwrap().file_count(), 9);
        check(&out, &numbered(&sizes));
    }
}
