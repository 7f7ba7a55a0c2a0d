//! What a check is, and what it says.

use std::time::Instant;

use datastorage::trust::Defect;

use crate::context::Context;

/// A check: one promise of docs/reliability.md, tried on every subject that it applies to.
pub struct Check {
    /// As in `--only`.
    pub name: &'static str,
    /// Tries the promise.
    pub run: fn(&Context) -> Vec<Row>,
    /// The defects of the library that it must find, and how each is planted.
    pub defects: &'static [(&'static str, Defect)],
}

impl Check {
    /// Does it.
    pub fn run(&self, context: &Context) -> Vec<Row> {
        (self.run)(context).into_iter().map(|row| Row { check: self.name, ..row }).collect()
    }
}

/// One line of the table.
#[derive(Debug)]
pub struct Row {
    /// The check.
    pub check: &'static str,
    /// What was tried: a backend, a tool, a target.
    pub subject: String,
    /// How often, and of what.
    pub trials: u64,
    pub of: &'static str,
    /// What was found that must not be.
    pub findings: Vec<String>,
    /// Seconds on the clock.
    pub seconds: f64,
    /// The seed, where there is one.
    pub seed: Option<u64>,
    /// What else was counted, for the reader: `[("acknowledged", 1234)]`.
    pub counts: Vec<(&'static str, u64)>,
}

impl Row {
    /// A line of trials that began at `started`.
    pub fn new(
        subject: impl Into<String>,
        (trials, of): (u64, &'static str),
        findings: Vec<String>,
        started: Instant,
    ) -> Self {
        let seconds = started.elapsed().as_secs_f64();
        Self { check: "", subject: subject.into(), trials, of, findings, seconds, seed: None, counts: Vec::new() }
    }

    /// With the seed.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// With one more count.
    pub fn count(mut self, name: &'static str, number: u64) -> Self {
        self.counts.push((name, number));
        self
    }
}
