//! Calls and interrupts beside a close.

use loom::thread;

use crate::gate::{Gate, Refusal};
use crate::slot::Slot;

#[test]
fn a_call_is_either_inside_before_the_close_or_refused() {
    loom::model(a_call_and_a_close);
}

/// One of them is first.
pub fn a_call_and_a_close() {
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
fn two_closes_an_interrupt_and_a_call_that_they_wait_for() {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(2);
    model.check(|| {
        let slot = Slot::new();
        let handle = slot.open(1);
        assert_eq!(slot.gate.enter(handle), Ok(()));
        let closers: Vec<_> = (0..2)
            .map(|_| {
                let slot = slot.clone();
                thread::spawn(move || slot.close(handle))
            })
            .collect();
        let interrupter = {
            let slot = slot.clone();
            thread::spawn(move || slot.interrupt(handle))
        };
        slot.inside(handle);
        let closed = closers.into_iter().map(|closer| usize::from(closer.join().unwrap())).sum::<usize>();
        assert_eq!(closed, 1);
        let _ = interrupter.join().unwrap();
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
