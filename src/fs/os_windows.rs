//! The primitive calls on Windows: the same functions as in `os_unix.rs`.
//!
//! The standard library brings long paths (`\\?\`), shared deletion and renames over open files. What is added here:
//! patience with those who hold a file for a moment (a virus scanner, a reader on an old Windows), renames that replace
//! nothing, and a lock that dies with its owner. There is no exchange of two names.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::windows::ffi::OsStrExt;
use std::os::windows::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use windows_sys::Win32::Foundation::{
    CloseHandle, ERROR_ACCESS_DENIED, ERROR_INVALID_FUNCTION, ERROR_LOCK_VIOLATION, ERROR_SHARING_VIOLATION,
    GENERIC_READ, GENERIC_WRITE, WAIT_TIMEOUT,
};
use windows_sys::Win32::Storage::FileSystem::{
    DELETE, FILE_FLAG_BACKUP_SEMANTICS, FILE_FLAG_DELETE_ON_CLOSE, FILE_SHARE_DELETE, FILE_SHARE_READ,
    MOVEFILE_WRITE_THROUGH, MoveFileExW,
};
use windows_sys::Win32::System::Threading::{OpenProcess, PROCESS_SYNCHRONIZE, WaitForSingleObject};

use super::{EntryKind, LINK, SPECIAL, names, unsupported};

/// A directory, by its path.
#[derive(Debug)]
pub struct DirHandle(PathBuf);

impl DirHandle {
    /// Opens a directory by its path; a link to one is followed.
    pub fn open(path: &Path) -> io::Result<Self> {
        if std::fs::metadata(path)?.is_dir() {
            Ok(Self(path.to_owned()))
        } else {
            Err(io::ErrorKind::NotADirectory.into())
        }
    }

    /// Opens a directory in this one; a link or a junction is refused.
    pub fn open_dir(&self, name: &str) -> io::Result<Self> {
        match self.stat(name)?.0 {
            EntryKind::Dir => Ok(Self(self.0.join(name))),
            EntryKind::Link => Err(unsupported(LINK)),
            _ => Err(io::ErrorKind::NotADirectory.into()),
        }
    }

    /// Opens a plain file in this directory for reading; a link is refused.
    pub fn open_file(&self, name: &str) -> io::Result<File> {
        match self.stat(name)?.0 {
            EntryKind::Link => Err(unsupported(LINK)),
            EntryKind::Dir => Err(io::ErrorKind::IsADirectory.into()),
            _ => open_file(&self.0.join(name)),
        }
    }

    /// What an entry is, and its length; a link is not followed.
    pub fn stat(&self, name: &str) -> io::Result<(EntryKind, u64)> {
        let metadata = std::fs::symlink_metadata(self.0.join(name))?;
        Ok((kind(metadata.file_type()), metadata.len()))
    }

    /// Whether it is what is at a path: it has no life of its own here.
    pub fn is_at(&self, path: &Path) -> io::Result<bool> {
        Ok(self.0 == path)
    }

    /// The entries; a name that is no Unicode can be no key and is left out.
    pub fn entries(&self) -> io::Result<Vec<(String, EntryKind)>> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(&self.0)? {
            let entry = entry?;
            if let Ok(name) = entry.file_name().into_string() {
                found.push((name, kind(entry.file_type()?)));
            }
        }
        Ok(found)
    }
}

fn kind(file_type: std::fs::FileType) -> EntryKind {
    if file_type.is_symlink() {
        EntryKind::Link
    } else if file_type.is_dir() {
        EntryKind::Dir
    } else if file_type.is_file() {
        EntryKind::File
    } else {
        EntryKind::Other
    }
}

/// Repeats what failed because somebody else holds the file, for about two seconds.
fn patiently<T>(mut act: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    let mut pause = Duration::from_millis(1);
    loop {
        match act() {
            Err(e) if is_held(&e) && pause < Duration::from_secs(1) => std::thread::sleep(pause),
            other => return other,
        }
        pause *= 2;
    }
}

fn is_held(error: &io::Error) -> bool {
    let held = [ERROR_ACCESS_DENIED, ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION];
    error.raw_os_error().and_then(|code| u32::try_from(code).ok()).is_some_and(|code| held.contains(&code))
}

/// Opens a file for reading by its path; a link is followed.
pub fn open_file(path: &Path) -> io::Result<File> {
    File::open(path)
}

/// The length of an open plain file.
pub fn plain_len(file: &File) -> io::Result<u64> {
    let metadata = file.metadata()?;
    if metadata.is_file() { Ok(metadata.len()) } else { Err(unsupported(SPECIAL)) }
}

/// One read at an offset.
pub fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    file.seek_read(buffer, offset)
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

/// Makes the bytes of a file, or the names in a directory, durable. Not every file system syncs directories; NTFS
/// journals their names in order.
pub fn sync_path(path: &Path) -> io::Result<()> {
    let is_dir = std::fs::metadata(path)?.is_dir();
    let open = || OpenOptions::new().write(true).custom_flags(FILE_FLAG_BACKUP_SEMANTICS).open(path);
    match open().and_then(|file| file.sync_all()) {
        Err(e) if is_dir && (is_held(&e) || e.raw_os_error() == i32::try_from(ERROR_INVALID_FUNCTION).ok()) => Ok(()),
        Err(e) if is_dir && e.kind() == io::ErrorKind::IsADirectory => Ok(()),
        other => other,
    }
}

/// There is no such call.
pub fn sync_filesystem(_path: &Path) -> io::Result<bool> {
    Ok(false)
}

/// Which file system a path is on: not told.
pub fn device(path: &Path) -> io::Result<u64> {
    std::fs::symlink_metadata(path).map(|_| 0)
}

/// No number is needed where names are not exchanged.
pub fn identity(_: &Path) -> io::Result<Option<u64>> {
    Ok(None)
}

/// Creates a directory and those above it.
pub fn create_dirs(path: &Path) -> io::Result<()> {
    std::fs::create_dir_all(path)
}

/// Creates a directory that must not exist.
pub fn create_dir(path: &Path) -> io::Result<()> {
    std::fs::create_dir(path)
}

/// Renames, replacing a file, also one that is open. Where the system cannot replace an open file (before Windows 10, on
/// FAT and on many network drives) it is moved aside first, as directories are.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    let refused = match std::fs::rename(from, to) {
        Err(e) if is_held(&e) && from.is_file() && to.is_file() => e,
        other => return other,
    };
    let old = names::old(to);
    let aside = patiently(|| {
        // A name stays taken for as long as somebody reads the file that had it.
        let _ = std::fs::remove_file(&old);
        move_once(to, &old).map_err(|_| io::Error::from_raw_os_error(ERROR_SHARING_VIOLATION.cast_signed()))
    });
    if aside.is_err() {
        return Err(refused);
    }
    if let Err(error) = rename_noreplace(from, to) {
        rename_noreplace(&old, to)?;
        return Err(error);
    }
    let _ = std::fs::remove_file(&old);
    Ok(())
}

/// Renames to a name that must be free.
pub fn rename_noreplace(from: &Path, to: &Path) -> io::Result<()> {
    patiently(|| move_once(from, to))
}

fn move_once(from: &Path, to: &Path) -> io::Result<()> {
    // Windows says "access denied" of a taken name too: that is no reason to wait.
    if std::fs::symlink_metadata(to).is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    let (from, to) = (verbatim(from)?, verbatim(to)?);
    // SAFETY: both pointers are to NUL-terminated UTF-16 strings that live until the call returns.
    let done = unsafe { MoveFileExW(from.as_ptr(), to.as_ptr(), MOVEFILE_WRITE_THROUGH) };
    if done == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// A path as Windows takes it whatever its length: absolute, with `\\?\`.
fn verbatim(path: &Path) -> io::Result<Vec<u16>> {
    let absolute = std::path::absolute(path)?;
    let mut wide: Vec<u16> = absolute.as_os_str().encode_wide().collect();
    if wide.contains(&0) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let utf16 = |text: &str| text.encode_utf16().collect::<Vec<u16>>();
    if wide.starts_with(&utf16(r"\\?\")) || wide.starts_with(&utf16(r"\\.\")) {
        // It is so already.
    } else if wide.starts_with(&utf16(r"\\")) {
        wide.splice(..1, utf16(r"\\?\UNC"));
    } else {
        wide.splice(..0, utf16(r"\\?\"));
    }
    wide.push(0);
    Ok(wide)
}

/// There is no such call.
pub fn exchange(_a: &Path, _b: &Path) -> io::Result<()> {
    Err(unsupported("no such kind of rename"))
}

/// Gives a file a second name; FAT and some network drives have no such thing.
pub fn hard_link(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::hard_link(from, to)
}

/// Removes a file or a link.
pub fn remove_file(path: &Path) -> io::Result<()> {
    patiently(|| match std::fs::remove_file(path) {
        // A link to a directory is a directory here.
        Err(e) if is_held(&e) && std::fs::symlink_metadata(path).is_ok_and(|m| m.is_symlink()) => {
            std::fs::remove_dir(path)
        }
        other => other,
    })
}

/// Removes a directory that has nothing in it.
pub fn remove_dir(path: &Path) -> io::Result<()> {
    patiently(|| std::fs::remove_dir(path))
}

/// Removes a directory and all in it; links are removed, not followed.
pub fn remove_tree(path: &Path) -> io::Result<()> {
    patiently(|| std::fs::remove_dir_all(path))
}

/// Takes the lock file: `None` when another holds it. Its owner alone may write it, and the system removes it when the
/// owner closes it or dies, so that no stale one is ever found.
pub fn try_lock(path: &Path) -> io::Result<Option<File>> {
    let mut options = OpenOptions::new();
    options
        .access_mode(GENERIC_READ | GENERIC_WRITE | DELETE)
        .share_mode(FILE_SHARE_READ | FILE_SHARE_DELETE)
        .custom_flags(FILE_FLAG_DELETE_ON_CLOSE)
        .create(true)
        .truncate(false)
        .write(true);
    let is = |error: &io::Error, code: u32| error.raw_os_error() == i32::try_from(code).ok();
    for _ in 0..20 {
        match options.open(path) {
            Ok(file) => return Ok(Some(file)),
            Err(e) if is(&e, ERROR_SHARING_VIOLATION) => return Ok(None),
            // The former owner's file is going, for as long as somebody reads his number from it.
            Err(e) if is(&e, ERROR_ACCESS_DENIED) => std::thread::sleep(Duration::from_millis(1)),
            Err(e) => return Err(e),
        }
    }
    options.open(path).map(Some)
}

/// The file goes when it is closed.
pub fn unlock(_file: &File, _path: &Path) {}

/// Whether a process of this machine lives.
pub fn process_lives(pid: u32) -> bool {
    // SAFETY: no pointers; a refused process gives a null handle.
    let process = unsafe { OpenProcess(PROCESS_SYNCHRONIZE, 0, pid) };
    if process.is_null() {
        return io::Error::last_os_error().raw_os_error() == i32::try_from(ERROR_ACCESS_DENIED).ok();
    }
    // SAFETY: `process` is the open handle from above, closed once, here.
    unsafe {
        let waited = WaitForSingleObject(process, 0);
        CloseHandle(process);
        waited == WAIT_TIMEOUT
    }
}

/// What tells this machine's process numbers from another's.
pub fn process_space() -> Vec<u8> {
    std::env::var_os("COMPUTERNAME").unwrap_or_default().into_encoded_bytes()
}
