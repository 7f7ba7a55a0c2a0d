//! A table of a dataset that is open: its columns are decoded when they are first asked for, and kept within a budget.
//!
//! Decoded doubles hold neither NaN (which is missing) nor a negative zero, so that their total order is that
//! of numbers.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use arrow_arith::arity::unary;
use arrow_array::builder::Float64Builder;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef};

use crate::dataset::tables::{ColumnType, Table};
use crate::error::{Result, err};
use crate::options::Integrity;

/// Decoded columns that one table keeps.
const BUDGET: usize = 256 << 20;

/// An open table with its decoded columns.
#[derive(Debug)]
pub struct Columns {
    table: Table,
    cache: Mutex<Cache>,
    /// The row of each name.
    rows: OnceLock<HashMap<String, usize>>,
}

#[derive(Debug, Default)]
struct Cache {
    columns: HashMap<usize, (ArrayRef, u64)>,
    bytes: usize,
    clock: u64,
}

impl Columns {
    /// Opens a table of a dataset: the infoset, or the attribset. Its columns decode to so many bytes each at most.
    ///
    /// # Errors
    /// As [`Table::open`]; `Corrupt` when it belongs to another dataset, naming both, or is the other table.
    pub fn open(path: &Path, dataset: &str, integrity: Integrity, most: u64, infoset: bool) -> Result<Self> {
        let table = Table::open(path, integrity)?.within(most);
        // A column that every infoset of this library has, and no attribset.
        let ours = table.dataset_id().is_some();
        if ours && table.columns().iter().any(|column| column.name == "subset") != infoset {
            let wanted = if infoset { "infoset" } else { "attribset" };
            return Err(err!(Corrupt, "{}: is no {wanted}", path.display()));
        }
        match table.dataset_id() {
            Some(id) if id != dataset => {
                Err(err!(Corrupt, "{}: belongs to dataset {id}, the store is dataset {dataset}", path.display()))
            }
            _ => Ok(Self { table, cache: Mutex::default(), rows: OnceLock::new() }),
        }
    }

    /// Checks what an infoset must have: a row for each of so many files, with the codes from 0.
    ///
    /// # Errors
    /// `Corrupt`.
    pub fn check_files(&self, files: u64) -> Result<()> {
        let path = self.table.path().display();
        if self.table.rows() as u64 != files {
            return Err(err!(Corrupt, "{path}: has {} rows, the store has {files} files", self.table.rows()));
        }
        let ids = self.fixed("id", ColumnType::Int)?;
        let ids = ids.as_primitive::<Int64Type>().values();
        match ids.iter().enumerate().find(|(row, id)| **id != *row as i64) {
            Some((row, id)) => Err(err!(Corrupt, "{path}: row {row} has id {id}")),
            None => Ok(()),
        }
    }

    /// The table itself.
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// The number of a column.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.table.find(name)
    }

    /// A column that the table must have.
    ///
    /// # Errors
    /// `Corrupt`.
    pub fn fixed(&self, name: &str, kind: ColumnType) -> Result<ArrayRef> {
        match self.find(name) {
            Some(index) if self.table.columns()[index].kind == Some(kind) => self.column(index),
            _ => self.table.fixed(name, kind),
        }
    }

    /// A decoded column.
    ///
    /// # Errors
    /// As [`Table::column`].
    pub fn column(&self, index: usize) -> Result<ArrayRef> {
        {
            let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
            cache.clock += 1;
            let clock = cache.clock;
            if let Some((array, used)) = cache.columns.get_mut(&index) {
                *used = clock;
                return Ok(array.clone());
            }
        }
        let array = ordered(self.table.column(index)?);
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        cache.keep(index, &array);
        Ok(array)
    }

    /// The row of a name; the first one where several have it.
    ///
    /// # Errors
    /// `Corrupt`.
    pub fn row_of(&self, name: &str) -> Result<Option<usize>> {
        if self.rows.get().is_none() {
            let names = self.fixed("name", ColumnType::Text)?;
            let mut rows = HashMap::with_capacity(names.len());
            for (row, name) in names.as_string_view().iter().enumerate() {
                rows.entry(name.unwrap_or_default().to_owned()).or_insert(row);
            }
            let _ = self.rows.set(rows);
        }
        Ok(self.rows.get().and_then(|rows| rows.get(name).copied()))
    }

    /// The ids and names of a table of the attribset, where this is one.
    ///
    /// # Errors
    /// `Corrupt`.
    pub fn labels(&self, table: &str) -> Result<Vec<(usize, i64, String)>> {
        let ids = self.fixed("id", ColumnType::Int)?;
        let names = self.fixed("name", ColumnType::Text)?;
        let tables = self.fixed("table_name", ColumnType::Text)?;
        let (names, tables) = (names.as_string_view(), tables.as_string_view());
        let rows = (0..tables.len()).filter(|&row| tables.value(row) == table);
        let ids = ids.as_primitive::<Int64Type>().values();
        Ok(rows.map(|row| (row, ids[row], names.value(row).to_owned())).collect())
    }
}

impl Cache {
    /// Keeps a column, and lets go of those that were not used for longest.
    fn keep(&mut self, index: usize, array: &Arc<dyn Array>) {
        let size = array.get_array_memory_size();
        if size > BUDGET || self.columns.contains_key(&index) {
            return;
        }
        while self.bytes + size > BUDGET {
            let oldest = self.columns.iter().min_by_key(|(_, (_, used))| *used).map(|(&index, _)| index);
            let Some((array, _)) = oldest.and_then(|oldest| self.columns.remove(&oldest)) else { break };
            self.bytes -= array.get_array_memory_size().min(self.bytes);
        }
        self.bytes += size;
        self.columns.insert(index, (array.clone(), self.clock));
    }
}

/// Doubles without NaN and negative zeros; other columns as they are.
fn ordered(array: ArrayRef) -> ArrayRef {
    let Some(doubles) = array.as_primitive_opt::<Float64Type>() else { return array };
    if doubles.iter().flatten().any(f64::is_nan) {
        let mut builder = Float64Builder::with_capacity(doubles.len());
        doubles.iter().for_each(|value| builder.append_option(value.filter(|value| !value.is_nan()).map(|v| v + 0.0)));
        return Arc::new(builder.finish());
    }
    Arc::new(unary::<_, _, Float64Type>(doubles, |value| value + 0.0))
}
