//! Bins of values, and into which one a value falls.
//!
//! A bin is half open, `[edge, next edge)`, and the last one closed, as `numpy.histogram` counts; values are taken as
//! doubles there. A category is one value, or one name of an integer. What falls into no bin, and NaN, is not counted.

use std::collections::HashMap;

use arrow_array::ArrayRef;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_schema::DataType;
use half::f16;
use serde::Deserialize;
use serde_json::Value as Json;

use super::kind::Kind;
use super::literal::{Comparable, Number};
use super::names::Names;
use super::predicate::{Literal, Name};
use super::rowtest::elements;
use crate::error::{Result, err};
use crate::value::{Array, DType};

/// The most bins there are.
pub const MAX_BINS: usize = 65_536;
/// No bin.
pub const OUTSIDE: u32 = u32::MAX;

/// How values are gathered: `{"equal": 10}`, `{"edges": [0, 1, 10]}`, `{"categories": [1, "Plane"]}` or `"distinct"`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bins {
    /// So many of equal width, from the least value to the greatest.
    Equal(u64),
    /// Between these edges, which do not fall.
    Edges(Vec<f64>),
    /// One for each of these values: numbers, texts, bools; a text stands for the integers that have this name.
    Categories(Vec<Json>),
    /// One for each value that there is.
    Distinct,
}

impl Default for Bins {
    /// Ten of equal width.
    fn default() -> Self {
        Self::Equal(10)
    }
}

/// Finds the bin of a value.
#[derive(Debug)]
pub enum Binner {
    /// Between edges; whether they have equal distances.
    Edges(Vec<f64>, bool),
    /// Of integers and bools.
    Ints(HashMap<i128, u32>),
    /// Of floats, by the bits of the double, of which zero is the positive one.
    Reals(HashMap<u64, u32>),
    /// Of texts.
    Texts(HashMap<String, u32>),
}

impl Binner {
    /// Bins between edges.
    ///
    /// # Errors
    /// `InvalidArgument` for fewer than two edges, edges that fall or are no numbers, and texts.
    pub fn edges(name: &Name, kind: Kind, edges: &[f64]) -> Result<Self> {
        let wrong = |what: String| err!(InvalidArgument, "{name}: {what}");
        if kind == Kind::Text {
            return Err(wrong("texts lie between no edges, give categories".to_owned()));
        }
        if edges.len() < 2 || edges.len() > MAX_BINS {
            return Err(wrong(format!("{} edges, wanted are 2 to {MAX_BINS}", edges.len())));
        }
        if let Some(pair) = edges.windows(2).find(|pair| pair[0].is_nan() || pair[1].is_nan() || pair[0] > pair[1]) {
            return Err(wrong(format!("edge {} is followed by {}", pair[0], pair[1])));
        }
        Ok(Self::Edges(edges.to_vec(), false))
    }

    /// Bins of equal width between two values.
    ///
    /// # Errors
    /// `InvalidArgument` for no bin, too many, and a range that is not finite.
    pub fn equal(name: &Name, count: u64, (min, max): (f64, f64)) -> Result<Self> {
        if count == 0 || count >= MAX_BINS as u64 {
            return Err(err!(InvalidArgument, "{name}: {count} bins, wanted are 1 to {}", MAX_BINS - 1));
        }
        let (first, last) = if min == max { (min - 0.5, max + 0.5) } else { (min, max) };
        let range = last - first;
        if !range.is_finite() {
            return Err(err!(InvalidArgument, "{name}: the values reach from {min} to {max}, give edges"));
        }
        let step = range / count as f64;
        let mut edges: Vec<f64> = (0..count).map(|index| index as f64 * step + first).collect();
        edges.push(last);
        Ok(Self::Edges(edges, true))
    }

    /// One bin for each category.
    ///
    /// # Errors
    /// `InvalidArgument` for one that is no value of this kind, or that is there twice.
    pub fn categories(name: &Name, kind: Kind, categories: &[Json], names: &Names<'_>) -> Result<Self> {
        if categories.len() > MAX_BINS {
            return Err(err!(InvalidArgument, "{name}: {} categories, the limit is {MAX_BINS}", categories.len()));
        }
        let (mut ints, mut reals, mut texts) = (HashMap::new(), HashMap::new(), HashMap::new());
        for (bin, category) in categories.iter().enumerate() {
            let unfit = || err!(InvalidArgument, "{name}: {category} is no value of it");
            let literal = literal(category).ok_or_else(unfit)?;
            let bin = bin as u32;
            let former = match (kind, &literal) {
                (Kind::Text, Literal::Text(text)) => texts.insert(text.clone(), bin),
                (Kind::Bool, literal) => match Number::of(literal, true) {
                    Some(Number::Int(int @ (0 | 1))) => ints.insert(int, bin),
                    _ => return Err(unfit()),
                },
                (Kind::Int, literal) => {
                    let numbers =
                        names.numbers(name, std::slice::from_ref(literal)).map_err(|e| e.replaced("where: ", ""))?;
                    let exact = numbers.iter().filter_map(|&number| integer(number));
                    exact.fold(None, |former, int| ints.insert(int, bin).or(former))
                }
                (Kind::Real(size), literal) => {
                    let number = Number::of(literal, false).ok_or_else(unfit)?;
                    let value = match size {
                        2 => f16::of(number).map(f64::from),
                        4 => f32::of(number).map(f64::from),
                        _ => f64::of(number),
                    };
                    value.and_then(|value| reals.insert(bits(value), bin))
                }
                _ => return Err(unfit()),
            };
            if former.is_some() {
                return Err(err!(InvalidArgument, "{name}: category {category} is there twice"));
            }
        }
        Ok(match kind {
            Kind::Text => Self::Texts(texts),
            Kind::Real(_) => Self::Reals(reals),
            Kind::Int | Kind::Bool => Self::Ints(ints),
        })
    }

    /// The bins of the elements of an array.
    ///
    /// # Errors
    /// `Corrupt` when the array has another type than it should.
    pub fn of_array(&self, array: &Array) -> Result<Vec<u32>> {
        macro_rules! numbers {
            ($t:ty, $value:ident, $real:expr) => {
                elements::<$t>(array)?.iter().map(|&$value| self.number($real, || i128::from($value))).collect()
            };
        }
        macro_rules! reals {
            ($t:ty) => {
                elements::<$t>(array)?.iter().map(|&value| self.real(f64::from(value))).collect()
            };
        }
        Ok(match array.dtype() {
            DType::Bool | DType::U8 => numbers!(u8, value, f64::from(value)),
            DType::I8 => numbers!(i8, value, f64::from(value)),
            DType::I16 => numbers!(i16, value, f64::from(value)),
            DType::I32 => numbers!(i32, value, f64::from(value)),
            DType::I64 => numbers!(i64, value, value as f64),
            DType::U16 => numbers!(u16, value, f64::from(value)),
            DType::U32 => numbers!(u32, value, f64::from(value)),
            DType::U64 => numbers!(u64, value, value as f64),
            DType::F16 => reals!(f16),
            DType::F32 => reals!(f32),
            DType::F64 => reals!(f64),
            DType::String => array.strings().unwrap_or_default().iter().map(|text| self.text(text)).collect(),
            DType::C64 | DType::C128 => return Err(err!(Unsupported, "complex numbers have no bins")),
        })
    }

    /// The bins of the cells of a column; what is missing has none.
    pub fn of_column(&self, array: &ArrayRef) -> Vec<u32> {
        match array.data_type() {
            DataType::Int64 => {
                let bin = |value: i64| self.number(value as f64, || i128::from(value));
                array.as_primitive::<Int64Type>().iter().map(|value| value.map_or(OUTSIDE, bin)).collect()
            }
            DataType::Float64 => {
                let bin = |value| self.real(value);
                array.as_primitive::<Float64Type>().iter().map(|value| value.map_or(OUTSIDE, bin)).collect()
            }
            DataType::Boolean => {
                let bin = |value| self.number(f64::from(u8::from(value)), || i128::from(value));
                array.as_boolean().iter().map(|value| value.map_or(OUTSIDE, bin)).collect()
            }
            _ => array.as_string_view().iter().map(|text| text.map_or(OUTSIDE, |text| self.text(text))).collect(),
        }
    }

    #[inline]
    fn number(&self, real: f64, int: impl Fn() -> i128) -> u32 {
        match self {
            Self::Ints(bins) => bins.get(&int()).copied().unwrap_or(OUTSIDE),
            _ => self.real(real),
        }
    }

    #[inline]
    fn real(&self, value: f64) -> u32 {
        match self {
            Self::Edges(edges, true) => uniform(edges, value),
            Self::Edges(edges, false) => between(edges, value),
            Self::Reals(bins) => bins.get(&bits(value)).copied().unwrap_or(OUTSIDE),
            Self::Ints(_) | Self::Texts(_) => OUTSIDE,
        }
    }

    fn text(&self, text: &str) -> u32 {
        match self {
            Self::Texts(bins) => bins.get(text).copied().unwrap_or(OUTSIDE),
            _ => OUTSIDE,
        }
    }
}

/// The bin between any edges.
fn between(edges: &[f64], value: f64) -> u32 {
    let (first, last) = (edges[0], edges[edges.len() - 1]);
    if value == last {
        return edges.len() as u32 - 2;
    }
    if !(value >= first && value < last) {
        return OUTSIDE;
    }
    edges.partition_point(|&edge| edge <= value) as u32 - 1
}

/// The bin between edges of equal distances: counted, then set right by the edges themselves.
#[inline]
fn uniform(edges: &[f64], value: f64) -> u32 {
    let count = edges.len() - 1;
    let (first, last) = (edges[0], edges[count]);
    if !(value >= first && value <= last) {
        return OUTSIDE;
    }
    let mut bin = (((value - first) / (last - first)) * count as f64) as usize;
    bin = bin.min(count - 1);
    if value < edges[bin] && bin > 0 {
        bin -= 1;
    } else if value >= edges[bin + 1] && bin != count - 1 {
        bin += 1;
    }
    bin as u32
}

fn literal(json: &Json) -> Option<Literal> {
    match json {
        Json::Bool(flag) => Some(Literal::Bool(*flag)),
        Json::String(text) => Some(Literal::Text(text.clone())),
        Json::Number(number) => match (number.as_i128(), number.as_f64()) {
            (Some(int), _) => Some(Literal::Int(int)),
            (None, real) => real.map(Literal::Real),
        },
        _ => None,
    }
}

fn integer(number: Number) -> Option<i128> {
    match number {
        Number::Int(int) => Some(int),
        Number::Real(real) => (real.fract() == 0.0).then_some(real as i128),
    }
}

/// A key of a double: equal for equal values, no NaN has one that a category has.
fn bits(value: f64) -> u64 {
    (value + 0.0).to_bits()
}
