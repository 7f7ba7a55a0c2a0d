//! The length of each dimension of a group.
//!
//! xarray refuses a group in which one dimension name has two lengths, so a save that would make one is refused. Only
//! arrays whose dimension names come from the schema count; the automatic names are an array's own. The table is read
//! from the store the first time a group is touched.

use std::collections::HashMap;

use crate::Key;
use crate::backend::{Backend, Child, Info, Kind};
use crate::error::{Result, err};
use crate::schema::Schema;

type Named = Vec<(String, u64)>;

/// Where the arrays of a group are looked up.
pub(super) trait Listing {
    fn children(&self, key: &Key) -> Result<Vec<Child>>;
    fn info(&self, key: &Key) -> Result<Info>;
}

impl Listing for Box<dyn Backend> {
    fn children(&self, key: &Key) -> Result<Vec<Child>> {
        self.list(key)
    }

    fn info(&self, key: &Key) -> Result<Info> {
        (**self).info(key)
    }
}

/// The named lengths of the arrays of a group.
type Table = HashMap<String, Named>;

/// For each group that was touched, the named lengths of its arrays.
#[derive(Default)]
pub(super) struct Lengths(HashMap<Key, Table>);

/// What a node that is about to be replaced had, for the case that it stays.
pub(super) struct Replaced {
    named: Option<Named>,
    tables: Vec<(Key, Table)>,
}

impl Lengths {
    /// Forgets everything, as after a new schema or a rename.
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }

    /// Forgets one array, as after a delete or an overwrite without named dimensions.
    pub(super) fn remove(&mut self, key: &Key) {
        if let Some(group) = key.parent().and_then(|parent| self.0.get_mut(&parent)) {
            group.remove(key.name());
        }
        self.forget_below(key);
    }

    /// Forgets the arrays below a key, as after a group was replaced.
    pub(super) fn forget_below(&mut self, key: &Key) {
        self.0.retain(|group, _| !group.is_in(key));
    }

    /// Forgets a node that is about to be replaced and all below it: what is written in its place is compared with what
    /// stays. The groups that are written have nothing in them yet.
    pub(super) fn replace(&mut self, key: &Key, groups: &[Key]) -> Replaced {
        let named = key.parent().and_then(|parent| self.0.get_mut(&parent)?.remove(key.name()));
        let below: Vec<Key> = self.0.keys().filter(|group| group.is_in(key)).cloned().collect();
        let tables = below.into_iter().filter_map(|group| self.0.remove_entry(&group)).collect();
        self.0.extend(groups.iter().map(|group| (group.clone(), Table::new())));
        Replaced { named, tables }
    }

    /// Puts back what [`Lengths::replace`] forgot, after a write that failed and whose claims were restored.
    pub(super) fn put_back(&mut self, key: &Key, groups: &[Key], replaced: Replaced) {
        groups.iter().for_each(|group| drop(self.0.remove(group)));
        self.0.extend(replaced.tables);
        self.restore(key, replaced.named);
    }

    /// Takes the lengths of an array about to be written, or refuses them naming both; gives what they replace.
    pub(super) fn claim(
        &mut self,
        backend: &dyn Listing,
        schema: &Schema,
        key: &Key,
        dims: &[String],
        shape: &[u64],
    ) -> Result<Option<Vec<(String, u64)>>> {
        let group = self.check(backend, schema, key, dims, shape)?;
        Ok(group.insert(key.name().to_owned(), dims.iter().cloned().zip(shape.iter().copied()).collect()))
    }

    /// Refuses the lengths of an array as [`Lengths::claim`] does; gives those of its group.
    pub(super) fn check(
        &mut self,
        backend: &dyn Listing,
        schema: &Schema,
        key: &Key,
        dims: &[String],
        shape: &[u64],
    ) -> Result<&mut HashMap<String, Named>> {
        let parent = key.parent().unwrap_or_default();
        if !self.0.contains_key(&parent) {
            let read = read_group(backend, schema, &parent)?;
            self.0.insert(parent.clone(), read);
        }
        let group = self.0.entry(parent).or_default();
        for (dim, &length) in dims.iter().zip(shape) {
            for (array, named) in group.iter().filter(|(array, _)| array.as_str() != key.name()) {
                if let Some((_, have)) = named.iter().find(|(name, have)| name == dim && *have != length) {
                    return Err(err!(Schema, "{key}: dimension {dim} has length {length}, in {array} it is {have}"));
                }
            }
        }
        Ok(group)
    }

    /// Puts back what [`Lengths::claim`] replaced, after a write that failed.
    pub(super) fn restore(&mut self, key: &Key, before: Option<Named>) {
        if let Some(group) = key.parent().and_then(|parent| self.0.get_mut(&parent)) {
            match before {
                Some(named) => group.insert(key.name().to_owned(), named),
                None => group.remove(key.name()),
            };
        }
    }
}

fn read_group(backend: &dyn Listing, schema: &Schema, group: &Key) -> Result<HashMap<String, Named>> {
    let mut lengths = HashMap::new();
    let children = match backend.children(group) {
        Ok(children) => children,
        Err(e) if matches!(e.kind(), crate::ErrorKind::NotFound | crate::ErrorKind::WrongKind) => return Ok(lengths),
        Err(e) => return Err(e),
    };
    for child in children.iter().filter(|c| c.kind == Kind::Array) {
        let key = group.child(&child.name)?;
        let info = backend.info(&key)?;
        if schema.dims_for(&key, info.shape.len()).is_some_and(|dims| dims == info.dims) {
            lengths.insert(child.name.clone(), info.dims.into_iter().zip(info.shape).collect());
        }
    }
    Ok(lengths)
}
