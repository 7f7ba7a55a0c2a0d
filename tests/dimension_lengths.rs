//! One name has one length in a group: what is compared is what will be there, and what is named by the schema.

use datastorage::{Array, ErrorKind, Options, Storage, Value};
use serde_json::json;

fn store() -> Storage {
    let store = Storage::memory();
    store
        .set_schema(&json!({"groups": {"faces": {"arrays": {"face_areas": {"dims": ["face"], "dtype": "float32"},
            "face_types": {"dims": ["face"], "dtype": "int32"}}}}}))
        .unwrap();
    store
}

fn group<const N: usize>(children: [(&str, Value); N]) -> Value {
    children.into_iter().collect()
}

fn refused(result: datastorage::Result<()>) {
    assert_eq!(result.unwrap_err().kind(), ErrorKind::Schema);
}

#[test]
fn a_group_is_compared_with_what_stays_not_with_what_it_replaces() {
    let store = store();
    store.save("g", group([("face_areas", vec![1f32; 3].into())])).unwrap();
    store.save("g", group([("face_types", vec![1i32; 5].into())])).unwrap();
    refused(store.save("g/face_areas", vec![1f32; 3]));
    store.save("g/face_areas", vec![1f32; 5]).unwrap();
    // Inside of what is saved, too.
    refused(store.save("g", group([("face_areas", vec![1f32; 2].into()), ("face_types", vec![1i32; 4].into())])));
    assert_eq!(store.load_array("g/face_types").unwrap(), Array::vector(&[1i32; 5]));
    refused(store.save("g/face_areas", vec![1f32; 3]));
    store.save("g", 1i32).unwrap();
    store.delete("g").unwrap();
    store.save("g/face_types", vec![1i32; 4]).unwrap();
}

#[test]
fn an_array_that_became_a_group_has_no_length_any_more() {
    let store = store();
    store.save("face_areas", vec![1f32; 3]).unwrap();
    store.save("face_areas", group([])).unwrap();
    store.save("face_types", vec![1i32; 5]).unwrap();
}

#[test]
fn a_save_that_fails_leaves_the_lengths() {
    let dir = tempfile::tempdir().unwrap();
    let options = Options::parse(r#"{"sync": "none", "export": false, "staging": "disk"}"#).unwrap();
    let store = Storage::open_zarr(dir.path().join("p.zarr"), &options).unwrap();
    store.set_schema(&json!({"groups": {"any": {"arrays": {"x": {"dims": ["n"]}, "y": {"dims": ["n"]}}}}})).unwrap();
    store.save("x", vec![1i32; 3]).unwrap();
    // Its commit is cancelled, after everything else was done.
    store.set_progress(Some(std::sync::Arc::new(|_| false)));
    for other in [group([("c", 1i32.into())]), Value::Bytes(vec![1]), Value::from(vec![1i32; 4])] {
        assert_eq!(store.save("x", other).unwrap_err().kind(), ErrorKind::Cancelled);
    }
    store.set_progress(None);
    refused(store.save("y", vec![1i32; 4]));
    store.save("y", vec![1i32; 3]).unwrap();
}

#[test]
fn lengths_under_other_names_do_not_count() {
    let store = store();
    store.save("face_types", vec![1i32; 5]).unwrap();
    store.save("a", vec![1f32; 3]).unwrap();
    store.rename("a", "face_areas").unwrap();
    store.resize("face_areas", &[4]).unwrap();
    store.append("face_areas", &Array::vector(&[1f32; 2]).view(), 0).unwrap();
    // Under the name of the schema they would.
    refused(store.set_dimensions("face_areas", &["face"]));
    store.resize("face_areas", &[5]).unwrap();
    store.set_dimensions("face_areas", &["face"]).unwrap();
    refused(store.resize("face_areas", &[4]));
}
