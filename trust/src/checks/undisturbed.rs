//! Round trips: what every other check relies on is that an undisturbed store gives back each version of each node.

use std::time::Instant;

use datastorage::Op;

use crate::check::{Check, Row};
use crate::content;
use crate::context::Context;
use crate::merging::{self, Form};
use crate::subject::Subject;

pub const CHECK: Check = Check { name: "undisturbed", run, defects: &[] };

fn run(context: &Context) -> Vec<Row> {
    let one = |&subject: &Subject| {
        let started = Instant::now();
        let trials = context.trials(1, 20, 100);
        let found = context.parallel(trials, |trial| round(context, subject, trial).map_err(|e| e.to_string()));
        Row::new(subject.name(), (trials, "round trips"), found, started)
    };
    Subject::ALL.iter().map(one).chain(Form::ALL.iter().map(|form| dataset(context, *form))).collect()
}

/// A merge, and an append to it.
fn dataset(context: &Context, form: Form) -> Row {
    let started = Instant::now();
    let trials = context.trials(1, 5, 20);
    let round = |trial: u64| -> Result<(), String> {
        let directory = context.directory();
        let parts = merging::write(directory.path(), 0..4 + trial);
        let output = merging::output(directory.path());
        let (first, rest) = parts.split_at(2);
        for (mode, parts) in [("w", first), ("a", rest)] {
            merging::merge(&Op::quiet(), parts, &output, &form.options(mode, "none")).map_err(|e| e.to_string())?;
        }
        merging::verify(&output, 4 + trial)
    };
    Row::new(form.name(), (trials, "round trips"), context.parallel(trials, round), started)
}

fn round(context: &Context, subject: Subject, trial: u64) -> Result<(), String> {
    let directory = context.directory();
    let text = |e: datastorage::Error| e.to_string();
    let store = subject.open(directory.path(), "none").map_err(text)?;
    for number in 0..content::KEYS.len() {
        content::save(&store, number, trial).map_err(text)?;
    }
    let store = if subject == Subject::Memory {
        store
    } else {
        subject.commit(&store).map_err(text)?;
        store.close().map_err(text)?;
        subject.read(directory.path()).map_err(text)?
    };
    for number in 0..content::KEYS.len() {
        match content::version(&store, number)? {
            Some(version) if version == trial => {}
            other => return Err(format!("{}: version {trial} was saved, {other:?} is there", content::KEYS[number])),
        }
    }
    Ok(())
}
