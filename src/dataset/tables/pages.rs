//! What the pages of a column claim to be, checked before anything is decoded.
//!
//! A page header says how many bytes the page has once it is decompressed, and the reader takes as much memory before it
//! looks at them. So the headers of a column are walked first: each page lies inside its column, Snappy cannot claim more
//! than Snappy can hold, and the pages together stay below a bound. The headers are Thrift structs in the compact protocol.

use parquet::basic::Compression;
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::ParquetMetaData;

use super::guard::MAX_ROWS;

/// The most that Snappy makes of a byte: copies of 64 bytes take three.
const SNAPPY_RATIO: u64 = 24;
/// Structs in structs in a header.
const MAX_DEPTH: usize = 16;

/// Checks the pages of a column in every row group, which decode to so many bytes at most.
pub fn check(bytes: &[u8], metadata: &ParquetMetaData, index: usize, most: u64) -> Result<()> {
    let mut decoded = 0u64;
    for group in metadata.row_groups() {
        let column = group.column(index);
        let (start, length) = column.byte_range();
        let end = start.checked_add(length).filter(|&end| end <= bytes.len() as u64);
        let end = end.ok_or_else(|| bad("a column leaves the file"))?;
        let mut rest = &bytes[start as usize..end as usize];
        while !rest.is_empty() {
            let (header, behind) = Header::read(rest)?;
            let page = behind.get(..header.compressed as usize).ok_or_else(|| bad("a page leaves its column"))?;
            rest = &behind[page.len()..];
            let claimed = match column.compression() {
                Compression::UNCOMPRESSED => header.uncompressed.max(header.compressed),
                Compression::SNAPPY if header.uncompressed > header.compressed * SNAPPY_RATIO + 64 => {
                    return Err(bad("a page claims more bytes than it can hold"));
                }
                _ => header.uncompressed,
            };
            // The reader makes an entry of each before it looks at them.
            if header.entries > MAX_ROWS.min(header.uncompressed) {
                return Err(bad("a dictionary claims more entries than it can hold"));
            }
            decoded = decoded.saturating_add(claimed);
            if decoded > most {
                return Err(bad(&format!("a column of more than {most} bytes")));
            }
        }
    }
    Ok(())
}

struct Header {
    uncompressed: u64,
    compressed: u64,
    /// The entries of a dictionary.
    entries: u64,
}

impl Header {
    /// The header that bytes begin with, and what follows it.
    fn read(bytes: &[u8]) -> Result<(Self, &[u8])> {
        let mut input = Input(bytes);
        let mut sizes = [None; 2];
        let mut entries = 0;
        let mut id = 0i64;
        while let Some(kind) = input.field(&mut id)? {
            match (id, kind) {
                (2 | 3, 5) => sizes[(id - 2) as usize] = Some(input.zigzag()?),
                (7, 12) => entries = input.entries()?.max(entries),
                _ => input.skip(kind, MAX_DEPTH)?,
            }
        }
        let size = |size: Option<i64>| size.and_then(|size| u64::try_from(size).ok());
        let size = |at: usize| size(sizes[at]).ok_or_else(|| bad("a page without a size"));
        Ok((Self { uncompressed: size(0)?, compressed: size(1)?, entries }, input.0))
    }
}

/// Thrift in the compact protocol.
struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn byte(&mut self) -> Result<u8> {
        let (first, rest) = self.0.split_first().ok_or_else(|| bad("a page header is cut off"))?;
        self.0 = rest;
        Ok(*first)
    }

    fn varint(&mut self) -> Result<u64> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(bad("a number in a page header is too long"))
    }

    fn zigzag(&mut self) -> Result<i64> {
        let value = self.varint()?;
        Ok((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    /// The entries that the header of a dictionary page claims, as the reader understands it.
    fn entries(&mut self) -> Result<u64> {
        let mut entries = 0;
        let mut id = 0i64;
        while let Some(kind) = self.field(&mut id)? {
            match (id, kind) {
                (1, 5) => entries = u64::from(self.zigzag()? as u32).max(entries),
                _ => self.skip(kind, MAX_DEPTH)?,
            }
        }
        Ok(entries)
    }

    /// The type of the next field of a struct, whose number `id` becomes; `None` at the end.
    fn field(&mut self, id: &mut i64) -> Result<Option<u8>> {
        let byte = self.byte()?;
        if byte == 0 {
            return Ok(None);
        }
        *id = match byte >> 4 {
            0 => self.zigzag()?,
            delta => id.saturating_add(i64::from(delta)),
        };
        Ok(Some(byte & 0x0f))
    }

    fn pass(&mut self, count: u64) -> Result<()> {
        let count = usize::try_from(count).ok().filter(|&count| count <= self.0.len());
        self.0 = &self.0[count.ok_or_else(|| bad("a page header is cut off"))?..];
        Ok(())
    }

    fn skip(&mut self, kind: u8, depth: usize) -> Result<()> {
        let depth = depth.checked_sub(1).ok_or_else(|| bad("a page header is nested too deep"))?;
        match kind {
            1 | 2 => Ok(()),
            3 => self.pass(1),
            4..=6 => self.varint().map(drop),
            7 => self.pass(8),
            8 => {
                let length = self.varint()?;
                self.pass(length)
            }
            12 => {
                let mut id = 0;
                while let Some(kind) = self.field(&mut id)? {
                    self.skip(kind, depth)?;
                }
                Ok(())
            }
            _ => Err(bad("a page header has a field that no page has")),
        }
    }
}

fn bad(text: &str) -> ParquetError {
    ParquetError::General(text.to_owned())
}
