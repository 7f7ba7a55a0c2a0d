//! Arrays that are made without elements and change in part, as the model has it.

use datastorage::options::Validate;
use datastorage::{Array, DType, ErrorKind, Key, Kind};

use super::arrays;
use super::changes::reserved;
use super::state::{Policy, Reasons, State, valid};
use super::step::Object;
use super::tree::{Content, Leaf, Node};

impl State {
    pub(super) fn create(
        &mut self,
        policy: Policy,
        key: &str,
        dtype: DType,
        shape: &[u64],
        fill: Option<Array>,
        options: &Object,
    ) -> Result<(), Reasons> {
        let parsed = Key::parse(key).map_err(|e| vec![e.kind()])?;
        let mut reasons = Vec::new();
        let ndim = shape.len();
        let lengths = |name: &str| options.get(name).and_then(|list| list.as_array());
        if lengths("chunks").is_some_and(|chunks| chunks.len() != ndim || chunks.iter().any(|n| n.as_u64() == Some(0)))
        {
            reasons.push(ErrorKind::InvalidArgument);
        }
        let given = fill.is_some();
        let fill = fill.unwrap_or_else(|| arrays::zero(dtype));
        if policy.refuses_nan() && arrays::has_nan(&fill) {
            reasons.push(ErrorKind::Nan);
        }
        let sample = arrays::filled(&vec![u64::from(given); ndim], &fill);
        if self.checked(policy, &parsed, &sample, &mut reasons).is_some() && policy.validate == Validate::Strict {
            reasons.push(ErrorKind::Schema);
        }
        let named = self.schema_dims(key, ndim);
        let mut dims = self.new_dims(key, Kind::Array, ndim);
        if let Some(names) = lengths("dims") {
            let names: Vec<String> = names.iter().map(|name| name.as_str().unwrap_or_default().to_owned()).collect();
            if names.len() != ndim || names.iter().any(String::is_empty) {
                reasons.push(ErrorKind::InvalidArgument);
            }
            if named.as_ref().is_some_and(|named| *named != names) {
                reasons.push(ErrorKind::Schema);
            }
            dims = names;
        }
        let attributes = options.get("attributes").and_then(|a| a.as_object()).cloned().unwrap_or_default();
        if reserved(&attributes) {
            reasons.push(ErrorKind::InvalidArgument);
        }
        if self.node(key).is_some() {
            reasons.push(ErrorKind::AlreadyExists);
        }
        if self.root.blocked(key) {
            reasons.push(ErrorKind::WrongKind);
        }
        if named.is_some() && self.clashes(key, &dims, shape) {
            reasons.push(ErrorKind::Schema);
        }
        if !reasons.is_empty() {
            return Err(reasons);
        }
        let content = Content::Array(arrays::filled(shape, &fill));
        self.root.put(key, Node::Leaf(Leaf { content, dims, attributes, fill }));
        Ok(())
    }

    /// The array of a key, which may change in part.
    fn array(&self, key: &str) -> Result<&Leaf, Reasons> {
        valid(key, false).map_err(|e| vec![e])?;
        let node = self.node(key).ok_or_else(|| vec![ErrorKind::NotFound])?;
        node.leaf().filter(|leaf| leaf.elements().is_some()).ok_or_else(|| vec![ErrorKind::WrongKind])
    }

    fn change_array(&mut self, key: &str, change: impl FnOnce(&Array, &Array) -> Array) {
        if let Some(Node::Leaf(leaf)) = self.root.node_mut(key)
            && let Content::Array(array) = &mut leaf.content
        {
            *array = change(array, &leaf.fill);
        }
    }

    /// Why elements cannot become a part of an array.
    fn part_reasons(&self, policy: Policy, key: &str, have: &Array, part: &Array) -> Reasons {
        let mut reasons = Vec::new();
        if have.dtype() != part.dtype() {
            reasons.push(ErrorKind::DtypeMismatch);
        }
        if have.shape().len() != part.shape().len() {
            reasons.push(ErrorKind::ShapeMismatch);
        }
        if policy.refuses_nan() && arrays::has_nan(part) {
            reasons.push(ErrorKind::Nan);
        }
        if let Ok(key) = Key::parse(key) {
            self.checked(policy, &key, part, &mut reasons);
        }
        reasons
    }

    pub(super) fn save_region(
        &mut self,
        policy: Policy,
        key: &str,
        offset: &[u64],
        part: &Array,
    ) -> Result<(), Reasons> {
        let have = self.array(key)?.elements().expect("it is an array");
        let mut reasons = self.part_reasons(policy, key, have, part);
        if !arrays::inside(have.shape(), offset, part.shape()) {
            reasons.push(ErrorKind::ShapeMismatch);
        }
        if !reasons.is_empty() {
            return Err(reasons);
        }
        self.change_array(key, |array, _| arrays::pasted(array, offset, part));
        Ok(())
    }

    pub(super) fn resize(&mut self, key: &str, shape: &[u64]) -> Result<(), Reasons> {
        let leaf = self.array(key)?;
        if leaf.shape().len() != shape.len() {
            return Err(vec![ErrorKind::ShapeMismatch]);
        }
        if self.counts(key, leaf) && self.clashes(key, &leaf.dims, shape) {
            return Err(vec![ErrorKind::Schema]);
        }
        self.change_array(key, |array, fill| arrays::resized(array, shape, fill));
        Ok(())
    }

    pub(super) fn append(&mut self, policy: Policy, key: &str, axis: usize, part: &Array) -> Result<(), Reasons> {
        let leaf = self.array(key)?;
        let have = leaf.elements().expect("it is an array");
        let mut reasons = self.part_reasons(policy, key, have, part);
        let (mut shape, ndim) = (have.shape().to_vec(), have.shape().len());
        if axis >= ndim {
            reasons.push(ErrorKind::InvalidArgument);
            return Err(reasons);
        }
        let more = part.shape();
        if more.len() != ndim || (0..ndim).any(|d| d != axis && more[d] != shape[d]) {
            reasons.push(ErrorKind::ShapeMismatch);
            return Err(reasons);
        }
        let mut offset = vec![0; ndim];
        offset[axis] = shape[axis];
        shape[axis] += more[axis];
        if self.counts(key, leaf) && self.clashes(key, &leaf.dims, &shape) {
            reasons.push(ErrorKind::Schema);
        }
        if !reasons.is_empty() {
            return Err(reasons);
        }
        self.change_array(key, |array, fill| arrays::pasted(&arrays::resized(array, &shape, fill), &offset, part));
        Ok(())
    }
}
