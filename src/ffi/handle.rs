//! The table of open stores and datasets, and the tokens that name them.
//!
//! A `ds_store *` or `ds_dataset *` is a slot number plus one (low 32 bits) and a generation (high 32 bits); nobody
//! dereferences it. One table serves every [`Kind`] of thing, so that a token of one kind never names a thing of another:
//! what a slot holds is looked at before it is used. Slots are 64 bytes, live in segments that are never unmapped, and
//! are reused under the next generation; a slot that has used its last generation is retired. Invariant: what a
//! slot holds is written only by the thread that owns the slot (it took it from the free list, or it is the closer after the
//! drain), and read only between enter and leave.

use std::cell::UnsafeCell;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64, Ordering};

use super::gate::{Gate, Refusal};
use super::held::{Entry, Held, Kind};
use super::{fork, freelist};
use crate::error::{Error, Result, err};

const FIRST_SEGMENT: u32 = 64;
const SEGMENTS: usize = 16;
/// The most stores and datasets that may be open at once.
const MAX_SLOTS: u32 = FIRST_SEGMENT * ((1 << SEGMENTS) - 1);

#[repr(align(64))]
struct Slot {
    gate: Gate,
    /// The fork epoch in which the slot was opened.
    epoch: AtomicU32,
    /// The link of the free list.
    next_free: AtomicU32,
    held: UnsafeCell<Held>,
}

const _: () = assert!(size_of::<Slot>() == 64, "a slot is one cache line");

// SAFETY: `held` follows the rule at the top of this file, which the gate enforces; what it holds is Send + Sync
// (checked below), the rest are atomics and locks.
unsafe impl Sync for Slot {}

const _: () = {
    const fn shared_by_threads<T: Send + Sync>() {}
    shared_by_threads::<Held>();
};

static TABLE: [AtomicPtr<Slot>; SEGMENTS] = [const { AtomicPtr::new(std::ptr::null_mut()) }; SEGMENTS];
static USED: AtomicU32 = AtomicU32::new(0);
static FREE: AtomicU64 = AtomicU64::new(0);

/// The segment of a slot and its place in it: segment k holds 64 * 2^k slots.
#[inline(always)]
fn place(index: u32) -> (usize, usize) {
    let segment = (index / FIRST_SEGMENT + 1).ilog2();
    let before = FIRST_SEGMENT * ((1 << segment) - 1);
    (segment as usize, (index - before) as usize)
}

#[inline(always)]
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
    let refused = || err!(NoMemory, "no memory for another handle");
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
        held: UnsafeCell::new(Held::Nothing),
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
    let full = || err!(NoMemory, "{MAX_SLOTS} stores and datasets are open, the limit");
    let own = |index: &u32| slot(*index).is_some_and(|slot| slot.epoch.load(Ordering::Relaxed) == fork::epoch());
    // Free slots of the process that was forked are passed over: a thread that is not here may hold the lock of one.
    let freed = std::iter::from_fn(|| freelist::pop(&FREE, link)).find(own);
    let index = match freed {
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

fn token<H>(index: u32, generation: u32) -> *mut H {
    let bits = (u64::from(generation) << 32) | (u64::from(index) + 1);
    std::ptr::without_provenance_mut(bits as usize)
}

/// Gives a thing its handle.
pub(super) fn insert<K: Kind>(thing: K) -> Result<*mut K::Handle> {
    fork::watch();
    let (index, slot) = match take() {
        Ok(taken) => taken,
        Err(error) => {
            // Nobody will have it: nothing of it is published.
            thing.discard();
            return Err(error);
        }
    };
    slot.epoch.store(fork::epoch(), Ordering::Relaxed);
    // SAFETY: this thread owns the slot (`take`), and the gate lets nobody in before `open`.
    unsafe { *slot.held.get() = K::hold(Box::new(Entry { thing, poisoned: AtomicBool::new(false) })) };
    Ok(token(index, slot.gate.open()))
}

/// A handle taken apart and found to name a slot; what was there may be closed, or of another kind, all the same.
#[derive(Clone, Copy)]
pub(super) struct Named {
    slot: &'static Slot,
    index: u32,
    generation: u32,
}

#[cold]
pub(super) fn closed<K: Kind>() -> Error {
    err!(Closed, "{} is closed", K::NAME)
}

#[cold]
fn names_nothing<K: Kind>(handle: *mut K::Handle) -> Error {
    if handle.is_null() {
        return err!(InvalidHandle, "{}: handle is NULL", K::NAME);
    }
    err!(InvalidHandle, "{}: {handle:p} was given by no {}", K::NAME, K::OPEN)
}

#[cold]
fn of_another_kind<K: Kind>(held: &Held) -> Error {
    match held.name() {
        Some(other) => err!(InvalidHandle, "{}: the handle is that of a {other}", K::NAME),
        None => closed::<K>(),
    }
}

#[cold]
fn refused<K: Kind>(refusal: Refusal, handle: *mut K::Handle) -> Error {
    match refusal {
        Refusal::Unused => names_nothing::<K>(handle),
        Refusal::Closed => closed::<K>(),
        Refusal::Crowded => err!(Busy, "{}: 536870911 calls are in flight, the limit", K::NAME),
    }
}

/// Finds the slot a handle names, without dereferencing the handle.
#[inline(always)]
pub(super) fn name<K: Kind>(handle: *mut K::Handle) -> Result<Named> {
    let bits = handle.addr() as u64;
    let (generation, index) = ((bits >> 32) as u32, (bits as u32).checked_sub(1));
    let slot = index.and_then(|index| slot(index).map(|slot| (index, slot)));
    match slot {
        Some((index, slot)) if generation != 0 => {
            // First of all, and of plain atomics only: a child must not touch what it inherited.
            if slot.epoch.load(Ordering::Relaxed) != fork::epoch() {
                return Err(closed::<K>());
            }
            Ok(Named { slot, index, generation })
        }
        _ => Err(names_nothing::<K>(handle)),
    }
}

/// Whether the handle names an open thing of its kind.
pub(super) fn is_open<K: Kind>(handle: *mut K::Handle) -> bool {
    let Ok(named) = name::<K>(handle) else { return false };
    let open = named.slot.gate.is_open(named.generation)
        && Entered::<K>::enter(handle).is_ok_and(|entered| entered.entry().is_ok());
    crate::defect::odd_bool(open)
}

/// A call in flight; leaving is dropping it.
pub(super) struct Entered<K>(&'static Slot, PhantomData<K>);

impl<K: Kind> Entered<K> {
    #[inline(always)]
    pub(super) fn enter(handle: *mut K::Handle) -> Result<Self> {
        let named = name::<K>(handle)?;
        named.slot.gate.enter(named.generation).map_err(|refusal| refused::<K>(refusal, handle))?;
        crate::defect::plain_count();
        Ok(Self(named.slot, PhantomData))
    }

    /// As `enter`, but also while a close waits for other calls.
    pub(super) fn enter_draining(handle: *mut K::Handle) -> Result<Self> {
        let named = name::<K>(handle)?;
        named.slot.gate.enter_draining(named.generation).map_err(|refusal| refused::<K>(refusal, handle))?;
        Ok(Self(named.slot, PhantomData))
    }

    /// What the handle stands for, where that is of the handle's kind.
    #[inline(always)]
    pub(super) fn entry(&self) -> Result<&Entry<K>> {
        // SAFETY: between enter and leave nobody writes the slot (the closer waits for the drain).
        let held = unsafe { &*self.0.held.get() };
        K::of(held).ok_or_else(|| of_another_kind::<K>(held))
    }
}

impl<K> Drop for Entered<K> {
    fn drop(&mut self) {
        self.0.gate.leave();
    }
}

/// The one who closes a handle: nobody is inside and nobody can enter. Dropping it frees the slot.
pub(super) struct Closer {
    named: Named,
    held: Held,
}

impl Closer {
    /// Refuses new calls and waits for those in flight. A second closer waits until the first has finished, and is
    /// then told that it is closed. A handle of another kind stays open.
    pub(super) fn begin<K: Kind>(handle: *mut K::Handle) -> Result<Self> {
        let named = name::<K>(handle)?;
        let Named { slot, generation, .. } = named;
        // A generation keeps its kind: what is seen here holds until this one, or another closer, ends it. Who may not
        // look may not close either: a made-up handle may become that of another thing from one line to the next.
        let looked = slot.gate.enter(generation);
        if looked.is_ok() {
            Entered::<K>(slot, PhantomData).entry()?;
        }
        if let Err(refusal) = looked.and_then(|()| slot.gate.begin_close(generation)) {
            slot.gate.wait_finished(generation);
            return Err(refused::<K>(refusal, handle));
        }
        slot.gate.wait_drained();
        // SAFETY: this thread is the closer and the gate is drained.
        let held = std::mem::replace(unsafe { &mut *slot.held.get() }, Held::Nothing);
        Ok(Self { named, held })
    }

    pub(super) fn take(&mut self) -> Held {
        std::mem::replace(&mut self.held, Held::Nothing)
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
    use crate::Storage;

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
            let error = name::<Storage>(std::ptr::without_provenance_mut(bits)).err().map(|e| e.kind());
            assert_eq!(error, Some(crate::ErrorKind::InvalidHandle), "{bits:#x}");
        }
    }
}
