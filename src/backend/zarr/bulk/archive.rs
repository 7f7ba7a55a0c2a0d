//! A store that is written into one file, as [`super::super::pack`] would have packed it but for the order of entries.

use std::io;
use std::path::Path;

use super::super::archive::METADATA;
use super::super::archive_record::Recorder;
use super::super::commit::prefix;
use super::super::documents::{Format, Gathered};
use super::super::meta::Attributes;
use super::super::record::Digest;
use super::super::zip_writer::ZipWriter;
use super::{BulkArray, Put, by_key, groups};
use crate::backend::Object;
use crate::error::{Error, Result, err};
use crate::{fs, metadata};

/// An archive on its way.
pub struct ArchiveWriter {
    zip: ZipWriter<fs::AppendFile>,
    place: String,
    format: Format,
    /// What the record will say of the files of each array.
    digests: Vec<Digest>,
}

impl ArchiveWriter {
    pub fn resume(path: &Path, arrays: &[BulkArray], there: &[Put]) -> Result<Self> {
        let format = arrays.first().map_or(Format::V2, BulkArray::format);
        if let Some(other) = arrays.iter().find(|array| array.format() != format) {
            return Err(err!(InvalidArgument, "{}: an array of another zarr format", other.key()));
        }
        let place = path.display().to_string();
        let mut digests = vec![Digest::default(); arrays.len()];
        if there.is_empty() {
            let zip = ZipWriter::new(fs::AppendFile::create(path)?, 0);
            return Ok(Self { zip, place, format, digests });
        }
        // Where entries begin, and how long all are, is known before the file is cut.
        let mut probe = ZipWriter::new(io::sink(), 0);
        let mut contents = Vec::with_capacity(there.len());
        for put in there {
            contents.push(skip(&mut probe, arrays, put, &mut Digest::default()).map_err(|e| failed(&place, &e))?);
        }
        check(path, there, &contents)?;
        let mut zip = ZipWriter::new(fs::AppendFile::resume(path, probe.length())?, 0);
        for put in there {
            let digest = &mut digests[put.array];
            skip(&mut zip, arrays, put, digest).map_err(|e| failed(&place, &e))?;
        }
        Ok(Self { zip, place, format, digests })
    }

    pub fn put(&mut self, array: &BulkArray, put: Put, bytes: &[u8]) -> Result<()> {
        let name = array.chunk_name(put.chunk);
        let added = self.zip.stored_with(&prefix(array.key()), &name, bytes, put.crc, array.alignment(put.size));
        added.map_err(|e| failed(&self.place, &e))?;
        self.digests[put.array] = self.digests[put.array].with(name.as_bytes(), put.size, put.crc);
        Ok(())
    }

    pub fn flush(&mut self) -> Result<()> {
        self.zip.flush().map_err(|e| failed(&self.place, &e))
    }

    pub fn finish(mut self, arrays: &[BulkArray], document: &Object, sync: bool) -> Result<u64> {
        let groups = groups(arrays);
        let nodes = (groups.len() + arrays.len()) as u64;
        let mut documents = Gathered::new(self.format, nodes);
        let mut record = Recorder::new(nodes);
        let failed = |e: &io::Error| failed(&self.place, e);
        let zip = &mut self.zip;
        let mut add = |prefix: &str, name: &str, text: &str, digest: &mut Digest| {
            let bytes = text.as_bytes();
            let crc = match name {
                "zarr.json" => zip.deflated(prefix, name, bytes),
                _ => zip.stored(prefix, name, bytes, 1),
            };
            *digest = digest.with(name.as_bytes(), bytes.len() as u64, crc.map_err(|e| failed(&e))?);
            documents.add(prefix, name, text);
            Ok(())
        };
        for group in groups {
            // The document of the root has the consolidated metadata, and comes last.
            if self.format == Format::V3 && group.is_root() {
                continue;
            }
            let prefix = prefix(&group);
            let mut digest = Digest::default();
            let attributes = Attributes::group(Object::new());
            self.format.group(&attributes, &mut |name, text| add(&prefix, name, text, &mut digest))?;
            record.add(group.as_str(), digest);
        }
        for (array, mut digest) in by_key(arrays, std::mem::take(&mut self.digests)) {
            let prefix = prefix(array.key());
            for (name, text) in array.documents() {
                add(&prefix, name, &text, &mut digest)?;
            }
            record.add_array(array.key().as_str(), digest, &array.meta, &array.attributes);
        }
        let (name, consolidated) = documents.finish();
        if self.format == Format::V3 {
            let crc = crc32fast::hash(consolidated.as_bytes());
            record.add("", Digest::default().with(name.as_bytes(), consolidated.len() as u64, crc));
        }
        let (record, pipelines) = record.finish();
        let document = metadata::to_bytes(document, &[("record", &record), ("pipelines", &pipelines)])?;
        self.zip.deflated("", name, consolidated.as_bytes()).map_err(|e| failed(&e))?;
        self.zip.deflated("", METADATA, &document).map_err(|e| failed(&e))?;
        let (size, file) = self.zip.finish_into().map_err(|e| failed(&e))?;
        if sync {
            file.sync()?;
        }
        Ok(size)
    }
}

/// Passes over an entry that is there, and gives where its content begins.
fn skip<W: io::Write>(zip: &mut ZipWriter<W>, arrays: &[BulkArray], put: &Put, digest: &mut Digest) -> io::Result<u64> {
    let array = &arrays[put.array];
    let name = array.chunk_name(put.chunk);
    *digest = digest.with(name.as_bytes(), put.size, put.crc);
    zip.skip(&prefix(array.key()), &name, put.size, put.crc, array.alignment(put.size))
}

/// Reads the contents of entries that are there.
fn check(path: &Path, there: &[Put], contents: &[u64]) -> Result<()> {
    let file = fs::ReadFile::open(path)?;
    let mut bytes = Vec::new();
    for (put, &at) in there.iter().zip(contents) {
        let size = usize::try_from(put.size).ok().filter(|_| at.saturating_add(put.size) <= file.len());
        let size = size.ok_or_else(|| err!(Corrupt, "{}: ends before byte {}", path.display(), at + put.size))?;
        bytes.resize(size, 0);
        file.read_exact_at(&mut bytes, at)?;
        let have = crc32fast::hash(&bytes);
        if have != put.crc {
            let place = path.display();
            return Err(err!(
                Corrupt,
                "{place}: crc32 of the entry at {at} is {have:08x}, written was {:08x}",
                put.crc
            ));
        }
    }
    Ok(())
}

fn failed(place: &str, error: &io::Error) -> Error {
    Error::io(place.as_ref(), error)
}
