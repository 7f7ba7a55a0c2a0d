//! The caller's memory for the elements of an array.
//!
//! A backend that has found the array tells kind, type and shape, and gets the part of the memory that its elements fill,
//! or the error that names what differs: look-up, check and read are of one version of the node. The memory is untouched
//! until everything fits. It converts nothing.

use super::{Kind, Region};
use crate::error::{Result, err};
use crate::key::Key;
use crate::value::{DType, element_count};

/// Memory that waits for the elements of one array, or of a box of it.
pub struct Destination<'m> {
    dtype: DType,
    memory: &'m mut [u8],
    /// Bytes of the elements, once they are known.
    needed: Option<usize>,
}

impl<'m> Destination<'m> {
    /// Memory for elements of a type.
    pub fn new(dtype: DType, memory: &'m mut [u8]) -> Self {
        Self { dtype, memory, needed: None }
    }

    /// Bytes of the elements; `None` when no array of the type was found.
    #[must_use]
    pub fn needed(&self) -> Option<usize> {
        self.needed
    }

    /// The memory that the elements fill exactly.
    ///
    /// # Errors
    /// `WrongKind`, `DtypeMismatch`, `ShapeMismatch` for a box outside, `BufferTooSmall`.
    pub fn fit(
        &mut self,
        key: &Key,
        region: Option<&Region>,
        kind: Kind,
        dtype: Option<DType>,
        shape: &[u64],
    ) -> Result<&mut [u8]> {
        let found = match (kind, dtype) {
            (Kind::Array | Kind::Bytes, Some(found)) => found,
            (kind, _) => return Err(err!(WrongKind, "{key}: wanted an array, found a {}", kind.word())),
        };
        if found != self.dtype || found == DType::String {
            return Err(err!(DtypeMismatch, "{key}: data is {found}, asked for {}", self.dtype));
        }
        if let Some(region) = region {
            region.check(key, shape)?;
        }
        let bytes = element_count(region.map_or(shape, |region| &region.shape), found)? * found.size();
        self.needed = Some(bytes);
        let have = self.memory.len();
        let memory = self.memory.get_mut(..bytes);
        memory.ok_or_else(|| err!(BufferTooSmall, "{key}: data has {bytes} bytes, the buffer has {have}"))
    }
}
