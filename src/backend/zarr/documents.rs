//! The two formats of documents: which files a group has, and the consolidated metadata of a store.

use super::meta::{self, Attributes, ZGROUP};
use super::v3;
use crate::error::{Result, err};
use crate::options::{Options, Profile};

/// The format of a store and of the nodes that are made in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `.zgroup`, `.zarray`, `.zattrs`, `.zmetadata`.
    V2,
    /// `zarr.json`.
    V3,
}

impl Format {
    /// The format of a new store, or of the one that is `there`.
    ///
    /// # Errors
    /// `InvalidArgument` when the options want another, or something that it has not.
    pub fn of(options: &Options, there: Option<Self>) -> Result<Self> {
        let wanted = options.zarr_format.map(|number| if number == 3 { Self::V3 } else { Self::V2 });
        if let (Some(wanted), Some(there)) = (wanted, there)
            && wanted != there
        {
            let (wanted, there) = (wanted.number(), there.number());
            return Err(err!(InvalidArgument, "options: zarr_format is {wanted}, the store is of format {there}"));
        }
        let format = there.or(wanted).unwrap_or(Self::V2);
        if format == Self::V2 && options.shard_elements.is_some() && there.is_none() {
            return Err(err!(
                InvalidArgument,
                "options: shard_elements are of zarr_format 3, the store is of format 2"
            ));
        }
        if format == Self::V3 && options.profile == Profile::Hoops {
            return Err(err!(InvalidArgument, "options: profile hoops is of zarr_format 2, the store is of format 3"));
        }
        Ok(format)
    }

    /// 2 or 3.
    pub fn number(self) -> u8 {
        if self == Self::V2 { 2 } else { 3 }
    }

    /// The file that every group has.
    pub fn group_file(self) -> &'static str {
        if self == Self::V2 { ".zgroup" } else { "zarr.json" }
    }

    /// Hands over name and text of the files of a group.
    ///
    /// # Errors
    /// What `visit` fails with.
    pub fn group(self, attributes: &Attributes, visit: &mut dyn FnMut(&str, &str) -> Result<()>) -> Result<()> {
        if self == Self::V3 {
            return visit("zarr.json", &v3::group(attributes, None));
        }
        visit(".zgroup", ZGROUP)?;
        if attributes.user.is_empty() { Ok(()) } else { visit(".zattrs", &attributes.to_text()) }
    }

    /// Name and text of the file that changed attributes of a group are in.
    pub fn group_attributes(self, attributes: &Attributes) -> (&'static str, String) {
        match self {
            Self::V2 => (".zattrs", attributes.to_text()),
            Self::V3 => ("zarr.json", v3::group(attributes, None)),
        }
    }
}

/// The consolidated metadata of a store on its way: the documents of its nodes, gathered.
pub enum Gathered {
    /// `.zmetadata`.
    V2(meta::Consolidated),
    /// The `zarr.json` of the root, and its own attributes.
    V3(v3::Consolidated, Attributes),
}

impl Gathered {
    /// One for about so many nodes.
    pub fn new(format: Format, nodes: u64) -> Self {
        match format {
            Format::V2 => Self::V2(meta::Consolidated::with_room(nodes)),
            Format::V3 => Self::V3(v3::Consolidated::default(), Attributes::group(Default::default())),
        }
    }

    /// Adds a document of the node whose files have names that begin with `prefix`.
    pub fn add(&mut self, prefix: &str, name: &str, text: &str) {
        match self {
            Self::V2(all) if matches!(name, ".zarray" | ".zattrs" | ".zgroup") => all.add(prefix, name, text),
            Self::V3(all, _) if name == "zarr.json" && !prefix.is_empty() => {
                all.add(prefix.strip_suffix('/').unwrap_or(prefix), text);
            }
            _ => {}
        }
    }

    /// Notes the attributes of the root.
    pub fn set_root(&mut self, attributes: &Attributes) {
        if let Self::V3(_, root) = self {
            *root = attributes.clone();
        }
    }

    /// Name and text of the file that they are in.
    pub fn finish(self) -> (&'static str, String) {
        match self {
            Self::V2(all) => (super::commit::ZMETADATA, all.finish()),
            Self::V3(all, root) => ("zarr.json", all.finish(&root)),
        }
    }
}
