//! The life of a store: open, closing, closed, and the calls in flight.
//!
//! Closing refuses new calls and waits for those in flight; a second close waits for the first and then is `Closed`.
//! A call made from inside another one (a progress callback that loads) nests, unless the store is closing.
//!
//! One word counts the calls and holds the phase. A call adds one and looks at what it added to; where the store is
//! closing it takes the one back, so that the closer may see a count that falls again, and looks until it is zero. The
//! last one out of a closing store takes the lock before it wakes the closer, who looks under the lock: no wake is lost.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};

use crate::error::{Result, err};

const CLOSING: u64 = 1 << 63;
const CLOSED: u64 = 1 << 62;
const CALLS: u64 = CLOSED - 1;

#[derive(Default)]
pub(super) struct Life {
    word: AtomicU64,
    lock: Mutex<()>,
    changed: Condvar,
}

/// Keeps the store open while it lives.
pub(super) struct Guard<'a>(&'a Life);

impl Life {
    pub(super) fn is_open(&self) -> bool {
        self.word.load(Ordering::SeqCst) & CLOSING == 0
    }

    pub(super) fn enter(&self) -> Result<Guard<'_>> {
        let before = self.word.fetch_add(1, Ordering::SeqCst);
        // Dropped, it takes back what was added.
        let guard = Guard(self);
        if before & CLOSING != 0 {
            return Err(err!(Closed, "the store is closed"));
        }
        Ok(guard)
    }

    /// Runs `last` once, after the calls in flight have ended and before anybody is told that the store is closed.
    pub(super) fn close<T>(&self, last: impl FnOnce() -> Result<T>) -> Result<T> {
        if self.word.fetch_or(CLOSING, Ordering::SeqCst) & CLOSING != 0 {
            self.wait(|word| word & CLOSED != 0);
            return Err(err!(Closed, "the store is closed"));
        }
        self.wait(|word| word & CALLS == 0);
        let finish = Finish(self);
        let result = last();
        drop(finish);
        result
    }

    /// Sleeps until the word is as wanted.
    fn wait(&self, wanted: impl Fn(u64) -> bool) {
        let mut held = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        while !wanted(self.word.load(Ordering::SeqCst)) {
            held = self.changed.wait(held).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn wake(&self) {
        drop(self.lock.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_all();
    }
}

/// Marks the end of closing, also when it panics.
struct Finish<'a>(&'a Life);

impl Drop for Finish<'_> {
    fn drop(&mut self) {
        self.0.word.fetch_or(CLOSED, Ordering::SeqCst);
        self.0.wake();
    }
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        let before = self.0.word.fetch_sub(1, Ordering::SeqCst);
        if before & CLOSING != 0 && before & CALLS == 1 {
            self.0.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicBool;

    #[test]
    fn close_waits_for_calls_and_refuses_new_ones() {
        for _ in 0..200 {
            let (life, done) = (Life::default(), AtomicBool::new(false));
            let (inside, begun) = (AtomicU64::new(0), AtomicBool::new(false));
            std::thread::scope(|scope| {
                for _ in 0..3 {
                    scope.spawn(|| {
                        while let Ok(_guard) = life.enter() {
                            inside.fetch_add(1, Ordering::SeqCst);
                            begun.store(true, Ordering::SeqCst);
                            assert!(!done.load(Ordering::SeqCst), "a call is inside a closed store");
                            inside.fetch_sub(1, Ordering::SeqCst);
                        }
                    });
                }
                while !begun.load(Ordering::SeqCst) {
                    std::thread::yield_now();
                }
                let closers: Vec<_> = (0..2)
                    .map(|_| {
                        scope.spawn(|| {
                            life.close(|| {
                                assert_eq!(inside.load(Ordering::SeqCst), 0);
                                done.store(true, Ordering::SeqCst);
                                Ok(())
                            })
                        })
                    })
                    .collect();
                let closed = closers.into_iter().map(|closer| closer.join().unwrap().is_ok());
                assert_eq!(closed.filter(|&first| first).count(), 1);
            });
            assert!(done.into_inner() && !life.is_open());
        }
    }
}
