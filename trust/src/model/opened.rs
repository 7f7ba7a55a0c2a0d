//! A store that is open: what it was opened with, and what the model says of opening.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use datastorage::{ErrorKind, Result, Storage};

use super::case::{Backend, Spec};
use super::state::Policy;

/// An open store.
pub struct Opened {
    pub spec: Spec,
    pub path: PathBuf,
    pub store: Arc<Storage>,
    pub policy: Policy,
    /// Writes are refused.
    pub read_only: bool,
    /// It was made an archive by this handle.
    pub compressed: bool,
    /// What is there goes at the first commit point.
    pub replaces: bool,
    /// That is an archive, whose directory is still there.
    pub over_archive: bool,
}

impl Opened {
    /// Opens a store by a mode that must open it.
    ///
    /// # Errors
    /// Of opening.
    pub fn new(spec: &Spec, path: &Path, mode: &str) -> Result<Self> {
        let there = There::at(spec, path);
        let store = Arc::new(spec.open(path, mode)?);
        let policy = Policy::of(spec.backend, &spec.parsed(mode)?);
        Ok(Self {
            spec: spec.clone(),
            path: path.to_owned(),
            store,
            policy,
            read_only: mode == "r" || (there == There::Archive && mode == "a"),
            compressed: false,
            replaces: mode == "w" && there != There::Nothing,
            over_archive: false,
        })
    }

    pub fn backend(&self) -> Backend {
        self.spec.backend
    }

    /// Whether a save is durable when it returns.
    pub fn at_once(&self) -> bool {
        self.backend() == Backend::Zarr && self.spec.options.get("staging").is_some_and(|staging| staging == "disk")
    }
}

/// What is at the path of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum There {
    Nothing,
    Directory,
    Archive,
}

impl There {
    pub fn at(spec: &Spec, path: &Path) -> Self {
        let mut archive = path.as_os_str().to_owned();
        archive.push(".data");
        match spec.backend {
            Backend::Memory => Self::Nothing,
            _ if path.is_dir() => Self::Directory,
            _ if Path::new(&archive).is_file() => Self::Archive,
            _ => Self::Nothing,
        }
    }

    /// Why a mode cannot open it.
    pub fn refuses(self, mode: &str) -> Option<ErrorKind> {
        match (self, mode) {
            (Self::Nothing, "r" | "r+") => Some(ErrorKind::NotFound),
            (Self::Archive, "r+") => Some(ErrorKind::ReadOnly),
            (Self::Archive | Self::Directory, "x") => Some(ErrorKind::AlreadyExists),
            _ => None,
        }
    }
}
