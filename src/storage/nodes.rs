//! Nodes without their elements: what there is, names, attributes.

use super::{SIZES_KEY, Storage};
use crate::backend::{Info, Kind, Object};
use crate::error::{Result, err};
use crate::value::{are_automatic_dims, automatic_dims};
use crate::{Key, Op};

impl Storage {
    /// What is known of a node without reading its elements; the empty key is the root group.
    ///
    /// # Errors
    /// `NotFound`, `Corrupt`.
    pub fn stat(&self, key: &str) -> Result<Info> {
        let (_guard, _op) = self.enter()?;
        self.backend.info(&Key::parse_or_root(key)?)
    }

    /// How many rows a chunk of an array has, where that is known: what is read at once costs the decoding of whole chunks.
    #[cfg(feature = "dataset")]
    pub(crate) fn chunk_rows(&self, key: &str) -> Result<Option<u64>> {
        let (_guard, _op) = self.enter()?;
        self.backend.chunk_rows(&Key::parse(key)?)
    }

    /// Whether there is a node.
    ///
    /// # Errors
    /// `InvalidArgument` for a malformed key; of the operating system.
    pub fn exists(&self, key: &str) -> Result<bool> {
        let (_guard, _op) = self.enter()?;
        self.backend.exists(&Key::parse_or_root(key)?)
    }

    /// The names of the top-level nodes, sorted.
    ///
    /// # Errors
    /// Of the operating system.
    pub fn keys(&self) -> Result<Vec<String>> {
        let (_guard, _op) = self.enter()?;
        Ok(self.backend.list(&Key::root())?.into_iter().map(|child| child.name).collect())
    }

    /// The full keys of the nodes in a group (the empty prefix is the root), sorted; with `recursive`, of all below.
    ///
    /// # Errors
    /// `NotFound`, `WrongKind` when the prefix is no group.
    pub fn list(&self, prefix: &str, recursive: bool) -> Result<Vec<(String, Kind)>> {
        let (_guard, op) = self.enter()?;
        let mut out = Vec::new();
        self.walk(&op, &Key::parse_or_root(prefix)?, recursive, &mut out)?;
        out.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(out.into_iter().map(|(key, kind)| (key.as_str().to_owned(), kind)).collect())
    }

    pub(super) fn walk(&self, op: &Op, group: &Key, recursive: bool, out: &mut Vec<(Key, Kind)>) -> Result<()> {
        for child in self.backend.list(group)? {
            op.check()?;
            let key = group.child(&child.name)?;
            out.push((key.clone(), child.kind));
            if recursive && child.kind == Kind::Group {
                self.walk(op, &key, true, out)?;
            }
        }
        Ok(())
    }

    /// Removes a node and all below it, with its sizes.
    ///
    /// # Errors
    /// `NotFound`, `ReadOnly`.
    pub fn delete(&self, key: &str) -> Result<()> {
        let (_guard, _op) = self.enter_write()?;
        let key = Key::parse(key)?;
        self.backend.delete(&key)?;
        let mut state = self.state_mut();
        state.dims.remove(&key);
        state.notes.forget(&key);
        let _ = state.metadata.delete(&format!("{SIZES_KEY}/{}", key.as_str()));
        Ok(())
    }

    /// Moves a node and all below it.
    ///
    /// With `"staging": "disk"`, a disk that fails in the midst of it may leave both, until the next commit.
    ///
    /// # Errors
    /// `NotFound`; `AlreadyExists` when `to` is taken; `InvalidArgument` when `to` lies inside `from`; `WrongKind` when an
    /// array is on the way to `to`.
    pub fn rename(&self, from: &str, to: &str) -> Result<()> {
        let (_guard, op) = self.enter_write()?;
        let (from, to) = (Key::parse(from)?, Key::parse(to)?);
        self.note_sizes(&op)?;
        self.backend.rename(&from, &to)?;
        self.rename_dims(&op, &from, &to)?;
        let mut state = self.state_mut();
        state.dims.forget();
        state.notes.forget(&from);
        state.notes.forget(&to);
        let old = format!("{SIZES_KEY}/{}", from.as_str());
        if let Ok(sizes) = state.metadata.get(&old).cloned() {
            let _ = state.metadata.delete(&old);
            let _ = state.metadata.set(&format!("{SIZES_KEY}/{}", to.as_str()), sizes);
        }
        Ok(())
    }

    /// Lets the automatic names of dimensions follow the keys of what was renamed.
    fn rename_dims(&self, op: &Op, from: &Key, to: &Key) -> Result<()> {
        let mut nodes = vec![(to.clone(), self.backend.layout(to)?.0)];
        if nodes[0].1 == Kind::Group {
            self.walk(op, to, true, &mut nodes)?;
        }
        for (key, _) in nodes.into_iter().filter(|(_, kind)| *kind != Kind::Group) {
            let old = format!("{from}{}", key.as_str().strip_prefix(to.as_str()).unwrap_or_default());
            let dims = self.backend.info(&key)?.dims;
            if !dims.is_empty() && are_automatic_dims(&old, &dims) {
                self.backend.set_dimensions(&key, &automatic_dims(key.as_str(), dims.len()))?;
            }
        }
        Ok(())
    }

    /// Makes an empty group, and those on the way; does nothing when there is one.
    ///
    /// # Errors
    /// `WrongKind` when the key, or one on the way, is an array.
    pub fn create_group(&self, key: &str) -> Result<()> {
        let (_guard, _op) = self.enter_write()?;
        self.backend.create_group(&Key::parse(key)?)
    }

    /// Sets the dimension names of an array.
    ///
    /// # Errors
    /// `NotFound`, `WrongKind` for a group, `ShapeMismatch` when there are not as many names as dimensions, `Schema` when
    /// the schema names others, `InvalidArgument` for an empty name.
    pub fn set_dimensions(&self, key: &str, names: &[&str]) -> Result<()> {
        let (_guard, _op) = self.enter_write()?;
        let key = Key::parse(key)?;
        let info = self.backend.info(&key)?;
        if info.kind == Kind::Group {
            return Err(err!(WrongKind, "{key}: wanted an array, found a {}", info.kind.word()));
        }
        if names.len() != info.shape.len() {
            return Err(err!(
                ShapeMismatch,
                "{key}: data has {} dimensions, {} names are given",
                info.shape.len(),
                names.len()
            ));
        }
        if let Some(empty) = names.iter().find(|name| name.is_empty() || name.contains('\0')) {
            return Err(err!(InvalidArgument, "{key}: dimension name '{}' is not usable", empty.escape_debug()));
        }
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        // The schema names arrays, neither bytes nor JSON.
        let schema = self.state().schema.clone().filter(|_| info.kind == Kind::Array);
        let wanted = schema.and_then(|schema| schema.dims_for(&key, names.len()));
        if let Some(wanted) = wanted.as_ref().filter(|wanted| **wanted != names) {
            return Err(err!(Schema, "{key}: schema names the dimensions {wanted:?}, given are {names:?}"));
        }
        // From now on its lengths count, which it may not have under the key that it was saved by.
        self.claimed(&key, &info.shape, wanted.as_deref(), || self.backend.set_dimensions(&key, &names))
    }

    /// The dimension names of an array.
    ///
    /// # Errors
    /// `NotFound`, `WrongKind` for a group.
    pub fn dimensions(&self, key: &str) -> Result<Vec<String>> {
        let info = self.stat(key)?;
        if info.kind == Kind::Group {
            return Err(err!(WrongKind, "{key}: wanted an array, found a group"));
        }
        Ok(info.dims)
    }

    /// The user's attributes of a node (the empty key is the root group).
    ///
    /// # Errors
    /// `NotFound`.
    pub fn attributes(&self, key: &str) -> Result<Object> {
        let (_guard, _op) = self.enter()?;
        self.backend.attributes(&Key::parse_or_root(key)?)
    }

    /// Replaces the user's attributes of a node.
    ///
    /// # Errors
    /// `NotFound`, `ReadOnly`, `InvalidArgument` for a name that the library keeps for itself (`_ARRAY_DIMENSIONS`, `_ds...`).
    pub fn set_attributes(&self, key: &str, attributes: Object) -> Result<()> {
        let (_guard, _op) = self.enter_write()?;
        let key = Key::parse_or_root(key)?;
        check_attributes(&key, &attributes)?;
        self.backend.set_attributes(&key, attributes)
    }
}

/// Refuses attributes whose names the library keeps for itself.
pub(super) fn check_attributes(key: &Key, attributes: &Object) -> Result<()> {
    match attributes.keys().find(|name| *name == "_ARRAY_DIMENSIONS" || name.starts_with("_ds")) {
        Some(name) => Err(err!(InvalidArgument, "{key}: attribute '{name}' is reserved")),
        None => Ok(()),
    }
}
