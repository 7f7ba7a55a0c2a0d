//! Publishing: store, tables and summary get their names together.
//!
//! They are whole and durable in the work directory first. Then a mark is put there, and from then on the new dataset
//! is the valid one: each file is renamed into place, the store last, and the directory is removed. A process that dies in
//! between leaves the mark, and whoever opens or merges next [settles](settle) it. Before the mark nothing of the old
//! dataset is touched.

use std::path::Path;

use crate::dataset::layout::Paths;
use crate::error::Result;
use crate::fs::{self, EntryKind};
use crate::op::Cancel;
use crate::options::Sync;

/// The mark.
const MARK: &str = "publish";
/// The names in the work directory: the store.
pub const STORE: &str = "store";
/// As [`STORE`].
pub const INFOSET: &str = "infoset";
/// As [`STORE`].
pub const ATTRIBSET: &str = "attribset";
/// As [`STORE`].
pub const FLOW: &str = "flow";

/// Publishes what is in the work directory.
///
/// # Errors
/// `Io`; before the mark the old dataset is untouched, behind it the next one who settles goes on.
pub fn publish(paths: &Paths, sync: Sync) -> Result<()> {
    if sync == Sync::Full {
        fs::sync_dir(&paths.work)?;
    }
    fs::publish_file(&paths.work.join(MARK), b"", sync)?;
    settle(paths, sync)
}

/// Ends a publication that was begun; does nothing where there is none.
///
/// # Errors
/// `Io`.
pub fn settle(paths: &Paths, sync: Sync) -> Result<()> {
    if fs::path_kind(&paths.work.join(MARK))?.is_none() {
        return Ok(());
    }
    let names =
        [(INFOSET, &paths.infoset), (ATTRIBSET, &paths.attribset), (FLOW, &paths.flow), (STORE, &paths.dataset)];
    for (name, target) in names {
        put(&paths.work.join(name), target)?;
    }
    if sync == Sync::Full {
        fs::sync_dir(fs::parent(&paths.dataset))?;
    }
    fs::remove_whole(&paths.work)
}

/// As [`settle`], for those who only read: waits for a process that is just publishing.
///
/// # Errors
/// `Permission`, `Io`.
pub fn settle_for_readers(paths: &Paths) -> Result<()> {
    if fs::path_kind(&paths.work.join(MARK))?.is_none() {
        return Ok(());
    }
    let _lock = fs::WriterLock::acquire(&paths.dataset, true, &Cancel::never())?;
    settle(paths, Sync::Full)
}

/// Gives a file or a directory its name, replacing what has it.
fn put(from: &Path, to: &Path) -> Result<()> {
    match (fs::path_kind(from)?, fs::path_kind(to)?) {
        (None, _) => Ok(()),
        (Some(EntryKind::File), None | Some(EntryKind::File)) => fs::replace_file(from, to),
        _ => fs::publish_dir(from, to),
    }
}
