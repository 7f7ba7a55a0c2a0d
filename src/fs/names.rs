//! Names: the temporary ones of this library, and those that Windows cannot hold.
//!
//! A temporary is `.ds-tmp-<space>-<pid>-<n>` beside what it becomes: on the same file system, hidden, and telling which
//! process left it; of its own a process knows which are in use. `<space>` tells machines and containers apart that share a disk, whose process numbers mean
//! different processes. What a replacement moves aside, where the file system cannot exchange two names, is
//! `.<name>.ds-old`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use super::disk::disk;
use super::{Dir, EntryKind, os, parent};
use crate::error::{Result, err};

const TEMPORARY: &str = ".ds-tmp-";
const OLD: &str = ".ds-old";
/// After this long a temporary of another machine, or of before the last boot, is taken for left over.
const FOREIGN_AGE: Duration = Duration::from_secs(24 * 60 * 60);

/// The temporaries of this process.
#[derive(Default)]
struct Own {
    /// The numbers of those that are in use.
    used: BTreeSet<u64>,
    /// The directories of those that could not be removed.
    left: BTreeSet<PathBuf>,
}

fn own() -> MutexGuard<'static, Own> {
    static OWN: Mutex<Own> = Mutex::new(Own { used: BTreeSet::new(), left: BTreeSet::new() });
    OWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A new temporary name in a directory. It is in use until it is [`gone`], or [`left`].
pub(super) fn temporary(dir: &Path) -> PathBuf {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    own().used.insert(n);
    dir.join(format!("{TEMPORARY}{:08x}-{}-{n}", space(), std::process::id()))
}

/// A temporary is no more, or was never made.
pub(super) fn gone(path: &Path) {
    if let Some(n) = number(path) {
        own().used.remove(&n);
    }
}

/// A temporary could not be removed: whoever writes there next does it.
pub(super) fn left(path: &Path) {
    gone(path);
    own().left.insert(whole(parent(path)));
}

/// Whether there may be a temporary in a store, or beside it, that this process could not remove.
pub(super) fn has_left(store: &Path) -> bool {
    let mut own = own();
    // It went with the directory that it was in.
    own.left.retain(|dir| dir.is_dir());
    own.left.iter().any(|dir| dir == parent(store) || dir.starts_with(store))
}

/// The same by whatever path a directory is named.
fn whole(dir: &Path) -> PathBuf {
    std::fs::canonicalize(dir).unwrap_or_else(|_| dir.to_owned())
}

/// The number of a temporary of this process.
fn number(path: &Path) -> Option<u64> {
    let rest = path.file_name()?.to_str()?.strip_prefix(TEMPORARY)?;
    rest.strip_prefix(&format!("{:08x}-{}-", space(), std::process::id()))?.parse().ok()
}

/// Where a replacement moves `target` aside.
pub(super) fn old(target: &Path) -> PathBuf {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    target.with_file_name(format!(".{name}{OLD}"))
}

/// The name that was moved aside to this one.
pub(super) fn of_old(name: &str) -> Option<&str> {
    name.strip_prefix('.')?.strip_suffix(OLD).filter(|name| !name.is_empty())
}

/// Whether a name is one of these, and so no part of a store.
#[must_use]
pub fn is_private(name: &str) -> bool {
    name.starts_with(TEMPORARY) || of_old(name).is_some()
}

/// Whether a file is what this library notes of others beside it (`.ds_record`, `.ds_archive`). It is removed after them:
/// who reads in a directory that is being removed, and finds no note, finds nothing else there either.
#[cfg(any(unix, feature = "trust"))]
pub fn is_note(name: &[u8]) -> bool {
    name.starts_with(b".ds_")
}

fn space() -> u32 {
    static SPACE: OnceLock<u32> = OnceLock::new();
    *SPACE.get_or_init(|| crc32fast::hash(&os::process_space()))
}

/// Removes the temporaries that dead processes left in a directory, and gives their number.
///
/// # Errors
/// When the directory cannot be listed; what cannot be removed is left.
pub fn clean_stale(dir: &Path) -> Result<usize> {
    let (mut removed, mut all) = (0, true);
    for (name, kind) in Dir::open(dir)?.entries()? {
        let path = dir.join(&name);
        if !is_stale(&name, &path) {
            continue;
        }
        let done = if kind == EntryKind::Dir { disk().remove_tree(&path) } else { disk().remove_file(&path) };
        removed += usize::from(done.is_ok());
        all &= done.is_ok();
    }
    if all && !own().left.is_empty() {
        own().left.remove(&whole(dir));
    }
    Ok(removed)
}

fn is_stale(name: &str, path: &Path) -> bool {
    if let Some(n) = number(path) {
        return !own().used.contains(&n);
    }
    let mut parts = match name.strip_prefix(TEMPORARY) {
        Some(rest) => rest.split('-'),
        None => return false,
    };
    let (here, pid) = (parts.next(), parts.next().and_then(|pid| pid.parse().ok()));
    match (here, pid) {
        (Some(here), Some(pid)) if here == format!("{:08x}", space()) => !os::process_lives(pid),
        _ => std::fs::symlink_metadata(path)
            .and_then(|metadata| metadata.modified())
            .is_ok_and(|time| time.elapsed().is_ok_and(|age| age > FOREIGN_AGE)),
    }
}

/// Refuses what no file system holds as one name, and on Windows what it takes for a device or silently changes.
///
/// # Errors
/// `InvalidArgument` with the name and the reason.
pub fn check_component(name: &str) -> Result<()> {
    let reason = if name.is_empty() || name == "." || name == ".." || name.contains(['/', '\0']) {
        Some("not one name")
    } else if cfg!(windows) {
        windows_refuses(name)
    } else {
        None
    };
    match reason {
        Some(reason) => Err(err!(InvalidArgument, "{name:?}: cannot be a file name: {reason}")),
        None => Ok(()),
    }
}

/// Why Windows cannot hold a name, if so.
pub(super) fn windows_refuses(name: &str) -> Option<&'static str> {
    const DEVICES: [&str; 6] = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];
    if name.ends_with(['.', ' ']) {
        return Some("Windows drops a dot or a space at the end");
    }
    if name.chars().any(|c| c < ' ' || "<>:\"|?*\\/".contains(c)) {
        return Some("Windows reserves control characters and <>:\"|?*\\");
    }
    // A device is one with any extension, and with spaces before it.
    let stem = name.split('.').next().unwrap_or(name).trim_end().to_uppercase();
    let port = stem.strip_prefix("COM").or_else(|| stem.strip_prefix("LPT"));
    let numbered = port.is_some_and(|n| {
        let mut digits = n.chars();
        digits.next().is_some_and(|c| c.is_ascii_digit() || "¹²³".contains(c)) && digits.next().is_none()
    });
    if numbered || DEVICES.contains(&stem.as_str()) {
        return Some("the name of a device on Windows");
    }
    (name.encode_utf16().count() > 255).then_some("longer than 255 characters")
}
