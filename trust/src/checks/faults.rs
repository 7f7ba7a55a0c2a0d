//! Failing calls: every call that changes the disk fails once, and from then on, in every operation.
//!
//! The k-th call of an operation fails, for every k until the operation meets no such call any more (in the short form for
//! every tenth, from one that the seed tells). The operation must
//! report it, or have succeeded truly; a write that is short or interrupted must be gone on with. What is visible then, to
//! the store that is open still and to one that opens afresh, is the old state of each key or the new one. On a healthy
//! disk the operation then succeeds when it is done again, and after closing and opening nothing private is left.
//!
//! A rename of a node that failed may leave it under both names, never under neither.

use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use datastorage::trust::{Defect, Fault, Faulty};
use datastorage::{ErrorKind, Storage};

use crate::acts::{self, Act, Stage};
use crate::check::{Check, Row};
use crate::context::{Amount, Context};
use crate::disks;
use crate::merging::{self, Form};
use crate::streams;
use crate::subject::Subject;

pub const CHECK: Check = Check { name: "faults", run, defects: &[("swallow-error", Defect::SwallowError)] };

/// Each fault, and whether it lasts.
const FAULTS: &[(Fault, bool)] = &[
    (Fault::Io, false),
    (Fault::Io, true),
    (Fault::NoSpace, false),
    (Fault::NoSpace, true),
    (Fault::Interrupted, false),
    (Fault::Short, false),
    (Fault::Short, true),
];

/// Operations on datasets: what is there before, and after.
const MERGES: &[(u64, u64)] = &[(0, 2), (2, 4), (4, 3)];

fn run(context: &Context) -> Vec<Row> {
    let stores: &[Subject] = match context.amount {
        Amount::Proof => &[Subject::Json, Subject::Directory, Subject::Archive],
        _ => Subject::STORED,
    };
    let forms: &[Form] = if context.amount == Amount::Proof { &[] } else { Form::ALL };
    let stores = stores.iter().map(|subject| store(context, *subject));
    stores.chain(forms.iter().map(|form| dataset(context, *form))).collect()
}

fn store(context: &Context, subject: Subject) -> Row {
    let template = context.directory();
    if let Err(e) = acts::prepare(subject, template.path()) {
        return Row::new(subject.name(), (1, "failing calls"), vec![format!("undisturbed: {e}")], Instant::now());
    }
    let acts = Act::of(subject);
    let cases: Vec<(Act, (Fault, bool))> =
        acts.iter().flat_map(|act| FAULTS.iter().map(move |fault| (*act, *fault))).collect();
    every(context, subject.name(), &cases, |act, faulty| {
        let place = context.directory();
        copy(template.path(), place.path()).map_err(|e| e.to_string())?;
        try_act(subject, act, faulty, place.path())
    })
}

/// Does each case with every call failing in turn.
fn every<C: Copy + std::fmt::Debug + std::marker::Sync>(
    context: &Context,
    name: &str,
    cases: &[(C, (Fault, bool))],
    attempt: impl Fn(C, &Arc<Faulty>) -> Result<(), String> + std::marker::Sync,
) -> Row {
    let started = Instant::now();
    // All of them in full; every few in the short form, which of them says the seed.
    let step = context.trials(5, 16, 1);
    let (tried, found) = (AtomicU64::new(0), Mutex::new(Vec::new()));
    let mut broken = context.parallel(cases.len() as u64, |number| {
        let (case, (fault, lasting)) = cases[number as usize];

        let mut at = context.random(name, number).u64(0..step);
        loop {
            let faulty = Arc::new(Faulty::new(fault, at, lasting));
            let how = if lasting { "from call" } else { "at call" };
            let outcome = attempt(case, &faulty);
            if let Err(e) = outcome {
                found.lock().unwrap().push(format!("{case:?}, {fault:?} {how} {at}: {e}"));
            }
            if !faulty.struck() {
                return Ok(());
            }
            tried.fetch_add(1, Ordering::Relaxed);
            // From any later call on, shorter writes are among those of the first.
            if (fault, lasting) == (Fault::Short, true) {
                return Ok(());
            }
            at += step;
        }
    });
    broken.extend(found.into_inner().unwrap());
    broken.sort();
    Row::new(name, (tried.into_inner(), "failing calls"), broken, started).seed(context.seed)
}

/// What an operation must have said.
fn judge(faulty: &Faulty, fault: Fault, error: Option<&datastorage::Error>) -> Result<(), String> {
    match error {
        Some(e) if !faulty.struck() => Err(format!("failed on a healthy disk: {e}")),
        Some(e) if matches!(fault, Fault::Short | Fault::Interrupted) => Err(format!("was not gone on with: {e}")),
        Some(e) if !matches!(e.kind(), ErrorKind::Io | ErrorKind::Permission) => {
            Err(format!("is reported as {:?}: {e}", e.kind()))
        }
        _ => Ok(()),
    }
}

fn try_act(subject: Subject, act: Act, faulty: &Arc<Faulty>, place: &Path) -> Result<(), String> {
    let text = |what: &str, e: &dyn std::fmt::Display| format!("{what}: {e}");
    let mut stage = Stage::new(subject, place);
    if act != Act::Open {
        stage.open().map_err(|e| text("opening", &e))?;
    }
    let mounted = disks::mount(place, faulty.clone());
    let error = stage.act(act).err();
    drop(mounted);
    judge(faulty, faulty.fault(), error.as_ref())?;
    let said = error.map_or_else(|| "it succeeded".to_owned(), |e| format!("it failed with: {e}"));
    let after = |what: &str, e: String| format!("{said}; {what}: {e}");
    if let Some(store) = &stage.store {
        stage.check(store, &stage.live).map_err(|e| after("the open store", e))?;
    }
    read(&stage).map_err(|e| after("a fresh one", e))?;
    stage.act(act).map_err(|e| after("done again", e.to_string()))?;
    if let Some(store) = &stage.store {
        stage.check(store, &stage.live).map_err(|e| after("the open store, done again", e))?;
    }
    read(&stage).map_err(|e| after("a fresh one, done again", e))?;
    match stage.store.take() {
        // Closing one that is to replace another would do so.
        Some(store) if act == Act::Open => store.discard(),
        Some(store) => store.close().map_err(|e| after("closing", e.to_string()))?,
        None => {}
    }
    let store = subject.open(place, "none").map_err(|e| after("opened for writing", e.to_string()))?;
    stage.check(&store, &stage.disk).map_err(|e| after("opened for writing", e))?;
    let archived = store.read_only();
    store.close().map_err(|e| after("closing at the end", e.to_string()))?;
    if archived {
        // Only who replaces it writes there.
        streams::replace(place, "none").map_err(|e| after("replacing", e.to_string()))?.discard();
    }
    match private(place).map_err(|e| e.to_string())? {
        left if left.is_empty() => Ok(()),
        left => Err(after("left", left.join(", "))),
    }
}

/// Opens the store beside the writer, and compares.
fn read(stage: &Stage<'_>) -> Result<(), String> {
    let store: Storage = stage.subject.read(stage.place).map_err(|e| e.to_string())?;
    stage.check(&store, &stage.disk)?;
    store.close().map_err(|e| e.to_string())
}

fn dataset(context: &Context, form: Form) -> Row {
    let parts = context.directory();
    merging::write(parts.path(), 0..4);
    let templates: Vec<_> = MERGES.iter().map(|_| context.directory()).collect();
    for (template, (before, _)) in templates.iter().zip(MERGES) {
        let made = match before {
            0 => Ok(()),
            2 => streams::merge(form, template.path(), parts.path(), 2, "none"),
            _ => streams::merge(form, template.path(), parts.path(), 2, "none")
                .and_then(|()| streams::merge(form, template.path(), parts.path(), 4, "none")),
        };
        if let Err(e) = made {
            return Row::new(form.name(), (1, "failing calls"), vec![format!("undisturbed: {e}")], Instant::now());
        }
    }
    let cases: Vec<(usize, (Fault, bool))> =
        (0..MERGES.len()).flat_map(|merge| FAULTS.iter().map(move |fault| (merge, *fault))).collect();
    every(context, form.name(), &cases, |merge, faulty| {
        let place = context.directory();
        copy(templates[merge].path(), place.path()).map_err(|e| e.to_string())?;
        try_merge(form, MERGES[merge], faulty, place.path(), parts.path())
    })
}

fn try_merge(
    form: Form,
    (before, wanted): (u64, u64),
    faulty: &Arc<Faulty>,
    place: &Path,
    parts: &Path,
) -> Result<(), String> {
    let mounted = disks::mount(place, faulty.clone());
    let error = streams::merge(form, place, parts, wanted, "full").err();
    drop(mounted);
    judge(faulty, faulty.fault(), error.as_ref())?;
    let succeeded = error.is_none();
    let said = error.map_or_else(|| "it succeeded".to_owned(), |e| format!("it failed with: {e}"));
    let after = |what: &str, e: String| format!("{said}; {what}: {e}");
    let found = streams::files(place).map_err(|e| after("the dataset", e))?;
    if found != Some(wanted) && (succeeded || found != Some(before)) {
        return Err(after("the dataset", format!("{found:?} files, {before} were there and {wanted} were merged")));
    }
    if found != Some(wanted) {
        streams::merge(form, place, parts, wanted, "full").map_err(|e| after("done again", e.to_string()))?;
        let found = streams::files(place).map_err(|e| after("done again", e))?;
        if found != Some(wanted) {
            return Err(after("done again", format!("{found:?} files, {wanted} were merged")));
        }
    }
    // The next writer removes what could not be removed.
    streams::merge(form, place, parts, 2, "full").map_err(|e| after("merged anew", e.to_string()))?;
    match private(place).map_err(|e| e.to_string())? {
        left if left.is_empty() => Ok(()),
        left => Err(after("left", left.join(", "))),
    }
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            std::fs::create_dir(&target)?;
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// The private names in a directory and below.
fn private(place: &Path) -> std::io::Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(place)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let known = name == ".ds_record" || name == ".ds_archive";
        let hidden = name.starts_with(".ds") && !known || name.ends_with(".ds-old") || name.ends_with(".lock");
        if hidden || name.ends_with(".merge") {
            found.push(name.clone());
        }
        if entry.file_type()?.is_dir() {
            found.extend(private(&entry.path())?.into_iter().map(|below| format!("{name}/{below}")));
        }
    }
    found.sort();
    Ok(found)
}
