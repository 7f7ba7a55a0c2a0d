//! The one way from C into the library.
//!
//! Every fallible function is `call`, `with_store`, `with_dataset` or `with_two` around a body: the last error is cleared,
//! callbacks are told from ordinary code, the handle is entered, the body runs, an error becomes status and text, and a panic
//! becomes `DS_ERR_INTERNAL` and poisons the stores of this call, no other. Invariant: no panic leaves this file.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};

use super::error_text;
use super::handle::Entered;
use super::held::{Kind, OpenDataset};
use super::status::{DS_OK, ds_status};
use super::types::{ds_dataset, ds_store};
use crate::error::{Error, Result, err};
use crate::storage::Storage;

/// A handle this thread is inside of; the frames are a list through the stacks of the calls.
struct Frame {
    token: usize,
    outer: *const Frame,
}

/// What is known of a thread. It needs no destructor, so that it works to the very end of the thread.
struct Thread {
    inside: Cell<*const Frame>,
    silent: Cell<bool>,
}

// One and not two: each is a call to find it where the compiler does not see through it.
thread_local! {
    static THREAD: Thread = const { Thread { inside: Cell::new(ptr::null()), silent: Cell::new(false) } };
}

/// What a frame has that belongs to no handle: a token that names nothing.
const NO_HANDLE: usize = 0;

/// Runs `body` with the thread marked as inside a handle.
#[inline]
pub(super) fn inside<H, T>(handle: *mut H, body: impl FnOnce() -> T) -> T {
    struct Leave(*const Frame);
    impl Drop for Leave {
        fn drop(&mut self) {
            THREAD.with(|thread| thread.inside.set(self.0));
        }
    }
    let frame = Frame { token: handle.addr(), outer: THREAD.with(|thread| thread.inside.get()) };
    THREAD.with(|thread| thread.inside.set(&raw const frame));
    let _leave = Leave(frame.outer);
    body()
}

/// Runs `body`, which runs callbacks but belongs to no handle.
pub(super) fn watched<T>(body: impl FnOnce() -> T) -> T {
    inside(ptr::without_provenance_mut::<ds_store>(NO_HANDLE), body)
}

fn is_inside(token: usize) -> bool {
    let mut at = THREAD.with(|thread| thread.inside.get());
    // SAFETY: every frame in the list belongs to a call further up this thread's stack; `inside` unlinks it before
    // it goes.
    while let Some(frame) = unsafe { at.as_ref() } {
        if frame.token == token && token != NO_HANDLE {
            return true;
        }
        at = frame.outer;
    }
    false
}

/// Whether this thread is inside any handle: it runs a callback.
pub(super) fn in_callback() -> bool {
    !THREAD.with(|thread| thread.inside.get()).is_null()
}

/// Runs a callback that may call no fallible function: every one gives `DS_ERR_BUSY` until it returns.
pub(super) fn silenced<T>(body: impl FnOnce() -> T) -> T {
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            THREAD.with(|thread| thread.silent.set(self.0));
        }
    }
    let _restore = Restore(THREAD.with(|thread| thread.silent.replace(true)));
    body()
}

/// A call that takes no store.
pub(super) fn call(body: impl FnOnce() -> Result<()>) -> ds_status {
    call_status(|| body().map(|()| DS_OK))
}

/// As `call`, for the functions that have another success than `DS_OK`.
pub(super) fn call_status(body: impl FnOnce() -> Result<ds_status>) -> ds_status {
    told(|| caught(&[], body))
}

/// A call on a store. Inlined, with what it calls up to the body: left to the compiler, it costs 1 to 4 ns of 23.
#[inline(always)]
pub(super) fn with_store(store: *mut ds_store, body: impl FnOnce(&Storage) -> Result<()>) -> ds_status {
    with::<Storage>(store, body)
}

/// A call on a dataset.
pub(super) fn with_dataset(dataset: *mut ds_dataset, body: impl FnOnce(&OpenDataset) -> Result<()>) -> ds_status {
    with::<OpenDataset>(dataset, body)
}

#[inline(always)]
fn with<K: Kind>(handle: *mut K::Handle, body: impl FnOnce(&K) -> Result<()>) -> ds_status {
    told(|| {
        let entered = enter::<K>(handle)?;
        let entry = entered.entry()?;
        caught(&[&entry.poisoned], || inside(handle, || body(&entry.thing)).map(|()| DS_OK))
    })
}

/// A call on two stores, which differ.
pub(super) fn with_two(
    first: *mut ds_store,
    second: *mut ds_store,
    body: impl FnOnce(&Storage, &Storage) -> Result<()>,
) -> ds_status {
    told(|| {
        let (a, b) = (enter::<Storage>(first)?, enter::<Storage>(second)?);
        if first == second {
            return Err(err!(InvalidArgument, "source and destination are the same store"));
        }
        let (a, b) = (a.entry()?, b.entry()?);
        caught(&[&a.poisoned, &b.poisoned], || {
            inside(first, || inside(second, || body(&a.thing, &b.thing))).map(|()| DS_OK)
        })
    })
}

/// Clears the last error, runs a call, and tells how it ended by status and text.
#[inline]
fn told(run: impl FnOnce() -> Result<ds_status>) -> ds_status {
    error_text::clear();
    let outcome = if THREAD.with(|thread| thread.silent.get()) {
        Err(err!(Busy, "call from inside a log or destroy callback"))
    } else {
        run()
    };
    match outcome {
        Ok(status) => {
            // A callback of this call may have left the text of an error of its own.
            error_text::clear();
            status
        }
        Err(error) => error_text::set(&error),
    }
}

/// Enters a handle: atomics and the texts of refusals, nothing that panics.
#[inline(always)]
fn enter<K: Kind>(handle: *mut K::Handle) -> Result<Entered<K>> {
    if is_inside(handle.addr()) {
        return Err(err!(Busy, "{0}: call from inside a callback of the same {0}", K::NAME));
    }
    let entered = Entered::<K>::enter(handle)?;
    if entered.entry()?.poisoned.load(Ordering::Acquire) {
        return Err(err!(Internal, "{}: an earlier call failed inside the library; {}", K::NAME, K::ENDS));
    }
    Ok(entered)
}

/// Runs a body; a panic in it poisons these stores.
#[inline]
fn caught(poisoned: &[&AtomicBool], body: impl FnOnce() -> Result<ds_status>) -> Result<ds_status> {
    // Unwind safety: what a panic may have left half changed is behind `poisoned` from now on.
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|panic| {
        for flag in poisoned {
            flag.store(true, Ordering::Release);
        }
        Err(internal(panic))
    })
}

#[cold]
pub(super) fn internal(panic: Box<dyn std::any::Any + Send>) -> Error {
    let text = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_default();
    // The payload's own destructor may panic; what that panic carries is left where it is.
    if let Err(another) = catch_unwind(AssertUnwindSafe(|| drop(panic))) {
        std::mem::forget(another);
    }
    err!(Internal, "defect of the library: {text}")
}
