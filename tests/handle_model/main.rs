//! The handle protocol, checked over every interleaving that loom can tell apart.
//!
//! The two protocol files are compiled here against loom's doubles of the atomics, the mutex and the condition
//! variable; what a slot protects is a loom `UnsafeCell`, so that a call that is inside after the closer believed
//! everyone out is reported as the data race it would be. loom also reports a sleeper that nobody wakes. `planted` shows
//! that the models find what they are for: the same models, with the protocol made to do a thing wrong.

mod sync {
    pub use loom::sync::atomic;
    pub use loom::sync::{Condvar, Mutex};
}

mod defect;

#[allow(dead_code)]
#[path = "../../src/ffi/gate.rs"]
mod gate;

#[path = "../../src/ffi/freelist.rs"]
mod freelist;

mod calls;
mod closes;
mod planted;
mod reuse;
mod slot;
mod table;
mod views;
