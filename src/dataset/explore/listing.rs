//! Rows of the tables as JSON, and the names of categories.

use arrow_array::cast::AsArray;
use arrow_array::{Array, BooleanArray};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::Dataset;
use super::bind::on_table;
use super::predicate::parse;
use crate::backend::Object;
use crate::dataset::tables::{ColumnType, cell};
use crate::error::{Result, err};
use crate::op::Op;

/// About what a member of an object takes, its name among it.
const MEMBER: usize = 3 * size_of::<Json>();

/// A table of a dataset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Table {
    /// One row a file.
    Infoset,
    /// The names of categories.
    Attribset,
}

/// A name of a value.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Description {
    /// The value.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// For people.
    pub description: String,
}

impl Dataset {
    /// The names of the values of an array or a categorical field, by id.
    ///
    /// # Errors
    /// `NotFound` when none are known, or there is no attribset; `Corrupt`.
    pub fn descriptions(&self, table: &str) -> Result<Vec<Description>> {
        let attribset = self.attribset()?;
        let labels = attribset.labels(table)?;
        if labels.is_empty() {
            let tables = attribset.fixed("table_name", ColumnType::Text)?;
            let mut known: Vec<&str> = tables.as_string_view().iter().flatten().collect();
            known.sort_unstable();
            known.dedup();
            return Err(err!(NotFound, "{table}: has no descriptions, there are [{}]", known.join(", ")));
        }
        let texts = attribset.fixed("description", ColumnType::Text)?;
        let texts = texts.as_string_view();
        let described = |(row, id, name)| Description { id, name, description: texts.value(row).to_owned() };
        let mut found: Vec<_> = labels.into_iter().map(described).collect();
        found.sort_by_key(|one| one.id);
        Ok(found)
    }

    /// The rows of a table for which a predicate holds (the empty one: all), a column a member; what is missing is `null`,
    /// lists and objects are JSON again. Only pages of chosen rows are decoded.
    ///
    /// # Errors
    /// `NotFound` when there is no such table; `InvalidArgument` for the predicate; `Unsupported` for a column of a type
    /// that is not read; `Corrupt`.
    pub fn table(&self, op: &Op, table: Table, predicate: &str) -> Result<Vec<Object>> {
        op.check()?;
        let attribset = self.attribset();
        let columns = match table {
            Table::Infoset => self.infoset()?,
            Table::Attribset => attribset.clone()?,
        };
        let chosen = match parse(predicate)? {
            None => None,
            Some(expr) => {
                let answers = on_table(&columns, attribset.ok().as_deref(), &expr)?;
                Some(BooleanArray::from_iter(
                    (0..answers.len()).map(|row| Some(answers.is_valid(row) && answers.value(row))),
                ))
            }
        };
        let table = columns.table();
        let count = chosen.as_ref().map_or(table.rows(), BooleanArray::true_count);
        // A row of few bytes in the file, none even, is an object of many in memory.
        let row = size_of::<Object>() + table.columns().len() * MEMBER;
        let (bytes, most) = ((count as u64).saturating_mul(row as u64), self.decoded);
        if bytes > most {
            let path = table.path().display();
            return Err(err!(
                Corrupt,
                "{path}: {count} rows have {bytes} bytes as objects, max_decoded_bytes is {most}"
            ));
        }
        let mut rows = vec![Object::new(); count];
        for (index, column) in table.columns().iter().enumerate() {
            op.check()?;
            let array = match &chosen {
                None => table.column(index)?,
                Some(_) if count == 0 => break,
                Some(chosen) => table.cells(index, chosen)?,
            };
            for (row, object) in rows.iter_mut().enumerate() {
                let value = match cell(&array, row) {
                    Json::String(text) if column.json => serde_json::from_str(&text).unwrap_or(Json::String(text)),
                    value => value,
                };
                object.insert(column.name.clone(), value);
            }
        }
        Ok(rows)
    }
}
