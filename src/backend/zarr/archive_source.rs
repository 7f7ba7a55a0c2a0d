//! Where the bytes of an archive are: in memory, in a mapped file, or in a file that is read by position.
//!
//! Whatever is asked for is held against the length first, which is that of the file when it was opened. What lies in
//! memory is lent, and can be shared beyond the life of the archive; what lies in a file is copied.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use crate::error::{Result, err};
use crate::fs;
use crate::options::Options;
use crate::value::shared::SharedBytes;

/// Archives up to this size are read at once at open.
const SLURP: u64 = 16 << 20;

/// How the file of an archive is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// As a whole where it is small, else by position.
    Whole,
    /// Mapped into memory.
    Mapped,
    /// Where it is asked for.
    ByPosition,
}

impl Access {
    /// What the options of a store say.
    pub fn of(options: &Options) -> Self {
        match (options.mmap, options.by_position) {
            (true, _) => Self::Mapped,
            (false, true) => Self::ByPosition,
            (false, false) => Self::Whole,
        }
    }
}

/// The bytes of an archive.
pub enum Source {
    /// All of them in memory, read or mapped.
    Memory(SharedBytes),
    /// In a file that is read by position.
    File(fs::ReadFile),
}

impl Source {
    /// Those of a file.
    ///
    /// # Errors
    /// `NotFound`, `Permission`, `NoMemory`, `Io`.
    pub fn open(path: &Path, how: Access) -> Result<Self> {
        let file = fs::ReadFile::open(path)?;
        // There is nothing to map in an empty file.
        if how == Access::Mapped && !file.is_empty() {
            return Ok(Self::Memory(SharedBytes::new(Arc::new(fs::Map::new(&file)?))));
        }
        let whole = how != Access::ByPosition && file.len() <= SLURP;
        Ok(if whole { Self::bytes(file.read_all(SLURP)?) } else { Self::File(file) })
    }

    /// Those of an archive that is in memory.
    pub fn bytes(bytes: Vec<u8>) -> Self {
        Self::Memory(SharedBytes::new(Arc::new(bytes)))
    }

    /// How many there are.
    pub fn len(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            Self::File(file) => file.len(),
        }
    }

    /// Some of them.
    ///
    /// # Errors
    /// `Corrupt` when they leave the archive, `NoMemory`, `Io`.
    pub fn slice(&self, start: u64, length: u64) -> Result<Cow<'_, [u8]>> {
        match self {
            Self::Memory(bytes) => {
                let range = self.range(start, length)?;
                bytes.get(range).map(Cow::Borrowed).ok_or_else(cut)
            }
            Self::File(file) => {
                let length = self.range(start, length)?.len();
                let mut out = Vec::new();
                out.try_reserve_exact(length).map_err(|_| err!(NoMemory, "{length} bytes cannot be had"))?;
                out.resize(length, 0);
                file.read_exact_at(&mut out, start)?;
                Ok(Cow::Owned(out))
            }
        }
    }

    /// Some of them, to be kept.
    ///
    /// # Errors
    /// `Corrupt` when they leave the archive, `Unsupported` when they are in no memory.
    pub fn share(&self, start: u64, length: u64) -> Result<SharedBytes> {
        let range = self.range(start, length)?;
        match self {
            Self::Memory(bytes) => bytes.slice(range.start, range.len()).ok_or_else(cut),
            Self::File(_) => Err(err!(Unsupported, "the archive is read from its file, open it with \"mmap\": true")),
        }
    }

    fn range(&self, start: u64, length: u64) -> Result<std::ops::Range<usize>> {
        let end = start.checked_add(length).filter(|&end| end <= self.len()).ok_or_else(cut)?;
        match (usize::try_from(start), usize::try_from(end)) {
            (Ok(start), Ok(end)) => Ok(start..end),
            _ => Err(cut()),
        }
    }
}

fn cut() -> crate::Error {
    err!(Corrupt, "the archive is cut")
}
