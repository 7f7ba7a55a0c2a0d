//! Files that a new version of an array takes over from where they are: hidden files, or the committed version.
//!
//! A chunk that did not change gets a second name in the new directory (a hard link; a copy where the file system has
//! none), and its entry of the old record is kept, so that a commit costs what changed and one link a chunk. A chunk that
//! the record has and the directory lacks fails the commit: a loss is not written down as if it had never been there.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value as Json;

use super::chunk;
use super::files::Files;
use super::growing::{Growing, Slot};
use super::meta::ArrayMeta;
use super::node::Node;
use super::record::Record;
use super::spill::Spill;
use crate::error::{Result, err};
use crate::fs;
use crate::value::Array;

impl Growing {
    /// Takes over what is in the committed version, so that it may go. Only under the writer's lock.
    ///
    /// # Errors
    /// `Corrupt` when a chunk is lost, `Io`.
    pub fn detach(&self, spill: &Arc<Spill>) -> Result<()> {
        for name in self.names()? {
            if let (None, Some(node)) = (self.slot(&name), self.base(&name)) {
                let (from, size, crc) = committed(&node, &name)?;
                let read = || node.chunk(&name, u64::MAX)?.map(|b| b.into_owned()).ok_or_else(|| lost(&node, &name));
                let file = spill.link(&from, size, crc, read).map_err(|e| missing(&node, &name, e))?;
                self.put(name, Slot::File(file));
            }
        }
        self.forget_base();
        Ok(())
    }

    /// The text of `.zarray`. An array that this library wrote, whose every chunk is there and whose fill value is the
    /// default, says that it has none: xarray would take elements equal to it for missing.
    ///
    /// # Errors
    /// Of the operating system.
    pub fn zarray(&self, meta: &ArrayMeta) -> Result<String> {
        let default = !meta.fill_value.is_null() && chunk::fill(meta)? == Array::zero(meta.pipeline.dtype());
        if !default || !self.is_ours() {
            return Ok(meta.to_text());
        }
        let written = self.names()?.iter().filter(|name| meta.grid.index(name).is_some()).count() as u64;
        if written < meta.grid.count() {
            return Ok(meta.to_text());
        }
        Ok(ArrayMeta { fill_value: Json::Null, ..meta.clone() }.to_text())
    }

    /// Writes every chunk into a directory and notes it in the record; files that need not change get a second name.
    ///
    /// # Errors
    /// `Corrupt` when a chunk is lost, `Codec`, `Io`.
    pub fn write_to(&self, dir: &Path, record: &mut Record) -> Result<()> {
        for name in self.names()? {
            let to = dir.join(&name);
            if let Some((above, _)) = name.rsplit_once('/') {
                fs::create_dirs(&dir.join(above))?;
            }
            let write = |bytes: &[u8]| fs::write_new(&to, bytes);
            match self.slot(&name) {
                Some(Slot::File(file)) => {
                    if !fs::hard_link(&file.path(), &to)? {
                        write(&file.read()?)?;
                    }
                    record.note(&name, file.size, file.crc);
                }
                None => {
                    let Some(node) = self.base(&name) else { continue };
                    let (from, size, crc) = committed(&node, &name)?;
                    if !fs::hard_link(&from, &to).map_err(|e| missing(&node, &name, e))? {
                        write(&node.chunk(&name, u64::MAX)?.ok_or_else(|| lost(&node, &name))?)?;
                    }
                    record.note(&name, size, crc);
                }
                Some(_) => {
                    let bytes = self.stored(&name, u64::MAX)?.unwrap_or_default();
                    write(&bytes)?;
                    record.insert(&name, &bytes);
                }
            }
        }
        Ok(())
    }
}

/// Path, size and CRC of a committed chunk; as it is now where it has no record.
fn committed(node: &Node, name: &str) -> Result<(PathBuf, u64, u32)> {
    let Files::Dir(dir) = node.files() else {
        return Err(err!(Internal, "chunk '{name}' is in no directory"));
    };
    let path = dir.path().join(name);
    if let Some((size, crc)) = node.record().and_then(|record| record.get(name)) {
        return Ok((path, size, crc));
    }
    let bytes = node.chunk(name, u64::MAX)?.ok_or_else(|| lost(node, name))?;
    Ok((path, bytes.len() as u64, crc32fast::hash(&bytes)))
}

fn lost(node: &Node, name: &str) -> crate::Error {
    err!(Corrupt, "{}: chunk '{name}' vanished while it was taken over", node.what())
}

/// A chunk that the record has and the directory lacks.
fn missing(node: &Node, name: &str, error: crate::Error) -> crate::Error {
    if error.kind() != crate::ErrorKind::NotFound {
        return error.context(node.what());
    }
    err!(Corrupt, "{}: chunk '{name}' is in the record and missing in the store", node.what())
}
