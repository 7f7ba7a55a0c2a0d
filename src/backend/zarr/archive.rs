//! Reading an archive: a ZIP file that holds a Zarr store, in a file or in memory.
//!
//! The directory is read once; entries are then read by position, by any number of threads, and checked against the
//! CRC-32 of the directory. An entry's name is only ever compared with another, never a path, so nothing in an archive
//! can reach outside it. The record of the store, in the private part of `metadata.json`, has one number a node made of
//! the names, sizes and CRC-32 of its entries: what was taken away, added or exchanged is found without reading it.

use std::borrow::Cow;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::archive_record::ArchiveRecord;
use super::archive_source::{Access, Source};
use super::decode::Limits;
use super::files::Files;
use super::node::Node;
use super::record::Digest;
use super::zip_reader::{Directory, Entry, Place, TAIL};
use crate::backend::Object;
use crate::defect::Defect;
use crate::error::{Result, err};
use crate::key::{Key, shown};
use crate::value::DType;
use crate::value::shared::SharedBytes;
use crate::{fs, metadata};

/// The name of the metadata document.
pub const METADATA: &str = "metadata.json";

/// An open archive.
pub struct Archive {
    path: PathBuf,
    source: Source,
    in_memory: bool,
    directory: Directory,
    limits: Limits,
    /// The metadata document, checked, until the user's part is asked for.
    metadata: Mutex<Option<Vec<u8>>>,
    /// Where there is one and it is checked.
    record: Option<ArchiveRecord>,
    /// Entries that were viewed, by the place of their headers, and as what: their content is checked once.
    viewed: Mutex<HashSet<(u64, DType)>>,
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
    pub fn open(path: &Path, how: Access, limits: Limits) -> Result<Self> {
        let source = Source::open(path, how)?;
        Self::new(path.to_owned(), source, limits).map_err(|e| e.context(path.display()))
    }

    /// Opens an archive that is in memory; `path` is what errors call it.
    ///
    /// # Errors
    /// As [`Archive::open`].
    pub fn from_bytes(path: &Path, bytes: Vec<u8>, limits: Limits) -> Result<Self> {
        let archive =
            Self::new(path.to_owned(), Source::bytes(bytes), limits).map_err(|e| e.context(path.display()))?;
        Ok(Self { in_memory: true, ..archive })
    }

    fn new(path: PathBuf, source: Source, limits: Limits) -> Result<Self> {
        let mut archive = Self {
            path,
            source,
            in_memory: false,
            directory: Directory::default(),
            limits,
            metadata: Mutex::default(),
            record: None,
            viewed: Mutex::default(),
        };
        let marked;
        (archive.directory, marked) = archive.read_directory()?;
        let Some(document) = archive.read("", METADATA, limits.document())?.map(Cow::into_owned) else {
            return if marked && limits.check {
                Err(err!(Corrupt, "entry '{METADATA}' is missing"))
            } else {
                Ok(archive)
            };
        };
        let mut private = metadata::private_of(&document, limits.check, limits.metadata())?;
        if marked && limits.check && !private.contains_key("record") {
            return Err(err!(Corrupt, "entry '{METADATA}' has no record, it was written with one"));
        }
        archive.metadata = Mutex::new(Some(document));
        // A record that is not to be believed is as none: nothing that is not there is listed by it.
        if limits.check {
            archive.record = ArchiveRecord::take(&mut private)?;
        }
        Ok(archive)
    }

    /// The directory, and whether the archive says that this library wrote it.
    fn read_directory(&self) -> Result<(Directory, bool)> {
        let (source, length) = (&self.source, self.source.len());
        let tail = TAIL.min(length);
        let tail = source.slice(length - tail, tail)?;
        let place = Place::find(&tail, length, |start| source.slice(start, Place::END64).map(Cow::into_owned))?;
        Ok((Directory::parse(source.slice(place.start, place.length)?.into_owned(), place)?, place.marked))
    }

    /// The whole archive.
    ///
    /// # Errors
    /// `NoMemory`, `Io`.
    pub fn bytes(&self) -> Result<Vec<u8>> {
        self.source.slice(0, self.source.len()).map(Cow::into_owned)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it is in no file.
    pub fn is_in_memory(&self) -> bool {
        self.in_memory
    }

    /// The user's metadata document. It is handed over, and read again when somebody wants it once more.
    ///
    /// # Errors
    /// As [`Archive::open`].
    pub fn metadata(&self) -> Result<Object> {
        self.document()?.map_or(Ok(Object::new()), |document| metadata::user_of(&document))
    }

    /// The whole metadata document, checked.
    ///
    /// # Errors
    /// As [`Archive::open`].
    pub fn document(&self) -> Result<Option<Vec<u8>>> {
        if let Some(kept) = self.metadata.lock().unwrap_or_else(PoisonError::into_inner).take() {
            return Ok(Some(kept));
        }
        let Some(document) = self.read("", METADATA, self.limits.document())?.map(Cow::into_owned) else {
            return Ok(None);
        };
        metadata::private_of(&document, self.limits.check, self.limits.metadata()).map(|_| Some(document))
    }

    /// Whether there is an entry of the name `prefix` + `name`.
    pub fn has(&self, prefix: &str, name: &str) -> bool {
        self.directory.get(prefix, name).is_some()
    }

    /// The names that records are kept under: the keys of nodes, empty for the root.
    pub fn recorded(&self) -> impl Iterator<Item = &str> {
        self.record.iter().flat_map(ArchiveRecord::keys)
    }

    /// Every entry's name.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.directory.entries().iter().map(|entry| self.directory.name(entry))
    }

    /// As [`ArchiveRecord::headers`].
    ///
    /// # Errors
    /// `Corrupt` when the record is malformed.
    #[allow(clippy::type_complexity)]
    #[cfg(feature = "dataset")]
    pub fn headers(&self) -> Result<Option<Vec<(&str, Option<(DType, Vec<u64>)>)>>> {
        self.record.as_ref().map_or(Ok(None), ArchiveRecord::headers)
    }

    /// The number of lines of the record, 0 without one.
    pub fn lines(&self) -> usize {
        self.record.as_ref().map_or(0, ArchiveRecord::count)
    }

    /// The line of a key in the record.
    pub fn line(&self, key: &str) -> Option<usize> {
        self.record.as_ref()?.line(key)
    }

    /// Whether the record describes the child of a group as an array, completely.
    pub fn is_plain(&self, group: &Key, name: &str) -> bool {
        let described = |key: &str| self.record.as_ref().is_some_and(|record| record.is_plain(key));
        if group.is_root() { described(name) } else { described(&format!("{group}/{name}")) }
    }

    /// Whether every node has a line in the record, so that one without was added.
    pub fn has_lines(&self) -> bool {
        matches!(self.record, Some(ArchiveRecord::Lines { .. }))
    }

    /// Whether the store has a record of the node of a key.
    pub fn is_recorded(&self, key: &str) -> bool {
        self.record.as_ref().is_some_and(|record| record.has(key))
    }

    /// Checks the entries of an array against its record, when it has one; of a `group`, its own documents.
    ///
    /// # Errors
    /// `Corrupt` when an entry is missing, was added, or has another size or CRC-32 than the one that was written.
    pub fn check(&self, key: &str, prefix: &str, group: bool) -> Result<()> {
        let Some(recorded) = self.record.as_ref().map(|record| record.digest(key)).transpose()?.flatten() else {
            return Ok(());
        };
        self.compare(key, prefix, group, recorded)
    }

    fn compare(&self, key: &str, prefix: &str, group: bool, recorded: u64) -> Result<()> {
        let documents = if group {
            [".zgroup", ".zattrs", "zarr.json"].map(|name| self.directory.get(prefix, name))
        } else {
            [None; 3]
        };
        let mut found = Digest::default();
        let mut count = 0;
        let own = if group { &[][..] } else { self.directory.below(prefix) };
        for entry in own.iter().chain(documents.into_iter().flatten()) {
            let name = self.directory.name_bytes(entry).get(prefix.len()..).unwrap_or_default();
            found = found.with(name, entry.size, entry.crc);
            count += 1;
        }
        if found.value() != recorded && !crate::defect::has(Defect::SkipChecksum) {
            return Err(err!(
                Corrupt,
                "{}: its {count} entries do not match the record: one is missing, was added or exchanged",
                shown(key)
            ));
        }
        Ok(())
    }

    /// The array of a key, when the line of it tells everything that its documents do. Its entries are checked.
    ///
    /// # Errors
    /// As [`Archive::check`].
    pub fn known_array(&self, line: usize, key: &str, files: &Files, limits: Limits) -> Result<Option<Node>> {
        let Files::Archive(_, prefix) = files else { return Ok(None) };
        let Some(record) = self.record.as_ref().filter(|_| limits.check) else { return Ok(None) };
        let Some((node, digest)) = record.array(line, key, files, limits)? else { return Ok(None) };
        self.compare(key, prefix, false, digest)?;
        Ok(Some(node))
    }

    /// The names of the direct children that have entries below `prefix`, or a line in the record.
    pub fn children(&self, prefix: &str) -> Vec<String> {
        let mut out: Vec<String> = Vec::new();
        for entry in self.directory.below(prefix) {
            let rest = self.directory.name(entry).get(prefix.len()..).unwrap_or("");
            if let Some((child, _)) = rest.split_once('/')
                && out.last().is_none_or(|last| last != child)
            {
                out.push(child.to_owned());
            }
        }
        out.extend(self.record.iter().flat_map(|record| record.children(prefix)).map(str::to_owned));
        // `a.b/x` sorts between `a` and `a/x`.
        out.sort_unstable();
        out.dedup();
        out
    }

    /// Name (without the prefix) and size of the entries below `prefix`.
    pub fn sizes<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, u64)> {
        let rest = |entry| self.directory.name(entry).get(prefix.len()..).unwrap_or("");
        self.directory.below(prefix).iter().map(move |entry| (rest(entry), entry.size))
    }

    /// The bytes of the entry `prefix` + `name` of at most `limit` bytes, checked against its CRC; `None` when there is
    /// none.
    ///
    /// # Errors
    /// `Corrupt` when it is longer, cut, or altered.
    pub fn read(&self, prefix: &str, name: &str, limit: u64) -> Result<Option<Cow<'_, [u8]>>> {
        let Some(entry) = self.directory.get(prefix, name) else { return Ok(None) };
        let name = || self.directory.name(entry);
        if entry.size > limit {
            return Err(err!(Corrupt, "entry '{}' has {} bytes, the limit is {limit}", name(), entry.size));
        }
        let stored = self
            .source
            .slice(self.data(entry)?, entry.stored)
            .map_err(|_| err!(Corrupt, "entry '{}' leaves the archive", name()))?;
        let bytes = if entry.deflated { Cow::Owned(inflate(name(), &stored, entry.size)?) } else { stored };
        self.check_content(entry, &bytes)?;
        Ok(Some(bytes))
    }

    fn check_content(&self, entry: &Entry, bytes: &[u8]) -> Result<()> {
        let unchecked = crate::defect::has(Defect::SkipChecksum);
        let crc = if unchecked { entry.crc } else { crc32fast::hash(bytes) };
        if bytes.len() as u64 != entry.size || crc != entry.crc {
            let (name, wanted) = (self.directory.name(entry), entry.crc);
            return Err(err!(Corrupt, "entry '{name}' has crc32 {crc:08x}, the archive says {wanted:08x}"));
        }
        Ok(())
    }

    /// The bytes of the entry `prefix` + `name` where they lie, checked against its CRC, and by `check`, when they are
    /// viewed as this type for the first time; `None` when there is no such entry.
    ///
    /// # Errors
    /// `Unsupported` when it is deflated, or the archive is not in memory; as [`Archive::read`]; those of `check`.
    pub fn share(
        &self,
        prefix: &str,
        name: &str,
        dtype: DType,
        check: impl FnOnce(&[u8]) -> Result<()>,
    ) -> Result<Option<SharedBytes>> {
        let Some(entry) = self.directory.get(prefix, name) else { return Ok(None) };
        if entry.deflated {
            return Err(err!(Unsupported, "its entry is deflated in the archive"));
        }
        let shared = self.source.share(self.data(entry)?, entry.size)?;
        let viewed = || self.viewed.lock().unwrap_or_else(PoisonError::into_inner);
        if !viewed().contains(&(entry.header, dtype)) {
            self.check_content(entry, &shared)?;
            check(&shared)?;
            viewed().insert((entry.header, dtype));
        }
        Ok(Some(shared))
    }

    /// The length of an entry that can be read in parts: `None` when there is none, or it is deflated.
    pub fn seekable(&self, name: &str) -> Option<u64> {
        self.directory.get("", name).filter(|entry| !entry.deflated).map(|entry| entry.size)
    }

    /// Part of an entry that can be read in parts, without the check of its CRC, which covers the whole.
    ///
    /// # Errors
    /// `Corrupt` when the range leaves the entry, or the entry the archive; `Io`.
    pub fn read_part(&self, name: &str, start: u64, length: u64) -> Result<Cow<'_, [u8]>> {
        let outside = || err!(Corrupt, "entry '{name}': no {length} bytes at {start}");
        let entry = self.directory.get("", name).filter(|entry| !entry.deflated).ok_or_else(outside)?;
        if start.checked_add(length).is_none_or(|end| end > entry.size) {
            return Err(outside());
        }
        self.source.slice(self.data(entry)? + start, length).map_err(|_| outside())
    }

    /// Where the stored bytes begin: behind the local header, whose name and extra field have lengths of their own.
    fn data(&self, entry: &Entry) -> Result<u64> {
        let name = self.directory.name_bytes(entry);
        let shown = || self.directory.name(entry);
        let cut = || err!(Corrupt, "entry '{}' leaves the archive", shown());
        let header = self.source.slice(entry.header, 30 + name.len() as u64).map_err(|_| cut())?;
        if !header.starts_with(b"PK\x03\x04") {
            return Err(err!(Corrupt, "entry '{}' has no local header", shown()));
        }
        let length = |at: usize| u64::from(u16::from_le_bytes([header[at], header[at + 1]]));
        let own = &header[30..];
        if length(26) != name.len() as u64 || own != name {
            return Err(err!(
                Corrupt,
                "entry '{}' is called '{}' in its own header",
                shown(),
                String::from_utf8_lossy(&own[..own.len().min(length(26) as usize)])
            ));
        }
        Ok(entry.header + 30 + length(26) + length(28))
    }
}

/// No byte of a deflated stream gives more than this many.
const MOST_INFLATED: u64 = 1032;

fn inflate(name: &str, stored: &[u8], size: u64) -> Result<Vec<u8>> {
    let corrupt = |e: &dyn std::fmt::Display| err!(Corrupt, "entry '{name}': {e}");
    if size / MOST_INFLATED > stored.len() as u64 {
        return Err(corrupt(&format_args!("{} bytes cannot be inflated to {size}", stored.len())));
    }
    // One byte more than it says, so that a longer one is seen.
    let room = usize::try_from(size + 1).map_err(|_| err!(NoMemory, "{size} bytes cannot be had"))?;
    let mut out = Vec::new();
    out.try_reserve_exact(room).map_err(|_| err!(NoMemory, "{size} bytes cannot be had"))?;
    let mut state = flate2::Decompress::new(false);
    match state.decompress_vec(stored, &mut out, flate2::FlushDecompress::Finish) {
        Ok(flate2::Status::StreamEnd) => Ok(out),
        Ok(_) => Err(corrupt(&format_args!("the deflated data are cut, or longer than {size} bytes"))),
        Err(e) => Err(corrupt(&e)),
    }
}
