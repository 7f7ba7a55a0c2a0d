//! Distributions (how many values, and which files, fall into each bin) and memberships (which file has which label).

use serde::Serialize;
use serde_json::Value as Json;

use super::Dataset;
use super::bins::Bins;
use super::tally::Values;
use crate::error::{Result, err};
use crate::op::Op;

/// Counts of a membership at most: 1 GiB.
const MAX_CELLS: u64 = 1 << 28;

/// How the values of a key are distributed over bins.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Distribution {
    /// One more than there are bins; empty for categories.
    pub bin_edges: Vec<f64>,
    /// What each bin is: the category, or its edges as text.
    pub labels: Vec<Json>,
    /// Values in each bin (every element of an array of several dimensions).
    pub counts: Vec<u64>,
    /// Files with a value in each bin.
    pub file_count: Vec<u64>,
    /// Their codes, rising.
    pub file_id_codes_in_bins: Vec<Vec<i64>>,
}

/// Which labels each file has.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Membership {
    /// What each column is: the category, or the edges of a bin as text.
    pub labels: Vec<Json>,
    /// A row a file and a column a label, row by row: how many values, or 1 for any.
    pub counts: Vec<u32>,
}

impl Dataset {
    /// How the values of a key are distributed: an array of a group, one component of its rows (`face_centroids[2]`), or a
    /// column of the infoset (also with the group `""`, then every file has one value). NaN and missing values are not
    /// counted, nor is what lies outside given edges.
    ///
    /// # Errors
    /// `NotFound`, `InvalidArgument` (bins that do not fit), `Unsupported` for complex numbers, `Corrupt`, `Cancelled`.
    pub fn distribution(&self, op: &Op, group: &str, key: &str, bins: &Bins) -> Result<Distribution> {
        let tally = Values::new(self, group, key)?.tally(op, bins)?;
        let bins = tally.labels.len();
        let mut counts = vec![0; bins];
        let mut codes: Vec<Vec<i64>> = vec![Vec::new(); bins];
        for (file, bin, count) in tally.entries {
            counts[bin as usize] += count;
            let codes = &mut codes[bin as usize];
            if codes.last() != Some(&i64::from(file)) {
                codes.push(i64::from(file));
            }
        }
        let file_count = codes.iter().map(|codes| codes.len() as u64).collect();
        Ok(Distribution {
            bin_edges: tally.edges,
            labels: tally.labels,
            counts,
            file_count,
            file_id_codes_in_bins: codes,
        })
    }

    /// Which file has values in which bin, as a matrix of all files by labels; `as_counts` says how many (at most
    /// `u32::MAX`), else 1. A file without values has a row of zeros.
    ///
    /// # Errors
    /// As [`Dataset::distribution`]; `InvalidArgument` when the matrix would have more than 2^28 cells.
    pub fn membership(&self, op: &Op, group: &str, key: &str, bins: &Bins, as_counts: bool) -> Result<Membership> {
        let tally = Values::new(self, group, key)?.tally(op, bins)?;
        let (files, labels) = (self.file_count(), tally.labels.len());
        let cells = files.checked_mul(labels as u64).filter(|&cells| cells <= MAX_CELLS);
        let cells = cells.ok_or_else(|| {
            err!(InvalidArgument, "{key}: {files} files by {labels} labels, the limit is {MAX_CELLS} cells")
        })?;
        let mut counts = vec![0u32; cells as usize];
        for (file, bin, count) in tally.entries {
            if let Some(cell) = counts.get_mut(file as usize * labels + bin as usize) {
                let count = u32::try_from(count).unwrap_or(u32::MAX);
                *cell = if as_counts { cell.saturating_add(count) } else { 1 };
            }
        }
        Ok(Membership { labels: tally.labels, counts })
    }
}
