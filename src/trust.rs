//! What the harness of `make trust` reaches of the inside: the disk that it replaces, and the defects that it plants.
//!
//! No part of the library's interface; a build that ships has none of it.

pub use crate::defect::{Defect, NAMES, has, set};
pub use crate::fs::disk::{Disk, Fault, Faulty, Real, Recording, Routed, Step, install};
