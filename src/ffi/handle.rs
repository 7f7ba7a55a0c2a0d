//! The table of open stores, and the tokens that name them.
//!
//! A `ds_store *` is a slot number plus one (low 32 bits) and a generation (high 32 bits); nobody dereferences it.
//! Slots are 64 bytes, live in segments that are never unmapped, and are reused under the next generation; a slot that
//! has used its last generation is retired. Invariant: the entry of a slot is written only by the thread that owns the
//! slot (it took it from the free list, or it is the closer after the drain), and read only between enter and leave.

use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64, Ordering};

use super::gate::{Gate, Refusal};
use super::types::ds_store;
use super::{fork, freelist};
use crate::error::{Error, Result, err};
use crate::storage::Storage;

const FIRST_SEGMENT: u32 = 64;
const SEGMENTS: usize = 16;
/// The most stores that may be open at once.
const MAX_SLOTS: u32 = FIRST_SEGMENT * ((1 << SEGMENTS) - 1);

/// What a handle stands for.
pub(super) struct Entry {
    pub(super) storage: Storage,
    /// A call on this store ended in a panic: its state is not trusted any more.
    pub(super) poisoned: AtomicBool,
}

#[repr(align(64))]
struct Slot {
    gate: Gate,
    /// The fork epoch in which the slot was opened.
    epoch: AtomicU32,
    /// The link of the free list.
    next_free: AtomicU32,
    entry: UnsafeCell<Option<Box<Entry>>>,
}

const _: () = assert!(size_of::<Slot>() == 64, "a slot is one cache line");

// SAFETY: `entry` follows the rule at the top of this file, which the gate enforces; the entry itself is Send + Sync
// (checked below), the rest are atomics and locks.
unsafe impl Sync for Slot {}

const _: () = {
    const fn shared_by_threads<T: Send + Sync>() {}
    shared_by_threads::<Entry>();
};

static TABLE: [AtomicPtr<Slot>; SEGMENTS] = [const { AtomicPtr::new(std::ptr::null_mut()) }; SEGMENTS];
static USED: AtomicU32 = AtomicU32::new(0);
static FREE: AtomicU64 = AtomicU64::new(0);

/// The segment of a slot and its place in it: segment k holds 64 * 2^k slots.
#[inline]
fn place(index: u32) -> (usize, usize) {
    let segment = (index / FIRST_SEGMENT + 1).ilog2();
    let before = FIRST_SEGMENT * ((1 << segment) - 1);
    (segment as usize, (index - before) as usize)
}

#[inline]
fn slot(index: u32) -> Option<&'static Slot> {
    if index >= USED.load(Ordering::Acquire) {
        return None;
    }
    let (segment, at) = place(index);
    let base = TABLE.get(segment)?.load(Ordering::Acquire);
    // SAFETY: a segment is published whole, with 64 * 2^k slots, and never unmapped; `place` stays inside it.
    (!base.is_null()).then(|| unsafe { &*base.add(at) })
}

fn link(index: u32) -> Option<&'static AtomicU32> {
    slot(index).map(|slot| &slot.next_free)
}

/// Makes the segment exist.
fn provide(segment: usize) -> Result<()> {
    let refused = || err!(NoMemory, "no memory for the handle of another store");
    let cell = TABLE.get(segment).ok_or_else(refused)?;
    if !cell.load(Ordering::Acquire).is_null() {
        return Ok(());
    }
    let length = (FIRST_SEGMENT as usize) << segment;
    let mut slots = Vec::new();
    slots.try_reserve_exact(length).map_err(|_| refused())?;
    slots.extend((0..length).map(|_| Slot {
        gate: Gate::new(),
        epoch: AtomicU32::new(0),
        next_free: AtomicU32::new(0),
        entry: UnsafeCell::new(None),
    }));
    let fresh = Box::into_raw(slots.into_boxed_slice());
    let published =
        cell.compare_exchange(std::ptr::null_mut(), fresh.cast::<Slot>(), Ordering::AcqRel, Ordering::Acquire);
    if published.is_err() {
        // SAFETY: another thread was first; nobody has seen this one, which came from a box just above.
        drop(unsafe { Box::from_raw(fresh) });
    }
    Ok(())
}

/// A slot nobody else owns: a freed one, or the next that was never used.
fn take() -> Result<(u32, &'static Slot)> {
    let full = || err!(NoMemory, "{MAX_SLOTS} stores are open, the limit");
    let index = match freelist::pop(&FREE, link) {
        Some(index) => index,
        None => {
            let mut used = USED.load(Ordering::Relaxed);
            loop {
                if used >= MAX_SLOTS {
                    return Err(full());
                }
                provide(place(used).0)?;
                match USED.compare_exchange_weak(used, used + 1, Ordering::AcqRel, Ordering::Relaxed) {
                    Ok(_) => break used,
                    Err(now) => used = now,
                }
            }
        }
    };
    slot(index).map(|slot| (index, slot)).ok_or_else(full)
}

fn token(index: u32, generation: u32) -> *mut ds_store {
    let bits = (u64::from(generation) << 32) | (u64::from(index) + 1);
    std::ptr::without_provenance_mut(bits as usize)
}

/// Gives a store its handle.
pub(super) fn insert(storage: Storage) -> Result<*mut ds_store> {
    fork::watch();
    let (index, slot) = match take() {
        Ok(taken) => taken,
        Err(error) => {
            // Nobody will have this store: nothing of it is published.
            storage.discard();
            return Err(error);
        }
    };
    slot.epoch.store(fork::epoch(), Ordering::Relaxed);
    // SAFETY: this thread owns the slot (`take`), and the gate lets nobody in before `open`.
    unsafe { *slot.entry.get() = Some(Box::new(Entry { storage, poisoned: AtomicBool::new(false) })) };
    Ok(token(index, slot.gate.open()))
}

/// A handle taken apart and found to name a slot; the store may be closed all the same.
#[derive(Clone, Copy)]
pub(super) struct Named {
    slot: &'static Slot,
    index: u32,
    generation: u32,
}

#[cold]
pub(super) fn closed() -> Error {
    err!(Closed, "store is closed")
}

#[cold]
fn names_nothing(handle: *mut ds_store) -> Error {
    if handle.is_null() {
        return err!(InvalidHandle, "store: handle is NULL");
    }
    err!(InvalidHandle, "store: {handle:p} was given by no ds_open")
}

#[cold]
fn refused(refusal: Refusal, handle: *mut ds_store) -> Error {
    match refusal {
        Refusal::Unused => names_nothing(handle),
        Refusal::Closed => closed(),
        Refusal::Crowded => err!(Busy, "store: 536870911 calls are in flight, the limit"),
    }
}

/// Finds the slot a handle names, without dereferencing the handle.
#[inline]
pub(super) fn name(handle: *mut ds_store) -> Result<Named> {
    let bits = handle.addr() as u64;
    let (generation, index) = ((bits >> 32) as u32, (bits as u32).checked_sub(1));
    let slot = index.and_then(|index| slot(index).map(|slot| (index, slot)));
    match slot {
        Some((index, slot)) if generation != 0 => {
            // First of all, and of plain atomics only: a child must not touch what it inherited.
            if slot.epoch.load(Ordering::Relaxed) != fork::epoch() {
                return Err(closed());
            }
            Ok(Named { slot, index, generation })
        }
        _ => Err(names_nothing(handle)),
    }
}

/// Whether the handle names an open store.
pub(super) fn is_open(handle: *mut ds_store) -> bool {
    name(handle).is_ok_and(|named| named.slot.gate.is_open(named.generation))
}

/// A call in flight; leaving is dropping it.
pub(super) struct Entered(&'static Slot);

impl Entered {
    #[inline]
    pub(super) fn enter(handle: *mut ds_store) -> Result<Self> {
        let named = name(handle)?;
        named.slot.gate.enter(named.generation).map_err(|refusal| refused(refusal, handle))?;
        Ok(Self(named.slot))
    }

    /// As `enter`, but also while a close waits for other calls.
    pub(super) fn enter_draining(handle: *mut ds_store) -> Result<Self> {
        let named = name(handle)?;
        named.slot.gate.enter_draining(named.generation).map_err(|refusal| refused(refusal, handle))?;
        Ok(Self(named.slot))
    }

    #[inline]
    pub(super) fn entry(&self) -> Result<&Entry> {
        // SAFETY: between enter and leave nobody writes the entry (the closer waits for the drain).
        unsafe { &*self.0.entry.get() }.as_deref().ok_or_else(closed)
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        self.0.gate.leave();
    }
}

/// The one who closes a store: nobody is inside and nobody can enter. Dropping it frees the slot.
pub(super) struct Closer {
    named: Named,
    entry: Option<Box<Entry>>,
}

impl Closer {
    /// Refuses new calls and waits for those in flight. A second closer waits until the first has finished, and is
    /// then told that the store is closed.
    pub(super) fn begin(handle: *mut ds_store) -> Result<Self> {
        let named = name(handle)?;
        let Named { slot, generation, .. } = named;
        if let Err(refusal) = slot.gate.begin_close(generation) {
            slot.gate.wait_finished(generation);
            return Err(refused(refusal, handle));
        }
        slot.gate.wait_drained();
        // SAFETY: this thread is the closer and the gate is drained.
        let entry = unsafe { (*slot.entry.get()).take() };
        Ok(Self { named, entry })
    }

    pub(super) fn take(&mut self) -> Option<Box<Entry>> {
        self.entry.take()
    }
}

impl Drop for Closer {
    fn drop(&mut self) {
        let Named { slot, index, .. } = self.named;
        slot.gate.finish_close();
        if !slot.gate.is_worn_out() {
            freelist::push(&FREE, index, link);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_fill_their_segments_without_gap_or_overlap() {
        assert_eq!(
            (place(0), place(63), place(64), place(191), place(192)),
            ((0, 0), (0, 63), (1, 0), (1, 127), (2, 0))
        );
        assert_eq!(place(MAX_SLOTS - 1), (SEGMENTS - 1, (FIRST_SEGMENT as usize * (1 << (SEGMENTS - 1))) - 1));
    }

    #[test]
    fn pointers_that_name_no_slot_are_told_from_closed_stores() {
        let on_the_stack = 0u64;
        for bits in [0usize, 1, 64, 0xffff_ffff, 1 << 32, usize::MAX, std::ptr::from_ref(&on_the_stack).addr()] {
            let error = name(std::ptr::without_provenance_mut(bits)).err().map(|e| e.kind());
            assert_eq!(error, Some(crate::ErrorKind::InvalidHandle), "{bits:#x}");
        }
    }
}
