//! Looking at every element of an array that may be larger than memory.
//!
//! A dense array is read in blocks along its grid, so that each chunk is decoded once. An array with a fill value may be
//! far larger than what was ever written: of it the chunks that are there are read, whatever its shape.

use rayon::prelude::*;

use super::base::Leaf;
use super::files::is_chunk;
use super::grid::Grid;
use super::node::Node;
use crate::backend::Region;
use crate::error::Result;
use crate::op::Op;
use crate::value::{Array, ArrayView};

/// What is done with a part of an array and the index of its first element.
pub type Visit<'v> = dyn FnMut(&[u64], &ArrayView<'_>) -> Result<()> + 'v;

/// About how many elements a block has.
const BLOCK: u64 = 4 << 20;

impl Leaf {
    /// Hands over every element that was written, a part of the array at a time.
    ///
    /// # Errors
    /// As [`Leaf::read`]; what `visit` fails with.
    pub fn scan(&self, op: &Op, visit: &mut Visit<'_>) -> Result<()> {
        match self {
            Self::Own(node) if !node.attributes.scalar && node.meta.pipeline.extra_dim().is_none() => {
                if node.meta.fill_value.is_null() { scan_blocks(node, op, visit) } else { scan_chunks(node, op, visit) }
            }
            _ => {
                let array = self.read(op, None)?.array;
                visit(&vec![0; array.shape().len()], &array.view())
            }
        }
    }
}

fn scan_blocks(node: &Node, op: &Op, visit: &mut Visit<'_>) -> Result<()> {
    for block in Blocks::new(&node.meta.grid, BLOCK) {
        op.check()?;
        visit(&block.offset, &node.read(op, Some(&block))?.view())?;
    }
    Ok(())
}

fn scan_chunks(node: &Node, op: &Op, visit: &mut Visit<'_>) -> Result<()> {
    let grid = &node.meta.grid;
    let region = |name: &str| {
        let origin = grid.origin(&grid.index(name)?);
        let shape: Option<Vec<u64>> =
            (0..origin.len()).map(|d| Some(grid.chunks[d].min(grid.shape[d].checked_sub(origin[d])?))).collect();
        Some(Region { offset: origin, shape: shape? })
    };
    let names = node.files().sizes()?.into_iter().map(|(name, _)| name).filter(|name| is_chunk(name));
    let regions: Vec<Region> = names.filter_map(|name| region(&name)).collect();
    let pool = if regions.len() > 1 { crate::config::pool() } else { None };
    for group in regions.chunks(pool.map_or(1, |pool| pool.current_num_threads() * 2)) {
        op.check()?;
        let read = |region: &Region| node.read(op, Some(region));
        let arrays: Vec<Array> = match pool {
            Some(pool) => pool.install(|| group.par_iter().map(read).collect::<Result<_>>())?,
            None => group.iter().map(read).collect::<Result<_>>()?,
        };
        group.iter().zip(&arrays).try_for_each(|(region, array)| visit(&region.offset, &array.view()))?;
    }
    Ok(())
}

/// The boxes that an array falls into: each begins and ends where chunks do, and has at most about so many elements.
struct Blocks<'g> {
    grid: &'g Grid,
    steps: Vec<u64>,
    next: Option<Vec<u64>>,
}

impl<'g> Blocks<'g> {
    fn new(grid: &'g Grid, most: u64) -> Self {
        let product = |lengths: &[u64]| lengths.iter().copied().fold(1u64, u64::saturating_mul);
        let ndim = grid.shape.len();
        let mut steps = grid.shape.clone();
        for (d, step) in steps.iter_mut().enumerate() {
            // One chunk thick before this dimension, whole behind it.
            let row = product(&grid.chunks[..d]).saturating_mul(product(&grid.shape[d + 1..]));
            let fits = most / row.saturating_mul(grid.chunks[d]).max(1);
            *step = grid.chunks[d].saturating_mul(fits.max(1));
            if fits > 0 {
                break;
            }
        }
        let next = (!grid.shape.contains(&0)).then(|| vec![0; ndim]);
        Self { grid, steps, next }
    }
}

impl Iterator for Blocks<'_> {
    type Item = Region;

    fn next(&mut self) -> Option<Region> {
        let offset = self.next.take()?;
        let shape = (0..offset.len()).map(|d| self.steps[d].min(self.grid.shape[d] - offset[d])).collect();
        let mut after = offset.clone();
        for d in (0..after.len()).rev() {
            after[d] = after[d].saturating_add(self.steps[d]);
            if after[d] < self.grid.shape[d] {
                self.next = Some(after);
                break;
            }
            after[d] = 0;
        }
        Some(Region { offset, shape })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_cover_an_array_once_along_its_chunks() {
        for (shape, chunks, most) in [
            (vec![10, 7], vec![3, 7], 50),
            (vec![10, 7], vec![3, 2], 7),
            (vec![10, 7], vec![10, 7], 1),
            (vec![5, 4, 3], vec![1, 2, 3], 24),
            (vec![9], vec![2], 5),
            (vec![], vec![], 5),
            (vec![3, 0], vec![1, 1], 5),
        ] {
            let grid = Grid { shape: shape.clone(), chunks: chunks.clone(), separator: '.', prefixed: false };
            let blocks: Vec<Region> = Blocks::new(&grid, most).collect();
            let total: u64 = blocks.iter().map(|block| block.shape.iter().product::<u64>()).sum();
            assert_eq!(total, shape.iter().product::<u64>(), "{shape:?} {chunks:?} {most}");
            for block in &blocks {
                assert!(block.offset.iter().zip(&chunks).all(|(at, chunk)| at % chunk == 0), "{block:?}");
                let chunk: u64 = chunks.iter().product();
                assert!(block.shape.iter().product::<u64>() <= most.max(chunk), "{block:?} of {chunks:?} for {most}");
            }
        }
    }
}
