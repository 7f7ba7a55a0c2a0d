//! Honest things to be altered: stores of every form and encoding, datasets, with what they take and what is in them.
//!
//! The parent makes them once (`make`); each child has its own copies, which it alters and puts right again.

use std::path::{Path, PathBuf};

use datastorage::dataset::Dataset;
use datastorage::{Array, Op, Options, SchemaBuilder, Storage, Value};
use serde_json::json;

use crate::content;
use crate::merging::{self, Form};
use crate::reading::{self, Seen};
use crate::zip;

/// How a specimen is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Json,
    Directory,
    Archive,
    Dataset(Form),
}

/// A thing to be altered.
#[derive(Clone, Copy, Debug)]
pub struct Specimen {
    /// Also the name of its directory.
    pub name: &'static str,
    pub what: What,
    /// The options that it is written with, beside the mode.
    options: &'static str,
    /// With arrays of many chunks.
    large: bool,
    /// Without any record of this library: as others write.
    pub foreign: bool,
}

const fn own(name: &'static str, what: What, options: &'static str) -> Specimen {
    Specimen { name, what, options, large: false, foreign: false }
}

const fn large(name: &'static str, what: What, options: &'static str) -> Specimen {
    Specimen { name, what, options, large: true, foreign: false }
}

const fn foreign(name: &'static str, what: What, options: &'static str) -> Specimen {
    Specimen { name, what, options, large: false, foreign: true }
}

const SHARDS: &str = r#""zarr_format": 3, "chunk_elements": 256, "shard_elements": 1024"#;

/// Archives of every profile and codec.
pub const ARCHIVES: &[Specimen] = &[
    own("archive", What::Archive, r#""chunk_elements": 256"#),
    own("archive-hoops", What::Archive, r#""profile": "hoops""#),
    own("archive-portable", What::Archive, r#""profile": "portable""#),
    own("archive-fast", What::Archive, r#""profile": "fast", "chunk_elements": 256"#),
    own("archive-compact", What::Archive, r#""profile": "compact""#),
    own("archive-raw", What::Archive, r#""codec": "none", "delta": false"#),
    own("archive-v3", What::Archive, SHARDS),
    large("archive-large", What::Archive, r#""chunk_elements": 4096"#),
];
/// Zarr v2 directories of every profile and codec.
pub const DIRECTORIES: &[Specimen] = &[
    own("directory", What::Directory, r#""chunk_elements": 256"#),
    own("directory-hoops", What::Directory, r#""profile": "hoops""#),
    own("directory-portable", What::Directory, r#""profile": "portable""#),
    own("directory-fast", What::Directory, r#""profile": "fast""#),
    own("directory-compact", What::Directory, r#""profile": "compact", "chunk_elements": 256"#),
    own("directory-raw", What::Directory, r#""codec": "none", "delta": false, "chunk_elements": 256"#),
    own("directory-gzip", What::Directory, r#""codec": "gzip:6""#),
    own("directory-blosc", What::Directory, r#""codec": "blosc:zstd:5:shuffle""#),
    large("directory-large", What::Directory, r#""chunk_elements": 4096, "dimension_separator": "/""#),
];
/// Zarr v3 directories, with shards and without.
pub const SHARDED: &[Specimen] = &[
    own("shards", What::Directory, SHARDS),
    own(
        "shards-raw",
        What::Directory,
        r#""zarr_format": 3, "chunk_elements": 256, "shard_elements": 1024, "codec": "none""#,
    ),
    own(
        "shards-compact",
        What::Directory,
        r#""zarr_format": 3, "profile": "compact", "chunk_elements": 256, "shard_elements": 512"#,
    ),
    own("v3", What::Directory, r#""zarr_format": 3, "profile": "portable""#),
    large("shards-large", What::Directory, r#""zarr_format": 3, "chunk_elements": 2048, "shard_elements": 16384"#),
];
/// Directories of JSON documents.
pub const DOCUMENTS: &[Specimen] = &[own("json", What::Json, ""), large("json-large", What::Json, "")];
/// Datasets with their tables.
pub const DATASETS: &[Specimen] = &[
    own("dataset-archive", What::Dataset(Form::Archive), ""),
    own("dataset-directory", What::Dataset(Form::Directory), ""),
    own("dataset-shards", What::Dataset(Form::Shards), ""),
];
/// What others write: no record, no checksum of ours.
pub const FOREIGN: &[Specimen] = &[
    foreign("foreign-archive", What::Archive, r#""chunk_elements": 256"#),
    foreign("foreign-directory", What::Directory, r#""chunk_elements": 256"#),
    foreign("foreign-blosc", What::Directory, r#""codec": "blosc:lz4:5:shuffle""#),
    foreign("foreign-compact", What::Directory, r#""profile": "compact""#),
    foreign("foreign-hoops", What::Directory, r#""profile": "hoops", "codec": "none""#),
    foreign("foreign-shards", What::Directory, SHARDS),
    foreign("foreign-json", What::Json, ""),
];

impl Specimen {
    /// The path that it is opened by, in the directory that all its files are in.
    pub fn path(&self, directory: &Path) -> PathBuf {
        match self.what {
            What::Dataset(_) => merging::output(directory),
            What::Json => directory.join("store.json.d"),
            What::Directory => directory.join("store.zarr"),
            What::Archive => directory.join("store.zarr.data"),
        }
    }

    /// Writes it into an empty directory; `version` is that of its content.
    ///
    /// # Errors
    /// What went wrong.
    pub fn make(&self, directory: &Path, version: u64) -> Result<(), String> {
        let text = |e: datastorage::Error| e.to_string();
        if let What::Dataset(form) = self.what {
            let work = directory.join("parts");
            std::fs::create_dir_all(&work).map_err(|e| e.to_string())?;
            let parts = merging::write(&work, 0..4 + version % 2);
            merging::merge(&Op::quiet(), &parts, &merging::output(directory), &form.options("w", "none"))
                .map_err(text)?;
            return std::fs::remove_dir_all(&work).map_err(|e| e.to_string());
        }
        self.fill(directory, version).map_err(text)?;
        if self.foreign { self.estrange(directory).map_err(|e| e.to_string()) } else { Ok(()) }
    }

    fn fill(&self, directory: &Path, version: u64) -> datastorage::Result<()> {
        let more = if self.options.is_empty() { String::new() } else { format!(", {}", self.options) };
        let options = Options::parse(&format!(r#"{{"mode": "a", "sync": "none", "export": false{more}}}"#))?;
        let store = match self.what {
            What::Json => Storage::open_json(self.path(directory), &options)?,
            _ => Storage::open_zarr(directory.join("store.zarr"), &options)?,
        };
        let mut builder = SchemaBuilder::new("trust").with_version("1.0");
        builder.create_group("faces", "face", "what is checked")?.create_array(
            "areas",
            &["row", "column"],
            "float64",
        )?;
        builder.define_file_metadata("source", "str", "where from")?;
        store.set_schema(&builder.build())?;
        (0..content::KEYS.len()).try_for_each(|number| content::save(&store, number, version))?;
        store.save("flags", vec![true, version.is_multiple_of(2), false])?;
        store.save("scale", version as f64 + 0.25)?;
        store.save_bytes("raw", format!("bytes of {version}").as_bytes())?;
        store
            .set_attributes("areas", json!({"unit": "mm2", "of": version}).as_object().cloned().unwrap_or_default())?;
        store.set_attributes("graph", json!({"nodes": version}).as_object().cloned().unwrap_or_default())?;
        if self.large {
            let numbers: Vec<f32> = (0..40_000).map(|k| (k as u64 * 7 + version) as f32 / 3.0).collect();
            store.save_value("large/numbers", &Value::Array(Array::from_slice(&[4000, 10], &numbers)?))?;
            let words = (0..3000).map(|k| format!("word {version} {}", "x".repeat(k % 40))).collect();
            store.save_value("large/words", &Value::Array(Array::from_strings(vec![3000], words)?))?;
        }
        store.save_metadata("source", format!("bracket {version}.step"))?;
        store.save_metadata("sizes/list", json!([1, 2.5, null, {"deep": ["er", version]}]))?;
        if self.what == What::Archive {
            store.compress()?;
        } else {
            store.flush()?;
        }
        store.close()
    }

    /// Takes away what only this library writes.
    fn estrange(&self, directory: &Path) -> std::io::Result<()> {
        if self.what == What::Archive {
            let path = self.path(directory);
            let mut entries = zip::parse(&std::fs::read(&path)?);
            entries.retain(|entry| entry.name != "metadata.json");
            return std::fs::write(path, zip::build(&entries, false));
        }
        for file in files(directory) {
            if file.ends_with(".ds_record") || file.ends_with("metadata.json") {
                std::fs::remove_file(directory.join(file))?;
            }
        }
        Ok(())
    }

    /// Reads all of it, in one of several ways. `options` are more of them, as JSON.
    pub fn read(&self, directory: &Path, way: u64, options: &str, keys: &[String]) -> Seen {
        let path = self.path(directory);
        let mapped = if self.what == What::Archive && way % 3 == 1 { r#", "mmap": true"# } else { "" };
        // What others write is bounded by the reader, who knows what to expect.
        let bounded = if self.foreign { r#", "max_decoded_bytes": 1048576"# } else { "" };
        let parsed = Options::parse(&format!(r#"{{"mode": "r"{mapped}{bounded}{options}}}"#));
        let whole = |path: &Path| std::fs::read(path).map_err(|e| datastorage::Error::io(path, &e));
        match self.what {
            What::Dataset(_) => reading::dataset(|| Dataset::open(&path, &parsed?), keys),
            What::Json => reading::store(|| Storage::open_json(&path, &parsed?), keys),
            What::Archive if way % 3 == 2 => reading::store(|| Storage::open_bytes(whole(&path)?, &parsed?), keys),
            _ => reading::store(|| Storage::open_zarr(&path, &parsed?), keys),
        }
    }
}

/// The files of a directory and those below, relative, sorted.
pub fn files(directory: &Path) -> Vec<String> {
    fn collect(directory: &Path, prefix: &str, out: &mut Vec<String>) {
        for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => collect(&entry.path(), &format!("{name}/"), out),
                _ => out.push(name),
            }
        }
    }
    let mut out = Vec::new();
    collect(directory, "", &mut out);
    out.sort();
    out
}

/// Copies a directory with all in it.
///
/// # Errors
/// Of the operating system.
pub fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for file in files(from) {
        let to = to.join(&file);
        std::fs::create_dir_all(to.parent().unwrap_or(&to))?;
        std::fs::copy(from.join(&file), to)?;
    }
    Ok(())
}
