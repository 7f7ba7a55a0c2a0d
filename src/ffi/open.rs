//! Opening stores.

use std::ffi::{c_char, c_void};

use super::buffer::{self, ds_buffer};
use super::call::{call, with_store};
use super::status::ds_status;
use super::text::{Out, bytes, optional_text, text};
use super::{handle, types::ds_store};
use crate::error::Result;
use crate::{Options, Storage};

/// Sets what is process-wide, from a JSON object; NULL changes nothing.
///
/// Keys: "threads" (worker threads; 0, the default, is one for each processor), "staging_budget" (bytes that all stores
/// together keep in memory before they go to disk; default 64 MiB), "log_level" ("error", "warn", "info", "debug").
/// Errors: DS_ERR_JSON, DS_ERR_INVALID_ARGUMENT naming the key. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_configure(options_json: *const c_char) -> ds_status {
    call(|| match optional_text("options_json", options_json)? {
        Some(text) => crate::config::configure(text),
        None => Ok(()),
    })
}

fn open(
    options_json: *const c_char,
    out: *mut *mut ds_store,
    body: impl FnOnce(&Options) -> Result<Storage>,
) -> ds_status {
    call(|| {
        let out = Out::required("out", out)?;
        let options = Options::parse(optional_text("options_json", options_json)?.unwrap_or_default())?;
        out.set(handle::insert(body(&options)?)?);
        Ok(())
    })
}

/// Opens a store by URI: "memory:", "json:DIRECTORY", "zarr:PATH", or a bare path, which is Zarr.
///
/// options_json is a NUL-terminated JSON object or NULL, such as {"mode": "r"}: "mode" is "r" (read), "r+" (write, must
/// exist), "a" (open or create; the default), "w" (replace) or "x" (create only). Close what was opened with ds_close.
/// Errors: DS_ERR_NOT_FOUND, DS_ERR_ALREADY_EXISTS (mode "x"), DS_ERR_BUSY (another writer, with its process id),
/// DS_ERR_INVALID_ARGUMENT (unknown option or value; a file or directory that is no store), DS_ERR_JSON,
/// DS_ERR_UNSUPPORTED (unknown scheme), DS_ERR_CORRUPT, DS_ERR_IO, DS_ERR_PERMISSION. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_open(
    uri: *const c_char,
    options_json: *const c_char,
    out: *mut *mut ds_store,
) -> ds_status {
    open(options_json, out, |options| Storage::open(text("uri", uri)?, options))
}

/// Opens a Zarr store: a directory, or an archive (one file), which opens read-only.
///
/// When the directory is absent and its archive (path + ".data", or the option "compress_extension") is there, that
/// opens. Options and errors as for ds_open. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_open_zarr(
    path: *const c_char,
    options_json: *const c_char,
    out: *mut *mut ds_store,
) -> ds_status {
    open(options_json, out, |options| Storage::open_zarr(text("path", path)?, options))
}

/// Opens a directory of JSON files. Options and errors as for ds_open. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_open_json(
    directory: *const c_char,
    options_json: *const c_char,
    out: *mut *mut ds_store,
) -> ds_status {
    open(options_json, out, |options| Storage::open_json(text("directory", directory)?, options))
}

/// Opens a new store in memory, which is gone when it is closed. Options and errors as for ds_open. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_open_memory(options_json: *const c_char, out: *mut *mut ds_store) -> ds_status {
    open(options_json, out, Storage::open_memory)
}

/// Opens an archive that is in memory, read-only: what ds_to_bytes gives, or the bytes of an archive's file.
///
/// The bytes are copied; they may go when the call returns. Options as for ds_open ("mode" is "r" or "a").
/// Errors: DS_ERR_INVALID_ARGUMENT, DS_ERR_CORRUPT (no whole archive), DS_ERR_UNSUPPORTED, DS_ERR_READ_ONLY (another
/// mode), DS_ERR_NO_MEMORY. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_open_bytes(
    data: *const c_void,
    size: usize,
    options_json: *const c_char,
    out: *mut *mut ds_store,
) -> ds_status {
    open(options_json, out, |options| Storage::open_bytes(bytes("data", data, size)?, options))
}

/// Gives the store as an archive in memory: the bytes that ds_compress would write. The store stays as it is.
///
/// A store that is an archive gives its own bytes. One in memory or in JSON files becomes an archive; options_json (or
/// NULL) then says how, such as {"profile": "portable"}, and is ignored otherwise. Free the bytes with ds_buffer_free.
/// Errors: DS_ERR_NAN as ds_compress, DS_ERR_NOT_FOUND (nothing to copy from memory or JSON), DS_ERR_CANCELLED,
/// DS_ERR_NO_MEMORY, DS_ERR_IO. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_to_bytes(
    store: *mut ds_store,
    options_json: *const c_char,
    out: *mut *mut ds_buffer,
) -> ds_status {
    with_store(store, |storage| {
        let out = Out::required("out", out)?;
        let options = Options::parse(optional_text("options_json", options_json)?.unwrap_or_default())?;
        out.set(buffer::of_bytes(storage.to_bytes(&options)?));
        Ok(())
    })
}
