//! Writing an archive: the whole store into one ZIP file, published by one rename.
//!
//! Entries are stored as they are (chunks are compressed already) but for the two documents of the whole store, which
//! are deflated: a part of small arrays would else be a third JSON. Times are fixed, so that the same store gives the
//! same bytes. The records of all nodes go into the private part of `metadata.json`, which is the last entry. A small
//! store is put together in memory and written once; a large one is streamed.

use std::io::{Cursor, Seek, Write};
use std::sync::atomic::Ordering;

use serde_json::Value as Json;

use super::archive::METADATA;
use super::base::{Found, Leaf};
use super::commit::{ZMETADATA, parent};
use super::meta::{self, ZGROUP};
use super::record::Record;
use super::{Writer, ZarrStore};
use crate::backend::Object;
use crate::error::{Result, err};
use crate::key::Key;
use crate::op::Op;
use crate::{fs, metadata};

/// Up to about this size an archive is put together in memory.
const IN_MEMORY: u64 = 64 << 20;
/// Entries from this size on get 64-bit sizes.
const LARGE: u64 = u32::MAX as u64;

impl ZarrStore {
    pub(super) fn pack(&self, op: &Op, document: &Object) -> Result<u64> {
        let mut writer: std::sync::MutexGuard<'_, Writer> = self.writer();
        if self.read_only.load(Ordering::Acquire) || writer.lock.is_none() {
            return Err(err!(ReadOnly, "{}: the store is read-only", self.root.display()));
        }
        let mut count = 0;
        let mut size = 0;
        self.each_node(op, &Key::root(), &mut |_, found| {
            count += 1;
            if let Found::Leaf(leaf) = found {
                size += leaf.info()?.stored_bytes;
            }
            Ok(())
        })?;
        fs::create_dirs(parent(&self.archive))?;
        let mut target = fs::PendingFile::create(&self.archive, self.sync)?;
        let bytes = if size <= IN_MEMORY {
            let mut memory = Cursor::new(Vec::with_capacity(size as usize + 4096));
            self.write_archive(op, document, count, &mut memory)?;
            let memory = memory.into_inner();
            target.write_all(&memory).map_err(|e| crate::Error::io(&self.archive, &e))?;
            memory.len() as u64
        } else {
            let mut buffered = std::io::BufWriter::with_capacity(1 << 20, &mut target);
            self.write_archive(op, document, count, &mut buffered)?;
            let at = buffered.stream_position();
            buffered.flush().and(at).map_err(|e| crate::Error::io(&self.archive, &e))?
        };
        target.commit()?;
        self.read_only.store(true, Ordering::Release);
        writer.compressed = true;
        Ok(bytes)
    }

    fn write_archive<W: Write + Seek>(&self, op: &Op, document: &Object, count: u64, out: W) -> Result<()> {
        let mut zip = Zip { zip: zip::ZipWriter::new(out), path: self.archive.display().to_string() };
        let mut records = Object::new();
        let mut documents: Vec<(String, String)> = Vec::new();
        let mut done = 0;
        self.each_node(op, &Key::root(), &mut |key, found| {
            let prefix = if key.is_root() { String::new() } else { format!("{key}/") };
            let mut record = Record::default();
            let files = match &found {
                Found::Group(attributes) => {
                    let mut files = vec![(".zgroup".to_owned(), ZGROUP.as_bytes().to_vec().into())];
                    if !attributes.user.is_empty() {
                        files.push((".zattrs".to_owned(), attributes.to_text().into_bytes().into()));
                    }
                    files
                }
                Found::Leaf(leaf) => match &**leaf {
                    Leaf::V2(node) => node.all_files()?,
                    Leaf::V3(_) => {
                        return Err(err!(Unsupported, "{key}: an array of zarr format 3 is not written to an archive"));
                    }
                },
            };
            for (name, bytes) in files {
                record.insert(&name, &bytes);
                zip.add(&format!("{prefix}{name}"), &bytes)?;
                if name == ".zarray" || name == ".zattrs" || name == ".zgroup" {
                    documents.push((format!("{prefix}{name}"), String::from_utf8_lossy(&bytes).into_owned()));
                }
            }
            records.insert(key.as_str().to_owned(), record.to_json());
            done += 1;
            op.progress("compress", done, count)
        })?;
        documents.sort();
        let text = meta::consolidated(documents.iter().map(|(name, text)| (name.clone(), text.as_str())));
        zip.add_deflated(ZMETADATA, text.as_bytes())?;
        let private = [("record".to_owned(), Json::Object(records))].into_iter().collect();
        zip.add_deflated(METADATA, &metadata::to_bytes(document, &private)?)?;
        zip.finish()
    }
}

struct Zip<W: Write + Seek> {
    zip: zip::ZipWriter<W>,
    path: String,
}

impl<W: Write + Seek> Zip<W> {
    fn add(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        self.write(name, bytes, zip::CompressionMethod::Stored, None)
    }

    /// The fastest level: it takes most of what a higher one does from JSON that repeats itself.
    fn add_deflated(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        self.write(name, bytes, zip::CompressionMethod::Deflated, Some(1))
    }

    fn write(&mut self, name: &str, bytes: &[u8], method: zip::CompressionMethod, level: Option<i64>) -> Result<()> {
        let options = zip::write::SimpleFileOptions::default()
            .compression_method(method)
            .compression_level(level)
            .last_modified_time(zip::DateTime::default())
            .unix_permissions(0o644)
            .large_file(bytes.len() as u64 >= LARGE);
        self.zip.start_file(name, options).map_err(|e| self.fail(name, &e.into()))?;
        self.zip.write_all(bytes).map_err(|e| self.fail(name, &e))
    }

    fn finish(self) -> Result<()> {
        let path = self.path;
        let finished = self.zip.finish().map_err(std::io::Error::from);
        let flushed = finished.and_then(|mut out| out.flush());
        flushed.map_err(|e| crate::Error::io(path.as_ref(), &e))
    }

    fn fail(&self, name: &str, error: &std::io::Error) -> crate::Error {
        crate::Error::io(self.path.as_ref(), error).context(format!("entry '{name}'"))
    }
}
