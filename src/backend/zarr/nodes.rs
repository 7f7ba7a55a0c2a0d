//! Changes to the tree of nodes: writing, grouping, deleting, moving, attributes.
//!
//! Each change is made to the overlay under the writer's mutex, after everything that can fail was done; with
//! `"staging": "disk"` it is committed before the call returns, and undone when that fails.

use std::path::Path;
use std::sync::{Arc, PoisonError};

use super::base::{Base, Found};
use super::encode::{Layout, encode, encode_to};
use super::files::Files;
use super::growing::{Growing, Slot};
use super::meta::Attributes;
use super::node::Node;
use super::pending::Raw;
use super::staged::{Change, Overlay, StagedArray, staged_bytes};
use super::{Writer, ZarrStore, base};
use crate::backend::{Child, Kind, Leaf, Object, Tree};
use crate::defect::Defect;
use crate::error::{ErrorKind, Result, err};
use crate::fs;
use crate::key::Key;
use crate::op::Op;
use crate::options::Staging;
use crate::value::{ArrayView, DType, are_automatic_dims, automatic_dims};

/// Chunks of a committed array that is changed but for its elements are held in memory up to this many bytes in all;
/// those of a larger one get second names.
const SMALL: u64 = 1 << 20;

impl ZarrStore {
    pub(super) fn put(&self, op: &Op, key: &Key, tree: Tree<'_>, layout: &Arc<Layout>) -> Result<()> {
        op.check()?;
        let mut changes = Vec::with_capacity(1);
        self.encode_tree(op, key, tree, layout, &mut changes)?;
        let mut writer = self.writer();
        let missing = self.check_way(key)?;
        let waiting: Vec<_> = changes.iter().filter_map(|(_, change)| waits(change)).collect();
        self.change(op, &mut writer, |overlay| {
            add_groups(overlay, missing);
            overlay.remove_below(key);
            for (key, change) in changes {
                overlay.put_at(key, change);
            }
        })?;
        drop(writer);
        for (array, bytes) in waiting {
            self.waiting.add(array, layout.cost(bytes));
        }
        Ok(())
    }

    fn encode_tree(
        &self,
        op: &Op,
        key: &Key,
        tree: Tree<'_>,
        layout: &Arc<Layout>,
        out: &mut Vec<(Key, Change)>,
    ) -> Result<()> {
        check_names(key)?;
        match tree {
            Tree::Leaf(mut leaf) => {
                check_bool(key, &leaf.view)?;
                if crate::defect::has(Defect::KeepAttributes) {
                    leaf.attributes = self
                        .with_node(key, |found| match found {
                            Found::Leaf(before) => Ok(before.attributes().clone()),
                            Found::Group(_) => Ok(Object::new()),
                        })
                        .unwrap_or_default();
                }
                let array = if self.staging != Staging::Disk && Raw::may_wait(&leaf.view, layout) {
                    let array = leaf.view.to_array().map_err(|e| e.context(key))?;
                    let (key, layout, limits) = (key.clone(), layout.clone(), self.limits);
                    let Leaf { kind, dims, attributes, .. } = leaf;
                    StagedArray::waiting(Raw { key, kind, dims, attributes, array, layout, limits })
                } else if self.staging != Staging::Memory && exceeds_budget(&leaf.view) {
                    self.encode_to_disk(op, key, leaf, layout)?
                } else {
                    let encoded = encode(op, key, leaf, layout)?;
                    let files = Files::Memory(Arc::new(encoded.chunks));
                    let node = Node::known(key.as_str(), files, encoded.meta, encoded.attributes, self.limits);
                    StagedArray::in_memory(Arc::new(node))
                };
                out.push((key.clone(), Change::Array(Arc::new(array))));
            }
            Tree::Group(children) => {
                out.push((key.clone(), Change::Group { fresh: true, attributes: Object::new() }));
                let mut names = std::collections::HashSet::new();
                for (name, child) in children {
                    let below = key.child(&name)?;
                    if !names.insert(name) {
                        let name = below.name();
                        return Err(err!(InvalidArgument, "{key}: the group has '{name}' twice"));
                    }
                    self.encode_tree(op, &below, child, layout, out)?;
                }
            }
        }
        Ok(())
    }

    /// An array that memory has no room for: each chunk goes to a hidden file as soon as it is encoded, and the commit
    /// gives these files their names.
    fn encode_to_disk(&self, op: &Op, key: &Key, leaf: Leaf<'_>, layout: &Layout) -> Result<StagedArray> {
        if self.read_only.load(std::sync::atomic::Ordering::Acquire) {
            return Err(err!(ReadOnly, "{key}: the store is read-only"));
        }
        let spill = self.spill_dir()?;
        let encoded = encode_to(op, key, leaf, layout, |bytes| spill.put(bytes).map(Slot::File))?;
        let growing = Growing::empty(encoded.meta.clone(), self.limits);
        encoded.chunks.into_iter().for_each(|(name, slot)| growing.put(name, slot));
        let files = Files::Growing(growing);
        let node = Node::known(key.as_str(), files, encoded.meta, encoded.attributes, self.limits);
        Ok(StagedArray::in_memory(Arc::new(node)))
    }

    /// The groups on the way to a key that are not there yet; `WrongKind` where an array is on the way.
    pub(super) fn check_way(&self, key: &Key) -> Result<Vec<Key>> {
        if self.read_only.load(std::sync::atomic::Ordering::Acquire) {
            return Err(err!(ReadOnly, "{key}: the store is read-only"));
        }
        #[cfg(windows)]
        self.check_case(key)?;
        let mut missing = Vec::new();
        for above in key.ancestor_texts() {
            // The usual case, without a copy of its attributes.
            if missing.is_empty() && self.overlay().is_group(above) {
                continue;
            }
            let above = Key::parse(above)?;
            if !missing.is_empty() {
                missing.push(above);
                continue;
            }
            match self.with_node(&above, |found| Ok(matches!(found, Found::Group(_)))) {
                Ok(true) => {}
                Ok(false) => return Err(err!(WrongKind, "{key}: {above} is an array, a group is needed")),
                Err(e) if e.kind() == ErrorKind::NotFound => missing.push(above),
                Err(e) => return Err(e),
            }
        }
        Ok(missing)
    }

    /// As [`ZarrStore::check_way`] of a node that must be there: below an array there is none.
    pub(super) fn check_there(&self, key: &Key) -> Result<()> {
        match self.check_way(key) {
            Err(e) if e.kind() == ErrorKind::WrongKind => Err(err!(NotFound, "{key}: not found")),
            checked => checked.map(drop),
        }
    }

    /// Names that differ only in case are one file on Windows.
    #[cfg(windows)]
    fn check_case(&self, key: &Key) -> Result<()> {
        let Some(parent) = key.parent() else { return Ok(()) };
        for child in self.children(&parent).unwrap_or_default() {
            if child.name != key.name() && child.name.to_lowercase() == key.name().to_lowercase() {
                return Err(err!(AlreadyExists, "{key}: '{}' differs only in case", child.name));
            }
        }
        Ok(())
    }

    /// Makes a change and whatever staging asks for; undoes it when that fails.
    pub(super) fn change(&self, op: &Op, writer: &mut Writer, edit: impl FnOnce(&mut Overlay)) -> Result<()> {
        writer.stale = true;
        let over_budget = self.staging == Staging::Auto && staged_bytes() > crate::config::staging_budget();
        if self.staging != Staging::Disk && !over_budget {
            edit(&mut self.overlay.write().unwrap_or_else(PoisonError::into_inner));
            return Ok(());
        }
        let before = self.overlay().clone();
        edit(&mut self.overlay.write().unwrap_or_else(PoisonError::into_inner));
        let result = if over_budget { self.spill() } else { self.commit_changes(op, writer) };
        if result.is_err() {
            let mut overlay = self.overlay.write().unwrap_or_else(PoisonError::into_inner);
            *overlay = before;
            // A node that was moved is at its new place already and at the old one still.
            writer.half.drain(..).for_each(|key| overlay.put(key, Change::Gone));
        }
        result
    }

    pub(super) fn children(&self, group: &Key) -> Result<Vec<Child>> {
        self.with_node(group, |found| match found {
            Found::Group(_) => Ok(()),
            Found::Leaf(_) => Err(err!(WrongKind, "{group}: wanted a group, found an array")),
        })?;
        let overlay = self.overlay();
        let mut names: std::collections::BTreeMap<String, Kind> = Default::default();
        if !overlay.hides(group) {
            names.extend(self.base().children(group, self.limits)?.into_iter().map(|child| (child.name, child.kind)));
        }
        for name in overlay.children(group) {
            match overlay.get(&group.child(&name)?) {
                Some(Change::Array(array)) => _ = names.insert(name, array.kind),
                Some(Change::Group { .. }) => _ = names.insert(name, Kind::Group),
                Some(Change::Gone) => _ = names.remove(&name),
                None => {}
            }
        }
        Ok(names.into_iter().map(|(name, kind)| Child { name, kind }).collect())
    }

    pub(super) fn make_group(&self, key: &Key) -> Result<()> {
        check_names(key)?;
        let mut writer = self.writer();
        let mut missing = self.check_way(key)?;
        match self.with_node(key, |found| Ok(matches!(found, Found::Group(_)))) {
            Ok(true) => return Ok(()),
            Ok(false) => return Err(err!(WrongKind, "{key}: is an array, a group is wanted")),
            Err(e) if e.kind() == ErrorKind::NotFound => missing.push(key.clone()),
            Err(e) => return Err(e),
        }
        self.change(&Op::quiet(), &mut writer, |overlay| add_groups(overlay, missing))
    }

    pub(super) fn remove(&self, key: &Key) -> Result<()> {
        let mut writer = self.writer();
        self.check_there(key)?;
        self.with_node(key, |_| Ok(())).or_else(|e| {
            // What is damaged can be deleted.
            if e.kind() == ErrorKind::NotFound { Err(e) } else { Ok(()) }
        })?;
        let below = !self.overlay().hides_above(key) && self.base().files(key)?.is_some();
        self.change(&Op::quiet(), &mut writer, |overlay| {
            if below {
                overlay.put(key.clone(), Change::Gone);
            } else {
                overlay.remove(key);
            }
        })
    }

    pub(super) fn move_node(&self, from: &Key, to: &Key) -> Result<()> {
        if to.is_in(from) {
            return Err(err!(InvalidArgument, "{from}: cannot be moved into itself, to {to}"));
        }
        check_names(to)?;
        let mut writer = self.writer();
        let missing = self.check_way(to)?;
        match self.with_node(to, |_| Ok(())) {
            Err(e) if e.kind() == ErrorKind::NotFound => {}
            Ok(()) => return Err(err!(AlreadyExists, "{from}: cannot be renamed, there is a node at {to}")),
            Err(e) => return Err(e),
        }
        let mut moved = Vec::new();
        self.collect(from, to, &mut moved)?;
        let below = !self.overlay().hides_above(from) && self.base().files(from)?.is_some();
        self.change(&Op::quiet(), &mut writer, |overlay| {
            if below {
                overlay.put(from.clone(), Change::Gone);
            } else {
                overlay.remove(from);
            }
            add_groups(overlay, missing);
            for (key, change) in moved {
                overlay.put_at(key, change);
            }
        })
    }

    /// The nodes at and below `from` as new nodes at and below `to`.
    fn collect(&self, from: &Key, to: &Key, out: &mut Vec<(Key, Change)>) -> Result<()> {
        let change = self.with_node(from, |found| match found {
            Found::Group(attributes) => Ok(Change::Group { fresh: true, attributes: attributes.user }),
            Found::Leaf(leaf) => {
                let node = editable(from, &leaf)?;
                if let Files::Growing(growing) = node.files()
                    && growing.has_base()
                {
                    // The committed version stays under the old name, and goes with it.
                    growing.detach(&self.spill_dir()?)?;
                }
                let mut attributes = node.attributes.clone();
                attributes.dims = Some(renamed_dims(from, to, node.dims()));
                self.restage(to, node, attributes).map(Change::Array)
            }
        })?;
        let group = matches!(change, Change::Group { .. });
        out.push((to.clone(), change));
        if group {
            for child in self.children(from)? {
                self.collect(&from.child(&child.name)?, &to.child(&child.name)?, out)?;
            }
        }
        Ok(())
    }

    /// A new version of an array that differs in its attributes.
    fn restage(&self, key: &Key, node: &Arc<Node>, attributes: Attributes) -> Result<Arc<StagedArray>> {
        let files = match node.files() {
            Files::Growing(growing) => Files::Growing(growing.clone()),
            Files::Dir(_) if node.stored_bytes()? > SMALL => {
                let growing = Growing::over(node);
                growing.detach(&self.spill_dir()?)?;
                Files::Growing(growing)
            }
            _ => Files::Memory(node.chunks()?),
        };
        let node = Node::known(key.as_str(), files, node.meta.clone(), attributes, self.limits);
        Ok(Arc::new(StagedArray::in_memory(Arc::new(node))))
    }

    pub(super) fn put_attributes(&self, key: &Key, attributes: Object) -> Result<()> {
        let mut writer = self.writer();
        self.check_there(key)?;
        let fresh = matches!(self.overlay().get(key), Some(Change::Group { fresh: true, .. }));
        let change = self.with_node(key, |found| match found {
            Found::Group(_) => Ok(Change::Group { fresh, attributes: attributes.clone() }),
            Found::Leaf(leaf) => {
                let node = editable(key, &leaf)?;
                let new = Attributes { user: attributes.clone(), ..node.attributes.clone() };
                self.restage(key, node, new).map(Change::Array)
            }
        })?;
        self.change(&Op::quiet(), &mut writer, |overlay| overlay.put_at(key.clone(), change))
    }

    pub(super) fn put_dimensions(&self, key: &Key, dims: &[String]) -> Result<()> {
        let mut writer = self.writer();
        self.check_there(key)?;
        let change = self.leaf(key, |leaf| {
            let node = editable(key, leaf)?;
            let new = Attributes { dims: Some(dims.to_vec()), ..node.attributes.clone() };
            self.restage(key, node, new).map(Change::Array)
        })?;
        self.change(&Op::quiet(), &mut writer, |overlay| overlay.put_at(key.clone(), change))
    }

    pub(super) fn node_path(&self, key: &Key) -> Result<String> {
        if let Base::Archive(archive, _) = self.base() {
            if archive.is_in_memory() {
                return Ok(format!("no file path for '{key}': the archive is in memory"));
            }
            return text(&join(archive.path(), key));
        }
        let mut writer = self.writer();
        if writer.lock.is_none() && !self.read_only.load(std::sync::atomic::Ordering::Acquire) {
            return Ok(format!("no file path for '{key}': the store is in memory"));
        }
        if writer.compressed {
            return text(&join(&self.archive, key));
        }
        if writer.lock.is_some() {
            let own = key.is_root() || key.as_str().to_ascii_lowercase().starts_with("visu");
            if own && !writer.replaces {
                self.make_real(&mut writer)?;
            } else {
                self.commit_changes(&Op::quiet(), &mut writer)?;
                self.make_real(&mut writer)?;
            }
        }
        text(&join(&self.root, key))
    }
}

/// An array that waits to be encoded, and its bytes.
fn waits(change: &Change) -> Option<(Arc<StagedArray>, u64)> {
    match change {
        Change::Array(array) => array.waiting_bytes().map(|bytes| (array.clone(), bytes)),
        _ => None,
    }
}

/// Whether an array by itself is more than all stores together may stage in memory.
fn exceeds_budget(view: &ArrayView<'_>) -> bool {
    let bytes = view.len() as u64 * view.dtype().size() as u64;
    view.dtype() != DType::String && bytes > crate::config::staging_budget()
}

fn check_bool(key: &Key, view: &ArrayView<'_>) -> Result<()> {
    if view.dtype() == DType::Bool && view.to_contiguous().iter().any(|&byte| byte > 1) {
        return Err(err!(InvalidArgument, "{key}: a bool element is neither 0 nor 1"));
    }
    Ok(())
}

/// Makes missing groups, outermost first.
pub(super) fn add_groups(overlay: &mut Overlay, missing: Vec<Key>) {
    for key in missing {
        overlay.put(key, Change::Group { fresh: true, attributes: Object::new() });
    }
}

/// Automatic dimension names follow the key.
fn renamed_dims(from: &Key, to: &Key, dims: Vec<String>) -> Vec<String> {
    if are_automatic_dims(from.as_str(), &dims) { automatic_dims(to.as_str(), dims.len()) } else { dims }
}

fn editable<'l>(key: &Key, leaf: &'l base::Leaf) -> Result<&'l Arc<Node>> {
    match leaf {
        base::Leaf::Own(node) => Ok(node),
        base::Leaf::Foreign(_) => {
            Err(err!(Unsupported, "{key}: an array of zarr format 3 with such codecs is only read"))
        }
    }
}

pub(super) fn check_names(key: &Key) -> Result<()> {
    key.as_str()
        .split('/')
        .filter(|name| !name.is_empty())
        .try_for_each(|name| fs::check_component(name).map_err(|e| e.context(key)))
}

fn join(path: &Path, key: &Key) -> std::path::PathBuf {
    if key.is_root() { path.to_owned() } else { path.join(key.as_str()) }
}

fn text(path: &Path) -> Result<String> {
    path.to_str().map(str::to_owned).ok_or_else(|| err!(Utf8, "{}: the path is no UTF-8", path.display()))
}
