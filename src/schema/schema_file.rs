//! Schema dictionaries as JSON files: the only place of the module that does any input or output.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde_json::Value as Json;

use super::builder::SchemaBuilder;
use crate::error::{Error, Result, err};
use crate::fs;
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
        let mut text = Vec::new();
        let read = File::open(path).and_then(|file| file.take(MAX_FILE + 1).read_to_end(&mut text));
        read.map_err(|e| Error::io(path, &e))?;
        let name = path.display();
        if text.len() as u64 > MAX_FILE {
            return Err(err!(Schema, "{name}: a schema is at most {MAX_FILE} bytes, the file has more"));
        }
        let json: Json = serde_json::from_slice(&text).map_err(|e| err!(Json, "{name}: {e}"))?;
        Self::from_json(&json).map_err(|e| e.context(name))
    }
}
