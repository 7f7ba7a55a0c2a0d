//! Directories that another program wrote.

use super::*;

fn foreign(entries: &[(&str, &str)]) -> TempDir {
    let dir = TempDir::new().unwrap();
    for (name, content) in entries {
        fs::write(dir.path().join(name), content).unwrap();
    }
    dir
}

#[test]
fn types_are_guessed_and_stems_are_keys() {
    let dir = foreign(&[
        ("face_areas.json", "[1.5, 2.3, 4.1]\n"),
        ("ids.json", " [[1, 2], [3, 4]] "),
        ("flags.json", "[true, false]"),
        ("names.json", r#"["a", "b"]"#),
        ("ragged.json", "[[1], [2, 3]]"),
        ("gaps.json", r#"[1, "NaN", "-Infinity"]"#),
        (
            "z.json",
            r#"[{"real": 1, "imag": "NaN", "_numpy_complex": true}, {"real": 2.5, "imag": 0, "_numpy_complex": true}]"#,
        ),
        ("info.json", r#"{"version": "1.0", "inner": {"n": 3}, "mixed": [1, "a"]}"#),
        ("odd names.json", r#"{"a/b": 1}"#),
        ("null.json", "null"),
        ("metadata.json", r#"{"size": 3}"#),
        ("readme.txt", "no key"),
    ]);
    let store = open(&dir, r#"{"mode": "r"}"#);
    let types: Vec<_> = ["face_areas", "ids", "flags", "names", "gaps", "z", "info/version", "info/inner/n"]
        .into_iter()
        .map(|k| store.info(&key(k)).unwrap())
        .map(|info| (info.dtype.unwrap(), info.shape))
        .collect();
    let want: [(DType, &[u64]); 8] = [
        (DType::F64, &[3]),
        (DType::I64, &[2, 2]),
        (DType::Bool, &[2]),
        (DType::String, &[2]),
        (DType::F64, &[3]),
        (DType::C128, &[2]),
        (DType::String, &[]),
        (DType::I64, &[]),
    ];
    assert_eq!(types, want.map(|(dtype, shape)| (dtype, shape.to_vec())));
    assert_eq!(get(&store, "face_areas"), Array::vector(&[1.5, 2.3, 4.1]));
    assert_eq!(get(&store, "gaps").to_vec::<f64>().unwrap()[2], f64::NEG_INFINITY);
    for (at, json) in
        [("ragged", "[[1],[2,3]]"), ("info/mixed", r#"[1,"a"]"#), ("odd names", r#"{"a/b":1}"#), ("null", "null")]
    {
        let stored = store.read(&Op::quiet(), &key(at), None).unwrap();
        assert_eq!((stored.kind, stored.array), (Kind::Json, Array::string(json)));
    }
    assert_eq!(store.info(&key("ids")).unwrap().dims, ["ids_dim_0", "ids_dim_1"]);
    assert_eq!(store.load_metadata().unwrap()["size"], json!(3));
    assert!(store.verify(&Op::quiet(), false).unwrap().is_empty());
}

#[test]
fn opening_changes_nothing_and_the_first_commit_adds_a_record_only() {
    let dir = foreign(&[("a.json", "[1, 2]  \n"), ("b.json", r#"{"x": 1.5}"#)]);
    let before = files(&dir);
    let store = create(&dir);
    flush(&store);
    assert!(!dir.path().join("metadata.json").exists());
    put(&store, "c", &Array::scalar(1u8));
    put(&store, "b/y", &Array::scalar(2u8));
    flush(&store);
    store.discard();
    assert_eq!(files(&dir)["a.json"], before["a.json"]);
    let store = create(&dir);
    assert_eq!((get(&store, "a"), get(&store, "c")), (Array::vector(&[1i64, 2]), Array::scalar(1u8)));
    assert_eq!((get(&store, "b/x"), get(&store, "b/y")), (Array::scalar(1.5), Array::scalar(2u8)));
}

#[test]
fn hostile_files_are_keys_whose_reading_fails() {
    let deep = "[".repeat(200_000);
    let object = "{\"a\":".repeat(200_000);
    let nested = format!("{}1{}", "[".repeat(120), "]".repeat(120));
    let dir = foreign(&[
        ("cut.json", "[1, 2"),
        ("empty.json", ""),
        ("deep.json", &deep),
        ("object.json", &object),
        ("huge.json", "[1e999]"),
        ("utf8.json", "\"\u{FFFD}"),
        ("nan.json", "[NaN]"),
        ("nested.json", &nested),
        ("good.json", "1"),
    ]);
    fs::write(dir.path().join("bytes.json"), [0xFF, 0xFE, b'[', b'1', b']']).unwrap();
    let store = open(&dir, r#"{"mode": "r"}"#);
    for at in ["cut", "empty", "deep", "object", "huge", "utf8", "nan", "bytes"] {
        let error = store.read(&Op::quiet(), &key(at), None).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{at}");
        assert!(error.message().starts_with(at), "{error}");
    }
    assert_eq!(get(&store, "good"), Array::scalar(1i64));
    assert_eq!(get(&store, "nested"), Array::string(nested));
    assert_eq!(store.list(&Key::root()).unwrap().len(), 10);
    assert!(!store.verify(&Op::quiet(), false).unwrap().is_empty());
}

#[test]
fn a_record_that_is_gone_or_stripped_makes_no_foreign_directory() {
    let dir = TempDir::new().unwrap();
    let store = create(&dir);
    put(&store, "a", &Array::vector(&[1i32]));
    flush(&store);
    drop(store);
    let path = dir.path().join("metadata.json");
    let whole = fs::read_to_string(&path).unwrap();
    fs::write(&path, whole.replace("_datastorage", "_dbtastorage")).unwrap();
    let opened = |text: &str| JsonDir::open(dir.path(), &options(text));
    let refused = || opened(r#"{"mode": "r"}"#).map(|_| ()).unwrap_err();
    assert!(refused().kind() == ErrorKind::Corrupt && refused().message().contains("metadata.json"), "{}", refused());
    fs::remove_file(&path).unwrap();
    assert!(refused().kind() == ErrorKind::Corrupt && refused().message().contains("metadata.json"), "{}", refused());
    assert!(opened(r#"{"mode": "r", "integrity": "ignore"}"#).is_ok());
    // Without the mark it is another program's.
    fs::remove_file(dir.path().join(".ds_record")).unwrap();
    assert!(opened(r#"{"mode": "r"}"#).is_ok());
}
