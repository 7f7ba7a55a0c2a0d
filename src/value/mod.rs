//! What can be stored: typed n-d arrays, strings, bytes, JSON values and nested groups of them.
//!
//! [`Array`] owns its elements, [`ArrayView`] borrows them with strides, [`Value`] is a tree of nodes. Everything is
//! row-major, native-endian and plain memory; nothing here knows a file format.

mod array;
mod dtype;
mod edit;
mod element;
pub(crate) mod region;
mod tree;
mod view;

pub use array::Array;
pub use dtype::DType;
pub use element::Element;
pub use tree::Value;
pub use view::{ArrayView, Elements};

use crate::error::{Result, err};

/// The number of elements of a shape, refused when it overflows.
///
/// # Errors
/// `InvalidArgument` when the product or its size in bytes exceeds what can be addressed.
pub fn element_count(shape: &[u64], dtype: DType) -> Result<usize> {
    let count = if shape.contains(&0) {
        0
    } else {
        shape
            .iter()
            .try_fold(1u64, |n, &d| n.checked_mul(d))
            .filter(|&n| n.checked_mul(dtype.size().max(1) as u64).is_some_and(|bytes| bytes <= isize::MAX as u64))
            .ok_or_else(|| err!(InvalidArgument, "shape {shape:?} of {dtype} exceeds what can be addressed"))?
    };
    usize::try_from(count).map_err(|_| err!(InvalidArgument, "shape {shape:?} exceeds what can be addressed"))
}

/// The names of dimensions that have none: `<key, with '_' for '/'>_dim_<i>`.
pub(crate) fn automatic_dims(key: &str, ndim: usize) -> Vec<String> {
    let name = |i: usize| {
        let mut name = String::with_capacity(key.len() + 6);
        name.extend(key.chars().map(|c| if c == '/' { '_' } else { c }));
        name.push_str("_dim_");
        match u8::try_from(i) {
            Ok(digit) if digit < 10 => name.push(char::from(b'0' + digit)),
            _ => name.push_str(&i.to_string()),
        }
        name
    };
    (0..ndim).map(name).collect()
}
