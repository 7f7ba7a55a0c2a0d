//! (being written)
use crate::backend::{Info, Kind, Object, Region};
use crate::error::{Result, err};
use crate::op::Op;
use crate::value::Array;

/// A format 3 array.
pub struct Foreign(Object);

/// The kind a document states.
pub fn kind(document: &[u8]) -> Kind {
    let json: Option<serde_json::Value> = serde_json::from_slice(document).ok();
    let group = json.is_some_and(|json| json.get("node_type").and_then(|t| t.as_str()) == Some("group"));
    if group { Kind::Group } else { Kind::Array }
}

impl Foreign {
    pub fn open(
        what: &str,
        _files: &super::files::Files,
        _document: &[u8],
        _limits: super::decode::Limits,
    ) -> Result<super::base::Found> {
        Err(err!(Unsupported, "{what}: zarr format 3 is not read"))
    }
    pub fn info(&self) -> Result<Info> {
        Err(err!(Unsupported, "zarr format 3 is not read"))
    }
    pub fn read(&self, _op: &Op, _region: Option<&Region>) -> Result<Array> {
        Err(err!(Unsupported, "zarr format 3 is not read"))
    }
    pub fn attributes(&self) -> &Object {
        &self.0
    }
}
