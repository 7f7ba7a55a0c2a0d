//! Handles of the same store: opened again, beside another, refused.

use datastorage::ErrorKind;

use super::case::{Backend, Spec};
use super::compare::{self, equal};
use super::opened::{Opened, There};
use super::run::{Run, failed};
use super::state::State;
use super::step::Object;

impl Run {
    pub(super) fn reopen(&mut self, mode: &str, options: &Object) -> Result<(), String> {
        self.open.store.close().map_err(failed("closing"))?;
        self.commit();
        let spec = self.open.spec.with(options);
        let there = if self.open.compressed { There::Archive } else { There::at(&spec, &self.open.path) };
        if let Some(kind) = there.refuses(mode) {
            match spec.open(&self.open.path, mode) {
                Err(e) if e.kind() == kind => {}
                Err(e) => {
                    return Err(format!("opening by mode {mode} failed with {:?} ({e}), wanted {kind:?}", e.kind()));
                }
                Ok(_) => return Err(format!("opening by mode {mode} succeeded, wanted {kind:?}")),
            }
            return self.enter(&spec, "a");
        }
        self.enter(&spec, mode)
    }

    /// Opens the store again, which is closed, and compares it with what was committed.
    pub(super) fn enter(&mut self, spec: &Spec, mode: &str) -> Result<(), String> {
        // What was compressed is the store from then on, also where its directory was not removed by closing, and until one
        // that replaces it was committed.
        let compressed = self.open.compressed || (self.open.replaces && self.open.over_archive);
        self.open = Opened::new(spec, &self.open.path, mode).map_err(failed(&format!("opening by mode {mode}")))?;
        self.open.compressed = compressed && matches!(mode, "a" | "r");
        self.open.over_archive = compressed && self.open.replaces;
        self.open.read_only |= self.open.compressed;
        equal("whether writes are refused", self.open.store.read_only(), self.open.read_only)?;
        self.state = match mode {
            "w" | "x" => State::default(),
            _ => self.committed.clone().unwrap_or_default(),
        };
        if spec.backend == Backend::Json {
            self.committed.get_or_insert_default();
        }
        compare::whole(&self.open.store, &self.state, self.payloads).map_err(|e| format!("opened by mode {mode}: {e}"))
    }

    pub(super) fn reader(&mut self, options: &Object) -> Result<(), String> {
        if self.open.backend() == Backend::Memory {
            return Ok(());
        }
        let store = match (self.open.spec.with(options).open(&self.open.path, "r"), &self.committed) {
            (Ok(store), _) => store,
            (Err(e), None) if e.kind() == ErrorKind::NotFound => return Ok(()),
            (Err(e), _) => return Err(failed("a reader")(e)),
        };
        // Without a commit there may be a directory, with nothing in it.
        let nothing = State::default();
        let want = self.committed.as_ref().unwrap_or(&nothing);
        let found = compare::whole(&store, want, self.payloads).map_err(|e| format!("a reader: {e}"));
        store.close().map_err(failed("closing a reader"))?;
        found
    }

    pub(super) fn writer(&mut self) -> Result<(), String> {
        if self.open.backend() == Backend::Memory || self.open.compressed {
            return Ok(());
        }
        match self.open.spec.open(&self.open.path, "a") {
            // An archive, which is only read.
            Ok(store) if store.read_only() => {
                store.discard();
                Ok(())
            }
            Ok(store) => {
                store.discard();
                equal("whether a second writer is let in", true, self.open.read_only)
            }
            Err(e) if e.kind() == ErrorKind::Busy => {
                equal("whether a second writer is let in", false, self.open.read_only)
            }
            Err(e) => Err(failed("a second writer")(e)),
        }
    }
}
