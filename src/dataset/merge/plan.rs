//! The plan of a merge: everything that is known before an element is read, as a document that other processes read.
//!
//! A plan says which files there are, how many rows each has along each axis, how every merged array is cut and encoded,
//! and which chunks are the work of which task. Two plans of the same parts are the same but for their tasks, and what
//! is written by them is the same byte for byte.

use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::options::MergeOptions;
use crate::backend::Object;
use crate::backend::zarr::bulk::BulkArray;
use crate::dataset::layout::{self, Paths};
use crate::error::{Result, err};
use crate::fs;
use crate::value::DType;

/// The version of the document.
const VERSION: u32 = 1;
/// The largest plan that is read.
const LARGEST: u64 = 4 << 30;

/// A file of the dataset that this merge adds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanFile {
    /// Its name.
    pub name: String,
    /// Where the part is.
    pub path: PathBuf,
    /// The bytes of the part.
    pub bytes: u64,
    /// When it was changed last: what was taken of it before is not gone on with.
    pub modified: u64,
}

/// A part that is left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanSkipped {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// Why.
    pub error: String,
}

/// The dataset that is appended to, as it was when the plan was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanBase {
    /// What it has in common with its tables.
    pub id: String,
    /// The bytes of its file; 0 for a directory.
    pub bytes: u64,
    /// When it was published.
    pub modified: u64,
}

/// A group of the dataset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanGroup {
    /// The dimension along which parts are concatenated.
    pub primary_dimension: String,
    /// Whether matrices are flattened.
    pub flattened: bool,
}

/// A dimension along which arrays are concatenated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanAxis {
    /// The group.
    pub group: String,
    /// The dimension.
    pub dim: String,
    /// Whether every file has one row, so that no provenance is needed.
    pub per_file: bool,
    /// The rows of the dataset that is appended to.
    pub base: u64,
    /// The rows of each file.
    pub rows: Vec<u64>,
}

/// A merged array.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanArray {
    /// Its key in the dataset.
    pub key: String,
    /// The group.
    pub group: String,
    /// Its name in the group.
    pub name: String,
    /// Its axis, a place in [`Plan::axes`].
    pub axis: usize,
    /// Its key in the parts; `None` for the codes of files.
    pub source: Option<String>,
    /// Names and texts of its documents.
    pub documents: Vec<(String, String)>,
    /// The first chunk that is written; those before it are taken from the dataset that is appended to.
    pub first_chunk: u64,
    /// The files that lack it, and get fill values.
    pub lacking: Vec<usize>,
}

/// Everything that is known before an element is read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    version: u32,
    /// What dataset and tables have in common.
    pub id: String,
    /// The dataset.
    pub output: PathBuf,
    /// The options of the merge.
    pub options: Object,
    /// The schema of the parts.
    pub schema: Option<Json>,
    /// The files that are added.
    pub files: Vec<PlanFile>,
    /// The dataset that is appended to.
    #[serde(default)]
    pub base: Option<PlanBase>,
    /// The files of the dataset that is appended to: the code of the first that is added.
    pub first_code: u64,
    /// The groups, by name.
    pub groups: IndexMap<String, PlanGroup>,
    /// The axes.
    pub axes: Vec<PlanAxis>,
    /// The arrays.
    pub arrays: Vec<PlanArray>,
    /// The parts that are left out.
    pub skipped: Vec<PlanSkipped>,
    /// For each task, the first chunk of each array that is its work, and the end of them.
    pub tasks: Vec<Vec<(u64, u64)>>,
    /// Seconds that planning took.
    pub seconds: f64,
}

/// A plan whose arrays are ready to be encoded.
pub struct Ready {
    /// The plan.
    pub plan: Plan,
    /// Its options.
    pub options: MergeOptions,
    /// Where everything is.
    pub paths: Paths,
    /// The arrays.
    pub arrays: Vec<BulkArray>,
    /// For each axis, the first row of each file, and the end.
    pub offsets: Vec<Vec<u64>>,
}

impl Plan {
    /// A plan without tasks; its id is what the rest comes to.
    #[allow(clippy::too_many_arguments)]
    pub fn new(
        output: PathBuf,
        options: &MergeOptions,
        schema: Option<Json>,
        (files, first_code, base): (Vec<PlanFile>, u64, Option<PlanBase>),
        groups: IndexMap<String, PlanGroup>,
        axes: Vec<PlanAxis>,
        arrays: Vec<PlanArray>,
        skipped: Vec<PlanSkipped>,
    ) -> Result<Self> {
        let names: Vec<(&str, u64)> = files.iter().map(|file| (file.name.as_str(), file.bytes)).collect();
        let mut whole = json!([VERSION, schema, names, first_code, groups, axes, arrays, options.description]);
        if let (Some(base), Some(list)) = (&base, whole.as_array_mut()) {
            list.push(json!(base.id));
        }
        let whole = whole.to_string();
        let id = format!("{:08x}{:08x}", crc32fast::hash(whole.as_bytes()), crc32c::crc32c(whole.as_bytes()));
        let options = options.to_json()?;
        Ok(Self {
            version: VERSION,
            id,
            output,
            options,
            schema,
            files,
            base,
            first_code,
            groups,
            axes,
            arrays,
            skipped,
            tasks: Vec::new(),
            seconds: 0.0,
        })
    }

    /// Reads a plan.
    ///
    /// # Errors
    /// `NotFound`, `Corrupt`, `Unsupported` for another version.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = fs::ReadFile::open(path)?.read_all(LARGEST)?;
        let place = path.display();
        let version = |plan: &Json| plan.get("version").and_then(Json::as_u64);
        let plan: Self = serde_json::from_slice(&bytes).map_err(|e| {
            match serde_json::from_slice::<Json>(&bytes).ok().as_ref().and_then(version) {
                Some(other) if other != u64::from(VERSION) => {
                    err!(Unsupported, "{place}: a plan of version {other}, this library reads {VERSION}")
                }
                _ => err!(Corrupt, "{place}: {e}"),
            }
        })?;
        let sound = plan.axes.iter().all(|axis| axis.rows.len() == plan.files.len())
            && plan.arrays.iter().all(|array| array.axis < plan.axes.len())
            && plan.tasks.iter().all(|task| task.len() == plan.arrays.len());
        if sound { Ok(plan) } else { Err(err!(Corrupt, "{place}: the parts of the plan do not fit together")) }
    }

    /// Its text.
    ///
    /// # Errors
    /// `Internal`.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        serde_json::to_vec(self).map_err(|e| err!(Internal, "plan: {e}"))
    }

    /// Whether two plans are of the same merge.
    pub fn is_same(&self, other: &Self) -> bool {
        (&self.id, &self.output, &self.files, &self.base) == (&other.id, &other.output, &other.files, &other.base)
    }

    /// What the work of its tasks is known by: it differs between plans that are not the same, or cut in another way.
    pub fn key(&self) -> String {
        let whole = json!([self.id, self.output, self.files, self.base, self.tasks]).to_string();
        format!("{:08x}{:08x}", crc32fast::hash(whole.as_bytes()), crc32c::crc32c(whole.as_bytes()))
    }

    /// Makes it ready.
    ///
    /// # Errors
    /// `Corrupt` for what no plan of this library says.
    pub fn ready(self) -> Result<Ready> {
        let options = MergeOptions::from_json(Json::Object(self.options.clone()))?;
        let arrays = self.arrays.iter().map(|array| BulkArray::from_documents(&array.key, &array.documents));
        let arrays = arrays.collect::<Result<Vec<_>>>()?;
        let mut offsets = Vec::with_capacity(self.axes.len());
        for axis in &self.axes {
            let mut at = axis.base;
            let mut list = Vec::with_capacity(axis.rows.len() + 1);
            list.push(at);
            for rows in &axis.rows {
                at = at.checked_add(*rows).ok_or_else(|| err!(Corrupt, "{}: the rows are absurd", axis.dim))?;
                list.push(at);
            }
            offsets.push(list);
        }
        for (array, bulk) in self.arrays.iter().zip(&arrays) {
            let (have, want) = (bulk.shape().first().copied(), offsets[array.axis].last().copied());
            if have != want {
                return Err(err!(Corrupt, "{}: has {have:?} rows in the plan, files {want:?}", array.key));
            }
        }
        let paths = Paths::of(&self.output)?;
        Ok(Ready { plan: self, options, paths, arrays, offsets })
    }
}

impl PlanAxis {
    /// Whether it is the one along which the parts of its group are concatenated.
    pub fn is_primary(&self, groups: &IndexMap<String, PlanGroup>) -> bool {
        groups.get(&self.group).is_some_and(|group| group.primary_dimension == self.dim)
    }

    /// The name of its array of file codes.
    pub fn provenance(&self, groups: &IndexMap<String, PlanGroup>) -> String {
        layout::provenance(&self.group, &self.dim, self.is_primary(groups))
    }
}

impl PlanArray {
    /// Whether chunks are told with least and largest value.
    pub fn has_statistics(&self, array: &BulkArray) -> bool {
        let dtype = array.dtype();
        let numeric = !matches!(dtype, DType::Bool | DType::String | DType::F16) && !dtype.is_complex();
        self.source.is_some() && array.shape().len() == 1 && numeric
    }
}
