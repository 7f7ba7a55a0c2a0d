//! Datasets: opening, closing, what they hold.

use std::ffi::c_char;

use super::buffer::{self, ds_buffer};
use super::call::{call, with_dataset};
use super::close;
use super::handle::{self, Entered};
use super::held::OpenDataset;
use super::status::ds_status;
use super::text::{Out, optional_text, text};
use super::types::{ds_dataset, ds_store};
use crate::options::{Mode, Options};
use crate::storage::Storage;

/// Opens a dataset that ds_merge wrote, to be read.
///
/// path is that of its store, X.dataset; the tables beside it are opened with it, and what needs one that is absent is
/// DS_ERR_NOT_FOUND. options_json as for ds_open (NULL, {"integrity": "ignore"}, "max_decoded_bytes", ...). A ds_dataset * is
/// a token as a ds_store * is, with the same rules; one given in place of the other is DS_ERR_INVALID_HANDLE. Any thread may
/// call any function with it, at the same time. Close it with ds_dataset_close.
/// Errors: DS_ERR_NOT_FOUND, DS_ERR_INVALID_ARGUMENT (a store that is no dataset, an unknown option), DS_ERR_CORRUPT (tables
/// of another dataset; both are named), DS_ERR_JSON, DS_ERR_IO, DS_ERR_PERMISSION, DS_ERR_UNSUPPORTED (a later version of the
/// layout, or a build without datasets). Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_dataset_open(
    path: *const c_char,
    options_json: *const c_char,
    out: *mut *mut ds_dataset,
) -> ds_status {
    call(|| {
        let out = Out::required("out", out)?;
        let options = Options::parse(optional_text("options_json", options_json)?.unwrap_or_default())?;
        out.set(handle::insert(OpenDataset::open(text("path", path)?, options)?)?);
        Ok(())
    })
}

/// Closes a dataset: refuses new calls, waits for calls in flight. Its stores (ds_dataset_store) stay open.
///
/// NULL is fine. As ds_close: a second close gives DS_ERR_CLOSED, one from inside a callback DS_ERR_BUSY. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_dataset_close(dataset: *mut ds_dataset) -> ds_status {
    close::end::<OpenDataset>(dataset, |open| open.dataset.close())
}

/// Whether the handle names an open dataset: 1, else 0 (closed, closing, NULL, a store, no handle at all).
///
/// Never touches the last error; fine from every callback. Since 0.1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_dataset_is_open(dataset: *mut ds_dataset) -> i32 {
    i32::from(handle::is_open::<OpenDataset>(dataset))
}

/// Ends the calls that are in flight on a dataset: they return DS_ERR_CANCELLED at their next chunk.
///
/// For another thread than theirs. With no call in flight it does nothing. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_dataset_interrupt(dataset: *mut ds_dataset) -> ds_status {
    call(|| {
        Entered::<OpenDataset>::enter_draining(dataset)?.entry()?.thing.interrupt.raise();
        Ok(())
    })
}

/// Opens the store of a dataset, read-only, as a handle of its own: every ds_load_* works on it.
///
/// Its keys are "group/array". It has nothing to do with the dataset's handle any more; close it with ds_close.
/// Errors: as ds_open_zarr. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_dataset_store(dataset: *mut ds_dataset, out: *mut *mut ds_store) -> ds_status {
    with_dataset(dataset, |open| {
        let out = Out::required("out", out)?;
        let options = Options { mode: Mode::Read, ..open.options.clone() };
        let path = open.dataset.path();
        out.set(handle::insert(Storage::open_zarr(path, &options)?)?);
        Ok(())
    })
}

/// The table of contents of a dataset as JSON: files, groups, axes, arrays with type, shape, dimensions and stored bytes,
/// columns of the tables, subsets with their counts.
///
/// Free it with ds_buffer_free. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_dataset_describe(dataset: *mut ds_dataset, out_json: *mut *mut ds_buffer) -> ds_status {
    with_dataset(dataset, |open| {
        let out = Out::required("out_json", out_json)?;
        out.set(buffer::of_bytes(open.dataset.describe()?.to_string()));
        Ok(())
    })
}

/// The rows that one file has in a group: the first, and their number.
///
/// array is NULL, which is the group's primary dimension, or the name of an array, which may run along another one.
/// Errors: DS_ERR_NOT_FOUND (group, array, or a code that no file has). Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_dataset_file_rows(
    dataset: *mut ds_dataset,
    group: *const c_char,
    array: *const c_char,
    code: i64,
    out_first: *mut u64,
    out_count: *mut u64,
) -> ds_status {
    with_dataset(dataset, |open| {
        let group = text("group", group)?;
        let (first, count) = (Out::required("out_first", out_first)?, Out::required("out_count", out_count)?);
        let rows = match optional_text("array", array)? {
            Some(array) => open.dataset.array_rows(group, array, code)?,
            None => open.dataset.file_rows(group, code)?,
        };
        first.set(rows.start);
        count.set(rows.end.saturating_sub(rows.start));
        Ok(())
    })
}

/// The name of the file with a code; free it with ds_buffer_free.
///
/// Errors: DS_ERR_NOT_FOUND (the code, or the table of files). Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_dataset_file_name(
    dataset: *mut ds_dataset,
    code: i64,
    out_name: *mut *mut ds_buffer,
) -> ds_status {
    with_dataset(dataset, |open| {
        let out = Out::required("out_name", out_name)?;
        out.set(buffer::of_bytes(open.dataset.file_name(code)?));
        Ok(())
    })
}

/// The code of the file with a name: its number in the order of the names, from 0.
///
/// Errors: DS_ERR_NOT_FOUND (the name, or the table of files). Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_dataset_file_code(
    dataset: *mut ds_dataset,
    name: *const c_char,
    out_code: *mut i64,
) -> ds_status {
    with_dataset(dataset, |open| {
        let out = Out::required("out_code", out_code)?;
        out.set(open.dataset.file_code(text("name", name)?)?);
        Ok(())
    })
}
