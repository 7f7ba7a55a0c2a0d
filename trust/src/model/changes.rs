//! What each step that changes a store does to the model, and why it must be refused.
//!
//! [`State::change`] gathers every reason for which a step must fail; with none it must succeed, and is done. A step that
//! has several reasons may fail with any of them.

use datastorage::options::Validate;
use datastorage::schema::{Conversion, convert};
use datastorage::{Array, DType, ErrorKind, Key, Schema, Value};

use super::arrays;
use super::data::Data;
use super::document;
use super::state::{Policy, Reasons, State, automatic, leaf, valid};
use super::step::{Object, Step};
use super::tree::{Content, Group, Node, joined};

impl State {
    /// Does a step that changes the nodes or the metadata; any other one is none.
    ///
    /// # Errors
    /// The reasons for which it must fail. Nothing changed then.
    pub fn change(&mut self, policy: Policy, step: &Step) -> Result<(), Reasons> {
        match step {
            Step::Save { key, item } => self.save(policy, key, &item.value().expect("the text of a case is right")),
            Step::SaveView { key, data, .. } => self.save(policy, key, &Value::Array(array(data))),
            Step::SaveJson { key, json } => self.save(policy, key, &Value::from_json(json.clone())),
            Step::Create { key, dtype, shape, fill, options } => self.create(
                policy,
                key,
                DType::from_name(dtype).unwrap_or(DType::U8),
                shape,
                fill.as_ref().map(array),
                options,
            ),
            Step::SaveRegion { key, offset, data } => self.save_region(policy, key, offset, &array(data)),
            Step::Resize { key, shape } => self.resize(key, shape),
            Step::Append { key, axis, data } => self.append(policy, key, *axis as usize, &array(data)),
            Step::Delete { key } => {
                valid(key, false).map_err(|e| vec![e])?;
                self.root.take(key).map(drop).ok_or_else(|| vec![ErrorKind::NotFound])
            }
            Step::Rename { from, to } => self.rename(from, to),
            Step::CreateGroup { key } => self.create_group(key),
            Step::SetDimensions { key, names } => self.set_dimensions(key, names),
            Step::SetAttributes { key, attributes } => self.set_attributes(key, attributes),
            Step::SaveMetadata { key, value } => self.save_metadata(policy, key, value),
            Step::DeleteMetadata { key } => document::delete(&mut self.metadata, key).map_err(|e| vec![e]),
            Step::SetSchema { schema } => self.set_schema(policy, schema),
            _ => Ok(()),
        }
    }

    pub fn save(&mut self, policy: Policy, key: &str, value: &Value) -> Result<(), Reasons> {
        let mut reasons = Vec::new();
        let Ok(parsed) = Key::parse(key) else { return Err(vec![ErrorKind::InvalidArgument]) };
        let node = self.prepared(policy, &parsed, value, &mut reasons);
        if self.root.blocked(key) {
            reasons.push(ErrorKind::WrongKind);
        }
        let Some(node) = node.filter(|_| reasons.is_empty()) else { return Err(reasons) };
        let mut next = self.clone();
        next.root.put(key, node);
        let mut clash = false;
        next.node(key).into_iter().for_each(|node| {
            node.walk(key, &mut |key, node| {
                let leaf = node.leaf().filter(|leaf| next.counts(key, leaf));
                clash |= leaf.is_some_and(|leaf| next.clashes(key, &leaf.dims, leaf.shape()));
            });
        });
        if clash {
            return Err(vec![ErrorKind::Schema]);
        }
        *self = next;
        Ok(())
    }

    /// The node that a value becomes.
    fn prepared(&self, policy: Policy, key: &Key, value: &Value, reasons: &mut Reasons) -> Option<Node> {
        let content = match value {
            Value::Group(children) => {
                let mut group = Group::default();
                for (name, child) in children {
                    let Ok(key) = key.child(name) else {
                        reasons.push(ErrorKind::InvalidArgument);
                        continue;
                    };
                    if let Some(node) = self.prepared(policy, &key, child, reasons) {
                        group.children.insert(name.clone(), node);
                    }
                }
                return Some(Node::Group(group));
            }
            Value::Array(array) => {
                if policy.refuses_nan() && arrays::has_nan(array) {
                    reasons.push(ErrorKind::Nan);
                }
                match self.checked(policy, key, array, reasons) {
                    Some(dtype) => Content::Array(convert(&array.view(), dtype).expect("the schema said it converts")),
                    None => Content::Array(array.clone()),
                }
            }
            Value::Bytes(bytes) => Content::Bytes(Array::vector(bytes)),
            Value::Json(json) => Content::Json(json.clone()),
        };
        let ndim = content.array().map_or(0, |array| array.shape().len());
        let dims = self.new_dims(key.as_str(), content.kind(), ndim);
        Some(Node::Leaf(leaf(content, dims)))
    }

    /// The type that the schema wants elements in; the reason when it wants others.
    pub(super) fn checked(&self, policy: Policy, key: &Key, array: &Array, reasons: &mut Reasons) -> Option<DType> {
        let schema = self.schema.as_ref().filter(|_| policy.validate != Validate::Off)?;
        match schema.check(key, &array.view(), policy.dtype) {
            Ok(Conversion::To(dtype)) => Some(dtype),
            Ok(Conversion::None) => None,
            Err(e) => {
                if policy.validate == Validate::Strict {
                    reasons.push(e.kind());
                }
                None
            }
        }
    }

    fn rename(&mut self, from: &str, to: &str) -> Result<(), Reasons> {
        let mut reasons = Vec::new();
        for key in [from, to] {
            if valid(key, false).is_err() {
                return Err(vec![ErrorKind::InvalidArgument]);
            }
        }
        if self.node(from).is_none() {
            reasons.push(ErrorKind::NotFound);
        }
        if self.node(to).is_some() {
            reasons.push(ErrorKind::AlreadyExists);
        }
        if to == from || to.strip_prefix(from).is_some_and(|rest| rest.starts_with('/')) {
            reasons.push(ErrorKind::InvalidArgument);
        }
        if self.root.blocked(to) {
            reasons.push(ErrorKind::WrongKind);
        }
        if !reasons.is_empty() {
            return Err(reasons);
        }
        if let Some(mut node) = self.root.take(from) {
            follow(&mut node, from, to);
            self.root.put(to, node);
        }
        Ok(())
    }

    pub fn create_group(&mut self, key: &str) -> Result<(), Reasons> {
        valid(key, false).map_err(|e| vec![e])?;
        if self.root.blocked(key) || self.leaf(key).is_some() {
            return Err(vec![ErrorKind::WrongKind]);
        }
        if self.node(key).is_none() {
            self.root.put(key, Node::Group(Group::default()));
        }
        Ok(())
    }

    pub fn set_dimensions(&mut self, key: &str, names: &[String]) -> Result<(), Reasons> {
        valid(key, false).map_err(|e| vec![e])?;
        let node = self.node(key).ok_or_else(|| vec![ErrorKind::NotFound])?;
        let leaf = node.leaf().ok_or_else(|| vec![ErrorKind::WrongKind])?;
        let mut reasons = Vec::new();
        if names.len() != leaf.shape().len() {
            reasons.push(ErrorKind::ShapeMismatch);
        }
        if names.iter().any(String::is_empty) {
            reasons.push(ErrorKind::InvalidArgument);
        }
        let named = leaf.elements().and_then(|_| self.schema_dims(key, names.len()));
        if named.as_ref().is_some_and(|wanted| wanted != names) {
            reasons.push(ErrorKind::Schema);
        }
        if named.is_some() && self.clashes(key, names, leaf.shape()) {
            reasons.push(ErrorKind::Schema);
        }
        if !reasons.is_empty() {
            return Err(reasons);
        }
        if let Some(Node::Leaf(leaf)) = self.root.node_mut(key) {
            leaf.dims = names.to_vec();
        }
        Ok(())
    }

    pub fn set_attributes(&mut self, key: &str, attributes: &Object) -> Result<(), Reasons> {
        valid(key, true).map_err(|e| vec![e])?;
        let mut reasons = Vec::new();
        if reserved(attributes) {
            reasons.push(ErrorKind::InvalidArgument);
        }
        if key.is_empty() && reasons.is_empty() {
            self.root.attributes = attributes.clone();
            return Ok(());
        }
        match self.root.node_mut(key) {
            None if !key.is_empty() => reasons.push(ErrorKind::NotFound),
            Some(node) if reasons.is_empty() => *node.attributes_mut() = attributes.clone(),
            _ => {}
        }
        if reasons.is_empty() { Ok(()) } else { Err(reasons) }
    }

    fn save_metadata(&mut self, policy: Policy, key: &str, value: &serde_json::Value) -> Result<(), Reasons> {
        let mut reasons = Vec::new();
        if let Some(schema) = self.schema.as_ref().filter(|_| policy.validate == Validate::Strict) {
            reasons.extend(schema.check_metadata(key, value).err().map(|e| e.kind()));
        }
        let mut next = self.metadata.clone();
        reasons.extend(document::save(&mut next, key, value).err());
        if reasons.is_empty() {
            self.metadata = next;
            return Ok(());
        }
        Err(reasons)
    }

    /// Sets a schema: what is there is checked, named and converted.
    pub fn set_schema(&mut self, policy: Policy, schema: &serde_json::Value) -> Result<(), Reasons> {
        let schema = Schema::parse(schema).map_err(|e| vec![e.kind()])?;
        let mut next = Self { schema: Some(schema), ..self.clone() };
        let mut reasons = Vec::new();
        let arrays: Vec<(String, Array)> =
            self.nodes().into_iter().filter_map(|(key, node)| Some((key, node.leaf()?.elements()?.clone()))).collect();
        for (key, array) in &arrays {
            let Ok(parsed) = Key::parse(key) else { continue };
            let wanted = if policy.validate == Validate::Strict {
                next.checked(policy, &parsed, array, &mut reasons)
            } else {
                None
            };
            let named = next.schema_dims(key, array.shape().len());
            let Some(Node::Leaf(leaf)) = next.root.node_mut(key) else { continue };
            if let Some(named) = named {
                leaf.dims = named;
            }
            if let Some(dtype) = wanted {
                leaf.content = Content::Array(convert(&array.view(), dtype).expect("the schema said it converts"));
                leaf.fill = arrays::zero(dtype);
            }
        }
        for (key, _) in &arrays {
            let leaf = next.leaf(key).expect("it is there");
            if next.counts(key, leaf) && next.clashes(key, &leaf.dims, leaf.shape()) {
                reasons.push(ErrorKind::Schema);
            }
        }
        if policy.validate == Validate::Strict
            && let Some(schema) = &next.schema
        {
            let checked = self.metadata.iter().map(|(key, value)| schema.check_metadata(key, value));
            reasons.extend(checked.filter_map(Result::err).map(|e| e.kind()));
        }
        if !reasons.is_empty() {
            return Err(reasons);
        }
        *self = next;
        Ok(())
    }
}

/// The elements of a step.
pub fn array(data: &Data) -> Array {
    data.array().expect("the text of a case is right")
}

pub(super) fn reserved(attributes: &Object) -> bool {
    attributes.keys().any(|name| name == "_ARRAY_DIMENSIONS" || name.starts_with("_ds"))
}

/// Lets the automatic names of dimensions follow the key.
fn follow(node: &mut Node, from: &str, to: &str) {
    match node {
        Node::Leaf(leaf) => {
            let ndim = leaf.dims.len();
            if leaf.dims == automatic(from, ndim) {
                leaf.dims = automatic(to, ndim);
            }
        }
        Node::Group(group) => {
            for (name, node) in &mut group.children {
                follow(node, &joined(from, name), &joined(to, name));
            }
        }
    }
}
