//! Nodes without their elements: what there is, names, attributes.

use std::ffi::{c_char, c_void};

use super::buffer::{self, ds_buffer};
use super::call::with_store;
use super::iter::{self, ds_iter};
use super::status::ds_status;
use super::strings::names;
use super::text::{self, Out, optional_text, text};
use super::types::{ds_info, ds_store};
use crate::Storage;
use crate::backend::Kind;
use crate::error::err;

/// A struct size beyond this is no struct but a variable that was not set.
const MAX_INFO: usize = 4096;

/// Tells what a node is, without reading its elements; the key "" is the root group.
///
/// Set info->struct_size to sizeof(ds_info) before. Errors: DS_ERR_NOT_FOUND, DS_ERR_INVALID_ARGUMENT (struct_size),
/// DS_ERR_CORRUPT, DS_ERR_IO. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_stat(store: *mut ds_store, key: *const c_char, info: *mut ds_info) -> ds_status {
    with_store(store, |storage| {
        let _ = Out::required("info", info)?;
        // SAFETY: not NULL; every version of the struct begins with its size; read unaligned.
        let size = unsafe { info.cast::<usize>().read_unaligned() };
        if !(size_of::<usize>()..=MAX_INFO).contains(&size) {
            return Err(err!(
                InvalidArgument,
                "info: struct_size is {size}, sizeof(ds_info) is {}",
                size_of::<ds_info>()
            ));
        }
        let node = storage.stat(text("key", key)?)?;
        let full = ds_info {
            struct_size: size,
            kind: node.kind as i32,
            dtype: node.dtype.map_or(0, |dtype| dtype as i32),
            ndim: node.shape.len() as u64,
            elements: node.elements,
            bytes: node.bytes,
            stored_bytes: node.stored_bytes,
            chunks: node.chunks,
        };
        let known = size.min(size_of::<ds_info>());
        let target = text::bytes_mut("info", info.cast::<c_void>(), size)?;
        target.fill(0);
        // SAFETY: `target` has at least `known` bytes, `full` too, and they are apart; ds_info is plain numbers
        // without padding (tested).
        unsafe { std::ptr::copy_nonoverlapping((&raw const full).cast::<u8>(), target.as_mut_ptr(), known) };
        Ok(())
    })
}

/// Gives the shape of an array: the length of each dimension.
///
/// capacity is in dimensions; out_ndim (or NULL) receives the number of dimensions, also with DS_ERR_BUFFER_TOO_SMALL.
/// shape may be NULL with capacity 0. Errors: DS_ERR_NOT_FOUND, DS_ERR_WRONG_KIND (a group),
/// DS_ERR_BUFFER_TOO_SMALL. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_shape(
    store: *mut ds_store,
    key: *const c_char,
    shape: *mut u64,
    capacity: usize,
    out_ndim: *mut usize,
) -> ds_status {
    with_store(store, |storage| {
        let key = text("key", key)?;
        let node = storage.stat(key)?;
        if node.kind == Kind::Group {
            return Err(err!(WrongKind, "{key}: wanted an array, found a group"));
        }
        let ndim = node.shape.len();
        if capacity < ndim {
            Out::optional(out_ndim).set(ndim);
            return Err(err!(BufferTooSmall, "{key}: data has {ndim} dimensions, the buffer has {capacity}"));
        }
        if ndim > 0 {
            let _ = Out::required("shape", shape)?;
        }
        for (d, &length) in node.shape.iter().enumerate() {
            // SAFETY: not NULL and writable for `capacity` numbers by the header's contract, and d < ndim <= capacity.
            unsafe { shape.add(d).write_unaligned(length) };
        }
        Out::optional(out_ndim).set(ndim);
        Ok(())
    })
}

/// Whether there is a node under a key: out receives 1 or 0.
///
/// Errors: DS_ERR_INVALID_ARGUMENT for a malformed key, DS_ERR_IO. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_exists(store: *mut ds_store, key: *const c_char, out: *mut i32) -> ds_status {
    with_store(store, |storage| {
        let out = Out::required("out", out)?;
        out.set(i32::from(storage.exists(text("key", key)?)?));
        Ok(())
    })
}

/// Removes a node and all below it.
///
/// Errors: DS_ERR_NOT_FOUND, DS_ERR_READ_ONLY, DS_ERR_IO. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_delete(store: *mut ds_store, key: *const c_char) -> ds_status {
    with_store(store, |storage| storage.delete(text("key", key)?))
}

/// Moves a node and all below it.
///
/// Errors: DS_ERR_NOT_FOUND, DS_ERR_ALREADY_EXISTS, DS_ERR_INVALID_ARGUMENT (into itself), DS_ERR_WRONG_KIND,
/// DS_ERR_READ_ONLY, DS_ERR_IO. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_rename(store: *mut ds_store, from: *const c_char, to: *const c_char) -> ds_status {
    with_store(store, |storage| storage.rename(text("from", from)?, text("to", to)?))
}

/// Makes an empty group, and those on the way; does nothing when there is one.
///
/// Errors: DS_ERR_WRONG_KIND when the key, or one on the way, is an array, DS_ERR_READ_ONLY, DS_ERR_IO. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_create_group(store: *mut ds_store, key: *const c_char) -> ds_status {
    with_store(store, |storage| storage.create_group(text("key", key)?))
}

/// Lists the full keys of the nodes in a group, sorted; all below it when recursive is not 0.
///
/// The prefix "" or NULL is the root. The list is as it is now; free the iterator with ds_iter_free.
/// Errors: DS_ERR_NOT_FOUND, DS_ERR_WRONG_KIND (no group), DS_ERR_IO. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_list(
    store: *mut ds_store,
    prefix: *const c_char,
    recursive: i32,
    out: *mut *mut ds_iter,
) -> ds_status {
    with_store(store, |storage| {
        let out = Out::required("out", out)?;
        let nodes = storage.list(optional_text("prefix", prefix)?.unwrap_or_default(), recursive != 0)?;
        out.set(iter::of(nodes.into_iter().map(|(key, kind)| (key, kind as i32)))?);
        Ok(())
    })
}

/// Names the dimensions of an array: ndim NUL-terminated names.
///
/// Errors: DS_ERR_NOT_FOUND, DS_ERR_WRONG_KIND (a group), DS_ERR_SHAPE_MISMATCH (not as many names as dimensions),
/// DS_ERR_SCHEMA (the schema names others), DS_ERR_READ_ONLY, DS_ERR_IO. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_set_dimensions(
    store: *mut ds_store,
    key: *const c_char,
    names: *const *const c_char,
    ndim: usize,
) -> ds_status {
    with_store(store, |storage| {
        let key = text("key", key)?;
        storage.set_dimensions(key, &self::names(key, names, ndim)?)
    })
}

/// The names of the dimensions of an array as a JSON list; free it with ds_buffer_free.
///
/// Errors: DS_ERR_NOT_FOUND, DS_ERR_WRONG_KIND (a group). Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_get_dimensions(
    store: *mut ds_store,
    key: *const c_char,
    out: *mut *mut ds_buffer,
) -> ds_status {
    with_store(store, |storage| {
        let out = Out::required("out", out)?;
        out.set(buffer::of_bytes(serde_json::json!(storage.dimensions(text("key", key)?)?).to_string()));
        Ok(())
    })
}

/// Replaces the attributes of a node by a JSON object of length bytes; the key "" is the root group.
///
/// Errors: DS_ERR_NOT_FOUND, DS_ERR_JSON, DS_ERR_UTF8, DS_ERR_INVALID_ARGUMENT (no object, a reserved name),
/// DS_ERR_READ_ONLY, DS_ERR_IO. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_set_attributes(
    store: *mut ds_store,
    key: *const c_char,
    json: *const c_char,
    length: usize,
) -> ds_status {
    with_store(store, |storage: &Storage| {
        let key = text("key", key)?;
        match text::json(key, json, length)? {
            serde_json::Value::Object(attributes) => storage.set_attributes(key, attributes),
            other => Err(err!(InvalidArgument, "{key}: attributes are a JSON object, given is {other}")),
        }
    })
}

/// The attributes of a node as a JSON object; the key "" is the root group. Free it with ds_buffer_free.
///
/// Errors: DS_ERR_NOT_FOUND. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_get_attributes(
    store: *mut ds_store,
    key: *const c_char,
    out: *mut *mut ds_buffer,
) -> ds_status {
    with_store(store, |storage| {
        let out = Out::required("out", out)?;
        let attributes = storage.attributes(text("key", key)?)?;
        out.set(buffer::of_bytes(serde_json::Value::Object(attributes).to_string()));
        Ok(())
    })
}
