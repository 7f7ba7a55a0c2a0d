//! Archives in memory: a store as bytes, for programs that move parts over their own wires.
//!
//! The bytes are those of the file that [`Storage::compress`] writes. Neither way touches a disk.

use super::Storage;
use crate::backend::zarr::ZarrStore;
use crate::error::{Result, err};
use crate::options::{Mode, Nan, Options};

impl Storage {
    /// Opens an archive that is in memory, read-only.
    ///
    /// # Errors
    /// `Corrupt` when the bytes are no whole archive, `Unsupported` for an encrypted one, `ReadOnly` when the mode asks
    /// for anything but reading.
    pub fn open_bytes(bytes: impl Into<Vec<u8>>, options: &Options) -> Result<Self> {
        if !matches!(options.mode, Mode::Read | Mode::Append) {
            return Err(err!(ReadOnly, "an archive in memory is read-only, mode asks for more than r"));
        }
        Self::new(Box::new(ZarrStore::open_bytes(bytes.into(), options)?), options, Nan::Refuse)
    }

    /// The store as an archive in memory; the store itself stays as it is. A store that is an archive gives its own
    /// bytes. One in memory or in JSON files becomes an archive with the options, which count for nothing else.
    ///
    /// # Errors
    /// `Nan` as [`Storage::compress`], `NotFound` when a store in memory or in JSON files has no data keys, `Cancelled`,
    /// `NoMemory`, `Io`.
    pub fn to_bytes(&self, options: &Options) -> Result<Vec<u8>> {
        {
            let (_guard, op) = self.enter()?;
            if self.backend.format() == "zarr" && !self.backend.read_only() {
                self.check_unchecked(&op)?;
                self.note_sizes(&op)?;
            }
            let metadata = self.state().metadata.snapshot();
            if let Some(bytes) = self.backend.to_bytes(&op, &metadata)? {
                return Ok(bytes);
            }
        }
        let archive = Self::new(Box::new(ZarrStore::in_memory(options)?), options, Nan::Refuse)?;
        self.copy_to(&archive)?;
        let bytes = archive.to_bytes(options);
        archive.discard();
        bytes
    }
}
