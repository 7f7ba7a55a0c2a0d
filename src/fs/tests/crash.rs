//! Readers beside a writer, and a writer that is killed.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::super::*;
use super::{leftovers, other_process, role, wait_for};
use crate::error::{ErrorKind, Result};
use crate::options::Sync;

/// Publishes a version of an array of two files that belong together.
fn publish_pair(parent: &Path, version: u64) -> Result<()> {
    let staged = StagedDir::create(parent)?;
    for name in ["a", "b"] {
        write_new(&staged.path().join(name), version.to_string().repeat(1000).as_bytes())?;
    }
    staged.publish_keeping(&parent.join("areas")).map(drop)
}

/// Both files as one held directory gives them.
fn read_pair(parent: &Path) -> Result<(Vec<u8>, Vec<u8>)> {
    let dir = Dir::open(&parent.join("areas"))?;
    Ok((dir.read("a", 1 << 20)?, dir.read("b", 1 << 20)?))
}

// On Windows a directory is held by its path, so two reads may see two versions.
#[cfg(unix)]
#[test]
fn a_reader_sees_one_version_while_a_thousand_are_exchanged_under_it() {
    let root = tempfile::tempdir().unwrap();
    publish_pair(root.path(), 0).unwrap();
    let (done, pairs) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    match read_pair(root.path()) {
                        Ok((a, b)) => {
                            assert_eq!(a, b);
                            pairs.fetch_add(1, Ordering::Relaxed);
                        }
                        Err(e) => assert_eq!(e.kind(), ErrorKind::NotFound, "{e}"),
                    }
                }
            });
        }
        let written = (1..=1000).try_for_each(|version| publish_pair(root.path(), version));
        done.store(true, Ordering::Relaxed);
        written.unwrap();
    });
    assert!(pairs.into_inner() > 100);
    assert!(leftovers(root.path()).is_empty());
}

#[test]
fn a_file_is_whole_for_readers_while_it_is_replaced() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("metadata.json");
    let write = |version: u64| publish_file(&path, &vec![b'0' + (version % 10) as u8; 10_000], Sync::None);
    write(0).unwrap();
    let (done, reads) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    let bytes = match ReadFile::open(&path).and_then(|file| file.read_all(1 << 20)) {
                        // Where an open file cannot be replaced it is moved aside: for a moment there is none.
                        Err(e) if cfg!(windows) && e.kind() == ErrorKind::NotFound => continue,
                        result => result.unwrap(),
                    };
                    assert!(bytes.len() == 10_000 && bytes.iter().all(|b| *b == bytes[0]));
                    reads.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let written = (1..=100).try_for_each(write);
        done.store(true, Ordering::Relaxed);
        written.unwrap();
    });
    assert!(reads.into_inner() > 10);
}

#[test]
fn a_killed_writer_leaves_the_old_or_the_new_whole() {
    if let Some(dir) = role() {
        let _lock = WriterLock::acquire(&dir.join("store"), true, &crate::op::Cancel::never()).unwrap();
        println!("writing");
        for version in 1.. {
            publish_pair(&dir, version).unwrap();
            publish_file(&dir.join("metadata.json"), &vec![b'0' + (version % 10) as u8; 100_000], Sync::None).unwrap();
        }
    }
    let root = tempfile::tempdir().unwrap();
    publish_pair(root.path(), 0).unwrap();
    publish_file(&root.path().join("metadata.json"), &[b'0'; 100_000], Sync::None).unwrap();
    for round in 0..20 {
        let mut writer =
            other_process("fs::tests::crash::a_killed_writer_leaves_the_old_or_the_new_whole", root.path());
        wait_for(&mut writer, "writing");
        std::thread::sleep(std::time::Duration::from_micros(1000 + 777 * round));
        writer.kill().unwrap();
        writer.wait().unwrap();

        let _lock = WriterLock::acquire(&root.path().join("store"), true, &crate::op::Cancel::never()).unwrap();
        recover_all(root.path()).unwrap();
        clean_stale(root.path()).unwrap();
        assert!(leftovers(root.path()).is_empty());
        let (a, b) = read_pair(root.path()).unwrap();
        assert!(a == b && !a.is_empty());
        let metadata = Dir::open(root.path()).unwrap().read("metadata.json", 1 << 20).unwrap();
        assert!(metadata.len() == 100_000 && metadata.iter().all(|byte| *byte == metadata[0]));
    }
}
