//! Writes the first corpus: small stores of the library, and of what other programs write, in each target's own form.
//!
//! `cargo run --package datastorage-fuzz --bin fuzz_seeds` writes `fuzz/corpus/*/seed_*`; what fuzzing found beside them is
//! kept as it is. The same library gives the same files, but for the identity of the dataset.

mod documents;
mod stores;

use std::path::Path;

use datastorage_fuzz::targets;

/// A target, and inputs by name.
type Seeds = Vec<(&'static str, String, Vec<u8>)>;

fn main() -> std::io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let mut seeds = Seeds::new();
    stores::add(&mut seeds);
    documents::add(&mut seeds);
    for target in ["chunks", "metadata", "abi"] {
        (0..6).for_each(|number| seeds.push((target, format!("noise_{number}"), noise(number, 48 << number.min(3)))));
    }
    for (target, name, bytes) in &seeds {
        assert!(targets::ALL.iter().any(|known| known.name == *target), "no target '{target}'");
        let directory = root.join(target);
        std::fs::create_dir_all(&directory)?;
        std::fs::write(directory.join(format!("seed_{name}")), bytes)?;
    }
    println!("{} seeds, {} bytes", seeds.len(), seeds.iter().map(|(.., bytes)| bytes.len()).sum::<usize>());
    Ok(())
}

/// Bytes of no meaning, the same ones every time.
fn noise(number: u64, length: usize) -> Vec<u8> {
    let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        // Small numbers are decisions, large ones the rare cases.
        if state & 3 == 0 { (state >> 24) as u8 } else { (state >> 24) as u8 % 16 }
    };
    (0..length).map(|_| next()).collect()
}
