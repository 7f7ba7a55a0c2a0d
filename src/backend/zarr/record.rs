//! Integrity records: which node it is, which files an array has, their sizes and CRC-32.
//!
//! A Zarr reader takes a missing chunk for the fill value; only a record of what was written can tell that one is gone.
//! In a directory the record is the file `.ds_record` in the node's own directory, published by the same rename; that of
//! a group is in [`super::group_record`]. An archive, whose directory has sizes and CRC-32 already, keeps a [`Digest`] a node in the private part of
//! `metadata.json`. Nodes without a record (written by
//! other tools) are not checked.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::defect::Defect;
use crate::error::{Result, err};
use crate::json_text::{push_number, push_string};
use crate::key::shown;

/// The name of the record in an array's directory.
pub const NAME: &str = ".ds_record";

/// The name that the key of the node has among its files.
const KEY: &str = "";

/// Size and CRC-32 of each file of a node, by name, and of its key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Without it in what earlier versions wrote, and in archives.
    key: Option<(u64, u32)>,
    files: BTreeMap<String, (u64, u32)>,
}

impl Record {
    /// The record of a node without files.
    pub fn of(key: &str) -> Self {
        Self { key: Some(sum(key.as_bytes())), files: BTreeMap::new() }
    }

    /// Checks that it is the record of this node: a directory that got another's name is whole in itself.
    ///
    /// # Errors
    /// `Corrupt` naming the node.
    pub fn check_key(&self, what: &str) -> Result<()> {
        if self.key.is_some_and(|key| key != sum(what.as_bytes())) && !crate::defect::has(Defect::SkipChecksum) {
            return Err(err!(Corrupt, "{}: its record is that of another node", shown(what)));
        }
        Ok(())
    }

    /// Notes one file.
    pub fn insert(&mut self, name: &str, bytes: &[u8]) {
        self.files.insert(name.to_owned(), sum(bytes));
    }

    /// Notes one file whose size and CRC are known.
    pub fn note(&mut self, name: &str, size: u64, crc: u32) {
        self.files.insert(name.to_owned(), (size, crc));
    }

    /// Size and CRC of a file.
    pub fn get(&self, name: &str) -> Option<(u64, u32)> {
        self.files.get(name).copied()
    }

    /// Forgets one file.
    pub fn remove(&mut self, name: &str) {
        self.files.remove(name);
    }

    /// The files, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u64, u32)> {
        self.files.iter().map(|(name, &(size, crc))| (name.as_str(), size, crc))
    }

    /// Checks one file's bytes; `what` names the node for the error.
    ///
    /// # Errors
    /// `Corrupt` naming node and file, when it is not in the record or its size or CRC differs.
    pub fn check(&self, what: &str, name: &str, bytes: &[u8]) -> Result<()> {
        if crate::defect::has(Defect::SkipChecksum) {
            return Ok(());
        }
        let Some((size, crc)) = self.get(name) else {
            return Err(err!(Corrupt, "{what}: '{name}' is not in the record of this node"));
        };
        if size != bytes.len() as u64 {
            return Err(err!(Corrupt, "{what}: '{name}' has {} bytes, recorded are {size}", bytes.len()));
        }
        let have = crc32fast::hash(bytes);
        if crc != have {
            return Err(err!(Corrupt, "{what}: '{name}' has crc32 {have:08x}, recorded is {crc:08x}"));
        }
        Ok(())
    }

    /// `{"<name>":[size,crc],...}`: the JSON text.
    pub fn to_text(&self) -> String {
        let mut out = String::with_capacity(32 * (self.files.len() + 1) + 2);
        out.push('{');
        self.key.iter().for_each(|&(size, crc)| push_entry(&mut out, KEY, size, crc));
        self.iter().for_each(|(name, size, crc)| push_entry(&mut out, name, size, crc));
        out.push('}');
        out
    }

    /// Reads what [`Record::to_text`] gives.
    ///
    /// # Errors
    /// `Corrupt` when it is anything else.
    pub fn from_json(what: &str, json: &Json) -> Result<Self> {
        let what = shown(what);
        let wrong = || err!(Corrupt, "{what}: the integrity record is malformed");
        let map = json.as_object().ok_or_else(wrong)?;
        let mut files = BTreeMap::new();
        for (name, entry) in map {
            let pair = entry.as_array().filter(|pair| pair.len() == 2).ok_or_else(wrong)?;
            let size = pair[0].as_u64().ok_or_else(wrong)?;
            let crc = pair[1].as_u64().and_then(|crc| u32::try_from(crc).ok()).ok_or_else(wrong)?;
            files.insert(name.clone(), (size, crc));
        }
        let key = files.remove(KEY);
        Ok(Self { key, files })
    }

    /// The bytes of the file `.ds_record`: one line of JSON with its own CRC at the front.
    pub fn to_bytes(&self) -> Vec<u8> {
        let body = self.to_text();
        format!("{:08x} {body}\n", crc32fast::hash(body.as_bytes())).into_bytes()
    }

    /// Reads the file `.ds_record`.
    ///
    /// # Errors
    /// `Corrupt` when it is not what [`Record::to_bytes`] wrote.
    pub fn from_bytes(what: &str, bytes: &[u8]) -> Result<Self> {
        let what = shown(what);
        let wrong = || err!(Corrupt, "{what}: the integrity record is malformed");
        let text = std::str::from_utf8(bytes).map_err(|_| wrong())?;
        let (crc, body) = text.trim_end_matches('\n').split_once(' ').ok_or_else(wrong)?;
        let crc = u32::from_str_radix(crc, 16).map_err(|_| wrong())?;
        let have = crc32fast::hash(body.as_bytes());
        if crc != have && !crate::defect::has(Defect::SkipChecksum) {
            return Err(err!(Corrupt, "{what}: the integrity record has crc32 {have:08x}, recorded is {crc:08x}"));
        }
        Self::from_json(what, &serde_json::from_str(body).map_err(|_| wrong())?)
    }
}

/// One number for the names, sizes and CRC-32 of the files of a node, in whatever order they come: what an archive keeps
/// of each node. The sum of the CRC-32 of each file's name, a zero, size and CRC-32 (little-endian, 8 and 4 bytes), and
/// of the number of files, modulo 2^32.
#[derive(Clone, Copy, Debug, Default)]
pub struct Digest(u32);

impl Digest {
    /// With one file more.
    #[must_use]
    pub fn with(self, name: &[u8], size: u64, crc: u32) -> Self {
        let mut numbers = [0; 13];
        numbers[1..9].copy_from_slice(&size.to_le_bytes());
        numbers[9..].copy_from_slice(&crc.to_le_bytes());
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(name);
        hasher.update(&numbers);
        Self(self.0.wrapping_add(hasher.finalize()).wrapping_add(1))
    }

    /// The number.
    pub fn value(self) -> u64 {
        u64::from(self.0)
    }
}

/// Size and CRC-32.
pub fn sum(bytes: &[u8]) -> (u64, u32) {
    (bytes.len() as u64, crc32fast::hash(bytes))
}

/// Adds a file to the text of a record, which begins with its brace and lacks the last one.
fn push_entry(out: &mut String, name: &str, size: u64, crc: u32) {
    if !out.ends_with('{') {
        out.push(',');
    }
    push_string(out, name);
    out.push_str(":[");
    push_number(out, size);
    out.push(',');
    push_number(out, u64::from(crc));
    out.push(']');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_finds_what_was_altered() {
        let mut record = Record::of("x");
        record.insert(".zarray", b"{}");
        record.insert("0", b"abc");
        let read = Record::from_bytes("x", &record.to_bytes()).unwrap();
        assert_eq!(read, record);
        read.check_key("x").unwrap();
        assert!(read.check_key("y").unwrap_err().message().contains("y: its record is that of another node"));
        read.check("x", "0", b"abc").unwrap();
        for (name, bytes, word) in [("0", &b"abd"[..], "crc32"), ("0", b"ab", "2 bytes"), ("1", b"abc", "not in")] {
            let error = read.check("x", name, bytes).unwrap_err();
            assert!(error.message().contains(word) && error.message().contains(name), "{error}");
        }
    }

    #[test]
    fn an_altered_record_is_corrupt() {
        let mut record = Record::default();
        record.insert("0", b"abc");
        let bytes = record.to_bytes();
        for at in 0..bytes.len() - 1 {
            let mut bad = bytes.clone();
            bad[at] ^= 1;
            assert!(Record::from_bytes("x", &bad).is_err(), "byte {at}");
            assert!(Record::from_bytes("x", &bytes[..at]).is_err(), "cut at {at}");
        }
    }
}
