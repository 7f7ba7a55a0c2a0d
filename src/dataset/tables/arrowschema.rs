//! The fields of a table as Arrow knows them, in the key-value metadata `ARROW:schema`: where pyarrow, polars and others
//! look for the metadata of fields, and where the marks of columns are.

use arrow_ipc::convert::try_schema_from_ipc_buffer;
use arrow_ipc::writer::{DictionaryTracker, IpcDataGenerator, IpcWriteOptions};
use arrow_schema::Schema;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::KeyValue;

/// The key that Arrow's readers and writers of Parquet agree on.
const KEY: &str = "ARROW:schema";
/// What a message begins with, before its length.
const CONTINUATION: [u8; 4] = [0xff; 4];

/// The entry of a schema.
pub fn entry(schema: &Schema) -> KeyValue {
    let options = IpcWriteOptions::default();
    let mut dictionaries = DictionaryTracker::new(true);
    let message = IpcDataGenerator::default()
        .schema_to_bytes_with_dictionary_tracker(schema, &mut dictionaries, &options)
        .ipc_message;
    let mut bytes = CONTINUATION.to_vec();
    bytes.extend_from_slice(&(message.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&message);
    KeyValue::new(KEY.to_owned(), STANDARD.encode(bytes))
}

/// The schema among entries; `None` where the writer of the table gave none.
pub fn find(entries: Option<&Vec<KeyValue>>) -> Result<Option<Schema>> {
    let entry = entries.into_iter().flatten().find(|entry| entry.key == KEY);
    let Some(text) = entry.and_then(|entry| entry.value.as_deref()) else { return Ok(None) };
    let wrong = |e: &dyn std::fmt::Display| ParquetError::General(format!("{KEY}: {e}"));
    let bytes = STANDARD.decode(text).map_err(|e| wrong(&e))?;
    try_schema_from_ipc_buffer(&bytes).map(Some).map_err(|e| wrong(&e))
}
