//! The steps that only look: the call, and what it must give.

use datastorage::{Array, ErrorKind, Region, Storage};

use super::arrays;
use super::compare::{self, Outcome, equal, settle};
use super::document;
use super::state::{Reasons, State, valid};
use super::step::Step;
use super::tree::Node;

/// Looks, where a step only does that.
pub fn look(store: &Storage, state: &State, payloads: bool, step: &Step) -> Option<Outcome> {
    Some(match step {
        Step::Load { key } => {
            let node = found(state, key);
            settle(store.load(key), node.as_ref().map(|_| ()).map_err(Clone::clone), |got| {
                compare::value(key, &got, node.expect("it was found"), payloads)
            })
        }
        Step::LoadArray { key } => {
            let array = elements(state, key);
            settle(store.load_array(key), array.as_ref().map(|_| ()).map_err(Clone::clone), |got| {
                compare::array(key, &got, array.expect("it was found"), payloads)
            })
        }
        Step::LoadRegion { key, offset, shape } => region(store, state, payloads, key, offset, shape),
        Step::LoadAll { key } => load_all(store, state, payloads, key),
        Step::View { key } => view(store, state, payloads, key),
        Step::Stat { key } if key.is_empty() => settle(store.stat(""), Ok(()), |got| {
            equal("nodes of the root", got.elements, state.root.children.len() as u64)
        }),
        Step::Stat { key } => {
            let node = found(state, key);
            settle(store.stat(key), node.as_ref().map(|_| ()).map_err(Clone::clone), |_| {
                compare::info(store, key, node.expect("it was found"))
            })
        }
        Step::Exists { key } => settle(store.exists(key), valid(key, true).map_err(|e| vec![e]), |got| {
            equal(&format!("whether {key} exists"), got, key.is_empty() || state.node(key).is_some())
        }),
        Step::List { prefix, recursive } => {
            let want = compare::listed(state, prefix, *recursive);
            settle(store.list(prefix, *recursive), want.as_ref().map(|_| ()).map_err(Clone::clone), |got| {
                equal(&format!("list of '{prefix}'"), got, want.expect("it was found"))
            })
        }
        Step::LoadMetadata { key } => load_metadata(store, state, key),
        Step::ListMetadata { prefix } => {
            let want = document::list(&state.metadata, prefix);
            settle(store.list_metadata(prefix), want.as_ref().map(|_| ()).map_err(|e| vec![*e]), |mut got| {
                got.retain(|key| !compare::is_size(key));
                equal(&format!("metadata below '{prefix}'"), got, want.expect("it was found"))
            })
        }
        Step::Verify { repair: false } => {
            settle(store.verify(false), Ok(()), |findings| equal("what verification finds", findings, Vec::new()))
        }
        Step::Check => compare::whole(store, state, payloads).into(),
        _ => return None,
    })
}

fn found<'s>(state: &'s State, key: &str) -> Result<&'s Node, Reasons> {
    valid(key, false).map_err(|e| vec![e])?;
    state.node(key).ok_or_else(|| vec![ErrorKind::NotFound])
}

/// The elements of an array or of bytes.
fn elements<'s>(state: &'s State, key: &str) -> Result<&'s Array, Reasons> {
    let leaf = found(state, key)?.leaf().ok_or_else(|| vec![ErrorKind::WrongKind])?;
    leaf.content.array().ok_or_else(|| vec![ErrorKind::WrongKind])
}

fn region(store: &Storage, state: &State, payloads: bool, key: &str, offset: &[u64], shape: &[u64]) -> Outcome {
    let region = Region { offset: offset.to_vec(), shape: shape.to_vec() };
    // A value of JSON is no array, of whatever shape.
    let json = state.leaf(key).is_some_and(|leaf| leaf.content.array().is_none());
    let want = elements(state, key).and_then(|array| match arrays::inside(array.shape(), offset, shape) {
        true => Ok(arrays::cut(array, offset, shape)),
        false => Err(vec![ErrorKind::ShapeMismatch]),
    });
    let want = want.map_err(|mut reasons| {
        reasons.extend(json.then_some(ErrorKind::ShapeMismatch));
        reasons
    });
    settle(store.load_region(key, &region), want.as_ref().map(|_| ()).map_err(Clone::clone), |got| {
        let want = want.expect("it is inside");
        let what = format!("{key} at {offset:?} of {shape:?}");
        compare::array(&what, &got, &want, payloads)?;
        if want.bytes().is_some() {
            let mut out = vec![0xaa; want.bytes().map_or(0, <[u8]>::len)];
            let mut needed = 0;
            let read = store.load_region_into(key, &region, want.dtype(), &mut out, &mut needed);
            read.map_err(|e| format!("{what}, into memory: {e}"))?;
            let got = Array::from_bytes(want.dtype(), shape.to_vec(), out).map_err(|e| e.to_string())?;
            compare::array(&what, &got, &want, payloads)?;
        }
        Ok(())
    })
}

fn load_all(store: &Storage, state: &State, payloads: bool, key: &str) -> Outcome {
    let want = if key.is_empty() { Ok(()) } else { found(state, key).map(|_| ()) };
    settle(store.load_all(key), want, |bundle| {
        let below = |(at, node): &(String, &Node)| {
            node.leaf().is_some()
                && (key.is_empty() || at == key || at.strip_prefix(key).is_some_and(|r| r.starts_with('/')))
        };
        let nodes: Vec<_> = state.nodes().into_iter().filter(below).collect();
        let got: Vec<&str> = bundle.entries.iter().map(|entry| entry.key.as_str()).collect();
        equal(&format!("leaves of all below '{key}'"), got, nodes.iter().map(|(at, _)| at.as_str()).collect())?;
        for (entry, (at, node)) in bundle.entries.iter().zip(&nodes) {
            let Some(leaf) = node.leaf() else { continue };
            equal(&format!("kind of {at}"), entry.kind, leaf.content.kind())?;
            equal(&format!("shape of {at}"), &entry.shape[..], leaf.shape())?;
            let bytes = leaf.content.array();
            match (&entry.content, bytes) {
                (datastorage::Content::Data { offset, bytes }, Some(want)) => {
                    let own = bundle.data.get(*offset..offset + bytes).unwrap_or_default().to_vec();
                    let got = Array::from_bytes(entry.dtype, entry.shape.clone(), own).map_err(|e| e.to_string())?;
                    compare::array(at, &got, want, payloads)?;
                }
                (datastorage::Content::Strings(got), Some(want)) => equal(at, Some(&got[..]), want.strings())?,
                (datastorage::Content::Json(got), None) => {
                    compare::value(at, &datastorage::Value::Json(got.clone()), node, payloads)?
                }
                _ => return Err(format!("{at}: its content in the bundle is of another kind")),
            }
        }
        Ok(())
    })
}

fn view(store: &Storage, state: &State, payloads: bool, key: &str) -> Outcome {
    let want = elements(state, key).and_then(|array| match array.strings() {
        Some(_) => Err(vec![ErrorKind::DtypeMismatch]),
        None => Ok(array),
    });
    let check = |got: datastorage::SharedArray| {
        let got = got.to_array().map_err(|e| e.to_string())?;
        compare::array(&format!("view of {key}"), &got, want.clone().expect("it was found"), payloads)
    };
    match store.view(key) {
        // Where no memory holds the elements: a copy is given.
        Err(e) if e.kind() == ErrorKind::Unsupported && want.is_ok() => settle(store.view_or_load(key), Ok(()), check),
        got => settle(got, want.as_ref().map(|_| ()).map_err(Clone::clone), check),
    }
}

fn load_metadata(store: &Storage, state: &State, key: &str) -> Outcome {
    if key.is_empty() {
        return settle(store.load_metadata(""), Ok(()), |got| {
            equal("the metadata", compare::without_sizes(got), state.metadata.clone())
        });
    }
    let want = document::get(&state.metadata, key);
    settle(store.load_metadata(key), want.map(|_| ()).map_err(|e| vec![e]), |got| {
        equal(&format!("metadata {key}"), &got, want.expect("it was found"))
    })
}
