//! Views: arrays read where they lie, without a copy.
//!
//! A view owns a share of the memory that its elements lie in, and outlives its store. It never changes, so threads may
//! share it; one of them frees it.

use std::ffi::{c_char, c_void};

use super::call::with_store;
use super::status::ds_status;
use super::text::{Out, optional_text, text};
use super::types::{ds_dtype, ds_store};
use crate::options::ViewOptions;
use crate::value::SharedArray;

/// An array that is read where it lies; freed with ds_view_free.
pub struct ds_array_view {
    array: SharedArray,
}

impl ds_array_view {
    /// The array of a view; `None` for NULL.
    pub(super) fn array<'a>(view: *const ds_array_view) -> Option<&'a SharedArray> {
        // SAFETY: NULL or, by the header's contract, a view that was not freed.
        unsafe { view.as_ref() }.map(|view| &view.array)
    }
}

/// Views an array (or bytes) where its elements lie in memory: nothing is decoded and nothing is copied.
///
/// Elements lie in the memory of a store in memory ("memory:"), and in archives that were opened from bytes or with
/// {"mmap": true} and have the array as one raw chunk ({"codec": "none"}). A view is read-only. It stays as it is until
/// ds_view_free, also when the key is saved again or deleted, the archive replaced, or the store closed. options_json is
/// NULL or a JSON object: with {"copy": true} an array that cannot be viewed is loaded into memory that the view owns.
/// Elements are checked as in a load, when they are viewed first. A mapped file that somebody cuts short ends the process.
/// Errors: DS_ERR_UNSUPPORTED, saying why ("face_areas: cannot be viewed: it is compressed with zstd"),
/// DS_ERR_DTYPE_MISMATCH for strings, DS_ERR_NOT_FOUND, DS_ERR_WRONG_KIND, DS_ERR_CORRUPT; with a copy as ds_load.
/// Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_view(
    store: *mut ds_store,
    key: *const c_char,
    options_json: *const c_char,
    out: *mut *mut ds_array_view,
) -> ds_status {
    with_store(store, |storage| {
        let (key, out) = (text("key", key)?, Out::required("out", out)?);
        let options = ViewOptions::parse(optional_text("options_json", options_json)?.unwrap_or_default())?;
        let array = if options.copy { storage.view_or_load(key)? } else { storage.view(key)? };
        out.set(Box::into_raw(Box::new(ds_array_view { array })));
        Ok(())
    })
}

/// The first element of a view; NULL for one without elements, and for NULL.
///
/// It is aligned for its type; in an archive, an array of at least 4096 bytes lies at a multiple of 64 bytes of the file.
/// Since 0.1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_view_data(view: *const ds_array_view) -> *const c_void {
    match ds_array_view::array(view) {
        Some(array) if !array.is_empty() => array.bytes().as_ptr().cast(),
        _ => std::ptr::null(),
    }
}

/// The bytes from the first element of a view to the end of the last; 0 for NULL. Since 0.1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_view_size(view: *const ds_array_view) -> usize {
    ds_array_view::array(view).map_or(0, |array| array.bytes().len())
}

/// The type of the elements of a view; 0 for NULL. Since 0.1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_view_dtype(view: *const ds_array_view) -> ds_dtype {
    ds_array_view::array(view).map_or(0, |array| array.dtype() as ds_dtype)
}

/// The number of dimensions of a view, 0 for a scalar; 0 for NULL. Since 0.1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_view_ndim(view: *const ds_array_view) -> usize {
    ds_array_view::array(view).map_or(0, |array| array.shape().len())
}

/// The length of each dimension of a view, ds_view_ndim of them; NULL for NULL.
///
/// They are the view's and hold until ds_view_free. Since 0.1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_view_shape(view: *const ds_array_view) -> *const u64 {
    ds_array_view::array(view).map_or(std::ptr::null(), |array| array.shape().as_ptr())
}

/// The step of each dimension of a view in elements, ds_view_ndim of them; NULL for NULL.
///
/// An array that is stored column-major has the steps of that order; they are never negative. They are the view's and
/// hold until ds_view_free. Since 0.1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_view_strides(view: *const ds_array_view) -> *const i64 {
    ds_array_view::array(view).map_or(std::ptr::null(), |array| array.strides().as_ptr())
}

/// Whether the elements of a view lie in memory of the store: 1; 0 when they were loaded ({"copy": true}), and for NULL.
///
/// Since 0.1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_view_is_borrowed(view: *const ds_array_view) -> i32 {
    ds_array_view::array(view).map_or(0, |array| i32::from(array.is_borrowed()))
}

/// Frees a view; NULL is fine. Cannot fail. Since 0.1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_view_free(view: *mut ds_array_view) {
    if !view.is_null() {
        // SAFETY: made by `ds_view` and, by the header's contract, freed once.
        drop(unsafe { Box::from_raw(view) });
    }
}
