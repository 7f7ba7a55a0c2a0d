//! The one way from C into the library.
//!
//! Every fallible function is `call`, `with_store` or `with_two` around a body: the last error is cleared, callbacks
//! are told from ordinary code, the store is entered, the body runs, an error becomes status and text, and a panic
//! becomes `DS_ERR_INTERNAL` and poisons the stores of this call, no other. Invariant: no panic leaves this file.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::atomic::Ordering;

use super::error_text;
use super::handle::{Entered, Entry};
use super::status::{DS_OK, ds_status};
use super::types::ds_store;
use crate::error::{Error, Result, err};
use crate::storage::Storage;

/// A store this thread is inside of; the frames are a list through the stacks of the calls.
struct Frame {
    store: *mut ds_store,
    outer: *const Frame,
}

// Neither needs a destructor, so that both work to the very end of a thread.
thread_local! {
    static INSIDE: Cell<*const Frame> = const { Cell::new(ptr::null()) };
    static SILENT: Cell<bool> = const { Cell::new(false) };
}

/// Runs `body` with the thread marked as inside `store`.
#[inline]
pub(super) fn inside<T>(store: *mut ds_store, body: impl FnOnce() -> T) -> T {
    struct Leave(*const Frame);
    impl Drop for Leave {
        fn drop(&mut self) {
            INSIDE.set(self.0);
        }
    }
    let frame = Frame { store, outer: INSIDE.get() };
    INSIDE.set(&raw const frame);
    let _leave = Leave(frame.outer);
    body()
}

fn is_inside(store: *mut ds_store) -> bool {
    let mut at = INSIDE.get();
    // SAFETY: every frame in the list belongs to a call further up this thread's stack; `inside` unlinks it before
    // it goes.
    while let Some(frame) = unsafe { at.as_ref() } {
        if frame.store == store {
            return true;
        }
        at = frame.outer;
    }
    false
}

/// Whether this thread is inside any store: it runs a callback.
pub(super) fn in_callback() -> bool {
    !INSIDE.get().is_null()
}

/// Runs a callback that may call no fallible function: every one gives `DS_ERR_BUSY` until it returns.
pub(super) fn silenced<T>(body: impl FnOnce() -> T) -> T {
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            SILENT.set(self.0);
        }
    }
    let _restore = Restore(SILENT.replace(true));
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

/// A call on a store.
pub(super) fn with_store(store: *mut ds_store, body: impl FnOnce(&Storage) -> Result<()>) -> ds_status {
    told(|| {
        let entered = enter(store)?;
        let entry = entered.entry()?;
        caught(&[entry], || inside(store, || body(&entry.storage)).map(|()| DS_OK))
    })
}

/// A call on two stores, which differ.
pub(super) fn with_two(
    first: *mut ds_store,
    second: *mut ds_store,
    body: impl FnOnce(&Storage, &Storage) -> Result<()>,
) -> ds_status {
    told(|| {
        let (a, b) = (enter(first)?, enter(second)?);
        if first == second {
            return Err(err!(InvalidArgument, "source and destination are the same store"));
        }
        let (a, b) = (a.entry()?, b.entry()?);
        caught(&[a, b], || inside(first, || inside(second, || body(&a.storage, &b.storage))).map(|()| DS_OK))
    })
}

/// Clears the last error, runs a call, and tells how it ended by status and text.
#[inline]
fn told(run: impl FnOnce() -> Result<ds_status>) -> ds_status {
    error_text::clear();
    let outcome = if SILENT.get() { Err(err!(Busy, "call from inside a log or destroy callback")) } else { run() };
    match outcome {
        Ok(status) => {
            // A callback of this call may have left the text of an error of its own.
            error_text::clear();
            status
        }
        Err(error) => error_text::set(&error),
    }
}

/// Enters a store: atomics and the texts of refusals, nothing that panics.
#[inline(always)]
fn enter(store: *mut ds_store) -> Result<Entered> {
    if is_inside(store) {
        return Err(err!(Busy, "store: call from inside a callback of the same store"));
    }
    let entered = Entered::enter(store)?;
    if entered.entry()?.poisoned.load(Ordering::Acquire) {
        return Err(err!(Internal, "store: an earlier call failed inside the library; close or discard it"));
    }
    Ok(entered)
}

/// Runs a body; a panic in it poisons these stores.
#[inline]
fn caught(entries: &[&Entry], body: impl FnOnce() -> Result<ds_status>) -> Result<ds_status> {
    // Unwind safety: what a panic may have left half changed is behind `poisoned` from now on.
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|panic| {
        for entry in entries {
            entry.poisoned.store(true, Ordering::Release);
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
    // The payload's own destructor may panic; what it keeps is not worth that.
    std::mem::forget(panic);
    err!(Internal, "defect of the library: {text}")
}
