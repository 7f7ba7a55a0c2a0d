//! What can only be tested from inside: panics, the order of a close and an interrupt, handles made up of bits.
//!
//! What a C program sees is tested by C programs, in `tests/c`.

// The calls below keep the header's contract: pointers to locals, lengths that fit them.
#![allow(clippy::undocumented_unsafe_blocks)]

use std::ffi::{CStr, c_void};
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::call::{call, with_store, with_two};
use super::*;
use crate::error::err;

fn open() -> *mut ds_store {
    let mut store = null_mut();
    assert_eq!(unsafe { ds_open_memory(null(), &mut store) }, DS_OK, "{}", message());
    store
}

fn message() -> String {
    unsafe { CStr::from_ptr(ds_last_error_message()) }.to_str().unwrap().to_owned()
}

fn exists(store: *mut ds_store, key: &CStr) -> ds_status {
    let mut out = 0;
    unsafe { ds_exists(store, key.as_ptr(), &mut out) }
}

#[test]
fn a_panic_becomes_a_status_and_poisons_only_its_store() {
    let (broken, whole) = (open(), open());
    assert_eq!(with_store(broken, |_| panic!("on purpose: {}", 7)), DS_ERR_INTERNAL);
    assert_eq!(message(), "defect of the library: on purpose: 7");
    assert_eq!(ds_last_error_code(), DS_ERR_INTERNAL);

    assert_eq!(exists(broken, c"x"), DS_ERR_INTERNAL);
    assert!(message().contains("close or discard"), "{}", message());
    assert_eq!(exists(whole, c"x"), DS_OK);
    assert_eq!(unsafe { ds_is_open(broken) }, 1);
    assert_eq!(unsafe { ds_interrupt(broken) }, DS_OK);
    assert_eq!(unsafe { ds_close(broken) }, DS_OK);
    assert_eq!(exists(broken, c"x"), DS_ERR_CLOSED);
    assert_eq!(unsafe { ds_discard(whole) }, DS_OK);
}

#[test]
fn a_panic_in_a_call_on_two_stores_poisons_both_and_one_without_a_store_none() {
    let (a, b, c) = (open(), open(), open());
    assert_eq!(with_two(a, b, |_, _| std::panic::panic_any(42)), DS_ERR_INTERNAL);
    assert_eq!((exists(a, c"x"), exists(b, c"x"), exists(c, c"x")), (DS_ERR_INTERNAL, DS_ERR_INTERNAL, DS_OK));
    assert_eq!(call(|| panic!("no store")), DS_ERR_INTERNAL);
    assert_eq!(exists(c, c"x"), DS_OK);
    for store in [a, b, c] {
        assert_eq!(unsafe { ds_discard(store) }, DS_OK);
    }
}

#[test]
#[cfg_attr(miri, ignore = "what the second panic carries stays, and Miri says so")]
fn what_a_panic_carries_is_freed_also_when_that_panics() {
    struct Carried(std::sync::Arc<AtomicUsize>);
    impl Drop for Carried {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::SeqCst);
            panic!("in the destructor");
        }
    }
    let freed = std::sync::Arc::new(AtomicUsize::new(0));
    let carried = Carried(freed.clone());
    assert_eq!(call(|| std::panic::panic_any(carried)), DS_ERR_INTERNAL);
    assert_eq!(freed.load(Ordering::SeqCst), 1);
}

#[test]
fn an_interrupt_reaches_the_call_that_a_close_waits_for() {
    let store = open();
    let entered = AtomicUsize::new(0);
    let address = store.addr();
    std::thread::scope(|scope| {
        let endless = scope.spawn(|| {
            with_store(std::ptr::without_provenance_mut(address), |storage| {
                let op = storage.call();
                entered.store(1, Ordering::Release);
                loop {
                    op.check()?;
                    std::thread::yield_now();
                }
            })
        });
        while entered.load(Ordering::Acquire) == 0 {
            std::thread::yield_now();
        }
        let close = scope.spawn(|| unsafe { ds_close(std::ptr::without_provenance_mut(address)) });
        while unsafe { ds_is_open(store) } == 1 {
            std::thread::yield_now();
        }
        assert_eq!(exists(store, c"x"), DS_ERR_CLOSED, "no new call once a close has begun");
        assert_eq!(unsafe { ds_interrupt(store) }, DS_OK);
        assert_eq!(endless.join().unwrap(), DS_ERR_CANCELLED);
        assert_eq!(close.join().unwrap(), DS_OK);
    });
    assert_eq!(unsafe { ds_interrupt(store) }, DS_ERR_CLOSED);
}

#[test]
fn a_thread_inside_a_call_can_neither_close_nor_call_the_same_store() {
    let (store, other) = (open(), open());
    let status = with_store(store, |_| {
        assert_eq!(unsafe { ds_close(store) }, DS_ERR_BUSY);
        assert_eq!(unsafe { ds_discard(other) }, DS_ERR_BUSY, "two threads could wait for each other");
        assert_eq!(exists(store, c"x"), DS_ERR_BUSY);
        assert_eq!(exists(other, c"x"), DS_OK);
        assert_eq!(unsafe { ds_is_open(store) }, 1);
        Ok(())
    });
    assert_eq!((status, message().as_str()), (DS_OK, ""), "a nested failure leaves no text behind a success");
    for store in [store, other] {
        assert_eq!(unsafe { ds_close(store) }, DS_OK);
    }
}

#[test]
fn a_stale_handle_never_reaches_the_store_that_took_its_slot() {
    let stale = open();
    assert_eq!(unsafe { ds_close(stale) }, DS_OK);
    // Other tests open stores too: take slots until ours comes back.
    let mut later = Vec::new();
    for _ in 0..4096 {
        let store = open();
        later.push(store);
        if store.addr() as u32 == stale.addr() as u32 {
            break;
        }
    }
    assert_eq!((exists(stale, c"x"), unsafe { ds_close(stale) }), (DS_ERR_CLOSED, DS_ERR_CLOSED));
    for store in later {
        assert_ne!(store, stale);
        assert_eq!(exists(store, c"x"), DS_OK);
        let ahead = std::ptr::without_provenance_mut(store.addr() + (1 << 32));
        assert_eq!(unsafe { ds_close(ahead) }, DS_ERR_CLOSED, "a generation that did not come yet");
        assert_eq!(unsafe { ds_close(store) }, DS_OK);
    }
}

#[test]
fn messages_are_one_line_without_control_characters() {
    let status = call(|| Err(err!(InvalidArgument, "a\0b\nc\u{7f}d")));
    assert_eq!((status, message().as_str()), (DS_ERR_INVALID_ARGUMENT, "a\\u{0}b c\\u{7f}d"));
    assert_eq!(ds_check_abi(DS_ABI_VERSION), DS_OK);
    assert_eq!((ds_last_error_code(), message().as_str()), (DS_OK, ""));
}

#[test]
fn strides_that_leave_the_address_space_are_refused_before_anything_is_read() {
    let (store, data) = (open(), [1.0f64, 2.0, 3.0]);
    let save = |data: *const f64, shape: &[u64], strides: &[i64]| unsafe {
        ds_save(store, c"x".as_ptr(), DS_F64, data.cast::<c_void>(), shape.as_ptr(), shape.len(), strides.as_ptr())
    };
    for (shape, strides) in [
        (&[2u64][..], &[i64::MIN][..]),
        (&[2], &[i64::MAX]),
        (&[u64::MAX], &[1]),
        (&[1 << 40, 1 << 40], &[0, 0]),
        (&[2, 2], &[1 << 60, 1 << 60]),
        (&[3], &[-(1 << 59)]),
    ] {
        assert_eq!(save(data.as_ptr(), shape, strides), DS_ERR_INVALID_ARGUMENT, "{shape:?} {strides:?}");
        assert!(message().starts_with("x: "), "{}", message());
    }
    assert_eq!(save(null(), &[3], &[1]), DS_ERR_INVALID_ARGUMENT);
    assert_eq!(save(null(), &[3, 0], &[1, 1]), DS_OK);
    assert_eq!(save(data.as_ptr().wrapping_add(2), &[3], &[-1]), DS_OK);
    let mut back = [0f64; 3];
    assert_eq!(unsafe { ds_load_f64(store, c"x".as_ptr(), back.as_mut_ptr(), 3, null_mut()) }, DS_OK, "{}", message());
    assert_eq!(back, [3.0, 2.0, 1.0]);
    assert_eq!(unsafe { ds_close(store) }, DS_OK);
}

#[test]
fn the_info_struct_has_no_padding_and_is_filled_as_far_as_the_caller_knows_it() {
    assert_eq!(size_of::<ds_info>(), 8 + 2 * 4 + 5 * 8);
    let store = open();
    assert_eq!(unsafe { ds_save_f32(store, c"x".as_ptr(), [1f32, 2.0].as_ptr(), [2].as_ptr(), 1) }, DS_OK);
    // A caller of the future: eight words more than ours, all set.
    let mut long = [u64::MAX; 15];
    long[0] = size_of_val(&long) as u64;
    assert_eq!(unsafe { ds_stat(store, c"x".as_ptr(), long.as_mut_ptr().cast()) }, DS_OK);
    assert_eq!((long[0], long[2], long[3], long[4]), (120, 1, 2, 8));
    assert!(long[7..].iter().all(|&word| word == 0));
    // A caller of the past: what lies behind its struct stays.
    let mut short = [16, u64::MAX, u64::MAX];
    assert_eq!(unsafe { ds_stat(store, c"x".as_ptr(), short.as_mut_ptr().cast()) }, DS_OK);
    assert_eq!(short, [16, (DS_F32 as u64) << 32 | DS_KIND_ARRAY as u64, u64::MAX]);
    for size in [0u64, 7, 1 << 40] {
        let mut wrong = [size, 0];
        assert_eq!(unsafe { ds_stat(store, c"x".as_ptr(), wrong.as_mut_ptr().cast()) }, DS_ERR_INVALID_ARGUMENT);
        assert_eq!(wrong, [size, 0]);
    }
    assert_eq!(unsafe { ds_close(store) }, DS_OK);
}

#[test]
fn a_store_is_no_dataset_and_stays_open_when_it_is_taken_for_one() {
    let store = open();
    let taken: *mut ds_dataset = store.cast();
    let mut buffer = null_mut();
    assert_eq!(unsafe { ds_dataset_describe(taken, &mut buffer) }, DS_ERR_INVALID_HANDLE);
    assert_eq!(message(), "dataset: the handle is that of a store");
    assert_eq!(unsafe { ds_dataset_interrupt(taken) }, DS_ERR_INVALID_HANDLE);
    assert_eq!(unsafe { ds_dataset_close(taken) }, DS_ERR_INVALID_HANDLE);
    assert_eq!((unsafe { ds_dataset_is_open(taken) }, unsafe { ds_is_open(store) }), (0, 1));
    assert_eq!(exists(store, c"x"), DS_OK);
    assert_eq!(unsafe { ds_close(store) }, DS_OK);
    assert_eq!(unsafe { ds_dataset_close(taken) }, DS_ERR_CLOSED);
    assert_eq!(message(), "dataset is closed");
    assert_eq!(unsafe { ds_dataset_close(null_mut()) }, DS_OK);
    assert_eq!(unsafe { ds_dataset_describe(null_mut(), &mut buffer) }, DS_ERR_INVALID_HANDLE);
    assert_eq!(message(), "dataset: handle is NULL");
    assert!(buffer.is_null());
}
