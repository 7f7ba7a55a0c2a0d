//! The chunks of a store that is there, as they are stored.

use std::path::{Path, PathBuf};

use super::super::ZarrStore;
use super::super::base::{Base, Found, Leaf};
use super::{BulkArray, BulkWriter, Put};
use crate::backend::Kind;
use crate::error::{Result, err};
use crate::key::Key;
use crate::options::{Mode, Options};

/// A store whose chunks are taken as they are.
pub struct BulkSource {
    store: ZarrStore,
}

impl BulkSource {
    /// Opens a store for reading.
    ///
    /// # Errors
    /// As opening a store.
    pub fn open(path: &Path, options: &Options) -> Result<Self> {
        let options = Options { mode: Mode::Read, export: Some(false), ..options.clone() };
        Ok(Self { store: ZarrStore::open(path, &options)? })
    }

    /// The array of a key; `None` when there is none.
    ///
    /// # Errors
    /// `Unsupported` for one that is not written here, `WrongKind`, `Corrupt`.
    pub fn array(&self, key: &str) -> Result<Option<BulkArray>> {
        let key = Key::parse(key)?;
        let Some(found) = self.store.base().find(&key, self.store.limits)? else { return Ok(None) };
        match found {
            Found::Leaf(Leaf::Own(node)) if node.attributes.kind == Kind::Array => {
                Ok(Some(BulkArray { key, meta: node.meta.clone(), attributes: node.attributes.clone() }))
            }
            Found::Leaf(_) => Err(err!(Unsupported, "{key}: an array that is only read")),
            Found::Group(_) => Err(err!(WrongKind, "{key}: wanted an array, found a group")),
        }
    }

    /// Puts the first `chunks` chunks of an array, as they are stored, into a writer, and tells of each.
    ///
    /// # Errors
    /// `Corrupt` when one is damaged or missing, `Io`; what `tell` fails with.
    pub fn copy(
        &self,
        array: &BulkArray,
        (index, chunks): (usize, std::ops::Range<u64>),
        writer: &mut BulkWriter,
        tell: &mut dyn FnMut(Put) -> Result<()>,
    ) -> Result<()> {
        let key = array.key();
        let Some(Found::Leaf(Leaf::Own(node))) = self.store.base().find(key, self.store.limits)? else {
            return Err(err!(NotFound, "{key}: no such array"));
        };
        for chunk in chunks {
            let name = array.chunk_name(chunk);
            let bytes = node.chunk(&name, array.stored_limit(node.limits().decoded))?;
            let bytes = bytes.ok_or_else(|| err!(Corrupt, "{key}: chunk '{name}' is missing in the store"))?;
            let put = Put { array: index, chunk, size: bytes.len() as u64, crc: crc32fast::hash(&bytes) };
            let linked = match (&mut *writer, self.file(key, &name)) {
                (BulkWriter::Directory(writer), Some(file)) => writer.link(array, put, &file)?,
                _ => false,
            };
            if !linked {
                writer.put(array, put, &bytes)?;
            }
            tell(put)?;
        }
        Ok(())
    }

    /// The file of a chunk, where it is one.
    fn file(&self, key: &Key, name: &str) -> Option<PathBuf> {
        match self.store.base() {
            Base::Dir(root) => Some(root.join(key.as_str()).join(name)),
            _ => None,
        }
    }
}
