//! Opening: what is at the path, what the mode makes of it, the writer's lock.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, RwLock};

use super::archive::{self, Archive, METADATA};
use super::archive_source::Access;
use super::base::Base;
use super::decode::{DOCUMENT, Limits};
use super::documents::Format;
use super::encode::{Layout, Style};
use super::group_record;
use super::pending::Waiting;
use super::staged::Overlay;
use super::v3::document;
use super::{Writer, ZarrStore, superseded};
use crate::backend::{Kind, Object};
use crate::codec::Encoding;
use crate::config::{Level, log};
use crate::defect::{self, Defect};
use crate::error::{ErrorKind, Result, err};
use crate::op::Cancel;
use crate::options::{Integrity, Lock, Mode, Options, Staging};
use crate::{fs, metadata};

/// About how many elements a chunk holds.
const CHUNK_ELEMENTS: u64 = 1 << 20;

/// What is at the path of a store.
enum Place {
    Nothing,
    /// A directory without anything in it.
    EmptyDir,
    Store(Format),
    /// An archive, at the path itself or beside it.
    Archive(PathBuf),
    /// An archive beside a directory that it stands in the place of.
    Superseding(PathBuf),
}

/// What errors call an archive that is in no file, and its path.
const IN_MEMORY: &str = "archive in memory";

/// What the options say of every store, wherever it is; `there` is the format of one that is there.
fn parts(options: &Options, there: Option<Format>) -> Result<(Arc<Layout>, Limits)> {
    let format = Format::of(options, there)?;
    let separator = match (options.dimension_separator.as_deref(), format) {
        (Some("/"), _) | (None, Format::V3) => '/',
        _ => '.',
    };
    let style = Style {
        format,
        chunk_elements: options.chunk_elements.unwrap_or(CHUNK_ELEMENTS),
        shard_elements: options.shard_elements.filter(|_| format == Format::V3),
        separator,
    };
    let layout = Arc::new(Layout::new(Encoding::from_options(options)?, style));
    Ok((layout, limits(options)))
}

fn limits(options: &Options) -> Limits {
    let decoded = if defect::has(Defect::SkipLimit) { u64::MAX } else { options.decoded() };
    Limits { check: options.integrity == Integrity::Check, decoded }
}

/// The format of an archive.
fn format_of(archive: &Archive) -> Format {
    if archive.has("", Format::V3.group_file()) { Format::V3 } else { Format::V2 }
}

/// A read-only store of an archive in memory.
pub(super) fn of_bytes(bytes: Vec<u8>, options: &Options) -> Result<ZarrStore> {
    let archive = Archive::from_bytes(Path::new(IN_MEMORY), bytes, limits(options))?;
    let (layout, limits) = parts(options, Some(format_of(&archive)))?;
    let base = Base::archive(archive);
    Ok(assemble(IN_MEMORY.into(), IN_MEMORY.into(), base, Writer::default(), layout, limits, options))
}

/// An empty store that stays in memory.
pub(super) fn in_memory(options: &Options) -> Result<ZarrStore> {
    let (layout, limits) = parts(options, None)?;
    let options = Options { staging: Staging::Memory, ..options.clone() };
    let mut store =
        assemble(IN_MEMORY.into(), IN_MEMORY.into(), Base::Empty, Writer::default(), layout, limits, &options);
    store.read_only = AtomicBool::new(false);
    Ok(store)
}

fn assemble(
    root: PathBuf,
    archive: PathBuf,
    base: Base,
    writer: Writer,
    layout: Arc<Layout>,
    limits: Limits,
    options: &Options,
) -> ZarrStore {
    ZarrStore {
        root,
        archive,
        layout,
        layouts: Mutex::default(),
        described: Mutex::default(),
        limits,
        staging: options.staging,
        sync: options.sync,
        export: options.export.unwrap_or(true),
        base: RwLock::new(base),
        overlay: RwLock::new(Overlay::default()),
        waiting: Waiting::default(),
        read_only: AtomicBool::new(writer.lock.is_none()),
        mutate: Mutex::new(writer),
        spill: Mutex::new(None),
    }
}

pub(super) fn open(path: &Path, options: &Options) -> Result<ZarrStore> {
    let limits = limits(options);
    let root = named(path)?;
    let beside = beside(&root, options);
    let place = look(&root, &beside)?;
    let mut format = None;
    let reads = match (&place, options.mode) {
        (_, Mode::Read) => true,
        (Place::Archive(_) | Place::Superseding(_), Mode::Append) => true,
        (Place::Archive(archive) | Place::Superseding(archive), Mode::ReadWrite) => {
            return Err(err!(ReadOnly, "{}: an archive is read-only, mode is r+", archive.display()));
        }
        _ => false,
    };
    let mut writer = Writer::default();
    let base = if reads {
        match place {
            Place::Archive(archive) | Place::Superseding(archive) => {
                Base::archive(Archive::open(&archive, Access::of(options), limits)?)
            }
            Place::Store(there) => {
                format = Some(there);
                Base::Dir(root.clone())
            }
            Place::Nothing | Place::EmptyDir => return Err(err!(NotFound, "{}: no store there", root.display())),
        }
    } else {
        refuse(&place, &root, options.mode)?;
        writer.lock = Some(lock(&root, options)?);
        // Another writer may have been at work until the lock was had.
        let place = look(&root, &beside)?;
        refuse(&place, &root, options.mode)?;
        match place {
            Place::Archive(archive) | Place::Superseding(archive) if options.mode == Mode::Append => {
                writer.lock = None;
                Base::archive(Archive::open(&archive, Access::of(options), limits)?)
            }
            Place::Store(_) | Place::Superseding(_) if options.mode == Mode::Replace => {
                writer.replaces = true;
                Base::Empty
            }
            Place::Store(there) => {
                format = Some(there);
                // On Windows the lock of a writer that died is gone.
                let died = cfg!(windows) || writer.lock.as_ref().is_some_and(fs::WriterLock::was_left);
                recover(&root, died)?;
                Base::Dir(root.clone())
            }
            Place::EmptyDir | Place::Archive(_) | Place::Superseding(_) | Place::Nothing => Base::Empty,
        }
    };
    let archive = match &base {
        Base::Archive(archive, _) => {
            format = Some(format_of(archive));
            archive.path().to_owned()
        }
        _ => beside,
    };
    let (layout, limits) = parts(options, format)?;
    if options.mmap && !matches!(base, Base::Archive(..)) {
        log(Level::Info, &format!("{}: is a directory, mmap is for archives", root.display()));
    }
    Ok(assemble(root, archive, base, writer, layout, limits, options))
}

/// As [`ZarrStore::unmoved`].
pub(super) fn unmoved<T>(path: &Path, options: &Options, mut open: impl FnMut() -> Result<T>) -> Result<T> {
    const TRIES: usize = 5;
    let is_there = || path.exists() || beside(path, options).exists();
    for _ in 1..TRIES {
        let before = fs::identity(path);
        match open() {
            // It was looked at when it had one name no more, and the other not yet.
            Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::InvalidArgument) && is_there() => {}
            // The directory was removed while it was read.
            Err(e) if e.kind() == ErrorKind::Corrupt && fs::identity(path).ok() != before.ok() => {}
            other => return other,
        }
    }
    open()
}

/// The archive of a directory.
fn beside(root: &Path, options: &Options) -> PathBuf {
    let mut beside = root.as_os_str().to_owned();
    beside.push(options.compress_extension.as_deref().unwrap_or(".data"));
    PathBuf::from(beside)
}

/// The path without its trailing separators, so that the archive's name can be made from it.
fn named(path: &Path) -> Result<PathBuf> {
    let path: PathBuf = path.components().collect();
    if path.file_name().is_none() {
        return Err(err!(InvalidArgument, "{}: a store needs a name", path.display()));
    }
    Ok(path)
}

fn look(root: &Path, beside: &Path) -> Result<Place> {
    let or_archive = |otherwise| {
        Ok(match fs::path_kind(beside)? {
            Some(fs::EntryKind::File) => Place::Archive(beside.to_owned()),
            _ => otherwise,
        })
    };
    match fs::path_kind(root)? {
        None => or_archive(Place::Nothing),
        Some(fs::EntryKind::Dir) => {
            let dir = fs::Dir::open(root)?;
            for (name, place) in [
                (".zgroup", Place::Store(Format::V2)),
                ("zarr.json", Place::Store(Format::V3)),
                (METADATA, Place::Store(Format::V2)),
                (".zmetadata", Place::Store(Format::V2)),
            ] {
                if dir.try_stat(name)?.is_some() {
                    return Ok(match superseded::archive(&dir, beside)? {
                        true => Place::Superseding(beside.to_owned()),
                        false => place,
                    });
                }
            }
            if dir.entries()?.iter().all(|(name, _)| fs::is_private(name)) {
                return or_archive(Place::EmptyDir);
            }
            Err(err!(InvalidArgument, "{}: a directory that is no store", root.display()))
        }
        Some(fs::EntryKind::File) if archive::is_archive(root)? => Ok(Place::Archive(root.to_owned())),
        Some(_) => Err(err!(InvalidArgument, "{}: a file that is no archive of a store", root.display())),
    }
}

/// Refuses a mode that what is there does not allow.
fn refuse(place: &Place, root: &Path, mode: Mode) -> Result<()> {
    match (place, mode) {
        (Place::Nothing | Place::EmptyDir, Mode::ReadWrite) => {
            Err(err!(NotFound, "{}: no store there, mode is r+", root.display()))
        }
        (Place::Nothing, Mode::Create) => Ok(()),
        (Place::Archive(there) | Place::Superseding(there), Mode::Create) => {
            Err(err!(AlreadyExists, "{}: there is an archive, mode is x", there.display()))
        }
        (_, Mode::Create) => Err(err!(AlreadyExists, "{}: there is something, mode is x", root.display())),
        (Place::Archive(there), Mode::Replace) if there == root => {
            Err(err!(ReadOnly, "{}: an archive is read-only, mode is w", root.display()))
        }
        _ => Ok(()),
    }
}

fn lock(root: &Path, options: &Options) -> Result<fs::WriterLock> {
    let parent = fs::parent(root);
    fs::create_dirs_durably(parent, options.sync)?;
    let lock = fs::WriterLock::acquire(root, options.lock == Lock::Wait, &Cancel::never())?;
    fs::recover(root)?;
    // A lock file that nobody holds is that of a writer that died; only then is its directory searched.
    if lock.was_left() {
        fs::clean_stale(parent)?;
    }
    Ok(lock)
}

/// Puts back, and removes, what a writer that died left in a group; in those below it too when that is asked for.
fn recover(group: &Path, below: bool) -> Result<()> {
    fs::recover_all(group)?;
    fs::clean_stale(group)?;
    if !below {
        return Ok(());
    }
    let dir = fs::Dir::open(group)?;
    for (name, kind) in dir.entries()? {
        if kind == fs::EntryKind::Dir && !fs::is_private(&name) && is_group(&dir, &name) {
            recover(&group.join(&name), true)?;
        }
    }
    Ok(())
}

/// Whether a directory in this one is a group: not an array, which may have millions of chunks, nor somebody else's.
fn is_group(dir: &fs::Dir, name: &str) -> bool {
    let file = |format: Format| format!("{name}/{}", format.group_file());
    // What cannot be read is told of when it is asked for.
    let has = |format| dir.try_stat(&file(format)).is_ok_and(|found| found.is_some());
    let document = || dir.try_read(&file(Format::V3), DOCUMENT).ok().flatten();
    has(Format::V2) || document().is_some_and(|document| document::kind(&document) == Kind::Group)
}

/// The metadata document of what the store had.
pub(super) fn load_metadata(base: &Base, limits: Limits) -> Result<Object> {
    match base {
        Base::Empty => Ok(Object::new()),
        Base::Archive(archive, _) => archive.metadata(),
        Base::Dir(root) => {
            let dir = fs::Dir::open(root)?;
            let record = if limits.check { group_record::of_root(&dir, limits)? } else { None };
            let recorded = record.is_some_and(|record| group_record::has_metadata(&record));
            let shown = root.join(METADATA);
            let Some(bytes) = dir.try_read(METADATA, limits.document())? else {
                let missing = || err!(Corrupt, "{}: is in the record and missing in the store", shown.display());
                return if recorded { Err(missing()) } else { Ok(Object::new()) };
            };
            let (user, private) = metadata::from_bytes(&bytes, limits.check, limits.metadata())
                .map_err(|e| e.context(shown.display()))?;
            if recorded && private.is_empty() {
                return Err(err!(Corrupt, "{}: has no checksum, it was written with one", shown.display()));
            }
            Ok(user)
        }
    }
}
