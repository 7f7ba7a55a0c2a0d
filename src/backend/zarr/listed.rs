//! What a group lists: its children, and those that are gone.
//!
//! Consolidated metadata describe every node of a directory: they are taken away before a node is removed or replaced,
//! and written again at the end of the commit ([`super::consolidate`]). So a node that they describe and that is not
//! there was lost. It is listed, that whoever reads it gets an error, and loading its group does not leave it out. Only
//! a root with a record of this library is held to that: other tools leave consolidated metadata as they were.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::ZarrStore;
use super::base::Base;
use super::commit::{ZMETADATA, prefix};
use super::decode::DOCUMENT;
use super::documents::Format;
use super::group_record;
use super::record::{self, Record};
use super::staged::Change;
use crate::backend::{Child, Kind};
use crate::error::Result;
use crate::fs;
use crate::key::Key;

/// The keys of the documents in `.zmetadata`, or of the nodes in the `zarr.json` of a root.
#[derive(Deserialize, Default)]
struct Consolidated {
    #[serde(default)]
    metadata: indexmap::IndexMap<String, IgnoredAny>,
    #[serde(default)]
    consolidated_metadata: Option<Box<Consolidated>>,
}

impl ZarrStore {
    /// The children of a group, with those that were lost.
    ///
    /// # Errors
    /// As [`ZarrStore::children`].
    pub(super) fn listed(&self, group: &Key) -> Result<Vec<Child>> {
        let mut out = self.children(group)?;
        for name in self.described(group)? {
            let Ok(key) = group.child(&name) else { continue };
            let overlay = self.overlay();
            let removed = overlay.hides(&key) || matches!(overlay.get(&key), Some(Change::Gone));
            if !removed && !out.iter().any(|child| child.name == name) {
                // Which kind it had nobody asks: it cannot be read.
                out.push(Child { name, kind: Kind::Array });
            }
        }
        out.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(out)
    }

    /// The names of the children of a group that consolidated metadata describe. Read after the directory was listed:
    /// what is removed in between is described no longer.
    fn described(&self, group: &Key) -> Result<Vec<String>> {
        let Base::Dir(root) = self.base() else { return Ok(Vec::new()) };
        if !self.limits.check || self.overlay().hides(group) {
            return Ok(Vec::new());
        }
        let dir = fs::Dir::open(&root)?;
        let record = dir.try_read(record::NAME, DOCUMENT)?.and_then(|bytes| Record::from_bytes("", &bytes).ok());
        if !record.is_some_and(|record| group_record::has_metadata(&record)) {
            return Ok(Vec::new());
        }
        let (name, v3) = if self.zarr_format() == Format::V2 { (ZMETADATA, false) } else { ("zarr.json", true) };
        // One that cannot be read describes nothing; nothing else of it is believed either.
        let text = dir.try_read(name, DOCUMENT).ok().flatten().unwrap_or_default();
        let document: Consolidated = serde_json::from_slice(&text).unwrap_or_default();
        let keys = match v3 {
            true => document.consolidated_metadata.map(|all| all.metadata).unwrap_or_default(),
            false => document.metadata,
        };
        let prefix = prefix(group);
        let name = |key: &String| {
            let (name, rest) = match key.strip_prefix(&prefix)?.split_once('/') {
                Some((name, rest)) => (name, Some(rest)),
                None => (key.strip_prefix(&prefix)?, None),
            };
            let is_node = if v3 { rest.is_none() } else { matches!(rest, Some(".zarray" | ".zgroup")) };
            is_node.then(|| name.to_owned())
        };
        Ok(keys.keys().filter_map(name).collect())
    }
}
