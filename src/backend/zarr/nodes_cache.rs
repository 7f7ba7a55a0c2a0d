//! The arrays of an archive that were opened already.
//!
//! An archive does not change, so an array's documents are read, checked and parsed once however often it is asked for.
//! An array that the record of the archive describes is kept at the place of its line, the others by key. The number
//! that is kept by key is bounded; what comes later is parsed each time.

use std::collections::HashMap;
use std::sync::{OnceLock, PoisonError, RwLock};

use super::base::Leaf;
use crate::key::Key;

/// The most arrays that are kept; each is some hundred bytes.
const MOST: usize = 1 << 14;

/// Arrays by the lines of the record, and by key.
pub struct NodesCache {
    lines: Box<[OnceLock<Leaf>]>,
    keys: RwLock<HashMap<Key, Leaf>>,
}

impl NodesCache {
    /// An empty cache for a record of so many lines.
    pub fn new(lines: usize) -> Self {
        Self { lines: std::iter::repeat_with(OnceLock::new).take(lines).collect(), keys: RwLock::default() }
    }

    /// The array of a line that was opened before.
    pub fn of_line(&self, line: usize) -> Option<&Leaf> {
        self.lines.get(line)?.get()
    }

    /// Keeps the array of a line, and gives the one that is kept.
    pub fn put_line(&self, line: usize, leaf: Leaf) -> Leaf {
        match self.lines.get(line) {
            Some(place) => place.get_or_init(|| leaf).clone(),
            None => leaf,
        }
    }

    /// An array that was opened before.
    pub fn get(&self, key: &Key) -> Option<Leaf> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    /// Keeps an array.
    pub fn put(&self, key: &Key, leaf: Leaf) {
        let mut nodes = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        if nodes.len() < MOST {
            nodes.insert(key.clone(), leaf);
        }
    }
}
