//! The peak of resident memory of a stretch of work: VmHWM after the kernel was told to forget the earlier peak.

use crate::row::{Result, text};

/// Resets VmHWM to what is resident now, and gives that in bytes.
pub fn reset_peak() -> Result<u64> {
    std::fs::write("/proc/self/clear_refs", "5").map_err(text)?;
    field("VmRSS:")
}

/// The peak since the reset, in bytes.
pub fn peak() -> Result<u64> {
    field("VmHWM:")
}

fn field(name: &str) -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status").map_err(text)?;
    let kilobytes = status
        .lines()
        .find_map(|line| line.strip_prefix(name))
        .and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kilobytes.map(|k| k * 1024).ok_or_else(|| format!("/proc/self/status has no {name}"))
}
