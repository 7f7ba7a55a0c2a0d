//! What a store holds, as the model has it, and the rules that a handle keeps.

use datastorage::options::{Nan, SchemaDtype, Validate};
use datastorage::{DType, ErrorKind, Key, Options, Schema};

use super::arrays;
use super::case::Backend;
use super::step::Object;
use super::tree::{Content, Group, Leaf, Node, joined, split};

/// Everything that a store holds.
#[derive(Clone, Debug, Default)]
pub struct State {
    pub root: Group,
    /// Without the schema and without the sizes that the store notes there.
    pub metadata: Object,
    pub schema: Option<Schema>,
}

/// What a handle refuses.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    pub nan: Nan,
    pub validate: Validate,
    pub dtype: SchemaDtype,
}

impl Policy {
    pub fn of(backend: Backend, options: &Options) -> Self {
        let nan = if backend == Backend::Zarr { Nan::Refuse } else { Nan::Allow };
        Self { nan: options.nan.unwrap_or(nan), validate: options.validate, dtype: options.schema_dtype }
    }

    pub fn refuses_nan(self) -> bool {
        self.nan == Nan::Refuse
    }
}

/// Why a step must fail: any of these.
pub type Reasons = Vec<ErrorKind>;

impl State {
    /// The node of a key; the root's for the empty one.
    pub fn node(&self, key: &str) -> Option<&Node> {
        self.root.node(key)
    }

    pub fn leaf(&self, key: &str) -> Option<&Leaf> {
        self.node(key)?.leaf()
    }

    /// Every node but the root, by key, in the order of keys.
    pub fn nodes(&self) -> Vec<(String, &Node)> {
        let mut all = Vec::new();
        for (name, node) in &self.root.children {
            node.walk(name, &mut |key, node| all.push((key.to_owned(), node)));
        }
        all.sort_by(|a, b| a.0.cmp(&b.0));
        all
    }

    /// Whether some array holds what is not a number.
    pub fn has_nan(&self) -> bool {
        self.nodes().iter().any(|(_, node)| node.leaf().and_then(Leaf::elements).is_some_and(arrays::has_nan))
    }

    /// The names that the schema gives the dimensions of an array.
    pub fn schema_dims(&self, key: &str, ndim: usize) -> Option<Vec<String>> {
        self.schema.as_ref()?.dims_for(&Key::parse(key).ok()?, ndim)
    }

    /// The names of the dimensions of a new leaf.
    pub fn new_dims(&self, key: &str, kind: datastorage::Kind, ndim: usize) -> Vec<String> {
        let named = if kind == datastorage::Kind::Array { self.schema_dims(key, ndim) } else { None };
        named.unwrap_or_else(|| automatic(key, ndim))
    }

    /// Whether the lengths of an array under the names of the schema differ from those of another array of its group.
    pub fn clashes(&self, key: &str, dims: &[String], shape: &[u64]) -> bool {
        let (parent, name) = split(key);
        let Some(group) = self.root.group(parent) else { return false };
        group.children.iter().filter(|(other, _)| *other != name).any(|(other, node)| {
            let Some(leaf) = node.leaf().filter(|leaf| self.counts(&joined(parent, other), leaf)) else { return false };
            let differs = |(dim, have): (&String, &u64)| {
                dims.iter().zip(shape).any(|(wanted, length)| wanted == dim && length != have)
            };
            leaf.dims.iter().zip(leaf.shape()).any(differs)
        })
    }

    /// Whether the names of the dimensions of an array are those of the schema.
    pub fn counts(&self, key: &str, leaf: &Leaf) -> bool {
        matches!(leaf.content, Content::Array(_))
            && self.schema_dims(key, leaf.shape().len()).is_some_and(|dims| dims == leaf.dims)
    }
}

/// The names of dimensions that have none.
pub fn automatic(key: &str, ndim: usize) -> Vec<String> {
    (0..ndim).map(|d| format!("{}_dim_{d}", key.replace('/', "_"))).collect()
}

/// A new leaf.
pub fn leaf(content: Content, dims: Vec<String>) -> Leaf {
    let dtype = content.array().map_or(DType::String, datastorage::Array::dtype);
    Leaf { content, dims, attributes: Object::new(), fill: arrays::zero(dtype) }
}

/// Whether a key is one; of the root too when that is wanted.
pub fn valid(key: &str, root: bool) -> Result<(), ErrorKind> {
    let parsed = if root { Key::parse_or_root(key) } else { Key::parse(key) };
    parsed.map(drop).map_err(|e| e.kind())
}
