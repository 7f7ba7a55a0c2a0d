//! One call in flight: how it is cancelled and how it tells its progress.
//!
//! [`Interrupt`] belongs to a store, [`Op`] to one call on it. An interrupt ends the calls that are in flight when it
//! comes; it leaves no mark for later ones.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{Result, err};

/// Ends the calls in flight on a store.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<AtomicU64>);

impl Interrupt {
    /// Cancels every call that is in flight now.
    pub fn raise(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    /// The token of a call that begins now.
    #[must_use]
    pub fn begin(&self) -> Cancel {
        Cancel { interrupt: self.clone(), epoch: self.0.load(Ordering::SeqCst) }
    }
}

/// Whether one call was cancelled; cheap to ask, may be shared by the threads that work for the call.
#[derive(Clone, Debug)]
pub struct Cancel {
    interrupt: Interrupt,
    epoch: u64,
}

impl Cancel {
    /// A token that nothing cancels.
    #[must_use]
    pub fn never() -> Self {
        Interrupt::default().begin()
    }

    /// # Errors
    /// `Cancelled` when the call was interrupted.
    pub fn check(&self) -> Result<()> {
        if self.interrupt.0.load(Ordering::Relaxed) == self.epoch {
            Ok(())
        } else {
            Err(err!(Cancelled, "interrupted"))
        }
    }
}

/// What a long call tells: the stage, how much is done, of how much.
#[derive(Clone, Debug)]
pub struct Progress<'a> {
    /// What is being done: `compress`, `copy`, `verify`, `flush`, `write` (chunks of one region write),
    /// `query` (blocks of rows that a dataset was asked about).
    pub stage: &'a str,
    /// Units done (arrays or entries).
    pub done: u64,
    /// Units in all; 0 when unknown.
    pub total: u64,
}

/// A progress callback; `false` cancels the call.
pub type ProgressFn = dyn Fn(&Progress<'_>) -> bool + Send + Sync;

/// One call in flight. The progress callback runs only on the calling thread.
pub struct Op {
    cancel: Cancel,
    progress: Option<Arc<ProgressFn>>,
}

impl Op {
    /// A call with a cancel token and, maybe, a progress callback.
    #[must_use]
    pub fn new(cancel: Cancel, progress: Option<Arc<ProgressFn>>) -> Self {
        Self { cancel, progress }
    }

    /// A call that nobody watches or cancels.
    #[must_use]
    pub fn quiet() -> Self {
        Self::new(Cancel::never(), None)
    }

    /// The token, for the threads that work for this call.
    #[must_use]
    pub fn cancel(&self) -> &Cancel {
        &self.cancel
    }

    /// # Errors
    /// `Cancelled` when the call was interrupted.
    pub fn check(&self) -> Result<()> {
        self.cancel.check()
    }

    /// Tells progress.
    ///
    /// # Errors
    /// `Cancelled` when the call was interrupted or the callback says so.
    pub fn progress(&self, stage: &str, done: u64, total: u64) -> Result<()> {
        self.check()?;
        match &self.progress {
            Some(callback) if !callback(&Progress { stage, done, total }) => {
                Err(err!(Cancelled, "{stage}: cancelled by the progress callback at {done} of {total}"))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interrupt_ends_calls_in_flight_and_no_later_one() {
        let interrupt = Interrupt::default();
        let before = interrupt.begin();
        assert!(before.check().is_ok());
        interrupt.raise();
        assert!(before.check().is_err());
        assert!(interrupt.begin().check().is_ok());
    }
}
