//! The handle protocol, checked over every interleaving that loom can tell apart.
//!
//! The two protocol files are compiled here against loom's doubles of the atomics, the mutex and the condition
//! variable; what a slot protects is a loom `UnsafeCell`, so that a call that is inside after the closer believed
//! everyone out is reported as the data race it would be. loom also reports a sleeper that nobody wakes.

mod sync {
    pub use loom::sync::atomic;
    pub use loom::sync::{Condvar, Mutex};
}

#[allow(dead_code)]
#[path = "../src/ffi/gate.rs"]
mod gate;

#[path = "../src/ffi/freelist.rs"]
mod freelist;

use gate::{Gate, Refusal};
use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use loom::thread;

/// A slot whose store is the number of its generation, 0 when there is none.
struct Slot {
    gate: Gate,
    store: UnsafeCell<u32>,
    closes: AtomicUsize,
}

impl Slot {
    fn new() -> Arc<Self> {
        Arc::new(Self { gate: Gate::new(), store: UnsafeCell::new(0), closes: AtomicUsize::new(0) })
    }

    fn open(&self, next: u32) -> u32 {
        // SAFETY: the slot is free; loom reports the race if it is not.
        self.store.with_mut(|store| unsafe { *store = next });
        let generation = self.gate.open();
        assert_eq!(generation, next);
        generation
    }

    /// A call: what it finds inside must be its own store.
    fn call(&self, generation: u32) -> Result<(), Refusal> {
        self.gate.enter(generation)?;
        self.inside(generation);
        Ok(())
    }

    fn interrupt(&self, generation: u32) -> Result<(), Refusal> {
        self.gate.enter_draining(generation)?;
        self.inside(generation);
        Ok(())
    }

    fn inside(&self, generation: u32) {
        // SAFETY: this call has entered; loom reports the race if the closer did not wait for it.
        self.store.with(|store| assert_eq!(unsafe { *store }, generation));
        self.gate.leave();
    }

    /// `true` for the closer, `false` for one who found the close begun, and waited for its end.
    fn close(&self, generation: u32) -> bool {
        if self.gate.begin_close(generation).is_err() {
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

#[test]
fn a_call_is_either_inside_before_the_close_or_refused() {
    loom::model(|| {
        let slot = Slot::new();
        let handle = slot.open(1);
        let caller = {
            let slot = slot.clone();
            thread::spawn(move || slot.call(handle))
        };
        assert!(slot.close(handle));
        if let Err(refusal) = caller.join().unwrap() {
            assert_eq!(refusal, Refusal::Closed);
        }
        assert_eq!(slot.call(handle), Err(Refusal::Closed));
        assert!(!slot.gate.is_open(handle));
    });
}

#[test]
fn the_last_of_two_calls_wakes_the_closer() {
    // Without a bound this passes too, in a minute.
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(|| {
        let slot = Slot::new();
        let handle = slot.open(1);
        let callers: Vec<_> = (0..2)
            .map(|_| {
                let slot = slot.clone();
                thread::spawn(move || slot.call(handle).is_ok())
            })
            .collect();
        assert!(slot.close(handle));
        for caller in callers {
            caller.join().unwrap();
        }
    });
}

#[test]
fn one_of_two_closes_closes_and_the_other_returns_only_after_it() {
    loom::model(|| {
        let slot = Slot::new();
        let handle = slot.open(1);
        let other = {
            let slot = slot.clone();
            thread::spawn(move || {
                let closed = slot.close(handle);
                assert_eq!(slot.closes.load(Ordering::Relaxed), 1, "returned before the close was over");
                closed
            })
        };
        let mine = slot.close(handle);
        assert_eq!(slot.closes.load(Ordering::Relaxed), 1);
        assert_ne!(mine, other.join().unwrap());
    });
}

#[test]
fn two_closes_and_a_call() {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(|| {
        let slot = Slot::new();
        let handle = slot.open(1);
        let caller = {
            let slot = slot.clone();
            thread::spawn(move || slot.call(handle))
        };
        let other = {
            let slot = slot.clone();
            thread::spawn(move || slot.close(handle))
        };
        let mine = slot.close(handle);
        assert_eq!(slot.closes.load(Ordering::Relaxed), 1);
        assert_ne!(mine, other.join().unwrap());
        let _ = caller.join().unwrap();
    });
}

#[test]
fn a_stale_handle_never_reaches_the_store_that_came_after() {
    loom::model(|| {
        let slot = Slot::new();
        let stale = slot.open(1);
        let caller = {
            let slot = slot.clone();
            thread::spawn(move || (slot.call(stale), slot.close(stale)))
        };
        let closed = slot.close(stale);
        if closed {
            let fresh = slot.open(2);
            assert_eq!(slot.call(fresh), Ok(()));
            let (_, closed_stale) = caller.join().unwrap();
            assert!(!closed_stale, "a stale handle closed a store");
            assert!(slot.gate.is_open(fresh));
        } else {
            assert!(caller.join().unwrap().1);
        }
    });
}

#[test]
fn an_interrupt_gets_in_while_a_close_waits_and_never_after_it() {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(|| {
        let slot = Slot::new();
        let handle = slot.open(1);
        assert_eq!(slot.gate.enter(handle), Ok(()));
        let closer = {
            let slot = slot.clone();
            thread::spawn(move || slot.close(handle))
        };
        let interrupter = {
            let slot = slot.clone();
            thread::spawn(move || slot.interrupt(handle))
        };
        // This call is in flight all the time so far: an interrupt reaches it, whether a close waits or not.
        assert_eq!(slot.interrupt(handle), Ok(()));
        slot.inside(handle);
        assert!(closer.join().unwrap());
        let _ = interrupter.join().unwrap();
        assert_eq!(slot.interrupt(handle), Err(Refusal::Closed));
    });
}

#[test]
fn a_slot_that_was_never_opened_names_nothing() {
    loom::model(|| {
        let slot = Slot::new();
        assert_eq!(slot.call(1), Err(Refusal::Unused));
        assert_eq!(slot.gate.begin_close(7), Err(Refusal::Unused));
        slot.gate.wait_finished(7);
        assert!(!slot.gate.is_worn_out());
    });
}

#[test]
fn the_last_generation_retires_the_slot() {
    loom::model(|| {
        let gate = Gate::after(u32::MAX - 1);
        assert!(!gate.is_worn_out());
        assert_eq!(gate.open(), u32::MAX);
        assert_eq!(gate.enter(u32::MAX), Ok(()));
        gate.leave();
        assert_eq!(gate.begin_close(u32::MAX), Ok(()));
        gate.wait_drained();
        gate.finish_close();
        assert!(gate.is_worn_out());
        assert_eq!(gate.enter(u32::MAX), Err(Refusal::Closed));
    });
}

#[test]
fn a_free_slot_is_given_to_one_taker() {
    loom::model(|| {
        struct List {
            head: AtomicU64,
            links: [AtomicU32; 2],
            taken: [AtomicUsize; 2],
        }
        let list = Arc::new(List {
            head: AtomicU64::new(0),
            links: [AtomicU32::new(0), AtomicU32::new(0)],
            taken: [AtomicUsize::new(0), AtomicUsize::new(0)],
        });
        let take = |list: &List| {
            let slot = freelist::pop(&list.head, |i| list.links.get(i as usize))?;
            assert_eq!(list.taken[slot as usize].fetch_add(1, Ordering::AcqRel), 0, "slot {slot} was given twice");
            Some(slot)
        };
        let give = |list: &List, slot: u32| {
            list.taken[slot as usize].fetch_sub(1, Ordering::AcqRel);
            freelist::push(&list.head, slot, |i| list.links.get(i as usize));
        };
        for slot in [0, 1] {
            freelist::push(&list.head, slot, |i| list.links.get(i as usize));
        }
        // The one who takes both and gives the first back is what a head without a tag would not notice.
        let other = {
            let list = list.clone();
            thread::spawn(move || {
                let (first, second) = (take(&list), take(&list));
                if let Some(slot) = first {
                    give(&list, slot);
                }
                second
            })
        };
        let mine = take(&list);
        let second = other.join().unwrap();
        for slot in mine.into_iter().chain(second) {
            give(&list, slot);
        }
        let mut left: Vec<_> =
            (0..3).filter_map(|_| freelist::pop(&list.head, |i| list.links.get(i as usize))).collect();
        left.sort_unstable();
        assert_eq!(left, [0, 1]);
    });
}
