//! What a writing child says of its changes, in a file that outlives it: which it is about to make, and which the library
//! acknowledged. From that follows what a store may hold after the child was killed.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write;
use std::path::Path;

use super::slots::{METADATA, NONE, State};

/// The log of a child.
pub struct Log {
    file: File,
    serial: u64,
}

impl Log {
    /// # Errors
    /// Of the operating system.
    pub fn create(path: &Path) -> std::io::Result<Self> {
        Ok(Self { file: File::create(path)?, serial: 0 })
    }

    // One write a line: it is in the file when the call returns, whatever becomes of this process.
    fn line(&mut self, line: &str) {
        self.file.write_all(format!("{line}\n").as_bytes()).expect("the log is in memory");
    }

    /// The places that the next call changes, and to what.
    pub fn intends(&mut self, changes: &[(usize, String)]) {
        self.serial += 1;
        let changes: Vec<String> = changes.iter().map(|(place, state)| format!("{place}={state}")).collect();
        self.line(&format!("I {}", changes.join(" ")));
    }

    /// The next call is a commit point.
    pub fn commits(&mut self) {
        self.line("F");
    }

    /// The library acknowledged everything so far.
    pub fn acknowledged(&mut self) {
        self.line("A");
    }

    /// The library acknowledged everything so far, but for metadata.
    pub fn saved(&mut self) {
        self.line("D");
    }

    /// A call that must not fail did.
    pub fn failed(&mut self, what: &str) {
        self.line(&format!("E {}", what.replace('\n', " ")));
    }
}

/// What a store may hold after its writer was killed.
#[derive(Debug)]
pub struct Allowed {
    /// What was acknowledged last, in each place.
    pub acknowledged: State,
    /// What each place may hold.
    places: Vec<BTreeSet<String>>,
    /// The states of a store that changes as a whole.
    whole: Vec<State>,
    /// From where to where something was on its way.
    moved: Vec<(usize, usize)>,
    /// What the child said of a failure.
    pub error: Option<String>,
    /// Acknowledgements.
    pub count: u64,
}

impl Allowed {
    /// What follows from a log, given what was there before.
    pub fn of(before: &State, text: &str) -> Self {
        let mut acknowledged = before.clone();
        let mut pending: Vec<(usize, String)> = Vec::new();
        let mut moved: Vec<(usize, usize)> = Vec::new();
        let (mut committing, mut error, mut count) = (Vec::new(), None, 0);
        // The last line may be cut.
        for line in text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')) {
            match line.split_once(' ').unwrap_or((line, "")) {
                ("I", changes) => {
                    let one = |change: &str| {
                        let (place, state) = change.split_once('=')?;
                        Some((place.parse().ok()?, state.to_owned()))
                    };
                    let changes: Vec<(usize, String)> = changes.split(' ').filter_map(one).collect();
                    if let [(to, what), (from, gone)] = changes.as_slice()
                        && what != NONE
                        && gone == NONE
                    {
                        moved.push((*from, *to));
                    }
                    pending.extend(changes);
                }
                ("F", _) => {
                    let mut next = acknowledged.clone();
                    pending.iter().for_each(|(place, state)| next[*place].clone_from(state));
                    committing.push(next);
                }
                ("A", _) => {
                    count += 1;
                    pending.drain(..).for_each(|(place, state)| acknowledged[place] = state);
                    committing.clear();
                    moved.clear();
                }
                ("D", _) => {
                    count += 1;
                    let (done, rest) = pending.into_iter().partition(|(place, _)| *place != METADATA);
                    pending = rest;
                    moved.clear();
                    let done: Vec<(usize, String)> = done;
                    done.into_iter().for_each(|(place, state)| acknowledged[place] = state);
                }
                ("E", what) => error = Some(what.to_owned()),
                _ => error = Some(format!("a line of the log is '{line}'")),
            }
        }
        let touched = |place: usize| pending.iter().filter(|(touched, _)| *touched == place).count();
        moved.retain(|(from, to)| touched(*from) == 1 && touched(*to) == 1);
        let mut places: Vec<BTreeSet<String>> =
            acknowledged.iter().map(|state| BTreeSet::from([state.clone()])).collect();
        for (place, state) in pending {
            places[place].insert(state);
        }
        let whole = std::iter::once(acknowledged.clone()).chain(committing).collect();
        Self { acknowledged, places, whole, moved, error, count }
    }

    /// Why a store must not hold this; `whole` is of one that changes as a whole.
    pub fn refuses(&self, found: &State, whole: bool) -> Option<String> {
        if whole {
            let fits = self.whole.contains(found);
            return (!fits).then(|| format!("holds {found:?}, wanted is one of {:?}", self.whole));
        }
        let wrong = found.iter().zip(&self.places).enumerate().find(|(_, (found, allowed))| !allowed.contains(*found));
        let lost = self.moved.iter().find(|(from, to)| found[*from] == NONE && found[*to] == NONE);
        match (wrong, lost) {
            (Some((place, (found, allowed))), _) => {
                let acknowledged = &self.acknowledged[place];
                Some(format!("place {place} holds {found}, acknowledged was {acknowledged}, allowed are {allowed:?}"))
            }
            (None, Some((from, to))) => Some(format!("what was moved from place {from} to {to} is in neither")),
            (None, None) => None,
        }
    }
}
