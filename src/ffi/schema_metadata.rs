//! The metadata of a schema that is being made: fields, routing, what fits; and the language of schemas itself.
//!
//! As in [`schema_builder`](super::schema_builder). Here a scope is given, not asked: `DS_SCOPE_FILE_LEVEL` or
//! `DS_SCOPE_CATEGORICAL`.

use std::ffi::{CStr, c_char};

use super::buffer::{self, ds_buffer};
use super::iter::{self, ds_iter};
use super::schema_builder::{ds_schema_builder, object, with_builder};
use super::status::ds_status;
use super::text::{self, Out, optional_text, text};
use super::types::{DS_SCOPE_CATEGORICAL, DS_SCOPE_FILE_LEVEL, DS_SCOPE_NONE, ds_dtype, ds_scope};
use crate::error::{Error, err};
use crate::schema::{Field, RoutingRules, Scope};

const JSON_SCHEMA: &str = concat!(include_str!("../schema/dictionary.schema.json"), "\0");

fn wrong(scope: ds_scope) -> Error {
    err!(
        InvalidArgument,
        "scope: is {scope}, wanted {DS_SCOPE_FILE_LEVEL} (file level) or {DS_SCOPE_CATEGORICAL} (categorical)"
    )
}

/// Defines (or redefines) a metadata field of a scope: DS_SCOPE_FILE_LEVEL for one value a file, DS_SCOPE_CATEGORICAL for
/// a label to group and filter by.
///
/// required (not 0) says that a complete part has it. description and rules_json are as in ds_schema_create_array.
/// Errors: DS_ERR_ALREADY_EXISTS when it has the other scope, DS_ERR_SCHEMA, DS_ERR_JSON. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_schema_define_metadata(
    builder: *mut ds_schema_builder,
    scope: ds_scope,
    name: *const c_char,
    dtype: ds_dtype,
    description: *const c_char,
    required: i32,
    rules_json: *const c_char,
) -> ds_status {
    with_builder(builder, |builder| {
        let name = text("name", name)?;
        let dtype = text::dtype(name, dtype)?.name();
        let description = optional_text("description", description)?.unwrap_or_default();
        let rules = Field::rules_of(object(name, "rules_json", rules_json)?).map_err(|e| e.context(name))?;
        let field = match scope {
            DS_SCOPE_FILE_LEVEL => builder.define_file_metadata(name, dtype, description)?,
            DS_SCOPE_CATEGORICAL => builder.define_categorical_metadata(name, dtype, description)?,
            other => return Err(wrong(other).context(name)),
        };
        field.required(required != 0).rules = rules;
        Ok(())
    })
}

/// The names of the metadata fields of a scope in the order of definition; free it with ds_iter_free.
///
/// DS_SCOPE_NONE gives those of both, file-level ones first. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_schema_list_metadata_fields(
    builder: *const ds_schema_builder,
    scope: ds_scope,
    out: *mut *mut ds_iter,
) -> ds_status {
    with_builder(builder, |builder| {
        let out = Out::required("out", out)?;
        let wanted = match scope {
            DS_SCOPE_NONE => None,
            DS_SCOPE_FILE_LEVEL => Some(Scope::FileLevel),
            DS_SCOPE_CATEGORICAL => Some(Scope::Categorical),
            other => return Err(wrong(other)),
        };
        let fields = builder.list_metadata_fields().into_iter();
        let fields = fields.filter(|(_, scope)| wanted.is_none_or(|wanted| wanted == *scope));
        out.set(iter::of(fields.map(|(name, _)| (name.to_owned(), 0)))?);
        Ok(())
    })
}

/// Sets where metadata without a field goes, replacing all rules; rules_json is NULL or a NUL-terminated JSON object.
///
/// "file_level_patterns" and "categorical_patterns" are lists, in which '*' is any text and case does not count; the
/// file-level ones are asked first. "default_numeric", "default_categorical" (bools) and "default_string" are "file_level" or
/// "categorical". What is absent has its default: no patterns, numbers file-level, all else categorical.
/// Errors: DS_ERR_SCHEMA, also for a member that is no rule; DS_ERR_JSON. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_schema_set_metadata_routing(
    builder: *mut ds_schema_builder,
    rules_json: *const c_char,
) -> ds_status {
    with_builder(builder, |builder| {
        let rules = RoutingRules::from_json(&object("routing_rules", "rules_json", rules_json)?)?;
        builder.set_metadata_routing_rules(rules);
        Ok(())
    })
}

/// The scope of a metadata key by field or pattern; DS_SCOPE_NONE when the type of its value decides. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_schema_get_metadata_routing(
    builder: *const ds_schema_builder,
    name: *const c_char,
    out: *mut ds_scope,
) -> ds_status {
    with_builder(builder, |builder| {
        let out = Out::required("out", out)?;
        out.set(builder.get_metadata_routing(text("name", name)?).map_or(DS_SCOPE_NONE, |scope| scope as ds_scope));
        Ok(())
    })
}

/// Checks a metadata value, a JSON text of length bytes, against its field; without a field everything fits.
///
/// Errors: DS_ERR_SCHEMA with the reason, DS_ERR_JSON. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_schema_validate_metadata_field(
    builder: *const ds_schema_builder,
    name: *const c_char,
    json: *const c_char,
    length: usize,
) -> ds_status {
    with_builder(builder, |builder| {
        let name = text("name", name)?;
        builder.check_metadata_field(name, &text::json(name, json, length)?)
    })
}

/// What is wrong with the definitions of metadata: a JSON list of lines, "[]" when nothing is; free it with ds_buffer_free.
///
/// It tells rules that contradict their type, labels that are not as many as values, and patterns in both lists. The first
/// are also refused by ds_schema_build, the others are allowed. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_schema_validate_metadata_schema(
    builder: *const ds_schema_builder,
    out: *mut *mut ds_buffer,
) -> ds_status {
    with_builder(builder, |builder| {
        let out = Out::required("out", out)?;
        out.set(buffer::of_bytes(serde_json::json!(builder.validate_metadata_schema()).to_string()));
        Ok(())
    })
}

/// The JSON Schema (draft 2020-12) that schema dictionaries satisfy, for other tools; static, never NULL.
///
/// It refuses what ds_schema_from_json refuses, at the same place, but for what JSON Schema cannot say. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn ds_schema_json_schema() -> *const c_char {
    CStr::from_bytes_until_nul(JSON_SCHEMA.as_bytes()).unwrap_or_default().as_ptr()
}
