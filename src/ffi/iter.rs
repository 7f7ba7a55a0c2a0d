//! Iterators: a list of keys, taken when it was asked for.
//!
//! An iterator owns its list and stays valid when its store is closed. One thread at a time uses and frees it.

use std::ffi::{CString, c_char};

use super::call::call_status;
use super::status::{DS_DONE, DS_OK, ds_status};
use super::text::Out;
use super::types::ds_kind;
use crate::error::{Result, err};

/// A walk over keys; freed with ds_iter_free.
pub struct ds_iter {
    left: std::vec::IntoIter<(CString, ds_kind)>,
    /// The key that was given last.
    current: CString,
}

/// An iterator over keys and what they are, for the caller to free.
pub(super) fn of(items: impl IntoIterator<Item = (String, ds_kind)>) -> Result<*mut ds_iter> {
    let items: Result<Vec<_>> = items
        .into_iter()
        .map(|(key, kind)| match CString::new(key) {
            Ok(key) => Ok((key, kind)),
            Err(error) => Err(err!(
                Unsupported,
                "{}: a key with a NUL cannot be listed",
                String::from_utf8_lossy(&error.into_vec()).escape_debug()
            )),
        })
        .collect();
    Ok(Box::into_raw(Box::new(ds_iter { left: items?.into_iter(), current: CString::default() })))
}

/// Gives the next key of an iterator, and what it is (out_kind may be NULL; 0 for metadata keys).
///
/// Returns DS_DONE at the end, when nothing is written. The key is the iterator's and holds until the next call on it.
/// Errors: DS_ERR_INVALID_ARGUMENT for NULL. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_iter_next(
    iter: *mut ds_iter,
    out_key: *mut *const c_char,
    out_kind: *mut ds_kind,
) -> ds_status {
    call_status(|| {
        let out_key = Out::required("out_key", out_key)?;
        // SAFETY: NULL or, by the header's contract, an iterator that was not freed and that this thread has to itself.
        let iter = unsafe { iter.as_mut() }.ok_or_else(|| err!(InvalidArgument, "iter: pointer is NULL"))?;
        let Some((key, kind)) = iter.left.next() else { return Ok(DS_DONE) };
        iter.current = key;
        out_key.set(iter.current.as_ptr());
        Out::optional(out_kind).set(kind);
        Ok(DS_OK)
    })
}

/// Frees an iterator; NULL is fine. Cannot fail. Since 0.1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_iter_free(iter: *mut ds_iter) {
    if !iter.is_null() {
        // SAFETY: made by `of` and, by the header's contract, freed once.
        drop(unsafe { Box::from_raw(iter) });
    }
}
