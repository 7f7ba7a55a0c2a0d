//! Which parts are merged: the stores that were named, and those in the directories that were named, in the order of
//! their names.

use std::path::{Path, PathBuf};

use crate::error::{Result, err};
use crate::fs::{self, Dir, EntryKind};

/// A part before it was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its name in the table of files.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// The bytes of its file; 0 for a directory.
    pub bytes: u64,
    /// When it was changed last.
    pub modified: u64,
}

/// Endings of stores, the longest first.
const ENDINGS: [&str; 5] = [".zarr.data", ".zarr.zip", ".zarr", ".data", ".zip"];

/// The parts of a merge. A directory that is no store stands for the stores in it: every entry whose name ends in
/// `.zarr`, `.zarr.data` or `.zarr.zip`.
///
/// # Errors
/// `NotFound` for a path with nothing there, `InvalidArgument` when there is no part, or two have one name.
pub fn find(paths: &[PathBuf], exclude: &[PathBuf]) -> Result<Vec<Part>> {
    let mut parts = Vec::with_capacity(paths.len());
    for path in paths {
        if is_folder(path)? {
            for (name, kind) in Dir::open(path)?.entries()? {
                let is_store = ENDINGS[..3].iter().any(|ending| name.len() > ending.len() && name.ends_with(ending));
                if is_store && !name.starts_with('.') && matches!(kind, EntryKind::File | EntryKind::Dir) {
                    parts.push(part(&path.join(name))?);
                }
            }
        } else {
            parts.push(part(path)?);
        }
    }
    parts.retain(|part| !exclude.contains(&part.path));
    if parts.is_empty() {
        return Err(match paths {
            [] => err!(InvalidArgument, "parts: the list is empty"),
            [one] => err!(InvalidArgument, "{}: no part to merge in it", one.display()),
            _ => err!(InvalidArgument, "parts: no part to merge in {} places", paths.len()),
        });
    }
    parts.sort_by(|a, b| a.name.cmp(&b.name));
    if let Some(pair) = parts.windows(2).find(|pair| pair[0].name == pair[1].name) {
        let (one, other) = (pair[0].path.display(), pair[1].path.display());
        return Err(err!(InvalidArgument, "two parts are named '{}': {one} and {other}", pair[0].name));
    }
    Ok(parts)
}

fn part(path: &Path) -> Result<Part> {
    let named = path.file_name().ok_or_else(|| err!(InvalidArgument, "{}: no name of a part", path.display()))?;
    let named = named.to_str().ok_or_else(|| err!(Utf8, "{}: the name is no UTF-8", path.display()))?;
    let stem = ENDINGS.iter().find_map(|ending| named.strip_suffix(ending)).filter(|stem| !stem.is_empty());
    let bytes = match fs::path_kind(path)? {
        Some(EntryKind::File) => fs::ReadFile::open(path)?.len(),
        Some(_) => 0,
        None => return Err(err!(NotFound, "{}: no such part", path.display())),
    };
    let modified = fs::modified(path)?;
    Ok(Part { name: stem.unwrap_or(named).to_owned(), path: fs::absolute(path)?, bytes, modified })
}

/// Whether a path is a directory that is no store.
fn is_folder(path: &Path) -> Result<bool> {
    if fs::path_kind(path)? != Some(EntryKind::Dir) {
        return Ok(false);
    }
    let dir = Dir::open(path)?;
    for name in [".zgroup", ".zarray", "zarr.json", "metadata.json"] {
        if dir.try_stat(name)?.is_some() {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_sorted_and_a_folder_stands_for_what_is_in_it() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["b.zarr.data", "a.zarr", "c.zarr.zip", "notes.txt", ".d.zarr", "all.dataset"] {
            std::fs::write(dir.path().join(name), b"xy").unwrap();
        }
        let names = |parts: Vec<Part>| parts.into_iter().map(|part| part.name).collect::<Vec<_>>();
        let folder = [dir.path().to_owned()];
        assert_eq!(names(find(&folder, &[]).unwrap()), ["a", "b", "c"]);
        assert_eq!(names(find(&folder, &[dir.path().join("b.zarr.data")]).unwrap()), ["a", "c"]);
        let twice = [dir.path().join("a.zarr"), dir.path().join("all.dataset"), dir.path().join("a.zarr")];
        let error = find(&twice, &[]).unwrap_err();
        assert!(error.message().starts_with("two parts are named 'a': "), "{error}");
        assert!(find(&[], &[]).unwrap_err().message().contains("empty"));
        assert!(find(&[dir.path().join("z.zarr")], &[]).unwrap_err().message().contains("no such part"));
    }
}
