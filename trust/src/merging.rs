//! Datasets to try: parts as the tests of merging make them, merged, appended to, and compared element by element.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use datastorage::dataset::{MergeOptions, Summary};
use datastorage::{Op, Result};
use serde_json::{Value as Json, json};

#[allow(dead_code)] // the tests of merging use all of it
#[path = "../../tests/merge/parts.rs"]
mod parts;

/// How a dataset lies on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One Zarr archive.
    Archive,
    /// A Zarr directory.
    Directory,
    /// A Zarr v3 directory of sharded arrays.
    Shards,
}

impl Form {
    pub const ALL: &[Self] = &[Self::Archive, Self::Directory, Self::Shards];

    /// As in the table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Archive => "dataset, archive",
            Self::Directory => "dataset, directory",
            Self::Shards => "dataset, v3 shards",
        }
    }

    /// The options of a merge; `mode` is `"w"`, or `"a"` to append. Chunks are small: the parts cross them.
    pub fn options(self, mode: &str, sync: &str) -> Json {
        let mut options = json!({"mode": mode, "sync": sync, "codec": "zstd:1", "chunk_elements": 16});
        let mut set = |name: &str, value: Json| options[name] = value;
        match self {
            Self::Archive => {}
            Self::Directory => set("layout", "directory".into()),
            Self::Shards => {
                set("layout", "directory".into());
                set("zarr_format", 3.into());
                set("shard_elements", 64.into());
            }
        }
        options
    }
}

/// Writes the parts `numbers` (any two calls give the same bytes for the same numbers) into a directory that is there.
pub fn write(directory: &Path, numbers: std::ops::Range<u64>) -> Vec<PathBuf> {
    let sizes = parts::sizes(numbers.end);
    numbers.map(|number| parts::write(directory, number, sizes[number as usize], &[])).collect()
}

/// The name of a dataset in a directory.
pub fn output(directory: &Path) -> PathBuf {
    directory.join("all.dataset")
}

/// Merges, or appends, as the options say.
pub fn merge(op: &Op, parts: &[PathBuf], output: &Path, options: &Json) -> Result<Summary> {
    datastorage::dataset::merge(op, parts, output, &MergeOptions::parse(&options.to_string())?)
}

/// Whether a dataset is that of the parts 0 to `count`, whole, with its tables.
///
/// # Errors
/// What it is instead.
pub fn verify(output: &Path, count: u64) -> std::result::Result<(), String> {
    let text = |e: datastorage::Error| e.to_string();
    let said = |panic: Box<dyn Any + Send>| match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(other) => other.downcast::<&str>().map_or_else(|_| "panicked".to_owned(), |text| (*text).to_owned()),
    };
    let numbered = parts::numbered(&parts::sizes(count));
    catch_unwind(AssertUnwindSafe(|| parts::check(output, &numbered))).map_err(said)?;
    let dataset = datastorage::dataset::Dataset::open(output, &datastorage::Options::default()).map_err(text)?;
    if dataset.file_count() != count {
        return Err(format!("{} files, {count} were merged", dataset.file_count()));
    }
    for code in 0..count as i64 {
        let name = dataset.file_name(code).map_err(text)?;
        if name != format!("part_{code:04}") {
            return Err(format!("file {code} is called '{name}'"));
        }
    }
    let found = dataset.files(&Op::quiet(), None, "size_cadfile >= 100").map_err(text)?;
    if found.len() as u64 != count { Err(format!("{} files have a size, {count} do", found.len())) } else { Ok(()) }
}

/// Every file of a dataset (the store, its tables, its summary) with its bytes, sorted by name: what two merges of the
/// same parts have in common. Private files are left out.
pub fn files(output: &Path) -> std::io::Result<Vec<(String, Vec<u8>)>> {
    let mut all = Vec::new();
    let directory = output.parent().unwrap_or(Path::new("."));
    let stem = output.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let ours = ["dataset", "infoset", "attribset", "flow"].iter().any(|ending| name == format!("{stem}.{ending}"));
        if ours {
            collect(&entry.path(), name, &mut all)?;
        }
    }
    all.sort();
    Ok(all)
}

fn collect(path: &Path, name: String, all: &mut Vec<(String, Vec<u8>)>) -> std::io::Result<()> {
    if !path.is_dir() {
        all.push((name, std::fs::read(path)?));
        return Ok(());
    }
    for entry in std::fs::read_dir(path)? {
        let entry = entry?;
        collect(&entry.path(), format!("{name}/{}", entry.file_name().to_string_lossy()), all)?;
    }
    Ok(())
}
