//! The tree of nodes that the memory and JSON backends keep: groups by name, leaves of any type.
//!
//! It knows structure only: what a way to a key is, what may be moved where. A call either does all it says or changes
//! nothing. What a leaf is, and what a group carries beside its children and attributes, is the backend's.

use std::collections::BTreeMap;

use super::{Child, Info, Kind, Object};
use crate::error::{Result, err};
use crate::key::Key;

/// A leaf of a backend.
pub(super) trait LeafNode {
    fn kind(&self) -> Kind;
}

/// A group or a leaf.
#[derive(Clone, Debug)]
pub(super) enum Node<L, G> {
    Group(Group<L, G>),
    Leaf(L),
}

/// A group: children in the order of their names. A group made on the way to a key inherits the
/// `extra` of its parent; that of the root is the default.
#[derive(Clone, Debug)]
pub(super) struct Group<L, G> {
    pub children: BTreeMap<String, Node<L, G>>,
    pub attributes: Object,
    pub extra: G,
}

impl<L: LeafNode, G: Clone + Default> Node<L, G> {
    pub fn group(extra: G) -> Self {
        Self::Group(Group::new(extra))
    }

    pub fn kind(&self) -> Kind {
        match self {
            Self::Group(_) => Kind::Group,
            Self::Leaf(leaf) => leaf.kind(),
        }
    }

    /// Calls `visit` for this node and all below it, groups before their children.
    pub fn walk<'a>(&'a self, key: &Key, visit: &mut impl FnMut(&Key, &'a Self) -> Result<()>) -> Result<()> {
        visit(key, self)?;
        if let Self::Group(group) = self {
            for (name, child) in &group.children {
                child.walk(&key.child(name)?, visit)?;
            }
        }
        Ok(())
    }
}

impl<L: LeafNode, G: Clone + Default> Group<L, G> {
    pub fn new(extra: G) -> Self {
        Self { children: BTreeMap::new(), attributes: Object::new(), extra }
    }

    /// The direct children.
    pub fn list(&self) -> Vec<Child> {
        self.children.iter().map(|(name, node)| Child { name: name.clone(), kind: node.kind() }).collect()
    }
}

/// The root group and all below it.
#[derive(Clone, Debug)]
pub(super) struct Nodes<L, G> {
    root: Node<L, G>,
}

impl<L: LeafNode, G: Clone + Default> Default for Nodes<L, G> {
    fn default() -> Self {
        Self::new()
    }
}

impl<L: LeafNode, G: Clone + Default> Nodes<L, G> {
    pub fn new() -> Self {
        Self { root: Node::group(G::default()) }
    }

    pub fn root(&self) -> &Node<L, G> {
        &self.root
    }

    pub fn root_mut(&mut self) -> &mut Node<L, G> {
        &mut self.root
    }

    pub fn get(&self, key: &Key) -> Result<&Node<L, G>> {
        components(key)
            .try_fold(&self.root, |node, name| match node {
                Node::Group(group) => group.children.get(name),
                Node::Leaf(_) => None,
            })
            .ok_or_else(|| err!(NotFound, "{key}: not found"))
    }

    pub fn get_mut(&mut self, key: &Key) -> Result<&mut Node<L, G>> {
        components(key)
            .try_fold(&mut self.root, |node, name| match node {
                Node::Group(group) => group.children.get_mut(name),
                Node::Leaf(_) => None,
            })
            .ok_or_else(|| err!(NotFound, "{key}: not found"))
    }

    pub fn leaf(&self, key: &Key) -> Result<&L> {
        match self.get(key)? {
            Node::Leaf(leaf) => Ok(leaf),
            Node::Group(_) => Err(err!(WrongKind, "{key}: is a group, wanted an array")),
        }
    }

    pub fn leaf_mut(&mut self, key: &Key) -> Result<&mut L> {
        match self.get_mut(key)? {
            Node::Leaf(leaf) => Ok(leaf),
            Node::Group(_) => Err(err!(WrongKind, "{key}: is a group, wanted an array")),
        }
    }

    pub fn group(&self, key: &Key) -> Result<&Group<L, G>> {
        match self.get(key)? {
            Node::Group(group) => Ok(group),
            Node::Leaf(leaf) => Err(err!(WrongKind, "{key}: is {}, wanted a group", kind_name(leaf.kind()))),
        }
    }

    /// Whether a node may be put at `key`: nothing but groups are on the way.
    pub fn check_way(&self, key: &Key) -> Result<()> {
        for ancestor in key.ancestors() {
            if let Ok(Node::Leaf(leaf)) = self.get(&ancestor) {
                return Err(err!(WrongKind, "{key}: '{ancestor}' is {}, wanted a group", kind_name(leaf.kind())));
            }
        }
        Ok(())
    }

    /// What a node put at `key` would inherit: the extra of the nearest group that exists.
    pub fn inherited(&self, key: &Key) -> G {
        let extra = |key: Key| match self.get(&key) {
            Ok(Node::Group(group)) => Some(group.extra.clone()),
            _ => None,
        };
        key.ancestors().filter_map(extra).last().unwrap_or_default()
    }

    /// Puts a node, making groups on the way; gives what was there.
    pub fn put(&mut self, key: &Key, node: Node<L, G>) -> Result<Option<Node<L, G>>> {
        self.check_way(key)?;
        if key.is_root() {
            return match node {
                Node::Group(_) => Ok(Some(std::mem::replace(&mut self.root, node))),
                Node::Leaf(_) => Err(err!(WrongKind, "{key}: is a group, wanted a leaf")),
            };
        }
        let parent = self.make_groups(key)?;
        Ok(parent.children.insert(key.name().to_owned(), node))
    }

    /// Makes an empty group where there is none.
    pub fn create_group(&mut self, key: &Key) -> Result<()> {
        self.check_way(key)?;
        match self.get(key) {
            Ok(Node::Group(_)) => Ok(()),
            Ok(Node::Leaf(leaf)) => Err(err!(WrongKind, "{key}: is {}, wanted a group", kind_name(leaf.kind()))),
            Err(_) => {
                let extra = self.inherited(key);
                self.put(key, Node::group(extra)).map(|_| ())
            }
        }
    }

    /// Takes a node out.
    pub fn take(&mut self, key: &Key) -> Result<Node<L, G>> {
        let Some(parent) = key.parent() else {
            return Err(err!(InvalidArgument, "{key}: the root is neither deleted nor renamed"));
        };
        match self.get_mut(&parent) {
            Ok(Node::Group(group)) => group.children.remove(key.name()),
            _ => None,
        }
        .ok_or_else(|| err!(NotFound, "{key}: not found"))
    }

    /// Whether `from` may become `to`.
    pub fn check_rename(&self, from: &Key, to: &Key) -> Result<()> {
        if from.is_root() {
            return Err(err!(InvalidArgument, "{from}: the root is neither deleted nor renamed"));
        }
        self.get(from)?;
        if self.get(to).is_ok() {
            return Err(err!(AlreadyExists, "{from}: cannot become '{to}', which exists"));
        }
        if to.is_in(from) {
            return Err(err!(InvalidArgument, "{from}: cannot become '{to}', which is below it"));
        }
        self.check_way(to)
    }

    fn make_groups(&mut self, key: &Key) -> Result<&mut Group<L, G>> {
        let mut node = &mut self.root;
        let mut names = components(key).peekable();
        while let Some(name) = names.next() {
            let Node::Group(group) = node else { break };
            if names.peek().is_none() {
                return Ok(group);
            }
            let extra = group.extra.clone();
            node = group.children.entry(name.to_owned()).or_insert_with(|| Node::group(extra));
        }
        Err(err!(WrongKind, "{key}: a leaf is on the way"))
    }
}

impl Info {
    /// What is known of a group.
    pub(super) fn of_group(children: u64, stored_bytes: u64) -> Self {
        Self {
            kind: Kind::Group,
            dtype: None,
            shape: Vec::new(),
            dims: Vec::new(),
            elements: children,
            bytes: 0,
            stored_bytes,
            chunks: 0,
        }
    }
}

/// The word for a kind in an error text.
pub(super) fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Group => "a group",
        Kind::Array => "an array",
        Kind::Bytes => "bytes",
        Kind::Json => "a JSON value",
    }
}

fn components(key: &Key) -> impl Iterator<Item = &str> + Clone {
    key.as_str().split('/').filter(|name| !name.is_empty())
}
