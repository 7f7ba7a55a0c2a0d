//! Reading all of a store in every way there is, and holding the ways against each other.

use datastorage::{ErrorKind, Kind, Options, Region, Result, Storage, Value};
use serde_json::json;

use super::{DECODED, model};

/// The keys that are read of one store.
const KEYS: usize = 24;
/// The elements that are cut one by one.
const CUT: u64 = 4096;

/// What was asked for, where it was given; an error must be one that a caller can act on.
#[track_caller]
pub fn sound<T>(result: Result<T>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(error) => {
            let text = error.message();
            assert!(error.kind() != ErrorKind::Internal, "an error of the library itself: {text}");
            assert!(!text.is_empty() && !text.contains(['\n', '\r']), "no line: {text:?}");
            assert!(text.len() < 8192, "a line of {} bytes: {:.200}", text.len(), text);
            None
        }
    }
}

/// Options for reading what was not written by us.
pub fn options(check: bool) -> Options {
    let integrity = if check { "check" } else { "ignore" };
    Options::from_json(json!({"integrity": integrity, "max_decoded_bytes": DECODED, "nan": "allow", "export": false}))
        .expect("options that are known")
}

/// Reads everything; gives the leaves that could be read, by key, and whether these are all there are.
pub fn everything(store: &Storage) -> (Vec<(String, Value)>, bool) {
    sound(store.load_metadata(""));
    sound(store.schema());
    for key in sound(store.list_metadata("")).into_iter().flatten().take(KEYS) {
        sound(store.load_metadata(&key));
        sound(store.metadata_scope(&key));
    }
    let Some(nodes) = sound(store.list("", true)) else { return (Vec::new(), false) };
    let (mut leaves, mut all) = (Vec::new(), nodes.len() <= KEYS);
    for (key, kind) in nodes.into_iter().take(KEYS) {
        match leaf(store, &key, kind) {
            Some(Value::Group(_)) => {}
            Some(value) => leaves.push((key, value)),
            None => all = false,
        }
    }
    if all {
        let bundle = store.load_all("").expect("every leaf could be loaded alone");
        assert_eq!(bundle.entries.len(), leaves.len());
        serde_json::from_str::<serde_json::Value>(&bundle.index()).expect("the index of a bundle is JSON");
    }
    (leaves, all)
}

/// Reads a node in every way; an empty group for one.
fn leaf(store: &Storage, key: &str, kind: Kind) -> Option<Value> {
    assert!(sound(store.exists(key)) != Some(false), "{key} is listed");
    let attributes = sound(store.attributes(key));
    let info = sound(store.stat(key));
    let value = if kind == Kind::Group { None } else { sound(store.load(key)) };
    if kind == Kind::Group {
        sound(store.list(key, false));
        return info.map(|_| Value::Group(Default::default()));
    }
    sound(store.load_string(key));
    sound(store.load_json(key));
    let (value, info) = (value?, info.expect("what is loaded is known"));
    attributes.expect("what is loaded has attributes");
    let names = store.dimensions(key).expect("what is loaded has dimensions");
    let Value::Array(array) = &value else { return Some(value) };
    assert_eq!((info.dtype, info.shape.as_slice()), (Some(array.dtype()), array.shape()), "{key}");
    assert_eq!(names.len(), array.shape().len(), "{key}");
    let seen = store.view_or_load(key).and_then(|view| view.to_array());
    match seen {
        Ok(seen) => assert!(seen == *array, "{key}: a view is another array"),
        Err(e) => assert_eq!(e.kind(), ErrorKind::DtypeMismatch, "{key}: no view: {e}"),
    }
    if let Some(bytes) = array.bytes() {
        let (mut memory, mut needed) = (vec![0xAA; bytes.len()], 0);
        store.load_into(key, array.dtype(), &mut memory, &mut needed).expect("it was loaded before");
        assert!(memory == bytes && needed == bytes.len(), "{key}: loaded into memory it is another array");
    }
    boxes(store, key, array);
    Some(value)
}

/// Boxes of an array are what one cuts out of the whole.
fn boxes(store: &Storage, key: &str, array: &datastorage::Array) {
    let shape = array.shape();
    let (halves, ends) = (shape.iter().map(|d| d / 2), shape.iter().map(|d| d - d / 2));
    for region in [
        Region { offset: vec![0; shape.len()], shape: halves.clone().collect() },
        Region { offset: halves.collect(), shape: ends.collect() },
    ] {
        if region.shape.iter().product::<u64>() > CUT {
            continue;
        }
        match store.load_region(key, &region) {
            Ok(part) => assert!(part == model::cut(array, &region), "{key}: {region:?} is no part of the whole"),
            Err(e) => {
                assert_eq!(e.kind(), ErrorKind::Unsupported, "{key}: the whole can be loaded, {region:?} not: {e}")
            }
        }
    }
    let beyond = Region { offset: shape.to_vec(), shape: vec![1; shape.len()] };
    if !shape.is_empty() {
        let error = store.load_region(key, &beyond).expect_err("a box outside of the array");
        assert_eq!(error.kind(), ErrorKind::ShapeMismatch, "{key}: {error}");
    }
}

/// What could be read can be written: into an archive in memory, from which it comes back the same.
pub fn copied(store: &Storage, leaves: &[(String, Value)]) {
    let quick = Options::from_json(json!({"nan": "allow", "codec": "zstd:1", "max_decoded_bytes": 16 * DECODED}));
    let quick = quick.expect("options that are known");
    let memory = Storage::memory();
    match store.copy_to(&memory) {
        Ok(_) => {}
        // Metadata that another program wrote may hold a schema that it does not keep, or be no metadata of ours.
        Err(e) if matches!(e.kind(), ErrorKind::Schema | ErrorKind::InvalidArgument | ErrorKind::NotFound) => return,
        Err(e) => panic!("every leaf was loaded, and is not copied: {e}"),
    }
    let bytes = memory.to_bytes(&quick).expect("a store in memory becomes an archive");
    let archive = Storage::open_bytes(bytes, &quick).expect("an archive of ours is opened");
    for (key, value) in leaves {
        for (what, copy) in [("memory", &memory), ("an archive", &archive)] {
            let found = copy.load(key).unwrap_or_else(|e| panic!("{key} is gone in {what}: {e}"));
            assert!(found == *value, "{key} is another one in {what}: {found:?}, read was {value:?}");
        }
    }
}
