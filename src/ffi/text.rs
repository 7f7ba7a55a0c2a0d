//! What C hands in, checked before anything is believed: texts, keys, shapes, memory, places for results.
//!
//! Every pointer is tested for NULL and read unaligned; NULL with length 0 is legal; a length that no object can have
//! is refused. What cannot be checked (that a pointer is good for its length) is the caller's promise, made in the
//! header. Borrowed results live as long as the call that made them.

use std::ffi::{CStr, c_char, c_void};
use std::fmt::Display;

use crate::backend::Region;
use crate::error::{Result, err};
use crate::value::{ArrayView, DType, element_count};

/// The most dimensions an array may have.
pub const DS_MAX_NDIM: usize = 32;

/// A NUL-terminated UTF-8 text, such as a key or a path; `what` names the parameter.
pub(super) fn text<'a>(what: &str, pointer: *const c_char) -> Result<&'a str> {
    optional_text(what, pointer)?.ok_or_else(|| err!(InvalidArgument, "{what}: pointer is NULL"))
}

/// As `text`, where NULL means "none".
pub(super) fn optional_text<'a>(what: &str, pointer: *const c_char) -> Result<Option<&'a str>> {
    if pointer.is_null() {
        return Ok(None);
    }
    // SAFETY: not NULL; NUL-terminated and unchanged during the call by the header's contract.
    let bytes = unsafe { CStr::from_ptr(pointer) }.to_bytes();
    utf8(what, bytes).map(Some)
}

/// Bytes given by pointer and length.
pub(super) fn bytes<'a>(what: impl Display, pointer: *const c_void, length: usize) -> Result<&'a [u8]> {
    if length == 0 {
        return Ok(&[]);
    }
    check_memory(what, pointer, length)?;
    // SAFETY: not NULL, of a possible length, readable for it by the header's contract; bytes have no alignment.
    Ok(unsafe { std::slice::from_raw_parts(pointer.cast::<u8>(), length) })
}

/// Memory of the caller to be written, given by pointer and capacity.
pub(super) fn bytes_mut<'a>(what: impl Display, pointer: *mut c_void, capacity: usize) -> Result<&'a mut [u8]> {
    if capacity == 0 {
        return Ok(&mut []);
    }
    check_memory(what, pointer, capacity)?;
    // SAFETY: not NULL, of a possible length, writable for it and used by nobody else during the call by the header's
    // contract; it was allocated outside of Rust, so its bytes have values, if unknown ones.
    Ok(unsafe { std::slice::from_raw_parts_mut(pointer.cast::<u8>(), capacity) })
}

fn check_memory(what: impl Display, pointer: *const c_void, length: usize) -> Result<()> {
    if pointer.is_null() {
        return Err(err!(InvalidArgument, "{what}: pointer is NULL, length is {length}"));
    }
    if length > isize::MAX as usize || pointer.addr().checked_add(length).is_none() {
        return Err(err!(InvalidArgument, "{what}: length {length} exceeds what can be addressed"));
    }
    Ok(())
}

/// UTF-8 text given by pointer and length; it may hold NUL.
pub(super) fn payload<'a>(what: impl Display, pointer: *const c_char, length: usize) -> Result<&'a str> {
    utf8(&what, bytes(&what, pointer.cast(), length)?)
}

fn utf8(what: impl Display, bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        let value = bytes.get(at).copied().unwrap_or_default();
        // The name of what is wrong is a text that cannot be shown whole; its good part helps to find it.
        let good = bytes.get(..at.min(80)).and_then(|head| std::str::from_utf8(head).ok()).unwrap_or_default();
        err!(Utf8, "{what}: byte {at} is {value:#04x}, which is no UTF-8, after '{}'", good.escape_debug())
    })
}

/// A JSON text given by pointer and length.
pub(super) fn json(what: impl Display, pointer: *const c_char, length: usize) -> Result<serde_json::Value> {
    let text = payload(&what, pointer, length)?;
    serde_json::from_str(text).map_err(|error| err!(Json, "{what}: {error}"))
}

/// `ndim` numbers.
pub(super) fn numbers<T: Copy>(what: &str, key: &str, pointer: *const T, ndim: usize) -> Result<Vec<T>> {
    if ndim > DS_MAX_NDIM {
        return Err(err!(InvalidArgument, "{key}: ndim is {ndim}, the limit is {DS_MAX_NDIM}"));
    }
    if ndim == 0 {
        return Ok(Vec::new());
    }
    if pointer.is_null() {
        return Err(err!(InvalidArgument, "{key}: {what} is NULL, ndim is {ndim}"));
    }
    // SAFETY: not NULL and readable for `ndim` items by the header's contract; read unaligned.
    Ok((0..ndim).map(|i| unsafe { pointer.add(i).read_unaligned() }).collect())
}

/// A box of an array.
pub(super) fn region(key: &str, offset: *const u64, shape: *const u64, ndim: usize) -> Result<Region> {
    Ok(Region { offset: numbers("offset", key, offset, ndim)?, shape: numbers("shape", key, shape, ndim)? })
}

/// A dtype by its number.
pub(super) fn dtype(key: &str, code: i32) -> Result<DType> {
    DType::from_code(code).ok_or_else(|| err!(InvalidArgument, "{key}: dtype is {code}, known are 1 to 15"))
}

/// A dtype of fixed-size elements by its number.
pub(super) fn sized_dtype(key: &str, code: i32) -> Result<DType> {
    match dtype(key, code)? {
        DType::String => Err(err!(InvalidArgument, "{key}: dtype is string, ds_*_string and ds_*_strings take those")),
        sized => Ok(sized),
    }
}

/// The bytes of a number of elements.
pub(super) fn size_of_elements(key: &str, count: usize, dtype: DType) -> Result<usize> {
    count
        .checked_mul(dtype.size())
        .ok_or_else(|| err!(InvalidArgument, "{key}: capacity {count} of {dtype} exceeds what can be addressed"))
}

/// The caller's array as a view: nothing is copied. Strides are signed, in elements; NULL means contiguous.
pub(super) fn array<'a>(
    key: &str,
    code: i32,
    data: *const c_void,
    shape: *const u64,
    ndim: usize,
    strides: *const i64,
) -> Result<ArrayView<'a>> {
    let dtype = sized_dtype(key, code)?;
    let shape = numbers("shape", key, shape, ndim)?;
    let count = element_count(&shape, dtype).map_err(|error| error.context(key))?;
    let view = if strides.is_null() || count == 0 || ndim == 0 {
        ArrayView::from_bytes(dtype, &shape, bytes(format_args!("{key}: data"), data, count * dtype.size())?)
    } else {
        let strides = numbers("strides", key, strides, ndim)?;
        let (memory, origin) = strided(key, dtype, data, &shape, &strides)?;
        ArrayView::strided(dtype, &shape, &strides, origin, memory)
    };
    view.map_err(|error| error.context(key))
}

/// The memory that a strided array reaches, and the element in it where `data` points.
fn strided<'a>(
    key: &str,
    dtype: DType,
    data: *const c_void,
    shape: &[u64],
    strides: &[i64],
) -> Result<(&'a [u8], usize)> {
    let far = || err!(InvalidArgument, "{key}: strides {strides:?} of shape {shape:?} exceed what can be addressed");
    let (mut before, mut after) = (0u64, 0u64);
    for (&length, &stride) in shape.iter().zip(strides) {
        let reach = length.saturating_sub(1).checked_mul(stride.unsigned_abs()).ok_or_else(far)?;
        let side = if stride < 0 { &mut before } else { &mut after };
        *side = side.checked_add(reach).ok_or_else(far)?;
    }
    let in_bytes = |elements: u64| {
        elements.checked_mul(dtype.size() as u64).filter(|&n| n <= isize::MAX as u64).map(|n| n as usize)
    };
    let elements = before.checked_add(after).and_then(|n| n.checked_add(1)).ok_or_else(far)?;
    let (lead, length) = (in_bytes(before).ok_or_else(far)?, in_bytes(elements).ok_or_else(far)?);
    if !data.is_null() && data.addr() < lead {
        return Err(far());
    }
    let lowest = data.cast::<u8>().wrapping_sub(lead);
    let lowest = if data.is_null() { data } else { lowest.cast() };
    Ok((bytes(format_args!("{key}: data"), lowest, length)?, before as usize))
}

/// The place of a result, tested before the call does anything and written only when it has succeeded.
pub(super) struct Out<T>(*mut T);

impl<T> Out<T> {
    pub(super) fn required(what: &str, pointer: *mut T) -> Result<Self> {
        if pointer.is_null() {
            return Err(err!(InvalidArgument, "{what}: pointer is NULL"));
        }
        Ok(Self(pointer))
    }

    pub(super) fn optional(pointer: *mut T) -> Self {
        Self(pointer)
    }

    pub(super) fn set(&self, value: T) {
        if !self.0.is_null() {
            // SAFETY: not NULL and writable for one item by the header's contract; written unaligned.
            unsafe { self.0.write_unaligned(value) };
        }
    }
}
