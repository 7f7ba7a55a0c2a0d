//! What a store holds into which another one was copied.

use datastorage::{Array, ErrorKind, Key};

use super::arrays;
use super::document;
use super::state::{Policy, Reasons, State, automatic};
use super::step::Step;
use super::tree::{Leaf, Node};

/// An empty store after `source`, or the nodes at and below some of its keys, was copied into it. What new elements of an
/// array are is kept by those arrays that are copied `by_parts`.
///
/// # Errors
/// Why it must fail.
pub fn copied(
    source: &State,
    policy: Policy,
    keys: Option<&[String]>,
    by_parts: impl Fn(&Array) -> bool,
) -> Result<State, Reasons> {
    let mut to = State::default();
    let nodes = source.nodes();
    if nodes.is_empty() {
        return Err(vec![ErrorKind::NotFound]);
    }
    for key in keys.into_iter().flatten() {
        Key::parse_or_root(key).map_err(|e| vec![e.kind()])?;
        if !key.is_empty() && source.node(key).is_none() {
            return Err(vec![ErrorKind::NotFound]);
        }
    }
    let wanted = |key: &str| {
        let inside = |top: &String| {
            top.is_empty()
                || key.strip_prefix(top.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        keys.is_none_or(|keys| keys.iter().any(inside))
    };
    if let Some(schema) =
        source.schema.as_ref().filter(|schema| schema.json().as_object().is_some_and(|s| !s.is_empty()))
    {
        to.set_schema(policy, schema.json())?;
    }
    for (key, node) in nodes.into_iter().filter(|(key, _)| wanted(key)) {
        match node {
            Node::Group(_) => to.create_group(&key)?,
            Node::Leaf(leaf) => copy_leaf(&mut to, policy, &key, leaf, &by_parts)?,
        }
        if !node.attributes().is_empty() {
            to.set_attributes(&key, node.attributes())?;
        }
    }
    if wanted("") {
        to.root.attributes = source.root.attributes.clone();
    }
    for key in document::list(&source.metadata, "").unwrap_or_default() {
        let value = document::get(&source.metadata, &key).map_err(|e| vec![e])?.clone();
        to.change(policy, &Step::SaveMetadata { key, value })?;
    }
    Ok(to)
}

fn copy_leaf(
    to: &mut State,
    policy: Policy,
    key: &str,
    leaf: &Leaf,
    by_parts: &impl Fn(&Array) -> bool,
) -> Result<(), Reasons> {
    to.save(policy, key, &leaf.content.value())?;
    // Automatic names are none: the schema of the destination may name them.
    if leaf.dims != automatic(key, leaf.dims.len()) {
        to.set_dimensions(key, &leaf.dims)?;
    }
    if let Some(Node::Leaf(new)) = to.root.node_mut(key) {
        let kept = leaf.elements().is_some_and(by_parts) && new.fill.dtype() == leaf.fill.dtype();
        new.fill = if kept { leaf.fill.clone() } else { arrays::zero(new.fill.dtype()) };
    }
    Ok(())
}
