//! Small datasets in the layout that a merge writes.

use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};

use super::super::Dataset;
use crate::array_options::ArrayOptions;
use crate::dataset::layout;
use crate::dataset::tables::{FileRow, write_attribset, write_infoset};
use crate::options::{Nan, Options, Sync};
use crate::storage::Storage;
use crate::value::{Array, DType};

/// The identity of the datasets here.
pub const ID: &str = "00112233445566ff";

/// An array of a group, already concatenated.
pub struct Part {
    pub group: &'static str,
    pub array: &'static str,
    pub axis: &'static str,
    pub data: Array,
}

/// What a dataset is made of.
pub struct Spec {
    /// Rows of each file along each axis; `file` is understood.
    pub axes: Vec<(&'static str, Vec<u64>)>,
    /// The first axis of a group's arrays is its primary dimension.
    pub parts: Vec<Part>,
    pub metadata: Vec<Json>,
    pub chunk_rows: u64,
    pub statistics: bool,
    pub archive: bool,
}

impl Spec {
    /// Writes it all; gives the path of the store.
    pub fn write(&self, dir: &Path) -> PathBuf {
        let path = dir.join("all.dataset");
        let options = Options { nan: Some(Nan::Allow), sync: Sync::None, export: Some(false), ..Options::default() };
        let place = if self.archive { dir.join("all") } else { path.clone() };
        let store = Storage::open_zarr(&place, &options).unwrap();
        let mut groups = serde_json::Map::new();
        for part in &self.parts {
            let shape = part.data.shape();
            let mut dims: Vec<String> = (1..shape.len()).map(|d| format!("{}_{d}", part.array)).collect();
            dims.insert(0, part.axis.to_owned());
            self.save(&store, &format!("{}/{}", part.group, part.array), &part.data, Some(dims.clone()));
            let entry = groups.entry(part.group).or_insert_with(|| {
                let rows = self.rows(part.axis);
                json!({"primary_dimension": part.axis, "rows": rows, "flattened": false, "axes": {}, "arrays": {}})
            });
            let primary = entry["primary_dimension"] == part.axis;
            if part.axis == layout::FILE {
                entry["axes"][part.axis] = json!({"rows": self.metadata.len()});
            } else if entry["axes"].get(part.axis).is_none() {
                let name = layout::provenance(part.group, part.axis, primary);
                let offsets = layout::offsets(part.group, part.axis, primary);
                self.save_axis(&store, part, &name, &offsets);
                entry["axes"][part.axis] =
                    json!({"rows": self.rows(part.axis), "provenance": name, "offsets": offsets});
            }
            let mut array = json!({"dtype": part.data.dtype().name(), "dims": dims, "axis": part.axis});
            if let Some(statistics) = self.statistics(part) {
                self.save(&store, &layout::statistics(part.group, part.array), &statistics, None);
                array["statistics_rows"] = json!(self.chunk_rows);
            }
            entry["arrays"][part.array] = array;
        }
        let catalog = json!({"version": 1, "id": ID, "files": self.metadata.len(), "groups": groups});
        store.save_metadata(layout::PRIVATE, catalog).unwrap();
        if self.archive {
            store.compress().unwrap();
        }
        store.close().unwrap();
        if self.archive {
            std::fs::rename(dir.join("all.data"), &path).unwrap();
        }
        self.write_tables(&path);
        path
    }

    fn write_tables(&self, path: &Path) {
        let files: Vec<FileRow> = self
            .metadata
            .iter()
            .enumerate()
            .map(|(id, metadata)| FileRow {
                id: id as i64,
                name: format!("part_{id:05}"),
                description: String::new(),
                metadata: metadata.as_object().unwrap().clone(),
            })
            .collect();
        let paths = layout::Paths::of(path).unwrap();
        write_infoset(&paths.infoset, ID, None, &files, None, Sync::None).unwrap();
        write_attribset(&paths.attribset, ID, None, &files, None, Sync::None).unwrap();
    }

    /// Rows of all files along an axis.
    pub fn rows(&self, axis: &str) -> u64 {
        self.lengths(axis).iter().sum()
    }

    /// Rows of each file along an axis.
    pub fn lengths(&self, axis: &str) -> Vec<u64> {
        let known = self.axes.iter().find(|(name, _)| *name == axis).map(|(_, lengths)| lengths.clone());
        known.unwrap_or_else(|| vec![1; self.metadata.len()])
    }

    /// The file of each row along an axis.
    pub fn file_codes(&self, axis: &str) -> Vec<usize> {
        let lengths = self.lengths(axis);
        lengths.iter().enumerate().flat_map(|(file, &length)| std::iter::repeat_n(file, length as usize)).collect()
    }

    fn save_axis(&self, store: &Storage, part: &Part, name: &str, offsets: &str) {
        let codes: Vec<i32> = self.file_codes(part.axis).iter().map(|&code| code as i32).collect();
        self.save(store, &format!("{}/{name}", part.group), &Array::vector(&codes), None);
        let mut sum = 0;
        let mut starts = vec![0i64];
        starts.extend(self.lengths(part.axis).iter().map(|&length| {
            sum += length as i64;
            sum
        }));
        self.save(store, offsets, &Array::vector(&starts), None);
    }

    fn save(&self, store: &Storage, key: &str, data: &Array, dims: Option<Vec<String>>) {
        let mut chunks = data.shape().to_vec();
        chunks[0] = self.chunk_rows;
        chunks.iter_mut().for_each(|length| *length = (*length).max(1));
        let options = ArrayOptions { chunks: Some(chunks), dims, ..ArrayOptions::default() };
        store.create(key, data.dtype(), data.shape(), &options).unwrap();
        store.save_region(key, &vec![0; data.shape().len()], &data.view()).unwrap();
    }

    fn statistics(&self, part: &Part) -> Option<Array> {
        macro_rules! of {
            ($t:ty, $none:expr) => {{
                let values = part.data.to_vec::<$t>().unwrap();
                let bounds: Vec<$t> = values
                    .chunks(self.chunk_rows as usize)
                    .flat_map(|block| {
                        let numbers = block.iter().copied().filter(|value| value == value);
                        numbers.fold($none, |[min, max], value| {
                            [if value < min { value } else { min }, if value > max { value } else { max }]
                        })
                    })
                    .collect();
                let blocks = bounds.len() as u64 / 2;
                Some(Array::from_slice(&[blocks, 2], &bounds).unwrap())
            }};
        }
        if !self.statistics || part.data.shape().len() != 1 {
            return None;
        }
        match part.data.dtype() {
            DType::I32 => of!(i32, [i32::MAX, i32::MIN]),
            DType::I64 => of!(i64, [i64::MAX, i64::MIN]),
            DType::U8 => of!(u8, [u8::MAX, u8::MIN]),
            DType::F32 => of!(f32, [f32::MAX, f32::MIN]),
            DType::F64 => of!(f64, [f64::MAX, f64::MIN]),
            _ => None,
        }
    }
}

/// Seven files: the second one has no faces, the last ones have many.
pub fn spec() -> Spec {
    let faces = vec![3u64, 0, 5, 1, 12, 2, 17];
    let rows: usize = faces.iter().sum::<u64>() as usize;
    let areas: Vec<f32> =
        (0..rows).map(|row| if row % 11 == 5 { f32::NAN } else { (row as f32 - 7.0) * 0.5 }).collect();
    let types: Vec<i32> = (0..rows).map(|row| (row * row % 5) as i32).collect();
    let big: Vec<i64> = (0..rows).map(|row| (1i64 << 53) + row as i64).collect();
    let centroids: Vec<f64> = (0..rows * 3).map(|at| at as f64 * if at % 2 == 0 { 1.0 } else { -1.0 }).collect();
    let flags: Vec<bool> = (0..rows).map(|row| row % 3 == 0).collect();
    let words: Vec<String> = (0..rows).map(|row| ["hole", "slot", "", "größe"][row % 4].to_owned()).collect();
    let sorted: Vec<i32> = (0..rows).map(|row| row as i32).collect();
    let part = |array, data| Part { group: "faces", array, axis: "face", data };
    let metadata = (0..7).map(|file| {
        let mut json = json!({"size": file * 10, "ratio": f64::from(file) / 4.0, "closed": file % 2 == 0,
            "unit": if file == 3 { "inch" } else { "mm" }, "file_label": file % 3,
            "odd": {"na me": file}, "descriptions": {"face_types": {"0": "Plane", "1": "Cylinder", "4": "Cone"}}});
        if file % 3 == 1 {
            json.as_object_mut().unwrap().shift_remove("ratio");
            json.as_object_mut().unwrap().shift_remove("closed");
        }
        json
    });
    Spec {
        axes: vec![("face", faces), ("loop", vec![1, 2, 0, 3, 0, 1, 4])],
        parts: vec![
            part("face_areas", Array::vector(&areas)),
            part("face_types", Array::vector(&types)),
            part("face_sorted", Array::vector(&sorted)),
            part("face_big", Array::vector(&big)),
            part("face_centroids", Array::from_slice(&[rows as u64, 3], &centroids).unwrap()),
            part("face_flags", Array::vector(&flags)),
            part("face_words", Array::from_strings(vec![rows as u64], words).unwrap()),
            Part {
                group: "faces",
                array: "loop_ids",
                axis: "loop",
                data: Array::vector(&[0i32, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
            },
            Part { group: "faces", array: "genus", axis: "file", data: Array::vector(&[0i32, 1, 0, 2, 0, 1, 0]) },
            Part { group: "graph", array: "num_nodes", axis: "file", data: Array::vector(&[1u8, 2, 3, 4, 5, 6, 7]) },
        ],
        metadata: metadata.collect(),
        chunk_rows: 5,
        statistics: true,
        archive: false,
    }
}

/// The dataset of [`spec`], open; the directory lives as long as it.
pub fn dataset() -> (tempfile::TempDir, Dataset) {
    let dir = tempfile::tempdir().unwrap();
    let path = spec().write(dir.path());
    let dataset = Dataset::open(path, &Options::default()).unwrap();
    (dir, dataset)
}
