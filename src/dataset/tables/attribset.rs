//! The attribset while it is gathered: names of array values, and the distinct values of categorical metadata.
//!
//! Invariant: in one table (`table_name`) an id has one name, and an id that was given out stays. Where files disagree the
//! first one counts, and the disagreement is told.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{ArrayRef, Int64Array, StringArray};
use arrow_schema::{DataType, Field};
use indexmap::IndexMap;
use serde_json::Value as Json;

use super::flatten::leaves;
use super::infoset::schema_or_default;
use super::labels::{self, Label};
use super::read::{ColumnType, Table};
use super::{FileRow, NOT_SET, write};
use crate::error::Result;
use crate::options::{Integrity, Sync};
use crate::schema::{Schema, Scope};

/// Disagreements that are told one by one.
const MAX_TOLD: usize = 100;

/// A categorical value in its order: integers, other numbers, texts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Category {
    Int(i64),
    /// The bits of a double, ordered as the doubles are.
    Real(i64),
    Text(String),
}

/// Gathers the attribset.
pub struct Attribset {
    schema: Schema,
    tables: IndexMap<String, BTreeMap<i64, Label>>,
    /// The distinct values of each key; `None` for one that is not categorical, as its first value decided.
    categories: IndexMap<String, Option<BTreeMap<Category, Json>>>,
    told: HashSet<String>,
    notes: Vec<String>,
}

impl Attribset {
    /// An attribset without rows; without a schema the types of values decide what is categorical.
    ///
    /// # Errors
    /// None with a schema that was parsed.
    pub fn new(schema: Option<&Schema>) -> Result<Self> {
        Ok(Self {
            schema: schema_or_default(schema)?,
            tables: IndexMap::new(),
            categories: IndexMap::new(),
            told: HashSet::new(),
            notes: Vec::new(),
        })
    }

    /// Takes the rows of an attribset; the first thing that is done with a new one.
    ///
    /// # Errors
    /// `NotFound`, `Corrupt`, `Io`.
    pub fn append(&mut self, previous: &Path) -> Result<()> {
        let table = Table::open(previous, Integrity::Check)?;
        let ids = table.fixed("id", ColumnType::Int)?;
        let [names, descriptions, tables] =
            ["name", "description", "table_name"].map(|name| table.fixed(name, ColumnType::Text));
        let (names, descriptions, tables) = (names?, descriptions?, tables?);
        for (row, &id) in ids.as_primitive::<Int64Type>().values().iter().enumerate() {
            let text = |array: &ArrayRef| array.as_string_view().value(row).to_owned();
            let label = Label { id, name: text(&names), description: text(&descriptions) };
            self.add(&text(&tables), label, "an earlier merge");
        }
        Ok(())
    }

    /// Adds what a file says.
    pub fn push(&mut self, file: &FileRow) {
        labels::tables(&file.metadata, &mut |table, labels| {
            labels.into_iter().for_each(|label| self.add(table, label, &file.name));
        });
        let Self { schema, categories, .. } = self;
        let _ = leaves(&file.metadata, &|key| schema.field(key).is_some(), &mut |key, value| {
            if !categories.contains_key(key) {
                let categorical = schema.scope(key, value) == Scope::Categorical;
                categories.insert(key.to_owned(), categorical.then(BTreeMap::new));
            }
            if let Some(Some(values)) = categories.get_mut(key) {
                values.entry(Category::of(value)).or_insert_with(|| value.clone());
            }
            Ok(())
        });
    }

    /// Writes the table as one change; gives what the files disagree about, a line each.
    ///
    /// # Errors
    /// Of the operating system.
    pub fn write(mut self, path: &Path, dataset_id: &str, sync: Sync) -> Result<Vec<String>> {
        self.label_arrays();
        for (field, values) in std::mem::take(&mut self.categories) {
            self.label_values(&field, values.unwrap_or_default());
        }
        let rows = || self.tables.iter().flat_map(|(table, labels)| labels.values().map(move |label| (table, label)));
        let texts = |text: &dyn Fn(&String, &Label) -> String| -> ArrayRef {
            Arc::new(StringArray::from_iter_values(rows().map(|(table, label)| text(table, label))))
        };
        let arrays: Vec<ArrayRef> = vec![
            Arc::new(Int64Array::from_iter_values(rows().map(|(_, label)| label.id))),
            texts(&|_, label| label.name.clone()),
            texts(&|_, label| label.description.clone()),
            texts(&|table, _| table.clone()),
        ];
        let field = |name: &str, data_type: DataType| Field::new(name, data_type, false);
        let fields = vec![
            field("id", DataType::Int64),
            field("name", DataType::Utf8),
            field("description", DataType::Utf8),
            field("table_name", DataType::Utf8),
        ];
        write::publish(path, fields, arrays, dataset_id, sync)?;
        Ok(self.notes)
    }

    /// Labels that the schema gives the values of arrays, where no file describes them.
    fn label_arrays(&mut self) {
        let mut found: Vec<(String, Vec<Label>)> = Vec::new();
        for (_, group) in self.schema.groups() {
            for (array, spec) in group.arrays() {
                let labels = labels::all_of_rules(&spec.rules);
                if !labels.is_empty() && !self.tables.contains_key(array) {
                    found.push((array.to_owned(), labels));
                }
            }
        }
        for (array, labels) in found {
            labels.into_iter().for_each(|label| self.add(&array, label, "the schema"));
        }
    }

    /// Ids of the values of a categorical field: an integer is its own, others come behind all ids in their order.
    fn label_values(&mut self, field: &str, values: BTreeMap<Category, Json>) {
        let entry = self.schema.field(field);
        let described = entry.map(|entry| entry.description.clone()).filter(|text| !text.is_empty());
        let description = described.unwrap_or_else(|| NOT_SET.to_owned());
        let rules = entry.map(|entry| entry.rules.clone()).unwrap_or_default();
        if values.is_empty() {
            return;
        }
        let table = self.tables.entry(field.to_owned()).or_default();
        let mut named: HashMap<String, i64> = table.values().map(|label| (label.name.clone(), label.id)).collect();
        let mut conflicts = Vec::new();
        for (category, value) in values {
            let name = labels::of_rules(&rules, &value).map_or_else(|| labels::text(&value), str::to_owned);
            let id = match category {
                Category::Int(id) => id,
                _ if named.contains_key(&name) => continue,
                _ => table.last_key_value().map_or(0, |(&last, _)| last.saturating_add(1)),
            };
            match table.get(&id) {
                Some(label) if label.name == name => {}
                Some(label) => conflicts.push((id, label.name.clone(), name)),
                None => {
                    named.insert(name.clone(), id);
                    table.insert(id, Label { id, name, description: description.clone() });
                }
            }
        }
        conflicts.into_iter().for_each(|(id, first, other)| self.note(field, id, &first, &other, "later files"));
    }

    fn add(&mut self, table: &str, label: Label, whose: &str) {
        let labels = match self.tables.get_mut(table) {
            Some(labels) => labels,
            None => self.tables.entry(table.to_owned()).or_default(),
        };
        match labels.get(&label.id) {
            None => {
                labels.insert(label.id, label);
            }
            Some(first) if first.name == label.name => {}
            Some(first) => {
                let first = first.name.clone();
                self.note(table, label.id, &first, &label.name, whose);
            }
        }
    }

    fn note(&mut self, table: &str, id: i64, first: &str, other: &str, whose: &str) {
        if self.notes.len() < MAX_TOLD && self.told.insert(format!("{table}\0{id}\0{other}")) {
            self.notes.push(format!("{table}: {id} is '{first}', in {whose} '{other}'"));
        }
    }
}

impl Category {
    fn of(value: &Json) -> Self {
        match value {
            Json::Bool(flag) => Self::Int(i64::from(*flag)),
            Json::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(int), _) => Self::Int(int),
                (None, Some(real)) => {
                    let bits = real.to_bits() as i64;
                    Self::Real(bits ^ ((bits >> 63) as u64 >> 1) as i64)
                }
                (None, None) => Self::Text(number.to_string()),
            },
            other => Self::Text(labels::text(other)),
        }
    }
}
