//! Datasets: thousands of parts merged into one store, with tables of their files, to be explored, split and trained on.
//!
//! [`merge`](merge::merge) concatenates the arrays of many stores along the primary dimension of their group, and writes
//! `.dataset` (a Zarr store), `.infoset` and `.attribset` (Parquet) and `.flow` (a JSON summary). [`Dataset`] opens them
//! and answers which files and rows there are. Everything here is built on [`Storage`](crate::Storage) and the Zarr
//! backend; nothing below knows of datasets.

mod catalog;
pub mod explore;
pub mod layout;
pub mod merge;
mod publish;
pub mod tables;

pub use catalog::{ArrayEntry, Axis, Catalog, GroupEntry};
pub use explore::Dataset;
pub use merge::{MergeOptions, Planned, Summary, abandon, finish, merge, plan, run_task};
