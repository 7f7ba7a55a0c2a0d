//! A box of an array, and its checks against the array.

use crate::error::{Result, err};
use crate::key::Key;
use crate::value::{Array, ArrayView};

/// A box of an array: the first index and the length in each dimension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// The first index of each dimension.
    pub offset: Vec<u64>,
    /// The length of each dimension.
    pub shape: Vec<u64>,
}

impl Region {
    /// Checks the box, and the elements that it is to be set to, against an array.
    ///
    /// # Errors
    /// `DtypeMismatch` naming both types; `ShapeMismatch` when the box leaves the array or is not of the elements' shape.
    pub(crate) fn check_view(&self, key: &Key, array: &Array, view: &ArrayView<'_>) -> Result<()> {
        if array.dtype() != view.dtype() {
            return Err(err!(DtypeMismatch, "{key}: array is {}, data is {}", array.dtype(), view.dtype()));
        }
        self.check(key, array.shape())?;
        if self.shape != view.shape() {
            return Err(err!(ShapeMismatch, "{key}: region has shape {:?}, data has {:?}", self.shape, view.shape()));
        }
        Ok(())
    }

    /// Checks the box against the shape of an array.
    ///
    /// # Errors
    /// `ShapeMismatch` when the number of dimensions differs or the box leaves the array.
    pub fn check(&self, key: &Key, shape: &[u64]) -> Result<()> {
        if self.offset.len() != shape.len() || self.shape.len() != shape.len() {
            return Err(err!(
                ShapeMismatch,
                "{key}: region has {} dimensions, array has {}",
                self.offset.len().max(self.shape.len()),
                shape.len()
            ));
        }
        for (d, &have) in shape.iter().enumerate() {
            if self.offset[d].checked_add(self.shape[d]).is_none_or(|end| end > have) {
                return Err(err!(
                    ShapeMismatch,
                    "{key}: region [{}, +{}) of dimension {d} leaves its length {have}",
                    self.offset[d],
                    self.shape[d]
                ));
            }
        }
        Ok(())
    }
}
