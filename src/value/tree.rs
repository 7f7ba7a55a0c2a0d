//! [`Value`]: whatever one key can hold.

use indexmap::IndexMap;
use serde_json::Value as Json;

use super::{Array, Element};
use crate::error::{Result, err};

/// What is stored under one key: an array (0-d for a scalar or a string), raw bytes, a JSON value, or a group.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A typed n-d array.
    Array(Array),
    /// Bytes without a shape.
    Bytes(Vec<u8>),
    /// A JSON value that is no array: null, or a list of mixed things.
    Json(Json),
    /// A group of named values, in order of insertion.
    Group(IndexMap<String, Value>),
}

impl Value {
    /// Turns JSON into nodes: an object becomes a group, a list of numbers, bools or strings (also a regular nested
    /// one) an array, a scalar a 0-d array; any other list, and null, stay JSON.
    ///
    /// Integers become `int64` (`uint64` when one exceeds it), numbers with a fraction `float64`.
    #[must_use]
    pub fn from_json(json: Json) -> Self {
        match json {
            Json::Object(map) => Self::Group(map.into_iter().map(|(k, v)| (k, Self::from_json(v))).collect()),
            Json::Null => Self::Json(Json::Null),
            Json::Array(_) => list_to_array(&json).map_or(Self::Json(json), Self::Array),
            scalar => list_to_array(&scalar).map_or(Self::Json(scalar), Self::Array),
        }
    }

    /// The array, if it is one.
    ///
    /// # Errors
    /// `WrongKind` when it is not.
    pub fn into_array(self) -> Result<Array> {
        match self {
            Self::Array(array) => Ok(array),
            other => Err(err!(WrongKind, "wanted an array, found {}", other.kind_name())),
        }
    }

    /// The word for its kind: `array`, `bytes`, `json`, `group`.
    #[must_use]
    pub fn kind_name(&self) -> &'static str {
        match self {
            Self::Array(_) => "array",
            Self::Bytes(_) => "bytes",
            Self::Json(_) => "json",
            Self::Group(_) => "group",
        }
    }
}

impl From<Array> for Value {
    fn from(array: Array) -> Self {
        Self::Array(array)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Array(Array::string(text))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Array(Array::string(text))
    }
}

impl<T: Element> From<T> for Value {
    fn from(scalar: T) -> Self {
        Self::Array(Array::scalar(scalar))
    }
}

impl<T: Element> From<&[T]> for Value {
    fn from(elements: &[T]) -> Self {
        Self::Array(Array::vector(elements))
    }
}

impl<T: Element> From<Vec<T>> for Value {
    fn from(elements: Vec<T>) -> Self {
        Self::Array(Array::vector(&elements))
    }
}

impl<T: Element, D: ndarray::Dimension> From<ndarray::Array<T, D>> for Value {
    fn from(array: ndarray::Array<T, D>) -> Self {
        Self::Array(Array::from_ndarray(&array))
    }
}

impl<K: Into<String>> FromIterator<(K, Value)> for Value {
    fn from_iter<I: IntoIterator<Item = (K, Value)>>(entries: I) -> Self {
        Self::Group(entries.into_iter().map(|(k, v)| (k.into(), v)).collect())
    }
}

/// The array a regular list (or a scalar) of one kind of JSON scalar stands for.
fn list_to_array(json: &Json) -> Option<Array> {
    let mut shape = Vec::new();
    let mut level = json;
    while let Json::Array(items) = level {
        shape.push(items.len() as u64);
        match items.first() {
            Some(first) => level = first,
            None => return None,
        }
    }
    let mut leaves = Vec::new();
    collect(json, &shape, &mut leaves)?;
    if leaves.iter().all(|l| l.is_boolean()) {
        let all: Vec<bool> = leaves.iter().filter_map(|l| l.as_bool()).collect();
        return Array::from_slice(&shape, &all).ok();
    }
    if leaves.iter().all(|l| l.is_string()) {
        let all = leaves.iter().filter_map(|l| l.as_str()).map(str::to_owned).collect();
        return Array::from_strings(shape, all).ok();
    }
    if leaves.iter().all(|l| l.is_i64()) {
        let all: Vec<i64> = leaves.iter().filter_map(|l| l.as_i64()).collect();
        return Array::from_slice(&shape, &all).ok();
    }
    if leaves.iter().all(|l| l.is_u64()) {
        let all: Vec<u64> = leaves.iter().filter_map(|l| l.as_u64()).collect();
        return Array::from_slice(&shape, &all).ok();
    }
    if leaves.iter().all(|l| l.is_number()) {
        let all: Vec<f64> = leaves.iter().filter_map(|l| l.as_f64()).collect();
        return Array::from_slice(&shape, &all).ok();
    }
    None
}

/// Gathers the leaves of a list nested exactly as `shape` says.
fn collect<'a>(json: &'a Json, shape: &[u64], leaves: &mut Vec<&'a Json>) -> Option<()> {
    match (json, shape) {
        (Json::Array(items), [length, rest @ ..]) if items.len() as u64 == *length => {
            items.iter().try_for_each(|item| collect(item, rest, leaves))
        }
        (Json::Bool(_) | Json::Number(_) | Json::String(_), []) => {
            leaves.push(json);
            Some(())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::DType;
    use serde_json::json;

    #[test]
    fn json_becomes_arrays_groups_or_stays_json() {
        let array = |j| Value::from_json(j).into_array().unwrap();
        assert_eq!(array(json!([1, 2])), Array::vector(&[1i64, 2]));
        assert_eq!(array(json!([1, 2.5])), Array::vector(&[1.0f64, 2.5]));
        assert_eq!(array(json!([[1, 2], [3, 4]])).shape(), [2, 2]);
        assert_eq!(array(json!(u64::MAX)).dtype(), DType::U64);
        assert_eq!(array(json!("x")), Array::string("x"));
        assert_eq!(array(json!(["a", "b"])).strings().unwrap().len(), 2);
        for kept in [json!(null), json!([1, "a"]), json!([[1], [2, 3]]), json!([]), json!([null]), json!([{"a": 1}])] {
            assert_eq!(Value::from_json(kept.clone()), Value::Json(kept));
        }
        assert!(matches!(Value::from_json(json!({"a": {"b": 1}})), Value::Group(_)));
    }
}
