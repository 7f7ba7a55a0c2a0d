//! Copies of small nodes: with all that belongs to them, each in one step.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use datastorage::{Array, Options, Storage, Value};
use serde_json::{Value as Json, json};

fn object(json: Json) -> serde_json::Map<String, Json> {
    json.as_object().unwrap().clone()
}

fn faces() -> Json {
    json!({"groups": {"faces": {"arrays": {"face_areas": {"dims": ["face"], "dtype": "float32"},
        "face_types": {"dims": ["face"], "dtype": "int32"}}}}})
}

#[test]
fn the_root_keeps_its_attributes() {
    let source = Storage::memory();
    source.save("a", 1i32).unwrap();
    source.save("g/b", 2i32).unwrap();
    source.set_attributes("", object(json!({"unit": "mm"}))).unwrap();
    let all = Storage::memory();
    source.copy_to(&all).unwrap();
    assert_eq!(all.attributes("").unwrap(), object(json!({"unit": "mm"})));
    let archive = Storage::open_bytes(source.to_bytes(&Options::default()).unwrap(), &Options::default()).unwrap();
    assert_eq!(archive.attributes("").unwrap(), object(json!({"unit": "mm"})));
    let part = Storage::memory();
    part.set_attributes("", object(json!({"own": 1}))).unwrap();
    source.copy_with(&part, &serde_json::from_value(json!({"keys": ["g"]})).unwrap()).unwrap();
    assert_eq!(part.attributes("").unwrap(), object(json!({"own": 1})));
}

#[test]
fn bytes_keep_the_name_of_their_dimension() {
    let source = Storage::memory();
    source.save_bytes("blob", &[1, 2, 3]).unwrap();
    source.set_dimensions("blob", &["byte"]).unwrap();
    let copy = Storage::memory();
    source.copy_to(&copy).unwrap();
    assert_eq!(
        (copy.load_bytes("blob").unwrap(), copy.dimensions("blob").unwrap()),
        (vec![1, 2, 3], vec!["byte".into()])
    );
}

#[test]
fn an_array_that_was_renamed_under_a_schema_is_copied() {
    let source = Storage::memory();
    source.set_schema(&faces()).unwrap();
    source.save("a", vec![1.5f32]).unwrap();
    source.rename("a", "face_areas").unwrap();
    assert_eq!(source.dimensions("face_areas").unwrap(), ["face_areas_dim_0"]);
    let copy = Storage::memory();
    source.copy_to(&copy).unwrap();
    assert_eq!(copy.dimensions("face_areas").unwrap(), ["face"]);
}

#[test]
fn what_is_copied_is_there_with_its_names_and_attributes_or_not_at_all() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("copy.zarr");
    let source = Storage::memory();
    source.save("a", Array::vector(&[1u8, 2])).unwrap();
    source.set_dimensions("a", &["n"]).unwrap();
    source.set_attributes("a", object(json!({"unit": "mm"}))).unwrap();
    source.save("b", 1i32).unwrap();
    let options = json!({"staging": "disk", "sync": "none", "export": false});
    let copy = Arc::new(Storage::open_zarr(&path, &Options::from_json(options).unwrap()).unwrap());
    let looked = Arc::new(AtomicBool::new(false));
    let seen = looked.clone();
    // Each save is a commit, and tells of itself before it publishes: what a reader finds then is whole.
    copy.set_progress(Some(Arc::new(move |_| {
        if let Ok(reader) = Storage::open_zarr(&path, &Options::parse(r#"{"mode": "r"}"#).unwrap())
            && reader.exists("a").unwrap()
        {
            assert_eq!(reader.dimensions("a").unwrap(), ["n"]);
            assert_eq!(reader.attributes("a").unwrap()["unit"], "mm");
            seen.store(true, Ordering::SeqCst);
        }
        true
    })));
    source.copy_to(&copy).unwrap();
    assert!(looked.load(Ordering::SeqCst));
    assert_eq!(copy.load("b").unwrap(), Value::from(1i32));
}
