//! The metadata document.

use std::ffi::c_char;

use super::buffer::{self, ds_buffer};
use super::call::with_store;
use super::iter::{self, ds_iter};
use super::status::ds_status;
use super::text::{self, Out, optional_text, text};
use super::types::{DS_SCOPE_CATEGORICAL, DS_SCOPE_FILE_LEVEL, DS_SCOPE_NONE, ds_scope, ds_store};
use crate::schema::Scope;

/// Saves a metadata value, a JSON text of length bytes; '/' in the key nests, an object merges into what is there.
///
/// Errors: DS_ERR_JSON, DS_ERR_UTF8, DS_ERR_INVALID_ARGUMENT (key), DS_ERR_WRONG_KIND (a value where a section is needed,
/// or the other way round), DS_ERR_SCHEMA, DS_ERR_READ_ONLY. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_save_metadata(
    store: *mut ds_store,
    key: *const c_char,
    json: *const c_char,
    length: usize,
) -> ds_status {
    with_store(store, |storage| {
        let key = text("key", key)?;
        storage.save_metadata(key, text::json(key, json, length)?)
    })
}

/// Saves true (value is not 0) or false as metadata. Errors: as ds_save_metadata. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_save_metadata_bool(store: *mut ds_store, key: *const c_char, value: i32) -> ds_status {
    with_store(store, |storage| storage.save_metadata(text("key", key)?, value != 0))
}

/// Saves an integer as metadata. Errors: as ds_save_metadata. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_save_metadata_i64(store: *mut ds_store, key: *const c_char, value: i64) -> ds_status {
    with_store(store, |storage| storage.save_metadata(text("key", key)?, value))
}

/// Saves a finite number as metadata.
///
/// Errors: DS_ERR_NAN for not-a-number, DS_ERR_INVALID_ARGUMENT for an infinity (JSON has neither), and as
/// ds_save_metadata. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_save_metadata_f64(store: *mut ds_store, key: *const c_char, value: f64) -> ds_status {
    with_store(store, |storage| {
        let key = text("key", key)?;
        storage.save_metadata(key, crate::metadata::number(key, value)?)
    })
}

/// Saves a text of length bytes of UTF-8 as metadata. Errors: as ds_save_metadata. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_save_metadata_str(
    store: *mut ds_store,
    key: *const c_char,
    text: *const c_char,
    length: usize,
) -> ds_status {
    with_store(store, |storage| {
        let key = text::text("key", key)?;
        storage.save_metadata(key, text::payload(key, text, length)?)
    })
}

/// Loads a metadata value, a section, or for the key "" the whole document, as a JSON text.
///
/// Free it with ds_buffer_free. Errors: DS_ERR_NOT_FOUND. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_load_metadata(
    store: *mut ds_store,
    key: *const c_char,
    out: *mut *mut ds_buffer,
) -> ds_status {
    with_store(store, |storage| {
        let out = Out::required("out", out)?;
        out.set(buffer::of_bytes(storage.load_metadata(text("key", key)?)?.to_string()));
        Ok(())
    })
}

/// Removes a metadata value or section. Errors: DS_ERR_NOT_FOUND, DS_ERR_READ_ONLY. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_delete_metadata(store: *mut ds_store, key: *const c_char) -> ds_status {
    with_store(store, |storage| storage.delete_metadata(text("key", key)?))
}

/// Lists the keys of the metadata values below a prefix ("" or NULL: all), '/'-joined and sorted; their kind is 0.
///
/// Free the iterator with ds_iter_free. Errors: DS_ERR_NOT_FOUND when nothing is under the prefix. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_list_metadata(
    store: *mut ds_store,
    prefix: *const c_char,
    out: *mut *mut ds_iter,
) -> ds_status {
    with_store(store, |storage| {
        let out = Out::required("out", out)?;
        let keys = storage.list_metadata(optional_text("prefix", prefix)?.unwrap_or_default())?;
        out.set(iter::of(keys.into_iter().map(|key| (key, 0)))?);
        Ok(())
    })
}

/// Tells where a metadata value belongs when stores are merged: DS_SCOPE_NONE when no schema is set.
///
/// Errors: DS_ERR_NOT_FOUND. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_metadata_scope(store: *mut ds_store, key: *const c_char, out: *mut ds_scope) -> ds_status {
    with_store(store, |storage| {
        let out = Out::required("out", out)?;
        out.set(match storage.metadata_scope(text("key", key)?)? {
            None => DS_SCOPE_NONE,
            Some(Scope::FileLevel) => DS_SCOPE_FILE_LEVEL,
            Some(Scope::Categorical) => DS_SCOPE_CATEGORICAL,
        });
        Ok(())
    })
}
