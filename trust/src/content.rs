//! What the checks write: nodes of every kind whose every element follows from a version, so that a reader can tell which
//! version it has got, and that it has got no other beside it.

use datastorage::{Array, ErrorKind, Result, Storage, Value};
use serde_json::json;

/// The keys of the nodes; the number of an element of this list is the number of a node.
pub const KEYS: &[&str] = &["areas", "labels", "name", "notes", "graph/edges", "graph/names"];

/// A node of a version. Its first element, or its first word, is the version.
pub fn node(node: usize, version: u64) -> Value {
    let number = |k: u64| version * 1000 + k;
    match node {
        // Several chunks of 256, and one that is cut.
        0 => Value::Array(
            Array::from_slice(&[300, 4], &(0..1200).map(|k| number(k) as f64).collect::<Vec<_>>())
                .expect("1200 elements"),
        ),
        1 => Value::Array(Array::vector(&(0..100 + version % 50).map(|k| number(k) as i64).collect::<Vec<_>>())),
        2 => Value::from(format!("{version} {}", "é".repeat((version % 40) as usize))),
        3 => Value::Json(json!([version, null, ["x", version]])),
        4 => Value::Array(
            Array::from_slice(&[2, 64], &(0..128).map(|k| number(k) as u32).collect::<Vec<_>>()).expect("128 elements"),
        ),
        _ => Value::Array(
            Array::from_strings(vec![3], (0..3).map(|k| format!("{version} face {k}")).collect()).expect("3 strings"),
        ),
    }
}

/// Saves a node of a version.
pub fn save(store: &Storage, number: usize, version: u64) -> Result<()> {
    store.save_value(KEYS[number], &node(number, version))
}

/// The version of a node that is there, `None` when it is not there.
///
/// # Errors
/// A text that says how the node is not one of any version, or that it cannot be read.
pub fn version(store: &Storage, number: usize) -> std::result::Result<Option<u64>, String> {
    version_at(store, KEYS[number], number)
}

/// As [`version`], of a node that is under another key.
///
/// # Errors
/// As [`version`].
pub fn version_at(store: &Storage, key: &str, number: usize) -> std::result::Result<Option<u64>, String> {
    match store.load(key) {
        Ok(value) => version_of(key, number, &value).map(Some),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) => Err(format!("{key}: unreadable: {e}")),
    }
}

/// The version of a node that was loaded.
///
/// # Errors
/// A text that says how the node is not one of any version.
pub fn version_of(key: &str, number: usize, value: &Value) -> std::result::Result<u64, String> {
    let first_word = |text: &str| text.split(' ').next().and_then(|word| word.parse().ok());
    let version = match value {
        Value::Json(json) => json[0].as_u64(),
        Value::Array(array) if array.strings().is_some() => {
            array.strings().and_then(|all| all.first()).and_then(|text| first_word(text))
        }
        Value::Array(array) => match number {
            0 => array.to_vec::<f64>().ok().and_then(|all| all.first().map(|first| (*first / 1000.0) as u64)),
            1 => array.to_vec::<i64>().ok().and_then(|all| all.first().map(|first| (*first / 1000) as u64)),
            _ => array.to_vec::<u32>().ok().and_then(|all| all.first().map(|first| u64::from(*first / 1000))),
        },
        Value::Bytes(_) | Value::Group(_) => None,
    };
    let version = version.ok_or_else(|| format!("{key}: of no version: {value:?}"))?;
    if *value == node(number, version) {
        Ok(version)
    } else {
        let text = format!("{value:?}");
        let text: String = text.chars().take(400).collect();
        Err(format!("{key}: torn: begins as version {version} and is not all of it: {text}"))
    }
}
