//! One process overwrites, renames, deletes, commits, compresses and closes; sixteen read all the time.

use std::path::Path;
use std::time::Instant;

use super::{Stop, outcome, start, stopped};
use crate::check::Row;
use crate::content::{self, KEYS};
use crate::context::Context;
use crate::subject::Subject;

const READERS: u64 = 16;
/// Nodes that are never deleted nor moved: a reader finds them always.
const KEPT: usize = 3;

pub fn run(context: &Context) -> Vec<Row> {
    Subject::STORED.iter().map(|&subject| one(context, subject)).collect()
}

fn one(context: &Context, subject: Subject) -> Row {
    let started = Instant::now();
    let place = context.directory();
    let (directory, stop) = (place.path().join("store"), Stop::new(place.path()));
    let mut found = Vec::new();
    let mut reads = 0;
    let mut children = Vec::new();
    let text = directory.display().to_string();
    if let Err(error) = begin(subject, &directory) {
        found.push(error);
    } else {
        let seed = context.seed.to_string();
        let writer = start(&["overwriter", subject.name(), &text, &stop.text(), &seed]);
        let readers = (0..READERS).map(|number| {
            let seed = (context.seed + number).to_string();
            start(&["reader", subject.name(), &text, &stop.text(), &seed])
        });
        for child in std::iter::once(writer).chain(readers.collect::<Vec<_>>()) {
            match child {
                Ok(child) => children.push(child),
                Err(error) => found.push(error),
            }
        }
        stop.after(context.trials(500, 1500, 20_000));
    }
    let mut changes = 0;
    for (number, child) in children.into_iter().enumerate() {
        let (count, more) = outcome(child);
        if number == 0 {
            changes = count
        } else {
            reads += count
        }
        found.extend(more);
    }
    let name = format!("{}, 16 readers", subject.name());
    Row::new(name, (reads, "reads"), found, started).seed(context.seed).count("changes", changes)
}

/// The store as the readers find it first.
fn begin(subject: Subject, directory: &Path) -> Result<(), String> {
    let text = |e: datastorage::Error| format!("begin: {e}");
    std::fs::create_dir(directory).map_err(|e| e.to_string())?;
    let store = subject.open(directory, "none").map_err(text)?;
    (0..KEYS.len()).try_for_each(|number| content::save(&store, number, 1)).map_err(text)?;
    subject.commit(&store).map_err(text)?;
    store.close().map_err(text)
}

/// The writer.
pub fn write(arguments: &[String]) -> Result<String, String> {
    let [subject, directory, stop, seed] = arguments else { return Err("four arguments".to_owned()) };
    let subject = Subject::parse(subject).ok_or("no such subject")?;
    let mut random = fastrand::Rng::with_seed(seed.parse().unwrap_or(0));
    let (mut version, mut changes) = (1u64, 0u64);
    let text = |e: datastorage::Error| format!("the writer failed: {e}");
    while !stopped(stop) && version < 4_000_000 {
        let archive = subject == Subject::Archive;
        let store =
            subject.open_as(Path::new(directory), if archive { "w" } else { "a" }, "none", "fail").map_err(text)?;
        if archive {
            version += 1;
            (0..KEYS.len()).try_for_each(|number| content::save(&store, number, version)).map_err(text)?;
            changes += KEYS.len() as u64;
            if random.bool() {
                store.flush().map_err(text)?;
            }
            store.compress().map_err(text)?;
        }
        for _ in 0..if archive { 0 } else { random.u32(1..60) } {
            version += 1;
            changes += 1;
            let number = random.usize(0..KEYS.len());
            let (key, moved) = (KEYS[number], format!("moved/{}", KEYS[number]));
            let is_there = |key: &str| store.exists(key).map_err(text);
            match random.u32(0..10) {
                0 if number >= KEPT && is_there(key)? => store.delete(key),
                1 if number >= KEPT && is_there(key)? && !is_there(&moved)? => store.rename(key, &moved),
                1 if number >= KEPT && is_there(&moved)? => store.delete(&moved),
                2 => store.flush(),
                _ => content::save(&store, number, version),
            }
            .map_err(text)?;
        }
        store.close().map_err(text)?;
    }
    Ok(format!("did {changes}\n"))
}

/// A reader: what it found first ends it.
pub fn read(arguments: &[String]) -> Result<String, String> {
    let [subject, directory, stop, seed] = arguments else { return Err("four arguments".to_owned()) };
    let subject = Subject::parse(subject).ok_or("no such subject")?;
    let mut random = fastrand::Rng::with_seed(seed.parse().unwrap_or(0));
    let mut seen = vec![0; 2 * KEYS.len()];
    let mut reads = 0u64;
    while !stopped(stop) {
        let store = subject.read(Path::new(directory)).map_err(|e| format!("cannot be opened: {e}"))?;
        for _ in 0..random.u32(1..30) {
            let place = random.usize(0..2 * KEYS.len());
            let number = place % KEYS.len();
            let key = if place < KEYS.len() { KEYS[place].to_owned() } else { format!("moved/{}", KEYS[number]) };
            let mut version = content::version_at(&store, &key, number)?;
            let kept = place < KEPT || place < KEYS.len() && subject == Subject::Archive;
            if kept && version.is_none() && subject == Subject::Archive {
                // The directory that was opened is an archive by now.
                let store = subject.read(Path::new(directory)).map_err(|e| format!("cannot be opened again: {e}"))?;
                version = content::version_at(&store, &key, number)?;
            }
            match version {
                Some(version) if version < seen[place] => {
                    return Err(format!("{key}: version {version}, {} was there before", seen[place]));
                }
                Some(version) => seen[place] = version,
                None if kept => return Err(format!("{key}: not found, it is never deleted")),
                None => {}
            }
            reads += 1;
        }
    }
    Ok(format!("did {reads}\n"))
}
