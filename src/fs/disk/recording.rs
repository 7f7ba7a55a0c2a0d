//! A disk that performs every call and writes it down: what a power cut is replayed from.
//!
//! Each step is one call that succeeded, in the order in which they took effect (one at a time, however many threads
//! write); those that are many to the operating system are written down as the single ones. A harness puts its own marks
//! between them. A call that failed changed nothing and leaves no step, but for a write, which says how much it took.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Seek};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Disk, identity, single};
use crate::fs::os;

/// One call. `file` is the number of an opening: two of one file have two.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the fields are the arguments of the calls
pub enum Step {
    /// A new file.
    Create { file: u64, path: PathBuf },
    /// A file that is there is opened.
    Open { file: u64, path: PathBuf },
    /// Bytes that were taken.
    Write { file: u64, offset: u64, bytes: Vec<u8> },
    /// Cut, or extended with zeros.
    SetLength { file: u64, length: u64 },
    /// The bytes of a file are made durable.
    SyncFile { file: u64 },
    /// The bytes of a file, or the names in a directory, are made durable.
    SyncPath { path: PathBuf },
    /// Everything is made durable.
    SyncAll,
    /// A new directory.
    CreateDir { path: PathBuf },
    /// Another name, replacing what has it.
    Rename { from: PathBuf, to: PathBuf },
    /// Two names in one step.
    Exchange { a: PathBuf, b: PathBuf },
    /// A second name.
    Link { from: PathBuf, to: PathBuf },
    /// A name of a file goes.
    RemoveFile { path: PathBuf },
    /// An empty directory goes.
    RemoveDir { path: PathBuf },
    /// Said by the harness.
    Mark(String),
}

/// The disk, and what was done.
#[derive(Default)]
pub struct Recording(Mutex<Tape>);

#[derive(Default)]
struct Tape {
    steps: Vec<Step>,
    files: HashMap<u64, u64>,
    opened: u64,
}

impl Tape {
    fn opening(&mut self, file: &File) -> u64 {
        self.opened += 1;
        self.files.insert(identity::of(file), self.opened);
        self.opened
    }

    fn number(&self, file: &File) -> io::Result<u64> {
        self.files.get(&identity::of(file)).copied().ok_or_else(|| io::Error::other("a file of another disk"))
    }
}

impl Recording {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a mark between the calls before and those after it.
    pub fn mark(&self, text: impl Into<String>) {
        self.tape().steps.push(Step::Mark(text.into()));
    }

    /// What was done so far.
    #[must_use]
    pub fn steps(&self) -> Vec<Step> {
        self.tape().steps.clone()
    }

    fn tape(&self) -> MutexGuard<'_, Tape> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn step(&self, call: impl FnOnce() -> io::Result<()>, step: impl FnOnce() -> Step) -> io::Result<()> {
        let mut tape = self.tape();
        call()?;
        tape.steps.push(step());
        Ok(())
    }

    fn rename_by(&self, from: &Path, to: &Path, call: fn(&Path, &Path) -> io::Result<()>) -> io::Result<()> {
        self.step(|| call(from, to), || Step::Rename { from: from.to_owned(), to: to.to_owned() })
    }
}

impl Disk for Recording {
    fn create_new(&self, path: &Path) -> io::Result<File> {
        let mut tape = self.tape();
        let opened = os::create_new(path)?;
        let file = tape.opening(&opened);
        tape.steps.push(Step::Create { file, path: path.to_owned() });
        Ok(opened)
    }

    fn open_write(&self, path: &Path) -> io::Result<File> {
        let mut tape = self.tape();
        let opened = os::open_write(path)?;
        let file = tape.opening(&opened);
        tape.steps.push(Step::Open { file, path: path.to_owned() });
        Ok(opened)
    }

    fn write(&self, mut file: &File, bytes: &[u8]) -> io::Result<usize> {
        let mut tape = self.tape();
        let (number, offset) = (tape.number(file)?, file.stream_position()?);
        let taken = os::write(file, bytes)?;
        tape.steps.push(Step::Write { file: number, offset, bytes: bytes[..taken].to_vec() });
        Ok(taken)
    }

    fn set_len(&self, file: &File, length: u64) -> io::Result<()> {
        let number = self.tape().number(file)?;
        self.step(|| file.set_len(length), || Step::SetLength { file: number, length })
    }

    fn sync_file(&self, file: &File) -> io::Result<()> {
        let number = self.tape().number(file)?;
        self.step(|| os::sync_file(file), || Step::SyncFile { file: number })
    }

    fn sync_path(&self, path: &Path) -> io::Result<()> {
        self.step(|| os::sync_path(path), || Step::SyncPath { path: path.to_owned() })
    }

    fn sync_filesystem(&self, path: &Path) -> io::Result<bool> {
        let mut tape = self.tape();
        let done = os::sync_filesystem(path)?;
        tape.steps.extend(done.then_some(Step::SyncAll));
        Ok(done)
    }

    fn create_dirs(&self, path: &Path) -> io::Result<()> {
        single::create_dirs(self, path)
    }

    fn create_dir(&self, path: &Path) -> io::Result<()> {
        self.step(|| os::create_dir(path), || Step::CreateDir { path: path.to_owned() })
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.rename_by(from, to, os::rename)
    }

    fn rename_noreplace(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.rename_by(from, to, os::rename_noreplace)
    }

    fn exchange(&self, a: &Path, b: &Path) -> io::Result<()> {
        self.step(|| os::exchange(a, b), || Step::Exchange { a: a.to_owned(), b: b.to_owned() })
    }

    fn hard_link(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step(|| os::hard_link(from, to), || Step::Link { from: from.to_owned(), to: to.to_owned() })
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.step(|| os::remove_file(path), || Step::RemoveFile { path: path.to_owned() })
    }

    fn remove_dir(&self, path: &Path) -> io::Result<()> {
        self.step(|| os::remove_dir(path), || Step::RemoveDir { path: path.to_owned() })
    }

    fn remove_tree(&self, path: &Path) -> io::Result<()> {
        single::remove_tree(self, path)
    }

    fn try_lock(&self, path: &Path) -> io::Result<Option<File>> {
        let mut tape = self.tape();
        let was_there = path.exists();
        let Some(opened) = os::try_lock(path)? else { return Ok(None) };
        let (file, path) = (tape.opening(&opened), path.to_owned());
        tape.steps.push(if was_there { Step::Open { file, path } } else { Step::Create { file, path } });
        Ok(Some(opened))
    }

    fn unlock(&self, file: &File, path: &Path) {
        let mut tape = self.tape();
        let was_there = path.exists();
        os::unlock(file, path);
        if was_there && !path.exists() {
            tape.steps.push(Step::RemoveFile { path: path.to_owned() });
        }
    }
}
