//! Whether metadata fits its field in the schema.
//!
//! Metadata is JSON, which knows fewer types than arrays do: an integer field wants a JSON integer in its range, a
//! float field any number (rounding to the field's width is no loss of metadata, overflow is), `bool` and `str` their
//! own. A complex one is a number or `{"real": .., "imag": ..}`. Each value of a list is checked; an object is checked
//! member by member under its longer keys. A field is found under the whole key only. `null` means absent: it fits
//! unless the field is required.

use serde_json::Value as Json;

use super::dictionary::{Dictionary, Schema};
use super::entry::Field;
use super::limits::Limits;
use super::number::{Exact, Number, with_element};
use super::place::{Place, describe, shorten};
use super::routing::own_key;
use crate::error::{Error, Result, err};
use crate::value::DType;

const MAX_DEPTH: usize = 64;

impl Schema {
    /// Checks a metadata value against the field of its key; an object also against the fields below it. Keys without
    /// a field, and the library's own ones (`_...`, `file_sizes_KB/...`, `descriptions/...`), are accepted.
    ///
    /// # Errors
    /// `Schema` with the key, what the schema wants and what the value is.
    pub fn check_metadata(&self, key: &str, value: &Json) -> Result<()> {
        self.dictionary.check_metadata(key, value)
    }

    /// What the schema says of the metadata under a key, file-level or categorical.
    #[must_use]
    pub fn field(&self, key: &str) -> Option<&Field> {
        self.dictionary.field(key)
    }

    /// The required fields that a metadata document lacks, file-level ones first.
    #[must_use]
    pub fn missing_metadata(&self, document: &Json) -> Vec<&str> {
        let missing = |name: &str| {
            let whole = document.get(name);
            whole.or_else(|| name.split('/').try_fold(document, |json, part| json.get(part))).is_none_or(Json::is_null)
        };
        let fields = self.dictionary.file_level.iter().chain(&self.dictionary.categorical);
        fields.filter(|(name, field)| field.required && missing(name)).map(|(name, _)| name.as_str()).collect()
    }
}

impl Dictionary {
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.file_level.get(name).or_else(|| self.categorical.get(name))
    }

    pub fn check_metadata(&self, key: &str, value: &Json) -> Result<()> {
        if own_key(key).is_some() && self.field(key).is_none() {
            return Ok(());
        }
        self.check_tree(key, value, 0)
    }

    fn check_tree(&self, key: &str, value: &Json, depth: usize) -> Result<()> {
        if depth > MAX_DEPTH {
            return Err(err!(Schema, "{}: nested deeper than the limit of {MAX_DEPTH}", shorten(key)));
        }
        if let Some(field) = self.field(key) {
            return check_field(key, field, value, depth);
        }
        if let Json::Object(members) = value {
            for (name, member) in members {
                self.check_tree(&format!("{key}/{name}"), member, depth + 1)?;
            }
        }
        Ok(())
    }
}

fn check_field(key: &str, field: &Field, value: &Json, depth: usize) -> Result<()> {
    if value.is_null() && !field.required {
        return Ok(());
    }
    let limits = Limits::read(&field.rules, field.dtype, &Place::TOP.name(key))?;
    check_value(key, field.dtype, &limits, value, depth)
}

fn check_value(key: &str, dtype: Option<DType>, limits: &Limits, value: &Json, depth: usize) -> Result<()> {
    if let Json::Array(items) = value {
        if depth > MAX_DEPTH {
            return Err(err!(Schema, "{}: nested deeper than the limit of {MAX_DEPTH}", shorten(key)));
        }
        return items.iter().try_for_each(|item| check_value(key, dtype, limits, item, depth + 1));
    }
    let refused = |wanted: &dyn std::fmt::Display| -> Error {
        err!(Schema, "{}: schema wants {wanted}, value is {}", shorten(key), describe(value))
    };
    let number = match dtype {
        Some(dtype) if !has_type(value, dtype) => return Err(refused(&dtype)),
        Some(dtype) => as_number(value).map(|number| number.rounded_to(dtype)),
        None => as_number(value),
    };
    let broken = match (number, value) {
        (Some(number), _) => limits.broken_by(number),
        (None, Json::String(text)) => limits.broken_by_text(text),
        _ => None,
    };
    broken.map_or(Ok(()), |rule| Err(refused(&rule)))
}

fn has_type(value: &Json, dtype: DType) -> bool {
    match dtype {
        DType::Bool => value.is_boolean(),
        DType::String => value.is_string(),
        float if float.is_float() => fits_float(value, float),
        complex if complex.is_complex() => match value {
            Json::Object(parts) => {
                ["real", "imag"].iter().all(|part| parts.get(*part).is_some_and(|part| fits_float(part, complex)))
            }
            real => fits_float(real, complex),
        },
        integer => {
            let Some(number @ Number::Int(_)) = Number::from_json(value) else { return false };
            with_element!(integer, T => T::exact(number).is_some(), string => false)
        }
    }
}

/// Whether a JSON number is within the range of a float (or a component of a complex) type.
fn fits_float(value: &Json, dtype: DType) -> bool {
    match Number::from_json(value).map(|number| number.rounded_to(dtype)) {
        Some(Number::Real(x)) => x.is_finite(),
        Some(_) => true,
        None => false,
    }
}

fn as_number(value: &Json) -> Option<Number> {
    match value {
        Json::Bool(flag) => Some(flag.number()),
        Json::Object(parts) => {
            let part = |name: &str| parts.get(name).and_then(Json::as_f64);
            Some(Number::Complex(part("real")?, part("imag")?))
        }
        number => Number::from_json(number),
    }
}
