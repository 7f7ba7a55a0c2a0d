//! A store that is written as a directory, each chunk a file, with a record for each array.

use std::path::{Path, PathBuf};

use super::super::archive::METADATA;
use super::super::commit::prefix;
use super::super::documents::{Format, Gathered};
use super::super::group_record;
use super::super::meta::Attributes;
use super::super::record::{self, Record};
use super::{BulkArray, Put, by_key, groups};
use crate::backend::Object;
use crate::error::{Result, err};
use crate::{fs, metadata};

/// A directory on its way.
pub struct DirectoryWriter {
    root: PathBuf,
    records: Vec<Record>,
    bytes: u64,
}

fn records(arrays: &[BulkArray]) -> Vec<Record> {
    arrays.iter().map(|array| Record::of(array.key().as_str())).collect()
}

impl DirectoryWriter {
    pub fn resume(root: &Path, arrays: &[BulkArray], there: &[Put]) -> Result<Self> {
        if there.is_empty() {
            fs::remove_tree(root)?;
        }
        fs::create_dirs(root)?;
        let mut writer = Self { root: root.to_owned(), records: records(arrays), bytes: 0 };
        for put in there {
            let array = &arrays[put.array];
            let name = array.chunk_name(put.chunk);
            let path = root.join(array.key().as_str()).join(&name);
            let have = fs::ReadFile::open(&path)?.read_all(put.size)?;
            let crc = crc32fast::hash(&have);
            if (have.len() as u64, crc) != (put.size, put.crc) {
                return Err(err!(Corrupt, "{}: crc32 is {crc:08x}, written was {:08x}", path.display(), put.crc));
            }
            writer.note(&name, *put);
        }
        for array in arrays {
            fs::create_dirs(&root.join(array.key().as_str()))?;
        }
        Ok(writer)
    }

    fn note(&mut self, name: &str, put: Put) {
        self.records[put.array].note(name, put.size, put.crc);
        self.bytes += put.size;
    }

    fn place(&self, array: &BulkArray, name: &str) -> Result<PathBuf> {
        let path = self.root.join(array.key().as_str()).join(name);
        if let Some((above, _)) = name.rsplit_once('/') {
            fs::create_dirs(&self.root.join(array.key().as_str()).join(above))?;
        }
        // Left by a writer that died before it said so.
        fs::remove_file(&path)?;
        Ok(path)
    }

    pub fn put(&mut self, array: &BulkArray, put: Put, bytes: &[u8]) -> Result<()> {
        let name = array.chunk_name(put.chunk);
        fs::write_new(&self.place(array, &name)?, bytes)?;
        self.note(&name, put);
        Ok(())
    }

    /// Gives a chunk file of another store a second name here; `false` where the file system has no such thing.
    pub fn link(&mut self, array: &BulkArray, put: Put, from: &Path) -> Result<bool> {
        let name = array.chunk_name(put.chunk);
        let linked = fs::hard_link(from, &self.place(array, &name)?)?;
        if linked {
            self.note(&name, put);
        }
        Ok(linked)
    }

    pub fn finish(mut self, arrays: &[BulkArray], document: &Object, sync: bool) -> Result<u64> {
        let format = arrays.first().map_or(Format::V2, BulkArray::format);
        let groups = groups(arrays);
        let mut documents = Gathered::new(format, (groups.len() + arrays.len()) as u64);
        let root = self.root.clone();
        let mut bytes = self.bytes;
        let mut write = |dir: &str, name: &str, text: &[u8]| {
            bytes += text.len() as u64;
            let path = root.join(dir).join(name);
            fs::remove_file(&path)?;
            fs::write_new(&path, text)
        };
        for group in &groups {
            let record = group_record::new(group.as_str(), &Object::new());
            write(group.as_str(), record::NAME, &record.to_bytes())?;
            if format == Format::V3 && group.is_root() {
                continue;
            }
            let prefix = prefix(group);
            format.group(&Attributes::group(Object::new()), &mut |name, text| {
                documents.add(&prefix, name, text);
                write(group.as_str(), name, text.as_bytes())
            })?;
        }
        for (array, mut record) in by_key(arrays, std::mem::take(&mut self.records)) {
            let key = array.key().as_str();
            let prefix = prefix(array.key());
            for (name, text) in array.documents() {
                documents.add(&prefix, name, &text);
                record.insert(name, text.as_bytes());
                write(key, name, text.as_bytes())?;
            }
            write(key, record::NAME, &record.to_bytes())?;
        }
        write("", METADATA, &metadata::to_bytes(document, &[])?)?;
        let (name, consolidated) = documents.finish();
        write("", name, consolidated.as_bytes())?;
        if sync {
            fs::sync_tree(&self.root)?;
        }
        Ok(bytes)
    }
}
