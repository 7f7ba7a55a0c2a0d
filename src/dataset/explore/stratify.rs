//! Iterative stratification of files that have several labels (Sechidis, Tsoumakas and Vlahavas 2011).
//!
//! The label with the fewest files left is dealt out first, each file to the subset that still lacks most of that label.
//! Where several subsets lack about as much, the one with the largest share of its files missing gets it: so rare labels
//! do not all fall to the largest subset. With one label a file this is plain stratification: each subset gets the whole
//! part of its share of each label or one more.
//!
//! The outcome depends on seed, codes and labels, and on nothing else: not on the order of the files.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// A file to be dealt out.
pub struct Item {
    /// Its code, which with the seed decides its turn.
    pub code: u64,
    /// Its labels, each once.
    pub labels: Vec<u32>,
}

/// The subset of each item.
pub fn stratify(items: &[Item], labels: usize, fractions: &[f64], seed: u64) -> Vec<usize> {
    let mut turns: Vec<(u64, u64, usize)> =
        items.iter().enumerate().map(|(at, item)| (mixed(seed, item.code), item.code, at)).collect();
    turns.sort_unstable();
    let mut holders: Vec<Vec<usize>> = vec![Vec::new(); labels];
    for &(_, _, at) in &turns {
        items[at].labels.iter().for_each(|&label| holders[label as usize].push(at));
    }
    let mut deal = Deal::new(items.len(), &holders, fractions);
    let mut assigned: Vec<Option<usize>> = vec![None; items.len()];
    let mut rare: BinaryHeap<_> = holders
        .iter()
        .enumerate()
        .filter(|(_, of)| !of.is_empty())
        .map(|(label, of)| Reverse((of.len(), label)))
        .collect();
    while let Some(Reverse((left, label))) = rare.pop() {
        if deal.labels[label].left != left {
            continue;
        }
        for &at in &holders[label] {
            if assigned[at].is_some() {
                continue;
            }
            let tie = mixed(seed ^ 0x5bd1_e995, items[at].code);
            let subset = deal.choose(Some(label), tie);
            assigned[at] = Some(subset);
            for &other in &items[at].labels {
                deal.give(other as usize, subset);
                let left = deal.labels[other as usize].left;
                if left > 0 && other as usize != label {
                    rare.push(Reverse((left, other as usize)));
                }
            }
            deal.wanted[subset] -= 1.0;
        }
    }
    for (_, code, at) in turns {
        if assigned[at].is_none() {
            let subset = deal.choose(None, mixed(seed ^ 0x5bd1_e995, code));
            assigned[at] = Some(subset);
            deal.wanted[subset] -= 1.0;
        }
    }
    assigned.into_iter().map(Option::unwrap_or_default).collect()
}

/// What is still to be dealt out.
struct Deal {
    /// Files that each subset should have in all.
    sizes: Vec<f64>,
    /// Files that each subset still lacks.
    wanted: Vec<f64>,
    labels: Vec<Label>,
}

#[derive(Clone)]
struct Label {
    /// Files that have it and are not dealt out.
    left: usize,
    /// Files with it that each subset should have.
    share: Vec<f64>,
    /// Those it has.
    given: Vec<usize>,
}

impl Deal {
    fn new(files: usize, holders: &[Vec<usize>], fractions: &[f64]) -> Self {
        let share = |count: usize| fractions.iter().map(|fraction| fraction * count as f64).collect::<Vec<f64>>();
        let label = |of: &Vec<usize>| Label { left: of.len(), share: share(of.len()), given: vec![0; fractions.len()] };
        let sizes = share(files);
        Self { wanted: sizes.clone(), sizes, labels: holders.iter().map(label).collect() }
    }

    fn give(&mut self, label: usize, subset: usize) {
        let label = &mut self.labels[label];
        label.left = label.left.saturating_sub(1);
        label.given[subset] += 1;
    }

    /// The subset that gets the next file of a label; among equals, `tie` decides.
    fn choose(&self, label: Option<usize>, tie: u64) -> usize {
        let all: Vec<usize> = (0..self.sizes.len()).filter(|&subset| self.sizes[subset] > 0.0).collect();
        let candidates = match label.map(|label| &self.labels[label]) {
            None => all,
            Some(label) => {
                let fair = label.fair(&all);
                if fair.is_empty() { label.neediest(&all, 0.0) } else { label.neediest(&fair, 1.0) }
            }
        };
        let share = |subset: usize| self.wanted[subset] / self.sizes[subset];
        let most = candidates.iter().map(|&subset| share(subset)).fold(f64::NEG_INFINITY, f64::max);
        let equals: Vec<usize> = candidates.into_iter().filter(|&subset| share(subset) >= most - 1e-9).collect();
        // Among equals the larger subset is the likelier one.
        let whole: f64 = equals.iter().map(|&subset| self.sizes[subset]).sum();
        let mut point = (tie >> 11) as f64 / (1u64 << 53) as f64 * whole;
        for &subset in &equals {
            point -= self.sizes[subset];
            if point < 0.0 {
                return subset;
            }
        }
        equals.last().copied().unwrap_or_default()
    }
}

impl Label {
    fn lacks(&self, subset: usize) -> f64 {
        self.share[subset] - self.given[subset] as f64
    }

    /// The subsets that may get a file so that each can end with its whole share, or one file more.
    fn fair(&self, subsets: &[usize]) -> Vec<usize> {
        let floor = |subset: usize| (self.share[subset] + 1e-9).floor() as usize;
        let ceil = |subset: usize| (self.share[subset] - 1e-9).ceil().max(0.0) as usize;
        let owed: usize = subsets.iter().map(|&subset| floor(subset).saturating_sub(self.given[subset])).sum();
        let may = |subset: usize| {
            let below = self.given[subset] < floor(subset);
            self.given[subset] < ceil(subset) && (below || owed < self.left)
        };
        subsets.iter().copied().filter(|&subset| may(subset)).collect()
    }

    /// Those that lack most of the label, up to a difference that does not count.
    fn neediest(&self, subsets: &[usize], within: f64) -> Vec<usize> {
        let most = subsets.iter().map(|&s| self.lacks(s)).max_by(|a, b| a.partial_cmp(b).unwrap_or(Ordering::Equal));
        let most = most.unwrap_or_default();
        subsets.iter().copied().filter(|&subset| self.lacks(subset) > most - within - 1e-9 * (1.0 - within)).collect()
    }
}

/// A number that seed and code decide (SplitMix64).
fn mixed(seed: u64, code: u64) -> u64 {
    let mut state = seed.wrapping_mul(0x2545_f491_4f6c_dd1d).wrapping_add(code).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}
