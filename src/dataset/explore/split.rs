//! Splits of the files into subsets such as train, validation and test, and the subsets that the infoset keeps.

use std::collections::{HashMap, HashSet};
use std::sync::PoisonError;

use arrow_array::Array;
use arrow_array::cast::AsArray;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::Dataset;
use super::bins::Bins;
use super::stratify::{Item, stratify};
use super::tally::Values;
use crate::dataset::publish;
use crate::dataset::tables::{ColumnType, rewrite};
use crate::error::{Result, err};
use crate::op::{Cancel, Op};
use crate::options::Lock;

/// Subsets of one split at most.
const MAX_SUBSETS: usize = 64;

/// How files are split.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SplitOptions {
    /// `"key"`: whose values the subsets should have in like proportions, as in [`Dataset::distribution`]. Without one the
    /// files are only shuffled.
    #[serde(default)]
    pub key: String,
    /// `"group"` of the key; by default the key is a column of the infoset.
    #[serde(default)]
    pub group: String,
    /// `"fractions"`: names of the subsets, each with its part of the files; together they are 1. By default
    /// `[["train", 0.7], ["validation", 0.15], ["test", 0.15]]`.
    #[serde(default = "usual_fractions")]
    pub fractions: Vec<(String, f64)>,
    /// `"bins"`: the labels that values become; by default each distinct value, or ten bins of equal width for floats.
    #[serde(default)]
    pub bins: Option<Bins>,
    /// `"seed"`: another one gives another split.
    #[serde(default)]
    pub seed: u64,
    /// `"save"`: whether the infoset keeps it.
    #[serde(default)]
    pub save: bool,
}

impl Default for SplitOptions {
    fn default() -> Self {
        Self {
            key: String::new(),
            group: String::new(),
            fractions: usual_fractions(),
            bins: None,
            seed: 0,
            save: false,
        }
    }
}

fn usual_fractions() -> Vec<(String, f64)> {
    [("train", 0.7), ("validation", 0.15), ("test", 0.15)].map(|(name, part)| (name.to_owned(), part)).to_vec()
}

/// A split: every file is in one subset.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Split {
    /// The subsets with the codes of their files, rising.
    pub subsets: Vec<(String, Vec<i64>)>,
    /// The labels, as in [`Membership`](super::Membership).
    pub labels: Vec<Json>,
    /// For each label, the files of each subset that have it.
    pub counts: Vec<Vec<u64>>,
}

impl Dataset {
    /// Splits the files so that the values of a key have like proportions in all subsets; files of several values count
    /// for each (iterative stratification). The same options give the same split.
    ///
    /// # Errors
    /// `InvalidArgument` (fractions), as [`Dataset::distribution`] and, where it is saved, [`Dataset::save_subsets`].
    pub fn split(&self, op: &Op, options: &SplitOptions) -> Result<Split> {
        check(&options.fractions)?;
        let files = usize::try_from(self.file_count()).map_err(|_| err!(NoMemory, "too many files"))?;
        let mut items: Vec<Item> = (0..files).map(|code| Item { code: code as u64, labels: Vec::new() }).collect();
        let mut labels = Vec::new();
        if !options.key.is_empty() {
            let values = Values::new(self, &options.group, &options.key)?;
            let tally = values.tally(op, &options.bins.clone().unwrap_or_else(|| values.usual_bins()))?;
            for (file, bin, _) in tally.entries {
                if let Some(item) = items.get_mut(file as usize) {
                    item.labels.push(bin);
                }
            }
            items.iter_mut().for_each(|item| {
                item.labels.sort_unstable();
                item.labels.dedup();
            });
            labels = tally.labels;
        }
        let fractions: Vec<f64> = options.fractions.iter().map(|(_, part)| *part).collect();
        let assigned = stratify(&items, labels.len(), &fractions, options.seed);
        let mut subsets: Vec<(String, Vec<i64>)> =
            options.fractions.iter().map(|(name, _)| (name.clone(), Vec::new())).collect();
        let mut counts = vec![vec![0; subsets.len()]; labels.len()];
        for (item, subset) in items.iter().zip(assigned) {
            subsets[subset].1.push(item.code as i64);
            item.labels.iter().for_each(|&label| counts[label as usize][subset] += 1);
        }
        if options.save {
            self.save_subsets(&subsets)?;
        }
        Ok(Split { subsets, labels, counts })
    }

    /// The codes of the files of a subset, rising; `""` are those in none.
    ///
    /// # Errors
    /// `NotFound` when no file is in it, or there is no infoset; `Corrupt`.
    pub fn subset(&self, name: &str) -> Result<Vec<i64>> {
        let infoset = self.infoset()?;
        let subsets = infoset.fixed("subset", ColumnType::Text)?;
        let texts = subsets.as_string_view();
        let of = |row: &usize| if texts.is_null(*row) { name.is_empty() } else { texts.value(*row) == name };
        let codes: Vec<i64> = (0..texts.len()).filter(of).map(|row| row as i64).collect();
        if codes.is_empty() && !name.is_empty() {
            let known: Vec<String> = self.subset_counts()?.keys().map(|name| format!("'{name}'")).collect();
            return Err(err!(NotFound, "subset '{name}': no file is in it, there are [{}]", known.join(", ")));
        }
        Ok(codes)
    }

    /// Writes subsets into the infoset as one change: each named one holds these files and no other, files that lose theirs
    /// are in none, the rest stay where they are.
    ///
    /// # Errors
    /// `InvalidArgument` for a file in two subsets, a code that there is not, or a subset without a name; `NotFound` when
    /// there is no infoset; `Busy` when another process merges into the dataset or saves subsets, unless the option `lock`
    /// says that it is waited for; of the operating system. The infoset is untouched then.
    pub fn save_subsets(&self, subsets: &[(String, Vec<i64>)]) -> Result<()> {
        let _turn = self.saving.lock().unwrap_or_else(PoisonError::into_inner);
        self.infoset()?;
        let _lock = publish::lock(&self.paths, self.lock == Lock::Wait, &Cancel::never())?;
        publish::settle(&self.paths, self.sync)?;
        // Another may have saved subsets since it was opened.
        self.reopen_infoset()?;
        let infoset = self.infoset()?;
        let files = self.file_count();
        let mut given: HashMap<usize, &str> = HashMap::new();
        let mut named = HashSet::new();
        for (name, codes) in subsets {
            if name.is_empty() || !named.insert(name.as_str()) {
                return Err(err!(InvalidArgument, "subset '{name}': a name that is empty or there twice"));
            }
            for &code in codes {
                let row = usize::try_from(code).ok().filter(|&row| (row as u64) < files);
                let row =
                    row.ok_or_else(|| err!(InvalidArgument, "subset '{name}': no file {code}, there are {files}"))?;
                if let Some(other) = given.insert(row, name) {
                    return Err(err!(InvalidArgument, "file {code}: is in the subsets '{other}' and '{name}'"));
                }
            }
        }
        let before = infoset.fixed("subset", ColumnType::Text)?;
        let before = before.as_string_view();
        let texts: Vec<&str> = (0..before.len())
            .map(|row| match given.get(&row) {
                Some(name) => name,
                None if before.is_null(row) || named.contains(before.value(row)) => "",
                None => before.value(row),
            })
            .collect();
        rewrite(infoset.table(), &self.paths.infoset, "subset", &texts, &self.catalog().id, self.sync)?;
        self.reopen_infoset()
    }

    /// The subsets with the number of their files, by name.
    pub(super) fn subset_counts(&self) -> Result<std::collections::BTreeMap<String, u64>> {
        let subsets = self.infoset()?.fixed("subset", ColumnType::Text)?;
        let mut counts = std::collections::BTreeMap::new();
        for name in subsets.as_string_view().iter().flatten().filter(|name| !name.is_empty()) {
            match counts.get_mut(name) {
                Some(count) => *count += 1,
                None => drop(counts.insert(name.to_owned(), 1)),
            }
        }
        Ok(counts)
    }
}

fn check(fractions: &[(String, f64)]) -> Result<()> {
    if fractions.is_empty() || fractions.len() > MAX_SUBSETS {
        return Err(err!(InvalidArgument, "split: {} subsets, wanted are 1 to {MAX_SUBSETS}", fractions.len()));
    }
    let mut names = HashSet::new();
    for (name, part) in fractions {
        if name.is_empty() || !names.insert(name) {
            return Err(err!(InvalidArgument, "split: subset '{name}': a name that is empty or there twice"));
        }
        if !(0.0..=1.0).contains(part) {
            return Err(err!(
                InvalidArgument,
                "split: subset '{name}' is to have {part} of the files, wanted is 0 to 1"
            ));
        }
    }
    let sum: f64 = fractions.iter().map(|(_, part)| part).sum();
    if (sum - 1.0).abs() > 1e-6 {
        return Err(err!(InvalidArgument, "split: the fractions together are {sum}, wanted is 1"));
    }
    Ok(())
}
