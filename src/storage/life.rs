//! The life of a store: open, closing, closed, and the calls in flight.
//!
//! Closing refuses new calls and waits for those in flight; a second close waits for the first and then is `Closed`.
//! A call made from inside another one (a progress callback that loads) nests, unless the store is closing.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::error::{Result, err};

#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Phase {
    #[default]
    Open,
    Closing,
    Closed,
}

#[derive(Default)]
pub(super) struct Life {
    inner: Mutex<(Phase, usize)>,
    changed: Condvar,
}

/// Keeps the store open while it lives.
pub(super) struct Guard<'a>(&'a Life);

impl Life {
    fn lock(&self) -> MutexGuard<'_, (Phase, usize)> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_open(&self) -> bool {
        self.lock().0 == Phase::Open
    }

    pub(super) fn enter(&self) -> Result<Guard<'_>> {
        let mut inner = self.lock();
        if inner.0 != Phase::Open {
            return Err(err!(Closed, "the store is closed"));
        }
        inner.1 += 1;
        Ok(Guard(self))
    }

    /// Runs `last` once, after the calls in flight have ended and before anybody is told that the store is closed.
    pub(super) fn close<T>(&self, last: impl FnOnce() -> Result<T>) -> Result<T> {
        let mut inner = self.lock();
        if inner.0 != Phase::Open {
            while inner.0 != Phase::Closed {
                inner = self.changed.wait(inner).unwrap_or_else(PoisonError::into_inner);
            }
            return Err(err!(Closed, "the store is closed"));
        }
        inner.0 = Phase::Closing;
        while inner.1 > 0 {
            inner = self.changed.wait(inner).unwrap_or_else(PoisonError::into_inner);
        }
        drop(inner);
        let finish = Finish(self);
        let result = last();
        drop(finish);
        result
    }
}

/// Marks the end of closing, also when it panics.
struct Finish<'a>(&'a Life);

impl Drop for Finish<'_> {
    fn drop(&mut self) {
        self.0.lock().0 = Phase::Closed;
        self.0.changed.notify_all();
    }
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        let mut inner = self.0.lock();
        inner.1 -= 1;
        if inner.1 == 0 && inner.0 == Phase::Closing {
            self.0.changed.notify_all();
        }
    }
}
