//! The primitive calls on Unix: each is one system call, retried on `EINTR`.
//!
//! This file and `os_windows.rs` have the same functions; everything that changes the disk is among them. They know
//! nothing of temporary names or of what must happen in which order.

use std::ffi::CStr;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::{AtFlags, CWD, FileType, FlockOperation, Mode, OFlags, RenameFlags};
use rustix::io::{Errno, retry_on_intr};

use super::{EntryKind, LINK, SPECIAL, unsupported};

// Opening a pipe must not wait for its other end: what is no plain file is refused afterwards.
const READ: OFlags = OFlags::RDONLY.union(OFlags::CLOEXEC).union(OFlags::NONBLOCK);
/// A directory that is no link to one.
const DIRECTORY: OFlags = READ.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW);

/// A held directory: it stays the same one when another takes its name.
#[derive(Debug)]
pub struct DirHandle(OwnedFd);

impl DirHandle {
    /// Opens a directory by its path; a link to one is followed.
    pub fn open(path: &Path) -> io::Result<Self> {
        let flags = READ | OFlags::DIRECTORY;
        Ok(Self(retry_on_intr(|| rustix::fs::openat(CWD, path, flags, Mode::empty()))?))
    }

    /// Opens a directory in this one; a link is refused.
    pub fn open_dir(&self, name: &str) -> io::Result<Self> {
        match retry_on_intr(|| rustix::fs::openat(&self.0, name, DIRECTORY, Mode::empty())) {
            Ok(fd) => Ok(Self(fd)),
            // Linux says "not a directory" of a link too.
            Err(Errno::NOTDIR | Errno::LOOP) if matches!(self.stat(name), Ok((EntryKind::Link, _))) => {
                Err(unsupported(LINK))
            }
            Err(e) => Err(e.into()),
        }
    }

    /// Opens a plain file in this directory for reading; a link is refused.
    pub fn open_file(&self, name: &str) -> io::Result<File> {
        let flags = READ | OFlags::NOFOLLOW;
        match retry_on_intr(|| rustix::fs::openat(&self.0, name, flags, Mode::empty())) {
            Ok(fd) => Ok(File::from(fd)),
            Err(Errno::LOOP) => Err(unsupported(LINK)),
            Err(e) => Err(e.into()),
        }
    }

    /// What an entry is, and its length; a link is not followed.
    pub fn stat(&self, name: &str) -> io::Result<(EntryKind, u64)> {
        let stat = retry_on_intr(|| rustix::fs::statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW))?;
        Ok((kind(FileType::from_raw_mode(stat.st_mode)), u64::try_from(stat.st_size).unwrap_or(0)))
    }

    /// Whether it is what is at a path, a link followed.
    pub fn is_at(&self, path: &Path) -> io::Result<bool> {
        let (here, there) = (rustix::fs::fstat(&self.0)?, std::fs::metadata(path)?);
        Ok(there.dev() == here.st_dev && there.ino() == here.st_ino)
    }

    /// The entries; a name that is no UTF-8 can be no key and is left out.
    pub fn entries(&self) -> io::Result<Vec<(String, EntryKind)>> {
        let mut found = Vec::new();
        for entry in rustix::fs::Dir::read_from(&self.0)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().to_str() else { continue };
            if name == "." || name == ".." {
                continue;
            }
            let kind = match entry.file_type() {
                FileType::Unknown => match self.stat(name) {
                    Ok((kind, _)) => kind,
                    Err(e) if e.kind() == io::ErrorKind::NotFound => continue,
                    Err(e) => return Err(e),
                },
                known => kind(known),
            };
            found.push((name.to_owned(), kind));
        }
        Ok(found)
    }
}

fn kind(file_type: FileType) -> EntryKind {
    match file_type {
        FileType::RegularFile => EntryKind::File,
        FileType::Directory => EntryKind::Dir,
        FileType::Symlink => EntryKind::Link,
        _ => EntryKind::Other,
    }
}

/// Opens a file for reading by its path; a link is followed.
pub fn open_file(path: &Path) -> io::Result<File> {
    Ok(File::from(retry_on_intr(|| rustix::fs::openat(CWD, path, READ, Mode::empty()))?))
}

/// The length of an open plain file.
pub fn plain_len(file: &File) -> io::Result<u64> {
    let metadata = file.metadata()?;
    if metadata.is_file() {
        Ok(metadata.len())
    } else if metadata.is_dir() {
        Err(io::ErrorKind::IsADirectory.into())
    } else {
        Err(unsupported(SPECIAL))
    }
}

/// One read at an offset, without moving anything.
pub fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    file.read_at(buffer, offset)
}

/// Creates a file that must not exist.
pub fn create_new(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

/// Opens a file that is there for writing.
pub fn open_write(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).open(path)
}

/// Moves the position of a file to its end.
pub fn seek_end(mut file: &File) -> io::Result<()> {
    std::io::Seek::seek(&mut file, std::io::SeekFrom::End(0)).map(drop)
}

/// One write at the file's position.
pub fn write(mut file: &File, bytes: &[u8]) -> io::Result<usize> {
    file.write(bytes)
}

/// Makes an open file's bytes durable.
pub fn sync_file(file: &File) -> io::Result<()> {
    file.sync_all()
}

/// Makes the bytes of a file, or the names in a directory, durable.
pub fn sync_path(path: &Path) -> io::Result<()> {
    open_file(path)?.sync_all()
}

/// Makes the whole file system of a path durable; `false` where there is no such call.
pub fn sync_filesystem(path: &Path) -> io::Result<bool> {
    #[cfg(target_os = "linux")]
    {
        let file = open_file(path)?;
        retry_on_intr(|| rustix::fs::syncfs(&file))?;
        Ok(true)
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = path;
        Ok(false)
    }
}

/// Which file system a path is on.
pub fn device(path: &Path) -> io::Result<u64> {
    Ok(std::fs::symlink_metadata(path)?.dev())
}

/// A number that belongs to what is at a path and not to its name.
pub fn identity(path: &Path) -> io::Result<Option<u64>> {
    Ok(Some(std::fs::symlink_metadata(path)?.ino()))
}

/// Creates a directory and those above it.
pub fn create_dirs(path: &Path) -> io::Result<()> {
    std::fs::create_dir_all(path)
}

/// Creates a directory that must not exist.
pub fn create_dir(path: &Path) -> io::Result<()> {
    std::fs::create_dir(path)
}

/// Renames, replacing a file (or an empty directory).
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::rename(from, to)
}

/// Renames to a name that must be free.
pub fn rename_noreplace(from: &Path, to: &Path) -> io::Result<()> {
    match rename_with(from, to, RenameFlags::NOREPLACE) {
        Err(e) if e.kind() == io::ErrorKind::Unsupported => {
            // The writer lock keeps other writers of this library away between the two calls.
            match std::fs::symlink_metadata(to) {
                Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
                Err(e) if e.kind() == io::ErrorKind::NotFound => rename(from, to),
                Err(e) => Err(e),
            }
        }
        other => other,
    }
}

/// Exchanges two names in one step; `Unsupported` where the file system cannot.
pub fn exchange(a: &Path, b: &Path) -> io::Result<()> {
    rename_with(a, b, RenameFlags::EXCHANGE)
}

fn rename_with(from: &Path, to: &Path, flags: RenameFlags) -> io::Result<()> {
    match retry_on_intr(|| rustix::fs::renameat_with(CWD, from, CWD, to, flags)) {
        // EINVAL also means "into itself"; the plain rename that follows then says so again.
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => Err(unsupported("no such kind of rename")),
        other => Ok(other?),
    }
}

/// Gives a file a second name; a link of that name is itself named, not what it leads to.
pub fn hard_link(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::hard_link(from, to)
}

/// Removes a file or a link.
pub fn remove_file(path: &Path) -> io::Result<()> {
    std::fs::remove_file(path)
}

/// Removes a directory that has nothing in it.
pub fn remove_dir(path: &Path) -> io::Result<()> {
    std::fs::remove_dir(path)
}

/// Removes a directory and all in it, of each directory what [`super::is_note`] says last; links are removed, not followed.
pub fn remove_tree(path: &Path) -> io::Result<()> {
    match retry_on_intr(|| rustix::fs::openat(CWD, path, DIRECTORY, Mode::empty())) {
        Ok(dir) => empty(&dir)?,
        Err(Errno::NOTDIR | Errno::LOOP) => return std::fs::remove_file(path),
        Err(e) => return Err(e.into()),
    }
    std::fs::remove_dir(path)
}

fn empty(dir: &OwnedFd) -> io::Result<()> {
    let mut notes = Vec::new();
    for entry in rustix::fs::Dir::read_from(dir)? {
        let entry = entry?;
        match entry.file_name().to_bytes() {
            b"." | b".." => {}
            name if super::is_note(name) => notes.push(entry.file_name().to_owned()),
            _ => remove_at(dir, entry.file_name(), entry.file_type())?,
        }
    }
    notes.iter().try_for_each(|name| remove_at(dir, name, FileType::Unknown))
}

fn remove_at(dir: &OwnedFd, name: &CStr, kind: FileType) -> io::Result<()> {
    if kind != FileType::Directory {
        match retry_on_intr(|| rustix::fs::unlinkat(dir, name, AtFlags::empty())) {
            Ok(()) | Err(Errno::NOENT) => return Ok(()),
            // What it is was not said; of a directory systems say either.
            Err(Errno::ISDIR | Errno::PERM) if kind == FileType::Unknown => {}
            Err(e) => return Err(e.into()),
        }
    }
    empty(&retry_on_intr(|| rustix::fs::openat(dir, name, DIRECTORY, Mode::empty()))?)?;
    Ok(retry_on_intr(|| rustix::fs::unlinkat(dir, name, AtFlags::REMOVEDIR))?)
}

/// Takes the lock file: `None` when another holds it. Two opens conflict, also within one process.
pub fn try_lock(path: &Path) -> io::Result<Option<File>> {
    let nofollow = i32::try_from(OFlags::NOFOLLOW.bits()).unwrap_or(0);
    loop {
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).custom_flags(nofollow).open(path)?;
        match retry_on_intr(|| rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive)) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => return Ok(None),
            Err(e) => return Err(e.into()),
        }
        // The former owner may have removed the file between our open and our lock: then we hold a nameless one.
        if same_file(&file, path)? {
            return Ok(Some(file));
        }
    }
}

/// Removes the lock file and lets go. Whoever opened it before finds that it is nameless, and tries again.
pub fn unlock(file: &File, path: &Path) {
    if matches!(same_file(file, path), Ok(true)) {
        let _ = std::fs::remove_file(path);
    }
    // A forked child shares the lock until it closes or execs: unlocking frees it for all.
    let _ = retry_on_intr(|| rustix::fs::flock(file, FlockOperation::Unlock));
}

fn same_file(file: &File, path: &Path) -> io::Result<bool> {
    let held = file.metadata()?;
    match std::fs::symlink_metadata(path) {
        Ok(named) => Ok((named.dev(), named.ino()) == (held.dev(), held.ino())),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(e) => Err(e),
    }
}

/// Whether a process of this machine (and container) lives.
pub fn process_lives(pid: u32) -> bool {
    match i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw) {
        Some(pid) => rustix::process::test_kill_process(pid) != Err(Errno::SRCH),
        None => false,
    }
}

/// What tells this machine's (and container's) process numbers from another's.
pub fn process_space() -> Vec<u8> {
    let mut space = std::fs::read("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let namespace = std::fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    space.extend_from_slice(namespace.as_os_str().as_encoded_bytes());
    space
}
