//! The consolidated metadata of a directory: `.zmetadata`, or a part of the `zarr.json` of the root.

use super::ZarrStore;
use super::base::{Found, Leaf};
use super::commit::{ZMETADATA, prefix};
use super::decode::DOCUMENT;
use super::documents::{Format, Gathered};
use crate::error::Result;
use crate::fs;
use crate::key::Key;
use crate::op::Op;
use crate::options::Sync;

impl ZarrStore {
    /// Name and text of the file with the documents of every node.
    ///
    /// # Errors
    /// `Corrupt`, `Io`, `Cancelled`.
    pub(super) fn consolidate(&self, op: &Op) -> Result<(&'static str, String)> {
        let mut all = Gathered::new(self.zarr_format(), 0);
        self.each_node(op, &Key::root(), &mut |key, found| {
            let prefix = prefix(key);
            match found {
                Found::Group(attributes) => {
                    if key.is_root() {
                        all.set_root(&attributes);
                    }
                    self.zarr_format().group(&attributes, &mut |name, text| {
                        all.add(&prefix, name, text);
                        Ok(())
                    })
                }
                Found::Leaf(leaf) => match &leaf {
                    Leaf::Own(node) => node.documents(&mut |name, text| {
                        all.add(&prefix, name, text);
                        Ok(())
                    }),
                    Leaf::Foreign(foreign) => {
                        all.add(&prefix, "zarr.json", foreign.document()?);
                        Ok(())
                    }
                },
            }
        })?;
        Ok(all.finish())
    }

    /// Whether the directory has consolidated metadata.
    ///
    /// # Errors
    /// Of the operating system.
    pub(super) fn is_consolidated(&self) -> Result<bool> {
        match self.zarr_format() {
            Format::V2 => Ok(fs::path_kind(&self.root.join(ZMETADATA))?.is_some()),
            Format::V3 => {
                let document = fs::Dir::open(&self.root)?.try_read("zarr.json", DOCUMENT)?;
                let json: Option<serde_json::Value> = document.and_then(|text| serde_json::from_slice(&text).ok());
                Ok(json.is_some_and(|json| !json["consolidated_metadata"].is_null()))
            }
        }
    }

    /// Takes consolidated metadata away that will not be true any more.
    ///
    /// # Errors
    /// Of the operating system.
    pub(super) fn drop_consolidated(&self) -> Result<()> {
        match self.zarr_format() {
            Format::V2 => {
                fs::remove_file(&self.root.join(ZMETADATA))?;
                if self.sync == Sync::Full { fs::sync_dir(&self.root) } else { Ok(()) }
            }
            Format::V3 if self.is_consolidated()? => {
                let Ok(Some(Found::Group(root))) = self.base().find(&Key::root(), self.limits) else { return Ok(()) };
                let (name, text) = Format::V3.group_attributes(&root);
                fs::publish_file(&self.root.join(name), text.as_bytes(), self.sync)
            }
            Format::V3 => Ok(()),
        }
    }
}
