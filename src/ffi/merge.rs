//! Merging: many stores into one dataset, by one call or as a plan of tasks.

use std::ffi::{c_char, c_void};
use std::path::{Path, PathBuf};
use std::ptr::null;

use serde_json::json;

#[cfg(not(feature = "dataset"))]
use super::no_dataset as dataset;
#[cfg(feature = "dataset")]
use crate::dataset;

use super::buffer::{self, ds_buffer};
use super::call::{call, watched};
use super::callbacks::{ds_progress_fn, watched_op};
use super::status::ds_status;
use super::strings::collect;
use super::text::{Out, optional_text, text};
use crate::error::Result;
use dataset::{MergeOptions, Summary};

/// What is merged, and where to.
fn request<'a>(
    parts: *const *const c_char,
    count: usize,
    output: *const c_char,
    options_json: *const c_char,
) -> Result<(Vec<PathBuf>, &'a Path, MergeOptions)> {
    let parts = collect("parts", parts, null(), count)?.into_iter().map(PathBuf::from).collect();
    let output = Path::new(text("output", output)?);
    let options = MergeOptions::parse(optional_text("options_json", options_json)?.unwrap_or_default())?;
    Ok((parts, output, options))
}

fn told(summary: &Summary) -> *mut ds_buffer {
    buffer::of_bytes(summary.to_json().to_string())
}

/// Merges stores into a dataset: arrays are concatenated in the order of the stores' names, metadata become tables.
///
/// parts has count paths of Zarr stores (directories or archives), or of directories of them. output is the path of the dataset, X.dataset: an archive
/// that ds_open_zarr reads too; beside it X.infoset and X.attribset (Parquet) and X.flow (JSON) are written. All appear when
/// everything is complete, until then there is only X.dataset.merge, which a merge that was cut off leaves and the same
/// merge takes up again. options_json is NULL or a JSON object: "mode" ("x", the default: there is no output yet; "w"
/// replaces, "a" appends), "layout" ("archive", "directory"), "on_error" ("fail", "skip": a part that cannot be merged is
/// left out and named in the summary), "missing" ("absent", "error", "fill"), "groups", "resume", "description", "threads", "sync",
/// and how arrays are encoded, as in ds_open. progress (or NULL) is called with userdata on this thread; when it gives
/// another number than 0, the call ends with DS_ERR_CANCELLED. userdata is borrowed for the call. out_summary (or NULL)
/// receives JSON, freed with ds_buffer_free.
/// Errors: DS_ERR_INVALID_ARGUMENT (no parts, two of one name, an unknown option), DS_ERR_NOT_FOUND (a part),
/// DS_ERR_ALREADY_EXISTS (the output), DS_ERR_BUSY (another merge writes it), DS_ERR_CORRUPT, DS_ERR_DTYPE_MISMATCH,
/// DS_ERR_SHAPE_MISMATCH, DS_ERR_SCHEMA (parts that disagree; both are named), DS_ERR_CANCELLED, DS_ERR_IO,
/// DS_ERR_PERMISSION, DS_ERR_UNSUPPORTED (a build without datasets). Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_merge(
    parts: *const *const c_char,
    count: usize,
    output: *const c_char,
    options_json: *const c_char,
    progress: ds_progress_fn,
    userdata: *mut c_void,
    out_summary: *mut *mut ds_buffer,
) -> ds_status {
    call(|| {
        let (parts, output, options) = request(parts, count, output, options_json)?;
        let op = watched_op(progress, userdata);
        let summary = watched(|| dataset::merge(&op, &parts, output, &options))?;
        if !out_summary.is_null() {
            Out::optional(out_summary).set(told(&summary));
        }
        Ok(())
    })
}

/// Plans a merge whose tasks run in any processes that see the same files.
///
/// Arguments and errors are those of ds_merge. out_plan receives JSON, {"plan": path, "tasks": n}: the path is what the
/// next three functions take, the tasks are numbered from 0. Free it with ds_buffer_free. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_merge_plan(
    parts: *const *const c_char,
    count: usize,
    output: *const c_char,
    options_json: *const c_char,
    progress: ds_progress_fn,
    userdata: *mut c_void,
    out_plan: *mut *mut ds_buffer,
) -> ds_status {
    call(|| {
        let out = Out::required("out_plan", out_plan)?;
        let (parts, output, options) = request(parts, count, output, options_json)?;
        let op = watched_op(progress, userdata);
        let planned = watched(|| dataset::plan(&op, &parts, output, &options))?;
        out.set(buffer::of_bytes(json!({"plan": planned.path, "tasks": planned.tasks}).to_string()));
        Ok(())
    })
}

/// Runs one task of a plan. It may run again, at the same time as others, in any process.
///
/// Errors: DS_ERR_NOT_FOUND (no such plan), DS_ERR_INVALID_ARGUMENT (no such task), and as ds_merge. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_merge_task(
    plan: *const c_char,
    task: u64,
    progress: ds_progress_fn,
    userdata: *mut c_void,
) -> ds_status {
    call(|| {
        let plan = Path::new(text("plan", plan)?);
        let op = watched_op(progress, userdata);
        watched(|| dataset::run_task(&op, plan, task))
    })
}

/// Publishes the dataset of a plan whose tasks have all been run.
///
/// progress, userdata and out_summary as in ds_merge. Errors: DS_ERR_NOT_FOUND (no such plan, or a task that was not run),
/// DS_ERR_ALREADY_EXISTS, DS_ERR_CANCELLED, DS_ERR_IO. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_merge_finish(
    plan: *const c_char,
    progress: ds_progress_fn,
    userdata: *mut c_void,
    out_summary: *mut *mut ds_buffer,
) -> ds_status {
    call(|| {
        let plan = Path::new(text("plan", plan)?);
        let op = watched_op(progress, userdata);
        let summary = watched(|| dataset::finish(&op, plan))?;
        if !out_summary.is_null() {
            Out::optional(out_summary).set(told(&summary));
        }
        Ok(())
    })
}

/// Removes a plan and what its tasks have written. No task may run any more.
///
/// Errors: DS_ERR_NOT_FOUND (no such plan), DS_ERR_IO. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_merge_abandon(plan: *const c_char) -> ds_status {
    call(|| dataset::abandon(Path::new(text("plan", plan)?)))
}
