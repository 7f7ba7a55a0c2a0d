//! Saving arrays of any type.

use std::ffi::{c_char, c_void};

use super::call::with_store;
use super::status::ds_status;
use super::text::{self, text};
use super::types::{ds_dtype, ds_store};
use crate::value::DType;

/// Saves an n-d array under a key, replacing what is there.
///
/// shape has ndim lengths, row-major; ndim 0 is a scalar. strides has ndim signed distances in elements from data, for
/// a transposed, reversed or sliced array; NULL means contiguous. data may be NULL when a length is 0, and need not be
/// aligned. Not for DS_STRING: see ds_save_strings. A save that fails changes nothing.
/// Errors: DS_ERR_INVALID_ARGUMENT (key, dtype, shape, strides), DS_ERR_SCHEMA, DS_ERR_NAN, DS_ERR_WRONG_KIND (an array
/// is on the way to the key), DS_ERR_READ_ONLY, DS_ERR_CODEC, DS_ERR_IO. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_save(
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
        storage.save_view(key, &text::array(key, dtype, data, shape, ndim, strides)?)
    })
}

/// Saves bytes without a shape. data may be NULL when length is 0.
///
/// Errors: as ds_save. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_save_bytes(
    store: *mut ds_store,
    key: *const c_char,
    data: *const c_void,
    length: usize,
) -> ds_status {
    with_store(store, |storage| {
        let key = text("key", key)?;
        storage.save_bytes(key, text::bytes(format_args!("{key}: data"), data, length)?)
    })
}

/// Saves a JSON text of length bytes: an object becomes a group, a regular list an array, a scalar a scalar.
///
/// Integers become int64 (uint64 when one exceeds it), other numbers float64; null and mixed lists stay JSON.
/// Errors: DS_ERR_JSON, DS_ERR_UTF8, and as ds_save. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_save_json(
    store: *mut ds_store,
    key: *const c_char,
    json: *const c_char,
    length: usize,
) -> ds_status {
    with_store(store, |storage| {
        let key = text("key", key)?;
        storage.save_json(key, text::json(key, json, length)?)
    })
}

/// The body of the typed saves.
pub(super) fn save_elements<T>(
    store: *mut ds_store,
    key: *const c_char,
    dtype: DType,
    data: *const T,
    shape: *const u64,
    ndim: usize,
) -> ds_status {
    with_store(store, |storage| {
        let key = text("key", key)?;
        storage.save_view(key, &text::array(key, dtype as i32, data.cast(), shape, ndim, std::ptr::null())?)
    })
}
