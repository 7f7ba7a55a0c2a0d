//! Commits, modes, locks, damage and repair.

use super::*;

fn reader(dir: &TempDir) -> JsonDir {
    open(dir, r#"{"mode": "r"}"#)
}

fn copy(from: &TempDir) -> TempDir {
    let to = TempDir::new().unwrap();
    for entry in fs::read_dir(from.path()).unwrap().map(|e| e.unwrap()) {
        fs::copy(entry.path(), to.path().join(entry.file_name())).unwrap();
    }
    to
}

fn object(value: Json) -> Object {
    value.as_object().cloned().unwrap()
}

/// A store with a leaf, a group of leaves and an object, committed.
fn sample() -> (TempDir, JsonDir) {
    let dir = TempDir::new().unwrap();
    let store = open(&dir, r#"{"sync": "full"}"#);
    put(&store, "a", &Array::vector(&[1.5f32, 2.5]));
    put(&store, "g/b", &Array::vector(&[1i16]));
    store.write(&Op::quiet(), &key("o"), group(vec![("x", text("one")), ("y", text("two"))])).unwrap();
    store.flush(&Op::quiet(), &object(json!({"m": 1}))).unwrap();
    (dir, store)
}

#[test]
fn nothing_is_on_disk_before_the_commit_and_all_after_it() {
    let (dir, store) = sample();
    let before = (files(&dir), fs::read(dir.path().join("metadata.json")).unwrap());
    put(&store, "a", &Array::string("other"));
    store.delete(&key("g")).unwrap();
    put(&store, "new", &Array::scalar(1u8));
    assert_eq!((files(&dir), fs::read(dir.path().join("metadata.json")).unwrap()), before);
    store.discard();
    let store = reader(&dir);
    assert_eq!(get(&store, "a"), Array::vector(&[1.5f32, 2.5]));
    assert!(store.exists(&key("g/b")).unwrap() && !store.exists(&key("new")).unwrap());
}

#[test]
fn a_crash_at_any_step_of_a_commit_leaves_the_old_store_or_the_new() {
    let (dir, store) = sample();
    let old = copy(&dir);
    put(&store, "a", &Array::string("new"));
    put(&store, "o/x", &Array::string("1"));
    store.delete(&key("g/b")).unwrap();
    store.flush(&Op::quiet(), &object(json!({"m": 2}))).unwrap();
    // Before the rename of metadata.json: hidden files beside the old store.
    let crashed = copy(&old);
    for name in ["a.json", "o.json"] {
        fs::copy(dir.path().join(name), crashed.path().join(format!(".ds-json-3-{name}"))).unwrap();
    }
    let after = copy(&crashed);
    let replaced = copy(&crashed);
    let read = reader(&crashed);
    assert_eq!((get(&read, "a"), get(&read, "o/x")), (Array::vector(&[1.5f32, 2.5]), Array::string("one")));
    let write = create(&crashed);
    assert_eq!(get(&write, "g/b"), Array::vector(&[1i16]));
    assert_eq!(names(&crashed), names(&old), "the hidden files are cleaned away");
    // After it: the new record, and hidden files that have not got their names.
    fs::copy(dir.path().join("metadata.json"), after.path().join("metadata.json")).unwrap();
    for moved in [&["a.json"][..], &["a.json", "o.json"], &[]] {
        let after = copy(&after);
        for name in moved {
            fs::rename(after.path().join(format!(".ds-json-3-{name}")), after.path().join(name)).unwrap();
        }
        for store in [reader(&after), create(&after)] {
            assert_eq!((get(&store, "a"), get(&store, "o/x")), (Array::string("new"), Array::string("1")));
            assert_eq!(get(&store, "o/y"), Array::string("two"));
            assert!(!store.exists(&key("g/b")).unwrap());
            assert_eq!(store.load_metadata().unwrap(), object(json!({"m": 2})));
        }
        assert_eq!(names(&after), ["a.json", "o.json"], "an opening for writing finishes the commit");
    }
    // A store that replaces leaves nothing of either, and the old one until it commits.
    for crashed in [replaced, after] {
        let new = open(&crashed, r#"{"mode": "w"}"#);
        put(&new, "n", &Array::scalar(1u8));
        assert!(reader(&crashed).exists(&key("a")).unwrap());
        flush(&new);
        assert_eq!(names(&crashed), ["n.json"]);
    }
}

#[test]
fn a_file_someone_put_where_a_removed_one_was_is_left_alone() {
    let (dir, store) = sample();
    store.delete(&key("a")).unwrap();
    flush(&store);
    store.discard();
    fs::write(dir.path().join("a.json"), "\"not ours\"").unwrap();
    let store = create(&dir);
    assert!(!store.exists(&key("a")).unwrap());
    put(&store, "a", &Array::scalar(1u8));
    flush(&store);
    assert_eq!(files(&dir)["a.json"], "\"not ours\"");
    assert_eq!(get(&store, "a"), Array::scalar(1u8));
}

#[test]
fn a_cancelled_or_failed_commit_leaves_no_trace() {
    let (dir, store) = sample();
    let before = names(&dir);
    put(&store, "a", &Array::string("new"));
    put(&store, "b", &Array::string("new"));
    let stop: std::sync::Arc<crate::ProgressFn> = std::sync::Arc::new(|p| p.done == 0);
    let op = Op::new(crate::Cancel::never(), Some(stop));
    assert_eq!(store.flush(&op, &Object::new()).unwrap_err().kind(), ErrorKind::Cancelled);
    assert_eq!(names(&dir), before);
    assert_eq!(get(&store, "a"), Array::string("new"));
    flush(&store);
    assert_eq!(get(&reader(&dir), "a"), Array::string("new"));
}

#[test]
fn an_unchanged_store_is_not_written_again() {
    let (dir, store) = sample();
    let before = fs::read(dir.path().join("metadata.json")).unwrap();
    store.flush(&Op::quiet(), &object(json!({"m": 1}))).unwrap();
    assert_eq!(fs::read(dir.path().join("metadata.json")).unwrap(), before);
}

#[test]
fn modes() {
    let missing = TempDir::new().unwrap();
    let path = missing.path().join("x/y");
    let fails = |path: &Path, mode: &str, kind| {
        let error = JsonDir::open(path, &options(&format!(r#"{{"mode": "{mode}"}}"#))).unwrap_err();
        assert_eq!(error.kind(), kind, "{mode}: {error}");
    };
    fails(&path, "r", ErrorKind::NotFound);
    fails(&path, "r+", ErrorKind::NotFound);
    fails(missing.path(), "r", ErrorKind::NotFound);
    assert!(!path.exists());
    JsonDir::open(&path, &options(r#"{"mode": "x"}"#)).unwrap();
    assert!(path.join("metadata.json").exists());
    fails(&path, "x", ErrorKind::AlreadyExists);
    fails(&path.join("metadata.json"), "a", ErrorKind::InvalidArgument);
    fs::write(missing.path().join(".zgroup"), "{}").unwrap();
    fails(missing.path(), "a", ErrorKind::InvalidArgument);
}

#[test]
fn a_reader_writes_nothing() {
    let (dir, store) = sample();
    store.discard();
    let before = names(&dir);
    let store = reader(&dir);
    assert!(store.read_only());
    let array = Array::scalar(1u8);
    for result in [
        store.write(&Op::quiet(), &key("n"), leaf(array.view())),
        store.delete(&key("a")),
        store.rename(&key("a"), &key("n")),
        store.create_group(&key("n")),
        store.set_attributes(&key("a"), Object::new()),
        store.set_dimensions(&key("a"), &["n".into()]),
        store.verify(&Op::quiet(), true).map(|_| ()),
    ] {
        assert_eq!(result.unwrap_err().kind(), ErrorKind::ReadOnly);
    }
    store.close(&Op::quiet(), &object(json!({"other": 1})), &Object::new()).unwrap();
    assert_eq!(names(&dir), before);
    assert_eq!(reader(&dir).load_metadata().unwrap(), object(json!({"m": 1})));
}

#[test]
fn replacing_keeps_the_old_store_until_the_first_commit_and_never_takes_foreign_files() {
    let (dir, store) = sample();
    store.discard();
    let store = open(&dir, r#"{"mode": "w"}"#);
    assert!(store.list(&Key::root()).unwrap().is_empty() && store.load_metadata().unwrap().is_empty());
    put(&store, "o", &Array::scalar(1u8));
    assert_eq!(get(&reader(&dir), "a"), Array::vector(&[1.5f32, 2.5]));
    flush(&store);
    assert_eq!(names(&dir), ["o.json"]);
    store.discard();
    assert_eq!(get(&reader(&dir), "o"), Array::scalar(1u8));
    let foreign = TempDir::new().unwrap();
    fs::write(foreign.path().join("package.json"), "{}").unwrap();
    let error = JsonDir::open(foreign.path(), &options(r#"{"mode": "w"}"#)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    assert!(foreign.path().join("package.json").exists());
}

#[test]
fn one_writer_at_a_time_and_readers_beside_it() {
    let (dir, store) = sample();
    assert_eq!(JsonDir::open(dir.path(), &Options::default()).unwrap_err().kind(), ErrorKind::Busy);
    let read = reader(&dir);
    put(&store, "a", &Array::string("changed"));
    store.delete(&key("g/b")).unwrap();
    flush(&store);
    assert_eq!(get(&read, "a"), Array::string("changed"), "a reader follows commits when a file is another one");
    assert_eq!(read.read(&Op::quiet(), &key("g/b"), None).unwrap_err().kind(), ErrorKind::NotFound);
    store.close(&Op::quiet(), &Object::new(), &Object::new()).unwrap();
    create(&dir);
}

#[test]
fn an_altered_or_missing_file_is_corrupt_and_names_the_key() {
    let (dir, store) = sample();
    store.discard();
    for (name, at) in [("a.json", "a"), ("g_b.json", "g/b"), ("o.json", "o/y")] {
        let original = fs::read(dir.path().join(name)).unwrap();
        for byte in 0..original.len() {
            let mut flipped = original.clone();
            flipped[byte] ^= 1;
            fs::write(dir.path().join(name), &flipped).unwrap();
            let error = reader(&dir).read(&Op::quiet(), &key(at), None).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Corrupt);
            assert!(error.message().starts_with(at.split("/y").next().unwrap()), "{error}");
        }
        for length in 0..original.len() {
            fs::write(dir.path().join(name), &original[..length]).unwrap();
            assert_eq!(reader(&dir).read(&Op::quiet(), &key(at), None).unwrap_err().kind(), ErrorKind::Corrupt);
        }
        fs::remove_file(dir.path().join(name)).unwrap();
        assert_eq!(reader(&dir).read(&Op::quiet(), &key(at), None).unwrap_err().kind(), ErrorKind::Corrupt);
        assert_eq!(reader(&dir).verify(&Op::quiet(), false).unwrap().len(), 1);
        fs::write(dir.path().join(name), &original).unwrap();
    }
    let metadata = dir.path().join("metadata.json");
    let altered = fs::read_to_string(&metadata).unwrap().replace("\"m\": 1", "\"m\": 7");
    fs::write(&metadata, altered).unwrap();
    let error = JsonDir::open(dir.path(), &options(r#"{"mode": "r"}"#)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
    let ignoring = open(&dir, r#"{"mode": "r", "integrity": "ignore"}"#);
    assert_eq!(ignoring.load_metadata().unwrap(), object(json!({"m": 7})));
}

#[test]
fn edits_are_read_when_asked_and_recorded_by_repair() {
    let (dir, store) = sample();
    fs::write(dir.path().join("a.json"), "[1.5, 2.25, 0.1]").unwrap();
    fs::write(dir.path().join("o.json"), r#"{"x": "edited", "z": [1, 2]}"#).unwrap();
    fs::remove_file(dir.path().join("g_b.json")).unwrap();
    fs::write(dir.path().join("extra.json"), "[true]").unwrap();
    let found: Vec<_> = store.verify(&Op::quiet(), false).unwrap().into_iter().map(|f| f.key).collect();
    assert_eq!(found, ["a", "g/b", "o", "extra.json"]);
    store.discard();
    let ignoring = open(&dir, r#"{"mode": "r", "integrity": "ignore"}"#);
    assert_eq!(get(&ignoring, "o/x"), Array::string("edited"));
    assert_eq!(ignoring.read(&Op::quiet(), &key("a"), None).unwrap_err().kind(), ErrorKind::Corrupt);
    let store = create(&dir);
    assert_eq!(store.verify(&Op::quiet(), true).unwrap().len(), 4);
    assert!(store.verify(&Op::quiet(), false).unwrap().is_empty());
    store.discard();
    let store = reader(&dir);
    assert_eq!(get(&store, "a"), Array::vector(&[1.5f32, 2.25, 0.1]), "type kept, shape taken over");
    assert_eq!((get(&store, "o/x"), get(&store, "o/z")), (Array::string("edited"), Array::vector(&[1i64, 2])));
    assert!(!store.exists(&key("o/y")).unwrap() && !store.exists(&key("g/b")).unwrap());
    assert_eq!(
        (get(&store, "extra"), store.load_metadata().unwrap()),
        (Array::vector(&[true]), object(json!({"m": 1})))
    );
}

#[test]
fn a_forged_record_reaches_nothing_outside_and_allocates_nothing() {
    let (dir, store) = sample();
    store.discard();
    let document: Json = serde_json::from_slice(&fs::read(dir.path().join("metadata.json")).unwrap()).unwrap();
    let forge = |place: &str, value: Json| {
        let mut forged = document.clone();
        *forged.pointer_mut(place).unwrap() = value;
        fs::write(dir.path().join("metadata.json"), forged.to_string()).unwrap();
        JsonDir::open(dir.path(), &options(r#"{"mode": "r", "integrity": "ignore"}"#))
    };
    let nodes = "/_datastorage/json/nodes";
    let store = forge(&format!("{nodes}/a/shape"), json!([1u64 << 40])).unwrap();
    assert_eq!(store.read(&Op::quiet(), &key("a"), None).unwrap_err().kind(), ErrorKind::Unsupported);
    let store = forge(&format!("{nodes}/a/shape"), json!([1u64 << 30])).unwrap();
    assert_eq!(store.read(&Op::quiet(), &key("a"), None).unwrap_err().kind(), ErrorKind::Corrupt);
    let store = forge(&format!("{nodes}/a/dtype"), json!("complex128")).unwrap();
    assert_eq!(store.read(&Op::quiet(), &key("a"), None).unwrap_err().kind(), ErrorKind::Corrupt);
    let files = json!({"../../etc/passwd": {"key": "a", "bytes": 1, "crc32": 1}});
    assert_eq!(forge("/_datastorage/json/files", files).unwrap_err().kind(), ErrorKind::Corrupt);
    assert_eq!(forge("/_datastorage/format", json!(9)).unwrap_err().kind(), ErrorKind::Unsupported);
}
