//! A file as memory: mapped read-only, read page by page when it is looked at.
//!
//! A [`Map`] is as long as the file was when it was opened, and stays good when the file is removed or another takes its
//! name: it belongs to the file, not to the name. It is opt-in, for what it cannot promise: somebody who cuts the file
//! short makes the pages behind the cut vanish, and the next look at them ends the process (`SIGBUS`; on Windows nobody
//! can cut a mapped file, nor replace it). This library never writes into a file that is published.

use super::{ReadFile, fail};
use crate::error::Result;

/// The bytes of a mapped file.
#[derive(Debug)]
pub struct Map(memmap2::Mmap);

impl Map {
    /// Maps an open file, which may be closed afterwards.
    ///
    /// # Errors
    /// `Io` where the file system does not map files, or there is no address space for it.
    pub fn new(file: &ReadFile) -> Result<Self> {
        let length = usize::try_from(file.len()).unwrap_or(usize::MAX);
        // SAFETY: the length is that of this open file, so no byte beyond its end is promised. That the file is not
        // changed or cut while it is mapped is what the user of the option promises; whoever replaces an archive by a
        // rename, as this library does, leaves the mapped file whole. The mapping itself is private to this value.
        let map = unsafe { memmap2::MmapOptions::new().len(length).map(file.file()) };
        map.map(Self).map_err(|e| fail(file.path(), &std::io::Error::new(e.kind(), format!("cannot be mapped: {e}"))))
    }

    /// The bytes of the file.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_has_the_bytes_of_its_file_and_outlives_its_name() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        let bytes: Vec<u8> = (0..=255).cycle().take(10_000).collect();
        std::fs::write(&path, &bytes).unwrap();
        let map = Map::new(&ReadFile::open(&path).unwrap()).unwrap();
        if cfg!(unix) {
            std::fs::write(dir.path().join("other"), b"other").unwrap();
            std::fs::rename(dir.path().join("other"), &path).unwrap();
        }
        assert_eq!(map.bytes(), bytes);
    }
}
