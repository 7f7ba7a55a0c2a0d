//! Reading `zarr.json`, the metadata document of a node of Zarr format 3.
//!
//! Source: the Zarr v3 core specification (zarr-specs). Everything that is read is checked against absurd sizes here,
//! before zarrs sees any of it: zarrs trusts the shapes it is given.

use serde_json::{Value as Json, json};

use super::super::grid::Grid;
use super::super::meta::{DIMS, marked};
use crate::backend::{Kind, Object};
use crate::error::{Result, err};

const MAX_NDIM: usize = 64;

/// The fields of an array that are read; others may be there when they say that they need not be understood.
const ARRAY_FIELDS: [&str; 12] = [
    "zarr_format",
    "node_type",
    "shape",
    "data_type",
    "chunk_grid",
    "chunk_key_encoding",
    "fill_value",
    "codecs",
    "attributes",
    "dimension_names",
    "storage_transformers",
    "consolidated_metadata",
];

/// What a `zarr.json` says.
pub enum Document {
    /// A group and its attributes.
    Group(Object),
    /// An array.
    Array(Box<ArrayDocument>),
}

/// What the `zarr.json` of an array says; data type, fill value and codecs are still as written.
pub struct ArrayDocument {
    /// Shape, chunks (shards, where there are any), names of chunks.
    pub grid: Grid,
    /// The data type.
    pub data_type: Json,
    /// The value of what is not stored.
    pub fill_value: Json,
    /// The codecs, in the order of encoding.
    pub codecs: Vec<Json>,
    /// The name of each dimension that has one.
    pub dims: Vec<Option<String>>,
    /// The user's attributes.
    pub attributes: Object,
}

impl Document {
    /// Reads a `zarr.json`; `what` names the node for errors.
    ///
    /// # Errors
    /// `Corrupt` when it is malformed or absurd, `Unsupported` for what is not read.
    pub fn parse(what: &str, bytes: &[u8]) -> Result<Self> {
        let json: Object = serde_json::from_slice(bytes).map_err(|e| err!(Corrupt, "{what}: zarr.json: {e}"))?;
        let format = field(what, &json, "zarr_format")?;
        if *format != json!(3) {
            return Err(err!(Unsupported, "{what}: zarr_format is {format}, zarr.json is of format 3"));
        }
        understood(what, &json)?;
        let attributes = match json.get("attributes") {
            None | Some(Json::Null) => Object::new(),
            Some(Json::Object(attributes)) => attributes.clone(),
            Some(other) => return Err(err!(Corrupt, "{what}: attributes are {other}, no object")),
        };
        match field(what, &json, "node_type")?.as_str() {
            Some("group") => Ok(Self::Group(attributes)),
            Some("array") => Ok(Self::Array(Box::new(ArrayDocument::parse(what, &json, attributes)?))),
            _ => Err(err!(Corrupt, "{what}: node_type is {}, known are array and group", json["node_type"])),
        }
    }
}

impl ArrayDocument {
    fn parse(what: &str, json: &Object, mut attributes: Object) -> Result<Self> {
        let shape = lengths(what, "shape", field(what, json, "shape")?)?;
        let (name, grid) = extension(what, field(what, json, "chunk_grid")?)?;
        if name != "regular" {
            return Err(err!(Unsupported, "{what}: chunk grid '{name}' is not supported, known is regular"));
        }
        let chunks = lengths(what, "chunk_shape", field(what, grid, "chunk_shape")?)?;
        if shape.len() != chunks.len() {
            return Err(err!(Corrupt, "{what}: shape has {} dimensions, chunks {}", shape.len(), chunks.len()));
        }
        if chunks.contains(&0) {
            return Err(err!(Corrupt, "{what}: a chunk has length 0: {chunks:?}"));
        }
        let transformers = json.get("storage_transformers").and_then(Json::as_array);
        if let Some(first) = transformers.and_then(|list| list.first()) {
            let (name, _) = extension(what, first)?;
            return Err(err!(Unsupported, "{what}: storage transformer '{name}' is not supported"));
        }
        let (prefixed, separator) = key_encoding(what, field(what, json, "chunk_key_encoding")?)?;
        let codecs = field(what, json, "codecs")?.as_array().filter(|list| list.len() <= MAX_NDIM);
        let codecs = codecs.ok_or_else(|| err!(Corrupt, "{what}: codecs are no list of at most {MAX_NDIM}"))?;
        let dims = dims(what, json.get("dimension_names"), &mut attributes, shape.len())?;
        Ok(Self {
            grid: Grid { shape, chunks, separator, prefixed },
            data_type: field(what, json, "data_type")?.clone(),
            fill_value: field(what, json, "fill_value")?.clone(),
            codecs: codecs.clone(),
            dims,
            attributes,
        })
    }

    /// Refuses shapes that cannot be addressed with elements of that many bytes.
    ///
    /// # Errors
    /// `Corrupt`.
    pub fn check_size(&self, what: &str, element: u64) -> Result<()> {
        for (name, dims) in [("shape", &self.grid.shape), ("chunk_shape", &self.grid.chunks)] {
            let bytes = dims.iter().filter(|&&d| d > 0).try_fold(element, |n, &d| n.checked_mul(d));
            if bytes.is_none_or(|n| n > isize::MAX as u64) {
                return Err(err!(Corrupt, "{what}: {name} {dims:?} exceeds what can be addressed"));
            }
        }
        Ok(())
    }
}

/// The kind a document states; damage is told when the node is opened.
pub fn kind(document: &[u8]) -> Kind {
    #[derive(serde::Deserialize)]
    struct Node<'j> {
        #[serde(default)]
        node_type: Option<String>,
        #[serde(borrow, default)]
        attributes: Option<&'j serde_json::value::RawValue>,
    }
    let Ok(node) = serde_json::from_slice::<Node<'_>>(document) else { return Kind::Array };
    match (node.node_type.as_deref(), node.attributes) {
        (Some("group"), _) => Kind::Group,
        (_, Some(attributes)) => marked(attributes.get().as_bytes()),
        _ => Kind::Array,
    }
}

/// The name and the configuration of an extension point: `"name"`, or `{"name": ..., "configuration": {...}}`.
pub fn extension<'j>(what: &str, json: &'j Json) -> Result<(&'j str, &'j Object)> {
    static NONE: std::sync::LazyLock<Object> = std::sync::LazyLock::new(Object::new);
    if let Some(name) = json.as_str() {
        return Ok((name, &NONE));
    }
    let name = json.get("name").and_then(Json::as_str);
    let name = name.ok_or_else(|| err!(Corrupt, "{what}: {json} has no name"))?;
    match json.get("configuration") {
        None => Ok((name, &NONE)),
        Some(Json::Object(configuration)) => Ok((name, configuration)),
        Some(other) => Err(err!(Corrupt, "{what}: configuration of '{name}' is {other}, no object")),
    }
}

/// A field that must be there.
pub fn field<'j>(what: &str, json: &'j Object, name: &str) -> Result<&'j Json> {
    json.get(name).ok_or_else(|| err!(Corrupt, "{what}: zarr.json has no '{name}'"))
}

/// A list of lengths, one a dimension.
pub fn lengths(what: &str, name: &str, json: &Json) -> Result<Vec<u64>> {
    let list = json.as_array().filter(|list| list.len() <= MAX_NDIM);
    list.and_then(|list| list.iter().map(Json::as_u64).collect())
        .ok_or_else(|| err!(Corrupt, "{what}: {name} is no list of at most {MAX_NDIM} lengths"))
}

/// The specification: a field that is not known must be understood unless it says that it need not be.
fn understood(what: &str, json: &Object) -> Result<()> {
    let unknown = json.iter().find(|(name, value)| {
        !ARRAY_FIELDS.contains(&name.as_str()) && value.get("must_understand") != Some(&Json::Bool(false))
    });
    match unknown {
        Some((name, _)) => Err(err!(Unsupported, "{what}: field '{name}' of zarr.json is not supported")),
        None => Ok(()),
    }
}

/// Whether chunks are below `c`, and the separator.
fn key_encoding(what: &str, json: &Json) -> Result<(bool, char)> {
    let (name, configuration) = extension(what, json)?;
    let (prefixed, default) = match name {
        "default" => (true, '/'),
        "v2" => (false, '.'),
        other => return Err(err!(Unsupported, "{what}: chunk key encoding '{other}' is not supported")),
    };
    match configuration.get("separator").map(Json::as_str) {
        None => Ok((prefixed, default)),
        Some(Some(".")) => Ok((prefixed, '.')),
        Some(Some("/")) => Ok((prefixed, '/')),
        Some(_) => Err(err!(Corrupt, "{what}: separator is {}, known are . and /", configuration["separator"])),
    }
}

/// The names in `dimension_names`, else those xarray kept in the attributes.
fn dims(what: &str, json: Option<&Json>, attributes: &mut Object, ndim: usize) -> Result<Vec<Option<String>>> {
    let read = |json: &Json| -> Option<Vec<Option<String>>> {
        let names = json.as_array()?.iter().map(|name| match name {
            Json::Null => Some(None),
            name => name.as_str().map(|name| Some(name.to_owned())),
        });
        names.collect()
    };
    let kept = attributes.get(DIMS).and_then(read).filter(|dims| dims.iter().all(Option::is_some));
    if kept.is_some() {
        attributes.shift_remove(DIMS);
    }
    let dims = match json {
        None | Some(Json::Null) => kept.filter(|dims| dims.len() == ndim),
        Some(json) => {
            let dims = read(json).filter(|dims| dims.len() == ndim);
            Some(dims.ok_or_else(|| err!(Corrupt, "{what}: dimension_names are {json}, not {ndim} names"))?)
        }
    };
    Ok(dims.unwrap_or_else(|| vec![None; ndim]))
}
