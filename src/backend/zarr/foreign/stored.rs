//! The stored bytes of a shard, read in parts.
//!
//! A shard is a file that an index points into, and the index is part of the file: it may point anywhere, and at the
//! same bytes again and again. Every range is held against the file before memory is taken for it, and all of them
//! together may not be much more than the file.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use zarrs::array::{ArrayBytesRaw, BytesPartialDecoderTraits, CodecError, CodecOptions};
use zarrs::storage::StorageError;
use zarrs::storage::byte_range::{ByteRange, ByteRangeIterator};

use super::super::archive::Archive;
use super::super::files::Files;
use super::guard::Budget;
use crate::error::{Error, Result, err};
use crate::fs;

/// How often every byte of a shard may be read, on average.
const PASSES: u64 = 4;

/// Where the bytes are.
enum Source {
    Memory(Vec<u8>),
    File(fs::ReadFile),
    Entry(Arc<Archive>, String),
}

/// A shard.
pub struct Stored {
    source: Source,
    length: u64,
    budget: Budget,
    failure: OnceLock<Error>,
}

impl Stored {
    /// The shard of that name; read at once when `whole`, in parts otherwise. `None` when there is none.
    ///
    /// # Errors
    /// `Corrupt` when it is read at once and longer than `limit`, `Io`.
    pub fn open(files: &Files, name: &str, whole: bool, limit: u64) -> Result<Option<Arc<Self>>> {
        let in_parts = match files {
            _ if whole => None,
            Files::Dir(dir) => match dir.try_stat(name)? {
                None => return Ok(None),
                Some(_) => {
                    let file = dir.open_file(name)?;
                    Some((file.len(), Source::File(file)))
                }
            },
            Files::Archive(archive, prefix) => {
                let name = format!("{prefix}{name}");
                archive.seekable(&name).map(|length| (length, Source::Entry(archive.clone(), name)))
            }
            Files::Memory(_) | Files::Growing(_) => None,
        };
        let (length, source) = match in_parts {
            Some(found) => found,
            None => match files.read(name, limit)? {
                Some(bytes) => (bytes.len() as u64, Source::Memory(bytes.into_owned())),
                None => return Ok(None),
            },
        };
        let budget = Budget::new(length.saturating_mul(PASSES).saturating_add(1 << 16));
        Ok(Some(Arc::new(Self { source, length, budget, failure: OnceLock::new() })))
    }

    /// Why reading failed, when it did: zarrs keeps only texts.
    pub fn failure(&self) -> Option<Error> {
        self.failure.get().cloned()
    }

    fn range(&self, range: ByteRange) -> Result<Vec<u8>> {
        let (start, end) = match range {
            ByteRange::FromStart(start, None) => (Some(start), Some(self.length)),
            ByteRange::FromStart(start, Some(length)) => (Some(start), start.checked_add(length)),
            ByteRange::Suffix(length) => (self.length.checked_sub(length), Some(self.length)),
        };
        let inside = start.zip(end).filter(|(start, end)| start <= end && *end <= self.length);
        let (start, end) =
            inside.ok_or_else(|| err!(Corrupt, "{range} leaves the {} bytes of the shard", self.length))?;
        let length = end - start;
        if !self.budget.take(length) {
            return Err(err!(Corrupt, "the index points at the same bytes again and again"));
        }
        match &self.source {
            Source::Memory(bytes) => Ok(bytes[start as usize..end as usize].to_vec()),
            Source::Entry(archive, name) => archive.read_part(name, start, length).map(Cow::into_owned),
            Source::File(file) => {
                let refused = || err!(NoMemory, "{length} bytes cannot be had");
                let size = usize::try_from(length).map_err(|_| refused())?;
                let mut out = bytemuck::allocation::try_zeroed_slice_box(size).map_err(|()| refused())?.into_vec();
                file.read_exact_at(&mut out, start)?;
                Ok(out)
            }
        }
    }
}

impl BytesPartialDecoderTraits for Stored {
    fn exists(&self) -> Result<bool, StorageError> {
        Ok(true)
    }

    fn size_held(&self) -> usize {
        if let Source::Memory(bytes) = &self.source { bytes.len() } else { 0 }
    }

    fn partial_decode_many(
        &self,
        ranges: ByteRangeIterator,
        _: &CodecOptions,
    ) -> Result<Option<Vec<ArrayBytesRaw<'_>>>, CodecError> {
        let read = |range| {
            self.range(range).map(Cow::Owned).map_err(|e| {
                let text = e.message().to_owned();
                _ = self.failure.set(e);
                CodecError::Other(text)
            })
        };
        ranges.map(read).collect::<Result<Vec<_>, _>>().map(Some)
    }

    fn supports_partial_decode(&self) -> bool {
        true
    }
}
