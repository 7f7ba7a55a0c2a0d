//! The gate of one slot: who may be inside, and when the last one is out.
//!
//! One atomic word packs `[generation 32 | closing 1 | drained 1 | calls 30]`. A call enters by adding one, looks at
//! what it added to, and takes the one back where the generation is not its own or the slot is closing: an addition costs
//! two thirds of a compare-and-swap, and refusals are rare. The last one out of a closing slot wakes the closer, who then
//! sets `drained`. A free slot stays closing and drained, so that nothing enters it before [`Gate::open`] gives it the
//! next generation; the count is never stored over, since refused calls may be passing through at any time.
//!
//! Invariant: from the moment [`Gate::wait_drained`] returns until the next `open`, nobody but the closer is inside.
//! This file knows neither slots nor stores; the model test compiles it against loom.

use std::sync::PoisonError;

use super::sync::atomic::{AtomicU64, Ordering};
use super::sync::{Condvar, Mutex};
use crate::defect::{Defect, has};

const CALLS: u64 = (1 << 30) - 1;
const DRAINED: u64 = 1 << 30;
const CLOSING: u64 = 1 << 31;
/// Beyond this many calls a further one is refused; what is left of the count is room for the refused.
const MOST_CALLS: u64 = CALLS / 2;

const fn generation_of(word: u64) -> u32 {
    (word >> 32) as u32
}

/// Why a call may not enter, or why it is not the one that closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The slot was never opened.
    Unused,
    /// This generation is over, or is being closed.
    Closed,
    /// More calls are in flight than the word can count.
    Crowded,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Gate {
    word: AtomicU64,
    /// The last generation whose close has finished; both sleepers (the closer, and a second one) sleep on it.
    finished: Mutex<u32>,
    wake: Condvar,
}

impl Gate {
    /// The gate of a slot that was never opened: generation 0, which no handle has.
    pub(crate) fn new() -> Self {
        Self::after(0)
    }

    /// The gate of a free slot whose generations up to this one are over.
    pub(crate) fn after(generation: u32) -> Self {
        let word = AtomicU64::new((u64::from(generation) << 32) | CLOSING | DRAINED);
        Self { word, finished: Mutex::new(generation), wake: Condvar::new() }
    }

    /// Opens a free slot and gives its new generation. Only the owner of the free slot may call it, never after the
    /// last generation (see [`Gate::is_worn_out`]).
    pub(crate) fn open(&self) -> u32 {
        // Release: what was put into the slot is seen by whoever enters. The next generation, open, and the calls as
        // they are: refused ones that have not left yet.
        let before = self.word.fetch_add((1 << 32) - CLOSING - DRAINED, Ordering::Release);
        generation_of(before).wrapping_add(1)
    }

    /// Whether the slot has used its last generation and must be retired: a generation never comes twice.
    pub(crate) fn is_worn_out(&self) -> bool {
        generation_of(self.word.load(Ordering::Relaxed)) == u32::MAX
    }

    /// Whether `generation` could be entered now.
    pub(crate) fn is_open(&self, generation: u32) -> bool {
        let word = self.word.load(Ordering::Acquire);
        generation_of(word) == generation && word & CLOSING == 0
    }

    /// Enters as a call.
    #[inline(always)]
    pub(crate) fn enter(&self, generation: u32) -> Result<(), Refusal> {
        self.enter_unless(generation, CLOSING)
    }

    /// Enters also while a closer still waits for others: the way of an interrupt, which is what lets the closer go on.
    pub(crate) fn enter_draining(&self, generation: u32) -> Result<(), Refusal> {
        self.enter_unless(generation, DRAINED)
    }

    #[inline(always)]
    fn enter_unless(&self, generation: u32, refusing: u64) -> Result<(), Refusal> {
        let before = self.word.fetch_add(1, Ordering::Acquire);
        let own = generation_of(before) == generation || has(Defect::SkipGeneration);
        if own && before & refusing == 0 && before & CALLS < MOST_CALLS {
            return Ok(());
        }
        Err(self.refuse(before, generation, refusing))
    }

    /// Takes back what a refused call added, and tells why.
    #[cold]
    fn refuse(&self, before: u64, generation: u32, refusing: u64) -> Refusal {
        self.leave();
        match generation_of(before) {
            0 => Refusal::Unused,
            now if now == generation && before & refusing == 0 => Refusal::Crowded,
            _ => Refusal::Closed,
        }
    }

    /// Leaves; exactly once for each successful enter.
    #[inline]
    pub(crate) fn leave(&self) {
        // Release: what the call did is seen by the closer.
        let before = self.word.fetch_sub(1, Ordering::Release);
        if before & (CLOSING | DRAINED | CALLS) == CLOSING + 1 {
            self.wake_closer();
        }
    }

    #[cold]
    fn wake_closer(&self) {
        // Under the lock, so that a closer that has just seen one call left is already asleep or sees none.
        let _guard = self.finished.lock().unwrap_or_else(PoisonError::into_inner);
        self.wake.notify_all();
    }

    /// Refuses further calls. `Ok` makes the caller the closer, who goes on to `wait_drained` and `finish_close`.
    pub(crate) fn begin_close(&self, generation: u32) -> Result<(), Refusal> {
        let mut word = self.word.load(Ordering::Relaxed);
        loop {
            let own = generation_of(word) == generation || has(Defect::SkipGeneration);
            if !own || word & CLOSING != 0 {
                return Err(if generation_of(word) == 0 { Refusal::Unused } else { Refusal::Closed });
            }
            match self.word.compare_exchange_weak(word, word | CLOSING, Ordering::Acquire, Ordering::Relaxed) {
                Ok(_) => return Ok(()),
                Err(now) => word = now,
            }
        }
    }

    /// The closer: sleeps until no call is in flight, and lets nobody in from then on.
    pub(crate) fn wait_drained(&self) {
        if has(Defect::SkipDrain) {
            self.word.fetch_or(DRAINED, Ordering::Acquire);
            return;
        }
        if self.drain() {
            return;
        }
        let mut guard = self.finished.lock().unwrap_or_else(PoisonError::into_inner);
        while !self.drain() {
            guard = self.wake.wait(guard).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Marks the slot as drained when no call is in flight.
    fn drain(&self) -> bool {
        let mut word = self.word.load(Ordering::Relaxed);
        while word & CALLS == 0 {
            // Acquire: what the calls did is seen by the closer.
            match self.word.compare_exchange_weak(word, word | DRAINED, Ordering::Acquire, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(now) => word = now,
            }
        }
        false
    }

    /// The closer: tells those who wait for the close that it is over.
    pub(crate) fn finish_close(&self) {
        let mut finished = self.finished.lock().unwrap_or_else(PoisonError::into_inner);
        *finished = generation_of(self.word.load(Ordering::Relaxed));
        self.wake.notify_all();
    }

    /// A second closer: sleeps until the close of `generation` is over, where one was begun; so it ends. A handle that was
    /// made up of a generation to come waits for nothing, also when that generation comes meanwhile.
    pub(crate) fn wait_finished(&self, generation: u32) {
        if !self.is_closing(generation) {
            return;
        }
        let mut finished = self.finished.lock().unwrap_or_else(PoisonError::into_inner);
        // Not `!=`: the slot may have been opened and closed again before this thread woke.
        while *finished < generation && self.is_closing(generation) {
            finished = self.wake.wait(finished).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Whether the close of `generation` was begun, and no later one was opened.
    fn is_closing(&self, generation: u32) -> bool {
        // Acquire: who finds a later generation open sees that the close is over.
        let word = self.word.load(Ordering::Acquire);
        generation_of(word) == generation && word & CLOSING != 0
    }
}
