//! The disk of a harness: one for the whole process, since the workers that encode write too.

use std::ops::Deref;
use std::sync::{Arc, PoisonError, RwLock};

use super::{Disk, Real};

static INSTALLED: RwLock<Option<Arc<dyn Disk>>> = RwLock::new(None);

/// The disk that is written to.
pub struct Current(Option<Arc<dyn Disk>>);

impl Deref for Current {
    type Target = dyn Disk;

    fn deref(&self) -> &Self::Target {
        self.0.as_deref().unwrap_or(&Real)
    }
}

/// The disk that is written to.
pub fn disk() -> Current {
    Current(INSTALLED.read().unwrap_or_else(PoisonError::into_inner).clone())
}

/// Puts another disk in the place of the real one, or the real one back with `None`. For the whole process.
pub fn install(disk: Option<Arc<dyn Disk>>) {
    *INSTALLED.write().unwrap_or_else(PoisonError::into_inner) = disk;
}
