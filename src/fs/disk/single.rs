//! Calls that are many to the operating system, as the single ones that they are.
//!
//! A disk that records, or fails, wants each of them: a power cut, or an error, comes between any two.

use std::io;
use std::path::Path;

use super::Disk;
use crate::fs::is_note;

/// Creates a directory and those above it, outermost first.
pub fn create_dirs(disk: &dyn Disk, path: &Path) -> io::Result<()> {
    if path.as_os_str().is_empty() || path.is_dir() {
        return Ok(());
    }
    if let Some(above) = path.parent() {
        create_dirs(disk, above)?;
    }
    match disk.create_dir(path) {
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        other => other,
    }
}

/// Removes a directory and all in it, by name, and notes last; links are removed, not followed.
pub fn remove_tree(disk: &dyn Disk, path: &Path) -> io::Result<()> {
    if !std::fs::symlink_metadata(path)?.is_dir() {
        return disk.remove_file(path);
    }
    let mut names: Vec<_> = std::fs::read_dir(path)?.map(|entry| Ok(entry?.file_name())).collect::<io::Result<_>>()?;
    names.sort_by_cached_key(|name| (is_note(name.as_encoded_bytes()), name.clone()));
    names.iter().try_for_each(|name| remove_tree(disk, &path.join(name)))?;
    disk.remove_dir(path)
}
