//! The record of a directory: the index as JSON, in the private part of `metadata.json`.
//!
//! It keeps what the data files do not say: keys, kinds, types, shapes, dimension names, attributes, and length and
//! checksum of every file. A record comes from a disk that others write to: reading one checks every name, key and
//! relation, so that no later code meets an impossible index.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::index::{Committed, DataFile, FileId, Index, JsonLeaf, JsonNode};
use super::names;
use crate::backend::nodes::{Group, Node};
use crate::backend::{Kind, Object};
use crate::codec::fill_element;
use crate::error::{Result, err};
use crate::key::Key;
use crate::value::{DType, element_count};

#[derive(Serialize, Deserialize)]
struct Record {
    commit: u64,
    files: BTreeMap<String, FileRecord>,
    nodes: BTreeMap<String, NodeRecord>,
    /// Files that the commit removes, with their checksums.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    removed: BTreeMap<String, u32>,
}

#[derive(Serialize, Deserialize)]
struct FileRecord {
    key: String,
    bytes: u64,
    crc32: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pending: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct NodeRecord {
    kind: KindName,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dtype: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    shape: Vec<u64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    dims: Vec<String>,
    #[serde(default, skip_serializing_if = "Object::is_empty")]
    attributes: Object,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(default)]
    bytes: u64,
    /// What new elements are when the array is resized.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fill_value: Option<Json>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum KindName {
    Group,
    Array,
    Bytes,
    Json,
}

impl From<Kind> for KindName {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Group => Self::Group,
            Kind::Array => Self::Array,
            Kind::Bytes => Self::Bytes,
            Kind::Json => Self::Json,
        }
    }
}

/// The record of an index.
pub(super) fn write(index: &Index) -> Result<Json> {
    let name_of = |id: FileId| index.file(id).map(|file| file.name.clone());
    let mut nodes = BTreeMap::new();
    index.nodes.root().walk(&Key::root(), &mut |key, node| {
        let record = match node {
            Node::Group(group) => NodeRecord {
                kind: KindName::Group,
                dtype: None,
                shape: Vec::new(),
                dims: Vec::new(),
                attributes: group.attributes.clone(),
                file: group.extra.map(name_of).transpose()?,
                bytes: 0,
                fill_value: None,
            },
            Node::Leaf(leaf) => NodeRecord {
                kind: leaf.kind.into(),
                dtype: Some(leaf.dtype.name().to_owned()),
                shape: leaf.shape.clone(),
                dims: leaf.dims.clone(),
                attributes: leaf.attributes.clone(),
                file: Some(name_of(leaf.file)?),
                bytes: leaf.stored,
                fill_value: leaf.fill.clone(),
            },
        };
        nodes.insert(key.as_str().to_owned(), record);
        Ok(())
    })?;
    let mut files = BTreeMap::new();
    for file in index.files.values() {
        let committed =
            file.committed.as_ref().ok_or_else(|| err!(Internal, "{}: has no content to record", file.root))?;
        files.insert(
            file.name.clone(),
            FileRecord {
                key: file.root.as_str().to_owned(),
                bytes: committed.bytes,
                crc32: committed.crc,
                pending: committed.pending.clone(),
            },
        );
    }
    let record = Record { commit: index.commit, files, nodes, removed: index.stale.clone() };
    serde_json::to_value(record).map_err(|e| err!(Internal, "record: {e}"))
}

/// The index of a record.
pub(super) fn read(json: &Json) -> Result<Index> {
    let record = Record::deserialize(json).map_err(|e| err!(Corrupt, "metadata.json: record: {e}"))?;
    // The next one has a number too.
    if record.commit == u64::MAX {
        return Err(err!(Corrupt, "metadata.json: record: commit {} has no successor", record.commit));
    }
    let mut index = Index::at_commit(record.commit);
    let mut ids = BTreeMap::new();
    for (name, file) in record.files {
        let pending_fits = file.pending.as_deref().is_none_or(|p| names::is_pending(p) && !p.contains(['/', '\\']));
        if !names::is_data_file(&name) || !pending_fits || index.is_taken(&name) {
            return Err(err!(Corrupt, "metadata.json: record: '{}' is no name of a data file", name.escape_debug()));
        }
        let root = key(&file.key)?;
        let committed = Some(Committed { bytes: file.bytes, crc: file.crc32, pending: file.pending });
        let id = index.add_file(DataFile { name: name.clone(), root, committed, dirty: false });
        ids.insert(name, id);
    }
    for (name, crc) in record.removed {
        if names::is_data_file(&name) && !index.is_taken(&name) {
            index.stale.insert(name, crc);
        }
    }
    // Sorted by key: a group comes before what is in it.
    for (text, node) in record.nodes {
        add(&mut index, &key(&text)?, node, &ids)?;
    }
    Ok(index)
}

fn add(index: &mut Index, key: &Key, record: NodeRecord, ids: &BTreeMap<String, FileId>) -> Result<()> {
    let file = match &record.file {
        Some(name) => Some(*ids.get(name).ok_or_else(|| err!(Corrupt, "{key}: its file '{name}' is not recorded"))?),
        None => None,
    };
    let context = index.nodes.inherited(key);
    let is_root_of = |id: FileId| index.file(id).is_ok_and(|f| f.root == *key);
    let fits = match (context, file) {
        (None, None) => true,
        (None, Some(id)) => is_root_of(id) && !key.is_root(),
        (context, file) => context == file,
    };
    if !fits {
        return Err(err!(Corrupt, "{key}: recorded in '{}', where it cannot be", record.file.unwrap_or_default()));
    }
    let (kind, dtype) = match (record.kind, file, record.dtype.as_deref().map(DType::from_name)) {
        (KindName::Group, _, None) => {
            let mut group = Group::new(file);
            group.attributes = record.attributes;
            return put(index, key, Node::Group(group));
        }
        (KindName::Array, Some(_), Some(Some(dtype))) => (Kind::Array, dtype),
        (KindName::Bytes, Some(_), Some(Some(DType::U8))) if record.shape.len() == 1 => (Kind::Bytes, DType::U8),
        (KindName::Json, Some(_), Some(Some(DType::String))) if record.shape.is_empty() => (Kind::Json, DType::String),
        _ => return Err(err!(Corrupt, "{key}: recorded kind, type and file do not fit")),
    };
    if let Some(fill) = &record.fill_value {
        fill_element(dtype, fill).map_err(|e| err!(Corrupt, "{key}: {}", e.message()))?;
    }
    element_count(&record.shape, dtype).map_err(|e| err!(Corrupt, "{key}: {}", e.message()))?;
    let (names, dimensions) = (record.dims.len(), record.shape.len());
    if names != dimensions {
        return Err(err!(
            Corrupt,
            "{key}: recorded with {names} dimension names, its shape has {dimensions} dimensions"
        ));
    }
    let leaf = JsonLeaf {
        kind,
        dtype,
        shape: record.shape,
        dims: record.dims,
        attributes: record.attributes,
        file: file.unwrap_or_default(),
        stored: record.bytes,
        staged: None,
        fill: record.fill_value,
    };
    put(index, key, Node::Leaf(leaf))
}

fn put(index: &mut Index, key: &Key, node: JsonNode) -> Result<()> {
    index.nodes.put(key, node).map(|_| ()).map_err(|e| err!(Corrupt, "metadata.json: record: {}", e.message()))
}

fn key(text: &str) -> Result<Key> {
    Key::parse_or_root(text).map_err(|e| err!(Corrupt, "metadata.json: record: {}", e.message()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn sample() -> Json {
        json!({"commit": 3,
            "files": {"a.json": {"key": "a", "bytes": 2, "crc32": 7}, "g.json": {"key": "g", "bytes": 9, "crc32": 8}},
            "nodes": {"": {"kind": "group"},
                "a": {"kind": "array", "dtype": "int8", "shape": [0], "dims": ["n"], "file": "a.json", "bytes": 2},
                "g": {"kind": "group", "file": "g.json", "attributes": {"k": 1}},
                "g/x": {"kind": "bytes", "dtype": "uint8", "shape": [3], "dims": ["n"], "file": "g.json", "bytes": 4}}})
    }

    #[test]
    fn a_record_read_and_written_is_the_same() {
        let again = write(&read(&sample()).unwrap()).unwrap();
        assert_eq!(write(&read(&again).unwrap()).unwrap(), again);
        assert_eq!(
            (&again["files"], &again["nodes"]["g"]),
            (&sample()["files"], &json!({"kind": "group", "file": "g.json", "attributes": {"k": 1}, "bytes": 0}))
        );
    }

    #[test]
    fn forged_records_are_corrupt() {
        let file = json!({"key": "a", "bytes": 2, "crc32": 7});
        let cases: [(&str, Json); 16] = [
            ("/commit", json!(-1)),
            ("/commit", json!(u64::MAX)),
            ("/files", json!({"../a.json": file})),
            ("/files", json!({"metadata.json": file})),
            ("/files", json!({"a.json": file, "A.json": file})),
            ("/files/a.json/pending", json!("../x")),
            ("/files/a.json/key", json!("..")),
            ("/files/a.json/key", json!("b")),
            ("/nodes/a/file", json!("other.json")),
            ("/nodes/a/file", json!("g.json")),
            ("/nodes/a/dtype", json!("float7")),
            ("/nodes/a/shape", json!([u64::MAX, 2])),
            ("/nodes/a/dims", json!([])),
            ("/nodes/a/kind", json!("json")),
            ("/nodes/g~1x/file", json!("a.json")),
            ("/nodes/g/file", Json::Null),
        ];
        for (place, value) in cases {
            let mut record = sample();
            *record.pointer_mut(place).unwrap_or(&mut Json::Null) = value.clone();
            if place.ends_with("pending") {
                record["files"]["a.json"]["pending"] = value.clone();
            }
            let error = read(&record).map(|_| ()).unwrap_err();
            assert_eq!(error.kind(), crate::ErrorKind::Corrupt, "{place} = {value}");
        }
        for junk in [json!(null), json!([]), json!({"commit": 1}), json!({"commit": 1, "files": [], "nodes": {}})] {
            assert!(read(&junk).is_err());
        }
    }
}
