//! What can be stored: typed n-d arrays, strings, bytes, JSON values and nested groups of them.
//!
//! [`Array`] owns its elements, [`ArrayView`] borrows them with strides, [`SharedArray`] keeps a share in memory they lie
//! in, [`Value`] is a tree of nodes. Everything is native-endian and plain memory; nothing here knows a file format.

mod array;
mod dtype;
mod edit;
mod element;
pub(crate) mod region;
pub(crate) mod shared;
pub(crate) mod shared_array;
mod tree;
mod view;

pub use array::Array;
pub use dtype::DType;
pub use element::Element;
pub use shared_array::SharedArray;
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

/// Whether these are the names of [`automatic_dims`], without making them.
pub(crate) fn are_automatic_dims(key: &str, dims: &[String]) -> bool {
    dims.iter().enumerate().all(|(i, dim)| {
        let mut text = dim.as_bytes().iter();
        key.as_bytes().iter().all(|byte| text.next() == Some(if *byte == b'/' { &b'_' } else { byte }))
            && match text.as_slice().strip_prefix(b"_dim_") {
                Some([digit]) if i < 10 => usize::from(*digit) == usize::from(b'0') + i,
                Some(digits) => i >= 10 && digits == i.to_string().as_bytes(),
                None => false,
            }
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn automatic_dims_are_told_from_others() {
        for key in ["a", "faces/areas", "ü/x y"] {
            for ndim in [0, 1, 2, 12] {
                let dims = automatic_dims(key, ndim);
                assert!(are_automatic_dims(key, &dims), "{dims:?}");
                for at in 0..ndim {
                    for other in [
                        "",
                        "n",
                        "a_dim_",
                        "faces_areas_dim_99",
                        &dims[at][..dims[at].len() - 1],
                        &format!("{}0", dims[at]),
                    ] {
                        let mut changed = dims.clone();
                        changed[at] = other.to_owned();
                        assert_eq!(
                            are_automatic_dims(key, &changed),
                            changed == automatic_dims(key, ndim),
                            "{changed:?}"
                        );
                    }
                }
            }
        }
    }
}
