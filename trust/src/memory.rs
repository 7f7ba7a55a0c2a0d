//! What this process takes of memory: counted at the allocator, and as the system sees it.
//!
//! The allocator counts every byte that Rust asks for, touched or not. What C code takes with `malloc` it does not see;
//! the system's own peak of the resident memory does, where there is one to ask (Linux; elsewhere that part is 0).
//! A [`Meter`] is of the whole process: one at a time means something.

use std::alloc::{GlobalAlloc, Layout, System};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// The system's allocator, counted.
pub struct Counting;

static LIVE: AtomicU64 = AtomicU64::new(0);
static PEAK: AtomicU64 = AtomicU64::new(0);
/// More than this is refused, so that a bomb takes its own process with it and not the machine.
static CEILING: AtomicU64 = AtomicU64::new(u64::MAX);

/// Counts bytes that are asked for, and whether they may be had. A refused wish counts as a peak: it was wished.
fn take(bytes: usize) -> bool {
    let bytes = bytes as u64;
    let live = LIVE.fetch_add(bytes, Ordering::Relaxed) + bytes;
    PEAK.fetch_max(live, Ordering::Relaxed);
    let allowed = live <= CEILING.load(Ordering::Relaxed);
    if !allowed {
        give(bytes as usize);
    }
    allowed
}

fn give(bytes: usize) {
    LIVE.fetch_sub(bytes as u64, Ordering::Relaxed);
}

// SAFETY: every call that is not refused (a null pointer, which the contract allows) is passed on to the system's
// allocator as it is; the counters do not touch the memory.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if !take(layout.size()) {
            return std::ptr::null_mut();
        }
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if !take(layout.size()) {
            return std::ptr::null_mut();
        }
        // SAFETY: the caller keeps the contract of `alloc_zeroed`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if size > layout.size() && !take(size - layout.size()) {
            return std::ptr::null_mut();
        }
        // SAFETY: the caller keeps the contract of `realloc`.
        let moved = unsafe { System.realloc(memory, layout, size) };
        if size < layout.size() {
            give(layout.size() - size);
        }
        moved
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        give(layout.size());
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(memory, layout) }
    }
}

/// Refuses what goes beyond so many bytes from now on, in this process.
pub fn limit(bytes: u64) {
    CEILING.store(bytes, Ordering::Relaxed);
}

/// What was taken beyond what was there before, at the worst moment.
#[derive(Clone, Copy, Debug, Default)]
pub struct Taken {
    /// Bytes that Rust asked for.
    pub heap: u64,
    /// Bytes that the system had to find a place for, C's among them.
    pub resident: u64,
}

impl Taken {
    /// The larger of the two.
    pub fn most(self) -> u64 {
        self.heap.max(self.resident)
    }
}

impl fmt::Display for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes of heap, {} resident", self.heap, self.resident)
    }
}

/// Measures from its start on.
pub struct Meter {
    live: u64,
    resident: u64,
}

impl Meter {
    /// The peaks begin again at what is there now.
    pub fn start() -> Self {
        // Sets the system's peak back to the present size; without it the peak is that of all trials before, which hides one.
        _ = std::fs::write("/proc/self/clear_refs", "5");
        let resident = of_process("self", "VmRSS:").unwrap_or(0);
        let live = LIVE.load(Ordering::Relaxed);
        PEAK.store(live, Ordering::Relaxed);
        Self { live, resident }
    }

    /// What was taken since.
    pub fn taken(&self) -> Taken {
        let heap = PEAK.load(Ordering::Relaxed).saturating_sub(self.live);
        let resident = of_process("self", "VmHWM:").unwrap_or(0).saturating_sub(self.resident);
        Taken { heap, resident }
    }
}

/// A size of a process, in bytes, by the name that it has in `/proc/<process>/status`.
pub fn of_process(process: &str, name: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kilobytes| kilobytes << 10)
}

/// Seconds of processor that all threads of a process have used, to a hundredth.
pub fn processor_seconds(process: &str) -> Option<f64> {
    const TICKS: f64 = 100.0; // USER_HZ, the same on every Linux
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name of the program is in parentheses and may hold anything; user and system time are the 12th and 13th behind.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut next = || fields.next()?.parse::<f64>().ok();
    Some((next()? + next()?) / TICKS)
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;

    use super::*;

    #[test]
    fn a_meter_sees_what_is_asked_for_and_what_is_touched() {
        let meter = Meter::start();
        let untouched = black_box(Vec::<u8>::with_capacity(64 << 20));
        let taken = meter.taken();
        drop(untouched);
        assert!(taken.heap >= 64 << 20, "{taken}");
        let touched = black_box(vec![1u8; 64 << 20]);
        let taken = meter.taken();
        assert!(taken.resident >= 48 << 20 || cfg!(not(target_os = "linux")), "{taken} of {}", touched.len());
        let taken = Meter::start().taken();
        assert!(taken.heap < 64 << 20, "{taken}: the peak does not begin again");
    }
}
