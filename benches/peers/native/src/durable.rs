//! The plain write of the floor: a temporary file, renamed; with `sync` one fsync of the file and one of the directory.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use crate::row::{Result, text};

/// Writes the pieces one after the other, as a file that is there whole or not at all.
pub fn write(path: &Path, pieces: &[&[u8]], sync: bool) -> Result<()> {
    let temporary = path.with_extension("tmp");
    let mut file = File::create(&temporary).map_err(text)?;
    for piece in pieces {
        file.write_all(piece).map_err(text)?;
    }
    if sync {
        file.sync_all().map_err(text)?;
    }
    drop(file);
    std::fs::rename(&temporary, path).map_err(text)?;
    if sync {
        let directory = path.parent().ok_or("the path has no directory")?;
        File::open(directory).and_then(|d| d.sync_all()).map_err(text)?;
    }
    Ok(())
}
