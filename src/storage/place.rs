//! Where a store is: the path that was given, and what it meant when the store was opened.
//!
//! Files are reached by the path from the root, so that a store stays where it is when the process goes to another
//! directory. What is shown, paths and the errors of opening, is as it was given.

use std::path::{Path, PathBuf};

use super::Storage;
use crate::error::{Result, err};
use crate::fs;

/// A path and its meaning.
pub(super) struct Place {
    given: String,
    absolute: String,
    path: PathBuf,
}

impl Place {
    /// # Errors
    /// `InvalidArgument` for the empty path, `Io` when there is no working directory.
    pub fn new(path: &Path) -> Result<Self> {
        if path.as_os_str().is_empty() {
            return Err(err!(InvalidArgument, "path is empty"));
        }
        // Without trailing separators, as the backends have it.
        let given: PathBuf = path.components().collect();
        let path = fs::absolute(&given)?;
        let text = |path: &Path| path.display().to_string();
        Ok(Self { given: text(&given), absolute: text(&path), path })
    }

    /// Opens the store that is there.
    ///
    /// # Errors
    /// Of opening, with the path as it was given.
    pub fn open(self, open: impl FnOnce(&Path) -> Result<Storage>) -> Result<Storage> {
        let mut storage = open(&self.path).map_err(|e| e.replaced(&self.absolute, &self.given))?;
        storage.place = Some(self);
        Ok(storage)
    }

    /// A path in the store, or beside it, as it would have been given.
    pub fn shown(&self, path: &str) -> String {
        match path.strip_prefix(&self.absolute) {
            Some(rest) => format!("{}{rest}", self.given),
            None => path.to_owned(),
        }
    }
}
