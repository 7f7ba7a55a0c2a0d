//! Which nodes can be viewed: arrays and bytes, of elements of fixed size.

use super::Kind;
use crate::error::{Error, Result, err};
use crate::key::Key;
use crate::value::{DType, shared_array};

/// Whether a node has elements that may lie in memory one after the other.
///
/// # Errors
/// `WrongKind` for a group or JSON, `DtypeMismatch` for strings.
pub(super) fn check(key: &Key, kind: Kind, dtype: Option<DType>) -> Result<()> {
    match (kind, dtype) {
        (Kind::Group | Kind::Json, _) | (_, None) => {
            Err(err!(WrongKind, "{key}: wanted an array, found a {}", kind.word()))
        }
        (_, Some(DType::String)) => Err(shared_array::no_text().context(key)),
        _ => Ok(()),
    }
}

/// The error for a node that what keeps it gives no view of.
pub(super) fn refusal(key: &Key, (kind, dtype, _): (Kind, Option<DType>, Vec<u64>), keeper: &str) -> Error {
    match check(key, kind, dtype) {
        Err(e) => e,
        Ok(()) => err!(Unsupported, "{key}: cannot be viewed: {keeper} keeps no elements in memory"),
    }
}
