//! Arrays that are written by parts: created without elements, written by boxes, resized, appended to.

use std::ffi::{c_char, c_void};

use super::buffer::{self, ds_buffer};
use super::call::with_store;
use super::status::ds_status;
use super::strings::{collect, two_buffers};
use super::text::{self, Out, optional_text, text};
use super::types::{ds_dtype, ds_store};
use crate::array_options::ArrayOptions;
use crate::value::{ArrayView, DType, element_count};

/// Makes an array of a shape without elements; it is written by boxes then, and may be larger than memory.
///
/// Every element is the fill value until it is written. options is a JSON object, or NULL: "chunks" (a list of lengths),
/// "codec", "profile" (as of the store), "fill_value" (0, false or "" when absent; "NaN", "Infinity" and "-Infinity" are
/// texts; null makes it an error to read a chunk that was never written), "dims" (names), "attributes".
/// Errors: DS_ERR_ALREADY_EXISTS, DS_ERR_INVALID_ARGUMENT (key, dtype, shape, options), DS_ERR_SCHEMA, DS_ERR_NAN (the
/// fill value), DS_ERR_WRONG_KIND (an array is on the way to the key), DS_ERR_CODEC, DS_ERR_UNSUPPORTED, DS_ERR_READ_ONLY,
/// DS_ERR_IO. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_create(
    store: *mut ds_store,
    key: *const c_char,
    dtype: ds_dtype,
    shape: *const u64,
    ndim: usize,
    options: *const c_char,
) -> ds_status {
    with_store(store, |storage| {
        let key = text("key", key)?;
        let dtype = text::dtype(key, dtype)?;
        let shape = text::numbers("shape", key, shape, ndim)?;
        let options = optional_text("options", options)?.unwrap_or_default();
        let options = ArrayOptions::parse(options).map_err(|error| error.context(key))?;
        storage.create(key, dtype, &shape, &options)
    })
}

/// Writes a box of an array: shape[d] elements from offset[d] on in each of ndim dimensions.
///
/// data, strides and dtype are as of ds_save; dtype must be the stored one. Not for DS_STRING: see
/// ds_save_strings_region. A chunk that the box meets in part is read and changed, and kept a while, so that an array may
/// be written row by row. Readers see each chunk before or after the call; a call that fails changes nothing. What was
/// written is on disk after the next commit, as of ds_save.
/// Errors: DS_ERR_NOT_FOUND, DS_ERR_WRONG_KIND, DS_ERR_DTYPE_MISMATCH, DS_ERR_SHAPE_MISMATCH when the box leaves the array
/// or ndim is not the array's, DS_ERR_CORRUPT (a chunk that is written in part), and as ds_save. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_save_region(
    store: *mut ds_store,
    key: *const c_char,
    dtype: ds_dtype,
    data: *const c_void,
    offset: *const u64,
    shape: *const u64,
    ndim: usize,
    strides: *const i64,
) -> ds_status {
    with_store(store, |storage| {
        let key = text("key", key)?;
        let offset = text::numbers("offset", key, offset, ndim)?;
        storage.save_region(key, &offset, &text::array(key, dtype, data, shape, ndim, strides)?)
    })
}

/// Writes a box of an array of strings; texts and lengths are as of ds_save_strings, the box as of ds_save_region.
///
/// Errors: DS_ERR_UTF8, and as ds_save_region. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_save_strings_region(
    store: *mut ds_store,
    key: *const c_char,
    texts: *const *const c_char,
    lengths: *const usize,
    offset: *const u64,
    shape: *const u64,
    ndim: usize,
) -> ds_status {
    with_store(store, |storage| {
        let key = text("key", key)?;
        let offset = text::numbers("offset", key, offset, ndim)?;
        let shape = text::numbers("shape", key, shape, ndim)?;
        let count = element_count(&shape, DType::String).map_err(|error| error.context(key))?;
        let strings = collect(key, texts, lengths, count)?;
        storage.save_region(key, &offset, &ArrayView::from_strings(&shape, &strings)?)
    })
}

/// Loads a box of an array of strings as two buffers, as ds_load_strings gives them.
///
/// Errors: DS_ERR_SHAPE_MISMATCH when the box leaves the array or ndim is not the array's, and as ds_load_strings.
/// Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_load_strings_region(
    store: *mut ds_store,
    key: *const c_char,
    offset: *const u64,
    shape: *const u64,
    ndim: usize,
    out_text: *mut *mut ds_buffer,
    out_offsets: *mut *mut ds_buffer,
) -> ds_status {
    with_store(store, |storage| {
        let (out_text, out_offsets) =
            (Out::required("out_text", out_text)?, Out::required("out_offsets", out_offsets)?);
        let key = text("key", key)?;
        let region = text::region(key, offset, shape, ndim)?;
        let (bytes, offsets) = two_buffers(key, &storage.load_region(key, &region)?)?;
        out_text.set(buffer::of_bytes(bytes));
        out_offsets.set(buffer::of_words(offsets));
        Ok(())
    })
}

/// Gives an array another shape, of as many dimensions.
///
/// What is cut is gone. New elements are the fill value; an array that was saved with its elements has 0, false or ""
/// from now on. Growing costs nothing, whatever the size.
/// Errors: DS_ERR_NOT_FOUND, DS_ERR_WRONG_KIND, DS_ERR_SHAPE_MISMATCH (another number of dimensions), DS_ERR_SCHEMA (a
/// dimension that the schema names has another length in the group), DS_ERR_READ_ONLY, DS_ERR_CORRUPT, DS_ERR_IO.
/// Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_resize(
    store: *mut ds_store,
    key: *const c_char,
    shape: *const u64,
    ndim: usize,
) -> ds_status {
    with_store(store, |storage| {
        let key = text("key", key)?;
        storage.resize(key, &text::numbers("shape", key, shape, ndim)?)
    })
}

/// Lengthens dimension axis of an array by shape[axis]; the other lengths of shape are the array's.
///
/// data, strides and dtype are as of ds_save; dtype must be the stored one. Readers see all of the call or nothing. Calls
/// of several threads on one array come one after the other, in any order.
/// Errors: DS_ERR_SHAPE_MISMATCH when the data does not continue the array, DS_ERR_INVALID_ARGUMENT for an axis that it
/// does not have, and as ds_save_region and ds_resize. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_append(
    store: *mut ds_store,
    key: *const c_char,
    dtype: ds_dtype,
    data: *const c_void,
    shape: *const u64,
    ndim: usize,
    strides: *const i64,
    axis: usize,
) -> ds_status {
    with_store(store, |storage| {
        let key = text("key", key)?;
        storage.append(key, &text::array(key, dtype, data, shape, ndim, strides)?, axis)
    })
}

/// As ds_append, of strings; texts and lengths are as of ds_save_strings.
///
/// Errors: DS_ERR_UTF8, and as ds_append. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_append_strings(
    store: *mut ds_store,
    key: *const c_char,
    texts: *const *const c_char,
    lengths: *const usize,
    shape: *const u64,
    ndim: usize,
    axis: usize,
) -> ds_status {
    with_store(store, |storage| {
        let key = text("key", key)?;
        let shape = text::numbers("shape", key, shape, ndim)?;
        let count = element_count(&shape, DType::String).map_err(|error| error.context(key))?;
        let strings = collect(key, texts, lengths, count)?;
        storage.append(key, &ArrayView::from_strings(&shape, &strings)?, axis)
    })
}
