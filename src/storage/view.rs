//! Viewing arrays where they lie in memory, without a copy.

use super::Storage;
use crate::Key;
use crate::error::{ErrorKind, Result};
use crate::value::SharedArray;

impl Storage {
    /// The elements of an array (or bytes) where they lie: in the memory of a store in memory, or in an archive in memory
    /// or mapped (`"mmap": true`) that has the array as one raw chunk. Nothing is decoded or copied, and the array is
    /// checked as a load checks it when it is viewed first.
    ///
    /// It stays as it is, whatever becomes of the store: also after a save under the same key, and after closing.
    ///
    /// # Errors
    /// `NotFound`, `WrongKind` for a group or JSON, `DtypeMismatch` for strings, `Corrupt`; `Unsupported`, saying why,
    /// where no memory holds the elements as they are loaded: then [`Storage::view_or_load`] gives a copy.
    pub fn view(&self, key: &str) -> Result<SharedArray> {
        let (_guard, op) = self.enter()?;
        self.backend.view(&op, &Key::parse(key)?)
    }

    /// As [`Storage::view`]; an array that cannot be viewed is loaded into memory of its own.
    ///
    /// # Errors
    /// As [`Storage::load_array`], and `DtypeMismatch` for strings.
    pub fn view_or_load(&self, key: &str) -> Result<SharedArray> {
        match self.view(key) {
            Err(e) if e.kind() == ErrorKind::Unsupported => {
                SharedArray::owned(self.load_array(key)?).map_err(|e| e.context(key))
            }
            viewed => viewed,
        }
    }
}
