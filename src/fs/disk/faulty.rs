//! A disk that fails a call on demand: the k-th, once or from then on.
//!
//! Counted are the calls that change the disk, and those that are many to the operating system as the single ones; taking
//! and letting go of a lock are not, which only say who writes. A call that fails changes nothing. `EINTR` is for `write`
//! only: that is the one call that the layer below hands up interrupted, every other it makes again itself
//! (`retry_on_intr`, and the standard library, in `os_unix.rs`). A short write takes half of the bytes, at least one.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Disk, single};
use crate::fs::os;

/// What a call does instead of its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The medium fails: `EIO`.
    Io,
    /// No space is left: `ENOSPC`, of calls that need some. Removing and syncing work.
    NoSpace,
    /// A write is interrupted: `EINTR`.
    Interrupted,
    /// A write takes fewer bytes than it is given.
    Short,
}

/// What a call is, as far as faults tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Write,
    /// Needs a new block: a name, a length.
    Grow,
    Other,
}

/// The disk.
pub struct Faulty {
    fault: Fault,
    /// The number of the call that fails, from 0, among those that this fault can meet.
    at: u64,
    lasting: bool,
    met: AtomicU64,
}

impl Faulty {
    /// Fails the call number `at` (from 0) of those that the fault can meet; with `lasting` also those after it.
    #[must_use]
    pub fn new(fault: Fault, at: u64, lasting: bool) -> Self {
        Self { fault, at, lasting, met: AtomicU64::new(0) }
    }

    /// What it does.
    #[must_use]
    pub fn fault(&self) -> Fault {
        self.fault
    }

    /// Whether the call was made that was to fail.
    #[must_use]
    pub fn struck(&self) -> bool {
        self.met.load(Ordering::SeqCst) > self.at
    }

    /// Whether a call fails.
    fn strikes(&self, kind: Kind) -> bool {
        let meets = match self.fault {
            Fault::Io => true,
            Fault::NoSpace => kind != Kind::Other,
            Fault::Interrupted | Fault::Short => kind == Kind::Write,
        };
        if !meets {
            return false;
        }
        let number = self.met.fetch_add(1, Ordering::SeqCst);
        number == self.at || self.lasting && number > self.at
    }

    fn check(&self, kind: Kind) -> io::Result<()> {
        if self.strikes(kind) { Err(self.error()) } else { Ok(()) }
    }

    fn error(&self) -> io::Error {
        #[cfg(unix)]
        let code = if self.fault == Fault::NoSpace { libc::ENOSPC } else { libc::EIO };
        // ERROR_DISK_FULL, ERROR_IO_DEVICE.
        #[cfg(windows)]
        let code = if self.fault == Fault::NoSpace { 112 } else { 1117 };
        io::Error::from_raw_os_error(code)
    }
}

impl Disk for Faulty {
    fn create_new(&self, path: &Path) -> io::Result<File> {
        self.check(Kind::Grow)?;
        os::create_new(path)
    }

    fn open_write(&self, path: &Path) -> io::Result<File> {
        self.check(Kind::Other)?;
        os::open_write(path)
    }

    fn write(&self, file: &File, bytes: &[u8]) -> io::Result<usize> {
        match self.fault {
            _ if !self.strikes(Kind::Write) => os::write(file, bytes),
            Fault::Short => os::write(file, &bytes[..bytes.len().div_ceil(2)]),
            Fault::Interrupted => Err(io::ErrorKind::Interrupted.into()),
            Fault::Io | Fault::NoSpace => Err(self.error()),
        }
    }

    fn set_len(&self, file: &File, length: u64) -> io::Result<()> {
        self.check(Kind::Grow)?;
        file.set_len(length)
    }

    fn sync_file(&self, file: &File) -> io::Result<()> {
        self.check(Kind::Other)?;
        os::sync_file(file)
    }

    fn sync_path(&self, path: &Path) -> io::Result<()> {
        self.check(Kind::Other)?;
        os::sync_path(path)
    }

    fn sync_filesystem(&self, path: &Path) -> io::Result<bool> {
        self.check(Kind::Other)?;
        os::sync_filesystem(path)
    }

    fn create_dirs(&self, path: &Path) -> io::Result<()> {
        single::create_dirs(self, path)
    }

    fn create_dir(&self, path: &Path) -> io::Result<()> {
        self.check(Kind::Grow)?;
        os::create_dir(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.check(Kind::Grow)?;
        os::rename(from, to)
    }

    fn rename_noreplace(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.check(Kind::Grow)?;
        os::rename_noreplace(from, to)
    }

    fn exchange(&self, a: &Path, b: &Path) -> io::Result<()> {
        self.check(Kind::Other)?;
        os::exchange(a, b)
    }

    fn hard_link(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.check(Kind::Grow)?;
        os::hard_link(from, to)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.check(Kind::Other)?;
        os::remove_file(path)
    }

    fn remove_dir(&self, path: &Path) -> io::Result<()> {
        self.check(Kind::Other)?;
        os::remove_dir(path)
    }

    fn remove_tree(&self, path: &Path) -> io::Result<()> {
        single::remove_tree(self, path)
    }
}
