//! The plain write of the floor: a temporary file, renamed; with `sync` one fsync of the file and one of the directory.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::row::{Result, text};

/// A file that is there whole, or not at all.
pub struct Pending {
    file: File,
    temporary: PathBuf,
    path: PathBuf,
}

impl Pending {
    pub fn create(path: &Path) -> Result<Self> {
        let temporary = path.with_extension("tmp");
        Ok(Self { file: File::create(&temporary).map_err(text)?, temporary, path: path.to_owned() })
    }

    pub fn write(&mut self, piece: &[u8]) -> Result<()> {
        self.file.write_all(piece).map_err(text)
    }

    pub fn publish(self, sync: bool) -> Result<()> {
        if sync {
            self.file.sync_all().map_err(text)?;
        }
        drop(self.file);
        std::fs::rename(&self.temporary, &self.path).map_err(text)?;
        if sync {
            let directory = self.path.parent().ok_or("the path has no directory")?;
            File::open(directory).and_then(|d| d.sync_all()).map_err(text)?;
        }
        Ok(())
    }
}

/// Writes the pieces one after the other.
pub fn write(path: &Path, pieces: &[&[u8]], sync: bool) -> Result<()> {
    let mut file = Pending::create(path)?;
    for piece in pieces {
        file.write(piece)?;
    }
    file.publish(sync)
}
