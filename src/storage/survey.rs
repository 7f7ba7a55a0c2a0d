//! The metadata document of a store, for those who read more than a value of it.

use std::sync::Arc;

use super::Storage;
use crate::backend::Object;

impl Storage {
    /// The metadata as they are now.
    pub(crate) fn document(&self) -> Arc<Object> {
        self.state().metadata.snapshot()
    }
}
