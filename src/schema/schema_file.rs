//! Schema dictionaries as JSON files: the only place of the module that touches the file system.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::Value as Json;

use super::builder::SchemaBuilder;
use crate::error::{Error, Result, err};

/// Tells the temporary files of this process apart.
static COUNT: AtomicU64 = AtomicU64::new(0);

const MAX_FILE: u64 = 64 << 20;

impl SchemaBuilder {
    /// Writes the dictionary as indented JSON. The file appears whole or not at all, replacing an older one.
    ///
    /// # Errors
    /// `Io` or `Permission` naming the path.
    pub fn save_to_file(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let temporary = temporary_name(path)?;
        let written = write(&temporary, self.to_json().as_bytes()).and_then(|()| fs::rename(&temporary, path));
        written.map_err(|e| {
            // Best effort: the error to tell is the first one.
            let _ = fs::remove_file(&temporary);
            Error::io(path, &e)
        })
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

/// A name beside the file, so that the rename stays on one file system.
fn temporary_name(path: &Path) -> Result<PathBuf> {
    let name = path.file_name().ok_or_else(|| err!(InvalidArgument, "{}: is no file name", path.display()))?;
    let mut temporary = std::ffi::OsString::from(".");
    temporary.push(name);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    temporary.push(format!(".{}.{count}.tmp", std::process::id()));
    Ok(path.with_file_name(temporary))
}

fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.write_all(b"\n")?;
    file.sync_all()
}
