//! Several closes, and handles that are stale or made up.

use loom::sync::atomic::Ordering;
use loom::thread;

use crate::slot::Slot;

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
    loom::model(a_handle_is_stale);
}

/// It is used while its slot is opened again.
pub fn a_handle_is_stale() {
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
}

#[test]
fn a_made_up_handle_of_the_next_generation_is_refused_or_is_the_handle() {
    loom::model(a_handle_is_guessed);
}

/// Nobody closes what was opened but, maybe, the one who guessed: it must not wait for that.
pub fn a_handle_is_guessed() {
    let slot = Slot::new();
    let first = slot.open(1);
    assert!(slot.close(first));
    let guesser = {
        let slot = slot.clone();
        thread::spawn(move || slot.close(2))
    };
    let second = slot.open(2);
    if guesser.join().unwrap() {
        assert!(!slot.gate.is_open(second));
    } else {
        assert_eq!(slot.call(second), Ok(()));
    }
}
