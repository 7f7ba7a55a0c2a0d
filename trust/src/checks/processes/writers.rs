//! Eight processes want to write one store; some of them are killed while they have it.
//!
//! Each opens, counts one further in a number that all share and in one of its own, and closes. What it did when is in a
//! log of its own, by a clock that all share: no two had the store at once, who was refused was told a process that had
//! it just then, and in the end every count that was acknowledged is there.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};

use datastorage::{ErrorKind, Storage};

use super::{Stop, start, stopped};
use crate::check::Row;
use crate::context::Context;
use crate::subject::Subject;

const WRITERS: u64 = 8;
const SHARED: &str = "count";

pub fn run(context: &Context) -> Vec<Row> {
    let subjects = [Subject::Json, Subject::Directory, Subject::DirectoryAuto, Subject::Shards];
    let both = subjects.into_iter().flat_map(|subject| [(subject, "fail"), (subject, "wait")]);
    both.map(|(subject, lock)| one(context, subject, lock)).collect()
}

fn one(context: &Context, subject: Subject, lock: &str) -> Row {
    let started = Instant::now();
    let name = format!("{}, 8 writers, {lock}", subject.name());
    let (count, refused, found) = match contest(context, subject, lock) {
        Ok(done) => done,
        Err(error) => (0, 0, vec![error]),
    };
    Row::new(name, (count, "turns"), found, started).seed(context.seed).count("refused", refused)
}

fn contest(context: &Context, subject: Subject, lock: &str) -> Result<(u64, u64, Vec<String>), String> {
    let place = context.directory();
    let (directory, stop) = (place.path().join("store"), Stop::new(place.path()));
    std::fs::create_dir(&directory).map_err(|e| e.to_string())?;
    let mut random = context.random(subject.name(), lock.len() as u64);
    let mut number = 0;
    let mut begin = || -> Result<(u64, Child), String> {
        number += 1;
        let paths = [&directory, &place.path().join(format!("log-{number}"))].map(|path| path.display().to_string());
        let child =
            start(&["contender", subject.name(), lock, &paths[0], &paths[1], &stop.text(), &number.to_string()])?;
        Ok((number, child))
    };
    let mut children = (0..WRITERS).map(|_| begin()).collect::<Result<Vec<_>, _>>()?;
    let mut deaths = Vec::new();
    let end = Instant::now() + Duration::from_millis(context.trials(400, 800, 15_000));
    while Instant::now() < end {
        std::thread::sleep(Duration::from_millis(random.u64(20..120)));
        let (number, mut child) = children.swap_remove(random.usize(0..children.len()));
        child.kill().and_then(|()| child.wait()).map_err(|e| e.to_string())?;
        deaths.push((number, child.id(), now()));
        children.push(begin()?);
    }
    stop.now();
    let mut found = Vec::new();
    for (number, child) in children {
        deaths.push((number, child.id(), 0));
        found.extend(super::outcome(child).1);
    }
    let logs: Vec<Told> =
        deaths.iter().map(|&(number, pid, died)| Told::read(place.path(), number, pid, died)).collect();
    let store = subject.read(&directory).map_err(|e| format!("cannot be opened: {e}"))?;
    found.extend(judge(&logs, &store));
    let turns = logs.iter().map(|told| told.turns.len() as u64).sum();
    Ok((turns, logs.iter().map(|told| told.refused.len() as u64).sum(), found))
}

/// What one contender told.
struct Told {
    number: u64,
    pid: u32,
    /// Before open, after open, before close, after close.
    turns: Vec<[u64; 4]>,
    /// Before and after an open that was refused, and what was said.
    refused: Vec<(u64, u64, String)>,
    /// Counts that were begun, and that were acknowledged.
    begun: u64,
    acknowledged: u64,
}

impl Told {
    fn read(place: &Path, number: u64, pid: u32, died: u64) -> Self {
        let text = std::fs::read_to_string(place.join(format!("log-{number}"))).unwrap_or_default();
        let mut told = Self { number, pid, turns: Vec::new(), refused: Vec::new(), begun: 0, acknowledged: 0 };
        let mut last = 0;
        let mut before = 0;
        // The last line may be cut.
        for line in text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')) {
            let mut words = line.splitn(3, ' ');
            let what = words.next().unwrap_or_default();
            let time: u64 = words.next().and_then(|time| time.parse().ok()).unwrap_or(0);
            let last_turn = told.turns.last_mut();
            match (what, last_turn) {
                ("B", _) => before = time,
                ("O", _) => told.turns.push([before, time, 0, 0]),
                ("I", _) => told.begun += 1,
                ("A", _) => told.acknowledged += 1,
                ("C", Some(turn)) => turn[2] = time,
                ("D", Some(turn)) => turn[3] = time,
                ("R", _) => told.refused.push((before, time, words.next().unwrap_or_default().to_owned())),
                _ => {}
            }
            last = time.max(last);
        }
        if let Some(turn) = told.turns.last_mut() {
            // It died while it had the store: it had it as long as it said something, and not longer than it lived.
            turn[2] = if turn[2] == 0 { last } else { turn[2] };
            turn[3] = if turn[3] == 0 { died } else { turn[3] };
        }
        // It may have had the store and not have come to say so.
        if died > 0 && told.turns.last().is_none_or(|turn| turn[3] < before) {
            told.turns.push([before, u64::MAX, 0, died]);
        }
        told
    }
}

fn judge(logs: &[Told], store: &Storage) -> Vec<String> {
    let mut found = Vec::new();
    let mut held: Vec<(u64, u64, u32)> =
        logs.iter().flat_map(|told| told.turns.iter().map(|turn| (turn[1], turn[2], told.pid))).collect();
    held.retain(|(from, to, _)| from < to);
    held.sort_unstable();
    for pair in held.windows(2) {
        if pair[1].0 < pair[0].1 {
            found.push(format!("processes {} and {} had the store at once", pair[0].2, pair[1].2));
        }
    }
    for told in logs {
        for (from, to, text) in &told.refused {
            let pid = text.rsplit_once("by process ").and_then(|(_, pid)| pid.trim().parse::<u32>().ok());
            let had = |pid: u32| {
                let of = logs.iter().filter(|other| other.pid == pid);
                of.flat_map(|other| &other.turns).any(|turn| turn[0] <= *to && *from <= turn[3])
            };
            match pid {
                Some(pid) if had(pid) => {}
                Some(pid) => found.push(format!("refused for process {pid}, which did not have the store: {text}")),
                None => found.push(format!("refused without a process: {text}")),
            }
        }
        let mine = match number(store, &key(told.number)) {
            Ok(mine) => mine,
            Err(error) => {
                found.push(error);
                continue;
            }
        };
        let (acknowledged, begun) = (told.acknowledged, told.begun);
        if mine < acknowledged || mine > begun {
            found.push(format!("writer {} counted to {acknowledged} to {begun}, {mine} is there", told.number));
        }
    }
    let acknowledged: u64 = logs.iter().map(|told| told.acknowledged).sum();
    let begun: u64 = logs.iter().map(|told| told.begun).sum();
    match number(store, SHARED) {
        Ok(all) if (acknowledged..=begun).contains(&all) => {}
        Ok(all) => found.push(format!("all counted to {acknowledged} to {begun}, {all} is there")),
        Err(error) => found.push(error),
    }
    found
}

fn key(number: u64) -> String {
    format!("writer_{number}")
}

fn number(store: &Storage, key: &str) -> Result<u64, String> {
    match store.load_array(key) {
        Ok(array) => Ok(array.to_vec::<u64>().map_err(|e| e.to_string())?.first().copied().unwrap_or(0)),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(0),
        Err(e) => Err(format!("{key}: unreadable: {e}")),
    }
}

/// Nanoseconds of a clock that all processes share and nobody sets.
#[cfg(unix)]
fn now() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    time.tv_sec.unsigned_abs() * 1_000_000_000 + time.tv_nsec.unsigned_abs()
}

#[cfg(not(unix))]
fn now() -> u64 {
    let time = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    time.as_nanos() as u64
}

/// A contender.
pub fn contend(arguments: &[String]) -> Result<String, String> {
    let [subject, lock, directory, log, stop, name] = arguments else { return Err("six arguments".to_owned()) };
    let subject = Subject::parse(subject).ok_or("no such subject")?;
    let mut log = std::fs::File::create(log).map_err(|e| e.to_string())?;
    let mut line = |what: &str, more: &str| {
        let mut text = String::new();
        let _ = writeln!(text, "{what} {} {more}", now());
        log.write_all(text.as_bytes()).expect("the log is in memory");
    };
    let text = |e: datastorage::Error| format!("writer {name} failed: {e}");
    let mine = format!("writer_{name}");
    let mut random = fastrand::Rng::with_seed(name.parse().unwrap_or(0));
    let mut done = 0;
    while !stopped(stop) {
        line("B", "");
        let store = match subject.open_as(Path::new(directory), "a", "none", lock) {
            Ok(store) => store,
            Err(e) if e.kind() == ErrorKind::Busy && lock == "fail" => {
                line("R", e.message());
                std::thread::sleep(Duration::from_micros(random.u64(100..3000)));
                continue;
            }
            Err(e) => return Err(text(e)),
        };
        line("O", "");
        for _ in 0..random.u32(1..4) {
            let (all, own) = (number(&store, SHARED)?, number(&store, &mine)?);
            line("I", "");
            store.save(SHARED, all + 1).map_err(text)?;
            store.save(&mine, own + 1).map_err(text)?;
            store.flush().map_err(text)?;
            line("A", "");
            done += 1;
        }
        line("C", "");
        store.close().map_err(text)?;
        line("D", "");
        std::thread::sleep(Duration::from_micros(random.u64(0..2000)));
    }
    Ok(format!("did {done}\n"))
}
