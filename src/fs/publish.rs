//! Publishing files: written under a temporary name, renamed into place.
//!
//! Whoever looks sees the old file or the new one, whole; a killed writer leaves the old and a temporary that
//! [`clean_stale`](super::clean_stale) removes. With `Sync::Full` the bytes reach the medium before the rename, and the
//! rename before the call returns.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::disk::disk;
use super::{ReadFile, fail, names, parent, sync};
use crate::defect::{Defect, has};
use crate::error::Result;
use crate::options::Sync;

/// Creates a file that must not exist and writes all of it; it is removed again when that fails. It is not synced.
///
/// # Errors
/// `AlreadyExists`, `NotFound`, `Permission`, `Io`.
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<()> {
    let file = disk().create_new(path).map_err(|e| fail(path, &e))?;
    write_all(&file, bytes).map_err(|e| {
        let _ = disk().remove_file(path);
        fail(path, &e)
    })
}

/// Writes a file as one change, replacing what has its name. A link of that name is replaced, not followed.
///
/// # Errors
/// `NotFound` for the directory, `Permission`, `Io`; the former file is then untouched, but for a failed sync of the
/// directory.
pub fn publish_file(path: &Path, bytes: &[u8], sync: Sync) -> Result<()> {
    let mut pending = PendingFile::create(path, sync)?;
    pending.write_all(bytes).map_err(|e| fail(path, &e))?;
    pending.commit()
}

/// Gives a file another name in one step, replacing what has it. Nothing is synced.
///
/// # Errors
/// `NotFound`, `Permission`, `Io`; both files are then untouched.
pub fn replace_file(from: &Path, to: &Path) -> Result<()> {
    disk().rename(from, to).map_err(|e| fail(to, &e))
}

/// Gives a file a second name, which must be free; `false` where the file system refuses that, so that the caller copies.
/// Nothing is synced.
///
/// # Errors
/// `NotFound` naming `from`, `AlreadyExists` naming `to`.
pub fn hard_link(from: &Path, to: &Path) -> Result<bool> {
    match disk().hard_link(from, to) {
        Ok(()) => Ok(true),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Err(fail(from, &e)),
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Err(fail(to, &e)),
        Err(_) => Ok(false),
    }
}

/// A file that is being written and appears at [`PendingFile::commit`]; dropped before, it never was.
#[derive(Debug)]
pub struct PendingFile {
    /// `None` once it is closed.
    file: Option<File>,
    /// `None` once it has its name.
    temporary: Option<PathBuf>,
    target: PathBuf,
    sync: Sync,
}

impl PendingFile {
    /// Begins a file that will have the name `target`.
    ///
    /// # Errors
    /// `NotFound` for the directory, `Permission`, `Io`.
    pub fn create(target: &Path, sync: Sync) -> Result<Self> {
        if has(Defect::WriteInPlace) {
            super::remove_file(target)?;
            let file = disk().create_new(target).map_err(|e| fail(target, &e))?;
            return Ok(Self { file: Some(file), temporary: None, target: target.to_owned(), sync });
        }
        loop {
            let temporary = names::temporary(parent(target));
            match disk().create_new(&temporary) {
                Ok(file) => {
                    return Ok(Self { file: Some(file), temporary: Some(temporary), target: target.to_owned(), sync });
                }
                // Left by a dead process that had our number.
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => names::left(&temporary),
                Err(e) => {
                    names::gone(&temporary);
                    return Err(fail(target, &e));
                }
            }
        }
    }

    /// What was written so far.
    ///
    /// # Errors
    /// `Permission`, `Io`.
    pub fn read_back(&self) -> Result<ReadFile> {
        ReadFile::open(self.temporary.as_deref().unwrap_or(&self.target))
    }

    /// Gives the file its name, replacing what has it.
    ///
    /// # Errors
    /// `Permission`, `Io`; the former file is then untouched, but for a failed sync of the directory.
    pub fn commit(self) -> Result<()> {
        self.finish(|from, to| disk().rename(from, to))
    }

    /// Gives the file its name, which must be free.
    ///
    /// # Errors
    /// `AlreadyExists`, `Permission`, `Io`.
    pub fn commit_new(self) -> Result<()> {
        self.finish(|from, to| disk().rename_noreplace(from, to))
    }

    fn finish(mut self, rename: fn(&Path, &Path) -> io::Result<()>) -> Result<()> {
        let target = self.target.clone();
        self.try_finish(rename).map_err(|e| fail(&target, &e))
    }

    fn try_finish(&mut self, rename: fn(&Path, &Path) -> io::Result<()>) -> io::Result<()> {
        let full = self.sync == Sync::Full;
        if let (Some(file), true) = (&self.file, full) {
            sync::file_to_medium(file)?;
        }
        // Windows wants it closed before its name changes.
        self.file = None;
        if let Some(temporary) = &self.temporary {
            rename(temporary, &self.target)?;
            names::gone(temporary);
        }
        self.temporary = None;
        if full { sync::path_to_medium(parent(&self.target)) } else { Ok(()) }
    }

    fn file(&self) -> io::Result<&File> {
        self.file.as_ref().ok_or_else(|| io::ErrorKind::BrokenPipe.into())
    }
}

impl Write for PendingFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        write_some(self.file()?, bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for PendingFile {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.file()?.seek(position)
    }
}

impl Drop for PendingFile {
    fn drop(&mut self) {
        self.file = None;
        if let Some(temporary) = self.temporary.take() {
            match disk().remove_file(&temporary) {
                Ok(()) => names::gone(&temporary),
                Err(_) => names::left(&temporary),
            }
        }
    }
}

/// One write.
pub(super) fn write_some(file: &File, bytes: &[u8]) -> io::Result<usize> {
    match disk().write(file, bytes) {
        Err(_) if has(Defect::SwallowError) => Ok(bytes.len()),
        other => other,
    }
}

pub(super) fn write_all(file: &File, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match write_some(file, bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(n) => bytes = &bytes[n..],
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(())
}
