//! The last error of a thread: a code and a line of text.
//!
//! Four rules: each fallible call clears it on entry; `_free` functions and plain accessors never touch it; the code is
//! kept with the text; the pointer holds until the thread's next fallible call. After the thread's own storage is gone
//! (a call from a destructor at the end of a thread) the text is empty.

use std::cell::{Cell, RefCell};
use std::ffi::{CString, c_char};

use super::status::{DS_OK, ds_status};
use crate::error::Error;

struct Last {
    code: ds_status,
    text: CString,
}

thread_local! {
    static LAST: RefCell<Option<Last>> = const { RefCell::new(None) };
    /// Whether there is one. Needs no destructor, so that a call that succeeds after one that did costs one look.
    static FAILED: Cell<bool> = const { Cell::new(false) };
}

#[inline]
pub(super) fn clear() {
    if FAILED.get() {
        forget();
    }
}

#[cold]
fn forget() {
    FAILED.set(false);
    let _ = LAST.try_with(|last| {
        if let Ok(mut last) = last.try_borrow_mut() {
            *last = None;
        }
    });
}

/// Keeps the error and gives its code.
pub(super) fn set(error: &Error) -> ds_status {
    let code = error.kind().code();
    // Control characters are escaped in it, NUL among them.
    let text = CString::new(error.message()).unwrap_or_default();
    let _ = LAST.try_with(|last| {
        if let Ok(mut last) = last.try_borrow_mut() {
            *last = Some(Last { code, text });
            FAILED.set(true);
        }
    });
    code
}

/// The status of the calling thread's last fallible call, 0 (`DS_OK`) when it did not fail.
///
/// Never changes it. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn ds_last_error_code() -> ds_status {
    LAST.try_with(|last| last.try_borrow().ok().and_then(|last| last.as_ref().map(|last| last.code)))
        .ok()
        .flatten()
        .unwrap_or(DS_OK)
}

/// What went wrong in the calling thread's last fallible call: one line of UTF-8, "" when it did not fail.
///
/// It names the key and both values that disagree, such as "face_areas: schema wants 1 dimension, data has 2". Never
/// NULL; the text is the library's and holds until the thread's next fallible call. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn ds_last_error_message() -> *const c_char {
    LAST.try_with(|last| last.try_borrow().ok().and_then(|last| last.as_ref().map(|last| last.text.as_ptr())))
        .ok()
        .flatten()
        .unwrap_or(c"".as_ptr())
}
