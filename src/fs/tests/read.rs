use super::super::{Dir, EntryKind, ReadFile, path_kind};
use crate::error::ErrorKind;

#[test]
fn a_directory_gives_its_files_entries_and_lengths() {
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(root.path().join("group/areas")).unwrap();
    std::fs::write(root.path().join("group/areas/0.0"), b"chunk").unwrap();
    std::fs::write(root.path().join("group/.zgroup"), b"{}").unwrap();

    let dir = Dir::open(root.path()).unwrap();
    let group = dir.open_dir("group").unwrap();
    let kinds = [(".zgroup".to_owned(), EntryKind::File), ("areas".to_owned(), EntryKind::Dir)];
    assert_eq!(group.entries().unwrap(), kinds);
    assert_eq!(dir.read("group/areas/0.0", 100).unwrap(), b"chunk");
    assert_eq!(dir.open_dir("group/areas").unwrap().read("0.0", 5).unwrap(), b"chunk");
    assert_eq!(group.len("areas/0.0").unwrap(), 5);
    assert_eq!(group.try_read("areas/0.1", 100).unwrap(), None);
    assert_eq!(group.try_read(".zgroup/0.1", 100).unwrap(), None);
    assert!(group.try_open_dir("volumes").unwrap().is_none());
    assert_eq!(group.read("areas/0.1", 100).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(path_kind(root.path()).unwrap(), Some(EntryKind::Dir));
    assert_eq!(path_kind(&root.path().join("nothing")).unwrap(), None);
}

#[test]
fn a_read_is_bounded() {
    let root = tempfile::tempdir().unwrap();
    std::fs::write(root.path().join("metadata.json"), vec![b' '; 1000]).unwrap();
    let error = Dir::open(root.path()).unwrap().read("metadata.json", 999).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert!(error.message().ends_with("metadata.json: 1000 bytes, at most 999 are read"), "{error}");

    let huge = std::fs::File::create(root.path().join("huge")).unwrap();
    huge.set_len(1 << 40).unwrap();
    assert_eq!(
        ReadFile::open(&root.path().join("huge")).unwrap().read_all(1 << 30).unwrap_err().kind(),
        ErrorKind::Corrupt
    );
}

#[test]
fn a_file_is_read_by_position() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("part.zarr.data");
    std::fs::write(&path, b"0123456789").unwrap();
    let file = ReadFile::open(&path).unwrap();
    let mut three = [0; 3];
    file.read_exact_at(&mut three, 4).unwrap();
    assert_eq!((&three, file.len()), (b"456", 10));
    for offset in [8, 10, 11, u64::from(u32::MAX)] {
        assert_eq!(file.read_exact_at(&mut three, offset).unwrap_err().kind(), ErrorKind::Corrupt, "{offset}");
    }
    assert_eq!(file.read_all(10).unwrap(), b"0123456789");
    assert_eq!(ReadFile::open(&root.path().join("none")).unwrap_err().kind(), ErrorKind::NotFound);
    assert!(ReadFile::open(root.path()).is_err());
}

#[test]
fn names_that_lead_out_are_refused() {
    let root = tempfile::tempdir().unwrap();
    let store = root.path().join("store");
    std::fs::create_dir_all(store.join("group")).unwrap();
    std::fs::write(root.path().join("secret"), "s").unwrap();
    let dir = Dir::open(&store).unwrap();
    for name in ["../secret", "group/../../secret", "/etc/passwd", "", ".", "group//x", "group/", "..\\secret", "a\0b"]
    {
        assert_eq!(dir.read(name, 100).unwrap_err().kind(), ErrorKind::InvalidArgument, "{name:?}");
        assert_eq!(dir.open_dir(name).unwrap_err().kind(), ErrorKind::InvalidArgument, "{name:?}");
    }
}

#[cfg(unix)]
#[test]
fn links_inside_a_store_are_refused_and_a_linked_store_is_fine() {
    use std::os::unix::fs::symlink;
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(root.path().join("outside")).unwrap();
    std::fs::write(root.path().join("outside/secret"), "s").unwrap();
    let store = root.path().join("store");
    std::fs::create_dir(&store).unwrap();
    symlink("../outside", store.join("dir")).unwrap();
    symlink("../outside/secret", store.join("file")).unwrap();
    symlink("nowhere", store.join("dangling")).unwrap();
    symlink("store", root.path().join("named")).unwrap();

    let dir = Dir::open(&root.path().join("named")).unwrap();
    for name in ["file", "dangling", "dir/secret"] {
        let error = dir.try_read(name, 100).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{name}: {error}");
        assert!(error.message().contains(name.split('/').next().unwrap()), "{error}");
    }
    assert_eq!(dir.try_open_dir("dir").unwrap_err().kind(), ErrorKind::Unsupported);
    assert_eq!(dir.len("file").unwrap_err().kind(), ErrorKind::Unsupported);
    assert_eq!(dir.try_stat("dir").unwrap().unwrap().0, EntryKind::Link);
}

#[cfg(unix)]
#[test]
fn a_pipe_is_refused_at_once() {
    let root = tempfile::tempdir().unwrap();
    let pipe = root.path().join(".zarray");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    assert_eq!(Dir::open(root.path()).unwrap().read(".zarray", 100).unwrap_err().kind(), ErrorKind::Unsupported);
    assert_eq!(ReadFile::open(&pipe).unwrap_err().kind(), ErrorKind::Unsupported);
}
