//! What the defects do that only a tool that watches memory sees: an unsynchronised count, a write past the end, a
//! `bool` that is none.
//!
//! Each does what no line of the library may do, and only when it was planted. Without the feature `trust` this file is
//! not compiled, and the functions of its name in [`crate::defect`] do nothing.

use std::cell::UnsafeCell;

use super::{Defect, has};

struct Plain(UnsafeCell<u64>);

// SAFETY: none; this is the defect. Nothing reaches the count unless it was planted.
unsafe impl Sync for Plain {}

static COUNT: Plain = Plain(UnsafeCell::new(0));

/// Counts a call, as nobody should.
#[inline]
pub(crate) fn plain_count() {
    if has(Defect::PlainCount) {
        // SAFETY: none; this is the defect: a data race where two threads call at once.
        unsafe { COUNT.0.get().write_volatile(COUNT.0.get().read_volatile() + 1) };
    }
}

/// Writes one byte past the end.
pub(crate) fn write_past(memory: &mut [u8]) {
    if has(Defect::WritePast) && !memory.is_empty() {
        let past = memory.as_mut_ptr().wrapping_add(std::hint::black_box(memory.len()));
        // SAFETY: none; this is the defect: a write out of bounds.
        unsafe { past.write_volatile(0xa5) };
    }
}

/// The same, or a `bool` that is none.
#[allow(clippy::transmute_int_to_bool)]
pub(crate) fn odd_bool(good: bool) -> bool {
    if has(Defect::OddBool) {
        // SAFETY: none; this is the defect: 2 is no `bool`.
        return unsafe { std::mem::transmute::<u8, bool>(std::hint::black_box(2)) };
    }
    good
}
