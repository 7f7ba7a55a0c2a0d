//! The wall around zarrs: its panics, and its memory.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{Result, err};

/// A panic inside zarrs is a corrupt node to us, not the end of the host.
pub fn guarded<T>(work: impl FnOnce() -> T) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| err!(Corrupt, "zarrs gave up on it"))
}

/// Asks for memory that zarrs is about to take: it does not ask, and a refusal there ends the process.
pub fn affordable(bytes: u64) -> Result<()> {
    let refused = || err!(NoMemory, "{bytes} bytes cannot be had");
    let size = usize::try_from(bytes).map_err(|_| refused())?;
    Vec::<u8>::new().try_reserve_exact(size).map_err(|_| refused())
}

/// What one read may still take, shared by the threads that work for it.
#[derive(Debug)]
pub struct Budget(AtomicU64);

impl Budget {
    /// A budget of so many bytes.
    pub fn new(bytes: u64) -> Self {
        Self(AtomicU64::new(bytes))
    }

    /// Starts afresh.
    pub fn reset(&self, bytes: u64) {
        self.0.store(bytes, Ordering::Relaxed);
    }

    /// What is left.
    pub fn left(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Takes bytes; `false` when there are not as many left.
    pub fn take(&self, bytes: u64) -> bool {
        let taken = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes));
        taken.is_ok()
    }
}
