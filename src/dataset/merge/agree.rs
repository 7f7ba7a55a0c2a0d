//! Whether parts fit together, and what they come to: groups, axes, arrays, and the rows of each file.
//!
//! The first part that has an array says what its type and the shape of its rows are; one that differs is refused, by
//! name, with both. An array without elements agrees with any shape. Invariant of an [`Agreement`]: along one axis every
//! array has the same rows in each file.

use std::collections::HashMap;
use std::sync::Arc;

use indexmap::IndexMap;

use super::agreed::{ABSENT, AgreedArray};
use super::options::{Missing, OnError};
use super::parts::Part;
use super::route::{Route, route, rows_of};
use super::same_schema::same_schema;
use super::survey::{ArrayHeader, Header};
use crate::dataset::layout::FILE;
use crate::error::{Result, err};
use crate::schema::Schema;

/// A part that is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Its place among the parts.
    pub part: usize,
    /// Why.
    pub error: String,
}

/// What parts come to.
#[derive(Debug)]
pub struct Agreement {
    /// The parts that are merged, by their places.
    pub files: Vec<usize>,
    /// Their schema.
    pub schema: Option<Arc<Schema>>,
    /// The arrays, by `group/name`.
    pub arrays: IndexMap<String, AgreedArray>,
    /// The parts that are left out.
    pub skipped: Vec<Skipped>,
}

/// An agreement on its way.
pub struct Agreeing<'p> {
    parts: &'p [Part],
    on_error: OnError,
    missing: Missing,
    groups: Option<&'p [String]>,
    schema: Option<Option<Arc<Schema>>>,
    arrays: IndexMap<String, AgreedArray>,
    files: Vec<usize>,
    skipped: Vec<Skipped>,
    /// The arrays of the part before, and where they went: most parts have the same.
    before: Option<(Vec<ArrayHeader>, Vec<Option<Way>>)>,
}

/// Where an array goes: its place in the agreement, the rows of the part.
#[derive(Clone, Debug)]
struct Way {
    route: Route,
    slot: usize,
}

impl<'p> Agreeing<'p> {
    /// None yet.
    pub fn new(parts: &'p [Part], on_error: OnError, missing: Missing, groups: Option<&'p [String]>) -> Self {
        let (arrays, files, skipped) = (IndexMap::new(), Vec::new(), Vec::new());
        Self { parts, on_error, missing, groups, schema: None, arrays, files, skipped, before: None }
    }

    /// Takes the next part; whether it is merged.
    ///
    /// # Errors
    /// Why it is not, unless such parts are left out.
    pub fn add(&mut self, part: usize, header: &Result<Header>) -> Result<bool> {
        let added = match header {
            Ok(header) if self.add_alike(part, header) => Ok(()),
            Ok(header) => self.check(header).map(|routes| self.apply(part, header, routes)),
            Err(e) if e.kind() == crate::ErrorKind::Cancelled => return Err(e.clone()),
            Err(e) => Err(e.clone()),
        };
        match added {
            Ok(()) => Ok(true),
            Err(e) => self.refuse(part, e).map(|()| false),
        }
    }

    /// Takes a part that has the same arrays as the one before, but for their rows; `false`, and nothing is done, for any
    /// other.
    fn add_alike(&mut self, part: usize, header: &Header) -> bool {
        let Some((before, ways)) = &self.before else { return false };
        let schema = self.schema.as_ref().and_then(Option::as_ref);
        let same_schema = match (schema, &header.schema) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            (None, None) => true,
            _ => false,
        };
        let alike = |(a, b): (&ArrayHeader, &ArrayHeader)| {
            let flat = a.shape.len().min(2);
            (&a.key, a.dtype, &a.dims, a.shape.len()) == (&b.key, b.dtype, &b.dims, b.shape.len())
                && a.shape.get(flat..) == b.shape.get(flat..)
                && a.shape.contains(&0) == b.shape.contains(&0)
        };
        if !same_schema || before.len() != header.arrays.len() || !before.iter().zip(&header.arrays).all(alike) {
            return false;
        }
        let mut rows = Vec::with_capacity(ways.len());
        let mut axes: HashMap<(&str, &str), u64> = HashMap::new();
        for (way, array) in ways.iter().zip(&header.arrays) {
            let Some(way) = way else { continue };
            let route = &way.route;
            let Some(have) = rows_of(&array.shape, route.flattened) else { return false };
            let same_row = array.shape.iter().rev().zip(route.row.iter().rev()).all(|(a, b)| a == b);
            let axis = (route.group.as_str(), route.dims[0].as_str());
            if !same_row || route.named && *axes.entry(axis).or_insert(have) != have {
                return false;
            }
            rows.push((way.slot, have));
        }
        let count = self.files.len();
        for (slot, have) in rows {
            if let Some((_, agreed)) = self.arrays.get_index_mut(slot) {
                agreed.rows.resize(count, ABSENT);
                agreed.rows.push(have);
            }
        }
        self.files.push(part);
        true
    }

    fn refuse(&mut self, part: usize, error: crate::Error) -> Result<()> {
        let Part { name, path, .. } = &self.parts[part];
        let says = error.message().contains(&path.display().to_string());
        let error = if says { error } else { error.context(name) };
        match self.on_error {
            OnError::Fail => Err(error),
            OnError::Skip => {
                self.skipped.push(Skipped { part, error: error.message().to_owned() });
                Ok(())
            }
        }
    }

    /// The ways of the arrays of a part that agrees.
    fn check(&self, header: &Header) -> Result<Vec<(usize, Route)>> {
        let schema = match &self.schema {
            None => header.schema.as_ref(),
            Some(first) => {
                same_schema(first.as_ref(), header.schema.as_ref())?;
                first.as_ref()
            }
        };
        let mut routes: Vec<(usize, Route)> = Vec::with_capacity(header.arrays.len());
        let mut axes: HashMap<(String, String), (usize, u64)> = HashMap::new();
        for (place, array) in header.arrays.iter().enumerate() {
            let Some(route) = route(schema.map(|schema| &**schema), array)? else { continue };
            if self.groups.is_some_and(|groups| !groups.contains(&route.group)) {
                continue;
            }
            if let Some(before) = self.arrays.get(&format!("{}/{}", route.group, route.name)) {
                before.same(&array.key, array.dtype, &array.shape, &route)?;
            }
            let twin = routes.iter().find(|(_, other)| (&other.group, &other.name) == (&route.group, &route.name));
            if let Some((twin, _)) = twin {
                let twin = &header.arrays[*twin].key;
                return Err(err!(Schema, "{}: is '{}/{}', and so is {twin}", array.key, route.group, route.name));
            }
            if route.named {
                let axis = (route.group.clone(), route.dims[0].clone());
                let (other, rows) = *axes.entry(axis).or_insert((place, route.rows));
                if rows != route.rows {
                    let other = &header.arrays[other].key;
                    let (key, have) = (&array.key, route.rows);
                    return Err(err!(
                        ShapeMismatch,
                        "{key}: has {have} rows along '{}', {other} has {rows}",
                        route.dims[0]
                    ));
                }
            }
            routes.push((place, route));
        }
        if routes.is_empty() {
            let of = match (self.groups, schema) {
                (Some(groups), _) => format!(" of the groups {}", groups.join(", ")),
                (None, Some(_)) => " of its schema".to_owned(),
                (None, None) => String::new(),
            };
            return Err(err!(NotFound, "no array{of} to merge in it"));
        }
        Ok(routes)
    }

    fn apply(&mut self, part: usize, header: &Header, routes: Vec<(usize, Route)>) {
        if self.schema.is_none() {
            self.schema = Some(header.schema.clone());
        }
        let before = self.files.len();
        let mut ways = vec![None; header.arrays.len()];
        for (place, route) in routes {
            let array = &header.arrays[place];
            let rows = route.rows;
            let entry = self.arrays.entry(format!("{}/{}", route.group, route.name));
            ways[place] = Some(Way { route: route.clone(), slot: entry.index() });
            let agreed = entry.or_insert_with(|| AgreedArray {
                key: array.key.clone(),
                dtype: array.dtype,
                rows: Vec::new(),
                ndim: array.shape.len(),
                route,
            });
            if agreed.is_empty() && array.shape.iter().all(|&length| length > 0) {
                // Only now it is known what a row is.
                agreed.learn(&array.shape);
            }
            agreed.rows.resize(before, ABSENT);
            agreed.rows.push(rows);
        }
        self.before = Some((header.arrays.clone(), ways));
        self.files.push(part);
    }

    /// Ends with the parts so far.
    ///
    /// # Errors
    /// `Schema` naming a part that lacks what others have, unless such parts are left out or filled; `NotFound` when no
    /// part is left.
    pub fn finish(mut self) -> Result<Agreement> {
        let count = self.files.len();
        self.arrays.values_mut().for_each(|array| array.rows.resize(count, ABSENT));
        let mut lacking: IndexMap<usize, String> = IndexMap::new();
        for (axis, members) in axes(&self.arrays) {
            for file in 0..count {
                let has = |name: &&String| self.arrays[*name].rows[file] != ABSENT;
                let Some(there) = members.iter().find(|name| has(name)) else {
                    if self.missing == Missing::Error {
                        lacking.entry(file).or_insert_with(|| format!("'{}' is missing, other parts have it", axis.0));
                    }
                    continue;
                };
                if self.missing == Missing::Fill || axis.1 == FILE {
                    continue;
                }
                if let Some(lost) = members.iter().find(|name| !has(name)) {
                    let text = format!("{lost}: is missing, {there} and other parts have it");
                    lacking.entry(file).or_insert(text);
                }
            }
        }
        for (&file, text) in &lacking {
            self.refuse(self.files[file], err!(Schema, "{text}"))?;
        }
        if !lacking.is_empty() {
            let keep = |file: &usize| !lacking.contains_key(file);
            let kept: Vec<usize> = (0..count).filter(keep).collect();
            for array in self.arrays.values_mut() {
                array.rows = kept.iter().map(|&file| array.rows[file]).collect();
            }
            self.files = kept.iter().map(|&file| self.files[file]).collect();
        }
        self.arrays.retain(|_, array| array.rows.iter().any(|&rows| rows != ABSENT));
        self.skipped.sort_by_key(|skipped| skipped.part);
        if self.files.is_empty() || self.arrays.is_empty() {
            let first = self.skipped.first().map_or("no array to merge in them", |skipped| skipped.error.as_str());
            return Err(err!(NotFound, "none of {} parts can be merged: {first}", self.parts.len()));
        }
        let Self { files, arrays, skipped, schema, .. } = self;
        Ok(Agreement { files, schema: schema.flatten(), arrays, skipped })
    }
}

/// The arrays of each group and axis that somebody named, by their names.
fn axes(arrays: &IndexMap<String, AgreedArray>) -> IndexMap<(String, String), Vec<&String>> {
    let mut axes: IndexMap<(String, String), Vec<&String>> = IndexMap::new();
    for (name, array) in arrays.iter().filter(|(_, array)| array.route.named) {
        axes.entry((array.route.group.clone(), array.route.dims[0].clone())).or_default().push(name);
    }
    axes
}
