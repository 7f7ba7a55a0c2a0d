//! Schemas: what arrays and metadata a part should have, and whether what is saved agrees.
//!
//! A schema is a JSON dictionary (groups of arrays with dimensions, data type and rules; metadata fields with a scope;
//! routing rules). [`Schema`] is a parsed, immutable one that answers: which group holds an array, what are its
//! dimensions, does this data fit, is this metadata file-level or categorical. [`SchemaBuilder`] makes one.
//! Nothing here touches a store, and what is not in a schema is allowed.
//!
//! ```
//! use datastorage::schema::{Schema, SchemaBuilder, SchemaDtype};
//! use datastorage::{Key, value::Array};
//!
//! let mut builder = SchemaBuilder::new("CAD_analysis");
//! let faces = builder.create_group("faces", "face", "Face data")?;
//! faces.create_array("face_areas", &["face"], "float32")?.rule("min_value", 0);
//! let schema = Schema::parse(&builder.build())?;
//!
//! let key = Key::parse("face_areas")?;
//! assert_eq!(schema.group_for_array("face_areas"), Some("faces"));
//! assert!(schema.check(&key, &Array::vector(&[1.5f32, 2.3]).view(), SchemaDtype::Strict).is_ok());
//! let error = schema.check(&key, &Array::vector(&[1i32, 2]).view(), SchemaDtype::Strict).unwrap_err();
//! assert_eq!(error.message(), "face_areas: schema wants float32, data is int32");
//! # Ok::<(), datastorage::Error>(())
//! ```

mod builder;
mod check;
mod convert;
mod dictionary;
mod entry;
mod limits;
mod metadata;
mod number;
mod place;
mod routing;
mod schema_file;
mod templates;
#[cfg(test)]
mod tests;

pub use builder::SchemaBuilder;
pub use check::Conversion;
pub use convert::convert;
pub use dictionary::Schema;
pub use entry::{ArraySpec, Field, Group};
pub use routing::{RoutingRules, Scope};
pub use templates::{
    TEMPLATES, create_cad_schema, create_custom_schema, create_manufacturing_schema, create_sensor_schema,
};

pub use crate::options::SchemaDtype;

/// The JSON Schema (draft 2020-12) of a schema dictionary, for tools that know that language.
///
/// It refuses what [`Schema::parse`] refuses, at the same places, but for what it cannot say: that `min_value` is at most
/// `max_value`, lengths in bytes, and the size of the whole.
pub const JSON_SCHEMA: &str = include_str!("dictionary.schema.json");
