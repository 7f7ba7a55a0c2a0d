//! pcodec: numbers as numbers, not as bytes; lossless.
//!
//! numcodecs calls it `pcodec`: a compressor in format 2, the codec that makes bytes of elements in format 3. It knows
//! integers and floats of 16 to 64 bits in native byte order, and no filters before it.
//!
//! Two versions of the crate serve it. What is written is the file format 3 of 0.4.6, the newest that the package of
//! numcodecs reads; what is read goes through 1.1, whose reader bounds what damaged input can make it do and writes into
//! memory of the size of the chunk only. A panic in it is a corrupt chunk.

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

    use super::{DType, PAGE, Pcodec, Result, err};

    impl Pcodec {
        /// Compresses numbers, replacing what is in `out`.
        pub fn compress(self, source: &[u8], out: &mut Vec<u8>) -> Result<()> {
            numbers!(self.dtype()?, compress(source, usize::from(self.level), out))
        }

        /// Decompresses into `out`, which the numbers must fill exactly.
        pub fn decompress_exact(self, stored: &[u8], out: &mut [u8]) -> Result<()> {
            numbers!(self.dtype()?, decompress(stored, out))
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

    fn decompress<T: pco::data_types::Number + bytemuck::Pod>(stored: &[u8], out: &mut [u8]) -> Result<()> {
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
        let decoded = catch_unwind(AssertUnwindSafe(|| pco::standalone::simple_decompress_into(stored, numbers)))
            .map_err(|_| err!(Corrupt, "pcodec refused the data"))?
            .map_err(|e| err!(Corrupt, "pcodec: {}", e.message.lines().next().unwrap_or_default()))?;
        if !decoded.finished || decoded.n_processed != count {
            return Err(err!(Corrupt, "pcodec data holds {} numbers, the chunk has {count}", decoded.n_processed));
        }
        if !moved.is_empty() {
            out.copy_from_slice(bytemuck::cast_slice(&moved));
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
