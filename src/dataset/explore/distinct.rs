//! Distinct values in their order, and numbers as doubles.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::bins::MAX_BINS;
use super::rowtest::elements;
use crate::error::{Result, err};
use crate::value::{Array, DType};

/// Numbers as doubles.
///
/// # Errors
/// `Unsupported` for what has no order.
pub fn reals(array: &Array) -> Result<Vec<f64>> {
    macro_rules! each {
        ($t:ty, $value:ident => $real:expr) => {
            elements::<$t>(array)?.iter().map(|&$value| $real).collect()
        };
    }
    Ok(match array.dtype() {
        DType::Bool | DType::U8 => each!(u8, value => f64::from(value)),
        DType::I8 => each!(i8, value => f64::from(value)),
        DType::I16 => each!(i16, value => f64::from(value)),
        DType::I32 => each!(i32, value => f64::from(value)),
        DType::I64 => each!(i64, value => value as f64),
        DType::U16 => each!(u16, value => f64::from(value)),
        DType::U32 => each!(u32, value => f64::from(value)),
        DType::U64 => each!(u64, value => value as f64),
        DType::F16 => each!(half::f16, value => f64::from(value)),
        DType::F32 => each!(f32, value => f64::from(value)),
        DType::F64 => each!(f64, value => value),
        other => return Err(err!(Unsupported, "{other} has no range")),
    })
}

/// A value in its order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Distinct {
    /// An integer or a bool.
    Int(i128),
    /// The bits of a double, ordered as doubles are.
    Real(i64),
    /// A text.
    Text(String),
}

impl Distinct {
    fn real(value: f64) -> Option<Self> {
        let bits = (value + 0.0).to_bits() as i64;
        (!value.is_nan()).then_some(Self::Real(bits ^ (((bits >> 63) as u64) >> 1) as i64))
    }

    /// The value of a cell; `None` where it is missing.
    pub fn of_json(json: &Json) -> Option<Self> {
        match json {
            Json::Bool(flag) => Some(Self::Int(i128::from(*flag))),
            Json::String(text) => Some(Self::Text(text.clone())),
            Json::Number(number) => match number.as_i128() {
                Some(int) => Some(Self::Int(int)),
                None => number.as_f64().and_then(Self::real),
            },
            _ => None,
        }
    }

    /// The values of an array; gives up gathering when they are too many for bins.
    ///
    /// # Errors
    /// `Unsupported` for complex numbers.
    pub fn of_array(array: &Array) -> Result<BTreeSet<Self>> {
        let mut seen = BTreeSet::new();
        macro_rules! ints {
            ($t:ty) => {{
                let mut values = elements::<$t>(array)?.into_owned();
                values.sort_unstable();
                values.dedup();
                seen.extend(values.into_iter().take(MAX_BINS + 1).map(|value| Self::Int(i128::from(value))));
            }};
        }
        match array.dtype() {
            DType::Bool | DType::U8 => ints!(u8),
            DType::I8 => ints!(i8),
            DType::I16 => ints!(i16),
            DType::I32 => ints!(i32),
            DType::I64 => ints!(i64),
            DType::U16 => ints!(u16),
            DType::U32 => ints!(u32),
            DType::U64 => ints!(u64),
            DType::String => {
                for text in array.strings().unwrap_or_default() {
                    if seen.len() > MAX_BINS {
                        break;
                    }
                    seen.insert(Self::Text(text.clone()));
                }
            }
            _ => {
                for value in reals(array)? {
                    if seen.len() > MAX_BINS {
                        break;
                    }
                    seen.extend(Self::real(value));
                }
            }
        }
        Ok(seen)
    }

    /// The value as a label; an integer as a bool where it is one.
    pub fn into_json(self, bools: bool) -> Json {
        match self {
            Self::Int(int) if bools => Json::from(int != 0),
            Self::Int(int) => i64::try_from(int).map_or_else(|_| Json::from(int as u64), Json::from),
            Self::Real(bits) => Json::from(f64::from_bits((bits ^ (((bits >> 63) as u64) >> 1) as i64) as u64)),
            Self::Text(text) => Json::from(text),
        }
    }
}
