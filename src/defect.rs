//! Deliberate defects: what a check of `make trust` must catch, or it checks nothing.
//!
//! The place that does a thing asks [`has`] whether it is to be left out. Without the feature `trust` the answer is a
//! constant `false` and nothing of this is in the library.

/// Makes the type of the defects and the list of their names.
macro_rules! defects {
    ($($(#[$doc:meta])* $defect:ident = $name:literal,)*) => {
        /// A thing that the library is made to do wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u32)]
        #[cfg_attr(not(feature = "trust"), allow(dead_code))] // some are made in `wrong` only
        pub enum Defect {
            $($(#[$doc])* $defect,)*
        }

        /// What each is called.
        #[cfg(feature = "trust")]
        pub const NAMES: &[(&str, Defect)] = &[$(($name, Defect::$defect),)*];
    };
}

defects! {
    // Of what is written.
    /// Nothing is synced.
    SkipSync = "skip-sync",
    /// Files are synced, the directories that have their names are not.
    SkipDirectorySync = "skip-directory-sync",
    /// A file that is published is written under its own name from the start.
    WriteInPlace = "write-in-place",
    /// A directory that is published is filled under its own name.
    FillInPlace = "fill-in-place",
    /// A failed write is not reported.
    SwallowError = "swallow-error",
    /// A deleted node stays.
    KeepDeleted = "keep-deleted",
    /// An array that is overwritten keeps the attributes of the one before.
    KeepAttributes = "keep-attributes",
    /// What is appended to an array of many chunks lands one element off.
    ShiftAppend = "shift-append",
    // Of what is read.
    /// An altered piece is not compared with its checksum.
    SkipChecksum = "skip-checksum",
    /// A chunk that is gone is taken for one that was never written.
    MissChunk = "miss-chunk",
    /// What a read decodes is not limited.
    SkipLimit = "skip-limit",
    /// A component of a name that leads out of the store is not refused.
    SkipNames = "skip-names",
    /// The length before a string of a chunk is not held against what is there.
    BelieveLength = "believe-length",
    // Of several at once.
    /// A second writer is let in.
    SkipLock = "skip-lock",
    /// A reader that meets a half exchanged node does not look again.
    SkipRetry = "skip-retry",
    /// A dataset that is half published is read as it is.
    SkipSettle = "skip-settle",
    // Of handles, and of memory.
    /// A handle is not compared with the generation of its slot.
    SkipGeneration = "skip-generation",
    /// A close does not wait for the calls in flight.
    SkipDrain = "skip-drain",
    /// The calls of the process are counted, and the count is not an atomic.
    PlainCount = "plain-count",
    /// A buffer that is freed stays.
    KeepBuffer = "keep-buffer",
    /// A load writes one byte past the caller's memory.
    WritePast = "write-past",
    /// A number that is neither 0 nor 1 becomes a `bool`.
    OddBool = "odd-bool",
}

/// Whether a thing is done wrong.
#[cfg(not(feature = "trust"))]
#[inline(always)]
pub const fn has(_: Defect) -> bool {
    false
}

#[cfg(feature = "trust")]
pub use on::{has, set};

#[cfg(feature = "trust")]
mod wrong;
#[cfg(feature = "trust")]
pub(crate) use wrong::{odd_bool, plain_count, write_past};

#[cfg(not(feature = "trust"))]
pub(crate) use right::{odd_bool, plain_count, write_past};

/// What `wrong` does in a build that ships: nothing.
#[cfg(not(feature = "trust"))]
mod right {
    #[inline(always)]
    pub(crate) const fn plain_count() {}

    #[inline(always)]
    pub(crate) const fn write_past(_: &mut [u8]) {}

    #[inline(always)]
    pub(crate) const fn odd_bool(good: bool) -> bool {
        good
    }
}

#[cfg(feature = "trust")]
mod on {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::{Defect, NAMES};

    /// The variable that a process takes its defects from, separated by commas: a C program has no other way.
    const VARIABLE: &str = "DATASTORAGE_DEFECT";

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
