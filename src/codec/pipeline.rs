//! The stages of one array in their order, with the size of each known before it runs.

use std::cell::RefCell;
use std::sync::{Arc, OnceLock};

use serde_json::Value as Json;

use super::compressor::Compressor;
use super::delta::Delta;
use super::filter::Filter;
use super::pcodec::{self, Pcodec};
use super::spec::CodecSpec;
use super::stored::{Kind, StoredType, swap};
use super::strings::{ObjectCodec, StringCodec, decode_ucs4};
use super::{buffer, fill};
use crate::backend::Object;
use crate::error::{Result, err};
use crate::value::DType;

/// The `dtype`, `filters` and `compressor` of one Zarr v2 array: turns chunks into stored bytes and back.
///
/// Immutable and cheap to clone; threads share it. Buffers it needs on the way are kept a thread.
#[derive(Clone, Debug)]
pub struct Pipeline {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    stored: StoredType,
    filters: Vec<Filter>,
    /// Only for `|O`.
    objects: Option<ObjectCodec>,
    compressor: Compressor,
    metadata: (Json, Json, Json),
    /// The fields as texts, made once however many arrays share the pipeline.
    texts: OnceLock<[String; 3]>,
}

/// What stands between elements and their stored bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transformation<'p> {
    /// A compressor, by its id.
    Compressed(&'static str),
    /// The first filter, by its id.
    Filtered(&'static str),
    /// The other byte order, of this data type.
    Swapped(&'p str),
}

impl std::fmt::Display for Transformation<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Compressed(id) => write!(f, "compressed with {id}"),
            Self::Filtered(id) => write!(f, "filtered with {id}"),
            Self::Swapped(name) => write!(f, "stored as {name}, in the other byte order"),
        }
    }
}

thread_local! {
    /// Two buffers for the stages between, so that a chunk of usual size allocates nothing.
    static SCRATCH: RefCell<(Vec<u8>, Vec<u8>)> = const { RefCell::new((Vec::new(), Vec::new())) };
}

/// What a thread keeps of a buffer; a larger one is given back.
const SCRATCH_KEPT: usize = 16 << 20;

impl Pipeline {
    /// Reads the three fields of a `.zarray`.
    ///
    /// # Errors
    /// `Unsupported` names a data type or codec that is not offered; `Corrupt` what is no such field at all.
    pub fn parse(dtype: &Json, filters: &Json, compressor: &Json) -> Result<Self> {
        let stored = StoredType::parse(dtype)?;
        let list = match filters {
            Json::Null => &[][..],
            Json::Array(list) => list.as_slice(),
            other => return Err(err!(Corrupt, "filters is {other}, wanted a list or null")),
        };
        let (objects, list) = match (&stored.kind, list.split_first()) {
            (Kind::Object, None) => return Err(err!(Unsupported, "dtype |O without an object codec is not supported")),
            (Kind::Object, Some((first, rest))) => (Some(ObjectCodec::parse(first)?), rest),
            _ => (None, list),
        };
        if let (Some(objects), Some(filter)) = (objects, list.first()) {
            return Err(err!(Unsupported, "filter {filter} after {} is not supported", objects.id()));
        }
        let parsed = list.iter().map(Filter::parse).collect::<Result<Vec<_>>>()?;
        let metadata = (dtype.clone(), filters.clone(), compressor.clone());
        let compressor = match Compressor::parse(compressor)? {
            Compressor::Pcodec(pcodec) => {
                let plain = matches!(stored.kind, Kind::Plain(_)) && !stored.swapped && parsed.is_empty();
                let dtype = Some(stored.dtype()).filter(|dtype| plain && pcodec::knows(*dtype));
                let refused = || err!(Unsupported, "codec pcodec of dtype {} with filters {filters}", stored.name);
                Compressor::Pcodec(Pcodec { dtype: Some(dtype.ok_or_else(refused)?), ..pcodec })
            }
            other => other,
        };
        Ok(Self {
            inner: Arc::new(Inner { stored, filters: parsed, objects, compressor, metadata, texts: OnceLock::new() }),
        })
    }

    /// The pipeline of a new array of `dtype`: delta (if `delta`) only on integers, `strings` only on strings.
    ///
    /// # Errors
    /// None for the data types there are; the type leaves room.
    pub fn for_write(dtype: DType, strings: StringCodec, codec: &CodecSpec, delta: bool) -> Result<Self> {
        let stored = StoredType::for_write(dtype)?;
        let mut filters = Vec::new();
        let compressor = codec.compressor.of(dtype);
        let delta = delta && !matches!(compressor, Compressor::Pcodec(_));
        if delta && dtype.is_integer() {
            filters.push(Filter::Delta(Delta::new(stored.clone(), stored.clone())?));
        }
        if codec.shuffle && dtype.size() > 1 {
            filters.push(Filter::Shuffle(dtype.size()));
        }
        let objects = (dtype == DType::String).then_some(match strings {
            StringCodec::VlenUtf8 => ObjectCodec::VlenUtf8,
            StringCodec::Msgpack2 => ObjectCodec::Msgpack2,
        });
        let list: Vec<Json> =
            objects.map(ObjectCodec::json).into_iter().chain(filters.iter().map(Filter::json)).collect();
        let list = if list.is_empty() { Json::Null } else { Json::Array(list) };
        let metadata = (Json::from(stored.name.as_str()), list, compressor.json());
        Ok(Self { inner: Arc::new(Inner { stored, filters, objects, compressor, metadata, texts: OnceLock::new() }) })
    }

    /// The pipeline of a new array of elements of fixed size.
    ///
    /// # Errors
    /// `DtypeMismatch` for strings.
    pub(super) fn with_filters(dtype: DType, filters: Vec<Filter>, compressor: Compressor) -> Result<Self> {
        if dtype == DType::String {
            return Err(err!(DtypeMismatch, "strings have codecs of their own"));
        }
        let stored = StoredType::for_write(dtype)?;
        let list: Vec<Json> = filters.iter().map(Filter::json).collect();
        let list = if list.is_empty() { Json::Null } else { Json::Array(list) };
        let metadata = (Json::from(stored.name.as_str()), list, compressor.json());
        let texts = OnceLock::new();
        Ok(Self { inner: Arc::new(Inner { stored, filters, objects: None, compressor, metadata, texts }) })
    }

    /// The fields `dtype`, `filters` and `compressor`; those that were parsed come back as they were.
    #[must_use]
    pub fn metadata(&self) -> (Json, Json, Json) {
        self.inner.metadata.clone()
    }

    /// The fields of [`Pipeline::metadata`] as JSON texts.
    #[must_use]
    pub fn metadata_texts(&self) -> &[String; 3] {
        self.inner.texts.get_or_init(|| {
            let (dtype, filters, compressor) = &self.inner.metadata;
            [dtype, filters, compressor].map(Json::to_string)
        })
    }

    /// The logical type of the elements.
    #[must_use]
    pub fn dtype(&self) -> DType {
        self.inner.stored.dtype()
    }

    /// The last dimension that `|S<n>` has beyond the shape of the metadata.
    #[must_use]
    pub fn extra_dim(&self) -> Option<u64> {
        match self.inner.stored.kind {
            Kind::Bytes(width) => Some(width as u64),
            _ => None,
        }
    }

    /// What the logical type does not say: `_datetime64_unit` or `_timedelta64_unit` of times read as `int64`.
    #[must_use]
    pub fn extra_attributes(&self) -> Object {
        self.inner.stored.attributes()
    }

    /// What is done to elements of fixed size before they are stored; `None` when the stored bytes of a chunk are its
    /// elements as they lie in memory.
    #[must_use]
    pub fn transformation(&self) -> Option<Transformation<'_>> {
        let inner = &*self.inner;
        match (inner.compressor.id(), inner.filters.first()) {
            (Some(id), _) => Some(Transformation::Compressed(id)),
            (None, Some(filter)) => Some(Transformation::Filtered(filter.id())),
            (None, None) => inner.stored.swapped.then_some(Transformation::Swapped(&inner.stored.name)),
        }
    }

    /// Bytes of one element of the metadata's shape in [`decode`](Self::decode)'s output; `None` for strings.
    #[must_use]
    pub fn element_size(&self) -> Option<usize> {
        match self.inner.stored.kind {
            Kind::Text(_) => None,
            _ => self.inner.stored.item_size(),
        }
    }

    /// Encodes the native elements of a whole chunk, replacing what is in `out`.
    ///
    /// # Errors
    /// `Codec` when a codec refuses, `NoMemory`.
    pub fn encode(&self, native: &[u8], out: &mut Vec<u8>) -> Result<()> {
        let inner = &*self.inner;
        let item = self.element_size().ok_or_else(|| err!(DtypeMismatch, "strings are not encoded from bytes"))?;
        if !native.len().is_multiple_of(item) {
            return Err(err!(ShapeMismatch, "{} bytes are no whole number of elements of {item}", native.len()));
        }
        if !inner.stored.swapped && inner.filters.is_empty() {
            return inner.compressor.compress(native, item, out);
        }
        with_scratch(|current, next| {
            let mut width = item;
            let mut filters = inner.filters.iter();
            if inner.stored.swapped {
                resize(current, native.len())?;
                current.copy_from_slice(native);
                swap(current, inner.stored.swap_unit());
            } else if let Some(first) = filters.next() {
                resize(current, first.encoded_size(native.len())?)?;
                first.encode(native, current);
                width = first.encoded_width(width);
            }
            for filter in filters {
                resize(next, filter.encoded_size(current.len())?)?;
                filter.encode(current, next);
                width = filter.encoded_width(width);
                std::mem::swap(current, next);
            }
            inner.compressor.compress(current, width, out)
        })
    }

    /// Encodes the strings of a whole chunk of `shape`, replacing what is in `out`.
    ///
    /// # Errors
    /// `Codec` when they cannot be held: 0-d by msgpack2, more than 4 GiB.
    pub fn encode_strings(&self, strings: &[&str], shape: &[u64], out: &mut Vec<u8>) -> Result<()> {
        let inner = &*self.inner;
        let objects = inner.objects.ok_or_else(|| err!(Unsupported, "dtype {} is not written", inner.stored.name))?;
        if shape.iter().try_fold(1u64, |n, d| n.checked_mul(*d)) != Some(strings.len() as u64) {
            return Err(err!(ShapeMismatch, "{} strings do not fill shape {shape:?}", strings.len()));
        }
        with_scratch(|current, _| {
            objects.encode(strings, shape, current)?;
            inner.compressor.compress(current, 1, out)
        })
    }

    /// Decodes a chunk into `out`, which has exactly the bytes of its elements.
    ///
    /// # Errors
    /// `Corrupt` when the stored bytes are not what was written; `out` then holds rubbish.
    pub fn decode(&self, stored: &[u8], out: &mut [u8]) -> Result<()> {
        let item = self.element_size().ok_or_else(|| err!(DtypeMismatch, "strings are not decoded to bytes"))?;
        if !out.len().is_multiple_of(item) {
            return Err(err!(ShapeMismatch, "{} bytes are no whole number of elements of {item}", out.len()));
        }
        self.decode_elements(stored, out)?;
        if self.dtype() == DType::Bool && out.iter().any(|byte| *byte > 1) {
            return Err(err!(Corrupt, "a bool is neither 0 nor 1"));
        }
        Ok(())
    }

    /// Decompresses, unfilters and swaps into `out`.
    fn decode_elements(&self, stored: &[u8], out: &mut [u8]) -> Result<()> {
        let inner = &*self.inner;
        match inner.filters.as_slice() {
            [] => inner.compressor.decompress_exact(stored, out)?,
            [Filter::Delta(delta)] if delta.keeps_type() => {
                inner.filters[0].encoded_size(out.len())?;
                inner.compressor.decompress_exact(stored, out)?;
                delta.sum_in_place(out);
            }
            filters => unfilter(filters, &inner.compressor, stored, out)?,
        }
        if inner.stored.swapped {
            swap(out, inner.stored.swap_unit());
        }
        Ok(())
    }

    /// Decodes a chunk of exactly `count` strings, whose data may not decompress to more than `max_bytes`.
    ///
    /// # Errors
    /// `Corrupt` when the stored bytes are not what was written, `Utf8` for bytes that never were text.
    pub fn decode_strings(&self, stored: &[u8], count: usize, max_bytes: u64) -> Result<Vec<String>> {
        let inner = &*self.inner;
        let limit = usize::try_from(max_bytes).unwrap_or(usize::MAX).min(isize::MAX as usize - 1);
        if let (Kind::Text(width), Some(item)) = (&inner.stored.kind, inner.stored.item_size()) {
            let size = count.checked_mul(item).filter(|size| *size <= limit).ok_or_else(|| {
                err!(Corrupt, "{count} strings of {item} bytes are more than the {limit} bytes allowed")
            })?;
            let mut bytes = buffer(size)?;
            bytes.resize(size, 0);
            self.decode_elements(stored, &mut bytes)?;
            return decode_ucs4(&bytes, *width);
        }
        let objects = inner.objects.ok_or_else(|| err!(DtypeMismatch, "dtype {} is no text", inner.stored.name))?;
        if inner.compressor == Compressor::None && stored.len() <= limit {
            return objects.decode_within(stored, count, max_bytes);
        }
        with_scratch(|current, _| {
            inner.compressor.decompress_bounded(stored, limit, current)?;
            objects.decode_within(current, count, max_bytes)
        })
    }

    /// The native bytes that an absent element reads as; `None` for a `fill_value` of null.
    ///
    /// # Errors
    /// `Corrupt` when it is no value of the data type.
    pub fn fill(&self, fill_value: &Json) -> Result<Option<Vec<u8>>> {
        fill::bytes(&self.inner.stored, fill_value)
    }

    /// The string that an absent element reads as; `None` for a `fill_value` of null.
    ///
    /// # Errors
    /// `Corrupt` when it is no string.
    pub fn fill_string(&self, fill_value: &Json) -> Result<Option<String>> {
        fill::string(&self.inner.stored, fill_value)
    }
}

/// Decompresses to the size the filters make of `out`, then undoes them from the last to the first.
fn unfilter(filters: &[Filter], compressor: &Compressor, stored: &[u8], out: &mut [u8]) -> Result<()> {
    let mut sizes = vec![out.len()];
    for filter in filters {
        sizes.push(filter.encoded_size(sizes[sizes.len() - 1])?);
    }
    with_scratch(|current, next| {
        resize(current, sizes[filters.len()])?;
        compressor.decompress_exact(stored, current)?;
        for (index, filter) in filters.iter().enumerate().rev() {
            if index == 0 {
                filter.decode(current, out);
            } else {
                resize(next, sizes[index])?;
                filter.decode(current, next);
                std::mem::swap(current, next);
            }
        }
        Ok(())
    })
}

/// Sets the length; the content is what an earlier chunk left, and every use overwrites it.
fn resize(bytes: &mut Vec<u8>, size: usize) -> Result<()> {
    super::reserve(bytes, size)?;
    bytes.resize(size, 0);
    Ok(())
}

/// Lends this thread's buffers to `work`. They are taken out meanwhile, so a nested use gets empty ones.
fn with_scratch<T>(work: impl FnOnce(&mut Vec<u8>, &mut Vec<u8>) -> T) -> T {
    let (mut a, mut b) = SCRATCH.try_with(RefCell::take).unwrap_or_default();
    let result = work(&mut a, &mut b);
    for bytes in [&mut a, &mut b] {
        if bytes.capacity() > SCRATCH_KEPT {
            *bytes = Vec::new();
        }
    }
    // A thread that is ending has no place for them any more.
    let _ = SCRATCH.try_with(|cell| cell.replace((a, b)));
    result
}
