//! How merged arrays are cut: rows of a chunk, rows of a shard, and which chunks are whose work.
//!
//! A chunk has about 256 Ki elements (the option `chunk_elements`), a power of two of whole rows: enough to compress well,
//! little enough to be read for one part. Arrays with short rows are cut a little finer, so that a chunk never spans more
//! than some thousand files and can be written by a task that reads those.

use crate::options::Options;

/// About how many elements a chunk has.
const ELEMENTS: u64 = 1 << 18;
/// A chunk spans about this many files at most.
const FILES: u64 = 4096;
/// Unless it has less rows than this.
const ROWS: u64 = 1 << 14;

/// Rows of a chunk, and of a shard where chunks are gathered into shards, of an array with `rows` rows of `row` elements
/// in `files` files.
pub fn rows(options: &Options, row: u64, rows: u64, files: u64) -> (u64, Option<u64>) {
    let most = rows.max(1).next_power_of_two();
    let target = floor_power(options.chunk_elements.unwrap_or(ELEMENTS) / row.max(1));
    let spread = (rows.div_ceil(files.max(1)).saturating_mul(FILES)).next_power_of_two().max(ROWS);
    let chunk = target.min(spread).min(most);
    let shard = options.shard_elements.map(|elements| floor_power(elements / row.max(1)).max(chunk).min(most));
    (chunk, shard.filter(|&shard| shard > chunk))
}

/// Cuts the chunks of arrays into tasks at these boundaries of files: a chunk is the work of the task in whose files it
/// begins. For each array: its offsets of files, the rows of a chunk, its first chunk, and the number of chunks.
pub fn tasks(boundaries: &[usize], arrays: &[(&[u64], u64, u64, u64)]) -> Vec<Vec<(u64, u64)>> {
    let place = |&(offsets, rows, first, chunks): &(&[u64], u64, u64, u64), file: usize| {
        if file + 1 >= offsets.len() {
            return chunks;
        }
        if file == 0 { first } else { offsets[file].div_ceil(rows).clamp(first, chunks.max(first)) }
    };
    boundaries
        .windows(2)
        .map(|pair| arrays.iter().map(|array| (place(array, pair[0]), place(array, pair[1]))).collect())
        .collect()
}

/// Boundaries of so many runs of files of about the same weight.
pub fn boundaries(weights: &[u64], runs: u64) -> Vec<usize> {
    let total: u128 = weights.iter().map(|&weight| u128::from(weight.max(1))).sum();
    let runs = u128::from(runs.clamp(1, weights.len().max(1) as u64));
    let mut out = vec![0];
    let mut sum = 0u128;
    for (file, &weight) in weights.iter().enumerate() {
        sum += u128::from(weight.max(1));
        let due = sum * runs / total.max(1);
        if due >= out.len() as u128 && file + 1 < weights.len() {
            out.push(file + 1);
        }
    }
    out.push(weights.len());
    out
}

fn floor_power(n: u64) -> u64 {
    if n < 2 { 1 } else { 1 << n.ilog2() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_powers_of_two_of_whole_rows() {
        let plain = Options::default();
        assert_eq!(rows(&plain, 1, 13, 2), (16, None));
        assert_eq!(rows(&plain, 700, 1 << 20, 1 << 15), (256, None));
        assert_eq!(rows(&plain, 1 << 20, 100, 10), (1, None));
        assert_eq!(rows(&plain, 1, 22 << 20, 1 << 20), (131_072, None));
        assert_eq!(rows(&plain, 0, 0, 0), (1, None));
        let shards = Options { zarr_format: Some(3), shard_elements: Some(1 << 22), ..Options::default() };
        assert_eq!(rows(&shards, 100, 1 << 30, 1 << 20), (2048, Some(32768)));
        assert_eq!(rows(&shards, 1, 13, 2), (16, None));
    }

    #[test]
    fn every_chunk_is_the_work_of_one_task() {
        let offsets: Vec<u64> = (0..=100).map(|file| 5 + file * 7).collect();
        for runs in [1, 2, 3, 7, 100, 1000] {
            let boundaries = boundaries(&[3; 100], runs);
            assert_eq!(boundaries.len() as u64, runs.min(100) + 1);
            for (chunk, first) in [(1, 5), (4, 1), (64, 0), (1024, 0)] {
                let chunks = offsets[100].div_ceil(chunk);
                let tasks = tasks(&boundaries, &[(&offsets, chunk, first, chunks)]);
                let ranges: Vec<(u64, u64)> = tasks.into_iter().map(|task| task[0]).collect();
                assert_eq!((ranges[0].0, ranges[ranges.len() - 1].1), (first, chunks));
                assert!(ranges.windows(2).all(|pair| pair[0].1 == pair[1].0), "{ranges:?}");
            }
        }
        assert_eq!(super::boundaries(&[98, 1, 1], 2), [0, 1, 3]);
        assert_eq!(super::boundaries(&[], 3), [0, 0]);
    }
}
