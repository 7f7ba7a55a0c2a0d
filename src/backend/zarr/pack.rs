//! Writing an archive: the whole store into one ZIP file, published by one rename.
//!
//! One walk over the nodes writes their files and gathers the two documents of the whole store. Entries are stored as
//! they are (chunks are compressed already) but for these two, and every `zarr.json`, which are deflated: a part of
//! small arrays would else be a third JSON. The same store gives the same bytes. The records go into the private part of
//! `metadata.json`, which is the last entry. A small archive is written at once, a large one as it grows.

use std::sync::atomic::Ordering;

use super::archive::METADATA;
use super::archive_record::Recorder;
use super::base::{Base, Found, Leaf};
use super::commit::prefix;
use super::documents::{Format, Gathered};
use super::files::is_chunk;
use super::record::Digest;
use super::view::alignment;
use super::zip_writer::ZipWriter;
use super::{Writer, ZarrStore};
use crate::backend::Object;
use crate::error::{Error, ErrorKind, Result, err};
use crate::key::Key;
use crate::op::Op;
use crate::{fs, metadata};

/// What documents and headers of a node take, about.
const NODE: u64 = 1 << 10;

impl ZarrStore {
    pub(super) fn pack(&self, op: &Op, document: &Object) -> Result<u64> {
        let mut writer: std::sync::MutexGuard<'_, Writer> = self.writer();
        if self.read_only.load(Ordering::Acquire) || writer.lock.is_none() {
            return Err(err!(ReadOnly, "{}: the store is read-only", self.root.display()));
        }
        // The directory was there when the lock was taken.
        let mut target = match fs::PendingFile::create(&self.archive, self.sync) {
            Err(e) if e.kind() == ErrorKind::NotFound => {
                fs::create_dirs_durably(fs::parent(&self.archive), self.sync)?;
                fs::PendingFile::create(&self.archive, self.sync)?
            }
            created => created?,
        };
        let bytes = self.write_archive(op, document, &mut target)?;
        // A directory of nothing, which somebody made, is none of the store's.
        if writer.replaces || matches!(self.base(), Base::Dir(_)) {
            self.note_archive(&target.read_back()?)?;
        }
        target.commit()?;
        self.read_only.store(true, Ordering::Release);
        writer.compressed = true;
        Ok(bytes)
    }

    /// The archive in memory: of a store that is one, its own bytes.
    pub(super) fn pack_bytes(&self, op: &Op, document: &Object) -> Result<Vec<u8>> {
        // No change while it is put together.
        let writer = self.writer();
        if let Base::Archive(archive, _) = self.base() {
            return archive.bytes();
        }
        if writer.compressed {
            return fs::ReadFile::open(&self.archive)?.read_all(u64::MAX);
        }
        let mut out = Vec::new();
        self.write_archive(op, document, &mut out)?;
        Ok(out)
    }

    fn write_archive<W: std::io::Write>(&self, op: &Op, document: &Object, out: W) -> Result<u64> {
        self.waiting.settle(op.cancel())?;
        let (nodes, size) = self.estimate(op)?;
        let mut packing = Packing {
            zip: ZipWriter::new(out, size.try_into().unwrap_or(0)),
            place: self.archive.display().to_string(),
            documents: Gathered::new(self.zarr_format(), nodes),
            record: Recorder::new(nodes),
            format: self.zarr_format(),
        };
        let mut done = 0;
        self.each_node(op, &Key::root(), &mut |key, found| {
            packing.add(key, &found)?;
            done += 1;
            op.progress("compress", done, nodes)
        })?;
        packing.finish(document)
    }

    /// The number of nodes, and about how many bytes their archive has.
    fn estimate(&self, op: &Op) -> Result<(u64, u64)> {
        if matches!(self.base(), Base::Empty) {
            let overlay = self.overlay();
            let root = u64::from(overlay.get(&Key::root()).is_none());
            let nodes = overlay.len() as u64 + root;
            return Ok((nodes, overlay.bytes() + NODE * nodes));
        }
        let (mut nodes, mut size) = (0, 0);
        self.each_node(op, &Key::root(), &mut |_, found| {
            nodes += 1;
            if let Found::Leaf(leaf) = found {
                size += leaf.info()?.stored_bytes;
            }
            Ok(())
        })?;
        Ok((nodes, size + NODE * nodes))
    }
}

/// An archive on its way.
struct Packing<W: std::io::Write> {
    zip: ZipWriter<W>,
    place: String,
    documents: Gathered,
    record: Recorder,
    format: Format,
}

impl<W: std::io::Write> Packing<W> {
    fn add(&mut self, key: &Key, found: &Found) -> Result<()> {
        let prefix = prefix(key);
        let mut digest = Digest::default();
        // Raw chunks are put where they can be viewed.
        let meta = match found {
            Found::Leaf(leaf) => match leaf {
                Leaf::Own(node) => Some(&node.meta),
                Leaf::Foreign(_) => None,
            },
            Found::Group(_) => None,
        };
        let mut file = |name: &str, bytes: &[u8]| {
            let alignment = meta.filter(|_| is_chunk(name)).map_or(1, |meta| alignment(meta, bytes.len()));
            let entry = match name {
                "zarr.json" => self.zip.deflated(&prefix, name, bytes),
                _ => self.zip.stored(&prefix, name, bytes, alignment),
            };
            let crc = entry.map_err(|e| failed(&self.place, &e).context(format!("entry '{prefix}{name}'")))?;
            digest = digest.with(name.as_bytes(), bytes.len() as u64, crc);
            if let (false, Ok(text)) = (is_chunk(name), std::str::from_utf8(bytes)) {
                self.documents.add(&prefix, name, text);
            }
            Ok(())
        };
        match found {
            // Its document has the consolidated metadata, and comes last.
            Found::Group(attributes) if self.format == Format::V3 && key.is_root() => {
                self.documents.set_root(attributes)
            }
            Found::Group(attributes) => {
                self.format.group(attributes, &mut |name, text| file(name, text.as_bytes()))?;
                self.record.add(key.as_str(), digest);
            }
            Found::Leaf(leaf) => match leaf {
                Leaf::Own(node) => {
                    node.each_file(&mut file)?;
                    self.record.add_array(key.as_str(), digest, &node.meta, &node.attributes);
                }
                Leaf::Foreign(foreign) => {
                    foreign.each_file(&mut file)?;
                    self.record.add(key.as_str(), digest);
                }
            },
        }
        Ok(())
    }

    fn finish(mut self, document: &Object) -> Result<u64> {
        let (name, consolidated) = self.documents.finish();
        if self.format == Format::V3 {
            let crc = crc32fast::hash(consolidated.as_bytes());
            self.record.add("", Digest::default().with(name.as_bytes(), consolidated.len() as u64, crc));
        }
        let (record, pipelines) = self.record.finish();
        let document = metadata::to_bytes(document, &[("record", &record), ("pipelines", &pipelines)])?;
        let written = self
            .zip
            .deflated("", name, consolidated.as_bytes())
            .and_then(|_| self.zip.deflated("", METADATA, &document))
            .and_then(|_| self.zip.finish());
        written.map_err(|e| failed(&self.place, &e))
    }
}

fn failed(place: &str, error: &std::io::Error) -> Error {
    Error::io(place.as_ref(), error)
}
