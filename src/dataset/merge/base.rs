//! The dataset that is appended to: what it holds, and whether parts fit behind it.
//!
//! Its full chunks are taken over as they are stored; only the last one of each array, when it is not full, is written
//! again with what follows. An array that was cut for a much smaller dataset is cut anew.

use std::collections::HashSet;
use std::path::Path;

use arrow_array::StringViewArray;
use indexmap::IndexMap;

use super::options::MergeOptions;
use super::parts::Part;
use super::plan::{PlanArray, PlanAxis, PlanBase, PlanGroup};
use super::planning::plan_array;
use crate::backend::zarr::bulk::{BulkArray, BulkSource};
use crate::dataset::catalog::{Catalog, GroupEntry};
use crate::dataset::layout::{PRIVATE, Paths};
use crate::dataset::tables::{ColumnType, Table};
use crate::error::{Result, err};
use crate::fs;
use crate::options::Integrity;
use crate::schema::Schema;
use crate::storage::{SCHEMA_KEY, Storage};
use crate::value::DType;

/// Chunks that are this many times smaller than they would be now are not kept.
const SMALL: u64 = 8;

/// A dataset that is there.
pub struct BaseDataset {
    catalog: Catalog,
    schema: Option<serde_json::Value>,
    names: HashSet<String>,
    source: BulkSource,
    identity: PlanBase,
}

impl BaseDataset {
    /// Opens it.
    ///
    /// # Errors
    /// `InvalidArgument` for a store that is no dataset, `Corrupt`, `NotFound` when its tables are not there.
    pub fn open(paths: &Paths, options: &MergeOptions) -> Result<Self> {
        let place = paths.dataset.display();
        let bytes = match fs::path_kind(&paths.dataset)? {
            Some(fs::EntryKind::File) => fs::ReadFile::open(&paths.dataset)?.len(),
            _ => 0,
        };
        let modified = fs::modified(&paths.dataset)?;
        let store = Storage::open_zarr(&paths.dataset, &options.reading())?;
        let document = store.document();
        let catalog = document.get(PRIVATE).ok_or_else(|| err!(InvalidArgument, "{place}: a store, but no dataset"))?;
        let catalog: Catalog =
            serde_json::from_value(catalog.clone()).map_err(|e| err!(Corrupt, "{place}: the catalog: {e}"))?;
        let schema = document.get(SCHEMA_KEY).cloned();
        store.close()?;
        let names = names(&paths.infoset)?;
        if names.len() as u64 != catalog.files {
            let (have, want) = (names.len(), catalog.files);
            return Err(err!(Corrupt, "{}: has {have} files, the dataset {want}", paths.infoset.display()));
        }
        let source = BulkSource::open(&paths.dataset, &options.reading())?;
        let identity = PlanBase { id: catalog.id.clone(), bytes, modified };
        Ok(Self { catalog, schema, names, source, identity })
    }

    /// Which dataset it is.
    pub fn identity(&self) -> PlanBase {
        self.identity.clone()
    }

    /// The files it has.
    pub fn files(&self) -> u64 {
        self.catalog.files
    }

    /// Refuses a part whose name it has.
    pub fn check_names(&self, parts: &[Part]) -> Result<()> {
        match parts.iter().find(|part| self.names.contains(&part.name)) {
            Some(part) => {
                let path = part.path.display();
                Err(err!(AlreadyExists, "the dataset has a file named '{}': {path}", part.name))
            }
            None => Ok(()),
        }
    }

    /// Refuses parts of another schema.
    pub fn check_schema(&self, schema: Option<&Schema>) -> Result<()> {
        if self.schema.as_ref() == schema.map(Schema::json) {
            return Ok(());
        }
        let said = |json: Option<&serde_json::Value>| match json {
            None => "no schema".to_owned(),
            Some(json) => {
                let text = |name: &str| json.get(name).and_then(serde_json::Value::as_str).unwrap_or_default();
                format!("'{}' {}", text("domain"), text("version"))
            }
        };
        let (parts, base) = (said(schema.map(Schema::json)), said(self.schema.as_ref()));
        Err(err!(Schema, "the parts have the schema {parts}, the dataset {base}, which is not the same"))
    }

    /// The rows along an axis.
    pub fn axis_rows(&self, group: &str, dim: &str) -> u64 {
        let axis = self.catalog.groups.get(group).and_then(|group| group.axes.get(dim));
        axis.map_or(0, |axis| axis.rows)
    }

    /// Whether every file has one row of an array; `None` where it is not in the dataset.
    pub fn per_file(&self, key: &str) -> Option<bool> {
        let (group, name) = key.rsplit_once('/')?;
        let group = self.catalog.groups.get(group)?;
        let axis = group.axes.get(&group.arrays.get(name)?.axis)?;
        Some(axis.provenance.is_none())
    }

    /// The array of a key with more rows, and its first chunk that is written; `new` is what it would be cut like now.
    pub fn go_on(
        &self,
        key: &str,
        dtype: DType,
        shape: &[u64],
        base: u64,
        new: Result<BulkArray>,
    ) -> Result<(BulkArray, u64)> {
        let Some(there) = self.source.array(key)? else {
            if base == 0 {
                return Ok((new?, 0));
            }
            return Err(err!(Schema, "{key}: the parts have it, the dataset has not"));
        };
        if there.dtype() != dtype {
            return Err(err!(DtypeMismatch, "{key}: is {dtype} in the parts, {} in the dataset", there.dtype()));
        }
        if there.shape().first() != Some(&base) || there.shape().get(1..) != shape.get(1..) {
            let (have, want) = (there.shape(), &shape[1..]);
            return Err(err!(ShapeMismatch, "{key}: has shape {have:?} in the dataset, rows of {want:?} in the parts"));
        }
        let rows = |array: &BulkArray| array.chunk_shape().first().copied().unwrap_or(1);
        let new = new?;
        if rows(&there).saturating_mul(SMALL) <= rows(&new) {
            return Ok((new, 0));
        }
        let first = base / rows(&there);
        Ok((there.with_rows(shape.first().copied().unwrap_or(0)), first))
    }

    /// Adds the arrays that the dataset has and none of the parts: they keep the rows they have, and where files have
    /// rows along their axis all the same, those are filled when `fill` says so.
    pub fn complete(
        &self,
        groups: &mut IndexMap<String, PlanGroup>,
        axes: &mut Vec<PlanAxis>,
        arrays: &mut Vec<PlanArray>,
        (files, fill): (usize, bool),
    ) -> Result<()> {
        for (group, entry) in &self.catalog.groups {
            let GroupEntry { primary_dimension, flattened, .. } = entry.clone();
            groups.entry(group.clone()).or_insert(PlanGroup { primary_dimension, flattened });
            let provenance = entry.axes.iter().filter_map(|(dim, axis)| Some((axis.provenance.as_ref()?, dim)));
            let merged = entry.arrays.iter().map(|(name, array)| (name, &array.axis));
            for (name, dim, is_array) in
                merged.map(|(name, dim)| (name, dim, true)).chain(provenance.map(|(n, d)| (n, d, false)))
            {
                let key = format!("{group}/{name}");
                if arrays.iter().any(|planned| planned.key == key) {
                    continue;
                }
                let there = self.source.array(&key)?;
                let there = there.ok_or_else(|| err!(Corrupt, "{key}: is in the catalog and missing in the store"))?;
                let per_file = entry.axes.get(dim).is_some_and(|axis| axis.provenance.is_none());
                let place = axes.iter().position(|axis| axis.group == *group && axis.dim == *dim);
                let place = place.unwrap_or_else(|| {
                    let rows = vec![u64::from(per_file); files];
                    let base = self.axis_rows(group, dim);
                    axes.push(PlanAxis { group: group.clone(), dim: dim.clone(), per_file, base, rows });
                    axes.len() - 1
                });
                let axis = &axes[place];
                let lacking: Vec<usize> = (0..files).filter(|&file| axis.rows[file] > 0).collect();
                if is_array && !lacking.is_empty() && !fill {
                    return Err(err!(Schema, "{key}: the dataset has it, none of the parts has"));
                }
                let first = if lacking.is_empty() {
                    there.chunks()
                } else {
                    axis.base / there.chunk_shape().first().copied().unwrap_or(1).max(1)
                };
                let bulk = there.with_rows(axis.base + axis.rows.iter().sum::<u64>());
                let source = is_array.then(|| key.clone());
                arrays.push(plan_array(&bulk, (group.clone(), name.clone()), place, source, first, lacking));
            }
        }
        Ok(())
    }
}

/// The names of the files of an infoset.
fn names(path: &Path) -> Result<HashSet<String>> {
    let table = Table::open(path, Integrity::Check)?;
    let column = table.fixed("name", ColumnType::Text)?;
    let column = column.as_any().downcast_ref::<StringViewArray>();
    let column = column.ok_or_else(|| err!(Corrupt, "{}: 'name' is no column of texts", path.display()))?;
    Ok(column.iter().flatten().map(str::to_owned).collect())
}
