//! Arrays viewed where their bytes lie: a chunk that is raw and the only one, in memory.
//!
//! Such a chunk is the array as it is loaded, in row-major or column-major order; where the chunk is larger than the
//! array, rows lie further apart. It is in a mapped archive, in the bytes of an archive, or staged. Its size and CRC-32
//! are checked when it is viewed first, as a load checks them each time; nothing is decoded and nothing copied.
//!
//! [`alignment`] is the other side: where the writer of archives puts chunks, so that they can be viewed.

use super::files::Files;
use super::meta::ArrayMeta;
use super::node::Node;
use crate::backend::Kind;
use crate::error::{ErrorKind, Result, err};
use crate::op::Op;
use crate::value::shared::SharedBytes;
use crate::value::shared_array::{self, column_major, row_major};
use crate::value::{DType, SharedArray};

/// Raw chunks of at least this many bytes begin at a multiple of [`WIDE`] in an archive; smaller ones where their
/// elements may.
const LARGE: usize = 4 << 10;
/// A cache line, and the widest vector register there is.
const WIDE: u64 = 64;

/// What the place of a chunk of `bytes` bytes in an archive is to be a multiple of.
pub fn alignment(meta: &ArrayMeta, bytes: usize) -> u64 {
    match (meta.pipeline.transformation(), meta.pipeline.dtype()) {
        _ if meta.shards().is_some() => 1,
        (Some(_), _) | (_, DType::String) => 1,
        _ if bytes >= LARGE => WIDE,
        (_, dtype) => dtype.swap_unit() as u64,
    }
}

impl Node {
    /// The elements where they lie.
    ///
    /// # Errors
    /// `WrongKind` for JSON, `DtypeMismatch` for strings, `Corrupt` when the chunk is not what was written;
    /// `Unsupported`, which says why, where no memory holds the elements as they are loaded.
    pub fn view(&self, op: &Op) -> Result<SharedArray> {
        op.check()?;
        let (grid, pipeline) = (&self.meta.grid, &self.meta.pipeline);
        let what = self.what();
        let refused = |why: &str| err!(Unsupported, "{what}: cannot be viewed: {why}");
        let dtype = pipeline.dtype();
        if self.attributes.kind == Kind::Json {
            return Err(err!(WrongKind, "{what}: wanted an array, found a {}", Kind::Json.word()));
        }
        let (Some(size), false) = (pipeline.element_size(), dtype == DType::String) else {
            return Err(shared_array::no_text().context(what));
        };
        let shape = self.shape();
        if shape.contains(&0) {
            let none = SharedBytes::new(std::sync::Arc::new(Vec::new()));
            return SharedArray::borrowed(dtype, shape.clone(), row_major(&shape), &none).map_err(|e| e.context(what));
        }
        if let Some(how) = pipeline.transformation() {
            return Err(refused(&format!("it is {how}")));
        }
        if let Some(v3) = self.meta.v3.as_ref().filter(|v3| v3.checksum || v3.shards.is_some()) {
            return Err(refused(if v3.shards.is_some() {
                "it is stored in shards"
            } else {
                "a checksum is behind it"
            }));
        }
        let name = match grid.count() {
            1 => grid.name(&vec![0; grid.shape.len()]),
            count => return Err(refused(&format!("it is stored in {count} chunks, one is needed"))),
        };
        let chunk = self.lend(&name, dtype).map_err(|e| match e.kind() {
            ErrorKind::Unsupported => refused(e.message()),
            _ => e.context(format!("{what}: chunk '{name}'")),
        })?;
        let Some(chunk) = chunk else {
            return Err(match self.meta.fill_value.is_null() {
                true => err!(Corrupt, "{what}: chunk '{name}' is missing and the array has no fill value"),
                false => refused("its chunk was never written, and reads as the fill value"),
            });
        };
        let (wanted, found) = (grid.chunk_elements().saturating_mul(size as u64), chunk.len());
        if found as u64 != wanted {
            return Err(err!(Corrupt, "{what}: chunk '{name}': raw data has {found} bytes, the chunk has {wanted}"));
        }
        let strides = self.strides(&shape);
        SharedArray::borrowed(dtype, shape, strides, &chunk).map_err(|e| e.context(what))
    }

    /// The bytes of the only chunk where they lie, checked when they are viewed first.
    fn lend(&self, name: &str, dtype: DType) -> Result<Option<SharedBytes>> {
        let check = |bytes: &[u8]| match dtype == DType::Bool && bytes.iter().any(|&byte| byte > 1) {
            true => Err(err!(Corrupt, "a bool is neither 0 nor 1")),
            false => Ok(()),
        };
        match self.files() {
            Files::Archive(archive, prefix) => archive.share(prefix, name, dtype, check),
            Files::Memory(chunks) => {
                let Some((_, bytes)) = chunks.iter().find(|(there, _)| there == name) else { return Ok(None) };
                check(bytes)?;
                Ok(Some(SharedBytes::new(bytes.clone())))
            }
            Files::Dir(_) => Err(err!(Unsupported, "its chunk is a file of a directory, not an entry of an archive")),
            Files::Growing(_) => Err(err!(Unsupported, "it is being written by parts")),
        }
    }

    /// The steps between the elements of the only chunk, for the shape as it is loaded.
    fn strides(&self, shape: &[u64]) -> Vec<i64> {
        if shape.is_empty() {
            return Vec::new();
        }
        let chunks = &self.meta.grid.chunks;
        let mut strides = if self.meta.column_major { column_major(chunks) } else { row_major(chunks) };
        // Elements of several bytes that are loaded as a last dimension.
        if let Some(width) = self.meta.pipeline.extra_dim() {
            let width = i64::try_from(width).unwrap_or(i64::MAX);
            strides.iter_mut().for_each(|step| *step = step.saturating_mul(width));
            strides.push(1);
        }
        strides
    }
}
