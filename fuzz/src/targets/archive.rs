//! The archive reader: any bytes as an archive, and everything in it read in every way.
//!
//! The first byte says how: whether records are checked, and whether the checksums of entries are put right first, so
//! that what lies behind them is reached too.

use datastorage::Storage;

use super::read::{copied, everything, options, sound};
use super::repair;

pub fn run(bytes: &[u8]) {
    let Some((how, bytes)) = bytes.split_first() else { return };
    let mut bytes = bytes.to_vec();
    if how & 2 != 0 {
        repair::checksums(&mut bytes);
    }
    let options = options(how & 1 != 0);
    let Some(store) = sound(Storage::open_bytes(bytes.clone(), &options)) else { return };
    assert!(store.read_only() && store.format() == "zarr");
    assert!(store.save("new", 1i64).is_err(), "an archive in memory is written");
    let (leaves, all) = everything(&store);
    sound(store.verify(false));
    assert!(store.to_bytes(&options).expect("an archive gives its bytes") == bytes);
    if all && !leaves.is_empty() {
        copied(&store, &leaves);
    }
    sound(store.close());
    assert!(store.load("new").is_err_and(|e| e.kind() == datastorage::ErrorKind::Closed));
}
