//! File names of keys.
//!
//! A key becomes the name the specification gives it: every character but ASCII letters, digits, `-` and `_` turns
//! into `_` (`face/areas` is `face_areas.json`). That cannot be undone and two keys may meet, so the record keeps the
//! key, and the one that comes second gets `-2`, `-3` and so on. Names are distinct without regard to case, and none is
//! `metadata.json` or a device of Windows: a directory may be copied anywhere.

use crate::key::Key;

/// The file of metadata, and of the record.
pub(super) const METADATA: &str = "metadata.json";
/// Says that this library wrote the record into `metadata.json`, so that one without is damaged.
pub(super) const MARK: &str = ".ds_record";
/// What the names of data files end in.
pub(super) const EXTENSION: &str = ".json";

/// A name that is longer is cut; its number keeps it apart.
const MAX_STEM: usize = 120;
/// A committed file that has not got its name yet is `.ds-json-<commit>-<name>`.
const PENDING: &str = ".ds-json-";

/// The name of a new file for a key; `taken` tells, whatever the case of a name.
pub(super) fn file_name(key: &Key, taken: impl Fn(&str) -> bool) -> String {
    let stem: String = key
        .as_str()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '_' })
        .take(MAX_STEM)
        .collect();
    let mut name = format!("{stem}{EXTENSION}");
    let mut number = 2u64;
    while is_reserved(&name) || taken(&name) {
        name = format!("{stem}-{number}{EXTENSION}");
        number += 1;
    }
    name
}

/// The key of a file that another program wrote: its stem.
pub(super) fn key_of(name: &str) -> Option<Key> {
    let stem = name.strip_suffix(EXTENSION)?;
    if stem.contains('/') || name == METADATA {
        return None;
    }
    Key::parse(stem).ok()
}

/// The name of a file until its commit is done.
pub(super) fn pending(commit: u64, name: &str) -> String {
    format!("{PENDING}{commit}-{name}")
}

/// Whether a name is one of [`pending`].
pub(super) fn is_pending(name: &str) -> bool {
    name.starts_with(PENDING)
}

/// Whether a record may name such a file: a plain name in the directory, so that a forged record reaches nothing else.
pub(super) fn is_data_file(name: &str) -> bool {
    name.ends_with(EXTENSION)
        && !name.contains(['/', '\\', ':', '\0'])
        && !name.eq_ignore_ascii_case(METADATA)
        && !name.starts_with('.')
}

fn is_reserved(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    if lower == METADATA || lower == "zarr.json" {
        return true;
    }
    let stem = lower.strip_suffix(EXTENSION).unwrap_or(&lower);
    let numbered = ["com", "lpt"]
        .iter()
        .filter_map(|p| stem.strip_prefix(p))
        .any(|n| n.len() == 1 && n.as_bytes()[0].is_ascii_digit());
    numbered || matches!(stem, "con" | "prn" | "aux" | "nul")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_those_of_the_specification_until_they_collide() {
        let mut taken = BTreeSet::new();
        for (key, want) in [
            ("face_areas", "face_areas.json"),
            ("face/areas", "face_areas-2.json"),
            ("Face.Areas", "Face_Areas-3.json"),
            ("a b/ü", "a_b__.json"),
            ("metadata", "metadata-2.json"),
            ("Metadata", "Metadata-3.json"),
            ("zarr", "zarr-2.json"),
            ("CON", "CON-2.json"),
            ("lpt1", "lpt1-2.json"),
            ("lpt", "lpt.json"),
            ("nul/x", "nul_x.json"),
        ] {
            let name = file_name(&Key::parse(key).unwrap(), |n| taken.contains(&n.to_ascii_lowercase()));
            assert_eq!(name, want);
            assert!(is_data_file(&name) && taken.insert(name.to_ascii_lowercase()));
        }
    }

    #[test]
    fn names_fit_every_file_system() {
        let key = Key::parse(&["x".repeat(200), "y".repeat(200)].join("/")).unwrap();
        let first = file_name(&key, |_| false);
        let second = file_name(&key, |n| n == first);
        assert!(first != second && pending(u64::MAX, &second).len() < 255);
    }

    #[test]
    fn keys_of_foreign_files() {
        assert_eq!(key_of("face_areas.json").unwrap().as_str(), "face_areas");
        for name in ["metadata.json", ".zattrs.json", "x.txt", ".json", ".ds-json-1-a.json"] {
            assert!(key_of(name).is_none(), "{name}");
        }
        for name in ["../a.json", "a/b.json", "metadata.json", "METADATA.json", ".x.json", "c:a.json", "a"] {
            assert!(!is_data_file(name), "{name}");
        }
    }
}
