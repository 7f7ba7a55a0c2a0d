//! Schema builders through the C ABI: what a C program cannot stage (a panic, another thread's call), and what it hands in
//! wrong. The rest is tested by `tests/c/test_schema.c`.

// The calls below keep the header's contract: pointers to locals, lengths that fit them.
#![allow(clippy::undocumented_unsafe_blocks)]

use std::ffi::{CStr, CString, c_char};
use std::ptr::{null, null_mut};

use super::schema_builder::with_builder;
use super::*;

fn message() -> String {
    unsafe { CStr::from_ptr(ds_last_error_message()) }.to_str().unwrap().to_owned()
}

fn create() -> *mut ds_schema_builder {
    let mut out = null_mut();
    assert_eq!(unsafe { ds_schema_create(c"d".as_ptr(), null(), null(), &mut out) }, DS_OK, "{}", message());
    out
}

fn built(builder: *const ds_schema_builder) -> String {
    let mut out = null_mut();
    assert_eq!(unsafe { ds_schema_build(builder, &mut out) }, DS_OK, "{}", message());
    let text = unsafe { CStr::from_ptr(ds_buffer_data(out)) }.to_str().unwrap().to_owned();
    unsafe { ds_buffer_free(out) };
    text
}

fn array(builder: *mut ds_schema_builder, name: &CStr, dtype: i32, dims: &[&CStr], rules: Option<&CStr>) -> ds_status {
    let dims: Vec<*const c_char> = dims.iter().map(|dim| dim.as_ptr()).collect();
    let rules = rules.map_or(null(), CStr::as_ptr);
    let group = c"g".as_ptr();
    unsafe { ds_schema_create_array(builder, group, name.as_ptr(), dtype, dims.as_ptr(), dims.len(), null(), rules) }
}

#[test]
fn a_panic_breaks_only_its_builder() {
    let (broken, whole) = (create(), create());
    assert_eq!(with_builder(broken, |_| panic!("on purpose")), DS_ERR_INTERNAL);
    let mut out = null_mut();
    assert_eq!(unsafe { ds_schema_build(broken, &mut out) }, DS_ERR_INTERNAL);
    assert_eq!(message(), "builder: an earlier call failed inside the library; free it");
    assert!(out.is_null() && built(whole).starts_with(r#"{"version":"1.0","domain":"d""#));
    unsafe { (ds_schema_free(broken), ds_schema_free(whole), ds_schema_free(null_mut())) };
}

#[test]
fn a_call_during_another_call_is_refused() {
    let builder = create();
    let address = builder.expose_provenance();
    let status = with_builder(builder, |_| {
        std::thread::scope(|scope| {
            let other = scope.spawn(|| {
                let builder = std::ptr::with_exposed_provenance_mut(address);
                (unsafe { ds_schema_remove_group(builder, c"g".as_ptr()) }, message())
            });
            let (status, text) = other.join().unwrap();
            assert_eq!((status, text.as_str()), (DS_ERR_BUSY, "builder: another thread is in a call on it"));
        });
        Ok(())
    });
    assert_eq!(status, DS_OK);
    unsafe { ds_schema_free(builder) };
}

#[test]
fn what_is_refused_names_both_sides_and_changes_nothing() {
    let builder = create();
    let group = |name: &CStr| unsafe { ds_schema_create_group(builder, name.as_ptr(), c"x".as_ptr(), null(), null()) };
    let field = |scope, name: &CStr, dtype, rules: &CStr| unsafe {
        ds_schema_define_metadata(builder, scope, name.as_ptr(), dtype, null(), 0, rules.as_ptr())
    };
    assert_eq!(group(c"g"), DS_OK);
    assert_eq!(array(builder, c"a", DS_F32, &[c"x"], None), DS_OK);
    assert_eq!(field(DS_SCOPE_FILE_LEVEL, c"m", DS_I64, c"{}"), DS_OK);
    let before = built(builder);
    let many = [c"x"; 33];
    assert_eq!(group(c"g"), DS_ERR_ALREADY_EXISTS);
    assert_eq!(message(), "g: the schema has this group already");
    assert_eq!(array(builder, c"a", DS_F32, &[], None), DS_ERR_ALREADY_EXISTS);
    assert_eq!(message(), "a: the group has this array already");
    for (status, wanted) in [
        (group(c"a//b"), DS_ERR_SCHEMA),
        (array(builder, c".zarray", DS_F32, &[], None), DS_ERR_SCHEMA),
        (array(builder, c"b", DS_F32, &[c"x", c""], None), DS_ERR_SCHEMA),
        (array(builder, c"b", DS_F32, &many, None), DS_ERR_INVALID_ARGUMENT),
        (array(builder, c"b", 0, &[c"x"], None), DS_ERR_INVALID_ARGUMENT),
        (array(builder, c"b", 16, &[c"x"], None), DS_ERR_INVALID_ARGUMENT),
        (array(builder, c"b", DS_F32, &[c"x"], Some(c"{")), DS_ERR_JSON),
        (array(builder, c"b", DS_F32, &[c"x"], Some(c"[1]")), DS_ERR_SCHEMA),
        (array(builder, c"b", DS_F32, &[c"x"], Some(c"{\"dims\": []}")), DS_ERR_SCHEMA),
        (field(DS_SCOPE_CATEGORICAL, c"m", DS_I64, c"{}"), DS_ERR_ALREADY_EXISTS),
        (field(DS_SCOPE_FILE_LEVEL, c"m", DS_I8, c"{\"required\": 1}"), DS_ERR_SCHEMA),
        (field(DS_SCOPE_NONE, c"m", DS_I8, c"{}"), DS_ERR_INVALID_ARGUMENT),
        (field(DS_SCOPE_FILE_LEVEL, c"m", -1, c"{}"), DS_ERR_INVALID_ARGUMENT),
    ] {
        assert_eq!(status, wanted);
    }
    for (rules, wanted, text) in [
        (
            c"{\"file_patterns\": []}",
            DS_ERR_SCHEMA,
            "routing_rules.file_patterns: no routing rule, there are file_level_p",
        ),
        (
            c"{\"default_string\": \"x\"}",
            DS_ERR_SCHEMA,
            "routing_rules.default_string: wanted \"file_level\" or \"categ",
        ),
        (c"7", DS_ERR_SCHEMA, "routing_rules: wanted an object, found 7"),
        (c"", DS_ERR_JSON, "routing_rules: rules_json: "),
    ] {
        assert_eq!(unsafe { ds_schema_set_metadata_routing(builder, rules.as_ptr()) }, wanted);
        assert!(message().starts_with(text), "{}", message());
    }
    let utf8 = CString::new([b'g', 0xff]).unwrap();
    assert_eq!(group(&utf8), DS_ERR_UTF8);
    assert_eq!(built(builder), before);

    let nowhere = null_mut::<ds_schema_builder>();
    assert_eq!(array(nowhere, c"b", DS_F32, &[], None), DS_ERR_INVALID_ARGUMENT);
    assert_eq!(message(), "builder: pointer is NULL");
    assert_eq!(unsafe { ds_schema_build(builder, null_mut()) }, DS_ERR_INVALID_ARGUMENT);
    assert_eq!(unsafe { ds_schema_create(null(), null(), null(), null_mut()) }, DS_ERR_INVALID_ARGUMENT);
    unsafe { ds_schema_free(builder) };
}

#[test]
#[cfg_attr(miri, ignore = "it writes a file")]
fn a_contradiction_is_told_by_the_whole_and_no_bad_file_is_written() {
    let builder = create();
    let directory = tempfile::tempdir().unwrap();
    let path = CString::new(directory.path().join("schema.json").to_str().unwrap()).unwrap();
    assert_eq!(unsafe { ds_schema_create_group(builder, c"g".as_ptr(), c"x".as_ptr(), null(), null()) }, DS_OK);
    let rules = c"{\"min_value\": 5, \"max_value\": 1}";
    assert_eq!(array(builder, c"a", DS_I32, &[c"x"], Some(rules)), DS_OK);
    let mut out = null_mut();
    assert_eq!(unsafe { ds_schema_build(builder, &mut out) }, DS_ERR_SCHEMA);
    assert_eq!(message(), "groups.g.arrays.a: min_value is 5, max_value 1");
    assert_eq!(unsafe { ds_schema_save_to_file(builder, path.as_ptr()) }, DS_ERR_SCHEMA);
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    assert_eq!(unsafe { ds_schema_remove_array(builder, c"g".as_ptr(), c"a".as_ptr()) }, DS_OK);
    assert_eq!(unsafe { ds_schema_save_to_file(builder, path.as_ptr()) }, DS_OK);
    let mut loaded = null_mut();
    assert_eq!(unsafe { ds_schema_load_from_file(path.as_ptr(), &mut loaded) }, DS_OK);
    assert_eq!(built(loaded), built(builder));
    unsafe { (ds_schema_free(builder), ds_schema_free(loaded)) };
}

#[test]
fn the_json_schema_is_json() {
    let text = unsafe { CStr::from_ptr(ds_schema_json_schema()) }.to_str().unwrap();
    assert_eq!(text, crate::schema::JSON_SCHEMA);
    let json: serde_json::Value = serde_json::from_str(text).unwrap();
    assert_eq!(json["$schema"], "https://json-schema.org/draft/2020-12/schema");
}
