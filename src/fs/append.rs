//! A file that grows over several runs: what was written stays when the process dies, and a later one goes on behind it.
//!
//! It is not published and not whole until its owner says so elsewhere; nothing is synced but on demand.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::disk::disk;
use super::{fail, os};
use crate::error::{Result, err};

/// A file that is written at its end.
#[derive(Debug)]
pub struct AppendFile {
    file: File,
    path: PathBuf,
}

impl AppendFile {
    /// A new file; one that has the name is removed.
    ///
    /// # Errors
    /// `NotFound` for the directory, `Permission`, `Io`.
    pub fn create(path: &Path) -> Result<Self> {
        super::remove_file(path)?;
        let file = disk().create_new(path).map_err(|e| fail(path, &e))?;
        Ok(Self { file, path: path.to_owned() })
    }

    /// A file that is there, cut to `length` bytes: what was behind them is forgotten.
    ///
    /// # Errors
    /// `NotFound`, `Corrupt` when it is shorter, `Permission`, `Io`.
    pub fn resume(path: &Path, length: u64) -> Result<Self> {
        let file = disk().open_write(path).map_err(|e| fail(path, &e))?;
        let have = os::plain_len(&file).map_err(|e| fail(path, &e))?;
        if have < length {
            return Err(err!(Corrupt, "{}: has {have} bytes, {length} were written", path.display()));
        }
        disk().set_len(&file, length).and_then(|()| os::seek_end(&file)).map_err(|e| fail(path, &e))?;
        Ok(Self { file, path: path.to_owned() })
    }

    /// Makes its bytes durable.
    ///
    /// # Errors
    /// `Io`.
    pub fn sync(&self) -> Result<()> {
        super::sync::file_to_medium(&self.file).map_err(|e| fail(&self.path, &e))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Write for AppendFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        super::publish::write_some(&self.file, bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
