//! Threads that read a store while it is saved to, committed, compressed and closed in the same process.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use datastorage::{ErrorKind, Storage};

use crate::check::Row;
use crate::content::{self, KEYS};
use crate::context::Context;
use crate::subject::Subject;

const THREADS: u64 = 4;

pub fn run(context: &Context) -> Vec<Row> {
    Subject::STORED.iter().map(|&subject| one(context, subject)).collect()
}

fn one(context: &Context, subject: Subject) -> Row {
    let started = Instant::now();
    let reads = AtomicU64::new(0);
    let rounds = context.trials(4, 10, 400);
    let found = context.parallel(rounds, |trial| round(context, subject, trial, &reads));
    let name = format!("{}, threads", subject.name());
    Row::new(name, (rounds, "closes"), found, started).seed(context.seed).count("reads", reads.into_inner())
}

fn round(context: &Context, subject: Subject, trial: u64, reads: &AtomicU64) -> Result<(), String> {
    let mut random = context.random(subject.name(), trial);
    let place = context.directory();
    let text = |e: datastorage::Error| format!("the writer failed: {e}");
    let store = subject.open(place.path(), "none").map_err(text)?;
    (0..KEYS.len()).try_for_each(|number| content::save(&store, number, 1)).map_err(text)?;
    let end = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..THREADS)
            .map(|thread| {
                scope.spawn({
                    let (store, end) = (&store, &end);
                    move || read(store, end, trial * THREADS + thread, reads)
                })
            })
            .collect();
        let mut write = || {
            for version in 2..random.u64(3..20) {
                (0..KEYS.len()).try_for_each(|number| content::save(&store, number, version))?;
                if random.u32(0..4) == 0 {
                    store.flush()?;
                }
            }
            if random.bool() || subject == Subject::Archive {
                store.compress()?;
            }
            store.close()
        };
        let written = write().map_err(text);
        end.store(true, Ordering::Relaxed);
        let read =
            readers.into_iter().try_for_each(|reader| reader.join().unwrap_or_else(|_| Err("panicked".to_owned())));
        written.and(read)
    })
}

/// Reads until the store is closed, and a little longer.
fn read(store: &Storage, end: &AtomicBool, seed: u64, reads: &AtomicU64) -> Result<(), String> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut seen = [0; KEYS.len()];
    let mut last = false;
    while !last {
        last = end.load(Ordering::Relaxed);
        let number = random.usize(0..KEYS.len());
        match store.load(KEYS[number]) {
            Err(e) if e.kind() == ErrorKind::Closed => continue,
            Err(e) => return Err(format!("{}: unreadable: {e}", KEYS[number])),
            Ok(value) => {
                let version = content::version_of(KEYS[number], number, &value)?;
                if version < seen[number] {
                    return Err(format!("{}: version {version}, {} was there before", KEYS[number], seen[number]));
                }
                seen[number] = version;
                reads.fetch_add(1, Ordering::Relaxed);
            }
        }
        // The writer is to have its turn too.
        std::thread::sleep(Duration::from_micros(random.u64(0..200)));
    }
    Ok(())
}
