//! The threads that work for a merge: those of the process, some of its own, or the calling one alone.

use rayon::prelude::*;

use crate::error::{Result, err};

/// Who works.
pub enum Workers {
    /// The calling thread.
    One,
    /// The pool of the process.
    Shared(&'static rayon::ThreadPool),
    /// A pool of this merge.
    Own(rayon::ThreadPool),
}

impl Workers {
    /// So many threads; the pool of the process when none are asked for.
    ///
    /// # Errors
    /// `NoMemory` when threads cannot be had.
    pub fn new(threads: Option<usize>) -> Result<Self> {
        Ok(match threads {
            Some(1) => Self::One,
            Some(threads) => {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
                Self::Own(pool.map_err(|e| err!(NoMemory, "{threads} threads: {e}"))?)
            }
            None => crate::config::pool().map_or(Self::One, Self::Shared),
        })
    }

    fn pool(&self) -> Option<&rayon::ThreadPool> {
        match self {
            Self::One => None,
            Self::Shared(pool) => Some(pool),
            Self::Own(pool) => Some(pool),
        }
    }

    /// What `work` makes of each item, in their order.
    pub fn map<I: Sync, T: Send>(&self, items: &[I], work: impl Fn(&I) -> T + Sync + Send) -> Vec<T> {
        match self.pool() {
            None => items.iter().map(work).collect(),
            Some(pool) => pool.install(|| items.par_iter().with_max_len(4).map(work).collect()),
        }
    }

    /// What `work` makes of each item it is given, in their order.
    pub fn map_owned<I: Send, T: Send>(&self, items: Vec<I>, work: impl Fn(I) -> T + Sync + Send) -> Vec<T> {
        match self.pool() {
            None => items.into_iter().map(work).collect(),
            Some(pool) => pool.install(|| items.into_par_iter().with_max_len(1).map(work).collect()),
        }
    }

    /// Both, at once where there are threads.
    pub fn join<A: Send, B: Send>(&self, a: impl FnOnce() -> A + Send, b: impl FnOnce() -> B + Send) -> (A, B) {
        match self.pool() {
            None => (a(), b()),
            Some(pool) => pool.install(|| rayon::join(a, b)),
        }
    }
}
