//! What stands for datasets in a build without them: types that nothing can be, and functions that say so.
//!
//! The functions of the C ABI are the same in every build, and so are their symbols; here, those that would make a dataset
//! or a plan give `Unsupported`, and no handle of a dataset can exist.

use std::convert::Infallible;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use crate::backend::Object;
use crate::error::{Error, Result, err};
use crate::op::Op;
use crate::options::Options;
use explore::{Bins, Description, Distribution, Membership, Split, SplitOptions, Table};

fn absent() -> Error {
    err!(Unsupported, "datasets are not part of this build")
}

/// A dataset that cannot be.
pub(super) struct Dataset(Infallible);
/// The summary of a merge that cannot be.
pub(super) struct Summary(Infallible);

/// Options are not looked at.
pub(super) struct MergeOptions;

impl MergeOptions {
    pub(super) fn parse(_: &str) -> Result<Self> {
        Err(absent())
    }
}

/// As the real one.
pub(super) struct Planned {
    pub(super) path: PathBuf,
    pub(super) tasks: u64,
}

impl Summary {
    pub(super) fn to_json(&self) -> Json {
        match self.0 {}
    }
}

pub(super) fn merge(_: &Op, _: &[PathBuf], _: &Path, _: &MergeOptions) -> Result<Summary> {
    Err(absent())
}

pub(super) fn plan(_: &Op, _: &[PathBuf], _: &Path, _: &MergeOptions) -> Result<Planned> {
    Err(absent())
}

pub(super) fn run_task(_: &Op, _: &Path, _: u64) -> Result<()> {
    Err(absent())
}

pub(super) fn finish(_: &Op, _: &Path) -> Result<Summary> {
    Err(absent())
}

pub(super) fn abandon(_: &Path) -> Result<()> {
    Err(absent())
}

macro_rules! never {
    ($(fn $name:ident($($argument:ty),*) -> $result:ty;)+) => {
        impl Dataset {
            $(never!(@ $name ($($argument),*) $result);)+
        }
    };
    (@ $name:ident () $result:ty) => {
        pub(super) fn $name(&self) -> $result { match self.0 {} }
    };
    (@ $name:ident ($a:ty) $result:ty) => {
        pub(super) fn $name(&self, _: $a) -> $result { match self.0 {} }
    };
    (@ $name:ident ($a:ty, $b:ty) $result:ty) => {
        pub(super) fn $name(&self, _: $a, _: $b) -> $result { match self.0 {} }
    };
    (@ $name:ident ($a:ty, $b:ty, $c:ty) $result:ty) => {
        pub(super) fn $name(&self, _: $a, _: $b, _: $c) -> $result { match self.0 {} }
    };
    (@ $name:ident ($a:ty, $b:ty, $c:ty, $d:ty) $result:ty) => {
        pub(super) fn $name(&self, _: $a, _: $b, _: $c, _: $d) -> $result { match self.0 {} }
    };
    (@ $name:ident ($a:ty, $b:ty, $c:ty, $d:ty, $e:ty) $result:ty) => {
        pub(super) fn $name(&self, _: $a, _: $b, _: $c, _: $d, _: $e) -> $result { match self.0 {} }
    };
}

never! {
    fn path() -> &Path;
    fn close() -> Result<()>;
    fn describe() -> Result<Json>;
    fn file_name(i64) -> Result<String>;
    fn file_code(&str) -> Result<i64>;
    fn file_rows(&str, i64) -> Result<Range<u64>>;
    fn array_rows(&str, &str, i64) -> Result<Range<u64>>;
    fn files(&Op, Option<&str>, &str) -> Result<Vec<i64>>;
    fn rows(&Op, &str, &str) -> Result<Vec<u64>>;
    fn distribution(&Op, &str, &str, &Bins) -> Result<Distribution>;
    fn membership(&Op, &str, &str, &Bins, bool) -> Result<Membership>;
    fn descriptions(&str) -> Result<Vec<Description>>;
    fn table(&Op, Table, &str) -> Result<Vec<Object>>;
    fn split(&Op, &SplitOptions) -> Result<Split>;
    fn subset(&str) -> Result<Vec<i64>>;
    fn save_subsets(&[(String, Vec<i64>)]) -> Result<()>;
}

impl Dataset {
    pub(super) fn open(_: impl AsRef<Path>, _: &Options) -> Result<Self> {
        Err(absent())
    }
}

pub(super) mod explore {
    //! The arguments and results of what cannot be called.

    use serde::{Deserialize, Serialize};
    use serde_json::Value as Json;

    #[derive(Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub(in crate::ffi) enum Bins {
        Equal(#[expect(dead_code, reason = "no dataset is asked")] u64),
    }

    #[derive(Default, Deserialize)]
    pub(in crate::ffi) struct SplitOptions {}

    pub(in crate::ffi) enum Table {
        Infoset,
        Attribset,
    }

    #[derive(Serialize)]
    pub(in crate::ffi) struct Distribution {}
    #[derive(Serialize)]
    pub(in crate::ffi) struct Description {}
    #[derive(Serialize)]
    pub(in crate::ffi) struct Split {}

    pub(in crate::ffi) struct Membership {
        pub(in crate::ffi) labels: Vec<Json>,
        pub(in crate::ffi) counts: Vec<u32>,
    }
}
