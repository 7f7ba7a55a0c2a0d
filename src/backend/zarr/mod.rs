//! Zarr v2 and v3, as a directory and as a one-file archive.
//!
//! A [`ZarrStore`] is what the store had (`base::Base`: nothing, a directory, an archive) with the changes that wait
//! for a commit point laid over it (`staged::Overlay`). Reads look at the changes first; commit points turn them into
//! files (`commit`, `pack`). Changes are made by one thread at a time, encoding happens before that, and readers
//! never wait for a commit.
//!
//! It is not the facade: schema, NaN policy and sizes are above it.

mod archive;
mod archive_record;
mod archive_source;
mod base;
#[cfg(feature = "dataset")]
pub(crate) mod bulk;
mod chunk;
mod commit;
mod consolidate;
mod decode;
mod documents;
mod draft;
mod editing;
mod encode;
mod export;
mod files;
mod foreign;
mod grid;
mod group_record;
mod growing;
mod listed;
mod lookup;
mod meta;
mod node;
mod nodes;
mod nodes_cache;
mod open;
mod order;
mod pack;
mod pending;
mod record;
mod regions;
mod scan;
mod spill;
mod staged;
mod superseded;
mod take_over;
mod v3;
mod view;
mod zip_deflate;
mod zip_reader;
mod zip_writer;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use self::base::{Base, Found, Leaf};
use self::decode::Limits;
use self::documents::Format;
use self::encode::{Layout, Style};
use self::pending::Waiting;
use self::staged::{Change, Overlay};
use super::{
    Backend, Child, Destination, Draft, EncodedAs, Finding, Info, Kind, NewArray, Object, Region, Stored, Tree,
};
use crate::error::{ErrorKind, Result};
use crate::fs;
use crate::key::Key;
use crate::op::Op;
use crate::options::{Options, Staging, Sync};
use crate::value::{Array, ArrayView, DType, SharedArray};

/// A Zarr store.
pub struct ZarrStore {
    root: PathBuf,
    archive: PathBuf,
    layout: Arc<Layout>,
    /// Other layouts that something was written in.
    layouts: Mutex<Vec<(EncodedAs, Arc<Layout>)>>,
    described: listed::Described,
    limits: Limits,
    staging: Staging,
    sync: Sync,
    export: bool,
    base: RwLock<Base>,
    overlay: RwLock<Overlay>,
    waiting: Waiting,
    /// Held by whoever changes the overlay or commits it.
    mutate: Mutex<Writer>,
    /// Where chunks wait that memory has no room for.
    spill: Mutex<Option<Arc<spill::Spill>>>,
    read_only: AtomicBool,
}

/// What only a writer needs.
#[derive(Default)]
struct Writer {
    lock: Option<fs::WriterLock>,
    /// A directory is there that the first commit replaces (mode `w`).
    replaces: bool,
    /// The directory was made real before any commit; discarding removes it.
    provisional: bool,
    /// The directory names an archive that is valid until the first commit.
    supersedes: bool,
    /// What commits replaced, until their names are durable.
    retired: fs::Retired,
    /// New nodes that the last commit had published when it failed to publish another.
    half: Vec<Key>,
    compressed: bool,
    /// The metadata document as it was last written.
    metadata: Option<Object>,
    /// Nodes changed since `.zmetadata` was written.
    stale: bool,
}

impl ZarrStore {
    /// Opens or creates a store; see [`Mode`](crate::options::Mode) for what the mode decides.
    ///
    /// # Errors
    /// `NotFound`, `AlreadyExists`, `Busy`, `ReadOnly`, `InvalidArgument`, `Corrupt`, `Codec` (an unknown codec), `Io`.
    pub fn open(path: &Path, options: &Options) -> Result<Self> {
        open::open(path, options)
    }

    /// Opens a store again, where that fails since a writer makes an archive of its directory, or the other way round.
    ///
    /// # Errors
    /// Of opening.
    pub fn unmoved<T>(path: &Path, options: &Options, open: impl FnMut() -> Result<T>) -> Result<T> {
        open::unmoved(path, options, open)
    }

    /// An archive that is in memory.
    ///
    /// # Errors
    /// As [`ZarrStore::open`].
    pub fn open_bytes(bytes: Vec<u8>, options: &Options) -> Result<Self> {
        open::of_bytes(bytes, options)
    }

    /// A store that no disk will see: what is written can only be had as an archive in memory.
    ///
    /// # Errors
    /// `Codec`, `InvalidArgument` for a wrong codec.
    pub fn in_memory(options: &Options) -> Result<Self> {
        open::in_memory(options)
    }

    /// The format of what is written.
    fn zarr_format(&self) -> Format {
        self.layout.style.format
    }

    /// The layout of an encoding that is not the store's own; made once.
    fn layout_of(&self, encoded: &EncodedAs) -> Arc<Layout> {
        let known = |layouts: &Vec<(EncodedAs, Arc<Layout>)>| {
            layouts.iter().find(|(known, _)| known == encoded).map(|(_, layout)| layout.clone())
        };
        let mut layouts = self.layouts.lock().unwrap_or_else(PoisonError::into_inner);
        known(&layouts).unwrap_or_else(|| {
            let own = self.layout.style;
            let chunk_elements = encoded.chunk_elements.unwrap_or(own.chunk_elements);
            let shard_elements = encoded.shard_elements.or(own.shard_elements);
            let style = Style { chunk_elements, shard_elements, ..own };
            let layout = Arc::new(Layout::new(encoded.encoding.clone(), style));
            layouts.push((encoded.clone(), layout.clone()));
            layout
        })
    }

    fn base(&self) -> Base {
        self.base.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn overlay(&self) -> std::sync::RwLockReadGuard<'_, Overlay> {
        self.overlay.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        self.mutate.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Backend for ZarrStore {
    fn format(&self) -> &'static str {
        "zarr"
    }

    fn read_only(&self) -> bool {
        self.read_only.load(Ordering::Acquire)
    }

    fn layout(&self, key: &Key) -> Result<(Kind, Option<DType>, Vec<u64>)> {
        self.with_node(key, |found| match found {
            Found::Group(_) => Ok((Kind::Group, None, Vec::new())),
            Found::Leaf(leaf) => leaf.layout(),
        })
    }

    fn is_own(&self) -> bool {
        matches!(self.base(), Base::Empty)
    }

    fn path(&self, key: &Key) -> Result<String> {
        self.node_path(key)
    }

    fn write(&self, op: &Op, key: &Key, tree: Tree<'_>) -> Result<()> {
        self.put(op, key, tree, &self.layout)
    }

    fn write_as(&self, op: &Op, key: &Key, tree: Tree<'_>, encoded: &EncodedAs) -> Result<()> {
        self.put(op, key, tree, &self.layout_of(encoded))
    }

    fn read(&self, op: &Op, key: &Key, region: Option<&Region>) -> Result<Stored> {
        self.leaf(key, |leaf| leaf.read(op, region))
    }

    fn read_into(&self, op: &Op, key: &Key, region: Option<&Region>, out: &mut [u8]) -> Result<()> {
        let out = std::cell::RefCell::new(out);
        self.leaf(key, |leaf| leaf.read_into(op, region, &mut out.borrow_mut()))
    }

    fn load(&self, op: &Op, key: &Key, region: Option<&Region>, to: &mut Destination<'_>) -> Result<()> {
        let to = std::cell::RefCell::new(to);
        self.with_node(key, |found| match found {
            Found::Leaf(leaf) => {
                let (kind, dtype, shape) = leaf.layout()?;
                let mut to = to.borrow_mut();
                leaf.read_into(op, region, to.fit(key, region, kind, dtype, &shape)?)
            }
            Found::Group(_) => to.borrow_mut().fit(key, region, Kind::Group, None, &[]).map(|_| ()),
        })
    }

    fn view(&self, op: &Op, key: &Key) -> Result<SharedArray> {
        self.leaf(key, |leaf| leaf.view(op, key))
    }

    fn create(&self, op: &Op, key: &Key, new: NewArray) -> Result<()> {
        self.create_array(op, key, new)
    }

    fn draft(&self, key: &Key, new: NewArray) -> Result<Box<dyn Draft + '_>> {
        self.begin_draft(key, new)
    }

    fn write_region(&self, op: &Op, key: &Key, region: &Region, view: &ArrayView<'_>) -> Result<()> {
        self.put_region(op, key, region, view)
    }

    fn resize(&self, op: &Op, key: &Key, shape: &[u64]) -> Result<()> {
        self.resize_array(op, key, shape)
    }

    fn append(&self, op: &Op, key: &Key, view: &ArrayView<'_>, axis: usize, from: &[u64]) -> Result<bool> {
        self.append_to(op, key, view, axis, from)
    }

    fn scan(&self, op: &Op, key: &Key, visit: &mut dyn FnMut(&[u64], &ArrayView<'_>) -> Result<()>) -> Result<()> {
        let visit = std::cell::RefCell::new(visit);
        self.leaf(key, |leaf| leaf.scan(op, &mut **visit.borrow_mut()))
    }

    fn fill(&self, key: &Key) -> Result<Option<Array>> {
        self.leaf(key, |leaf| match leaf {
            Leaf::Own(node) if !node.meta.fill_value.is_null() => chunk::fill(&node.meta).map(Some),
            _ => Ok(None),
        })
    }

    fn info(&self, key: &Key) -> Result<Info> {
        let group = self.with_node(key, |found| match found {
            Found::Leaf(leaf) => leaf.info().map(Some),
            Found::Group(_) => Ok(None),
        })?;
        match group {
            Some(info) => Ok(info),
            None => Ok(Info {
                kind: Kind::Group,
                dtype: None,
                shape: Vec::new(),
                dims: Vec::new(),
                elements: self.list(key)?.len() as u64,
                bytes: 0,
                stored_bytes: 0,
                chunks: 0,
            }),
        }
    }

    fn stored_bytes(&self, key: &Key) -> Result<u64> {
        self.leaf(key, Leaf::stored_bytes)
    }

    fn chunk_rows(&self, key: &Key) -> Result<Option<u64>> {
        self.leaf(key, |leaf| Ok(leaf.chunk_rows()))
    }

    fn settle(&self, op: &Op) -> Result<()> {
        self.waiting.settle(op.cancel())?;
        self.settle_growing()
    }

    fn exists(&self, key: &Key) -> Result<bool> {
        if let Some(Change::Array(_)) = self.overlay().get(key) {
            return Ok(true);
        }
        match self.with_node(key, |_| Ok(())) {
            Ok(()) => Ok(true),
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(false),
            Err(e) => Err(e),
        }
    }

    fn list(&self, key: &Key) -> Result<Vec<Child>> {
        self.listed(key)
    }

    fn create_group(&self, key: &Key) -> Result<()> {
        self.make_group(key)
    }

    fn delete(&self, key: &Key) -> Result<()> {
        self.remove(key)
    }

    fn rename(&self, from: &Key, to: &Key) -> Result<()> {
        self.move_node(from, to)
    }

    fn attributes(&self, key: &Key) -> Result<Object> {
        self.with_node(key, |found| match found {
            Found::Group(attributes) => Ok(attributes.user),
            Found::Leaf(leaf) => Ok(leaf.attributes().clone()),
        })
    }

    fn set_attributes(&self, key: &Key, attributes: Object) -> Result<()> {
        self.put_attributes(key, attributes)
    }

    fn set_dimensions(&self, key: &Key, dims: &[String]) -> Result<()> {
        self.put_dimensions(key, dims)
    }

    fn load_metadata(&self) -> Result<Object> {
        open::load_metadata(&self.base(), self.limits)
    }

    #[cfg(feature = "dataset")]
    fn headers(&self, op: &Op) -> Result<Vec<(Key, DType, Vec<u64>)>> {
        let Base::Archive(archive, _) = self.base() else { return super::headers::headers(self, op) };
        let lines = if self.limits.check && self.overlay().is_empty() { archive.headers()? } else { None };
        let Some(lines) = lines else { return super::headers::headers(self, op) };
        let mut found = Vec::with_capacity(lines.len());
        for (key, header) in lines {
            let key = Key::parse_or_root(key)?;
            match header {
                Some((dtype, shape)) => found.push((key, dtype, shape)),
                None if key.is_root() => {}
                None => {
                    if let (Kind::Array, Some(dtype), shape) = self.layout(&key)? {
                        found.push((key, dtype, shape));
                    }
                }
            }
        }
        Ok(found)
    }

    fn metadata_text(&self) -> Result<Option<Vec<u8>>> {
        match self.base() {
            Base::Archive(archive, _) => archive.document(),
            _ => Ok(None),
        }
    }

    fn flush(&self, op: &Op, metadata: &Object) -> Result<()> {
        self.commit_all(op, &mut self.writer(), metadata)
    }

    fn compress(&self, op: &Op, metadata: &Object) -> Result<u64> {
        self.pack(op, metadata)
    }

    fn to_bytes(&self, op: &Op, metadata: &Object) -> Result<Option<Vec<u8>>> {
        self.pack_bytes(op, metadata).map(Some)
    }

    fn wants_summary(&self) -> bool {
        self.export && self.writer().lock.is_some()
    }

    fn close(&self, op: &Op, metadata: &Object, summary: &Object) -> Result<()> {
        let mut writer = self.writer();
        let result = self.finish(op, &mut writer, metadata, summary);
        self.release(&mut writer);
        result
    }

    fn discard(&self) {
        let mut writer = self.writer();
        self.release(&mut writer);
    }

    fn verify(&self, op: &Op, repair: bool) -> Result<Vec<Finding>> {
        self.check_all(op, repair)
    }
}
