//! Callbacks: progress of a store, and the log of the process.
//!
//! A callback is a function, its userdata, and what destroys the userdata. `Owned` holds the three; destroying is its
//! drop, so that it happens exactly once however the callback ends. Callbacks run with no lock of this file held.

use std::ffi::{CString, c_char, c_void};
use std::sync::Arc;

use super::call::{call, silenced, with_store};
use super::status::ds_status;
use super::types::{ds_level, ds_store};
use crate::{Cancel, Op, Progress, config};

/// Tells the progress of a long call: the stage ("compress", "copy", ...), units done, units in all (0: unknown).
///
/// A result that is not 0 cancels the call, which then returns DS_ERR_CANCELLED. Runs only on the thread of the call.
pub type ds_progress_fn =
    Option<unsafe extern "C" fn(userdata: *mut c_void, stage: *const c_char, done: u64, total: u64) -> i32>;
/// Receives a log line, on any thread.
pub type ds_log_fn = Option<unsafe extern "C" fn(userdata: *mut c_void, level: ds_level, message: *const c_char)>;
/// Frees the userdata of a callback that will not run again.
pub type ds_destroy_fn = Option<unsafe extern "C" fn(userdata: *mut c_void)>;

/// The userdata of a callback, ours from the moment a function is called with it.
struct Owned {
    userdata: *mut c_void,
    destroy: ds_destroy_fn,
}

// SAFETY: the header asks that a callback and its destroy may run on any thread; the pointer is only handed back.
unsafe impl Send for Owned {}
// SAFETY: as above; calls on several threads may run the callback at once, and the header says so.
unsafe impl Sync for Owned {}

impl Drop for Owned {
    fn drop(&mut self) {
        if let Some(destroy) = self.destroy {
            // SAFETY: a function of the caller, given for this userdata, called once.
            silenced(|| unsafe { destroy(self.userdata) });
        }
    }
}

fn c_text(text: &str) -> CString {
    CString::new(text.replace('\0', "\\0")).unwrap_or_default()
}

/// A progress callback of C as the library calls it; `None` for NULL.
fn telling(callback: ds_progress_fn, owned: Owned) -> Option<Arc<crate::ProgressFn>> {
    callback.map(|callback| -> Arc<crate::ProgressFn> {
        Arc::new(move |progress: &Progress<'_>| {
            let owned = &owned;
            let stage = c_text(progress.stage);
            // SAFETY: a function of the caller, called as its type says while the userdata is alive.
            unsafe { callback(owned.userdata, stage.as_ptr(), progress.done, progress.total) == 0 }
        })
    })
}

/// A call that is watched by a callback whose userdata is borrowed for the call.
pub(super) fn watched_op(callback: ds_progress_fn, userdata: *mut c_void) -> Op {
    Op::new(Cancel::never(), telling(callback, Owned { userdata, destroy: None }))
}

/// Sets the progress callback of a store, or removes it with NULL.
///
/// It runs on the thread of a long call (compress, ds_to_bytes, flush, verify, copy, close, a write of several chunks;
/// with {"staging": "disk"} also a save), several threads' calls at once. It may call ds_interrupt, ds_is_open and what takes no store; calls on this store and every close give DS_ERR_BUSY.
/// destroy (or NULL) is called with userdata exactly once: on replacement, close or discard, after the last run, or
/// now when this call fails; it may call no fallible function. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_set_progress(
    store: *mut ds_store,
    callback: ds_progress_fn,
    userdata: *mut c_void,
    destroy: ds_destroy_fn,
) -> ds_status {
    let owned = Owned { userdata, destroy };
    with_store(store, move |storage| {
        storage.set_progress(telling(callback, owned));
        Ok(())
    })
}

/// Sets the receiver of the log lines of the process, or removes it with NULL.
///
/// It runs on any thread, several at once, and may call no fallible ds_* function (DS_ERR_BUSY). How much is logged is
/// set with ds_configure ("log_level"). destroy is called as for ds_set_progress, on replacement. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_set_log(callback: ds_log_fn, userdata: *mut c_void, destroy: ds_destroy_fn) -> ds_status {
    let owned = Owned { userdata, destroy };
    call(move || {
        let before = config::set_log(callback.map(|callback| -> Arc<config::LogFn> {
            Arc::new(move |level: config::Level, message: &str| {
                let owned = &owned;
                let message = c_text(message);
                // SAFETY: a function of the caller, called as its type says while the userdata is alive.
                silenced(|| unsafe { callback(owned.userdata, level as ds_level, message.as_ptr()) });
            })
        }));
        drop(before);
        Ok(())
    })
}
