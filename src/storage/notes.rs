//! What this handle remembers of the arrays it wrote: which are free of NaN, and whose stored size is not in the
//! metadata yet.
//!
//! Sizes are known once an array is encoded, which may be long after it was saved: they are noted below `file_sizes_KB`
//! (in KiB, three decimals) when somebody looks there, and at every commit point.

use std::collections::BTreeSet;

use super::{SIZES_KEY, Storage};
use crate::config::{Level, log};
use crate::error::{ErrorKind, Result};
use crate::{Key, Op};

#[derive(Default)]
pub(super) struct Notes {
    /// Arrays that this handle found free of NaN.
    checked: BTreeSet<Key>,
    /// Arrays whose size is to be noted.
    unsized_arrays: BTreeSet<Key>,
}

impl Notes {
    /// Forgets what lies at and below a key.
    pub(super) fn forget(&mut self, key: &Key) {
        for set in [&mut self.checked, &mut self.unsized_arrays] {
            if set.is_empty() {
                continue;
            }
            set.remove(key);
            let below: Vec<Key> = set.range(key.below()).cloned().collect();
            below.iter().for_each(|key| _ = set.remove(key));
        }
    }

    /// Forgets everything, as at close.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// An array was written; `checked` when it was found free of NaN.
    pub(super) fn written(&mut self, key: Key, checked: bool) {
        if checked {
            self.checked.insert(key.clone());
        }
        self.unsized_arrays.insert(key);
    }

    /// The elements of an array changed in part: what was checked was checked again.
    pub(super) fn resized(&mut self, key: Key) {
        self.unsized_arrays.insert(key);
    }

    /// Whether an array was found free of NaN.
    pub(super) fn is_checked(&self, key: &Key) -> bool {
        self.checked.contains(key)
    }

    /// An array was found free of NaN.
    pub(super) fn check(&mut self, key: Key) {
        self.checked.insert(key);
    }
}

impl Storage {
    /// Notes the sizes that are not noted yet. What cannot be told now (an array that was deleted meanwhile, one that
    /// could not be encoded) is left out: the commit tells.
    pub(super) fn note_sizes(&self, op: &Op) -> Result<()> {
        if self.state().notes.unsized_arrays.is_empty() {
            return Ok(());
        }
        self.backend.settle(op)?;
        let keys = std::mem::take(&mut self.state_mut().notes.unsized_arrays);
        let mut sizes = Vec::with_capacity(keys.len());
        for key in keys {
            match self.backend.stored_bytes(&key) {
                Ok(bytes) => sizes.push((key, bytes)),
                Err(e) if e.kind() == ErrorKind::NotFound => {}
                Err(e) => log(Level::Warn, &format!("{key}: its size is not noted: {e}")),
            }
        }
        let mut state = self.state_mut();
        for (key, bytes) in sizes {
            let kib = (bytes as f64 / 1024.0 * 1000.0).round() / 1000.0;
            let way = std::iter::once(SIZES_KEY).chain(key.as_str().split('/'));
            if let Err(e) = state.metadata.put_at(way, kib.into()) {
                log(Level::Warn, &format!("{key}: its size is not noted: {e}"));
            }
        }
        Ok(())
    }

    /// As [`Storage::note_sizes`], when a metadata key may be one of a size.
    pub(super) fn note_sizes_for(&self, op: &Op, key: &str) -> Result<()> {
        if key.is_empty() || key.starts_with(SIZES_KEY) { self.note_sizes(op) } else { Ok(()) }
    }
}
