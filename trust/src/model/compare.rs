//! Whether a store holds what the model holds, and what a call gave is what the model says.

use datastorage::{Array, Error, ErrorKind, Kind, Storage, Value};
use serde_json::Value as Json;

use super::arrays::same;
use super::state::{Reasons, State};
use super::step::Object;
use super::tree::{Content, Group, Leaf, Node, joined};

/// The key below which a store notes the sizes of its arrays, which follow from the encoding.
const SIZES: &str = "file_sizes_KB";

/// How a call and the model agree.
#[derive(Debug)]
pub enum Outcome {
    /// The call did what the model says.
    Done,
    /// The call was refused, as the model says.
    Refused,
    /// The call was cancelled.
    Cancelled,
    /// The call failed, and the model knows no reason.
    Failed(String),
    Differs(String),
}

impl From<Result<(), String>> for Outcome {
    fn from(result: Result<(), String>) -> Self {
        result.map_or_else(Self::Differs, |()| Self::Done)
    }
}

/// Compares what a call gave with what it must.
pub fn settle<T>(
    got: Result<T, Error>,
    want: Result<(), Reasons>,
    check: impl FnOnce(T) -> Result<(), String>,
) -> Outcome {
    match (got, want) {
        (Err(e), _) if e.kind() == ErrorKind::Cancelled => Outcome::Cancelled,
        (Ok(value), Ok(())) => check(value).into(),
        (Err(e), Err(reasons)) if reasons.contains(&e.kind()) => match e.message() {
            "" => Outcome::Differs(format!("{:?} has no text", e.kind())),
            _ => Outcome::Refused,
        },
        (Err(e), Err(reasons)) => Outcome::Failed(format!("failed with {:?} ({e}), wanted {reasons:?}", e.kind())),
        (Err(e), Ok(())) => Outcome::Failed(format!("failed with {:?}: {e}", e.kind())),
        (Ok(_), Err(reasons)) => Outcome::Differs(format!("succeeded, wanted {reasons:?}")),
    }
}

/// What differs, in a line.
pub fn shown(what: &str, got: &dyn std::fmt::Debug, want: &dyn std::fmt::Debug) -> String {
    let cut = |value: &dyn std::fmt::Debug| -> String { format!("{value:?}").chars().take(300).collect() };
    format!("{what}: is {}, wanted {}", cut(got), cut(want))
}

pub fn equal<T: PartialEq + std::fmt::Debug>(what: &str, got: T, want: T) -> Result<(), String> {
    if got == want { Ok(()) } else { Err(shown(what, &got, &want)) }
}

pub fn array(what: &str, got: &Array, want: &Array, payloads: bool) -> Result<(), String> {
    if same(got, want, payloads) {
        return Ok(());
    }
    if (got.dtype(), got.shape()) != (want.dtype(), want.shape()) {
        return Err(shown(what, &(got.dtype(), got.shape()), &(want.dtype(), want.shape())));
    }
    if let (Some(got), Some(want)) = (got.strings(), want.strings()) {
        let at = got.iter().zip(want).position(|(a, b)| a != b).unwrap_or(0);
        return Err(shown(&format!("{what}: element {at}"), &got.get(at), &want.get(at)));
    }
    let (left, right) = (got.bytes().unwrap_or_default(), want.bytes().unwrap_or_default());
    let size = want.dtype().size().max(1);
    let at = left.chunks(size).zip(right.chunks(size)).position(|(a, b)| a != b).unwrap_or(0);
    let element = |bytes: &[u8]| super::data::hex(bytes.chunks(size).nth(at).unwrap_or_default());
    let differ = left.chunks(size).zip(right.chunks(size)).filter(|(a, b)| a != b).count();
    Err(format!(
        "{what}: {differ} elements of {}{:?} differ, the first is number {at}: {}, wanted {}",
        want.dtype(),
        want.shape(),
        element(left),
        element(right)
    ))
}

/// A loaded value.
pub fn value(what: &str, got: &Value, want: &Node, payloads: bool) -> Result<(), String> {
    match (got, want) {
        (Value::Group(got), Node::Group(want)) => {
            let names: Vec<&String> = got.keys().collect();
            equal(what, names, want.children.keys().collect())?;
            got.iter()
                .zip(want.children.values())
                .try_for_each(|((name, got), want)| value(&joined(what, name), got, want, payloads))
        }
        (Value::Array(got), Node::Leaf(Leaf { content: Content::Array(want), .. })) => array(what, got, want, payloads),
        (Value::Bytes(got), Node::Leaf(Leaf { content: Content::Bytes(want), .. })) => {
            equal(what, got.as_slice(), want.bytes().unwrap_or_default())
        }
        (Value::Json(got), Node::Leaf(Leaf { content: Content::Json(want), .. })) => equal(what, got, want),
        _ => Err(shown(what, &got.kind_name(), &want.kind())),
    }
}

/// What is known of a node without its elements.
pub fn info(store: &Storage, key: &str, want: &Node) -> Result<(), String> {
    let got = store.stat(key).map_err(|e| format!("stat {key}: {e}"))?;
    let dtype = want.leaf().map(|leaf| leaf.content.array().map_or(datastorage::DType::String, Array::dtype));
    let shape = want.leaf().map_or(&[][..], Leaf::shape);
    let elements = match want {
        Node::Group(group) => group.children.len() as u64,
        Node::Leaf(leaf) => leaf.content.array().map_or(1, |array| array.len() as u64),
    };
    equal(
        &format!("kind, type and shape of {key}"),
        (got.kind, got.dtype, &got.shape[..]),
        (want.kind(), dtype, shape),
    )?;
    equal(&format!("number of elements of {key}"), got.elements, elements)?;
    if let Some(dtype) = dtype.filter(|dtype| dtype.size() > 0) {
        equal(&format!("bytes of {key}"), got.bytes, elements * dtype.size() as u64)?;
    }
    let dims = want.leaf().map_or(&[][..], |leaf| &leaf.dims[..]);
    equal(&format!("dimensions of {key}"), &got.dims[..], dims)
}

/// The metadata without the sizes, which follow from the encoding.
pub fn without_sizes(document: Json) -> Object {
    let mut object = document.as_object().cloned().unwrap_or_default();
    object.shift_remove(SIZES);
    object
}

pub fn is_size(key: &str) -> bool {
    key == SIZES || key.strip_prefix(SIZES).is_some_and(|rest| rest.starts_with('/'))
}

/// Compares all that a store holds.
///
/// # Errors
/// The first thing that differs.
pub fn whole(store: &Storage, want: &State, payloads: bool) -> Result<(), String> {
    let call = |what: &str, e: Error| format!("{what}: {:?}: {e}", e.kind());
    let nodes = want.nodes();
    let listed = store.list("", true).map_err(|e| call("list", e))?;
    let kinds: Vec<(String, Kind)> = nodes.iter().map(|(key, node)| (key.clone(), node.kind())).collect();
    equal("the nodes", listed, kinds)?;
    let keys = store.keys().map_err(|e| call("keys", e))?;
    equal("the keys", keys, want.root.children.keys().cloned().collect())?;
    for (key, node) in &nodes {
        info(store, key, node)?;
        attributes(store, key, node.attributes())?;
        if node.leaf().is_some() {
            let got = store.load(key).map_err(|e| call(&format!("load {key}"), e))?;
            value(key, &got, node, payloads)?;
        }
    }
    attributes(store, "", &want.root.attributes)?;
    let metadata = store.load_metadata("").map_err(|e| call("load_metadata", e))?;
    equal("the metadata", without_sizes(metadata), want.metadata.clone())?;
    let schema = store.schema().map_err(|e| call("schema", e))?;
    let wanted = want.schema.as_ref().map_or(Json::Object(Object::new()), |schema| schema.json().clone());
    equal("the schema", schema, wanted)
}

fn attributes(store: &Storage, key: &str, want: &Object) -> Result<(), String> {
    let got = store.attributes(key).map_err(|e| format!("attributes {key}: {:?}: {e}", e.kind()))?;
    equal(&format!("attributes of '{key}'"), &got, want)
}

/// The nodes of a group as they are listed.
pub fn listed(state: &State, prefix: &str, recursive: bool) -> Result<Vec<(String, Kind)>, Reasons> {
    super::state::valid(prefix, true).map_err(|e| vec![e])?;
    let group: &Group = match (prefix, state.node(prefix)) {
        ("", _) => &state.root,
        (_, None) => return Err(vec![ErrorKind::NotFound]),
        (_, Some(Node::Group(group))) => group,
        (_, Some(Node::Leaf(_))) => return Err(vec![ErrorKind::WrongKind]),
    };
    let mut all = Vec::new();
    for (name, node) in &group.children {
        if recursive {
            node.walk(&joined(prefix, name), &mut |key, node| all.push((key.to_owned(), node.kind())));
        } else {
            all.push((joined(prefix, name), node.kind()));
        }
    }
    all.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(all)
}
