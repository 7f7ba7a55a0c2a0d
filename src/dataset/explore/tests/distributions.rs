//! Distributions and memberships against counts made one by one.

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::super::{Bins, Dataset};
use super::dataset;
use super::fixture::{Part, Spec, spec};
use crate::options::Options;
use crate::value::Array;
use crate::{ErrorKind, Op};

/// A dataset of one array of doubles.
fn of_values(values: &[f64], lengths: &[u64], statistics: bool) -> (tempfile::TempDir, Dataset) {
    let dir = tempfile::tempdir().unwrap();
    let spec = Spec {
        axes: vec![("face", lengths.to_vec())],
        parts: vec![Part { group: "faces", array: "x", axis: "face", data: Array::vector(values) }],
        metadata: lengths.iter().map(|_| json!({})).collect(),
        statistics,
        ..spec()
    };
    let dataset = Dataset::open(spec.write(dir.path()), &Options::default()).unwrap();
    (dir, dataset)
}

/// Counts and files by bin: the last bin closed, NaN and what is outside left out.
fn counted(values: &[f64], lengths: &[u64], edges: &[f64]) -> (Vec<u64>, Vec<Vec<i64>>) {
    let bins = edges.len() - 1;
    let (mut counts, mut codes) = (vec![0; bins], vec![Vec::new(); bins]);
    let files = lengths.iter().enumerate().flat_map(|(file, &rows)| std::iter::repeat_n(file as i64, rows as usize));
    for (&value, file) in values.iter().zip(files) {
        let holds = |bin: &usize| {
            value >= edges[*bin] && (value < edges[bin + 1] || (*bin == bins - 1 && value <= edges[bin + 1]))
        };
        if let Some(bin) = (0..bins).rev().find(holds) {
            counts[bin] += 1;
            if codes[bin].last() != Some(&file) {
                codes[bin].push(file);
            }
        }
    }
    (counts, codes)
}

fn value() -> impl Strategy<Value = f64> {
    prop_oneof![8 => (-20i32..20).prop_map(|n| f64::from(n) / 4.0), 4 => -1e3..1e3f64, 1 => Just(f64::NAN), 1 => Just(-0.0)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]
    #[test]
    fn bins_count_as_numpy_does(values in prop::collection::vec(value(), 0..60), cut in prop::collection::vec(any::<prop::sample::Index>(), 3),
        count in 1u64..12, mut edges in prop::collection::vec(value().prop_filter("", |v| !v.is_nan()), 2..8), statistics in any::<bool>()) {
        let mut at: Vec<u64> = cut.iter().map(|cut| cut.index(values.len() + 1) as u64).collect();
        at.sort_unstable();
        let lengths = [at[0], at[1] - at[0], at[2] - at[1], values.len() as u64 - at[2]];
        edges.sort_by(f64::total_cmp);
        let (_dir, dataset) = of_values(&values, &lengths, statistics);
        for bins in [Bins::Equal(count), Bins::Edges(edges)] {
            let found = dataset.distribution(&Op::quiet(), "faces", "x", &bins).unwrap();
            if let Bins::Equal(count) = bins {
                let numbers = || values.iter().copied().filter(|value| !value.is_nan());
                let (low, high) = (numbers().fold(f64::INFINITY, f64::min), numbers().fold(f64::NEG_INFINITY, f64::max));
                let (low, high) = if low > high { (0.0, 1.0) } else if low == high { (low - 0.5, high + 0.5) } else { (low, high) };
                prop_assert_eq!(found.bin_edges.len() as u64, count + 1);
                prop_assert_eq!((found.bin_edges[0], found.bin_edges[count as usize]), (low, high));
                prop_assert_eq!(found.counts.iter().sum::<u64>(), numbers().count() as u64);
            }
            let (counts, codes) = counted(&values, &lengths, &found.bin_edges);
            prop_assert_eq!(&found.counts, &counts, "{:?}", found.bin_edges);
            prop_assert_eq!(&found.file_id_codes_in_bins, &codes);
            let files: Vec<u64> = codes.iter().map(|codes| codes.len() as u64).collect();
            prop_assert_eq!(&found.file_count, &files);
        }
    }
}

#[test]
fn the_figures_of_numpy_histogram_come_out() {
    // numpy.histogram([1, 2, 1, 4, 4, 3.9], bins=3) and bins=[0, 1, 2, 3].
    let (_dir, dataset) = of_values(&[1.0, 2.0, 1.0, 4.0, 4.0, 3.9], &[2, 0, 4], true);
    let equal = dataset.distribution(&Op::quiet(), "faces", "x", &Bins::Equal(3)).unwrap();
    assert_eq!((equal.bin_edges, equal.counts), (vec![1.0, 2.0, 3.0, 4.0], vec![2, 1, 3]));
    assert_eq!(equal.file_id_codes_in_bins, [vec![0, 2], vec![0], vec![2]]);
    assert_eq!(equal.labels, [json!("[1, 2)"), json!("[2, 3)"), json!("[3, 4]")]);
    let given = dataset.distribution(&Op::quiet(), "faces", "x", &Bins::Edges(vec![0.0, 1.0, 2.0, 3.0])).unwrap();
    assert_eq!(given.counts, [0, 2, 1]);
}

#[test]
fn categories_are_values_or_their_names() {
    let (_dir, dataset) = dataset();
    let op = Op::quiet();
    let of = |group: &str, key: &str, bins: &Bins| dataset.distribution(&op, group, key, bins).unwrap();
    // row * row % 5 is 0, 1, 4, 4, 1 again and again.
    let types = of("faces", "face_types", &Bins::Categories(vec![json!("Cylinder"), json!(0), json!(9)]));
    assert_eq!((types.counts, types.file_count), (vec![16, 8, 0], vec![5, 4, 0]));
    let each = of("faces", "face_types", &Bins::Distinct);
    assert_eq!((each.labels, each.counts), (vec![json!(0), json!(1), json!(4)], vec![8, 16, 16]));
    assert!(each.bin_edges.is_empty());
    let words = of("faces", "face_words", &Bins::Distinct);
    assert_eq!(
        (words.labels, words.counts),
        (vec![json!(""), json!("größe"), json!("hole"), json!("slot")], vec![10; 4])
    );
    let flags = of("faces", "face_flags", &Bins::Categories(vec![json!(true), json!(0)]));
    assert_eq!(flags.counts, [14, 26]);
    let genus = of("faces", "genus", &Bins::Distinct);
    assert_eq!(
        (genus.counts, genus.file_id_codes_in_bins),
        (vec![4, 2, 1], vec![vec![0, 2, 4, 6], vec![1, 5], vec![3]])
    );
    let closed = of("", "closed", &Bins::Distinct);
    assert_eq!((closed.labels, closed.counts), (vec![json!(false), json!(true)], vec![2, 3]));
    let big = of("faces", "face_big", &Bins::Categories(vec![json!((1i64 << 53) + 1)]));
    assert_eq!(big.counts, [1]);
}

#[test]
fn keys_are_arrays_components_and_columns() {
    let (_dir, dataset) = dataset();
    let op = Op::quiet();
    let of = |group: &str, key: &str, bins: Bins| dataset.distribution(&op, group, key, &bins);
    assert_eq!(of("faces", "face_centroids", Bins::Equal(4)).unwrap().counts.iter().sum::<u64>(), 120);
    assert_eq!(of("faces", "face_centroids[1]", Bins::Equal(4)).unwrap().counts.iter().sum::<u64>(), 40);
    assert_eq!(of("faces", "face_areas", Bins::Equal(4)).unwrap().counts.iter().sum::<u64>(), 36);
    for key in ["odd/na me", "`odd/na me`", "file.`odd/na me`"] {
        assert_eq!(of("", key, Bins::Equal(7)).unwrap().counts, [1; 7]);
    }
    assert_eq!(of("faces", "ratio", Bins::Edges(vec![0.0, 0.5, 9.0])).unwrap().counts, [1, 4]);
    for (group, key, bins, message) in [
        ("faces", "colour", Bins::Distinct, "neither group 'faces' nor the infoset has 'colour'"),
        ("faces", "a b", Bins::Distinct, "key 'a b': wanted and, or, or the end, found 'b', at byte 2"),
        ("", "face_areas", Bins::Distinct, "the infoset has no 'face_areas'"),
        ("faces", "face_words", Bins::Equal(3), "face_words: texts have no range, give categories"),
        ("faces", "face_words", Bins::Edges(vec![0.0, 1.0]), "face_words: texts lie between no edges, give categories"),
        ("faces", "face_areas", Bins::Equal(0), "face_areas: 0 bins, wanted are 1 to 65535"),
        ("faces", "face_areas", Bins::Edges(vec![1.0]), "face_areas: 1 edges, wanted are 2 to 65536"),
        ("faces", "face_areas", Bins::Edges(vec![1.0, 0.0]), "face_areas: edge 1 is followed by 0"),
        ("faces", "face_areas", Bins::Edges(vec![1.0, f64::NAN]), "face_areas: edge 1 is followed by NaN"),
        ("faces", "face_types", Bins::Categories(vec![json!([1])]), "face_types: [1] is no value of it"),
        (
            "faces",
            "face_types",
            Bins::Categories(vec![json!(0), json!("Plane")]),
            "face_types: category \"Plane\" is there twice",
        ),
        (
            "faces",
            "face_types",
            Bins::Categories(vec![json!("Sphere")]),
            "no value of face_types is called 'Sphere', known are 'Plane', 'Cylinder', 'Cone'",
        ),
        (
            "nothing",
            "x",
            Bins::Distinct,
            "group 'nothing': the dataset has none of this name, there are [faces, graph]",
        ),
    ] {
        assert_eq!(of(group, key, bins).unwrap_err().message(), message);
    }
    let (_dir, dataset) = of_values(&[1.0, f64::INFINITY], &[2], false);
    let error = dataset.distribution(&op, "faces", "x", &Bins::Equal(3)).unwrap_err();
    assert_eq!(
        (error.kind(), error.message()),
        (ErrorKind::InvalidArgument, "x: the values reach from 1 to inf, give edges")
    );
    let open =
        dataset.distribution(&op, "faces", "x", &Bins::Edges(vec![f64::NEG_INFINITY, 0.0, f64::INFINITY])).unwrap();
    assert_eq!(open.counts, [0, 2]);
}

#[test]
fn bins_are_read_from_json() {
    let read = |text: &str| serde_json::from_str::<Bins>(text);
    assert_eq!(read(r#"{"equal": 3}"#).unwrap(), Bins::Equal(3));
    assert_eq!(read(r#"{"edges": [0, 1.5]}"#).unwrap(), Bins::Edges(vec![0.0, 1.5]));
    assert_eq!(read(r#"{"categories": [1, "a"]}"#).unwrap(), Bins::Categories(vec![json!(1), json!("a")]));
    assert_eq!(read(r#""distinct""#).unwrap(), Bins::Distinct);
    assert!(read(r#"{"equals": 3}"#).is_err());
}

#[test]
fn a_membership_has_a_row_for_every_file() {
    let (_dir, dataset) = dataset();
    let spec = spec();
    let types: Vec<i32> = spec.parts.iter().find(|part| part.array == "face_types").unwrap().data.to_vec().unwrap();
    let files = spec.file_codes("face");
    for as_counts in [true, false] {
        let found = dataset.membership(&Op::quiet(), "faces", "face_types", &Bins::Distinct, as_counts).unwrap();
        assert_eq!(found.labels, [json!(0), json!(1), json!(4)]);
        let mut wanted = vec![0u32; 7 * 3];
        for (row, value) in types.iter().enumerate() {
            let label = found.labels.iter().position(|label| label == &Json::from(*value)).unwrap();
            let cell = &mut wanted[files[row] * 3 + label];
            *cell = if as_counts { *cell + 1 } else { 1 };
        }
        assert_eq!(found.counts, wanted);
        assert_eq!(found.counts[3..6], [0, 0, 0]);
    }
}
