//! Writing a ZIP file, entry after entry, from bytes that are all there.
//!
//! Sizes and CRC-32 are known before an entry begins, so that nothing is patched afterwards and no entry needs a data
//! descriptor. Small entries gather in one buffer, which is written once when the archive is small; large ones go past
//! it. Times are those of an empty clock, so that the same entries give the same bytes. Fields of 64 bits are written
//! only where one of 32 does not hold the value. A content may be aligned, by an extra field before it that readers pass
//! over. Source: PKWARE's APPNOTE.TXT 6.3.10, 4.3.7 (local header), 4.3.12 (central directory), 4.3.14 to 4.3.16 (its
//! ends), 4.5.1 (extra fields), 4.5.3 (64-bit sizes); for the alignment, `zipalign` of Android.
//!
//! It knows neither nodes nor stores, and does not look for names that come twice.

use super::zip_reader::MARK;
use std::cell::RefCell;
use std::io::{self, Write};

use super::zip_deflate::deflate;

/// Up to about this size an archive is put together in memory and written at once.
const GATHERED: usize = 64 << 20;
/// Entries from this size on are not copied into the buffer.
const THROUGH: usize = 1 << 20;
/// Regular file, `rw-r--r--`, in the half of the external attributes that Unix uses.
const MODE: u32 = 0o100_644 << 16;
/// 1 January 1980, the first day there is.
const DATE: u16 = 0x0021;
/// Names are UTF-8.
const UTF8: u16 = 1 << 11;

/// An archive that is being written.
pub struct ZipWriter<W: Write> {
    out: W,
    buffer: Vec<u8>,
    /// Bytes that have left the buffer.
    written: u64,
    central: Vec<u8>,
    entries: u64,
    /// The first value that a field of 32 bits does not hold.
    large: u64,
    /// The first number of entries that 16 bits do not hold.
    many: u64,
}

impl<W: Write> ZipWriter<W> {
    /// An archive of about `size` bytes.
    pub fn new(out: W, size: usize) -> Self {
        let mut buffer = BUFFER.try_with(RefCell::take).unwrap_or_default();
        buffer.clear();
        buffer.reserve(size.min(GATHERED));
        Self {
            out,
            buffer,
            written: 0,
            central: Vec::new(),
            entries: 0,
            large: u64::from(u32::MAX),
            many: u64::from(u16::MAX),
        }
    }

    /// An archive that takes values from `large` on, and numbers of entries from `many` on, for too large for the narrow
    /// fields.
    #[cfg(test)]
    pub fn with_limits(out: W, large: u64, many: u64) -> Self {
        Self { large, many, ..Self::new(out, 0) }
    }

    /// Adds an entry as it is, under the name `prefix` + `name`, and gives its CRC-32. The bytes begin at a multiple of
    /// `alignment` in the archive, a power of two up to 32768.
    ///
    /// # Errors
    /// Of the writer below.
    pub fn stored(&mut self, prefix: &str, name: &str, bytes: &[u8], alignment: u64) -> io::Result<u32> {
        let crc = crc32fast::hash(bytes);
        self.entry(prefix, name, bytes, Content { size: bytes.len() as u64, crc, method: 0, alignment })?;
        Ok(crc)
    }

    /// Adds an entry as it is, whose CRC-32 is known.
    ///
    /// # Errors
    /// Of the writer below.
    #[cfg(feature = "dataset")]
    pub fn stored_with(&mut self, prefix: &str, name: &str, bytes: &[u8], crc: u32, alignment: u64) -> io::Result<()> {
        self.entry(prefix, name, bytes, Content { size: bytes.len() as u64, crc, method: 0, alignment })
    }

    /// Goes on behind an entry that was written before, by a writer that is no more, and gives where its content begins.
    /// Nothing may have been written but such entries, in their order and with the same names and alignments.
    ///
    /// # Errors
    /// `InvalidInput` for a name that is too long.
    #[cfg(feature = "dataset")]
    pub fn skip(&mut self, prefix: &str, name: &str, size: u64, crc: u32, alignment: u64) -> io::Result<u64> {
        self.head(prefix, name, size, Content { size, crc, method: 0, alignment })?;
        let content = self.written + self.buffer.len() as u64;
        self.buffer.clear();
        self.written = content + size;
        Ok(content)
    }

    /// The bytes of all that was added.
    #[cfg(feature = "dataset")]
    pub fn length(&self) -> u64 {
        self.written + self.buffer.len() as u64
    }

    /// Adds an entry deflated, under the name `prefix` + `name`, and gives its CRC-32.
    ///
    /// # Errors
    /// Of the writer below.
    pub fn deflated(&mut self, prefix: &str, name: &str, bytes: &[u8]) -> io::Result<u32> {
        let crc = crc32fast::hash(bytes);
        let content = Content { size: bytes.len() as u64, crc, method: 8, alignment: 1 };
        self.entry(prefix, name, &deflate(bytes), content).map(|()| crc)
    }

    fn entry(&mut self, prefix: &str, name: &str, bytes: &[u8], content: Content) -> io::Result<()> {
        self.head(prefix, name, bytes.len() as u64, content)?;
        self.append(bytes)
    }

    /// Adds the header of an entry of `stored` bytes, and its line in the directory.
    fn head(&mut self, prefix: &str, name: &str, stored: u64, content: Content) -> io::Result<()> {
        let Content { size, crc, method, alignment } = content;
        let offset = self.written + self.buffer.len() as u64;
        let name_length = u16::try_from(prefix.len() + name.len())
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "a name of more than 65535 bytes"))?;
        let wide = size >= self.large || stored >= self.large;
        let far = offset >= self.large;
        let version: u16 = if wide || far { 45 } else { 20 };
        let narrow = |value: u64, is_wide: bool| if is_wide { u32::MAX } else { value as u32 };
        let wide_field = if wide { WIDE_FIELD } else { 0 };
        let padding = padding(offset + 30 + u64::from(name_length) + u64::from(wide_field), alignment);

        let head = &mut self.buffer;
        head.extend_from_slice(b"PK\x03\x04");
        let common = |out: &mut Vec<u8>, extra: u16| {
            out.extend_from_slice(&version.to_le_bytes());
            out.extend_from_slice(&UTF8.to_le_bytes());
            out.extend_from_slice(&method.to_le_bytes());
            out.extend_from_slice(&0u16.to_le_bytes());
            out.extend_from_slice(&DATE.to_le_bytes());
            out.extend_from_slice(&crc.to_le_bytes());
            out.extend_from_slice(&narrow(stored, wide).to_le_bytes());
            out.extend_from_slice(&narrow(size, wide).to_le_bytes());
            out.extend_from_slice(&name_length.to_le_bytes());
            out.extend_from_slice(&extra.to_le_bytes());
        };
        common(head, wide_field + padding);
        head.extend_from_slice(prefix.as_bytes());
        head.extend_from_slice(name.as_bytes());
        if wide {
            extra_field(head, &[size, stored]);
        }
        alignment_field(head, padding, alignment);

        let wide_values: &[u64] = match (wide, far) {
            (false, false) => &[],
            (false, true) => &[offset],
            (true, false) => &[size, stored],
            (true, true) => &[size, stored, offset],
        };
        let central = &mut self.central;
        central.extend_from_slice(b"PK\x01\x02");
        central.extend_from_slice(&(version | 3 << 8).to_le_bytes());
        common(central, if wide_values.is_empty() { 0 } else { 4 + 8 * wide_values.len() as u16 });
        // No comment, first disk, no internal attributes.
        central.extend_from_slice(&[0; 6]);
        central.extend_from_slice(&MODE.to_le_bytes());
        central.extend_from_slice(&narrow(offset, far).to_le_bytes());
        central.extend_from_slice(prefix.as_bytes());
        central.extend_from_slice(name.as_bytes());
        if !wide_values.is_empty() {
            extra_field(central, wide_values);
        }
        self.entries += 1;
        Ok(())
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let gathered = self.written == 0 && self.buffer.len() + bytes.len() <= GATHERED;
        if gathered || bytes.len() < THROUGH {
            self.buffer.extend_from_slice(bytes);
            return if gathered || self.buffer.len() < THROUGH { Ok(()) } else { self.flush() };
        }
        self.flush()?;
        self.out.write_all(bytes)?;
        self.written += bytes.len() as u64;
        Ok(())
    }

    /// Hands everything so far to the writer below.
    ///
    /// # Errors
    /// Of the writer below.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.write_all(&self.buffer)?;
        self.written += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }

    /// Writes the directory and gives the size of the archive.
    ///
    /// # Errors
    /// Of the writer below.
    pub fn finish(self) -> io::Result<u64> {
        self.finish_into().map(|(size, _)| size)
    }

    /// As [`ZipWriter::finish`], and gives the writer below back.
    ///
    /// # Errors
    /// Of the writer below.
    pub fn finish_into(mut self) -> io::Result<(u64, W)> {
        let start = self.written + self.buffer.len() as u64;
        let size = self.central.len() as u64;
        let central = std::mem::take(&mut self.central);
        self.append(&central)?;
        let wide = start >= self.large || size >= self.large || self.entries >= self.many;
        let end = &mut self.buffer;
        if wide {
            end.extend_from_slice(b"PK\x06\x06");
            end.extend_from_slice(&44u64.to_le_bytes());
            end.extend_from_slice(&(45u16 | 3 << 8).to_le_bytes());
            end.extend_from_slice(&45u16.to_le_bytes());
            end.extend_from_slice(&[0; 8]);
            for value in [self.entries, self.entries, size, start] {
                end.extend_from_slice(&value.to_le_bytes());
            }
            end.extend_from_slice(b"PK\x06\x07");
            end.extend_from_slice(&0u32.to_le_bytes());
            end.extend_from_slice(&(start + size).to_le_bytes());
            end.extend_from_slice(&1u32.to_le_bytes());
        }
        let entries = if wide { u16::MAX } else { self.entries as u16 };
        end.extend_from_slice(b"PK\x05\x06\0\0\0\0");
        end.extend_from_slice(&entries.to_le_bytes());
        end.extend_from_slice(&entries.to_le_bytes());
        end.extend_from_slice(&(if wide { u32::MAX } else { size as u32 }).to_le_bytes());
        end.extend_from_slice(&(if wide { u32::MAX } else { start as u32 }).to_le_bytes());
        end.extend_from_slice(&(MARK.len() as u16).to_le_bytes());
        end.extend_from_slice(MARK);
        self.flush()?;
        self.out.flush()?;
        if self.buffer.capacity() <= KEPT {
            // A thread that is ending has no place for it any more.
            let _ = BUFFER.try_with(|cell| cell.replace(std::mem::take(&mut self.buffer)));
        }
        Ok((self.written, self.out))
    }
}

/// What a thread keeps of a buffer.
const KEPT: usize = 1 << 20;

thread_local! {
    /// The buffer of the archive before: memory of this size goes back to the kernel when it is freed, and comes back
    /// page by page.
    static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// What an entry says of its content.
struct Content {
    size: u64,
    crc: u32,
    method: u16,
    alignment: u64,
}

/// The bytes of an extra field with both sizes in 64 bits.
const WIDE_FIELD: u16 = 20;
/// The extra field that only takes up room, as zipalign of Android writes it: the alignment in 16 bits, then zeros.
const ALIGNMENT_FIELD: u16 = 0xd935;
/// Its least length: what every extra field begins with, and the alignment.
const ALIGNMENT_LEAST: u64 = 6;

/// The length of the extra field that brings a content, which would begin at `at`, to the next multiple of `alignment`;
/// 0 where none is needed.
fn padding(at: u64, alignment: u64) -> u16 {
    match at % alignment.max(1) {
        0 => 0,
        _ => ((at + ALIGNMENT_LEAST).next_multiple_of(alignment) - at) as u16,
    }
}

/// Adds an extra field of so many bytes in all.
fn alignment_field(out: &mut Vec<u8>, length: u16, alignment: u64) {
    if let Some(zeros) = u64::from(length).checked_sub(ALIGNMENT_LEAST) {
        out.extend_from_slice(&ALIGNMENT_FIELD.to_le_bytes());
        out.extend_from_slice(&(length - 4).to_le_bytes());
        out.extend_from_slice(&(alignment as u16).to_le_bytes());
        out.resize(out.len() + zeros as usize, 0);
    }
}

/// The extra field with sizes and offset of 64 bits.
fn extra_field(out: &mut Vec<u8>, values: &[u64]) {
    out.extend_from_slice(&1u16.to_le_bytes());
    out.extend_from_slice(&(8 * values.len() as u16).to_le_bytes());
    for value in values {
        out.extend_from_slice(&value.to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    /// The archive as the zip crate reads it.
    fn read(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
        let mut zip = zip::ZipArchive::new(io::Cursor::new(bytes)).unwrap();
        (0..zip.len())
            .map(|index| {
                let mut entry = zip.by_index(index).unwrap();
                let mut content = Vec::new();
                entry.read_to_end(&mut content).unwrap();
                (entry.name().unwrap().into_owned(), content)
            })
            .collect()
    }

    fn write(large: u64, many: u64, entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut zip = ZipWriter::with_limits(&mut out, large, many);
        for (name, bytes) in entries {
            zip.stored("g/", name, bytes, 1).unwrap();
        }
        zip.deflated("", "text", &b"again and ".repeat(100)).unwrap();
        let size = zip.finish().unwrap();
        assert_eq!(size, out.len() as u64);
        out
    }

    #[test]
    fn another_reader_finds_every_entry_in_narrow_and_wide_form() {
        let large: Vec<u8> = (0..3000u32).flat_map(u32::to_le_bytes).collect();
        let entries: [(&str, &[u8]); 4] = [("empty", b""), ("naïve", b"abc"), ("large", &large), ("last", b"z")];
        let narrow = write(u64::from(u32::MAX), u64::from(u16::MAX), &entries);
        // Sizes, offsets and the number of entries each beyond their narrow field.
        for (limit, many) in [(u64::from(u32::MAX), 3), (4000, u64::from(u16::MAX)), (2, 2)] {
            let wide = write(limit, many, &entries);
            assert!(wide.len() > narrow.len());
            assert_eq!(read(&wide), read(&narrow), "{limit} {many}");
        }
        let found = read(&narrow);
        assert_eq!(found.len(), 5);
        for ((name, bytes), (found_name, found_bytes)) in entries.iter().zip(&found) {
            assert_eq!((format!("g/{name}"), *bytes), (found_name.clone(), found_bytes.as_slice()));
        }
        assert_eq!(found[4].1, b"again and ".repeat(100));
        assert!(narrow.len() < 2 * large.len());
    }

    #[test]
    fn entries_beyond_the_buffer_are_written_in_their_order() {
        let big = vec![7u8; GATHERED / 3];
        let mut out = Vec::new();
        let mut zip = ZipWriter::new(&mut out, 0);
        for index in 0..5u8 {
            zip.stored("", &format!("{index}"), &big, 1).unwrap();
            zip.stored("", &format!("{index}s"), &[index; 100], 1).unwrap();
        }
        assert_eq!(zip.finish().unwrap(), out.len() as u64);
        let found = read(&out);
        assert_eq!(found.len(), 10);
        assert!(found.iter().step_by(2).all(|(_, bytes)| *bytes == big));
        assert_eq!(found[9], ("4s".to_owned(), vec![4; 100]));
    }
}
