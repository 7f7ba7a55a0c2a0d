//! Schema builders: schema dictionaries, made call by call.
//!
//! A builder is an object like a buffer: it owns what it holds, belongs to no store and is freed once. A call that fails
//! leaves it as it was. It is used by one thread at a time; a call that finds another thread's call on it is refused, so
//! that only freeing it early can go wrong. Metadata is in [`schema_metadata`](super::schema_metadata).

use std::ffi::c_char;
use std::sync::{Mutex, TryLockError};

use super::buffer::{self, ds_buffer};
use super::call::call;
use super::iter::{self, ds_iter};
use super::status::ds_status;
use super::strings::names;
use super::text::{self, Out, optional_text, text};
use super::types::{DS_KIND_ARRAY, DS_KIND_GROUP, ds_dtype};
use crate::error::{Result, err};
use crate::schema::{ArraySpec, Group, SchemaBuilder};

/// A schema that is being made; freed with ds_schema_free.
pub struct ds_schema_builder {
    builder: Mutex<SchemaBuilder>,
}

/// A call on a builder.
pub(super) fn with_builder(
    builder: *const ds_schema_builder,
    body: impl FnOnce(&mut SchemaBuilder) -> Result<()>,
) -> ds_status {
    call(|| {
        // SAFETY: NULL or, by the header's contract, a builder that was not freed.
        let this = unsafe { builder.as_ref() }.ok_or_else(|| err!(InvalidArgument, "builder: pointer is NULL"))?;
        let mut inner = this.builder.try_lock().map_err(|refused| match refused {
            TryLockError::WouldBlock => err!(Busy, "builder: another thread is in a call on it"),
            TryLockError::Poisoned(_) => err!(Internal, "builder: an earlier call failed inside the library; free it"),
        })?;
        body(&mut inner)
    })
}

/// A call that makes a builder.
fn made(out: *mut *mut ds_schema_builder, make: impl FnOnce() -> Result<SchemaBuilder>) -> ds_status {
    call(|| {
        let out = Out::required("out", out)?;
        out.set(Box::into_raw(Box::new(ds_schema_builder { builder: Mutex::new(make()?) })));
        Ok(())
    })
}

/// A JSON object given as a NUL-terminated text, `{}` for NULL; `name` is what it is for.
pub(super) fn object(name: &str, what: &str, pointer: *const c_char) -> Result<serde_json::Value> {
    match optional_text(what, pointer)? {
        Some(json) => serde_json::from_str(json).map_err(|error| err!(Json, "{name}: {what}: {error}")),
        None => Ok(serde_json::Value::Object(serde_json::Map::new())),
    }
}

fn group_of<'a>(builder: &'a mut SchemaBuilder, group: &str) -> Result<&'a mut Group> {
    builder.get_group(group).ok_or_else(|| err!(NotFound, "{group}: the schema has no such group"))
}

/// Makes an empty schema for a domain; version may be NULL for "1.0", description for none. Free it with ds_schema_free.
///
/// A builder is used by one thread at a time; a call while another thread is in one gives DS_ERR_BUSY. A call that fails
/// leaves the builder as it was. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_schema_create(
    domain: *const c_char,
    version: *const c_char,
    description: *const c_char,
    out: *mut *mut ds_schema_builder,
) -> ds_status {
    made(out, || {
        let builder = SchemaBuilder::new(text("domain", domain)?);
        let builder = builder.with_version(optional_text("version", version)?.unwrap_or("1.0"));
        Ok(builder.with_description(optional_text("description", description)?.unwrap_or_default()))
    })
}

/// Makes a schema from a template: "cad_basic", "cad_advanced", "manufacturing_basic", "sensor_basic".
///
/// The ready schemas of other languages are these: create_cad_schema is "cad_basic", create_manufacturing_schema
/// "manufacturing_basic", create_sensor_schema "sensor_basic"; create_custom_schema is ds_schema_create.
/// Errors: DS_ERR_NOT_FOUND naming the templates there are. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_schema_from_template(
    template_name: *const c_char,
    out: *mut *mut ds_schema_builder,
) -> ds_status {
    made(out, || SchemaBuilder::from_template(text("template_name", template_name)?))
}

/// Makes a schema from a JSON dictionary of length bytes, such as ds_get_schema gives.
///
/// Errors: DS_ERR_JSON, DS_ERR_SCHEMA naming the place that is wrong, such as
/// "groups.faces.arrays.face_areas.dims: wanted a list of strings, found 3". Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_schema_from_json(
    schema_json: *const c_char,
    length: usize,
    out: *mut *mut ds_schema_builder,
) -> ds_status {
    made(out, || SchemaBuilder::from_json(&text::json("schema_json", schema_json, length)?))
}

/// Makes a schema from a JSON file.
///
/// Errors: DS_ERR_NOT_FOUND, DS_ERR_IO, DS_ERR_PERMISSION, and as ds_schema_from_json, with the path. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_schema_load_from_file(path: *const c_char, out: *mut *mut ds_schema_builder) -> ds_status {
    made(out, || SchemaBuilder::load_from_file(text("path", path)?))
}

/// Adds what a template has and the schema lacks: groups, arrays, metadata fields, patterns. What is there stays.
///
/// Errors: DS_ERR_NOT_FOUND naming the templates there are. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_schema_extend_template(
    builder: *mut ds_schema_builder,
    template_name: *const c_char,
) -> ds_status {
    with_builder(builder, |builder| builder.extend_template(text("template_name", template_name)?).map(drop))
}

/// Adds a group of arrays along a dimension; description and special_processing ("matrix_flattening") may be NULL.
///
/// Errors: DS_ERR_ALREADY_EXISTS, DS_ERR_SCHEMA when the name is no valid key. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_schema_create_group(
    builder: *mut ds_schema_builder,
    name: *const c_char,
    primary_dimension: *const c_char,
    description: *const c_char,
    special_processing: *const c_char,
) -> ds_status {
    with_builder(builder, |builder| {
        let (name, dimension) = (text("name", name)?, text("primary_dimension", primary_dimension)?);
        let description = optional_text("description", description)?.unwrap_or_default();
        let processing = optional_text("special_processing", special_processing)?;
        builder.create_group(name, dimension, description)?.special_processing = processing.map(str::to_owned);
        Ok(())
    })
}

/// Removes a group and its arrays. Errors: DS_ERR_NOT_FOUND. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_schema_remove_group(builder: *mut ds_schema_builder, name: *const c_char) -> ds_status {
    with_builder(builder, |builder| {
        let name = text("name", name)?;
        group_of(builder, name)?;
        builder.remove_group(name);
        Ok(())
    })
}

/// The names of the groups in the order of definition, of kind DS_KIND_GROUP; free it with ds_iter_free. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_schema_list_groups(builder: *const ds_schema_builder, out: *mut *mut ds_iter) -> ds_status {
    with_builder(builder, |builder| {
        let out = Out::required("out", out)?;
        out.set(iter::of(builder.list_groups().into_iter().map(|name| (name.to_owned(), DS_KIND_GROUP)))?);
        Ok(())
    })
}

/// Adds an array to a group: its type, the names of its ndim dimensions (0 for a scalar), and what bounds its elements.
///
/// description may be NULL. rules_json is NULL or a NUL-terminated JSON object: "min_value", "max_value", "values" (a list
/// of what elements may be), "labels" (their names for people); other members are kept. Rules that contradict the type are
/// refused by ds_schema_build.
/// Errors: DS_ERR_NOT_FOUND (group), DS_ERR_ALREADY_EXISTS, DS_ERR_SCHEMA (the name is no valid key, a dimension is empty),
/// DS_ERR_JSON. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_schema_create_array(
    builder: *mut ds_schema_builder,
    group: *const c_char,
    name: *const c_char,
    dtype: ds_dtype,
    dims: *const *const c_char,
    ndim: usize,
    description: *const c_char,
    rules_json: *const c_char,
) -> ds_status {
    with_builder(builder, |builder| {
        let (group, name) = (text("group", group)?, text("name", name)?);
        let dtype = text::dtype(name, dtype)?.name();
        let dims = names(name, dims, ndim)?;
        let description = optional_text("description", description)?.unwrap_or_default();
        let rules = ArraySpec::rules_of(object(name, "rules_json", rules_json)?).map_err(|e| e.context(name))?;
        let spec = group_of(builder, group)?.create_array(name, &dims, dtype)?;
        spec.description(description).rules = rules;
        Ok(())
    })
}

/// Removes an array from a group. Errors: DS_ERR_NOT_FOUND. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_schema_remove_array(
    builder: *mut ds_schema_builder,
    group: *const c_char,
    name: *const c_char,
) -> ds_status {
    with_builder(builder, |builder| {
        let (group, name) = (text("group", group)?, text("name", name)?);
        if group_of(builder, group)?.remove_array(name) {
            return Ok(());
        }
        Err(err!(NotFound, "{name}: the group {group} has no such array"))
    })
}

/// The names of the arrays of a group in the order of definition, of kind DS_KIND_ARRAY; free it with ds_iter_free.
///
/// Errors: DS_ERR_NOT_FOUND (group). Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_schema_list_arrays(
    builder: *const ds_schema_builder,
    group: *const c_char,
    out: *mut *mut ds_iter,
) -> ds_status {
    with_builder(builder, |builder| {
        let out = Out::required("out", out)?;
        let group = group_of(builder, text("group", group)?)?;
        out.set(iter::of(group.list_arrays().into_iter().map(|name| (name.to_owned(), DS_KIND_ARRAY)))?);
        Ok(())
    })
}

/// The schema as a JSON dictionary, as ds_set_schema takes it; free it with ds_buffer_free.
///
/// Errors: DS_ERR_SCHEMA naming the place, when a rule contradicts its type. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_schema_build(builder: *const ds_schema_builder, out: *mut *mut ds_buffer) -> ds_status {
    with_builder(builder, |builder| {
        let out = Out::required("out", out)?;
        out.set(buffer::of_bytes(builder.try_build()?.to_string()));
        Ok(())
    })
}

/// Writes the schema as indented JSON; the file appears whole or not at all, and replaces an older one.
///
/// Errors: as ds_schema_build, DS_ERR_NOT_FOUND (no such directory), DS_ERR_IO, DS_ERR_PERMISSION. Since 0.1.0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_schema_save_to_file(builder: *const ds_schema_builder, path: *const c_char) -> ds_status {
    with_builder(builder, |builder| builder.save_to_file(text("path", path)?))
}

/// Frees a schema that was being made; NULL is fine. Cannot fail. Since 0.1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ds_schema_free(builder: *mut ds_schema_builder) {
    if !builder.is_null() {
        // SAFETY: made by `made` and, by the header's contract, freed once, when no call is on it.
        drop(unsafe { Box::from_raw(builder) });
    }
}
