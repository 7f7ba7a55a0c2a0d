//! The schema of a store.

use std::ffi::{c_char, c_void};

use super::buffer::{self, ds_buffer};
use super::call::with_store;
use super::status::ds_status;
use super::text::{self, Out, text};
use super::types::{ds_dtype, ds_store};
use crate::error::err;

/// Sets the schema of a store, a JSON dictionary of length bytes; what is saved already is checked against it.
///
/// Errors: DS_ERR_SCHEMA (the dictionary is wrong, or something saved disagrees; nothing is changed), DS_ERR_JSON,
/// DS_ERR_UTF8, DS_ERR_READ_ONLY. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_set_schema(store: *mut ds_store, schema_json: *const c_char, length: usize) -> ds_status {
    with_store(store, |storage| storage.set_schema(&text::json("schema_json", schema_json, length)?))
}

/// The schema of a store as it was set, "{}" when there is none; free it with ds_buffer_free. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_get_schema(store: *mut ds_store, out: *mut *mut ds_buffer) -> ds_status {
    with_store(store, |storage| {
        let out = Out::required("out", out)?;
        out.set(buffer::of_bytes(storage.schema()?.to_string()));
        Ok(())
    })
}

/// The name of the schema's group that an array is in; free it with ds_buffer_free.
///
/// Errors: DS_ERR_NOT_FOUND when it is in none. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_group_for_array(
    store: *mut ds_store,
    name: *const c_char,
    out: *mut *mut ds_buffer,
) -> ds_status {
    with_store(store, |storage| {
        let out = Out::required("out", out)?;
        let name = text("name", name)?;
        let group = storage.group_for_array(name)?;
        out.set(buffer::of_bytes(group.ok_or_else(|| err!(NotFound, "{name}: in no group of the schema"))?));
        Ok(())
    })
}

/// Checks an array against the schema as ds_save would, saving nothing; the parameters are those of ds_save.
///
/// Without a schema, or for an array that it does not name, everything is valid.
/// Errors: DS_ERR_SCHEMA with the reason, DS_ERR_INVALID_ARGUMENT. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_validate(
    store: *mut ds_store,
    key: *const c_char,
    dtype: ds_dtype,
    data: *const c_void,
    shape: *const u64,
    ndim: usize,
    strides: *const i64,
) -> ds_status {
    with_store(store, |storage| {
        let key = text("key", key)?;
        storage.validate(key, &text::array(key, dtype, data, shape, ndim, strides)?)
    })
}
