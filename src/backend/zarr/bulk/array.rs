//! An array that is written chunk after chunk: its metadata, and how its chunks are encoded.
//!
//! Chunks are cut along dimension 0 only; a chunk is a number of whole rows, and the last one is padded with zeros to the
//! size of the others.

use super::super::chunk;
use super::super::decode::Limits;
use super::super::documents::Format;
use super::super::encode::{Layout, Style};
use super::super::meta::{ArrayMeta, Attributes};
use super::super::v3::{self, Document};
use super::super::view::alignment;
use crate::backend::{Kind, NewArray, Object};
use crate::codec::{Choice, Encoding};
use crate::error::{Result, err};
use crate::key::Key;
use crate::options::Options;
use crate::value::{Array, ArrayView, DType};

/// How the arrays of a new store are encoded.
pub struct BulkLayout {
    layout: Layout,
    choice: Choice,
}

impl BulkLayout {
    /// What the options of a store say.
    ///
    /// # Errors
    /// `InvalidArgument`, `Codec`.
    pub fn new(options: &Options) -> Result<Self> {
        let format = Format::of(options, None)?;
        let separator = match (options.dimension_separator.as_deref(), format) {
            (Some("/"), _) | (None, Format::V3) => '/',
            _ => '.',
        };
        let encoding = Encoding::from_options(options)?;
        let choice = encoding.choice;
        let style = Style { format, chunk_elements: 1, shard_elements: None, separator };
        Ok(Self { layout: Layout::new(encoding, style), choice })
    }

    /// Whether encodings are chosen by looking at elements.
    pub fn samples(&self) -> bool {
        self.choice != Choice::Fixed
    }

    /// An array of `shape` with chunks of so many rows; `shard`: rows of a shard, a multiple of those, in format 3.
    /// `sample` are some of its rows where [`BulkLayout::samples`] says so.
    ///
    /// # Errors
    /// `Codec`, `InvalidArgument`, `Unsupported`.
    pub fn array(
        &self,
        key: &str,
        (dtype, shape): (DType, &[u64]),
        dims: &[String],
        (rows, shard): (u64, Option<u64>),
        sample: Option<Array>,
    ) -> Result<BulkArray> {
        let cut = |rows: u64| {
            let mut chunk: Vec<u64> = shape.iter().map(|&length| length.max(1)).collect();
            if let Some(first) = chunk.first_mut() {
                *first = rows.max(1);
            }
            chunk
        };
        let zero = || {
            let empty: Vec<u64> = std::iter::once(0).chain(shape.iter().skip(1).copied()).collect();
            if dtype == DType::String {
                Array::from_strings(empty, Vec::new())
            } else {
                Array::from_bytes(dtype, empty, Vec::new())
            }
        };
        let sample = match sample {
            Some(sample) => sample,
            None => zero()?,
        };
        let new = NewArray {
            dtype,
            shape: shape.to_vec(),
            dims: dims.to_vec(),
            attributes: Object::new(),
            fill: if self.layout.style.format == Format::V3 { Some(Array::zero(dtype)) } else { None },
            chunks: Some(cut(rows)),
            shards: shard.map(cut),
            codec: None,
            profile: None,
            like: Some((None, sample)),
        };
        let key = Key::parse(key)?;
        let (meta, scalar) = self.layout.empty(&new).map_err(|e| e.context(&key))?;
        let attributes =
            Attributes { kind: Kind::Array, dims: Some(dims.to_vec()), scalar, user: meta.pipeline.extra_attributes() };
        Ok(BulkArray { key, meta, attributes })
    }
}

/// An array of a store that is written chunk after chunk.
#[derive(Clone)]
pub struct BulkArray {
    pub(super) key: Key,
    pub(super) meta: ArrayMeta,
    pub(super) attributes: Attributes,
}

impl BulkArray {
    /// Its key.
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// Its data type.
    pub fn dtype(&self) -> DType {
        self.meta.pipeline.dtype()
    }

    /// Its shape.
    pub fn shape(&self) -> &[u64] {
        &self.meta.grid.shape
    }

    /// Its dimensions.
    pub fn dims(&self) -> &[String] {
        self.attributes.dims.as_deref().unwrap_or_default()
    }

    /// The shape of what is encoded at once: a chunk, or a shard.
    pub fn chunk_shape(&self) -> &[u64] {
        &self.meta.grid.chunks
    }

    /// The number of chunks.
    pub fn chunks(&self) -> u64 {
        self.meta.grid.count()
    }

    /// The same array with another number of rows.
    #[must_use]
    pub fn with_rows(mut self, rows: u64) -> Self {
        if let Some(first) = self.meta.grid.shape.first_mut() {
            *first = rows;
        }
        self
    }

    /// Encodes a chunk: elements in the shape of a whole one.
    ///
    /// # Errors
    /// `Codec`, `NoMemory`, naming the array.
    pub fn encode(&self, elements: &ArrayView<'_>) -> Result<Vec<u8>> {
        chunk::encode(&self.meta, elements).map_err(|e| e.context(&self.key))
    }

    pub(super) fn format(&self) -> Format {
        if self.meta.v3.is_some() { Format::V3 } else { Format::V2 }
    }

    pub(super) fn chunk_name(&self, chunk: u64) -> String {
        let mut index = vec![0; self.meta.grid.shape.len()];
        if let Some(first) = index.first_mut() {
            *first = chunk;
        }
        self.meta.grid.name(&index)
    }

    pub(super) fn alignment(&self, bytes: u64) -> u64 {
        alignment(&self.meta, usize::try_from(bytes).unwrap_or(usize::MAX))
    }

    /// Names and texts of its documents.
    pub fn documents(&self) -> Vec<(&'static str, String)> {
        if self.meta.v3.is_some() {
            let mut text = String::new();
            v3::push_array(&self.meta, &self.attributes, &mut text);
            return vec![("zarr.json", text)];
        }
        vec![(".zarray", self.meta.to_text()), (".zattrs", self.attributes.to_text())]
    }

    /// The array of a key whose documents have these names and texts.
    ///
    /// # Errors
    /// `Corrupt`, `Unsupported` when they are not what [`BulkArray::documents`] gave.
    pub fn from_documents(key: &str, documents: &[(String, String)]) -> Result<Self> {
        let text = |name: &str| documents.iter().find(|(have, _)| have == name).map(|(_, text)| text.as_bytes());
        let meta;
        let mut attributes;
        if let Some(zarr) = text("zarr.json") {
            let Document::Array(array) = Document::parse(key, zarr)? else {
                return Err(err!(Corrupt, "{key}: zarr.json is of a group"));
            };
            meta =
                v3::native(&array).ok_or_else(|| err!(Unsupported, "{key}: zarr.json is not one of this library"))?;
            attributes = Attributes::of_v3(key, array.dims, array.attributes);
        } else {
            let zarray = text(".zarray").ok_or_else(|| err!(Corrupt, "{key}: no .zarray and no zarr.json"))?;
            meta = ArrayMeta::parse(key, zarray)?;
            attributes = Attributes::parse(key, text(".zattrs").unwrap_or(b"{}"), Kind::Array)?;
        }
        attributes.user.extend(meta.pipeline.extra_attributes());
        meta.check_lengths(key)?;
        Ok(Self { key: Key::parse(key)?, meta, attributes })
    }

    /// What bounds the stored bytes of a chunk.
    pub(super) fn stored_limit(&self, decoded: u64) -> u64 {
        self.meta.stored_limit(Limits { check: true, decoded })
    }
}
