//! `.zarray` and `.zattrs`: the metadata documents of a Zarr v2 array, and their consolidated form.
//!
//! Source: the Zarr v2 specification (zarr-specs, "Zarr storage specification version 2") and, for `.zmetadata`,
//! zarr-python's `consolidate_metadata`. Everything that is read is checked against absurd sizes before it is used.

use serde_json::{Value as Json, json};

use super::grid::Grid;
use crate::backend::{Kind, Object};
use crate::codec::Pipeline;
use crate::error::{Result, err};

/// `.zgroup` as this library writes it.
pub const ZGROUP: &str = "{\"zarr_format\":2}";
/// The attribute with the dimension names, as xarray wants it.
pub const DIMS: &str = "_ARRAY_DIMENSIONS";
/// The attribute that marks bytes and JSON nodes.
pub const KIND: &str = "_ds_kind";
/// The attribute that marks a scalar kept in shape (1,), as msgpack2 needs it.
pub const SCALAR: &str = "_ds_scalar";

const MAX_NDIM: usize = 64;

/// What `.zarray` says.
#[derive(Clone, Debug)]
pub struct ArrayMeta {
    /// Shape, chunks, separator.
    pub grid: Grid,
    /// Data type, filters, compressor.
    pub pipeline: Pipeline,
    /// `order: "F"`: chunks are stored column-major.
    pub column_major: bool,
    /// The value of chunks that are not there; null when undefined.
    pub fill_value: Json,
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
        if shape.len() != chunks.len() {
            return Err(err!(Corrupt, "{what}: shape has {} dimensions, chunks {}", shape.len(), chunks.len()));
        }
        if chunks.contains(&0) {
            return Err(err!(Corrupt, "{what}: a chunk has length 0: {chunks:?}"));
        }
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
        let meta = Self { grid: Grid { shape, chunks, separator }, pipeline, column_major, fill_value };
        let element = meta.pipeline.dtype().size().max(1) as u64;
        let width = meta.pipeline.extra_dim().unwrap_or(1).max(1);
        for (name, dims) in [("shape", &meta.grid.shape), ("chunks", &meta.grid.chunks)] {
            let bytes =
                dims.iter().filter(|&&d| d > 0).try_fold(element.saturating_mul(width), |n, &d| n.checked_mul(d));
            if bytes.is_none_or(|n| n > isize::MAX as u64) {
                return Err(err!(Corrupt, "{what}: {name} {dims:?} exceeds what can be addressed"));
            }
        }
        Ok(meta)
    }

    /// The shape as it is loaded: the stored one, and for `|S` the width as last dimension.
    pub fn logical_shape(&self) -> Vec<u64> {
        let mut shape = self.grid.shape.clone();
        shape.extend(self.pipeline.extra_dim());
        shape
    }

    /// The text of `.zarray`.
    pub fn to_text(&self) -> String {
        let [dtype, filters, compressor] = self.pipeline.metadata_texts();
        let list = |lengths: &[u64]| {
            let texts: Vec<String> = lengths.iter().map(u64::to_string).collect();
            texts.join(",")
        };
        let order = if self.column_major { 'F' } else { 'C' };
        let separator = if self.grid.separator == '/' { ",\"dimension_separator\":\"/\"" } else { "" };
        format!(
            "{{\"chunks\":[{}],\"compressor\":{compressor},\"dtype\":{dtype},\"fill_value\":{},\"filters\":{filters},\
             \"order\":\"{order}\",\"shape\":[{}],\"zarr_format\":2{separator}}}",
            list(&self.grid.chunks),
            self.fill_value,
            list(&self.grid.shape),
        )
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
        let kind = match user.get(KIND).and_then(Json::as_str) {
            Some("bytes") => Kind::Bytes,
            Some("json") => Kind::Json,
            _ => Kind::Array,
        };
        if kind != Kind::Array {
            user.shift_remove(KIND);
        }
        let scalar = user.get(SCALAR) == Some(&Json::Bool(true));
        if scalar {
            user.shift_remove(SCALAR);
        }
        Ok(Self { kind, dims, scalar, user })
    }

    /// The text of `.zattrs`.
    pub fn to_text(&self) -> String {
        let mut all = Object::new();
        if let Some(dims) = &self.dims {
            all.insert(DIMS.into(), json!(dims));
        }
        match self.kind {
            Kind::Bytes => _ = all.insert(KIND.into(), json!("bytes")),
            Kind::Json => _ = all.insert(KIND.into(), json!("json")),
            _ => {}
        }
        if self.scalar {
            all.insert(SCALAR.into(), Json::Bool(true));
        }
        all.extend(self.user.iter().map(|(k, v)| (k.clone(), v.clone())));
        Json::Object(all).to_string()
    }
}

/// `.zmetadata`: every metadata document of the store in one.
pub fn consolidated<'a>(documents: impl Iterator<Item = (String, &'a str)>) -> String {
    let mut out = String::from("{\"metadata\":{");
    for (i, (name, text)) in documents.enumerate() {
        if i > 0 {
            out.push(',');
        }
        out.push_str(&Json::String(name).to_string());
        out.push(':');
        out.push_str(text);
    }
    out.push_str("},\"zarr_consolidated_format\":1}");
    out
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
