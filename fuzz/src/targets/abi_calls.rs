//! The calls of [`super::abi`]: each takes its arguments from the input and checks what only it can know.
//!
//! A call gives its status; `None` where the state of the handle does not decide it. What C promises is kept: pointers are
//! NULL or good for the length that is said, a type or a shape is any number, a handle is anything at all.

// SAFETY (of every block here): one call of C with pointers that are NULL, or to memory of this function or of the world
// that is good for what the header asks of it; handles need nothing.
#![allow(clippy::undocumented_unsafe_blocks)]

use std::ffi::{CString, c_char, c_void};
use std::ptr::{null, null_mut};

use datastorage::ffi::*;

use super::abi::{World, destroy, progress, sum, taken, touch_view, walk};
use super::input::Input;

type Call = fn(&mut World, &mut Input<'_>, *mut ds_store) -> Option<ds_status>;

/// By name, for the text of a finding.
pub const CALLS: &[(&str, Call)] = &[
    ("ds_open_memory", |world, input, _| open(world, input, Opening::Memory)),
    ("ds_open_bytes", |world, input, _| open(world, input, Opening::Bytes)),
    ("ds_open", |world, input, _| open(world, input, Opening::Path)),
    ("ds_close", |world, _, store| end(world, store, ds_close)),
    ("ds_discard", |world, _, store| end(world, store, ds_discard)),
    ("ds_is_open", |world, _, store| {
        assert_eq!(unsafe { ds_is_open(store) } == 1, world.is_open(store));
        None
    }),
    ("ds_dataset_close", |world, _, store| {
        // A store is no dataset, and stays open.
        let status = unsafe { ds_dataset_close(store.cast()) };
        assert!(status == DS_ERR_INVALID_HANDLE || !world.is_open(store));
        assert!(status < 0 || store.is_null());
        None
    }),
    ("ds_save", |_, input, store| save(input, store)),
    ("ds_load", |_, input, store| load(input, store)),
    ("ds_save_bytes", |_, input, store| {
        let (key, bytes) = (key(input), input.piece());
        let data: *const c_void = if bytes.is_empty() { null() } else { bytes.as_ptr().cast() };
        let status = unsafe { ds_save_bytes(store, key.pointer(), data, bytes.len()) };
        if status == DS_OK {
            let mut out = null_mut();
            assert_eq!(unsafe { ds_load_bytes(store, key.pointer(), &mut out) }, DS_OK);
            assert_eq!(taken(out), bytes);
        }
        Some(status)
    }),
    ("ds_save_json", |_, input, store| {
        let (key, text) = (key(input), json(input));
        Some(unsafe { ds_save_json(store, key.pointer(), text.as_ptr().cast(), text.len()) })
    }),
    ("ds_save_string", |_, input, store| {
        let (key, text) = (key(input), input.piece());
        let status = unsafe { ds_save_string(store, key.pointer(), text.as_ptr().cast(), text.len()) };
        assert!(status != DS_OK || std::str::from_utf8(text).is_ok());
        if status == DS_OK {
            let mut out = null_mut();
            assert_eq!(unsafe { ds_load_string(store, key.pointer(), &mut out) }, DS_OK);
            assert_eq!(taken(out), text);
        }
        Some(status)
    }),
    ("ds_save_strings", |_, input, store| {
        let (key, shape) = (key(input), shape(input));
        let texts: Vec<*const c_char> = (0..64).map(|at| [c"x", c"", c"\xC3\xA9", c"\xFF"][at % 3].as_ptr()).collect();
        elements(&shape).filter(|count| *count <= 64)?;
        let places = if input.flag() { texts.as_ptr() } else { null() };
        Some(unsafe { ds_save_strings(store, key.pointer(), places, null(), shape.as_ptr(), shape.len()) })
    }),
    ("ds_load_strings", |_, input, store| {
        let key = key(input);
        let (mut text, mut offsets) = (null_mut(), null_mut());
        let status = unsafe { ds_load_strings(store, key.pointer(), &mut text, &mut offsets) };
        both(status, text, offsets);
        Some(status)
    }),
    ("ds_load_bytes", |_, input, store| buffer(input, |key, out| unsafe { ds_load_bytes(store, key, out) })),
    ("ds_load_json", |_, input, store| buffer(input, |key, out| unsafe { ds_load_json(store, key, out) })),
    ("ds_load_string", |_, input, store| buffer(input, |key, out| unsafe { ds_load_string(store, key, out) })),
    ("ds_load_metadata", |_, input, store| buffer(input, |key, out| unsafe { ds_load_metadata(store, key, out) })),
    ("ds_get_attributes", |_, input, store| buffer(input, |key, out| unsafe { ds_get_attributes(store, key, out) })),
    ("ds_get_dimensions", |_, input, store| buffer(input, |key, out| unsafe { ds_get_dimensions(store, key, out) })),
    ("ds_path", |_, input, store| buffer(input, |key, out| unsafe { ds_path(store, key, out) })),
    ("ds_get_schema", |_, input, store| buffer(input, |_, out| unsafe { ds_get_schema(store, out) })),
    ("ds_group_for_array", |_, input, store| buffer(input, |key, out| unsafe { ds_group_for_array(store, key, out) })),
    ("ds_load_all", |_, input, store| {
        let key = key(input);
        let (mut index, mut data) = (null_mut(), null_mut());
        let status = unsafe { ds_load_all(store, key.pointer(), &mut index, &mut data) };
        both(status, index, data);
        Some(status)
    }),
    ("ds_create", |_, input, store| {
        let (key, dtype, shape) = (key(input), dtype(input), shape(input));
        let options =
            text(input, &[c"{}", c"{\"chunks\": [2]}", c"{\"fill_value\": null}", c"{\"codec\": \"none\"}", c"["]);
        let status = unsafe { ds_create(store, key.pointer(), dtype, shape.as_ptr(), shape.len(), options.pointer()) };
        assert!(status != DS_OK || (1..=15).contains(&dtype));
        Some(status)
    }),
    ("ds_save_region", |_, input, store| {
        let (key, dtype, offset, shape) = (key(input), dtype(input), shape(input), shape(input));
        let memory = [7u8; MEMORY];
        let ndim = offset.len().min(shape.len());
        fits(&shape[..ndim], dtype)?;
        let (data, offset) = (memory.as_ptr().cast(), offset.as_ptr());
        Some(unsafe { ds_save_region(store, key.pointer(), dtype, data, offset, shape.as_ptr(), ndim, null()) })
    }),
    ("ds_load_region", |_, input, store| {
        let (key, dtype, offset, shape) = (key(input), dtype(input), shape(input), shape(input));
        let (mut memory, mut needed) = ([0xAAu8; MEMORY], usize::MAX);
        let ndim = offset.len().min(shape.len());
        let (offset, shape, data) = (offset.as_ptr(), shape.as_ptr(), memory.as_mut_ptr().cast());
        let capacity = MEMORY >> input.below(12);
        let key = key.pointer();
        let status = unsafe { ds_load_region(store, key, dtype, offset, shape, ndim, data, capacity, &mut needed) };
        written(status, needed, capacity, &memory);
        Some(status)
    }),
    ("ds_resize", |_, input, store| {
        let (key, shape) = (key(input), shape(input));
        Some(unsafe { ds_resize(store, key.pointer(), shape.as_ptr(), shape.len()) })
    }),
    ("ds_append", |_, input, store| {
        let (key, dtype, shape, axis) = (key(input), dtype(input), shape(input), input.below(4));
        let memory = [3u8; MEMORY];
        fits(&shape, dtype)?;
        let data = memory.as_ptr().cast();
        Some(unsafe { ds_append(store, key.pointer(), dtype, data, shape.as_ptr(), shape.len(), null(), axis) })
    }),
    ("ds_stat", |_, input, store| {
        let key = key(input);
        let sizes = [size_of::<ds_info>(), 0, 8, 16, 200, usize::MAX];
        let mut memory = [u64::MAX; 32];
        memory[0] = sizes[input.below(5)] as u64;
        let info: *mut ds_info = if input.below(8) == 0 { null_mut() } else { memory.as_mut_ptr().cast() };
        let status = unsafe { ds_stat(store, key.pointer(), info) };
        let end = (memory[0] as usize).div_ceil(8).max(1);
        assert!(memory[end..].iter().all(|word| *word == u64::MAX), "a short ds_info is written beyond its end");
        Some(status)
    }),
    ("ds_shape", |_, input, store| {
        let key = key(input);
        let (mut lengths, mut ndim) = ([u64::MAX; 33], usize::MAX);
        let capacity = input.below(33);
        let status = unsafe { ds_shape(store, key.pointer(), lengths.as_mut_ptr(), capacity, &mut ndim) };
        assert!(lengths[capacity..].iter().all(|length| *length == u64::MAX));
        assert!(status != DS_OK || ndim <= capacity);
        Some(status)
    }),
    ("ds_exists", |_, input, store| {
        let (key, mut found) = (key(input), -1);
        let status = unsafe { ds_exists(store, key.pointer(), &mut found) };
        assert!(if status == DS_OK { found == 0 || found == 1 } else { found == -1 });
        Some(status)
    }),
    ("ds_delete", |_, input, store| Some(unsafe { ds_delete(store, key(input).pointer()) })),
    ("ds_rename", |_, input, store| Some(unsafe { ds_rename(store, key(input).pointer(), key(input).pointer()) })),
    ("ds_create_group", |_, input, store| Some(unsafe { ds_create_group(store, key(input).pointer()) })),
    ("ds_list", |world, input, store| {
        let (prefix, recursive) = (key(input), i32::from(input.flag()));
        iterator(world, input, |out| unsafe { ds_list(store, prefix.pointer(), recursive, out) })
    }),
    ("ds_list_metadata", |world, input, store| {
        let prefix = key(input);
        iterator(world, input, |out| unsafe { ds_list_metadata(store, prefix.pointer(), out) })
    }),
    ("ds_set_dimensions", |_, input, store| {
        let (key, ndim) = (key(input), input.below(5));
        let names: Vec<*const c_char> = (0..ndim).map(|at| [c"x".as_ptr(), c"y".as_ptr(), null()][at % 3]).collect();
        let names = if input.below(4) == 0 { null() } else { names.as_ptr() };
        Some(unsafe { ds_set_dimensions(store, key.pointer(), names, ndim) })
    }),
    ("ds_set_attributes", |_, input, store| {
        let (key, text) = (key(input), json(input));
        Some(unsafe { ds_set_attributes(store, key.pointer(), text.as_ptr().cast(), text.len()) })
    }),
    ("ds_save_metadata", |_, input, store| {
        let (key, text) = (key(input), json(input));
        let status = unsafe { ds_save_metadata(store, key.pointer(), text.as_ptr().cast(), text.len()) };
        if status == DS_OK {
            let mut out = null_mut();
            assert_eq!(unsafe { ds_load_metadata(store, key.pointer(), &mut out) }, DS_OK);
            serde_json::from_slice::<serde_json::Value>(&taken(out)).expect("metadata is JSON");
        }
        Some(status)
    }),
    ("ds_save_metadata_f64", |_, input, store| {
        let (key, value) = (key(input), f64::from_bits(input.number()));
        let status = unsafe { ds_save_metadata_f64(store, key.pointer(), value) };
        Some(status)
    }),
    ("ds_delete_metadata", |_, input, store| Some(unsafe { ds_delete_metadata(store, key(input).pointer()) })),
    ("ds_metadata_scope", |_, input, store| {
        let (key, mut scope) = (key(input), -7);
        let status = unsafe { ds_metadata_scope(store, key.pointer(), &mut scope) };
        assert!(if status == DS_OK { (0..=2).contains(&scope) } else { scope == -7 });
        Some(status)
    }),
    ("ds_set_schema", |_, input, store| {
        let text = json(input);
        Some(unsafe { ds_set_schema(store, text.as_ptr().cast(), text.len()) })
    }),
    ("ds_flush", |_, _, store| Some(unsafe { ds_flush(store) })),
    ("ds_compress", |_, _, store| {
        let mut bytes = u64::MAX;
        let status = unsafe { ds_compress(store, &mut bytes) };
        assert!((status == DS_OK) == (bytes != u64::MAX));
        Some(status)
    }),
    ("ds_verify", |_, input, store| {
        let options = text(input, &[c"{}", c"{\"repair_records\": true}", c"{\"x\": 1}"]);
        let mut out = null_mut();
        let status = unsafe { ds_verify(store, options.pointer(), &mut out) };
        if !out.is_null() {
            assert!(status == DS_OK || status == DS_ERR_CORRUPT);
            serde_json::from_slice::<serde_json::Value>(&taken(out)).expect("a report is JSON");
        }
        Some(status)
    }),
    ("ds_to_bytes", |world, input, store| {
        let options = text(input, &[c"{\"codec\": \"none\"}", c"{\"profile\": \"portable\"}", c"{\"x\": 1}"]);
        let mut out = null_mut();
        let status = unsafe { ds_to_bytes(store, options.pointer(), &mut out) };
        assert_eq!(status == DS_OK, !out.is_null());
        if status == DS_OK {
            world.archive = taken(out);
        }
        Some(status)
    }),
    ("ds_copy", |world, input, store| {
        let other = world.handle(input);
        let mut copied = u64::MAX;
        let status = unsafe { ds_copy(store, other, null(), &mut copied) };
        assert_eq!(status == DS_OK, copied != u64::MAX);
        // Two handles decide.
        assert!(status != DS_OK || (world.is_open(store) && world.is_open(other) && store != other));
        None
    }),
    ("ds_view", |world, input, store| {
        let (key, options) = (key(input), text(input, &[c"{}", c"{\"copy\": true}"]));
        let mut out = null_mut();
        let status = unsafe { ds_view(store, key.pointer(), options.pointer(), &mut out) };
        assert_eq!(status == DS_OK, !out.is_null());
        if status == DS_OK {
            touch_view(out);
            world.views.push(out);
        }
        Some(status)
    }),
    ("ds_iter_next", |world, input, _| {
        let at = input.below(8);
        world.iterators.get(at).copied().into_iter().for_each(walk);
        let mut key = null();
        let status = unsafe { ds_iter_next(null_mut(), &mut key, null_mut()) };
        assert!(status == DS_ERR_INVALID_ARGUMENT && key.is_null());
        None
    }),
    ("ds_set_progress", |world, input, store| {
        let userdata: *mut c_void = std::ptr::from_ref(&*world.destroyed).cast_mut().cast();
        let callback: ds_progress_fn = if input.below(4) == 0 { None } else { Some(progress) };
        world.callbacks += 1;
        Some(unsafe { ds_set_progress(store, callback, userdata, Some(destroy)) })
    }),
    ("ds_interrupt", |_, _, store| Some(unsafe { ds_interrupt(store) })),
    ("ds_format", |_, input, store| {
        let mut name = null();
        let status = unsafe { ds_format(store, if input.below(8) == 7 { null_mut() } else { &mut name }) };
        assert_eq!(status == DS_OK, !name.is_null());
        Some(status)
    }),
];

/// What memory of the caller there is.
const MEMORY: usize = 2048;

/// A text of the caller, or NULL.
struct Text(Option<CString>);

impl Text {
    fn pointer(&self) -> *const c_char {
        self.0.as_ref().map_or(null(), |text| text.as_ptr())
    }
}

/// One of these, any bytes, or NULL.
fn text(input: &mut Input<'_>, known: &[&std::ffi::CStr]) -> Text {
    let which = input.below(known.len() + 3);
    match known.get(which) {
        Some(text) => Text(Some((*text).to_owned())),
        None if which == known.len() => Text(None),
        None => {
            let free = input.piece().iter().copied().filter(|byte| *byte != 0).collect();
            Text(Some(CString::new::<Vec<u8>>(free).expect("no NUL")))
        }
    }
}

fn key(input: &mut Input<'_>) -> Text {
    text(
        input,
        &[c"a", c"b", c"g/x", c"g", c"a/y", c"g/h/z", c"", c"..", c"a//b", c".zarray", c"\xFF\xFE", c"metadata.json"],
    )
}

fn json<'i>(input: &mut Input<'i>) -> &'i [u8] {
    let known: &[&[u8]] =
        &[b"1", b"{}", b"null", b"[1,2.5]", br#"{"a":{"b":[true]}}"#, br#"[[1],[2,3]]"#, b"\"\xFF\"", b"{"];
    let which = input.below(known.len() + 4);
    known.get(which).copied().unwrap_or_else(|| input.piece())
}

fn dtype(input: &mut Input<'_>) -> ds_dtype {
    *input.pick(&[DS_I32, DS_F64, DS_U8, DS_BOOL, DS_C64, DS_F16, DS_I64, DS_STRING, DS_C128, 0, -1, 16, i32::MAX])
}

/// Up to four lengths, or more than there may be; small ones, none, and more than anybody has.
fn shape(input: &mut Input<'_>) -> Vec<u64> {
    let ndim = [0, 1, 1, 2, 2, 3, 4, 33][input.below(8)];
    (0..ndim).map(|_| [1, 2, 3, 4, 5, 0, 7, u64::MAX][input.below(8)]).collect()
}

/// The elements of a shape, where they can be counted.
fn elements(shape: &[u64]) -> Option<u64> {
    shape.iter().try_fold(1u64, |count, length| count.checked_mul(*length))
}

/// Whether what a call would read lies in [`MEMORY`], or cannot be at all, so that nothing is read.
fn fits(shape: &[u64], dtype: ds_dtype) -> Option<()> {
    let size = if (1..=14).contains(&dtype) { 16 } else { 1 };
    let fits = match elements(shape) {
        Some(count) => count <= (MEMORY / size) as u64 || count == u64::MAX,
        None => true,
    };
    fits.then_some(())
}

/// How a store is opened.
#[derive(PartialEq)]
enum Opening {
    Memory,
    Bytes,
    Path,
}

fn open(world: &mut World, input: &mut Input<'_>, how: Opening) -> Option<ds_status> {
    let options = text(
        input,
        &[c"{}", c"{\"sync\": \"none\", \"export\": false}", c"{\"mode\": \"r\"}", c"{\"mode\": \"q\"}", c"["],
    );
    let mut store = null_mut();
    let out = if input.below(16) == 15 { null_mut() } else { &raw mut store };
    let status = match how {
        Opening::Memory => unsafe { ds_open_memory(options.pointer(), out) },
        Opening::Bytes => {
            let archive = std::mem::take(&mut world.archive);
            let status = unsafe { ds_open_bytes(archive.as_ptr().cast(), archive.len(), options.pointer(), out) };
            world.archive = archive;
            status
        }
        Opening::Path if input.below(4) != 0 => unsafe {
            let uri = text(input, &[c"memory:", c"memory:x", c"x://y", c""]);
            // No path of the caller's: the directory that one works in is nobody's store.
            let uri = uri.0.filter(|uri| uri.to_bytes().starts_with(b"memory:") || uri.is_empty())?;
            ds_open(uri.as_ptr(), options.pointer(), out)
        },
        Opening::Path => {
            let (zarr, which) = (input.flag(), input.below(2));
            let path = world.path(if which == 0 { "one" } else { "two" });
            let open = if zarr { ds_open_zarr } else { ds_open_json };
            // Whatever else is asked for, nothing waits for a medium.
            let quick = c"{\"sync\": \"none\", \"export\": false}";
            unsafe { open(path.as_ptr(), quick.as_ptr(), out) }
        }
    };
    if out.is_null() {
        assert!(status < 0, "there is no place for the handle");
    }
    assert_eq!(status == DS_OK, !store.is_null());
    world.opened(status, store);
    None
}

fn end(
    world: &mut World,
    store: *mut ds_store,
    close: unsafe extern "C" fn(*mut ds_store) -> ds_status,
) -> Option<ds_status> {
    let open = world.is_open(store);
    let status = unsafe { close(store) };
    if store.is_null() {
        assert_eq!(status, DS_OK);
        return None;
    }
    if open {
        world.closed(store);
        return None;
    }
    Some(status)
}

/// A result in a buffer, under a key.
fn buffer(
    input: &mut Input<'_>,
    call: impl FnOnce(*const c_char, *mut *mut ds_buffer) -> ds_status,
) -> Option<ds_status> {
    let key = key(input);
    let mut out = null_mut();
    let place = if input.below(16) == 15 { null_mut() } else { &raw mut out };
    let status = call(key.pointer(), place);
    assert_eq!(status == DS_OK, !out.is_null());
    if status == DS_OK {
        sum(&taken(out));
    }
    Some(status)
}

/// Two buffers: both or none.
fn both(status: ds_status, one: *mut ds_buffer, other: *mut ds_buffer) {
    assert!((status == DS_OK) != one.is_null() && (status == DS_OK) != other.is_null());
    if status == DS_OK {
        sum(&taken(one));
        sum(&taken(other));
    }
}

fn iterator(
    world: &mut World,
    input: &mut Input<'_>,
    call: impl FnOnce(*mut *mut ds_iter) -> ds_status,
) -> Option<ds_status> {
    let mut out = null_mut();
    let status = call(if input.below(16) == 15 { null_mut() } else { &mut out });
    assert_eq!(status == DS_OK, !out.is_null());
    if status == DS_OK {
        world.iterators.push(out);
    }
    Some(status)
}

/// Nothing is written beyond what was given, and nothing at all by a call that failed before it read.
fn written(status: ds_status, needed: usize, capacity: usize, memory: &[u8]) {
    assert!(memory[capacity..].iter().all(|byte| *byte == 0xAA), "memory is written beyond its end");
    match status {
        DS_OK => assert!(needed <= capacity && memory[needed..].iter().all(|byte| *byte == 0xAA)),
        DS_ERR_BUFFER_TOO_SMALL => assert!(needed > capacity && needed != usize::MAX),
        _ => assert_eq!(needed, usize::MAX),
    }
}

/// Saves from memory, dense or strided, and loads the same.
fn save(input: &mut Input<'_>, store: *mut ds_store) -> Option<ds_status> {
    let (key, dtype, shape) = (key(input), dtype(input), shape(input));
    let memory: Vec<u8> = (0..MEMORY).map(|at| (at % 2) as u8).collect();
    fits(&shape, dtype)?;
    // From the middle on, one step in each dimension, forwards or backwards: all of it is memory of ours.
    let turned = input.flag() && shape.len() <= 4 && shape.iter().all(|length| *length <= 7);
    let strides: Vec<i64> = shape.iter().map(|_| if input.flag() { 1 } else { -1 }).collect();
    let strides = if turned { strides.as_ptr() } else { null() };
    let data =
        if input.below(16) == 15 { null() } else { memory[if turned { MEMORY / 2 } else { 0 }..].as_ptr().cast() };
    let status = unsafe { ds_save(store, key.pointer(), dtype, data, shape.as_ptr(), shape.len(), strides) };
    assert!(status != DS_OK || ((1..=14).contains(&dtype) && shape.len() <= DS_MAX_NDIM));
    if status == DS_OK && !turned && !data.is_null() {
        let (mut again, mut needed) = (vec![0xAAu8; MEMORY], 0);
        let place = again.as_mut_ptr().cast();
        let loaded = unsafe { ds_load(store, key.pointer(), dtype, place, MEMORY, &mut needed) };
        // A schema may have it stored as another type.
        assert!(
            loaded == DS_ERR_DTYPE_MISMATCH || (loaded == DS_OK && again[..needed] == memory[..needed]),
            "{loaded}"
        );
        return None;
    }
    Some(status)
}

fn load(input: &mut Input<'_>, store: *mut ds_store) -> Option<ds_status> {
    let (key, dtype, capacity) = (key(input), dtype(input), MEMORY >> input.below(12));
    let (mut memory, mut needed) = ([0xAAu8; MEMORY], usize::MAX);
    let data: *mut c_void = if input.below(16) == 15 { null_mut() } else { memory.as_mut_ptr().cast() };
    let place = if input.below(16) == 15 { null_mut() } else { &raw mut needed };
    let status = unsafe { ds_load(store, key.pointer(), dtype, data, capacity, place) };
    if !place.is_null() {
        written(status, needed, capacity, &memory);
    }
    Some(status)
}
