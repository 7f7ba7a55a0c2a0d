//! The same merge by tasks.

use datastorage::dataset::{self, MergeOptions};
use datastorage::{ErrorKind, Op};

use crate::parts::{check, merge, numbered, sizes, write_all};

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
    let chunks = planned.path.with_file_name("task-000001.chunks");
    let mut bytes = std::fs::read(&chunks).unwrap();
    bytes[3] ^= 1;
    std::fs::write(&chunks, &bytes).unwrap();
    let error = dataset::finish(&op, &planned.path).unwrap_err();
    assert!(error.message().contains("crc32"), "{error}");
    assert!(!out.exists());
    dataset::abandon(&planned.path).unwrap();
    assert!(!planned.path.parent().unwrap().exists());
}
