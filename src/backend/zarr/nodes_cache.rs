//! The arrays of an archive that were opened already.
//!
//! An archive does not change, so an array's documents are read, checked and parsed once however often it is asked for.
//! The number that is kept is bounded; what comes later is parsed each time.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use super::base::Leaf;
use crate::key::Key;

/// The most arrays that are kept; each is some hundred bytes.
const MOST: usize = 1 << 14;

/// Arrays by key.
#[derive(Default)]
pub struct NodesCache(RwLock<HashMap<Key, Arc<Leaf>>>);

impl NodesCache {
    /// An array that was opened before.
    pub fn get(&self, key: &Key) -> Option<Arc<Leaf>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    /// Keeps an array.
    pub fn put(&self, key: &Key, leaf: Arc<Leaf>) {
        let mut nodes = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if nodes.len() < MOST {
            nodes.insert(key.clone(), leaf);
        }
    }
}
