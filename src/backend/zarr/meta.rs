//! What the documents of an array say, and `.zarray` and `.zattrs`, those of Zarr v2, with their consolidated form.
//!
//! Source: the Zarr v2 specification (zarr-specs, "Zarr storage specification version 2") and, for `.zmetadata`,
//! zarr-python's `consolidate_metadata`. Everything that is read is checked against absurd sizes before it is used.

use serde_json::{Value as Json, json};

use super::decode::Limits;
use super::grid::Grid;
use super::v3::shard::Sharding;
use crate::backend::{Kind, Object};
use crate::codec::Pipeline;
use crate::error::{Result, err};
use crate::json_text::{push_escaped, push_json, push_lengths, push_string, push_strings};

/// `.zgroup` as this library writes it.
pub const ZGROUP: &str = "{\"zarr_format\":2}";
/// The attribute with the dimension names, as xarray wants it.
pub const DIMS: &str = "_ARRAY_DIMENSIONS";
/// The attribute that marks bytes and JSON nodes.
pub const KIND: &str = "_ds_kind";
/// The attribute that marks a scalar kept in shape (1,), as msgpack2 needs it.
pub const SCALAR: &str = "_ds_scalar";

const MAX_NDIM: usize = 64;

/// What `.zarray` says, or the `zarr.json` of an array that is read here.
#[derive(Clone, Debug)]
pub struct ArrayMeta {
    /// Shape, chunks (shards, where there are any), names of chunks.
    pub grid: Grid,
    /// Data type, filters, compressor of a cell: of a chunk, or of an inner chunk.
    pub pipeline: Pipeline,
    /// `order: "F"`, or a transposition: cells are stored column-major.
    pub column_major: bool,
    /// The value of chunks that are not there; null when undefined.
    pub fill_value: Json,
    /// What only format 3 has; `None` in format 2.
    pub v3: Option<V3>,
}

/// What only arrays of format 3 have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct V3 {
    /// A CRC-32C is behind every cell.
    pub checksum: bool,
    /// Chunks are shards.
    pub shards: Option<Sharding>,
}

impl ArrayMeta {
    /// Reads `.zarray`; `what` names the array for errors.
    ///
    /// # Errors
    /// `Corrupt` when it is malformed or absurd, `Codec` or `Unsupported` for what cannot be decoded.
    pub fn parse(what: &str, bytes: &[u8]) -> Result<Self> {
        let json: Json = serde_json::from_slice(bytes).map_err(|e| err!(Corrupt, "{what}: .zarray: {e}"))?;
        let field = |name: &str| json.get(name).ok_or_else(|| err!(Corrupt, "{what}: .zarray has no '{name}'"));
        let format = field("zarr_format")?;
        if *format != json!(2) {
            return Err(err!(Unsupported, "{what}: zarr_format is {format}, .zarray is of format 2"));
        }
        let shape = lengths(what, "shape", field("shape")?)?;
        let chunks = lengths(what, "chunks", field("chunks")?)?;
        let separator = match json.get("dimension_separator").and_then(Json::as_str) {
            None | Some(".") => '.',
            Some("/") => '/',
            Some(other) => return Err(err!(Corrupt, "{what}: dimension_separator is '{other}'")),
        };
        let column_major = match field("order")?.as_str() {
            Some("C") => false,
            Some("F") => true,
            _ => return Err(err!(Corrupt, "{what}: order is {}, known are \"C\" and \"F\"", field("order")?)),
        };
        let null = Json::Null;
        let pipeline = Pipeline::parse(
            field("dtype")?,
            json.get("filters").unwrap_or(&null),
            json.get("compressor").unwrap_or(&null),
        )
        .map_err(|e| e.context(what))?;
        let fill_value = json.get("fill_value").cloned().unwrap_or(Json::Null);
        let grid = Grid { shape, chunks, separator, prefixed: false };
        let meta = Self { grid, pipeline, column_major, fill_value, v3: None };
        meta.check_lengths(what)?;
        Ok(meta)
    }

    /// Refuses lengths that no array has.
    ///
    /// # Errors
    /// `Corrupt` naming them.
    pub fn check_lengths(&self, what: &str) -> Result<()> {
        let Grid { shape, chunks, .. } = &self.grid;
        if shape.len() != chunks.len() {
            return Err(err!(Corrupt, "{what}: shape has {} dimensions, chunks {}", shape.len(), chunks.len()));
        }
        if shape.len() > MAX_NDIM {
            return Err(err!(Corrupt, "{what}: shape has {} dimensions, at most {MAX_NDIM} are read", shape.len()));
        }
        if chunks.contains(&0) {
            return Err(err!(Corrupt, "{what}: a chunk has length 0: {chunks:?}"));
        }
        let element = self.pipeline.dtype().size().max(1) as u64;
        let width = self.pipeline.extra_dim().unwrap_or(1).max(1);
        for (name, dims) in [("shape", shape), ("chunks", chunks)] {
            let bytes =
                dims.iter().filter(|&&d| d > 0).try_fold(element.saturating_mul(width), |n, &d| n.checked_mul(d));
            if bytes.is_none_or(|n| n > isize::MAX as u64) {
                return Err(err!(Corrupt, "{what}: {name} {dims:?} exceeds what can be addressed"));
            }
        }
        Ok(())
    }

    /// The shape as it is loaded: the stored one, and for `|S` the width as last dimension.
    pub fn logical_shape(&self) -> Vec<u64> {
        let mut shape = self.grid.shape.clone();
        shape.extend(self.pipeline.extra_dim());
        shape
    }

    /// How chunks are shards, when they are.
    pub fn shards(&self) -> Option<&Sharding> {
        self.v3.as_ref()?.shards.as_ref()
    }

    /// The shape of what goes through the codecs at once.
    pub fn cell(&self) -> &[u64] {
        self.shards().map_or(&self.grid.chunks, |shards| &shards.inner)
    }

    /// The most bytes that a stored chunk of it has; of strings, what may be decoded.
    pub fn stored_limit(&self, limits: Limits) -> u64 {
        let Some(size) = self.pipeline.element_size() else { return limits.decoded };
        let bytes = self.grid.chunk_elements().saturating_mul(size as u64).saturating_mul(2);
        // An inner chunk adds its place in the index, its checksum, and what a compressor adds to the smallest input.
        let cells = self.shards().map_or(0, |shards| shards.grid(&self.grid.chunks).count());
        bytes.saturating_add(cells.saturating_mul(128)).saturating_add(1 << 16)
    }

    /// About how many bytes the elements of a whole chunk take in memory.
    pub fn chunk_weight(&self) -> u64 {
        let size = self.pipeline.element_size().unwrap_or(size_of::<String>()) as u64;
        self.grid.chunk_elements().saturating_mul(size)
    }

    /// The text of `.zarray`.
    pub fn to_text(&self) -> String {
        let mut out = String::with_capacity(256);
        self.push_text(&mut out);
        out
    }

    /// Adds the text of `.zarray`.
    pub fn push_text(&self, out: &mut String) {
        let [dtype, filters, compressor] = self.pipeline.metadata_texts();
        out.push_str("{\"chunks\":");
        push_lengths(out, &self.grid.chunks);
        out.push_str(",\"compressor\":");
        out.push_str(compressor);
        out.push_str(",\"dtype\":");
        out.push_str(dtype);
        out.push_str(",\"fill_value\":");
        push_json(out, &self.fill_value);
        out.push_str(",\"filters\":");
        out.push_str(filters);
        out.push_str(if self.column_major { ",\"order\":\"F\",\"shape\":" } else { ",\"order\":\"C\",\"shape\":" });
        push_lengths(out, &self.grid.shape);
        out.push_str(",\"zarr_format\":2");
        out.push_str(if self.grid.separator == '/' { ",\"dimension_separator\":\"/\"}" } else { "}" });
    }
}

fn lengths(what: &str, name: &str, json: &Json) -> Result<Vec<u64>> {
    let list = json.as_array().filter(|list| list.len() <= MAX_NDIM);
    list.and_then(|list| list.iter().map(Json::as_u64).collect())
        .ok_or_else(|| err!(Corrupt, "{what}: {name} is no list of at most {MAX_NDIM} lengths"))
}

/// What `.zattrs` says: dimension names, the kind mark, and the user's attributes.
#[derive(Clone, Debug, PartialEq)]
pub struct Attributes {
    /// What the node is.
    pub kind: Kind,
    /// The dimension names, when they are there.
    pub dims: Option<Vec<String>>,
    /// Stored in shape (1,), but a scalar.
    pub scalar: bool,
    /// The rest.
    pub user: Object,
}

impl Attributes {
    /// Those of a plain group.
    pub fn group(user: Object) -> Self {
        Self { kind: Kind::Group, dims: None, scalar: false, user }
    }

    /// Reads `.zattrs`.
    ///
    /// # Errors
    /// `Corrupt` when it is no JSON object.
    pub fn parse(what: &str, bytes: &[u8], kind: Kind) -> Result<Self> {
        let json: Json = serde_json::from_slice(bytes).map_err(|e| err!(Corrupt, "{what}: .zattrs: {e}"))?;
        let Json::Object(mut user) = json else {
            return Err(err!(Corrupt, "{what}: .zattrs is no JSON object"));
        };
        if kind == Kind::Group {
            return Ok(Self::group(user));
        }
        let dims = user
            .get(DIMS)
            .and_then(Json::as_array)
            .and_then(|names| names.iter().map(|name| name.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>());
        if dims.is_some() {
            user.shift_remove(DIMS);
        }
        let kind = take_kind(&mut user);
        let scalar = user.get(SCALAR) == Some(&Json::Bool(true));
        if scalar {
            user.shift_remove(SCALAR);
        }
        Ok(Self { kind, dims, scalar, user })
    }

    /// Those of an array of format 3; a dimension without a name gets an automatic one where another has one.
    pub fn of_v3(what: &str, dims: Vec<Option<String>>, mut user: Object) -> Self {
        let automatic = crate::value::automatic_dims(what, dims.len());
        let dims = dims.iter().any(Option::is_some).then(|| {
            dims.into_iter().zip(automatic).map(|(name, automatic)| name.unwrap_or(automatic)).collect::<Vec<_>>()
        });
        let kind = take_kind(&mut user);
        Self { kind, dims, scalar: false, user }
    }

    /// The text of `.zattrs`.
    pub fn to_text(&self) -> String {
        let mut out = String::with_capacity(64);
        self.push_text(&mut out);
        out
    }

    /// Adds the text of `.zattrs`.
    pub fn push_text(&self, out: &mut String) {
        self.push_fields(self.dims.as_deref(), out);
    }

    /// Adds the JSON object of the attributes, among them those dimension names.
    pub fn push_fields(&self, dims: Option<&[String]>, out: &mut String) {
        let start = out.len();
        let name = |out: &mut String, name: &str| {
            out.push(if out.len() == start { '{' } else { ',' });
            push_string(out, name);
            out.push(':');
        };
        if let Some(dims) = dims {
            name(out, DIMS);
            push_strings(out, dims);
        }
        if let Some(kind) = match self.kind {
            Kind::Bytes => Some("\"bytes\""),
            Kind::Json => Some("\"json\""),
            _ => None,
        } {
            name(out, KIND);
            out.push_str(kind);
        }
        if self.scalar {
            name(out, SCALAR);
            out.push_str("true");
        }
        // What the library writes itself comes once.
        let own = |key: &str| {
            key == DIMS && dims.is_some() || key == KIND && self.kind != Kind::Array || key == SCALAR && self.scalar
        };
        for (key, value) in self.user.iter().filter(|(key, _)| !own(key)) {
            name(out, key);
            push_json(out, value);
        }
        out.push_str(if out.len() == start { "{}" } else { "}" });
    }
}

/// The kind that the attributes of an array mark it with, without a tree of them; damage is told when it is opened.
pub fn marked(zattrs: &[u8]) -> Kind {
    #[derive(serde::Deserialize)]
    struct Mark {
        #[serde(rename = "_ds_kind", default)]
        kind: Option<String>,
    }
    kind_named(serde_json::from_slice::<Mark>(zattrs).ok().and_then(|mark| mark.kind).as_deref())
}

fn kind_named(mark: Option<&str>) -> Kind {
    match mark {
        Some("bytes") => Kind::Bytes,
        Some("json") => Kind::Json,
        _ => Kind::Array,
    }
}

/// Takes the mark of the kind from the attributes.
fn take_kind(user: &mut Object) -> Kind {
    let kind = kind_named(user.get(KIND).and_then(Json::as_str));
    if kind != Kind::Array {
        user.shift_remove(KIND);
    }
    kind
}

/// `.zmetadata`: every metadata document of the store in one.
#[derive(Default)]
pub struct Consolidated(String);

impl Consolidated {
    /// One with room for the documents of so many nodes.
    pub fn with_room(nodes: u64) -> Self {
        Self(String::with_capacity(usize::try_from(nodes.min(1 << 16)).unwrap_or(0) * 384))
    }

    /// Adds the document `name` of the node whose documents have the names `prefix` + name.
    pub fn add(&mut self, prefix: &str, name: &str, text: &str) {
        self.0.push_str(if self.0.is_empty() { "{\"metadata\":{" } else { "," });
        self.0.push('"');
        push_escaped(&mut self.0, prefix);
        self.0.push_str(name);
        self.0.push('"');
        self.0.push(':');
        self.0.push_str(text);
    }

    /// The whole text.
    pub fn finish(mut self) -> String {
        self.0.push_str(if self.0.is_empty() { "{\"metadata\":{" } else { "" });
        self.0.push_str("},\"zarr_consolidated_format\":1}");
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zarray(edit: impl Fn(&mut Object)) -> Vec<u8> {
        let mut json = json!({"chunks": [2], "compressor": null, "dtype": "<f4", "fill_value": null, "filters": null,
                              "order": "C", "shape": [3], "zarr_format": 2});
        edit(json.as_object_mut().unwrap());
        json.to_string().into_bytes()
    }

    #[test]
    fn zarray_round_trips() {
        let meta = ArrayMeta::parse("x", &zarray(|_| {})).unwrap();
        assert_eq!(meta.to_text(), String::from_utf8(zarray(|_| {})).unwrap());
        let slash = ArrayMeta::parse("x", &zarray(|m| _ = m.insert("dimension_separator".into(), json!("/")))).unwrap();
        assert!(slash.to_text().contains("\"dimension_separator\":\"/\""));
    }

    #[test]
    fn absurd_zarray_is_corrupt_and_names_the_array() {
        for (name, value) in [
            ("shape", json!([1u64 << 62, 1u64 << 62])),
            ("chunks", json!([0])),
            ("chunks", json!([1, 1])),
            ("chunks", json!([u64::MAX])),
            ("shape", json!([-1])),
            ("shape", json!("3")),
            ("order", json!("X")),
            ("dimension_separator", json!("-")),
        ] {
            let error = ArrayMeta::parse("areas", &zarray(|m| _ = m.insert(name.into(), value.clone()))).unwrap_err();
            assert!(error.message().starts_with("areas:"), "{name} {value}: {error}");
        }
        assert!(ArrayMeta::parse("areas", b"{").is_err() && ArrayMeta::parse("areas", b"[]").is_err());
    }

    #[test]
    fn attributes_keep_what_is_the_users() {
        let text = r#"{"_ARRAY_DIMENSIONS":["x"],"_ds_kind":"bytes","unit":"mm"}"#;
        let attributes = Attributes::parse("k", text.as_bytes(), Kind::Array).unwrap();
        assert_eq!((attributes.kind, attributes.dims.as_deref()), (Kind::Bytes, Some(&["x".to_owned()][..])));
        assert_eq!(attributes.user.len(), 1);
        assert_eq!(attributes.to_text(), text);
    }
}
