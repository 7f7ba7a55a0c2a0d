//! Encoded chunks that wait for a commit in hidden files, because memory has no room for them.
//!
//! A [`Spill`] is one hidden directory of a store, on the file system that the store is published to, so that a commit
//! gives its files a second name and copies nothing. Each [`SpillFile`] is written once, read any number of times and
//! removed with its last owner: a chunk that is replaced costs no disk. What a killed process leaves is a temporary like
//! any other, which the next writer removes.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{Result, err};
use crate::fs;

/// The hidden directory.
pub struct Spill {
    dir: fs::StagedDir,
    files: fs::Dir,
    next: AtomicU64,
}

impl Spill {
    /// Makes one in `parent`.
    ///
    /// # Errors
    /// Of the operating system.
    pub fn create(parent: &Path) -> Result<Arc<Self>> {
        fs::create_dirs(parent)?;
        let dir = fs::StagedDir::create(parent)?;
        let files = fs::Dir::open(dir.path())?;
        Ok(Arc::new(Self { dir, files, next: AtomicU64::new(0) }))
    }

    /// Writes a chunk.
    ///
    /// # Errors
    /// Of the operating system.
    pub fn put(self: &Arc<Self>, bytes: &[u8]) -> Result<Arc<SpillFile>> {
        let file = self.file(bytes.len() as u64, crc32fast::hash(bytes));
        fs::write_new(&file.path(), bytes)?;
        Ok(Arc::new(file))
    }

    /// Takes over a file of known size and CRC, which keeps its name; `read` gives its bytes where it has to be copied.
    ///
    /// # Errors
    /// `NotFound`, and others of the operating system; those of `read`.
    pub fn link(
        self: &Arc<Self>,
        from: &Path,
        size: u64,
        crc: u32,
        read: impl FnOnce() -> Result<Vec<u8>>,
    ) -> Result<Arc<SpillFile>> {
        let file = self.file(size, crc);
        if !fs::hard_link(from, &file.path())? {
            fs::write_new(&file.path(), &read()?)?;
        }
        Ok(Arc::new(file))
    }

    fn file(self: &Arc<Self>, size: u64, crc: u32) -> SpillFile {
        let name = self.next.fetch_add(1, Ordering::Relaxed).to_string();
        SpillFile { spill: self.clone(), name, size, crc }
    }
}

/// One chunk in a hidden file.
pub struct SpillFile {
    spill: Arc<Spill>,
    name: String,
    /// Its bytes.
    pub size: u64,
    /// Their CRC-32.
    pub crc: u32,
}

impl SpillFile {
    /// Where it is.
    pub fn path(&self) -> PathBuf {
        self.spill.dir.path().join(&self.name)
    }

    /// Its bytes.
    ///
    /// # Errors
    /// `Corrupt` when somebody removed or altered it, `Io`.
    pub fn read(&self) -> Result<Vec<u8>> {
        let bytes = self.spill.files.try_read(&self.name, self.size)?;
        bytes
            .filter(|bytes| bytes.len() as u64 == self.size && crc32fast::hash(bytes) == self.crc)
            .ok_or_else(|| err!(Corrupt, "{}: a chunk that waits for a commit was changed", self.path().display()))
    }
}

impl Drop for SpillFile {
    fn drop(&mut self) {
        // What cannot be removed goes with the directory.
        let _ = fs::remove_file(&self.path());
    }
}
