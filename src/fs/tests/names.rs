use std::path::Path;

use super::super::names::{of_old, old, temporary, windows_refuses};
use super::super::{check_component, clean_stale, is_private};
use super::leftovers;
use crate::error::ErrorKind;

#[test]
fn names_that_windows_cannot_hold_are_known_everywhere() {
    for name in [
        "CON",
        "con",
        "nul.txt",
        "Aux .json",
        "COM1",
        "com¹",
        "LPT9.zarr",
        "CONIN$",
        "dot.",
        "space ",
        "a<b",
        "a:b",
        "a\"b",
        "a|b",
        "a?b",
        "a*b",
        "a\\b",
        "tab\t",
    ] {
        assert!(windows_refuses(name).is_some(), "{name:?}");
    }
    for name in ["CONE", "COM", "COM10", "nulls", "a.b", ".zarray", "0.0", "größe", "com1x"] {
        assert_eq!(windows_refuses(name), None, "{name:?}");
    }
    assert!(windows_refuses(&"x".repeat(256)).is_some());
    assert_eq!(windows_refuses(&"ü".repeat(255)), None);
}

#[test]
fn a_component_is_one_name() {
    for name in ["", ".", "..", "a/b", "a\0b"] {
        let error = check_component(name).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{name:?}");
    }
    assert!(check_component("face_areas").is_ok());
    assert_eq!(check_component("CON").is_ok(), cfg!(unix));
}

#[test]
fn private_names_are_told_from_a_users() {
    let dir = Path::new("store");
    assert_ne!(temporary(dir), temporary(dir));
    assert!(is_private(temporary(dir).file_name().unwrap().to_str().unwrap()));
    let aside = old(Path::new("store/areas"));
    assert_eq!(aside, Path::new("store/.areas.ds-old"));
    assert_eq!(of_old(".areas.ds-old"), Some("areas"));
    for name in [".zgroup", "areas", "areas.ds-old", ".ds-old", "ds-tmp-1"] {
        assert!(!is_private(name), "{name}");
    }
}

#[test]
fn only_what_dead_processes_left_is_removed() {
    let dir = tempfile::tempdir().unwrap();
    let mine = temporary(dir.path());
    std::fs::write(&mine, "being written").unwrap();
    let name = mine.file_name().unwrap().to_str().unwrap();
    let [prefix, _, n] = *name.rsplitn(3, '-').collect::<Vec<_>>().iter().rev().copied().collect::<Vec<_>>() else {
        panic!("{name}")
    };
    // No process has this number: the largest that Linux gives is 2^22.
    let dead = dir.path().join(format!("{prefix}-2000000001-{n}"));
    let dead_dir = dir.path().join(format!("{prefix}-2000000001-{n}9"));
    let elsewhere = dir.path().join(".ds-tmp-00000000-2000000001-1");
    std::fs::write(&dead, "left").unwrap();
    std::fs::create_dir(&dead_dir).unwrap();
    std::fs::write(dead_dir.join("0.0"), "left").unwrap();
    std::fs::write(&elsewhere, "another machine writes this").unwrap();
    std::fs::write(dir.path().join("areas"), "a user's").unwrap();

    assert_eq!(clean_stale(dir.path()).unwrap(), 2);
    assert_eq!(leftovers(dir.path()).len(), 2);
    assert!(mine.exists() && elsewhere.exists() && dir.path().join("areas").exists());

    // A day later the other machine's is taken for left over.
    let yesterday = std::time::SystemTime::now() - std::time::Duration::from_secs(25 * 60 * 60);
    std::fs::File::options().write(true).open(&elsewhere).unwrap().set_modified(yesterday).unwrap();
    assert_eq!(clean_stale(dir.path()).unwrap(), 1);
    assert!(!elsewhere.exists());
}
