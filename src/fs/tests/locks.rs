use std::io::Write;
use std::time::{Duration, Instant};

use super::super::WriterLock;
use super::{other_process, role, wait_for};
use crate::error::ErrorKind;
use crate::op::{Cancel, Interrupt};

#[test]
fn two_writers_in_one_process_conflict() {
    let root = tempfile::tempdir().unwrap();
    let store = root.path().join("part.zarr");
    let held = WriterLock::acquire(&store, false, &Cancel::never()).unwrap();
    let path = held.path().to_owned();
    assert_eq!(path.file_name().unwrap(), ".part.zarr.lock");
    let error = WriterLock::acquire(&store, false, &Cancel::never()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Busy);
    let wanted = format!("part.zarr: open for writing by process {}", std::process::id());
    assert!(error.message().ends_with(&wanted), "{error}");

    WriterLock::acquire(&root.path().join("other.zarr"), false, &Cancel::never()).unwrap();
    drop(held);
    assert!(!path.exists());
    WriterLock::acquire(&store, false, &Cancel::never()).unwrap();
    assert_eq!(std::fs::read_dir(root.path()).unwrap().count(), 0);
}

#[test]
fn the_number_of_a_dead_owner_is_written_over() {
    let root = tempfile::tempdir().unwrap();
    let store = root.path().join("part.zarr");
    std::fs::write(root.path().join(".part.zarr.lock"), "18446744073709551615\n").unwrap();
    let held = WriterLock::acquire(&store, false, &Cancel::never()).unwrap();
    assert!(held.was_left());
    let error = WriterLock::acquire(&store, false, &Cancel::never()).unwrap_err();
    assert!(error.message().ends_with(&format!("by process {}", std::process::id())), "{error}");
    drop(held);
    assert!(!WriterLock::acquire(&store, false, &Cancel::never()).unwrap().was_left());
}

#[test]
fn a_dead_process_is_not_told_to_have_a_lock() {
    let root = tempfile::tempdir().unwrap();
    let store = root.path().join("part.zarr");
    let held = WriterLock::acquire(&store, false, &Cancel::never()).unwrap();
    // As the file is between the lock and the number of its owner, where a killed one left its own.
    std::fs::write(held.path(), "4194305\n").unwrap();
    let path = held.path().to_owned();
    let writes = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(20));
        std::fs::write(path, format!("{}\n", std::process::id())).unwrap();
    });
    let error = WriterLock::acquire(&store, false, &Cancel::never()).unwrap_err();
    assert!(error.message().ends_with(&format!("by process {}", std::process::id())), "{error}");
    writes.join().unwrap();
}

#[test]
fn a_store_has_one_lock_by_whatever_path_it_is_named() {
    let root = tempfile::tempdir().unwrap();
    let store = root.path().join("part.zarr");
    std::fs::create_dir_all(store.join("group")).unwrap();
    let _held = WriterLock::acquire(&store, false, &Cancel::never()).unwrap();
    #[cfg(unix)]
    let other_name = root.path().join("link");
    #[cfg(unix)]
    std::os::unix::fs::symlink(&store, &other_name).unwrap();
    #[cfg(windows)]
    let other_name = root.path().join("PART.zarr");
    let names = [store.join("group/.."), root.path().join("./part.zarr/"), other_name];
    for name in names {
        let error = WriterLock::acquire(&name, false, &Cancel::never()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
    }
    let lost = WriterLock::acquire(&root.path().join("none/part.zarr"), false, &Cancel::never()).unwrap_err();
    assert_eq!(lost.kind(), ErrorKind::NotFound);
    let top = root.path().ancestors().last().unwrap();
    assert_eq!(WriterLock::acquire(top, false, &Cancel::never()).unwrap_err().kind(), ErrorKind::InvalidArgument);
}

#[test]
fn waiting_ends_with_the_lock_or_an_interrupt() {
    let root = tempfile::tempdir().unwrap();
    let store = root.path().join("part.zarr");
    let held = WriterLock::acquire(&store, false, &Cancel::never()).unwrap();
    let interrupt = Interrupt::default();
    let cancel = interrupt.begin();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| WriterLock::acquire(&store, true, &cancel));
        std::thread::sleep(Duration::from_millis(30));
        interrupt.raise();
        assert_eq!(waiting.join().unwrap().unwrap_err().kind(), ErrorKind::Cancelled);

        let waiting = scope.spawn(|| WriterLock::acquire(&store, true, &Cancel::never()));
        std::thread::sleep(Duration::from_millis(30));
        assert!(!waiting.is_finished());
        drop(held);
        waiting.join().unwrap().unwrap();
    });
}

#[test]
fn never_two_at_once_while_lock_files_come_and_go() {
    use std::sync::atomic::{AtomicU32, Ordering};
    let root = tempfile::tempdir().unwrap();
    let store = root.path().join("part.zarr");
    let (inside, taken) = (AtomicU32::new(0), AtomicU32::new(0));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while taken.load(Ordering::SeqCst) < 2000 {
                    match WriterLock::acquire(&store, false, &Cancel::never()) {
                        Ok(_lock) => {
                            assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                            taken.fetch_add(1, Ordering::SeqCst);
                            assert_eq!(inside.fetch_sub(1, Ordering::SeqCst), 1);
                        }
                        Err(e) => assert_eq!(e.kind(), ErrorKind::Busy, "{e}"),
                    }
                }
            });
        }
    });
    assert_eq!(std::fs::read_dir(root.path()).unwrap().count(), 0);
}

#[test]
fn a_lock_of_another_process_holds_until_it_ends_or_is_killed() {
    if let Some(store) = role() {
        let _held = WriterLock::acquire(&store, false, &Cancel::never()).unwrap();
        println!("held");
        let _ = std::io::stdin().read_line(&mut String::new());
        return;
    }
    let root = tempfile::tempdir().unwrap();
    let store = root.path().join("part.zarr");
    for kill in [false, true] {
        let name = "fs::tests::locks::a_lock_of_another_process_holds_until_it_ends_or_is_killed";
        let mut owner = other_process(name, &store);
        wait_for(&mut owner, "held");
        let error = WriterLock::acquire(&store, false, &Cancel::never()).unwrap_err();
        let wanted = format!("part.zarr: open for writing by process {}", owner.id());
        assert!(error.kind() == ErrorKind::Busy && error.message().ends_with(&wanted), "{error}");
        if kill {
            owner.kill().unwrap();
        } else {
            owner.stdin.take().unwrap().write_all(b"\n").unwrap();
        }
        let start = Instant::now();
        WriterLock::acquire(&store, true, &Cancel::never()).unwrap();
        assert!(start.elapsed() < Duration::from_secs(10));
        owner.wait().unwrap();
        assert_eq!(std::fs::read_dir(root.path()).unwrap().count(), 0);
    }
}
