//! Working out a change to an array that is written by parts, before anything changes.
//!
//! A box that is written meets chunks wholly or partly. Whole ones are encoded straight from the caller's memory, in
//! parallel, without the writer's lock. Partly met ones are read, changed and kept decoded within a bound, so that an
//! array that is appended to row by row encodes a chunk once. What comes out is an [`Edit`], which cannot fail any more.
//! Encoded chunks that memory has no room for go to hidden files as they come.

use rayon::prelude::*;

use super::encode::PARALLEL;
use super::grid::Piece;
use super::growing::{Edit, Growing, Slot};
use super::node::Node;
use super::{ZarrStore, chunk};
use crate::backend::Region;
use crate::error::Result;
use crate::key::Key;
use crate::op::Op;
use crate::options::Staging;
use crate::value::{Array, ArrayView};

/// The most bytes of decoded chunks that one array keeps; one chunk it always may keep.
const KEPT: u64 = 32 << 20;

/// A box that is written, in the stored shape of a node.
pub struct Target<'t> {
    pub key: &'t Key,
    pub node: &'t Node,
    pub region: &'t Region,
    pub view: &'t ArrayView<'t>,
}

impl ZarrStore {
    /// Encodes the chunks that a box covers.
    ///
    /// # Errors
    /// `Codec`, `Cancelled`, `NoMemory`, `Io`.
    pub(super) fn encode_whole(&self, op: &Op, target: &Target<'_>) -> Result<Vec<(String, Slot)>> {
        let Target { key, node, region, view } = *target;
        let grid = &node.meta.grid;
        let fill = chunk::fill(&node.meta)?;
        let origin = vec![0; grid.chunks.len()];
        let mut pieces = grid.pieces(region)?;
        pieces.retain(|piece| grid.covers(piece, region));
        let one = |piece: &Piece| {
            let part = view.cut(&piece.source())?;
            if piece.shape == grid.chunks {
                return chunk::encode(&node.meta, &part);
            }
            let mut whole = Array::filled(grid.chunks.clone(), &fill)?;
            whole.patch(&origin, &part)?;
            chunk::encode(&node.meta, &whole.view())
        };
        let mut slots = Vec::with_capacity(pieces.len());
        let bytes = node.meta.chunk_weight().saturating_mul(pieces.len() as u64);
        batches(op, key, bytes, &pieces, one, |piece, bytes| {
            let mut slot = Slot::encoded(bytes);
            self.spill_slot(&mut slot)?;
            slots.push((piece.name.clone(), slot));
            Ok(())
        })?;
        Ok(slots)
    }

    /// Works out the change of the chunks that a box covers in part. Only under the writer's lock.
    ///
    /// # Errors
    /// `Corrupt` when such a chunk cannot be read, and as [`ZarrStore::encode_whole`].
    pub(super) fn edit_partial(&self, op: &Op, target: &Target<'_>, growing: &Growing) -> Result<Edit> {
        let Target { key, node, region, view } = *target;
        let grid = &node.meta.grid;
        let fill = chunk::fill(&node.meta)?;
        let mut pieces = grid.pieces(region)?;
        pieces.retain(|piece| !grid.covers(piece, region));
        let (patches, pieces): (Vec<_>, Vec<_>) =
            pieces.into_iter().partition(|piece| growing.decoded(&piece.name).is_some());
        let bytes = node.meta.chunk_weight().saturating_mul(pieces.len() as u64);
        let most = KEPT.min(crate::config::staging_budget() / 2);
        let keep = self.staging != Staging::Disk && (pieces.len() == 1 || bytes <= most);
        if keep {
            growing.evict(most.saturating_sub(bytes), &patches)?;
        }
        let one = |piece: &Piece| {
            let mut chunk = match growing.chunk(key.as_str(), &piece.name)? {
                Some(chunk) => chunk,
                None => Array::filled(grid.chunks.clone(), &fill)?,
            };
            chunk.patch(&piece.in_chunk, &view.cut(&piece.source())?)?;
            Ok(if keep { Slot::decoded(chunk) } else { Slot::encoded(chunk::encode(&node.meta, &chunk.view())?) })
        };
        let mut puts = Vec::with_capacity(pieces.len());
        batches(op, key, bytes, &pieces, one, |piece, mut slot| {
            self.spill_slot(&mut slot)?;
            puts.push((piece.name.clone(), slot));
            Ok(())
        })?;
        Ok(Edit { puts, patches, shape: None })
    }

    /// Works out what a smaller shape drops and clears. `node` has the smaller shape already.
    ///
    /// # Errors
    /// As [`ZarrStore::edit_partial`].
    pub(super) fn edit_shrink(&self, op: &Op, key: &Key, node: &Node, old: &[u64], growing: &Growing) -> Result<Edit> {
        let grid = &node.meta.grid;
        let fill = chunk::fill(&node.meta)?;
        let mut cut = Vec::new();
        for name in growing.names()? {
            let Some(index) = grid.index(&name) else { continue };
            let origin = grid.origin(&index);
            let inside = origin.iter().zip(&grid.shape).all(|(o, s)| o < s);
            let over = |d: usize| grid.shape[d] < old[d] && origin[d].saturating_add(grid.chunks[d]) > grid.shape[d];
            if inside && (0..origin.len()).any(over) {
                let keep = (0..origin.len()).map(|d| grid.chunks[d].min(grid.shape[d] - origin[d])).collect();
                cut.push((name, keep));
            }
        }
        let one = |(name, keep): &(String, Vec<u64>)| match growing.chunk(key.as_str(), name)? {
            Some(mut chunk) => {
                chunk.clear_beyond(keep, &fill)?;
                chunk::encode(&node.meta, &chunk.view()).map(Slot::encoded).map(Some)
            }
            None => Ok(None),
        };
        let mut puts = Vec::new();
        let bytes = node.meta.chunk_weight().saturating_mul(cut.len() as u64);
        batches(op, key, bytes, &cut, one, |(name, _), slot| {
            if let Some(mut slot) = slot {
                self.spill_slot(&mut slot)?;
                puts.push((name.clone(), slot));
            }
            Ok(())
        })?;
        Ok(Edit { puts, patches: Vec::new(), shape: Some(grid.shape.clone()) })
    }

    /// Moves a chunk that is not in the array yet to a hidden file, when memory has no room for it.
    fn spill_slot(&self, slot: &mut Slot) -> Result<()> {
        if self.over_budget() { slot.spill(&self.spill_dir()?) } else { Ok(()) }
    }
}

/// Does `work` for every item, in parallel where the `bytes` of all make it pay, and hands over the results in order: a
/// batch at a time, so that what waits is bounded, and a cancelled call ends soon.
fn batches<T: Sync, R: Send>(
    op: &Op,
    key: &Key,
    bytes: u64,
    items: &[T],
    work: impl Fn(&T) -> Result<R> + Sync,
    mut take: impl FnMut(&T, R) -> Result<()>,
) -> Result<()> {
    let cancel = op.cancel();
    let checked = |item: &T| {
        cancel.check()?;
        work(item)
    };
    let pool = if items.len() > 1 && bytes >= PARALLEL as u64 { crate::config::pool() } else { None };
    let batch = pool.map_or(1, |pool| pool.current_num_threads() * 2);
    let (mut done, total) = (0, items.len() as u64);
    for group in items.chunks(batch) {
        let results: Result<Vec<R>> = match pool {
            Some(pool) => pool.install(|| group.par_iter().map(checked).collect()),
            None => group.iter().map(checked).collect(),
        };
        for (item, result) in group.iter().zip(results.map_err(|e| e.named(key))?) {
            take(item, result).map_err(|e| e.named(key))?;
        }
        done += group.len() as u64;
        if total > 1 {
            op.progress("write", done, total)?;
        }
    }
    Ok(())
}
