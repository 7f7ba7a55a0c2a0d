//! The chunk grid of an array: how it is cut, how chunks are named, which ones a box touches.
//!
//! The rule for new arrays: about `target` elements a chunk (1 Mi by default), cut along the leading dimensions only, so
//! that a chunk is a contiguous slab of the array, and evenly, so that the last slab wastes little. With rows of `r`
//! elements, a chunk has `ceil(n / ceil(n / max(1, target / r)))` of the `n` rows; where one row exceeds the target, the
//! next dimension is cut the same way. Dimensions of length 0 have chunks of length 1, as Zarr wants.

use std::borrow::Cow;

use crate::backend::Region;
use crate::error::{Result, err};

/// The most chunks that one call touches; it bounds the memory of the list of them.
const MOST_PIECES: u64 = 1 << 22;

/// The shape of the chunks of a new array.
pub fn automatic(shape: &[u64], target: u64) -> Vec<u64> {
    let mut chunks: Vec<u64> = shape.iter().map(|&d| d.max(1)).collect();
    for d in 0..chunks.len() {
        let row = chunks[d + 1..].iter().fold(1u64, |n, &c| n.saturating_mul(c));
        let rows = target.max(1) / row;
        if rows == 0 {
            // One row is too much: also one that is the only one.
            chunks[d] = 1;
            continue;
        }
        chunks[d] = chunks[d].div_ceil(chunks[d].div_ceil(rows));
        break;
    }
    chunks
}

/// The shape of shards of about `target` elements that gather chunks of a shape, along the trailing dimensions first;
/// `None` when a shard would hold one chunk.
pub fn sharded(shape: &[u64], chunks: &[u64], target: u64) -> Option<Vec<u64>> {
    let mut shards = chunks.to_vec();
    let mut room = target / chunks.iter().copied().fold(1, u64::saturating_mul).max(1);
    for d in (0..shards.len()).rev() {
        let count = shape[d].div_ceil(chunks[d]).max(1);
        let fits = count.min(room.max(1));
        // As many in each shard, so that the last one wastes little.
        let each = count.div_ceil(count.div_ceil(fits));
        shards[d] = chunks[d].saturating_mul(each);
        room /= each;
        if each < count {
            break;
        }
    }
    (shards != chunks).then_some(shards)
}

/// The shape of chunks of about `target` elements that divide shards of a shape.
pub fn dividing(shards: &[u64], target: u64) -> Vec<u64> {
    let divisor = |(&shard, most): (&u64, u64)| {
        let small = (1..).take_while(|n| n * n <= shard).filter(|n| shard.is_multiple_of(*n));
        small.flat_map(|n| [n, shard / n]).filter(|&n| n <= most).max().unwrap_or(1)
    };
    shards.iter().zip(automatic(shards, target)).map(divisor).collect()
}

/// The grid of an array: its shape and the shape of its chunks, both of the same length, chunks at least 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grid {
    /// The shape of the array.
    pub shape: Vec<u64>,
    /// The shape of a chunk.
    pub chunks: Vec<u64>,
    /// `.` or `/`.
    pub separator: char,
    /// Names begin with `c` and the separator (format 3).
    pub prefixed: bool,
}

/// Where one chunk meets a box of the array.
#[derive(Clone, Debug)]
pub struct Piece {
    /// The name of the chunk: `0.0`, `0/0` or `c/0/0`.
    pub name: String,
    /// The first index in the chunk.
    pub in_chunk: Vec<u64>,
    /// The first index in the box.
    pub in_box: Vec<u64>,
    /// The length of each dimension.
    pub shape: Vec<u64>,
}

impl Piece {
    /// Where it is in the box.
    pub fn source(&self) -> Region {
        Region { offset: self.in_box.clone(), shape: self.shape.clone() }
    }
}

impl Grid {
    /// The number of chunks.
    pub fn count(&self) -> u64 {
        if self.shape.contains(&0) {
            return 0;
        }
        self.shape.iter().zip(&self.chunks).map(|(d, c)| d.div_ceil(*c)).fold(1, u64::saturating_mul)
    }

    /// The number of elements of a (whole) chunk.
    pub fn chunk_elements(&self) -> u64 {
        self.chunks.iter().copied().fold(1, u64::saturating_mul)
    }

    /// The name of the chunk at an index of the grid.
    pub fn name(&self, index: &[u64]) -> String {
        if index.is_empty() {
            return if self.prefixed { "c" } else { "0" }.into();
        }
        let mut name = String::with_capacity(index.len() * 2 + 1);
        name.push_str(if self.prefixed { "c" } else { "" });
        for (d, i) in index.iter().enumerate() {
            if d > 0 || self.prefixed {
                name.push(self.separator);
            }
            name.push_str(&i.to_string());
        }
        name
    }

    /// The name of the chunk of an array that is one whole chunk; `None` when it has none, more, or reaches over its edge.
    pub fn only_chunk(&self) -> Option<Cow<'static, str>> {
        const NAMES: [&str; 5] = ["0", "0", "0.0", "0.0.0", "0.0.0.0"];
        const PREFIXED: [&str; 5] = ["c", "c/0", "c/0/0", "c/0/0/0", "c/0/0/0/0"];
        if self.shape != self.chunks {
            return None;
        }
        let ndim = self.shape.len();
        let known = match (self.prefixed, self.separator) {
            (false, separator) => NAMES.get(ndim).filter(|_| ndim < 2 || separator == '.'),
            (true, '/') => PREFIXED.get(ndim),
            (true, _) => None,
        };
        Some(match known {
            Some(name) => Cow::Borrowed(*name),
            None => Cow::Owned(self.name(&vec![0; ndim])),
        })
    }

    /// The index of the chunk of a name; `None` when no chunk is called so.
    pub fn index(&self, name: &str) -> Option<Vec<u64>> {
        if self.shape.is_empty() {
            return (name == if self.prefixed { "c" } else { "0" }).then(Vec::new);
        }
        let numbers = if self.prefixed { name.strip_prefix('c')?.strip_prefix(self.separator)? } else { name };
        let index: Option<Vec<u64>> = numbers.split(self.separator).map(|part| part.parse().ok()).collect();
        index.filter(|index| index.len() == self.shape.len() && self.name(index) == name)
    }

    /// The first index of the array in a chunk; saturating.
    pub fn origin(&self, index: &[u64]) -> Vec<u64> {
        index.iter().zip(&self.chunks).map(|(i, c)| i.saturating_mul(*c)).collect()
    }

    /// Whether a piece has every element that its chunk has inside the array.
    pub fn covers(&self, piece: &Piece, region: &Region) -> bool {
        (0..self.shape.len()).all(|d| {
            let start = region.offset[d] + piece.in_box[d];
            let inside = self.chunks[d].min(self.shape[d] - start.min(self.shape[d]));
            piece.in_chunk[d] == 0 && piece.shape[d] == inside
        })
    }

    /// The whole array as a box.
    pub fn whole(&self) -> Region {
        Region { offset: vec![0; self.shape.len()], shape: self.shape.clone() }
    }

    /// The number of chunks that a box inside the array touches.
    pub fn touched(&self, region: &Region) -> u64 {
        if region.shape.contains(&0) {
            return 0;
        }
        let along = |d: usize| {
            let last = (region.offset[d] + region.shape[d] - 1) / self.chunks[d];
            last - region.offset[d] / self.chunks[d] + 1
        };
        (0..self.chunks.len()).fold(1, |n: u64, d| n.saturating_mul(along(d)))
    }

    /// About how many bytes a [`Piece`] has, with its lists and its name.
    pub fn piece_weight(&self) -> u64 {
        const OVERHEAD: usize = 16;
        let lists = 3 * (8 * self.chunks.len() + OVERHEAD) + 4 * self.chunks.len() + OVERHEAD;
        (size_of::<Piece>() + lists) as u64
    }

    /// The pieces of the chunks that a box inside the array touches, in row-major order of the grid.
    ///
    /// # Errors
    /// `Unsupported` when it touches more chunks than one call lists.
    pub fn pieces(&self, region: &Region) -> Result<Vec<Piece>> {
        if region.shape.contains(&0) {
            return Ok(Vec::new());
        }
        let first: Vec<u64> = region.offset.iter().zip(&self.chunks).map(|(o, c)| o / c).collect();
        let last: Vec<u64> =
            (0..self.chunks.len()).map(|d| (region.offset[d] + region.shape[d] - 1) / self.chunks[d]).collect();
        if self.touched(region) > MOST_PIECES {
            return Err(err!(
                Unsupported,
                "a box of shape {:?} in chunks of {:?} touches more than {MOST_PIECES} chunks",
                region.shape,
                self.chunks
            ));
        }
        let mut pieces = Vec::new();
        let mut index = first.clone();
        loop {
            pieces.push(self.piece(&index, region));
            let Some(d) = (0..index.len()).rev().find(|&d| index[d] < last[d]) else { return Ok(pieces) };
            index[d] += 1;
            index[d + 1..].copy_from_slice(&first[d + 1..]);
        }
    }

    fn piece(&self, index: &[u64], region: &Region) -> Piece {
        let n = index.len();
        let (mut in_chunk, mut in_box, mut shape) = (vec![0; n], vec![0; n], vec![0; n]);
        for d in 0..n {
            let chunk_start = index[d] * self.chunks[d];
            let start = chunk_start.max(region.offset[d]);
            let end = chunk_start.saturating_add(self.chunks[d]).min(region.offset[d] + region.shape[d]);
            in_chunk[d] = start - chunk_start;
            in_box[d] = start - region.offset[d];
            shape[d] = end - start;
        }
        Piece { name: self.name(index), in_chunk, in_box, shape }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn automatic_chunks_are_even_slabs_of_about_the_target() {
        let t = 1 << 20;
        assert_eq!(automatic(&[], t), [0u64; 0]);
        assert_eq!(automatic(&[0, 3], t), [1, 3]);
        assert_eq!(automatic(&[1000, 3], t), [1000, 3]);
        assert_eq!(automatic(&[1 << 20], t), [1 << 20]);
        assert_eq!(automatic(&[(1 << 20) + 1], t), [(1 << 19) + 1]);
        assert_eq!(automatic(&[4_000_000, 3], t), [333_334, 3]);
        assert_eq!(automatic(&[4, 3_000_000], t), [1, 1_000_000]);
        assert_eq!(automatic(&[512, 512, 512], t), [4, 512, 512]);
        assert_eq!(automatic(&[10], 3), [3]);
        // A dimension of one row does not end it: what is behind it may be too much still.
        assert_eq!(automatic(&[1, 4000, 4000], t), [1, 250, 4000]);
        assert_eq!(automatic(&[5, 1, 4000, 4000], t), [1, 1, 250, 4000]);
        assert_eq!(automatic(&[t, 1, t, t], t), [1, 1, 1, t]);
    }

    #[test]
    fn shards_gather_whole_chunks_evenly() {
        assert_eq!(sharded(&[512, 512, 512], &[32, 32, 32], 1 << 24), Some(vec![64, 512, 512]));
        assert_eq!(sharded(&[512, 512, 512], &[32, 32, 32], 1 << 21), Some(vec![32, 128, 512]));
        assert_eq!(sharded(&[1_000_000, 3], &[1000, 3], 100_000), Some(vec![34_000, 3]).map(|_| vec![33_000, 3]));
        assert_eq!(sharded(&[10, 3], &[10, 3], 1 << 20), None);
        assert_eq!(sharded(&[10, 3], &[1, 3], 3), None);
        assert_eq!(sharded(&[], &[], 10), None);
        assert_eq!(sharded(&[0, 3], &[1, 3], 100), None);
        assert_eq!(dividing(&[128, 100], 1 << 20), [128, 100]);
        assert_eq!(dividing(&[128, 100], 1000), [8, 100]);
        assert_eq!(dividing(&[7, 1], 3), [1, 1]);
        assert_eq!(dividing(&[], 3), [0u64; 0]);
    }

    #[test]
    fn pieces_cover_a_box_once() {
        let grid = Grid { shape: vec![7, 5], chunks: vec![3, 2], separator: '.', prefixed: false };
        assert_eq!((grid.count(), grid.chunk_elements()), (9, 6));
        let region = Region { offset: vec![2, 1], shape: vec![4, 3] };
        let pieces = grid.pieces(&region).unwrap();
        assert_eq!(pieces.len(), 4);
        assert_eq!(pieces.iter().map(|p| p.shape.iter().product::<u64>()).sum::<u64>(), 12);
        assert_eq!(pieces[0].name, "0.0");
        assert_eq!((&pieces[0].in_chunk[..], &pieces[0].in_box[..]), (&[2, 1][..], &[0, 0][..]));
        assert_eq!(pieces[3].name, "1.1");
        let covered: Vec<bool> = pieces.iter().map(|piece| grid.covers(piece, &region)).collect();
        assert_eq!(covered, [false, false, false, true]);
        let region = Region { offset: vec![3, 3], shape: vec![4, 2] };
        let covered: Vec<_> =
            grid.pieces(&region).unwrap().iter().map(|p| (p.name.clone(), grid.covers(p, &region))).collect();
        let want = [("1.1", false), ("1.2", true), ("2.1", false), ("2.2", true)];
        assert_eq!(covered, want.map(|(name, whole)| (name.to_owned(), whole)));
        let scalar = Grid { shape: vec![], chunks: vec![], separator: '.', prefixed: false };
        assert!(scalar.covers(&scalar.pieces(&scalar.whole()).unwrap()[0], &scalar.whole()));
        assert_eq!(scalar.pieces(&scalar.whole()).unwrap()[0].name, "0");
    }

    #[test]
    fn names_and_indices_of_chunks_correspond() {
        let grid = Grid { shape: vec![70, 5], chunks: vec![3, 2], separator: '.', prefixed: false };
        assert_eq!(grid.index(&grid.name(&[20, 1])), Some(vec![20, 1]));
        assert_eq!(grid.origin(&[20, 1]), [60, 2]);
        for other in ["20", "20.1.0", "020.1", "+20.1", "20/1", "20.", "visu.stl", ""] {
            assert_eq!(grid.index(other), None, "{other}");
        }
        let scalar = Grid { shape: vec![], chunks: vec![], separator: '.', prefixed: false };
        assert_eq!((scalar.index("0"), scalar.index("1")), (Some(vec![]), None));
        for separator in ['/', '.'] {
            let grid = Grid { separator, prefixed: true, ..grid.clone() };
            let name = grid.name(&[20, 1]);
            assert_eq!(name, format!("c{separator}20{separator}1"));
            assert_eq!((grid.index(&name), grid.index("20.1"), grid.index("c20.1")), (Some(vec![20, 1]), None, None));
            for shape in [vec![], vec![4], vec![4, 2], vec![1; 6]] {
                let one = Grid { shape: shape.clone(), chunks: shape.clone(), separator, prefixed: true };
                assert_eq!(one.only_chunk().unwrap(), one.name(&vec![0; shape.len()]));
            }
        }
        let scalar = Grid { prefixed: true, ..scalar };
        assert_eq!((scalar.index("c"), scalar.index("0")), (Some(vec![]), None));
    }
}
