//! The table of contents of a dataset.

use serde_json::{Map, Value as Json, json};

use super::Dataset;
use super::columns::Columns;
use crate::error::Result;

impl Dataset {
    /// The table of contents: `files`, `id`; `groups` with their axes and arrays (data type, shape, dimensions, stored
    /// bytes); `infoset` and `attribset` with rows, bytes and columns (`null` where there is none); `subsets` with the
    /// number of their files.
    ///
    /// # Errors
    /// `Closed`, `Corrupt`.
    pub fn describe(&self) -> Result<Json> {
        let catalog = self.catalog();
        let mut groups = Map::new();
        for name in self.groups() {
            let (_, group) = self.group(name)?;
            let mut arrays = Map::new();
            for (array, entry) in &group.arrays {
                let info = self.store().stat(&format!("{name}/{array}"))?;
                arrays.insert(
                    array.clone(),
                    json!({"dtype": entry.dtype, "shape": info.shape, "dims": entry.dims, "axis": entry.axis,
                        "stored_bytes": info.stored_bytes, "statistics": entry.statistics_rows.is_some()}),
                );
            }
            let axes: Map<String, Json> =
                group.axes.iter().map(|(axis, entry)| (axis.clone(), json!({"rows": entry.rows}))).collect();
            groups.insert(
                name.to_owned(),
                json!({"primary_dimension": group.primary_dimension, "rows": group.rows, "flattened": group.flattened,
                    "axes": axes, "arrays": arrays}),
            );
        }
        let known = |columns: Option<&Columns>| columns.map_or(Json::Null, table);
        let (infoset, attribset) = (self.infoset().ok(), self.attribset().ok());
        let subsets = if infoset.is_some() { self.subset_counts()? } else { Default::default() };
        Ok(json!({"path": self.path().display().to_string(), "id": catalog.id, "version": catalog.version,
            "files": catalog.files, "groups": groups, "infoset": known(infoset.as_deref()),
            "attribset": known(attribset.as_deref()), "subsets": subsets}))
    }
}

fn table(columns: &Columns) -> Json {
    let table = columns.table();
    let described: Vec<Json> = table
        .columns()
        .iter()
        .map(|column| {
            let mut json = json!({"name": column.name, "type": column.kind.map_or("other", |kind| kind.name())});
            if let (Some(scope), Some(object)) = (column.scope, json.as_object_mut()) {
                object.insert("scope".to_owned(), scope.name().into());
            }
            if let (true, Some(object)) = (column.json, json.as_object_mut()) {
                object.insert("json".to_owned(), true.into());
            }
            json
        })
        .collect();
    json!({"rows": table.rows(), "bytes": table.size(), "columns": described})
}
