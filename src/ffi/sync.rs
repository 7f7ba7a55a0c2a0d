//! What the protocol files synchronise with.
//!
//! [`gate`](super::gate) and [`freelist`](super::freelist) name these through `super::sync` only, so that the model
//! test can compile the same files against loom's checked doubles.

pub(super) use std::sync::atomic;
pub(super) use std::sync::{Condvar, Mutex};
