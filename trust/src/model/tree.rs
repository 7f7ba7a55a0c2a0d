//! The plain map: groups by name, leaves with their elements.

use std::collections::BTreeMap;

use datastorage::{Array, Kind, Value};

use super::step::Object;

/// A node.
#[derive(Clone, Debug)]
pub enum Node {
    Group(Group),
    Leaf(Leaf),
}

/// Nodes by name.
#[derive(Clone, Debug, Default)]
pub struct Group {
    pub children: BTreeMap<String, Node>,
    pub attributes: Object,
}

/// An array, bytes or JSON.
#[derive(Clone, Debug)]
pub struct Leaf {
    pub content: Content,
    pub dims: Vec<String>,
    pub attributes: Object,
    /// What new elements are.
    pub fill: Array,
}

/// What a leaf holds.
#[derive(Clone, Debug)]
pub enum Content {
    Array(Array),
    Bytes(Array),
    Json(serde_json::Value),
}

impl Content {
    /// The elements as they are loaded; `None` for JSON.
    pub fn array(&self) -> Option<&Array> {
        match self {
            Self::Array(array) | Self::Bytes(array) => Some(array),
            Self::Json(_) => None,
        }
    }

    pub fn kind(&self) -> Kind {
        match self {
            Self::Array(_) => Kind::Array,
            Self::Bytes(_) => Kind::Bytes,
            Self::Json(_) => Kind::Json,
        }
    }

    pub fn value(&self) -> Value {
        match self {
            Self::Array(array) => Value::Array(array.clone()),
            Self::Bytes(array) => Value::Bytes(array.bytes().unwrap_or_default().to_vec()),
            Self::Json(json) => Value::Json(json.clone()),
        }
    }
}

impl Leaf {
    pub fn shape(&self) -> &[u64] {
        self.content.array().map_or(&[], Array::shape)
    }

    /// The array that may change in part.
    pub fn elements(&self) -> Option<&Array> {
        match &self.content {
            Content::Array(array) => Some(array),
            _ => None,
        }
    }
}

impl Node {
    pub fn kind(&self) -> Kind {
        match self {
            Self::Group(_) => Kind::Group,
            Self::Leaf(leaf) => leaf.content.kind(),
        }
    }

    pub fn leaf(&self) -> Option<&Leaf> {
        match self {
            Self::Leaf(leaf) => Some(leaf),
            Self::Group(_) => None,
        }
    }

    pub fn group(&self) -> Option<&Group> {
        match self {
            Self::Group(group) => Some(group),
            Self::Leaf(_) => None,
        }
    }

    pub fn attributes(&self) -> &Object {
        match self {
            Self::Leaf(leaf) => &leaf.attributes,
            Self::Group(group) => &group.attributes,
        }
    }

    pub fn attributes_mut(&mut self) -> &mut Object {
        match self {
            Self::Leaf(leaf) => &mut leaf.attributes,
            Self::Group(group) => &mut group.attributes,
        }
    }

    /// This node and all below it, by key; the keys are in no order of texts.
    pub fn walk<'a>(&'a self, key: &str, visit: &mut dyn FnMut(&str, &'a Node)) {
        visit(key, self);
        if let Self::Group(group) = self {
            for (name, node) in &group.children {
                node.walk(&joined(key, name), visit);
            }
        }
    }
}

/// The key of a name in a group.
pub fn joined(key: &str, name: &str) -> String {
    if key.is_empty() { name.to_owned() } else { format!("{key}/{name}") }
}

/// The group of a key, and its name there.
pub fn split(key: &str) -> (&str, &str) {
    key.rsplit_once('/').unwrap_or(("", key))
}

fn names(key: &str) -> impl Iterator<Item = &str> {
    key.split('/').filter(|name| !name.is_empty())
}

impl Group {
    /// Puts a node, making groups on the way; nothing but groups may be there.
    pub fn put(&mut self, key: &str, node: Node) {
        let (way, name) = split(key);
        let mut group = self;
        for name in names(way) {
            let below = group.children.entry(name.to_owned()).or_insert_with(|| Node::Group(Group::default()));
            let Node::Group(below) = below else { return };
            group = below;
        }
        group.children.insert(name.to_owned(), node);
    }

    /// Takes a node out.
    pub fn take(&mut self, key: &str) -> Option<Node> {
        let (way, name) = split(key);
        let mut group = self;
        for name in names(way) {
            let Node::Group(below) = group.children.get_mut(name)? else { return None };
            group = below;
        }
        group.children.remove(name)
    }

    /// The node of a key that is not the root's.
    pub fn node(&self, key: &str) -> Option<&Node> {
        let (way, name) = split(key);
        let mut group = self;
        for name in names(way) {
            group = group.children.get(name)?.group()?;
        }
        group.children.get(name)
    }

    pub fn node_mut(&mut self, key: &str) -> Option<&mut Node> {
        let (way, name) = split(key);
        let mut group = self;
        for name in names(way) {
            let Node::Group(below) = group.children.get_mut(name)? else { return None };
            group = below;
        }
        group.children.get_mut(name)
    }

    /// The group of a key, the root's too.
    pub fn group(&self, key: &str) -> Option<&Group> {
        if key.is_empty() { Some(self) } else { self.node(key)?.group() }
    }

    /// Whether a leaf is on the way to a key.
    pub fn blocked(&self, key: &str) -> bool {
        key.match_indices('/').any(|(at, _)| self.node(&key[..at]).is_some_and(|node| node.leaf().is_some()))
    }
}
