//! What a new array is made with: one JSON object with one documented set of keys, as [`Options`](crate::Options) are.
//!
//! An unknown key or a wrong value is an error that names it. Whether a value fits the array (as many chunk lengths as
//! dimensions, a fill value of its type) is checked where the array is made.

use serde::{Deserialize, Deserializer};
use serde_json::Value as Json;

use crate::backend::Object;
use crate::error::Result;
use crate::options::{self, Profile};

/// The options of [`Storage::create`](crate::Storage::create); every one has a default.
#[derive(Clone, Debug, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct ArrayOptions {
    /// `"chunks"` (Zarr): the shape of a chunk; by default of about `chunk_elements` elements, cut along the leading
    /// dimensions.
    pub chunks: Option<Vec<u64>>,
    /// `"shards"` (Zarr format 3): the shape of a shard.
    pub shards: Option<Vec<u64>>,
    /// `"codec"` (Zarr): as the option of the store, for this array.
    pub codec: Option<String>,
    /// `"profile"` (Zarr): as the option of the store, for this array.
    pub profile: Option<Profile>,
    /// `"fill_value"`: what an element that was never written reads as; `"NaN"`, `"Infinity"` and `"-Infinity"` are
    /// texts, a complex number is a list of two. By default 0, false or the empty string; `null` makes it an error to
    /// read a chunk of a Zarr array that was never written.
    #[serde(deserialize_with = "given")]
    pub fill_value: Option<Json>,
    /// `"dims"`: one name a dimension.
    pub dims: Option<Vec<String>>,
    /// `"attributes"`: the attributes of the array.
    pub attributes: Object,
}

/// A value that is there, `null` included.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Option<Json>, D::Error> {
    Json::deserialize(deserializer).map(Some)
}

impl ArrayOptions {
    /// Parses a JSON object; the empty text means the defaults.
    ///
    /// # Errors
    /// `Json` when it is no JSON, `InvalidArgument` when a key or a value is unknown.
    pub fn parse(text: &str) -> Result<Self> {
        options::read(text)
    }

    /// Reads a JSON object.
    ///
    /// # Errors
    /// `InvalidArgument` when it is no object or a key or a value is unknown.
    pub fn from_json(json: Json) -> Result<Self> {
        options::read_json(json)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn no_fill_value_and_null_differ() {
        assert_eq!(ArrayOptions::parse("").unwrap(), ArrayOptions::parse("{}").unwrap());
        assert_eq!(ArrayOptions::parse("{}").unwrap().fill_value, None);
        assert_eq!(ArrayOptions::parse(r#"{"fill_value": null}"#).unwrap().fill_value, Some(Json::Null));
        let options = ArrayOptions::parse(r#"{"chunks": [2, 3], "dims": ["a", "b"], "attributes": {"u": 1}}"#).unwrap();
        assert_eq!((options.chunks, options.dims.map(|d| d.len())), (Some(vec![2, 3]), Some(2)));
    }

    #[test]
    fn errors_name_the_key() {
        for (text, word) in [
            (r#"{"chunk": [1]}"#, "`chunk`"),
            (r#"{"chunks": 5}"#, "chunks"),
            (r#"{"chunks": [-1]}"#, "chunks"),
            (r#"{"dims": [1]}"#, "dims"),
            (r#"{"attributes": []}"#, "attributes"),
            (r#"{"profile": "slow"}"#, "profile"),
            ("[]", "object"),
        ] {
            let error = ArrayOptions::parse(text).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{text}");
            assert!(error.message().contains(word), "{text}: {error}");
        }
        assert_eq!(ArrayOptions::parse("{").unwrap_err().kind(), ErrorKind::Json);
    }
}
