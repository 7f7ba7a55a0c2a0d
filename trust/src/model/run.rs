//! A case, done: each step to the store and to the model, and where they disagree.
//!
//! The model knows what a new handle would find: what was there at the last commit point, which is each change of the
//! nodes where saves are durable at once. A commit that was cancelled may have done any part of its work, so it is done
//! again at once, and must do the rest.

use std::path::{Path, PathBuf};

use datastorage::{Error, ErrorKind};

use super::calls::call;
use super::case::{Backend, Case, Spec};
use super::changes;
use super::compare::{Outcome, equal, settle};
use super::looks::look;
use super::opened::Opened;
use super::state::State;
use super::step::Step;

/// What was done, and how it ended.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    pub done: u64,
    pub refused: u64,
    pub cancelled: u64,
    /// Failing disks that were met.
    pub struck: u64,
}

/// A store and the model of it.
pub struct Run {
    pub(super) place: PathBuf,
    pub(super) stores: u64,
    pub open: Opened,
    pub state: State,
    /// What a new handle would find; `None` where there is no store.
    pub(super) committed: Option<State>,
    /// Whether the bits of what is not a number are kept: JSON has no text for them.
    pub(super) payloads: bool,
    pub budget: u64,
    pub counts: Counts,
}

/// Does a whole case.
///
/// # Errors
/// The number of the step at which store and model disagree, and how.
pub fn attempt(place: &Path, case: &Case) -> Result<Counts, (usize, String)> {
    let mut run = Run::new(place, &case.spec, case.budget).map_err(|e| (0, e))?;
    for (number, step) in case.steps.iter().enumerate() {
        run.apply(step).map_err(|e| (number, e))?;
    }
    run.end().map_err(|e| (case.steps.len(), e))?;
    Ok(run.counts)
}

pub(super) fn failed(what: &str) -> impl Fn(Error) -> String {
    move |e| format!("{what}: {:?}: {e}", e.kind())
}

impl Run {
    /// A new store in a directory of its own.
    ///
    /// # Errors
    /// When it does not open.
    pub fn new(place: &Path, spec: &Spec, budget: u64) -> Result<Self, String> {
        datastorage::config::configure(&format!("{{\"staging_budget\": {budget}}}")).map_err(|e| e.to_string())?;
        let path = place.join("store0");
        let open = Opened::new(spec, &path, "a").map_err(failed("opening"))?;
        let committed = (spec.backend == Backend::Json).then(State::default);
        let payloads = spec.backend != Backend::Json;
        let state = State::default();
        Ok(Self {
            place: place.to_owned(),
            stores: 1,
            open,
            state,
            committed,
            payloads,
            budget,
            counts: Counts::default(),
        })
    }

    /// The end of a sequence: everything is compared, once as it is and once as a new handle finds it.
    ///
    /// # Errors
    /// What differs.
    pub fn end(&mut self) -> Result<(), String> {
        self.apply(&Step::Check)?;
        if self.open.backend() != Backend::Memory {
            self.apply(&Step::Reopen { mode: "r".to_owned(), options: self.open.spec.options.clone() })?;
        }
        self.open.store.discard();
        Ok(())
    }

    /// Does a step.
    ///
    /// # Errors
    /// How the store and the model disagree.
    pub fn apply(&mut self, step: &Step) -> Result<(), String> {
        match self.perform(step) {
            Outcome::Done => self.counts.done += 1,
            Outcome::Refused => self.counts.refused += 1,
            Outcome::Cancelled if matches!(step, Step::Cancel { .. }) => self.counts.cancelled += 1,
            Outcome::Cancelled => return Err("cancelled, and nobody asked for that".to_owned()),
            Outcome::Failed(text) | Outcome::Differs(text) => return Err(text),
        }
        Ok(())
    }

    pub(super) fn perform(&mut self, step: &Step) -> Outcome {
        let store = self.open.store.clone();
        if let Some(outcome) = look(&store, &self.state, self.payloads, step) {
            return outcome;
        }
        match step {
            Step::Validate { key, data } => self.validate(key, &changes::array(data)),
            Step::Verify { .. } => {
                let want = if self.open.read_only { Err(vec![ErrorKind::ReadOnly]) } else { Ok(()) };
                let outcome =
                    settle(store.verify(true), want, |found| equal("what verification finds", found, Vec::new()));
                if matches!(outcome, Outcome::Done) && self.open.backend() == Backend::Json {
                    // What is recorded as right is in one document with all that waited.
                    self.commit_nodes(step);
                }
                outcome
            }
            Step::ToBytes { options } => self.bytes_of(options),
            Step::Reader { options } => self.reader(options).into(),
            Step::Writer => self.writer().into(),
            Step::Flush => {
                let outcome = settle(store.flush(), Ok(()), |()| Ok(()));
                if matches!(outcome, Outcome::Done) {
                    self.commit();
                }
                outcome
            }
            Step::Compress => self.compress(),
            Step::Reopen { mode, options } => self.reopen(mode, options).into(),
            Step::Discard { options } => {
                store.discard();
                drop(store);
                let spec = self.open.spec.with(options);
                self.enter(&spec, "a").into()
            }
            Step::Convert { spec } => self.convert(spec, None),
            Step::Copy { spec, options } => self.convert(spec, Some(options)),
            Step::Cancel { after, interrupt, step } => self.cancel(*after, *interrupt, step),
            Step::Fault { fault, at, lasting, step } => self.fault(*fault, *at, *lasting, step),
            change => self.change(change),
        }
    }

    /// A step that changes nodes or metadata.
    fn change(&mut self, step: &Step) -> Outcome {
        let mut next = self.state.clone();
        let want = match self.open.read_only {
            true => Err(vec![ErrorKind::ReadOnly]),
            false => next.change(self.open.policy, step),
        };
        let outcome = settle(call(&self.open.store, step), want, |()| Ok(()));
        if matches!(outcome, Outcome::Done) {
            self.state = next;
            if self.open.at_once() {
                self.commit_nodes(step);
            }
        }
        outcome
    }

    /// Everything is durable now.
    pub(super) fn commit(&mut self) {
        if !self.open.read_only && self.open.backend() != Backend::Memory {
            self.committed = Some(self.state.clone());
            self.open.replaces = false;
        }
    }

    /// The nodes are durable now, and what is beside them is as it was.
    pub(super) fn commit_nodes(&mut self, step: &Step) {
        let nothing = self.committed.is_none() || self.open.replaces;
        match step {
            Step::SaveMetadata { .. } | Step::DeleteMetadata { .. } => return,
            // Nothing to rename or to convert.
            Step::SetSchema { .. } if nothing => return,
            _ => {}
        }
        if std::mem::take(&mut self.open.replaces) {
            self.committed = None;
        }
        self.committed.get_or_insert_default().root = self.state.root.clone();
    }

    fn compress(&mut self) -> Outcome {
        let zarr = self.open.backend() == Backend::Zarr;
        let want = match self.open.read_only {
            true if zarr => Err(vec![ErrorKind::ReadOnly]),
            _ if zarr && self.open.policy.refuses_nan() && self.state.has_nan() => Err(vec![ErrorKind::Nan]),
            _ => Ok(()),
        };
        let outcome =
            settle(self.open.store.compress(), want, |bytes| equal("whether there is an archive", bytes > 0, zarr));
        if matches!(outcome, Outcome::Done) {
            self.commit();
            if zarr {
                self.open.compressed = true;
                self.open.read_only = true;
            }
        }
        outcome
    }
}
