//! The metadata document of a store and its routing.

use std::sync::OnceLock;

use serde_json::Value as Json;

use super::{SCHEMA_KEY, Storage};
use crate::backend::Object;
use crate::config::{Level, log};
use crate::error::{Result, err};
use crate::options::Validate;
use crate::schema::{Schema, Scope};

impl Storage {
    /// Saves a metadata value; '/' in the key nests. An object merges into what is there.
    ///
    /// # Errors
    /// `InvalidArgument` (key), `WrongKind` (a value where an object is needed, or the other way round), `Schema`, `ReadOnly`.
    pub fn save_metadata(&self, key: &str, value: impl Into<Json>) -> Result<()> {
        let (_guard, _op) = self.enter_write()?;
        let value = value.into();
        if key == SCHEMA_KEY || key.strip_prefix(SCHEMA_KEY).is_some_and(|rest| rest.starts_with('/')) {
            return Err(err!(InvalidArgument, "{key}: is set by setting the schema"));
        }
        let mut state = self.state_mut();
        if let (Ok(Json::Object(section)), false) = (state.metadata.get(key), value.is_object()) {
            return Err(err!(
                WrongKind,
                "{key}: metadata holds a group of {} keys, the value is {value}",
                section.len()
            ));
        }
        if let Some(schema) = state.schema.as_deref().filter(|_| self.policy.validate != Validate::Off) {
            match schema.check_metadata(key, &value) {
                Err(e) if self.policy.validate == Validate::Warn => log(Level::Warn, e.message()),
                checked => checked?,
            }
        }
        state.metadata.set(key, value)
    }

    /// The metadata value of a key, a whole section, or with the empty key the whole document (without the schema).
    ///
    /// # Errors
    /// `NotFound`.
    pub fn load_metadata(&self, key: &str) -> Result<Json> {
        let (_guard, op) = self.enter()?;
        self.note_sizes_for(&op, key)?;
        let state = self.state();
        if key.is_empty() {
            let mut all = state.metadata.object().clone();
            all.shift_remove(SCHEMA_KEY);
            return Ok(Json::Object(all));
        }
        state.metadata.get(key).cloned()
    }

    /// Removes a metadata value or section.
    ///
    /// # Errors
    /// `NotFound`, `ReadOnly`, `InvalidArgument` for the schema's own key.
    pub fn delete_metadata(&self, key: &str) -> Result<()> {
        let (_guard, op) = self.enter_write()?;
        self.note_sizes_for(&op, key)?;
        if key == SCHEMA_KEY {
            return Err(err!(InvalidArgument, "{key}: is set by setting the schema"));
        }
        self.state_mut().metadata.delete(key).map(|_| ())
    }

    /// The keys of the values below a prefix (the empty one: all), '/'-joined and sorted, without the schema's; none when
    /// there is nothing under the prefix.
    ///
    /// # Errors
    /// `InvalidArgument` for a malformed prefix.
    pub fn list_metadata(&self, prefix: &str) -> Result<Vec<String>> {
        let (_guard, op) = self.enter()?;
        self.note_sizes_for(&op, prefix)?;
        let mut keys = self.state().metadata.list(prefix)?;
        keys.retain(|key| !is_schema(key));
        Ok(keys)
    }

    /// Where a metadata value belongs when stores are merged; `None` without a schema.
    ///
    /// # Errors
    /// `NotFound` when there is no such value.
    pub fn metadata_scope(&self, key: &str) -> Result<Option<Scope>> {
        let (_guard, op) = self.enter()?;
        self.note_sizes_for(&op, key)?;
        let state = self.state();
        let value = state.metadata.get(key)?;
        Ok(state.schema.as_deref().map(|schema| schema.scope(key, value)))
    }

    /// The metadata in its two routed sections, as exported beside the store.
    pub(super) fn summary(&self) -> Result<Object> {
        let state = self.state();
        // Without a schema the default rules route by type.
        static DEFAULT: OnceLock<Result<Schema>> = OnceLock::new();
        let default = DEFAULT.get_or_init(|| Schema::parse(&Json::Object(Object::new())));
        let schema = match &state.schema {
            Some(schema) => schema,
            None => default.as_ref().map_err(Clone::clone)?,
        };
        let mut sections = [Object::new(), Object::new()];
        let mut key = String::new();
        split(schema, state.metadata.object(), &mut key, sections.each_mut());
        let [file_level, categorical] = sections;
        let mut summary = Object::new();
        summary.insert("file_level".into(), Json::Object(file_level));
        summary.insert("categorical".into(), Json::Object(categorical));
        Ok(summary)
    }
}

/// Puts every value of `source`, which lies at `key`, into its section: the first one, or the second for categories.
fn split(schema: &Schema, source: &Object, key: &mut String, [file_level, categorical]: [&mut Object; 2]) {
    for (name, value) in source {
        let length = key.len();
        if length > 0 {
            key.push('/');
        }
        key.push_str(name);
        match value {
            _ if is_schema(key) => {}
            Json::Object(below) if !below.is_empty() => {
                let mut sections = [Object::new(), Object::new()];
                split(schema, below, key, sections.each_mut());
                for (section, part) in [&mut *file_level, &mut *categorical].into_iter().zip(sections) {
                    if !part.is_empty() {
                        section.insert(name.clone(), Json::Object(part));
                    }
                }
            }
            value => {
                let section = match schema.scope(key, value) {
                    Scope::FileLevel => &mut *file_level,
                    Scope::Categorical => &mut *categorical,
                };
                section.insert(name.clone(), value.clone());
            }
        }
        key.truncate(length);
    }
}

fn is_schema(key: &str) -> bool {
    key.strip_prefix(SCHEMA_KEY).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
