//! What each part says of itself: its arrays without their elements, its schema, its metadata.
//!
//! Parts are opened in parallel, a batch at a time, and told in their order: nothing of a part is kept but what the
//! caller keeps.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::options::MergeOptions;
use super::parts::Part;
use super::workers::Workers;
use crate::backend::Backend;
use crate::backend::json::JsonDir;
use crate::backend::zarr::ZarrStore;
use crate::error::{Result, err};
use crate::json_text::push_string;
use crate::key::Key;
use crate::metadata;
use crate::op::{Cancel, Op};
use crate::options::Options;
use crate::schema::Schema;
use crate::storage::SCHEMA_KEY;
use crate::value::DType;

/// Parts that are opened before the first of them is told.
const BATCH: usize = 512;

/// An array of a part.
#[derive(Clone, Debug)]
pub struct ArrayHeader {
    /// Its key in the part.
    pub key: String,
    /// The type of its elements.
    pub dtype: DType,
    /// Its shape.
    pub shape: Vec<u64>,
    /// Its dimensions, where somebody named them.
    pub dims: Option<Vec<String>>,
}

/// What a part says of itself.
pub struct Header {
    /// Its arrays, in the order of their keys.
    pub arrays: Vec<ArrayHeader>,
    /// Its schema; of parts with equal ones it is the same.
    pub schema: Option<Arc<Schema>>,
    /// Its metadata without private keys: the text of an object, in one line.
    pub metadata: String,
}

/// Parts that stay open between planning and reading: those of a small merge, which are read once then.
#[derive(Default)]
pub struct Kept {
    parts: Mutex<HashMap<PathBuf, Box<dyn Backend>>>,
    bytes: AtomicU64,
}

/// The bytes of parts that are kept.
const KEPT: u64 = 64 << 20;
/// Of a part of more bytes only the headers are read when it is not kept.
const WHOLE: u64 = 128 << 10;

impl Kept {
    /// One that keeps nothing.
    pub fn none() -> Self {
        Self { parts: Mutex::default(), bytes: AtomicU64::new(KEPT) }
    }

    /// Whether a part is kept: while there is room.
    fn has_room(&self, part: &Part) -> bool {
        part.bytes > 0 && self.bytes.fetch_add(part.bytes, Ordering::Relaxed).saturating_add(part.bytes) <= KEPT
    }

    fn keep(&self, part: &Part, store: Box<dyn Backend>) {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner).insert(part.path.clone(), store);
    }

    /// The backend of a part, as it was planned where it was kept.
    ///
    /// # Errors
    /// As [`backend`].
    pub fn take(&self, path: &Path, reading: &Options) -> Result<Box<dyn Backend>> {
        let kept = self.parts.lock().unwrap_or_else(PoisonError::into_inner).remove(path);
        kept.map_or_else(|| backend(path, reading), Ok)
    }
}

/// Opens every part and tells what it says, or why it cannot be read, in the order of the parts.
///
/// # Errors
/// `Cancelled`; what `tell` fails with.
pub fn survey(
    op: &Op,
    parts: &[Part],
    options: &MergeOptions,
    workers: &Workers,
    kept: &Kept,
    tell: &mut dyn FnMut(usize, Result<Header>) -> Result<()>,
) -> Result<()> {
    let reading = options.reading();
    let schemas = Schemas::default();
    let cancel = op.cancel();
    for (batch, parts) in parts.chunks(BATCH).enumerate() {
        op.check()?;
        let headers = workers.map(parts, |part| {
            cancel.check()?;
            header(cancel, part, &reading, options.verify, &schemas, kept)
        });
        for (place, header) in headers.into_iter().enumerate() {
            tell(batch * BATCH + place, header)?;
        }
        op.progress("plan", (batch * BATCH + parts.len()) as u64, 0)?;
    }
    Ok(())
}

/// Opens the backend of a store by its path, whatever its format: what reads need, and no more.
///
/// # Errors
/// As [`Storage::open`](crate::Storage::open).
pub fn backend(path: &Path, reading: &Options) -> Result<Box<dyn Backend>> {
    Ok(if is_json(path) { Box::new(JsonDir::open(path, reading)?) } else { Box::new(ZarrStore::open(path, reading)?) })
}

fn is_json(path: &Path) -> bool {
    path.is_dir()
        && path.join("metadata.json").exists()
        && [".zgroup", "zarr.json"].iter().all(|n| !path.join(n).exists())
}

fn header(op: &Cancel, part: &Part, reading: &Options, verify: bool, schemas: &Schemas, kept: &Kept) -> Result<Header> {
    let op = &Op::new(op.clone(), None);
    let keeps = kept.has_room(part);
    let by_position = !keeps && !verify && part.bytes > WHOLE;
    let store = backend(&part.path, &Options { by_position, ..reading.clone() })?;
    let (schema, metadata) = match store.metadata_text()? {
        Some(document) => schemas.split(&document)?,
        None => {
            let mut document = store.load_metadata()?;
            let schema = document.get(SCHEMA_KEY).map(|json| schemas.shared(json)).transpose()?;
            document.retain(|key, _| !key.starts_with('_'));
            (schema, serde_json::Value::Object(document).to_string())
        }
    };
    let mut arrays = Vec::new();
    for (key, dtype, shape) in store.headers(op)? {
        let named = schema.as_ref().is_some_and(|schema| schema.locate(key.as_str()).is_some());
        let dims = if named { None } else { named_dims(&*store, &key, shape.len())? };
        if verify {
            store.read(op, &key, None)?;
        }
        arrays.push(ArrayHeader { key: key.as_str().to_owned(), dtype, shape, dims });
    }
    arrays.sort_by(|a, b| a.key.cmp(&b.key));
    if keeps {
        kept.keep(part, store);
    }
    Ok(Header { arrays, schema, metadata })
}

/// The names of dimensions that are not the automatic ones.
fn named_dims(store: &dyn Backend, key: &Key, ndim: usize) -> Result<Option<Vec<String>>> {
    let dims = store.info(key)?.dims;
    if dims.len() != ndim {
        return Err(err!(Corrupt, "{key}: has {ndim} dimensions, names for {}", dims.len()));
    }
    Ok(Some(dims).filter(|dims| !crate::value::are_automatic_dims(key.as_str(), dims)))
}

/// The different schemas that were seen, and their texts.
#[derive(Default)]
struct Schemas(Mutex<Vec<(String, Arc<Schema>)>>);

impl Schemas {
    /// The schema in a metadata document, and the text of an object of its other members that are not private.
    fn split(&self, document: &[u8]) -> Result<(Option<Arc<Schema>>, String)> {
        let mut schema = None;
        let mut rest = String::from("{");
        for (name, text) in metadata::members_of(document)? {
            if name == SCHEMA_KEY {
                schema = Some(self.of_text(text)?);
            } else if !name.starts_with('_') {
                rest.push_str(if rest.len() > 1 { "," } else { "" });
                push_string(&mut rest, &name);
                rest.push(':');
                // A line break between values is nothing but white space; in a text it is escaped.
                rest.extend(text.chars().map(|c| if c == '\n' || c == '\r' { ' ' } else { c }));
            }
        }
        rest.push('}');
        Ok((schema, rest))
    }

    fn of_text(&self, text: &str) -> Result<Arc<Schema>> {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, schema)) = seen.iter().find(|(have, _)| have == text) {
            return Ok(schema.clone());
        }
        drop(seen);
        let json = serde_json::from_str(text).map_err(|e| err!(Corrupt, "metadata.json: {e}"))?;
        self.add(text.to_owned(), &json)
    }

    /// The first schema that is equal to this one.
    fn shared(&self, json: &serde_json::Value) -> Result<Arc<Schema>> {
        self.add(json.to_string(), json)
    }

    fn add(&self, text: String, json: &serde_json::Value) -> Result<Arc<Schema>> {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let equal = seen.iter().find(|(_, have)| have.json() == json).map(|(_, schema)| schema.clone());
        let schema = match equal {
            Some(schema) => schema,
            None => Arc::new(Schema::parse(json)?),
        };
        seen.push((text, schema.clone()));
        Ok(schema)
    }
}
