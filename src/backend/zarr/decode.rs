//! From the files of a Zarr v2 array to its elements.
//!
//! A [`Node`] is one version of an array: its metadata, its record, its files. Chunks are decoded straight into the
//! destination where a chunk is a contiguous slab of it, through a buffer elsewhere, and in parallel where that pays.
//! Every file that has a record is checked against it; a chunk that should be there and is not is `Corrupt`, named.

use std::borrow::Cow;
use std::sync::Arc;

use rayon::prelude::*;

use super::encode::is_slab;
use super::files::{Files, Named, is_chunk};
use super::grid::{Grid, Piece};
use super::meta::{ArrayMeta, Attributes};
use super::order::{row_major, transposed};
use super::record::Record;
use crate::backend::{Info, Kind, Region};
use crate::error::{Result, err};
use crate::op::{Cancel, Op};
use crate::value::region::{At, clone_box, copy_box};
use crate::value::{Array, DType, automatic_dims, element_count};

/// The largest metadata document that is read.
pub const DOCUMENT: u64 = 64 << 20;
/// Below this many bytes an array is decoded on the calling thread.
const PARALLEL: usize = 1 << 20;

/// What bounds a read, and whether records are checked.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Check records.
    pub check: bool,
    /// The largest array that is decoded, in bytes.
    pub decoded: u64,
}

impl Limits {
    /// The bytes of a whole chunk with elements of `size` bytes.
    ///
    /// # Errors
    /// `Corrupt` when they exceed the limit.
    pub fn chunk_bytes(self, grid: &Grid, size: usize) -> Result<usize> {
        let bytes = grid.chunk_elements().saturating_mul(size as u64);
        if bytes > self.decoded {
            return Err(err!(Corrupt, "a chunk has {bytes} bytes decoded, max_decoded_bytes is {}", self.decoded));
        }
        Ok(bytes as usize)
    }
}

/// One version of an array.
pub struct Node {
    what: String,
    files: Files,
    pub meta: ArrayMeta,
    pub attributes: Attributes,
    record: Option<Record>,
    limits: Limits,
}

impl Node {
    /// Opens the array whose files these are; `None` when they hold no `.zarray`.
    ///
    /// # Errors
    /// `Corrupt` when its metadata is damaged, `Unsupported` or `Codec` when it cannot be decoded.
    pub fn open(what: &str, files: Files, limits: Limits) -> Result<Option<Self>> {
        let record = if limits.check { files.record(what)? } else { None };
        let Some(zarray) = checked(what, &files, record.as_ref(), ".zarray", DOCUMENT)? else { return Ok(None) };
        if limits.check {
            files.check(what, false)?;
        }
        let meta = ArrayMeta::parse(what, &zarray)?;
        let mut attributes = match checked(what, &files, record.as_ref(), ".zattrs", DOCUMENT)? {
            Some(zattrs) => Attributes::parse(what, &zattrs, Kind::Array)?,
            None => Attributes { kind: Kind::Array, dims: None, scalar: false, user: Default::default() },
        };
        drop(zarray);
        attributes.user.extend(meta.pipeline.extra_attributes());
        Ok(Some(Self { what: what.to_owned(), files: files.clone(), meta, attributes, record, limits }))
    }

    /// An array of which everything is known but its chunks: one that was just encoded, or that a record describes.
    pub fn known(what: &str, files: Files, meta: ArrayMeta, attributes: Attributes, limits: Limits) -> Self {
        Self { what: what.to_owned(), files, meta, attributes, record: None, limits }
    }

    /// The files.
    pub fn files(&self) -> &Files {
        &self.files
    }

    /// The key, for errors.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// What bounds reads.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// The record, where there is one and it is checked.
    pub fn record(&self) -> Option<&Record> {
        self.record.as_ref()
    }

    /// The shape as it is loaded.
    pub fn shape(&self) -> Vec<u64> {
        if self.attributes.scalar { Vec::new() } else { self.meta.logical_shape() }
    }

    /// The dimension names as they are loaded.
    pub fn dims(&self) -> Vec<String> {
        let ndim = self.shape().len();
        match &self.attributes.dims {
            Some(dims) if dims.len() == ndim => dims.clone(),
            _ => automatic_dims(&self.what, ndim),
        }
    }

    /// What is known without reading chunks.
    ///
    /// # Errors
    /// Of the operating system.
    pub fn info(&self) -> Result<Info> {
        let dtype = self.meta.pipeline.dtype();
        let shape = self.shape();
        let elements = element_count(&shape, dtype).map_err(|e| e.context(&self.what))? as u64;
        Ok(Info {
            kind: self.attributes.kind,
            dtype: Some(dtype),
            dims: self.dims(),
            shape,
            elements,
            bytes: elements * dtype.size() as u64,
            stored_bytes: self.stored_bytes()?,
            chunks: self.meta.grid.count(),
        })
    }

    /// Bytes of the chunks as they are stored.
    ///
    /// # Errors
    /// Of the operating system.
    pub fn stored_bytes(&self) -> Result<u64> {
        if let Some(record) = &self.record {
            return Ok(record.iter().filter(|(name, ..)| is_chunk(name)).map(|(_, size, _)| size).sum());
        }
        self.files.chunk_bytes()
    }

    /// Reads the array or a box of it.
    ///
    /// # Errors
    /// `ShapeMismatch` for a box outside, `Corrupt`, `Codec`, `Cancelled`, `NoMemory`.
    pub fn read(&self, op: &Op, region: Option<&Region>) -> Result<Array> {
        let region = self.region(region)?;
        let shape = self.result_shape(&region);
        let dtype = self.meta.pipeline.dtype();
        let count = element_count(&shape, dtype).map_err(|e| e.context(&self.what))?;
        let bytes = count as u64 * dtype.size().max(size_of::<String>() * usize::from(dtype == DType::String)) as u64;
        if bytes > self.limits.decoded {
            return Err(err!(
                Corrupt,
                "{}: has {bytes} bytes decoded, max_decoded_bytes is {}",
                self.what,
                self.limits.decoded
            ));
        }
        if dtype == DType::String {
            return Array::from_strings(shape, self.strings(op, &region, count)?);
        }
        let mut out = zeroed(bytes as usize).map_err(|e| e.context(&self.what))?;
        self.fill(op, &region, &mut out)?;
        Array::from_bytes(dtype, shape, out).map_err(|e| err!(Corrupt, "{}: {e}", self.what))
    }

    /// Reads fixed-size elements into memory of exactly their size.
    ///
    /// # Errors
    /// As [`Node::read`], and `BufferTooSmall` when the size differs.
    pub fn read_into(&self, op: &Op, region: Option<&Region>, out: &mut [u8]) -> Result<()> {
        let dtype = self.meta.pipeline.dtype();
        if dtype == DType::String {
            return Err(err!(WrongKind, "{}: wanted elements of fixed size, found string", self.what));
        }
        if let (None, Some(name)) = (region, self.meta.grid.only_chunk()) {
            let chunk_bytes = self.chunk_bytes(self.meta.pipeline.element_size().unwrap_or(0))?;
            if out.len() == chunk_bytes {
                return self.decode_slab(op.cancel(), &name, out, chunk_bytes);
            }
        }
        let region = self.region(region)?;
        let bytes = element_count(&self.result_shape(&region), dtype)? * dtype.size();
        if bytes != out.len() {
            return Err(err!(BufferTooSmall, "{}: data has {bytes} bytes, the buffer has {}", self.what, out.len()));
        }
        self.fill(op, &region, out)
    }

    /// The box in the stored shape. With a last dimension of the data type (`|S`) or a scalar kept in shape (1,), the
    /// logical shape differs from it; such an array is read whole in that dimension.
    fn region(&self, region: Option<&Region>) -> Result<Region> {
        let Some(region) = region else { return Ok(self.meta.grid.whole()) };
        let key = crate::Key::parse_or_root(&self.what)?;
        region.check(&key, &self.shape())?;
        if self.attributes.scalar {
            return Ok(self.meta.grid.whole());
        }
        let ndim = self.meta.grid.shape.len();
        if let Some(width) = self.meta.pipeline.extra_dim().filter(|&width| region.shape[ndim] != width) {
            return Err(err!(Unsupported, "{}: a box must span the last dimension, of length {width}", self.what));
        }
        Ok(Region { offset: region.offset[..ndim].to_vec(), shape: region.shape[..ndim].to_vec() })
    }

    fn result_shape(&self, region: &Region) -> Vec<u64> {
        if self.attributes.scalar {
            return Vec::new();
        }
        let mut shape = region.shape.clone();
        shape.extend(self.meta.pipeline.extra_dim());
        shape
    }

    /// Decodes every piece of the box into `out`.
    fn fill(&self, op: &Op, region: &Region, out: &mut [u8]) -> Result<()> {
        let grid = &self.meta.grid;
        let pieces = grid.pieces(region)?;
        let size = self.meta.pipeline.element_size().unwrap_or(0);
        let chunk_bytes = self.chunk_bytes(size)?;
        let parallel = if pieces.len() > 1 && out.len() >= PARALLEL { crate::config::pool() } else { None };
        if *region == grid.whole() && is_slab(&grid.shape, &grid.chunks) {
            let mut slabs = Vec::with_capacity(pieces.len());
            let mut rest = out;
            for piece in &pieces {
                let bytes = piece.shape.iter().product::<u64>() as usize * size;
                let (slab, tail) = rest.split_at_mut(bytes);
                slabs.push((piece, slab));
                rest = tail;
            }
            let one =
                |(piece, slab): (&Piece, &mut [u8])| self.decode_slab(op.cancel(), &piece.name, slab, chunk_bytes);
            return match parallel {
                Some(pool) => pool.install(|| slabs.into_par_iter().try_for_each(one)),
                None => slabs.into_iter().try_for_each(one),
            };
        }
        let batch = parallel.map_or(1, |pool| pool.current_num_threads() * 2);
        for group in pieces.chunks(batch) {
            let one = |piece: &Piece| self.decode_chunk(op.cancel(), &piece.name, chunk_bytes);
            let chunks: Vec<Vec<u8>> = match parallel {
                Some(pool) => pool.install(|| group.par_iter().map(one).collect::<Result<_>>())?,
                None => group.iter().map(one).collect::<Result<_>>()?,
            };
            for (piece, chunk) in group.iter().zip(chunks) {
                let from = At { shape: &grid.chunks, offset: &piece.in_chunk };
                let to = At { shape: &region.shape, offset: &piece.in_box };
                copy_box(&chunk, from, out, to, &piece.shape, size)?;
            }
        }
        Ok(())
    }

    fn chunk_bytes(&self, size: usize) -> Result<usize> {
        self.limits.chunk_bytes(&self.meta.grid, size).map_err(|e| e.context(&self.what))
    }

    fn decode_slab(&self, cancel: &Cancel, name: &str, slab: &mut [u8], chunk_bytes: usize) -> Result<()> {
        if slab.len() == chunk_bytes && !self.meta.column_major {
            return self.decode_into(cancel, name, slab);
        }
        let chunk = self.decode_chunk(cancel, name, chunk_bytes)?;
        slab.copy_from_slice(&chunk[..slab.len()]);
        Ok(())
    }

    fn decode_chunk(&self, cancel: &Cancel, name: &str, chunk_bytes: usize) -> Result<Vec<u8>> {
        if let Some(chunk) = self.files.decoded(name) {
            return Ok(chunk.value.bytes().unwrap_or_default().to_vec());
        }
        let mut chunk = zeroed(chunk_bytes).map_err(|e| e.context(&self.what))?;
        self.decode_into(cancel, name, &mut chunk)?;
        if self.meta.column_major {
            let size = self.meta.pipeline.element_size().unwrap_or(1);
            return Ok(row_major(&chunk, &self.meta.grid.chunks, size));
        }
        Ok(chunk)
    }

    fn decode_into(&self, cancel: &Cancel, name: &str, out: &mut [u8]) -> Result<()> {
        cancel.check()?;
        if let Some(chunk) = self.files.decoded(name).filter(|_| !self.meta.column_major) {
            out.copy_from_slice(chunk.value.bytes().unwrap_or_default());
            return Ok(());
        }
        let limit = (out.len() as u64).saturating_mul(2).saturating_add(1 << 16);
        match self.chunk(name, limit)? {
            Some(stored) => self.meta.pipeline.decode(&stored, out).map_err(|e| self.at_chunk(name, e)),
            None => match self.meta.pipeline.fill(&self.meta.fill_value).map_err(|e| e.context(&self.what))? {
                Some(element) if !element.is_empty() => {
                    out.chunks_exact_mut(element.len()).for_each(|slot| slot.copy_from_slice(&element));
                    Ok(())
                }
                Some(_) => Ok(()),
                None => Err(self.missing(name)),
            },
        }
    }

    fn strings(&self, op: &Op, region: &Region, count: usize) -> Result<Vec<String>> {
        let grid = &self.meta.grid;
        let per_chunk = grid.chunk_elements();
        if per_chunk.saturating_mul(size_of::<String>() as u64) > self.limits.decoded {
            return Err(err!(Corrupt, "{}: a chunk has {per_chunk} strings, too many to decode", self.what));
        }
        let mut out = vec![String::new(); count];
        for piece in grid.pieces(region)? {
            op.check()?;
            let chunk = self.chunk_strings(&piece.name, per_chunk as usize)?;
            let from = At { shape: &grid.chunks, offset: &piece.in_chunk };
            clone_box(&chunk, from, &mut out, At { shape: &region.shape, offset: &piece.in_box }, &piece.shape)?;
        }
        Ok(out)
    }

    fn chunk_strings(&self, name: &str, count: usize) -> Result<Vec<String>> {
        if let Some(chunk) = self.files.decoded(name) {
            return Ok(chunk.value.strings().unwrap_or_default().to_vec());
        }
        let Some(stored) = self.chunk(name, self.limits.decoded)? else {
            let fill = self.meta.pipeline.fill_string(&self.meta.fill_value)?;
            return fill.map(|text| vec![text; count]).ok_or_else(|| self.missing(name));
        };
        let decoded = self.meta.pipeline.decode_strings(&stored, count, self.limits.decoded);
        let strings = decoded.map_err(|e| self.at_chunk(name, e))?;
        Ok(if self.meta.column_major { transposed(strings, &self.meta.grid.chunks) } else { strings })
    }

    /// The stored bytes of a chunk, checked; `None` when it is absent and no record says that it should be there.
    ///
    /// # Errors
    /// `Corrupt`, `Io`.
    pub fn chunk(&self, name: &str, limit: u64) -> Result<Option<Cow<'_, [u8]>>> {
        checked(&self.what, &self.files, self.record.as_ref(), name, limit)
    }

    fn missing(&self, name: &str) -> crate::Error {
        err!(Corrupt, "{}: chunk '{name}' is missing and the array has no fill value", self.what)
    }

    fn at_chunk(&self, name: &str, error: crate::Error) -> crate::Error {
        error.context(format!("{}: chunk '{name}'", self.what))
    }

    /// Hands over every file of the node but the record, each checked against it, documents before chunks where the
    /// node was just encoded.
    ///
    /// # Errors
    /// `Corrupt`, `Io`; what `visit` fails with.
    pub fn each_file(&self, visit: &mut dyn FnMut(&str, &[u8]) -> Result<()>) -> Result<()> {
        if let Files::Memory(chunks) = &self.files {
            let mut text = String::with_capacity(256);
            self.meta.push_text(&mut text);
            visit(".zarray", text.as_bytes())?;
            text.clear();
            self.attributes.push_text(&mut text);
            visit(".zattrs", text.as_bytes())?;
            return chunks.iter().try_for_each(|(name, bytes)| visit(name, bytes));
        }
        if let Files::Growing(growing) = &self.files {
            visit(".zarray", growing.zarray(&self.meta)?.as_bytes())?;
            visit(".zattrs", self.attributes.to_text().as_bytes())?;
            for name in growing.names()? {
                if let Some(bytes) = growing.stored(&name, u64::MAX)? {
                    visit(&name, &bytes)?;
                }
            }
            return Ok(());
        }
        let sizes = self.files.sizes()?;
        for (name, size) in &sizes {
            let bytes = checked(&self.what, &self.files, self.record.as_ref(), name, *size)?
                .ok_or_else(|| err!(Corrupt, "{}: '{name}' vanished while it was read", self.what))?;
            visit(name, &bytes)?;
        }
        if let Some(lost) = self.record.iter().flat_map(Record::iter).find(|(n, ..)| !sizes.iter().any(|(o, _)| o == n))
        {
            return Err(err!(Corrupt, "{}: '{}' is in the record and missing in the store", self.what, lost.0));
        }
        Ok(())
    }

    /// Every chunk, in memory.
    ///
    /// # Errors
    /// As [`Node::each_file`].
    pub fn chunks(&self) -> Result<Arc<Named>> {
        if let Files::Memory(chunks) = &self.files {
            return Ok(chunks.clone());
        }
        let mut out = Vec::new();
        self.each_file(&mut |name, bytes| {
            if is_chunk(name) {
                out.push((name.to_owned(), Arc::new(bytes.to_vec())));
            }
            Ok(())
        })?;
        Ok(Arc::new(out))
    }
}

/// Reads a file of a node and checks it against the record.
fn checked<'f>(
    what: &str,
    files: &'f Files,
    record: Option<&Record>,
    name: &str,
    limit: u64,
) -> Result<Option<Cow<'f, [u8]>>> {
    match (files.read(name, limit).map_err(|e| e.named(what))?, record) {
        (Some(bytes), Some(record)) => {
            record.check(what, name, &bytes)?;
            Ok(Some(bytes))
        }
        (None, Some(record)) if record.get(name).is_some() => {
            let kind = if is_chunk(name) { "chunk" } else { "file" };
            Err(err!(Corrupt, "{what}: {kind} '{name}' is in the record and missing in the store"))
        }
        (found, _) => Ok(found),
    }
}

/// Zeroed memory, or `NoMemory`.
fn zeroed(bytes: usize) -> Result<Vec<u8>> {
    bytemuck::allocation::try_zeroed_slice_box(bytes)
        .map(<[u8]>::into_vec)
        .map_err(|()| err!(NoMemory, "{bytes} bytes cannot be had"))
}
