//! Publishing: store, tables and summary get their names together.
//!
//! They are whole and durable in the work directory first. Then a mark is put there, and from then on the new dataset
//! is the valid one: each file is renamed into place, the store last, and the directory is removed. A process that dies in
//! between leaves the mark, and whoever opens or merges next [settles](settle) it. Before the mark nothing of the old
//! dataset is touched.
//!
//! A directory that is replaced changes places with the new one, and goes with the work directory. So that whoever settles
//! does not take it for the new one, that has a token in it until it is in its place.

use crate::dataset::layout::Paths;
use crate::defect::{Defect, has};
use crate::error::Result;
use crate::fs::{self, EntryKind};
use crate::op::Cancel;
use crate::options::Sync;

/// The mark.
const MARK: &str = "publish";
/// In a new store that is a directory, and not in its place yet.
const TOKEN: &str = ".ds_new";
/// What the mark says of the store.
const DIRECTORY: &[u8] = b"directory";
/// As [`DIRECTORY`].
const FILE: &[u8] = b"file";
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
    let store = paths.work.join(STORE);
    let is_directory = fs::path_kind(&store)? == Some(EntryKind::Dir);
    if is_directory {
        // Under its own name: a process that dies here leaves nothing else in a store that is gone on with.
        fs::remove_file(&store.join(TOKEN))?;
        fs::write_new(&store.join(TOKEN), b"")?;
        if sync == Sync::Full {
            fs::sync_dir(&store)?;
        }
    }
    if sync == Sync::Full {
        fs::sync_dir(&paths.work)?;
    }
    fs::publish_file(&paths.work.join(MARK), if is_directory { DIRECTORY } else { FILE }, sync)?;
    put(paths, sync)?;
    // It is published and durable. What cannot be removed now, the next one who settles removes.
    let _ = fs::remove_whole(&paths.work);
    Ok(())
}

/// Takes the lock of a dataset, and puts in order what a writer left that died: all but a publication.
///
/// # Errors
/// As [`fs::WriterLock::acquire`], `Io`.
pub fn lock(paths: &Paths, wait: bool, cancel: &Cancel) -> Result<fs::WriterLock> {
    let lock = fs::WriterLock::acquire(&paths.dataset, wait, cancel)?;
    fs::recover(&paths.dataset)?;
    if lock.was_left() {
        fs::clean_stale(fs::parent(&paths.dataset))?;
    }
    Ok(lock)
}

/// Whether a publication was begun and not ended.
///
/// # Errors
/// `Permission`, `Io`.
pub fn is_begun(paths: &Paths) -> Result<bool> {
    Ok(fs::path_kind(&paths.work.join(MARK))?.is_some())
}

/// Ends a publication that was begun; does nothing where there is none.
///
/// # Errors
/// `Io`.
pub fn settle(paths: &Paths, sync: Sync) -> Result<()> {
    if !is_begun(paths)? {
        return Ok(());
    }
    put(paths, sync)?;
    fs::remove_whole(&paths.work)
}

/// Gives everything its name, durably.
fn put(paths: &Paths, sync: Sync) -> Result<()> {
    for (name, target) in [(INFOSET, &paths.infoset), (ATTRIBSET, &paths.attribset), (FLOW, &paths.flow)] {
        let from = paths.work.join(name);
        if fs::path_kind(&from)?.is_some() {
            fs::replace_file(&from, target)?;
        }
    }
    put_store(paths)?;
    if sync == Sync::Full {
        fs::sync_many(&[fs::parent(&paths.dataset), &paths.work])?;
    }
    // The one that was replaced next time has no token: its removal is durable before the mark goes.
    if fs::path_kind(&paths.dataset.join(TOKEN)).is_ok_and(|kind| kind.is_some()) {
        fs::remove_file(&paths.dataset.join(TOKEN))?;
        if sync == Sync::Full {
            fs::sync_dir(&paths.dataset)?;
        }
    }
    Ok(())
}

/// Gives the store its name, where that was not done; what had the name has its place in the work directory then.
fn put_store(paths: &Paths) -> Result<()> {
    let store = paths.work.join(STORE);
    let wants_directory = fs::Dir::open(&paths.work)?.read(MARK, 16)? == DIRECTORY;
    // Where names cannot be exchanged, a process that died may have left the old one aside.
    fs::recover(&paths.dataset)?;
    match fs::path_kind(&store)? {
        Some(EntryKind::Dir) if wants_directory && fs::path_kind(&store.join(TOKEN))?.is_some() => {}
        Some(EntryKind::File) if !wants_directory => {}
        _ => return Ok(()),
    }
    match fs::path_kind(&paths.dataset)? {
        None | Some(EntryKind::File) if !wants_directory => fs::replace_file(&store, &paths.dataset),
        _ => fs::exchange(&store, &paths.dataset),
    }
}

/// As [`settle`], for those who only read: waits for a process that is just publishing.
///
/// # Errors
/// `Permission`, `Io`.
pub fn settle_for_readers(paths: &Paths) -> Result<()> {
    if has(Defect::SkipSettle) || !is_begun(paths)? {
        return Ok(());
    }
    let _lock = lock(paths, true, &Cancel::never())?;
    if is_begun(paths)? {
        put(paths, Sync::Full)?;
        let _ = fs::remove_whole(&paths.work);
    }
    Ok(())
}
