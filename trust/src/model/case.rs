//! A whole case: what is kept, printed, and done again.

use std::path::Path;

use datastorage::{Options, Result, Storage};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::step::{Object, Step};
use crate::subject::Subject;

/// A kind of store and its options, without the mode.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spec {
    pub backend: Backend,
    pub options: Object,
}

/// Where nodes are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Backend {
    Memory,
    Json,
    Zarr,
}

/// A store and what is done to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Case {
    pub spec: Spec,
    /// Bytes that may be staged in memory.
    #[serde(default = "budget")]
    pub budget: u64,
    pub steps: Vec<Step>,
}

/// What the library has when nobody says anything.
pub fn budget() -> u64 {
    64 << 20
}

impl Spec {
    pub fn of(subject: Subject) -> Self {
        let backend = match subject {
            Subject::Memory => Backend::Memory,
            Subject::Json => Backend::Json,
            _ => Backend::Zarr,
        };
        let options = match subject {
            Subject::Directory => json!({"staging": "disk", "chunk_elements": 64}),
            Subject::Shards => {
                json!({"staging": "disk", "zarr_format": 3, "chunk_elements": 16, "shard_elements": 64})
            }
            _ => json!({}),
        };
        Self { backend, options: options.as_object().cloned().unwrap_or_default() }
    }

    /// Opens the store of a path.
    ///
    /// # Errors
    /// Of opening.
    pub fn open(&self, path: &Path, mode: &str) -> Result<Storage> {
        let options = self.parsed(mode)?;
        match self.backend {
            Backend::Memory => Storage::open_memory(&options),
            Backend::Json => Storage::open_json(path, &options),
            Backend::Zarr => Storage::open_zarr(path, &options),
        }
    }

    /// The options, as the library has them.
    ///
    /// # Errors
    /// Of parsing them.
    pub fn parsed(&self, mode: &str) -> Result<Options> {
        let mut options = json!({"mode": mode, "sync": "none", "export": false});
        self.options.iter().for_each(|(name, value)| options[name] = value.clone());
        Options::from_json(options)
    }

    /// As it is when it is opened again with other options.
    pub fn with(&self, options: &Object) -> Self {
        let mut options = options.clone();
        options.shift_remove("zarr_format");
        // A store that is there has its own format.
        options.extend(self.options.get("zarr_format").map(|format| ("zarr_format".to_owned(), format.clone())));
        Self { backend: self.backend, options: fitting(options) }
    }
}

/// Options without those that do not go with the format.
pub fn fitting(mut options: Object) -> Object {
    if options.get("zarr_format") != Some(&json!(3)) {
        options.shift_remove("shard_elements");
    } else if options.get("profile") == Some(&json!("hoops")) {
        options.shift_remove("profile");
    }
    options
}

impl Case {
    pub fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|e| format!("no text: {e}"))
    }

    /// # Errors
    /// When the text is none of a case.
    pub fn parse(text: &str) -> std::result::Result<Self, String> {
        serde_json::from_str(text).map_err(|e| e.to_string())
    }
}
