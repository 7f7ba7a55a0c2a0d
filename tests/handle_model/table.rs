//! A table of two slots with their free list, as src/ffi/handle.rs has it.

use loom::cell::UnsafeCell;
use loom::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};

use crate::freelist;
use crate::gate::{Gate, Refusal};

/// A slot number and a generation.
pub type Handle = (u32, u32);

struct Place {
    gate: Gate,
    next_free: AtomicU32,
    /// The generation whose store this is, 0 when there is none.
    store: UnsafeCell<u32>,
    /// The generation that was opened last; its owner's, as the store is.
    last: UnsafeCell<u32>,
}

/// See the module.
pub struct Table {
    places: [Place; 2],
    used: AtomicUsize,
    free: AtomicU64,
}

impl Table {
    pub fn new() -> Self {
        let place = || Place {
            gate: Gate::new(),
            next_free: AtomicU32::new(0),
            store: UnsafeCell::new(0),
            last: UnsafeCell::new(0),
        };
        Self { places: [place(), place()], used: AtomicUsize::new(0), free: AtomicU64::new(0) }
    }

    fn place(&self, slot: u32) -> &Place {
        &self.places[slot as usize]
    }

    /// Takes a slot that was freed, else one that was never used.
    pub fn open(&self) -> Handle {
        let freed = freelist::pop(&self.free, |slot| Some(&self.place(slot).next_free));
        let slot = freed.unwrap_or_else(|| self.used.fetch_add(1, Ordering::AcqRel) as u32);
        let place = self.place(slot);
        // SAFETY: the slot is this thread's; loom reports the race if it is not.
        let next = place.last.with_mut(|last| unsafe {
            *last += 1;
            *last
        });
        // SAFETY: as above.
        place.store.with_mut(|store| unsafe {
            assert_eq!(*store, 0, "slot {slot} was not empty");
            *store = next;
        });
        assert_eq!(place.gate.open(), next);
        (slot, next)
    }

    pub fn call(&self, (slot, generation): Handle) -> Result<(), Refusal> {
        self.place(slot).gate.enter(generation)?;
        self.inside((slot, generation));
        Ok(())
    }

    pub fn interrupt(&self, (slot, generation): Handle) -> Result<(), Refusal> {
        self.place(slot).gate.enter_draining(generation)?;
        self.inside((slot, generation));
        Ok(())
    }

    fn inside(&self, (slot, generation): Handle) {
        // SAFETY: this call has entered; loom reports the race if the closer did not wait for it.
        self.place(slot).store.with(|store| assert_eq!(unsafe { *store }, generation, "the store of another handle"));
        self.place(slot).gate.leave();
    }

    /// As `Slot::close`, and frees the slot.
    pub fn close(&self, (slot, generation): Handle) -> bool {
        let place = self.place(slot);
        let looked = self.call((slot, generation));
        if looked.and_then(|()| place.gate.begin_close(generation)).is_err() {
            place.gate.wait_finished(generation);
            return false;
        }
        place.gate.wait_drained();
        // SAFETY: this is the closer after the drain; loom reports the race if somebody is inside.
        place.store.with_mut(|store| unsafe {
            assert_eq!(*store, generation);
            *store = 0;
        });
        place.gate.finish_close();
        freelist::push(&self.free, slot, |slot| Some(&self.place(slot).next_free));
        true
    }
}
