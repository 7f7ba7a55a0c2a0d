//! How a forked child knows that the stores it inherited are not its own.
//!
//! An epoch counts the forks behind this process; a slot remembers the epoch in which it was opened. A child thus
//! answers `DS_ERR_CLOSED` for every inherited store before it looks at anything a vanished thread may have left
//! half done. `pthread_atfork` and not a comparison of `getpid`: glibc asks the kernel for every `getpid`, about as
//! much as a whole cheap call costs here, and this is one relaxed load. A bare `clone` or `vfork` runs no handler,
//! and its child may do nothing but `exec` anyway.

use std::sync::atomic::{AtomicU32, Ordering};

static EPOCH: AtomicU32 = AtomicU32::new(0);

/// The number of forks between the process that loaded the library and this one.
pub(crate) fn epoch() -> u32 {
    EPOCH.load(Ordering::Relaxed)
}

/// Has later forks counted; called before the first store of the process is opened.
#[cfg(all(unix, not(miri)))]
pub(crate) fn watch() {
    use std::sync::atomic::AtomicBool;

    extern "C" fn in_child() {
        EPOCH.fetch_add(1, Ordering::Relaxed);
    }

    // No `Once`: a child that is forked while another thread is in it would wait for that thread for ever. Threads that
    // come here at the same time each have the forks counted, which counts some twice: only a difference matters.
    static WATCHED: AtomicBool = AtomicBool::new(false);
    if !WATCHED.load(Ordering::Acquire) {
        // SAFETY: the handler only adds to an atomic, which is safe in a forked child; it lives as long as the library,
        // and glibc drops it when the library is unloaded. A refusal (no memory) leaves the epoch at rest.
        unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
        WATCHED.store(true, Ordering::Release);
    }
}

/// There is no fork here.
#[cfg(any(not(unix), miri))]
pub(crate) fn watch() {}
