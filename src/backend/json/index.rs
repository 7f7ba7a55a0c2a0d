//! What the directory holds: nodes, the files they are in, and what waits for the next commit.
//!
//! Every leaf belongs to one file. A leaf saved by its own key has a file of its own; a group saved as a value has one
//! file with an object, and everything below such a group is in that object. Invariant: a group in an object file
//! carries the file's id, its children carry the same; the parent of a file's root carries none.
//!
//! The index never touches the disk. Changing it marks files dirty, or, when a file has no node any more, stale; both
//! take effect at a commit.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value as Json;

use super::encode::MAX_LEVELS;
use super::names;
use crate::backend::nodes::{Group, LeafNode, Node, Nodes};
use crate::backend::{Kind, Object};
use crate::error::{Result, err};
use crate::key::Key;
use crate::value::DType;

/// The number of a file in the index.
pub(super) type FileId = u64;
/// A node of the directory; groups in an object file carry its id.
pub(super) type JsonNode = Node<JsonLeaf, Option<FileId>>;

/// Stands for "a new file" in a node that is not in the index yet.
pub(super) const NEW_FILE: FileId = 0;

/// A leaf: all but its elements, unless it waits for a commit.
#[derive(Clone, Debug)]
pub(super) struct JsonLeaf {
    pub kind: Kind,
    pub dtype: DType,
    pub shape: Vec<u64>,
    pub dims: Vec<String>,
    pub attributes: Object,
    pub file: FileId,
    /// Bytes of its JSON text.
    pub stored: u64,
    /// The element that an array made without elements has where nothing was written, as JSON.
    pub fill: Option<Json>,
    /// Its JSON text until it is committed.
    pub staged: Option<Arc<[u8]>>,
}

impl LeafNode for JsonLeaf {
    fn kind(&self) -> Kind {
        self.kind
    }
}

/// A data file.
#[derive(Clone, Debug)]
pub(super) struct DataFile {
    pub name: String,
    /// The key of what the file holds as a whole.
    pub root: Key,
    /// As it was last committed.
    pub committed: Option<Committed>,
    /// Whether the next commit writes it.
    pub dirty: bool,
}

/// A file on disk.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Committed {
    pub bytes: u64,
    /// CRC-32 of the whole file.
    pub crc: u32,
    /// The name it has until it gets its own.
    pub pending: Option<String>,
}

/// The index of a directory.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    pub nodes: Nodes<JsonLeaf, Option<FileId>>,
    pub files: BTreeMap<FileId, DataFile>,
    /// Committed files that no node needs any more, with their checksum.
    pub stale: BTreeMap<String, u32>,
    /// The user's metadata as last committed.
    pub metadata: Object,
    /// The number of the last commit.
    pub commit: u64,
    /// Whether something else than a file's content changed.
    pub dirty: bool,
    /// Lower-case names that no new file may have: those of `files`, and of files that are not ours.
    taken: BTreeSet<String>,
    last_id: FileId,
}

impl Index {
    /// An empty index as of a commit.
    pub fn at_commit(commit: u64) -> Self {
        Self { commit, ..Self::default() }
    }

    /// Puts a new node, replacing what is at `key`. Of the nodes, those with a file get a new one.
    pub fn insert(&mut self, key: &Key, mut node: JsonNode) -> Result<()> {
        self.nodes.check_way(key)?;
        let context = self.nodes.inherited(key);
        self.check_levels(key, context, levels(&node))?;
        if key.is_root() && !matches!(node, Node::Group(_)) {
            return Err(err!(WrongKind, "{key}: is a group, wanted a leaf"));
        }
        if let Ok(old) = self.nodes.get(key) {
            let ids = file_ids(old);
            self.release(key, &ids);
        }
        self.place(key, &mut node, context);
        self.nodes.put(key, node).map(|_| ())
    }

    /// Removes a node and all below it.
    pub fn delete(&mut self, key: &Key) -> Result<()> {
        let context = self.nodes.inherited(key);
        let node = self.nodes.take(key)?;
        self.release(key, &file_ids(&node));
        self.touch(context);
        Ok(())
    }

    /// Moves a node all of whose leaves are staged.
    pub fn rename(&mut self, from: &Key, to: &Key) -> Result<()> {
        self.check_rename(from, to)?;
        let (old, new) = (self.nodes.inherited(from), self.nodes.inherited(to));
        let mut node = self.nodes.take(from)?;
        self.release(from, &file_ids(&node));
        self.touch(old);
        self.place(to, &mut node, new);
        self.nodes.put(to, node).map(|_| ())
    }

    /// Whether [`Index::rename`] would do.
    pub fn check_rename(&self, from: &Key, to: &Key) -> Result<()> {
        self.nodes.check_rename(from, to)?;
        self.check_levels(to, self.nodes.inherited(to), levels(self.nodes.get(from)?))
    }

    /// Makes an empty group where there is none.
    pub fn create_group(&mut self, key: &Key) -> Result<()> {
        let context = self.nodes.inherited(key);
        self.check_levels(key, context, 1)?;
        if self.nodes.get(key).is_err() {
            self.nodes.create_group(key)?;
            self.touch(context);
            return Ok(());
        }
        self.nodes.create_group(key)
    }

    /// A new file for `root`.
    pub fn new_file(&mut self, root: &Key) -> FileId {
        let name = self.free_name(root);
        self.add_file(DataFile { name, root: root.clone(), committed: None, dirty: true })
    }

    /// The name that a new file for `key` would get.
    pub fn free_name(&self, key: &Key) -> String {
        // A stale file of the same name is replaced; one that differs in case would be lost where case is not told.
        let other_case = |name: &str| self.stale.keys().any(|s| s != name && s.eq_ignore_ascii_case(name));
        names::file_name(key, |name| self.is_taken(name) || other_case(name))
    }

    pub fn add_file(&mut self, file: DataFile) -> FileId {
        self.taken.insert(file.name.to_ascii_lowercase());
        self.last_id += 1;
        self.files.insert(self.last_id, file);
        self.last_id
    }

    /// Keeps new files away from a name in the directory.
    pub fn avoid(&mut self, name: &str) {
        self.taken.insert(name.to_ascii_lowercase());
    }

    /// Whether no new file may have this name, whatever its case.
    pub fn is_taken(&self, name: &str) -> bool {
        self.taken.contains(&name.to_ascii_lowercase())
    }

    /// Whether a commit has something to write.
    pub fn is_dirty(&self) -> bool {
        self.dirty || self.files.values().any(|f| f.dirty) || !self.stale.is_empty()
    }

    pub fn file(&self, id: FileId) -> Result<&DataFile> {
        self.files.get(&id).ok_or_else(|| err!(Internal, "the index has no file {id}"))
    }

    /// The names that lead to `key` inside its file.
    pub fn inner_path<'k>(&self, key: &'k Key, id: FileId) -> Result<Vec<&'k str>> {
        let root = &self.file(id)?.root;
        if !key.is_in(root) {
            return Err(err!(Internal, "{key}: is not in the file of '{root}'"));
        }
        Ok(components(key).skip(components(root).count()).collect())
    }

    /// An empty index that replaces this one at its first commit.
    pub fn replaced(self) -> Self {
        let mut next = Self { commit: self.commit, stale: self.stale, dirty: true, ..Self::default() };
        for file in self.files.into_values() {
            if let Some(committed) = file.committed {
                next.stale.insert(file.name, committed.crc);
            }
        }
        next
    }

    /// Lets go of files: those that hold nothing but `key` become stale, others are to be written again.
    fn release(&mut self, key: &Key, ids: &BTreeSet<FileId>) {
        self.dirty = true;
        for id in ids {
            let Some(file) = self.files.get_mut(id) else { continue };
            if !file.root.is_in(key) {
                file.dirty = true;
                continue;
            }
            if let Some(file) = self.files.remove(id) {
                self.taken.remove(&file.name.to_ascii_lowercase());
                if let Some(committed) = file.committed {
                    self.stale.insert(file.name, committed.crc);
                }
            }
        }
    }

    /// Gives a node its file: that of the object it is put into, else a new one for each that had one.
    fn place(&mut self, key: &Key, node: &mut JsonNode, context: Option<FileId>) {
        self.touch(context);
        let own = match node {
            Node::Leaf(leaf) => Some(leaf.file),
            Node::Group(group) => group.extra,
        };
        let file = context.or_else(|| own.map(|_| self.new_file(key)));
        match node {
            Node::Leaf(leaf) => leaf.file = file.unwrap_or(NEW_FILE),
            Node::Group(group) => {
                group.extra = file;
                for (name, child) in &mut group.children {
                    // The names of children were checked when they were built.
                    if let Ok(key) = key.child(name) {
                        self.place(&key, child, file);
                    }
                }
            }
        }
    }

    fn touch(&mut self, file: Option<FileId>) {
        self.dirty = true;
        if let Some(file) = file.and_then(|id| self.files.get_mut(&id)) {
            file.dirty = true;
        }
    }

    fn check_levels(&self, key: &Key, context: Option<FileId>, below: usize) -> Result<()> {
        let above = match context {
            Some(id) => self.inner_path(key, id)?.len(),
            None => 0,
        };
        if above + below > MAX_LEVELS {
            let all = above + below;
            return Err(err!(Unsupported, "{key}: {all} levels of groups, a JSON file holds {MAX_LEVELS}"));
        }
        Ok(())
    }
}

/// How deep groups with a file nest in a node.
fn levels(node: &JsonNode) -> usize {
    match node {
        Node::Leaf(_) => 0,
        Node::Group(Group { children, .. }) => 1 + children.values().map(levels).max().unwrap_or(0),
    }
}

fn file_ids(node: &JsonNode) -> BTreeSet<FileId> {
    fn gather(node: &JsonNode, ids: &mut BTreeSet<FileId>) {
        match node {
            Node::Leaf(leaf) => {
                ids.insert(leaf.file);
            }
            Node::Group(group) => {
                ids.extend(group.extra);
                group.children.values().for_each(|child| gather(child, ids));
            }
        }
    }
    let mut ids = BTreeSet::new();
    gather(node, &mut ids);
    ids
}

fn components(key: &Key) -> impl Iterator<Item = &str> {
    key.as_str().split('/').filter(|name| !name.is_empty())
}
