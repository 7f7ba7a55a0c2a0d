//! The infoset while it is gathered: file by file, each key a column.
//!
//! Invariant: ids rise. Memory is that of the typed columns, about 8 bytes a cell; documents are not kept.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{ArrayRef, Int64Array};
use arrow_schema::{DataType, Field};
use indexmap::IndexMap;

use super::cells::Cells;
use super::flatten::leaves;
use super::guard::MAX_COLUMNS;
use super::read::{ColumnType, JSON_MARK, SCOPE_MARK, Table};
use super::{FILE_INFO, FIXED, FileRow, write};
use crate::error::{Result, err};
use crate::options::{Integrity, Sync};
use crate::schema::{Schema, Scope};
use crate::value::DType;

struct Column {
    scope: Scope,
    cells: Cells,
}

/// Gathers the infoset.
pub struct Infoset {
    schema: Schema,
    ids: Vec<i64>,
    names: StringBuilder,
    descriptions: StringBuilder,
    subsets: StringBuilder,
    /// By the key of the metadata.
    columns: IndexMap<String, Column>,
}

impl Infoset {
    /// An infoset without rows; without a schema the types of values decide what is categorical.
    ///
    /// # Errors
    /// None with a schema that was parsed.
    pub fn new(schema: Option<&Schema>) -> Result<Self> {
        Ok(Self {
            schema: schema_or_default(schema)?,
            ids: Vec::new(),
            names: StringBuilder::new(),
            descriptions: StringBuilder::new(),
            subsets: StringBuilder::new(),
            columns: IndexMap::new(),
        })
    }

    /// Takes the rows of an infoset; the first thing that is done with a new one.
    ///
    /// # Errors
    /// `NotFound`, `Corrupt`, `Io`; `InvalidArgument` when there are rows already.
    pub fn append(&mut self, previous: &Path) -> Result<()> {
        if !self.ids.is_empty() || !self.columns.is_empty() {
            return Err(err!(InvalidArgument, "{}: rows come before those of other files", previous.display()));
        }
        let table = Table::open(previous, Integrity::Check)?;
        let ids = table.fixed("id", ColumnType::Int)?;
        self.ids = ids.as_primitive::<Int64Type>().values().to_vec();
        check_rising(&self.ids).map_err(|e| e.context(previous.display()))?;
        for (name, texts) in
            [("name", &mut self.names), ("description", &mut self.descriptions), ("subset", &mut self.subsets)]
        {
            let column = table.fixed(name, ColumnType::Text)?;
            column.as_string_view().iter().for_each(|text| texts.append_value(text.unwrap_or_default()));
        }
        for (index, column) in table.columns().iter().enumerate() {
            if FIXED.contains(&column.name.as_str()) {
                continue;
            }
            let array = table.column(index)?;
            let mut cells = Cells::new();
            cells.take(&array, column.json)?;
            let scope = column.scope.unwrap_or_else(|| {
                let sample = (0..array.len()).find(|&row| array.is_valid(row));
                let sample = sample.map_or(serde_json::Value::Null, |row| super::normal::cell(&array, row));
                self.schema.scope(key_of(&column.name), &sample)
            });
            self.columns.insert(key_of(&column.name).to_owned(), Column { scope, cells });
        }
        Ok(())
    }

    /// Adds a file.
    ///
    /// # Errors
    /// `InvalidArgument` when its code is not above that of the file before, or there are too many keys.
    pub fn push(&mut self, file: &FileRow) -> Result<()> {
        if self.ids.last().is_some_and(|&last| last >= file.id) {
            let last = self.ids.last().copied().unwrap_or_default();
            return Err(err!(InvalidArgument, "{}: file code is {}, the one before is {last}", file.name, file.id));
        }
        let row = self.ids.len();
        let Self { schema, columns, .. } = self;
        leaves(&file.metadata, &|key| schema.field(key).is_some(), &mut |key, value| {
            if !columns.contains_key(key) {
                if columns.len() + FIXED.len() >= MAX_COLUMNS {
                    return Err(err!(InvalidArgument, "{key}: more than {MAX_COLUMNS} metadata keys in one dataset"));
                }
                let column = Column { scope: schema.scope(key, value), cells: Cells::new() };
                columns.insert(key.to_owned(), column);
            }
            match columns.get_mut(key) {
                Some(column) => column.cells.push(row, value).map_err(|e| e.context(key)),
                None => Ok(()),
            }
        })?;
        self.ids.push(file.id);
        self.names.append_value(&file.name);
        self.descriptions.append_value(&file.description);
        self.subsets.append_value("");
        Ok(())
    }

    /// Writes the table as one change.
    ///
    /// # Errors
    /// Of the operating system.
    pub fn write(mut self, path: &Path, dataset_id: &str, sync: Sync) -> Result<()> {
        let rows = self.ids.len();
        let kinds = (0..rows).map(|_| FILE_INFO);
        let fixed: [ArrayRef; 5] = [
            Arc::new(self.names.finish()),
            Arc::new(Int64Array::from(self.ids)),
            Arc::new(self.descriptions.finish()),
            Arc::new(self.subsets.finish()),
            Arc::new(arrow_array::StringArray::from_iter_values(kinds)),
        ];
        let mut fields = Vec::new();
        let mut arrays = Vec::new();
        for (name, array) in FIXED.into_iter().zip(fixed) {
            fields.push(Field::new(name, array.data_type().clone(), false));
            arrays.push(array);
        }
        // Stable: within a scope in the order in which the keys came.
        self.columns.sort_by_key(|_, column| column.scope != Scope::FileLevel);
        for (key, column) in self.columns {
            let wanted = self.schema.field(&key).and_then(|field| field.dtype).and_then(column_type);
            let (array, data_type, json) = column.cells.finish(rows, wanted);
            fields.push(field(&key, data_type, column.scope, json));
            arrays.push(array);
        }
        write::publish(path, fields, arrays, dataset_id, sync)
    }
}

/// The schema, or the rules that hold without one.
pub(super) fn schema_or_default(schema: Option<&Schema>) -> Result<Schema> {
    match schema {
        Some(schema) => Ok(schema.clone()),
        None => Schema::parse(&serde_json::json!({})),
    }
}

fn field(key: &str, data_type: DataType, scope: Scope, json: bool) -> Field {
    let name = if is_fixed(key) { format!("metadata/{key}") } else { key.to_owned() };
    let mut marks = HashMap::from([(SCOPE_MARK.to_owned(), scope.name().to_owned())]);
    if json {
        marks.insert(JSON_MARK.to_owned(), "true".to_owned());
    }
    Field::new(name, data_type, true).with_metadata(marks)
}

/// Whether a key would have the name of a fixed column, also after `metadata/` was put before another.
fn is_fixed(key: &str) -> bool {
    FIXED.contains(&key) || key.strip_prefix("metadata/").is_some_and(is_fixed)
}

/// The metadata key of a column.
pub(super) fn key_of(column: &str) -> &str {
    column.strip_prefix("metadata/").filter(|key| is_fixed(key)).unwrap_or(column)
}

fn column_type(dtype: DType) -> Option<ColumnType> {
    match dtype {
        DType::Bool => Some(ColumnType::Bool),
        DType::String => Some(ColumnType::Text),
        float if float.is_float() => Some(ColumnType::Double),
        integer if integer.is_integer() => Some(ColumnType::Int),
        _ => None,
    }
}

fn check_rising(ids: &[i64]) -> Result<()> {
    match ids.windows(2).find(|pair| pair[0] >= pair[1]) {
        Some(pair) => Err(err!(Corrupt, "file code {} follows {}", pair[1], pair[0])),
        None => Ok(()),
    }
}
