//! What is done to a store, as data.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::case::Spec;
use super::data::{Data, Item};

/// A JSON object.
pub type Object = serde_json::Map<String, Json>;

/// One thing that is done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    Save {
        key: String,
        item: Item,
    },
    /// A borrowed view; transposed, it is one with strides.
    SaveView {
        key: String,
        data: Data,
        transposed: bool,
    },
    SaveJson {
        key: String,
        json: Json,
    },
    Create {
        key: String,
        dtype: String,
        shape: Vec<u64>,
        fill: Option<Data>,
        options: Object,
    },
    SaveRegion {
        key: String,
        offset: Vec<u64>,
        data: Data,
    },
    Resize {
        key: String,
        shape: Vec<u64>,
    },
    Append {
        key: String,
        axis: u64,
        data: Data,
    },
    Delete {
        key: String,
    },
    Rename {
        from: String,
        to: String,
    },
    CreateGroup {
        key: String,
    },
    SetDimensions {
        key: String,
        names: Vec<String>,
    },
    SetAttributes {
        key: String,
        attributes: Object,
    },
    SaveMetadata {
        key: String,
        value: Json,
    },
    DeleteMetadata {
        key: String,
    },
    SetSchema {
        schema: Json,
    },

    Load {
        key: String,
    },
    LoadArray {
        key: String,
    },
    LoadRegion {
        key: String,
        offset: Vec<u64>,
        shape: Vec<u64>,
    },
    LoadAll {
        key: String,
    },
    View {
        key: String,
    },
    Stat {
        key: String,
    },
    Exists {
        key: String,
    },
    List {
        prefix: String,
        recursive: bool,
    },
    LoadMetadata {
        key: String,
    },
    ListMetadata {
        prefix: String,
    },
    Validate {
        key: String,
        data: Data,
    },
    Verify {
        repair: bool,
    },
    /// Everything is compared.
    Check,
    /// The archive in memory is opened and compared.
    ToBytes {
        options: Object,
    },
    /// A second handle that reads sees what was committed.
    Reader {
        options: Object,
    },
    /// A second handle that writes is refused.
    Writer,

    Flush,
    Compress,
    /// Closes, and opens again.
    Reopen {
        mode: String,
        options: Object,
    },
    /// Drops what was not committed, and opens again.
    Discard {
        options: Object,
    },
    /// Copies everything into a new store and goes on there.
    Convert {
        spec: Spec,
    },
    /// Copies some of it into a new store, maybe encoded in another way, and goes on there.
    Copy {
        spec: Spec,
        options: Object,
    },

    /// The callback of progress ends the step when it is asked for the `after`th time: by its answer, or by interrupting
    /// the store.
    Cancel {
        after: u64,
        interrupt: bool,
        step: Box<Step>,
    },
    /// A call of the step that changes the disk fails: number `at` of them, or all from there on.
    Fault {
        fault: Fault,
        at: u64,
        lasting: bool,
        step: Box<Step>,
    },
}

/// How a call of a disk fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    Io,
    NoSpace,
    Interrupted,
    Short,
}
