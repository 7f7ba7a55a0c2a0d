//! Which rows are whose: the offsets of the files along each axis, loaded once.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use crate::dataset::catalog::{Axis, Catalog, GroupEntry};
use crate::error::{Result, err};
use crate::storage::Storage;

/// The first row of each file along an axis, and the end.
#[derive(Debug)]
pub enum Offsets {
    /// One row a file.
    Identity(u64),
    /// Not falling, from 0 to the rows of the axis.
    Table(Vec<u64>),
}

impl Offsets {
    /// The number of rows.
    pub fn rows(&self) -> u64 {
        match self {
            Self::Identity(files) => *files,
            Self::Table(offsets) => offsets.last().copied().unwrap_or(0),
        }
    }

    /// The rows of a file; none for a code that there is not.
    pub fn of(&self, code: u64) -> Range<u64> {
        match self {
            Self::Identity(files) if code < *files => code..code + 1,
            Self::Identity(files) => *files..*files,
            Self::Table(offsets) => {
                let at = |code: u64| usize::try_from(code).ok().and_then(|code| offsets.get(code)).copied();
                match (at(code), at(code.saturating_add(1))) {
                    (Some(start), Some(end)) => start..end,
                    _ => self.rows()..self.rows(),
                }
            }
        }
    }

    /// The files that have rows in a range, each with those rows.
    pub fn pieces(&self, rows: Range<u64>) -> impl Iterator<Item = (usize, Range<u64>)> + '_ {
        let first = match self {
            Self::Identity(_) => rows.start,
            Self::Table(offsets) => offsets.partition_point(|&offset| offset <= rows.start).saturating_sub(1) as u64,
        };
        let (start, end) = (rows.start, rows.end.min(self.rows()));
        (first..)
            .map(move |code| (code, self.of(code)))
            .take_while(move |(_, of)| start < end && of.start < end)
            .map(move |(code, of)| (code as usize, of.start.max(start)..of.end.min(end)))
            .filter(|(_, rows)| rows.start < rows.end)
    }
}

/// The offsets that were loaded.
#[derive(Debug, Default)]
pub struct Axes(Mutex<HashMap<String, Arc<Offsets>>>);

impl Axes {
    /// The offsets along an axis of a group.
    ///
    /// # Errors
    /// `Corrupt` when they are not what the catalog says; as [`Storage::load_array`].
    pub fn offsets(&self, store: &Storage, catalog: &Catalog, axis: &Axis) -> Result<Arc<Offsets>> {
        let Some(key) = &axis.offsets else { return Ok(Arc::new(Offsets::Identity(catalog.files))) };
        if let Some(known) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key) {
            return Ok(known.clone());
        }
        let info = store.stat(key)?;
        let wanted = [catalog.files.saturating_add(1)];
        if info.shape != wanted {
            return Err(err!(Corrupt, "{key}: has shape {:?}, the catalog wants {wanted:?}", info.shape));
        }
        let offsets: Vec<i64> = store.load_array(key)?.to_vec().map_err(|e| err!(Corrupt, "{key}: {e}"))?;
        let rising = offsets.windows(2).all(|pair| pair[0] <= pair[1]);
        let ends = (offsets.first() == Some(&0), offsets.last().and_then(|&last| u64::try_from(last).ok()));
        if !rising || ends != (true, Some(axis.rows)) {
            return Err(err!(Corrupt, "{key}: does not rise from 0 to the {} rows of the axis", axis.rows));
        }
        let offsets = Arc::new(Offsets::Table(offsets.into_iter().map(|offset| offset as u64).collect()));
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone(), offsets.clone());
        Ok(offsets)
    }
}

/// The axis of a name in a group.
///
/// # Errors
/// `Corrupt` naming both.
pub fn axis<'c>(group: &'c GroupEntry, name: &str, what: &str) -> Result<&'c Axis> {
    group.axes.get(name).ok_or_else(|| err!(Corrupt, "{what}: runs along '{name}', the catalog has no such axis"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_belong_to_files() {
        let offsets = Offsets::Table(vec![0, 2, 2, 5, 5]);
        assert_eq!(offsets.pieces(0..5).collect::<Vec<_>>(), [(0, 0..2), (2, 2..5)]);
        assert_eq!(offsets.pieces(1..3).collect::<Vec<_>>(), [(0, 1..2), (2, 2..3)]);
        assert_eq!(offsets.pieces(4..9).collect::<Vec<_>>(), [(2, 4..5)]);
        assert_eq!(offsets.pieces(3..3).count() + offsets.pieces(5..6).count(), 0);
        assert_eq!((offsets.of(1), offsets.of(2), offsets.of(7)), (2..2, 2..5, 5..5));
        let each = Offsets::Identity(3);
        assert_eq!(each.pieces(1..9).collect::<Vec<_>>(), [(1, 1..2), (2, 2..3)]);
        assert_eq!(Offsets::Table(vec![0]).pieces(0..1).count() + Offsets::Table(vec![0, 0]).pieces(0..1).count(), 0);
    }
}
