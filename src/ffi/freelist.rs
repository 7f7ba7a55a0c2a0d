//! The free slots: a stack of slot numbers without a lock.
//!
//! The head packs `[tag 32 | slot + 1]`, 0 when empty; the tag changes with every push and pop, so that a slot that
//! left and came back in between is noticed. The link of a slot is kept in the slot, and `link` finds it. No lock,
//! because a process may fork at any moment and its child opens stores too. This file knows no slots; the model test
//! compiles it against loom.

use super::sync::atomic::{AtomicU32, AtomicU64, Ordering};

const fn pack(old: u64, slot_plus_one: u32) -> u64 {
    ((old >> 32).wrapping_add(1) << 32) | slot_plus_one as u64
}

/// Adds a slot that is not in the list.
pub(crate) fn push<'a>(head: &AtomicU64, slot: u32, link: impl Fn(u32) -> Option<&'a AtomicU32>) {
    let Some(next) = link(slot) else { return };
    let mut seen = head.load(Ordering::Relaxed);
    loop {
        next.store(seen as u32, Ordering::Relaxed);
        match head.compare_exchange_weak(seen, pack(seen, slot + 1), Ordering::AcqRel, Ordering::Relaxed) {
            Ok(_) => return,
            Err(now) => seen = now,
        }
    }
}

/// Takes a slot out.
pub(crate) fn pop<'a>(head: &AtomicU64, link: impl Fn(u32) -> Option<&'a AtomicU32>) -> Option<u32> {
    let mut seen = head.load(Ordering::Acquire);
    loop {
        let slot = (seen as u32).checked_sub(1)?;
        // The link may be changing under us when another thread took the slot; the tag tells.
        let next = link(slot)?.load(Ordering::Relaxed);
        match head.compare_exchange_weak(seen, pack(seen, next), Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => return Some(slot),
            Err(now) => seen = now,
        }
    }
}
