//! pcodec: numbers as numbers, not as bytes; lossless.
//!
//! numcodecs calls it `pcodec`: a compressor in format 2, the codec that makes bytes of elements in format 3. It knows
//! integers and floats of 16 to 64 bits in native byte order, and no filters before it.
//!
//! Two versions of the crate serve it. What is written is the file format 3 of 0.4.6, the newest that the package of
//! numcodecs reads; what is read goes through 1.1, whose reader bounds what damaged input can make it do and writes into
//! memory of the size of the chunk only. A panic in it is a corrupt chunk. The two tables whose size it takes from the
//! data, up to a quarter of a GiB whatever the number of elements, are held against that number before they are made.

use serde_json::{Value as Json, json};

use crate::error::{Result, err};
use crate::value::DType;

/// How chunks are written; reading needs the type only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pcodec {
    /// 0 to 12.
    pub level: u8,
    /// The type of the numbers; `None` until the array's is known.
    pub dtype: Option<DType>,
}

/// The level when none is given.
pub(super) const DEFAULT_LEVEL: u8 = 8;

/// Whether numbers of a type can be encoded.
pub(super) fn knows(dtype: DType) -> bool {
    let wide = matches!(dtype.size(), 2 | 4 | 8);
    cfg!(feature = "pcodec") && wide && (dtype.is_integer() || matches!(dtype, DType::F16 | DType::F32 | DType::F64))
}

impl Pcodec {
    /// Reads the configuration of numcodecs.
    pub fn parse(json: &Json) -> Self {
        let level = json.get("level").and_then(Json::as_u64).unwrap_or(u64::from(DEFAULT_LEVEL)).min(12) as u8;
        Self { level, dtype: None }
    }

    /// The configuration of numcodecs, with its defaults.
    pub fn json(self) -> Json {
        json!({"id": "pcodec", "level": self.level, "mode_spec": "auto", "delta_spec": "auto",
            "paging_spec": "equal_pages_up_to", "delta_encoding_order": null, "equal_pages_up_to": PAGE})
    }

    fn dtype(self) -> Result<DType> {
        self.dtype.ok_or_else(|| err!(Unsupported, "codec pcodec without a type of numbers"))
    }
}

/// Numbers in a page at most: the default of numcodecs.
const PAGE: usize = 1 << 18;

/// Does something for the type of the numbers.
#[cfg(feature = "pcodec")]
macro_rules! numbers {
    ($dtype:expr, $work:ident($($argument:expr),*)) => {
        match $dtype {
            DType::I16 => $work::<i16>($($argument),*),
            DType::I32 => $work::<i32>($($argument),*),
            DType::I64 => $work::<i64>($($argument),*),
            DType::U16 => $work::<u16>($($argument),*),
            DType::U32 => $work::<u32>($($argument),*),
            DType::U64 => $work::<u64>($($argument),*),
            DType::F16 => $work::<half::f16>($($argument),*),
            DType::F32 => $work::<f32>($($argument),*),
            DType::F64 => $work::<f64>($($argument),*),
            other => Err(err!(Unsupported, "codec pcodec knows no {other}")),
        }
    };
}

#[cfg(feature = "pcodec")]
mod coder {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use pco::data_types::NumberType;
    use pco::metadata::DeltaEncoding;
    use pco::{standalone, wrapped};

    use super::{DType, PAGE, Pcodec, Result, err};
    use crate::error::Error;

    /// The end of a file, where the type of a next chunk would be.
    const END: u8 = 0;
    /// The number of a mode of coding that has a dictionary, in the first bits of a chunk.
    const DICTIONARY: u32 = 4;
    /// The window of any number of elements that writers choose at most.
    const WINDOW: usize = 1 << 15;

    impl Pcodec {
        /// Compresses numbers, replacing what is in `out`.
        pub fn compress(self, source: &[u8], out: &mut Vec<u8>) -> Result<()> {
            numbers!(self.dtype()?, compress(source, usize::from(self.level), out))
        }

        /// Decompresses into `out`, which the numbers must fill exactly.
        pub fn decompress_exact(self, stored: &[u8], out: &mut [u8]) -> Result<()> {
            let dtype = self.dtype()?;
            let wanted = match dtype {
                DType::I16 => NumberType::I16,
                DType::I32 => NumberType::I32,
                DType::I64 => NumberType::I64,
                DType::U16 => NumberType::U16,
                DType::U32 => NumberType::U32,
                DType::U64 => NumberType::U64,
                DType::F16 => NumberType::F16,
                DType::F32 => NumberType::F32,
                _ => NumberType::F64,
            };
            numbers!(dtype, decompress(stored, wanted, out))
        }
    }

    fn compress<T: pco_3::data_types::Number + bytemuck::Pod>(
        source: &[u8],
        level: usize,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        let moved: Vec<T>;
        let numbers: &[T] = match bytemuck::try_cast_slice(source) {
            Ok(numbers) => numbers,
            Err(_) => {
                moved = bytemuck::pod_collect_to_vec(source);
                &moved
            }
        };
        let config = pco_3::ChunkConfig::default()
            .with_compression_level(level)
            .with_paging_spec(pco_3::PagingSpec::EqualPagesUpTo(PAGE));
        *out = pco_3::standalone::simple_compress(numbers, &config).map_err(|e| err!(Codec, "pcodec: {e}"))?;
        Ok(())
    }

    fn decompress<T: pco::data_types::Number + bytemuck::Pod>(
        stored: &[u8],
        wanted: NumberType,
        out: &mut [u8],
    ) -> Result<()> {
        let mut moved: Vec<T> = Vec::new();
        let count = out.len() / size_of::<T>();
        let numbers: &mut [T] = match bytemuck::try_cast_slice_mut::<u8, T>(&mut *out) {
            Ok(numbers) => numbers,
            Err(_) => {
                moved.try_reserve_exact(count).map_err(|_| err!(NoMemory, "no memory for {count} numbers"))?;
                moved.resize(count, T::zeroed());
                &mut moved
            }
        };
        catch_unwind(AssertUnwindSafe(|| chunks(stored, wanted, numbers)))
            .map_err(|_| err!(Corrupt, "pcodec refused the data"))??;
        if !moved.is_empty() {
            out.copy_from_slice(bytemuck::cast_slice(&moved));
        }
        Ok(())
    }

    fn refused(error: &pco::errors::PcoError) -> Error {
        err!(Corrupt, "pcodec: {}", error.message.lines().next().unwrap_or_default())
    }

    /// Decompresses the chunks of a file, which must be exactly the numbers.
    fn chunks<T: pco::data_types::Number>(stored: &[u8], wanted: NumberType, numbers: &mut [T]) -> Result<()> {
        let count = numbers.len();
        let cut = || err!(Corrupt, "pcodec data is truncated");
        let (file, mut rest) = standalone::FileDecompressor::new(stored).map_err(|e| refused(&e))?;
        let reader = inner(stored, rest, &file)?;
        let mut left = numbers;
        loop {
            let (&kind, after) = rest.split_first().ok_or_else(cut)?;
            if kind == END {
                break;
            }
            if kind != wanted as u8 {
                return Err(err!(Corrupt, "pcodec data is of type {kind}, wanted is {wanted:?}"));
            }
            let (n, chunk) = after.split_first_chunk::<3>().ok_or_else(cut)?;
            let n = u32::from_le_bytes([n[0], n[1], n[2], 0]) as usize + 1;
            if n > left.len() {
                return Err(err!(Corrupt, "pcodec data holds more numbers than the chunk, which has {count}"));
            }
            check_dictionary(chunk, n)?;
            let (mut decoder, page) = reader.chunk_decompressor::<T, _>(chunk).map_err(|e| refused(&e))?;
            if let DeltaEncoding::Lookback { config, .. } = &decoder.meta().delta_encoding
                && 1 << config.window_n_log > n.next_power_of_two().max(WINDOW)
            {
                let window = 1u64 << config.window_n_log;
                return Err(err!(Corrupt, "pcodec data looks back {window} numbers, it holds {n}"));
            }
            let (now, later) = left.split_at_mut(n);
            let mut page = decoder.page_decompressor(page, n).map_err(|e| refused(&e))?;
            let progress = page.read(now).map_err(|e| refused(&e))?;
            if !progress.finished || progress.n_processed != n {
                return Err(err!(Corrupt, "pcodec data holds {} numbers, it claims {n}", progress.n_processed));
            }
            (rest, left) = (page.into_src(), later);
        }
        if left.is_empty() {
            return Ok(());
        }
        Err(err!(Corrupt, "pcodec data holds {} numbers, the chunk has {count}", count - left.len()))
    }

    /// The reader of chunks by their parts, of the version that the file states in the last bytes before `rest`.
    fn inner(stored: &[u8], rest: &[u8], file: &standalone::FileDecompressor) -> Result<wrapped::FileDecompressor> {
        let end = stored.len() - rest.len();
        let readers =
            (1..=2).filter_map(|length| wrapped::FileDecompressor::new(&stored[end.checked_sub(length)?..]).ok());
        let mut same = readers
            .filter(|(reader, after)| after.len() == rest.len() && reader.format_version() == file.format_version());
        let (reader, _) = same.next().ok_or_else(|| err!(Corrupt, "pcodec data has no version"))?;
        Ok(reader)
    }

    /// A dictionary of more values than there are numbers is none.
    fn check_dictionary(chunk: &[u8], n: usize) -> Result<()> {
        let Some(head) = chunk.first_chunk::<4>().map(|head| u32::from_le_bytes(*head)) else { return Ok(()) };
        // 4 bits of the mode, then 25 of the length.
        let values = (head >> 4) & ((1 << 25) - 1);
        if head & 15 == DICTIONARY && values as usize > n {
            return Err(err!(Corrupt, "pcodec data has a dictionary of {values} values, it holds {n} numbers"));
        }
        Ok(())
    }
}

#[cfg(not(feature = "pcodec"))]
impl Pcodec {
    /// Not in this build.
    pub fn compress(self, _source: &[u8], _out: &mut Vec<u8>) -> Result<()> {
        self.dtype().and_then(|_| Err(err!(Unsupported, "codec pcodec is not in this build")))
    }

    /// Not in this build.
    pub fn decompress_exact(self, _stored: &[u8], _out: &mut [u8]) -> Result<()> {
        self.dtype().and_then(|_| Err(err!(Unsupported, "codec pcodec is not in this build")))
    }
}
