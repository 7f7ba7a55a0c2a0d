//! What a power cut may leave of a recorded trace of calls.
//!
//! The model is a POSIX file system without a journal, as the papers on crash consistency use it (Pillai and others, "All
//! File Systems Are Not Created Equal", OSDI 2014: ALICE; Mohan and others, "Finding Crash-Consistency Bugs with Bounded
//! Black-Box Crash Testing", OSDI 2018: CrashMonkey), weaker than ext4, XFS or btrfs are:
//!
//! - What `fsync` was told of is there. That of a file keeps its bytes and its length and not its name; that of a directory
//!   keeps the names that were put into it or taken from it; `syncfs` keeps everything (POSIX.1-2017 `fsync`; Linux
//!   `fsync(2)`: "calling fsync() does not necessarily ensure that the entry in the directory containing the file has also
//!   reached disk", `syncfs(2)`).
//! - Every other write is lost, whole, or there in some of its sectors of 512 bytes, whatever came after it. Where it made
//!   the file longer, the length is the old one, the new one or one between, and the sectors that did not arrive are zeros
//!   or what was on the medium before (as ext4 with `data=writeback` may show it).
//! - Every other change of a name (create, rename, exchange, link, remove) is lost or there, each by itself, whatever came
//!   before or after it. Each is one step: a rename never leaves both names or none. Without that, which ext4, XFS, btrfs,
//!   APFS and NTFS give through their journals, no program could publish a file by renaming it.
//! - A rename from one directory into another is kept by the sync of the one that gets the name.
//!
//! Left out: media that lose what they were told to keep, or sectors that were written long before; writes torn inside a
//! sector; the order of changes to one name, but for one of them being there without those before; modes, times and
//! locks; two names of one file whose counter of names is wrong.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::Path;

use datastorage::trust::Step;
use fastrand::Rng;

const SECTOR: usize = 512;
const ROOT: usize = 0;

/// A file or a directory, by the place in `Medium::nodes`.
type Node = usize;

/// A change of names, all of it or nothing.
struct Naming {
    /// Directory, name, and what it is the name of afterwards.
    effects: Vec<(Node, String, Option<Node>)>,
    durable: bool,
}

impl Naming {
    /// Whether the sync of a directory keeps it: that which gets a name, or which loses one and none gets any.
    fn is_kept_by(&self, directory: Node) -> bool {
        let gets = self.effects.iter().any(|(_, _, node)| node.is_some());
        self.effects.iter().any(|(at, _, node)| *at == directory && (node.is_some() || !gets))
    }
}

enum Change {
    Write(usize, Vec<u8>),
    Length(usize),
}

/// The changes to a file, and whether each is durable.
type Content = Vec<(Change, bool)>;

/// The medium as a trace leaves it, with what is durable of it.
pub struct Medium {
    /// `None` for a directory.
    nodes: Vec<Option<Content>>,
    namings: Vec<Naming>,
    /// As those who did not lose power see it.
    now: HashMap<(Node, String), Node>,
    opened: HashMap<u64, Node>,
}

/// How much of what is not durable arrives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Arrival {
    Nothing,
    Everything,
    /// Each by itself, with this probability.
    Some(f64),
}

impl Medium {
    /// After the first steps of a trace below `root`; paths elsewhere are an error.
    ///
    /// # Errors
    /// For a trace that does not fit together.
    pub fn after(steps: &[Step], root: &Path) -> Result<Self, String> {
        let mut medium = Self { nodes: vec![None], namings: Vec::new(), now: HashMap::new(), opened: HashMap::new() };
        for step in steps {
            medium.step(step, root).map_err(|what| format!("the trace does not fit together at {step:?}: {what}"))?;
        }
        Ok(medium)
    }

    fn step(&mut self, step: &Step, root: &Path) -> Result<(), String> {
        match step {
            Step::Mark(_) => {}
            Step::Create { file, path } => {
                let node = self.add(Some(Content::new()));
                self.opened.insert(*file, node);
                let (dir, name) = self.place(path, root)?;
                self.name(vec![(dir, name, Some(node))]);
            }
            Step::Open { file, path } => {
                let node = self.find(path, root)?;
                self.opened.insert(*file, node);
            }
            Step::Write { file, offset, bytes } => {
                let offset = usize::try_from(*offset).map_err(|e| e.to_string())?;
                self.content(*file)?.push((Change::Write(offset, bytes.clone()), false));
            }
            Step::SetLength { file, length } => {
                let length = usize::try_from(*length).map_err(|e| e.to_string())?;
                self.content(*file)?.push((Change::Length(length), false));
            }
            Step::SyncFile { file } => self.content(*file)?.iter_mut().for_each(|(_, durable)| *durable = true),
            Step::SyncPath { path } => {
                let node = self.find(path, root)?;
                match &mut self.nodes[node] {
                    Some(content) => content.iter_mut().for_each(|(_, durable)| *durable = true),
                    None => self.namings.iter_mut().for_each(|naming| naming.durable |= naming.is_kept_by(node)),
                }
            }
            Step::SyncAll => {
                self.namings.iter_mut().for_each(|naming| naming.durable = true);
                self.nodes.iter_mut().flatten().flatten().for_each(|(_, durable)| *durable = true);
            }
            Step::CreateDir { path } => {
                let node = self.add(None);
                let (dir, name) = self.place(path, root)?;
                self.name(vec![(dir, name, Some(node))]);
            }
            Step::Rename { from, to } => {
                let node = self.find(from, root)?;
                let ((from_dir, from), (to_dir, to)) = (self.place(from, root)?, self.place(to, root)?);
                self.name(vec![(from_dir, from, None), (to_dir, to, Some(node))]);
            }
            Step::Exchange { a, b } => {
                let (at_a, at_b) = (self.find(a, root)?, self.find(b, root)?);
                let ((a_dir, a), (b_dir, b)) = (self.place(a, root)?, self.place(b, root)?);
                self.name(vec![(a_dir, a, Some(at_b)), (b_dir, b, Some(at_a))]);
            }
            Step::Link { from, to } => {
                let node = self.find(from, root)?;
                let (dir, name) = self.place(to, root)?;
                self.name(vec![(dir, name, Some(node))]);
            }
            Step::RemoveFile { path } | Step::RemoveDir { path } => {
                let (dir, name) = self.place(path, root)?;
                self.name(vec![(dir, name, None)]);
            }
        }
        Ok(())
    }

    fn add(&mut self, node: Option<Content>) -> Node {
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    fn content(&mut self, file: u64) -> Result<&mut Content, String> {
        let node = *self.opened.get(&file).ok_or("a file that was not opened")?;
        self.nodes[node].as_mut().ok_or_else(|| "a directory is written".to_owned())
    }

    fn name(&mut self, effects: Vec<(Node, String, Option<Node>)>) {
        for (dir, name, node) in &effects {
            match node {
                Some(node) => _ = self.now.insert((*dir, name.clone()), *node),
                None => _ = self.now.remove(&(*dir, name.clone())),
            }
        }
        self.namings.push(Naming { effects, durable: false });
    }

    fn find(&self, path: &Path, root: &Path) -> Result<Node, String> {
        let below = path.strip_prefix(root).map_err(|_| format!("{} is not below", path.display()))?;
        below.components().try_fold(ROOT, |dir, name| {
            let name = name.as_os_str().to_string_lossy().into_owned();
            self.now.get(&(dir, name)).copied().ok_or_else(|| format!("{} is not there", path.display()))
        })
    }

    fn place(&self, path: &Path, root: &Path) -> Result<(Node, String), String> {
        let (above, name) = path.parent().zip(path.file_name()).ok_or("a path without a name")?;
        Ok((self.find(above, root)?, name.to_string_lossy().into_owned()))
    }

    /// Makes in an empty directory what a cut leaves now.
    ///
    /// # Errors
    /// Of the disk that the image is made on.
    pub fn cut(&self, arrival: Arrival, random: &mut Rng, to: &Path) -> io::Result<()> {
        let arrives = |durable: bool, random: &mut Rng| match arrival {
            _ if durable => true,
            Arrival::Nothing => false,
            Arrival::Everything => true,
            Arrival::Some(probability) => random.f64() < probability,
        };
        let mut names: BTreeMap<Node, BTreeMap<&str, Node>> = BTreeMap::new();
        for naming in &self.namings {
            if arrives(naming.durable, random) {
                for (dir, name, node) in &naming.effects {
                    let names = names.entry(*dir).or_default();
                    match node {
                        Some(node) => _ = names.insert(name, *node),
                        None => _ = names.remove(name.as_str()),
                    }
                }
            }
        }
        // A file has the same bytes under each of its names.
        let contents: Vec<Option<Vec<u8>>> = self
            .nodes
            .iter()
            .map(|node| {
                let content = node.as_ref()?;
                let mut bytes = Vec::new();
                for (change, durable) in content {
                    if *durable || arrival == Arrival::Everything {
                        apply(&mut bytes, change);
                    } else if arrives(false, random) {
                        apply_part(&mut bytes, change, random);
                    }
                }
                Some(bytes)
            })
            .collect();
        self.lay_out(&names, &contents, ROOT, to, 0)
    }

    fn lay_out(
        &self,
        names: &BTreeMap<Node, BTreeMap<&str, Node>>,
        contents: &[Option<Vec<u8>>],
        dir: Node,
        to: &Path,
        depth: usize,
    ) -> io::Result<()> {
        // A directory that is lost below itself is not found.
        if depth > 32 {
            return Ok(());
        }
        for (name, node) in names.get(&dir).into_iter().flatten() {
            let path = to.join(name);
            match &contents[*node] {
                Some(bytes) => std::fs::write(path, bytes)?,
                None => {
                    std::fs::create_dir(&path)?;
                    self.lay_out(names, contents, *node, &path, depth + 1)?;
                }
            }
        }
        Ok(())
    }
}

fn apply(bytes: &mut Vec<u8>, change: &Change) {
    match change {
        Change::Length(length) => bytes.resize(*length, 0),
        Change::Write(offset, new) => {
            let end = offset + new.len();
            bytes.resize(bytes.len().max(end), 0);
            bytes[*offset..end].copy_from_slice(new);
        }
    }
}

/// Whole, or some of its sectors, with what may be where the others are.
fn apply_part(bytes: &mut Vec<u8>, change: &Change, random: &mut Rng) {
    let Change::Write(offset, new) = change else { return apply(bytes, change) };
    let (old, end) = (bytes.len(), offset + new.len());
    let how = random.u8(0..3);
    if how == 0 {
        return apply(bytes, change);
    }
    let noise = random.u8(..);
    let mut at = *offset;
    let mut last = old;
    bytes.resize(old.max(end), 0);
    while at < end {
        let stop = ((at / SECTOR + 1) * SECTOR).min(end);
        if random.bool() {
            bytes[at..stop].copy_from_slice(&new[at - offset..stop - offset]);
            last = last.max(stop);
        } else if noise & 1 == 1 && at >= old {
            bytes[at..stop].fill(noise);
        }
        at = stop;
    }
    if how == 2 {
        bytes.truncate(last);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: &str = "/p";

    fn path(name: &str) -> std::path::PathBuf {
        Path::new(PLACE).join(name)
    }

    /// All that may be left of steps, each as `name=content` in order.
    fn left(steps: &[Step]) -> std::collections::BTreeSet<String> {
        let medium = Medium::after(steps, Path::new(PLACE)).unwrap();
        let one = |seed: u64| {
            let to = tempfile::tempdir().unwrap();
            medium.cut(Arrival::Some(0.5), &mut Rng::with_seed(seed), to.path()).unwrap();
            let mut found: Vec<String> = std::fs::read_dir(to.path())
                .unwrap()
                .map(|entry| {
                    let path = entry.unwrap().path();
                    let text = std::fs::read(&path).unwrap();
                    format!("{}={}", path.file_name().unwrap().to_str().unwrap(), String::from_utf8_lossy(&text))
                })
                .collect();
            found.sort();
            found.join(" ")
        };
        (0..200).map(one).collect()
    }

    #[test]
    fn only_what_was_synced_is_sure() {
        let write = |file, text: &str| Step::Write { file, offset: 0, bytes: text.as_bytes().to_vec() };
        let mut steps = vec![Step::Create { file: 1, path: path("new") }, write(1, "x")];
        let all = left(&steps);
        assert!(all.contains("") && all.contains("new=") && all.contains("new=x"), "{all:?}");
        // The bytes are sure, the name is not.
        steps.push(Step::SyncFile { file: 1 });
        assert_eq!(left(&steps), ["", "new=x"].map(str::to_owned).into());
        steps.push(Step::SyncPath { path: PLACE.into() });
        assert_eq!(left(&steps), ["new=x"].map(str::to_owned).into());
        // A replacement is the old or the new, until its directory is synced.
        steps.push(Step::Create { file: 2, path: path("tmp") });
        steps.push(write(2, "y"));
        steps.push(Step::SyncFile { file: 2 });
        steps.push(Step::Rename { from: path("tmp"), to: path("new") });
        assert_eq!(left(&steps), ["new=x", "new=y", "new=x tmp=y"].map(str::to_owned).into());
        steps.push(Step::SyncPath { path: PLACE.into() });
        assert_eq!(left(&steps), ["new=y"].map(str::to_owned).into());
    }

    #[test]
    fn a_torn_write_is_torn_at_sectors() {
        let bytes = vec![7; 2000];
        let steps = [
            Step::Create { file: 1, path: path("f") },
            Step::SyncPath { path: PLACE.into() },
            Step::Write { file: 1, offset: 0, bytes },
        ];
        let medium = Medium::after(&steps, Path::new(PLACE)).unwrap();
        let mut lengths = std::collections::BTreeSet::new();
        for seed in 0..300 {
            let to = tempfile::tempdir().unwrap();
            medium.cut(Arrival::Some(0.9), &mut Rng::with_seed(seed), to.path()).unwrap();
            let found = std::fs::read(to.path().join("f")).unwrap();
            assert!(found.chunks(SECTOR).all(|sector| sector.iter().all(|byte| *byte == sector[0])));
            lengths.insert(found.len());
        }
        assert!([0, 512, 1024, 1536, 2000].iter().all(|length| lengths.contains(length)), "{lengths:?}");
    }
}
