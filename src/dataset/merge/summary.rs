//! What a merge tells of itself: the file `.flow`, and the result of the call.

use serde_json::{Value as Json, json};

use super::plan::Ready;
use crate::dataset::layout::Paths;
use crate::dataset::merge::extras;
use crate::dataset::publish;
use crate::error::{Result, err};
use crate::fs;

/// The version of the document.
const VERSION: u32 = 1;
/// The largest one that is read.
const LARGEST: u64 = 4 << 30;

/// What a merge did.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    json: Json,
}

/// What only the end of a merge knows.
pub struct Figures {
    /// Bytes of the store.
    pub dataset_bytes: u64,
    /// Bytes of the two tables.
    pub table_bytes: [u64; 2],
    /// Seconds of reading and encoding, and of writing the tables.
    pub seconds: [f64; 2],
    /// What the files disagree about.
    pub warnings: Vec<String>,
}

impl Summary {
    /// The summary of a merge.
    ///
    /// # Errors
    /// `Internal`.
    pub fn new(ready: &Ready, figures: &Figures) -> Result<Self> {
        let plan = &ready.plan;
        let catalog = extras::catalog(ready);
        let groups = serde_json::to_value(&catalog.groups).map_err(|e| err!(Internal, "summary: {e}"))?;
        let raw: u64 = ready
            .arrays
            .iter()
            .map(|array| array.shape().iter().product::<u64>().saturating_mul(array.dtype().size() as u64))
            .sum();
        let skipped: Vec<Json> =
            plan.skipped.iter().map(|s| json!({"name": s.name, "path": s.path, "error": s.error})).collect();
        let files: Vec<Json> = plan
            .files
            .iter()
            .enumerate()
            .map(|(i, f)| json!({"id": plan.first_code + i as u64, "name": f.name, "path": f.path, "bytes": f.bytes}))
            .collect();
        let [merging, tables] = figures.seconds;
        let json = json!({
            "version": VERSION,
            "id": plan.id,
            "dataset": plan.output,
            "options": plan.options,
            "files": catalog.files,
            "files_added": files.len(),
            "files_skipped": skipped.len(),
            "groups": groups,
            "durations_s": {"plan": plan.seconds, "merge": merging, "tables": tables,
                "total": plan.seconds + merging + tables},
            "sizes_bytes": {"parts": plan.files.iter().map(|file| file.bytes).sum::<u64>(), "elements": raw,
                "dataset": figures.dataset_bytes, "infoset": figures.table_bytes[0],
                "attribset": figures.table_bytes[1]},
            "errors": skipped,
            "warnings": figures.warnings,
            "added": files,
        });
        Ok(Self { json })
    }

    /// That of a merge whose publication was begun.
    ///
    /// # Errors
    /// `NotFound`, `Corrupt`.
    pub fn read(paths: &Paths) -> Result<Self> {
        let waiting = paths.work.join(publish::FLOW);
        let path = if fs::path_kind(&waiting)?.is_some() { &waiting } else { &paths.flow };
        let bytes = fs::ReadFile::open(path)?.read_all(LARGEST)?;
        let json = serde_json::from_slice(&bytes).map_err(|e| err!(Corrupt, "{}: {e}", path.display()))?;
        Ok(Self { json })
    }

    /// The whole, as in the file `.flow`.
    #[must_use]
    pub fn json(&self) -> &Json {
        &self.json
    }

    /// The whole without the list of files.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let mut json = self.json.clone();
        if let Some(object) = json.as_object_mut() {
            object.shift_remove("added");
        }
        json
    }

    /// The number of files that the dataset has.
    #[must_use]
    pub fn files(&self) -> u64 {
        self.json["files"].as_u64().unwrap_or(0)
    }

    /// The parts that were left out: name and why.
    #[must_use]
    pub fn skipped(&self) -> Vec<(&str, &str)> {
        let errors = self.json["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        errors.iter().filter_map(|e| Some((e["name"].as_str()?, e["error"].as_str()?))).collect()
    }
}
