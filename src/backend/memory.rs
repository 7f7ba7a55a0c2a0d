//! The memory backend: a tree of nodes behind a lock.
//!
//! Nothing is encoded and nothing touches a disk: a save copies in, a load copies out. The lock is held for the walk
//! through the tree, not for the copy out: arrays are shared, and one that is being read is copied before a part of it
//! changes. A view shares an array in the same way. Closing clears everything.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::nodes::{Group, LeafNode, Node, Nodes};
use super::{Backend, Child, Finding, Info, Kind, Leaf, NewArray, Object, Region, Stored, Tree, viewable};
use crate::error::{Result, err};
use crate::key::Key;
use crate::op::Op;
use crate::value::{Array, ArrayView, SharedArray, region};

/// A store in memory.
#[derive(Debug, Default)]
pub struct Memory {
    state: RwLock<State>,
}

#[derive(Debug, Default)]
struct State {
    nodes: Nodes<MemoryLeaf, ()>,
    metadata: Object,
}

#[derive(Clone, Debug)]
struct MemoryLeaf {
    kind: Kind,
    array: Arc<Array>,
    dims: Vec<String>,
    attributes: Object,
    /// What new elements are when it is resized.
    fill: Option<Array>,
}

impl MemoryLeaf {
    /// Changes the elements: in place when nobody reads them.
    fn edit(&mut self, change: impl FnOnce(&mut Array) -> Result<()>) -> Result<()> {
        if let Some(array) = Arc::get_mut(&mut self.array) {
            return change(array);
        }
        let mut copy = (*self.array).clone();
        change(&mut copy)?;
        self.array = Arc::new(copy);
        Ok(())
    }

    fn fill(&self) -> Array {
        self.fill.clone().unwrap_or_else(|| Array::zero(self.array.dtype()))
    }
}

impl LeafNode for MemoryLeaf {
    fn kind(&self) -> Kind {
        self.kind
    }
}

impl Memory {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    // A thread that panicked while it held the lock left the tree whole: every change is one assignment at its end.
    fn read_state(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_state(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn array(&self, key: &Key) -> Result<(Kind, Arc<Array>)> {
        let state = self.read_state();
        let leaf = state.nodes.leaf(key)?;
        Ok((leaf.kind, Arc::clone(&leaf.array)))
    }
}

fn element_bytes(array: &Array) -> u64 {
    match array.strings() {
        Some(strings) => strings.iter().map(|s| s.len() as u64).sum(),
        None => array.bytes().map_or(0, <[u8]>::len) as u64,
    }
}

fn group_footprint(group: &Group<MemoryLeaf, ()>) -> u64 {
    let of = |node: &Node<MemoryLeaf, ()>| match node {
        Node::Group(group) => group_footprint(group),
        Node::Leaf(leaf) => leaf.array.footprint(),
    };
    group.children.values().map(of).sum()
}

fn build(op: &Op, key: &Key, tree: Tree<'_>) -> Result<Node<MemoryLeaf, ()>> {
    op.check()?;
    match tree {
        Tree::Leaf(Leaf { kind, view, dims, attributes }) => {
            let array = Arc::new(view.to_array().map_err(|e| e.context(key))?);
            Ok(Node::Leaf(MemoryLeaf { kind, array, dims, attributes, fill: None }))
        }
        Tree::Group(children) => {
            let mut group = Group::new(());
            for (name, child) in children {
                let node = build(op, &key.child(&name)?, child)?;
                if group.children.insert(name.clone(), node).is_some() {
                    return Err(err!(InvalidArgument, "{key}: holds '{name}' twice"));
                }
            }
            Ok(Node::Group(group))
        }
    }
}

impl Backend for Memory {
    fn format(&self) -> &'static str {
        "memory"
    }

    fn read_only(&self) -> bool {
        false
    }

    fn path(&self, key: &Key) -> Result<String> {
        if key.is_root() {
            return Ok(std::env::temp_dir().display().to_string());
        }
        Ok(format!("In-memory storage: No file path for key '{}'", key.as_str()))
    }

    fn write(&self, op: &Op, key: &Key, tree: Tree<'_>) -> Result<()> {
        let node = build(op, key, tree)?;
        let replaced = self.write_state().nodes.put(key, node)?;
        drop(replaced); // Freed after the lock is.
        Ok(())
    }

    fn read(&self, op: &Op, key: &Key, region: Option<&Region>) -> Result<Stored> {
        op.check()?;
        let (kind, array) = self.array(key)?;
        let array = match region {
            None => (*array).clone(),
            Some(region) => {
                region.check(key, array.shape())?;
                region::cut(&array, region).map_err(|e| e.context(key))?
            }
        };
        Ok(Stored { kind, array })
    }

    fn read_into(&self, op: &Op, key: &Key, region: Option<&Region>, out: &mut [u8]) -> Result<()> {
        op.check()?;
        let (_, array) = self.array(key)?;
        region::copy_out(key, &array, region, out)
    }

    fn view(&self, op: &Op, key: &Key) -> Result<SharedArray> {
        op.check()?;
        let (kind, array) = self.array(key)?;
        viewable::check(key, kind, Some(array.dtype()))?;
        SharedArray::of(array).map_err(|e| e.context(key))
    }

    fn create(&self, op: &Op, key: &Key, new: NewArray) -> Result<()> {
        op.check()?;
        let fill = new.fill.clone().unwrap_or_else(|| Array::zero(new.dtype));
        let array = Array::filled(new.shape, &fill).map_err(|e| e.context(key))?;
        let (dims, attributes) = (new.dims, new.attributes);
        let leaf = MemoryLeaf { kind: Kind::Array, array: Arc::new(array), dims, attributes, fill: new.fill };
        let mut state = self.write_state();
        if state.nodes.get(key).is_ok() {
            return Err(err!(AlreadyExists, "{key}: cannot be created, there is a node"));
        }
        state.nodes.put(key, Node::Leaf(leaf)).map(|_| ())
    }

    fn write_region(&self, op: &Op, key: &Key, region: &Region, view: &ArrayView<'_>) -> Result<()> {
        op.check()?;
        let mut state = self.write_state();
        let leaf = state.nodes.leaf_mut(key)?;
        region.check_view(key, &leaf.array, view)?;
        leaf.edit(|array| array.patch(&region.offset, view)).map_err(|e| e.context(key))
    }

    fn resize(&self, op: &Op, key: &Key, shape: &[u64]) -> Result<()> {
        op.check()?;
        let mut state = self.write_state();
        let leaf = state.nodes.leaf_mut(key)?;
        let fill = leaf.fill();
        leaf.edit(|array| array.resize(shape, &fill)).map_err(|e| e.context(key))
    }

    fn append(&self, op: &Op, key: &Key, view: &ArrayView<'_>, axis: usize, from: &[u64]) -> Result<bool> {
        op.check()?;
        let mut state = self.write_state();
        let leaf = state.nodes.leaf_mut(key)?;
        if leaf.array.shape() != from {
            return Ok(false);
        }
        let fill = leaf.fill();
        leaf.edit(|array| array.append(view, axis, &fill)).map_err(|e| e.context(key))?;
        Ok(true)
    }

    fn info(&self, key: &Key) -> Result<Info> {
        let state = self.read_state();
        let leaf = match state.nodes.get(key)? {
            Node::Leaf(leaf) => leaf,
            Node::Group(group) => return Ok(Info::of_group(group.children.len() as u64, group_footprint(group))),
        };
        Ok(Info {
            kind: leaf.kind,
            dtype: Some(leaf.array.dtype()),
            shape: leaf.array.shape().to_vec(),
            dims: leaf.dims.clone(),
            elements: leaf.array.len() as u64,
            bytes: element_bytes(&leaf.array),
            stored_bytes: leaf.array.footprint(),
            chunks: 1,
        })
    }

    fn list(&self, key: &Key) -> Result<Vec<Child>> {
        Ok(self.read_state().nodes.group(key)?.list())
    }

    fn create_group(&self, key: &Key) -> Result<()> {
        self.write_state().nodes.create_group(key)
    }

    fn delete(&self, key: &Key) -> Result<()> {
        let taken = self.write_state().nodes.take(key)?;
        drop(taken); // Freed after the lock is.
        Ok(())
    }

    fn rename(&self, from: &Key, to: &Key) -> Result<()> {
        let mut state = self.write_state();
        state.nodes.check_rename(from, to)?;
        let node = state.nodes.take(from)?;
        state.nodes.put(to, node).map(|_| ())
    }

    fn attributes(&self, key: &Key) -> Result<Object> {
        match self.read_state().nodes.get(key)? {
            Node::Group(group) => Ok(group.attributes.clone()),
            Node::Leaf(leaf) => Ok(leaf.attributes.clone()),
        }
    }

    fn set_attributes(&self, key: &Key, attributes: Object) -> Result<()> {
        match self.write_state().nodes.get_mut(key)? {
            Node::Group(group) => group.attributes = attributes,
            Node::Leaf(leaf) => leaf.attributes = attributes,
        }
        Ok(())
    }

    fn set_dimensions(&self, key: &Key, dims: &[String]) -> Result<()> {
        self.write_state().nodes.leaf_mut(key)?.dims = dims.to_vec();
        Ok(())
    }

    fn load_metadata(&self) -> Result<Object> {
        Ok(self.read_state().metadata.clone())
    }

    fn flush(&self, op: &Op, metadata: &Object) -> Result<()> {
        op.check()?;
        self.write_state().metadata = metadata.clone();
        Ok(())
    }

    fn compress(&self, op: &Op, metadata: &Object) -> Result<u64> {
        self.flush(op, metadata)?;
        Ok(0)
    }

    fn close(&self, _: &Op, _: &Object, _: &Object) -> Result<()> {
        self.discard();
        Ok(())
    }

    fn discard(&self) {
        let cleared = std::mem::take(&mut *self.write_state());
        drop(cleared); // Freed after the lock is.
    }

    fn verify(&self, _: &Op, _: bool) -> Result<Vec<Finding>> {
        Ok(Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::conformance;

    #[test]
    fn conforms() {
        conformance::run(|| Box::new(Memory::new()));
    }

    #[test]
    fn paths_are_the_sentences_of_the_specification() {
        let memory = Memory::new();
        let key = Key::parse("face_areas").unwrap();
        assert_eq!(memory.path(&key).unwrap(), "In-memory storage: No file path for key 'face_areas'");
        assert!(std::path::Path::new(&memory.path(&Key::root()).unwrap()).is_dir());
    }

    #[test]
    fn close_clears() {
        let memory = Memory::new();
        let array = Array::vector(&[1u8]);
        let leaf = Leaf { kind: Kind::Array, view: array.view(), dims: vec!["n".into()], attributes: Object::new() };
        memory.write(&Op::quiet(), &Key::parse("a").unwrap(), Tree::Leaf(leaf)).unwrap();
        memory.close(&Op::quiet(), &Object::new(), &Object::new()).unwrap();
        assert!(memory.list(&Key::root()).unwrap().is_empty());
    }

    #[test]
    fn threads_share_a_store() {
        let memory = Memory::new();
        std::thread::scope(|scope| {
            for thread in 0..4u32 {
                let memory = &memory;
                scope.spawn(move || {
                    for round in 0..50u32 {
                        let array = Array::vector(&[thread, round]);
                        let leaf = Leaf {
                            kind: Kind::Array,
                            view: array.view(),
                            dims: vec!["n".into()],
                            attributes: Object::new(),
                        };
                        let key = Key::parse(&format!("g/t{thread}")).unwrap();
                        memory.write(&Op::quiet(), &key, Tree::Leaf(leaf)).unwrap();
                        assert_eq!(memory.read(&Op::quiet(), &key, None).unwrap().array, array);
                    }
                });
            }
        });
        assert_eq!(memory.list(&Key::parse("g").unwrap()).unwrap().len(), 4);
    }
}
