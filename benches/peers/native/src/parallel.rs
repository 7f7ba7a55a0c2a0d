//! A team of threads that lasts: each has a state of its own, such as a zstd context and a buffer.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::row::{Result, text};

/// The states, and the threads that take them; one state needs no other thread.
pub struct Team<S> {
    states: Vec<S>,
    pool: Option<ThreadPool>,
}

impl<S: Send> Team<S> {
    pub fn new(threads: usize, state: impl Fn() -> S) -> Result<Self> {
        let pool = (threads > 1).then(|| ThreadPoolBuilder::new().num_threads(threads).build()).transpose();
        Ok(Self { states: (0..threads).map(|_| state()).collect(), pool: pool.map_err(text)? })
    }

    /// Runs `work(state, i)` for i in 0..count; each thread takes the next i when it is done with one.
    pub fn run(&mut self, count: usize, work: impl Fn(&mut S, usize) -> Result<()> + Sync) -> Result<()> {
        let next = AtomicUsize::new(0);
        let failed = Mutex::new(None);
        let serve = |state: &mut S| {
            loop {
                let i = next.fetch_add(1, Ordering::Relaxed);
                if i >= count {
                    break;
                }
                if let Err(error) = work(state, i) {
                    *failed.lock().expect("no thread panics") = Some(error);
                    break;
                }
            }
        };
        match &self.pool {
            None => self.states.iter_mut().for_each(serve),
            Some(pool) => pool.install(|| self.states.par_iter_mut().with_max_len(1).for_each(serve)),
        }
        failed.into_inner().expect("no thread panics").map_or(Ok(()), Err)
    }
}

/// A pointer that threads may share; each writes a place of its own.
#[derive(Clone, Copy)]
pub struct Shared(*mut u8, usize);

// SAFETY: `slice` leaves it to its caller that places do not overlap.
unsafe impl Send for Shared {}
// SAFETY: as above.
unsafe impl Sync for Shared {}

impl Shared {
    pub fn new(bytes: &mut [u8]) -> Self {
        Self(bytes.as_mut_ptr(), bytes.len())
    }

    /// # Safety
    /// No two threads ask for overlapping places, and the bytes outlive the result.
    #[allow(clippy::mut_from_ref)]
    pub unsafe fn slice(&self, start: usize, length: usize) -> &mut [u8] {
        assert!(start + length <= self.1, "a place outside of the destination");
        // SAFETY: within the bytes; the rest is the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(self.0.add(start), length) }
    }
}
