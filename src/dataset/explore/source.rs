//! An array of a group as a source of values: which rows, which component of them, in which blocks.

use std::ops::Range;
use std::sync::Arc;

use super::Dataset;
use super::axes::{Offsets, axis};
use super::predicate::Name;
use crate::backend::Region;
use crate::dataset::catalog::{ArrayEntry, GroupEntry};
use crate::dataset::layout;
use crate::error::{Result, err};
use crate::value::{Array, DType};

/// Rows of a block where chunks do not say otherwise; and at least as many where chunks are small.
const BLOCK: u64 = if cfg!(test) { 8 } else { 1 << 14 };
/// Elements of a block at most.
const MAX_BLOCK: u64 = 1 << 22;

/// An array, or one component of its rows.
pub struct Source {
    key: String,
    pub dtype: DType,
    pub axis: String,
    pub offsets: Arc<Offsets>,
    /// Offset and length in each dimension but the first.
    inner: Vec<(u64, u64)>,
    statistics: Option<(Arc<Array>, u64)>,
}

impl Source {
    /// The source that a name stands for; `components` are the values of whole rows where it names no component, and else
    /// only arrays of one value a row will do.
    ///
    /// # Errors
    /// `InvalidArgument` for a component that there is not, or none where one is needed; `Corrupt`.
    pub fn new(
        dataset: &Dataset,
        group: (&str, &GroupEntry),
        (array, entry): (&str, &ArrayEntry),
        name: &Name,
        components: bool,
    ) -> Result<Self> {
        let key = format!("{}/{array}", group.0);
        let info = dataset.store().stat(&key)?;
        let dtype = info.dtype.ok_or_else(|| err!(Corrupt, "{key}: has no data type"))?;
        let inner = info.shape.get(1..).unwrap_or_default();
        let dims = inner.len() + 1;
        if !name.component.is_empty() && name.component.len() != inner.len() {
            let (given, wanted) = (name.component.len(), inner.len());
            return Err(err!(
                InvalidArgument,
                "{name}: {given} indices, the array has {wanted} dimensions but the first"
            ));
        }
        if let Some((index, length)) = name.component.iter().zip(inner).find(|(index, length)| index >= length) {
            return Err(err!(InvalidArgument, "{name}: index {index} is beyond the length {length}"));
        }
        if name.component.is_empty() && !inner.is_empty() && !components {
            let zeros = vec!["0"; inner.len()].join(",");
            return Err(err!(
                InvalidArgument,
                "{name}: has {dims} dimensions, name one component such as {name}[{zeros}]"
            ));
        }
        let inner = match name.component.as_slice() {
            [] => inner.iter().map(|&length| (0, length)).collect(),
            component => component.iter().map(|&index| (index, 1)).collect(),
        };
        let offsets = dataset.offsets(axis(group.1, &entry.axis, &key)?)?;
        let statistics = match entry.statistics_rows {
            Some(rows) if dims == 1 => {
                dataset.statistics(&layout::statistics(group.0, array), dtype, offsets.rows(), rows)?
            }
            _ => None,
        };
        Ok(Self { key, dtype, axis: entry.axis.clone(), offsets, inner, statistics })
    }

    /// Values in a row.
    pub fn width(&self) -> u64 {
        self.inner.iter().map(|(_, length)| length).product()
    }

    /// `[min, max]` of each block of rows, and the rows of such a block.
    pub fn statistics(&self) -> Option<(&Array, u64)> {
        self.statistics.as_ref().map(|(array, rows)| (&**array, *rows))
    }

    /// The rows of blocks in which the array is best read.
    ///
    /// # Errors
    /// As [`Storage::stat`](crate::Storage::stat).
    pub fn block(&self, dataset: &Dataset) -> Result<u64> {
        let chunk = dataset.store().chunk_rows(&self.key)?.unwrap_or(BLOCK).max(1);
        let rows = chunk.saturating_mul(BLOCK.div_ceil(chunk));
        Ok(rows.min(MAX_BLOCK / self.width().max(1)).max(1))
    }

    /// The values of some rows.
    ///
    /// # Errors
    /// As [`Storage::load_region`](crate::Storage::load_region).
    pub fn load(&self, dataset: &Dataset, rows: Range<u64>) -> Result<Array> {
        let mut region = Region { offset: vec![rows.start], shape: vec![rows.end - rows.start] };
        for &(offset, length) in &self.inner {
            region.offset.push(offset);
            region.shape.push(length);
        }
        dataset.store().load_region(&self.key, &region)
    }
}
