//! Reading data files, and putting together what a dirty one will hold.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value as Json;

use super::index::{DataFile, FileId, Index, JsonLeaf, JsonNode};
use super::{decode, encode};
use crate::backend::nodes::Node;
use crate::defect::{self, Defect};
use crate::error::{Result, err};
use crate::fs;
use crate::key::Key;
use crate::options::{Integrity, Options};

/// The directory, and how it is read.
#[derive(Debug)]
pub(super) struct Place {
    pub dir: PathBuf,
    pub integrity: Integrity,
    pub sync: crate::options::Sync,
    /// The largest array or document that a read decodes.
    pub limit: u64,
}

impl Place {
    pub fn new(dir: PathBuf, options: &Options) -> Self {
        let limit = if defect::has(Defect::SkipLimit) { u64::MAX } else { options.decoded() };
        Self { dir, integrity: options.integrity, sync: options.sync, limit }
    }

    /// The bytes of a data file as it was committed.
    ///
    /// # Errors
    /// `Corrupt` naming the key when the file is missing or not what was written.
    pub fn read(&self, file: &DataFile) -> Result<Vec<u8>> {
        let (key, name) = (&file.root, &file.name);
        let Some(committed) = &file.committed else {
            return Err(err!(Internal, "{key}: has no file yet"));
        };
        let checks = self.integrity == Integrity::Check && !defect::has(Defect::SkipChecksum);
        // One byte more than recorded is enough to tell that a file grew. JSON text is longer than what it decodes to.
        let most = self.limit.saturating_mul(8);
        let limit = if checks { committed.bytes.min(most) } else { most };
        let dir = fs::Dir::open(&self.dir)?;
        let mut bytes = None;
        if let Some(pending) = &committed.pending {
            bytes = dir.try_read(pending, limit).map_err(|e| e.context(key))?;
        }
        if bytes.is_none() {
            bytes = dir.try_read(name, limit).map_err(|e| e.context(key))?;
        }
        let bytes = bytes.ok_or_else(|| err!(Corrupt, "{key}: its file '{name}' is missing"))?;
        let (length, crc) = (bytes.len() as u64, if checks { crc32fast::hash(&bytes) } else { committed.crc });
        if checks && (length, crc) != (committed.bytes, committed.crc) {
            return Err(err!(
                Corrupt,
                "{key}: '{name}' has {length} bytes and crc32 {crc:08x}, recorded are {} and {:08x}",
                committed.bytes,
                committed.crc
            ));
        }
        Ok(bytes)
    }

    /// The bytes that hold a leaf, and the names that lead to it.
    pub fn locate<'k>(&self, index: &Index, key: &'k Key, leaf: &JsonLeaf) -> Result<(Arc<[u8]>, Vec<&'k str>)> {
        match &leaf.staged {
            Some(text) => Ok((Arc::clone(text), Vec::new())),
            None => Ok((self.read(index.file(leaf.file)?)?.into(), index.inner_path(key, leaf.file)?)),
        }
    }
}

/// The JSON texts of leaves one after the other; an object file is read once for all leaves in it.
pub(super) struct Texts<'a> {
    place: &'a Place,
    index: &'a Index,
    object: Option<(FileId, Json)>,
}

impl<'a> Texts<'a> {
    pub fn new(place: &'a Place, index: &'a Index) -> Self {
        Self { place, index, object: None }
    }

    /// The JSON text of a leaf.
    pub fn of(&mut self, key: &Key, leaf: &JsonLeaf) -> Result<Arc<[u8]>> {
        if let Some(text) = &leaf.staged {
            return Ok(Arc::clone(text));
        }
        let path = self.index.inner_path(key, leaf.file)?;
        if path.is_empty() {
            return Ok(self.place.read(self.index.file(leaf.file)?)?.into());
        }
        if self.object.as_ref().is_none_or(|(id, _)| *id != leaf.file) {
            let bytes = self.place.read(self.index.file(leaf.file)?)?;
            self.object = Some((leaf.file, decode::json(&bytes, &[]).map_err(|e| e.context(key))?));
        }
        let object = self.object.as_ref().map(|(_, object)| object);
        let value = path.iter().try_fold(object, |value, name| Some(value?.get(name))).flatten();
        let value = value.ok_or_else(|| err!(Corrupt, "{key}: its file does not hold it"))?;
        let mut text = Vec::new();
        encode::scalar(&mut text, value)?;
        Ok(text.into())
    }

    /// What a file holds by the index: the text of its leaf, or an object.
    pub fn file(&mut self, file: &DataFile) -> Result<Vec<u8>> {
        let mut out = Vec::new();
        self.node(&mut out, &file.root, self.index.nodes.get(&file.root)?)?;
        Ok(out)
    }

    fn node(&mut self, out: &mut Vec<u8>, key: &Key, node: &JsonNode) -> Result<()> {
        let group = match node {
            Node::Leaf(leaf) => {
                out.extend_from_slice(&self.of(key, leaf)?);
                return Ok(());
            }
            Node::Group(group) => group,
        };
        let mut separator: &[u8] = b"{\n";
        for (name, child) in &group.children {
            out.extend_from_slice(separator);
            encode::scalar(out, name)?;
            out.extend_from_slice(b": ");
            self.node(out, &key.child(name)?, child)?;
            separator = b",\n";
        }
        out.extend_from_slice(if group.children.is_empty() { b"{}" } else { b"\n}" });
        Ok(())
    }
}
