//! Publishing and removing directories.
//!
//! A directory is written under a temporary name and exchanged with the one it replaces in one step. Where the file
//! system has no exchange (Windows among them) the old one is moved aside to `.<name>.ds-old` first; a process killed between
//! the two renames leaves the name absent, and [`recover`] puts the old one back. Removal never follows links.

use std::io;
use std::path::{Path, PathBuf};

use super::disk::disk;
use super::{Dir, fail, names, parent};
use crate::error::Result;

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
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
                Err(e) => return Err(fail(parent, &e)),
            }
        }
    }

    /// Where to write into.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.path.as_deref().unwrap_or(&self.dir)
    }

    /// Gives it the name `target`, replacing what has it; see [`publish_dir`].
    ///
    /// # Errors
    /// `Permission`, `Io`; the former directory is then untouched.
    pub fn publish(mut self, target: &Path) -> Result<()> {
        publish_dir(self.path(), target)?;
        self.path = None;
        Ok(())
    }

    /// As [`StagedDir::publish`]; what had the name is there, under a private one, until what is returned is dropped.
    ///
    /// # Errors
    /// As [`StagedDir::publish`].
    pub fn publish_keeping(mut self, target: &Path) -> Result<Option<Self>> {
        let old = exchange_dir(self.path(), target)?;
        self.path = None;
        Ok(old.map(|path| Self { path: Some(path), dir: parent(target).to_owned() }))
    }

    /// Gives it the name `target`, which must be free.
    ///
    /// # Errors
    /// `AlreadyExists`, `Permission`, `Io`.
    pub fn publish_new(mut self, target: &Path) -> Result<()> {
        rename_noreplace(self.path(), target)?;
        self.path = None;
        Ok(())
    }
}

impl Drop for StagedDir {
    fn drop(&mut self) {
        if let Some(path) = self.path.take() {
            let _ = remove_any(&path);
        }
    }
}

/// Gives the directory `staged` the name `target`, and removes what had it. Nothing is synced.
///
/// What cannot be removed is left under a private name: the new one is published all the same.
///
/// # Errors
/// `Permission`, `Io`; the former directory is then untouched.
pub fn publish_dir(staged: &Path, target: &Path) -> Result<()> {
    if let Some(old) = exchange_dir(staged, target)? {
        let _ = remove_any(&old);
    }
    Ok(())
}

/// Gives the directory `staged` the name `target`; where what had it is now.
fn exchange_dir(staged: &Path, target: &Path) -> Result<Option<PathBuf>> {
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

/// As [`remove_tree`], but it is gone in one step: a killed process leaves it whole, or a temporary. Nothing is synced.
///
/// # Errors
/// `NotFound`, `Permission`, `Io`; it is then untouched.
pub fn remove_whole(path: &Path) -> Result<()> {
    let aside = names::temporary(parent(path));
    disk().rename_noreplace(path, &aside).map_err(|e| fail(path, &e))?;
    // What cannot be removed is left under a private name: the key is gone all the same.
    let _ = remove_any(&aside);
    Ok(())
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
