//! What this handle remembers of the arrays it wrote: which are free of NaN, and whose stored size is not in the
//! metadata yet.
//!
//! Sizes are known once an array is encoded, which may be long after it was saved: they are noted below `file_sizes_KB`
//! (in KiB, three decimals) when somebody looks there, and at every commit point.

use std::collections::BTreeMap;
use std::ops::Bound;

use super::{SIZES_KEY, Storage};
use crate::config::{Level, log};
use crate::error::{ErrorKind, Result};
use crate::{Key, Op};

#[derive(Default)]
pub(super) struct Notes {
    arrays: BTreeMap<Key, Note>,
    /// How many of them have no size yet.
    unsized_arrays: usize,
}

#[derive(Clone, Copy)]
struct Note {
    /// This handle found it free of NaN.
    checked: bool,
    /// Its size is in the metadata, or not wanted there.
    sized: bool,
}

impl Notes {
    /// Forgets what lies at and below a key.
    pub(super) fn forget(&mut self, key: &Key) {
        self.drop_one(key);
        self.forget_below(key);
    }

    /// Forgets what lies below a key.
    pub(super) fn forget_below(&mut self, key: &Key) {
        // The usual case, without a text: what lies below begins with the key, and would come next.
        let next = self.arrays.range::<Key, _>((Bound::Excluded(key), Bound::Unbounded)).next();
        if next.is_none_or(|(next, _)| !next.as_str().starts_with(key.as_str())) {
            return;
        }
        let below =
            self.arrays.range::<str, _>((Bound::Included(&*key.below()), Bound::Unbounded)).map(|(below, _)| below);
        let below: Vec<Key> = below.take_while(|below| below.is_in(key)).cloned().collect();
        below.iter().for_each(|key| self.drop_one(key));
    }

    fn drop_one(&mut self, key: &Key) {
        if self.arrays.remove(key).is_some_and(|note| !note.sized) {
            self.unsized_arrays -= 1;
        }
    }

    /// Forgets everything, as at close.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// An array was written; `checked` when it was found free of NaN.
    pub(super) fn written(&mut self, key: Key, checked: bool) {
        if self.arrays.insert(key, Note { checked, sized: false }).is_none_or(|before| before.sized) {
            self.unsized_arrays += 1;
        }
    }

    /// The elements of an array changed in part: what was checked was checked again.
    pub(super) fn resized(&mut self, key: Key) {
        let note = self.arrays.entry(key).or_insert(Note { checked: false, sized: true });
        if std::mem::replace(&mut note.sized, false) {
            self.unsized_arrays += 1;
        }
    }

    /// Whether an array was found free of NaN.
    pub(super) fn is_checked(&self, key: &Key) -> bool {
        self.arrays.get(key).is_some_and(|note| note.checked)
    }

    /// An array was found free of NaN.
    pub(super) fn check(&mut self, key: Key) {
        self.arrays.entry(key).or_insert(Note { checked: true, sized: true }).checked = true;
    }

    /// The arrays without a size, which count as sized from now on.
    fn take_unsized(&mut self) -> Vec<Key> {
        let mut out = Vec::with_capacity(self.unsized_arrays);
        for (key, note) in &mut self.arrays {
            if !std::mem::replace(&mut note.sized, true) {
                out.push(key.clone());
            }
        }
        self.unsized_arrays = 0;
        out
    }
}

impl Storage {
    /// Notes the sizes that are not noted yet. What cannot be told now (an array that was deleted meanwhile, one that
    /// could not be encoded) is left out: the commit tells.
    pub(super) fn note_sizes(&self, op: &Op) -> Result<()> {
        if self.state().notes.unsized_arrays == 0 {
            return Ok(());
        }
        self.backend.settle(op)?;
        let keys = self.state_mut().notes.take_unsized();
        let mut sizes = Vec::with_capacity(keys.len());
        for key in keys {
            match self.backend.stored_bytes(&key) {
                Ok(bytes) => sizes.push((key, bytes)),
                Err(e) if e.kind() == ErrorKind::NotFound => {}
                Err(e) => log(Level::Warn, &format!("{key}: its size is not noted: {e}")),
            }
        }
        let group = |key: &Key| key.as_str().rfind('/').map_or(0, |at| at);
        let mut state = self.state_mut();
        // Keys come in their order: those of a group are noted in one go.
        for family in sizes.chunk_by(|(a, _), (b, _)| a.as_str()[..group(a)] == b.as_str()[..group(b)]) {
            let Some((first, _)) = family.first() else { continue };
            let above = first.as_str()[..group(first)].split('/').filter(|name| !name.is_empty());
            let values = family.iter().map(|(key, bytes)| {
                let kib = (*bytes as f64 / 1024.0 * 1000.0).round() / 1000.0;
                (key.name().to_owned(), kib.into())
            });
            if let Err(e) = state.metadata.put_all(std::iter::once(SIZES_KEY).chain(above), values) {
                log(Level::Warn, &format!("{first}: its size is not noted: {e}"));
            }
        }
        Ok(())
    }

    /// As [`Storage::note_sizes`], when a metadata key may be one of a size.
    pub(super) fn note_sizes_for(&self, op: &Op, key: &str) -> Result<()> {
        if key.is_empty() || key.starts_with(SIZES_KEY) { self.note_sizes(op) } else { Ok(()) }
    }
}
