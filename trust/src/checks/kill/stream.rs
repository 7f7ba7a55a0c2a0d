//! The child that is killed: an endless stream of changes to a store, each told before and after.

use std::path::Path;

use datastorage::{ArrayOptions, DType, ErrorKind, Result, Storage};

use super::log::Log;
use super::slots::{self, ATTRIBUTES, GROWN, METADATA, NONE, State};
use crate::content::{self, KEYS};
use crate::subject::Subject;

/// The most rows of the array that is written by parts.
const ROWS: usize = 24;

/// Writes until it is killed; comes back only with an error.
pub fn run(subject: Subject, directory: &Path, log: &mut Log, seed: u64) -> Result<()> {
    let little = seed % 3000 < 1000;
    if little {
        // Little memory: what is saved waits in hidden files.
        datastorage::config::configure(r#"{"staging_budget": 6000}"#)?;
    }
    let mut stream =
        Stream { subject, log, random: fastrand::Rng::with_seed(seed), state: slots::empty(), next: 0, little };
    stream.next = seed % 1000 * 100_000;
    match subject {
        Subject::Archive => loop {
            stream.archive(directory)?;
        },
        _ => loop {
            stream.opened(directory)?;
        },
    }
}

struct Stream<'l> {
    subject: Subject,
    log: &'l mut Log,
    random: fastrand::Rng,
    /// What the store holds for this handle.
    state: State,
    next: u64,
    /// Whether saves make a directory real before a commit point, which then does not publish all at once.
    little: bool,
}

impl Stream<'_> {
    /// Opens a store, changes it for a while and closes it.
    fn opened(&mut self, directory: &Path) -> Result<()> {
        let store = self.subject.open(directory, "none")?;
        self.state = slots::observe(&store).map_err(broken)?;
        for _ in 0..self.random.u32(1..60) {
            match self.random.u32(0..100) {
                0..12 if !self.subject.saves_at_once() => self.flush(&store)?,
                0..3 => self.flush(&store)?,
                _ => self.change(&store)?,
            }
        }
        self.close(&store)
    }

    /// Writes an archive over the one that is there: what it held goes with the first commit point.
    fn archive(&mut self, directory: &Path) -> Result<()> {
        let store = self.subject.open_as(directory, "w", "none", "fail")?;
        let all: Vec<(usize, String)> = slots::empty().into_iter().enumerate().collect();
        self.log.intends(&all);
        self.state = slots::empty();
        let real = self.random.u32(0..6) == 0;
        if real {
            // Its directory is there from now on; one that it replaces goes.
            self.log.commits();
            store.path("")?;
        }
        (0..self.random.u32(1..8)).try_for_each(|_| self.change(&store))?;
        let flushed = !real && !self.little && self.random.u32(0..3) == 0;
        if flushed {
            self.flush(&store)?;
            (0..self.random.u32(0..4)).try_for_each(|_| self.change(&store))?;
        }
        // A directory that is there is not changed as a whole.
        if real || flushed || self.little || self.random.u32(0..8) > 0 {
            self.log.commits();
            store.compress()?;
            self.log.acknowledged();
        }
        self.close(&store)
    }

    fn flush(&mut self, store: &Storage) -> Result<()> {
        self.log.commits();
        store.flush()?;
        self.log.acknowledged();
        Ok(())
    }

    fn close(&mut self, store: &Storage) -> Result<()> {
        self.log.commits();
        store.close()?;
        self.log.acknowledged();
        Ok(())
    }

    /// Tells of changes, makes them, and tells that they were made where that is an acknowledgement.
    fn made(&mut self, changes: Vec<(usize, String)>, make: impl FnOnce() -> Result<()>) -> Result<()> {
        self.log.intends(&changes);
        make()?;
        for (place, state) in changes {
            self.state[place] = state;
        }
        if self.subject.saves_at_once() {
            self.log.saved();
        }
        Ok(())
    }

    fn change(&mut self, store: &Storage) -> Result<()> {
        self.next += 1;
        let version = self.next;
        let number = self.random.usize(0..KEYS.len());
        let (here, there) = (number, number + KEYS.len());
        match self.random.u32(0..21) {
            20 => self.group(store),
            0..9 => self.made(vec![(here, version.to_string())], || content::save(store, number, version)),
            9 if self.state[here] != NONE => {
                self.made(vec![(here, NONE.to_owned())], || store.delete(&slots::key(here)))
            }
            10..13 => match (self.state[here].clone(), self.state[there].clone()) {
                (from, to) if from != NONE && to == NONE => self.renamed(store, (here, there), from),
                (from, to) if from == NONE && to != NONE => self.renamed(store, (there, here), to),
                (from, to) if from != NONE && to != NONE => {
                    self.made(vec![(there, NONE.to_owned())], || store.delete(&slots::key(there)))
                }
                _ => Ok(()),
            },
            13 => self.made(vec![(METADATA, version.to_string())], || slots::note(store, version)),
            14 => self.made(vec![(ATTRIBUTES, version.to_string())], || slots::attribute(store, version)),
            _ => self.grow(store, version),
        }
    }

    /// Moves a whole group, or deletes it where there is one already.
    fn group(&mut self, store: &Storage) -> Result<()> {
        let (name, to) = ("graph", "moved/graph");
        let (here, there): (Vec<usize>, Vec<usize>) =
            (0..KEYS.len()).filter(|k| KEYS[*k].starts_with("graph/")).map(|k| (k, k + KEYS.len())).unzip();
        if !store.exists(name)? {
            return Ok(());
        }
        if store.exists(to)? {
            let gone = there.iter().map(|place| (*place, NONE.to_owned())).collect();
            return self.made(gone, || store.delete(to));
        }
        let moved = there.iter().zip(&here).map(|(to, from)| (*to, self.state[*from].clone()));
        let gone = here.iter().map(|place| (*place, NONE.to_owned()));
        self.made(moved.chain(gone).collect(), || store.rename(name, to))
    }

    fn renamed(&mut self, store: &Storage, (from, to): (usize, usize), state: String) -> Result<()> {
        let changes = vec![(to, state), (from, NONE.to_owned())];
        self.made(changes, || store.rename(&slots::key(from), &slots::key(to)))
    }

    /// A change to the array that is written by parts.
    fn grow(&mut self, store: &Storage, version: u64) -> Result<()> {
        let key = slots::ROWS;
        if self.state[GROWN] == NONE {
            let mut options = ArrayOptions::default();
            options.chunks = Some(vec![4, 8]);
            return self.made(vec![(GROWN, slots::text_of(&[]))], || store.create(key, DType::I64, &[0, 8], &options));
        }
        let mut stamps = slots::stamps_of(&self.state[GROWN]);
        let count = self.random.usize(1..6);
        if stamps.len() >= ROWS {
            stamps.truncate(count);
            let changes = vec![(GROWN, slots::text_of(&stamps))];
            return self.made(changes, || store.resize(key, &[count as u64, 8]));
        }
        let part = slots::rows(&vec![version; count]);
        if stamps.len() >= count && self.random.bool() {
            let at = self.random.usize(0..=stamps.len() - count);
            stamps[at..at + count].fill(version);
            let changes = vec![(GROWN, slots::text_of(&stamps))];
            return self.made(changes, || store.save_region(key, &[at as u64, 0], &part.view()));
        }
        stamps.extend(std::iter::repeat_n(version, count));
        self.made(vec![(GROWN, slots::text_of(&stamps))], || store.append(key, &part.view(), 0))
    }
}

/// What a writer found that it must not.
fn broken(text: String) -> datastorage::Error {
    datastorage::Error::new(ErrorKind::Corrupt, text)
}
