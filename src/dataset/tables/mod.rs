//! The tables of a dataset: `.infoset` with one row a file, `.attribset` with the names of categories; both Parquet.
//!
//! Columns of the infoset: `name`, `id`, `description`, `subset`, `table_name` (always `file_info`), then one for each
//! file-level metadata key of the parts, then one for each categorical one. Nested keys are joined by '/'; what is under
//! `descriptions`, and private keys (`_...`), are no columns. A key that has the name of one of the five is
//! `metadata/<key>`. The type of a column is `int64`, `double`, `bool` or `string`:
//!
//! - that of its values where they are all of one; integers among doubles are doubles where that loses nothing;
//! - a field of the schema turns integers into doubles where it says float;
//! - everything else (mixed types, lists, empty objects, integers beyond 64 bits) is JSON text, texts in quotes, and the
//!   column is marked so (`datastorage.json` in the metadata of its field).
//!
//! A table that this library wrote carries the CRC-32 of its bytes and is checked when it is opened; one that another
//! tool rewrote carries another `created_by` and is read as it is. Nothing here knows of arrays or of merging.

mod arrowschema;
mod attribset;
mod cells;
mod checksum;
mod decode;
mod encode;
mod flatten;
mod guard;
mod infoset;
mod labels;
mod normal;
mod pages;
mod read;
mod rewrite;
mod stored;
#[cfg(test)]
mod tests;
mod write;

use std::path::Path;

use crate::backend::Object;
use crate::error::Result;
use crate::options::Sync;
use crate::schema::Schema;

pub use attribset::Attribset;
pub use infoset::Infoset;
pub(crate) use normal::cell;
pub(crate) use read::{ColumnType, Table};
pub(crate) use rewrite::rewrite;

/// The fixed columns of the infoset.
pub(crate) const FIXED: [&str; 5] = ["name", "id", "description", "subset", "table_name"];
/// What `table_name` is in the infoset.
pub(crate) const FILE_INFO: &str = "file_info";
/// The description of what has none.
pub(crate) const NOT_SET: &str = "not set";

/// What the tables say of a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FileRow {
    /// Its code.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// For people.
    pub description: String,
    /// The metadata document of the part; private keys (`_...`) in it count for nothing.
    pub metadata: Object,
}

/// Writes the infoset of files, whose codes rise; with `previous`, behind the rows of that infoset. The file appears whole
/// or not at all. [`Infoset`] does the same file by file.
///
/// # Errors
/// `InvalidArgument` when the codes do not rise or there are too many keys; `Corrupt` or `NotFound` of `previous`; `Io`.
pub fn write_infoset(
    path: &Path,
    dataset_id: &str,
    previous: Option<&Path>,
    files: &[FileRow],
    schema: Option<&Schema>,
    sync: Sync,
) -> Result<()> {
    let mut table = Infoset::new(schema)?;
    if let Some(previous) = previous {
        table.append(previous)?;
    }
    files.iter().try_for_each(|file| table.push(file))?;
    table.write(path, dataset_id, sync)
}

/// Writes the attribset of files; with `previous`, behind the rows of that attribset, whose ids stay as they are. The file
/// appears whole or not at all. Gives what the files disagree about, a line each: the first one's word counts.
/// [`Attribset`] does the same file by file.
///
/// # Errors
/// `Corrupt` or `NotFound` of `previous`; `Io`.
pub fn write_attribset(
    path: &Path,
    dataset_id: &str,
    previous: Option<&Path>,
    files: &[FileRow],
    schema: Option<&Schema>,
    sync: Sync,
) -> Result<Vec<String>> {
    let mut table = Attribset::new(schema)?;
    if let Some(previous) = previous {
        table.append(previous)?;
    }
    files.iter().for_each(|file| table.push(file));
    table.write(path, dataset_id, sync)
}
