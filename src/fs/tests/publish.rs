use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

use super::super::tree::replace_in_two;
use super::super::*;
use super::leftovers;
use crate::error::ErrorKind;
use crate::options::Sync;

fn staged(parent: &Path, files: &[(&str, &str)]) -> StagedDir {
    let staged = StagedDir::create(parent).unwrap();
    for (name, text) in files {
        write_new(&staged.path().join(name), text.as_bytes()).unwrap();
    }
    staged
}

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn a_file_is_published_and_replaced() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("metadata.json");
    for (bytes, sync) in [("{}", Sync::Full), ("{\"a\":1}", Sync::None), ("", Sync::Full)] {
        publish_file(&path, bytes.as_bytes(), sync).unwrap();
        assert_eq!(text(&path), bytes);
    }
    assert!(leftovers(root.path()).is_empty());
    let error = publish_file(&root.path().join("none/metadata.json"), b"", Sync::None).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.message().contains("metadata.json"), "{error}");
}

#[test]
fn a_pending_file_appears_at_commit_only() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("part.zarr.data");
    let mut pending = PendingFile::create(&path, Sync::Full).unwrap();
    pending.write_all(b"PK????tail").unwrap();
    pending.seek(SeekFrom::Start(2)).unwrap();
    pending.write_all(b"head").unwrap();
    assert!(!path.exists());
    pending.commit().unwrap();
    assert_eq!(text(&path), "PKheadtail");

    let mut dropped = PendingFile::create(&path, Sync::Full).unwrap();
    dropped.write_all(b"half").unwrap();
    drop(dropped);
    assert_eq!(text(&path), "PKheadtail");

    let taken = PendingFile::create(&path, Sync::Full).unwrap().commit_new().unwrap_err();
    assert_eq!(taken.kind(), ErrorKind::AlreadyExists);
    assert_eq!(text(&path), "PKheadtail");
    assert!(leftovers(root.path()).is_empty());
}

#[test]
fn a_failed_publish_leaves_the_old_and_no_temporary() {
    let root = tempfile::tempdir().unwrap();
    let target = root.path().join("areas");
    std::fs::create_dir(&target).unwrap();
    std::fs::write(target.join("0"), "old").unwrap();
    // A file cannot replace a directory.
    assert!(publish_file(&target, b"new", Sync::Full).is_err());
    assert_eq!(text(&target.join("0")), "old");

    let nowhere = root.path().join("none/areas");
    assert_eq!(staged(root.path(), &[("0", "new")]).publish_keeping(&nowhere).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(write_new(&target.join("0"), b"new").unwrap_err().kind(), ErrorKind::AlreadyExists);
    assert_eq!(text(&target.join("0")), "old");
    assert!(leftovers(root.path()).is_empty());
}

#[test]
fn a_directory_is_published_and_replaced() {
    let root = tempfile::tempdir().unwrap();
    let target = root.path().join("areas");
    staged(root.path(), &[(".zarray", "1"), ("0", "one")]).publish_keeping(&target).unwrap();
    staged(root.path(), &[(".zarray", "2")]).publish_keeping(&target).unwrap();
    assert_eq!(text(&target.join(".zarray")), "2");
    assert!(!target.join("0").exists());
    drop(staged(root.path(), &[("0", "never")]));

    let taken = staged(root.path(), &[]).publish_new(&target).unwrap_err();
    assert_eq!(taken.kind(), ErrorKind::AlreadyExists);
    assert!(leftovers(root.path()).is_empty());
}

#[test]
fn without_exchange_the_old_is_moved_aside_and_put_back_when_it_fails() {
    let root = tempfile::tempdir().unwrap();
    let target = root.path().join("areas");
    staged(root.path(), &[("0", "one")]).publish_keeping(&target).unwrap();
    let second = root.path().join(".ds-tmp-second");
    std::fs::create_dir(&second).unwrap();
    std::fs::write(second.join("0"), "two").unwrap();
    let aside = replace_in_two(&second, &target).unwrap();
    assert_eq!(text(&aside.join("0")), "one");
    std::fs::remove_dir_all(aside).unwrap();
    assert_eq!(text(&target.join("0")), "two");

    assert_eq!(replace_in_two(&second, &target).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(text(&target.join("0")), "two");
    assert!(leftovers(root.path()).is_empty());
}

#[test]
fn a_replacement_cut_in_two_is_recovered() {
    let root = tempfile::tempdir().unwrap();
    let (target, old) = (root.path().join("areas"), root.path().join(".areas.ds-old"));
    // Killed between the two renames.
    staged(root.path(), &[("0", "old")]).publish_keeping(&old).unwrap();
    recover_all(root.path()).unwrap();
    assert_eq!(text(&target.join("0")), "old");
    // Killed before the old one was removed.
    staged(root.path(), &[("0", "older")]).publish_keeping(&old).unwrap();
    recover(&target).unwrap();
    recover(&target).unwrap();
    assert_eq!(text(&target.join("0")), "old");
    assert!(leftovers(root.path()).is_empty());
}

#[test]
fn a_rename_replaces_nothing() {
    let root = tempfile::tempdir().unwrap();
    let [a, b, c] = ["a", "b", "c"].map(|name| root.path().join(name));
    std::fs::create_dir(&a).unwrap();
    std::fs::create_dir(&b).unwrap();
    assert_eq!(rename_noreplace(&a, &b).unwrap_err().kind(), ErrorKind::AlreadyExists);
    rename_noreplace(&a, &c).unwrap();
    let lost = rename_noreplace(&a, &root.path().join("d")).unwrap_err();
    assert_eq!(lost.kind(), ErrorKind::NotFound);
    assert!(lost.message().starts_with(a.to_str().unwrap()), "{lost}");
}

#[test]
fn removal_takes_all_and_follows_no_link() {
    let root = tempfile::tempdir().unwrap();
    let outside = root.path().join("outside");
    std::fs::create_dir(&outside).unwrap();
    std::fs::write(outside.join("kept"), "kept").unwrap();
    for remove in [remove_tree, remove_whole] {
        let tree = root.path().join("tree");
        create_dirs(&tree.join("a/b")).unwrap();
        std::fs::write(tree.join("a/b/0"), "0").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(&outside, tree.join("a/link")).unwrap();
        remove(&tree).unwrap();
        assert!(!tree.exists());
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(&outside, &tree).unwrap();
            remove(&tree).unwrap();
        }
    }
    assert_eq!(text(&outside.join("kept")), "kept");
    remove_tree(&root.path().join("tree")).unwrap();
    remove_file(&root.path().join("tree")).unwrap();
    assert_eq!(remove_whole(&root.path().join("tree")).unwrap_err().kind(), ErrorKind::NotFound);
    assert!(leftovers(root.path()).is_empty());
}

#[test]
fn a_long_path_is_one_like_any_other() {
    let root = tempfile::tempdir().unwrap();
    let mut deep = root.path().to_owned();
    while deep.as_os_str().len() < 600 {
        deep.push("a_rather_long_name_of_a_group");
    }
    create_dirs(&deep).unwrap();
    for version in ["1", "2"] {
        staged(&deep, &[("0", version)]).publish_keeping(&deep.join("areas")).unwrap();
        publish_file(&deep.join("metadata.json"), version.as_bytes(), Sync::Full).unwrap();
    }
    let dir = Dir::open(&deep).unwrap();
    assert_eq!(
        (dir.read("areas/0", 9).unwrap(), dir.read("metadata.json", 9).unwrap()),
        (b"2".to_vec(), b"2".to_vec())
    );
}

#[test]
fn files_and_trees_are_synced_in_small_and_large_numbers() {
    let root = tempfile::tempdir().unwrap();
    for n in [3, 100] {
        let dir = root.path().join(n.to_string());
        create_dirs(&dir.join("group")).unwrap();
        (0..n).for_each(|i| write_new(&dir.join(format!("group/{i}")), b"chunk").unwrap());
        sync_tree(&dir).unwrap();
        let mut paths: Vec<_> = (0..n).map(|i| dir.join(format!("group/{i}"))).collect();
        sync_many(&paths).unwrap();
        paths.push(dir.join("absent"));
        assert_eq!(sync_many(&paths).unwrap_err().kind(), ErrorKind::NotFound);
    }
    sync_dir(root.path()).unwrap();
    assert_eq!(sync_file(&root.path().join("absent")).unwrap_err().kind(), ErrorKind::NotFound);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_that_leaves_the_old() {
    // Without the right to mount, the same text comes from /dev/full, but there is no directory to look into.
    let root = tempfile::tempdir().unwrap();
    let mount = |args: &[&str]| std::process::Command::new("mount").args(args).arg(root.path()).status();
    if !mount(&["-t", "tmpfs", "-o", "size=64k", "tmpfs"]).is_ok_and(|status| status.success()) {
        let file = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let error = fail(Path::new("/dev/full"), &disk::disk().write(&file, b"x").unwrap_err());
        assert!(error.message().contains("no space left on device"), "{error}");
        return;
    }
    let path = root.path().join("part.zarr.data");
    let result = std::panic::catch_unwind(|| {
        publish_file(&path, b"old", Sync::Full).unwrap();
        let too_much = vec![1; 200_000];
        let staged = StagedDir::create(root.path()).unwrap();
        let in_staged = write_new(&staged.path().join("0"), &too_much).unwrap_err();
        drop(staged);
        let published = publish_file(&path, &too_much, Sync::Full).unwrap_err();
        for error in [in_staged, published] {
            assert_eq!(error.kind(), ErrorKind::Io);
            assert!(error.message().contains("no space left on device"), "{error}");
        }
        assert_eq!((text(&path).as_str(), leftovers(root.path())), ("old", vec![]));
        publish_file(&path, &vec![1; 30_000], Sync::Full).unwrap();
    });
    std::process::Command::new("umount").arg(root.path()).status().unwrap();
    result.unwrap();
}

#[test]
fn what_was_replaced_goes_when_it_is_settled_and_else_with_the_next_writer() {
    let root = tempfile::tempdir().unwrap();
    let target = root.path().join("areas");
    let private = || leftovers(root.path()).len();
    for settled in [true, false] {
        staged(root.path(), &[("0", "one")]).publish_keeping(&target).unwrap();
        let mut retired = Retired::default();
        retired.add(&target, staged(root.path(), &[("0", "two")]).publish_keeping(&target).unwrap());
        assert_eq!((private(), text(&target.join("0"))), (1, "two".to_owned()));
        if settled {
            retired.settle(Sync::Full).unwrap();
            assert_eq!(private(), 0);
            continue;
        }
        drop(retired);
        assert_eq!(private(), 1);
        // What is in use stays; what was left goes, though its process lives.
        let used = staged(root.path(), &[]);
        assert_eq!(clean_stale(root.path()).unwrap(), 1);
        assert!(used.path().is_dir());
    }
}

#[test]
fn a_store_in_which_something_was_left_keeps_its_lock_file() {
    let root = tempfile::tempdir().unwrap();
    let store = root.path().join("p.zarr");
    let group = store.join("g");
    create_dirs_durably(&group, Sync::Full).unwrap();
    let acquire = || WriterLock::acquire(&store, false, &crate::op::Cancel::never()).unwrap();
    let lock = acquire();
    let mut retired = Retired::default();
    std::fs::write(group.join("x"), "old").unwrap();
    retired.add(&group.join("x"), Some(set_aside(&group.join("x")).unwrap()));
    drop(retired);
    drop(lock);
    let lock = acquire();
    assert!(lock.was_left());
    assert_eq!(clean_stale(&group).unwrap(), 1);
    drop(lock);
    assert!(!acquire().was_left());
}

/// Who reads in a directory that is being removed, and finds no record, finds no file of the node either.
#[cfg(target_os = "linux")]
#[test]
fn what_is_noted_of_files_is_removed_after_them() {
    use rustix::fs::inotify;
    let dir = tempfile::tempdir().unwrap();
    let tree = dir.path().join("tree");
    let below = tree.join("below");
    std::fs::create_dir_all(below.join("c")).unwrap();
    let names = ["zarr.json", ".ds_record", "0", ".zattrs", ".ds_archive", "c/0"];
    for order in [names.to_vec(), names.iter().rev().copied().collect()] {
        for place in [&tree, &below] {
            std::fs::create_dir_all(place.join("c")).unwrap();
            order.iter().for_each(|name| std::fs::write(place.join(name), "x").unwrap());
        }
        let watch = inotify::init(inotify::CreateFlags::NONBLOCK).unwrap();
        inotify::add_watch(&watch, &below, inotify::WatchFlags::DELETE).unwrap();
        disk::disk().remove_tree(&tree).unwrap();
        let mut room = [std::mem::MaybeUninit::uninit(); 4096];
        let mut events = inotify::Reader::new(watch, &mut room);
        let mut removed = Vec::new();
        while let Ok(event) = events.next() {
            removed.extend(event.file_name().map(|name| name.to_str().unwrap().to_owned()));
        }
        assert!(!tree.exists() && removed.len() == 6, "{removed:?}");
        assert!(removed[..4].iter().all(|name| !name.starts_with(".ds_")), "{removed:?}");
    }
    assert!(disk::disk().remove_tree(&tree).is_err());
}
