//! From parts to a plan: headers are read, agreement is sought, arrays are cut.

use std::collections::HashMap;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use indexmap::IndexMap;
use serde_json::json;

use super::agree::{Agreeing, Agreement};
use super::agreed::{ABSENT, AgreedArray};
use super::axes::{Shape, shape};
use super::base::BaseDataset;
use super::cut;
use super::options::{MergeOptions, Missing};
use super::parts::{self, Part};
use super::plan::{Plan, PlanArray, PlanFile, PlanGroup, PlanSkipped, Ready};
use super::survey::{self, Kept};
use super::workers::Workers;
use crate::backend::zarr::bulk::{BulkArray, BulkLayout};
use crate::dataset::layout::Paths;
use crate::error::{Error, Result, err};
use crate::fs;
use crate::key::Key;
use crate::op::Op;
use crate::schema::Schema;
use crate::value::{Array, DType};

/// About how many bytes of elements are the work of a task.
const TASK: u64 = 256 << 20;
/// The metadata of the parts, a line each, in the work directory.
pub const METADATA: &str = "files";

/// Plans a merge and writes the metadata of the parts into the work directory.
///
/// # Errors
/// As [`super::merge`].
pub fn plan(
    op: &Op,
    paths: &Paths,
    sources: &[std::path::PathBuf],
    options: &MergeOptions,
    base: Option<&BaseDataset>,
    (workers, kept): (&Workers, &Kept),
) -> Result<Ready> {
    let started = Instant::now();
    let parts = parts::find(sources, &options.exclude)?;
    if let Some(base) = base {
        base.check_names(&parts)?;
    }
    let agreement = agree(op, paths, &parts, options, (workers, kept))?;
    if let Some(base) = base {
        base.check_schema(agreement.schema.as_deref())?;
    }
    let mut ready = assemble(paths, &parts, options, base, agreement)?.ready()?;
    ready.plan.tasks = tasks(&ready);
    ready.plan.seconds = started.elapsed().as_secs_f64();
    Ok(ready)
}

fn agree(
    op: &Op,
    paths: &Paths,
    parts: &[Part],
    options: &MergeOptions,
    (workers, kept): (&Workers, &Kept),
) -> Result<Agreement> {
    let path = paths.work.join(METADATA);
    let failed = |e: &std::io::Error| Error::io(&path, e);
    let mut lines = BufWriter::with_capacity(1 << 18, fs::AppendFile::create(&path)?);
    let groups = options.groups.as_deref();
    let mut agreeing = Agreeing::new(parts, options.on_error, options.missing, groups);
    survey::survey(op, parts, options, workers, kept, &mut |part, header| {
        if agreeing.add(part, &header)?
            && let Ok(header) = header
        {
            let name = json!(parts[part].name);
            writeln!(lines, "{{\"name\":{name},\"metadata\":{}}}", header.metadata).map_err(|e| failed(&e))?;
        }
        Ok(())
    })?;
    lines.flush().map_err(|e| failed(&e))?;
    agreeing.finish()
}

fn assemble(
    paths: &Paths,
    parts: &[Part],
    options: &MergeOptions,
    base: Option<&BaseDataset>,
    agreement: Agreement,
) -> Result<Plan> {
    let Agreement { files, schema, mut arrays, skipped } = agreement;
    let place = |array: &AgreedArray| place_in(schema.as_deref(), array);
    arrays.sort_by(|_, a, _, b| place(a).cmp(&place(b)));
    let mut groups: IndexMap<String, PlanGroup> = IndexMap::new();
    for array in arrays.values() {
        let primary_dimension = array.route.primary.clone();
        let group = groups.entry(array.route.group.clone());
        group.or_insert(PlanGroup { primary_dimension, flattened: false }).flattened |= array.route.flattened;
    }
    let shape = shape(arrays, files.len(), options.missing, base)?;
    let first_code = base.map_or(0, BaseDataset::files);
    let layout = BulkLayout::new(&options.store)?;
    let mut planned = Vec::new();
    let Shape { mut axes, arrays } = shape;
    for (array, axis) in arrays {
        let (group, name) = (array.route.group.clone(), array.route.name.clone());
        let key = format!("{group}/{name}");
        let rows = &axes[axis];
        let total = rows.base + rows.rows.iter().sum::<u64>();
        let full: Vec<u64> = std::iter::once(total).chain(array.route.row.iter().copied()).collect();
        let dims: Vec<String> =
            std::iter::once(rows.dim.clone()).chain(array.route.dims.iter().skip(1).cloned()).collect();
        let sample = || sample(&layout, parts, &files, &array, options);
        let new = make(&layout, options, &key, (array.dtype, &full), &dims, first_code + files.len() as u64, sample);
        let (bulk, first_chunk) = match base {
            Some(base) => base.go_on(&key, array.dtype, &full, rows.base, new)?,
            None => (new?, 0),
        };
        let lacks = |&file: &usize| rows.rows[file] > 0 && array.rows[file] == ABSENT;
        let lacking = (0..files.len()).filter(lacks).collect();
        planned.push(plan_array(&bulk, (group, name), axis, Some(array.key), first_chunk, lacking));
    }
    for (place, axis) in axes.iter().enumerate().filter(|(_, axis)| !axis.per_file) {
        let name = axis.provenance(&groups);
        let key = format!("{}/{name}", axis.group);
        let total = [axis.base + axis.rows.iter().sum::<u64>()];
        let count = first_code + files.len() as u64;
        let dims = [axis.dim.clone()];
        let new = make(&layout, options, &key, (DType::I32, &total), &dims, count, || Ok(Some(codes(&axis.rows))));
        let (bulk, first_chunk) = match base {
            Some(base) => base.go_on(&key, DType::I32, &total, axis.base, new)?,
            None => (new?, 0),
        };
        planned.push(plan_array(&bulk, (axis.group.clone(), name), place, None, first_chunk, Vec::new()));
    }
    if let Some(base) = base {
        let fill = options.missing == Missing::Fill;
        base.complete(&mut groups, &mut axes, &mut planned, (files.len(), fill))?;
    }
    let file = |&part: &usize| {
        let Part { name, path, bytes, modified } = parts[part].clone();
        PlanFile { name, path, bytes, modified }
    };
    let skipped = skipped.into_iter().map(|skipped| {
        let Part { name, path, .. } = parts[skipped.part].clone();
        PlanSkipped { name, path, error: skipped.error }
    });
    let schema = schema.map(|schema: Arc<Schema>| schema.json().clone());
    let files = (files.iter().map(file).collect(), first_code, base.map(BaseDataset::identity));
    let output = paths.dataset.clone();
    Plan::new(output, options, schema, files, groups, axes, planned, skipped.collect())
}

/// The place of an array: that in the schema, or else by its name.
fn place_in(schema: Option<&Schema>, array: &AgreedArray) -> (usize, usize, String, String) {
    let (group, name) = (&array.route.group, &array.route.name);
    let at = schema.and_then(|schema| {
        let at = schema.groups().position(|(have, _)| have == group)?;
        let of = schema.group(group)?.arrays().position(|(have, _)| have.replace('/', "_") == *name)?;
        Some((at, of))
    });
    let (at, of) = at.unwrap_or((usize::MAX, usize::MAX));
    (at, of, group.clone(), name.clone())
}

fn make(
    layout: &BulkLayout,
    options: &MergeOptions,
    key: &str,
    (dtype, shape): (DType, &[u64]),
    dims: &[String],
    files: u64,
    sample: impl FnOnce() -> Result<Option<Array>>,
) -> Result<BulkArray> {
    let row = shape.iter().skip(1).product();
    let rows = shape.first().copied().unwrap_or(0);
    let sample = if layout.samples() { sample()? } else { None };
    layout.array(key, (dtype, shape), dims, cut::rows(&options.store, row, rows, files), sample)
}

/// Some rows by which an encoding is chosen: those of the largest of the first files.
fn sample(
    layout: &BulkLayout,
    parts: &[Part],
    files: &[usize],
    array: &AgreedArray,
    options: &MergeOptions,
) -> Result<Option<Array>> {
    let rows = |file: usize| if array.rows[file] == ABSENT { 0 } else { array.rows[file] };
    let Some(file) = (0..files.len().min(64)).max_by_key(|&file| rows(file)) else { return Ok(None) };
    if !layout.samples() || rows(file) == 0 || array.dtype == DType::String {
        return Ok(None);
    }
    let store = survey::backend(&parts[files[file]].path, &options.reading())?;
    let whole = store.read(&Op::quiet(), &Key::parse(&array.key)?, None)?.array;
    let shape = std::iter::once(rows(file)).chain(array.route.row.iter().copied()).collect();
    whole.reshaped(shape).map(Some)
}

/// The codes of the first files, as an encoding is chosen by.
fn codes(rows: &[u64]) -> Array {
    let codes = rows.iter().take(4096).enumerate().flat_map(|(code, &rows)| {
        let count = usize::try_from(rows.min(1 << 12)).unwrap_or(0);
        std::iter::repeat_n(i32::try_from(code).unwrap_or(0), count)
    });
    Array::vector(&codes.take(1 << 18).collect::<Vec<i32>>())
}

/// The line of an array in a plan.
pub fn plan_array(
    bulk: &BulkArray,
    (group, name): (String, String),
    axis: usize,
    source: Option<String>,
    first_chunk: u64,
    lacking: Vec<usize>,
) -> PlanArray {
    let documents = bulk.documents().into_iter().map(|(name, text)| (name.to_owned(), text)).collect();
    PlanArray { key: bulk.key().as_str().to_owned(), group, name, axis, source, documents, first_chunk, lacking }
}

/// The work of each task.
fn tasks(ready: &Ready) -> Vec<Vec<(u64, u64)>> {
    let Ready { plan, options, .. } = ready;
    let mut weights = vec![0u64; plan.files.len()];
    for (array, bulk) in plan.arrays.iter().zip(&ready.arrays) {
        let row = bulk.shape().iter().skip(1).product::<u64>().saturating_mul(bulk.dtype().size().max(16) as u64);
        for (weight, rows) in weights.iter_mut().zip(&plan.axes[array.axis].rows) {
            *weight = weight.saturating_add(rows.saturating_mul(row));
        }
    }
    let bytes = weights.iter().fold(0u64, |sum, &weight| sum.saturating_add(weight));
    let count = options.tasks.unwrap_or_else(|| bytes.div_ceil(TASK)).max(1);
    let column = |(array, bulk): (&PlanArray, &BulkArray)| {
        let rows = bulk.chunk_shape().first().copied().unwrap_or(1);
        (ready.offsets[array.axis].as_slice(), rows, array.first_chunk, bulk.chunks())
    };
    let columns: Vec<(&[u64], u64, u64, u64)> = plan.arrays.iter().zip(&ready.arrays).map(column).collect();
    cut::tasks(&cut::boundaries(&weights, count), &columns)
}

/// The metadata of the files of a plan, in their order.
///
/// # Errors
/// `Corrupt`, `Io`; what `visit` fails with.
pub fn each_metadata(
    work: &Path,
    plan: &Plan,
    visit: &mut dyn FnMut(usize, crate::backend::Object) -> Result<()>,
) -> Result<()> {
    use std::io::BufRead;
    #[derive(serde::Deserialize)]
    struct Line {
        name: String,
        metadata: crate::backend::Object,
    }
    let path = work.join(METADATA);
    let place = path.display();
    let places: HashMap<&str, usize> =
        plan.files.iter().enumerate().map(|(place, file)| (file.name.as_str(), place)).collect();
    let file = fs::ReadFile::open(&path)?;
    let mut seen = 0;
    for line in std::io::BufReader::with_capacity(1 << 18, file.reader()).lines() {
        let line = line.map_err(|e| Error::io(&path, &e))?;
        let Line { name, metadata } = serde_json::from_str(&line).map_err(|e| err!(Corrupt, "{place}: {e}"))?;
        if let Some(&file) = places.get(name.as_str()) {
            seen += 1;
            visit(file, metadata)?;
        }
    }
    if seen == plan.files.len() {
        return Ok(());
    }
    Err(err!(Corrupt, "{place}: has {seen} of {} files", plan.files.len()))
}
