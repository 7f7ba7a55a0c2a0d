//! The schema of a store: setting it, asking it, validating against it.

use std::sync::Arc;

use serde_json::Value as Json;

use super::prepare::{check_nan, dims_of};
use super::{SCHEMA_KEY, Storage, dims};
use crate::Key;
use crate::backend::{Kind, Leaf, Tree};
use crate::error::{ErrorKind, Result};
use crate::options::Validate;
use crate::schema::{Conversion, Schema, convert};
use crate::value::{Array, ArrayView, DType};

impl Storage {
    /// Sets the schema dictionary, kept in the metadata under `_storage_schema`. Arrays that are already saved are
    /// checked (and get the schema's dimension names and, where no value is lost, its data type).
    ///
    /// # Errors
    /// `Schema` when the dictionary is wrong, or something saved disagrees; nothing is changed then. `ReadOnly`.
    pub fn set_schema(&self, json: &Json) -> Result<()> {
        let (_guard, op) = self.enter_write()?;
        let schema = Schema::parse(json)?;
        let mut nodes = Vec::new();
        self.walk(&op, &Key::root(), true, &mut nodes)?;
        let mut state = self.state_mut();
        let mut lengths = dims::Lengths::default();
        let mut rename: Vec<(Key, Vec<String>)> = Vec::new();
        let mut rewrite: Vec<(Key, Array, Vec<String>)> = Vec::new();
        for (key, kind) in nodes {
            if kind != Kind::Array {
                continue;
            }
            let info = self.backend.info(&key)?;
            let (names, named) = dims_of(Some(&schema), &key, kind, info.shape.len());
            if schema.array(&key).is_some() && self.policy.validate == Validate::Strict {
                let stored = self.backend.read(&op, &key, None)?.array;
                if let Conversion::To(dtype) = schema.check(&key, &stored.view(), self.policy.dtype)? {
                    rewrite.push((key.clone(), convert(&stored.view(), dtype)?, names.clone()));
                }
            }
            if named {
                lengths.claim(&Nothing, &schema, &key, &names, &info.shape)?;
                if names != info.dims {
                    rename.push((key, names));
                }
            }
        }
        if self.policy.validate == Validate::Strict {
            for (key, value) in state.metadata.object() {
                schema.check_metadata(key, value)?;
            }
        }
        for (key, array, dims) in rewrite {
            let attributes = self.backend.attributes(&key)?;
            let leaf = Leaf { kind: Kind::Array, view: array.view(), dims, attributes };
            self.backend.write(&op, &key, Tree::Leaf(leaf))?;
        }
        for (key, names) in rename {
            self.backend.set_dimensions(&key, &names)?;
        }
        state.metadata.replace(SCHEMA_KEY, json.clone())?;
        state.dims = lengths;
        state.schema = Some(Arc::new(schema));
        Ok(())
    }

    /// The schema dictionary as it was set; `{}` when there is none.
    ///
    /// # Errors
    /// `Closed`.
    pub fn schema(&self) -> Result<Json> {
        let (_guard, _op) = self.enter()?;
        let state = self.state();
        Ok(state.metadata.get(SCHEMA_KEY).cloned().unwrap_or_else(|_| Json::Object(serde_json::Map::new())))
    }

    /// The schema's group of an array; `None` when it is in none.
    ///
    /// # Errors
    /// `Closed`.
    pub fn group_for_array(&self, name: &str) -> Result<Option<String>> {
        let (_guard, _op) = self.enter()?;
        Ok(self.state().schema.as_deref().and_then(|schema| schema.group_for_array(name)).map(str::to_owned))
    }

    /// Checks data against the schema as a save would, saving nothing. Without a schema everything is valid, and so is
    /// an array that the schema does not name.
    ///
    /// # Errors
    /// `Schema` with the reason.
    pub fn validate(&self, key: &str, view: &ArrayView<'_>) -> Result<()> {
        let (_guard, _op) = self.enter()?;
        let key = Key::parse(key)?;
        let schema = self.state().schema.clone();
        match schema {
            Some(schema) => schema.check(&key, view, self.policy.dtype).map(|_| ()),
            None => Ok(()),
        }
    }

    /// Reads the arrays that this handle has not checked for NaN yet.
    pub(super) fn check_unchecked(&self, op: &crate::Op) -> Result<()> {
        // Every save of this handle was checked.
        if self.policy.nan != crate::options::Nan::Refuse || self.backend.is_own() {
            return Ok(());
        }
        let mut nodes = Vec::new();
        self.walk(op, &Key::root(), true, &mut nodes)?;
        for (key, kind) in nodes {
            if kind != Kind::Array || self.state().notes.is_checked(&key) {
                continue;
            }
            let dtype = self.backend.info(&key)?.dtype.unwrap_or(DType::Bool);
            if dtype.is_float() || dtype.is_complex() {
                self.backend.scan(op, &key, &mut |_, part| check_nan(self.policy, &key, part))?;
            }
            self.state_mut().notes.check(key);
        }
        Ok(())
    }
}

/// A backend that holds nothing: lengths are claimed one array at a time while a schema is set.
struct Nothing;

impl dims::Listing for Nothing {
    fn children(&self, key: &Key) -> Result<Vec<crate::backend::Child>> {
        Err(crate::Error::new(ErrorKind::NotFound, key.as_str()))
    }

    fn info(&self, key: &Key) -> Result<crate::backend::Info> {
        Err(crate::Error::new(ErrorKind::NotFound, key.as_str()))
    }
}
