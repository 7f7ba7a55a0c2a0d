//! Files that another program wrote: the stem is the key, types are guessed.
//!
//! An object is a group, a regular list or a scalar an array (`int64`, `uint64`, `float64`, `bool`, `string`; lists
//! with `"NaN"` and the like `float64`, of `_numpy_complex` objects `complex128`), anything else a JSON value. A file
//! that is no JSON is a key all the same: reading it tells what is wrong.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::files::Place;
use super::index::{Committed, DataFile, FileId, Index, JsonLeaf, JsonNode};
use super::{decode, encode, names};
use crate::backend::nodes::{Group, Node};
use crate::backend::{Kind, Object};
use crate::error::Result;
use crate::fs;
use crate::json_text::weigh;
use crate::key::Key;
use crate::metadata::depth;
use crate::value::{DType, Value};

/// Adds those files of the directory that are not in the index; gives their names. Two files whose names differ in
/// case only are two keys.
pub(super) fn import(place: &Place, index: &mut Index) -> Result<Vec<String>> {
    let mut added = Vec::new();
    for name in unrecorded(place, index)? {
        let Some(key) = names::key_of(&name) else { continue };
        if index.nodes.get(&key).is_ok() {
            continue;
        }
        let bytes = fs::Dir::open(&place.dir)?.read(&name, place.limit.saturating_mul(8))?;
        let crc = crc32fast::hash(&bytes);
        let committed = Some(Committed { bytes: bytes.len() as u64, crc, pending: None });
        let file = index.add_file(DataFile { name: name.clone(), root: key.clone(), committed, dirty: false });
        let node = match weigh(&bytes, place.limit).and_then(|()| decode::json(&bytes, &[])) {
            // A tree that is too much is found out when the key is read.
            Ok(json) if depth(&json, 2 * encode::MAX_NESTING) <= encode::MAX_LEVELS => {
                guess(&key, &json, file, bytes.len() as u64)?
            }
            _ => Node::Leaf(leaf(&key, Kind::Json, DType::String, Vec::new(), file, bytes.len() as u64)),
        };
        index.nodes.put(&key, node)?;
        added.push(name);
    }
    Ok(added)
}

/// The files of the directory that could be keys and are not in the index.
pub(super) fn unrecorded(place: &Place, index: &Index) -> Result<Vec<String>> {
    let live = index.files.values().map(|f| f.name.as_str());
    let known: BTreeSet<&str> = live.chain(index.stale.keys().map(String::as_str)).collect();
    let entries = fs::Dir::open(&place.dir)?.entries()?;
    let names = entries.into_iter().filter(|(_, kind)| *kind == fs::EntryKind::File).map(|(name, _)| name);
    Ok(names.filter(|name| names::key_of(name).is_some() && !known.contains(name.as_str())).collect())
}

/// The node a JSON value stands for.
pub(super) fn guess(key: &Key, json: &Json, file: FileId, stored: u64) -> Result<JsonNode> {
    if let Some(object) = json.as_object().filter(|o| is_group(key, o)) {
        let mut group = Group::new(Some(file));
        for (name, value) in object {
            let child = key.child(name)?;
            group.children.insert(name.clone(), guess(&child, value, file, text(value)?.len() as u64)?);
        }
        return Ok(Node::Group(group));
    }
    let (kind, dtype, shape) = guess_leaf(json)?;
    Ok(Node::Leaf(leaf(key, kind, dtype, shape, file, stored)))
}

/// The leaf of a type and shape, with dimension names made from the key.
pub(super) fn leaf(key: &Key, kind: Kind, dtype: DType, shape: Vec<u64>, file: FileId, stored: u64) -> JsonLeaf {
    let dims = (0..shape.len()).map(|d| format!("{}_dim_{d}", key.as_str().replace('/', "_"))).collect();
    JsonLeaf { kind, dtype, shape, dims, attributes: Object::new(), file, stored, staged: None, fill: None }
}

/// Whether every name in an object is one of a node; a complex number is no group.
fn is_group(key: &Key, object: &Object) -> bool {
    object.get("_numpy_complex") != Some(&Json::Bool(true)) && object.keys().all(|name| key.child(name).is_ok())
}

fn guess_leaf(json: &Json) -> Result<(Kind, DType, Vec<u64>)> {
    if let Value::Array(array) = Value::from_json(json.clone()) {
        return Ok((Kind::Array, array.dtype(), array.shape().to_vec()));
    }
    let shape = first_shape(json);
    let text = text(json)?;
    if !shape.contains(&0) && shape.len() <= encode::MAX_NESTING {
        for dtype in [DType::C128, DType::F64] {
            if decode::array(&text, &[], dtype, &shape, u64::MAX).is_ok() {
                return Ok((Kind::Array, dtype, shape));
            }
        }
    }
    Ok((Kind::Json, DType::String, Vec::new()))
}

/// The shape of a nested list if it is regular.
pub(super) fn first_shape(json: &Json) -> Vec<u64> {
    let mut shape = Vec::new();
    let mut level = Some(json);
    while let Some(Json::Array(items)) = level {
        shape.push(items.len() as u64);
        level = items.first();
    }
    shape
}

fn text(json: &Json) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    encode::scalar(&mut out, json)?;
    Ok(out)
}
