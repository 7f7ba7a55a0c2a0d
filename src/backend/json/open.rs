//! Opening a directory by its mode.

use std::path::Path;
use std::sync::{Mutex, RwLock};

use super::files::Place;
use super::index::Index;
use super::{JsonDir, commit, foreign, names, record};
use crate::backend::Object;
use crate::error::{Result, err};
use crate::fs::{self, EntryKind, WriterLock};
use crate::metadata;
use crate::op::{Cancel, Op};
use crate::options::{Integrity, Lock, Mode, Options};

/// See [`JsonDir::open`].
pub(super) fn open(dir: &Path, options: &Options) -> Result<JsonDir> {
    let place = Place::new(dir.to_owned(), options);
    let mode = options.mode;
    match fs::path_kind(dir)? {
        Some(EntryKind::Dir) => {}
        Some(_) => return Err(err!(InvalidArgument, "{}: is no directory, so no JSON store", dir.display())),
        None if matches!(mode, Mode::Read | Mode::ReadWrite) => {
            return Err(err!(NotFound, "{}: no such directory", dir.display()));
        }
        None => fs::create_dirs_durably(dir, options.sync)?,
    }
    let writes = mode != Mode::Read;
    let wait = options.lock == Lock::Wait;
    // No call is in flight on a store that is being opened, so nothing could cancel the wait.
    let lock = if writes { Some(WriterLock::acquire(dir, wait, &Cancel::never())?) } else { None };
    let found = look(&place)?;
    check_mode(dir, mode, &found)?;
    let mut index = load(&place, mode == Mode::Replace)?;
    if writes {
        commit::settle(&place, &mut index)?;
        commit::clean(&place, &index)?;
        if mode == Mode::Replace {
            index = index.replaced();
        }
        // What is left under a stale name now is someone else's.
        avoid_others(&place, &mut index)?;
        if found == Found::Nothing && mode != Mode::Replace {
            commit::commit(&place, &mut index, &Op::quiet(), &Object::new(), true)?;
        }
    }
    Ok(JsonDir { place, read_only: !writes, index: RwLock::new(index), lock: Mutex::new(lock) })
}

/// The index as it is on disk now, for a reader.
pub(super) fn reload(place: &Place) -> Result<Index> {
    load(place, false)
}

/// What a directory is.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Found {
    /// No `.json` file at all.
    Nothing,
    /// `.json` files without our record.
    Foreign,
    /// A store of this backend.
    Ours,
}

fn look(place: &Place) -> Result<Found> {
    let entries = fs::Dir::open(&place.dir)?.entries()?;
    if let Some((name, _)) = entries.iter().find(|(n, _)| matches!(n.as_str(), ".zgroup" | ".zarray" | "zarr.json")) {
        return Err(err!(InvalidArgument, "{}: holds {name}, so it is a Zarr store", place.dir.display()));
    }
    let (_, private) = document(place, false)?;
    if private.contains_key("json") {
        return Ok(Found::Ours);
    }
    let any = entries.iter().any(|(name, _)| name == names::METADATA || names::key_of(name).is_some());
    Ok(if any { Found::Foreign } else { Found::Nothing })
}

fn check_mode(dir: &Path, mode: Mode, found: &Found) -> Result<()> {
    let dir = dir.display();
    match (mode, found) {
        (Mode::Read | Mode::ReadWrite, Found::Nothing) => Err(err!(NotFound, "{dir}: holds no JSON store")),
        (Mode::Create, Found::Foreign | Found::Ours) => Err(err!(AlreadyExists, "{dir}: holds JSON files already")),
        (Mode::Replace, Found::Foreign) => {
            Err(err!(AlreadyExists, "{dir}: holds .json files that this library did not write; they are not replaced"))
        }
        _ => Ok(()),
    }
}

/// The user's and the private part of `metadata.json`; both empty when there is none.
pub(super) fn document(place: &Place, check: bool) -> Result<(Object, Object)> {
    let dir = fs::Dir::open(&place.dir)?;
    let (user, private) = match dir.try_read(names::METADATA, place.limit)? {
        Some(bytes) => metadata::from_bytes(&bytes, check, place.limit).map_err(|e| e.context(place.dir.display()))?,
        None => Default::default(),
    };
    if check && !private.contains_key("json") && dir.try_stat(names::MARK)?.is_some() {
        let path = place.dir.join(names::METADATA);
        return Err(err!(Corrupt, "{}: the record is missing that was written into it", path.display()));
    }
    Ok((user, private))
}

fn load(place: &Place, replaced: bool) -> Result<Index> {
    let (user, private) = document(place, place.integrity == Integrity::Check && !replaced)?;
    let mut index = match private.get("json") {
        Some(json) => record::read(json).map_err(|e| e.context(place.dir.display()))?,
        None => Index::default(),
    };
    if !private.contains_key("json") {
        foreign::import(place, &mut index)?;
        index.dirty = false;
    }
    index.metadata = user;
    avoid_others(place, &mut index)?;
    Ok(index)
}

/// Keeps new files away from the names of files that are not ours. A stale file is ours.
fn avoid_others(place: &Place, index: &mut Index) -> Result<()> {
    for (name, _) in fs::Dir::open(&place.dir)?.entries()? {
        if !index.stale.contains_key(&name) {
            index.avoid(&name);
        }
    }
    Ok(())
}
