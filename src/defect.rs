//! Deliberate defects: what a check of `make trust` must catch, or it checks nothing.
//!
//! The place that does a thing asks [`has`] whether it is to be left out. Without the feature `trust` the answer is a
//! constant `false` and nothing of this is in the library.

/// A thing that the library is made to do wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Defect {
    /// Nothing is synced.
    SkipSync,
    /// A file that is published is written under its own name from the start.
    WriteInPlace,
    /// An altered piece is not compared with its checksum.
    SkipChecksum,
    /// A handle is not compared with the generation of its slot.
    SkipGeneration,
    /// A second writer is let in.
    SkipLock,
    /// A failed write is not reported.
    SwallowError,
    /// What a read decodes is not limited.
    SkipLimit,
    /// A deleted node stays.
    KeepDeleted,
}

/// Whether a thing is done wrong.
#[cfg(not(feature = "trust"))]
#[inline(always)]
pub const fn has(_: Defect) -> bool {
    false
}

#[cfg(feature = "trust")]
pub use on::{NAMES, has, set};

#[cfg(feature = "trust")]
mod on {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::Defect;

    /// The variable that a process takes its defects from, separated by commas: a C program has no other way.
    const VARIABLE: &str = "DATASTORAGE_DEFECT";

    /// What each is called.
    pub const NAMES: &[(&str, Defect)] = &[
        ("skip-sync", Defect::SkipSync),
        ("write-in-place", Defect::WriteInPlace),
        ("skip-checksum", Defect::SkipChecksum),
        ("skip-generation", Defect::SkipGeneration),
        ("skip-lock", Defect::SkipLock),
        ("swallow-error", Defect::SwallowError),
        ("skip-limit", Defect::SkipLimit),
        ("keep-deleted", Defect::KeepDeleted),
    ];

    fn bits() -> &'static AtomicU32 {
        static BITS: OnceLock<AtomicU32> = OnceLock::new();
        BITS.get_or_init(|| {
            let text = std::env::var(VARIABLE).unwrap_or_default();
            let named =
                |name: &str| NAMES.iter().find(|(known, _)| *known == name).map(|(_, defect)| 1 << *defect as u32);
            AtomicU32::new(text.split(',').filter_map(named).fold(0, |all: u32, bit: u32| all | bit))
        })
    }

    /// Whether a thing is done wrong.
    pub fn has(defect: Defect) -> bool {
        bits().load(Ordering::Relaxed) & (1 << defect as u32) != 0
    }

    /// Does a thing wrong from now on, or right again; for the whole process.
    pub fn set(defect: Defect, wrong: bool) {
        match wrong {
            true => bits().fetch_or(1 << defect as u32, Ordering::Relaxed),
            false => bits().fetch_and(!(1 << defect as u32), Ordering::Relaxed),
        };
    }
}
