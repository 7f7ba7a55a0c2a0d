//! Saving and loading of arrays, strings, bytes, JSON and groups.

use super::nodes::check_attributes;
use super::prepare::{self, Prepared};
use super::{SIZES_KEY, Storage};
use crate::backend::{Destination, EncodedAs, Kind, Object, Region, Stored};
use crate::error::{Result, err};
use crate::json_text::weigh;
use crate::value::{Array, ArrayView, DType, Value};
use crate::{Key, Op};

impl Storage {
    /// Saves a value under a key, replacing what is there: an array, a scalar, a string, bytes, JSON, or a group.
    ///
    /// # Errors
    /// `InvalidArgument` (key), `Schema`, `Nan`, `WrongKind` (an array on the way to the key), `ReadOnly`, `Codec`, `Io`.
    /// A save that fails changes nothing.
    pub fn save(&self, key: &str, value: impl Into<Value>) -> Result<()> {
        self.save_value(key, &value.into())
    }

    /// As [`Storage::save`], of a borrowed value.
    ///
    /// # Errors
    /// As [`Storage::save`].
    pub fn save_value(&self, key: &str, value: &Value) -> Result<()> {
        let (_guard, op) = self.enter_write()?;
        let key = Key::parse(key)?;
        let schema = self.state().schema.clone();
        let prepared = self.prepare(schema.as_deref(), &key, value)?;
        self.write(&op, &key, prepared, None)
    }

    /// As [`Storage::save`] of a leaf, with its dimension names and attributes in the same step, and encoded in another
    /// way than the store's own where one is given. Automatic names are none: a schema may give others.
    ///
    /// # Errors
    /// As [`Storage::save`], [`Storage::set_dimensions`] and [`Storage::set_attributes`].
    pub(crate) fn save_leaf(
        &self,
        key: &str,
        value: &Value,
        dims: Vec<String>,
        attributes: Object,
        encoded: Option<&EncodedAs>,
    ) -> Result<()> {
        let (_guard, op) = self.enter_write()?;
        let key = Key::parse(key)?;
        check_attributes(&key, &attributes)?;
        let schema = self.state().schema.clone();
        let prepared = self.prepare(schema.as_deref(), &key, value)?.described(dims, attributes)?;
        self.write(&op, &key, prepared, encoded)
    }

    /// Saves the elements of a borrowed, maybe strided view.
    ///
    /// # Errors
    /// As [`Storage::save`].
    pub fn save_view(&self, key: &str, view: &ArrayView<'_>) -> Result<()> {
        let (_guard, op) = self.enter_write()?;
        let key = Key::parse(key)?;
        let schema = self.state().schema.clone();
        let prepared = prepare::prepare_view(self.policy, schema.as_deref(), &key, view)?;
        self.write(&op, &key, prepared, None)
    }

    /// Saves bytes without a shape.
    ///
    /// # Errors
    /// As [`Storage::save`].
    pub fn save_bytes(&self, key: &str, bytes: &[u8]) -> Result<()> {
        self.save_value(key, &Value::Bytes(bytes.to_vec()))
    }

    /// Saves JSON as [`Value::from_json`] reads it: an object becomes a group, a regular list an array.
    ///
    /// # Errors
    /// As [`Storage::save`].
    pub fn save_json(&self, key: &str, json: serde_json::Value) -> Result<()> {
        self.save_value(key, &Value::from_json(json))
    }

    fn write(&self, op: &Op, key: &Key, mut prepared: Prepared<'_>, encoded: Option<&EncodedAs>) -> Result<()> {
        let (mut leaves, mut groups) = (Vec::new(), Vec::new());
        prepared.leaves(&mut leaves);
        let schema = self.state().schema.is_some();
        if schema {
            prepared.groups(key, &mut groups)?;
        }
        let replaced = schema.then(|| self.state_mut().dims.replace(key, &groups));
        let mut claimed = Vec::new();
        let claim = self.claim(&leaves, &mut claimed);
        let written: Vec<Key> = leaves.iter().map(|(leaf, ..)| (*leaf).clone()).collect();
        let claimed: Vec<_> = claimed.into_iter().map(|(leaf, before)| (leaf.clone(), before)).collect();
        let result = claim.and_then(|()| match encoded {
            None => self.backend.write(op, key, prepared.take_tree()),
            Some(encoded) => self.backend.write_as(op, key, prepared.take_tree(), encoded),
        });
        if let Err(e) = result {
            let mut state = self.state_mut();
            for (leaf, before) in claimed.into_iter().rev() {
                state.dims.restore(&leaf, before);
            }
            if let Some(replaced) = replaced {
                state.dims.put_back(key, &groups, replaced);
            }
            return Err(e);
        }
        let mut state = self.state_mut();
        match written.as_slice() {
            // It is replaced, not forgotten first.
            [leaf] if leaf == key => state.notes.forget_below(key),
            _ => state.notes.forget(key),
        }
        if state.metadata.object().contains_key(SIZES_KEY) {
            let _ = state.metadata.delete(&format!("{SIZES_KEY}/{}", key.as_str()));
        }
        let checked = self.policy.nan == crate::options::Nan::Refuse;
        written.into_iter().for_each(|leaf| state.notes.written(leaf, checked));
        Ok(())
    }

    /// Claims the lengths of named dimensions.
    #[allow(clippy::type_complexity)]
    fn claim<'p>(
        &self,
        leaves: &[(&'p Key, &'p [u64], &'p [String], bool)],
        claimed: &mut Vec<(&'p Key, Option<Vec<(String, u64)>>)>,
    ) -> Result<()> {
        let mut state = self.state_mut();
        let state = &mut *state;
        let Some(schema) = state.schema.as_deref() else { return Ok(()) };
        for &(key, shape, dims, named) in leaves {
            if named {
                let before = state.dims.claim(&self.backend, schema, key, dims, shape)?;
                claimed.push((key, before));
            }
        }
        Ok(())
    }

    /// Loads whatever is under a key.
    ///
    /// # Errors
    /// `NotFound`, `Corrupt`, `Codec`, `Io`.
    pub fn load(&self, key: &str) -> Result<Value> {
        let (_guard, op) = self.enter()?;
        self.load_node(&op, &Key::parse(key)?, 0, &mut self.budget())
    }

    /// What a call that loads several nodes may decode.
    pub(super) fn budget(&self) -> Budget {
        Budget { left: self.policy.decoded, most: self.policy.decoded }
    }

    fn load_node(&self, op: &Op, key: &Key, depth: usize, budget: &mut Budget) -> Result<Value> {
        if depth > 128 {
            return Err(err!(Corrupt, "{key}: groups are nested deeper than 128"));
        }
        op.check()?;
        if self.backend.info(key)?.kind == Kind::Group {
            let mut group = indexmap::IndexMap::new();
            for child in self.backend.list(key)? {
                let value = self.load_node(op, &key.child(&child.name)?, depth + 1, budget)?;
                group.insert(child.name, value);
            }
            return Ok(Value::Group(group));
        }
        let stored = self.backend.read(op, key, None)?;
        if depth > 0 {
            budget.take(key, weight(&stored.array))?;
        }
        self.to_value(key, stored)
    }

    /// Loads an array (or bytes, as 1-d `uint8`).
    ///
    /// # Errors
    /// `NotFound`, `WrongKind` for a group or JSON, `Corrupt`, `Codec`, `Io`.
    pub fn load_array(&self, key: &str) -> Result<Array> {
        let (_guard, op) = self.enter()?;
        let key = Key::parse(key)?;
        not_json(&key, self.backend.read(&op, &key, None)?)
    }

    /// Loads a box of an array.
    ///
    /// # Errors
    /// As [`Storage::load_array`], and `ShapeMismatch` when the box leaves the array.
    pub fn load_region(&self, key: &str, region: &Region) -> Result<Array> {
        let (_guard, op) = self.enter()?;
        let key = Key::parse(key)?;
        not_json(&key, self.backend.read(&op, &key, Some(region))?)
    }

    /// Loads an array of fixed-size elements into memory and gives the bytes it has, which are also put into `needed`
    /// when the memory is too small.
    ///
    /// # Errors
    /// As [`Storage::load_array`], `DtypeMismatch`, `BufferTooSmall`.
    pub fn load_into(&self, key: &str, dtype: DType, out: &mut [u8], needed: &mut usize) -> Result<usize> {
        self.load_bytes_into(key, None, dtype, out, needed)
    }

    /// As [`Storage::load_into`], of a box.
    ///
    /// # Errors
    /// As [`Storage::load_into`], and `ShapeMismatch` when the box leaves the array.
    pub fn load_region_into(
        &self,
        key: &str,
        region: &Region,
        dtype: DType,
        out: &mut [u8],
        needed: &mut usize,
    ) -> Result<usize> {
        self.load_bytes_into(key, Some(region), dtype, out, needed)
    }

    fn load_bytes_into(
        &self,
        key: &str,
        region: Option<&Region>,
        dtype: DType,
        out: &mut [u8],
        needed: &mut usize,
    ) -> Result<usize> {
        let (_guard, op) = self.enter()?;
        let key = Key::parse(key)?;
        let mut to = Destination::new(dtype, out);
        let result = self.backend.load(&op, &key, region, &mut to);
        if let Some(bytes) = to.needed() {
            *needed = bytes;
        }
        result.map(|()| *needed)
    }

    /// Loads a single string.
    ///
    /// # Errors
    /// As [`Storage::load_array`], `DtypeMismatch` for another type, `ShapeMismatch` for more than one string.
    pub fn load_string(&self, key: &str) -> Result<String> {
        let array = self.load_array(key)?;
        if array.dtype() != DType::String {
            return Err(err!(DtypeMismatch, "{key}: data is {}, asked for string", array.dtype()));
        }
        let count = array.len();
        match array.into_strings().pop() {
            Some(text) if count == 1 => Ok(text),
            _ => Err(err!(ShapeMismatch, "{key}: data has {count} strings, asked for 1")),
        }
    }

    /// Loads the bytes of a bytes node, or the elements of any array of fixed-size elements as they are in memory.
    ///
    /// # Errors
    /// As [`Storage::load_array`], `DtypeMismatch` for strings.
    pub fn load_bytes(&self, key: &str) -> Result<Vec<u8>> {
        let array = self.load_array(key)?;
        if array.dtype() == DType::String {
            return Err(err!(DtypeMismatch, "{key}: data is string, asked for bytes"));
        }
        Ok(array.into_bytes())
    }

    /// Loads any node as JSON: a group as an object, an array as a nested list, complex numbers as
    /// `{"real", "imag", "_numpy_complex"}`, bytes as a list of numbers, non-finite floats as strings.
    ///
    /// # Errors
    /// As [`Storage::load`].
    pub fn load_json(&self, key: &str) -> Result<serde_json::Value> {
        crate::backend::json::value_to_json(&self.load(key)?)
    }
}

fn not_json(key: &Key, stored: Stored) -> Result<Array> {
    if stored.kind == Kind::Json {
        return Err(err!(WrongKind, "{key}: wanted an array, found a JSON node"));
    }
    Ok(stored.array)
}

/// What the nodes of one call may still take together: each of them may be as large as all of them.
pub(super) struct Budget {
    left: u64,
    most: u64,
}

impl Budget {
    /// Takes the bytes of a node.
    ///
    /// # Errors
    /// `Corrupt` when there are not as many left.
    pub fn take(&mut self, key: &Key, bytes: u64) -> Result<()> {
        let most = self.most;
        let left = self.left.checked_sub(bytes);
        self.left =
            left.ok_or_else(|| err!(Corrupt, "{key}: with those before it more than max_decoded_bytes, {most}"))?;
        Ok(())
    }
}

/// Bytes of an array in memory.
pub(super) fn weight(array: &Array) -> u64 {
    let text = |text: &String| (text.len() + size_of::<String>()) as u64;
    array.strings().map_or(array.bytes().unwrap_or_default().len() as u64, |all| all.iter().map(text).sum())
}

impl Storage {
    /// What was read as a value.
    ///
    /// # Errors
    /// `Corrupt` for JSON that is none, or that takes more than may be decoded.
    pub(super) fn to_value(&self, key: &Key, stored: Stored) -> Result<Value> {
        if stored.kind == Kind::Json {
            let text = stored.array.strings().and_then(|all| all.first()).map_or(&[][..], |text| text.as_bytes());
            weigh(text, self.policy.decoded).map_err(|e| e.context(key))?;
        }
        to_value(key, stored)
    }
}

fn to_value(key: &Key, stored: Stored) -> Result<Value> {
    Ok(match stored.kind {
        Kind::Bytes => Value::Bytes(stored.array.into_bytes()),
        Kind::Json => {
            let text = stored.array.into_strings().pop().unwrap_or_default();
            Value::Json(serde_json::from_str(&text).map_err(|e| err!(Corrupt, "{key}: stored JSON: {e}"))?)
        }
        _ => Value::Array(stored.array),
    })
}
