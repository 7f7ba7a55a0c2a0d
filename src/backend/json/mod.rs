//! The JSON backend: a directory of `.json` files that people and other tools read.
//!
//! - A leaf saved by its own key is one file with a bare, nested list (or scalar): `face/areas` is `face_areas.json`.
//! - A group saved as a value is one file with an object; its leaves are nested in it, and whatever is saved below it
//!   later goes into the same object. A lookup does not care: every node knows its file and its place there.
//! - `metadata.json` holds the user's metadata and, under a private key, the record: keys, kinds, types, shapes,
//!   dimension names, attributes, file names and checksums. An empty group is in the record only.
//! - Without a record the directory is another program's: the stem of a file is its key and types are guessed. The
//!   first commit makes a record; the files stay as they are.
//!
//! Saves are kept in memory, as JSON text, until a commit point (`flush`, `close`, or asking for the path of a node);
//! how several files change as one is told in `commit`. A store that is read while another process commits to it
//! looks again when a file is not the recorded one.
//!
//! Not kept: the payload of a NaN, the order of names in a group, the layout of a JSON value. Limits: arrays of 64
//! dimensions, JSON values of 64 levels, 60 groups deep in one object. Reading a box of an array reads all of its
//! file: this is a format for looking at data, not for large data.

mod commit;
mod decode;
mod encode;
mod files;
mod foreign;
mod index;
mod names;
mod open;
mod record;
#[cfg(test)]
mod tests;
mod value;
mod verify;

pub use value::value_to_json;

use std::path::Path;
use std::sync::{Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use self::files::{Place, Texts};
use self::index::{Index, JsonLeaf, JsonNode, NEW_FILE};
use super::nodes::{Group, Node};
use super::{Backend, Child, Finding, Info, Kind, Leaf, NewArray, Object, Region, Stored, Tree};
use crate::defect::{Defect, has};
use crate::error::{ErrorKind, Result, err};
use crate::fs::WriterLock;
use crate::json_text::weigh;
use crate::key::Key;
use crate::op::Op;
use crate::options::Options;
use crate::value::{Array, ArrayView, DType, element_count, region};

/// Commits of another process that one read gets out of the way of.
const COMMITS: usize = 1000;

/// A store in a directory of JSON files.
#[derive(Debug)]
pub struct JsonDir {
    place: Place,
    read_only: bool,
    index: RwLock<Index>,
    /// Held by a writer until it closes.
    lock: Mutex<Option<WriterLock>>,
}

impl JsonDir {
    /// Opens, or makes, a store by the mode of the options.
    ///
    /// # Errors
    /// `NotFound`, `AlreadyExists`, `InvalidArgument` when the directory is no JSON store, `Busy` when another writer
    /// has it, `Corrupt`, `Io`.
    pub fn open(dir: &Path, options: &Options) -> Result<Self> {
        open::open(dir, options)
    }

    // A thread that panicked while it held the lock left the index whole: it is changed in steps that do not fail.
    fn read_index(&self) -> RwLockReadGuard<'_, Index> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn check_writable(&self) -> Result<()> {
        if self.read_only {
            return Err(err!(ReadOnly, "{}: opened for reading only", self.place.dir.display()));
        }
        Ok(())
    }

    fn write_index(&self) -> Result<RwLockWriteGuard<'_, Index>> {
        self.check_writable()?;
        Ok(self.index.write().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads a leaf; a reader that finds another file than recorded looks whether the store was committed to meanwhile,
    /// as often as that is so.
    fn load(&self, key: &Key) -> Result<Stored> {
        for _ in 0..COMMITS {
            let (found, commit) = {
                let index = self.read_index();
                (load(&self.place, &index, key), index.commit)
            };
            match &found {
                Err(e) if self.read_only && e.kind() == ErrorKind::Corrupt && !has(Defect::SkipRetry) => {}
                _ => return found,
            }
            match open::reload(&self.place) {
                Ok(index) if index.commit != commit => {
                    *self.index.write().unwrap_or_else(PoisonError::into_inner) = index;
                }
                _ => return found,
            }
        }
        load(&self.place, &self.read_index(), key)
    }
}

fn load(place: &Place, index: &Index, key: &Key) -> Result<Stored> {
    let leaf = index.nodes.leaf(key)?;
    let (text, path) = place.locate(index, key, leaf)?;
    let array = if leaf.kind == Kind::Json {
        weigh(&text, place.limit).and_then(|()| decode::json(&text, &path)).map(|json| Array::string(json.to_string()))
    } else {
        decode::array(&text, &path, leaf.dtype, &leaf.shape, place.limit)
    };
    Ok(Stored { kind: leaf.kind, array: array.map_err(|e| e.context(key))? })
}

fn build(op: &Op, key: &Key, tree: Tree<'_>) -> Result<JsonNode> {
    op.check()?;
    let children = match tree {
        Tree::Leaf(leaf) => return build_leaf(key, leaf).map(Node::Leaf),
        Tree::Group(children) => children,
    };
    let mut group = Group::new((!key.is_root()).then_some(NEW_FILE));
    for (name, child) in children {
        let node = build(op, &key.child(&name)?, child)?;
        if group.children.insert(name.clone(), node).is_some() {
            return Err(err!(InvalidArgument, "{key}: holds '{name}' twice"));
        }
    }
    Ok(Node::Group(group))
}

fn build_leaf(key: &Key, leaf: Leaf<'_>) -> Result<JsonLeaf> {
    let text = encode::leaf(key, &leaf)?;
    Ok(JsonLeaf {
        kind: leaf.kind,
        dtype: leaf.view.dtype(),
        shape: leaf.view.shape().to_vec(),
        dims: leaf.dims,
        attributes: leaf.attributes,
        file: NEW_FILE,
        stored: text.len() as u64,
        staged: Some(text.into()),
        fill: None,
    })
}

/// The leaf that an array becomes when its elements change: all but these stays.
fn rebuilt(key: &Key, before: &JsonLeaf, array: &Array) -> Result<JsonLeaf> {
    let (dims, attributes) = (before.dims.clone(), before.attributes.clone());
    let leaf = build_leaf(key, Leaf { kind: before.kind, view: array.view(), dims, attributes })?;
    Ok(JsonLeaf { fill: before.fill.clone(), ..leaf })
}

fn stored_bytes(node: &JsonNode) -> u64 {
    match node {
        Node::Leaf(leaf) => leaf.stored,
        Node::Group(group) => group.children.values().map(stored_bytes).sum(),
    }
}

/// Reads the texts of all leaves at and below a key into memory, so that they no longer need their files.
fn stage(place: &Place, index: &mut Index, key: &Key) -> Result<()> {
    let mut staged = Vec::new();
    let mut texts = Texts::new(place, index);
    index.nodes.get(key)?.walk(key, &mut |key, node| {
        if let Node::Leaf(leaf) = node {
            staged.push((key.clone(), texts.of(key, leaf)?));
        }
        Ok(())
    })?;
    for (key, text) in staged {
        index.nodes.leaf_mut(&key)?.staged = Some(text);
    }
    Ok(())
}

impl JsonDir {
    /// Rewrites an array as a whole with its elements changed; `false` when `change` says that nothing is to change.
    fn edit(&self, op: &Op, key: &Key, change: impl FnOnce(&mut Array, &Array) -> Result<bool>) -> Result<bool> {
        let mut index = self.write_index()?;
        op.check()?;
        let mut array = load(&self.place, &index, key)?.array;
        let before = index.nodes.leaf(key)?.clone();
        let fill = match &before.fill {
            Some(fill) => crate::codec::fill_element(before.dtype, fill).map_err(|e| e.context(key))?,
            None => Array::zero(before.dtype),
        };
        if !change(&mut array, &fill)? {
            return Ok(false);
        }
        let leaf = rebuilt(key, &before, &array)?;
        index.insert(key, Node::Leaf(leaf))?;
        Ok(true)
    }
}

impl Backend for JsonDir {
    fn format(&self) -> &'static str {
        "json"
    }

    fn read_only(&self) -> bool {
        self.read_only
    }

    fn path(&self, key: &Key) -> Result<String> {
        let path = |name: &str| self.place.dir.join(name).display().to_string();
        let index = self.read_index();
        let file = match index.nodes.get(key) {
            Ok(Node::Leaf(leaf)) => index.file(leaf.file)?.clone(),
            Ok(Node::Group(Group { extra: Some(id), .. })) => index.file(*id)?.clone(),
            Ok(Node::Group(_)) => return Ok(self.place.dir.display().to_string()),
            Err(_) => return Ok(path(&index.free_name(key))),
        };
        drop(index);
        if file.dirty {
            let mut index = self.write_index()?;
            let metadata = index.metadata.clone();
            commit::commit(&self.place, &mut index, &Op::quiet(), &metadata, false)?;
        }
        Ok(path(&file.name))
    }

    fn write(&self, op: &Op, key: &Key, tree: Tree<'_>) -> Result<()> {
        self.check_writable()?;
        let node = build(op, key, tree)?;
        self.write_index()?.insert(key, node)
    }

    fn read(&self, op: &Op, key: &Key, region: Option<&Region>) -> Result<Stored> {
        op.check()?;
        let mut stored = self.load(key)?;
        if let Some(region) = region {
            region.check(key, stored.array.shape())?;
            stored.array = region::cut(&stored.array, region).map_err(|e| e.context(key))?;
        }
        Ok(stored)
    }

    fn read_into(&self, op: &Op, key: &Key, region: Option<&Region>, out: &mut [u8]) -> Result<()> {
        region::copy_out(key, &self.read(op, key, None)?.array, region, out)
    }

    fn create(&self, op: &Op, key: &Key, new: NewArray) -> Result<()> {
        op.check()?;
        let fill = new.fill.clone().unwrap_or_else(|| Array::zero(new.dtype));
        let array = Array::filled(new.shape, &fill).map_err(|e| e.context(key))?;
        let (dims, attributes) = (new.dims, new.attributes);
        let mut leaf = build_leaf(key, Leaf { kind: Kind::Array, view: array.view(), dims, attributes })?;
        leaf.fill = new.fill.as_ref().map(crate::codec::fill_json);
        let mut index = self.write_index()?;
        if index.nodes.get(key).is_ok() {
            return Err(err!(AlreadyExists, "{key}: cannot be created, there is a node"));
        }
        index.insert(key, Node::Leaf(leaf))
    }

    fn write_region(&self, op: &Op, key: &Key, region: &Region, view: &ArrayView<'_>) -> Result<()> {
        self.edit(op, key, |array, _| {
            region.check_view(key, array, view)?;
            array.patch(&region.offset, view).map(|()| true).map_err(|e| e.context(key))
        })
        .map(|_| ())
    }

    fn resize(&self, op: &Op, key: &Key, shape: &[u64]) -> Result<()> {
        let resize = |array: &mut Array, fill: &Array| array.resize(shape, fill).map(|()| true);
        self.edit(op, key, |array, fill| resize(array, fill).map_err(|e| e.context(key))).map(|_| ())
    }

    fn append(&self, op: &Op, key: &Key, view: &ArrayView<'_>, axis: usize, from: &[u64]) -> Result<bool> {
        self.edit(op, key, |array, fill| {
            if array.shape() != from {
                return Ok(false);
            }
            array.append(view, axis, fill).map(|()| true).map_err(|e| e.context(key))
        })
    }

    fn info(&self, key: &Key) -> Result<Info> {
        let index = self.read_index();
        let node = index.nodes.get(key)?;
        let leaf = match node {
            Node::Leaf(leaf) => leaf,
            Node::Group(group) => return Ok(Info::of_group(group.children.len() as u64, stored_bytes(node))),
        };
        let elements = element_count(&leaf.shape, leaf.dtype)? as u64;
        Ok(Info {
            kind: leaf.kind,
            dtype: Some(leaf.dtype),
            shape: leaf.shape.clone(),
            dims: leaf.dims.clone(),
            elements,
            bytes: if leaf.dtype == DType::String { 0 } else { elements * leaf.dtype.size() as u64 },
            stored_bytes: leaf.stored,
            chunks: 1,
        })
    }

    fn list(&self, key: &Key) -> Result<Vec<Child>> {
        Ok(self.read_index().nodes.group(key)?.list())
    }

    fn create_group(&self, key: &Key) -> Result<()> {
        self.write_index()?.create_group(key)
    }

    fn delete(&self, key: &Key) -> Result<()> {
        self.write_index()?.delete(key)
    }

    fn rename(&self, from: &Key, to: &Key) -> Result<()> {
        let mut index = self.write_index()?;
        index.check_rename(from, to)?;
        stage(&self.place, &mut index, from)?;
        index.rename(from, to)
    }

    fn attributes(&self, key: &Key) -> Result<Object> {
        match self.read_index().nodes.get(key)? {
            Node::Group(group) => Ok(group.attributes.clone()),
            Node::Leaf(leaf) => Ok(leaf.attributes.clone()),
        }
    }

    fn set_attributes(&self, key: &Key, attributes: Object) -> Result<()> {
        let mut index = self.write_index()?;
        match index.nodes.get_mut(key)? {
            Node::Group(group) => group.attributes = attributes,
            Node::Leaf(leaf) => leaf.attributes = attributes,
        }
        index.dirty = true;
        Ok(())
    }

    fn set_dimensions(&self, key: &Key, dims: &[String]) -> Result<()> {
        let mut index = self.write_index()?;
        index.nodes.leaf_mut(key)?.dims = dims.to_vec();
        index.dirty = true;
        Ok(())
    }

    fn load_metadata(&self) -> Result<Object> {
        Ok(self.read_index().metadata.clone())
    }

    fn flush(&self, op: &Op, metadata: &Object) -> Result<()> {
        if self.read_only {
            return op.check();
        }
        commit::commit(&self.place, &mut *self.write_index()?, op, metadata, false)
    }

    fn compress(&self, op: &Op, metadata: &Object) -> Result<u64> {
        self.flush(op, metadata)?;
        Ok(0)
    }

    fn close(&self, op: &Op, metadata: &Object, _: &Object) -> Result<()> {
        let flushed = self.flush(op, metadata);
        self.discard();
        flushed
    }

    fn discard(&self) {
        *self.index.write().unwrap_or_else(PoisonError::into_inner) = Index::default();
        drop(self.lock.lock().unwrap_or_else(PoisonError::into_inner).take());
    }

    fn verify(&self, op: &Op, repair: bool) -> Result<Vec<Finding>> {
        if repair {
            verify::repair(&self.place, &mut *self.write_index()?, op)
        } else {
            verify::findings(&self.place, &self.read_index(), op)
        }
    }
}
