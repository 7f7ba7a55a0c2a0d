//! What a store had when it was opened, or at its last commit: nothing, a directory, or an archive.
//!
//! A directory is looked at afresh for every call, since another process may be writing it; each node is opened as one
//! held version. An archive does not change.

use std::path::PathBuf;
use std::sync::Arc;

use super::archive::Archive;
use super::decode::Limits;
use super::files::Files;
use super::foreign::Foreign;
use super::group_record;
use super::meta::{self, Attributes};
use super::node::{Node, Opened};
use super::nodes_cache::NodesCache;
use super::record;
use crate::backend::{Child, Info, Kind, Object, Region, Stored, viewable};
use crate::error::{Result, err};
use crate::fs;
use crate::key::{Key, shown};
use crate::op::Op;
use crate::value::{DType, SharedArray};

/// An array.
#[derive(Clone)]
pub enum Leaf {
    /// One that is read, and changed, here.
    Own(Arc<Node>),
    /// One of format 3 with data types or codecs that only zarrs reads.
    Foreign(Arc<Foreign>),
}

impl Leaf {
    /// How many rows a chunk has, where chunks are decoded here.
    pub fn chunk_rows(&self) -> Option<u64> {
        match self {
            Self::Own(node) => node.chunk_rows(),
            Self::Foreign(_) => None,
        }
    }

    /// What is known without reading chunks.
    ///
    /// # Errors
    /// Of the operating system, `Corrupt`.
    pub fn info(&self) -> Result<Info> {
        match self {
            Self::Own(node) => node.info(),
            Self::Foreign(foreign) => foreign.info(),
        }
    }

    /// Kind, element type and shape.
    ///
    /// # Errors
    /// As [`Leaf::info`].
    pub fn layout(&self) -> Result<(Kind, Option<DType>, Vec<u64>)> {
        match self {
            Self::Own(node) => Ok((node.attributes.kind, Some(node.meta.pipeline.dtype()), node.shape())),
            Self::Foreign(foreign) => foreign.info().map(|info| (info.kind, info.dtype, info.shape)),
        }
    }

    /// Bytes that the store keeps for it.
    ///
    /// # Errors
    /// As [`Leaf::info`].
    pub fn stored_bytes(&self) -> Result<u64> {
        match self {
            Self::Own(node) => node.stored_bytes(),
            Self::Foreign(foreign) => foreign.info().map(|info| info.stored_bytes),
        }
    }

    /// Reads it, or a box of it.
    ///
    /// # Errors
    /// As [`Node::read`].
    pub fn read(&self, op: &Op, region: Option<&Region>) -> Result<Stored> {
        match self {
            Self::Own(node) => Ok(Stored { kind: node.attributes.kind, array: node.read(op, region)? }),
            Self::Foreign(foreign) => Ok(Stored { kind: Kind::Array, array: foreign.read(op, region)? }),
        }
    }

    /// Reads it into memory of exactly its size.
    ///
    /// # Errors
    /// As [`Node::read_into`].
    pub fn read_into(&self, op: &Op, region: Option<&Region>, out: &mut [u8]) -> Result<()> {
        match self {
            Self::Own(node) => node.read_into(op, region, out),
            Self::Foreign(foreign) => {
                let bytes = foreign.read(op, region)?.into_bytes();
                if bytes.len() != out.len() {
                    return Err(err!(BufferTooSmall, "data has {} bytes, the buffer has {}", bytes.len(), out.len()));
                }
                out.copy_from_slice(&bytes);
                Ok(())
            }
        }
    }

    /// Its elements where they lie in memory.
    ///
    /// # Errors
    /// As [`Node::view`].
    pub fn view(&self, op: &Op, key: &Key) -> Result<SharedArray> {
        match self {
            Self::Own(node) => node.view(op),
            Self::Foreign(_) => {
                Err(viewable::refusal(key, self.layout()?, "an array of zarr format 3 with such codecs"))
            }
        }
    }

    /// The user's attributes.
    pub fn attributes(&self) -> &Object {
        match self {
            Self::Own(node) => &node.attributes.user,
            Self::Foreign(foreign) => foreign.attributes(),
        }
    }
}

/// A node that was found.
pub enum Found {
    /// A group and its attributes.
    Group(Attributes),
    /// An array.
    Leaf(Leaf),
}

/// What the store had.
#[derive(Clone)]
pub enum Base {
    /// Nothing.
    Empty,
    /// A directory.
    Dir(PathBuf),
    /// An archive, and those of its arrays that were opened.
    Archive(Arc<Archive>, Arc<NodesCache>),
}

impl Base {
    /// An archive that was just opened.
    pub fn archive(archive: Archive) -> Self {
        let nodes = NodesCache::new(archive.lines());
        Self::Archive(Arc::new(archive), Arc::new(nodes))
    }

    /// The files of a node: `None` where there is no directory, or no entry, of that key.
    ///
    /// # Errors
    /// Of the operating system.
    pub fn files(&self, key: &Key) -> Result<Option<Files>> {
        match self {
            Self::Empty => Ok(None),
            Self::Dir(root) => {
                let root = fs::Dir::open(root)?;
                let dir = if key.is_root() { Some(root) } else { try_dir(&root, key)? };
                Ok(dir.map(|dir| Files::Dir(Arc::new(dir))))
            }
            Self::Archive(archive, _) => Ok(Some(Files::Archive(archive.clone(), prefix_of(key)))),
        }
    }

    /// The node of a key.
    ///
    /// # Errors
    /// `Corrupt` when its metadata is damaged, or a record says that it should be there; `Io`.
    pub fn find(&self, key: &Key, limits: Limits) -> Result<Option<Found>> {
        let Self::Archive(archive, nodes) = self else { return self.look(key, limits) };
        if let Some(line) = archive.line(key.as_str()).filter(|_| limits.check) {
            if let Some(leaf) = nodes.of_line(line) {
                return Ok(Some(Found::Leaf(leaf.clone())));
            }
            let files = Files::Archive(archive.clone(), prefix_of(key));
            if let Some(node) = archive.known_array(line, key.as_str(), &files, limits)? {
                let leaf = Leaf::Own(Arc::new(node));
                return Ok(Some(Found::Leaf(nodes.put_line(line, leaf))));
            }
        }
        if let Some(leaf) = nodes.get(key) {
            return Ok(Some(Found::Leaf(leaf)));
        }
        let found = self.look(key, limits)?;
        if let Some(Found::Leaf(leaf)) = &found {
            nodes.put(key, leaf.clone());
        }
        Ok(found)
    }

    fn look(&self, key: &Key, limits: Limits) -> Result<Option<Found>> {
        let Some(files) = self.files(key)? else {
            // A store that has nothing yet has its root.
            return Ok(key.is_root().then(|| Found::Group(Attributes::group(Object::new()))));
        };
        let what = key.as_str();
        let known = |found| match &files {
            Files::Archive(archive, _) if limits.check && archive.has_lines() && !archive.is_recorded(what) => {
                Err(err!(Corrupt, "{}: is in the archive and not in its record", shown(what)))
            }
            _ => Ok(Some(found)),
        };
        match Node::open(what, files.clone(), limits)? {
            Opened::Array(node) => return known(Found::Leaf(Leaf::Own(node.into()))),
            Opened::Group(attributes) => return known(Found::Group(attributes)),
            Opened::Foreign(document) => {
                let foreign = Foreign::open(what, &files, &document, limits)?;
                return known(Found::Leaf(Leaf::Foreign(Arc::new(foreign))));
            }
            Opened::Nothing => {}
        }
        if files.read(".zgroup", limits.document())?.is_some() || key.is_root() {
            if limits.check {
                files.check(what, true)?;
            }
            let attributes = match files.read(".zattrs", limits.document())? {
                Some(zattrs) => {
                    limits.weigh(what, ".zattrs", &zattrs)?;
                    Attributes::parse(what, &zattrs, Kind::Group)?
                }
                None => Attributes::group(Object::new()),
            };
            if let Some(record) = files.record(what, limits)?.filter(|_| limits.check) {
                group_record::check(&record, what, &attributes.user)?;
            }
            return known(Found::Group(attributes));
        }
        let recorded = match &files {
            Files::Archive(archive, _) => archive.is_recorded(what),
            files => files.record(what, limits)?.is_some(),
        };
        if limits.check && recorded {
            return Err(err!(Corrupt, "{key}: its metadata document is in the record and missing in the store"));
        }
        Ok(None)
    }

    /// The direct children of a group.
    ///
    /// # Errors
    /// Of the operating system.
    pub fn children(&self, group: &Key, limits: Limits) -> Result<Vec<Child>> {
        match self {
            Self::Empty => Ok(Vec::new()),
            Self::Dir(root) => {
                let root = fs::Dir::open(root)?;
                let dir = if group.is_root() { Some(root) } else { try_dir(&root, group)? };
                let Some(dir) = dir else { return Ok(Vec::new()) };
                let mut out = Vec::new();
                for (name, kind) in dir.entries()? {
                    if kind != fs::EntryKind::Dir || fs::is_private(&name) || group.child(&name).is_err() {
                        continue;
                    }
                    let Ok(Some(below)) = dir.try_open_dir(&name) else { continue };
                    let has = |file: &str| below.try_stat(file).is_ok_and(|found| found.is_some());
                    if let Some(kind) = kind_of(&below, &has, limits)? {
                        out.push(Child { name, kind });
                    }
                }
                Ok(out)
            }
            Self::Archive(archive, _) => {
                let prefix = prefix_of(group);
                let mut out = Vec::new();
                for name in archive.children(&prefix) {
                    if group.child(&name).is_err() {
                        continue;
                    }
                    // What the record tells everything of is an array without a mark.
                    if archive.is_plain(group, &name) {
                        out.push(Child { name, kind: Kind::Array });
                        continue;
                    }
                    let has = |file: &str| archive.has(&format!("{prefix}{name}/"), file);
                    let kind = kind_of_archive(archive, &format!("{prefix}{name}/"), &has, limits)?;
                    // Of what is recorded and gone the list has the name, and its reader the error.
                    let gone = || archive.is_recorded(&format!("{prefix}{name}")).then_some(Kind::Array);
                    if let Some(kind) = kind.or_else(gone) {
                        out.push(Child { name, kind });
                    }
                }
                Ok(out)
            }
        }
    }
}

/// What the names of the entries of a node begin with.
fn prefix_of(key: &Key) -> String {
    let mut prefix = String::with_capacity(key.as_str().len() + 1);
    if !key.is_root() {
        prefix.push_str(key.as_str());
        prefix.push('/');
    }
    prefix
}

fn try_dir(root: &fs::Dir, key: &Key) -> Result<Option<fs::Dir>> {
    match root.try_open_dir(key.as_str()) {
        // A component on the way that is a file: there is no such node.
        Err(e) if e.kind() == crate::ErrorKind::Io => Ok(None),
        found => found,
    }
}

fn kind_of(dir: &fs::Dir, has: &dyn Fn(&str) -> bool, limits: Limits) -> Result<Option<Kind>> {
    if has(".zarray") {
        return Ok(Some(marked(dir.try_read(".zattrs", limits.document())?.as_deref())));
    }
    if has("zarr.json") {
        return Ok(dir.try_read("zarr.json", limits.document())?.map(|document| super::v3::document::kind(&document)));
    }
    Ok(if has(".zgroup") { Some(Kind::Group) } else { has(record::NAME).then_some(Kind::Array) })
}

fn kind_of_archive(
    archive: &Archive,
    prefix: &str,
    has: &dyn Fn(&str) -> bool,
    limits: Limits,
) -> Result<Option<Kind>> {
    if has(".zarray") {
        return Ok(Some(marked(archive.read(prefix, ".zattrs", limits.document())?.as_deref())));
    }
    if has("zarr.json") {
        let document = archive.read(prefix, "zarr.json", limits.document())?;
        return Ok(document.map(|document| super::v3::document::kind(&document)));
    }
    Ok(has(".zgroup").then_some(Kind::Group))
}

/// The kind that the attributes of an array mark it with.
fn marked(zattrs: Option<&[u8]>) -> Kind {
    zattrs.map_or(Kind::Array, meta::marked)
}
