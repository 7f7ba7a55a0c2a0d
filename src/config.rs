//! What is process-wide: the number of worker threads, the staging budget of all stores together, and the log.
//!
//! Everything has a default and can be changed at any time; the number of threads only before the first large array
//! starts the pool.

use std::sync::atomic::{AtomicI32, AtomicPtr, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use serde::Deserialize;
use serde_json::Value as Json;

use crate::error::{Result, err};

/// How much a log line matters. The numbers are those of the C ABI (`DS_LOG_*`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(i32)]
pub enum Level {
    /// Something failed that no caller is told of.
    Error = 1,
    /// Something a user should know.
    Warn = 2,
    /// What the library does.
    Info = 3,
    /// Details.
    Debug = 4,
}

/// Receives log lines.
pub type LogFn = dyn Fn(Level, &str) + Send + Sync;

static LEVEL: AtomicI32 = AtomicI32::new(Level::Warn as i32);
static SINK: RwLock<Option<Arc<LogFn>>> = RwLock::new(None);
static THREADS: AtomicUsize = AtomicUsize::new(0);
static BUDGET: AtomicU64 = AtomicU64::new(64 << 20);
/// The pool of this process, NULL or leaked; one of a parent process is left alone, its threads are not here. No lock: a
/// child would wait for ever for a thread of its parent that held it at the fork.
static POOL: AtomicPtr<Pool> = AtomicPtr::new(std::ptr::null_mut());

struct Pool {
    process: u32,
    /// `None` where one thread was asked for.
    threads: Option<rayon::ThreadPool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    threads: Option<usize>,
    staging_budget: Option<u64>,
    log_level: Option<String>,
}

/// Sets what is process-wide from a JSON object: `"threads"` (0: one a processor), `"staging_budget"` (bytes that all
/// stores together may stage in memory; default 64 MiB), `"log_level"` (`error`, `warn`, `info`, `debug`).
///
/// # Errors
/// `Json`, or `InvalidArgument` naming the key.
pub fn configure(text: &str) -> Result<()> {
    let json: Json = serde_json::from_str(text).map_err(|e| err!(Json, "configuration: {e}"))?;
    let settings: Settings = serde_json::from_value(json).map_err(|e| err!(InvalidArgument, "configuration: {e}"))?;
    let level = match settings.log_level.as_deref() {
        None => None,
        Some("error") => Some(Level::Error),
        Some("warn") => Some(Level::Warn),
        Some("info") => Some(Level::Info),
        Some("debug") => Some(Level::Debug),
        Some(other) => {
            return Err(err!(
                InvalidArgument,
                "configuration: log_level is '{other}', known are error warn info debug"
            ));
        }
    };
    if let Some(threads) = settings.threads {
        if threads > 1024 {
            return Err(err!(InvalidArgument, "configuration: threads is {threads}, the limit is 1024"));
        }
        if running().is_some() && THREADS.load(Ordering::Relaxed) != threads {
            return Err(err!(InvalidArgument, "configuration: threads is {threads}, but the pool is running already"));
        }
        THREADS.store(threads, Ordering::Relaxed);
    }
    if let Some(budget) = settings.staging_budget {
        BUDGET.store(budget, Ordering::Relaxed);
    }
    if let Some(level) = level {
        LEVEL.store(level as i32, Ordering::Relaxed);
    }
    Ok(())
}

/// Bytes that all stores together may stage in memory.
#[must_use]
pub fn staging_budget() -> u64 {
    BUDGET.load(Ordering::Relaxed)
}

fn pool_at(place: *mut Pool) -> Option<&'static Pool> {
    // SAFETY: what is ever in `POOL` is NULL or a box that `pool` leaked, which nobody changes or frees.
    unsafe { place.as_ref() }.filter(|pool| pool.process == std::process::id())
}

/// The pool that this process has started.
fn running() -> Option<&'static Pool> {
    pool_at(POOL.load(Ordering::Acquire))
}

/// The worker pool, or `None` where one thread was asked for (or no pool can be had): work runs on the caller then.
pub(crate) fn pool() -> Option<&'static rayon::ThreadPool> {
    let seen = POOL.load(Ordering::Acquire);
    if let Some(pool) = pool_at(seen) {
        return pool.threads.as_ref();
    }
    let count = match THREADS.load(Ordering::Relaxed) {
        0 => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        n => n,
    };
    let builder = rayon::ThreadPoolBuilder::new()
        .num_threads(count)
        .thread_name(|i| format!("datastorage-{i}"))
        // Without one, a panic in work that nobody joins would end the process. What it was about is told as missing.
        .panic_handler(|_| log(Level::Error, "a defect of the library ended a worker's task"));
    let threads = if count < 2 { None } else { builder.build().ok() };
    let fresh = Box::into_raw(Box::new(Pool { process: std::process::id(), threads }));
    match POOL.compare_exchange(seen, fresh, Ordering::AcqRel, Ordering::Acquire) {
        Ok(_) => pool_at(fresh),
        Err(first) => {
            // SAFETY: made just above, and nobody else has seen it: another thread's pool was there first.
            drop(unsafe { Box::from_raw(fresh) });
            pool_at(first)
        }
    }?
    .threads
    .as_ref()
}

/// Sets, or with `None` removes, the receiver of log lines; gives back the one before.
pub fn set_log(sink: Option<Arc<LogFn>>) -> Option<Arc<LogFn>> {
    std::mem::replace(&mut *SINK.write().unwrap_or_else(PoisonError::into_inner), sink)
}

/// Sends a line to the receiver, when there is one and the level is wanted.
pub fn log(level: Level, message: &str) {
    if level as i32 > LEVEL.load(Ordering::Relaxed) {
        return;
    }
    let sink = SINK.read().unwrap_or_else(PoisonError::into_inner).clone();
    if let Some(sink) = sink {
        sink(level, message);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_settings_are_named() {
        for (text, word) in
            [(r#"{"thread": 1}"#, "thread"), (r#"{"log_level": "loud"}"#, "loud"), (r#"{"threads": 9999}"#, "9999")]
        {
            assert!(configure(text).unwrap_err().message().contains(word), "{text}");
        }
        assert!(configure("{").is_err());
        configure(r#"{"log_level": "warn"}"#).unwrap();
    }

    // Of threads that start the pool at once, one does, and what the others made is freed: that is seen by Miri.
    #[test]
    #[cfg_attr(not(miri), ignore = "the other tests would have no workers")]
    fn the_pool_is_started_once() {
        configure(r#"{"threads": 1}"#).unwrap();
        std::thread::scope(|scope| {
            let started: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| (pool().is_none(), running().unwrap() as *const Pool as usize)))
                .collect();
            let started: Vec<_> = started.into_iter().map(|thread| thread.join().unwrap()).collect();
            assert!(started.iter().all(|seen| *seen == (true, started[0].1)));
        });
    }
}
