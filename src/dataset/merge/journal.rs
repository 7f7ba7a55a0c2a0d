//! The journal: which chunks were put where a store is being written, so that a merge that was cut off goes on.
//!
//! One line a batch, with its CRC-32 in front: what a killed process left half written at the end is not believed. A
//! journal says what was put, not that it reached the medium: what it names is read again before it counts.

use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::backend::zarr::bulk::Put;
use crate::error::{Error, Result, err};
use crate::fs;

/// The largest journal that is read.
const LARGEST: u64 = 4 << 30;

/// A chunk that was put.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The place of its array.
    pub array: usize,
    /// Its number.
    pub chunk: u64,
    /// Its stored bytes.
    pub size: u64,
    /// Their CRC-32.
    pub crc: u32,
    /// The file in which it ends.
    pub file: usize,
    /// Least and largest value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bounds: Option<Vec<u8>>,
}

impl Entry {
    /// What a writer of stores wants to know.
    pub fn put(&self) -> Put {
        Put { array: self.array, chunk: self.chunk, size: self.size, crc: self.crc }
    }
}

/// A journal that is written.
pub struct Journal(fs::AppendFile);

impl Journal {
    /// A new one, with what is known already.
    ///
    /// # Errors
    /// `Io`.
    pub fn create(path: &Path, there: &[Entry]) -> Result<Self> {
        let mut journal = Self(fs::AppendFile::create(path)?);
        if !there.is_empty() {
            journal.add(there)?;
        }
        Ok(journal)
    }

    /// Adds chunks that were put.
    ///
    /// # Errors
    /// `Io`.
    pub fn add(&mut self, entries: &[Entry]) -> Result<()> {
        let line = line(entries)?;
        self.0.write_all(&line).map_err(|e| Error::io(self.0.path(), &e))
    }
}

/// The line of some chunks.
///
/// # Errors
/// `Internal`.
pub fn line(entries: &[Entry]) -> Result<Vec<u8>> {
    let body = serde_json::to_string(entries).map_err(|e| err!(Internal, "journal: {e}"))?;
    Ok(format!("{:08x} {body}\n", crc32fast::hash(body.as_bytes())).into_bytes())
}

/// The chunks of a journal, up to the first line that is not whole; none where there is no journal.
///
/// # Errors
/// `Io`.
pub fn read(path: &Path) -> Result<Vec<Entry>> {
    if fs::path_kind(path)?.is_none() {
        return Ok(Vec::new());
    }
    let bytes = fs::ReadFile::open(path)?.read_all(LARGEST)?;
    Ok(lines(&bytes).0)
}

/// The chunks of the whole lines at the beginning, and whether nothing is behind them.
pub fn lines(bytes: &[u8]) -> (Vec<Entry>, bool) {
    let mut entries = Vec::new();
    let mut rest = bytes;
    while let Some(end) = rest.iter().position(|&byte| byte == b'\n') {
        let Some(more) = parse(&rest[..end]) else { return (entries, false) };
        entries.extend(more);
        rest = &rest[end + 1..];
    }
    (entries, rest.is_empty())
}

fn parse(line: &[u8]) -> Option<Vec<Entry>> {
    let (crc, body) = std::str::from_utf8(line).ok()?.split_once(' ')?;
    let crc = u32::from_str_radix(crc, 16).ok()?;
    (crc == crc32fast::hash(body.as_bytes())).then(|| serde_json::from_str(body).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_lines_are_believed_and_torn_ones_are_not() {
        let entry = |chunk| Entry { array: 1, chunk, size: 9, crc: 7, file: 2, bounds: Some(vec![1, 2]) };
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal");
        assert_eq!(read(&path).unwrap(), []);
        let mut journal = Journal::create(&path, &[entry(0)]).unwrap();
        journal.add(&[entry(1), entry(2)]).unwrap();
        let whole = std::fs::read(&path).unwrap();
        assert_eq!(read(&path).unwrap(), [entry(0), entry(1), entry(2)]);
        for cut in 0..whole.len() {
            let (entries, done) = lines(&whole[..cut]);
            assert!(entries.len() <= 1 && done == (cut == 0 || whole[cut - 1] == b'\n'), "cut at {cut}");
            let mut bad = whole.clone();
            bad[cut] ^= 1;
            assert!(lines(&bad).0.len() < 3, "byte {cut}");
        }
    }
}
