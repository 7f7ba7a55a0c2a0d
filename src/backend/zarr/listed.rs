//! What a group lists: its children, and those that are gone.
//!
//! Consolidated metadata describe every node of a directory: they are taken away before a node is removed or replaced,
//! and written again at the end of the commit ([`super::consolidate`]). So a node that they describe and that is not
//! there was lost. It is listed, that whoever reads it gets an error, and loading its group does not leave it out. Only
//! a root with a record of this library is held to that: other tools leave consolidated metadata as they were.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::ZarrStore;
use super::base::Base;
use super::commit::ZMETADATA;
use super::documents::Format;
use super::group_record;
use super::record;
use super::staged::Change;
use crate::backend::{Child, Kind};
use crate::error::{Result, err};
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

/// The names of the children, by the path of their group.
type Children = HashMap<String, Vec<String>>;

/// What was read last, and the stamps of the record and of the document it was read from: a listing of all groups reads
/// them once.
pub(super) type Described = Mutex<Option<([Option<fs::Stamp>; 2], Arc<Children>)>>;

impl ZarrStore {
    /// The children of a group, with those that were lost.
    ///
    /// # Errors
    /// As [`ZarrStore::children`].
    pub(super) fn listed(&self, group: &Key) -> Result<Vec<Child>> {
        let mut out = self.children(group)?;
        // Which kind it had nobody asks: it cannot be read.
        let lost = self.lost(group, &out)?.into_iter().map(|name| Child { name, kind: Kind::Array });
        out.extend(lost);
        out.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(out)
    }

    /// Refuses to go on with a group, and the children that are there, without what it lost.
    ///
    /// # Errors
    /// `Corrupt` naming the first that is gone, those of the operating system.
    pub(super) fn check_none_lost(&self, group: &Key, there: &[Child]) -> Result<()> {
        match self.lost(group, there)?.first() {
            None => Ok(()),
            Some(name) => {
                Err(err!(Corrupt, "{}: is in the metadata of the store and missing in it", group.child(name)?))
            }
        }
    }

    /// The names of the children of a group that are described and were not removed, and are not among those there.
    fn lost(&self, group: &Key, there: &[Child]) -> Result<Vec<String>> {
        let described = self.described(group)?;
        let there: HashSet<&str> = there.iter().map(|child| child.name.as_str()).collect();
        let overlay = self.overlay();
        let is_lost = |name: &&String| {
            !there.contains(name.as_str())
                && group
                    .child(name)
                    .is_ok_and(|key| !overlay.hides(&key) && !matches!(overlay.get(&key), Some(Change::Gone)))
        };
        Ok(described.get(group.as_str()).into_iter().flatten().filter(is_lost).cloned().collect())
    }

    /// The children of every group that consolidated metadata describe, by the path of the group. Looked at after the
    /// directory was listed: what is removed in between is described no longer.
    fn described(&self, group: &Key) -> Result<Arc<Children>> {
        let Base::Dir(root) = self.base() else { return Ok(Arc::default()) };
        if !self.limits.check || self.overlay().hides(group) {
            return Ok(Arc::default());
        }
        let v3 = self.zarr_format() == Format::V3;
        let name = if v3 { "zarr.json" } else { ZMETADATA };
        // Before the files are read: what is replaced meanwhile is read again the next time.
        let seen = [fs::stamp(&root.join(record::NAME))?, fs::stamp(&root.join(name))?];
        if let Some((known, children)) = &*self.described.lock().unwrap_or_else(PoisonError::into_inner)
            && *known == seen
        {
            return Ok(children.clone());
        }
        let dir = fs::Dir::open(&root)?;
        // One that cannot be read describes nothing; nothing else of it is believed either.
        let record = group_record::of_root(&dir, self.limits).ok().flatten();
        let children = match record.is_some_and(|record| group_record::has_metadata(&record)) {
            true => children(&dir.try_read(name, self.limits.document()).ok().flatten().unwrap_or_default(), v3),
            false => Children::default(),
        };
        let children = Arc::new(children);
        *self.described.lock().unwrap_or_else(PoisonError::into_inner) = Some((seen, children.clone()));
        Ok(children)
    }
}

/// The children of the groups in a document of consolidated metadata.
fn children(text: &[u8], v3: bool) -> Children {
    let document: Consolidated = serde_json::from_slice(text).unwrap_or_default();
    let keys = match v3 {
        true => document.consolidated_metadata.map(|all| all.metadata).unwrap_or_default(),
        false => document.metadata,
    };
    let mut children = Children::new();
    for key in keys.keys() {
        let node = match v3 {
            true => Some(key.as_str()),
            false => key.strip_suffix("/.zarray").or_else(|| key.strip_suffix("/.zgroup")),
        };
        let Some(node) = node else { continue };
        let (group, name) = node.rsplit_once('/').unwrap_or(("", node));
        children.entry(group.to_owned()).or_default().push(name.to_owned());
    }
    children
}
