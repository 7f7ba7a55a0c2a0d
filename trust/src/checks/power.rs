//! Power cuts: what was acknowledged is there, whole, whatever of the rest reached the medium.
//!
//! A stream of commits is recorded once a worker, call by call. A trial takes a prefix of the trace, makes what a power
//! cut may leave of it ([`crate::image`] says in what model) in the very place where it was recorded, and opens that as its
//! user would: for reading, for writing (recovery included), and again. The prefixes come in order first, spread over all
//! of the trace; then by chance.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use datastorage::trust::{Defect, Recording, Step};

use crate::check::{Check, Row};
use crate::context::Context;
use crate::disks;
use crate::history::History;
use crate::image::{Arrival, Medium};
use crate::streams::{self, Stream};
use crate::subject::Subject;

pub const CHECK: Check = Check {
    name: "power",
    run,
    defects: &[("skip-sync", Defect::SkipSync), ("skip-directory-sync", Defect::SkipDirectorySync)],
};

/// A trace, and where it was recorded.
struct Recorded {
    home: tempfile::TempDir,
    steps: Vec<Step>,
}

impl Recorded {
    fn new(context: &Context, stream: Stream) -> Result<Self, String> {
        let home = context.directory();
        let (place, parts) = (home.path().join("place"), home.path().join("parts"));
        for directory in [&place, &parts] {
            std::fs::create_dir(directory).map_err(|e| e.to_string())?;
        }
        let recording = Arc::new(Recording::new());
        let mounted = disks::mount(&place, recording.clone());
        stream.run(&place, &parts, &recording).map_err(|e| format!("undisturbed: {e}"))?;
        drop(mounted);
        Ok(Self { home, steps: recording.steps() })
    }

    fn place(&self) -> PathBuf {
        self.home.path().join("place")
    }
}

fn run(context: &Context) -> Vec<Row> {
    Stream::all().into_iter().map(|stream| of(context, stream)).collect()
}

fn of(context: &Context, stream: Stream) -> Row {
    let started = Instant::now();
    let trials = context.trials(150, 250, 5000);
    let row = |trials, found| Row::new(stream.name(), (trials, "images"), found, started).seed(context.seed);
    let recorded = match (0..context.jobs).map(|_| Recorded::new(context, stream)).collect::<Result<Vec<_>, _>>() {
        Ok(recorded) => recorded,
        Err(e) => return row(1, vec![e]),
    };
    let calls = recorded[0].steps.iter().filter(|step| !matches!(step, Step::Mark(_))).count() as u64;
    let pool = Mutex::new(recorded);
    let found = context.parallel(trials, |trial| {
        let recorded = pool.lock().unwrap().pop().expect("one a worker");
        let outcome =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| cut(context, stream, &recorded, (trial, trials))));
        pool.lock().unwrap().push(recorded);
        outcome.unwrap_or_else(|_| Err("panicked".to_owned()))
    });
    row(trials, found).count("calls", calls)
}

/// One image.
fn cut(context: &Context, stream: Stream, recorded: &Recorded, (trial, trials): (u64, u64)) -> Result<(), String> {
    let mut random = context.random(stream.name(), trial);
    let length = recorded.steps.len() as u64;
    // Every prefix once, spread where there are fewer trials than that.
    let at = match trial {
        _ if trials < length => trial * (length + 1) / trials,
        _ if trial <= length => trial,
        _ => random.u64(0..=length),
    };
    let arrival = match random.u8(0..10) {
        0..=2 => Arrival::Nothing,
        3 => Arrival::Everything,
        4..=5 => Arrival::Some(0.1),
        6..=7 => Arrival::Some(0.5),
        _ => Arrival::Some(0.9),
    };
    let steps = &recorded.steps[..at as usize];
    let place = recorded.place();
    let mut lay_out = || -> Result<(), String> {
        let medium = Medium::after(steps, &place)?;
        let text = |e: std::io::Error| format!("the image: {e}");
        std::fs::remove_dir_all(&place).and_then(|()| std::fs::create_dir(&place)).map_err(text)?;
        medium.cut(arrival, &mut random, &place).map_err(text)
    };
    lay_out()?;
    let history = History::of(steps);
    let parts = recorded.home.path().join("parts");
    let outcome = match stream {
        Stream::Store(subject) => store(subject, &stream.inside(&place), &history),
        Stream::Dataset(form) => dataset(form, &place, &parts, &history),
    };
    outcome.map_err(|e| {
        let last = steps.iter().rev().find(|step| !matches!(step, Step::Mark(_)));
        format!(
            "cut after step {at} of {length} ({}), {arrival:?} of what was not synced arrives: {e}",
            brief(last, &place)
        )
    })
}

/// The last call, without its bytes.
fn brief(step: Option<&Step>, place: &Path) -> String {
    let text = match step {
        Some(Step::Write { file, offset, bytes }) => format!("write {} bytes at {offset} of file {file}", bytes.len()),
        Some(step) => format!("{step:?}"),
        None => "nothing was done".to_owned(),
    };
    text.replace(&format!("{}/", place.display()), "")
}

fn store(subject: Subject, place: &Path, history: &History) -> Result<(), String> {
    match subject.read(place) {
        Ok(store) => {
            history.check(|key| streams::visible(&store, key)).map_err(|e| format!("read: {e}"))?;
            store.close().map_err(|e| format!("read: {e}"))?;
        }
        Err(e) if history.is_acknowledged() => return Err(format!("does not open for reading: {e}")),
        // It was never there.
        Err(_) => {}
    }
    let store = subject.open(place, "none").map_err(|e| format!("does not open for writing: {e}"))?;
    history.check(|key| streams::visible(&store, key)).map_err(|e| format!("opened for writing: {e}"))?;
    let findings = store.verify(false).map_err(|e| format!("verification: {e}"))?;
    if let Some(first) = findings.first() {
        return Err(format!("verification: {}: {}", first.key, first.text));
    }
    store.close().map_err(|e| format!("closing: {e}"))?;
    let store = subject.read(place).map_err(|e| format!("does not open again: {e}"))?;
    history.check(|key| streams::visible(&store, key)).map_err(|e| format!("opened again: {e}"))?;
    store.close().map_err(|e| format!("closing again: {e}"))
}

fn dataset(form: crate::merging::Form, place: &Path, parts: &Path, history: &History) -> Result<(), String> {
    history.check(|_| streams::files(place)).map_err(|e| format!("read: {e}"))?;
    // The merge that was under way is done again, and goes on with what is left of it.
    let (found, last) = (streams::files(place)?, history.allowed(streams::FILES).pop().flatten());
    if let Some(count) = last.filter(|count| found != Some(*count)) {
        streams::merge(form, place, parts, count, "full").map_err(|e| format!("merged again: {e}"))?;
        let found = streams::files(place).map_err(|e| format!("merged again: {e}"))?;
        if found != Some(count) {
            return Err(format!("merged again: {found:?} files are there, {count} were merged"));
        }
    }
    Ok(())
}
