//! The files of one node, wherever they are: staged in memory, in a directory, or in an archive.
//!
//! A [`Files`] is one version of a node: a directory is held open, so that a writer that exchanges it does not change
//! what is read here; staged bytes and archives do not change at all.

use std::borrow::Cow;
use std::sync::Arc;

use super::archive::Archive;
use super::decode::Limits;
use super::growing::{Growing, Held};
use super::record::{self, Record};
use crate::defect::{self, Defect};
use crate::error::{Result, err};
use crate::fs;
use crate::json_text::weigh;
use crate::key::shown;
use crate::value::Array;

/// A record, and its tree, may have as many bytes whatever may be decoded.
const SMALL_RECORD: u64 = 4 << 20;

/// Chunks of a node that are in memory, by name.
pub type Named = Vec<(String, Arc<Vec<u8>>)>;

/// One version of a node's files.
#[derive(Clone)]
pub enum Files {
    /// The chunks of an array that was encoded and is not committed; its documents are not text yet.
    Memory(Arc<Named>),
    /// A directory, held open.
    Dir(Arc<fs::Dir>),
    /// Entries of an archive below a prefix (empty, or ending in '/').
    Archive(Arc<Archive>, String),
    /// The chunks of an array that is written by parts and not committed; its documents are not text yet.
    Growing(Arc<Growing>),
}

impl Files {
    /// The bytes of a file of at most `limit` bytes; `None` when there is none.
    ///
    /// # Errors
    /// `Corrupt` when it is longer or damaged, `Io`.
    pub fn read(&self, name: &str, limit: u64) -> Result<Option<Cow<'_, [u8]>>> {
        match self {
            Self::Memory(files) => {
                Ok(files.iter().find(|(n, _)| n == name).map(|(_, bytes)| Cow::Borrowed(bytes.as_slice())))
            }
            Self::Dir(dir) => Ok(dir.try_read(name, limit)?.map(Cow::Owned)),
            Self::Archive(archive, prefix) => archive.read(prefix, name, limit),
            Self::Growing(growing) => Ok(growing.stored(name, limit)?.map(Cow::Owned)),
        }
    }

    /// Refuses to take a file for one that was never written, when nothing vouches for the files and the directory was
    /// exchanged for another one: then it may just have been removed.
    ///
    /// # Errors
    /// `Corrupt`, of the operating system.
    pub fn check_in_place(&self, what: &str) -> Result<()> {
        match self {
            Self::Dir(dir) if !dir.is_in_place()? => {
                Err(err!(Corrupt, "{}: was replaced while it was read", shown(what)))
            }
            _ => Ok(()),
        }
    }

    /// The elements of a chunk that is kept decoded until it is encoded.
    pub fn decoded(&self, name: &str) -> Option<Arc<Held<Array>>> {
        match self {
            Self::Growing(growing) => growing.decoded(name),
            _ => None,
        }
    }

    /// Checks what an archive keeps instead of a record.
    ///
    /// # Errors
    /// `Corrupt` when the entries are not those that were written.
    pub fn check(&self, what: &str, group: bool) -> Result<()> {
        match self {
            Self::Archive(archive, prefix) => archive.check(what, prefix, group),
            _ => Ok(()),
        }
    }

    /// The record of the node; `None` when it was written without one, and for an archive.
    ///
    /// # Errors
    /// `Corrupt` when it is malformed.
    pub fn record(&self, what: &str, limits: Limits) -> Result<Option<Record>> {
        match self {
            Self::Memory(_) | Self::Growing(_) => Ok(None),
            Self::Dir(dir) => match dir.try_read(record::NAME, limits.decoded.clamp(SMALL_RECORD, 1 << 32))? {
                Some(bytes) => {
                    weigh(&bytes, limits.decoded.max(SMALL_RECORD))
                        .map_err(|e| e.context(format_args!("{what}: its integrity record")))?;
                    Record::from_bytes(what, &bytes).map(Some)
                }
                None => Ok(None),
            },
            Self::Archive(..) => Ok(None),
        }
    }

    /// Bytes of the chunks as they are stored.
    ///
    /// # Errors
    /// Of the operating system.
    pub fn chunk_bytes(&self) -> Result<u64> {
        match self {
            Self::Memory(files) => Ok(files.iter().map(|(_, bytes)| bytes.len() as u64).sum()),
            Self::Archive(archive, prefix) => {
                Ok(archive.sizes(prefix).filter(|(name, _)| is_chunk(name)).map(|(_, size)| size).sum())
            }
            _ => Ok(self.sizes()?.into_iter().filter(|(name, _)| is_chunk(name)).map(|(_, size)| size).sum()),
        }
    }

    /// Name and size of each file, in subdirectories too (chunks named `0/0`), without the record.
    ///
    /// # Errors
    /// Of the operating system.
    pub fn sizes(&self) -> Result<Vec<(String, u64)>> {
        match self {
            Self::Memory(files) => Ok(files.iter().map(|(name, bytes)| (name.clone(), bytes.len() as u64)).collect()),
            Self::Dir(dir) => {
                let mut out = Vec::new();
                dir_sizes(dir, "", 0, &mut out)?;
                Ok(out)
            }
            Self::Archive(archive, prefix) => {
                let lost = |name: &str| err!(Corrupt, "entry '{prefix}{name}' has a name that is none of a file");
                archive
                    .sizes(prefix)
                    .map(|(name, size)| stays(name).then(|| (name.to_owned(), size)).ok_or_else(|| lost(name)))
                    .collect()
            }
            Self::Growing(growing) => growing.sizes(),
        }
    }
}

fn dir_sizes(dir: &fs::Dir, prefix: &str, depth: usize, out: &mut Vec<(String, u64)>) -> Result<()> {
    for (name, kind) in dir.entries()? {
        if fs::is_private(&name) || name == record::NAME {
            continue;
        }
        let path = format!("{prefix}{name}");
        match kind {
            fs::EntryKind::File => out.push((path, dir.len(&name)?)),
            fs::EntryKind::Dir if depth < 64 => {
                if let Some(below) = dir.try_open_dir(&name)? {
                    dir_sizes(&below, &format!("{path}/"), depth + 1, out)?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whether the name of an entry could be that of a file in a directory: it leads nowhere else.
fn stays(name: &str) -> bool {
    let odd = |part: &str| part.is_empty() || part == "." || part == ".." || part.contains(['\0', '\\', ':']);
    defect::has(Defect::SkipNames) || !name.split('/').any(odd)
}

/// Whether a file of an array is a chunk (and no metadata document).
pub fn is_chunk(name: &str) -> bool {
    !name.starts_with('.') && name != "zarr.json"
}
