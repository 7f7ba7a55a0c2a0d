//! Commits: how several files change as one.
//!
//! 1. What is new is written to hidden files beside the old ones, and synced.
//! 2. `metadata.json` is replaced by one that records the new files, by their hidden names, and what is to go. This
//!    rename is the commit: before it the directory is the old store, after it the new one.
//! 3. The hidden files get their names and stale files go. What is left of this step after a crash, [`settle`] does at
//!    the next opening; a reader takes a file by its hidden name while it has one.
//!
//! The first commit leaves a mark behind that there is a record now.
//!
//! A commit that fails before step 2 leaves nothing behind and the index as it was.

use std::path::PathBuf;

use super::files::{Place, Texts};
use super::index::{Committed, FileId, Index, JsonNode};
use super::{names, record};
use crate::backend::Object;
use crate::backend::nodes::Node;
use crate::error::{Error, Result};
use crate::fs;
use crate::metadata;
use crate::op::Op;
use crate::options::Sync;

/// The hidden files of a commit that is not made yet; dropped, they go.
struct Hidden(Vec<PathBuf>);

impl Drop for Hidden {
    fn drop(&mut self) {
        for path in &self.0 {
            let _ = fs::remove_file(path);
        }
    }
}

/// Makes the index and the metadata durable. Does nothing when nothing changed.
///
/// # Errors
/// `Cancelled`, `Io` and the like; the old store is then untouched, unless the rename itself was done and only making
/// it durable failed.
pub(super) fn commit(place: &Place, index: &mut Index, op: &Op, metadata: &Object, force: bool) -> Result<()> {
    op.check()?;
    if !force && !index.is_dirty() && index.metadata == *metadata {
        return Ok(());
    }
    let mut next = index.clone();
    next.commit += 1;
    next.metadata = metadata.clone();
    let mut hidden = Hidden(Vec::new());
    let mut texts = Texts::new(place, index);
    let dirty: Vec<FileId> = index.files.iter().filter(|(_, file)| file.dirty).map(|(id, _)| *id).collect();
    for (done, id) in dirty.iter().enumerate() {
        op.progress("flush", done as u64, dirty.len() as u64)?;
        let bytes = texts.file(index.file(*id)?)?;
        let Some(file) = next.files.get_mut(id) else { continue };
        let name = names::pending(next.commit, &file.name);
        let path = place.dir.join(&name);
        fs::remove_file(&path)?;
        hidden.0.push(path.clone());
        fs::write_new(&path, &bytes)?;
        let crc = crc32fast::hash(&bytes);
        file.committed = Some(Committed { bytes: bytes.len() as u64, crc, pending: Some(name) });
        file.dirty = false;
    }
    if place.sync == Sync::Full {
        let mut paths = hidden.0.clone();
        paths.push(place.dir.clone());
        fs::sync_many(&paths)?;
    }
    op.check()?;
    next.stale.retain(|name, _| next.files.values().all(|file| file.name != *name));
    let bytes = metadata::to_bytes(metadata, &[("json", &record::write(&next)?.to_string())])?;
    let published = publish(place, &bytes).and_then(|()| mark(place));
    if published.as_ref().is_err_and(|_| !is_published(place, &bytes)) {
        return published;
    }
    hidden.0.clear();
    next.dirty = false;
    unstage(&mut next);
    *index = next;
    let settled = published.and(settle(place, index));
    // Making it durable failed: the next commit is to try again, though nothing else may have changed.
    index.dirty |= settled.is_err();
    settled
}

/// Does what a commit has left to do: gives hidden files their names and removes stale ones.
///
/// # Errors
/// Of syncing. A file that cannot be renamed or removed now is left to the next commit or opening.
pub(super) fn settle(place: &Place, index: &mut Index) -> Result<()> {
    let mut changed = false;
    for file in index.files.values_mut() {
        let Some(committed) = &mut file.committed else { continue };
        let Some(pending) = &committed.pending else { continue };
        let from = place.dir.join(pending);
        match fs::replace_file(&from, &place.dir.join(&file.name)) {
            Ok(()) => changed = true,
            // Done before a crash.
            Err(e) if e.kind() == crate::ErrorKind::NotFound => {}
            Err(_) => continue,
        }
        committed.pending = None;
    }
    for (name, crc) in index.stale.clone() {
        // Only what the store wrote: someone else may have put a file of that name there.
        let ours = fs::Dir::open(&place.dir)?.try_read(&name, u64::MAX).ok().flatten();
        if ours.is_some_and(|bytes| crc32fast::hash(&bytes) == crc) {
            if fs::remove_file(&place.dir.join(&name)).is_err() {
                continue;
            }
            changed = true;
        }
        index.stale.remove(&name);
    }
    if changed && place.sync == Sync::Full { fs::sync_dir(&place.dir) } else { Ok(()) }
}

/// Removes hidden files that no record names: of commits that were not made.
pub(super) fn clean(place: &Place, index: &Index) -> Result<()> {
    let used = |name: &str| {
        index.files.values().any(|f| f.committed.as_ref().is_some_and(|c| c.pending.as_deref() == Some(name)))
    };
    for (name, _) in fs::Dir::open(&place.dir)?.entries()? {
        if names::is_pending(&name) && !used(&name) {
            fs::remove_file(&place.dir.join(&name))?;
        }
    }
    fs::clean_stale(&place.dir).map(|_| ())
}

fn publish(place: &Place, bytes: &[u8]) -> Result<(), Error> {
    fs::publish_file(&place.dir.join(names::METADATA), bytes, place.sync)
}

/// Says once that there is a record.
fn mark(place: &Place) -> Result<(), Error> {
    if fs::Dir::open(&place.dir)?.try_stat(names::MARK)?.is_some() {
        return Ok(());
    }
    fs::publish_file(&place.dir.join(names::MARK), names::METADATA.as_bytes(), place.sync)
}

fn is_published(place: &Place, bytes: &[u8]) -> bool {
    let found = fs::Dir::open(&place.dir).and_then(|dir| dir.read(names::METADATA, bytes.len() as u64));
    found.is_ok_and(|found| found == bytes)
}

/// The texts of leaves are on disk now.
fn unstage(index: &mut Index) {
    fn walk(node: &mut JsonNode) {
        match node {
            Node::Leaf(leaf) => leaf.staged = None,
            Node::Group(group) => group.children.values_mut().for_each(walk),
        }
    }
    walk(index.nodes.root_mut());
}
