//! The directory of a ZIP file: parsed once into a sorted table, without an allocation an entry.
//!
//! Everything an archive says of itself is checked before it is used: offsets and lengths against the file, names against
//! the bytes they lie in. Of entries of the same name the last one
//! counts: zarr-python writes documents again instead of changing them. A name is only ever compared with another one,
//! never a path. Stored and
//! deflated entries are known; other methods, encryption and archives in several parts are `Unsupported`. Source:
//! PKWARE's APPNOTE.TXT 6.3.10, 4.3.12 and 4.3.14 to 4.3.16, and 4.5.3 for sizes of 64 bits.

use crate::error::{Result, err};

/// The end of the directory without its comment.
const END: usize = 22;
/// The place of the 64-bit end, which lies before it.
const LOCATOR: usize = 20;
const END64: usize = 56;
const HEADER: usize = 46;
/// As much of the end of a file as may hold the end of the directory.
pub const TAIL: u64 = (END + LOCATOR + u16::MAX as usize) as u64;

/// The comment of the archives of this library: such a one has a record.
pub const MARK: &[u8] = b"datastorage";

/// One entry.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    name: (u32, u16),
    /// Where its local header begins.
    pub header: u64,
    /// Bytes of its content.
    pub size: u64,
    /// Bytes that are stored.
    pub stored: u64,
    /// CRC-32 of the content.
    pub crc: u32,
    /// Compressed by deflate; else stored as it is.
    pub deflated: bool,
}

/// Every entry, sorted by name.
#[derive(Debug, Default)]
pub struct Directory {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
}

/// Where the directory of an archive lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its first byte.
    pub start: u64,
    /// Its length.
    pub length: u64,
    /// The number of its entries.
    entries: u64,
    /// Where the end record begins, beyond which nothing of the directory may lie.
    end: u64,
    /// Whether the archive says that this library wrote it.
    pub marked: bool,
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at + 2).map(|two| u16::from_le_bytes([two[0], two[1]]))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|four| u32::from_le_bytes(*four))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|eight| u64::from_le_bytes(*eight))
}

impl Place {
    /// Finds the directory of a file of `length` bytes from its last ones; `read64` gives the 64-bit end from its place.
    ///
    /// # Errors
    /// `Corrupt` when there is no end or it points outside, `Unsupported` for an archive in several parts.
    pub fn find(tail: &[u8], length: u64, read64: impl FnOnce(u64) -> Result<Vec<u8>>) -> Result<Self> {
        let cut = || err!(Corrupt, "no whole archive: the end of its directory is not there");
        let last = tail.len().checked_sub(END).ok_or_else(cut)?;
        let is_end = |at: &usize| {
            tail[*at..].starts_with(b"PK\x05\x06")
                && u16_at(tail, at + 20).is_some_and(|comment| at + END + usize::from(comment) == tail.len())
        };
        let at = (0..=last).rev().find(is_end).ok_or_else(cut)?;
        let end = length - (tail.len() - at) as u64;
        let narrow = |offset: usize| u16_at(tail, at + offset).map(u64::from).ok_or_else(cut);
        let wide = |offset: usize| u32_at(tail, at + offset).map(u64::from).ok_or_else(cut);
        let marked = tail[at + END..] == *MARK;
        let disks = (narrow(4)?, narrow(6)?, narrow(8)?);
        let mut place = Self { start: wide(16)?, length: wide(12)?, entries: narrow(10)?, end, marked };
        let saturated = place.entries == u64::from(u16::MAX)
            || place.start == u64::from(u32::MAX)
            || place.length == u64::from(u32::MAX);
        let locator = at.checked_sub(LOCATOR).filter(|at| tail[*at..].starts_with(b"PK\x06\x07"));
        match (saturated, locator) {
            (true, Some(locator)) => {
                let start = u64_at(tail, locator + 8).ok_or_else(cut)?;
                let record = read64(start)?;
                if !record.starts_with(b"PK\x06\x06") {
                    return Err(cut());
                }
                let value = |offset: usize| u64_at(&record, offset).ok_or_else(cut);
                if u64_at(&record, 16) != Some(0) || value(24)? != value(32)? {
                    return Err(err!(Unsupported, "an archive in several parts"));
                }
                place = Self { start: value(48)?, length: value(40)?, entries: value(32)?, end: start, marked };
            }
            _ if disks != (0, 0, place.entries) => return Err(err!(Unsupported, "an archive in several parts")),
            _ => {}
        }
        let inside = place.start.checked_add(place.length).is_some_and(|last| last <= place.end);
        if !inside || place.end > length || place.entries > place.length / HEADER as u64 {
            return Err(err!(
                Corrupt,
                "no whole archive: a directory of {} entries in {} bytes at {} does not fit {length} bytes",
                place.entries,
                place.length,
                place.start
            ));
        }
        Ok(place)
    }

    /// How many bytes of the 64-bit end are wanted.
    pub const END64: u64 = END64 as u64;
}

impl Directory {
    /// Parses the directory that lies at `place`.
    ///
    /// # Errors
    /// `Corrupt` when an entry is malformed or leaves the file, `Unsupported` for what is not read.
    pub fn parse(bytes: Vec<u8>, place: Place) -> Result<Self> {
        if u32::try_from(bytes.len()).is_err() {
            return Err(err!(Unsupported, "an archive with a directory of {} bytes", bytes.len()));
        }
        let mut entries: Vec<Entry> = Vec::new();
        entries
            .try_reserve_exact(place.entries as usize)
            .map_err(|_| err!(NoMemory, "no memory for {} entries", place.entries))?;
        let mut at = 0;
        for index in 0..place.entries {
            let (entry, next) = entry(&bytes, at, place.start)
                .transpose()?
                .ok_or_else(|| err!(Corrupt, "no whole archive: entry {index} of its directory is cut"))?;
            if name_of(&bytes, &entry).last() != Some(&b'/') {
                entries.push(entry);
            }
            at = next;
        }
        let rises = |pair: &[Entry]| name_of(&bytes, &pair[0]) < name_of(&bytes, &pair[1]);
        if !entries.windows(2).all(rises) {
            entries.sort_by(|a, b| name_of(&bytes, a).cmp(name_of(&bytes, b)));
            // The sort keeps the order of equal names, and the last one counts.
            entries.reverse();
            entries.dedup_by(|later, kept| name_of(&bytes, later) == name_of(&bytes, kept));
            entries.reverse();
        }
        Ok(Self { bytes, entries })
    }

    /// The name of an entry as it is in the directory.
    pub fn name_bytes(&self, entry: &Entry) -> &[u8] {
        name_of(&self.bytes, entry)
    }

    /// The name of an entry.
    pub fn name(&self, entry: &Entry) -> &str {
        // Checked when it was parsed.
        std::str::from_utf8(name_of(&self.bytes, entry)).unwrap_or_default()
    }

    /// The entry of the name `prefix` + `name`.
    pub fn get(&self, prefix: &str, name: &str) -> Option<&Entry> {
        let place = self.entries.binary_search_by(|entry| {
            let there = name_of(&self.bytes, entry);
            match there.split_at_checked(prefix.len()) {
                Some((head, rest)) => head.cmp(prefix.as_bytes()).then_with(|| rest.cmp(name.as_bytes())),
                // Shorter than the prefix: less than what begins with it, or decided before.
                None => there.cmp(prefix.as_bytes()),
            }
        });
        self.entries.get(place.ok()?)
    }

    /// Every entry.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entries whose names begin with `prefix`.
    pub fn below<'d>(&'d self, prefix: &str) -> &'d [Entry] {
        let from = self.entries.partition_point(|entry| name_of(&self.bytes, entry) < prefix.as_bytes());
        let rest = &self.entries[from..];
        // Whoever asks looks at each of them.
        let beyond = rest.iter().position(|entry| !name_of(&self.bytes, entry).starts_with(prefix.as_bytes()));
        &rest[..beyond.unwrap_or(rest.len())]
    }
}

fn name_of<'b>(bytes: &'b [u8], entry: &Entry) -> &'b [u8] {
    let (start, length) = entry.name;
    bytes.get(start as usize..start as usize + usize::from(length)).unwrap_or_default()
}

/// The entry at an offset of the directory, and where the next one begins; `None` when it is cut.
#[allow(clippy::type_complexity)]
fn entry(bytes: &[u8], at: usize, directory: u64) -> Option<Result<(Entry, usize)>> {
    let header = bytes.get(at..at.checked_add(HEADER)?)?;
    if !header.starts_with(b"PK\x01\x02") {
        return None;
    }
    let flags = u16_at(header, 8)?;
    let method = u16_at(header, 10)?;
    let lengths = [u16_at(header, 28)?, u16_at(header, 30)?, u16_at(header, 32)?];
    let name = bytes.get(at + HEADER..)?.get(..usize::from(lengths[0]))?;
    let extra = bytes.get(at + HEADER + name.len()..)?.get(..usize::from(lengths[1]))?;
    let next = at + HEADER + lengths.iter().map(|&length| usize::from(length)).sum::<usize>();
    if next > bytes.len() {
        return None;
    }
    let shown = || String::from_utf8_lossy(name).into_owned();
    if std::str::from_utf8(name).is_err() {
        return Some(Err(err!(Corrupt, "entry '{}' has a name that is no UTF-8", shown())));
    }
    if flags & 1 != 0 {
        return Some(Err(err!(Unsupported, "entry '{}' is encrypted", shown())));
    }
    if method != 0 && method != 8 {
        return Some(Err(err!(Unsupported, "entry '{}' is compressed by method {method}", shown())));
    }
    let mut wide = wide_values(extra);
    let mut value = |narrow: u32| if narrow == u32::MAX { wide.next() } else { Some(u64::from(narrow)) };
    let size = value(u32_at(header, 24)?)?;
    let stored = value(u32_at(header, 20)?)?;
    let local = value(u32_at(header, 42)?)?;
    // Behind the local header of 30 bytes come name and content, and all of it before the directory.
    let end = local.checked_add(30 + name.len() as u64).and_then(|start| start.checked_add(stored));
    if end.is_none_or(|end| end > directory) || (method == 0 && stored != size) {
        let text = err!(Corrupt, "entry '{}' claims {stored} bytes at {local}, outside of the archive", shown());
        return Some(Err(text));
    }
    let place = ((at + HEADER) as u32, lengths[0]);
    let entry = Entry { name: place, header: local, size, stored, crc: u32_at(header, 16)?, deflated: method == 8 };
    Some(Ok((entry, next)))
}

/// The values of the 64-bit extra field.
fn wide_values(mut extra: &[u8]) -> impl Iterator<Item = u64> {
    let mut found: &[u8] = &[];
    while let (Some(id), Some(length)) = (u16_at(extra, 0), u16_at(extra, 2)) {
        let Some(field) = extra.get(4..4 + usize::from(length)) else { break };
        if id == 1 {
            found = field;
            break;
        }
        extra = &extra[4 + field.len()..];
    }
    found.as_chunks::<8>().0.iter().map(|eight| u64::from_le_bytes(*eight))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::zarr::zip_writer::ZipWriter;

    fn archive() -> Vec<u8> {
        archive_with(u64::from(u32::MAX), u64::from(u16::MAX))
    }

    /// The same with fields of 64 bits, where values are at least `large` or entries at least `many`.
    fn archive_with(large: u64, many: u64) -> Vec<u8> {
        let mut out = Vec::new();
        let mut zip = ZipWriter::with_limits(&mut out, large, many);
        for (name, bytes) in [("b/0", &b"chunk"[..]), ("a/.zarray", b"{}"), (".zgroup", b"{}"), ("a/.zarray", b"{ }")] {
            zip.stored("", name, bytes, 1).unwrap();
        }
        zip.deflated("", ".zmetadata", &[b'x'; 300]).unwrap();
        zip.finish().unwrap();
        out
    }

    fn parse(bytes: &[u8]) -> Result<Directory> {
        let tail = &bytes[bytes.len() - bytes.len().min(TAIL as usize)..];
        let slice = |start: u64, length: u64| {
            let range = start.checked_add(length).and_then(|end| bytes.get(start as usize..end as usize));
            range.map(<[u8]>::to_vec).ok_or_else(|| err!(Corrupt, "cut"))
        };
        let place = Place::find(tail, bytes.len() as u64, |start| slice(start, Place::END64))?;
        Directory::parse(slice(place.start, place.length)?, place)
    }

    #[test]
    fn entries_are_found_by_name_and_the_last_of_a_name_counts() {
        let directory = parse(&archive()).unwrap();
        let names: Vec<&str> = directory.entries().iter().map(|entry| directory.name(entry)).collect();
        assert_eq!(names, [".zgroup", ".zmetadata", "a/.zarray", "b/0"]);
        assert_eq!(directory.get("a/", ".zarray").map(|entry| entry.size), Some(3));
        assert!(directory.get("a/", ".zattrs").is_none() && directory.get("", "b").is_none());
        assert_eq!(directory.below("b/").len(), 1);
        assert!(directory.get("", ".zmetadata").is_some_and(|entry| entry.deflated && entry.size == 300));
    }

    #[test]
    fn wide_fields_say_what_narrow_ones_do() {
        let narrow = parse(&archive()).unwrap();
        for (large, many) in [(u64::from(u32::MAX), 2), (4, u64::from(u16::MAX)), (0, 0)] {
            let wide = parse(&archive_with(large, many)).unwrap();
            assert_eq!(wide.entries().len(), narrow.entries().len());
            for (a, b) in wide.entries().iter().zip(narrow.entries()) {
                assert_eq!((wide.name(a), a.size, a.stored, a.crc), (narrow.name(b), b.size, b.stored, b.crc));
            }
        }
    }

    #[test]
    fn no_byte_and_no_cut_makes_an_entry_that_leaves_the_archive() {
        no_byte_and_no_cut(&archive());
        no_byte_and_no_cut(&archive_with(4, 2));
    }

    fn no_byte_and_no_cut(whole: &[u8]) {
        let check = |bytes: &[u8]| {
            let Ok(directory) = parse(bytes) else { return };
            for entry in directory.entries() {
                assert!(entry.header + 30 + entry.stored <= bytes.len() as u64, "{entry:?}");
                assert!(!directory.name(entry).is_empty() || entry.name.1 == 0);
            }
        };
        for length in 0..whole.len() {
            check(&whole[..length]);
        }
        for at in 0..whole.len() {
            for value in [0, 1, 0x7f, 0x80, 0xff, whole[at] ^ 1] {
                let mut bytes = whole.to_vec();
                bytes[at] = value;
                check(&bytes);
            }
        }
    }
}
