//! Streams of commits to be cut: what a user does to a store, or to a dataset, with every change told to the marks.

use std::path::{Path, PathBuf};

use datastorage::trust::Recording;
use datastorage::{Array, ArrayOptions, DType, Error, ErrorKind, Op, Options, Storage};
use serde_json::{Value as Json, json};

use crate::content::{self, KEYS};
use crate::history::Marks;
use crate::merging::{self, Form};
use crate::subject::Subject;

/// A key whose node is moved away from [`KEYS`], and which of them.
pub const MOVED: (&str, usize) = ("graph/moved", 4);
/// An array that grows: three rows a version.
pub const GROWN: &str = "grown";
const ROWS: u64 = 3;
/// Stands for the metadata document.
pub const METADATA: &str = "(metadata)";
/// Stands for the schema, by its version.
pub const SCHEMA: &str = "(schema)";
/// Stands for the attributes of [`ATTRIBUTED`].
pub const ATTRIBUTES: &str = "(attributes)";
/// A node that has attributes.
pub const ATTRIBUTED: &str = "patched";

/// What is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    Store(Subject),
    Dataset(Form),
}

impl Stream {
    /// All.
    pub fn all() -> Vec<Self> {
        let stores = Subject::STORED.iter().map(|subject| Self::Store(*subject));
        stores.chain(Form::ALL.iter().map(|form| Self::Dataset(*form))).collect()
    }

    /// As in the table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Store(subject) => subject.name(),
            Self::Dataset(form) => form.name(),
        }
    }

    /// Does it below a directory that is empty; `parts` has the parts to merge.
    ///
    /// # Errors
    /// None on a healthy disk.
    pub fn run(self, place: &Path, parts: &Path, recording: &Recording) -> Result<(), Error> {
        let marks = Marks(recording);
        match self {
            Self::Store(Subject::Archive) => archives(&self.inside(place), &marks),
            Self::Store(subject) => commits(subject, &self.inside(place), &marks),
            Self::Dataset(form) => merges(form, place, parts, &marks),
        }
    }

    /// Where it puts its store: in directories that the store has to make. That of a dataset is its user's.
    pub fn inside(self, place: &Path) -> PathBuf {
        match self {
            Self::Store(_) => place.join("made").join("here"),
            Self::Dataset(_) => place.to_owned(),
        }
    }
}

/// Saves, overwrites, growth, a deletion, a renaming and metadata, with a flush behind each round.
fn commits(subject: Subject, place: &Path, marks: &Marks<'_>) -> Result<(), Error> {
    let at_once = matches!(subject, Subject::Directory | Subject::Shards);
    let done = |key: &str| {
        if at_once {
            marks.acknowledge(key);
        }
    };
    for round in 0..2 {
        let store = subject.open(place, "full")?;
        for version in [1, 2, 3].map(|version| round * 3 + version) {
            for number in 0..KEYS.len() {
                marks.attempt(KEYS[number], Some(version));
                content::save(&store, number, version)?;
                done(KEYS[number]);
            }
            marks.attempt(METADATA, Some(version));
            store.save_metadata("run/version", version)?;
            match version {
                1 => {
                    let options = ArrayOptions::parse(&json!({"chunks": [4, 5]}).to_string())?;
                    marks.attempt(GROWN, Some(0));
                    store.create(GROWN, DType::I64, &[0, 5], &options)?;
                    done(GROWN);
                }
                2 | 5 => {
                    marks.attempt("notes", None);
                    store.delete("notes")?;
                    done("notes");
                }
                3 => {
                    marks.attempt(MOVED.0, Some(version));
                    marks.attempt(KEYS[MOVED.1], None);
                    store.rename(KEYS[MOVED.1], MOVED.0)?;
                    done(MOVED.0);
                    done(KEYS[MOVED.1]);
                }
                _ => {}
            }
            marks.attempt(GROWN, Some(version));
            let rows = rows(version - 1, version);
            store.append(GROWN, &rows.view(), 0)?;
            done(GROWN);
            store.flush()?;
            marks.acknowledge("*");
        }
        store.close()?;
    }
    Ok(())
}

/// The rows that a version adds.
pub fn rows(before: u64, version: u64) -> Array {
    let elements: Vec<i64> = (before * ROWS * 5..version * ROWS * 5).map(|k| k as i64).collect();
    Array::from_slice(&[(version - before) * ROWS, 5], &elements).expect("5 columns")
}

/// Opens a store that is to replace an archive.
///
/// # Errors
/// As opening gives.
pub fn replace(place: &Path, sync: &str) -> Result<Storage, Error> {
    let options = json!({"mode": "w", "sync": sync, "export": false}).to_string();
    Storage::open_zarr(Subject::Archive.root(place), &Options::parse(&options)?)
}

/// Archives that replace one another; before some of them the same store was committed to a directory.
fn archives(place: &Path, marks: &Marks<'_>) -> Result<(), Error> {
    for round in 0..4 {
        let store = replace(place, "full")?;
        let save_all = |version: u64| -> Result<(), Error> {
            for number in 0..KEYS.len() {
                marks.attempt(KEYS[number], Some(version));
                content::save(&store, number, version)?;
            }
            marks.attempt(METADATA, Some(version));
            store.save_metadata("run/version", version)
        };
        if round % 2 == 1 {
            save_all(2 * round)?;
            store.flush()?;
            marks.acknowledge("*");
        }
        save_all(2 * round + 1)?;
        store.compress()?;
        marks.acknowledge("*");
        store.close()?;
    }
    Ok(())
}

/// Stands for the number of files in a dataset.
pub const FILES: &str = "(files)";
/// After each merge: how many parts there are, and the mode.
const MERGES: &[(u64, &str)] = &[(2, "w"), (4, "a"), (3, "w")];

/// A merge, an append, and a merge that replaces.
fn merges(form: Form, place: &Path, parts: &Path, marks: &Marks<'_>) -> Result<(), Error> {
    merging::write(parts, 0..4);
    marks.attempt(FILES, Some(0));
    marks.acknowledge(FILES);
    for &(count, _) in MERGES {
        marks.attempt(FILES, Some(count));
        merge(form, place, parts, count, "full")?;
        marks.acknowledge(FILES);
    }
    Ok(())
}

/// The merge after which there are so many files.
///
/// # Errors
/// As merging gives.
pub fn merge(form: Form, place: &Path, parts: &Path, count: u64, sync: &str) -> Result<(), Error> {
    let at = MERGES.iter().position(|(known, _)| *known == count).expect("a merge of that number of files");
    let mode = MERGES[at].1;
    let from = if mode == "a" { MERGES[at - 1].0 } else { 0 };
    let mut options = form.options(mode, sync);
    options["threads"] = 1.into();
    let parts: Vec<PathBuf> = (from..count).map(|number| parts.join(format!("part_{number:04}.zarr.data"))).collect();
    merging::merge(&Op::quiet(), &parts, &merging::output(place), &options).map(drop)
}

/// The number of files in a dataset, which is compared element by element.
///
/// # Errors
/// When it is not that of so many parts.
pub fn files(place: &Path) -> Result<Option<u64>, String> {
    let output = merging::output(place);
    match datastorage::dataset::Dataset::open(&output, &Options::default()) {
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(Some(0)),
        Err(e) => Err(e.to_string()),
        Ok(dataset) => {
            let count = dataset.file_count();
            drop(dataset);
            merging::verify(&output, count).map(|()| Some(count))
        }
    }
}

/// The version of a key that a store has.
///
/// # Errors
/// When it is of none.
pub fn visible(store: &Storage, key: &str) -> Result<Option<u64>, String> {
    if let Some(number) = KEYS.iter().position(|known| *known == key) {
        return content::version(store, number);
    }
    let absent = |e: Error| if e.kind() == ErrorKind::NotFound { Ok(None) } else { Err(format!("{key}: {e}")) };
    match key {
        METADATA => match store.load_metadata("run/version") {
            Ok(value) => value.as_u64().map(Some).ok_or_else(|| format!("{key}: {value}")),
            Err(e) => absent(e),
        },
        SCHEMA => match store.schema() {
            Ok(schema) => Ok(schema["version"].as_str().and_then(|version| version.parse().ok())),
            Err(e) => absent(e),
        },
        ATTRIBUTES => match store.attributes(ATTRIBUTED) {
            Ok(attributes) => Ok(attributes.get("version").and_then(Json::as_u64)),
            Err(e) => absent(e),
        },
        GROWN => match store.load_array(GROWN) {
            Ok(array) => {
                let version = array.shape()[0] / ROWS;
                if array == rows(0, version) { Ok(Some(version)) } else { Err(format!("{key}: torn: {array:?}")) }
            }
            Err(e) => absent(e),
        },
        _ => content::version_at(store, key, MOVED.1),
    }
}
