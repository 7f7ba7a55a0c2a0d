//! What every pointer that crosses the boundary is used for, on stores in memory: for tools that watch memory.
//!
//! Each test is small enough for Miri, which runs them all. What they assert is tested elsewhere too; here it is that
//! nothing is read or written that is not there, that all is freed, and that threads that meet are ordered.

// The calls below keep the header's contract: pointers to locals, lengths that fit them.
#![allow(clippy::undocumented_unsafe_blocks)]

use std::ffi::{CStr, c_char, c_void};
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicBool, Ordering};

use super::*;

fn open() -> *mut ds_store {
    let mut store = null_mut();
    assert_eq!(unsafe { ds_open_memory(null(), &mut store) }, DS_OK);
    store
}

fn again(address: usize) -> *mut ds_store {
    std::ptr::without_provenance_mut(address)
}

fn save(store: *mut ds_store, key: &CStr, values: &[i32]) {
    let shape = [values.len() as u64];
    assert_eq!(unsafe { ds_save_i32(store, key.as_ptr(), values.as_ptr(), shape.as_ptr(), 1) }, DS_OK);
}

#[test]
fn arrays_of_numbers_in_and_out() {
    let store = open();
    save(store, c"a", &[1, 2, 3, 4, 5, 6]);
    // Memory that is exactly as long as what is loaded, on the heap.
    let (mut all, mut part, mut count) = (vec![0i32; 6], vec![0i32; 2], 0);
    assert_eq!(unsafe { ds_load_i32(store, c"a".as_ptr(), all.as_mut_ptr(), 6, &mut count) }, DS_OK);
    assert_eq!((all.as_slice(), count), (&[1, 2, 3, 4, 5, 6][..], 6));
    let short = unsafe { ds_load_i32(store, c"a".as_ptr(), part.as_mut_ptr(), 2, &mut count) };
    assert_eq!((short, count), (DS_ERR_BUFFER_TOO_SMALL, 6));
    let (offset, shape) = ([4u64], [2u64]);
    let status = unsafe {
        let (key, data) = (c"a".as_ptr(), part.as_mut_ptr().cast::<c_void>());
        ds_load_region(store, key, DS_I32, offset.as_ptr(), shape.as_ptr(), 1, data, 8, &mut count)
    };
    assert_eq!((status, part.as_slice(), count), (DS_OK, &[5, 6][..], 8));
    let status = unsafe {
        let (key, data) = (c"a".as_ptr(), part.as_ptr().cast::<c_void>());
        ds_save_region(store, key, DS_I32, data, [0u64].as_ptr(), shape.as_ptr(), 1, null())
    };
    assert_eq!(status, DS_OK);
    assert_eq!(
        unsafe { ds_append(store, c"a".as_ptr(), DS_I32, all.as_ptr().cast(), [6u64].as_ptr(), 1, null(), 0) },
        DS_OK
    );
    let mut shape = [0u64; 1];
    assert_eq!(unsafe { ds_shape(store, c"a".as_ptr(), shape.as_mut_ptr(), 1, null_mut()) }, DS_OK);
    assert_eq!(shape, [12]);
    // Backwards, every second one, from the middle of memory.
    let strided = unsafe {
        let last = all.as_ptr().add(4).cast::<c_void>();
        ds_save(store, c"b".as_ptr(), DS_I32, last, [3u64].as_ptr(), 1, [-2i64].as_ptr())
    };
    assert_eq!(strided, DS_OK);
    assert_eq!(unsafe { ds_close(store) }, DS_OK);
}

#[test]
fn texts_buffers_and_lists_own_what_they_have() {
    let store = open();
    let (texts, lengths) = ([c"one".as_ptr(), c"".as_ptr(), c"three".as_ptr()], [3usize, 0, 5]);
    let (mut text, mut offsets, mut iter) = (null_mut(), null_mut(), null_mut());
    unsafe {
        assert_eq!(ds_save_strings(store, c"s".as_ptr(), texts.as_ptr(), lengths.as_ptr(), [3u64].as_ptr(), 1), DS_OK);
        assert_eq!(ds_save_string(store, c"t".as_ptr(), c"a text".as_ptr(), 6), DS_OK);
        assert_eq!(ds_save_bytes(store, c"n".as_ptr(), null(), 0), DS_OK);
        assert_eq!(ds_save_json(store, c"j".as_ptr(), c"[1, {}]".as_ptr(), 7), DS_OK);
        assert_eq!(ds_save_metadata_str(store, c"m".as_ptr(), c"value".as_ptr(), 5), DS_OK);
        assert_eq!(ds_load_strings(store, c"s".as_ptr(), &mut text, &mut offsets), DS_OK);
        assert_eq!(ds_list(store, null(), 1, &mut iter), DS_OK);
        assert_eq!(ds_close(store), DS_OK);
        // All of it after the close.
        let begins = std::slice::from_raw_parts(ds_buffer_data(offsets).cast::<u64>(), ds_buffer_size(offsets) / 8);
        for (begin, wanted) in begins.iter().zip([c"one", c"", c"three"]) {
            assert_eq!(CStr::from_ptr(ds_buffer_data(text).add(*begin as usize)), wanted);
        }
        let (mut key, mut kind, mut seen): (*const c_char, ds_kind, usize) = (null(), 0, 0);
        while ds_iter_next(iter, &mut key, &mut kind) == DS_OK {
            assert!(!CStr::from_ptr(key).is_empty());
            seen += 1;
        }
        assert_eq!(seen, 4);
        ds_buffer_free(text);
        ds_buffer_free(offsets);
        ds_iter_free(iter);
    }
}

#[test]
fn a_view_and_its_tensor_outlive_the_store_and_each_other() {
    let store = open();
    // Bytes, which lie well at any place: Miri puts nothing at a better one than it must.
    let save = |values: [i8; 3]| unsafe {
        assert_eq!(ds_save_i8(store, c"a".as_ptr(), values.as_ptr(), [3u64].as_ptr(), 1), DS_OK);
    };
    save([7, 8, 9]);
    let (mut view, mut tensor) = (null_mut(), null_mut());
    unsafe {
        assert_eq!(ds_view(store, c"a".as_ptr(), null(), &mut view), DS_OK);
        assert_eq!(ds_view_dlpack_versioned(view, &mut tensor), DS_OK);
        save([0; 3]);
        assert_eq!(ds_close(store), DS_OK);
        assert_eq!(std::slice::from_raw_parts(ds_view_data(view).cast::<i8>(), 3), [7, 8, 9]);
        assert_eq!((*ds_view_shape(view), *ds_view_strides(view)), (3, 1));
        ds_view_free(view);
        let (data, delete) = super::dlpack::parts_of(tensor);
        assert_eq!(std::slice::from_raw_parts(data.cast::<i8>(), 3), [7, 8, 9]);
        delete(tensor);
    }
}

#[test]
fn a_schema_is_built_and_freed() {
    let (mut builder, mut text) = (null_mut(), null_mut());
    unsafe {
        assert_eq!(ds_schema_create(c"CAD".as_ptr(), c"1.0".as_ptr(), null(), &mut builder), DS_OK);
        assert_eq!(ds_schema_create_group(builder, c"faces".as_ptr(), c"face".as_ptr(), null(), null()), DS_OK);
        assert_eq!(ds_schema_build(builder, &mut text), DS_OK);
        assert!(CStr::from_ptr(ds_buffer_data(text)).to_str().unwrap().contains("faces"));
        ds_buffer_free(text);
        ds_schema_free(builder);
    }
}

#[test]
fn whether_a_handle_is_open_is_a_bool() {
    let store = open();
    assert_eq!(unsafe { ds_is_open(store) }, 1);
    assert_eq!(unsafe { ds_close(store) }, DS_OK);
    assert_eq!(unsafe { ds_is_open(store) }, 0);
}

#[test]
fn two_threads_use_one_store() {
    let store = open();
    save(store, c"a", &[1; 4]);
    let address = store.addr();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut values = [0i32; 4];
                for _ in 0..3 {
                    let loaded = unsafe {
                        ds_load_i32(again(address), c"a".as_ptr(), values.as_mut_ptr(), values.len(), null_mut())
                    };
                    assert_eq!((loaded, values), (DS_OK, [1; 4]));
                    save(again(address), c"a", &values);
                }
            });
        }
    });
    assert_eq!(unsafe { ds_close(store) }, DS_OK);
}

/// What a call and the thread that closes its store tell each other.
#[derive(Default)]
struct Meeting {
    inside: AtomicBool,
    closed: AtomicBool,
}

/// Gives the closer time; it does not use it, for it waits for the call that this runs in.
unsafe extern "C" fn linger(meeting: *mut c_void, _: *const c_char, _: u64, _: u64) -> i32 {
    let meeting = unsafe { &*meeting.cast::<Meeting>() };
    meeting.inside.store(true, Ordering::SeqCst);
    for _ in 0..200 {
        if meeting.closed.load(Ordering::SeqCst) {
            break;
        }
        std::thread::yield_now();
    }
    0
}

#[test]
fn a_close_waits_for_the_call_that_it_meets() {
    let (store, sink, mut meeting) = (open(), open(), Meeting::default());
    save(store, c"a", &[1; 4]);
    save(store, c"b", &[2; 4]);
    let data = (&raw mut meeting).cast::<c_void>();
    assert_eq!(unsafe { ds_set_progress(store, Some(linger), data, None) }, DS_OK);
    let meeting = unsafe { &*data.cast::<Meeting>() };
    let (address, into) = (store.addr(), sink.addr());
    std::thread::scope(|scope| {
        let copy = scope.spawn(move || unsafe { ds_copy(again(address), again(into), null(), null_mut()) });
        while !meeting.inside.load(Ordering::SeqCst) {
            std::thread::yield_now();
        }
        assert_eq!(unsafe { ds_close(store) }, DS_OK);
        meeting.closed.store(true, Ordering::SeqCst);
        assert_eq!(copy.join().unwrap(), DS_OK);
    });
    assert_eq!(unsafe { ds_close(sink) }, DS_OK);
}
