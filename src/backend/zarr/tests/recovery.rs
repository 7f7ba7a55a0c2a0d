//! What a killed writer left, and what somebody else put there.

use serde_json::json;

use super::super::base::{Base, Found};
use super::super::decode::Limits;
use super::{kind, open};
use crate::key::Key;
use crate::op::Op;
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

#[test]
fn what_was_compressed_is_the_store_before_the_directory_is_removed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.zarr");
    let found = || open(&path, json!({"mode": "r"})).unwrap().load("a").unwrap();
    // A process that dies now leaves what a reader sees now.
    let store = open(&path, json!({"export": false})).unwrap();
    store.save("a", 1i32).unwrap();
    store.flush().unwrap();
    store.save("a", 2i32).unwrap();
    store.compress().unwrap();
    assert!(path.is_dir());
    assert_eq!(found(), Value::from(2i32));
    store.close().unwrap();
    // A directory of nothing but what a path was asked for, before an archive that it is to replace.
    let store = open(&path, json!({"mode": "w", "export": false})).unwrap();
    store.path("").unwrap();
    assert!(path.is_dir());
    assert_eq!(found(), Value::from(2i32));
    store.save("a", 3i32).unwrap();
    assert_eq!(found(), Value::from(2i32));
    store.flush().unwrap();
    assert_eq!(found(), Value::from(3i32));
    store.save("a", 4i32).unwrap();
    store.compress().unwrap();
    assert_eq!(found(), Value::from(4i32));
    store.close().unwrap();
    // The directory that mode `w` replaces.
    std::fs::remove_file(dir.path().join("p.zarr.data")).unwrap();
    let store = open(&path, json!({"export": false})).unwrap();
    store.save("a", 5i32).unwrap();
    store.close().unwrap();
    let store = open(&path, json!({"mode": "w", "export": false})).unwrap();
    store.save("a", 6i32).unwrap();
    assert_eq!(found(), Value::from(5i32));
    store.compress().unwrap();
    assert_eq!(found(), Value::from(6i32));
    store.close().unwrap();
    assert_eq!(found(), Value::from(6i32));
}

#[test]
fn an_empty_directory_does_not_hide_an_archive() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.zarr");
    std::fs::create_dir(&path).unwrap();
    let store = open(&path, json!({"export": false})).unwrap();
    store.save("a", 1i32).unwrap();
    store.compress().unwrap();
    store.close().unwrap();
    assert_eq!(open(&path, json!({"mode": "r"})).unwrap().load("a").unwrap(), Value::from(1i32));
}

#[test]
fn what_was_saved_to_disk_is_not_discarded_with_a_directory_that_was_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.zarr");
    let store = open(&path, json!({"staging": "disk"})).unwrap();
    store.path("").unwrap();
    store.save("a", 1i32).unwrap();
    store.discard();
    assert_eq!(open(&path, json!({"mode": "r"})).unwrap().load("a").unwrap(), Value::from(1i32));
}

/// All that is in a directory, elsewhere: as a process leaves it that dies now.
fn as_it_is(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => as_it_is(&entry.path(), &target),
            false => _ = std::fs::copy(entry.path(), target).unwrap(),
        }
    }
}

#[test]
fn an_archive_stands_for_the_directory_that_it_was_packed_from_before_that_goes() {
    for zarr_format in [2, 3] {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("p.zarr");
        let store = open(&path, json!({"export": false, "zarr_format": zarr_format})).unwrap();
        store.save("a", 1i32).unwrap();
        store.flush().unwrap();
        store.save("a", 2i32).unwrap();
        store.compress().unwrap();
        let died = tempfile::tempdir().unwrap();
        as_it_is(dir.path(), died.path());
        store.close().unwrap();
        let path = died.path().join("p.zarr");
        assert!(path.is_dir());
        for mode in ["r", "a"] {
            let store = open(&path, json!({"mode": mode})).unwrap();
            assert_eq!(store.load("a").unwrap(), Value::from(2i32), "{mode}");
            store.close().unwrap();
        }
        assert_eq!(kind(open(&path, json!({"mode": "r+"})).map(drop)), ErrorKind::ReadOnly);
        assert_eq!(kind(open(&path, json!({"mode": "x"})).map(drop)), ErrorKind::AlreadyExists);
        // Whoever replaces it replaces both.
        let store = open(&path, json!({"mode": "w", "export": false})).unwrap();
        store.save("a", 3i32).unwrap();
        store.close().unwrap();
        assert_eq!(open(&path, json!({"mode": "r"})).unwrap().load("a").unwrap(), Value::from(3i32));
    }
}

#[test]
fn a_directory_that_nothing_was_committed_to_does_not_hide_the_archive() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.zarr");
    let store = open(&path, json!({"export": false})).unwrap();
    store.save("a", 1i32).unwrap();
    store.compress().unwrap();
    store.close().unwrap();
    let store = open(&path, json!({"mode": "w", "export": false})).unwrap();
    store.path("visu.bin").unwrap();
    store.save("a", 2i32).unwrap();
    let shown = |to: &std::path::Path| {
        as_it_is(dir.path(), to);
        open(&to.join("p.zarr"), json!({"mode": "r"})).unwrap().load("a").unwrap()
    };
    let (before, after) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    assert_eq!(shown(before.path()), Value::from(1i32));
    store.flush().unwrap();
    assert_eq!(shown(after.path()), Value::from(2i32));
    store.close().unwrap();
}

/// What nothing vouches for, an array without a record, reads as fill values where a chunk is absent: but not because
/// another array took its place, and the chunk was removed with it.
#[cfg(unix)]
#[test]
fn an_array_that_is_replaced_while_it_is_read_does_not_read_as_fill_values() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.zarr");
    let store = open(&path, json!({"export": false, "zarr_format": 3})).unwrap();
    store.save("a", vec![1i32, 2, 3]).unwrap();
    store.save("t", crate::Array::from_strings(vec![1], vec!["x".into()]).unwrap()).unwrap();
    store.close().unwrap();
    let limits = Limits { check: true, decoded: 1 << 20 };
    for (key, records) in [("a", true), ("a", false), ("t", false)] {
        if !records {
            std::fs::remove_file(path.join(key).join(".ds_record")).unwrap();
        }
        let base = Base::Dir(path.clone());
        let Some(Found::Leaf(leaf)) = base.find(&Key::parse(key).unwrap(), limits).unwrap() else { panic!() };
        let aside = dir.path().join("aside");
        std::fs::rename(path.join(key), &aside).unwrap();
        std::fs::rename(aside.join("c"), aside.join("gone")).unwrap();
        for there in [false, true] {
            if there {
                std::fs::create_dir(path.join(key)).unwrap();
            }
            assert_eq!(
                leaf.read(&Op::quiet(), None).err().unwrap().kind(),
                ErrorKind::Corrupt,
                "{key} {records} {there}"
            );
        }
        std::fs::remove_dir(path.join(key)).unwrap();
        // In its place, it is an array whose chunk was never written.
        std::fs::rename(&aside, path.join(key)).unwrap();
        assert_eq!(leaf.read(&Op::quiet(), None).is_ok(), !records, "{key}");
        std::fs::rename(path.join(key).join("gone"), path.join(key).join("c")).unwrap();
    }
}
