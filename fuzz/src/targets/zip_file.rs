//! An archive of documents and chunks as another program would pack them: stored, without a record.

use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// The archive of these entries.
pub fn of(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for (name, bytes) in entries {
        out.start_file(*name, stored).expect("memory has room");
        out.write_all(bytes).expect("memory has room");
    }
    out.finish().expect("memory has room").into_inner()
}
