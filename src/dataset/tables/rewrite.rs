//! A table with another column of texts in the place of one, everything else as it was.

use std::sync::Arc;

use std::collections::HashMap;
use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, StringArray};
use arrow_schema::{DataType, Field};

use super::read::{JSON_MARK, SCOPE_MARK, Table};
use super::{FIXED, write};
use crate::error::{Result, err};
use crate::options::Sync;

/// Writes a table as one change, with these texts in a column that it has.
///
/// # Errors
/// `Corrupt`; `Unsupported` when a column has a type that is not read; of the operating system.
pub(crate) fn rewrite(
    table: &Table,
    path: &Path,
    column: &str,
    texts: &[&str],
    dataset_id: &str,
    sync: Sync,
) -> Result<()> {
    let (mut fields, mut arrays) = (Vec::new(), Vec::<ArrayRef>::new());
    for (index, known) in table.columns().iter().enumerate() {
        let array: ArrayRef = if known.name == column {
            Arc::new(StringArray::from_iter_values(texts))
        } else {
            let array = table.column(index)?;
            match array.as_string_view_opt() {
                Some(views) => Arc::new(StringArray::from_iter(views.iter())),
                None => array,
            }
        };
        if array.len() != table.rows() {
            let (rows, given) = (table.rows(), array.len());
            return Err(err!(Internal, "{}: {given} texts for {rows} rows", path.display()));
        }
        let mut marks = HashMap::new();
        if let Some(scope) = known.scope {
            marks.insert(SCOPE_MARK.to_owned(), scope.name().to_owned());
        }
        if known.json {
            marks.insert(JSON_MARK.to_owned(), "true".to_owned());
        }
        let nullable = !FIXED.contains(&known.name.as_str()) || array.null_count() > 0;
        let data_type: DataType = array.data_type().clone();
        fields.push(Field::new(&known.name, data_type, nullable).with_metadata(marks));
        arrays.push(array);
    }
    write::publish(path, fields, arrays, dataset_id, sync)
}
