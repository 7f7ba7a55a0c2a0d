//! The wall around the Parquet reader: its panics, and the files it may be given.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use crate::error::{Error, Result, err};

/// The largest table that is read.
pub const MAX_FILE: u64 = 2 << 30;
/// Decoded bytes of one column, over all pages; its texts are copied once, and as many bytes of copies are allowed.
pub const MAX_COLUMN: u64 = 1 << 29;
/// Rows of a table.
pub const MAX_ROWS: u64 = 16 << 20;
/// Columns of a table.
pub const MAX_COLUMNS: usize = 16_384;

/// Runs what reads a table: a panic in it means that the file is corrupt.
pub fn guarded<T, E: std::fmt::Display>(path: &Path, work: impl FnOnce() -> Result<T, E>) -> Result<T> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(e)) => Err(corrupt(path, e)),
        Err(_) => Err(corrupt(path, "the reader of Parquet gave up on it")),
    }
}

/// The error of a table that is not what was written.
pub fn corrupt(path: &Path, why: impl std::fmt::Display) -> Error {
    err!(Corrupt, "{}: {why}", path.display())
}
