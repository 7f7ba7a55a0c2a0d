//! Loading arrays of any type into the caller's memory.

use std::ffi::{c_char, c_void};

use super::buffer::{self, ds_buffer};
use super::call::with_store;
use super::status::ds_status;
use super::text::{self, Out, text};
use super::types::{ds_dtype, ds_store};
use crate::error::{ErrorKind, Result};
use crate::value::DType;

/// Tells the size of what was loaded; of what was not, only when the memory was too small for it.
pub(super) fn tell(result: Result<usize>, needed: usize, out: impl FnOnce(usize)) -> Result<()> {
    match result {
        Ok(size) => {
            out(size);
            Ok(())
        }
        Err(error) => {
            if error.kind() == ErrorKind::BufferTooSmall {
                out(needed);
            }
            Err(error)
        }
    }
}

/// Loads an array into the caller's memory, row-major and contiguous.
///
/// dtype must be the stored one: nothing is converted. capacity_bytes is the size of data, which need not be aligned;
/// out_bytes (or NULL) receives the size of the array, also with DS_ERR_BUFFER_TOO_SMALL, so that a first call with
/// NULL and 0 asks for it. When a load fails half way (DS_ERR_CORRUPT, DS_ERR_CANCELLED), data may have been changed.
/// Errors: DS_ERR_NOT_FOUND, DS_ERR_WRONG_KIND, DS_ERR_DTYPE_MISMATCH, DS_ERR_BUFFER_TOO_SMALL, DS_ERR_CORRUPT,
/// DS_ERR_CODEC, DS_ERR_IO, DS_ERR_CANCELLED. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_load(
    store: *mut ds_store,
    key: *const c_char,
    dtype: ds_dtype,
    data: *mut c_void,
    capacity_bytes: usize,
    out_bytes: *mut usize,
) -> ds_status {
    with_store(store, |storage| {
        let key = text("key", key)?;
        let dtype = text::sized_dtype(key, dtype)?;
        let memory = text::bytes_mut(format_args!("{key}: data"), data, capacity_bytes)?;
        let mut needed = 0;
        let result = storage.load_into(key, dtype, memory, &mut needed);
        crate::defect::write_past(memory);
        tell(result, needed, |size| Out::optional(out_bytes).set(size))
    })
}

/// Loads a box of an array: shape[d] elements from offset[d] on in each of ndim dimensions.
///
/// As ds_load otherwise. Errors: DS_ERR_SHAPE_MISMATCH when the box leaves the array or ndim is not the array's, and as
/// ds_load. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_load_region(
    store: *mut ds_store,
    key: *const c_char,
    dtype: ds_dtype,
    offset: *const u64,
    shape: *const u64,
    ndim: usize,
    data: *mut c_void,
    capacity_bytes: usize,
    out_bytes: *mut usize,
) -> ds_status {
    with_store(store, |storage| {
        let key = text("key", key)?;
        let dtype = text::sized_dtype(key, dtype)?;
        let region = text::region(key, offset, shape, ndim)?;
        let memory = text::bytes_mut(format_args!("{key}: data"), data, capacity_bytes)?;
        let mut needed = 0;
        let result = storage.load_region_into(key, &region, dtype, memory, &mut needed);
        tell(result, needed, |size| Out::optional(out_bytes).set(size))
    })
}

/// Loads the bytes of a bytes node, or the elements of any array but one of strings, as a buffer.
///
/// Free it with ds_buffer_free. Errors: as ds_load. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_load_bytes(
    store: *mut ds_store,
    key: *const c_char,
    out: *mut *mut ds_buffer,
) -> ds_status {
    with_store(store, |storage| {
        let out = Out::required("out", out)?;
        out.set(buffer::of_bytes(storage.load_bytes(text("key", key)?)?));
        Ok(())
    })
}

/// Loads any node as a JSON text: a group as an object, an array as a nested list.
///
/// Complex numbers become {"real", "imag", "_numpy_complex"}, not-a-number and the infinities strings. Free the text
/// with ds_buffer_free. Errors: as ds_load. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_load_json(store: *mut ds_store, key: *const c_char, out: *mut *mut ds_buffer) -> ds_status {
    with_store(store, |storage| {
        let out = Out::required("out", out)?;
        out.set(buffer::of_bytes(storage.load_json(text("key", key)?)?.to_string()));
        Ok(())
    })
}

/// Loads every array, string and JSON node at and below a key ("" is the whole store) in one call, for callers to whom a
/// call costs more than a small array.
///
/// out_data receives the elements of all arrays of fixed-size elements, row-major, each at a multiple of 64 bytes.
/// out_index receives a JSON object by key: {"kind": "array", "dtype": "float32", "shape": [2, 3], "offset": 64,
/// "bytes": 24}, offset and bytes being those in out_data; "strings" (a flat list, row-major) instead of these two for
/// strings; {"kind": "json", "value": ...} for a JSON node; "kind": "bytes" as an array of uint8. Groups are not in it.
/// Each array is loaded as it was at one moment, not all of them at the same. Free both with ds_buffer_free.
/// Errors: DS_ERR_NOT_FOUND, DS_ERR_CORRUPT, DS_ERR_CODEC, DS_ERR_IO, DS_ERR_NO_MEMORY, DS_ERR_CANCELLED. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_load_all(
    store: *mut ds_store,
    key: *const c_char,
    out_index: *mut *mut ds_buffer,
    out_data: *mut *mut ds_buffer,
) -> ds_status {
    with_store(store, |storage| {
        let (index, data) = (Out::required("out_index", out_index)?, Out::required("out_data", out_data)?);
        let bundle = storage.load_all(text("key", key)?)?;
        index.set(buffer::of_bytes(bundle.index()));
        data.set(buffer::of_bytes(bundle.data));
        Ok(())
    })
}

/// The body of the typed loads: as `ds_load`, with capacity and count in elements.
pub(super) fn load_elements<T>(
    store: *mut ds_store,
    key: *const c_char,
    dtype: DType,
    data: *mut T,
    capacity: usize,
    out_count: *mut usize,
) -> ds_status {
    with_store(store, |storage| {
        let key = text("key", key)?;
        let bytes = text::size_of_elements(key, capacity, dtype)?;
        let memory = text::bytes_mut(format_args!("{key}: data"), data.cast(), bytes)?;
        let mut needed = 0;
        let result = storage.load_into(key, dtype, memory, &mut needed);
        crate::defect::write_past(memory);
        tell(result, needed, |size| Out::optional(out_count).set(size / dtype.size()))
    })
}
