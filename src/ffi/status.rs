//! Status codes: what every fallible function returns.
//!
//! Constants and not a Rust enum, so that a number from C is only a number. They are for ever the same and never
//! depend on the build. The names are those of [`ErrorKind`](crate::ErrorKind), which fixes the numbers.

use std::ffi::{CStr, c_char};

/// What a fallible function returns: 0 is success, positive values are success with a remark, negative ones errors.
pub type ds_status = i32;

/// Done as asked.
pub const DS_OK: i32 = 0;
/// The iterator is at its end; nothing was written.
pub const DS_DONE: i32 = 1;
/// An argument is malformed: NULL, a key, a shape, an option, a codec name.
pub const DS_ERR_INVALID_ARGUMENT: i32 = -1;
/// The handle was given by no ds_open.
pub const DS_ERR_INVALID_HANDLE: i32 = -2;
/// The store was closed (or inherited through fork).
pub const DS_ERR_CLOSED: i32 = -3;
/// Another writer holds the store, or the call came from inside a callback.
pub const DS_ERR_BUSY: i32 = -4;
/// No such key, metadata key or path.
pub const DS_ERR_NOT_FOUND: i32 = -5;
/// Something is there already.
pub const DS_ERR_ALREADY_EXISTS: i32 = -6;
/// The key holds another kind of node: a group where an array is wanted.
pub const DS_ERR_WRONG_KIND: i32 = -7;
/// The stored data type is not the one asked for.
pub const DS_ERR_DTYPE_MISMATCH: i32 = -8;
/// The stored shape does not fit the one asked for.
pub const DS_ERR_SHAPE_MISMATCH: i32 = -9;
/// The caller's memory is smaller than the data; the needed size was written.
pub const DS_ERR_BUFFER_TOO_SMALL: i32 = -10;
/// The store cannot be written.
pub const DS_ERR_READ_ONLY: i32 = -11;
/// The data disagrees with the schema, or the schema itself is wrong.
pub const DS_ERR_SCHEMA: i32 = -12;
/// A text that should be JSON is not.
pub const DS_ERR_JSON: i32 = -13;
/// Bytes that should be UTF-8 are not.
pub const DS_ERR_UTF8: i32 = -14;
/// A codec is unknown or refused its input.
pub const DS_ERR_CODEC: i32 = -15;
/// Stored bytes are not what was written.
pub const DS_ERR_CORRUPT: i32 = -16;
/// The operating system refused: disk full, device error.
pub const DS_ERR_IO: i32 = -17;
/// The operating system forbids it.
pub const DS_ERR_PERMISSION: i32 = -18;
/// An allocation was refused.
pub const DS_ERR_NO_MEMORY: i32 = -19;
/// The call was interrupted, or its progress callback cancelled it.
pub const DS_ERR_CANCELLED: i32 = -20;
/// Valid, but not offered by this store or build.
pub const DS_ERR_UNSUPPORTED: i32 = -21;
/// The caller was compiled against another ABI.
pub const DS_ERR_ABI: i32 = -22;
/// Not-a-number where the store refuses it.
pub const DS_ERR_NAN: i32 = -23;
/// A defect of the library; the store only takes ds_close and ds_discard from now on.
pub const DS_ERR_INTERNAL: i32 = -127;

const NAMES: [(i32, &CStr); 26] = [
    (DS_OK, c"DS_OK"),
    (DS_DONE, c"DS_DONE"),
    (DS_ERR_INVALID_ARGUMENT, c"DS_ERR_INVALID_ARGUMENT"),
    (DS_ERR_INVALID_HANDLE, c"DS_ERR_INVALID_HANDLE"),
    (DS_ERR_CLOSED, c"DS_ERR_CLOSED"),
    (DS_ERR_BUSY, c"DS_ERR_BUSY"),
    (DS_ERR_NOT_FOUND, c"DS_ERR_NOT_FOUND"),
    (DS_ERR_ALREADY_EXISTS, c"DS_ERR_ALREADY_EXISTS"),
    (DS_ERR_WRONG_KIND, c"DS_ERR_WRONG_KIND"),
    (DS_ERR_DTYPE_MISMATCH, c"DS_ERR_DTYPE_MISMATCH"),
    (DS_ERR_SHAPE_MISMATCH, c"DS_ERR_SHAPE_MISMATCH"),
    (DS_ERR_BUFFER_TOO_SMALL, c"DS_ERR_BUFFER_TOO_SMALL"),
    (DS_ERR_READ_ONLY, c"DS_ERR_READ_ONLY"),
    (DS_ERR_SCHEMA, c"DS_ERR_SCHEMA"),
    (DS_ERR_JSON, c"DS_ERR_JSON"),
    (DS_ERR_UTF8, c"DS_ERR_UTF8"),
    (DS_ERR_CODEC, c"DS_ERR_CODEC"),
    (DS_ERR_CORRUPT, c"DS_ERR_CORRUPT"),
    (DS_ERR_IO, c"DS_ERR_IO"),
    (DS_ERR_PERMISSION, c"DS_ERR_PERMISSION"),
    (DS_ERR_NO_MEMORY, c"DS_ERR_NO_MEMORY"),
    (DS_ERR_CANCELLED, c"DS_ERR_CANCELLED"),
    (DS_ERR_UNSUPPORTED, c"DS_ERR_UNSUPPORTED"),
    (DS_ERR_ABI, c"DS_ERR_ABI"),
    (DS_ERR_NAN, c"DS_ERR_NAN"),
    (DS_ERR_INTERNAL, c"DS_ERR_INTERNAL"),
];

/// The name of a status, such as "DS_ERR_NOT_FOUND"; "DS_ERR_UNKNOWN" for a number that is none.
///
/// Static text, never NULL. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn ds_status_name(status: ds_status) -> *const c_char {
    NAMES.iter().find(|(code, _)| *code == status).map_or(c"DS_ERR_UNKNOWN", |(_, name)| name).as_ptr()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind as K;

    #[test]
    fn names_and_numbers_follow_the_kinds_of_errors() {
        let kinds = [
            K::InvalidArgument,
            K::InvalidHandle,
            K::Closed,
            K::Busy,
            K::NotFound,
            K::AlreadyExists,
            K::WrongKind,
            K::DtypeMismatch,
            K::ShapeMismatch,
            K::BufferTooSmall,
            K::ReadOnly,
            K::Schema,
            K::Json,
            K::Utf8,
            K::Codec,
            K::Corrupt,
            K::Io,
            K::Permission,
            K::NoMemory,
            K::Cancelled,
            K::Unsupported,
            K::Abi,
            K::Nan,
            K::Internal,
        ];
        assert_eq!(kinds.len() + 2, NAMES.len());
        for kind in kinds {
            let (_, name) = NAMES.iter().find(|(code, _)| *code == kind.code()).unwrap();
            let words = name.to_str().unwrap().trim_start_matches("DS_ERR_").replace('_', "").to_lowercase();
            assert_eq!(words, format!("{kind:?}").to_lowercase());
        }
    }
}
