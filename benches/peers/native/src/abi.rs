//! The types of the C functions, as `include/datastorage.h` has them.

use std::ffi::{c_char, c_int, c_void};

/// A token; never dereferenced.
pub type Store = *mut c_void;

pub const ABI_VERSION: u32 = 1;

/// `ds_info`.
#[repr(C)]
#[derive(Default)]
pub struct Info {
    pub struct_size: usize,
    pub kind: i32,
    pub dtype: i32,
    pub rest: [u64; 5],
}

pub type Configure = unsafe extern "C" fn(*const c_char) -> c_int;
pub type Open = unsafe extern "C" fn(*const c_char, *const c_char, *mut Store) -> c_int;
pub type OpenMemory = unsafe extern "C" fn(*const c_char, *mut Store) -> c_int;
pub type OfStore = unsafe extern "C" fn(Store) -> c_int;
pub type Format = unsafe extern "C" fn(Store, *mut *const c_char) -> c_int;
pub type Stat = unsafe extern "C" fn(Store, *const c_char, *mut Info) -> c_int;
pub type Save = unsafe extern "C" fn(Store, *const c_char, c_int, *const u8, *const u64, usize, *const i64) -> c_int;
pub type Load = unsafe extern "C" fn(Store, *const c_char, c_int, *mut u8, usize, *mut usize) -> c_int;
pub type Create = unsafe extern "C" fn(Store, *const c_char, c_int, *const u64, usize, *const c_char) -> c_int;
pub type SaveRegion =
    unsafe extern "C" fn(Store, *const c_char, c_int, *const u8, *const u64, *const u64, usize, *const i64) -> c_int;
pub type LoadRegion = unsafe extern "C" fn(
    Store,
    *const c_char,
    c_int,
    *const u64,
    *const u64,
    usize,
    *mut u8,
    usize,
    *mut usize,
) -> c_int;
pub type Shape = unsafe extern "C" fn(Store, *const c_char, *mut u64, usize, *mut usize) -> c_int;
pub type SetSchema = unsafe extern "C" fn(Store, *const c_char, usize) -> c_int;
/// Progress callback and its userdata, which the rows leave out.
pub type Merge = unsafe extern "C" fn(
    *const *const c_char,
    usize,
    *const c_char,
    *const c_char,
    *const c_void,
    *mut c_void,
    *mut *mut c_void,
) -> c_int;
pub type SaveI64 = unsafe extern "C" fn(Store, *const c_char, i64) -> c_int;
pub type SaveF64 = unsafe extern "C" fn(Store, *const c_char, f64) -> c_int;
pub type SaveStr = unsafe extern "C" fn(Store, *const c_char, *const c_char, usize) -> c_int;
pub type LoadText = unsafe extern "C" fn(Store, *const c_char, *mut *mut c_void) -> c_int;
pub type Compress = unsafe extern "C" fn(Store, *mut u64) -> c_int;

/// The number of a dtype in the header, from NumPy's name for it.
pub fn dtype(name: &str) -> Option<c_int> {
    let names = ["|b1", "|i1", "<i2", "<i4", "<i8", "|u1", "<u2", "<u4", "<u8", "<f2", "<f4", "<f8", "<c8", "<c16"];
    names.iter().position(|known| *known == name).map(|index| index as c_int + 1)
}
