//! A disk for each directory: what lies in none of them is the real one's.
//!
//! One disk stands for the whole process, and a harness tries many stores at once: each has its own, that fails or records
//! for it alone. An open file belongs to the disk that opened it.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Disk, Real, identity};

/// Disks by directory, and by open file.
#[derive(Default)]
pub struct Routed(Mutex<Routes>);

#[derive(Default)]
struct Routes {
    places: Vec<(PathBuf, Arc<dyn Disk>)>,
    files: HashMap<u64, Arc<dyn Disk>>,
}

impl Routed {
    /// No disk but the real one yet.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    fn routes(&self) -> MutexGuard<'_, Routes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives a directory, and all in it, a disk; the real one with `None`. Open files stay with the disk they have.
    pub fn set(&self, place: &Path, disk: Option<Arc<dyn Disk>>) {
        let mut routes = self.routes();
        routes.places.retain(|(other, _)| other != place);
        routes.places.extend(disk.map(|disk| (place.to_owned(), disk)));
    }

    fn of(&self, path: &Path) -> Arc<dyn Disk> {
        let routes = self.routes();
        let found = routes.places.iter().find(|(place, _)| path.starts_with(place));
        found.map_or_else(|| Arc::new(Real) as Arc<dyn Disk>, |(_, disk)| disk.clone())
    }

    fn holding(&self, file: &File) -> Arc<dyn Disk> {
        self.routes().files.get(&identity::of(file)).cloned().unwrap_or_else(|| Arc::new(Real))
    }

    fn note(&self, disk: Arc<dyn Disk>, file: &File) {
        self.routes().files.insert(identity::of(file), disk);
    }

    fn opened(&self, path: &Path, open: impl FnOnce(&dyn Disk) -> io::Result<File>) -> io::Result<File> {
        let disk = self.of(path);
        let file = open(&*disk)?;
        self.note(disk, &file);
        Ok(file)
    }
}

impl Disk for Routed {
    fn create_new(&self, path: &Path) -> io::Result<File> {
        self.opened(path, |disk| disk.create_new(path))
    }

    fn open_write(&self, path: &Path) -> io::Result<File> {
        self.opened(path, |disk| disk.open_write(path))
    }

    fn write(&self, file: &File, bytes: &[u8]) -> io::Result<usize> {
        self.holding(file).write(file, bytes)
    }

    fn set_len(&self, file: &File, length: u64) -> io::Result<()> {
        self.holding(file).set_len(file, length)
    }

    fn sync_file(&self, file: &File) -> io::Result<()> {
        self.holding(file).sync_file(file)
    }

    fn sync_path(&self, path: &Path) -> io::Result<()> {
        self.of(path).sync_path(path)
    }

    fn sync_filesystem(&self, path: &Path) -> io::Result<bool> {
        self.of(path).sync_filesystem(path)
    }

    fn create_dirs(&self, path: &Path) -> io::Result<()> {
        self.of(path).create_dirs(path)
    }

    fn create_dir(&self, path: &Path) -> io::Result<()> {
        self.of(path).create_dir(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.of(to).rename(from, to)
    }

    fn rename_noreplace(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.of(to).rename_noreplace(from, to)
    }

    fn exchange(&self, a: &Path, b: &Path) -> io::Result<()> {
        self.of(b).exchange(a, b)
    }

    fn hard_link(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.of(to).hard_link(from, to)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.of(path).remove_file(path)
    }

    fn remove_dir(&self, path: &Path) -> io::Result<()> {
        self.of(path).remove_dir(path)
    }

    fn remove_tree(&self, path: &Path) -> io::Result<()> {
        self.of(path).remove_tree(path)
    }

    fn try_lock(&self, path: &Path) -> io::Result<Option<File>> {
        let disk = self.of(path);
        let file = disk.try_lock(path)?;
        if let Some(file) = &file {
            self.note(disk, file);
        }
        Ok(file)
    }

    fn unlock(&self, file: &File, path: &Path) {
        self.holding(file).unlock(file, path);
    }
}
