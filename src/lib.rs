//! Typed n-d arrays, strings, nested groups, metadata and schemas in Zarr, JSON or memory.

pub mod backend;
mod error;
#[allow(dead_code, unused_imports)] // the backends take what they need
pub(crate) mod fs;
mod key;
pub mod metadata;
mod op;
mod options;
pub mod value;

pub use error::{Error, ErrorKind, Result};
pub use key::Key;
pub use op::{Cancel, Interrupt, Op, Progress, ProgressFn};
pub use options::Options;
