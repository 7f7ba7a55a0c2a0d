//! The options of a store: one JSON object with one documented set of keys.
//!
//! Options are parsed once, at open; an unknown key or a wrong value is an error that names it. What is process-wide
//! (threads, the staging budget) is in [`crate::config`].

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::error::{Result, err};

macro_rules! choice {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Deserialize, Serialize)]
        pub enum $name { $($(#[$vmeta])* #[serde(rename = $text)] $variant),+ }
    };
}

choice! {
    /// How a store is opened (`"mode"`).
    Mode {
        /// Read only; it must exist.
        Read = "r",
        /// Read and write; it must exist.
        ReadWrite = "r+",
        /// Open, or create when absent.
        #[default] Append = "a",
        /// Create, replacing what is there when the first commit point is reached.
        Replace = "w",
        /// Create; it must not exist.
        Create = "x",
    }
}

choice! {
    /// Where new data waits for a commit point (`"staging"`).
    Staging {
        /// In memory within the budget of the process, else in a hidden directory beside the final place.
        #[default] Auto = "auto",
        /// In memory, whatever its size.
        Memory = "memory",
        /// Nowhere: a save is written and durable when it returns.
        Disk = "disk",
    }
}

choice! {
    /// Whether commit points reach the medium (`"sync"`).
    Sync {
        /// Files and directories are synced before a commit point returns.
        #[default] Full = "full",
        /// Left to the operating system: safe against a killed process, not against a power cut.
        None = "none",
    }
}

choice! {
    /// What a second writer does (`"lock"`).
    Lock {
        /// Fails with `Busy`.
        #[default] Fail = "fail",
        /// Waits until the first one closes.
        Wait = "wait",
    }
}

choice! {
    /// What a save that disagrees with the schema does (`"validate"`).
    Validate {
        /// It is refused.
        #[default] Strict = "strict",
        /// It is logged.
        Warn = "warn",
        /// Nothing is checked.
        Off = "off",
    }
}

choice! {
    /// Which data types a schema's entry accepts (`"schema_dtype"`).
    SchemaDtype {
        /// The same kind, converted where no value is lost (float32 under float64).
        #[default] Strict = "strict",
        /// Any numeric kind whose values convert without loss.
        Convertible = "convertible",
    }
}

choice! {
    /// What NaN in float and complex arrays does (`"nan"`).
    Nan {
        /// The save is refused (the default of Zarr).
        #[default] Refuse = "refuse",
        /// Stored (the default of memory and JSON).
        Allow = "allow",
    }
}

choice! {
    /// Whether integrity records are checked (`"integrity"`).
    Integrity {
        /// A missing or altered chunk is `Corrupt`.
        #[default] Check = "check",
        /// Records are ignored (another tool edited the store).
        Ignore = "ignore",
    }
}

choice! {
    /// The encoding of a Zarr store (`"profile"`).
    Profile {
        /// zstd 12, delta on integers, vlen-utf8 strings.
        #[default] Default = "default",
        /// The specification to the letter: as the default, but strings as msgpack2 of shape (1,).
        Hoops = "hoops",
        /// zstd 3, no filters: read by every client.
        Portable = "portable",
        /// For each array, by sampling, raw bytes, zstd 3 or blosc (zstd after a shuffle): read by every client.
        Fast = "fast",
        /// For each array, by sampling, zstd 12 after delta, shuffle and a column-major order: read by zarr-python 2 and 3.
        Compact = "compact",
    }
}

/// The options of [`Storage::open`](crate::Storage::open); every one has a default.
#[derive(Clone, Debug, PartialEq, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Options {
    /// `"mode"`.
    pub mode: Mode,
    /// `"profile"` (Zarr).
    pub profile: Profile,
    /// `"codec"` (Zarr): overrides the profile's compressor, such as `"zstd:3"`, `"gzip:6"`, `"blosc:zstd:5:shuffle"`, `"none"`.
    pub codec: Option<String>,
    /// `"delta"` (Zarr): overrides whether the profile puts the delta filter on integer arrays.
    pub delta: Option<bool>,
    /// `"chunk_elements"` (Zarr): about how many elements a chunk holds; default 1 048 576.
    pub chunk_elements: Option<u64>,
    /// `"zarr_format"` (Zarr): 2 (default) or 3, of a new store; one that is there has its own.
    pub zarr_format: Option<u8>,
    /// `"shard_elements"` (Zarr format 3): about how many elements a shard holds, which gathers chunks in one file;
    /// without it there are no shards.
    pub shard_elements: Option<u64>,
    /// `"compress_extension"` (Zarr): what the archive's name adds to the store's; default `.data`.
    pub compress_extension: Option<String>,
    /// `"dimension_separator"` (Zarr): `"."` or `"/"` in chunk names; `"."` is the default of format 2, `"/"` of format 3.
    pub dimension_separator: Option<String>,
    /// `"staging"` (Zarr).
    pub staging: Staging,
    /// `"sync"`.
    pub sync: Sync,
    /// `"lock"`.
    pub lock: Lock,
    /// `"validate"`.
    pub validate: Validate,
    /// `"schema_dtype"`.
    pub schema_dtype: SchemaDtype,
    /// `"nan"`; the default depends on the backend.
    pub nan: Option<Nan>,
    /// `"integrity"`.
    pub integrity: Integrity,
    /// `"export"`: whether close writes `files_summary/` and `stream_cache/` (Zarr); default true.
    pub export: Option<bool>,
    /// `"mmap"` (Zarr): whether an archive is mapped into memory instead of read; default false. Nobody may change the
    /// file meanwhile: one that is cut short ends the process with a bus error (an access violation on Windows).
    pub mmap: bool,
    /// An archive is read where it is asked for, not as a whole; not among the options of a store.
    #[serde(skip)]
    pub(crate) by_position: bool,
    /// `"max_decoded_bytes"`: what one call that reads decodes at most: an array, all arrays of a group that is loaded, a
    /// document as it is in memory, the list of the chunks that are touched; default 64 GiB.
    pub max_decoded_bytes: Option<u64>,
}

impl Options {
    /// Parses a JSON object; the empty text means the defaults.
    ///
    /// # Errors
    /// `Json` when it is no JSON, `InvalidArgument` when a key or a value is unknown.
    pub fn parse(text: &str) -> Result<Self> {
        read::<Self>(text)?.checked()
    }

    /// Reads a JSON object.
    ///
    /// # Errors
    /// `InvalidArgument` when it is no object or a key or a value is unknown.
    pub fn from_json(json: Json) -> Result<Self> {
        read_json::<Self>(json)?.checked()
    }

    /// `"max_decoded_bytes"`, or its default.
    pub(crate) fn decoded(&self) -> u64 {
        const DEFAULT: u64 = 64 << 30;
        self.max_decoded_bytes.unwrap_or(DEFAULT)
    }

    fn checked(self) -> Result<Self> {
        if let Some(separator) = self.dimension_separator.as_deref().filter(|s| *s != "." && *s != "/") {
            return Err(err!(InvalidArgument, "options: dimension_separator is '{separator}', known are '.' and '/'"));
        }
        for (name, elements) in [("chunk_elements", self.chunk_elements), ("shard_elements", self.shard_elements)] {
            if elements == Some(0) {
                return Err(err!(InvalidArgument, "options: {name} is 0, at least 1 is needed"));
            }
        }
        if let Some(format) = self.zarr_format.filter(|format| !matches!(format, 2 | 3)) {
            return Err(err!(InvalidArgument, "options: zarr_format is {format}, known are 2 and 3"));
        }
        if let Some(extension) = &self.compress_extension
            && (extension.is_empty() || extension.contains(['/', '\\', '\0']))
        {
            return Err(err!(InvalidArgument, "options: compress_extension '{extension}' is no file suffix"));
        }
        Ok(self)
    }
}

/// The options of a view.
#[derive(Clone, Debug, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ViewOptions {
    /// `"copy"`: whether an array that cannot be viewed is loaded into memory of the view.
    pub copy: bool,
}

impl ViewOptions {
    /// Parses a JSON object; the empty text means the defaults.
    ///
    /// # Errors
    /// As [`Options::parse`].
    pub fn parse(text: &str) -> Result<Self> {
        read(text)
    }
}

/// Reads options of any kind from the text of a JSON object; the empty text means the defaults.
///
/// # Errors
/// `Json` when it is no JSON, else as [`read_json`].
pub(crate) fn read<T: Default + DeserializeOwned>(text: &str) -> Result<T> {
    if text.trim().is_empty() {
        return Ok(T::default());
    }
    read_json(serde_json::from_str(text).map_err(|e| err!(Json, "options: {e}"))?)
}

/// Reads options of any kind from a JSON object, key by key, so that the error names the key.
///
/// # Errors
/// `InvalidArgument` when it is no object or a key or a value is unknown.
pub(crate) fn read_json<T: DeserializeOwned>(json: Json) -> Result<T> {
    let Json::Object(map) = &json else {
        return Err(err!(InvalidArgument, "options: wanted a JSON object, found {json}"));
    };
    for (key, value) in map {
        let single = Json::Object([(key.clone(), value.clone())].into_iter().collect());
        serde_json::from_value::<T>(single).map_err(|e| match e.to_string() {
            text if text.starts_with("unknown field") => err!(InvalidArgument, "options: {text}"),
            text => err!(InvalidArgument, "options: {key}: {text}"),
        })?;
    }
    serde_json::from_value(json).map_err(|e| err!(InvalidArgument, "options: {e}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn defaults_and_values() {
        assert_eq!(Options::parse("").unwrap(), Options::default());
        let options =
            Options::parse(r#"{"mode": "r+", "profile": "portable", "codec": "zstd:3", "nan": "allow"}"#).unwrap();
        assert_eq!((options.mode, options.profile), (Mode::ReadWrite, Profile::Portable));
        assert_eq!((options.codec.as_deref(), options.nan), (Some("zstd:3"), Some(Nan::Allow)));
    }

    #[test]
    fn errors_name_the_key() {
        for (text, word) in [
            (r#"{"mod": "r"}"#, "`mod`"),
            (r#"{"mode": "rw"}"#, "mode"),
            (r#"{"chunk_elements": 0}"#, "chunk_elements"),
            (r#"{"chunk_elements": "many"}"#, "chunk_elements"),
            (r#"{"dimension_separator": "-"}"#, "dimension_separator"),
            (r#"{"compress_extension": "a/b"}"#, "compress_extension"),
            ("[1]", "object"),
        ] {
            let error = Options::parse(text).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{text}");
            assert!(error.message().contains(word), "{text}: {error}");
        }
        assert_eq!(Options::parse("{").unwrap_err().kind(), ErrorKind::Json);
    }
}
