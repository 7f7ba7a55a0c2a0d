//! Nodes of Zarr format 3: read only, through zarrs.
//!
//! What a chunk is, how it is found and where it goes is decided here, by the same grid and box copies as format 2;
//! zarrs decodes one chunk at a time, or the inner chunks of a shard that a box touches. zarrs trusts what it is told:
//! shapes, sizes and codecs are checked before it sees them ([`document`], [`chain`]), compressed bytes decode within
//! the bounds of [`bounded`], shards are read within those of [`stored`], and it runs behind [`guard`].
//!
//! It writes nothing, and keeps no records: a store of format 3 has only the checksums its codecs have.

mod bounded;
mod chain;
mod document;
mod element;
mod guard;
mod read;
mod stored;

use std::sync::Arc;

use serde_json::Value as Json;

use self::chain::Chain;
use self::document::Document;
use self::element::Element;
use self::guard::Budget;
use super::base::{Found, Leaf};
use super::decode::Limits;
use super::files::{Files, is_chunk};
use super::grid::Grid;
use super::meta::Attributes;
use crate::backend::{Info, Kind, Object};
use crate::error::Result;
use crate::value::element_count;

/// An array of format 3.
pub struct Foreign {
    what: String,
    files: Files,
    grid: Grid,
    prefixed: bool,
    element: Element,
    chain: Chain,
    dims: Vec<Option<String>>,
    attributes: Object,
    limits: Limits,
    budget: Arc<Budget>,
}

/// The kind a document states; damage is told when the node is opened.
pub fn kind(document: &[u8]) -> Kind {
    let json: Option<Json> = serde_json::from_slice(document).ok();
    let group = json.is_some_and(|json| json.get("node_type").and_then(Json::as_str) == Some("group"));
    if group { Kind::Group } else { Kind::Array }
}

impl Foreign {
    /// The node whose files these are, and whose `zarr.json` that is.
    ///
    /// # Errors
    /// `Corrupt` when the document is malformed or absurd, `Unsupported` for what cannot be read, named.
    pub fn open(what: &str, files: &Files, document: &[u8], limits: Limits) -> Result<Found> {
        let mut array = match Document::parse(what, document)? {
            Document::Group(attributes) => return Ok(Found::Group(Attributes::group(attributes))),
            Document::Array(array) => array,
        };
        let element = Element::parse(what, &array.data_type, &array.fill_value)?;
        array.check_size(what, element.stored_size().unwrap_or(1) as u64)?;
        let budget = Arc::new(Budget::new(limits.decoded));
        let text = element.stored_size().is_none();
        let chain = Chain::build(what, &array.codecs, &array.grid.chunks, text, &budget)?;
        array.attributes.extend(element.attributes());
        let foreign = Self {
            what: what.to_owned(),
            files: files.clone(),
            grid: array.grid,
            prefixed: array.prefixed,
            element,
            chain,
            dims: array.dims,
            attributes: array.attributes,
            limits,
            budget,
        };
        Ok(Found::Leaf(Arc::new(Leaf::V3(Box::new(foreign)))))
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
