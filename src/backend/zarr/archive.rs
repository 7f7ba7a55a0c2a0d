//! Reading an archive: a ZIP file that holds a Zarr store.
//!
//! The central directory is read once; entries are then read by position, by any number of threads, and checked against
//! the CRC-32 of the directory. An entry's name is only ever a key of a map, never a path, so nothing in an archive can
//! reach outside it. Stored and deflated entries are read; anything else, and encryption, is `Unsupported`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use super::decode::DOCUMENT;
use super::record::Record;
use crate::backend::Object;
use crate::error::{Result, err};
use crate::{fs, metadata};

/// Archives up to this size are read at once at open.
const SLURP: u64 = 16 << 20;
/// The name of the metadata document.
pub const METADATA: &str = "metadata.json";

#[derive(Clone, Debug)]
struct Entry {
    header: u64,
    size: u64,
    stored: u64,
    crc: u32,
    deflated: bool,
}

/// An open archive.
pub struct Archive {
    path: PathBuf,
    file: fs::ReadFile,
    bytes: Option<Vec<u8>>,
    entries: BTreeMap<String, Entry>,
    metadata: Object,
    records: Option<serde_json::Map<String, Json>>,
}

/// Whether a file begins as a ZIP archive does.
///
/// # Errors
/// Of the operating system.
pub fn is_archive(path: &Path) -> Result<bool> {
    let file = fs::ReadFile::open(path)?;
    let mut magic = [0u8; 4];
    if file.len() < 22 {
        return Ok(false);
    }
    file.read_exact_at(&mut magic, 0)?;
    Ok(matches!(&magic, b"PK\x03\x04" | b"PK\x05\x06"))
}

impl Archive {
    /// Opens an archive and reads its directory and metadata.
    ///
    /// # Errors
    /// `Corrupt` when it is no whole ZIP file, `Unsupported` for an encrypted one, `Io`.
    pub fn open(path: &Path, check: bool) -> Result<Self> {
        let file = fs::ReadFile::open(path)?;
        let what = path.display();
        let bytes = if file.len() <= SLURP { Some(file.read_all(SLURP)?) } else { None };
        let entries = match &bytes {
            Some(bytes) => directory(std::io::Cursor::new(bytes.as_slice()), file.len()),
            None => directory(BufReader::new(Positioned { file: &file, at: 0 }), file.len()),
        }
        .map_err(|e| e.context(&what))?;
        let mut archive = Self { path: path.to_owned(), file, bytes, entries, metadata: Object::new(), records: None };
        let document = archive.read(METADATA, DOCUMENT)?.map(Cow::into_owned);
        if let Some(document) = document {
            let (user, mut private) = metadata::from_bytes(&document, check, DOCUMENT).map_err(|e| e.context(&what))?;
            archive.metadata = user;
            if let Some(Json::Object(records)) = private.shift_remove("record") {
                archive.records = Some(records);
            }
        }
        Ok(archive)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The user's metadata document.
    pub fn metadata(&self) -> &Object {
        &self.metadata
    }

    /// Whether there is an entry of that name.
    pub fn has(&self, name: &str) -> bool {
        self.entries.contains_key(name)
    }

    /// The names that records are kept under: the keys of nodes, empty for the root.
    pub fn recorded(&self) -> impl Iterator<Item = &str> {
        self.records.iter().flat_map(|records| records.keys().map(String::as_str))
    }

    /// Every entry's name.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// The record of the node whose entries begin with `prefix`.
    ///
    /// # Errors
    /// `Corrupt` when it is malformed.
    pub fn record(&self, prefix: &str) -> Result<Option<Record>> {
        let key = prefix.trim_end_matches('/');
        match self.records.as_ref().and_then(|records| records.get(key)) {
            Some(json) => Record::from_json(key, json).map(Some),
            None => Ok(None),
        }
    }

    /// The names of the direct children that have entries below `prefix`.
    pub fn children(&self, prefix: &str) -> Vec<String> {
        let mut out: Vec<String> = Vec::new();
        for name in self.below(prefix).map(|(name, _)| name) {
            if let Some((child, _)) = name[prefix.len()..].split_once('/')
                && out.last().is_none_or(|last| last != child)
            {
                out.push(child.to_owned());
            }
        }
        out.dedup();
        out
    }

    /// Name (without the prefix) and size of the entries below `prefix`.
    pub fn sizes(&self, prefix: &str) -> Vec<(String, u64)> {
        self.below(prefix).map(|(name, entry)| (name[prefix.len()..].to_owned(), entry.size)).collect()
    }

    fn below<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a String, &'a Entry)> {
        self.entries.range(prefix.to_owned()..).take_while(move |(name, _)| name.starts_with(prefix))
    }

    /// The bytes of an entry of at most `limit` bytes, checked against its CRC; `None` when there is none.
    ///
    /// # Errors
    /// `Corrupt` when it is longer, cut, or altered.
    pub fn read(&self, name: &str, limit: u64) -> Result<Option<Cow<'_, [u8]>>> {
        let Some(entry) = self.entries.get(name) else { return Ok(None) };
        if entry.size > limit {
            return Err(err!(Corrupt, "entry '{name}' has {} bytes, the limit is {limit}", entry.size));
        }
        let stored = self.stored(name, entry)?;
        let bytes = if entry.deflated { Cow::Owned(inflate(name, &stored, entry.size)?) } else { stored };
        let crc = crc32fast::hash(&bytes);
        if bytes.len() as u64 != entry.size || crc != entry.crc {
            return Err(err!(Corrupt, "entry '{name}' has crc32 {crc:08x}, the archive says {:08x}", entry.crc));
        }
        Ok(Some(bytes))
    }

    /// The length of an entry that can be read in parts: `None` when there is none, or it is deflated.
    pub fn seekable(&self, name: &str) -> Option<u64> {
        self.entries.get(name).filter(|entry| !entry.deflated).map(|entry| entry.size)
    }

    /// Part of an entry that can be read in parts, without the check of its CRC, which covers the whole.
    ///
    /// # Errors
    /// `Corrupt` when the range leaves the entry, or the entry the archive; `Io`.
    pub fn read_part(&self, name: &str, start: u64, length: u64) -> Result<Cow<'_, [u8]>> {
        let outside = || err!(Corrupt, "entry '{name}': no {length} bytes at {start}");
        let entry = self.entries.get(name).filter(|entry| !entry.deflated).ok_or_else(outside)?;
        if start.checked_add(length).is_none_or(|end| end > entry.size) {
            return Err(outside());
        }
        self.slice(self.data(name, entry)? + start, length).map_err(|_| outside())
    }

    /// The stored bytes.
    fn stored(&self, name: &str, entry: &Entry) -> Result<Cow<'_, [u8]>> {
        self.slice(self.data(name, entry)?, entry.stored)
            .map_err(|_| err!(Corrupt, "entry '{name}' leaves the archive"))
    }

    /// Where the stored bytes begin: behind the local header, whose name and extra field have lengths of their own.
    fn data(&self, name: &str, entry: &Entry) -> Result<u64> {
        let cut = || err!(Corrupt, "entry '{name}' leaves the archive");
        let header = self.slice(entry.header, 30).map_err(|_| cut())?;
        if !header.starts_with(b"PK\x03\x04") {
            return Err(err!(Corrupt, "entry '{name}' has no local header"));
        }
        let length = |at: usize| u64::from(u16::from_le_bytes([header[at], header[at + 1]]));
        let own = self.slice(entry.header + 30, length(26)).map_err(|_| cut())?;
        if *own != *name.as_bytes() {
            return Err(err!(
                Corrupt,
                "entry '{name}' is called '{}' in its own header",
                String::from_utf8_lossy(&own)
            ));
        }
        Ok(entry.header + 30 + length(26) + length(28))
    }

    fn slice(&self, start: u64, length: u64) -> Result<Cow<'_, [u8]>> {
        let end = start.checked_add(length).filter(|&end| end <= self.file.len());
        let Some(end) = end else { return Err(err!(Corrupt, "the archive is cut")) };
        match &self.bytes {
            Some(bytes) => {
                let range = usize::try_from(start).ok().zip(usize::try_from(end).ok());
                let slice = range.and_then(|(start, end)| bytes.get(start..end));
                slice.map(Cow::Borrowed).ok_or_else(|| err!(Corrupt, "the archive is cut"))
            }
            None => {
                let mut out = Vec::new();
                out.try_reserve_exact(length as usize).map_err(|_| err!(NoMemory, "{length} bytes cannot be had"))?;
                out.resize(length as usize, 0);
                self.file.read_exact_at(&mut out, start)?;
                Ok(Cow::Owned(out))
            }
        }
    }
}

fn inflate(name: &str, stored: &[u8], size: u64) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    flate2::read::DeflateDecoder::new(stored)
        .take(size + 1)
        .read_to_end(&mut out)
        .map_err(|e| err!(Corrupt, "entry '{name}': {e}"))?;
    Ok(out)
}

/// Reads the central directory.
fn directory<R: Read + Seek>(reader: R, length: u64) -> Result<BTreeMap<String, Entry>> {
    let corrupt = |e: zip::result::ZipError| err!(Corrupt, "no whole archive: {e}");
    let mut zip = zip::ZipArchive::new(reader).map_err(corrupt)?;
    let mut entries = BTreeMap::new();
    for index in 0..zip.len() {
        let entry = zip.by_index_raw(index).map_err(corrupt)?;
        let name = entry.name().map_err(corrupt)?.into_owned();
        if name.ends_with('/') {
            continue;
        }
        if entry.encrypted() {
            return Err(err!(Unsupported, "entry '{name}' is encrypted"));
        }
        let deflated = match entry.compression() {
            zip::CompressionMethod::Stored => false,
            zip::CompressionMethod::Deflated => true,
            other => return Err(err!(Unsupported, "entry '{name}' is compressed as {other}")),
        };
        let (size, stored) = (entry.size(), entry.compressed_size());
        if stored > length || (!deflated && stored != size) {
            return Err(err!(Corrupt, "entry '{name}' claims {stored} bytes, the archive has {length}"));
        }
        let found = Entry { header: entry.header_start(), size, stored, crc: entry.crc32(), deflated };
        drop(entry);
        if entries.insert(name.clone(), found).is_some() {
            return Err(err!(Corrupt, "entry '{name}' is there twice"));
        }
    }
    Ok(entries)
}

/// A reader over a file that is read by position.
struct Positioned<'f> {
    file: &'f fs::ReadFile,
    at: u64,
}

impl Read for Positioned<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let rest = self.file.len().saturating_sub(self.at);
        let n = buffer.len().min(usize::try_from(rest).unwrap_or(usize::MAX));
        self.file
            .read_exact_at(&mut buffer[..n], self.at)
            .map_err(|e| std::io::Error::other(e.message().to_owned()))?;
        self.at += n as u64;
        Ok(n)
    }
}

impl Seek for Positioned<'_> {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.file.len().checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| std::io::Error::from(std::io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}
