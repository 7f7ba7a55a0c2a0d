//! A merged array on its way: the chunks that are being filled, and the memory that each file fills in them.
//!
//! Invariant: rows are filled in their order, so the chunks that are open are the ones around the row that comes next, and
//! every row before it is filled.

use std::collections::VecDeque;
use std::ops::Range;

use crate::backend::zarr::bulk::BulkArray;
use crate::error::{Result, err};
use crate::value::DType;

/// The elements of a chunk.
#[derive(Debug)]
pub enum Buffer {
    /// Of fixed size.
    Bytes(Vec<u8>),
    /// Strings.
    Strings(Vec<String>),
}

/// Memory that one file fills, in pieces where it lies in several chunks.
pub enum Target<'b> {
    /// Elements of fixed size.
    Bytes(Vec<&'b mut [u8]>),
    /// Strings.
    Strings(Vec<&'b mut [String]>),
}

/// A chunk that is filled.
#[derive(Debug)]
pub struct Full {
    /// Its number.
    pub chunk: u64,
    /// Its rows that are in the array; those behind them are zero.
    pub rows: u64,
    /// Its elements.
    pub buffer: Buffer,
}

/// The chunks of an array that are being filled.
#[derive(Debug)]
pub struct Column {
    /// Rows of a chunk.
    chunk_rows: u64,
    /// Elements of a row.
    row: usize,
    /// Bytes of an element; 0 for strings.
    size: usize,
    /// The rows of the array.
    total: u64,
    /// The rows that are written.
    rows: Range<u64>,
    /// The row that comes next.
    at: u64,
    open: VecDeque<(u64, Buffer)>,
    /// Memory of chunks that are done with.
    spare: Vec<Buffer>,
}

impl Column {
    /// The column of these chunks of an array.
    ///
    /// # Errors
    /// `NoMemory` when a chunk exceeds what can be addressed.
    pub fn new(array: &BulkArray, chunks: (u64, u64)) -> Result<Self> {
        let shape = array.chunk_shape();
        let size = if array.dtype() == DType::String { 0 } else { array.dtype().size() };
        let row = shape.iter().skip(1).try_fold(1u64, |n, &length| n.checked_mul(length));
        let too_large = || err!(NoMemory, "{}: a chunk of shape {shape:?} exceeds the memory", array.key());
        let row = row.and_then(|row| usize::try_from(row).ok()).ok_or_else(too_large)?;
        let chunk_rows = shape.first().copied().unwrap_or(1);
        let total = array.shape().first().copied().unwrap_or(1);
        let end = chunks.1.saturating_mul(chunk_rows).min(total);
        let start = chunks.0.saturating_mul(chunk_rows).min(end);
        let (open, spare) = (VecDeque::new(), Vec::new());
        Ok(Self { chunk_rows, row, size, total, rows: start..end, at: start, open, spare })
    }

    /// The rows that are written.
    pub fn rows(&self) -> Range<u64> {
        self.rows.clone()
    }

    /// The bytes of a row in memory, about.
    pub fn row_bytes(&self) -> u64 {
        let size = if self.size == 0 { size_of::<String>() } else { self.size };
        (self.row * size) as u64
    }

    /// Opens the chunks up to a row.
    ///
    /// # Errors
    /// `NoMemory`.
    pub fn open_to(&mut self, end: u64) -> Result<()> {
        let end = end.min(self.rows.end);
        // All before it was filled: the last chunk may not be a whole one.
        if self.at >= end {
            return Ok(());
        }
        loop {
            let next = self.open.back().map_or(self.at / self.chunk_rows, |(chunk, _)| chunk + 1);
            if next * self.chunk_rows >= end {
                return Ok(());
            }
            let buffer = match self.spare.pop() {
                Some(spare) => spare,
                None => self.blank()?,
            };
            self.open.push_back((next, buffer));
        }
    }

    fn blank(&self) -> Result<Buffer> {
        let elements = usize::try_from(self.chunk_rows).ok().and_then(|rows| rows.checked_mul(self.row));
        let too_large = || err!(NoMemory, "no memory for a chunk of {} rows", self.chunk_rows);
        let elements = elements.ok_or_else(too_large)?;
        if self.size == 0 {
            return Ok(Buffer::Strings(vec![String::new(); elements]));
        }
        let bytes = elements.checked_mul(self.size).ok_or_else(too_large)?;
        Ok(Buffer::Bytes(vec![0; bytes]))
    }

    /// Hands out the memory of open chunks, from the row that comes next on.
    pub fn carve(&mut self) -> Carver<'_> {
        let before = self.open.front().map_or(0, |(chunk, _)| self.at - chunk * self.chunk_rows) as usize;
        let (row, size) = (self.row, self.size);
        let mut bytes = VecDeque::new();
        let mut strings = VecDeque::new();
        for (place, (_, buffer)) in self.open.iter_mut().enumerate() {
            let skip = if place == 0 { before * row } else { 0 };
            match buffer {
                Buffer::Bytes(memory) => bytes.push_back(&mut memory[skip * size..]),
                Buffer::Strings(memory) => strings.push_back(&mut memory[skip..]),
            }
        }
        Carver { row, size, bytes, strings }
    }

    /// Notes that all rows before `row` are filled, and gives the chunks that are done.
    pub fn fill_to(&mut self, row: u64) -> Vec<Full> {
        self.at = row.clamp(self.at, self.rows.end);
        let mut full = Vec::new();
        while let Some(&(chunk, _)) = self.open.front() {
            let end = ((chunk + 1) * self.chunk_rows).min(self.rows.end);
            if self.at < end {
                break;
            }
            if let Some((chunk, buffer)) = self.open.pop_front() {
                full.push(Full { chunk, rows: (self.total - chunk * self.chunk_rows).min(self.chunk_rows), buffer });
            }
        }
        full
    }

    /// Takes the memory of a chunk back.
    pub fn give_back(&mut self, mut buffer: Buffer) {
        match &mut buffer {
            Buffer::Bytes(bytes) => bytes.fill(0),
            Buffer::Strings(strings) => strings.iter_mut().for_each(String::clear),
        }
        self.spare.push(buffer);
    }
}

/// The memory of open chunks that was not handed out yet.
pub struct Carver<'b> {
    row: usize,
    size: usize,
    bytes: VecDeque<&'b mut [u8]>,
    strings: VecDeque<&'b mut [String]>,
}

impl<'b> Carver<'b> {
    /// The memory of the next rows, which must have been opened.
    pub fn take(&mut self, rows: u64) -> Target<'b> {
        let elements = rows as usize * self.row;
        if self.size == 0 {
            Target::Strings(split(&mut self.strings, elements))
        } else {
            Target::Bytes(split(&mut self.bytes, elements * self.size))
        }
    }
}

/// Takes the first `count` elements of slices that follow one another.
fn split<'b, T>(slices: &mut VecDeque<&'b mut [T]>, mut count: usize) -> Vec<&'b mut [T]> {
    let mut taken = Vec::with_capacity(1);
    while count > 0 {
        let Some(front) = slices.pop_front() else { break };
        let (head, tail) = front.split_at_mut(count.min(front.len()));
        count -= head.len();
        if !head.is_empty() {
            taken.push(head);
        }
        if !tail.is_empty() {
            slices.push_front(tail);
        }
    }
    taken
}
