//! The stores that a check is tried on: each backend as its users open it.

use std::path::{Path, PathBuf};

use datastorage::{Options, Result, Storage};
use serde_json::{Value as Json, json};

/// A kind of store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    Memory,
    /// A directory of JSON documents.
    Json,
    /// A Zarr directory whose saves are durable when they return.
    Directory,
    /// A Zarr directory whose saves wait for a flush.
    DirectoryAuto,
    /// A Zarr v3 directory of sharded arrays.
    Shards,
    /// A Zarr archive: one file.
    Archive,
}

impl Subject {
    /// Those that are on a disk.
    pub const STORED: &[Self] = &[Self::Json, Self::Directory, Self::DirectoryAuto, Self::Shards, Self::Archive];
    /// All.
    pub const ALL: &[Self] =
        &[Self::Memory, Self::Json, Self::Directory, Self::DirectoryAuto, Self::Shards, Self::Archive];

    /// As in the table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Json => "json",
            Self::Directory => "zarr directory, disk",
            Self::DirectoryAuto => "zarr directory, auto",
            Self::Shards => "zarr v3 shards",
            Self::Archive => "zarr archive",
        }
    }

    /// The one of a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|subject| subject.name() == name)
    }

    /// Where it is in a directory.
    pub fn root(self, directory: &Path) -> PathBuf {
        directory.join(match self {
            Self::Json => "store.json.d",
            _ => "store.zarr",
        })
    }

    /// Opens it for writing; it is made when it is absent. With `sync: none` nothing here waits for a medium.
    pub fn open(self, directory: &Path, sync: &str) -> Result<Storage> {
        self.open_as(directory, "a", sync, "fail")
    }

    /// As [`Subject::open`], with a mode, and with what is done about another writer.
    pub fn open_as(self, directory: &Path, mode: &str, sync: &str, lock: &str) -> Result<Storage> {
        let staging = if self.saves_at_once() { "disk" } else { "auto" };
        let mut options = json!({"mode": mode, "sync": sync, "lock": lock, "export": false, "staging": staging});
        if self == Self::Shards {
            for (name, value) in [("zarr_format", 3u64), ("chunk_elements", 256), ("shard_elements", 1024)] {
                options[name] = value.into();
            }
        }
        self.open_with(directory, options)
    }

    /// Whether a save is acknowledged when it returns.
    pub const fn saves_at_once(self) -> bool {
        matches!(self, Self::Directory | Self::Shards)
    }

    /// Opens what is there for reading.
    pub fn read(self, directory: &Path) -> Result<Storage> {
        self.open_with(directory, json!({"mode": "r"}))
    }

    fn open_with(self, directory: &Path, options: Json) -> Result<Storage> {
        let options = Options::parse(&options.to_string())?;
        match self {
            Self::Memory => Storage::open_memory(&options),
            Self::Json => Storage::open_json(self.root(directory), &options),
            _ => Storage::open_zarr(self.root(directory), &options),
        }
    }

    /// The commit point: what was saved before is acknowledged when it returns. An archive is written by it, and read-only then.
    pub fn commit(self, store: &Storage) -> Result<()> {
        match self {
            Self::Archive => store.compress().map(drop),
            _ => store.flush(),
        }
    }
}
