//! The names of a dataset: its files, and the keys of what it keeps beside the merged arrays.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::error::{Result, err};

/// The metadata key of the catalog, and the group of what is not for users.
pub const PRIVATE: &str = "_dataset";
/// The dimension of arrays with one row a file.
pub const FILE: &str = "file";
/// What names of provenance arrays begin with.
pub const PROVENANCE: &str = "file_id_code_";

/// The files of a dataset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// The store: `X.dataset`.
    pub dataset: PathBuf,
    /// One row a file: `X.infoset`.
    pub infoset: PathBuf,
    /// The names of categories: `X.attribset`.
    pub attribset: PathBuf,
    /// What the merge tells of itself: `X.flow`.
    pub flow: PathBuf,
    /// Where a merge works until it is published: `X.dataset.merge`.
    pub work: PathBuf,
}

impl Paths {
    /// The files that belong to a dataset, given its store; a name without `.dataset` gets none added.
    ///
    /// # Errors
    /// `InvalidArgument` for a path that has no file name.
    pub fn of(dataset: &Path) -> Result<Self> {
        let name = dataset.file_name();
        let name = name.ok_or_else(|| err!(InvalidArgument, "{}: no name of a dataset", dataset.display()))?;
        let stem = if dataset.extension().is_some_and(|extension| extension == "dataset") {
            dataset.with_extension("")
        } else {
            dataset.to_owned()
        };
        let with = |path: &Path, suffix: &str| {
            let mut name: OsString = path.as_os_str().to_owned();
            name.push(suffix);
            PathBuf::from(name)
        };
        let mut work = name.to_owned();
        work.push(".merge");
        Ok(Self {
            dataset: dataset.to_owned(),
            infoset: with(&stem, ".infoset"),
            attribset: with(&stem, ".attribset"),
            flow: with(&stem, ".flow"),
            work: dataset.with_file_name(work),
        })
    }
}

/// The name of the provenance array along an axis of a group.
#[must_use]
pub fn provenance(group: &str, axis: &str, is_primary: bool) -> String {
    if is_primary { format!("{PROVENANCE}{group}") } else { format!("{PROVENANCE}{group}_{axis}") }
}

/// The key of the offsets of files along an axis of a group.
#[must_use]
pub fn offsets(group: &str, axis: &str, is_primary: bool) -> String {
    if is_primary { format!("{PRIVATE}/offsets/{group}") } else { format!("{PRIVATE}/offsets/{group}.{axis}") }
}

/// The key of the statistics of an array.
#[must_use]
pub fn statistics(group: &str, array: &str) -> String {
    format!("{PRIVATE}/statistics/{group}/{array}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_a_dataset_share_its_name() {
        let paths = Paths::of(Path::new("d/all.dataset")).unwrap();
        assert_eq!(paths.infoset, Path::new("d/all.infoset"));
        assert_eq!(paths.attribset, Path::new("d/all.attribset"));
        assert_eq!(paths.flow, Path::new("d/all.flow"));
        assert_eq!(paths.work, Path::new("d/all.dataset.merge"));
        let odd = Paths::of(Path::new("v1.2.zarr")).unwrap();
        assert_eq!(odd.infoset, Path::new("v1.2.zarr.infoset"));
        assert!(Paths::of(Path::new("..")).is_err());
    }
}
