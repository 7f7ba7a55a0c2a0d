//! An array that is written, read by boxes, verified and packed takes the memory of its budget, not of its size.
//!
//! The only test of its program: the peak that the system counts is the process's.
#![cfg(target_os = "linux")]

use datastorage::{ArrayOptions, ArrayView, DType, Options, Region, Storage, config};
use serde_json::json;

/// The most memory that the process has had, in MiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").trim().parse::<u64>().unwrap() / 1024
}

#[test]
fn memory_is_bounded_by_the_budget() {
    const ROWS: u64 = 256;
    const COLUMNS: u64 = 1 << 18;
    config::configure(r#"{"staging_budget": 16777216, "threads": 2}"#).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let options = json!({"codec": "none", "delta": false, "sync": "none", "export": false});
    let store = Storage::open_zarr(dir.path().join("p.zarr"), &Options::from_json(options).unwrap()).unwrap();
    // Chunks of 4 MiB; a box is two rows of the eight in a chunk, so every chunk is written in parts.
    let made = ArrayOptions::from_json(json!({"chunks": [8, COLUMNS / 2]})).unwrap();
    store.create("x", DType::U32, &[ROWS, COLUMNS], &made).unwrap();
    let row = |r: u64| (0..COLUMNS as u32).map(move |c| c.wrapping_mul(2_654_435_761) ^ r as u32);
    let before = peak();
    for r in (0..ROWS).step_by(2) {
        let two: Vec<u32> = row(r).chain(row(r + 1)).collect();
        store.save_region("x", &[r, 0], &ArrayView::from_slice(&[2, COLUMNS], &two).unwrap()).unwrap();
    }
    store.flush().unwrap();
    store.append("x", &ArrayView::from_slice(&[1, COLUMNS], &row(ROWS).collect::<Vec<_>>()).unwrap(), 0).unwrap();
    for r in [0, 133, ROWS] {
        let region = Region { offset: vec![r, 0], shape: vec![1, COLUMNS] };
        assert!(store.load_region("x", &region).unwrap().to_vec::<u32>().unwrap().into_iter().eq(row(r)));
    }
    assert!(store.verify(false).unwrap().is_empty());
    assert!(store.compress().unwrap() > 256 << 20);
    // An archive gathers 64 MiB before it writes.
    let (size, used) = ((ROWS * COLUMNS * 4) >> 20, peak() - before);
    assert!(used < size * 3 / 4, "{used} MiB were used for an array of {size} MiB");
}
