//! A hundred processes ask one dataset the same; four keep subsets of one at once.

use std::path::Path;
use std::time::Instant;

use datastorage::dataset::Dataset;
use datastorage::{ErrorKind, Op, Options};

use super::{Stop, outcome, start, stopped};
use crate::check::Row;
use crate::context::Context;
use crate::merging::{self, Form};

const PARTS: u64 = 24;
const SAVERS: u64 = 4;

pub fn run(context: &Context) -> Vec<Row> {
    let mut rows: Vec<Row> = Form::ALL.iter().map(|&form| asked(context, form)).collect();
    rows.extend(["fail", "wait"].map(|lock| saved(context, lock)));
    rows
}

fn merged(context: &Context, form: Form) -> Result<tempfile::TempDir, String> {
    let place = context.directory();
    let parts = merging::write(place.path(), 0..PARTS);
    let output = merging::output(place.path());
    merging::merge(&Op::quiet(), &parts, &output, &form.options("w", "none")).map_err(|e| format!("merge: {e}"))?;
    Ok(place)
}

fn asked(context: &Context, form: Form) -> Row {
    let started = Instant::now();
    let askers = if form == Form::Archive { context.trials(20, 100, 100) } else { context.trials(5, 20, 100) };
    let rounds = context.trials(1, 1, 5);
    let found = merged(context, form).and_then(|place| {
        let output = merging::output(place.path());
        let wanted = answers(&output)?;
        let mut found = Vec::new();
        for _ in 0..rounds {
            let text = output.display().to_string();
            let children = (0..askers).map(|_| start(&["asker", &text])).collect::<Result<Vec<_>, _>>()?;
            for child in children {
                let output = child.wait_with_output().map_err(|e| e.to_string())?;
                let answer = String::from_utf8_lossy(&output.stdout).into_owned();
                if answer != wanted {
                    let both = answer.lines().zip(wanted.lines()).find(|(answer, wanted)| answer != wanted);
                    found.push(format!("another answer: {both:?}"));
                }
            }
        }
        Ok(found)
    });
    let found = found.unwrap_or_else(|error| vec![error]);
    Row::new(format!("{}, readers", form.name()), (askers * rounds, "processes"), found, started)
}

/// A reader of a dataset.
pub fn ask(arguments: &[String]) -> Result<String, String> {
    let [path] = arguments else { return Err("one argument".to_owned()) };
    answers(Path::new(path))
}

fn answers(path: &Path) -> Result<String, String> {
    let text = |e: datastorage::Error| e.to_string();
    let dataset = Dataset::open(path, &Options::default()).map_err(text)?;
    let op = Op::quiet();
    let mut all = Vec::new();
    for predicate in ["", "face_types >= 1", "face_areas > 5003.5 and face_types < 3"] {
        all.push(format!("{:?}", dataset.files(&op, Some("faces"), predicate).map_err(text)?));
        all.push(format!("{:?}", dataset.rows(&op, "faces", predicate).map_err(text)?));
    }
    for (key, _) in dataset.store().list("", true).map_err(text)? {
        if dataset.store().stat(&key).map_err(text)?.kind == datastorage::Kind::Array {
            all.push(format!("{key} {:?}", dataset.store().load_array(&key).map_err(text)?));
        }
    }
    Ok(format!("{}\n", all.join("\n")))
}

fn saved(context: &Context, lock: &str) -> Row {
    let started = Instant::now();
    let done = merged(context, Form::Archive).and_then(|place| {
        let (output, stop) = (merging::output(place.path()), Stop::new(place.path()));
        let text = output.display().to_string();
        let savers = (0..SAVERS).map(|number| start(&["saver", &text, lock, &stop.text(), &number.to_string()]));
        let savers = savers.collect::<Result<Vec<_>, _>>()?;
        stop.after(context.trials(300, 800, 8000));
        let (mut saves, mut found) = (0, Vec::new());
        let counts: Vec<u64> = savers
            .into_iter()
            .map(|child| {
                let (count, more) = outcome(child);
                found.extend(more);
                saves += count;
                count
            })
            .collect();
        let dataset = Dataset::open(&output, &Options::default()).map_err(|e| e.to_string())?;
        for (number, count) in (0..).zip(counts).filter(|(_, count)| *count > 0) {
            let (have, wanted) = (dataset.subset(&name(number)), codes(number, count));
            if have.as_ref().ok() != Some(&wanted) {
                found.push(format!("saver {number} saved {wanted:?} last, {have:?} is there"));
            }
        }
        Ok((saves, found))
    });
    let (saves, found) = done.unwrap_or_else(|error| (0, vec![error]));
    Row::new(format!("subsets, 4 savers, {lock}"), (saves, "saves"), found, started)
}

fn name(number: u64) -> String {
    format!("subset_{number}")
}

/// The files that a saver gives its subset the n-th time.
fn codes(number: u64, count: u64) -> Vec<i64> {
    let own = (0..PARTS).filter(|code| code % SAVERS == number);
    own.skip((count % 3) as usize).map(|code| code as i64).collect()
}

/// A saver of a subset.
pub fn save(arguments: &[String]) -> Result<String, String> {
    let [path, lock, stop, number] = arguments else { return Err("four arguments".to_owned()) };
    let number: u64 = number.parse().map_err(|_| "a number")?;
    let text = |e: datastorage::Error| format!("saver {number}: {e}");
    let options = Options::parse(&format!(r#"{{"lock": "{lock}", "sync": "none"}}"#)).map_err(text)?;
    let dataset = Dataset::open(path, &options).map_err(text)?;
    let mut count = 0;
    while !stopped(stop) {
        match dataset.save_subsets(&[(name(number), codes(number, count + 1))]) {
            Ok(()) => {
                count += 1;
                // Nobody else changes it: it is there as long as it is not saved again.
                let have = dataset.subset(&name(number)).map_err(text)?;
                if have != codes(number, count) {
                    return Err(format!("saver {number}: saved {:?}, {have:?} is there", codes(number, count)));
                }
            }
            Err(e) if e.kind() == ErrorKind::Busy && lock == "fail" => {
                if !e.message().contains("by process ") {
                    return Err(format!("saver {number}: refused without a process: {e}"));
                }
            }
            Err(e) => return Err(text(e)),
        }
    }
    Ok(format!("did {count}\n"))
}
