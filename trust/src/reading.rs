//! Everything that can be read of a store or a dataset, each thing by itself, and how it compares with what was stored.

use std::collections::{BTreeMap, BTreeSet};

use datastorage::dataset::Dataset;
use datastorage::dataset::explore::{Bins, Table};
use datastorage::{Error, ErrorKind, Kind, Op, Region, Result, Storage, Value};
use serde_json::Value as Json;

/// What the labels of the kinds in a list begin with.
const LISTED: &str = "listed ";

/// What was read under a label.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    Value(Value),
    Text(String),
}

/// What was read, by label; a label is a word and a key.
pub struct Seen(Vec<(String, Result<Item>)>);

/// What comes of comparing.
#[derive(Debug, Default)]
pub struct Verdict {
    /// What is not what was stored, and no error says so.
    pub silent: Vec<String>,
    /// Errors, with their labels.
    pub errors: Vec<(String, Error)>,
}

impl Seen {
    fn new() -> Self {
        Self(Vec::new())
    }

    fn note(&mut self, label: String, read: Result<Item>) {
        self.0.push((label, read));
    }

    fn text(&mut self, label: &str, read: Result<impl std::fmt::Debug>) {
        self.note(label.to_owned(), read.map(|what| Item::Text(format!("{what:?}"))));
    }

    /// The first error, where nothing was altered.
    pub fn first_error(&self) -> Option<String> {
        self.0.iter().find_map(|(label, read)| read.as_ref().err().map(|e| format!("{label}: {e}")))
    }

    /// The keys of the nodes that were found.
    pub fn keys(&self) -> Vec<String> {
        self.0.iter().filter_map(|(label, _)| label.strip_prefix("value ")).map(str::to_owned).collect()
    }

    /// Bytes that the values take in memory.
    pub fn decoded(&self) -> u64 {
        self.0.iter().filter_map(|(_, read)| read.as_ref().ok()).map(size).sum()
    }

    /// What of `now` is not as it was here. The kind that a list gives for a key is a hint from the names of its files:
    /// a wrong one is excused by the error of whoever reads that node, or of a group that it is in.
    pub fn compare(&self, now: &Self) -> Verdict {
        let mut verdict = Verdict::default();
        for (label, read) in &now.0 {
            if let Err(e) = read {
                verdict.errors.push((label.clone(), e.clone()));
            }
        }
        if now.get("open").is_none() {
            return verdict;
        }
        let (before, after) = (self.labelled(), now.labelled());
        for label in before.keys().chain(after.keys()).copied().collect::<BTreeSet<_>>() {
            let (was, is) = (before.get(label).copied().flatten(), after.get(label).copied());
            let told = label.strip_prefix(LISTED).is_some_and(|key| verdict.blames(key));
            match (was, is) {
                (_, Some(None)) => {}
                (Some(was), Some(Some(is))) if was == is => {}
                _ if told => {}
                (Some(was), Some(Some(is))) => {
                    verdict.silent.push(format!("{label} is {}, was {}", short(is), short(was)));
                }
                (None, Some(Some(is))) => verdict.silent.push(format!("{label} is {}, was not there", short(is))),
                // What can be read only where something else was read: the error of that was noted.
                (_, None) if !verdict.errors.is_empty() && !label.starts_with(LISTED) => {}
                (_, None) => verdict.silent.push(format!("{label} is not there")),
            }
        }
        verdict
    }

    fn labelled(&self) -> BTreeMap<&str, Option<&Item>> {
        self.0.iter().map(|(label, read)| (label.as_str(), read.as_ref().ok())).collect()
    }

    fn get(&self, label: &str) -> Option<&Item> {
        self.0.iter().find(|(known, _)| known == label).and_then(|(_, read)| read.as_ref().ok())
    }
}

impl Verdict {
    /// Whether reading a node, or a group on the way to it, failed, or the list itself.
    fn blames(&self, key: &str) -> bool {
        self.errors.iter().any(|(label, _)| match label.split_once(' ') {
            Some(("value" | "stat" | "attributes", read)) => {
                key.strip_prefix(read).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            }
            _ => label == "list",
        })
    }

    /// An error that a caller could not act on: of a kind that blames the library, or without a name in it.
    pub fn implausible(&self, names: &[String]) -> Option<String> {
        let named = |text: &str| names.iter().any(|name| !name.is_empty() && text.contains(name.as_str()));
        let kinds = [
            ErrorKind::Corrupt,
            ErrorKind::NotFound,
            ErrorKind::Unsupported,
            ErrorKind::Codec,
            ErrorKind::WrongKind,
            ErrorKind::InvalidArgument,
            ErrorKind::Io,
            ErrorKind::Schema,
            ErrorKind::Json,
        ];
        self.errors.iter().find_map(|(label, e)| {
            // The key that was asked for, which damage to a list may have made up.
            let asked = label.split_once(' ').is_some_and(|(_, key)| e.message().contains(key));
            if !kinds.contains(&e.kind()) {
                return Some(format!("{label}: an error of the kind {:?}: {e}", e.kind()));
            }
            (!asked && !named(e.message())).then(|| format!("{label}: an error that names nothing: {:?} {e}", e.kind()))
        })
    }
}

fn size(item: &Item) -> u64 {
    match item {
        Item::Text(text) => text.len() as u64,
        Item::Value(Value::Bytes(bytes)) => bytes.len() as u64,
        Item::Value(Value::Json(json)) => json.to_string().len() as u64,
        Item::Value(Value::Group(group)) => group.len() as u64 * 64,
        Item::Value(Value::Array(array)) => match array.strings() {
            Some(all) => all.iter().map(|text| text.len() as u64 + 24).sum(),
            None => array.bytes().map_or(0, |bytes| bytes.len() as u64),
        },
    }
}

fn short(item: &Item) -> String {
    let text = match item {
        Item::Text(text) => text.clone(),
        Item::Value(Value::Array(array)) if array.len() > 64 => format!("{:?} {:?}", array.dtype(), array.shape()),
        Item::Value(value) => format!("{value:?}"),
    };
    text.chars().take(300).collect()
}

/// Reads a whole store: what it lists and, of these and the other `keys`, all that there is.
pub fn store(open: impl FnOnce() -> Result<Storage>, keys: &[String]) -> Seen {
    let mut seen = Seen::new();
    match open() {
        Ok(store) => {
            seen.text("open", Ok(()));
            nodes(&mut seen, &store, keys);
            // Findings are no error, and a store that is read in full needs none; that it ends well is what counts.
            if let Err(e) = store.verify(false) {
                seen.note("verify".to_owned(), Err(e));
            }
        }
        Err(e) => seen.note("open".to_owned(), Err(e)),
    }
    seen
}

fn nodes(seen: &mut Seen, store: &Storage, keys: &[String]) {
    let mut all: BTreeSet<String> = keys.iter().cloned().collect();
    let listed = store.list("", true);
    match listed {
        Err(e) => seen.note("list".to_owned(), Err(e)),
        Ok(listed) => {
            all.extend(listed.iter().map(|(key, _)| key.clone()));
            listed.iter().for_each(|(key, kind)| seen.text(&format!("{LISTED}{key}"), Ok(kind)));
        }
    }
    seen.text("attributes of the root", store.attributes(""));
    for key in &all {
        let value = store.load(key);
        if let Ok(Value::Array(array)) = &value
            && !array.shape().is_empty()
        {
            let half: Vec<u64> = array.shape().iter().map(|length| length / 2).collect();
            let count = array.shape().iter().zip(&half).map(|(length, from)| length - from).collect();
            let region = Region { offset: half, shape: count };
            seen.note(format!("region {key}"), store.load_region(key, &region).map(|part| Item::Value(part.into())));
            if array.strings().is_none() {
                let view = store.view_or_load(key).and_then(|view| view.to_array());
                seen.note(format!("view {key}"), view.map(|part| Item::Value(part.into())));
            }
        }
        // A group is its children, which are read one by one.
        let value = value.map(|value| match value {
            Value::Group(children) => Item::Text(format!("{:?}", children.keys())),
            value => Item::Value(value),
        });
        seen.note(format!("value {key}"), value);
        let stat = store.stat(key).map(|info| match info.kind {
            // Its elements are the names in the list, which are compared one by one.
            Kind::Group => format!("{:?}", info.kind),
            kind => format!("{:?}", (kind, info.dtype, info.shape, info.dims, info.elements, info.bytes)),
        });
        seen.text(&format!("stat {key}"), stat);
        seen.text(&format!("attributes {key}"), store.attributes(key));
    }
    seen.text("metadata", store.load_metadata("").map(|json| json.to_string()));
    let schema = match store.schema() {
        Err(e) if e.kind() == ErrorKind::NotFound => Ok("none".to_owned()),
        schema => schema.map(|json| json.to_string()),
    };
    seen.text("schema", schema);
}

/// Reads a whole dataset: its store, its tables, and answers that need both.
pub fn dataset(open: impl FnOnce() -> Result<Dataset>, keys: &[String]) -> Seen {
    let mut seen = Seen::new();
    let dataset = match open() {
        Ok(dataset) => dataset,
        Err(e) => {
            seen.note("open".to_owned(), Err(e));
            return seen;
        }
    };
    seen.text("open", Ok(()));
    nodes(&mut seen, dataset.store(), keys);
    tables(&mut seen, &dataset);
    answers(&mut seen, &dataset);
    if let Err(e) = dataset.store().verify(false) {
        seen.note("verify".to_owned(), Err(e));
    }
    seen
}

/// What the two tables of a dataset say.
fn tables(seen: &mut Seen, dataset: &Dataset) {
    let op = Op::quiet();
    seen.text("table infoset", dataset.table(&op, Table::Infoset, ""));
    seen.text("table attribset", dataset.table(&op, Table::Attribset, ""));
    let names: Result<Vec<String>> = (0..dataset.file_count() as i64).map(|code| dataset.file_name(code)).collect();
    seen.text("names", names);
    seen.text("files of a size", dataset.files(&op, None, "size_cadfile >= 102"));
    seen.text("descriptions", dataset.descriptions("face_types").map(|all| format!("{all:?}")));
    seen.text("subsets", dataset.subset(""));
}

/// Answers of its arrays.
fn answers(seen: &mut Seen, dataset: &Dataset) {
    let op = Op::quiet();
    // A table may be absent: whoever asks for it is told so.
    let described = dataset.describe().map(|mut json| {
        let tables = ["infoset", "attribset", "subsets"].map(|name| json[name].take());
        let there = |table: &Json| table["rows"].as_u64().is_some().then(|| table["columns"].to_string());
        (json.to_string(), tables.iter().filter_map(there).collect::<Vec<_>>())
    });
    match described {
        Ok((rest, tables)) => {
            seen.text("describe", Ok(rest));
            tables.into_iter().for_each(|table| seen.text(&format!("described {table}"), Ok(())));
        }
        Err(e) => seen.note("describe".to_owned(), Err(e)),
    }
    seen.text("catalog", Ok(dataset.catalog()));
    seen.text("rows", dataset.rows(&op, "faces", "face_areas >= 2000 and face_types != 1"));
    seen.text("files of rows", dataset.files(&op, Some("edges"), "edge_lengths > 1001"));
    seen.text(
        "distribution",
        dataset.distribution(&op, "faces", "face_areas", &Bins::Equal(4)).map(|d| format!("{d:?}")),
    );
    let rows: Result<Vec<_>> = (0..dataset.file_count() as i64).map(|code| dataset.file_rows("faces", code)).collect();
    seen.text("rows of files", rows);
}
