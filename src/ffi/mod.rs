//! The C ABI: `ds_*`, as declared in `include/datastorage.h`.
//!
//! A function here checks what C handed in, enters the store, calls [`Storage`](crate::Storage) and converts what
//! comes back; it decides nothing. The rules every function keeps (who owns what, which thread may call what, how
//! errors are told) stand once, at the top of the header, which is generated from these files: one file a section,
//! and the comments of the functions are its comments, so they speak C. Handles are in `handle`, the entering in
//! `call`, the checking in `text`.
//!
//! Invariants: no panic crosses the boundary; no handle is ever dereferenced; a result is written only on success (but
//! a needed size also with `DS_ERR_BUFFER_TOO_SMALL`).

#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic))]
// C's names are the names; the one safety contract of all functions is the header's.
#![allow(non_camel_case_types, clippy::missing_safety_doc)]
// The comments speak C: brackets are an index.
#![allow(rustdoc::broken_intra_doc_links)]

#[cfg(not(target_pointer_width = "64"))]
compile_error!("a handle is 64 bits: datastorage needs a 64-bit target");

mod buffer;
mod call;
mod callbacks;
mod close;
mod copy;
mod dataset;
mod dataset_query;
mod dlpack;
mod error_text;
mod fork;
mod freelist;
mod gate;
mod handle;
mod held;
mod iter;
mod load;
#[cfg(test)]
mod memory_tests;
mod merge;
mod metadata;
#[cfg(not(feature = "dataset"))]
mod no_dataset;
mod nodes;
mod open;
mod region;
mod save;
mod schema;
mod schema_builder;
mod schema_metadata;
#[cfg(test)]
mod schema_tests;
mod status;
mod strings;
mod sync;
#[cfg(test)]
mod tests;
mod text;
mod typed;
mod types;
mod version;
mod view;

pub use buffer::*;
pub use callbacks::*;
pub use close::*;
pub use copy::*;
pub use dataset::*;
pub use dataset_query::*;
pub use dlpack::*;
pub use error_text::*;
pub use iter::*;
pub use load::*;
pub use merge::*;
pub use metadata::*;
pub use nodes::*;
pub use open::*;
pub use region::*;
pub use save::*;
pub use schema::*;
pub use schema_builder::*;
pub use schema_metadata::*;
pub use status::*;
pub use strings::*;
pub use text::DS_MAX_NDIM;
pub use typed::*;
pub use types::*;
pub use version::*;
pub use view::*;
