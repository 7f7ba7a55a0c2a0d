//! The metadata document of a store and its routing.

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
        let (_guard, _op) = self.enter()?;
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
        let (_guard, _op) = self.enter_write()?;
        if key == SCHEMA_KEY {
            return Err(err!(InvalidArgument, "{key}: is set by setting the schema"));
        }
        self.state_mut().metadata.delete(key).map(|_| ())
    }

    /// The keys of the values below a prefix (the empty one: all), '/'-joined and sorted, without the schema's.
    ///
    /// # Errors
    /// `NotFound` when there is nothing under the prefix.
    pub fn list_metadata(&self, prefix: &str) -> Result<Vec<String>> {
        let (_guard, _op) = self.enter()?;
        let mut keys = self.state().metadata.list(prefix)?;
        keys.retain(|key| !is_schema(key));
        Ok(keys)
    }

    /// Where a metadata value belongs when stores are merged; `None` without a schema.
    ///
    /// # Errors
    /// `NotFound` when there is no such value.
    pub fn metadata_scope(&self, key: &str) -> Result<Option<Scope>> {
        let (_guard, _op) = self.enter()?;
        let state = self.state();
        let value = state.metadata.get(key)?;
        Ok(state.schema.as_deref().map(|schema| schema.scope(key, value)))
    }

    /// The metadata in its two routed sections, as exported beside the store.
    pub(super) fn summary(&self) -> Result<Object> {
        let state = self.state();
        // Without a schema the default rules route by type.
        let default = Schema::parse(&Json::Object(Object::new()))?;
        let schema = state.schema.as_deref().unwrap_or(&default);
        let mut sections = [crate::metadata::Document::new(), crate::metadata::Document::new()];
        for key in state.metadata.list("").unwrap_or_default() {
            if is_schema(&key) {
                continue;
            }
            if let Ok(value) = state.metadata.get(&key) {
                let section = match schema.scope(&key, value) {
                    Scope::FileLevel => 0,
                    Scope::Categorical => 1,
                };
                if let Err(e) = sections[section].set(&key, value.clone()) {
                    log(Level::Warn, &format!("{key}: not in the exported summary: {e}"));
                }
            }
        }
        let [file_level, categorical] = sections;
        let mut summary = Object::new();
        summary.insert("file_level".into(), Json::Object(file_level.object().clone()));
        summary.insert("categorical".into(), Json::Object(categorical.object().clone()));
        Ok(summary)
    }
}

fn is_schema(key: &str) -> bool {
    key.strip_prefix(SCHEMA_KEY).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
