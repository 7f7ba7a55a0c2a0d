//! Views: they share the memory that they were taken of, and outlive its store.

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::thread;

use crate::gate::{Gate, Refusal};

/// The memory of an array; whoever reads it after its end races with that end.
struct Elements(UnsafeCell<u32>);

impl Elements {
    fn read(&self) -> u32 {
        // SAFETY: nobody writes but `drop`; loom reports the race if a view is read after it.
        self.0.with(|value| unsafe { *value })
    }
}

impl Drop for Elements {
    fn drop(&mut self) {
        // SAFETY: the last share is gone, so nobody reads; loom reports the race if somebody does.
        self.0.with_mut(|value| unsafe { *value = 0 });
    }
}

/// A slot whose store has one array.
pub struct Viewed {
    gate: Gate,
    store: UnsafeCell<Option<Arc<Elements>>>,
}

impl Viewed {
    fn open() -> (Arc<Self>, u32) {
        let store = UnsafeCell::new(Some(Arc::new(Elements(UnsafeCell::new(7)))));
        let slot = Arc::new(Self { gate: Gate::new(), store });
        let handle = slot.gate.open();
        (slot, handle)
    }

    /// As ds_view: takes a share while it is inside.
    fn view(&self, generation: u32) -> Result<Arc<Elements>, Refusal> {
        self.gate.enter(generation)?;
        // SAFETY: this call has entered.
        let view = self.store.with(|store| unsafe { (*store).clone() }.expect("the store of an open handle"));
        self.gate.leave();
        Ok(view)
    }

    fn close(&self, generation: u32) -> bool {
        if self.gate.begin_close(generation).is_err() {
            self.gate.wait_finished(generation);
            return false;
        }
        self.gate.wait_drained();
        // SAFETY: this is the closer after the drain.
        drop(self.store.with_mut(|store| unsafe { (*store).take() }));
        self.gate.finish_close();
        true
    }
}

#[test]
fn a_view_outlives_its_store() {
    loom::model(a_view_and_a_close);
}

/// Is a view taken, it is read after the close.
pub fn a_view_and_a_close() {
    let (slot, handle) = Viewed::open();
    let viewer = {
        let slot = slot.clone();
        thread::spawn(move || slot.view(handle).map(|view| (view.read(), view)))
    };
    assert!(slot.close(handle));
    match viewer.join().unwrap() {
        Ok((value, view)) => assert_eq!((value, view.read()), (7, 7)),
        Err(refusal) => assert_eq!(refusal, Refusal::Closed),
    }
}

#[test]
fn two_closes_and_a_view() {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(|| {
        let (slot, handle) = Viewed::open();
        let viewer = {
            let slot = slot.clone();
            thread::spawn(move || slot.view(handle).map(|view| view.read()))
        };
        let other = {
            let slot = slot.clone();
            thread::spawn(move || slot.close(handle))
        };
        let mine = slot.close(handle);
        // SAFETY: whoever closed it, it is over; loom reports the race if it is not.
        assert!(slot.store.with(|store| unsafe { (*store).is_none() }), "returned before the close was over");
        assert_ne!(mine, other.join().unwrap());
        assert!(matches!(viewer.join().unwrap(), Ok(7) | Err(Refusal::Closed)));
    });
}

#[test]
fn two_threads_share_a_view_of_a_store_that_is_closed_meanwhile() {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(|| {
        let (slot, handle) = Viewed::open();
        let view = slot.view(handle).unwrap();
        let reader = {
            let view = view.clone();
            thread::spawn(move || view.read())
        };
        let closer = thread::spawn(move || slot.close(handle));
        assert_eq!(view.read(), 7);
        drop(view);
        assert_eq!((reader.join().unwrap(), closer.join().unwrap()), (7, true));
    });
}
