//! The calls that change the disk, as one trait: the only way from this library to a written byte.
//!
//! [`Real`] is the operating system. A build that ships knows no other: [`disk`] is a constant there and every call is
//! a direct one. With the feature `trust`, which only the harness of `make trust` takes, another disk may stand in its
//! place ([`install`]): one that fails on demand, or one that records what was written so that a power cut can be
//! replayed, for one directory among many. Reading does not go through here.

use std::fs::File;
use std::io;
use std::path::Path;

use super::os;

#[cfg(feature = "trust")]
mod faulty;
#[cfg(feature = "trust")]
mod identity;
#[cfg(feature = "trust")]
mod installed;
#[cfg(feature = "trust")]
mod recording;
#[cfg(feature = "trust")]
mod routed;
#[cfg(feature = "trust")]
mod single;

#[cfg(feature = "trust")]
pub use self::{
    faulty::{Fault, Faulty},
    installed::{disk, install},
    recording::{Recording, Step},
    routed::Routed,
};

/// What changes the disk. Each call is one of the operating system's, or a loop over one; the provided ones are real.
///
/// Files are passed as they were opened: a disk that wraps another knows them by their identity.
pub trait Disk: Send + Sync {
    /// Creates a file that must not exist.
    fn create_new(&self, path: &Path) -> io::Result<File> {
        os::create_new(path)
    }

    /// Opens a file that is there for writing.
    fn open_write(&self, path: &Path) -> io::Result<File> {
        os::open_write(path)
    }

    /// One write at the file's position; it may take fewer bytes than it is given, or be interrupted.
    fn write(&self, file: &File, bytes: &[u8]) -> io::Result<usize> {
        os::write(file, bytes)
    }

    /// Cuts a file, or extends it with zeros.
    fn set_len(&self, file: &File, length: u64) -> io::Result<()> {
        file.set_len(length)
    }

    /// Makes an open file's bytes durable.
    fn sync_file(&self, file: &File) -> io::Result<()> {
        os::sync_file(file)
    }

    /// Makes the bytes of a file, or the names in a directory, durable.
    fn sync_path(&self, path: &Path) -> io::Result<()> {
        os::sync_path(path)
    }

    /// Makes the whole file system of a path durable; `false` where there is no such call.
    fn sync_filesystem(&self, path: &Path) -> io::Result<bool> {
        os::sync_filesystem(path)
    }

    /// Creates a directory and those above it.
    fn create_dirs(&self, path: &Path) -> io::Result<()> {
        os::create_dirs(path)
    }

    /// Creates a directory that must not exist.
    fn create_dir(&self, path: &Path) -> io::Result<()> {
        os::create_dir(path)
    }

    /// Renames, replacing a file (or an empty directory).
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        os::rename(from, to)
    }

    /// Renames to a name that must be free.
    fn rename_noreplace(&self, from: &Path, to: &Path) -> io::Result<()> {
        os::rename_noreplace(from, to)
    }

    /// Exchanges two names in one step; `Unsupported` where the file system cannot.
    fn exchange(&self, a: &Path, b: &Path) -> io::Result<()> {
        os::exchange(a, b)
    }

    /// Gives a file a second name.
    fn hard_link(&self, from: &Path, to: &Path) -> io::Result<()> {
        os::hard_link(from, to)
    }

    /// Removes a file or a link.
    fn remove_file(&self, path: &Path) -> io::Result<()> {
        os::remove_file(path)
    }

    /// Removes a directory that has nothing in it.
    fn remove_dir(&self, path: &Path) -> io::Result<()> {
        os::remove_dir(path)
    }

    /// Removes a directory and all in it; links are removed, not followed.
    fn remove_tree(&self, path: &Path) -> io::Result<()> {
        os::remove_tree(path)
    }

    /// Takes a lock file, creating it: `None` when another holds it.
    fn try_lock(&self, path: &Path) -> io::Result<Option<File>> {
        os::try_lock(path)
    }

    /// Removes a lock file and lets go.
    fn unlock(&self, file: &File, path: &Path) {
        os::unlock(file, path);
    }
}

/// The operating system's.
#[derive(Clone, Copy, Debug)]
pub struct Real;

impl Disk for Real {}

/// The disk that is written to. It is constant: the compiler calls [`Real`] directly.
#[cfg(not(feature = "trust"))]
#[inline(always)]
pub const fn disk() -> &'static dyn Disk {
    &Real
}
