//! The disk of this process: one that gives each trial its own.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use datastorage::trust::{Disk, Routed, install};

fn routed() -> &'static Arc<Routed> {
    static ROUTED: OnceLock<Arc<Routed>> = OnceLock::new();
    ROUTED.get_or_init(|| {
        let routed = Routed::new();
        install(Some(routed.clone()));
        routed
    })
}

/// A directory with a disk of its own, until it is dropped.
pub struct Mounted<'p>(&'p Path);

/// Gives a directory a disk; what was opened before keeps the one it had.
pub fn mount(place: &Path, disk: Arc<dyn Disk>) -> Mounted<'_> {
    routed().set(place, Some(disk));
    Mounted(place)
}

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        routed().set(self.0, None);
    }
}
