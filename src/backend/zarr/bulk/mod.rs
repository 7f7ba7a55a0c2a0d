//! Writing a store whose arrays are known before their elements, chunk after chunk, into an archive or a directory.
//!
//! A [`BulkArray`] is the metadata of one array and encodes its chunks, on whatever thread; a [`BulkWriter`] puts encoded
//! chunks where they belong, in the order in which they come, and ends with the documents. What was put is found again by
//! a writer that [resumes](BulkWriter::resume) after the first one died. A [`BulkSource`] gives the chunks of a store that
//! is there as they are stored, so that nothing is encoded twice.
//!
//! The place that is written is nobody's store until it is whole: the caller gives it its name.

mod archive;
mod array;
mod directory;
mod source;
#[cfg(test)]
mod tests;

use std::path::Path;

pub use array::{BulkArray, BulkLayout};
pub use source::BulkSource;

use self::archive::ArchiveWriter;
use self::directory::DirectoryWriter;
use crate::backend::Object;
use crate::error::Result;
use crate::key::Key;

/// A chunk that was put, for a writer that resumes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Put {
    /// The place of the array among those of the writer.
    pub array: usize,
    /// The number of the chunk along dimension 0.
    pub chunk: u64,
    /// Its stored bytes.
    pub size: u64,
    /// Their CRC-32.
    pub crc: u32,
}

/// A store on its way.
pub enum BulkWriter {
    /// One file.
    Archive(Box<ArchiveWriter>),
    /// A directory.
    Directory(Box<DirectoryWriter>),
}

impl BulkWriter {
    /// A new store of these arrays at a path; what is there is removed.
    ///
    /// # Errors
    /// `InvalidArgument` for arrays of two formats, `Io`.
    pub fn create(path: &Path, directory: bool, arrays: &[BulkArray]) -> Result<Self> {
        Self::resume(path, directory, arrays, &[])
    }

    /// A store that was begun with the same arrays and in which these chunks were put in this order; anything else that
    /// was put is forgotten. What is there is read and checked.
    ///
    /// # Errors
    /// `Corrupt` when a chunk is not as it was put, `Io`.
    pub fn resume(path: &Path, directory: bool, arrays: &[BulkArray], there: &[Put]) -> Result<Self> {
        Ok(if directory {
            Self::Directory(Box::new(DirectoryWriter::resume(path, arrays, there)?))
        } else {
            Self::Archive(Box::new(ArchiveWriter::resume(path, arrays, there)?))
        })
    }

    /// Puts an encoded chunk.
    ///
    /// # Errors
    /// `Io`.
    pub fn put(&mut self, array: &BulkArray, put: Put, bytes: &[u8]) -> Result<()> {
        match self {
            Self::Archive(writer) => writer.put(array, put, bytes),
            Self::Directory(writer) => writer.put(array, put, bytes),
        }
    }

    /// Hands what was put to the operating system, so that it outlives the process.
    ///
    /// # Errors
    /// `Io`.
    pub fn flush(&mut self) -> Result<()> {
        match self {
            Self::Archive(writer) => writer.flush(),
            Self::Directory(_) => Ok(()),
        }
    }

    /// Writes the documents of the arrays (the same as before), of the groups above them, and `metadata.json`, and gives
    /// the bytes of the store. With `sync` it is durable then, but for its name.
    ///
    /// # Errors
    /// `Io`.
    pub fn finish(self, arrays: &[BulkArray], document: &Object, sync: bool) -> Result<u64> {
        match self {
            Self::Archive(writer) => writer.finish(arrays, document, sync),
            Self::Directory(writer) => writer.finish(arrays, document, sync),
        }
    }
}

/// The groups above these arrays, the root first, each before those in it.
fn groups(arrays: &[BulkArray]) -> Vec<Key> {
    let mut groups: Vec<Key> = arrays.iter().flat_map(|array| array.key().ancestors()).collect();
    groups.push(Key::root());
    groups.sort_by(|a, b| a.as_str().cmp(b.as_str()));
    groups.dedup();
    groups
}

/// Arrays with what goes with each, by key: zarr-python forgets members of a group that are not beside one another in the
/// consolidated metadata.
fn by_key<T>(arrays: &[BulkArray], with: Vec<T>) -> Vec<(&BulkArray, T)> {
    let mut all: Vec<(&BulkArray, T)> = arrays.iter().zip(with).collect();
    all.sort_by(|(a, _), (b, _)| a.key().as_str().cmp(b.key().as_str()));
    all
}
