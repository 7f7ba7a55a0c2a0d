//! Arrays of Zarr format 3 that are not read natively ([`super::v3`]): read only, through zarrs.
//!
//! What a chunk is, how it is found and where it goes is decided here, by the same grid and box copies as format 2;
//! zarrs decodes one chunk at a time, or the inner chunks of a shard that a box touches. zarrs trusts what it is told:
//! shapes, sizes and codecs are checked before it sees them (`document`, [`chain`]), compressed bytes decode within
//! the bounds of [`bounded`], shards are read within those of [`stored`], and it runs behind [`guard`].
//!
//! It writes nothing: such an array is kept, copied and packed as it is.

mod bounded;
mod chain;
mod element;
mod guard;
mod read;
mod stored;

use std::sync::Arc;

use self::chain::Chain;
use self::element::Element;
use self::guard::Budget;
use super::decode::Limits;
use super::files::{Files, is_chunk};
use super::grid::Grid;
use super::v3::Document;
use crate::backend::{Info, Kind, Object};
use crate::error::{Result, err};
use crate::value::element_count;

/// An array of format 3.
pub struct Foreign {
    what: String,
    files: Files,
    document: Vec<u8>,
    grid: Grid,
    element: Element,
    chain: Chain,
    dims: Vec<Option<String>>,
    attributes: Object,
    limits: Limits,
    budget: Arc<Budget>,
}

impl Foreign {
    /// The array whose files these are, and whose `zarr.json` that is.
    ///
    /// # Errors
    /// `Corrupt` when the document is malformed or absurd, `Unsupported` for what cannot be read, named.
    pub fn open(what: &str, files: &Files, document: &[u8], limits: Limits) -> Result<Self> {
        let Document::Array(mut array) = Document::parse(what, document)? else {
            return Err(err!(Internal, "{what}: the document of a group"));
        };
        let element = Element::parse(what, &array.data_type, &array.fill_value)?;
        array.check_size(what, element.stored_size().unwrap_or(1) as u64)?;
        let budget = Arc::new(Budget::new(limits.decoded));
        let text = element.stored_size().is_none();
        let chain = Chain::build(what, &array.codecs, &array.grid.chunks, text, &budget)?;
        array.attributes.extend(element.attributes());
        Ok(Self {
            what: what.to_owned(),
            files: files.clone(),
            document: document.to_vec(),
            grid: array.grid,
            element,
            chain,
            dims: array.dims,
            attributes: array.attributes,
            limits,
            budget,
        })
    }

    /// The text of its `zarr.json`.
    ///
    /// # Errors
    /// `Corrupt` when it is no UTF-8.
    pub fn document(&self) -> Result<&str> {
        std::str::from_utf8(&self.document).map_err(|_| err!(Corrupt, "{}: zarr.json is no UTF-8", self.what))
    }

    /// Hands over every file of the array, the document first.
    ///
    /// # Errors
    /// `Corrupt`, `Io`; what `visit` fails with.
    pub fn each_file(&self, visit: &mut dyn FnMut(&str, &[u8]) -> Result<()>) -> Result<()> {
        visit("zarr.json", &self.document)?;
        for (name, size) in self.files.sizes()?.into_iter().filter(|(name, _)| is_chunk(name)) {
            let bytes = self.files.read(&name, size)?;
            let bytes = bytes.ok_or_else(|| err!(Corrupt, "{}: '{name}' vanished while it was read", self.what))?;
            visit(&name, &bytes)?;
        }
        self.files.check_in_place(&self.what)
    }

    /// What is known without reading chunks.
    ///
    /// # Errors
    /// Of the operating system.
    pub fn info(&self) -> Result<Info> {
        let dtype = self.element.dtype();
        let elements = element_count(&self.grid.shape, dtype).map_err(|e| e.context(&self.what))? as u64;
        let stored = self.files.sizes()?.into_iter().filter(|(name, _)| is_chunk(name)).map(|(_, size)| size);
        Ok(Info {
            kind: Kind::Array,
            dtype: Some(dtype),
            shape: self.grid.shape.clone(),
            dims: self.dims(),
            elements,
            bytes: elements * dtype.size() as u64,
            stored_bytes: stored.sum(),
            chunks: self.grid.count(),
        })
    }

    /// The dimension names; automatic ones where there are none.
    fn dims(&self) -> Vec<String> {
        let base = self.what.replace('/', "_");
        let named = self.dims.iter().enumerate();
        named.map(|(i, name)| name.clone().unwrap_or_else(|| format!("{base}_dim_{i}"))).collect()
    }

    /// The user's attributes.
    pub fn attributes(&self) -> &Object {
        &self.attributes
    }
}
