//! Schema dictionaries as JSON files: the only place of the module that does any input or output.

use std::path::Path;

use serde_json::Value as Json;

use super::builder::SchemaBuilder;
use super::place::MAX_VALUES;
use crate::error::{Result, err};
use crate::fs;
use crate::json_text::values;
use crate::options::Sync;

const MAX_FILE: u64 = 64 << 20;

impl SchemaBuilder {
    /// Writes the dictionary as indented JSON. The file appears whole or not at all, replacing an older one.
    ///
    /// # Errors
    /// `Io` or `Permission` naming the path, `Schema` when [`SchemaBuilder::load_from_file`] would refuse the dictionary.
    pub fn save_to_file(&self, path: impl AsRef<Path>) -> Result<()> {
        let text = format!("{:#}\n", self.try_build()?);
        fs::publish_file(path.as_ref(), text.as_bytes(), Sync::Full)
    }

    /// A builder that starts from a file with a dictionary of either nesting.
    ///
    /// # Errors
    /// `NotFound`, `Io` or `Permission` naming the path, `Json` when it is no JSON, `Schema` naming the path and the
    /// place in the dictionary, also for a file over 64 MiB.
    pub fn load_from_file(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let name = path.display();
        // Nobody waits for the writer of a pipe, and a device has no end.
        let file = fs::ReadFile::open(path)?;
        if file.len() > MAX_FILE {
            return Err(err!(Schema, "{name}: a schema is at most {MAX_FILE} bytes, the file has {}", file.len()));
        }
        let text = file.read_all(MAX_FILE)?;
        // The tree is far larger than the text.
        let (values, most) = (values(&text), 2 * MAX_VALUES as u64);
        if values > most {
            return Err(err!(Schema, "{name}: a schema has at most {MAX_VALUES} values, the file up to {values}"));
        }
        let json: Json = serde_json::from_slice(&text).map_err(|e| err!(Json, "{name}: {e}"))?;
        Self::from_json(&json).map_err(|e| e.context(name))
    }
}
