//! Whether a catalog agrees with the store it is in, asked when a dataset is opened.
//!
//! What passes is safe to compute with: every array that is listed is there, with the type, dimensions and rows that the
//! catalog says. Offsets and statistics are checked when they are loaded.

use serde_json::Value as Json;

use crate::dataset::catalog::{Catalog, GroupEntry, VERSION};
use crate::dataset::layout::{FILE, PRIVATE};
use crate::error::{Error, Result, err};
use crate::storage::Storage;
use crate::value::DType;
use crate::{ErrorKind, Kind};

/// The catalog of a store, checked.
///
/// # Errors
/// `InvalidArgument` when the store is no dataset, `Unsupported` for a later version, `Corrupt` naming what disagrees.
pub fn catalog(store: &Storage, path: &str) -> Result<Catalog> {
    let json = match store.load_metadata(PRIVATE) {
        Ok(json) => json,
        Err(e) if e.kind() == ErrorKind::NotFound => {
            return Err(err!(InvalidArgument, "{path}: is no dataset, its metadata has no catalog"));
        }
        Err(e) => return Err(e),
    };
    let version = json.get("version").and_then(Json::as_u64);
    if version.is_some_and(|version| version != u64::from(VERSION)) {
        return Err(err!(
            Unsupported,
            "{path}: dataset of version {}, known is {VERSION}",
            version.unwrap_or_default()
        ));
    }
    let catalog: Catalog =
        serde_json::from_value(json).map_err(|e| err!(Corrupt, "{path}: the catalog is not readable: {e}"))?;
    if catalog.files > i32::MAX as u64 {
        return Err(err!(Corrupt, "{path}: the catalog has {} files, the limit is {}", catalog.files, i32::MAX));
    }
    for (name, group) in &catalog.groups {
        check_group(store, catalog.files, name, group)?;
    }
    Ok(catalog)
}

fn check_group(store: &Storage, files: u64, name: &str, group: &GroupEntry) -> Result<()> {
    for (axis, entry) in &group.axes {
        let is_file = entry.offsets.is_none();
        if is_file != (axis == FILE) || (is_file && entry.rows != files) {
            let rows = entry.rows;
            return Err(err!(Corrupt, "{name}: axis '{axis}' of {rows} rows is not that of {files} files"));
        }
    }
    if let Some(primary) = group.axes.get(&group.primary_dimension)
        && primary.rows != group.rows
    {
        let (rows, axis) = (group.rows, primary.rows);
        return Err(err!(Corrupt, "{name}: has {rows} rows, its primary dimension {axis}"));
    }
    for (array, entry) in &group.arrays {
        let key = format!("{name}/{array}");
        let axis = group.axes.get(&entry.axis);
        let axis = axis.ok_or_else(|| err!(Corrupt, "{key}: runs along '{}', which is no axis of it", entry.axis))?;
        let info = store.stat(&key).map_err(|e: Error| match e.kind() {
            ErrorKind::NotFound => err!(Corrupt, "{key}: is in the catalog and not in the store"),
            _ => e,
        })?;
        if info.kind != Kind::Array || info.dtype != DType::from_name(&entry.dtype) {
            let found = info.dtype.map_or("a group", DType::name);
            return Err(err!(Corrupt, "{key}: the catalog says {}, the store has {found}", entry.dtype));
        }
        if info.shape.first() != Some(&axis.rows) || info.shape.len() != entry.dims.len() {
            let (shape, rows, dims) = (&info.shape, axis.rows, entry.dims.len());
            return Err(err!(
                Corrupt,
                "{key}: has shape {shape:?}, the catalog wants {rows} rows and {dims} dimensions"
            ));
        }
        if entry.statistics_rows == Some(0) {
            return Err(err!(Corrupt, "{key}: statistics of 0 rows"));
        }
    }
    Ok(())
}
