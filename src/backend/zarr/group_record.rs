//! The record of a group in a directory: its attributes, and that the root has a metadata document.
//!
//! It is a [`Record`] of the group's key whose entries are no files: `attributes` is the text of the attributes as this
//! library writes them (not of the file, which in format 3 others also write consolidated metadata into), and
//! `metadata.json`, in the root, says that the document is there and carries its own checksum. Attributes that change
//! have both texts in the record until the new one is published, so that no moment of a commit looks like damage. Groups
//! without a record (of earlier versions and other tools) are not checked; which nodes are in a group is in no record.

use std::path::Path;

use super::archive::METADATA;
use super::decode::Limits;
use super::documents::Format;
use super::meta::Attributes;
use super::record::{self, Record};
use crate::backend::Object;
use crate::defect::Defect;
use crate::error::{Result, err};
use crate::fs;
use crate::key::shown;
use crate::options::Sync;

/// The attributes as they are, and as they are about to be.
const ATTRIBUTES: &str = "attributes";
const NEXT: &str = "attributes.next";

/// The record of a new group.
pub fn new(key: &str, attributes: &Object) -> Record {
    let mut record = Record::of(key);
    record.insert(ATTRIBUTES, &text(attributes));
    if key.is_empty() {
        record.note(METADATA, 0, 0);
    }
    record
}

/// The record of the root of a directory store.
///
/// # Errors
/// `Corrupt` naming the file, those of the operating system.
pub fn of_root(dir: &fs::Dir, limits: Limits) -> Result<Option<Record>> {
    let bytes = dir.try_read(record::NAME, limits.document())?;
    let record = bytes.map(|bytes| Record::from_bytes("", &bytes)).transpose();
    record.map_err(|e| e.context(dir.path().join(record::NAME).display()))
}

/// Whether a record is that of a group.
pub fn is_one(record: &Record) -> bool {
    record.get(ATTRIBUTES).is_some()
}

/// Whether the root of a store says that it has a metadata document of this library.
pub fn has_metadata(record: &Record) -> bool {
    record.get(METADATA).is_some()
}

/// Checks the attributes of a group.
///
/// # Errors
/// `Corrupt` naming the group.
pub fn check(record: &Record, what: &str, attributes: &Object) -> Result<()> {
    let have = record::sum(&text(attributes));
    let known = [ATTRIBUTES, NEXT].map(|name| record.get(name));
    if known.contains(&Some(have)) || crate::defect::has(Defect::SkipChecksum) {
        return Ok(());
    }
    if !is_one(record) {
        return Err(err!(Corrupt, "{}: is a group, its record is that of an array", shown(what)));
    }
    Err(err!(Corrupt, "{}: its attributes are not those that were written", shown(what)))
}

/// Publishes changed attributes of the group in `dir`.
///
/// # Errors
/// Of the operating system.
pub fn publish(format: Format, dir: &Path, key: &str, attributes: &Object, sync: Sync) -> Result<()> {
    let (name, document) = format.group_attributes(&Attributes::group(attributes.clone()));
    let write = |name: &str, bytes: &[u8]| fs::publish_file(&dir.join(name), bytes, sync);
    let there = fs::Dir::open(dir)?.try_read(record::NAME, 1 << 32)?;
    let there = there.and_then(|bytes| Record::from_bytes(key, &bytes).ok()).filter(is_one);
    // A group without a record had attributes that nobody vouched for.
    let mut record = there.unwrap_or_else(|| {
        let mut record = new(key, attributes);
        record.remove(METADATA);
        record
    });
    if record.get(ATTRIBUTES) != Some(record::sum(&text(attributes))) {
        record.insert(NEXT, &text(attributes));
        write(record::NAME, &record.to_bytes())?;
    }
    write(name, document.as_bytes())?;
    record.remove(NEXT);
    record.insert(ATTRIBUTES, &text(attributes));
    write(record::NAME, &record.to_bytes())
}

fn text(attributes: &Object) -> Vec<u8> {
    serde_json::to_vec(attributes).unwrap_or_default()
}
