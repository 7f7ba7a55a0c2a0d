//! A store stays where it was opened, wherever the process goes meanwhile. One test: it changes the working directory.

use datastorage::{Options, Storage};

#[test]
fn a_relative_path_is_resolved_when_a_store_is_opened() {
    let dir = tempfile::tempdir().unwrap();
    let (one, two) = (dir.path().join("one"), dir.path().join("two"));
    std::fs::create_dir(&one).unwrap();
    std::fs::create_dir(&two).unwrap();
    for uri in ["part.zarr", "json:out", "zarr:sub/deep.zarr"] {
        std::env::set_current_dir(&one).unwrap();
        let store = Storage::open(uri, &Options::default()).unwrap();
        store.save("x", 1i32).unwrap();
        std::env::set_current_dir(&two).unwrap();
        let given = uri.trim_start_matches("json:").trim_start_matches("zarr:");
        assert!(store.path("x").unwrap().starts_with(given), "{uri}");
        store.close().unwrap();
        assert_eq!(std::fs::read_dir(&two).unwrap().count(), 0, "{uri}");
        std::env::set_current_dir(&one).unwrap();
        assert_eq!(Storage::open(uri, &Options::default()).unwrap().keys().unwrap(), ["x"]);
    }
    std::env::set_current_dir(dir.path()).unwrap();
}
