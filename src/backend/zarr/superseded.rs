//! Which of two stands for the store, where there is a directory and its archive beside it.
//!
//! A directory that was committed is newer than an archive that it was written over; an archive that was packed from a
//! directory is newer than that. The directory stays beside it until the store is closed, and a process, or the power, may
//! go before that. So what is packed is named in the directory first, in a small file: by length and checksum of the end
//! of the archive, where the sums of all that is in it are. An archive that is named there stands for the store.
//!
//! A directory that is made real before anything is committed to it names the archive that it will be written over.

use std::path::Path;

use super::ZarrStore;
use super::zip_reader::TAIL;
use crate::error::Result;
use crate::fs::{self, Dir, ReadFile};
use crate::options::Sync;

/// The file in the directory: a line an archive.
const NAME: &str = ".ds_archive";
/// Its largest length.
const LARGEST: u64 = 1 << 12;

/// Whether the archive beside a directory stands in its place.
///
/// # Errors
/// Of the operating system.
pub fn archive(dir: &Dir, beside: &Path) -> Result<bool> {
    let Some(named) = named(dir)? else { return Ok(false) };
    Ok(identity_of(beside)?.is_some_and(|there| named.lines().any(|line| line == there)))
}

/// Names, in a directory that becomes the store, the archive that is there and is valid until something is committed.
///
/// # Errors
/// Of the operating system.
pub fn note_old(beside: &Path, dir: &Path) -> Result<bool> {
    match identity_of(beside)? {
        Some(there) => fs::write_new(&dir.join(NAME), there.as_bytes()).map(|()| true),
        None => Ok(false),
    }
}

impl ZarrStore {
    /// Names an archive that is about to get its name in the directory of the store; one that stands for it stays named.
    ///
    /// # Errors
    /// Of the operating system.
    pub(super) fn note_archive(&self, packed: &ReadFile) -> Result<()> {
        let dir = Dir::open(&self.root)?;
        let mut lines = Vec::new();
        if archive(&dir, &self.archive)? {
            lines.extend(identity_of(&self.archive)?);
        }
        lines.push(identity(packed)?);
        fs::publish_file(&self.root.join(NAME), lines.join("\n").as_bytes(), self.sync)
    }

    /// From now on the directory is the store.
    ///
    /// # Errors
    /// Of the operating system.
    pub(super) fn forget_archive(&self) -> Result<()> {
        fs::remove_file(&self.root.join(NAME))?;
        if self.sync == Sync::Full { fs::sync_dir(&self.root) } else { Ok(()) }
    }
}

fn named(dir: &Dir) -> Result<Option<String>> {
    // What is no text names none.
    Ok(dir.try_read(NAME, LARGEST)?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}

fn identity_of(path: &Path) -> Result<Option<String>> {
    match fs::path_kind(path)? {
        Some(fs::EntryKind::File) => identity(&ReadFile::open(path)?).map(Some),
        _ => Ok(None),
    }
}

fn identity(file: &ReadFile) -> Result<String> {
    let length = file.len();
    let mut tail = vec![0; TAIL.min(length) as usize];
    let start = length - tail.len() as u64;
    file.read_exact_at(&mut tail, start)?;
    Ok(format!("{length} {:08x}", crc32fast::hash(&tail)))
}
