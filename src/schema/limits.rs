//! The rules of an array or a field that bound its values: `min_value`, `max_value`, `values`, `labels`.
//!
//! [`Limits`] are compiled from the rules where they are needed. The numbers of a rule are read as values of the
//! entry's data type (0.1 in a `float32` entry is the `float32` nearest to 0.1), so that a value always satisfies the
//! rule that was written with it. NaN is neither below nor above a bound (whether it may be saved is the store's `nan`
//! option) and is none of `values`. Labels are names for people; they bound nothing.

use std::cmp::Ordering;
use std::fmt;

use serde_json::Value as Json;

use super::number::{Exact, Number, with_element};
use super::place::{Place, describe, present};
use crate::backend::Object;
use crate::error::{Result, err};
use crate::value::DType;

const MAX_CHOICES: usize = 65_536;

/// Compiled rules.
#[derive(Debug, Default)]
pub(super) struct Limits {
    min: Option<Bound>,
    max: Option<Bound>,
    choices: Option<Choices>,
}

/// A bound as a value of the data type, and as it was written.
#[derive(Clone, Copy, Debug)]
struct Bound {
    value: Number,
    written: Number,
}

impl Bound {
    fn rounded_to(self, dtype: DType) -> Self {
        Self { value: self.value.rounded_to(dtype), ..self }
    }
}

/// The members of `values`, sorted, and as they were written.
#[derive(Debug)]
struct Choices {
    numbers: Vec<Number>,
    texts: Vec<String>,
    written: String,
}

/// A rule that a value breaks; its text completes `schema wants ...`.
#[derive(Debug, PartialEq)]
pub(super) enum Broken<'a> {
    Min(Number),
    Max(Number),
    Choices(&'a str),
}

impl fmt::Display for Broken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Min(bound) => write!(f, "at least {bound} (min_value)"),
            Self::Max(bound) => write!(f, "at most {bound} (max_value)"),
            Self::Choices(written) => write!(f, "one of {written} (values)"),
        }
    }
}

impl Limits {
    /// Reads the rules of an entry of a data type (`None`: any type).
    pub fn read(rules: &Object, dtype: Option<DType>, place: &Place<'_>) -> Result<Self> {
        let min = bound(rules, "min_value", dtype, place)?;
        let max = bound(rules, "max_value", dtype, place)?;
        if let (Some(low), Some(high)) = (min, max)
            && low.written.compare(high.written) == Some(Ordering::Greater)
        {
            return Err(err!(Schema, "{place}: min_value is {}, max_value {}", low.written, high.written));
        }
        let choices = match present(rules, "values") {
            Some(values) => Some(Choices::read(values, dtype, &place.name("values"))?),
            None => None,
        };
        check_labels(rules, &place.name("labels"))?;
        Ok(Self { min, max, choices })
    }

    /// The same limits for data of a type, where the entry leaves the type open.
    pub fn rounded_to(mut self, dtype: DType) -> Self {
        self.min = self.min.map(|min| min.rounded_to(dtype));
        self.max = self.max.map(|max| max.rounded_to(dtype));
        if let Some(choices) = &mut self.choices {
            choices.numbers.iter_mut().for_each(|number| *number = number.rounded_to(dtype));
        }
        self
    }

    /// Whether nothing is bounded.
    pub fn is_empty(&self) -> bool {
        self.min.is_none() && self.max.is_none() && self.choices.is_none()
    }

    /// Whether a bound needs an order, which only integers and real floats have.
    pub fn needs_order(&self) -> bool {
        self.min.is_some() || self.max.is_some()
    }

    /// The rule that a number breaks.
    #[inline]
    pub fn broken_by(&self, number: Number) -> Option<Broken<'_>> {
        if let Some(min) = &self.min
            && number.compare(min.value) == Some(Ordering::Less)
        {
            return Some(Broken::Min(min.written));
        }
        if let Some(max) = &self.max
            && number.compare(max.value) == Some(Ordering::Greater)
        {
            return Some(Broken::Max(max.written));
        }
        let choices = self.choices.as_ref()?;
        let at = choices.numbers.partition_point(|&choice| choice.compare(number) == Some(Ordering::Less));
        let found = choices.numbers.get(at).is_some_and(|choice| choice.compare(number) == Some(Ordering::Equal));
        (!found).then_some(Broken::Choices(&choices.written))
    }

    /// The rule that a text breaks.
    pub fn broken_by_text(&self, text: &str) -> Option<Broken<'_>> {
        let choices = self.choices.as_ref()?;
        let found = choices.texts.binary_search_by(|choice| choice.as_str().cmp(text)).is_ok();
        (!found).then_some(Broken::Choices(&choices.written))
    }
}

/// Limits as one comparison an element, for loops over large arrays.
#[derive(Clone, Copy)]
pub(super) enum Range {
    Int(i128, i128),
    Real(f64, f64),
    /// Neither: every rule is asked.
    Ask,
}

impl Range {
    /// Whether the number breaks a rule of the limits that this range was made from.
    #[inline]
    pub fn excludes(self, number: Number, limits: &Limits) -> bool {
        match (self, number) {
            (Self::Int(low, high), Number::Int(n)) => n < low || n > high,
            (Self::Real(low, high), Number::Real(x)) => x < low || x > high,
            _ => limits.broken_by(number).is_some(),
        }
    }
}

impl Limits {
    /// These limits as a range, where the bounds are of one kind and `values` is not there.
    pub fn range(&self) -> Range {
        let bound = |bound: &Option<Bound>| bound.map(|bound| bound.value);
        match (bound(&self.min), bound(&self.max)) {
            _ if self.choices.is_some() => Range::Ask,
            (Some(Number::Int(low)), Some(Number::Int(high))) => Range::Int(low, high),
            (Some(Number::Int(low)), None) => Range::Int(low, i128::MAX),
            (None, Some(Number::Int(high))) => Range::Int(i128::MIN, high),
            (Some(Number::Real(low)), Some(Number::Real(high))) => Range::Real(low, high),
            (Some(Number::Real(low)), None) => Range::Real(low, f64::INFINITY),
            (None, Some(Number::Real(high))) => Range::Real(f64::NEG_INFINITY, high),
            _ => Range::Ask,
        }
    }
}

impl Choices {
    fn read(values: &Json, dtype: Option<DType>, place: &Place<'_>) -> Result<Self> {
        let list = values.as_array().ok_or_else(|| place.wanted("a list", values))?;
        if list.len() > MAX_CHOICES {
            return Err(err!(Schema, "{place}: has {} members, the limit is {MAX_CHOICES}", list.len()));
        }
        let (mut numbers, mut texts) = (Vec::new(), Vec::new());
        for (index, json) in list.iter().enumerate() {
            match json {
                Json::String(text) if matches!(dtype, None | Some(DType::String)) => texts.push(text.clone()),
                _ => numbers.push(choice(json, dtype, &place.at(index))?),
            }
        }
        numbers.sort_by(|a, b| a.compare(*b).unwrap_or(Ordering::Equal));
        texts.sort();
        let mut shown: Vec<String> = list.iter().take(8).map(describe).collect();
        if list.len() > shown.len() {
            shown.push("...".to_owned());
        }
        Ok(Self { numbers, texts, written: shown.join(", ") })
    }
}

/// A member of `values` that is no text, as a value of the data type.
fn choice(json: &Json, dtype: Option<DType>, place: &Place<'_>) -> Result<Number> {
    let bool_fits = matches!(dtype, None | Some(DType::Bool));
    let number = match json {
        Json::Bool(flag) if bool_fits => Some(flag.number()),
        number => Number::from_json(number),
    };
    let Some(dtype) = dtype else { return number.ok_or_else(|| place.wanted("a number, a text or a bool", json)) };
    let number = number.map(|number| number.rounded_to(dtype));
    let fits = |&number: &Number| with_element!(dtype, T => T::exact(number).is_some(), string => false);
    number.filter(fits).ok_or_else(|| place.wanted(format_args!("a value of {dtype}"), json))
}

fn bound(rules: &Object, name: &str, dtype: Option<DType>, place: &Place<'_>) -> Result<Option<Bound>> {
    let Some(json) = present(rules, name) else { return Ok(None) };
    let here = place.name(name);
    let number = Number::from_json(json).ok_or_else(|| here.wanted("a number", json))?;
    match dtype {
        Some(dtype) if !dtype.is_integer() && !dtype.is_float() => {
            Err(err!(Schema, "{here}: bounds numbers, the data type is {dtype}"))
        }
        Some(dtype) => Ok(Some(Bound { value: number.rounded_to(dtype), written: number })),
        None => Ok(Some(Bound { value: number, written: number })),
    }
}

fn check_labels(rules: &Object, place: &Place<'_>) -> Result<()> {
    let wrong = |json: &Json| !json.is_string();
    match present(rules, "labels") {
        None => Ok(()),
        Some(Json::Array(labels)) => match labels.iter().position(wrong) {
            Some(index) => Err(place.at(index).wanted("a string", labels.get(index).unwrap_or(&Json::Null))),
            None => Ok(()),
        },
        Some(Json::Object(labels)) => match labels.iter().find(|(_, label)| wrong(label)) {
            Some((value, label)) => Err(place.name(value).wanted("a string", label)),
            None => Ok(()),
        },
        Some(other) => Err(place.wanted("a list of strings, or an object of them", other)),
    }
}
