//! [`Dataset`]: what a merged dataset holds, asked from any thread.
//!
//! Which files and rows there are for which a predicate holds ([`Dataset::files`] has the language), how values are distributed,
//! which file has which label, splits into subsets, the tables. A dataset is read only, but for the subsets in its infoset.
//! Columns of the tables are decoded once and kept; arrays are read chunk by chunk for each question, in parallel, and
//! statistics tell which chunks need no reading. Nothing here knows how datasets are merged.

mod axes;
mod bind;
mod bins;
mod check;
mod columns;
mod columntest;
mod describe;
mod distinct;
mod distribution;
mod kind;
mod like;
mod listing;
mod literal;
mod names;
mod predicate;
mod query;
mod rowtest;
mod run;
mod source;
mod split;
mod stratify;
mod tally;
#[cfg(test)]
mod tests;
mod truth;

pub use bins::Bins;
pub use distribution::{Distribution, Membership};
pub use listing::{Description, Table};
pub use split::{Split, SplitOptions};

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use arrow_array::cast::AsArray;

use self::axes::{Axes, Offsets};
use self::columns::Columns;
use super::catalog::{Axis, Catalog, GroupEntry};
use super::layout::Paths;
use super::tables::ColumnType;
use crate::ErrorKind;
use crate::error::{Result, err};
use crate::options::{Integrity, Lock, Mode, Options, Sync};
use crate::storage::Storage;
use crate::value::{Array, DType};

/// A dataset that is open for reading.
pub struct Dataset {
    store: Storage,
    paths: Paths,
    catalog: Catalog,
    tables: RwLock<Tables>,
    axes: Axes,
    /// Statistics of arrays, by key.
    statistics: Mutex<HashMap<String, Arc<Array>>>,
    integrity: Integrity,
    /// What a column of a table decodes to at most.
    decoded: u64,
    sync: Sync,
    lock: Lock,
    /// Held while the infoset is rewritten.
    saving: Mutex<()>,
}

/// The tables, where there are such.
#[derive(Default)]
struct Tables {
    infoset: Option<Arc<Columns>>,
    attribset: Option<Arc<Columns>>,
}

impl Dataset {
    /// Opens a dataset by the path of its store (`X.dataset`), with the tables beside it; a table may be absent, and what
    /// needs it is `NotFound` then.
    ///
    /// # Errors
    /// `NotFound`; `InvalidArgument` when it is a store and no dataset, or the mode asks for writing; `Unsupported` for a
    /// later version; `Corrupt` when the catalog disagrees with the store, or a table belongs to another dataset.
    pub fn open(path: impl AsRef<Path>, options: &Options) -> Result<Self> {
        let path = path.as_ref();
        if !matches!(options.mode, Mode::Read | Mode::Append) {
            return Err(err!(
                InvalidArgument,
                "{}: a dataset is opened for reading, mode asks for more than r",
                path.display()
            ));
        }
        let path = crate::fs::absolute(path)?;
        let paths = Paths::of(&path)?;
        crate::dataset::publish::settle_for_readers(&paths)?;
        let reading = Options { mode: Mode::Read, export: Some(false), ..options.clone() };
        let store = Storage::open_zarr(&path, &reading)?;
        let catalog = check::catalog(&store, &path.display().to_string())?;
        let open = |path: &Path, infoset| match Columns::open(
            path,
            &catalog.id,
            options.integrity,
            options.decoded(),
            infoset,
        ) {
            Ok(columns) => Ok(Some(Arc::new(columns))),
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e),
        };
        let tables = Tables { infoset: open(&paths.infoset, true)?, attribset: open(&paths.attribset, false)? };
        if let Some(infoset) = &tables.infoset {
            infoset.check_files(catalog.files)?;
        }
        Ok(Self {
            store,
            paths,
            catalog,
            tables: RwLock::new(tables),
            axes: Axes::default(),
            statistics: Mutex::default(),
            integrity: options.integrity,
            decoded: options.decoded(),
            sync: options.sync,
            lock: options.lock,
            saving: Mutex::default(),
        })
    }

    /// The store of the dataset, for its arrays.
    #[must_use]
    pub fn store(&self) -> &Storage {
        &self.store
    }

    /// The path of its store.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.paths.dataset
    }

    /// Whether the dataset was not closed.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.store.is_open()
    }

    /// Closes the dataset: waits for calls in flight on its store, lets go of everything.
    ///
    /// # Errors
    /// `Closed` when it was closed before.
    pub fn close(&self) -> Result<()> {
        let closed = self.store.close();
        *self.tables.write().unwrap_or_else(PoisonError::into_inner) = Tables::default();
        closed
    }

    /// What the dataset holds, as the merge wrote it down.
    #[must_use]
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// The names of the groups, without private ones.
    #[must_use]
    pub fn groups(&self) -> Vec<&str> {
        self.catalog.groups.keys().map(String::as_str).filter(|name| !name.starts_with('_')).collect()
    }

    /// The names of the arrays of a group, without those that say which row is whose.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn arrays(&self, group: &str) -> Result<Vec<&str>> {
        Ok(self.group(group)?.1.arrays.keys().map(String::as_str).collect())
    }

    /// The number of files; their codes are from 0 up to it.
    #[must_use]
    pub fn file_count(&self) -> u64 {
        self.catalog.files
    }

    /// The name of a file.
    ///
    /// # Errors
    /// `NotFound` for a code that there is not, or without an infoset.
    pub fn file_name(&self, code: i64) -> Result<String> {
        let row = self.file(code)?;
        let names = self.infoset()?.fixed("name", ColumnType::Text)?;
        Ok(names.as_string_view().value(row as usize).to_owned())
    }

    /// The code of a file.
    ///
    /// # Errors
    /// `NotFound` for a name that no file has, or without an infoset.
    pub fn file_code(&self, name: &str) -> Result<i64> {
        let row = self.infoset()?.row_of(name)?;
        row.map(|row| row as i64).ok_or_else(|| err!(NotFound, "file '{name}': there is none of this name"))
    }

    /// The rows of a file along the primary dimension of a group.
    ///
    /// # Errors
    /// `NotFound`, `Corrupt`.
    pub fn file_rows(&self, group: &str, code: i64) -> Result<Range<u64>> {
        let code = self.file(code)?;
        Ok(self.primary(self.group(group)?)?.of(code))
    }

    /// The rows of a file in an array, along the array's own axis.
    ///
    /// # Errors
    /// `NotFound`, `Corrupt`.
    pub fn array_rows(&self, group: &str, array: &str, code: i64) -> Result<Range<u64>> {
        let code = self.file(code)?;
        let (_, entry) = self.group(group)?;
        let found = entry.arrays.get(array);
        let found = found.ok_or_else(|| err!(NotFound, "{group}/{array}: the dataset has no such array"))?;
        Ok(self.offsets(axes::axis(entry, &found.axis, array)?)?.of(code))
    }

    /// A file that there is.
    fn file(&self, code: i64) -> Result<u64> {
        let found = u64::try_from(code).ok().filter(|&code| code < self.catalog.files);
        found.ok_or_else(|| err!(NotFound, "file {code}: there are {} files", self.catalog.files))
    }

    /// A group with its name.
    fn group(&self, name: &str) -> Result<(&str, &GroupEntry)> {
        let found = self.catalog.groups.get_key_value(name).filter(|(name, _)| !name.starts_with('_'));
        match found {
            Some((name, group)) => Ok((name, group)),
            None => {
                let known = self.groups().join(", ");
                Err(err!(NotFound, "group '{name}': the dataset has none of this name, there are [{known}]"))
            }
        }
    }

    /// The offsets along the primary dimension; a group whose arrays are all scalars has one row a file.
    fn primary(&self, (name, group): (&str, &GroupEntry)) -> Result<Arc<Offsets>> {
        match group.axes.get(&group.primary_dimension) {
            Some(axis) => self.offsets(axis),
            None if group.axes.is_empty() => Err(err!(Corrupt, "{name}: the catalog has no axis of this group")),
            None => Ok(Arc::new(Offsets::Identity(self.catalog.files))),
        }
    }

    fn offsets(&self, axis: &Axis) -> Result<Arc<Offsets>> {
        self.axes.offsets(&self.store, &self.catalog, axis)
    }

    /// The statistics of an array, and the rows that each of them describes; `None` where they are not there.
    fn statistics(&self, key: &str, dtype: DType, rows: u64, per: u64) -> Result<Option<(Arc<Array>, u64)>> {
        if let Some(known) = self.statistics.lock().unwrap_or_else(PoisonError::into_inner).get(key) {
            return Ok(Some((known.clone(), per)));
        }
        if !self.store.exists(key)? {
            return Ok(None);
        }
        let info = self.store.stat(key)?;
        let wanted = [rows.div_ceil(per), 2];
        if info.dtype != Some(dtype) || info.shape != wanted {
            let (found, shape) = (info.dtype.map_or("a group", DType::name), info.shape);
            return Err(err!(Corrupt, "{key}: is {found} of shape {shape:?}, the catalog wants {dtype} of {wanted:?}"));
        }
        let array = Arc::new(self.store.load_array(key)?);
        self.statistics.lock().unwrap_or_else(PoisonError::into_inner).insert(key.to_owned(), array.clone());
        Ok(Some((array, per)))
    }

    fn infoset(&self) -> Result<Arc<Columns>> {
        let tables = self.tables.read().unwrap_or_else(PoisonError::into_inner);
        self.found(tables.infoset.as_ref(), &self.paths.infoset)
    }

    fn attribset(&self) -> Result<Arc<Columns>> {
        let tables = self.tables.read().unwrap_or_else(PoisonError::into_inner);
        self.found(tables.attribset.as_ref(), &self.paths.attribset)
    }

    fn found(&self, table: Option<&Arc<Columns>>, path: &Path) -> Result<Arc<Columns>> {
        match table {
            _ if !self.is_open() => Err(err!(Closed, "the dataset is closed")),
            Some(table) => Ok(table.clone()),
            None => Err(err!(NotFound, "{}: there is no such table", path.display())),
        }
    }

    /// Takes the infoset as it is on disk now.
    fn reopen_infoset(&self) -> Result<()> {
        let columns = Columns::open(&self.paths.infoset, &self.catalog.id, self.integrity, self.decoded, true)?;
        columns.check_files(self.catalog.files)?;
        self.tables.write().unwrap_or_else(PoisonError::into_inner).infoset = Some(Arc::new(columns));
        Ok(())
    }
}
