//! Commit points of a directory: staged changes become files.
//!
//! Everything is written first into hidden directories on the same file system, then synced in one pass, and only then
//! given its name, one rename a node: an array, or a whole new group, appears as a whole, an overwritten one is the old
//! or the new. What was published leaves the overlay at once, so that a commit that fails half way can be tried again.
//! Consolidated metadata are taken away before anything that they describe changes, and written again at the end
//! ([`super::consolidate`]).

use std::path::Path;
use std::sync::{Arc, PoisonError};

use super::archive::METADATA;
use super::base::{Base, Found, Leaf};
use super::documents::Format;
use super::files::Files;
use super::group_record;
use super::meta::Attributes;
use super::node::{Node, Opened};
use super::record::{self, Record};
use super::staged::{Change, Overlay, StagedArray};
use super::{Writer, ZarrStore, superseded};
use crate::backend::Object;
use crate::defect::Defect;
use crate::error::{Result, err};
use crate::key::Key;
use crate::op::{Cancel, Op};
use crate::options::Sync;
use crate::{fs, metadata};

/// The name of the consolidated metadata.
pub const ZMETADATA: &str = ".zmetadata";

/// What one rename, or removal, publishes.
struct Unit {
    key: Key,
    /// The new node; `None` when it is only removed.
    staged: Option<fs::StagedDir>,
    /// Whether the store had a node there.
    replaces: bool,
}

impl ZarrStore {
    /// Commits the changes and the documents of the store.
    pub(super) fn commit_all(&self, op: &Op, writer: &mut Writer, document: &Object) -> Result<()> {
        op.check()?;
        self.commit_nodes(op, writer, Some(document))?;
        self.make_real(writer)?;
        writer.provisional = false;
        if writer.metadata.as_ref() != Some(document) {
            let bytes = metadata::to_bytes(document, &[])?;
            fs::publish_file(&self.root.join(METADATA), &bytes, self.sync)?;
            writer.metadata = Some(document.clone());
        }
        if writer.stale || !self.is_consolidated()? {
            let (name, text) = self.consolidate(op)?;
            fs::publish_file(&self.root.join(name), text.as_bytes(), self.sync)?;
            writer.stale = false;
        }
        self.take_over(writer)
    }

    /// Commits the changes to nodes.
    pub(super) fn commit_changes(&self, op: &Op, writer: &mut Writer) -> Result<()> {
        self.commit_nodes(op, writer, None)?;
        if writer.provisional { Ok(()) } else { self.take_over(writer) }
    }

    /// The directory is valid now, and no archive that it was written over.
    fn take_over(&self, writer: &mut Writer) -> Result<()> {
        if writer.supersedes {
            self.forget_archive()?;
            writer.supersedes = false;
        }
        Ok(())
    }

    fn commit_nodes(&self, op: &Op, writer: &mut Writer, document: Option<&Object>) -> Result<()> {
        if self.overlay().is_empty() && !writer.replaces {
            return writer.retired.settle(self.sync);
        }
        self.waiting.settle(op.cancel())?;
        match (self.base(), writer.replaces) {
            (Base::Dir(_), false) => {
                self.commit_units(op, writer)?;
                // What is committed to it is not discarded with it.
                writer.provisional = false;
                Ok(())
            }
            _ => self.commit_root(op, writer, document),
        }
    }

    /// Publishes a whole new store with one rename, its metadata with it where they are committed too.
    fn commit_root(&self, op: &Op, writer: &mut Writer, document: Option<&Object>) -> Result<()> {
        let staged = fs::StagedDir::create(fs::parent(&self.root))?;
        let overlay = self.overlay().clone();
        write_tree(op, &overlay, self.zarr_format(), &Key::root(), staged.path())?;
        if let Some(document) = document {
            fs::publish_file(&staged.path().join(METADATA), &metadata::to_bytes(document, &[])?, Sync::None)?;
        }
        if self.sync == Sync::Full {
            fs::sync_tree(staged.path())?;
        }
        let old = if writer.replaces {
            staged.publish_keeping(&self.root)?
        } else {
            self.clear_empty_root()?;
            staged.publish_new(&self.root)?;
            None
        };
        writer.retired.add(&self.root, old);
        writer.metadata = document.cloned();
        writer.replaces = false;
        writer.provisional = false;
        self.set_base();
        *self.overlay.write().unwrap_or_else(PoisonError::into_inner) = Overlay::default();
        writer.retired.settle(self.sync)
    }

    /// Takes an empty directory out of the way of a new store.
    fn clear_empty_root(&self) -> Result<()> {
        if fs::path_kind(&self.root)? == Some(fs::EntryKind::Dir) { fs::remove_empty_dir(&self.root) } else { Ok(()) }
    }

    fn set_base(&self) {
        *self.base.write().unwrap_or_else(PoisonError::into_inner) = Base::Dir(self.root.clone());
    }

    /// Makes the directory, with nothing in it, when there is none.
    pub(super) fn make_real(&self, writer: &mut Writer) -> Result<()> {
        if matches!(self.base(), Base::Dir(_)) {
            return Ok(());
        }
        if writer.replaces {
            return self.commit_changes(&Op::quiet(), writer);
        }
        let staged = fs::StagedDir::create(fs::parent(&self.root))?;
        write_group(self.zarr_format(), &Key::root(), &Object::new(), staged.path())?;
        let supersedes = superseded::note_old(&self.archive, staged.path())?;
        if self.sync == Sync::Full {
            fs::sync_tree(staged.path())?;
        }
        self.clear_empty_root()?;
        staged.publish_new(&self.root)?;
        writer.retired.add(&self.root, None);
        writer.provisional = true;
        writer.supersedes = supersedes;
        self.set_base();
        writer.retired.settle(self.sync)
    }

    /// Publishes changes to a directory that is there.
    fn commit_units(&self, op: &Op, writer: &mut Writer) -> Result<()> {
        let overlay = self.overlay().clone();
        let (mut units, mut attributes) = (Vec::new(), Vec::new());
        let total = overlay.iter().count() as u64;
        for (done, (key, change)) in overlay.iter().enumerate() {
            op.progress("flush", done as u64, total)?;
            if overlay.hides_above(key) {
                continue;
            }
            match change {
                Change::Group { fresh: false, attributes: new } => attributes.push((key, new)),
                change => units.push(self.stage_unit(op, &overlay, key, change)?),
            }
        }
        if self.sync == Sync::Full {
            let staged: Vec<&Path> = units.iter().filter_map(|u| u.staged.as_ref()).map(fs::StagedDir::path).collect();
            sync_trees(&staged)?;
        }
        if units.iter().any(|unit| unit.replaces) || !attributes.is_empty() {
            self.drop_consolidated()?;
        }
        // New nodes before removals: what was renamed is never at neither place.
        units.sort_by_key(|unit| unit.staged.is_none());
        // What is replaced stays until its successor is durable, and nobody finds the staged version any more, which may
        // read from it.
        writer.half.clear();
        for unit in units {
            let (key, is_new) = (unit.key.clone(), unit.staged.is_some() && !unit.replaces);
            writer.retired.add(&self.root.join(key.as_str()), self.publish_unit(unit)?);
            writer.half.extend(is_new.then(|| key.clone()));
            self.overlay.write().unwrap_or_else(PoisonError::into_inner).remove(&key);
        }
        writer.half.clear();
        for (key, new) in attributes {
            let dir = if key.is_root() { self.root.clone() } else { self.root.join(key.as_str()) };
            group_record::publish(self.zarr_format(), &dir, key.as_str(), new, self.sync)?;
            self.overlay.write().unwrap_or_else(PoisonError::into_inner).remove_at(key);
        }
        writer.retired.settle(self.sync)
    }

    fn stage_unit(&self, op: &Op, overlay: &Overlay, key: &Key, change: &Change) -> Result<Unit> {
        let there = self.base().files(key)?.is_some();
        // A directory of that name that is no node is somebody else's: it is not replaced.
        let replaces = there && !matches!(self.base().find(key, self.limits), Ok(None));
        if there && !replaces {
            return Err(err!(AlreadyExists, "{key}: a directory of that name is there that is no node of the store"));
        }
        let staged = match change {
            Change::Gone => None,
            _ => {
                let staged = fs::StagedDir::create(&self.root)?;
                write_tree(op, overlay, self.zarr_format(), key, staged.path())?;
                Some(staged)
            }
        };
        Ok(Unit { key: key.clone(), staged, replaces })
    }

    fn publish_unit(&self, unit: Unit) -> Result<Option<fs::StagedDir>> {
        let path = self.root.join(unit.key.as_str());
        match unit.staged {
            Some(staged) if unit.replaces => staged.publish_keeping(&path),
            Some(staged) => staged.publish_new(&path).map(|()| None),
            None if unit.replaces && crate::defect::has(Defect::KeepDeleted) => Ok(None),
            None if unit.replaces => fs::set_aside(&path).map(Some),
            None => Ok(None),
        }
        .map_err(|e| e.context(&unit.key))
    }

    /// Moves staged arrays to hidden directories: the process has more staged than its budget.
    pub(super) fn spill(&self) -> Result<()> {
        self.waiting.settle(&Cancel::never())?;
        // Beside a store that is not there yet: an empty directory would hide the archive that this one may become.
        let place = if matches!(self.base(), Base::Dir(_)) { self.root.as_path() } else { fs::parent(&self.root) };
        let staged: Vec<(Key, Arc<StagedArray>)> = self
            .overlay()
            .iter()
            .filter_map(|(key, change)| match change {
                Change::Array(array) if array.spilled.is_none() => Some((key.clone(), array.clone())),
                _ => None,
            })
            .collect();
        for (key, array) in staged {
            if let Some(growing) = array.growing() {
                growing.spill(&self.spill_dir()?).map_err(|e| e.context(&key))?;
                continue;
            }
            let dir = fs::StagedDir::create(place)?;
            write_array(&key, &*array.node()?, dir.path()).map_err(|e| e.context(&key))?;
            let files = Files::Dir(Arc::new(fs::Dir::open(dir.path())?));
            let Opened::Array(node) = Node::open(key.as_str(), files, self.limits)? else {
                return Err(err!(Internal, "{key}: a spilled array is not there"));
            };
            let spilled = Arc::new(StagedArray::on_disk(node.into(), dir));
            self.overlay.write().unwrap_or_else(PoisonError::into_inner).put_at(key, Change::Array(spilled));
        }
        Ok(())
    }

    /// Visits every node, a group before its children; one that lost a child is refused.
    pub(super) fn each_node(&self, op: &Op, key: &Key, visit: &mut dyn FnMut(&Key, Found) -> Result<()>) -> Result<()> {
        op.check()?;
        if key.is_root() && matches!(self.base(), Base::Empty) {
            return self.each_staged(op, visit);
        }
        let mut group = false;
        let found = std::cell::RefCell::new(None);
        self.with_node(key, |node| {
            *found.borrow_mut() = Some(node);
            Ok(())
        })?;
        if let Some(node) = found.into_inner() {
            group = matches!(node, Found::Group(_));
            visit(key, node)?;
        }
        if group {
            let children = self.children(key)?;
            self.check_none_lost(key, &children)?;
            for child in children {
                self.each_node(op, &key.child(&child.name)?, visit)?;
            }
        }
        Ok(())
    }
}

impl ZarrStore {
    /// Visits every node of a store that has nothing but what is staged: no look-up is needed.
    fn each_staged(&self, op: &Op, visit: &mut dyn FnMut(&Key, Found) -> Result<()>) -> Result<()> {
        let overlay = self.overlay().clone();
        if overlay.get(&Key::root()).is_none() {
            visit(&Key::root(), Found::Group(Attributes::group(Object::new())))?;
        }
        for (key, change) in overlay.iter() {
            op.check()?;
            match change {
                Change::Gone => {}
                Change::Group { attributes, .. } => {
                    visit(key, Found::Group(Attributes::group(attributes.clone())))?;
                }
                Change::Array(array) => visit(key, Found::Leaf(Leaf::Own(array.node()?)))?,
            }
        }
        Ok(())
    }
}

/// Syncs several directories with all in them.
fn sync_trees(dirs: &[&Path]) -> Result<()> {
    dirs.iter().try_for_each(|dir| fs::sync_tree(dir))
}

/// Writes the node of a key, and those below it, into an empty directory.
fn write_tree(op: &Op, overlay: &Overlay, format: Format, top: &Key, dir: &Path) -> Result<()> {
    let place = |key: &Key| {
        let below = if top.is_root() { key.as_str() } else { key.as_str().get(top.as_str().len() + 1..).unwrap_or("") };
        if below.is_empty() { dir.to_owned() } else { dir.join(below) }
    };
    if top.is_root() && overlay.get(top).is_none() {
        write_group(format, top, &Object::new(), dir)?;
    }
    for (key, change) in overlay.within(top) {
        op.check()?;
        let dir = place(key);
        match change {
            Change::Gone => {}
            Change::Group { attributes, .. } => write_group(format, key, attributes, &dir)?,
            Change::Array(array) => write_array(key, &*array.node()?, &dir)?,
        }
    }
    Ok(())
}

/// Writes the documents of a group and its record; of the root also a metadata document, empty until the first commit.
fn write_group(format: Format, key: &Key, attributes: &Object, dir: &Path) -> Result<()> {
    fs::create_dirs(dir)?;
    format.group(&Attributes::group(attributes.clone()), &mut |name, text| {
        fs::write_new(&dir.join(name), text.as_bytes())
    })?;
    if key.is_root() {
        fs::write_new(&dir.join(METADATA), &metadata::to_bytes(&Object::new(), &[])?)?;
    }
    fs::write_new(&dir.join(record::NAME), &group_record::new(key.as_str(), attributes).to_bytes())
}

/// Writes every file of an array and its record.
fn write_array(key: &Key, node: &Node, dir: &Path) -> Result<()> {
    fs::create_dirs(dir)?;
    let mut record = Record::of(key.as_str());
    if let Files::Growing(growing) = node.files() {
        node.documents(&mut |name, text| {
            record.insert(name, text.as_bytes());
            fs::write_new(&dir.join(name), text.as_bytes())
        })?;
        growing.write_to(dir, &mut record)?;
        return fs::write_new(&dir.join(record::NAME), &record.to_bytes());
    }
    node.each_file(&mut |name, bytes| {
        if let Some((above, _)) = name.rsplit_once('/') {
            fs::create_dirs(&dir.join(above))?;
        }
        record.insert(name, bytes);
        fs::write_new(&dir.join(name), bytes)
    })?;
    fs::write_new(&dir.join(record::NAME), &record.to_bytes())
}

/// What the names of a node's files begin with in the whole store.
pub(super) fn prefix(key: &Key) -> String {
    if key.is_root() { String::new() } else { format!("{key}/") }
}
