//! Datasets that lie: tables that are bombs, catalogs that promise what is not there, parts that nobody made in good
//! faith, and names of outputs, groups and predicates that lead out or never end.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use datastorage::dataset::explore::Table;
use datastorage::dataset::{Dataset, MergeOptions, merge};
use datastorage::{Op, Options, Storage};
use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;
use serde_json::{Value as Json, json};

use super::exercise::{Place, Seen, bound, settle};
use super::{DECODED, deed, one_of, shapes, shown};
use crate::merging::{self, Form};
use crate::trial::Trial;

/// Tables that are crafted: rows, and how their columns are stored.
#[derive(Clone, Copy, Debug)]
enum Crafted {
    /// So many rows of three integers, in a dictionary.
    Rows(usize),
    /// The same as they are, compressed by zstd.
    Zeros(usize),
    /// So many rows of one long text, in a dictionary.
    Texts(usize, usize),
    /// So many columns.
    Columns(usize),
    /// A name, and metadata, of so many bytes.
    Names(usize),
}

const CRAFTED: &[Crafted] = &[
    Crafted::Rows(2_000_000),
    Crafted::Zeros(2_000_000),
    Crafted::Texts(100_000, 100_000),
    Crafted::Columns(5000),
    Crafted::Names(1 << 20),
];

const PATHS: &[&str] = &[
    "",
    ".",
    "..",
    "../store.dataset",
    "store.a/../../store.dataset",
    "/",
    "x\0.dataset",
    "store.\n.dataset",
    "store.dataset/",
    "store.dataset/..",
    "store.CON",
    "store.dataset/x/y",
    "secret",
    "store.link",
    "store.pipe",
    "store.é.dataset",
];

const PREDICATES: &[&str] = &[
    "",
    "(",
    ")",
    "a",
    "a =",
    "size_cadfile > 1e999999",
    "size_cadfile in ()",
    "name like '%_%_%_%_%_%_%_%_%a'",
    "'",
    "'x",
    "name = '\0'",
    "name = '../x'",
    "size_cadfile = 18446744073709551616",
    "not",
    "and",
    "1 = 1",
    "\"\" = 1",
    "face_areas > nan",
];

/// An honest dataset and honest parts, and tables that were crafted; made once a process.
pub struct Tables {
    dataset: Vec<(String, Vec<u8>)>,
    part: Vec<(String, Vec<u8>)>,
    crafted: Vec<(String, Vec<u8>)>,
}

impl Tables {
    pub fn new(directory: &Path) -> Self {
        let place = directory.join("honest");
        std::fs::create_dir_all(&place).expect("a directory of a child");
        let parts = merging::write(&place, 0..3);
        let output = merging::output(&place);
        merging::merge(&Op::quiet(), &parts, &output, &Form::Directory.options("w", "none"))
            .expect("honest parts merge");
        let dataset = merging::files(&output).expect("an honest dataset");
        let mut part = Vec::new();
        // As a directory, so that one document of it can be another.
        let opened = Storage::open_zarr(&parts[0], &Options::parse(r#"{"mode": "r"}"#).expect("known options"));
        let options = Options::parse(r#"{"mode": "w", "sync": "none", "export": false}"#).expect("known options");
        let copied = place.join("copied.zarr");
        let copy = Storage::open_zarr(&copied, &options).expect("a new store");
        opened.and_then(|part| part.copy_to(&copy)).and_then(|_| copy.close()).expect("an honest part is copied");
        read_tree(&copied, "", &mut part);
        let crafted = CRAFTED.iter().map(|kind| (format!("{kind:?}"), craft(*kind))).collect();
        Self { dataset, part, crafted }
    }

    /// A trial.
    ///
    /// # Errors
    /// A finding.
    pub fn trial(&self, trial: &mut Trial<'_>, directory: &Path) -> Result<(), String> {
        let mut random = trial.random("datasets");
        let place = Place::new(directory).map_err(|e| format!("the trial itself: {e}"))?;
        match trial.number % 4 {
            0 => self.table(trial, &mut random, &place),
            1 => self.catalog(trial, &mut random, &place),
            2 => self.parts(trial, &mut random, &place),
            _ => self.names(trial, &mut random, &place),
        }
    }

    /// The honest dataset in a place; its store.
    fn write(&self, place: &Place) -> PathBuf {
        let inner = place.around.join("inner");
        for (name, bytes) in &self.dataset {
            put(&inner.join(name.replacen("all.", "store.", 1)), bytes);
        }
        inner.join("store.dataset")
    }

    /// One of the tables is another file.
    fn table(&self, trial: &mut Trial<'_>, random: &mut fastrand::Rng, place: &Place) -> Result<(), String> {
        let store = self.write(place);
        let ending = *one_of(random, &["infoset", "attribset"]);
        let honest =
            self.dataset.iter().find(|(name, _)| name.ends_with(ending)).map(|(_, b)| b.clone()).unwrap_or_default();
        let (mut what, mut bytes) = deed(random, trial.number / 4, &self.crafted).clone();
        if trial.number / 4 >= self.crafted.len() as u64 && random.bool() {
            // Numbers of the footer, and of the headers of pages.
            (what, bytes) = ("honest".to_owned(), honest);
            for _ in 0..random.usize(1..4) {
                let end = bytes.len();
                let at = if random.bool() { end - 1 - random.usize(..end.min(600)) } else { random.usize(..end) };
                let value = *one_of(random, &[0u8, 1, 0x7f, 0x80, 0xff]);
                bytes[at] = value;
                what.push_str(&format!(", byte {at} is {value}"));
            }
        }
        trial.about(&format!("{ending}: {what}, {} bytes", bytes.len()));
        let stored = bytes.len() as u64;
        put(&store.with_extension(ending), &bytes);
        self.explore(trial, place, &store, stored, "")
    }

    /// The catalog says something else.
    fn catalog(&self, trial: &mut Trial<'_>, random: &mut fastrand::Rng, place: &Place) -> Result<(), String> {
        let store = self.write(place);
        let path = store.join("metadata.json");
        let text = std::fs::read_to_string(&path).map_err(|e| format!("the trial itself: {e}"))?;
        let mut document: Json = serde_json::from_str(&text).map_err(|e| format!("the trial itself: {e}"))?;
        let mut places = Vec::new();
        leaves(&document["_dataset"], "/_dataset", &mut places);
        let mut what = String::new();
        for _ in 0..random.usize(1..3) {
            let at = one_of(random, &places).clone();
            let value = one_of(random, &junk()).clone();
            what.push_str(&format!("{at} = {}; ", shown(&value.to_string())));
            if let Some(target) = document.pointer_mut(&at) {
                *target = value;
            }
        }
        trial.about(&what);
        put(&path, document.to_string().as_bytes());
        self.explore(trial, place, &store, 1 << 16, "")
    }

    /// A part lies; it is merged with honest ones.
    fn parts(&self, trial: &mut Trial<'_>, random: &mut fastrand::Rng, place: &Place) -> Result<(), String> {
        let inner = place.around.join("inner");
        let honest = merging::write(&inner, 1..3);
        for (number, path) in honest.iter().enumerate() {
            std::fs::rename(path, inner.join(format!("store.part_{number}.zarr"))).map_err(|e| e.to_string())?;
        }
        let lying = inner.join("store.part_x.zarr");
        for (name, bytes) in &self.part {
            put(&lying.join(name), bytes);
        }
        let documents: Vec<&String> =
            self.part.iter().map(|(name, _)| name).filter(|name| name.ends_with(".zarray")).collect();
        let name = (*one_of(random, &documents)).clone();
        let mut document: Json =
            serde_json::from_slice(&std::fs::read(lying.join(&name)).unwrap_or_default()).unwrap_or_default();
        let (field, value) = shapes::edit(random);
        document[field.trim_start_matches('/')] = value.clone();
        // Its record would tell at once.
        _ = std::fs::remove_file(lying.join(&name).with_file_name(".ds_record"));
        put(&lying.join(&name), document.to_string().as_bytes());
        let mode = *one_of(random, &["fail", "skip"]);
        trial.about(&format!("{name}: {field} = {}, on_error {mode}", shown(&value.to_string())));
        let parts = ["store.part_0.zarr", "store.part_1.zarr", "store.part_x.zarr"].map(|name| inner.join(name));
        let mut seen = Seen::default();
        let options =
            json!({"mode": "w", "sync": "none", "on_error": mode, "layout": "directory", "max_decoded_bytes": DECODED});
        trial.measured(bound(1 << 18), || {
            let options = MergeOptions::parse(&options.to_string());
            if let Some(options) = seen.look("options", options) {
                seen.look("merge", merge(&Op::quiet(), &parts, &inner.join("store.dataset"), &options));
            }
        })?;
        settle(trial, place, seen)
    }

    /// Names of outputs, groups, arrays, files, tables, and predicates.
    fn names(&self, trial: &mut Trial<'_>, random: &mut fastrand::Rng, place: &Place) -> Result<(), String> {
        let number = trial.number / 4;
        let inner = place.around.join("inner");
        if number.is_multiple_of(2) {
            let name = *deed(random, number / 2, PATHS);
            trial.about(&format!("output {name:?}"));
            // What another owns is behind a link; nobody waits for a pipe.
            _ = std::os::unix::fs::symlink("../outside", inner.join("store.link"));
            super::links::pipe(&inner, "store.pipe")?;
            let mut seen = Seen::default();
            let part = inner.join("store.part.zarr");
            for (file, bytes) in &self.part {
                put(&part.join(file), bytes);
            }
            // Where it leads out by itself, the caller said so: only names that stay are merged to.
            let leads_out = ["..", "/", "store.a/..", "secret"].iter().any(|lead| name.starts_with(lead));
            let output = if leads_out { inner.join("store.none").join(name) } else { inner.join(name) };
            trial.measured(bound(1 << 18), || {
                for layout in ["archive", "directory"] {
                    let options = json!({"mode": "x", "sync": "none", "layout": layout});
                    if let Some(options) = seen.look("options", MergeOptions::parse(&options.to_string())) {
                        seen.look("merge", merge(&Op::quiet(), std::slice::from_ref(&part), &output, &options));
                    }
                }
                seen.look("open", Dataset::open(&output, &Options::default()));
            })?;
            return settle(trial, place, seen);
        }
        let store = self.write(place);
        let mut predicate = (*deed(random, number / 2, PREDICATES)).to_owned();
        if number / 2 >= PREDICATES.len() as u64 {
            predicate = match random.u8(..6) {
                0 => format!("{}size_cadfile > 1{}", "(".repeat(100_000), ")".repeat(100_000)),
                1 => format!("{}size_cadfile > 1", "not ".repeat(50_000)),
                2 => vec!["size_cadfile > 1"; 20_000].join(" and "),
                3 => format!("size_cadfile in ({})", vec!["1"; 50_000].join(",")),
                4 => format!("name like '{}'", "%a".repeat(20_000)),
                _ => format!("{} = 1", "x".repeat(1 << 20)),
            };
        }
        trial.about(&format!("predicate {}", shown(&predicate)));
        self.explore(trial, place, &store, 30 * predicate.len() as u64, &predicate)
    }

    /// Opens a dataset and asks it everything.
    fn explore(
        &self,
        trial: &mut Trial<'_>,
        place: &Place,
        store: &Path,
        stored: u64,
        predicate: &str,
    ) -> Result<(), String> {
        let mut seen = Seen::default();
        let options = json!({"mode": "r", "max_decoded_bytes": DECODED, "integrity": "ignore"}).to_string();
        let op = Op::quiet();
        trial.measured(bound(stored + (1 << 18)), || {
            let options = Options::parse(&options).expect("known options");
            let Some(dataset) = seen.look("open", Dataset::open(store, &options)) else { return };
            seen.look("describe", dataset.describe());
            for name in ["faces", "graph", "..", "_dataset", predicate] {
                seen.look("arrays", dataset.arrays(name));
                seen.look("file_rows", dataset.file_rows(name, 0));
                seen.look("files", dataset.files(&op, Some(name), predicate));
                seen.look("rows", dataset.rows(&op, name, predicate));
            }
            seen.look("file_name", dataset.file_name(0));
            seen.look("file_name", dataset.file_name(i64::MAX));
            seen.look("file_code", dataset.file_code(predicate));
            seen.look("descriptions", dataset.descriptions("file_label"));
            seen.look("descriptions", dataset.descriptions(predicate));
            seen.look("files", dataset.files(&op, None, predicate));
            for table in [Table::Infoset, Table::Attribset] {
                seen.look("table", dataset.table(&op, table, predicate));
            }
            super::exercise::read_all(dataset.store(), &mut seen);
            seen.look("close", dataset.close());
        })?;
        settle(trial, place, seen)
    }
}

fn put(path: &Path, bytes: &[u8]) {
    std::fs::create_dir_all(path.parent().unwrap_or(path)).expect("a directory of the trial");
    std::fs::write(path, bytes).expect("a file of the trial");
}

fn read_tree(path: &Path, prefix: &str, out: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(path).expect("an honest part").flatten() {
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            read_tree(&entry.path(), &format!("{name}/"), out);
        } else {
            out.push((name, std::fs::read(entry.path()).expect("an honest file")));
        }
    }
}

fn junk() -> Vec<Json> {
    vec![
        json!(0),
        json!(1),
        json!(-1),
        json!(i32::MAX),
        json!(1u64 << 40),
        json!(u64::MAX),
        json!(1.5),
        json!(null),
        json!(""),
        json!("../x"),
        json!("float64"),
        json!("string"),
        json!("x".repeat(1 << 20)),
        json!([]),
        json!(vec!["x"; 1000]),
        json!({}),
        json!({"a": {"rows": u64::MAX, "offsets": "x"}}),
        json!(true),
    ]
}

/// Every place of a document.
fn leaves(json: &Json, at: &str, out: &mut Vec<String>) {
    out.push(at.to_owned());
    match json {
        Json::Object(members) => members.iter().for_each(|(name, member)| {
            leaves(member, &format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")), out)
        }),
        Json::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| leaves(item, &format!("{at}/{index}"), out))
        }
        _ => {}
    }
}

/// A table that opens, and is more than it seems.
fn craft(kind: Crafted) -> Vec<u8> {
    let integer = |name: &str| {
        let built = Type::primitive_type_builder(name, Physical::INT64).with_repetition(Repetition::REQUIRED).build();
        Arc::new(built.expect("a column"))
    };
    let text = |name: &str| {
        let built = Type::primitive_type_builder(name, Physical::BYTE_ARRAY)
            .with_repetition(Repetition::REQUIRED)
            .with_logical_type(Some(LogicalType::String))
            .build();
        Arc::new(built.expect("a column"))
    };
    let (columns, rows): (Vec<_>, usize) = match kind {
        Crafted::Rows(rows) | Crafted::Zeros(rows) => {
            (vec![integer("id"), integer("size_cadfile"), integer("x")], rows)
        }
        Crafted::Texts(rows, _) => (vec![integer("id"), text("name")], rows),
        Crafted::Columns(count) => ((0..count).map(|index| integer(&format!("c{index}"))).collect(), 3),
        Crafted::Names(bytes) => (vec![integer("id"), text(&"n".repeat(bytes))], 3),
    };
    let entries = match kind {
        Crafted::Names(bytes) => vec![KeyValue::new("datastorage.dataset_id".into(), "x".repeat(bytes))],
        _ => Vec::new(),
    };
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_dictionary_enabled(!matches!(kind, Crafted::Zeros(_)))
        .set_key_value_metadata(Some(entries))
        .build();
    let root = Type::group_type_builder("schema").with_fields(columns).build().expect("a schema");
    let mut writer = SerializedFileWriter::new(Vec::new(), Arc::new(root), Arc::new(properties)).expect("a table");
    let mut group = writer.next_row_group().expect("a row group");
    let long = match kind {
        Crafted::Texts(_, bytes) => "t".repeat(bytes),
        _ => "t".to_owned(),
    };
    let (numbers, texts) = (vec![0i64; rows], vec![ByteArray::from(long.as_str()); rows]);
    while let Some(mut column) = group.next_column().expect("a column") {
        match column.untyped() {
            parquet::column::writer::ColumnWriter::ByteArrayColumnWriter(_) => {
                column.typed::<ByteArrayType>().write_batch(&texts, None, None).expect("texts are written")
            }
            _ => column.typed::<Int64Type>().write_batch(&numbers, None, None).expect("numbers are written"),
        };
        column.close().expect("a column");
    }
    group.close().expect("a row group");
    writer.into_inner().expect("a table")
}
