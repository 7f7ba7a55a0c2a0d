//! From a value to what a backend writes: schema check and conversion, NaN check, dimension names.
//!
//! Everything that can refuse a save happens here, before a byte is written, so that a refused save changes nothing.

use std::borrow::Cow;

use indexmap::IndexMap;

use super::{Policy, Storage};
use crate::Key;
use crate::backend::{Kind, Leaf, Object, Tree};
use crate::config::{Level, log};
use crate::error::{Result, err};
use crate::options::{Nan, Validate};
use crate::schema::{Conversion, Schema, convert};
use crate::value::{Array, ArrayView, Value, are_automatic_dims, automatic_dims};

const MAX_DEPTH: usize = 64;

/// A value that passed every check, with what was made on the way (converted elements, JSON texts).
pub(super) enum Prepared<'v> {
    Leaf { key: Key, kind: Kind, elements: Cow<'v, Array>, dims: Vec<String>, named: bool, attributes: Object },
    View { key: Key, view: ArrayView<'v>, dims: Vec<String>, named: bool },
    Group(Vec<(String, Prepared<'v>)>),
}

impl Prepared<'_> {
    /// What the backend writes. The dimension names go with it.
    pub(super) fn take_tree(&mut self) -> Tree<'_> {
        let leaf = |kind, view, dims: &mut Vec<String>, attributes| {
            Tree::Leaf(Leaf { kind, view, dims: std::mem::take(dims), attributes })
        };
        match self {
            Self::Leaf { kind, elements, dims, attributes, .. } => {
                leaf(*kind, elements.view(), dims, std::mem::take(attributes))
            }
            Self::View { view, dims, .. } => leaf(Kind::Array, view.clone(), dims, Object::new()),
            Self::Group(children) => {
                Tree::Group(children.iter_mut().map(|(n, c)| (n.clone(), c.take_tree())).collect())
            }
        }
    }

    /// A leaf with attributes, and with dimension names unless they are automatic ones.
    ///
    /// # Errors
    /// `Schema` when the schema names the dimensions otherwise.
    pub(super) fn described(mut self, given: Vec<String>, attributes: Object) -> Result<Self> {
        if let Self::Leaf { key, dims, named, attributes: own, .. } = &mut self {
            if *named && given != *dims && !are_automatic_dims(key.as_str(), &given) {
                return Err(err!(Schema, "{key}: schema names the dimensions {dims:?}, given are {given:?}"));
            }
            if !*named && given.len() == dims.len() {
                *dims = given;
            }
            *own = attributes;
        }
        Ok(self)
    }

    /// The keys of the groups, when `key` is that of the whole.
    ///
    /// # Errors
    /// `InvalidArgument` for a name that is none.
    pub(super) fn groups(&self, key: &Key, out: &mut Vec<Key>) -> Result<()> {
        if let Self::Group(children) = self {
            out.push(key.clone());
            for (name, child) in children.iter().filter(|(_, child)| matches!(child, Self::Group(_))) {
                child.groups(&key.child(name)?, out)?;
            }
        }
        Ok(())
    }

    /// Every leaf: its key, shape, dimension names, and whether the names come from the schema.
    pub(super) fn leaves<'p>(&'p self, out: &mut Vec<(&'p Key, &'p [u64], &'p [String], bool)>) {
        match self {
            Self::Leaf { key, elements, dims, named, .. } => out.push((key, elements.shape(), dims, *named)),
            Self::View { key, view, dims, named } => out.push((key, view.shape(), dims, *named)),
            Self::Group(children) => children.iter().for_each(|(_, child)| child.leaves(out)),
        }
    }
}

impl Storage {
    /// Checks a value for `key`.
    pub(super) fn prepare<'v>(&self, schema: Option<&Schema>, key: &Key, value: &'v Value) -> Result<Prepared<'v>> {
        prepare_value(self.policy, schema, key, value, 0)
    }
}

fn prepare_value<'v>(
    policy: Policy,
    schema: Option<&Schema>,
    key: &Key,
    value: &'v Value,
    depth: usize,
) -> Result<Prepared<'v>> {
    if depth > MAX_DEPTH {
        return Err(err!(InvalidArgument, "{key}: groups are nested deeper than {MAX_DEPTH}"));
    }
    match value {
        Value::Group(children) => prepare_group(policy, schema, key, children, depth),
        Value::Array(array) => match check_view(policy, schema, key, &array.view())? {
            Some(converted) => Ok(leaf(schema, key, Kind::Array, Cow::Owned(converted))),
            None => Ok(leaf(schema, key, Kind::Array, Cow::Borrowed(array))),
        },
        Value::Bytes(bytes) => Ok(leaf(schema, key, Kind::Bytes, Cow::Owned(Array::vector(bytes)))),
        Value::Json(json) => Ok(leaf(schema, key, Kind::Json, Cow::Owned(Array::string(json.to_string())))),
    }
}

fn prepare_group<'v>(
    policy: Policy,
    schema: Option<&Schema>,
    key: &Key,
    children: &'v IndexMap<String, Value>,
    depth: usize,
) -> Result<Prepared<'v>> {
    let mut prepared = Vec::with_capacity(children.len());
    for (name, child) in children {
        let child_key = key.child(name).map_err(|e| e.context(key))?;
        prepared.push((name.clone(), prepare_value(policy, schema, &child_key, child, depth + 1)?));
    }
    Ok(Prepared::Group(prepared))
}

/// Checks a borrowed view for `key`.
pub(super) fn prepare_view<'v>(
    policy: Policy,
    schema: Option<&Schema>,
    key: &Key,
    view: &ArrayView<'v>,
) -> Result<Prepared<'v>> {
    if let Some(converted) = check_view(policy, schema, key, view)? {
        return Ok(leaf(schema, key, Kind::Array, Cow::Owned(converted)));
    }
    let (dims, named) = dims_of(schema, key, Kind::Array, view.shape().len());
    Ok(Prepared::View { key: key.clone(), view: view.clone(), dims, named })
}

fn leaf<'v>(schema: Option<&Schema>, key: &Key, kind: Kind, elements: Cow<'v, Array>) -> Prepared<'v> {
    let (dims, named) = dims_of(schema, key, kind, elements.shape().len());
    Prepared::Leaf { key: key.clone(), kind, elements, dims, named, attributes: Object::new() }
}

/// The schema's dimension names, else `<key with / as _>_dim_<i>`; and whether they are the schema's.
pub(super) fn dims_of(schema: Option<&Schema>, key: &Key, kind: Kind, ndim: usize) -> (Vec<String>, bool) {
    if let Some(dims) = schema.filter(|_| kind == Kind::Array).and_then(|schema| schema.dims_for(key, ndim)) {
        return (dims, true);
    }
    (automatic_dims(key.as_str(), ndim), false)
}

/// Checks elements against NaN policy and schema; the converted elements when the schema wants another width.
fn check_view(policy: Policy, schema: Option<&Schema>, key: &Key, view: &ArrayView<'_>) -> Result<Option<Array>> {
    check_nan(policy, key, view)?;
    let Some(schema) = schema.filter(|_| policy.validate != Validate::Off) else { return Ok(None) };
    match schema.check(key, view, policy.dtype) {
        Ok(Conversion::None) => Ok(None),
        Ok(Conversion::To(dtype)) => convert(view, dtype).map(Some),
        Err(e) if policy.validate == Validate::Warn => {
            log(Level::Warn, e.message());
            Ok(None)
        }
        Err(e) => Err(e),
    }
}

/// Refuses NaN in float and complex arrays where the policy says so.
pub(super) fn check_nan(policy: Policy, key: &Key, view: &ArrayView<'_>) -> Result<()> {
    if policy.nan == Nan::Refuse && view.has_nan() {
        return Err(err!(Nan, "{key}: data holds NaN, the store refuses it"));
    }
    Ok(())
}
