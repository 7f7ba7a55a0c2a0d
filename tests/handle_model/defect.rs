//! What is done wrong in the models of this thread: the double of the library's own `defect`, which asks the environment.

use std::cell::Cell;

/// Those that the protocol files know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defect {
    SkipGeneration,
    SkipDrain,
}

// Not loom's: it is no part of what is modelled, and all threads of a model are one thread of the system.
std::thread_local! {
    static PLANTED: Cell<Option<Defect>> = const { Cell::new(None) };
}

pub fn has(defect: Defect) -> bool {
    PLANTED.get() == Some(defect)
}

pub fn plant(defect: Option<Defect>) {
    PLANTED.set(defect);
}
