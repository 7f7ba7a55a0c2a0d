//! An array that is written by parts where nobody sees it, and then takes the place of a node.

use super::Region;
use crate::error::Result;
use crate::op::Op;
use crate::value::ArrayView;

/// An array on its way to a key. What is under the key stays until [`Draft::publish`]; a draft that is dropped before
/// never was.
pub trait Draft {
    /// Writes a box; `view` has its shape.
    ///
    /// # Errors
    /// As [`Backend::write_region`](super::Backend::write_region). A call that fails changes nothing.
    fn write(&self, op: &Op, region: &Region, view: &ArrayView<'_>) -> Result<()>;

    /// Replaces whatever is under the key, as one change.
    ///
    /// # Errors
    /// As [`Backend::write`](super::Backend::write).
    fn publish(self: Box<Self>, op: &Op) -> Result<()>;
}
