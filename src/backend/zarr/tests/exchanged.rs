//! Pieces that are whole in themselves and not where they were written: each is told of by name.

use std::path::{Path, PathBuf};

use super::*;

/// The root and its store, closed: arrays `a` and `g/b`, attributes of `g`, metadata.
fn written(dir: &Path, format: u8) -> PathBuf {
    let path = dir.join("p.zarr");
    let store = open(&path, json!({"zarr_format": format, "export": false})).unwrap();
    store.save("a", vec![1i32, 2, 3]).unwrap();
    store.save("g/b", vec![4i32, 5, 6]).unwrap();
    store.save("g/c", 7i32).unwrap();
    store.set_attributes("g", [("unit".to_owned(), json!("mm"))].into_iter().collect()).unwrap();
    store.save_metadata("source", "x.step").unwrap();
    store.close().unwrap();
    path
}

fn corrupt<T: std::fmt::Debug>(result: Result<T, Error>, words: &str) {
    let error = result.unwrap_err();
    assert!(error.kind() == ErrorKind::Corrupt && error.message().contains(words), "{:?} {error}", error.kind());
}

fn reader(path: &Path) -> Storage {
    open(path, json!({"mode": "r"})).unwrap()
}

#[test]
fn a_node_in_anothers_place_is_corrupt() {
    for format in [2, 3] {
        let dir = tempfile::tempdir().unwrap();
        let path = written(dir.path(), format);
        std::fs::rename(path.join("a"), dir.path().join("aside")).unwrap();
        std::fs::rename(path.join("g/b"), path.join("a")).unwrap();
        std::fs::rename(dir.path().join("aside"), path.join("g/b")).unwrap();
        let store = reader(&path);
        corrupt(store.load("a"), "a: its record is that of another node");
        corrupt(store.load("g/b"), "g/b: its record is that of another node");
        std::fs::rename(path.join("g"), path.join("h")).unwrap();
        corrupt(store.attributes("h"), "h: its record is that of another node");
        let ignoring = open(&path, json!({"mode": "r", "integrity": "ignore"})).unwrap();
        assert_eq!(ignoring.load("a").unwrap(), Value::from(vec![4i32, 5, 6]));
    }
}

#[test]
fn attributes_of_a_group_are_held_to_what_was_written() {
    for (format, file) in [(2, "g/.zattrs"), (3, "g/zarr.json")] {
        let dir = tempfile::tempdir().unwrap();
        let path = written(dir.path(), format);
        let text = std::fs::read_to_string(path.join(file)).unwrap();
        std::fs::write(path.join(file), text.replace("unit", "unjt")).unwrap();
        corrupt(reader(&path).attributes("g"), "g: its attributes are not those that were written");
        assert_eq!(reader(&path).verify(false).unwrap()[0].key, "g");
        let store = open(&path, json!({"mode": "r+"})).unwrap();
        store.verify(true).unwrap();
        assert_eq!(store.attributes("g").unwrap()["unjt"], "mm", "a repair accepts them");
        // What the library changes is what was written, of a group that is there and of the root.
        for (key, value) in [("g", 1), ("g", 2), ("", 3)] {
            store.set_attributes(key, [("n".to_owned(), json!(value))].into_iter().collect()).unwrap();
            store.flush().unwrap();
            assert_eq!(reader(&path).attributes(key).unwrap()["n"], value);
        }
        store.close().unwrap();
        assert_eq!(reader(&path).verify(false).unwrap(), []);
        std::fs::remove_file(path.join(file)).unwrap();
        assert_eq!(reader(&path).attributes("g").unwrap_err().kind(), ErrorKind::Corrupt);
    }
}

#[test]
fn a_change_of_attributes_that_was_cut_off_is_no_damage() {
    let dir = tempfile::tempdir().unwrap();
    let path = written(dir.path(), 2);
    let attributes = |n: i32| [("n".to_owned(), json!(n))].into_iter().collect::<crate::backend::Object>();
    let old = std::fs::read(path.join("g/.zattrs")).unwrap();
    let mut record = super::super::group_record::new("g", &reader(&path).attributes("g").unwrap());
    // As it is between the first and the second, and between the second and the third file that change.
    record.insert("attributes.next", json!({"n": 1}).to_string().as_bytes());
    std::fs::write(path.join("g/.ds_record"), record.to_bytes()).unwrap();
    assert_eq!(reader(&path).attributes("g").unwrap()["unit"], "mm");
    std::fs::write(path.join("g/.zattrs"), json!({"n": 1}).to_string()).unwrap();
    assert_eq!(reader(&path).attributes("g").unwrap(), attributes(1));
    let store = open(&path, json!({"mode": "r+"})).unwrap();
    store.set_attributes("g", attributes(2)).unwrap();
    store.close().unwrap();
    assert_eq!(reader(&path).attributes("g").unwrap(), attributes(2));
    std::fs::write(path.join("g/.zattrs"), old).unwrap();
    corrupt(reader(&path).attributes("g"), "g: its attributes");
}

#[test]
fn a_metadata_document_that_is_gone_or_stripped_is_corrupt() {
    for format in [2, 3] {
        let dir = tempfile::tempdir().unwrap();
        let path = written(dir.path(), format);
        let document = path.join("metadata.json");
        let text = std::fs::read_to_string(&document).unwrap();
        std::fs::write(&document, text.replace("_datastorage", "_dbtastorage")).unwrap();
        corrupt(open(&path, json!({"mode": "r"})).map(|_| ()), "metadata.json: has no checksum");
        std::fs::remove_file(&document).unwrap();
        corrupt(open(&path, json!({"mode": "r"})).map(|_| ()), "metadata.json: is in the record and missing");
        let ignoring = open(&path, json!({"mode": "r", "integrity": "ignore"})).unwrap();
        assert_eq!(ignoring.load("a").unwrap(), Value::from(vec![1i32, 2, 3]));
    }
}

#[test]
fn a_lost_node_is_not_left_out_of_its_group() {
    for format in [2, 3] {
        let dir = tempfile::tempdir().unwrap();
        let path = written(dir.path(), format);
        std::fs::remove_dir_all(path.join("g/b")).unwrap();
        let store = reader(&path);
        assert!(store.list("g", false).unwrap().iter().any(|(key, _)| key == "g/b"));
        for error in [store.load("g/b").unwrap_err(), store.load("g").unwrap_err()] {
            assert!(error.message().starts_with("g/b: "), "{error}");
        }
        assert_eq!(store.verify(false).unwrap()[0].key, "g/b");
        // Who writes on describes what is there.
        let store = open(&path, json!({"mode": "r+"})).unwrap();
        store.verify(true).unwrap();
        store.save("d", 1i32).unwrap();
        store.close().unwrap();
        assert_eq!(reader(&path).keys().unwrap(), ["a", "d", "g"]);
        assert_eq!(reader(&path).list("g", false).unwrap().len(), 1);
    }
}

#[test]
fn a_store_that_lost_a_node_is_not_packed_without_it() {
    for (format, export) in [(2, false), (2, true), (3, false), (3, true)] {
        let dir = tempfile::tempdir().unwrap();
        let path = written(dir.path(), format);
        std::fs::remove_dir_all(path.join("g/b")).unwrap();
        let store = open(&path, json!({"mode": "r+", "export": export})).unwrap();
        assert!(store.compress().unwrap_err().message().starts_with("g/b: "));
        store.close().unwrap();
        assert!(path.is_dir() && !dir.path().join("p.zarr.data").exists());
        assert_eq!(reader(&path).load("a").unwrap(), Value::from(vec![1i32, 2, 3]));
    }
}

#[test]
fn what_was_deleted_and_renamed_is_not_lost() {
    for (format, staging) in [(2, "disk"), (2, "auto"), (3, "disk"), (3, "auto")] {
        let dir = tempfile::tempdir().unwrap();
        let path = written(dir.path(), format);
        let store = open(&path, json!({"mode": "r+", "staging": staging, "export": false})).unwrap();
        store.delete("g/c").unwrap();
        store.rename("a", "b").unwrap();
        assert_eq!(store.keys().unwrap(), ["b", "g"]);
        assert_eq!(store.list("g", false).unwrap().len(), 1);
        if staging == "disk" {
            assert_eq!(reader(&path).keys().unwrap(), ["b", "g"]);
        }
        store.flush().unwrap();
        store.delete("g").unwrap();
        store.close().unwrap();
        assert_eq!(reader(&path).keys().unwrap(), ["b"]);
        assert_eq!(reader(&path).verify(false).unwrap(), []);
    }
}

/// Replaces a name in an archive by one of the same length, everywhere or only in the directory at its end.
fn renamed(bytes: &[u8], from: &str, to: &str, everywhere: bool) -> Vec<u8> {
    let mut out = bytes.to_vec();
    let all: Vec<usize> = (0..=out.len() - from.len()).filter(|at| out[*at..].starts_with(from.as_bytes())).collect();
    for at in if everywhere { &all[..] } else { &all[all.len() - 1..] } {
        out[*at..at + to.len()].copy_from_slice(to.as_bytes());
    }
    out
}

#[test]
fn an_archive_whose_entries_got_other_names_is_corrupt() {
    for format in [2, 3] {
        let dir = tempfile::tempdir().unwrap();
        let path = written(dir.path(), format);
        let store = open(&path, json!({"mode": "r+", "export": false})).unwrap();
        store.compress().unwrap();
        store.close().unwrap();
        let archive = dir.path().join("p.zarr.data");
        let good = std::fs::read(&archive).unwrap();
        for everywhere in [true, false] {
            std::fs::write(&archive, renamed(&good, "metadata.json", "metbdata.json", everywhere)).unwrap();
            corrupt(open(&archive, json!({"mode": "r"})).map(|_| ()), "entry 'metadata.json' is missing");
            assert!(open(&archive, json!({"mode": "r", "integrity": "ignore"})).is_ok());
            let (from, to) =
                if format == 2 { ("g/c/.zarray", "g/d/.zarray") } else { ("g/c/zarr.json", "g/d/zarr.json") };
            std::fs::write(&archive, renamed(&good, from, to, everywhere)).unwrap();
            let store = open(&archive, json!({"mode": "r"})).unwrap();
            match store.list("g", false) {
                Ok(listed) => assert!(listed.iter().any(|(key, _)| key == "g/c")),
                Err(e) => assert!(e.message().contains("'g/d/zarr.json' is called 'g/c/zarr.json'"), "{e}"),
            }
            corrupt(store.load("g/c"), "g/c: ");
            corrupt(store.load("g/d"), if everywhere { "g/d: is in the archive and not in its record" } else { "g/d" });
            assert_eq!(store.load("a").unwrap(), Value::from(vec![1i32, 2, 3]));
        }
    }
}

#[test]
fn a_repair_does_not_vouch_for_a_document_that_never_was() {
    let dir = tempfile::tempdir().unwrap();
    let path = written(dir.path(), 2);
    // As another tool writes it; then the root has a record, and for a moment no metadata document.
    std::fs::remove_file(path.join(".ds_record")).unwrap();
    let store = open(&path, json!({"mode": "r+"})).unwrap();
    store.set_attributes("", [("n".to_owned(), json!(1))].into_iter().collect()).unwrap();
    store.flush().unwrap();
    std::fs::remove_file(path.join("metadata.json")).unwrap();
    std::fs::write(path.join(".zattrs"), r#"{"n":2}"#).unwrap();
    assert_eq!(store.verify(true).unwrap(), []);
    assert_eq!(reader(&path).attributes("").unwrap()["n"], 2);
    store.close().unwrap();
    assert_eq!(reader(&path).verify(false).unwrap(), []);
}
