//! Publishing and removing directories.
//!
//! A directory is written under a temporary name and exchanged with the one it replaces in one step. Where the file
//! system has no exchange (Windows among them) the old one is moved aside to `.<name>.ds-old` first; a process killed between
//! the two renames leaves the name absent, and [`recover`] puts the old one back. Removal never follows links.
//!
//! What was replaced, or removed, is under a private name first ([`StagedDir::publish_keeping`], [`set_aside`]) and in
//! [`Retired`] until the directories are synced: where the medium got its removal before the new name, the old name would
//! lead to a directory that lacks files.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use super::disk::disk;
use super::{Dir, fail, names, os, parent, sync_many};
use crate::defect::{Defect, has};
use crate::error::Result;
use crate::options::Sync;

/// A directory that is being written; dropped before it is published, it never was.
#[derive(Debug)]
pub struct StagedDir {
    /// `None` once it is published.
    path: Option<PathBuf>,
    /// Where it was made; kept for errors after publishing.
    dir: PathBuf,
}

impl StagedDir {
    /// Makes an empty one in `parent`, which must be on the file system of the place it is published to.
    ///
    /// # Errors
    /// `NotFound` for the directory, `Permission`, `Io`.
    pub fn create(parent: &Path) -> Result<Self> {
        loop {
            let path = names::temporary(parent);
            match disk().create_dir(&path) {
                Ok(()) => return Ok(Self { path: Some(path), dir: parent.to_owned() }),
                // Left by a dead process that had our number.
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => names::left(&path),
                Err(e) => {
                    names::gone(&path);
                    return Err(fail(parent, &e));
                }
            }
        }
    }

    /// Where to write into.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.path.as_deref().unwrap_or(&self.dir)
    }

    /// Gives it the name `target`, replacing what has it: that is there, under a private name, until what is returned is
    /// dropped. Nothing is synced.
    ///
    /// # Errors
    /// `Permission`, `Io`; the former directory is then untouched.
    pub fn publish_keeping(mut self, target: &Path) -> Result<Option<Self>> {
        let old = exchange_dir(self.path(), target)?;
        if let Some(path) = self.path.take()
            && old.as_ref() != Some(&path)
        {
            names::gone(&path);
        }
        Ok(old.map(|path| Self { path: Some(path), dir: parent(target).to_owned() }))
    }

    /// Leaves it under its private name.
    fn leave(mut self) {
        if let Some(path) = self.path.take() {
            names::left(&path);
        }
    }

    /// Gives it the name `target`, which must be free.
    ///
    /// # Errors
    /// `AlreadyExists`, `Permission`, `Io`.
    pub fn publish_new(mut self, target: &Path) -> Result<()> {
        rename_noreplace(self.path(), target)?;
        self.path.take().inspect(|path| names::gone(path));
        Ok(())
    }
}

impl Drop for StagedDir {
    fn drop(&mut self) {
        if let Some(path) = self.path.take() {
            match remove_any(&path) {
                Ok(()) => names::gone(&path),
                Err(_) => names::left(&path),
            }
        }
    }
}

/// Directories under private names that are removed when the names of what came in their places are durable. What could
/// not be made durable is tried again by the next [`Retired::settle`].
#[derive(Debug, Default)]
pub struct Retired {
    dirs: Vec<StagedDir>,
    /// Where names changed.
    places: BTreeSet<PathBuf>,
}

impl Retired {
    /// Notes a name that changed, and what had it, if anything did.
    pub fn add(&mut self, target: &Path, old: Option<StagedDir>) {
        self.places.insert(parent(target).to_owned());
        self.dirs.extend(old);
    }

    /// Removes what is at a path, and what waits to be removed.
    ///
    /// # Errors
    /// As [`set_aside`] and [`Retired::settle`].
    pub fn remove(&mut self, target: &Path, sync: Sync) -> Result<()> {
        self.add(target, Some(set_aside(target)?));
        self.settle(sync)
    }

    /// Makes the names durable, with `Sync::Full`, and removes what had them.
    ///
    /// # Errors
    /// `Io`; what was to be removed stays then, under a private name.
    pub fn settle(&mut self, sync: Sync) -> Result<()> {
        // The names in a directory that was removed itself since are of no matter.
        self.places.retain(|place| std::fs::symlink_metadata(place).is_ok());
        if sync == Sync::Full {
            sync_many(&self.places.iter().collect::<Vec<_>>())?;
        }
        self.places.clear();
        self.dirs.clear();
        Ok(())
    }
}

impl Drop for Retired {
    fn drop(&mut self) {
        // What is not known to be replaced on the medium is left to the next writer.
        self.dirs.drain(..).for_each(StagedDir::leave);
    }
}

/// Gives what is at a path a private name.
///
/// # Errors
/// `NotFound`, `Permission`, `Io`; it is then untouched.
pub fn set_aside(path: &Path) -> Result<StagedDir> {
    let dir = parent(path);
    let aside = names::temporary(dir);
    if let Err(e) = disk().rename_noreplace(path, &aside) {
        names::gone(&aside);
        return Err(fail(path, &e));
    }
    Ok(StagedDir { path: Some(aside), dir: dir.to_owned() })
}

/// Gives what is at `staged` the name `target`, and what had that the name `staged`. Nothing is synced.
///
/// # Errors
/// `Permission`, `Io`; both are then untouched, or [`recover`] puts the former one back.
#[cfg(feature = "dataset")]
pub fn exchange(staged: &Path, target: &Path) -> Result<()> {
    match exchange_dir(staged, target)? {
        Some(old) if old != staged => rename_noreplace(&old, staged),
        _ => Ok(()),
    }
}

/// Gives the directory `staged` the name `target`; where what had it is now.
fn exchange_dir(staged: &Path, target: &Path) -> Result<Option<PathBuf>> {
    if has(Defect::FillInPlace) && target.is_dir() {
        return fill(staged, target).map_err(|e| fail(target, &e));
    }
    match disk().rename_noreplace(staged, target) {
        Ok(()) => return Ok(None),
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
        Err(e) => return Err(fail(target, &e)),
    }
    match disk().exchange(staged, target) {
        Ok(()) => Ok(Some(staged.to_owned())),
        Err(e) if e.kind() == io::ErrorKind::Unsupported => replace_in_two(staged, target).map(Some),
        Err(e) => Err(fail(target, &e)),
    }
}

/// The defect: one file after the other.
fn fill(staged: &Path, target: &Path) -> io::Result<Option<PathBuf>> {
    for entry in std::fs::read_dir(target)? {
        remove_any(&entry?.path())?;
    }
    for entry in std::fs::read_dir(staged)? {
        let entry = entry?;
        disk().rename(&entry.path(), &target.join(entry.file_name()))?;
    }
    Ok(Some(staged.to_owned()))
}

/// Moves the old one aside and the new one in, and the old one back when that fails; where the old one is.
pub(super) fn replace_in_two(staged: &Path, target: &Path) -> Result<PathBuf> {
    let old = names::old(target);
    remove_any(&old).map_err(|e| fail(&old, &e))?;
    disk().rename_noreplace(target, &old).map_err(|e| fail(target, &e))?;
    if let Err(error) = disk().rename_noreplace(staged, target) {
        return Err(match disk().rename_noreplace(&old, target) {
            Ok(()) => fail(target, &error),
            Err(_) => fail(target, &error).context(format_args!("{} could not be put back", old.display())),
        });
    }
    Ok(old)
}

/// Finishes or undoes a replacement of `target` that a killed process left half done. Only under the writer lock.
///
/// # Errors
/// `Permission`, `Io`.
pub fn recover(target: &Path) -> Result<()> {
    let old = names::old(target);
    if std::fs::symlink_metadata(&old).is_err() {
        return Ok(());
    }
    match disk().rename_noreplace(&old, target) {
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => remove_any(&old).map_err(|e| fail(&old, &e)),
        other => other.map_err(|e| fail(target, &e)),
    }
}

/// [`recover`] for everything that was being replaced in a directory. Only under the lock of all that is in it.
///
/// # Errors
/// `Permission`, `Io`.
pub fn recover_all(dir: &Path) -> Result<()> {
    for (name, _) in Dir::open(dir)?.entries()? {
        if let Some(target) = names::of_old(&name) {
            recover(&dir.join(target))?;
        }
    }
    Ok(())
}

/// A number that what is at a path keeps when it is renamed or exchanged; `None` when nothing is there, or where names
/// cannot be exchanged.
///
/// # Errors
/// `Permission`, `Io`.
pub fn identity(path: &Path) -> Result<Option<u64>> {
    match os::identity(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        other => other.map_err(|e| fail(path, &e)),
    }
}

/// Renames a file or a directory; the new name must be free.
///
/// # Errors
/// `AlreadyExists` naming `to`, `NotFound` naming `from`, `Permission`, `Io`.
pub fn rename_noreplace(from: &Path, to: &Path) -> Result<()> {
    disk().rename_noreplace(from, to).map_err(|e| {
        let lost = e.kind() == io::ErrorKind::NotFound && std::fs::symlink_metadata(from).is_err();
        fail(if lost { from } else { to }, &e)
    })
}

/// Makes a directory and those above it; does nothing when it is there.
///
/// # Errors
/// `Permission`, `Io` when something else is on the way.
pub fn create_dirs(path: &Path) -> Result<()> {
    disk().create_dirs(path).map_err(|e| fail(path, &e))
}

/// As [`create_dirs`]; with `Sync::Full` the names of those that it made are durable.
///
/// # Errors
/// `Permission`, `Io` when something else is on the way.
pub fn create_dirs_durably(path: &Path, sync: Sync) -> Result<()> {
    let is_missing = |dir: &&Path| !dir.as_os_str().is_empty() && std::fs::symlink_metadata(dir).is_err();
    let missing: Vec<&Path> = path.ancestors().take_while(is_missing).collect();
    let made = create_dirs(path).and_then(|()| match sync {
        Sync::Full => sync_many(&missing.iter().map(|dir| parent(dir)).collect::<Vec<_>>()),
        Sync::None => Ok(()),
    });
    if made.is_err() {
        // Who tries again makes them again, and durable.
        missing.iter().for_each(|dir| _ = remove_empty_dir(dir));
    }
    made
}

/// Removes a file, or a link; an absent one is no error.
///
/// # Errors
/// `Permission`, `Io`.
pub fn remove_file(path: &Path) -> Result<()> {
    absent_is_done(disk().remove_file(path)).map_err(|e| fail(path, &e))
}

/// Removes a directory that has nothing in it; one that has something, under whatever name, is left.
///
/// # Errors
/// `Permission`, `Io`.
pub fn remove_empty_dir(path: &Path) -> Result<()> {
    match disk().remove_dir(path) {
        Err(e) if e.kind() == io::ErrorKind::DirectoryNotEmpty => Ok(()),
        other => absent_is_done(other).map_err(|e| fail(path, &e)),
    }
}

/// Removes whatever is at a path, with all in it; links are removed, not followed. An absent one is no error.
///
/// # Errors
/// `Permission`, `Io`; a part may be gone then.
pub fn remove_tree(path: &Path) -> Result<()> {
    remove_any(path).map_err(|e| fail(path, &e))
}

/// As [`remove_tree`], but it is gone in one step: a killed process leaves it whole, or a temporary. Nothing is synced: a
/// power cut may leave a part of it under its name.
///
/// # Errors
/// `NotFound`, `Permission`, `Io`; it is then untouched.
pub fn remove_whole(path: &Path) -> Result<()> {
    // What cannot be removed is left under a private name: it is gone all the same.
    set_aside(path).map(drop)
}

fn remove_any(path: &Path) -> io::Result<()> {
    match std::fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => absent_is_done(disk().remove_tree(path)),
        Ok(_) => absent_is_done(disk().remove_file(path)),
        Err(e) => absent_is_done(Err(e)),
    }
}

fn absent_is_done(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
