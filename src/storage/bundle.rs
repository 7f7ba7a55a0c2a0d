//! Everything at and below a key in one call: for callers to whom a call costs more than a small array.
//!
//! The elements of all arrays lie in one piece of memory, each array row-major and at a multiple of [`ALIGNMENT`]; what
//! has no fixed size (strings, JSON) is in the index. It is a snapshot of each array, not of all of them together.

use rayon::prelude::*;
use serde_json::Value as Json;

use super::{Storage, data};
use crate::backend::Kind;
use crate::error::{Error, ErrorKind, Result, err};
use crate::json_text::{push_json, push_lengths, push_number, push_string, push_strings};
use crate::key::Key;
use crate::op::Op;
use crate::value::{DType, Value, element_count};

/// Where arrays begin in the memory of all: at a multiple of a cache line.
const ALIGNMENT: usize = 64;
/// Above this many bytes in all, arrays are loaded by several threads.
const PARALLEL: usize = 1 << 20;
/// How often what changed meanwhile is looked at again.
const TRIES: usize = 5;

/// Arrays loaded together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bundle {
    /// What there is, in the order of keys.
    pub entries: Vec<Entry>,
    /// The elements.
    pub data: Vec<u8>,
}

/// One leaf of a [`Bundle`].
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its key.
    pub key: String,
    /// What it is: an array, bytes or JSON.
    pub kind: Kind,
    /// The type of its elements.
    pub dtype: DType,
    /// Its shape.
    pub shape: Vec<u64>,
    /// Where its elements are.
    pub content: Content,
}

/// The elements of an [`Entry`].
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// First byte and number of bytes in the data of the bundle.
    Data {
        /// The first byte.
        offset: usize,
        /// The number of bytes.
        bytes: usize,
    },
    /// Strings, in row-major order.
    Strings(Vec<String>),
    /// The value of a JSON node.
    Json(Json),
}

impl Bundle {
    /// The entries as the text of a JSON object by key: `kind`, and of arrays and bytes `dtype`, `shape` and either
    /// `offset` and `bytes` in the data or `strings`; of JSON nodes `value`.
    #[must_use]
    pub fn index(&self) -> String {
        let mut out = String::with_capacity(2 + 128 * self.entries.len());
        out.push('{');
        for entry in &self.entries {
            if out.len() > 1 {
                out.push(',');
            }
            push_string(&mut out, &entry.key);
            let kind = if entry.kind == Kind::Bytes { "bytes" } else { "array" };
            match &entry.content {
                Content::Json(value) => {
                    out.push_str(":{\"kind\":\"json\",\"value\":");
                    push_json(&mut out, value);
                    out.push('}');
                    continue;
                }
                Content::Strings(strings) => {
                    out.push_str(":{\"kind\":\"array\",\"strings\":");
                    push_strings(&mut out, strings);
                }
                Content::Data { offset, bytes } => {
                    out.push_str(":{\"kind\":\"");
                    out.push_str(kind);
                    out.push_str("\",\"offset\":");
                    push_number(&mut out, *offset as u64);
                    out.push_str(",\"bytes\":");
                    push_number(&mut out, *bytes as u64);
                }
            }
            out.push_str(",\"dtype\":\"");
            out.push_str(entry.dtype.name());
            out.push_str("\",\"shape\":");
            push_lengths(&mut out, &entry.shape);
            out.push('}');
        }
        out.push('}');
        out
    }
}

impl Storage {
    /// Loads every leaf at and below a key; the empty key is the whole store.
    ///
    /// # Errors
    /// `NotFound`, `Corrupt`, `Codec`, `Io`, `Cancelled`, `NoMemory`.
    pub fn load_all(&self, key: &str) -> Result<Bundle> {
        let (_guard, op) = self.enter()?;
        let key = Key::parse_or_root(key)?;
        let mut tries = 1;
        loop {
            match self.bundle(&op, &key) {
                // An array got another shape, or went, between the plan and the load.
                Err(e) if tries < TRIES && matches!(e.kind(), ErrorKind::BufferTooSmall | ErrorKind::WrongKind) => {
                    tries += 1;
                }
                other => return other,
            }
        }
    }

    fn bundle(&self, op: &Op, top: &Key) -> Result<Bundle> {
        let mut nodes = Vec::new();
        match self.backend.layout(top)?.0 {
            Kind::Group => self.walk(op, top, true, &mut nodes)?,
            kind => nodes.push((top.clone(), kind)),
        }
        nodes.retain(|(_, kind)| *kind != Kind::Group);
        nodes.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        let mut budget = self.budget();
        let (mut entries, mut wanted, mut end) = (Vec::with_capacity(nodes.len()), Vec::new(), 0usize);
        for (key, kind) in nodes {
            op.check()?;
            let (_, dtype, shape) = self.backend.layout(&key)?;
            let dtype = dtype.ok_or_else(|| err!(WrongKind, "{key}: wanted an array, found a group"))?;
            let content = match (kind, dtype) {
                (Kind::Json, _) => match self.to_value(&key, self.backend.read(op, &key, None)?)? {
                    Value::Json(value) => Content::Json(value),
                    _ => return Err(err!(WrongKind, "{key}: is no JSON any more")),
                },
                (_, DType::String) => {
                    let array = self.backend.read(op, &key, None)?.array;
                    budget.take(&key, data::weight(&array))?;
                    Content::Strings(array.strings().unwrap_or_default().to_vec())
                }
                _ => {
                    let count = element_count(&shape, dtype).map_err(|e| e.context(&key))?;
                    let bytes = count * dtype.size();
                    budget.take(&key, bytes as u64)?;
                    let offset = end.next_multiple_of(ALIGNMENT);
                    end = offset.checked_add(bytes).filter(|&end| end <= isize::MAX as usize).ok_or_else(too_much)?;
                    wanted.push((key.clone(), offset, bytes));
                    Content::Data { offset, bytes }
                }
            };
            entries.push(Entry { key: key.as_str().to_owned(), kind, dtype, shape, content });
        }
        // One byte more than is used, for whoever ends it with a zero.
        let memory = bytemuck::allocation::try_zeroed_slice_box(end + 1).map_err(|()| too_much())?;
        let mut data = memory.into_vec();
        data.truncate(end);
        let mut slices = Vec::with_capacity(wanted.len());
        let (mut rest, mut at) = (data.as_mut_slice(), 0);
        for (key, offset, bytes) in &wanted {
            let (_, tail) = rest.split_at_mut(offset - at);
            let (slice, tail) = tail.split_at_mut(*bytes);
            slices.push((key, slice));
            (rest, at) = (tail, offset + bytes);
        }
        let quiet = Op::new(op.cancel().clone(), None);
        let one = |(key, slice): (&Key, &mut [u8])| self.backend.read_into(&quiet, key, None, slice);
        let pool = if end >= PARALLEL && slices.len() > 1 { crate::config::pool() } else { None };
        match pool {
            Some(pool) => pool.install(|| slices.into_par_iter().try_for_each(one))?,
            None => slices.into_iter().try_for_each(one)?,
        }
        Ok(Bundle { entries, data })
    }
}

fn too_much() -> Error {
    err!(NoMemory, "the arrays together are more than can be had")
}
