//! Reading: held directories and files read by position.
//!
//! A [`Dir`] is held open on Unix: what is read through it belongs to one version of an array even while another is
//! exchanged under its name (what was exchanged away is removed, so a reader meets `NotFound` and opens again). On Windows it
//! holds the path. Names are looked up one by one and no link on the way is followed: a hostile store cannot lead out of
//! itself. Every read is bounded by the caller and allocates no more than the file holds.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::{fail, os, unsupported};
use crate::defect::{self, Defect};
use crate::error::{Result, err};

/// What a directory's entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A plain file.
    File,
    /// A directory.
    Dir,
    /// A symbolic link or a junction.
    Link,
    /// A pipe, a socket, a device.
    Other,
}

/// A directory to read from.
#[derive(Debug)]
pub struct Dir {
    handle: os::DirHandle,
    path: PathBuf,
}

impl Dir {
    /// Opens a directory; a link to one is followed (the root of a store may be one).
    ///
    /// # Errors
    /// `NotFound`, `Permission`, `Io` when it is no directory.
    pub fn open(path: &Path) -> Result<Self> {
        let handle = os::DirHandle::open(path).map_err(|e| fail(path, &e))?;
        Ok(Self { handle, path: path.to_owned() })
    }

    /// Opens a directory below this one; `name` may have several components.
    ///
    /// # Errors
    /// As [`Dir::open`], and `Unsupported` for a link on the way.
    pub fn open_dir(&self, name: &str) -> Result<Self> {
        self.walk(name).map_err(|e| fail(&self.path.join(name), &e))
    }

    /// As [`Dir::open_dir`]; `None` when there is no such directory.
    ///
    /// # Errors
    /// `Unsupported` for a link on the way, `Permission`, `Io`.
    pub fn try_open_dir(&self, name: &str) -> Result<Option<Self>> {
        absent(self.walk(name)).map_err(|e| fail(&self.path.join(name), &e))
    }

    /// The whole of a file.
    ///
    /// # Errors
    /// `NotFound`, `Corrupt` when it is longer than `limit`, `Unsupported` for what is no plain file.
    pub fn read(&self, name: &str, limit: u64) -> Result<Vec<u8>> {
        self.open_file(name)?.read_all(limit)
    }

    /// As [`Dir::read`]; `None` when there is no such file.
    ///
    /// # Errors
    /// As [`Dir::read`].
    pub fn try_read(&self, name: &str, limit: u64) -> Result<Option<Vec<u8>>> {
        let path = self.path.join(name);
        match absent(self.with_parent(name, os::DirHandle::open_file)).map_err(|e| fail(&path, &e))? {
            Some(file) => ReadFile::plain(file, path)?.read_all(limit).map(Some),
            None => Ok(None),
        }
    }

    /// As [`Dir::try_read`], into memory that is used again; whether there is such a file.
    ///
    /// # Errors
    /// As [`Dir::read`].
    pub fn try_read_into(&self, name: &str, limit: u64, bytes: &mut Vec<u8>) -> Result<bool> {
        let path = self.path.join(name);
        match absent(self.with_parent(name, os::DirHandle::open_file)).map_err(|e| fail(&path, &e))? {
            Some(file) => ReadFile::plain(file, path)?.read_all_into(limit, bytes).map(|()| true),
            None => Ok(false),
        }
    }

    /// Opens a file for reads by position.
    ///
    /// # Errors
    /// `NotFound`, `Unsupported` for what is no plain file.
    pub fn open_file(&self, name: &str) -> Result<ReadFile> {
        let path = self.path.join(name);
        let file = self.with_parent(name, os::DirHandle::open_file).map_err(|e| fail(&path, &e))?;
        ReadFile::plain(file, path)
    }

    /// The length of a plain file.
    ///
    /// # Errors
    /// `NotFound`, `Unsupported` for what is no plain file.
    pub fn len(&self, name: &str) -> Result<u64> {
        match self.try_stat(name)? {
            Some((EntryKind::File, len)) => Ok(len),
            Some(_) => Err(fail(&self.path.join(name), &unsupported("not a plain file"))),
            None => Err(fail(&self.path.join(name), &std::io::ErrorKind::NotFound.into())),
        }
    }

    /// What an entry is, and its length; a link is not followed. `None` when it is absent.
    ///
    /// # Errors
    /// `Permission`, `Io`.
    pub fn try_stat(&self, name: &str) -> Result<Option<(EntryKind, u64)>> {
        absent(self.with_parent(name, os::DirHandle::stat)).map_err(|e| fail(&self.path.join(name), &e))
    }

    /// The entries, sorted by name; names that are no UTF-8 are left out.
    ///
    /// # Errors
    /// `Permission`, `Io`.
    pub fn entries(&self) -> Result<Vec<(String, EntryKind)>> {
        let mut entries = self.handle.entries().map_err(|e| fail(&self.path, &e))?;
        entries.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        Ok(entries)
    }

    /// Whether it still is what is at the path it was opened by.
    ///
    /// # Errors
    /// `Permission`, `Io`.
    pub fn is_in_place(&self) -> Result<bool> {
        match self.handle.is_at(&self.path) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(false),
            other => other.map_err(|e| fail(&self.path, &e)),
        }
    }

    /// The path it was opened by.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens the directories of `name` one after the other.
    fn walk(&self, name: &str) -> std::io::Result<Self> {
        let handle = self.with_parent(name, os::DirHandle::open_dir)?;
        Ok(Self { handle, path: self.path.join(name) })
    }

    /// Does `act` with the last component of `name` in the directory of the others.
    fn with_parent<T>(
        &self,
        name: &str,
        act: impl FnOnce(&os::DirHandle, &str) -> std::io::Result<T>,
    ) -> std::io::Result<T> {
        let bad = |part: &str| part.is_empty() || part == "." || part == ".." || part.contains(['\0', '\\']);
        if name.split('/').any(bad) && !defect::has(Defect::SkipNames) {
            return Err(std::io::Error::new(std::io::ErrorKind::InvalidInput, "not a name inside a store"));
        }
        let Some((above, last)) = name.rsplit_once('/') else { return act(&self.handle, name) };
        let mut parts = above.split('/');
        let mut held = match parts.next() {
            Some(first) => self.handle.open_dir(first)?,
            None => return act(&self.handle, last),
        };
        for part in parts {
            held = held.open_dir(part)?;
        }
        act(&held, last)
    }
}

/// `None` for what is not there, also when something on the way is a file.
fn absent<T>(result: std::io::Result<T>) -> std::io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(e) if matches!(e.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => Ok(None),
        Err(e) => Err(e),
    }
}

/// An open file that is read by position; it may be shared by threads.
#[derive(Debug)]
pub struct ReadFile {
    file: File,
    len: u64,
    path: PathBuf,
}

impl ReadFile {
    /// Opens a plain file; a link to one is followed.
    ///
    /// # Errors
    /// `NotFound`, `Permission`, `Unsupported` for what is no plain file.
    pub fn open(path: &Path) -> Result<Self> {
        let file = os::open_file(path).map_err(|e| fail(path, &e))?;
        Self::plain(file, path.to_owned())
    }

    fn plain(file: File, path: PathBuf) -> Result<Self> {
        let len = os::plain_len(&file).map_err(|e| fail(&path, &e))?;
        Ok(Self { file, len, path })
    }

    /// Its length when it was opened.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether it was empty when it was opened.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The path it was opened by.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads it from its beginning to its end.
    pub fn reader(&self) -> impl std::io::Read + '_ {
        struct Reader<'f>(&'f ReadFile, u64);
        impl std::io::Read for Reader<'_> {
            fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
                let count = os::read_at(&self.0.file, buffer, self.1)?;
                self.1 += count as u64;
                Ok(count)
            }
        }
        Reader(self, 0)
    }

    /// The open file itself.
    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// Fills `buffer` from `offset` on.
    ///
    /// # Errors
    /// `Corrupt` when the file ends before, `Io`.
    pub fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> Result<()> {
        let wanted = buffer.len();
        let filled = self.fill(buffer, offset)?;
        if filled < wanted {
            let path = self.path.display();
            return Err(err!(Corrupt, "{path}: {wanted} bytes wanted at {offset}, {filled} are there"));
        }
        Ok(())
    }

    /// The whole file.
    ///
    /// # Errors
    /// `Corrupt` when it is longer than `limit`, `NoMemory`, `Io`.
    pub fn read_all(&self, limit: u64) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.read_all_into(limit, &mut bytes)?;
        Ok(bytes)
    }

    /// The whole file instead of what is in `bytes`, whose memory is used again.
    ///
    /// # Errors
    /// As [`ReadFile::read_all`].
    pub fn read_all_into(&self, limit: u64, bytes: &mut Vec<u8>) -> Result<()> {
        let (path, len) = (self.path.display(), self.len);
        if len > limit {
            return Err(err!(Corrupt, "{path}: {len} bytes, at most {limit} are read"));
        }
        let refused = || err!(NoMemory, "{path}: no memory for {len} bytes");
        let size = usize::try_from(len).map_err(|_| refused())?;
        bytes.try_reserve_exact(size.saturating_sub(bytes.len())).map_err(|_| refused())?;
        bytes.resize(size, 0);
        // What shrank since it was opened is read as far as it goes; what grew, as far as it went.
        let filled = self.fill(bytes, 0)?;
        bytes.truncate(filled);
        Ok(())
    }

    fn fill(&self, buffer: &mut [u8], offset: u64) -> Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            match os::read_at(&self.file, &mut buffer[filled..], offset.saturating_add(filled as u64)) {
                Ok(0) => break,
                Ok(n) => filled += n,
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(e) => return Err(fail(&self.path, &e)),
            }
        }
        Ok(filled)
    }
}

/// A path from the root of the file system; the empty one stays empty. Nothing is looked up.
///
/// # Errors
/// `Io` when there is no working directory.
pub fn absolute(path: &Path) -> Result<PathBuf> {
    if path.as_os_str().is_empty() { Ok(PathBuf::new()) } else { std::path::absolute(path).map_err(|e| fail(path, &e)) }
}

/// When a file, or the names in a directory, were changed last: nanoseconds since 1970.
///
/// # Errors
/// `NotFound`, `Permission`, `Io`.
#[cfg(feature = "dataset")]
pub fn modified(path: &Path) -> Result<u64> {
    std::fs::metadata(path).and_then(|metadata| changed(&metadata)).map_err(|e| fail(path, &e))
}

fn changed(metadata: &std::fs::Metadata) -> std::io::Result<u64> {
    let since = metadata.modified()?.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Ok(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}

/// What a file shows of itself without being read: a published one has another stamp than the one it replaced.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    identity: Option<u64>,
    modified: u64,
    length: u64,
}

/// The stamp of what is at a path, no link followed; `None` when it is absent.
///
/// # Errors
/// `Permission`, `Io`.
pub fn stamp(path: &Path) -> Result<Option<Stamp>> {
    let stamp = || {
        let metadata = std::fs::symlink_metadata(path)?;
        Ok(Stamp { identity: os::identity(path)?, modified: changed(&metadata)?, length: metadata.len() })
    };
    absent(stamp()).map_err(|e| fail(path, &e))
}

/// What is at a path, a link followed; `None` when it is absent.
///
/// # Errors
/// `Permission`, `Io`.
pub fn path_kind(path: &Path) -> Result<Option<EntryKind>> {
    let metadata = absent(std::fs::metadata(path)).map_err(|e| fail(path, &e))?;
    Ok(metadata.map(|metadata| match metadata.file_type() {
        kind if kind.is_file() => EntryKind::File,
        kind if kind.is_dir() => EntryKind::Dir,
        _ => EntryKind::Other,
    }))
}
