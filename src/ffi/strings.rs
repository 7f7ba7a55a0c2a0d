//! Strings: one, or an n-d array of them.

use std::ffi::c_char;

use super::buffer::{self, ds_buffer};
use super::call::with_store;
use super::status::ds_status;
use super::text::{self, Out, text};
use super::types::ds_store;
use crate::error::{Result, err};
use crate::value::{Array, ArrayView, DType, element_count};

/// Saves one string of length bytes of UTF-8, which may hold NUL.
///
/// Errors: DS_ERR_UTF8, and as ds_save. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_save_string(
    store: *mut ds_store,
    key: *const c_char,
    text: *const c_char,
    length: usize,
) -> ds_status {
    with_store(store, |storage| {
        let key = text::text("key", key)?;
        let strings = [text::payload(key, text, length)?];
        storage.save_view(key, &ArrayView::from_strings(&[], &strings)?)
    })
}

/// Saves an n-d array of strings, row-major.
///
/// texts has as many pointers as shape has elements; lengths has their lengths in bytes, or is NULL when all are
/// NUL-terminated. Errors: DS_ERR_UTF8, and as ds_save. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_save_strings(
    store: *mut ds_store,
    key: *const c_char,
    texts: *const *const c_char,
    lengths: *const usize,
    shape: *const u64,
    ndim: usize,
) -> ds_status {
    with_store(store, |storage| {
        let key = text("key", key)?;
        let shape = text::numbers("shape", key, shape, ndim)?;
        let count = element_count(&shape, DType::String).map_err(|error| error.context(key))?;
        let strings = collect(key, texts, lengths, count)?;
        storage.save_view(key, &ArrayView::from_strings(&shape, &strings)?)
    })
}

pub(super) fn collect<'a>(
    key: &str,
    texts: *const *const c_char,
    lengths: *const usize,
    count: usize,
) -> Result<Vec<&'a str>> {
    let size = count.saturating_mul(size_of::<*const c_char>());
    text::bytes(format_args!("{key}: texts"), texts.cast(), size)?;
    let mut strings = Vec::new();
    strings.try_reserve_exact(count).map_err(|_| err!(NoMemory, "{key}: no memory for {count} strings"))?;
    for i in 0..count {
        // SAFETY: `count` pointers are readable by the header's contract; read unaligned.
        let pointer = unsafe { texts.add(i).read_unaligned() };
        let name = format!("{key}: string {i}");
        strings.push(if lengths.is_null() {
            text(&name, pointer)?
        } else {
            // SAFETY: as many lengths as pointers by the header's contract; read unaligned.
            text::payload(&name, pointer, unsafe { lengths.add(i).read_unaligned() })?
        });
    }
    Ok(strings)
}

/// Loads one string as a buffer of UTF-8 with a NUL past its size; free it with ds_buffer_free.
///
/// Errors: DS_ERR_NOT_FOUND, DS_ERR_WRONG_KIND, DS_ERR_DTYPE_MISMATCH, DS_ERR_SHAPE_MISMATCH (more than one),
/// DS_ERR_CORRUPT, DS_ERR_CODEC, DS_ERR_IO. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_load_string(
    store: *mut ds_store,
    key: *const c_char,
    out: *mut *mut ds_buffer,
) -> ds_status {
    with_store(store, |storage| {
        let out = Out::required("out", out)?;
        out.set(buffer::of_bytes(storage.load_string(text("key", key)?)?));
        Ok(())
    })
}

/// Loads an array of strings, row-major, as two buffers: all texts, and where each begins.
///
/// out_offsets holds uint64_t[count + 1]: string i is text[offsets[i]] up to, without, text[offsets[i + 1] - 1], where a
/// NUL stands. Free both with ds_buffer_free. Errors: as ds_load_string. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_load_strings(
    store: *mut ds_store,
    key: *const c_char,
    out_text: *mut *mut ds_buffer,
    out_offsets: *mut *mut ds_buffer,
) -> ds_status {
    with_store(store, |storage| {
        let (out_text, out_offsets) =
            (Out::required("out_text", out_text)?, Out::required("out_offsets", out_offsets)?);
        let key = text("key", key)?;
        let (bytes, offsets) = two_buffers(key, &storage.load_array(key)?)?;
        out_text.set(buffer::of_bytes(bytes));
        out_offsets.set(buffer::of_words(offsets));
        Ok(())
    })
}

/// The texts of an array of strings, each with a NUL behind it, and where each begins.
pub(super) fn two_buffers(key: &str, array: &Array) -> Result<(Vec<u8>, Vec<u64>)> {
    let strings =
        array.strings().ok_or_else(|| err!(DtypeMismatch, "{key}: data is {}, asked for string", array.dtype()))?;
    let mut bytes = Vec::with_capacity(strings.iter().map(|s| s.len() + 1).sum::<usize>() + 1);
    let mut offsets = Vec::with_capacity(strings.len() + 2);
    for string in strings {
        offsets.push(bytes.len() as u64);
        bytes.extend_from_slice(string.as_bytes());
        bytes.push(0);
    }
    offsets.push(bytes.len() as u64);
    Ok((bytes, offsets))
}

/// Names of dimensions: NUL-terminated texts.
pub(super) fn names<'a>(key: &str, names: *const *const c_char, count: usize) -> Result<Vec<&'a str>> {
    let pointers = text::numbers("names", key, names, count)?;
    pointers.into_iter().enumerate().map(|(i, name)| text(&format!("{key}: name {i}"), name)).collect()
}
