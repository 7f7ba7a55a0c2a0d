//! What a killed writer left, and what somebody else put there.

use serde_json::json;

use super::{kind, open};
use crate::{ErrorKind, Value};

/// What a directory has that is no UTF-8 is not listed, and is somebody's all the same.
#[cfg(unix)]
#[test]
fn a_directory_with_a_file_of_any_name_is_not_taken_for_an_empty_one() {
    use std::os::unix::ffi::OsStrExt;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.zarr");
    let file = path.join(std::ffi::OsStr::from_bytes(b"\xff"));
    std::fs::create_dir(&path).unwrap();
    if std::fs::write(&file, "mine").is_err() {
        // Not every file system has such names.
        return;
    }
    let store = open(&path, json!({"export": false})).unwrap();
    store.save("a", 1i32).unwrap();
    assert_eq!(kind(store.flush()), ErrorKind::AlreadyExists);
    assert_eq!(kind(store.close()), ErrorKind::AlreadyExists);
    assert_eq!(std::fs::read(&file).unwrap(), b"mine");
}

#[test]
fn a_replacement_in_a_group_that_was_cut_in_two_is_recovered() {
    for zarr_format in [2, 3] {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("p.zarr");
        let options = json!({"export": false, "zarr_format": zarr_format});
        let store = open(&path, options.clone()).unwrap();
        for key in ["x", "g/x", "g/h/x"] {
            store.save(key, 1i32).unwrap();
        }
        store.close().unwrap();
        // What a writer leaves that is killed between the two renames of a replacement, where names are not exchanged.
        for name in ["", "g", "g/h"] {
            std::fs::rename(path.join(name).join("x"), path.join(name).join(".x.ds-old")).unwrap();
            std::fs::write(path.join(name).join(".ds-tmp-00000000-4194305-7"), "half").unwrap();
            let long_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(48 * 3600);
            let file = std::fs::File::options().append(true).open(path.join(name).join(".ds-tmp-00000000-4194305-7"));
            file.unwrap().set_modified(long_ago).unwrap();
        }
        std::fs::write(dir.path().join(".p.zarr.lock"), "4194305\n").unwrap();
        let store = open(&path, options).unwrap();
        for key in ["x", "g/x", "g/h/x"] {
            assert_eq!(store.load(key).unwrap(), Value::from(1i32), "{key}");
        }
        for name in ["", "g", "g/h"] {
            let names = std::fs::read_dir(path.join(name)).unwrap().map(|e| e.unwrap().file_name());
            let left: Vec<_> = names.filter(|name| name.to_string_lossy().contains(".ds-")).collect();
            assert!(left.iter().all(|name| name == ".ds_record"), "{name}: {left:?}");
        }
    }
}

#[test]
fn what_a_killed_writer_left_is_removed_by_the_next_one() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.zarr");
    let pending = crate::fs::PendingFile::create(&path, crate::options::Sync::None).unwrap();
    let name = std::fs::read_dir(dir.path()).unwrap().next().unwrap().unwrap().file_name().into_string().unwrap();
    drop(pending);
    // A process number that no process has.
    let dead = name.replace(&format!("-{}-", std::process::id()), "-4194305-");
    std::fs::write(dir.path().join(&dead), "half").unwrap();
    std::fs::write(dir.path().join(".p.zarr.lock"), "4194305\n").unwrap();
    let store = open(&path, json!({"export": false})).unwrap();
    assert!(!dir.path().join(&dead).exists());
    store.save("a", 1i32).unwrap();
    store.close().unwrap();
    let left: Vec<_> = std::fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["p.zarr"]);
}
