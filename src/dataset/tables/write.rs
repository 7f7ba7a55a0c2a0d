//! Columns to a Parquet file: Snappy, row groups of 16384 rows, statistics, the identity of the dataset, a checksum.

use std::path::Path;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef};
use arrow_schema::{Field, Schema};
use parquet::basic::Compression;
use parquet::errors::{ParquetError, Result as Encoded};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;

use super::checksum::{self, CREATOR, KEY, ZEROS};
use super::read::{ID_KEY, VERSION, VERSION_KEY};
use super::{arrowschema, encode};
use crate::error::{Result, err};
use crate::fs;
use crate::options::Sync;

/// Rows of a row group.
pub const GROUP_ROWS: usize = 16_384;

/// Writes a table as one change.
///
/// # Errors
/// Of the operating system.
pub fn publish(path: &Path, fields: Vec<Field>, arrays: Vec<ArrayRef>, dataset_id: &str, sync: Sync) -> Result<()> {
    let mut bytes = file(fields, arrays, dataset_id).map_err(|e| err!(Internal, "{}: {e}", path.display()))?;
    if !checksum::seal(&mut bytes) {
        return Err(err!(Internal, "{}: no place for a checksum", path.display()));
    }
    fs::publish_file(path, &bytes, sync)
}

fn file(fields: Vec<Field>, arrays: Vec<ArrayRef>, dataset_id: &str) -> Encoded<Vec<u8>> {
    let rows = arrays.first().map_or(0, Array::len);
    if let Some(at) = arrays.iter().position(|array| array.len() != rows) {
        let text = format!("{}: {} cells for {rows} rows", fields[at].name(), arrays[at].len());
        return Err(ParquetError::General(text));
    }
    let entry = |key: &str, value: &str| KeyValue::new(key.to_owned(), value.to_owned());
    let types = fields.iter().map(|field| encode::column_type(field).map(Arc::new)).collect::<Encoded<_>>()?;
    let entries = vec![
        entry(ID_KEY, dataset_id),
        entry(VERSION_KEY, VERSION),
        entry(KEY, ZEROS),
        arrowschema::entry(&Schema::new(fields)),
    ];
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_created_by(format!("{CREATOR}{}", env!("CARGO_PKG_VERSION")))
        .set_key_value_metadata(Some(entries))
        .build();
    let properties = Arc::new(properties);
    let root = Type::group_type_builder("arrow_schema").with_fields(types).build()?;
    let mut writer = SerializedFileWriter::new(Vec::new(), Arc::new(root), properties.clone())?;
    let columns = writer.schema_descr().columns().to_vec();
    for first in (0..rows).step_by(GROUP_ROWS) {
        let mut group = writer.next_row_group()?;
        for (column, array) in columns.iter().zip(&arrays) {
            let cells = array.slice(first, GROUP_ROWS.min(rows - first));
            let (bytes, closed) = encode::chunk(column.clone(), properties.clone(), &cells)?;
            group.append_column(&bytes, closed)?;
        }
        group.close()?;
    }
    writer.into_inner()
}
