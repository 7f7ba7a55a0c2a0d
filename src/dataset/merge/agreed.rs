//! An array that parts have in common: its type, the shape of its rows, how many rows each file has.

use super::route::Route;
use crate::error::{Result, err};
use crate::value::DType;

/// The rows of an array that a file does not have.
pub const ABSENT: u64 = u64::MAX;

/// An array that parts have in common.
#[derive(Clone, Debug)]
pub struct AgreedArray {
    /// Its key in the parts.
    pub key: String,
    /// How it is merged; its rows are those of the first part.
    pub route: Route,
    /// The type of its elements.
    pub dtype: DType,
    /// The rows of each file, or [`ABSENT`].
    pub rows: Vec<u64>,
    /// Its dimensions in the parts.
    pub ndim: usize,
}

impl AgreedArray {
    /// Whether no part had an element of it so far.
    pub fn is_empty(&self) -> bool {
        self.rows.iter().all(|&rows| rows == ABSENT || rows == 0) || self.route.row.contains(&0)
    }

    /// Takes the shape of a row from a part that has one.
    pub fn learn(&mut self, shape: &[u64]) {
        self.ndim = shape.len();
        self.route.row = shape.iter().skip(shape.len() - self.route.row.len().min(shape.len())).copied().collect();
    }

    /// Refuses an array of a part that is not like those before it.
    ///
    /// # Errors
    /// `Schema`, `DtypeMismatch`, `ShapeMismatch`, with both.
    pub fn same(&self, key: &str, dtype: DType, shape: &[u64], route: &Route) -> Result<()> {
        if self.key != key {
            return Err(err!(Schema, "{key}: is '{}/{}', in other parts {} is", route.group, route.name, self.key));
        }
        if self.dtype != dtype {
            return Err(err!(DtypeMismatch, "{key}: is {dtype}, in other parts {}", self.dtype));
        }
        let is_empty = shape.contains(&0);
        if is_empty && route.rows == 0 || self.is_empty() && self.route.row.len() == route.row.len() {
            return Ok(());
        }
        if self.ndim != shape.len() {
            return Err(err!(ShapeMismatch, "{key}: has {} dimensions, in other parts {}", shape.len(), self.ndim));
        }
        if self.route.row != route.row {
            let (have, want) = (&route.row, &self.route.row);
            return Err(err!(ShapeMismatch, "{key}: has rows of shape {have:?}, in other parts {want:?}"));
        }
        Ok(())
    }
}
