//! What happens to bytes on a bad disk, a bad wire or in bad hands: one alteration, described so that it can be done again.

use std::fmt;

/// Kinds of alterations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Flips,
    Overwrite,
    Zeros,
    Truncate,
    Insert,
    Remove,
    Duplicate,
    Swap,
    Append,
}

impl Kind {
    const ALL: &[Self] = &[
        Self::Flips,
        Self::Overwrite,
        Self::Zeros,
        Self::Truncate,
        Self::Insert,
        Self::Remove,
        Self::Duplicate,
        Self::Swap,
        Self::Append,
    ];
}

/// What was done.
pub struct Mutation {
    kind: Kind,
    at: usize,
    length: usize,
}

impl fmt::Display for Mutation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} at {} of {} bytes", self.kind, self.at, self.length)
    }
}

/// Alters bytes; what comes out differs from what went in. `None` for nothing at all, of which only more can be made.
pub fn mutate(random: &mut fastrand::Rng, bytes: &mut Vec<u8>) -> Mutation {
    let before = bytes.clone();
    loop {
        let kind = random.choice(Kind::ALL).copied().unwrap_or(Kind::Flips);
        let (at, length) = apply(random, kind, bytes);
        if *bytes != before {
            return Mutation { kind, at, length };
        }
    }
}

fn apply(random: &mut fastrand::Rng, kind: Kind, bytes: &mut Vec<u8>) -> (usize, usize) {
    let all = bytes.len();
    if all == 0 || kind == Kind::Append {
        let rubbish: Vec<u8> = (0..random.usize(1..=64)).map(|_| random.u8(..)).collect();
        bytes.extend_from_slice(&rubbish);
        return (all, rubbish.len());
    }
    // Short runs are hard to notice, long ones do the harm of a lost sector.
    let most = if random.bool() { 8 } else { 600 };
    let length = random.usize(1..=most).min(all);
    let at = random.usize(0..=all - length);
    match kind {
        Kind::Flips => {
            let flips = random.usize(1..=8);
            // In one place, or anywhere.
            let near = random.bool();
            for _ in 0..flips {
                let place = if near { at } else { random.usize(0..all) };
                bytes[place] ^= 1 << random.u8(0..8);
            }
            (at, flips)
        }
        Kind::Overwrite => {
            bytes[at..at + length].iter_mut().for_each(|byte| *byte = random.u8(..));
            (at, length)
        }
        Kind::Zeros => {
            bytes[at..at + length].fill(0);
            (at, length)
        }
        Kind::Truncate => {
            let at = if random.bool() { all - length } else { random.usize(0..all) };
            bytes.truncate(at);
            (at, all - at)
        }
        Kind::Insert => {
            let new: Vec<u8> = (0..length).map(|_| random.u8(..)).collect();
            bytes.splice(at..at, new);
            (at, length)
        }
        Kind::Remove => {
            bytes.drain(at..at + length);
            (at, length)
        }
        Kind::Duplicate => {
            let run = bytes[at..at + length].to_vec();
            bytes.splice(at..at, run);
            (at, length)
        }
        Kind::Swap => {
            let half = (length / 2).max(1);
            if all >= 2 * half {
                let first = random.usize(0..=all - 2 * half);
                let second = random.usize(first + half..=all - half);
                let (head, tail) = bytes.split_at_mut(second);
                head[first..first + half].swap_with_slice(&mut tail[..half]);
                return (first, half);
            }
            (at, 0)
        }
        Kind::Append => unreachable!("done above"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_alters_and_the_same_numbers_alter_the_same() {
        for seed in 0..2000 {
            for size in [0, 1, 2, 7, 5000] {
                let before: Vec<u8> = (0..size).map(|i| (i * 7) as u8).collect();
                let (mut one, mut other) = (before.clone(), before.clone());
                let said = mutate(&mut fastrand::Rng::with_seed(seed), &mut one);
                mutate(&mut fastrand::Rng::with_seed(seed), &mut other);
                assert!(one != before && one == other, "{said}");
            }
        }
    }
}
