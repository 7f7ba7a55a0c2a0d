//! The child's half of [`crate::batch`]: does trials one after the other, measures each, and says what it is in.
//!
//! What a trial prepares is not measured, only what it gives to [`Trial::measured`]: there a panic (of any thread, and
//! also one that the library caught), more than a second of processor, and more memory than the trial allows are
//! findings.

use std::any::Any;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

use crate::batch;
use crate::context::Context;
use crate::memory::{self, Meter};

/// Processor seconds that a trial may take.
pub const SECONDS: f64 = 1.0;

/// Where panics are expected: the wall around the reader of Parquet makes errors of them (`src/dataset/tables/guard.rs`).
const WALLED: &str = "/parquet-";

/// The last panic, and where it was.
static PANIC: Mutex<Option<String>> = Mutex::new(None);

/// What a child has to do.
pub struct Trials {
    seed: u64,
    directory: PathBuf,
    first: u64,
    end: u64,
    arguments: Vec<String>,
}

/// One of them.
pub struct Trial<'t> {
    pub number: u64,
    trials: &'t Trials,
    counts: &'t mut Vec<(&'static str, u64)>,
}

impl Trials {
    /// Of what [`batch::Batch`] gave.
    pub fn parse(arguments: &[String]) -> Option<Self> {
        let [seed, directory, first, end, arguments @ ..] = arguments else { return None };
        let number = |text: &String| text.parse::<u64>().ok();
        Some(Self {
            seed: number(seed)?,
            directory: directory.into(),
            first: number(first)?,
            end: number(end)?,
            arguments: arguments.to_vec(),
        })
    }

    /// An empty place that is there for as long as the child, and removed by its parent.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// What the child was told.
    pub fn arguments(&self) -> &[String] {
        &self.arguments
    }

    /// Does them all. An error of `trial` is a finding.
    pub fn run(&self, mut trial: impl FnMut(&mut Trial<'_>) -> Result<(), String>) -> ExitCode {
        std::panic::set_hook(Box::new(|info| {
            let place = info.location().map_or_else(String::new, |at| format!("{}:{}", at.file(), at.line()));
            let text = format!("{place}: {}", said(info.payload()));
            *PANIC.lock().unwrap_or_else(PoisonError::into_inner) = Some(text);
        }));
        memory::limit(batch::memory_ceiling());
        let mut counts = Vec::new();
        for number in self.first..self.end {
            say("at", &number.to_string());
            let mut one = Trial { number, trials: self, counts: &mut counts };
            match catch_unwind(AssertUnwindSafe(|| trial(&mut one))) {
                Ok(Ok(())) => {}
                Ok(Err(finding)) => one.found(&finding),
                Err(_) => one.found(&format!("the trial itself panicked: {}", panicked().unwrap_or_default())),
            }
        }
        counts.iter().for_each(|(name, number)| say("count", &format!("{name} {number}")));
        say("done", "");
        ExitCode::SUCCESS
    }
}

impl Trial<'_> {
    /// Its random numbers: the same whoever does it.
    pub fn random(&self, subject: &str) -> fastrand::Rng {
        Context::random_of(self.trials.seed, subject, self.number)
    }

    /// Says what it is about to do, for the finding.
    pub fn about(&mut self, what: &str) {
        say("what", what);
    }

    /// A finding.
    pub fn found(&mut self, text: &str) {
        say("found", text);
    }

    /// Counts one more of a thing.
    pub fn count(&mut self, name: &'static str) {
        match self.counts.iter_mut().find(|(known, _)| *known == name) {
            Some((_, number)) => *number += 1,
            None => self.counts.push((name, 1)),
        }
    }

    /// Does what is to be tried, in at most so many bytes.
    ///
    /// # Errors
    /// What it panicked with. Time and memory that it took too much of are told by [`Trial::found`].
    pub fn measured<T>(&mut self, most: u64, work: impl FnOnce() -> T) -> Result<T, String> {
        _ = panicked();
        let seconds = || memory::processor_seconds("self").unwrap_or(0.0);
        let (meter, began) = (Meter::start(), seconds());
        let result = catch_unwind(AssertUnwindSafe(work));
        let (taken, used) = (meter.taken(), seconds() - began);
        if taken.most() > most {
            self.found(&format!("took {taken}, allowed are {most}"));
        }
        if used > SECONDS {
            self.found(&format!("hangs: took {used:.2} s of processor"));
        }
        match (result, panicked()) {
            (Ok(result), None) => Ok(result),
            (Ok(result), Some(panic)) if panic.contains(WALLED) => Ok(result),
            (_, panic) => Err(format!("panicked: {}", panic.unwrap_or_default())),
        }
    }
}

fn panicked() -> Option<String> {
    PANIC.lock().unwrap_or_else(PoisonError::into_inner).take()
}

fn said(payload: &(dyn Any + Send)) -> &str {
    match (payload.downcast_ref::<&str>(), payload.downcast_ref::<String>()) {
        (Some(text), _) => text,
        (_, Some(text)) => text,
        _ => "no text",
    }
}

/// One line to the parent, at once: the process may not live to say another.
fn say(word: &str, text: &str) {
    let line = format!("{word} {}\n", text.replace(['\n', '\r'], " | "));
    // A parent that is gone cannot be told so.
    _ = std::io::stdout().write_all(line.as_bytes());
}
