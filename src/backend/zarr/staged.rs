//! What was written and not committed yet: changes laid over what the store had.
//!
//! An [`Overlay`] maps keys to changes. A change that stands for a whole new node (an array, a new group) or for none
//! (a deleted one) hides everything the store had at and below its key; a group that is not new only adds to it. Staged
//! arrays are counted against the budget of the process, and can be moved to a hidden directory when it is exceeded.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::files::Files;
use super::growing::Growing;
use super::node::Node;
use super::pending::Raw;
use crate::backend::{Kind, Object};
use crate::error::{Result, err};
use crate::fs;
use crate::key::Key;

static STAGED: AtomicU64 = AtomicU64::new(0);

/// Bytes that count against the budget for as long as this lives.
pub struct Counted(u64);

impl Counted {
    /// Counts bytes.
    pub fn new(bytes: u64) -> Self {
        STAGED.fetch_add(bytes, Ordering::Relaxed);
        Self(bytes)
    }

    /// Counts another number of bytes.
    pub fn set(&mut self, bytes: u64) {
        *self = Self::new(bytes);
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        STAGED.fetch_sub(self.0, Ordering::Relaxed);
    }
}

/// An array that is not committed: encoded, or waiting to be.
pub struct StagedArray {
    /// What it is.
    pub kind: Kind,
    /// Its metadata and chunks, or why there are none; empty while it waits.
    node: OnceLock<Result<Arc<Node>>>,
    /// What waits; taken by the one who encodes it.
    raw: Mutex<Option<Box<Raw>>>,
    /// The hidden directory it was moved to; removed when this is dropped.
    pub spilled: Option<fs::StagedDir>,
    /// Bytes that count against the budget.
    bytes: AtomicU64,
}

impl StagedArray {
    /// An array whose chunks are in memory, counted against the budget.
    pub fn in_memory(node: Arc<Node>) -> Self {
        let bytes = in_memory_bytes(&node);
        STAGED.fetch_add(bytes, Ordering::Relaxed);
        Self::new(node.attributes.kind, Ok(node).into(), None, None, bytes)
    }

    /// An array that was copied and is not encoded yet, counted against the budget.
    pub fn waiting(raw: Raw) -> Self {
        let bytes = raw.bytes();
        STAGED.fetch_add(bytes, Ordering::Relaxed);
        Self::new(raw.kind, OnceLock::new(), Some(Box::new(raw)), None, bytes)
    }

    /// An array that can never be encoded: its elements were lost on the way.
    #[cfg(test)]
    pub fn lost(kind: Kind) -> Self {
        Self::new(kind, OnceLock::new(), None, None, 0)
    }

    /// An array whose files are in a hidden directory.
    pub fn on_disk(node: Arc<Node>, dir: fs::StagedDir) -> Self {
        Self::new(node.attributes.kind, Ok(node).into(), None, Some(dir), 0)
    }

    fn new(
        kind: Kind,
        node: OnceLock<Result<Arc<Node>>>,
        raw: Option<Box<Raw>>,
        spilled: Option<fs::StagedDir>,
        bytes: u64,
    ) -> Self {
        Self { kind, node, raw: Mutex::new(raw), spilled, bytes: AtomicU64::new(bytes) }
    }

    /// Bytes of the elements, when it still waits.
    pub fn waiting_bytes(&self) -> Option<u64> {
        self.node.get().is_none().then(|| self.bytes.load(Ordering::Relaxed))
    }

    /// Its metadata and files. The first one to ask for those of an array that waits encodes it.
    ///
    /// # Errors
    /// What encoding it failed with.
    pub fn node(&self) -> Result<Arc<Node>> {
        self.node.get_or_init(|| self.encode()).clone()
    }

    /// Its chunks, when it is written by parts.
    pub fn growing(&self) -> Option<Arc<Growing>> {
        match self.node.get()?.as_ref().ok()?.files() {
            Files::Growing(growing) => Some(growing.clone()),
            _ => None,
        }
    }

    fn encode(&self) -> Result<Arc<Node>> {
        let raw = self.raw.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(raw) = raw else { return Err(err!(Internal, "the elements of a saved array are gone")) };
        let node = raw.encode();
        let bytes = node.as_ref().map_or(0, |node| in_memory_bytes(node));
        let before = self.bytes.swap(bytes, Ordering::Relaxed);
        STAGED.fetch_add(bytes, Ordering::Relaxed);
        STAGED.fetch_sub(before, Ordering::Relaxed);
        node
    }
}

impl Drop for StagedArray {
    fn drop(&mut self) {
        STAGED.fetch_sub(*self.bytes.get_mut(), Ordering::Relaxed);
    }
}

fn in_memory_bytes(node: &Node) -> u64 {
    match node.files() {
        Files::Memory(files) => files.iter().map(|(name, bytes)| (name.len() + bytes.len()) as u64).sum(),
        _ => 0,
    }
}

/// Bytes staged in memory by all stores of the process.
pub fn staged_bytes() -> u64 {
    STAGED.load(Ordering::Relaxed)
}

/// One change.
#[derive(Clone)]
pub enum Change {
    /// A new array.
    Array(Arc<StagedArray>),
    /// A group: a new one, or new attributes of one that was there.
    Group {
        /// Whether it replaces what was there.
        fresh: bool,
        /// Its attributes.
        attributes: Object,
    },
    /// Nothing any more.
    Gone,
}

impl Change {
    /// Whether what the store had at and below the key is hidden.
    pub fn replaces(&self) -> bool {
        !matches!(self, Self::Group { fresh: false, .. })
    }
}

/// The changes by key.
#[derive(Clone, Default)]
pub struct Overlay(BTreeMap<Key, Change>);

impl Overlay {
    /// The change at a key.
    pub fn get(&self, key: &Key) -> Option<&Change> {
        self.0.get(key)
    }

    /// Whether the change at exactly a key is a group.
    pub fn is_group(&self, key: &str) -> bool {
        matches!(self.0.get(key), Some(Change::Group { .. }))
    }

    /// The number of changes.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The bytes of the staged arrays that are in memory.
    pub fn bytes(&self) -> u64 {
        let bytes =
            |change: &Change| if let Change::Array(array) = change { array.bytes.load(Ordering::Relaxed) } else { 0 };
        self.0.values().map(bytes).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether what the store had at `key` is hidden by a change at it or above it.
    pub fn hides(&self, key: &Key) -> bool {
        self.get(key).is_some_and(Change::replaces) || self.hides_above(key)
    }

    /// Whether what the store had at `key` is hidden by a change above it.
    pub fn hides_above(&self, key: &Key) -> bool {
        !self.0.is_empty() && key.ancestor_texts().any(|above| self.0.get(above).is_some_and(Change::replaces))
    }

    /// Puts a change, dropping those at and below its key.
    pub fn put(&mut self, key: Key, change: Change) {
        self.remove(&key);
        self.0.insert(key, change);
    }

    /// Puts a change at exactly its key.
    pub fn put_at(&mut self, key: Key, change: Change) {
        self.0.insert(key, change);
    }

    /// Drops the change at exactly a key.
    pub fn remove_at(&mut self, key: &Key) {
        self.0.remove(key);
    }

    /// Drops the changes at and below a key.
    pub fn remove(&mut self, key: &Key) {
        if key.is_root() {
            self.0.clear();
            return;
        }
        self.0.remove(key);
        self.remove_below(key);
    }

    /// Drops the changes below a key, which is not the root.
    pub fn remove_below(&mut self, key: &Key) {
        // The usual case, without a text: what lies below begins with the key, and would come next.
        let next = self.0.range::<Key, _>((Bound::Excluded(key), Bound::Unbounded)).next();
        if next.is_none_or(|(next, _)| !next.as_str().starts_with(key.as_str())) {
            return;
        }
        let below = self.0.range::<str, _>((Bound::Included(&*key.below()), Bound::Unbounded)).map(|(below, _)| below);
        let below: Vec<Key> = below.take_while(|below| below.is_in(key)).cloned().collect();
        for key in below {
            self.0.remove(&key);
        }
    }

    /// The changes at and below a key, in order of keys.
    pub fn within<'a>(&'a self, key: &'a Key) -> Box<dyn Iterator<Item = (&'a Key, &'a Change)> + 'a> {
        if key.is_root() {
            return Box::new(self.0.iter());
        }
        let below = self
            .0
            .range::<str, _>((Bound::Included(&*key.below()), Bound::Unbounded))
            .take_while(|(below, _)| below.is_in(key));
        Box::new(self.0.get_key_value(key).into_iter().chain(below))
    }

    /// Every change, in order of keys.
    pub fn iter(&self) -> impl Iterator<Item = (&Key, &Change)> {
        self.0.iter()
    }

    /// The names of direct children that have a change, and whether each is there (and not gone).
    pub fn children(&self, group: &Key) -> BTreeSet<String> {
        let from = if group.is_root() { 0 } else { group.as_str().len() + 1 };
        self.within(group)
            .filter(|(key, _)| *key != group)
            .filter_map(|(key, _)| key.as_str().get(from..))
            .map(|rest| rest.split('/').next().unwrap_or(rest).to_owned())
            .collect()
    }
}
