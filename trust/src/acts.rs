//! What a user does to a store, one act at a time, with what each call of it promises.
//!
//! An act begins with a store in which every key has version [`OLD`]. It keeps two histories: what the open store must
//! show, which is every change that a call took, and what the disk must have, which is every change that was acknowledged.
//! Done again, an act leaves out what took effect already, whatever the call said.

use std::path::Path;

use datastorage::{Array, ArrayOptions, DType, Error, Region, SchemaBuilder, Storage, convert};
use serde_json::json;

use crate::content::{self, KEYS};
use crate::history::History;
use crate::streams::{self, ATTRIBUTED, ATTRIBUTES, GROWN, METADATA, MOVED, SCHEMA};
use crate::subject::Subject;

/// What every key has before.
pub const OLD: u64 = 1;
const NEW: u64 = 2;
/// An array whose elements are written again in place.
const PATCHED: &str = "patched";

/// An act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    Open,
    /// One node is replaced.
    Save,
    /// A new node in a new group.
    Create,
    /// Several are, and become durable together.
    Flush,
    /// A part of an array is written again.
    Region,
    /// An array grows.
    Append,
    Delete,
    Rename,
    Metadata,
    Attributes,
    Schema,
    /// Another store is copied into this one.
    Copy,
    /// What was saved goes into an archive.
    Compress,
    /// What was saved becomes durable by closing.
    Close,
    /// A directory is committed, then more goes into an archive.
    FlushAndCompress,
}

impl Act {
    /// Those that a kind of store has.
    pub fn of(subject: Subject) -> Vec<Self> {
        use Act::*;
        let every =
            [Open, Save, Create, Flush, Region, Append, Delete, Rename, Metadata, Attributes, Schema, Copy, Close];
        match subject {
            Subject::Archive => vec![Open, Compress, FlushAndCompress, Close],
            Subject::Json => every.to_vec(),
            _ => every.into_iter().chain([Compress, FlushAndCompress]).collect(),
        }
    }
}

/// A store on which an act is tried.
pub struct Stage<'p> {
    pub subject: Subject,
    pub place: &'p Path,
    /// `None` when it did not open, or was closed.
    pub store: Option<Storage>,
    /// What the open store must show.
    pub live: History,
    /// What the disk must have.
    pub disk: History,
}

impl<'p> Stage<'p> {
    /// On a copy of what [`prepare`] made.
    pub fn new(subject: Subject, place: &'p Path) -> Self {
        let mut disk = History::default();
        let mut old = |key: &str, value| disk.attempt(key, value);
        KEYS.iter().for_each(|key| old(key, Some(OLD)));
        old(METADATA, Some(OLD));
        if subject != Subject::Archive {
            [GROWN, PATCHED, ATTRIBUTES, SCHEMA].iter().for_each(|key| old(key, Some(OLD)));
            old(MOVED.0, None);
            old("new/deep", None);
        }
        disk.acknowledge("*");
        Self { subject, place, store: None, live: History::default(), disk }
    }

    /// Opens it for writing. An archive is opened to be replaced: the open store has nothing yet.
    ///
    /// # Errors
    /// As opening gives.
    pub fn open(&mut self) -> Result<(), Error> {
        self.live = if self.subject == Subject::Archive { History::default() } else { self.disk.clone() };
        self.store = Some(match self.subject {
            Subject::Archive => streams::replace(self.place, "full")?,
            subject => subject.open(self.place, "full")?,
        });
        Ok(())
    }

    /// Does an act.
    ///
    /// # Errors
    /// Of the first call that fails; those behind it are not made.
    pub fn act(&mut self, act: Act) -> Result<(), Error> {
        if self.store.is_none() {
            self.open()?;
        }
        if self.store.as_ref().is_some_and(Storage::read_only) {
            // It is in its archive already.
            return Ok(());
        }
        let save = |number: usize, version| move |store: &Storage| content::save(store, number, version);
        match act {
            Act::Open => return Ok(()),
            Act::Save => self.change(KEYS[0], Some(NEW), save(0, NEW))?,
            Act::Create => {
                self.change("new/deep", Some(NEW), |store| store.save_value("new/deep", &content::node(MOVED.1, NEW)))?
            }
            Act::Region => self.change(PATCHED, Some(NEW), |store| {
                let patch = Array::from_slice(&[6, 1], &[NEW as i64; 6])?;
                store.save_region(PATCHED, &[1, 0], &patch.view())
            })?,
            Act::Append => {
                self.change(GROWN, Some(NEW), |store| store.append(GROWN, &streams::rows(OLD, NEW).view(), 0))?;
            }
            Act::Delete => self.change(KEYS[1], None, |store| store.delete(KEYS[1]))?,
            Act::Rename => self.rename()?,
            Act::Metadata => self.metadata(NEW)?,
            Act::Attributes => self.change(ATTRIBUTES, Some(NEW), |store| set_attributes(store, NEW))?,
            Act::Schema => {
                self.change(SCHEMA, Some(NEW), |store| store.set_schema(&schema(NEW)))?;
            }
            Act::Copy => self.copy()?,
            Act::Flush | Act::Compress | Act::Close => self.save_all(NEW)?,
            Act::FlushAndCompress => {
                self.save_all(NEW)?;
                self.commit(Storage::flush)?;
                self.save_all(NEW + 1)?;
            }
        }
        match act {
            Act::Close => {
                // An archive has nothing to close that was not packed.
                if self.subject == Subject::Archive {
                    self.commit(|store| store.compress().map(drop))?;
                }
                let store = self.store.take().expect("an open store");
                store.close()?;
                self.disk.acknowledge("*");
                Ok(())
            }
            Act::Compress | Act::FlushAndCompress => self.commit(|store| store.compress().map(drop)),
            _ if self.subject == Subject::Archive => self.commit(|store| store.compress().map(drop)),
            _ => self.commit(Storage::flush),
        }
    }

    /// One call that gives a key a value, unless it has that already.
    fn change(
        &mut self,
        key: &str,
        value: Option<u64>,
        call: impl FnOnce(&Storage) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let store = self.store.as_ref().expect("an open store");
        if visible(store, key) == Ok(value) && self.live.is_tried(key, value) {
            self.live.acknowledge(key);
            return Ok(());
        }
        self.live.attempt(key, value);
        self.disk.attempt(key, value);
        call(store)?;
        self.live.acknowledge(key);
        if self.is_at_once() && ![METADATA, SCHEMA].contains(&key) {
            self.disk.acknowledge(key);
        }
        Ok(())
    }

    /// Whether a change to a node is durable when its call returns.
    fn is_at_once(&self) -> bool {
        matches!(self.subject, Subject::Directory | Subject::Shards)
    }

    fn commit(&mut self, call: impl FnOnce(&Storage) -> Result<(), Error>) -> Result<(), Error> {
        call(self.store.as_ref().expect("an open store"))?;
        self.disk.acknowledge("*");
        Ok(())
    }

    fn save_all(&mut self, version: u64) -> Result<(), Error> {
        for number in 0..KEYS.len() {
            self.change(KEYS[number], Some(version), |store| content::save(store, number, version))?;
        }
        self.metadata(version)
    }

    fn metadata(&mut self, version: u64) -> Result<(), Error> {
        self.change(METADATA, Some(version), |store| store.save_metadata("run/version", version))
    }

    fn rename(&mut self) -> Result<(), Error> {
        let (from, to) = (KEYS[MOVED.1], MOVED.0);
        let store = self.store.as_ref().expect("an open store");
        if (visible(store, from), visible(store, to)) == (Ok(None), Ok(Some(OLD))) && self.live.is_tried(from, None) {
            return Ok(());
        }
        for history in [&mut self.live, &mut self.disk] {
            history.attempt(to, Some(OLD));
            history.attempt(from, None);
        }
        store.rename(from, to)?;
        let at_once = self.is_at_once();
        for history in [Some(&mut self.live), at_once.then_some(&mut self.disk)].into_iter().flatten() {
            history.acknowledge(from);
            history.acknowledge(to);
        }
        Ok(())
    }

    fn copy(&mut self) -> Result<(), Error> {
        let source = Storage::memory();
        for number in 0..KEYS.len() {
            content::save(&source, number, NEW)?;
            self.live.attempt(KEYS[number], Some(NEW));
            self.disk.attempt(KEYS[number], Some(NEW));
        }
        source.save_metadata("run/version", NEW)?;
        self.live.attempt(METADATA, Some(NEW));
        self.disk.attempt(METADATA, Some(NEW));
        convert(&source, self.store.as_ref().expect("an open store"))?;
        self.live.acknowledge("*");
        Ok(())
    }

    /// Compares what a store shows with a history, and what holds for all keys together.
    ///
    /// # Errors
    /// With what is not as it may be.
    pub fn check(&self, store: &Storage, history: &History) -> Result<(), String> {
        history.check(|key| visible(store, key))?;
        let node = |key: &str| content::version_at(store, key, MOVED.1);
        if self.subject != Subject::Archive && node(KEYS[MOVED.1])?.is_none() && node(MOVED.0)?.is_none() {
            return Err(format!("{}: is at neither place", MOVED.0));
        }
        // An archive, and what it replaces, is one thing.
        if self.subject == Subject::Archive {
            let all = (0..KEYS.len()).map(|number| content::version(store, number)).collect::<Result<Vec<_>, _>>()?;
            if store.read_only() && all.iter().any(|version| *version != all[0]) {
                return Err(format!("nodes of several versions: {all:?}"));
            }
        }
        Ok(())
    }
}

fn visible(store: &Storage, key: &str) -> Result<Option<u64>, String> {
    if key != PATCHED {
        return streams::visible(store, key);
    }
    let text = |e: Error| format!("{key}: {e}");
    let array = store.load_array(key).map_err(text)?;
    let column = |at: u64| -> Result<Vec<i64>, Error> {
        store.load_region(key, &Region { offset: vec![0, at], shape: vec![8, 1] })?.to_vec::<i64>()
    };
    let all = array.to_vec::<i64>().map_err(text)?;
    let (first, second) = (column(0).map_err(text)?, column(1).map_err(text)?);
    let wanted = |version: i64| {
        let middle = |row: i64| if (1..7).contains(&row) { version } else { OLD as i64 };
        (0..8).map(middle).collect::<Vec<_>>()
    };
    let old = vec![OLD as i64; 8];
    match [OLD, NEW].iter().find(|version| first == wanted(**version as i64)) {
        Some(version) if second == old && all.len() == 16 => Ok(Some(*version)),
        _ => Err(format!("{key}: torn: {all:?}")),
    }
}

fn set_attributes(store: &Storage, version: u64) -> Result<(), Error> {
    let mut attributes = datastorage::Object::new();
    attributes.insert("version".to_owned(), version.into());
    store.set_attributes(ATTRIBUTED, attributes)
}

fn schema(version: u64) -> serde_json::Value {
    SchemaBuilder::new("tried").with_version(&version.to_string()).build()
}

/// Makes the store that acts are tried on.
///
/// # Errors
/// None on a healthy disk.
pub fn prepare(subject: Subject, place: &Path) -> Result<(), Error> {
    let store = subject.open(place, "none")?;
    for number in 0..KEYS.len() {
        content::save(&store, number, OLD)?;
    }
    store.save_metadata("run/version", OLD)?;
    if subject != Subject::Archive {
        let chunks = |shape: [u64; 2]| ArrayOptions::parse(&json!({"chunks": shape}).to_string());
        store.create(GROWN, DType::I64, &[0, 5], &chunks([4, 5])?)?;
        store.append(GROWN, &streams::rows(0, OLD).view(), 0)?;
        store.create(PATCHED, DType::I64, &[8, 2], &chunks([4, 1])?)?;
        store.save_region(PATCHED, &[0, 0], &Array::from_slice(&[8, 2], &[OLD as i64; 16])?.view())?;
        set_attributes(&store, OLD)?;
        store.set_schema(&schema(OLD))?;
    }
    subject.commit(&store)?;
    store.close()
}
