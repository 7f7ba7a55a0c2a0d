//! Slots that are freed and taken again.

use loom::sync::Arc;
use loom::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use loom::thread;

use crate::freelist;
use crate::gate::Refusal;
use crate::table::Table;

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

/// What a thread does late, with a handle.
type Late = fn(&Table, (u32, u32)) -> Result<(), Refusal>;

#[test]
fn a_slot_is_closed_and_taken_again_under_a_stale_call_a_stale_interrupt_and_a_stale_close() {
    let stale: [Late; 3] = [
        |table, handle| table.call(handle),
        |table, handle| table.interrupt(handle),
        |table, handle| if table.close(handle) { Ok(()) } else { Err(Refusal::Closed) },
    ];
    for late in stale {
        let mut model = loom::model::Builder::new();
        model.preemption_bound = Some(3);
        model.check(move || {
            let table = Arc::new(Table::new());
            let first = table.open();
            let other = {
                let table = table.clone();
                thread::spawn(move || late(&table, first))
            };
            let mine = table.close(first);
            // The slot is mine: the other thread opens nothing.
            let second = table.open();
            assert_eq!(table.call(second), Ok(()));
            let outcome = other.join().unwrap();
            assert!(mine || outcome.is_ok(), "nobody closed it");
            assert_eq!(late(&table, first), Err(Refusal::Closed));
            assert_eq!(table.call(second), Ok(()), "a stale handle reached what came after");
            assert!(table.close(second));
        });
    }
}

#[test]
fn two_threads_open_and_close_out_of_one_free_list() {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(2);
    model.check(|| {
        let table = Arc::new(Table::new());
        let first = table.open();
        let other = {
            let table = table.clone();
            thread::spawn(move || {
                // Takes the slot of `first` when that is closed already, else the second one.
                let own = table.open();
                assert_ne!(own, first);
                assert_eq!(table.call(own), Ok(()));
                assert!(table.close(own));
                assert_eq!(table.call(own), Err(Refusal::Closed));
            })
        };
        assert!(table.close(first));
        let again = table.open();
        assert_eq!(table.call(again), Ok(()));
        other.join().unwrap();
        assert_eq!(table.call(again), Ok(()));
    });
}

#[test]
fn an_open_beside_the_last_leave_of_the_slot_s_former_store() {
    // The call that the closer waited for may still be waking it when the slot is somebody else's already.
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(|| {
        let table = Arc::new(Table::new());
        let first = table.open();
        let caller = {
            let table = table.clone();
            thread::spawn(move || table.call(first))
        };
        assert!(table.close(first));
        let second = table.open();
        assert!(table.close(second));
        let _ = caller.join().unwrap();
    });
}
