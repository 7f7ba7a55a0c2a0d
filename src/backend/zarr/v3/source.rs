//! The bytes of one stored chunk, read in parts wherever it is.

use std::borrow::Cow;
use std::cell::RefCell;

use crate::backend::zarr::archive::Archive;
use crate::backend::zarr::decode::sized;
use crate::backend::zarr::files::Files;
use crate::error::{Result, err};
use crate::fs;

thread_local! {
    /// Where files and parts of them are read to, so that a worker takes no new memory for each.
    static PART: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// What a thread keeps of it: a chunk of the usual size.
const KEPT: usize = 8 << 20;

/// Lends this thread's buffer for stored bytes; it is taken out meanwhile, so that a nested use gets an empty one.
pub fn with_stored<T>(work: impl FnOnce(&mut Vec<u8>) -> T) -> T {
    let mut part = PART.try_with(RefCell::take).unwrap_or_default();
    let result = work(&mut part);
    if part.capacity() <= KEPT {
        // A thread that is ending has no place for it any more.
        let _ = PART.try_with(|cell| cell.replace(part));
    }
    result
}

/// A chunk that can be read in parts.
pub enum Source<'f> {
    /// In memory.
    Bytes(Cow<'f, [u8]>),
    /// A file.
    File(fs::ReadFile),
    /// An entry of an archive, by its whole name, and its length.
    Entry(&'f Archive, String, u64),
}

impl<'f> Source<'f> {
    /// The chunk of that name, of at most `limit` bytes where all of it has to be read; `None` when there is none.
    ///
    /// # Errors
    /// `Corrupt`, `Io`.
    pub fn open(files: &'f Files, name: &str, limit: u64) -> Result<Option<Self>> {
        match files {
            Files::Dir(dir) => match dir.try_stat(name)? {
                Some(_) => dir.open_file(name).map(|file| Some(Self::File(file))),
                None => Ok(None),
            },
            Files::Archive(archive, prefix) => {
                let whole = format!("{prefix}{name}");
                match archive.seekable(&whole) {
                    Some(length) => Ok(Some(Self::Entry(archive, whole, length))),
                    None => Ok(files.read(name, limit)?.map(Self::Bytes)),
                }
            }
            _ => Ok(files.read(name, limit)?.map(Self::Bytes)),
        }
    }

    /// Its length.
    pub fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File(file) => file.len(),
            Self::Entry(_, _, length) => *length,
        }
    }

    /// Does `work` with some of its bytes, in a buffer of this thread where they are in a file.
    ///
    /// # Errors
    /// As [`Source::read`]; what `work` fails with.
    pub fn with<T>(&self, start: u64, length: u64, work: impl FnOnce(&[u8]) -> Result<T>) -> Result<T> {
        let Self::File(file) = self else { return work(&self.read(start, length)?) };
        if start.checked_add(length).is_none_or(|end| end > self.len()) {
            return Err(err!(Corrupt, "{length} bytes at {start} of a chunk of {}", self.len()));
        }
        with_stored(|part| {
            sized(part, length as usize)?;
            file.read_exact_at(part, start)?;
            work(part)
        })
    }

    /// Some of its bytes.
    ///
    /// # Errors
    /// `Corrupt` when they are not all there, `NoMemory`, `Io`.
    pub fn read(&self, start: u64, length: u64) -> Result<Cow<'_, [u8]>> {
        let end = start.checked_add(length).filter(|&end| end <= self.len());
        let end = end.ok_or_else(|| err!(Corrupt, "{length} bytes at {start} of a chunk of {}", self.len()))?;
        match self {
            Self::Bytes(bytes) => Ok(Cow::Borrowed(&bytes[start as usize..end as usize])),
            Self::Entry(archive, name, _) => archive.read_part(name, start, length),
            Self::File(file) => {
                let mut out = Vec::new();
                let refused = |_| err!(NoMemory, "{length} bytes cannot be had");
                out.try_reserve_exact(length as usize).map_err(refused)?;
                out.resize(length as usize, 0);
                file.read_exact_at(&mut out, start)?;
                Ok(Cow::Owned(out))
            }
        }
    }
}
