//! What the fuzz targets share: their bodies, the memory they may take, and how libFuzzer runs one.
//!
//! `cargo fuzz run fuzz_archive` (with cargo-fuzz and a nightly compiler) runs one target; `make trust` builds and runs
//! all of them on stable (`trust/build.sh`). `tests/fuzz_corpus.rs` of the library replays what is in `corpus/` and
//! `regressions/`.

pub mod driver;
pub mod memory;
pub mod targets;

#[global_allocator]
static MEMORY: memory::Counting = memory::Counting;
