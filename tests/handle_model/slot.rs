//! One slot, as src/ffi/handle.rs uses it.

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};

use crate::gate::{Gate, Refusal};

/// A slot whose store is the number of its generation, 0 when there is none.
pub struct Slot {
    pub gate: Gate,
    pub store: UnsafeCell<u32>,
    pub closes: AtomicUsize,
}

impl Slot {
    pub fn new() -> Arc<Self> {
        Arc::new(Self { gate: Gate::new(), store: UnsafeCell::new(0), closes: AtomicUsize::new(0) })
    }

    pub fn open(&self, next: u32) -> u32 {
        // SAFETY: the slot is free; loom reports the race if it is not.
        self.store.with_mut(|store| unsafe { *store = next });
        let generation = self.gate.open();
        assert_eq!(generation, next);
        generation
    }

    /// A call: what it finds inside must be its own store.
    pub fn call(&self, generation: u32) -> Result<(), Refusal> {
        self.gate.enter(generation)?;
        self.inside(generation);
        Ok(())
    }

    pub fn interrupt(&self, generation: u32) -> Result<(), Refusal> {
        self.gate.enter_draining(generation)?;
        self.inside(generation);
        Ok(())
    }

    pub fn inside(&self, generation: u32) {
        // SAFETY: this call has entered; loom reports the race if the closer did not wait for it.
        self.store.with(|store| assert_eq!(unsafe { *store }, generation));
        self.gate.leave();
    }

    /// `true` for the closer, `false` for one who found the close begun, and waited for its end.
    pub fn close(&self, generation: u32) -> bool {
        // As in src/ffi/handle.rs: who may not look may not close.
        let looked = self.call(generation);
        if looked.and_then(|()| self.gate.begin_close(generation)).is_err() {
            self.gate.wait_finished(generation);
            return false;
        }
        self.gate.wait_drained();
        // SAFETY: this is the closer after the drain; loom reports the race if somebody is inside.
        self.store.with_mut(|store| unsafe {
            assert_eq!(*store, generation);
            *store = 0;
        });
        self.closes.fetch_add(1, Ordering::Relaxed);
        self.gate.finish_close();
        true
    }
}
