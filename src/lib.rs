//! Typed n-d arrays, strings, nested groups, metadata and schemas in Zarr, JSON or memory.
//!
//! [`Storage`] is the front door: open one by URI, save and load by '/'-separated keys, describe it with a schema,
//! compress it into one file. The C ABI in [`ffi`] adds nothing but safety at the boundary.
//!
//! ```
//! use datastorage::{Options, Storage};
//! let dir = tempfile::tempdir().unwrap();
//! let store = Storage::open_zarr(dir.path().join("part.zarr"), &Options::default())?;
//! store.save("face_areas", vec![1.5f32, 2.3, 4.1])?;
//! store.save("graph/num_nodes", 3i64)?;
//! store.save_metadata("source", "bracket.step")?;
//! let bytes = store.compress()?;
//! store.close()?;
//!
//! let store = Storage::open_zarr(dir.path().join("part.zarr"), &Options::default())?; // opens part.zarr.data, read-only
//! assert_eq!(store.load_array("face_areas")?.to_vec::<f32>()?, [1.5, 2.3, 4.1]);
//! # assert!(bytes > 0);
//! # Ok::<(), datastorage::Error>(())
//! ```
//!
//! The way of the data: a call in some language -> `ffi` (check, enter, convert) -> [`Storage`] (schema, NaN policy,
//! metadata, sizes) -> a [`backend`] (keys to bytes) -> [`codec`]s -> files. Nothing calls back up.

mod array_options;
pub mod backend;
pub mod codec;
pub mod config;
mod convert;
#[cfg(feature = "dataset")]
pub mod dataset;
mod defect;
mod error;
pub mod ffi;
#[allow(dead_code, unused_imports)] // the backends take what they need
pub(crate) mod fs;
mod json_text;
mod key;
pub mod metadata;
mod op;
pub mod options;
pub mod schema;
mod storage;
#[cfg(feature = "trust")]
#[doc(hidden)]
pub mod trust;
pub mod value;

pub use array_options::ArrayOptions;
pub use backend::{Finding, Info, Kind, Object, Region};
pub use convert::{CopyOptions, convert};
pub use error::{Error, ErrorKind, Result};
pub use key::Key;
pub use op::{Cancel, Interrupt, Op, Progress, ProgressFn};
pub use options::Options;
pub use schema::{Schema, SchemaBuilder, Scope};
pub use storage::{Bundle, Content, Entry, Storage};
pub use value::{Array, ArrayView, DType, Element, SharedArray, Value};
