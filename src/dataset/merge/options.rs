//! The options of a merge: its own, and those of the store that it writes.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::backend::Object;
use crate::error::{Result, err};
use crate::options::{self, Mode, Options};

/// What happens to an output that is there (`"mode"`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Deserialize, Serialize)]
pub enum MergeMode {
    /// The merge is refused.
    #[default]
    #[serde(rename = "x")]
    Create,
    /// It is replaced when the merge is done.
    #[serde(rename = "w")]
    Replace,
    /// The parts are added to it; it is made when there is none.
    #[serde(rename = "a")]
    Append,
}

/// What the dataset is (`"layout"`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum StoreLayout {
    /// One file.
    #[default]
    Archive,
    /// A directory.
    Directory,
}

/// What a part that is corrupt, or disagrees with the others, does (`"on_error"`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum OnError {
    /// The merge fails and names it.
    #[default]
    Fail,
    /// It is left out, and told of in the summary.
    Skip,
}

/// What a part without the arrays of a group does (`"missing"`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Missing {
    /// It has no rows in that group.
    #[default]
    Absent,
    /// It disagrees.
    Error,
    /// As absent; and an array that a part lacks though it has others of the group is filled with NaN, 0, false or "".
    Fill,
}

/// Options of a store that a merge takes.
const STORE: [&str; 9] = [
    "profile",
    "codec",
    "delta",
    "chunk_elements",
    "zarr_format",
    "shard_elements",
    "sync",
    "integrity",
    "max_decoded_bytes",
];

/// The options of a merge.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct MergeOptions {
    /// `"mode"`.
    pub mode: MergeMode,
    /// `"layout"`.
    pub layout: StoreLayout,
    /// `"on_error"`.
    pub on_error: OnError,
    /// `"missing"`.
    pub missing: Missing,
    /// `"resume"`: a merge of the same parts that was cut off is gone on with; default true.
    pub resume: bool,
    /// `"verify"`: parts are read as a whole before anything is written, so that all that are damaged are known at once.
    pub verify: bool,
    /// `"threads"`: how many work; the number of the process when it is not given.
    pub threads: Option<usize>,
    /// `"tasks"`: into how many a [plan](super::plan()) is cut; about 256 MiB of elements each when it is not given.
    pub tasks: Option<u64>,
    /// `"groups"`: those that are merged; all when it is not given.
    pub groups: Option<Vec<String>>,
    /// `"exclude"`: parts that are passed over.
    pub exclude: Vec<PathBuf>,
    /// `"description"` of the files that are merged, in the table of files.
    pub description: String,
    /// How the dataset is encoded, and how parts are read: `"profile"`, `"codec"`, `"delta"`, `"chunk_elements"`,
    /// `"zarr_format"`, `"shard_elements"`, `"sync"`, `"integrity"`, `"max_decoded_bytes"`, as for a store.
    #[serde(skip)]
    pub store: Options,
}

impl Default for MergeOptions {
    fn default() -> Self {
        Self {
            mode: MergeMode::default(),
            layout: StoreLayout::default(),
            on_error: OnError::default(),
            missing: Missing::default(),
            resume: true,
            verify: false,
            threads: None,
            tasks: None,
            groups: None,
            exclude: Vec::new(),
            description: String::new(),
            store: Options::default(),
        }
    }
}

impl MergeOptions {
    /// Reads a JSON object; an empty text is no option.
    ///
    /// # Errors
    /// `Json`, or `InvalidArgument` naming the key that is unknown or wrong.
    pub fn parse(text: &str) -> Result<Self> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        Self::from_json(serde_json::from_str(text).map_err(|e| err!(Json, "options: {e}"))?)
    }

    /// Reads a JSON object.
    ///
    /// # Errors
    /// As [`MergeOptions::parse`].
    pub fn from_json(json: Json) -> Result<Self> {
        let Json::Object(json) = json else {
            return Err(err!(InvalidArgument, "options: wanted a JSON object, found {json}"));
        };
        let known = object(serde_json::to_value(Self::default()))?;
        let (mut own, mut store) = (Object::new(), Object::new());
        for (key, value) in json {
            if known.contains_key(&key) {
                own.insert(key, value);
            } else if STORE.contains(&key.as_str()) {
                store.insert(key, value);
            } else {
                let known: Vec<&str> = known.keys().map(String::as_str).chain(STORE).collect();
                return Err(err!(InvalidArgument, "options: unknown option '{key}', known are {}", known.join(", ")));
            }
        }
        let mut own: Self = options::read_json(Json::Object(own))?;
        own.store = Options::from_json(Json::Object(store))?;
        for (name, number) in [("threads", own.threads.map(|n| n as u64)), ("tasks", own.tasks)] {
            if let Some(number) = number.filter(|n| !(1..=1 << 20).contains(n)) {
                return Err(err!(InvalidArgument, "options: {name} is {number}, wanted 1 to 1048576"));
            }
        }
        Ok(own)
    }

    /// The options as [`MergeOptions::from_json`] reads them.
    ///
    /// # Errors
    /// `Internal`.
    pub fn to_json(&self) -> Result<Object> {
        let mut all = object(serde_json::to_value(self))?;
        let store = object(serde_json::to_value(&self.store))?;
        all.extend(store.into_iter().filter(|(name, _)| STORE.contains(&name.as_str())));
        all.retain(|_, value| !value.is_null());
        Ok(all)
    }

    /// How a part, or a dataset, is opened for reading.
    pub(super) fn reading(&self) -> Options {
        Options {
            mode: Mode::Read,
            export: Some(false),
            integrity: self.store.integrity,
            max_decoded_bytes: self.store.max_decoded_bytes,
            ..Options::default()
        }
    }
}

/// Options that were written as JSON.
fn object(json: serde_json::Result<Json>) -> Result<Object> {
    match json {
        Ok(Json::Object(object)) => Ok(object),
        _ => Err(err!(Internal, "options are no object")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_of_both_kinds_are_read_and_others_are_named() {
        let options = MergeOptions::parse(r#"{"mode": "a", "codec": "zstd:3", "threads": 2, "groups": ["faces"]}"#);
        let options = options.unwrap();
        assert_eq!(MergeOptions::from_json(Json::Object(options.to_json().unwrap())).unwrap(), options);
        assert_eq!((options.mode, options.threads), (MergeMode::Append, Some(2)));
        assert_eq!(options.store.codec.as_deref(), Some("zstd:3"));
        assert!(options.resume && MergeOptions::parse("").unwrap() == MergeOptions::default());
        for (text, word) in [
            (r#"{"mod": "a"}"#, "'mod'"),
            (r#"{"mode": "r"}"#, "mode"),
            (r#"{"threads": 0}"#, "threads is 0"),
            (r#"{"staging": "disk"}"#, "'staging'"),
            (r#"{"codec": 3}"#, "codec"),
            ("[]", "object"),
        ] {
            let error = MergeOptions::parse(text).unwrap_err();
            assert!(error.message().contains(word), "{text}: {error}");
        }
    }
}
