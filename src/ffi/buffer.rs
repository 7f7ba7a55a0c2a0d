//! Buffers: bytes that the library hands out, such as a string or a JSON text.
//!
//! A buffer owns its bytes and keeps one NUL past its size, so that a text is also a C string. It stays valid when its
//! store is closed. It is immutable; one thread at a time uses and frees it.

use std::ffi::c_char;

use crate::defect::{Defect, has};

/// Bytes handed out by the library; freed with ds_buffer_free.
pub struct ds_buffer {
    content: Content,
}

/// What a buffer keeps, with a NUL (or a zero word) after it that does not count.
enum Content {
    Bytes(Vec<u8>),
    /// Numbers, which C reads as such: they keep their alignment.
    Words(Vec<u64>),
    /// Numbers of 32 bits.
    Halves(Vec<u32>),
}

impl ds_buffer {
    fn get<'a>(buffer: *const ds_buffer) -> Option<&'a Content> {
        // SAFETY: NULL or, by the header's contract, a buffer that was not freed.
        unsafe { buffer.as_ref() }.map(|buffer| &buffer.content)
    }
}

fn new(content: Content) -> *mut ds_buffer {
    Box::into_raw(Box::new(ds_buffer { content }))
}

/// A buffer of bytes, for the caller to free.
pub(super) fn of_bytes(bytes: impl Into<Vec<u8>>) -> *mut ds_buffer {
    let mut bytes = bytes.into();
    bytes.push(0);
    new(Content::Bytes(bytes))
}

/// A buffer of numbers, for the caller to free.
pub(super) fn of_words(mut words: Vec<u64>) -> *mut ds_buffer {
    words.push(0);
    new(Content::Words(words))
}

/// A buffer of numbers of 32 bits, for the caller to free.
pub(super) fn of_halves(mut halves: Vec<u32>) -> *mut ds_buffer {
    halves.push(0);
    new(Content::Halves(halves))
}

/// The bytes of a buffer, followed by a NUL that ds_buffer_size does not count; "" for NULL.
///
/// They are the buffer's and hold until ds_buffer_free. Since 0.1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_buffer_data(buffer: *const ds_buffer) -> *const c_char {
    match ds_buffer::get(buffer) {
        Some(Content::Bytes(bytes)) => bytes.as_ptr().cast(),
        Some(Content::Words(words)) => words.as_ptr().cast(),
        Some(Content::Halves(halves)) => halves.as_ptr().cast(),
        None => c"".as_ptr(),
    }
}

/// The number of bytes of a buffer, without the NUL after them; 0 for NULL. Since 0.1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_buffer_size(buffer: *const ds_buffer) -> usize {
    match ds_buffer::get(buffer) {
        Some(Content::Bytes(bytes)) => bytes.len().saturating_sub(1),
        Some(Content::Words(words)) => words.len().saturating_sub(1) * size_of::<u64>(),
        Some(Content::Halves(halves)) => halves.len().saturating_sub(1) * size_of::<u32>(),
        None => 0,
    }
}

/// Frees a buffer; NULL is fine. Cannot fail. Since 0.1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_buffer_free(buffer: *mut ds_buffer) {
    if !buffer.is_null() && !has(Defect::KeepBuffer) {
        // SAFETY: made by `new` and, by the header's contract, freed once.
        drop(unsafe { Box::from_raw(buffer) });
    }
}
