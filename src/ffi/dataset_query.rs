//! Asking datasets: which files, which rows, how values are distributed, tables, subsets.

use std::ffi::c_char;

use indexmap::IndexMap;
use serde::Serialize;
use serde::de::DeserializeOwned;

#[cfg(not(feature = "dataset"))]
use super::no_dataset::explore;
#[cfg(feature = "dataset")]
use crate::dataset::explore;

use super::buffer::{self, ds_buffer};
use super::call::with_dataset;
use super::status::ds_status;
use super::text::{Out, optional_text, text};
use super::types::ds_dataset;
use crate::error::{Result, err};
use explore::{Bins, SplitOptions, Table};

/// The bins when none are given.
const BINS: u64 = 10;

fn json<T: DeserializeOwned>(what: &str, text: &str) -> Result<T> {
    let value: serde_json::Value = serde_json::from_str(text).map_err(|error| err!(Json, "{what}: {error}"))?;
    serde_json::from_value(value).map_err(|error| err!(InvalidArgument, "{what}: {error}"))
}

fn bins(bins_json: *const c_char) -> Result<Bins> {
    let bins: Option<Bins> = match optional_text("bins_json", bins_json)? {
        Some(text) => json("bins_json", text)?,
        None => None,
    };
    Ok(bins.unwrap_or(Bins::Equal(BINS)))
}

fn buffer_of(value: &impl Serialize) -> Result<*mut ds_buffer> {
    let text = serde_json::to_string(value).map_err(|error| err!(Internal, "result is no JSON: {error}"))?;
    Ok(buffer::of_bytes(text))
}

fn codes_buffer(codes: Vec<i64>) -> *mut ds_buffer {
    buffer::of_words(codes.into_iter().map(i64::cast_unsigned).collect())
}

/// The codes of the files with at least one row for which a predicate holds, ascending: int64_t[].
///
/// group is NULL when the predicate asks only about files. where is a predicate such as "face_types == 3 and
/// face_areas > 10.5" or "file.size_cadfile < 100000"; NULL or "" gives every file (with a group: every one that has rows in
/// it). The language is in docs/datasets.md. Free the buffer with ds_buffer_free.
/// Errors: DS_ERR_INVALID_ARGUMENT (the predicate, with the place in it), DS_ERR_NOT_FOUND (a group, an array, a column, a
/// category), DS_ERR_CORRUPT, DS_ERR_CANCELLED, DS_ERR_IO. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_dataset_files(
    dataset: *mut ds_dataset,
    group: *const c_char,
    r#where: *const c_char,
    out_codes: *mut *mut ds_buffer,
) -> ds_status {
    with_dataset(dataset, |open| {
        let out = Out::required("out_codes", out_codes)?;
        let predicate = optional_text("where", r#where)?.unwrap_or_default();
        let codes = open.dataset.files(&open.op(), optional_text("group", group)?, predicate)?;
        out.set(codes_buffer(codes));
        Ok(())
    })
}

/// The rows of a group for which a predicate holds, ascending: uint64_t[]. Predicate and errors as in ds_dataset_files.
///
/// Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_dataset_rows(
    dataset: *mut ds_dataset,
    group: *const c_char,
    r#where: *const c_char,
    out_rows: *mut *mut ds_buffer,
) -> ds_status {
    with_dataset(dataset, |open| {
        let out = Out::required("out_rows", out_rows)?;
        let predicate = optional_text("where", r#where)?.unwrap_or_default();
        out.set(buffer::of_words(open.dataset.rows(&open.op(), text("group", group)?, predicate)?));
        Ok(())
    })
}

/// How the values of a key are distributed over bins, as JSON.
///
/// key is an array of the group, a component of its rows ("face_centroids[2]"), or a column of the table of files (also with
/// group NULL). bins_json is NULL (10 equal bins from the least value to the greatest), {"equal": n}, {"edges": [...]},
/// {"categories": [...]} or "distinct". The result has "bin_edges" (none for categories), "labels", "counts" (values),
/// "file_count" (files) and "file_id_codes_in_bins", one list of codes a bin. Free it with ds_buffer_free. Errors: DS_ERR_NOT_FOUND, DS_ERR_INVALID_ARGUMENT (bins),
/// DS_ERR_DTYPE_MISMATCH (no numbers), DS_ERR_JSON, DS_ERR_CORRUPT, DS_ERR_CANCELLED, DS_ERR_IO. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_dataset_distribution(
    dataset: *mut ds_dataset,
    group: *const c_char,
    key: *const c_char,
    bins_json: *const c_char,
    out_json: *mut *mut ds_buffer,
) -> ds_status {
    with_dataset(dataset, |open| {
        let out = Out::required("out_json", out_json)?;
        let group = optional_text("group", group)?.unwrap_or_default();
        let (key, bins) = (text("key", key)?, bins(bins_json)?);
        out.set(buffer_of(&open.dataset.distribution(&open.op(), group, key, &bins)?)?);
        Ok(())
    })
}

/// Which files have values in which bins: a matrix of files by bins, row-major, uint32_t[files * labels].
///
/// bins_json as in ds_dataset_distribution. An element is 0 or 1, or the number of rows when as_counts is not 0.
/// out_labels_json receives the labels of the bins as a JSON list. Free both with ds_buffer_free. Errors: as
/// ds_dataset_distribution. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_dataset_membership(
    dataset: *mut ds_dataset,
    group: *const c_char,
    key: *const c_char,
    bins_json: *const c_char,
    as_counts: i32,
    out_labels_json: *mut *mut ds_buffer,
    out_counts: *mut *mut ds_buffer,
) -> ds_status {
    with_dataset(dataset, |open| {
        let (labels, counts) =
            (Out::required("out_labels_json", out_labels_json)?, Out::required("out_counts", out_counts)?);
        let group = optional_text("group", group)?.unwrap_or_default();
        let (key, bins) = (text("key", key)?, bins(bins_json)?);
        let membership = open.dataset.membership(&open.op(), group, key, &bins, as_counts != 0)?;
        labels.set(buffer_of(&membership.labels)?);
        counts.set(buffer::of_halves(membership.counts));
        Ok(())
    })
}

/// What is known of the categories of an array or metadata field, as a JSON list of {"id", "name", "description"}.
///
/// table is the name of the array or field, such as "face_types". Free it with ds_buffer_free. Errors: DS_ERR_NOT_FOUND
/// (the table of categories is absent), DS_ERR_CORRUPT, DS_ERR_IO. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_dataset_descriptions(
    dataset: *mut ds_dataset,
    table: *const c_char,
    out_json: *mut *mut ds_buffer,
) -> ds_status {
    with_dataset(dataset, |open| {
        let out = Out::required("out_json", out_json)?;
        out.set(buffer_of(&open.dataset.descriptions(text("table", table)?)?)?);
        Ok(())
    })
}

/// The rows of a table for which a predicate holds, as a JSON list of objects.
///
/// table is "infoset" (one row a file) or "attribset" (one row a category); where as in ds_dataset_files, over the columns
/// of the table. Free it with ds_buffer_free. Errors: as ds_dataset_files. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_dataset_table(
    dataset: *mut ds_dataset,
    table: *const c_char,
    r#where: *const c_char,
    out_json: *mut *mut ds_buffer,
) -> ds_status {
    with_dataset(dataset, |open| {
        let out = Out::required("out_json", out_json)?;
        let table = match text("table", table)? {
            "infoset" => Table::Infoset,
            "attribset" => Table::Attribset,
            other => return Err(err!(InvalidArgument, "table is '{other}', known are 'infoset' and 'attribset'")),
        };
        let predicate = optional_text("where", r#where)?.unwrap_or_default();
        out.set(buffer_of(&open.dataset.table(&open.op(), table, predicate)?)?);
        Ok(())
    })
}

/// Splits the files into subsets that resemble each other in the distribution of a key.
///
/// options_json is NULL or an object: "key" and "group" as in ds_dataset_distribution (without them files are only
/// shuffled), "fractions" lists names and shares, which add up to 1 ([["train", 0.7], ["validation", 0.15], ["test", 0.15]]),
/// "bins" is as there (distinct values, or 10 equal bins of floats), "seed" a number (0), "save" whether the subsets are kept
/// in the table of files (false). out_json (or NULL) receives "subsets" (names and codes), "labels" and "counts"; free it with ds_buffer_free.
/// Errors: DS_ERR_INVALID_ARGUMENT, DS_ERR_JSON, DS_ERR_NOT_FOUND, DS_ERR_CORRUPT, DS_ERR_CANCELLED, DS_ERR_IO. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_dataset_split(
    dataset: *mut ds_dataset,
    options_json: *const c_char,
    out_json: *mut *mut ds_buffer,
) -> ds_status {
    with_dataset(dataset, |open| {
        let options: SplitOptions =
            crate::options::read(optional_text("options_json", options_json)?.unwrap_or_default())?;
        let split = open.dataset.split(&open.op(), &options)?;
        if !out_json.is_null() {
            Out::optional(out_json).set(buffer_of(&split)?);
        }
        Ok(())
    })
}

/// The codes of the files of a subset that was kept, ascending: int64_t[]; free them with ds_buffer_free.
///
/// Errors: DS_ERR_NOT_FOUND (no file is in such a subset), DS_ERR_CORRUPT, DS_ERR_IO. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_dataset_subset(
    dataset: *mut ds_dataset,
    name: *const c_char,
    out_codes: *mut *mut ds_buffer,
) -> ds_status {
    with_dataset(dataset, |open| {
        let out = Out::required("out_codes", out_codes)?;
        out.set(codes_buffer(open.dataset.subset(text("name", name)?)?));
        Ok(())
    })
}

/// Keeps subsets in the table of files, in place of those that were there: {"train": [codes], "test": [codes]}.
///
/// The table is replaced whole or not at all. Errors: DS_ERR_INVALID_ARGUMENT (a code that no file has, or in two subsets),
/// DS_ERR_BUSY (another process saves subsets or merges; opened with "lock": "wait" it is waited for), DS_ERR_JSON,
/// DS_ERR_NOT_FOUND, DS_ERR_IO, DS_ERR_PERMISSION. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_dataset_save_subsets(dataset: *mut ds_dataset, subsets_json: *const c_char) -> ds_status {
    with_dataset(dataset, |open| {
        let subsets: IndexMap<String, Vec<i64>> = json("subsets_json", text("subsets_json", subsets_json)?)?;
        open.dataset.save_subsets(&subsets.into_iter().collect::<Vec<_>>())
    })
}
