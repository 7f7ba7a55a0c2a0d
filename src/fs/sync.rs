//! Reaching the medium: one file, one directory, or many in one pass.
//!
//! The caller decides when. Many files are synced one by one up to a number, above it with one `syncfs` a file system,
//! which costs one journal commit instead of one a file.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::disk::disk;
use super::{Dir, EntryKind, fail, os};
use crate::defect::{Defect, has};
use crate::error::{Result, err};

/// Above this many paths one `syncfs` is taken; it also waits for what others wrote, so not for a few.
const MANY: usize = 64;
/// Deeper directories are refused: no store has them.
const DEPTH: usize = 256;

/// Makes the names in a directory durable.
///
/// # Errors
/// `NotFound`, `Permission`, `Io`.
pub fn sync_dir(path: &Path) -> Result<()> {
    path_to_medium(path).map_err(|e| fail(path, &e))
}

/// Makes the bytes of a file durable.
///
/// # Errors
/// `NotFound`, `Permission`, `Io`.
pub fn sync_file(path: &Path) -> Result<()> {
    sync_dir(path)
}

/// The call for an open file.
pub(super) fn file_to_medium(file: &File) -> io::Result<()> {
    if has(Defect::SkipSync) { Ok(()) } else { disk().sync_file(file) }
}

/// The call for the bytes of a file, or the names in a directory.
pub(super) fn path_to_medium(path: &Path) -> io::Result<()> {
    if has(Defect::SkipSync) || has(Defect::SkipDirectorySync) && path.is_dir() {
        return Ok(());
    }
    disk().sync_path(path)
}

/// Makes files and directories durable.
///
/// # Errors
/// `NotFound`, `Permission`, `Io`.
pub fn sync_many<P: AsRef<Path>>(paths: &[P]) -> Result<()> {
    if paths.len() > MANY && sync_filesystems(paths)? {
        return Ok(());
    }
    paths.iter().try_for_each(|path| sync_dir(path.as_ref()))
}

/// Makes a directory and all in it durable; links are passed by.
///
/// # Errors
/// `NotFound`, `Permission`, `Io`.
pub fn sync_tree(dir: &Path) -> Result<()> {
    let mut paths = Vec::new();
    collect(&Dir::open(dir)?, &mut paths, DEPTH)?;
    sync_many(&paths)
}

/// What is in a directory, the directory itself last.
fn collect(dir: &Dir, paths: &mut Vec<PathBuf>, depth: usize) -> Result<()> {
    if depth == 0 {
        return Err(err!(Unsupported, "{}: more than {DEPTH} directories deep", dir.path().display()));
    }
    for (name, kind) in dir.entries()? {
        match kind {
            EntryKind::File => paths.push(dir.path().join(name)),
            EntryKind::Dir => collect(&dir.open_dir(&name)?, paths, depth - 1)?,
            EntryKind::Link | EntryKind::Other => {}
        }
    }
    paths.push(dir.path().to_owned());
    Ok(())
}

/// One call a file system; `false` where there is no such call.
fn sync_filesystems<P: AsRef<Path>>(paths: &[P]) -> Result<bool> {
    let mut devices = BTreeMap::new();
    for path in paths.iter().map(AsRef::as_ref) {
        devices.entry(os::device(path).map_err(|e| fail(path, &e))?).or_insert(path);
    }
    for path in devices.into_values() {
        if has(Defect::SkipSync) {
            continue;
        }
        if !disk().sync_filesystem(path).map_err(|e| fail(path, &e))? {
            return Ok(false);
        }
    }
    Ok(true)
}
