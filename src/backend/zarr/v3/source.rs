//! The bytes of one stored chunk, read in parts wherever it is.

use std::borrow::Cow;

use crate::backend::zarr::archive::Archive;
use crate::backend::zarr::files::Files;
use crate::error::{Result, err};
use crate::fs;

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
