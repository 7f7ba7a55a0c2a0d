//! The model test: what a store must be after a sequence of operations, told by a plain map.
//!
//! A [`case::Case`] is data: how the store is opened, and the [`step::Step`]s that are done to it. [`run`] does them to a
//! store and to a [`state::State`], which is a tree of ordinary maps, and says where the two disagree. [`draw`] makes
//! cases at random, [`shrink`] makes one that fails small; neither is needed to do a case again.
//!
//! Data types, keys, the rules of a schema on the elements of one array and the reading of JSON as values are the
//! library's own: they have tests of their own, and know nothing of stores. All else the model knows for itself.

pub mod again;
pub mod arrays;
pub mod calls;
pub mod case;
pub mod changes;
pub mod compare;
pub mod copied;
pub mod cut_off;
pub mod data;
pub mod document;
pub mod draw;
pub mod drawn;
pub mod elsewhere;
pub mod looks;
pub mod opened;
pub mod parts;
pub mod run;
pub mod shrink;
pub mod state;
pub mod step;
pub mod tree;
pub mod values;
