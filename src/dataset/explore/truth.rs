//! Answers of many rows: yes, no, or neither where a value is missing (Kleene's logic).
//!
//! One byte a row, in an order in which `and` is the smaller and `or` the larger, so that the loops are vector code.

use arrow_array::{Array, BooleanArray};

/// It does not hold.
pub const NO: u8 = 0;
/// A value is missing.
pub const UNKNOWN: u8 = 1;
/// It holds.
pub const YES: u8 = 2;

/// Makes of each answer the one that both give.
pub fn and(left: &mut [u8], right: &[u8]) {
    left.iter_mut().zip(right).for_each(|(left, right)| *left = (*left).min(*right));
}

/// Makes of each answer the one that either gives.
pub fn or(left: &mut [u8], right: &[u8]) {
    left.iter_mut().zip(right).for_each(|(left, right)| *left = (*left).max(*right));
}

/// Makes of each answer its contrary.
pub fn not(answers: &mut [u8]) {
    answers.iter_mut().for_each(|answer| *answer = YES - *answer);
}

/// Answers of a kernel.
pub fn of(array: &BooleanArray) -> Vec<u8> {
    if array.null_count() == 0 {
        return array.values().iter().map(|yes| if yes { YES } else { NO }).collect();
    }
    array.iter().map(|answer| answer.map_or(UNKNOWN, |yes| if yes { YES } else { NO })).collect()
}

/// The answers that some rows may have: a bit each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Possible(u8);

impl Possible {
    /// No answer at all, of no rows.
    pub const NOTHING: Self = Self(0);

    /// Whether `YES` and whether `NO` may be.
    pub fn either(yes: bool, no: bool) -> Self {
        Self((u8::from(yes) << YES) | (u8::from(no) << NO))
    }

    /// What these answers are.
    pub fn of(answers: &[u8]) -> Self {
        Self(answers.iter().fold(0, |bits, answer| bits | 1 << answer))
    }

    /// Whether some row may say yes.
    pub fn yes(self) -> bool {
        self.0 & 1 << YES != 0
    }

    /// Whether every row says yes.
    pub fn only_yes(self) -> bool {
        self.0 == 1 << YES
    }

    /// What both together may be.
    pub fn and(self, other: Self) -> Self {
        self.combined(other, u8::min)
    }

    /// What either may be.
    pub fn or(self, other: Self) -> Self {
        self.combined(other, u8::max)
    }

    /// What the contrary may be.
    pub fn not(self) -> Self {
        let mut bits = self.0 & 1 << UNKNOWN;
        bits |= (self.0 & 1 << NO) << YES;
        bits |= (self.0 & 1 << YES) >> YES;
        Self(bits)
    }

    fn combined(self, other: Self, with: fn(u8, u8) -> u8) -> Self {
        let mut bits = 0;
        for left in (NO..=YES).filter(|left| self.0 & 1 << left != 0) {
            for right in (NO..=YES).filter(|right| other.0 & 1 << right != 0) {
                bits |= 1 << with(left, right);
            }
        }
        Self(bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn possible_answers_are_those_of_any_rows() {
        for left in 1..8u8 {
            let answers = |bits: u8| (NO..=YES).filter(move |answer| bits & 1 << answer != 0);
            assert_eq!(Possible(left).not(), Possible::of(&answers(left).map(|a| YES - a).collect::<Vec<_>>()));
            for right in 1..8u8 {
                let pairs: Vec<_> = answers(left).flat_map(|a| answers(right).map(move |b| (a, b))).collect();
                let with = |f: fn(u8, u8) -> u8| Possible::of(&pairs.iter().map(|&(a, b)| f(a, b)).collect::<Vec<_>>());
                assert_eq!(Possible(left).and(Possible(right)), with(u8::min));
                assert_eq!(Possible(left).or(Possible(right)), with(u8::max));
            }
        }
    }
}
