//! The plain types and constants of the boundary.
//!
//! Numbers, not Rust enums: any number may come from C. They equal those of [`DType`](crate::value::DType),
//! [`Kind`](crate::backend::Kind) and [`Level`](crate::config::Level), and a test holds them to it.

/// An open store: a token, not an address. Compare it, copy it, hand it to any thread; never dereference it.
pub struct ds_store {
    _token: [u8; 0],
}

/// An open dataset: a token as a ds_store is, and no ds_store.
pub struct ds_dataset {
    _token: [u8; 0],
}

/// The type of the elements of an array, one of DS_BOOL ... DS_STRING; 0 where there is none (groups).
pub type ds_dtype = i32;
/// What a node is, one of DS_KIND_GROUP ... DS_KIND_JSON.
pub type ds_kind = i32;
/// Where a metadata value belongs when stores are merged, one of DS_SCOPE_NONE ... DS_SCOPE_CATEGORICAL.
pub type ds_scope = i32;
/// How much a log line matters, one of DS_LOG_ERROR ... DS_LOG_DEBUG.
pub type ds_level = i32;

/// One byte, 0 or 1.
pub const DS_BOOL: i32 = 1;
/// int8_t
pub const DS_I8: i32 = 2;
/// int16_t
pub const DS_I16: i32 = 3;
/// int32_t
pub const DS_I32: i32 = 4;
/// int64_t
pub const DS_I64: i32 = 5;
/// uint8_t
pub const DS_U8: i32 = 6;
/// uint16_t
pub const DS_U16: i32 = 7;
/// uint32_t
pub const DS_U32: i32 = 8;
/// uint64_t
pub const DS_U64: i32 = 9;
/// IEEE 754 half precision, 2 bytes
pub const DS_F16: i32 = 10;
/// float
pub const DS_F32: i32 = 11;
/// double
pub const DS_F64: i32 = 12;
/// Two floats: real, imaginary
pub const DS_C64: i32 = 13;
/// Two doubles: real, imaginary
pub const DS_C128: i32 = 14;
/// UTF-8 text of any length
pub const DS_STRING: i32 = 15;

/// A group of nodes.
pub const DS_KIND_GROUP: i32 = 1;
/// A typed n-d array; ndim 0 for a scalar or a single string.
pub const DS_KIND_ARRAY: i32 = 2;
/// Bytes without a shape.
pub const DS_KIND_BYTES: i32 = 3;
/// A JSON value that is no array: null, or a list of mixed things.
pub const DS_KIND_JSON: i32 = 4;

/// No schema is set.
pub const DS_SCOPE_NONE: i32 = 0;
/// A property of the file: size, duration, counts.
pub const DS_SCOPE_FILE_LEVEL: i32 = 1;
/// A label or category to learn from or to select by.
pub const DS_SCOPE_CATEGORICAL: i32 = 2;

/// Something failed that no caller is told of.
pub const DS_LOG_ERROR: i32 = 1;
/// Something a user should know.
pub const DS_LOG_WARN: i32 = 2;
/// What the library does.
pub const DS_LOG_INFO: i32 = 3;
/// Details.
pub const DS_LOG_DEBUG: i32 = 4;

/// What ds_stat tells of a node.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct ds_info {
    /// Set by the caller: sizeof(ds_info). A shorter struct is filled as far as it goes, a longer one's tail with 0.
    pub struct_size: usize,
    /// What it is: DS_KIND_GROUP ...
    pub kind: ds_kind,
    /// The type of the elements; 0 for a group.
    pub dtype: ds_dtype,
    /// The number of dimensions.
    pub ndim: u64,
    /// The number of elements; for a group, of its direct children.
    pub elements: u64,
    /// Bytes of the elements in memory; 0 for strings and groups.
    pub bytes: u64,
    /// Bytes that the store keeps for it.
    pub stored_bytes: u64,
    /// The number of chunks; 1 where there are none.
    pub chunks: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::Kind;
    use crate::config::Level;
    use crate::value::DType;

    #[test]
    fn numbers_are_those_of_the_library() {
        let dtypes = [
            DS_BOOL, DS_I8, DS_I16, DS_I32, DS_I64, DS_U8, DS_U16, DS_U32, DS_U64, DS_F16, DS_F32, DS_F64, DS_C64,
            DS_C128, DS_STRING,
        ];
        assert_eq!(dtypes.to_vec(), DType::ALL.iter().map(|&d| d as i32).collect::<Vec<_>>());
        let kinds = [Kind::Group, Kind::Array, Kind::Bytes, Kind::Json].map(|kind| kind as i32);
        assert_eq!(kinds, [DS_KIND_GROUP, DS_KIND_ARRAY, DS_KIND_BYTES, DS_KIND_JSON]);
        let levels = [Level::Error, Level::Warn, Level::Info, Level::Debug].map(|level| level as i32);
        assert_eq!(levels, [DS_LOG_ERROR, DS_LOG_WARN, DS_LOG_INFO, DS_LOG_DEBUG]);
    }
}
