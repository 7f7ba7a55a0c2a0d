//! The module as a whole: what the tests share.

mod builder;
mod check;
mod dictionary;
mod metadata;
mod properties;

use serde_json::{Value as Json, json};

use super::*;
use crate::error::ErrorKind;
use crate::key::Key;
use crate::value::{Array, ArrayView, DType};

use SchemaDtype::{Convertible, Strict};

fn key(text: &str) -> Key {
    Key::parse(text).unwrap()
}

fn check(schema: &Schema, name: &str, array: &Array, policy: SchemaDtype) -> Result<Conversion, String> {
    schema.check(&key(name), &array.view(), policy).map_err(|e| {
        assert_eq!(e.kind(), ErrorKind::Schema);
        e.message().to_owned()
    })
}

/// A schema of one group `g` with one array `a`.
fn one_array(spec: Json) -> Schema {
    Schema::parse(&json!({"groups": {"g": {"arrays": {"a": spec}}}})).unwrap()
}

fn refused(json: Json) -> String {
    let error = Schema::parse(&json).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Schema);
    error.message().to_owned()
}

/// "Complete CAD Encoding Workflow", step 1.
fn cad() -> SchemaBuilder {
    let mut builder = SchemaBuilder::new("CAD_analysis").with_version("1.0");
    let faces = builder.create_group("faces", "face", "Face data").unwrap();
    faces.create_array("face_indices", &["face"], "int32").unwrap();
    faces.create_array("face_areas", &["face"], "float32").unwrap();
    faces.create_array("face_types", &["face"], "int32").unwrap();
    let edges = builder.create_group("edges", "edge", "Edge data").unwrap();
    edges.create_array("edge_indices", &["edge"], "int32").unwrap();
    edges.create_array("edge_lengths", &["edge"], "float32").unwrap();
    builder.define_file_metadata("size_cadfile", "int64", "File size").unwrap();
    builder.define_file_metadata("processing_time", "float32", "Processing time").unwrap();
    builder.define_categorical_metadata("file_label", "int32", "Classification").unwrap();
    builder.set_metadata_routing_rules(RoutingRules::new(&["size_*", "processing_*"], &["*_label"]));
    builder
}

fn cad_schema() -> Schema {
    Schema::parse(&cad().build()).unwrap()
}
