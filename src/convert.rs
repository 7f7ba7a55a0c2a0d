//! Any store into any other: every group, leaf, attribute and metadata value, and the schema.

use serde::Deserialize;

use crate::backend::{EncodedAs, Kind, Object};
use crate::codec::Encoding;
use crate::error::{Result, err};
use crate::options::Profile;
use crate::storage::{SCHEMA_KEY, SIZES_KEY};
use crate::{DType, Key, Op, Options, Storage};

/// What [`Storage::copy_with`] copies, and how it is encoded at the destination.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct CopyOptions {
    /// `"keys"`: the nodes that are copied, each with all below it; default: everything.
    pub keys: Option<Vec<String>>,
    /// `"profile"` (Zarr): with any of the following, the default is `default`; without them, the destination's own.
    pub profile: Option<Profile>,
    /// `"codec"` (Zarr): as the option of a store.
    pub codec: Option<String>,
    /// `"chunk_elements"` (Zarr): about how many elements a chunk holds.
    pub chunk_elements: Option<u64>,
    /// `"shard_elements"` (Zarr format 3): about how many elements a shard holds.
    pub shard_elements: Option<u64>,
}

impl CopyOptions {
    /// The encoding, when one is given.
    fn encoded(&self) -> Result<Option<EncodedAs>> {
        if *self == (Self { keys: self.keys.clone(), ..Self::default() }) {
            return Ok(None);
        }
        for (name, elements) in [("chunk_elements", self.chunk_elements), ("shard_elements", self.shard_elements)] {
            if elements == Some(0) {
                return Err(err!(InvalidArgument, "options: {name} is 0, at least 1 is needed"));
            }
        }
        let options =
            Options { profile: self.profile.unwrap_or_default(), codec: self.codec.clone(), ..Options::default() };
        let encoding = Encoding::from_options(&options)?;
        Ok(Some(EncodedAs { encoding, chunk_elements: self.chunk_elements, shard_elements: self.shard_elements }))
    }
}

impl Storage {
    /// Copies everything of this store into `destination` (whose other keys stay) and gives the number of leaves.
    ///
    /// Sizes are those of the destination. Dimension names, attributes and kinds are kept; the schema travels when the
    /// destination has none.
    ///
    /// # Errors
    /// `NotFound` when there are no data keys; as loading here and saving there. What was copied before an error stays.
    pub fn copy_to(&self, destination: &Storage) -> Result<u64> {
        self.copy_with(destination, &CopyOptions::default())
    }

    /// As [`Storage::copy_to`], of a part of the store or into another encoding: a store is repacked by copying it.
    ///
    /// # Errors
    /// As [`Storage::copy_to`]; `NotFound` for a key that is not there, `Codec` and `InvalidArgument` for an encoding
    /// that is unknown, or given for a destination that has none.
    pub fn copy_with(&self, destination: &Storage, options: &CopyOptions) -> Result<u64> {
        let encoded = options.encoded()?;
        if encoded.is_some() && destination.format() != "zarr" {
            let format = destination.format();
            return Err(err!(InvalidArgument, "options: an encoding is given, the destination is a {format} store"));
        }
        if std::ptr::eq(self, destination) {
            return Err(err!(InvalidArgument, "source and destination are the same store"));
        }
        let mut nodes = self.list("", true)?;
        if nodes.is_empty() {
            return Err(err!(NotFound, "the source has no data keys"));
        }
        if let Some(keys) = &options.keys {
            for key in keys {
                self.stat(key).map_err(|e| e.context("options: keys"))?;
            }
            let keys = keys.iter().map(|key| Key::parse_or_root(key)).collect::<Result<Vec<_>>>()?;
            nodes.retain(|(key, _)| Key::parse(key).is_ok_and(|node| keys.iter().any(|key| node.is_in(key))));
        }
        let root = options.keys.as_ref().is_none_or(|keys| keys.iter().any(String::is_empty));
        let schema = self.schema()?;
        if schema.as_object().is_some_and(|s| !s.is_empty())
            && destination.schema()?.as_object().is_some_and(serde_json::Map::is_empty)
        {
            destination.set_schema(&schema)?;
        }
        let op = self.call();
        let leaves = nodes.iter().filter(|(_, kind)| *kind != Kind::Group).count() as u64;
        let mut copied = 0;
        for (key, kind) in &nodes {
            copy_node(&op, self, destination, key, *kind, encoded.as_ref())?;
            if *kind != Kind::Group {
                copied += 1;
                op.progress("copy", copied, leaves)?;
            }
        }
        let attributes = if root { self.attributes("")? } else { Object::new() };
        if !attributes.is_empty() {
            destination.set_attributes("", attributes)?;
        }
        for key in self.list_metadata("")? {
            let first = key.split('/').next().unwrap_or_default();
            if first != SIZES_KEY && first != SCHEMA_KEY {
                destination.save_metadata(&key, self.load_metadata(&key)?)?;
            }
        }
        Ok(copied)
    }
}

fn copy_node(
    op: &Op,
    source: &Storage,
    destination: &Storage,
    key: &str,
    kind: Kind,
    encoded: Option<&EncodedAs>,
) -> Result<()> {
    op.check()?;
    let attributes = source.attributes(key)?;
    if kind == Kind::Group {
        destination.create_group(key)?;
        return if attributes.is_empty() { Ok(()) } else { destination.set_attributes(key, attributes) };
    }
    let info = source.stat(key)?;
    // Only Zarr keeps an array in parts.
    let large = info.bytes > crate::config::staging_budget() && destination.format() == "zarr";
    if large && kind == Kind::Array && info.dtype != Some(DType::String) {
        return source.copy_parts(op, destination, key, &info, encoded);
    }
    // With names and attributes: what it replaces stays until it is complete.
    destination.save_leaf(key, &source.load(key)?, info.dims, attributes, encoded)
}

/// As [`Storage::copy_to`].
///
/// # Errors
/// As [`Storage::copy_to`].
pub fn convert(source: &Storage, destination: &Storage) -> Result<u64> {
    source.copy_to(destination)
}
