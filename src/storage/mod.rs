//! [`Storage`]: the facade that every door opens.
//!
//! One store, whatever its backend: schema and validation, NaN policy, metadata and sizes, nested values. A storage is
//! shared by threads (`&self` everywhere, `Send + Sync`); after [`Storage::close`] every call is `Closed`. It knows no
//! file format: bytes are the backend's business.

mod bundle;
mod bytes;
mod commit;
mod data;
mod dims;
mod life;
mod meta;
mod nodes;
mod notes;
mod parts;
mod place;
mod prepare;
mod region;
mod schema;
#[cfg(feature = "dataset")]
mod survey;
mod view;

pub use bundle::{Bundle, Content, Entry};
use place::Place;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::backend::Backend;
use crate::backend::json::JsonDir;
use crate::backend::memory::Memory;
use crate::backend::zarr::ZarrStore;
use crate::config::{Level, log};
use crate::defect::{self, Defect};
use crate::error::{Result, err};
use crate::metadata::Document;
use crate::op::{Interrupt, Op, ProgressFn};
use crate::options::{Nan, Options, SchemaDtype, Validate};
use crate::schema::Schema;

/// The metadata key that holds the schema.
pub(crate) const SCHEMA_KEY: &str = "_storage_schema";
/// The metadata key below which sizes are kept.
pub(crate) const SIZES_KEY: &str = "file_sizes_KB";

/// A store of typed arrays, strings, groups and metadata.
///
/// ```
/// use datastorage::{Storage, Value};
/// let store = Storage::memory();
/// store.save("face_areas", vec![1.5f32, 2.3, 4.1])?;
/// store.save_metadata("source", "bracket.step")?;
/// assert_eq!(store.load_array("face_areas")?.to_vec::<f32>()?, [1.5, 2.3, 4.1]);
/// # Ok::<(), datastorage::Error>(())
/// ```
pub struct Storage {
    backend: Box<dyn Backend>,
    /// Where it is, when it is somewhere.
    place: Option<Place>,
    life: life::Life,
    state: RwLock<State>,
    policy: Policy,
    /// Held by the calls that change the shape of an array.
    growth: Mutex<()>,
    interrupt: Interrupt,
    progress: Mutex<Option<Arc<ProgressFn>>>,
    /// Whether there is such a callback: what most calls look at.
    watched: AtomicBool,
}

/// What the facade itself keeps of a store.
struct State {
    metadata: Document,
    schema: Option<Arc<Schema>>,
    dims: dims::Lengths,
    notes: notes::Notes,
}

#[derive(Clone, Copy)]
struct Policy {
    nan: Nan,
    validate: Validate,
    dtype: SchemaDtype,
    /// What one call that loads several nodes decodes in all.
    decoded: u64,
}

impl Storage {
    /// Opens a store by URI: `memory:`, `json:DIR`, `zarr:PATH`, or a bare path, which is Zarr.
    ///
    /// # Errors
    /// `Unsupported` for another scheme; else as the backend's own opening.
    pub fn open(uri: &str, options: &Options) -> Result<Self> {
        let scheme = uri.split_once(':').filter(|(s, _)| {
            s.len() > 1 && s.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "+-.".contains(c))
        });
        match scheme {
            Some(("memory", "")) => Self::open_memory(options),
            Some(("memory", rest)) => Err(err!(InvalidArgument, "memory:{rest}: nothing follows the colon")),
            Some(("json", path)) => Self::open_json(path, options),
            Some(("zarr", path)) => Self::open_zarr(path, options),
            Some((other, rest)) if rest.starts_with("//") => {
                Err(err!(Unsupported, "{uri}: scheme '{other}' is not known, known are memory, json, zarr"))
            }
            _ => Self::open_zarr(uri, options),
        }
    }

    /// Opens a Zarr store: a directory, or an archive, which opens read-only.
    ///
    /// # Errors
    /// `NotFound`, `AlreadyExists`, `Busy` (another writer), `InvalidArgument` (a file or directory that is no store),
    /// `Corrupt`, `Io`.
    pub fn open_zarr(path: impl AsRef<Path>, options: &Options) -> Result<Self> {
        let place = Place::new(path.as_ref())?;
        let open = |path: &Path| Self::new(Box::new(ZarrStore::open(path, options)?), options, Nan::Refuse);
        place.open(|path| ZarrStore::unmoved(path, options, || open(path)))
    }

    /// Opens a directory of JSON files.
    ///
    /// # Errors
    /// As [`Storage::open_zarr`].
    pub fn open_json(directory: impl AsRef<Path>, options: &Options) -> Result<Self> {
        let place = Place::new(directory.as_ref())?;
        let open = |path: &Path| Self::new(Box::new(JsonDir::open(path, options)?), options, Nan::Allow);
        place.open(open)
    }

    /// A new store in memory with the default options.
    #[must_use]
    pub fn memory() -> Self {
        Self::assemble(Box::new(Memory::new()), &Options::default(), Nan::Allow, Document::new(), None)
    }

    /// A new store in memory.
    ///
    /// # Errors
    /// `NotFound` when the mode asks for an existing one.
    pub fn open_memory(options: &Options) -> Result<Self> {
        use crate::options::Mode;
        if matches!(options.mode, Mode::Read | Mode::ReadWrite) {
            return Err(err!(NotFound, "memory: a store in memory is always new, mode wants an existing one"));
        }
        Self::new(Box::new(Memory::new()), options, Nan::Allow)
    }

    fn new(backend: Box<dyn Backend>, options: &Options, nan: Nan) -> Result<Self> {
        let metadata = Document::from_object(backend.load_metadata()?);
        let schema = match metadata.get(SCHEMA_KEY) {
            Ok(json) => match Schema::parse(json) {
                Ok(schema) => Some(Arc::new(schema)),
                Err(e) => {
                    log(Level::Warn, &format!("the stored schema is ignored: {e}"));
                    None
                }
            },
            Err(_) => None,
        };
        Ok(Self::assemble(backend, options, nan, metadata, schema))
    }

    fn assemble(
        backend: Box<dyn Backend>,
        options: &Options,
        nan: Nan,
        metadata: Document,
        schema: Option<Arc<Schema>>,
    ) -> Self {
        // What is in memory was not decoded.
        let bounded = backend.format() != "memory" && !defect::has(Defect::SkipLimit);
        let decoded = if bounded { options.decoded() } else { u64::MAX };
        Self {
            backend,
            place: None,
            life: life::Life::default(),
            state: RwLock::new(State {
                metadata,
                schema,
                dims: dims::Lengths::default(),
                notes: notes::Notes::default(),
            }),
            policy: Policy {
                nan: options.nan.unwrap_or(nan),
                validate: options.validate,
                dtype: options.schema_dtype,
                decoded,
            },
            growth: Mutex::new(()),
            interrupt: Interrupt::default(),
            progress: Mutex::new(None),
            watched: AtomicBool::new(false),
        }
    }

    /// `zarr`, `memory` or `json`.
    #[must_use]
    pub fn format(&self) -> &'static str {
        self.backend.format()
    }

    /// Whether writes are refused.
    #[must_use]
    pub fn read_only(&self) -> bool {
        self.backend.read_only()
    }

    /// Whether the store was neither closed nor discarded.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.life.is_open()
    }

    /// Ends the calls that are in flight on this store with `Cancelled`, at their next chunk.
    pub fn interrupt(&self) {
        self.interrupt.raise();
    }

    /// Sets what is told of long calls; it runs on the thread of the call, and `false` cancels the call.
    pub fn set_progress(&self, callback: Option<Arc<ProgressFn>>) {
        let mut place = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        self.watched.store(callback.is_some(), Ordering::SeqCst);
        let before = std::mem::replace(&mut *place, callback);
        drop(place);
        drop(before);
    }

    /// Enters a call: the guard keeps the store open for as long as it lives.
    fn enter(&self) -> Result<(life::Guard<'_>, Op)> {
        let guard = self.life.enter()?;
        Ok((guard, self.op()))
    }

    fn enter_write(&self) -> Result<(life::Guard<'_>, Op)> {
        let entered = self.enter()?;
        if self.backend.read_only() {
            return Err(err!(ReadOnly, "the store is read-only"));
        }
        Ok(entered)
    }

    pub(crate) fn call(&self) -> Op {
        self.op()
    }

    fn op(&self) -> Op {
        let watched = self.watched.load(Ordering::SeqCst);
        let progress =
            if watched { self.progress.lock().unwrap_or_else(PoisonError::into_inner).clone() } else { None };
        Op::new(self.interrupt.begin(), progress)
    }

    fn state(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn state_mut(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Storage {
    /// Closes as [`Storage::close`] does; what fails goes to the log. Unwinding from a panic discards instead.
    fn drop(&mut self) {
        if !self.is_open() {
            return;
        }
        if std::thread::panicking() {
            self.discard();
        } else if let Err(e) = self.close() {
            log(Level::Error, &format!("closing a store that was dropped: {e}"));
        }
    }
}
