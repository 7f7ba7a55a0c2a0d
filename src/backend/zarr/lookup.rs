//! Finding the node of a key while writers exchange nodes: what is staged first, then what is on disk.
//!
//! A reader takes no lock that a commit holds, so the directory it reads may be replaced under it. What was not found whole
//! is looked for again as long as another directory is there each time, and a bounded number of times when it is the same
//! one: then it is damage, or it was removed.

use std::sync::Arc;

use super::ZarrStore;
use super::base::{Base, Found, Leaf};
use super::meta::Attributes;
use super::staged::{Change, StagedArray};
use crate::defect::{Defect, has};
use crate::error::{ErrorKind, Result, err};
use crate::fs;
use crate::key::Key;

impl ZarrStore {
    /// Runs `look` on the node of a key; again when a writer exchanged it meanwhile.
    pub(super) fn with_node<T>(&self, key: &Key, look: impl Fn(Found) -> Result<T>) -> Result<T> {
        const TRIES: usize = 5;
        // Of a node that is exchanged again and again.
        const MOVES: usize = 1000;
        let mut tries = 0;
        let (mut moves, mut before) = (0, None);
        loop {
            let staged = {
                let overlay = self.overlay();
                match overlay.get(key) {
                    Some(Change::Array(array)) => Some(Change::Array(array.clone())),
                    Some(Change::Group { attributes, .. }) => {
                        return look(Found::Group(Attributes::group(attributes.clone())));
                    }
                    Some(Change::Gone) => return Err(err!(NotFound, "{key}: not found")),
                    None if overlay.hides_above(key) => return Err(err!(NotFound, "{key}: not found")),
                    None => None,
                }
            };
            tries += if has(Defect::SkipRetry) { TRIES } else { 1 };
            if let Some(Change::Array(array)) = staged {
                let result = look(Found::Leaf(Leaf::Own(array.node()?)));
                // One that is written by parts may have been committed meanwhile, and what it took over is gone.
                let may_be_gone = array.growing().is_some();
                match result {
                    Err(e)
                        if may_be_gone
                            && tries < TRIES
                            && matches!(e.kind(), ErrorKind::Corrupt | ErrorKind::NotFound)
                            && (!self.has_staged(key, &array) || between_renames(tries)) => {}
                    other => return other,
                }
                continue;
            }
            let base = self.base();
            let result = match base.find(key, self.limits) {
                Ok(Some(found)) => look(found),
                Ok(None) => Err(err!(NotFound, "{key}: not found")),
                Err(e) => Err(e),
            };
            match result {
                Err(e)
                    if tries < TRIES
                        && matches!(base, Base::Dir(_))
                        && matches!(e.kind(), ErrorKind::Corrupt | ErrorKind::NotFound) =>
                {
                    match self.may_have_moved(key) {
                        Ok(true) => {
                            // Another directory than the one before this try: it does not count.
                            let now = self.identity(key);
                            if now.is_some() && now != before && moves < MOVES && tries < TRIES {
                                (tries, moves) = (tries - 1, moves + 1);
                            }
                            before = now;
                        }
                        // It was removed while it was read.
                        Ok(false) if e.kind() == ErrorKind::Corrupt && tries < TRIES => {
                            return Err(err!(NotFound, "{key}: not found"));
                        }
                        _ => return Err(e),
                    }
                }
                other => return other,
            }
        }
    }

    fn has_staged(&self, key: &Key, array: &Arc<StagedArray>) -> bool {
        matches!(self.overlay().get(key), Some(Change::Array(there)) if Arc::ptr_eq(there, array))
    }

    /// Whether a node that was not found whole may have been exchanged while it was read: it is there, or was a moment ago.
    fn may_have_moved(&self, key: &Key) -> Result<bool> {
        match self.base().files(key) {
            // The whole store was removed.
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(false),
            files => Ok(files?.is_some()),
        }
    }

    /// What tells the directory of a node from one that takes its place.
    fn identity(&self, key: &Key) -> Option<u64> {
        fs::identity(&self.root.join(key.as_str())).ok().flatten()
    }

    pub(super) fn leaf<T>(&self, key: &Key, look: impl Fn(&Leaf) -> Result<T>) -> Result<T> {
        self.with_node(key, |found| match found {
            Found::Leaf(leaf) => look(&leaf),
            Found::Group(_) => Err(err!(WrongKind, "{key}: wanted an array, found a group")),
        })
    }
}

/// Gives a commit the time between its two renames, where directories cannot be exchanged in one step and are not held.
fn between_renames(tries: usize) -> bool {
    if cfg!(windows) {
        std::thread::sleep(std::time::Duration::from_millis(1 << tries));
    }
    cfg!(windows)
}
