//! Any store into any other: every group, leaf, attribute and metadata value, and the schema.

use crate::backend::Kind;
use crate::error::{Result, err};
use crate::storage::{SCHEMA_KEY, SIZES_KEY};
use crate::{Op, Storage};

impl Storage {
    /// Copies everything of this store into `destination` (whose other keys stay) and gives the number of leaves.
    ///
    /// Sizes are those of the destination. Dimension names, attributes and kinds are kept; the schema travels when the
    /// destination has none.
    ///
    /// # Errors
    /// `NotFound` when there are no data keys; as loading here and saving there. What was copied before an error stays.
    pub fn copy_to(&self, destination: &Storage) -> Result<u64> {
        if std::ptr::eq(self, destination) {
            return Err(err!(InvalidArgument, "source and destination are the same store"));
        }
        let nodes = self.list("", true)?;
        if nodes.is_empty() {
            return Err(err!(NotFound, "the source has no data keys"));
        }
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
            copy_node(&op, self, destination, key, *kind)?;
            if *kind != Kind::Group {
                copied += 1;
                op.progress("copy", copied, leaves)?;
            }
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

fn copy_node(op: &Op, source: &Storage, destination: &Storage, key: &str, kind: Kind) -> Result<()> {
    op.check()?;
    if kind == Kind::Group {
        destination.create_group(key)?;
    } else {
        destination.save_value(key, &source.load(key)?)?;
        if kind == Kind::Array {
            let dims = source.dimensions(key)?;
            let names: Vec<&str> = dims.iter().map(String::as_str).collect();
            if dims != destination.dimensions(key)? {
                destination.set_dimensions(key, &names)?;
            }
        }
    }
    let attributes = source.attributes(key)?;
    if !attributes.is_empty() {
        destination.set_attributes(key, attributes)?;
    }
    Ok(())
}

/// As [`Storage::copy_to`].
///
/// # Errors
/// As [`Storage::copy_to`].
pub fn convert(source: &Storage, destination: &Storage) -> Result<u64> {
    source.copy_to(destination)
}
