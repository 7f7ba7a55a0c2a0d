//! A disk that ends the process by SIGKILL at its k-th call: before it, after it, or in its middle.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use datastorage::trust::{Disk, Real, install};

/// The disk.
struct Deadly {
    /// Calls until the one.
    left: AtomicI64,
    moment: Moment,
}

/// When in the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    Before,
    Middle,
    After,
}

/// Takes the place of the disk of this process. `text` is `before:17` and the like.
pub fn put(text: &str) {
    let Some((moment, number)) = text.split_once(':') else { return };
    let moment = match moment {
        "before" => Moment::Before,
        "middle" => Moment::Middle,
        _ => Moment::After,
    };
    install(Some(Arc::new(Deadly { left: AtomicI64::new(number.parse().unwrap_or(1)), moment })));
}

/// The calls that change the disk of what is done. Nothing else may write in this process meanwhile.
pub fn count(work: impl FnOnce()) -> u64 {
    let counting = Arc::new(Deadly { left: AtomicI64::new(i64::MAX), moment: Moment::After });
    install(Some(counting.clone()));
    work();
    install(None);
    (i64::MAX - counting.left.load(Ordering::Relaxed)).unsigned_abs()
}

fn die() -> ! {
    #[cfg(unix)]
    let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    std::process::abort()
}

impl Deadly {
    fn around<T>(&self, middle: impl FnOnce(), call: impl FnOnce() -> T) -> T {
        let now = self.left.fetch_sub(1, Ordering::Relaxed) == 1;
        if now && self.moment != Moment::After {
            if self.moment == Moment::Middle {
                middle();
            }
            die();
        }
        let done = call();
        if now { die() } else { done }
    }
}

/// Removes a part of what is in a directory, as a process does that is killed while it removes all of it.
fn remove_some(path: &Path) {
    for entry in std::fs::read_dir(path).into_iter().flatten().flatten().take(2) {
        let path = entry.path();
        let _ = if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
    }
}

impl Disk for Deadly {
    fn create_new(&self, path: &Path) -> io::Result<File> {
        self.around(|| (), || Real.create_new(path))
    }

    fn open_write(&self, path: &Path) -> io::Result<File> {
        self.around(|| (), || Real.open_write(path))
    }

    fn write(&self, file: &File, bytes: &[u8]) -> io::Result<usize> {
        let half = || drop(Real.write(file, &bytes[..bytes.len() / 2]));
        self.around(half, || Real.write(file, bytes))
    }

    fn set_len(&self, file: &File, length: u64) -> io::Result<()> {
        self.around(|| (), || Real.set_len(file, length))
    }

    fn create_dirs(&self, path: &Path) -> io::Result<()> {
        self.around(|| (), || Real.create_dirs(path))
    }

    fn create_dir(&self, path: &Path) -> io::Result<()> {
        self.around(|| (), || Real.create_dir(path))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.around(|| (), || Real.rename(from, to))
    }

    fn rename_noreplace(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.around(|| (), || Real.rename_noreplace(from, to))
    }

    fn exchange(&self, a: &Path, b: &Path) -> io::Result<()> {
        self.around(|| (), || Real.exchange(a, b))
    }

    fn hard_link(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.around(|| (), || Real.hard_link(from, to))
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.around(|| (), || Real.remove_file(path))
    }

    fn remove_dir(&self, path: &Path) -> io::Result<()> {
        self.around(|| (), || Real.remove_dir(path))
    }

    fn remove_tree(&self, path: &Path) -> io::Result<()> {
        self.around(|| remove_some(path), || Real.remove_tree(path))
    }

    fn try_lock(&self, path: &Path) -> io::Result<Option<File>> {
        self.around(|| (), || Real.try_lock(path))
    }

    fn unlock(&self, file: &File, path: &Path) {
        self.around(|| (), || Real.unlock(file, path));
    }
}
