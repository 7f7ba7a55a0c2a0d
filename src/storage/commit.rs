//! Commit points: flush, compress, close; and discard, which is none.

use super::Storage;
use crate::Key;
use crate::backend::{Finding, Object};
use crate::error::{Result, err};

impl Storage {
    /// Makes everything saved so far durable.
    ///
    /// # Errors
    /// `Io`; nothing that was durable before is lost.
    pub fn flush(&self) -> Result<()> {
        let (_guard, op) = self.enter()?;
        if self.backend.read_only() {
            return Ok(());
        }
        self.note_sizes(&op)?;
        let metadata = self.state().metadata.snapshot();
        self.backend.flush(&op, &metadata)
    }

    /// Writes the store into one file and gives its size in bytes; 0 for memory and JSON, which have no such thing.
    /// Arrays that this handle did not check yet are checked for NaN first. Afterwards the handle is read-only.
    ///
    /// # Errors
    /// `Nan`, `Io`, `Cancelled`; an older archive stays as it was.
    pub fn compress(&self) -> Result<u64> {
        let (_guard, op) = self.enter()?;
        if self.backend.format() == "zarr" {
            if self.backend.read_only() {
                return Err(err!(ReadOnly, "the store is read-only"));
            }
            self.check_unchecked(&op)?;
            self.note_sizes(&op)?;
        }
        let metadata = self.state().metadata.snapshot();
        self.backend.compress(&op, &metadata)
    }

    /// Reads everything and tells what is wrong; with `repair`, the present state is recorded as right.
    ///
    /// # Errors
    /// Only what keeps it from looking; findings are no error.
    pub fn verify(&self, repair: bool) -> Result<Vec<Finding>> {
        let (_guard, op) = if repair { self.enter_write()? } else { self.enter()? };
        self.backend.verify(&op, repair)
    }

    /// The path of a node (the empty key: of the store), or for memory a sentence. A Zarr store that lives in memory so
    /// far is written to its directory first, except for the root and for `visu*` files, which only need the directory.
    ///
    /// # Errors
    /// Of the operating system.
    pub fn path(&self, key: &str) -> Result<String> {
        let (_guard, _op) = self.enter()?;
        let path = self.backend.path(&Key::parse_or_root(key)?)?;
        Ok(self.place.as_ref().map(|place| place.shown(&path)).unwrap_or(path))
    }

    /// Closes the store: waits for calls in flight, commits, exports the summary, lets go of everything. The store is
    /// closed whatever this returns.
    ///
    /// # Errors
    /// Of the commit; `Closed` when it was closed before (after waiting for a close that is under way).
    pub fn close(&self) -> Result<()> {
        self.life.close(|| {
            let op = self.op();
            let noted = self.note_sizes(&op);
            let metadata = self.state().metadata.snapshot();
            let wanted = self.backend.wants_summary();
            let summary = noted.and_then(|()| if wanted { self.summary() } else { Ok(Object::new()) });
            let result = match summary {
                Ok(summary) => self.backend.close(&op, &metadata, &summary),
                Err(e) => {
                    self.backend.discard();
                    Err(e)
                }
            };
            self.let_go();
            result
        })
    }

    /// Closes without publishing: what was not flushed is dropped, temporaries are removed.
    pub fn discard(&self) {
        let _ = self.life.close(|| {
            self.backend.discard();
            self.let_go();
            Ok(())
        });
    }

    fn let_go(&self) {
        let mut state = self.state_mut();
        state.metadata = crate::metadata::Document::new();
        state.schema = None;
        state.dims.forget();
        state.notes.clear();
        drop(state);
        self.set_progress(None);
    }
}
