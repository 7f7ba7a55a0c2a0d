//! One version of an array: its metadata, its record, its files.
//!
//! Whatever is read of it is checked against the record where there is one; elements are had in [`super::decode`].

use std::borrow::Cow;
use std::sync::Arc;

use super::decode::Limits;
use super::files::{Files, Named, is_chunk};
use super::group_record;
use super::meta::{ArrayMeta, Attributes};
use super::record::Record;
use super::v3::{self, Document};
use crate::backend::{Info, Kind};
use crate::defect::Defect;
use crate::error::{Result, err};
use crate::key::shown;
use crate::value::{automatic_dims, element_count};

/// One version of an array.
pub struct Node {
    pub(super) what: String,
    pub(super) files: Files,
    pub meta: ArrayMeta,
    pub attributes: Attributes,
    record: Option<Record>,
    pub(super) limits: Limits,
}

/// What the documents of a key say.
pub enum Opened {
    /// An array that is read here.
    Array(Box<Node>),
    /// A group of format 3.
    Group(Attributes),
    /// The `zarr.json` of an array that zarrs reads.
    Foreign(Vec<u8>),
    /// No document.
    Nothing,
}

impl Node {
    /// Opens the node whose files these are.
    ///
    /// # Errors
    /// `Corrupt` when its metadata is damaged, `Unsupported` or `Codec` when it cannot be decoded.
    pub fn open(what: &str, files: Files, limits: Limits) -> Result<Opened> {
        let record = if limits.check { files.record(what, limits)? } else { None };
        record.iter().try_for_each(|record| record.check_key(what))?;
        let (record, group) = match record {
            Some(record) if group_record::is_one(&record) => (None, Some(record)),
            record => (record, None),
        };
        let no_group = || match group {
            Some(_) => Err(err!(Corrupt, "{}: is an array, its record is that of a group", shown(what))),
            None => Ok(()),
        };
        let document = |name: &str| {
            let found = checked(what, &files, record.as_ref(), name, limits.document())?;
            found.as_ref().map_or(Ok(()), |bytes| limits.weigh(what, name, bytes))?;
            Ok::<_, crate::Error>(found)
        };
        if let Some(zarray) = document(".zarray")? {
            no_group()?;
            if limits.check {
                files.check(what, false)?;
            }
            let meta = ArrayMeta::parse(what, &zarray)?;
            let mut attributes = match document(".zattrs")? {
                Some(zattrs) => Attributes::parse(what, &zattrs, Kind::Array)?,
                None => Attributes { kind: Kind::Array, dims: None, scalar: false, user: Default::default() },
            };
            drop(zarray);
            attributes.user.extend(meta.pipeline.extra_attributes());
            let what = what.to_owned();
            return Ok(Opened::Array(Box::new(Self { what, files: files.clone(), meta, attributes, record, limits })));
        }
        let Some(json) = document("zarr.json")? else { return Ok(Opened::Nothing) };
        match Document::parse(what, &json)? {
            Document::Group(attributes) => {
                if limits.check {
                    files.check(what, true)?;
                }
                if let Some(record) = &group {
                    group_record::check(record, what, &attributes)?;
                }
                Ok(Opened::Group(Attributes::group(attributes)))
            }
            Document::Array(array) => {
                no_group()?;
                if limits.check {
                    files.check(what, false)?;
                }
                let Some(meta) = v3::native(&array) else { return Ok(Opened::Foreign(json.into_owned())) };
                meta.check_lengths(what)?;
                let attributes = Attributes::of_v3(what, array.dims, array.attributes);
                let what = what.to_owned();
                Ok(Opened::Array(Box::new(Self { what, files: files.clone(), meta, attributes, record, limits })))
            }
        }
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

    /// How many rows go through the codecs at once.
    pub fn chunk_rows(&self) -> Option<u64> {
        self.meta.cell().first().copied()
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

    /// The stored bytes of a chunk, checked; `None` when it is absent and no record says that it should be there.
    ///
    /// # Errors
    /// `Corrupt`, `Io`.
    pub fn chunk(&self, name: &str, limit: u64) -> Result<Option<Cow<'_, [u8]>>> {
        checked(&self.what, &self.files, self.record.as_ref(), name, limit)
    }

    /// Does `work` with the stored bytes of a chunk, as [`Node::chunk`] gives them, in a buffer of this thread where they
    /// are a file.
    ///
    /// # Errors
    /// As [`Node::chunk`]; what `work` fails with.
    pub fn with_stored<T>(&self, name: &str, limit: u64, work: impl FnOnce(&[u8]) -> Result<T>) -> Result<Option<T>> {
        let Files::Dir(dir) = &self.files else {
            return self.chunk(name, limit)?.map(|stored| work(&stored)).transpose();
        };
        v3::source::with_stored(|stored| {
            if !dir.try_read_into(name, limit, stored).map_err(|e| e.named(&self.what))? {
                // Whether it should be there.
                return self.chunk(name, limit)?.map(|stored| work(&stored)).transpose();
            }
            if let Some(record) = &self.record {
                record.check(&self.what, name, stored)?;
            }
            work(stored).map(Some)
        })
    }

    /// Hands over name and text of its documents as they are to be written.
    ///
    /// # Errors
    /// Of the operating system; what `visit` fails with.
    pub fn documents(&self, visit: &mut dyn FnMut(&str, &str) -> Result<()>) -> Result<()> {
        let mut text = String::with_capacity(256);
        if self.meta.v3.is_some() {
            v3::push_array(&self.meta, &self.attributes, &mut text);
            return visit("zarr.json", &text);
        }
        match &self.files {
            Files::Growing(growing) => text = growing.zarray(&self.meta)?,
            _ => self.meta.push_text(&mut text),
        }
        visit(".zarray", &text)?;
        text.clear();
        self.attributes.push_text(&mut text);
        visit(".zattrs", &text)
    }

    /// Hands over every file of the node but the record, each checked against it, documents before chunks where the
    /// node was just encoded.
    ///
    /// # Errors
    /// `Corrupt`, `Io`; what `visit` fails with.
    pub fn each_file(&self, visit: &mut dyn FnMut(&str, &[u8]) -> Result<()>) -> Result<()> {
        if let Files::Memory(chunks) = &self.files {
            self.documents(&mut |name, text| visit(name, text.as_bytes()))?;
            return chunks.iter().try_for_each(|(name, bytes)| visit(name, bytes));
        }
        if let Files::Growing(growing) = &self.files {
            self.documents(&mut |name, text| visit(name, text.as_bytes()))?;
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
        self.check_in_place()
    }

    /// Before a file is taken for one that was never written: a record would say which are.
    pub(super) fn check_in_place(&self) -> Result<()> {
        if self.record.is_none() { self.files.check_in_place(&self.what) } else { Ok(()) }
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
pub fn checked<'f>(
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
        (None, Some(record)) if record.get(name).is_some() && !crate::defect::has(Defect::MissChunk) => {
            let kind = if is_chunk(name) { "chunk" } else { "file" };
            Err(err!(Corrupt, "{what}: {kind} '{name}' is in the record and missing in the store"))
        }
        (found, _) => Ok(found),
    }
}
