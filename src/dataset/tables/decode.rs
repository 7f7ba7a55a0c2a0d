//! A column of a Parquet file as an array of one of the four types.
//!
//! Invariant: memory is bounded by the rows of the table and the bytes of its pages, whatever the pages say. A text is
//! copied once for each time that it is stored: rows that have the same entry of a dictionary share it. Of a dictionary of
//! more than a million entries a text may be copied again; all copies together are bounded too.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::builder::make_view;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType, BooleanArray, PrimitiveArray, StringViewArray};
use arrow_buffer::{BooleanBuffer, BooleanBufferBuilder, Buffer, NullBuffer, NullBufferBuilder, ScalarBuffer};
use bytes::Bytes;
use parquet::column::reader::ColumnReaderImpl;
use parquet::data_type::{self, ByteArray, ByteArrayType, DataType};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::ParquetMetaData;
use parquet::file::serialized_reader::SerializedPageReader;

use super::guard::MAX_COLUMN;
use super::stored::Stored;
use super::write::GROUP_ROWS;

/// Bytes of a block of texts; a longer text has one for itself.
const BLOCK: usize = 1 << 20;
/// Texts of which it is known that they were copied: enough for any dictionary that pays.
const KNOWN: usize = 1 << 20;
/// Texts up to this length lie in the view itself.
const INLINE: usize = 12;

/// A column that is decoded.
pub struct Encoded<'a> {
    pub bytes: &'a Bytes,
    pub metadata: &'a ParquetMetaData,
    pub index: usize,
    /// The rows that are wanted; all without.
    pub chosen: Option<&'a BooleanArray>,
}

impl Encoded<'_> {
    /// The cells in the wanted rows, as many as there are.
    pub fn decode(&self, stored: Stored) -> Result<ArrayRef> {
        Ok(match stored {
            Stored::Int32 => self.numbers::<data_type::Int32Type, Int64Type>(|&value| Ok(i64::from(value)))?,
            Stored::UInt32 => self.numbers::<data_type::Int32Type, Int64Type>(|&value| Ok(i64::from(value as u32)))?,
            Stored::Int64 => self.numbers::<data_type::Int64Type, Int64Type>(|&value| Ok(value))?,
            Stored::UInt64 => self.numbers::<data_type::Int64Type, Int64Type>(|&value| match value {
                0.. => Ok(value),
                _ => Err(bad(&format!("{} is beyond int64", value as u64))),
            })?,
            Stored::Float => self.numbers::<data_type::FloatType, Float64Type>(|&value| Ok(f64::from(value)))?,
            Stored::Double => self.numbers::<data_type::DoubleType, Float64Type>(|&value| Ok(value))?,
            Stored::Bool => self.flags()?,
            Stored::Text => self.texts()?,
        })
    }

    fn numbers<T: DataType, P: ArrowPrimitiveType>(&self, of: fn(&T::T) -> Result<P::Native>) -> Result<ArrayRef> {
        let mut values: Vec<P::Native> = Vec::new();
        let mut nulls = NullBufferBuilder::new(0);
        self.each::<T>(&mut |cell| {
            nulls.append(cell.is_some());
            values.push(cell.map(of).transpose()?.unwrap_or_default());
            Ok(())
        })?;
        Ok(Arc::new(PrimitiveArray::<P>::new(values.into(), nulls.finish())))
    }

    fn flags(&self) -> Result<ArrayRef> {
        let mut values = BooleanBufferBuilder::new(0);
        let mut nulls = NullBufferBuilder::new(0);
        self.each::<data_type::BoolType>(&mut |cell| {
            nulls.append(cell.is_some());
            values.append(cell.copied().unwrap_or_default());
            Ok(())
        })?;
        Ok(Arc::new(BooleanArray::new(values.finish(), nulls.finish())))
    }

    fn texts(&self) -> Result<ArrayRef> {
        let mut texts = Texts { most: MAX_COLUMN, ..Texts::default() };
        let mut nulls = NullBufferBuilder::new(0);
        self.each::<ByteArrayType>(&mut |cell| {
            nulls.append(cell.is_some());
            match cell {
                Some(text) => texts.push(text),
                None => {
                    texts.views.push(0);
                    Ok(())
                }
            }
        })?;
        Ok(Arc::new(texts.finish(nulls.finish())))
    }

    /// Visits the cells in the wanted rows. Row groups without one are passed over, and pages are not decompressed.
    fn each<T: DataType>(&self, visit: &mut dyn FnMut(Option<&T::T>) -> Result<()>) -> Result<()> {
        let wanted = self.chosen.map(wanted);
        let file = Arc::new(self.bytes.clone());
        let mut first = 0;
        for group in self.metadata.row_groups() {
            let rows = usize::try_from(group.num_rows()).map_err(|_| bad("a row group of less than no rows"))?;
            let runs: Vec<(usize, usize)> = match &wanted {
                None => vec![(0, rows)],
                Some(wanted) => wanted.slice(first, rows.min(wanted.len() - first)).set_slices().collect(),
            };
            first += rows;
            if runs.is_empty() {
                continue;
            }
            let column = group.column(self.index);
            let pages = SerializedPageReader::new(file.clone(), column, rows, None)?;
            let mut reader = ColumnReaderImpl::<T>::new(column.column_descr_ptr(), Box::new(pages));
            let optional = column.column_descr().max_def_level() > 0;
            let mut at = 0;
            for (start, end) in runs {
                reader.skip_records(start - at)?;
                run(&mut reader, end - start, optional, visit)?;
                at = end;
            }
        }
        Ok(())
    }
}

/// Visits the next cells, in batches of a bounded size.
fn run<T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    mut count: usize,
    optional: bool,
    visit: &mut dyn FnMut(Option<&T::T>) -> Result<()>,
) -> Result<()> {
    let (mut values, mut levels) = (Vec::new(), Vec::new());
    while count > 0 {
        values.clear();
        levels.clear();
        let (read, _, _) =
            reader.read_records(count.min(GROUP_ROWS), optional.then_some(&mut levels), None, &mut values)?;
        if read == 0 {
            return Ok(());
        }
        count = count.saturating_sub(read);
        if !optional {
            values.iter().try_for_each(|value| visit(Some(value)))?;
            continue;
        }
        let mut values = values.iter();
        for &level in &levels {
            let cell = match level {
                0 => None,
                _ => Some(values.next().ok_or_else(|| bad("a page with fewer values than it says"))?),
            };
            visit(cell)?;
        }
    }
    Ok(())
}

/// The rows that a filter lets through.
fn wanted(chosen: &BooleanArray) -> BooleanBuffer {
    match chosen.nulls() {
        Some(nulls) => chosen.values() & nulls.inner(),
        None => chosen.values().clone(),
    }
}

/// Views of texts, and the blocks that they look into.
#[derive(Default)]
struct Texts {
    views: Vec<u128>,
    blocks: Vec<Buffer>,
    block: Vec<u8>,
    /// Bytes in all blocks, and how many there may be.
    copied: u64,
    most: u64,
    /// The views by where the text lies in a page. The texts are kept, so that nothing else comes to lie there.
    known: HashMap<usize, (ByteArray, u128)>,
}

impl Texts {
    fn push(&mut self, text: &ByteArray) -> Result<()> {
        let data = text.data();
        let view = match data.len() {
            0..=INLINE => make_view(valid(data)?, 0, 0),
            _ => match self.known.get(&(data.as_ptr() as usize)) {
                Some((known, view)) if known.len() == data.len() => *view,
                _ => {
                    let view = self.copy(valid(data)?)?;
                    if self.known.len() == KNOWN {
                        self.known.clear();
                    }
                    self.known.insert(data.as_ptr() as usize, (text.clone(), view));
                    view
                }
            },
        };
        self.views.push(view);
        Ok(())
    }

    /// The view of a text that is put into a block.
    fn copy(&mut self, text: &[u8]) -> Result<u128> {
        self.copied += text.len() as u64;
        if self.copied > self.most {
            return Err(bad(&format!("texts of more than {} bytes in a column", self.most)));
        }
        if self.block.len() + text.len() > BLOCK {
            self.close();
        }
        let view = make_view(text, self.blocks.len() as u32, self.block.len() as u32);
        self.block.extend_from_slice(text);
        Ok(view)
    }

    fn close(&mut self) {
        if !self.block.is_empty() {
            self.blocks.push(Buffer::from_vec(std::mem::take(&mut self.block)));
        }
    }

    fn finish(mut self, nulls: Option<NullBuffer>) -> StringViewArray {
        self.close();
        // SAFETY: each view was made of a text that is UTF-8, which lies inline or in the block and at the place that the view
        // says; a null has the view of an empty text. `nulls` has an entry a view, for both are appended together.
        unsafe { StringViewArray::new_unchecked(ScalarBuffer::from(self.views), self.blocks.into(), nulls) }
    }
}

fn valid(text: &[u8]) -> Result<&[u8]> {
    match std::str::from_utf8(text) {
        Ok(_) => Ok(text),
        Err(e) => Err(bad(&format!("a text is no UTF-8: {e}"))),
    }
}

fn bad(text: &str) -> ParquetError {
    ParquetError::General(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_of_texts_are_bounded_and_shared_ones_count_once() {
        let mut texts = Texts { most: 100, ..Texts::default() };
        let shared = ByteArray::from("x".repeat(60).into_bytes());
        (0..1000).for_each(|_| texts.push(&shared).unwrap());
        let error = texts.push(&ByteArray::from("y".repeat(60).into_bytes())).unwrap_err();
        assert!(error.to_string().contains("more than 100 bytes"), "{error}");
    }

    #[test]
    fn texts_are_where_their_views_say() {
        let mut texts = Texts { most: u64::MAX, ..Texts::default() };
        let block = "b".repeat(BLOCK - 8);
        let all = ["", "short", "longer than what lies inline", &block, "the first of the next block"];
        all.iter().for_each(|text| texts.push(&ByteArray::from(text.as_bytes().to_vec())).unwrap());
        assert!(texts.push(&ByteArray::from(vec![b'a', 0xff])).is_err());
        let array = texts.finish(None);
        assert!(array.iter().flatten().eq(all) && array.data_buffers().len() == 3);
    }
}
