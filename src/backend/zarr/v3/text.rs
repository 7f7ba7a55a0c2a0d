//! Writing `zarr.json`: of arrays, of groups, and the consolidated metadata in that of the root.
//!
//! Consolidated metadata is what zarr-python 3 writes: `"consolidated_metadata": {"kind": "inline", "must_understand":
//! false, "metadata": {...}}`, the documents of all nodes below the root by key.

use super::codecs;
use crate::backend::zarr::meta::{ArrayMeta, Attributes, V3};
use crate::json_text::{push_escaped, push_json, push_lengths, push_string, push_strings};

/// Adds the document of an array.
pub fn push_array(meta: &ArrayMeta, attributes: &Attributes, out: &mut String) {
    let plain = V3::default();
    let v3 = meta.v3.as_ref().unwrap_or(&plain);
    out.push_str("{\"zarr_format\":3,\"node_type\":\"array\",\"shape\":");
    push_lengths(out, &meta.grid.shape);
    out.push_str(",\"data_type\":");
    push_string(out, meta.pipeline.dtype().name());
    out.push_str(",\"chunk_grid\":{\"name\":\"regular\",\"configuration\":{\"chunk_shape\":");
    push_lengths(out, &meta.grid.chunks);
    out.push_str("}},\"chunk_key_encoding\":{\"name\":");
    out.push_str(if meta.grid.prefixed { "\"default\"" } else { "\"v2\"" });
    out.push_str(",\"configuration\":{\"separator\":\"");
    out.push(meta.grid.separator);
    out.push_str("\"}},\"fill_value\":");
    push_json(out, &meta.fill_value);
    out.push_str(",\"codecs\":");
    push_json(out, &codecs::to_json(meta, v3));
    out.push_str(",\"attributes\":");
    attributes.push_fields(None, out);
    if let Some(dims) = attributes.dims.as_ref().filter(|dims| dims.len() == meta.grid.shape.len()) {
        out.push_str(",\"dimension_names\":");
        push_strings(out, dims);
    }
    out.push('}');
}

/// The document of a group; that of the root may have what [`Consolidated`] gathered.
pub fn group(attributes: &Attributes, consolidated: Option<&str>) -> String {
    let mut out = String::with_capacity(96 + consolidated.map_or(0, str::len));
    out.push_str("{\"zarr_format\":3,\"node_type\":\"group\",\"attributes\":");
    attributes.push_fields(None, &mut out);
    if let Some(documents) = consolidated {
        out.push_str(",\"consolidated_metadata\":{\"kind\":\"inline\",\"must_understand\":false,\"metadata\":{");
        out.push_str(documents);
        out.push_str("}}");
    }
    out.push('}');
    out
}

/// The documents of the nodes of a store.
#[derive(Default)]
pub struct Consolidated(String);

impl Consolidated {
    /// Adds the document of a node below the root.
    pub fn add(&mut self, key: &str, text: &str) {
        if !self.0.is_empty() {
            self.0.push(',');
        }
        self.0.push('"');
        push_escaped(&mut self.0, key);
        self.0.push_str("\":");
        self.0.push_str(text);
    }

    /// The document of the root with all of them.
    pub fn finish(self, root: &Attributes) -> String {
        group(root, Some(&self.0))
    }
}
