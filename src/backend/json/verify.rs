//! Looking at everything, and recording the present state as right.

use serde_json::Value as Json;

use super::files::Place;
use super::index::{DataFile, FileId, Index, JsonLeaf, JsonNode};
use super::{commit, decode, encode, foreign, open};
use crate::backend::nodes::{Group, Node};
use crate::backend::{Finding, Kind};
use crate::error::Result;
use crate::fs;
use crate::key::Key;
use crate::op::Op;

/// Reads every file and every leaf.
pub(super) fn findings(place: &Place, index: &Index, op: &Op) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let mut found = |key: &str, text: &str| findings.push(Finding { key: key.to_owned(), text: text.to_owned() });
    if let Err(e) = open::document(place, true) {
        found(super::names::METADATA, e.message());
    }
    for (done, file) in index.files.values().enumerate() {
        op.progress("verify", done as u64, index.files.len() as u64)?;
        let Some(bytes) = file.committed.as_ref().map(|_| strict(place).read(file)) else { continue };
        match bytes {
            Err(e) => found(file.root.as_str(), e.message()),
            Ok(_) if file.dirty => {}
            Ok(bytes) => check_leaves(place, index, file, &bytes, &mut found)?,
        }
    }
    for name in foreign::unrecorded(place, index)? {
        found(&name, "is not recorded");
    }
    Ok(findings)
}

/// Records altered files as they are, forgets missing ones, takes unrecorded ones in, and tells what it met.
pub(super) fn repair(place: &Place, index: &mut Index, op: &Op) -> Result<Vec<Finding>> {
    let metadata = index.metadata.clone();
    commit::commit(place, index, op, &metadata, false)?;
    let findings = findings(place, index, op)?;
    if findings.is_empty() {
        return Ok(findings);
    }
    let files: Vec<(FileId, DataFile)> = index.files.iter().map(|(id, file)| (*id, file.clone())).collect();
    for (id, file) in files {
        op.check()?;
        if strict(place).read(&file).is_ok() && leaves_are_right(place, index, &file)? {
            continue;
        }
        match fs::Dir::open(&place.dir)?.try_read(&file.name, place.limit.saturating_mul(8))? {
            None => forget(index, id, &file)?,
            Some(bytes) => adopt(index, id, &file, &bytes)?,
        }
    }
    foreign::import(place, index)?;
    commit::commit(place, index, op, &metadata, true)?;
    Ok(findings)
}

/// The same place, checking whatever the options say.
fn strict(place: &Place) -> Place {
    let Place { dir, sync, limit, .. } = place;
    Place { dir: dir.clone(), integrity: crate::options::Integrity::Check, sync: *sync, limit: *limit }
}

fn leaves_are_right(place: &Place, index: &Index, file: &DataFile) -> Result<bool> {
    let mut right = true;
    let bytes = place.read(file)?;
    check_leaves(place, index, file, &bytes, &mut |_, _| right = false)?;
    Ok(right)
}

fn check_leaves(
    place: &Place,
    index: &Index,
    file: &DataFile,
    bytes: &[u8],
    found: &mut impl FnMut(&str, &str),
) -> Result<()> {
    let Ok(root) = index.nodes.get(&file.root) else {
        found(file.root.as_str(), "its file holds nothing that is recorded");
        return Ok(());
    };
    root.walk(&file.root, &mut |key, node| {
        if let Node::Leaf(leaf) = node
            && let Err(e) = decode_leaf(bytes, &index.inner_path(key, leaf.file)?, leaf, place.limit)
        {
            found(key.as_str(), e.message());
        }
        Ok(())
    })
}

fn decode_leaf(bytes: &[u8], path: &[&str], leaf: &JsonLeaf, limit: u64) -> Result<()> {
    match leaf.kind {
        Kind::Json => decode::json(bytes, path).map(|_| ()),
        _ => decode::array(bytes, path, leaf.dtype, &leaf.shape, limit).map(|_| ()),
    }
}

fn forget(index: &mut Index, id: FileId, file: &DataFile) -> Result<()> {
    if index.nodes.get(&file.root).is_ok() {
        index.delete(&file.root)?;
    }
    index.files.remove(&id);
    Ok(())
}

/// Takes the content of a file for right: nodes that still fit stay, others are guessed anew.
fn adopt(index: &mut Index, id: FileId, file: &DataFile, bytes: &[u8]) -> Result<()> {
    // What is no JSON any more stays recorded as damaged: there is nothing right to record.
    let Ok(json) = decode::json(bytes, &[]) else { return Ok(()) };
    let old = index.nodes.get(&file.root).ok().cloned();
    let node = merged(&file.root, &json, old, id, bytes.len() as u64)?;
    index.nodes.put(&file.root, node)?;
    if let Some(committed) = index.files.get_mut(&id).and_then(|file| file.committed.as_mut()) {
        committed.bytes = bytes.len() as u64;
        committed.crc = crc32fast::hash(bytes);
    }
    index.dirty = true;
    Ok(())
}

fn merged(key: &Key, json: &Json, old: Option<JsonNode>, file: FileId, stored: u64) -> Result<JsonNode> {
    match old {
        Some(Node::Leaf(leaf)) => {
            let mut text = Vec::new();
            encode::scalar(&mut text, json)?;
            let mut candidate = JsonLeaf { stored, staged: None, ..leaf };
            if decode_leaf(&text, &[], &candidate, u64::MAX).is_ok() {
                return Ok(Node::Leaf(candidate));
            }
            let shape = foreign::first_shape(json);
            if candidate.dims.len() == shape.len() && candidate.kind != Kind::Json {
                candidate.shape = shape;
                if decode_leaf(&text, &[], &candidate, u64::MAX).is_ok() {
                    return Ok(Node::Leaf(candidate));
                }
            }
            foreign::guess(key, json, file, stored)
        }
        Some(Node::Group(mut group)) if json.is_object() => {
            let mut next = Group::new(Some(file));
            next.attributes = std::mem::take(&mut group.attributes);
            for (name, value) in json.as_object().into_iter().flatten() {
                let child = key.child(name)?;
                let stored = value.to_string().len() as u64;
                next.children.insert(name.clone(), merged(&child, value, group.children.remove(name), file, stored)?);
            }
            Ok(Node::Group(next))
        }
        _ => foreign::guess(key, json, file, stored),
    }
}
