//! The life of an open store: committing, verifying, closing.

use std::ffi::{CStr, c_char};
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::Deserialize;
use serde_json::json;

use super::buffer::{self, ds_buffer};
use super::call::{call, in_callback, inside, internal, with_store};
use super::handle::{self, Closer, Entered};
use super::held::Kind;
use super::status::ds_status;
use super::text::{Out, optional_text};
use super::types::ds_store;
use crate::Storage;
use crate::backend::Finding;
use crate::error::{ErrorKind, Result, err};

/// The format of a store: "zarr", "json" or "memory".
///
/// The text is static. Errors: DS_ERR_INVALID_ARGUMENT for NULL. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_format(store: *mut ds_store, out: *mut *const c_char) -> ds_status {
    with_store(store, |storage| {
        let out = Out::required("out", out)?;
        const KNOWN: [&CStr; 3] = [c"zarr", c"json", c"memory"];
        let known = KNOWN.iter().find(|name| name.to_bytes() == storage.format().as_bytes());
        out.set(known.ok_or_else(|| err!(Internal, "format '{}' has no C name", storage.format()))?.as_ptr());
        Ok(())
    })
}

/// The path of a node on disk, or of the store for the key "" or NULL; for a store in memory a sentence that says so.
///
/// A node that is kept in memory so far is written out first, so that the path can be used. Free the text with
/// ds_buffer_free. Errors: DS_ERR_INVALID_ARGUMENT, DS_ERR_NOT_FOUND, DS_ERR_IO. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_path(store: *mut ds_store, key: *const c_char, out: *mut *mut ds_buffer) -> ds_status {
    with_store(store, |storage| {
        let out = Out::required("out", out)?;
        let path = storage.path(optional_text("key", key)?.unwrap_or_default())?;
        out.set(buffer::of_bytes(path));
        Ok(())
    })
}

/// Makes everything saved so far durable: when it returns DS_OK, the data survives a crash.
///
/// Errors: DS_ERR_IO, DS_ERR_CANCELLED, and what a deferred write met. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_flush(store: *mut ds_store) -> ds_status {
    with_store(store, Storage::flush)
}

/// Writes the store into one file and gives its size in bytes; 0 for memory and JSON, which have no such file.
///
/// The file replaces an older one whole or not at all. Afterwards the handle is read-only (DS_ERR_READ_ONLY), and
/// ds_close removes the directory. out_bytes may be NULL.
/// Errors: DS_ERR_NAN naming the key, DS_ERR_READ_ONLY, DS_ERR_IO, DS_ERR_CANCELLED. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_compress(store: *mut ds_store, out_bytes: *mut u64) -> ds_status {
    with_store(store, |storage| {
        Out::optional(out_bytes).set(storage.compress()?);
        Ok(())
    })
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct VerifyOptions {
    repair_records: bool,
}

/// Reads everything in the store and tells what is missing or altered.
///
/// options_json is NULL or {"repair_records": true}, which records the present state as right. The report is JSON,
/// {"findings": [{"key": ..., "text": ...}]}; out_report may be NULL, it is written also with DS_ERR_CORRUPT, and freed
/// with ds_buffer_free. Errors: DS_ERR_CORRUPT when something was found and nothing repaired,
/// DS_ERR_INVALID_ARGUMENT (unknown option), DS_ERR_JSON, DS_ERR_READ_ONLY (repair), DS_ERR_IO. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_verify(
    store: *mut ds_store,
    options_json: *const c_char,
    out_report: *mut *mut ds_buffer,
) -> ds_status {
    with_store(store, |storage| {
        let options: VerifyOptions =
            crate::options::read(optional_text("options_json", options_json)?.unwrap_or_default())?;
        let findings = match storage.verify(options.repair_records) {
            // What is so wrong that it keeps from looking further is a finding too: the report is always written.
            Err(error) if error.kind() == ErrorKind::Corrupt && !options.repair_records => {
                vec![Finding { key: String::new(), text: error.message().to_owned() }]
            }
            checked => checked?,
        };
        if !out_report.is_null() {
            let list: Vec<_> = findings.iter().map(|f| json!({"key": f.key, "text": f.text})).collect();
            Out::optional(out_report).set(buffer::of_bytes(json!({"findings": list}).to_string()));
        }
        match findings.first() {
            Some(first) if !options.repair_records => {
                let key = if first.key.is_empty() { "store" } else { &first.key };
                Err(err!(Corrupt, "{key}: {} (finding 1 of {})", first.text, findings.len()))
            }
            _ => Ok(()),
        }
    })
}

/// Ends the life of a handle; `last` is the last thing done with what it stands for.
pub(super) fn end<K: Kind>(handle: *mut K::Handle, last: impl FnOnce(&K) -> Result<()>) -> ds_status {
    call(|| {
        if handle.is_null() {
            return Ok(());
        }
        if in_callback() {
            return Err(err!(Busy, "{}: closed from inside a callback", K::NAME));
        }
        let mut closer = Closer::begin::<K>(handle)?;
        let held = closer.take();
        // The user's destroy functions run in here, so that they cannot close another handle in between.
        inside(handle, move || {
            let thing = &K::of(&held).ok_or_else(handle::closed::<K>)?.thing;
            let result = catch_unwind(AssertUnwindSafe(|| last(thing))).unwrap_or_else(|p| Err(internal(p)));
            let released = catch_unwind(AssertUnwindSafe(|| thing.let_go()));
            let dropped = catch_unwind(AssertUnwindSafe(move || drop(held)));
            result.and(released.and(dropped).map_err(internal))
        })
    })
}

/// Closes a store: refuses new calls, waits for calls in flight, makes everything durable, lets go of everything.
///
/// May be called from any thread at any time. The store is closed whatever this returns: the error is that of the last
/// flush. NULL is fine. A second close, also one that races with the first and waits for it, gives DS_ERR_CLOSED; close
/// from inside a callback gives DS_ERR_BUSY and changes nothing. Errors: DS_ERR_CLOSED, DS_ERR_BUSY, DS_ERR_IO,
/// DS_ERR_CANCELLED. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_close(store: *mut ds_store) -> ds_status {
    end::<Storage>(store, Storage::close)
}

/// Closes a store without publishing: what was not flushed is dropped, temporary files are removed.
///
/// As ds_close otherwise. Errors: DS_ERR_CLOSED, DS_ERR_BUSY. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_discard(store: *mut ds_store) -> ds_status {
    end::<Storage>(store, |storage| {
        storage.discard();
        Ok(())
    })
}

/// Whether the handle names an open store: 1, else 0 (closed, closing, NULL, no handle at all).
///
/// Never touches the last error; fine from every callback. Since 0.1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_is_open(store: *mut ds_store) -> i32 {
    i32::from(handle::is_open::<Storage>(store))
}

/// Ends the calls that are in flight on a store: they return DS_ERR_CANCELLED at their next chunk.
///
/// For another thread than theirs, or a progress callback. With no call in flight it does nothing. It also reaches the
/// calls a ds_close waits for, not the close itself. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_interrupt(store: *mut ds_store) -> ds_status {
    call(|| {
        Entered::<Storage>::enter_draining(store)?.entry()?.thing.interrupt();
        Ok(())
    })
}
