//! What the metadata document and its file promise.

use serde_json::json;

use super::*;
use crate::ErrorKind;

fn object(value: Json) -> Object {
    value.as_object().cloned().unwrap()
}

fn sample() -> Document {
    let mut document = Document::new();
    document.set("size_cadfile", json!(1_024_000)).unwrap();
    document.set("file_sizes_KB/face_areas", json!(45.2)).unwrap();
    document.set("file_sizes_KB/graph/edges", json!(1)).unwrap();
    document
}

#[test]
fn paths_make_nested_objects_and_read_back() {
    let document = sample();
    assert_eq!(
        Json::Object(document.object().clone()),
        json!({"size_cadfile": 1_024_000, "file_sizes_KB": {"face_areas": 45.2, "graph": {"edges": 1}}})
    );
    assert_eq!(document.get("file_sizes_KB/face_areas").unwrap(), &json!(45.2));
    assert_eq!(document.get("file_sizes_KB/graph").unwrap(), &json!({"edges": 1}));
    assert_eq!(document.get("nothing").unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(document.get("size_cadfile/deeper").unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn an_object_merges_and_anything_else_replaces() {
    let mut document = sample();
    document.set("file_sizes_KB", json!({"face_areas": 46, "graph": {"nodes": 2}})).unwrap();
    assert_eq!(document.get("file_sizes_KB").unwrap(), &json!({"face_areas": 46, "graph": {"edges": 1, "nodes": 2}}));
    document.set("file_sizes_KB/graph", json!([1])).unwrap();
    assert_eq!(document.get("file_sizes_KB/graph").unwrap(), &json!([1]));
    document.set("size_cadfile", json!({"bytes": 1})).unwrap();
    assert_eq!(document.get("size_cadfile/bytes").unwrap(), &json!(1));
    document.replace("file_sizes_KB", json!({"a": 1})).unwrap();
    assert_eq!(document.get("file_sizes_KB").unwrap(), &json!({"a": 1}));
}

#[test]
fn a_scalar_on_the_way_is_named_and_nothing_changes() {
    let mut document = sample();
    let before = document.clone();
    let error = document.set("file_sizes_KB/face_areas/x/y", json!(1)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WrongKind);
    assert_eq!(
        error.message(),
        "file_sizes_KB/face_areas/x/y: 'file_sizes_KB/face_areas' is a number, wanted an object"
    );
    assert_eq!(document, before);
}

#[test]
fn delete_takes_the_key_and_nothing_else() {
    let mut document = sample();
    assert_eq!(document.delete("file_sizes_KB/graph/edges").unwrap(), json!(1));
    assert_eq!(document.get("file_sizes_KB/graph").unwrap(), &json!({}));
    assert_eq!(document.delete("file_sizes_KB/graph/edges").unwrap_err().kind(), ErrorKind::NotFound);
    document.delete("file_sizes_KB").unwrap();
    assert_eq!(document.list("").unwrap(), ["size_cadfile"]);
}

#[test]
fn list_gives_leaves_below_a_prefix_sorted() {
    let mut document = sample();
    document.set("empty", json!({})).unwrap();
    assert_eq!(
        document.list("").unwrap(),
        ["empty", "file_sizes_KB/face_areas", "file_sizes_KB/graph/edges", "size_cadfile"]
    );
    assert_eq!(document.list("file_sizes_KB/graph").unwrap(), ["file_sizes_KB/graph/edges"]);
    assert_eq!(document.list("size_cadfile").unwrap(), ["size_cadfile"]);
    assert!(document.list("file").unwrap().is_empty());
}

#[test]
fn names_that_hold_a_slash_are_reached_by_the_path_that_list_gives() {
    let mut document = Document::from_object(object(json!({"schema": {"faceface/a3": {"dtype": "f4"}}})));
    assert_eq!(document.list("").unwrap(), ["schema/faceface/a3/dtype"]);
    assert_eq!(document.get("schema/faceface/a3/dtype").unwrap(), &json!("f4"));
    document.set("schema/faceface/a3/dtype", json!("f8")).unwrap();
    assert_eq!(document.object()["schema"]["faceface/a3"], json!({"dtype": "f8"}));
    document.delete("schema/faceface/a3").unwrap();
    assert_eq!(document.get("schema").unwrap(), &json!({}));
}

#[test]
fn malformed_reserved_and_too_deep_paths_are_refused() {
    let mut document = sample();
    let (long, deep) = ("x".repeat(256), vec!["a"; 65].join("/"));
    for path in ["", "/", "/a", "a/", "a//b", "a\0", &long, &deep, PRIVATE, "_datastorage/format"] {
        assert_eq!(document.set(path, json!(1)).unwrap_err().kind(), ErrorKind::InvalidArgument, "{path:?}");
    }
    for path in ["a b", "ü/1.5", ".", "..", "back\\slash", &"x".repeat(255), &vec!["a"; 64].join("/")] {
        document.set(path, json!(1)).unwrap();
    }
    let nested = (0..90).fold(json!(1), |inner, _| json!([inner]));
    assert!(document.set("n", nested.clone()).is_ok());
    assert!(document.set(&vec!["b"; 20].join("/"), nested).is_err());
    let bytes = to_bytes(document.object(), &[]).unwrap();
    assert_eq!(from_bytes(&bytes, true, u64::MAX).unwrap().0, *document.object());
}

#[test]
fn numbers_that_json_has_not_are_refused() {
    assert_eq!(number("k", 1.5).unwrap(), json!(1.5));
    assert_eq!(number("k", f64::NAN).unwrap_err().kind(), ErrorKind::Nan);
    let error = number("speed", f64::INFINITY).unwrap_err();
    assert_eq!(
        (error.kind(), error.message()),
        (ErrorKind::InvalidArgument, "speed: metadata cannot hold the number inf")
    );
}

#[test]
fn the_file_round_trips_with_its_private_part() {
    let user =
        object(json!({"b": 0.1, "a": {"c": [1, "\u{1F600}", null]}, "i": u64::MAX, "checksum": "crc32:12345678"}));
    let bytes = to_bytes(&user, &[("json", r#"{"x":1}"#)]).unwrap();
    let (user_back, private_back) = from_bytes(&bytes, true, 1 << 20).unwrap();
    assert_eq!(user_back, user);
    assert_eq!(user_back.keys().collect::<Vec<_>>(), ["b", "a", "i", "checksum"]);
    assert_eq!((&private_back["json"], &private_back["format"]), (&json!({"x": 1}), &json!(FORMAT)));
    assert_eq!(Document::from_object(object(serde_json::from_slice(&bytes).unwrap())).object(), &user);
    assert!(String::from_utf8(bytes).unwrap().contains("\n\"b\": 0.1,\n"));
}

#[test]
fn foreign_documents_are_accepted_and_newer_formats_are_not() {
    assert_eq!(from_bytes(br#"{"a": 1}"#, true, 99).unwrap(), (object(json!({"a": 1})), Object::new()));
    let error = from_bytes(br#"{"_datastorage": {"format": 7}}"#, false, 99).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.message().contains('7') && error.message().contains('1'), "{error}");
    assert_eq!(from_bytes(br#"{"a": 1}"#, true, 7).unwrap_err().kind(), ErrorKind::Unsupported);
}

#[test]
fn every_truncation_and_every_flipped_bit_is_noticed() {
    let user = object(json!({"a": 1, "b": "text", "c": [1.5, true]}));
    let bytes = to_bytes(&user, &[]).unwrap();
    for end in 0..bytes.len() - 1 {
        assert!(from_bytes(&bytes[..end], true, 1 << 20).is_err(), "truncated at {end}");
    }
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << bit;
            // A document whose private key was hit is a foreign one, and then shows the wreck as the user's.
            if let Ok((found, private)) = from_bytes(&flipped, true, 1 << 20) {
                assert!(private.is_empty() && found != user, "byte {at} bit {bit}");
            }
        }
    }
    let altered = String::from_utf8(bytes).unwrap().replace("text", "tExt").into_bytes();
    assert_eq!(from_bytes(&altered, true, 1 << 20).unwrap_err().kind(), ErrorKind::Corrupt);
    assert_eq!(from_bytes(&altered, false, 1 << 20).unwrap().0["b"], json!("tExt"));
}

#[test]
fn hostile_documents_end_in_an_error() {
    let deep = "[".repeat(100_000);
    for text in ["", "null", "[]", "{", "{\"a\":1e999}", "{\"_datastorage\":1}", "{\"_datastorage\":{}}", &deep] {
        assert_eq!(from_bytes(text.as_bytes(), true, 1 << 20).unwrap_err().kind(), ErrorKind::Corrupt, "{text:.20}");
    }
    let cut = br#"{"_datastorage":{"format":1,"checksum":"crc32:1"}}"#;
    assert_eq!(from_bytes(cut, true, 1 << 20).unwrap_err().kind(), ErrorKind::Corrupt);
}
