//! Splits: like proportions, every file once, the same again for the same seed; and subsets in the infoset.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::json;

use super::super::stratify::{Item, stratify};
use super::super::{Bins, Dataset, SplitOptions};
use super::dataset;
use super::fixture::{Part, Spec, spec};
use crate::options::{Integrity, Options};
use crate::value::Array;
use crate::{ErrorKind, Op};

fn fractions() -> impl Strategy<Value = Vec<f64>> {
    prop_oneof![
        Just(vec![0.7, 0.15, 0.15]),
        Just(vec![0.5, 0.5]),
        Just(vec![1.0]),
        Just(vec![0.8, 0.0, 0.2]),
        prop::collection::vec(1u32..20, 2..6).prop_map(|parts| {
            let sum: u32 = parts.iter().sum();
            parts.into_iter().map(|part| f64::from(part) / f64::from(sum)).collect()
        }),
    ]
}

fn items(labels: &[Vec<u32>]) -> Vec<Item> {
    labels.iter().enumerate().map(|(code, labels)| Item { code: code as u64, labels: labels.clone() }).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn one_label_a_file_is_stratified_to_the_file(labels in prop::collection::vec(0u32..9, 1..300), fractions in fractions(), seed in any::<u64>()) {
        let items = items(&labels.iter().map(|&label| vec![label]).collect::<Vec<_>>());
        let assigned = stratify(&items, 9, &fractions, seed);
        for label in 0..9 {
            let count = labels.iter().filter(|&&of| of == label).count();
            for (subset, fraction) in fractions.iter().enumerate() {
                let got = (0..labels.len()).filter(|&at| labels[at] == label && assigned[at] == subset).count() as f64;
                let wanted = count as f64 * fraction;
                prop_assert!((wanted - 1e-6).floor() <= got && got <= (wanted + 1e-6).ceil(), "{got} of {wanted}");
            }
        }
    }

    #[test]
    fn the_order_of_the_files_does_not_matter(labels in prop::collection::vec(prop::collection::btree_set(0u32..6, 0..4), 1..120), fractions in fractions(), seed in any::<u64>(), shuffle in any::<u64>()) {
        let labels: Vec<Vec<u32>> = labels.into_iter().map(|set| set.into_iter().collect()).collect();
        let first = items(&labels);
        let mut second = items(&labels);
        second.sort_by_key(|item| (item.code + 1).wrapping_mul(shuffle | 1));
        let one = stratify(&first, 6, &fractions, seed);
        let two = stratify(&second, 6, &fractions, seed);
        for (item, subset) in second.iter().zip(two) {
            prop_assert_eq!(one[item.code as usize], subset);
        }
    }
}

/// Files with several labels, some rare: for any seed the proportions are those that were asked for.
#[test]
fn several_labels_keep_their_proportions_for_any_seed() {
    let labels: Vec<Vec<u32>> = (0u64..3000)
        .map(|code| {
            let random = |n: u64| (code * 2_654_435_761 + n * 40_503) >> 7;
            let some = (0..8).filter(|&label| random(label + 1) % (2 + label * label) == 0).map(|label| label as u32);
            some.collect()
        })
        .collect();
    let fractions = [0.7, 0.15, 0.15];
    let mut outcomes = BTreeSet::new();
    for seed in 0..20 {
        let assigned = stratify(&items(&labels), 8, &fractions, seed);
        assert_eq!(assigned, stratify(&items(&labels), 8, &fractions, seed));
        for (subset, fraction) in fractions.iter().enumerate() {
            let size = assigned.iter().filter(|&&of| of == subset).count() as f64;
            assert!((size - 3000.0 * fraction).abs() <= 15.0, "seed {seed}: {size} files in subset {subset}");
            for label in 0..8u32 {
                let has = |at: &usize| labels[*at].contains(&label);
                let count = (0..3000).filter(has).count() as f64;
                let got = (0..3000).filter(|at| has(at) && assigned[*at] == subset).count() as f64;
                let slack = (count * 0.02).max(2.0);
                assert!(
                    (got - count * fraction).abs() <= slack,
                    "seed {seed} label {label}: {got} of {count} in {subset}"
                );
            }
        }
        outcomes.insert(assigned);
    }
    assert_eq!(outcomes.len(), 20, "every seed gives another split");
}

/// A label that one file has cannot be divided; many of them together still are.
#[test]
fn labels_of_single_files_do_not_all_fall_to_the_largest_subset() {
    let labels: Vec<Vec<u32>> = (0..200).map(|label| vec![label]).collect();
    for seed in 0..5 {
        let assigned = stratify(&items(&labels), 200, &[0.7, 0.15, 0.15], seed);
        let sizes: Vec<usize> = (0..3).map(|subset| assigned.iter().filter(|&&of| of == subset).count()).collect();
        assert_eq!(sizes, [140, 30, 30], "seed {seed}");
    }
}

fn forty() -> (tempfile::TempDir, Dataset) {
    let dir = tempfile::tempdir().unwrap();
    let spec = Spec {
        axes: vec![("face", vec![2; 40])],
        parts: vec![Part {
            group: "faces",
            array: "kind",
            axis: "face",
            data: Array::vector(&(0..80).map(|row| row / 2 % 4).collect::<Vec<i32>>()),
        }],
        metadata: (0..40).map(|file| json!({"weight": f64::from(file)})).collect(),
        ..spec()
    };
    let dataset = Dataset::open(spec.write(dir.path()), &Options::default()).unwrap();
    (dir, dataset)
}

#[test]
fn a_split_counts_labels_and_is_kept_in_the_infoset() {
    let (dir, dataset) = forty();
    let options = SplitOptions {
        key: "kind".to_owned(),
        group: "faces".to_owned(),
        seed: 7,
        save: true,
        ..SplitOptions::default()
    };
    let split = dataset.split(&Op::quiet(), &options).unwrap();
    assert_eq!(split.labels, [json!(0), json!(1), json!(2), json!(3)]);
    assert_eq!(split.counts.iter().map(|counts| counts[0]).collect::<Vec<_>>(), [7; 4]);
    assert!(split.counts.iter().all(|counts| counts.iter().sum::<u64>() == 10));
    let mut all: Vec<i64> = split.subsets.iter().flat_map(|(_, codes)| codes.clone()).collect();
    all.sort_unstable();
    assert_eq!(all, (0..40).collect::<Vec<_>>());
    let reopened = Dataset::open(dir.path().join("all.dataset"), &Options::default()).unwrap();
    for (name, codes) in &split.subsets {
        assert_eq!(&dataset.subset(name).unwrap(), codes);
        assert_eq!(&reopened.subset(name).unwrap(), codes);
        assert_eq!(&dataset.files(&Op::quiet(), None, &format!("subset == '{name}'")).unwrap(), codes);
    }
    assert_eq!(reopened.subset("").unwrap(), [] as [i64; 0]);
    assert_eq!(dataset.split(&Op::quiet(), &SplitOptions { save: false, ..options }).unwrap(), split);
    let floats = SplitOptions { key: "weight".to_owned(), bins: Some(Bins::Equal(4)), ..SplitOptions::default() };
    assert_eq!(
        dataset.split(&Op::quiet(), &floats).unwrap().counts.iter().map(|counts| counts[0]).collect::<Vec<_>>(),
        [7; 4]
    );
    let plain = dataset.split(&Op::quiet(), &SplitOptions::default()).unwrap();
    assert_eq!(plain.subsets.iter().map(|(_, codes)| codes.len()).collect::<Vec<_>>(), [28, 6, 6]);
}

#[test]
fn subsets_are_changed_by_name_and_the_rest_of_the_infoset_stays() {
    let (dir, dataset) = dataset();
    let path = dir.path().join("all.infoset");
    let before = dataset.table(&Op::quiet(), super::super::Table::Infoset, "").unwrap();
    let saved = |subsets: &[(&str, &[i64])]| {
        let subsets: Vec<_> = subsets.iter().map(|(name, codes)| ((*name).to_owned(), codes.to_vec())).collect();
        dataset.save_subsets(&subsets)
    };
    saved(&[("train", &[0, 1, 2]), ("test", &[6])]).unwrap();
    saved(&[("train", &[2, 3])]).unwrap();
    assert_eq!((dataset.subset("train").unwrap(), dataset.subset("test").unwrap()), (vec![2, 3], vec![6]));
    assert_eq!(dataset.subset("").unwrap(), [0, 1, 4, 5]);
    let bytes = std::fs::read(&path).unwrap();
    for (subsets, message) in [
        (vec![("a", vec![1i64]), ("b", vec![1])], "file 1: is in the subsets 'a' and 'b'"),
        (vec![("a", vec![1, 1])], "file 1: is in the subsets 'a' and 'a'"),
        (vec![("a", vec![7])], "subset 'a': no file 7, there are 7"),
        (vec![("a", vec![-1])], "subset 'a': no file -1, there are 7"),
        (vec![("", vec![1])], "subset '': a name that is empty or there twice"),
        (vec![("a", vec![]), ("a", vec![])], "subset 'a': a name that is empty or there twice"),
    ] {
        let subsets: Vec<_> = subsets.into_iter().map(|(name, codes)| (name.to_owned(), codes)).collect();
        let error = dataset.save_subsets(&subsets).unwrap_err();
        assert_eq!((error.kind(), error.message()), (ErrorKind::InvalidArgument, message));
    }
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
    assert_eq!(
        dataset.subset("nobody").unwrap_err().message(),
        "subset 'nobody': no file is in it, there are ['test', 'train']"
    );
    saved(&[("train", &[]), ("test", &[])]).unwrap();
    assert_eq!(dataset.table(&Op::quiet(), super::super::Table::Infoset, "").unwrap(), before);
    let described = dataset.describe().unwrap()["infoset"]["columns"].clone();
    let reopened =
        Dataset::open(dir.path().join("all.dataset"), &Options { integrity: Integrity::Check, ..Options::default() })
            .unwrap();
    assert_eq!(reopened.describe().unwrap()["infoset"]["columns"], described);
    assert!(described.as_array().unwrap().iter().any(|column| column["scope"] == "categorical"));
}

#[test]
fn fractions_that_are_none_are_refused() {
    let (_dir, dataset) = forty();
    let of = |fractions: &[(&str, f64)]| {
        let fractions = fractions.iter().map(|(name, part)| ((*name).to_owned(), *part)).collect();
        dataset.split(&Op::quiet(), &SplitOptions { fractions, ..SplitOptions::default() }).unwrap_err()
    };
    assert_eq!(of(&[("a", 0.5), ("b", 0.4)]).message(), "split: the fractions together are 0.9, wanted is 1");
    assert_eq!(
        of(&[("a", 1.5), ("b", -0.5)]).message(),
        "split: subset 'a' is to have 1.5 of the files, wanted is 0 to 1"
    );
    assert_eq!(of(&[]).message(), "split: 0 subsets, wanted are 1 to 64");
    assert!(of(&[("a", f64::NAN)]).message().contains("NaN"));
    assert!(of(&[("a", 0.5), ("a", 0.5)]).message().contains("twice"));
    let read = serde_json::from_str::<SplitOptions>(
        r#"{"key": "kind", "group": "faces", "fractions": [["a", 1.0]], "bins": {"equal": 2}, "seed": 3}"#,
    )
    .unwrap();
    assert_eq!(
        (read.fractions, read.bins, read.seed, read.save),
        (vec![("a".to_owned(), 1.0)], Some(Bins::Equal(2)), 3, false)
    );
    assert!(serde_json::from_str::<SplitOptions>(r#"{"keys": "x"}"#).is_err());
}
