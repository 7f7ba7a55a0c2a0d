//! The only door to the file system.
//!
//! Every file and directory that a backend reads or writes goes through here, so that what Unix and Windows do
//! differently (replacing what is open, locks, syncing directories, reserved names, long paths) is said once. All
//! writing ends in the few calls of [`disk::Disk`], which are those of `os` (`os_unix.rs`, `os_windows.rs`); the rest is
//! safe code over them.
//!
//! Invariants: what is published is whole, the old or the new, also after `kill -9`; a failed write leaves no temporary;
//! no symbolic link inside a store is followed; every error names its path; descriptors are not inherited.
//!
//! It is not a store: it knows no keys, no formats, and does not decide when to sync.

mod append;
pub mod disk;
mod lock;
mod map;
mod names;
#[cfg(unix)]
#[path = "os_unix.rs"]
mod os;
#[cfg(windows)]
#[path = "os_windows.rs"]
mod os;
mod publish;
mod read;
mod sync;
#[cfg(test)]
mod tests;
mod tree;

pub use append::AppendFile;
pub use lock::WriterLock;
pub use map::Map;
#[cfg(any(unix, feature = "trust"))]
use names::is_note;
pub use names::{check_component, clean_stale, is_private};
pub use publish::{PendingFile, hard_link, publish_file, replace_file, write_new};
#[cfg(feature = "dataset")]
pub use read::modified;
pub use read::{Dir, EntryKind, ReadFile, Stamp, absolute, path_kind, stamp};
pub use sync::{sync_dir, sync_file, sync_many, sync_tree};
#[cfg(feature = "dataset")]
pub use tree::exchange;
pub use tree::{
    Retired, StagedDir, create_dirs, create_dirs_durably, identity, recover, recover_all, remove_empty_dir,
    remove_file, remove_tree, remove_whole, rename_noreplace, set_aside,
};

use std::path::Path;

use crate::error::{Error, err};

/// An error of the operating system with its path; a refused link is `Unsupported`, a taken name `AlreadyExists`.
fn fail(path: &Path, error: &std::io::Error) -> Error {
    match error.kind() {
        std::io::ErrorKind::Unsupported => err!(Unsupported, "{}: {error}", path.display()),
        std::io::ErrorKind::InvalidInput => err!(InvalidArgument, "{}: {error}", path.display()),
        std::io::ErrorKind::AlreadyExists => err!(AlreadyExists, "{}: there is something already", path.display()),
        _ => Error::io(path, error),
    }
}

/// The directory a path is in; `.` for a bare name.
pub fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) => Path::new("."),
        None => path,
    }
}

/// The error of an operation that the file system does not have, or of a link inside a store.
fn unsupported(text: &'static str) -> std::io::Error {
    std::io::Error::new(std::io::ErrorKind::Unsupported, text)
}

/// Said of a symbolic link (or a junction) in a place where a store has files and directories only.
const LINK: &str = "a symbolic link inside a store is not followed";
/// Said of a pipe, a socket or a device.
const SPECIAL: &str = "neither a file nor a directory";
