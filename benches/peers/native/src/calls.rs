//! Workload F, single calls: entering a store, `ds_stat`, opening an archive of a part. Each figure is that of one round.

use std::path::Path;
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use crate::abi::Info;
use crate::input::Item;
use crate::ours::{Ours, READ};
use crate::row::{Result, Row};

const CALLS: usize = 100_000;
const OPENINGS: usize = 200;

/// Nanoseconds of each call.
pub fn measure(ours: &mut Ours, directory: &Path, item: &Item) -> Result<Vec<(&'static str, f64)>> {
    let word = AtomicU64::new(0);
    let locked = time(CALLS, || {
        word.fetch_add(1, Ordering::SeqCst);
        word.fetch_sub(1, Ordering::SeqCst);
        Ok(())
    })?;
    let (enter, memory) = in_memory(ours)?;

    let path = directory.join("calls");
    ours.write(&path, item)?;
    let store = ours.open(&path, READ)?;
    let mut next = 0;
    let archive = time(CALLS, || {
        next = (next + 1) % item.arrays.len();
        stat(ours, store, ours.key(next))
    })?;
    ours.close(store)?;
    let open = time(OPENINGS, || ours.open(&path, READ).and_then(|store| ours.close(store)))?;
    std::fs::remove_file(Ours::store_path(&path).with_extension("zarr.data")).map_err(crate::row::text)?;
    Ok(vec![
        ("two locked instructions", locked),
        ("enter and leave a store (ds_format)", enter),
        ("ds_stat, store in memory", memory),
        ("ds_stat, archive of 60 arrays", archive),
        ("open and close an archive of 60 arrays", open),
    ])
}

fn in_memory(ours: &Ours) -> Result<(f64, f64)> {
    let library = ours.library();
    let mut store = null_mut();
    let value = 1f32.to_ne_bytes();
    // SAFETY: a place for the handle; a scalar has no shape.
    unsafe {
        library.check((library.ds_open_memory)(null(), &mut store))?;
        library.check((library.ds_save)(store, c"faces/areas".as_ptr(), 11, value.as_ptr(), null(), 0, null()))?;
    }
    let mut format = null();
    // SAFETY: a place for the text.
    let enter = time(CALLS, || library.check(unsafe { (library.ds_format)(store, &mut format) }))?;
    let memory = time(CALLS, || stat(ours, store, c"faces/areas"))?;
    ours.close(store)?;
    Ok((enter, memory))
}

fn stat(ours: &Ours, store: crate::abi::Store, key: &std::ffi::CStr) -> Result<()> {
    let mut info = Info { struct_size: size_of::<Info>(), ..Info::default() };
    // SAFETY: the struct says its size.
    ours.library().check(unsafe { (ours.library().ds_stat)(store, key.as_ptr(), &mut info) })
}

fn time(count: usize, mut one: impl FnMut() -> Result<()>) -> Result<f64> {
    let begin = Instant::now();
    for _ in 0..count {
        one()?;
    }
    Ok(begin.elapsed().as_nanos() as f64 / count as f64)
}
