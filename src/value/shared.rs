//! [`SharedBytes`]: bytes that lie in something else, which is kept alive for as long as they are used.

use std::ops::{Deref, Range};
use std::sync::Arc;

/// What bytes can lie in. The bytes are at one place and do not change while it lives.
pub(crate) trait Memory: Send + Sync {
    /// All of them.
    fn bytes(&self) -> &[u8];
}

impl Memory for Vec<u8> {
    fn bytes(&self) -> &[u8] {
        self
    }
}

impl Memory for crate::fs::Map {
    fn bytes(&self) -> &[u8] {
        self.bytes()
    }
}

impl Memory for super::Array {
    fn bytes(&self) -> &[u8] {
        self.bytes().unwrap_or_default()
    }
}

/// A part of some [`Memory`], and a share in it.
///
/// Invariant: the range is inside the memory.
#[derive(Clone)]
pub(crate) struct SharedBytes {
    memory: Arc<dyn Memory>,
    range: Range<usize>,
}

impl SharedBytes {
    /// All bytes of a memory.
    pub fn new(memory: Arc<dyn Memory>) -> Self {
        let range = 0..memory.bytes().len();
        Self { memory, range }
    }

    /// A part of them; `None` when it leaves them.
    pub fn slice(&self, start: usize, length: usize) -> Option<Self> {
        let start = self.range.start.checked_add(start)?;
        let end = start.checked_add(length).filter(|&end| end <= self.range.end)?;
        Some(Self { memory: self.memory.clone(), range: start..end })
    }
}

impl Deref for SharedBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.memory.bytes().get(self.range.clone()).unwrap_or_default()
    }
}

impl std::fmt::Debug for SharedBytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes", self.range.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_keeps_the_whole_alive_and_stays_inside() {
        let whole = SharedBytes::new(Arc::new(vec![1u8, 2, 3, 4]));
        let part = whole.slice(1, 2).unwrap();
        drop(whole);
        assert_eq!(*part, [2, 3]);
        assert!(part.slice(2, 0).unwrap().is_empty());
        for (start, length) in [(0, 3), (2, 1), (3, 0), (1, usize::MAX), (usize::MAX, 1)] {
            assert!(part.slice(start, length).is_none(), "{start} {length}");
        }
    }
}
