//! Datasets: tables of any bytes beside a store that is right, and any predicate, bins and key over all of it.
//!
//! The first byte says what the rest is: the table of files (Parquet, without the check of its seal), the table of
//! categories, or a question: a group, a key, a predicate and bins between bytes 0xFF. The dataset is merged once a
//! process.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use datastorage::dataset::explore::{Bins, Table};
use datastorage::dataset::{Dataset, MergeOptions, merge};
use datastorage::{Array, Op, Options, Storage};
use serde_json::json;

use super::DECODED;
use super::read::sound;

/// The files of a dataset, in a directory that goes when the process ends.
pub struct Merged {
    pub dataset: PathBuf,
    pub infoset: Vec<u8>,
    pub attribset: Vec<u8>,
}

/// Writes three parts and merges them.
pub fn merged(directory: &Path) -> Merged {
    let quick = Options::from_json(json!({"sync": "none", "export": false})).expect("options that are known");
    let parts: Vec<PathBuf> = (0..3u64)
        .map(|number| {
            let path = directory.join(format!("part{number}.zarr"));
            let store = Storage::open_zarr(&path, &quick).expect("a new store");
            let schema = json!({"version": "1.0", "domain": "d", "groups": {"faces": {"primary_dimension": "face", "arrays": {
                "areas": {"dims": ["face"], "dtype": "float32"}, "types": {"dims": ["face"], "dtype": "int32"}}}},
                "metadata": {"file_level": {"size": {"dtype": "int64"}}, "categorical": {"kind": {"dtype": "int64", "values": [0, 1], "labels": ["x", "y"]}}}});
            store.set_schema(&schema).expect("a schema");
            let rows = 4 + number;
            let areas: Vec<f32> = (0..rows).map(|row| row as f32 / 2.0).collect();
            let types: Vec<i32> = (0..rows).map(|row| (row % 3) as i32).collect();
            store.save("faces/areas", Array::vector(&areas)).expect("an array");
            store.save("faces/types", Array::vector(&types)).expect("an array");
            store.save_metadata("size", 100 * number).expect("metadata");
            store.save_metadata("kind", number % 2).expect("metadata");
            store.save_metadata("name of it", format!("é{number}")).expect("metadata");
            store.compress().expect("an archive");
            store.close().expect("it is closed");
            directory.join(format!("part{number}.zarr.data"))
        })
        .collect();
    let dataset = directory.join("all.dataset");
    let options =
        MergeOptions::from_json(json!({"sync": "none", "codec": "zstd:1", "chunk_elements": 4, "threads": 1}));
    merge(&Op::quiet(), &parts, &dataset, &options.expect("options that are known")).expect("parts that agree");
    let read = |name: &str| std::fs::read(directory.join(name)).expect("a table");
    Merged { infoset: read("all.infoset"), attribset: read("all.attribset"), dataset }
}

/// The dataset of this process, its directory, and the dataset open.
struct Shared {
    merged: Merged,
    open: Dataset,
    _directory: tempfile::TempDir,
}

static SHARED: Mutex<Option<Arc<Shared>>> = Mutex::new(None);

fn shared() -> Arc<Shared> {
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    let make = || {
        let directory = super::scratch();
        let merged = merged(directory.path());
        let open = Dataset::open(&merged.dataset, &Options::default()).expect("a dataset");
        Arc::new(Shared { merged, open, _directory: directory })
    };
    shared.get_or_insert_with(make).clone()
}

/// Lets go of the dataset, for a process that goes on; the next input merges it again.
pub fn end() {
    *SHARED.lock().unwrap_or_else(PoisonError::into_inner) = None;
}

pub fn run(bytes: &[u8]) {
    let Some((how, rest)) = bytes.split_first() else { return };
    match how % 4 {
        0 => table("infoset", &shared().merged.infoset, rest),
        1 => table("attribset", &shared().merged.attribset, rest),
        _ => ask(rest),
    }
}

/// One table of other bytes; the right one is put back.
fn table(name: &str, right: &[u8], bytes: &[u8]) {
    let shared = shared();
    let path = shared.merged.dataset.with_extension(name);
    std::fs::write(&path, bytes).expect("a file can be written");
    let options = json!({"integrity": "ignore", "max_decoded_bytes": DECODED});
    let options = Options::from_json(options).expect("options that are known");
    if let Some(dataset) = sound(Dataset::open(&shared.merged.dataset, &options)) {
        let op = Op::quiet();
        for kind in [Table::Infoset, Table::Attribset] {
            let rows = sound(dataset.table(&op, kind, ""));
            if kind == Table::Infoset && name == "infoset" {
                assert!(rows.is_none_or(|rows| rows.len() as u64 == dataset.file_count()));
            }
        }
        sound(dataset.describe());
        for code in -1..4 {
            if let Some(found) = sound(dataset.file_name(code))
                && let Some(back) = sound(dataset.file_code(&found))
            {
                assert!((0..3).contains(&back));
            }
        }
        sound(dataset.subset(""));
        for predicate in ["size >= 100", "name of it == 'é1'", "kind == 'x'", "not size > 100"] {
            sound(dataset.files(&op, None, predicate));
        }
        sound(dataset.descriptions("kind"));
        sound(dataset.distribution(&op, "", "size", &Bins::Distinct));
        sound(dataset.close());
    }
    std::fs::write(&path, right).expect("a file can be written");
}

/// Any question to a dataset that is right.
fn ask(bytes: &[u8]) {
    let shared = shared();
    let dataset = &shared.open;
    let mut rest = bytes.splitn(4, |byte| *byte == 0xFF).map(String::from_utf8_lossy);
    let [group, key, predicate, bins] = std::array::from_fn(|_| rest.next().unwrap_or_default());
    let group = if group.is_empty() { "faces" } else { &*group };
    let op = Op::quiet();
    let files = sound(dataset.files(&op, Some(group), &predicate));
    let rows = sound(dataset.rows(&op, group, &predicate));
    if let (Some(files), Some(rows)) = (&files, &rows) {
        assert!(files.is_sorted() && files.windows(2).all(|pair| pair[0] != pair[1]));
        assert!(rows.windows(2).all(|pair| pair[0] < pair[1]));
        // A row that is found lies in a file that is found.
        if group == "faces" {
            let ranges: Vec<_> = files.iter().map(|code| dataset.file_rows(group, *code).expect("a file")).collect();
            assert!(
                rows.iter().all(|row| ranges.iter().any(|range| range.contains(row))),
                "{predicate}: {files:?} {rows:?}"
            );
            assert!(rows.is_empty() == files.is_empty(), "{predicate}: {files:?} {rows:?}");
        }
    }
    let bins = serde_json::from_str::<Bins>(&bins).ok();
    let bins = bins.unwrap_or(Bins::Distinct);
    let found = sound(dataset.distribution(&op, group, &key, &bins));
    let matrix = sound(dataset.membership(&op, group, &key, &bins, true));
    if let (Some(found), Some(matrix)) = (found, matrix) {
        assert_eq!(found.labels, matrix.labels);
        assert_eq!(found.counts.len(), found.labels.len());
    }
    sound(dataset.descriptions(&key));
    sound(dataset.array_rows(group, &key, 1));
}
