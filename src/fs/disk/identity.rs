//! Which file an open one is, for disks that are handed open files and must know them again.
//!
//! The number of a descriptor is that of one file from the call that opened it to the moment it is closed. Every file that
//! is written was opened by the same disk, which notes it anew then; what was noted of a closed one is never asked for.

use std::fs::File;

/// The descriptor of an open file.
#[cfg(unix)]
pub fn of(file: &File) -> u64 {
    u64::try_from(std::os::fd::AsRawFd::as_raw_fd(file)).unwrap_or(u64::MAX)
}

/// The handle of an open file.
#[cfg(windows)]
pub fn of(file: &File) -> u64 {
    std::os::windows::io::AsRawHandle::as_raw_handle(file) as u64
}
