//! Random predicates against an evaluator that looks at one row at a time.

use std::cmp::Ordering;

use proptest::prelude::*;
use serde_json::Value as Json;

use super::super::Dataset;
use super::fixture::{Spec, spec};
use crate::Op;
use crate::options::Options;
use crate::value::DType;

/// What a row has under a name.
#[derive(Clone, Debug)]
enum Cell {
    Missing,
    Int(i128),
    Real(f64),
    Single(f32),
    Flag(bool),
    Text(String),
}

#[derive(Clone, Debug)]
enum Ast {
    And(Vec<Ast>),
    Or(Vec<Ast>),
    Not(Box<Ast>),
    /// A name, a comparison, a value as it is written.
    Compare(&'static str, &'static str, String),
    In(&'static str, Vec<String>, bool),
    Null(&'static str),
    Flag(&'static str),
}

const FACE_NUMBERS: [&str; 4] = ["face_areas", "face_types", "face_sorted", "face_centroids[2]"];
const FILE_NUMBERS: [&str; 4] = ["size", "file.ratio", "genus", "file.file_label"];
const TEXTS: [&str; 3] = ["unit", "face_words", "file.name"];
const FLAGS: [&str; 2] = ["closed", "face_flags"];

fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        (-10i32..45).prop_map(|int| int.to_string()),
        (-40i32..100).prop_map(|half| format!("{:?}", f64::from(half) / 4.0)),
        Just("1e300".to_owned()),
        Just("-170141183460469231731687303715884105727".to_owned()),
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["'mm'", "'inch'", "''", "'größe'", "'slot'", "'part_00003'", "'zz'"])
        .prop_map(str::to_owned)
}

fn leaf() -> impl Strategy<Value = Ast> {
    let numeric = || prop::sample::select([FACE_NUMBERS, FILE_NUMBERS].concat());
    let comparison = || prop::sample::select(vec!["==", "!=", "<", "<=", ">", ">="]);
    prop_oneof![
        5 => (numeric(), comparison(), number()).prop_map(|(name, compare, value)| Ast::Compare(name, compare, value)),
        2 => (prop::sample::select(TEXTS.to_vec()), comparison(), text()).prop_map(|(name, compare, value)| Ast::Compare(name, compare, value)),
        2 => (numeric(), prop::collection::vec(number(), 0..12), any::<bool>()).prop_map(|(name, values, not)| Ast::In(name, values, not)),
        1 => (prop::sample::select(TEXTS.to_vec()), prop::collection::vec(text(), 0..4), any::<bool>()).prop_map(|(name, values, not)| Ast::In(name, values, not)),
        1 => prop::sample::select(vec!["size", "ratio", "closed", "unit", "face_areas", "genus", "face_words"]).prop_map(Ast::Null),
        1 => prop::sample::select(FLAGS.to_vec()).prop_map(Ast::Flag),
    ]
}

fn ast() -> impl Strategy<Value = Ast> {
    leaf().prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Ast::And),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Ast::Or),
            inner.prop_map(|part| Ast::Not(Box::new(part))),
        ]
    })
}

impl Ast {
    fn text(&self) -> String {
        let joined =
            |parts: &[Ast], word: &str| format!("({})", parts.iter().map(Ast::text).collect::<Vec<_>>().join(word));
        match self {
            Self::And(parts) => joined(parts, " and "),
            Self::Or(parts) => joined(parts, " | "),
            Self::Not(part) => format!("not ({})", part.text()),
            Self::Compare(name, compare, value) => format!("{name} {compare} {value}"),
            Self::In(name, values, not) => {
                format!("{name} {}in [{}]", if *not { "not " } else { "" }, values.join(", "))
            }
            Self::Null(name) => format!("{name} is null"),
            Self::Flag(name) => (*name).to_owned(),
        }
    }

    /// Kleene's answer for the row that `cell` looks up names in.
    fn answer(&self, cell: &dyn Fn(&str) -> Cell) -> Option<bool> {
        match self {
            Self::And(parts) => {
                let answers: Vec<_> = parts.iter().map(|part| part.answer(cell)).collect();
                if answers.contains(&Some(false)) {
                    Some(false)
                } else if answers.contains(&None) {
                    None
                } else {
                    Some(true)
                }
            }
            Self::Or(parts) => {
                let answers: Vec<_> = parts.iter().map(|part| part.answer(cell)).collect();
                if answers.contains(&Some(true)) {
                    Some(true)
                } else if answers.contains(&None) {
                    None
                } else {
                    Some(false)
                }
            }
            Self::Not(part) => part.answer(cell).map(|yes| !yes),
            Self::Null(name) => Some(matches!(cell(name), Cell::Missing)),
            Self::Flag(name) => match cell(name) {
                Cell::Flag(flag) => Some(flag),
                _ => None,
            },
            Self::In(name, values, not) => match cell(name) {
                Cell::Missing => None,
                value => Some(values.iter().any(|literal| order(&value, literal) == Some(Ordering::Equal)) != *not),
            },
            Self::Compare(name, compare, literal) => {
                let value = cell(name);
                if matches!(value, Cell::Missing) {
                    return None;
                }
                let order = order(&value, literal);
                Some(match *compare {
                    "==" => order == Some(Ordering::Equal),
                    "!=" => order != Some(Ordering::Equal),
                    "<" => order == Some(Ordering::Less),
                    "<=" => matches!(order, Some(Ordering::Less | Ordering::Equal)),
                    ">" => order == Some(Ordering::Greater),
                    _ => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
                })
            }
        }
    }
}

/// How a value compares with a literal; floats of 32 bits with the nearest of their own.
fn order(cell: &Cell, literal: &str) -> Option<Ordering> {
    if let Cell::Text(text) = cell {
        return Some(text.as_str().cmp(literal.trim_matches('\'')));
    }
    let real: f64 = literal.parse().unwrap();
    match cell {
        // All integers here are small: as doubles they are exact.
        Cell::Int(int) => (*int as f64).partial_cmp(&real),
        Cell::Real(value) => value.partial_cmp(&real),
        // A literal beyond float32 is read as infinite by `as`; no value here is.
        Cell::Single(value) => value.partial_cmp(&(real as f32)),
        _ => None,
    }
}

/// What a row of the faces has under a name.
fn cell(spec: &Spec, row: usize, file: usize, name: &str) -> Cell {
    let name = name.strip_prefix("file.").unwrap_or(name);
    let (array, component) = match name.split_once('[') {
        Some((array, rest)) => (array, rest.trim_end_matches(']').parse().unwrap()),
        None => (name, 0usize),
    };
    if name == "name" {
        return Cell::Text(format!("part_{file:05}"));
    }
    let Some(part) = spec.parts.iter().find(|part| part.array == array) else {
        return match spec.metadata[file].get(name) {
            None | Some(Json::Null) => Cell::Missing,
            Some(Json::Bool(flag)) => Cell::Flag(*flag),
            Some(Json::String(text)) => Cell::Text(text.clone()),
            Some(number) => match number.as_i64() {
                Some(int) => Cell::Int(i128::from(int)),
                None => Cell::Real(number.as_f64().unwrap()),
            },
        };
    };
    let row = if part.axis == "file" { file } else { row };
    let at = row * part.data.shape()[1..].iter().product::<u64>() as usize + component;
    match part.data.dtype() {
        DType::Bool => Cell::Flag(part.data.to_vec::<bool>().unwrap()[at]),
        DType::I32 => Cell::Int(part.data.to_vec::<i32>().unwrap()[at].into()),
        DType::F32 => Cell::Single(part.data.to_vec::<f32>().unwrap()[at]),
        DType::F64 => Cell::Real(part.data.to_vec::<f64>().unwrap()[at]),
        _ => Cell::Text(part.data.strings().unwrap()[at].clone()),
    }
}

fn with_and_without_statistics() -> &'static [(tempfile::TempDir, Dataset); 2] {
    static BOTH: std::sync::OnceLock<[(tempfile::TempDir, Dataset); 2]> = std::sync::OnceLock::new();
    BOTH.get_or_init(|| {
        [true, false].map(|statistics| {
            let dir = tempfile::tempdir().unwrap();
            let path = Spec { statistics, chunk_rows: if statistics { 5 } else { 3 }, ..spec() }.write(dir.path());
            let dataset = Dataset::open(path, &Options::default()).unwrap();
            (dir, dataset)
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]
    #[test]
    fn a_predicate_holds_where_it_holds_row_by_row(ast in ast()) {
        let spec = spec();
        let files = spec.file_codes("face");
        let text = ast.text();
        let wanted: Vec<u64> = (0..files.len())
            .filter(|&row| ast.answer(&|name| cell(&spec, row, files[row], name)) == Some(true))
            .map(|row| row as u64)
            .collect();
        let mut codes: Vec<i64> = wanted.iter().map(|&row| files[row as usize] as i64).collect();
        codes.dedup();
        for (_, dataset) in with_and_without_statistics() {
            prop_assert_eq!(&dataset.rows(&Op::quiet(), "faces", &text).unwrap(), &wanted, "{}", text);
            prop_assert_eq!(&dataset.files(&Op::quiet(), Some("faces"), &text).unwrap(), &codes, "{}", text);
        }
    }
}
