//! An array that is written by parts: its chunks, wherever each of them is before the next commit.
//!
//! A [`Growing`] maps names of chunks to [`Slot`]s: encoded in memory, encoded in a hidden file, or decoded, for the few
//! chunks that were partly written last. What it lacks is in the committed version it began as, or was never written.
//! It knows no shape: the shape is in the node, so that growing an array touches no chunk.
//!
//! Invariants. Changes come one at a time (the store's writer), each as one step ([`Growing::apply`]); readers see a
//! chunk before or after it. The elements of a chunk beyond the edge of the array are the fill value. What is in memory
//! is counted against the budget of the process.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::chunk;
use super::decode::Limits;
use super::files::{Files, is_chunk};
use super::grid::Piece;
use super::meta::ArrayMeta;
use super::node::Node;
use super::spill::{Spill, SpillFile};
use super::staged::Counted;
use crate::error::{Result, err};
use crate::value::{Array, ArrayView};

/// Something in memory that counts against the budget.
pub struct Held<T> {
    pub value: T,
    counted: Counted,
}

/// Where a chunk is.
#[derive(Clone)]
pub enum Slot {
    /// In memory, encoded.
    Encoded(Arc<Held<Vec<u8>>>),
    /// In memory, as elements that are not encoded yet.
    Decoded(Arc<Held<Array>>),
    /// In a hidden file, encoded.
    File(Arc<SpillFile>),
}

impl Slot {
    /// A chunk's stored bytes in memory.
    pub fn encoded(bytes: Vec<u8>) -> Self {
        let counted = Counted::new(bytes.len() as u64);
        Self::Encoded(Arc::new(Held { value: bytes, counted }))
    }

    /// A chunk's elements.
    pub fn decoded(chunk: Array) -> Self {
        let counted = Counted::new(chunk.footprint());
        Self::Decoded(Arc::new(Held { value: chunk, counted }))
    }

    /// Moves stored bytes from memory to a hidden file.
    pub fn spill(&mut self, spill: &Arc<Spill>) -> Result<()> {
        if let Self::Encoded(held) = self {
            *self = Self::File(spill.put(&held.value)?);
        }
        Ok(())
    }

    fn bytes(&self) -> u64 {
        match self {
            Self::Encoded(held) => held.value.len() as u64,
            Self::Decoded(held) => held.value.footprint(),
            Self::File(file) => file.size,
        }
    }
}

/// One change, worked out: nothing in it can fail any more.
#[derive(Default)]
pub struct Edit {
    /// New versions of chunks.
    pub puts: Vec<(String, Slot)>,
    /// Where chunks that are decoded now meet the box that is written.
    pub patches: Vec<Piece>,
    /// The shape beyond which chunks are dropped.
    pub shape: Option<Vec<u64>>,
}

#[derive(Default)]
struct Table {
    chunks: HashMap<String, Slot>,
    base: Option<Base>,
    /// The decoded chunks, the one that was written to longest ago first, and when each was written to.
    recent: BTreeMap<u64, String>,
    used: HashMap<String, u64>,
    clock: u64,
}

/// The committed version.
struct Base {
    node: Arc<Node>,
    /// The smallest shape since: chunks beyond were dropped.
    live: Vec<u64>,
}

/// The chunks of an array that is written by parts.
pub struct Growing {
    /// Grid and pipeline; its shape and fill value are those of the beginning.
    layout: ArrayMeta,
    limits: Limits,
    table: RwLock<Table>,
}

impl Growing {
    /// An array without chunks.
    pub fn empty(layout: ArrayMeta, limits: Limits) -> Arc<Self> {
        Arc::new(Self { layout, limits, table: RwLock::default() })
    }

    /// The chunks of a node that was not written by parts so far.
    pub fn over(node: &Arc<Node>) -> Arc<Self> {
        let mut table = Table::default();
        match node.files() {
            Files::Memory(chunks) => {
                table.chunks = chunks.iter().map(|(name, b)| (name.clone(), Slot::encoded(b.to_vec()))).collect();
            }
            _ => table.base = Some(Base { node: node.clone(), live: node.meta.grid.shape.clone() }),
        }
        Arc::new(Self { layout: node.meta.clone(), limits: node.limits(), table: RwLock::new(table) })
    }

    // A thread that panicked while it held the lock left the table whole: it is changed in steps that do not fail.
    fn read(&self) -> RwLockReadGuard<'_, Table> {
        self.table.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Table> {
        self.table.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where a chunk is; `None` when it is in the committed version, or nowhere.
    pub(super) fn slot(&self, name: &str) -> Option<Slot> {
        self.read().chunks.get(name).cloned()
    }

    /// The committed version, when it has the chunk of that name still.
    pub(super) fn base(&self, name: &str) -> Option<Arc<Node>> {
        self.read().base.as_ref().filter(|base| base.shows(name)).map(|base| base.node.clone())
    }

    /// Whether chunks are in a committed version still.
    pub(super) fn has_base(&self) -> bool {
        self.read().base.is_some()
    }

    /// Whether this library wrote what is committed, if anything is.
    pub(super) fn is_ours(&self) -> bool {
        self.read().base.as_ref().is_none_or(|base| base.node.record().is_some())
    }

    /// The elements of a chunk that is kept decoded.
    pub fn decoded(&self, name: &str) -> Option<Arc<Held<Array>>> {
        match self.read().chunks.get(name) {
            Some(Slot::Decoded(held)) => Some(held.clone()),
            _ => None,
        }
    }

    /// The stored bytes of a chunk, at most `limit` where they are read from the committed version; `None` when it was
    /// never written.
    ///
    /// # Errors
    /// `Corrupt`, `Io`, `Codec`.
    pub fn stored(&self, name: &str, limit: u64) -> Result<Option<Vec<u8>>> {
        match self.slot(name) {
            Some(Slot::Encoded(held)) => Ok(Some(held.value.clone())),
            Some(Slot::Decoded(held)) => chunk::encode(&self.layout, &held.value.view()).map(Some),
            Some(Slot::File(file)) => file.read().map(Some),
            None => match self.base(name) {
                Some(node) => Ok(node.chunk(name, limit)?.map(|bytes| bytes.into_owned())),
                None => Ok(None),
            },
        }
    }

    /// The elements of a chunk; `None` when it was never written.
    ///
    /// # Errors
    /// `Corrupt`, `Io`, `Codec`.
    pub fn chunk(&self, what: &str, name: &str) -> Result<Option<Array>> {
        if let Some(held) = self.decoded(name) {
            return Ok(Some(held.value.clone()));
        }
        let limit = self.layout.stored_limit(self.limits);
        let Some(stored) = self.stored(name, limit)? else { return Ok(None) };
        let decoded = chunk::decode(&self.layout, &stored, self.limits);
        decoded.map(Some).map_err(|e| e.context(format!("{what}: chunk '{name}'")))
    }

    /// The names of the chunks that were written, in row-major order of the grid, then of other files.
    ///
    /// # Errors
    /// Of the operating system.
    pub fn names(&self) -> Result<Vec<String>> {
        Ok(self.sizes()?.into_iter().map(|(name, _)| name).collect())
    }

    /// Names as [`Growing::names`] gives them, and the bytes each takes now.
    ///
    /// # Errors
    /// Of the operating system.
    pub fn sizes(&self) -> Result<Vec<(String, u64)>> {
        let table = self.read();
        let mut sizes: Vec<_> = table.chunks.iter().map(|(name, slot)| (name.clone(), slot.bytes())).collect();
        if let Some(base) = &table.base {
            let chunks = base.sizes()?.into_iter();
            sizes.extend(chunks.filter(|(name, _)| !table.chunks.contains_key(name) && base.shows(name)));
        }
        drop(table);
        sizes.sort_by_cached_key(|(name, _)| {
            let index = self.layout.grid.index(name);
            (index.is_none(), index, name.clone())
        });
        Ok(sizes)
    }

    /// Makes a change: the only step that readers see.
    ///
    /// # Errors
    /// None for an edit that was made for this array under the writer's lock.
    pub fn apply(&self, edit: Edit, view: &ArrayView<'_>) -> Result<()> {
        let table = &mut *self.write();
        for piece in edit.patches {
            let part = view.cut(&piece.source())?;
            table.patch(&piece, &part)?;
        }
        for (name, slot) in edit.puts {
            table.put(name, slot);
        }
        if let Some(shape) = edit.shape {
            let grid = &self.layout.grid;
            let beyond =
                |name: &str| grid.index(name).is_some_and(|i| grid.origin(&i).iter().zip(&shape).any(|(o, s)| o >= s));
            let gone: Vec<String> = table.chunks.keys().filter(|name| beyond(name)).cloned().collect();
            gone.iter().for_each(|name| table.drop_chunk(name));
            if let Some(base) = &mut table.base {
                base.live.iter_mut().zip(&shape).for_each(|(live, &now)| *live = (*live).min(now));
            }
        }
        Ok(())
    }

    /// Encodes the decoded chunks that were written to longest ago until the others take at most `most` bytes; those
    /// named stay. Only under the writer's lock.
    ///
    /// # Errors
    /// `Codec`, `NoMemory`; what was not encoded stays decoded.
    pub fn evict(&self, most: u64, staying: &[Piece]) -> Result<()> {
        let (old, mut bytes) = {
            let table = self.read();
            let names: Vec<String> = table.recent.values().cloned().collect();
            let bytes: u64 = names.iter().filter_map(|name| table.chunks.get(name)).map(Slot::bytes).sum();
            (names, bytes)
        };
        for name in old {
            if bytes <= most {
                return Ok(());
            }
            let Some(held) = self.decoded(&name).filter(|_| staying.iter().all(|piece| piece.name != name)) else {
                continue;
            };
            bytes = bytes.saturating_sub(held.value.footprint());
            let encoded = chunk::encode(&self.layout, &held.value.view())?;
            self.write().put(name, Slot::encoded(encoded));
        }
        Ok(())
    }

    /// Puts one chunk. Only under the writer's lock.
    pub(super) fn put(&self, name: String, slot: Slot) {
        self.write().put(name, slot);
    }

    /// Lets go of the committed version.
    pub(super) fn forget_base(&self) {
        self.write().base = None;
    }

    /// Moves every chunk to hidden files. Only under the writer's lock.
    ///
    /// # Errors
    /// Of encoding, of the operating system; what was not moved stays.
    pub fn spill(&self, spill: &Arc<Spill>) -> Result<()> {
        self.evict(0, &[])?;
        self.spill_encoded(spill)
    }

    /// As [`Growing::spill`], without the decoded chunks.
    ///
    /// # Errors
    /// Of the operating system.
    pub fn spill_encoded(&self, spill: &Arc<Spill>) -> Result<()> {
        let encoded = |table: &Table| -> Vec<(String, Slot)> {
            let slots = table.chunks.iter().filter(|(_, slot)| matches!(slot, Slot::Encoded(_)));
            slots.map(|(name, slot)| (name.clone(), slot.clone())).collect()
        };
        let slots = encoded(&self.read());
        for (name, mut slot) in slots {
            slot.spill(spill)?;
            self.write().put(name, slot);
        }
        Ok(())
    }
}

impl Table {
    fn put(&mut self, name: String, slot: Slot) {
        let decoded = matches!(slot, Slot::Decoded(_));
        self.forget_use(&name);
        if decoded {
            self.touch(&name);
        }
        self.chunks.insert(name, slot);
    }

    fn drop_chunk(&mut self, name: &str) {
        self.forget_use(name);
        self.chunks.remove(name);
    }

    /// A decoded chunk was written to now.
    fn touch(&mut self, name: &str) {
        self.forget_use(name);
        self.clock += 1;
        self.recent.insert(self.clock, name.to_owned());
        self.used.insert(name.to_owned(), self.clock);
    }

    fn forget_use(&mut self, name: &str) {
        if let Some(at) = self.used.remove(name) {
            self.recent.remove(&at);
        }
    }

    /// Writes to a decoded chunk in place, or to a copy when somebody reads it.
    fn patch(&mut self, piece: &Piece, part: &ArrayView<'_>) -> Result<()> {
        let Some(Slot::Decoded(held)) = self.chunks.get_mut(&piece.name) else {
            return Err(err!(Internal, "chunk '{}' is not decoded", piece.name));
        };
        match Arc::get_mut(held) {
            Some(held) => {
                held.value.patch(&piece.in_chunk, part)?;
                held.counted.set(held.value.footprint());
            }
            None => {
                let mut copy = held.value.clone();
                copy.patch(&piece.in_chunk, part)?;
                let counted = Counted::new(copy.footprint());
                *held = Arc::new(Held { value: copy, counted });
            }
        }
        self.touch(&piece.name);
        Ok(())
    }
}

impl Base {
    /// Whether the chunk of a name was not dropped since.
    fn shows(&self, name: &str) -> bool {
        let grid = &self.node.meta.grid;
        grid.index(name).is_none_or(|index| grid.origin(&index).iter().zip(&self.live).all(|(at, live)| at < live))
    }

    fn sizes(&self) -> Result<Vec<(String, u64)>> {
        let chunks = |(name, _): &(String, u64)| is_chunk(name);
        match self.node.record() {
            Some(record) => Ok(record.iter().map(|(name, size, _)| (name.to_owned(), size)).filter(chunks).collect()),
            None => Ok(self.node.files().sizes()?.into_iter().filter(chunks).collect()),
        }
    }
}
