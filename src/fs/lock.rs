//! One writer a store: an advisory lock in `<dir>/.<name>.lock`, beside the store.
//!
//! The lock belongs to the open file, not to the process: two opens in one process conflict as two processes do, and the
//! kernel frees it when its owner dies, however it dies. The process number in the file is only text for the error. The
//! file is removed when the lock is released; one that a killed owner left is taken over.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::disk::disk;
use super::{fail, names, os, parent};
use crate::defect::{Defect, has};
use crate::error::{Result, err};
use crate::op::Cancel;

/// The right to write a store; released when dropped.
#[derive(Debug)]
pub struct WriterLock {
    file: File,
    path: PathBuf,
    /// What it is the lock of.
    store: PathBuf,
    owner: u32,
    left: bool,
}

/// How often an owner without a number is looked for, in about half a second.
const TRIES: u32 = 16;

impl WriterLock {
    /// Takes the lock of the store at a path, which need not exist yet (its directory must).
    ///
    /// # Errors
    /// `Busy` with the owner's number when it is taken and `wait` is false, `Cancelled` while waiting, `NotFound`,
    /// `Permission`, `Io`.
    pub fn acquire(store: &Path, wait: bool, cancel: &Cancel) -> Result<Self> {
        let (whole, path) = lock_path(store)?;
        let left = super::path_kind(&path)?.is_some();
        let (mut pause, mut tries) = (Duration::from_millis(1), 0);
        loop {
            cancel.check()?;
            if let Some(file) = disk().try_lock(&path).map_err(|e| fail(&path, &e))? {
                let lock = Self { file, path, store: whole, owner: std::process::id(), left };
                lock.write_owner().map_err(|e| fail(&lock.path, &e))?;
                return Ok(lock);
            }
            if has(Defect::SkipLock) {
                let file = disk().open_write(&path).map_err(|e| fail(&path, &e))?;
                return Ok(Self { file, path, store: whole, owner: std::process::id(), left });
            }
            if !wait {
                tries += 1;
                // It writes its number right after it took the lock; until then there is none, or that of one that died.
                match owner(&path).filter(|pid| os::process_lives(*pid)) {
                    Some(pid) => return Err(err!(Busy, "{}: open for writing by process {pid}", store.display())),
                    None if tries == TRIES => {
                        return Err(err!(Busy, "{}: open for writing by another process", store.display()));
                    }
                    None => {}
                }
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(50));
        }
    }

    /// Whether there was a lock file when this one was asked for: of a writer that had it, or that died.
    #[must_use]
    pub fn was_left(&self) -> bool {
        self.left
    }

    /// The lock file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn write_owner(&self) -> std::io::Result<()> {
        let text = format!("{}\n", self.owner);
        super::publish::write_all(&self.file, text.as_bytes())?;
        // What a killed owner left is written over first: ext4 takes a file that was cut to nothing for one that
        // replaces another, and writes it out when it is closed, which takes longer than all else here.
        let length = text.len() as u64;
        if self.file.metadata()?.len() > length { disk().set_len(&self.file, length) } else { Ok(()) }
    }
}

impl Drop for WriterLock {
    fn drop(&mut self) {
        // In a forked child this is the parent's lock: closing our descriptor lets it be.
        // Where something was left that could not be removed, the file stays: the next writer looks for what was left.
        if self.owner == std::process::id() && !names::has_left(&self.store) {
            disk().unlock(&self.file, &self.path);
        }
    }
}

/// `<dir>/.<name>.lock`, the same by whatever path (or link) the store is named.
fn lock_path(store: &Path) -> Result<(PathBuf, PathBuf)> {
    let below_parent = || {
        let dir = parent(store);
        let dir = std::fs::canonicalize(dir).map_err(|e| fail(dir, &e))?;
        Ok(match store.file_name() {
            Some(name) => dir.join(name),
            None => dir,
        })
    };
    let whole = match std::fs::symlink_metadata(store) {
        // Most stores that are written are new: the way to them is looked up once.
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => below_parent()?,
        _ => match std::fs::canonicalize(store) {
            Ok(whole) => whole,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => below_parent()?,
            Err(e) => return Err(fail(store, &e)),
        },
    };
    let mut name = std::ffi::OsString::from(".");
    match whole.file_name() {
        Some(last) => name.push(last),
        None => return Err(err!(InvalidArgument, "{}: a root directory cannot be a store", store.display())),
    }
    name.push(".lock");
    let path = whole.with_file_name(name);
    Ok((whole, path))
}

/// The process that a lock file names.
fn owner(lock: &Path) -> Option<u32> {
    let mut text = String::new();
    os::open_file(lock).ok()?.take(32).read_to_string(&mut text).ok()?;
    text.strip_suffix('\n')?.parse().ok()
}
