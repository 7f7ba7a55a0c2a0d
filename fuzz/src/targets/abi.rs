//! Sequences of calls of the C ABI: with open, closed, stale and forged handles, NULL, odd texts, types, shapes and
//! memory, within what a C program may do.
//!
//! What is held against each call: on a handle that is not open it fails as such and does nothing; on an open one it never
//! says that it is not; it writes results only when it succeeds; the last error is that of the last call; what was given
//! (buffers, iterators, views) stays readable until it is freed, also when its store is closed; destroy runs once.

use std::ffi::{CStr, c_char, c_void};

use datastorage::ffi::*;

use super::abi_calls::CALLS;
use super::input::Input;

/// A handle that was given out, and whether it was closed since.
pub struct Given {
    pub store: *mut ds_store,
    pub open: bool,
}

/// What the sequence has so far.
pub struct World {
    pub given: Vec<Given>,
    pub views: Vec<*mut ds_array_view>,
    pub iterators: Vec<*mut ds_iter>,
    pub archive: Vec<u8>,
    directory: Option<tempfile::TempDir>,
    /// Progress callbacks that were set, and those that were let go.
    pub callbacks: usize,
    pub destroyed: Box<std::cell::Cell<usize>>,
}

/// The most handles of a sequence.
const STORES: usize = 6;
/// The most calls of a sequence.
const MOST: usize = 64;

pub fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let mut world = World {
        given: Vec::new(),
        views: Vec::new(),
        iterators: Vec::new(),
        archive: Vec::new(),
        directory: None,
        callbacks: 0,
        destroyed: Box::default(),
    };
    for _ in 0..MOST {
        if input.is_empty() {
            break;
        }
        let (name, call) = input.pick(CALLS);
        let handle = world.handle(&mut input);
        let open = world.is_open(handle);
        let status = call(&mut world, &mut input, handle);
        assert_ne!(ds_last_error_code(), DS_ERR_INTERNAL, "{name}: {}", last_error());
        told(name, status);
        match status {
            Some(DS_ERR_CLOSED | DS_ERR_INVALID_HANDLE) => assert!(!open, "{name}: an open store is not known"),
            Some(other) => assert!(open, "{name} on a handle that is not open gives {other}"),
            // A call that needs no handle, or may be given any.
            None => {}
        }
    }
    world.end();
}

/// The line of the last error.
pub fn last_error() -> String {
    // SAFETY: never NULL, NUL-terminated, and of this thread until its next call.
    unsafe { CStr::from_ptr(ds_last_error_message()) }.to_string_lossy().into_owned()
}

fn told(name: &str, status: Option<ds_status>) {
    let Some(status) = status else { return };
    assert_eq!(ds_last_error_code(), status.min(0), "{name}");
    assert!((status >= 0) == last_error().is_empty(), "{name} gives {status} and says '{}'", last_error());
    assert!(!last_error().contains('\n'), "{name}: {}", last_error());
}

impl World {
    pub fn is_open(&self, handle: *mut ds_store) -> bool {
        self.given.iter().any(|given| given.open && given.store == handle)
    }

    /// One that was given (open or closed since), one that is near such a one, or none at all.
    pub fn handle(&self, input: &mut Input<'_>) -> *mut ds_store {
        let which = input.byte();
        let given = |which: u8| self.given.get(usize::from(which) % self.given.len().max(1)).map(|given| given.store);
        let Some(near) = given(which % 32) else { return std::ptr::without_provenance_mut(usize::from(which)) };
        let forged = match which / 32 {
            0..=4 => return near,
            5 => near.addr().wrapping_add(1 << 32),
            6 => near.addr().wrapping_sub(1 << (which % 64)),
            _ => [0, usize::MAX, self.archive.as_ptr().addr(), near.addr() & 0xFFFF_FFFF][usize::from(which % 4)],
        };
        std::ptr::without_provenance_mut(forged)
    }

    /// Keeps what an open gave; closes it at once where there are enough.
    pub fn opened(&mut self, status: ds_status, store: *mut ds_store) {
        if status != DS_OK {
            return;
        }
        assert!(!store.is_null() && !self.is_open(store), "two stores have one handle");
        // SAFETY: any handle is fine.
        assert_eq!(unsafe { ds_is_open(store) }, 1);
        if self.given.iter().filter(|given| given.open).count() >= STORES {
            // SAFETY: any handle is fine.
            assert_eq!(unsafe { ds_discard(store) }, DS_OK);
            return;
        }
        self.given.push(Given { store, open: true });
    }

    /// Notes that a handle is closed.
    pub fn closed(&mut self, store: *mut ds_store) {
        // SAFETY: any handle is fine.
        assert_eq!(unsafe { ds_is_open(store) }, 0);
        self.given.iter_mut().filter(|given| given.store == store).for_each(|given| given.open = false);
    }

    /// A path in a directory of this sequence.
    pub fn path(&mut self, name: &str) -> std::ffi::CString {
        let directory = self.directory.get_or_insert_with(super::scratch);
        let path = directory.path().join(name);
        std::ffi::CString::new(path.to_string_lossy().into_owned()).expect("a path without NUL")
    }

    /// Closes and frees everything: what was given out outlives its store.
    fn end(mut self) {
        for at in 0..self.given.len() {
            let Given { store, open } = self.given[at];
            // SAFETY: any handle is fine.
            let status = unsafe { ds_discard(store) };
            let wanted = if open { DS_OK } else { DS_ERR_CLOSED };
            assert_eq!(status, wanted, "{}", last_error());
            self.given.iter_mut().filter(|other| other.store == store).for_each(|other| other.open = false);
        }
        for view in std::mem::take(&mut self.views) {
            touch_view(view);
            // SAFETY: a view that was given and not freed.
            unsafe { ds_view_free(view) };
        }
        for iterator in std::mem::take(&mut self.iterators) {
            walk(iterator);
            // SAFETY: an iterator that was given and not freed.
            unsafe { ds_iter_free(iterator) };
        }
        assert_eq!(self.destroyed.get(), self.callbacks, "destroy runs once for each callback");
    }
}

/// Runs an iterator to its end, and once more.
pub fn walk(iterator: *mut ds_iter) {
    for _ in 0..10_000 {
        let (mut key, mut kind) = (std::ptr::null(), -1);
        // SAFETY: an iterator that was not freed, and places for the results.
        match unsafe { ds_iter_next(iterator, &mut key, &mut kind) } {
            // SAFETY: on success the key is NUL-terminated and holds until the next call.
            DS_OK => assert!(unsafe { CStr::from_ptr(key) }.to_str().is_ok() && (0..=4).contains(&kind)),
            status => {
                assert!(status == DS_DONE && key.is_null() && kind == -1);
                return;
            }
        }
    }
    panic!("an iterator without end");
}

/// Reads all of a view.
pub fn touch_view(view: *const ds_array_view) {
    // SAFETY: a view that was not freed; its memory is good for its size, its shape for its dimensions.
    unsafe {
        let (data, size, ndim) = (ds_view_data(view), ds_view_size(view), ds_view_ndim(view));
        assert!((1..=14).contains(&ds_view_dtype(view)) && ndim <= DS_MAX_NDIM);
        if size > 0 {
            sum(std::slice::from_raw_parts(data.cast(), size));
        }
        if ndim > 0 {
            assert!(!ds_view_shape(view).is_null() && !ds_view_strides(view).is_null());
        }
    }
}

/// Looks at every byte.
pub fn sum(bytes: &[u8]) -> u64 {
    std::hint::black_box(bytes.iter().map(|byte| u64::from(*byte)).sum())
}

/// What a buffer holds; it is freed.
pub fn taken(buffer: *mut ds_buffer) -> Vec<u8> {
    // SAFETY: a buffer that was given and not freed; its data are good for its size and have a NUL behind them.
    unsafe {
        let (data, size): (*const c_char, usize) = (ds_buffer_data(buffer), ds_buffer_size(buffer));
        assert!(!data.is_null(), "a buffer has data, if none but a NUL");
        let bytes = std::slice::from_raw_parts(data.cast::<u8>(), size).to_vec();
        assert_eq!(*data.add(size), 0, "a buffer ends with a NUL");
        ds_buffer_free(buffer);
        bytes
    }
}

/// A progress callback that may not do what it tries, and goes on.
pub unsafe extern "C" fn progress(userdata: *mut c_void, stage: *const c_char, _done: u64, _total: u64) -> i32 {
    assert!(!userdata.is_null() && !stage.is_null());
    // SAFETY: any handle is fine; inside of a callback nothing is closed.
    assert_eq!(unsafe { ds_close(std::ptr::without_provenance_mut(1)) }, DS_ERR_BUSY);
    0
}

/// Counts that a callback was let go.
pub unsafe extern "C" fn destroy(userdata: *mut c_void) {
    // SAFETY: the cell of the world, which outlives its stores.
    let count = unsafe { &*userdata.cast::<std::cell::Cell<usize>>() };
    count.set(count.get() + 1);
}
