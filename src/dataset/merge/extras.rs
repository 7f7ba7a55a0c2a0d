//! What a dataset keeps beside the merged arrays: the offsets of files, the statistics of chunks, and the catalog.

use indexmap::IndexMap;
use serde_json::Value as Json;

use super::plan::Ready;
use crate::backend::Object;
use crate::backend::zarr::bulk::{BulkArray, BulkLayout, BulkWriter, Put};
use crate::dataset::catalog::{self, ArrayEntry, Axis, Catalog, GroupEntry};
use crate::dataset::layout;
use crate::error::{Result, err};
use crate::storage::SCHEMA_KEY;
use crate::value::{ArrayView, DType};

/// The most rows of a chunk of these arrays.
const ROWS: u64 = 1 << 16;

/// An array beside the merged ones.
pub struct Extra {
    /// The array.
    pub array: BulkArray,
    what: What,
}

enum What {
    /// The offsets of files along an axis.
    Offsets(usize),
    /// The bounds of the chunks of an array.
    Statistics(usize),
}

/// The arrays that a dataset has beside the merged ones.
///
/// # Errors
/// `Codec`.
pub fn extras(ready: &Ready) -> Result<Vec<Extra>> {
    let layout = BulkLayout::new(&ready.options.store)?;
    let plan = &ready.plan;
    let mut extras = Vec::new();
    let make = |key: &str, dtype, shape: &[u64], dims: &[&str]| {
        let dims: Vec<String> = dims.iter().map(|&dim| dim.to_owned()).collect();
        let rows = shape.first().copied().unwrap_or(1).clamp(1, ROWS);
        layout.array(key, (dtype, shape), &dims, (rows, None), None)
    };
    for (place, axis) in plan.axes.iter().enumerate().filter(|(_, axis)| !axis.per_file) {
        let key = layout::offsets(&axis.group, &axis.dim, axis.is_primary(&plan.groups));
        let count = plan.first_code + plan.files.len() as u64 + 1;
        let array = make(&key, DType::I64, &[count], &["file_offset"])?;
        extras.push(Extra { array, what: What::Offsets(place) });
    }
    for (place, (array, bulk)) in plan.arrays.iter().zip(&ready.arrays).enumerate() {
        if array.has_statistics(bulk) && bulk.chunks() > 0 {
            let key = layout::statistics(&array.group, &array.name);
            let dim = format!("{}_chunk", array.name);
            let array = make(&key, bulk.dtype(), &[bulk.chunks(), 2], &[&dim, "bound"])?;
            extras.push(Extra { array, what: What::Statistics(place) });
        }
    }
    Ok(extras)
}

/// Puts the extras behind the merged arrays of a store; `statistics` are the bounds of the chunks of each array,
/// `before` the offsets of the files that were there, for each axis.
///
/// # Errors
/// `Codec`, `Io`.
pub fn put(
    ready: &Ready,
    extras: &[Extra],
    statistics: &[Vec<u8>],
    before: &[Vec<i64>],
    writer: &mut BulkWriter,
) -> Result<()> {
    for (place, extra) in extras.iter().enumerate() {
        let place = ready.arrays.len() + place;
        match extra.what {
            What::Offsets(axis) => {
                let added = ready.offsets[axis].iter().map(|&offset| {
                    i64::try_from(offset).map_err(|_| err!(Unsupported, "{offset} rows: more than an int64 counts"))
                });
                let mut offsets = before.get(axis).cloned().unwrap_or_default();
                // The end of what was there is where what is added begins.
                offsets.pop();
                offsets.extend(added.collect::<Result<Vec<i64>>>()?);
                put_whole(place, &extra.array, bytemuck::cast_slice(&offsets), writer)?;
            }
            What::Statistics(array) => put_whole(place, &extra.array, &statistics[array], writer)?,
        }
    }
    Ok(())
}

/// Puts an array whose elements are all there.
fn put_whole(place: usize, array: &BulkArray, elements: &[u8], writer: &mut BulkWriter) -> Result<()> {
    let size = array.chunk_shape().iter().product::<u64>() as usize * array.dtype().size();
    let expected = array.shape().iter().product::<u64>() as usize * array.dtype().size();
    if elements.len() != expected {
        return Err(err!(Internal, "{}: has {} bytes, wanted {expected}", array.key(), elements.len()));
    }
    for (chunk, part) in elements.chunks(size.max(1)).enumerate() {
        let mut whole = part.to_vec();
        whole.resize(size, 0);
        let bytes = array.encode(&ArrayView::from_bytes(array.dtype(), array.chunk_shape(), &whole)?)?;
        let crc = crc32fast::hash(&bytes);
        let put = Put { array: place, chunk: chunk as u64, size: bytes.len() as u64, crc };
        writer.put(array, put, &bytes)?;
    }
    Ok(())
}

/// The catalog of a dataset.
pub fn catalog(ready: &Ready) -> Catalog {
    let plan = &ready.plan;
    let mut groups = IndexMap::new();
    for (name, group) in &plan.groups {
        let mut axes = IndexMap::new();
        for (place, axis) in plan.axes.iter().enumerate().filter(|(_, axis)| axis.group == *name) {
            let primary = axis.is_primary(&plan.groups);
            let kept = |text: String| (!axis.per_file).then_some(text);
            axes.insert(
                axis.dim.clone(),
                Axis {
                    rows: ready.offsets[place].last().copied().unwrap_or(0),
                    provenance: kept(axis.provenance(&plan.groups)),
                    offsets: kept(layout::offsets(name, &axis.dim, primary)),
                },
            );
        }
        let mut arrays = IndexMap::new();
        for (array, bulk) in plan.arrays.iter().zip(&ready.arrays) {
            if array.group == *name && array.source.is_some() {
                let statistics = array.has_statistics(bulk) && bulk.chunks() > 0;
                arrays.insert(
                    array.name.clone(),
                    ArrayEntry {
                        dtype: bulk.dtype().name().to_owned(),
                        dims: bulk.dims().to_vec(),
                        axis: plan.axes[array.axis].dim.clone(),
                        statistics_rows: statistics.then(|| bulk.chunk_shape().first().copied().unwrap_or(1)),
                    },
                );
            }
        }
        let rows = axes.get(&group.primary_dimension).map_or(0, |axis| axis.rows);
        let primary_dimension = group.primary_dimension.clone();
        let flattened = group.flattened;
        groups.insert(name.clone(), GroupEntry { primary_dimension, rows, flattened, axes, arrays });
    }
    let files = plan.first_code + plan.files.len() as u64;
    Catalog { version: catalog::VERSION, id: plan.id.clone(), files, groups }
}

/// The metadata document of a dataset.
///
/// # Errors
/// `Internal`.
pub fn document(ready: &Ready) -> Result<Object> {
    let mut document = Object::new();
    if let Some(schema) = &ready.plan.schema {
        document.insert(SCHEMA_KEY.to_owned(), schema.clone());
    }
    let catalog: Json = serde_json::to_value(catalog(ready)).map_err(|e| err!(Internal, "catalog: {e}"))?;
    document.insert(layout::PRIVATE.to_owned(), catalog);
    Ok(document)
}
