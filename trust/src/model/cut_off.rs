//! Steps that are cut off: by whoever watches them, or by a disk that fails.
//!
//! A step that is cut off leaves the store as it was, or as it would be. A commit may have done any part of its work; done
//! again, it must do the rest.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use datastorage::trust::{self, Faulty};
use datastorage::{Progress, Storage};

use super::compare::{self, Outcome};
use super::run::Run;
use super::step::{Fault, Step};
use crate::disks::mount;

impl Run {
    pub(super) fn cancel(&mut self, after: u64, interrupt: bool, step: &Step) -> Outcome {
        let asked = AtomicU64::new(0);
        let store: Weak<Storage> = Arc::downgrade(&self.open.store);
        let callback = move |_: &Progress<'_>| {
            if asked.fetch_add(1, Ordering::Relaxed) < after {
                return true;
            }
            if interrupt && let Some(store) = store.upgrade() {
                store.interrupt();
            }
            interrupt
        };
        let store = self.open.store.clone();
        store.set_progress(Some(Arc::new(callback)));
        let outcome = self.perform(step);
        store.set_progress(None);
        drop(store);
        if matches!((&outcome, step), (Outcome::Cancelled, Step::Flush | Step::Compress)) && !self.open.read_only {
            return self.again(outcome);
        }
        outcome
    }

    /// Does a commit that was cut off again: it must do the rest.
    pub(super) fn again(&mut self, outcome: Outcome) -> Outcome {
        match self.perform(&Step::Flush) {
            Outcome::Failed(text) | Outcome::Differs(text) => {
                Outcome::Differs(format!("after a commit that was cut off: {text}"))
            }
            _ => outcome,
        }
    }

    /// A step that fails for want of a disk leaves the store as it was, or as it would be.
    pub(super) fn fault(&mut self, fault: Fault, at: u64, lasting: bool, step: &Step) -> Outcome {
        let fault = match fault {
            Fault::Io => trust::Fault::Io,
            Fault::NoSpace => trust::Fault::NoSpace,
            Fault::Interrupted => trust::Fault::Interrupted,
            Fault::Short => trust::Fault::Short,
        };
        // One that is interrupted for ever waits for ever.
        let lasting = lasting && matches!(fault, trust::Fault::Io | trust::Fault::NoSpace);
        let disk = Arc::new(Faulty::new(fault, at, lasting));
        let place = self.place.clone();
        let mounted = mount(&place, disk.clone());
        let outcome = self.perform(step);
        drop(mounted);
        self.counts.struck += u64::from(disk.struck());
        let Outcome::Failed(text) = outcome else { return outcome };
        if !disk.struck() || matches!(fault, trust::Fault::Interrupted | trust::Fault::Short) {
            return Outcome::Failed(text);
        }
        if matches!(step, Step::Flush | Step::Compress | Step::Verify { .. }) {
            return match compare::whole(&self.open.store, &self.state, self.payloads) {
                Err(e) => Outcome::Differs(format!("after a commit that failed ({text}): {e}")),
                Ok(()) if self.open.read_only => Outcome::Refused,
                Ok(()) => self.again(Outcome::Refused),
            };
        }
        let as_it_was = compare::whole(&self.open.store, &self.state, self.payloads);
        let mut next = self.state.clone();
        if let (Err(e), Ok(())) = (&as_it_was, next.change(self.open.policy, step)) {
            if compare::whole(&self.open.store, &next, self.payloads).is_err() {
                return Outcome::Differs(format!("after a step that failed ({text}), neither old nor new: {e}"));
            }
            self.state = next;
            if self.open.at_once() {
                self.commit_nodes(step);
            }
            return Outcome::Refused;
        }
        match as_it_was {
            Err(e) => Outcome::Differs(format!("after a step that failed ({text}): {e}")),
            // What was written of it and could not be taken back goes with the next commit.
            Ok(()) if self.open.at_once() && !self.open.read_only => self.again(Outcome::Refused),
            Ok(()) => Outcome::Refused,
        }
    }
}
