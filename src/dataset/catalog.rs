//! The catalog of a dataset: what its store says of its groups, axes and arrays under the metadata key `_dataset`.
//!
//! Written once by the merge that publishes the store, and read as a whole; every length in it is that of an array in
//! the same store.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// The version of the layout that this library writes.
pub const VERSION: u32 = 1;

/// What a dataset holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Catalog {
    /// The version of the layout.
    pub version: u32,
    /// What dataset and tables of one merge have in common: 16 hexadecimal digits.
    pub id: String,
    /// The number of files.
    pub files: u64,
    /// The groups, by name.
    pub groups: IndexMap<String, GroupEntry>,
}

/// A group of arrays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupEntry {
    /// The dimension along which its parts were concatenated.
    pub primary_dimension: String,
    /// The rows along it.
    pub rows: u64,
    /// Whether matrices were flattened.
    #[serde(default)]
    pub flattened: bool,
    /// The dimensions along which its arrays run, by name.
    pub axes: IndexMap<String, Axis>,
    /// The arrays, by name; provenance arrays are not among them.
    pub arrays: IndexMap<String, ArrayEntry>,
}

/// A dimension along which arrays were concatenated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Axis {
    /// The rows of all files.
    pub rows: u64,
    /// The array of file codes in the same group; `None` where there is one row a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provenance: Option<String>,
    /// The key of the first row of each file, and of the end; `None` where there is one row a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offsets: Option<String>,
}

/// A merged array.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ArrayEntry {
    /// The name of its data type.
    pub dtype: String,
    /// Its dimensions.
    pub dims: Vec<String>,
    /// The first of them, a name in [`GroupEntry::axes`].
    pub axis: String,
    /// The rows that one entry of its statistics describes; `None` where there are no statistics.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statistics_rows: Option<u64>,
}
