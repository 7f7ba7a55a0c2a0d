//! Numbers of any data type, compared and converted exactly.
//!
//! [`Number`] holds every element of every numeric type without loss; [`Exact`] says whether a number is a value of a
//! type. The loops over elements are generic in both types, so the enum vanishes after inlining.

use std::cmp::Ordering;

use half::f16;
use num_complex::Complex;
use serde_json::Value as Json;

use crate::value::{DType, Element};

/// A number of any data type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Number {
    Int(i128),
    Real(f64),
    Complex(f64, f64),
}

impl Number {
    /// A JSON number.
    pub fn from_json(json: &Json) -> Option<Self> {
        let number = json.as_number()?;
        let integer = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
        integer.map(Self::Int).or_else(|| number.as_f64().map(Self::Real))
    }

    /// The order of exact values; `None` when one is NaN or has an imaginary part.
    #[inline]
    pub fn compare(self, other: Self) -> Option<Ordering> {
        match (self.real_line()?, other.real_line()?) {
            (Self::Int(a), Self::Int(b)) => Some(a.cmp(&b)),
            (Self::Real(a), Self::Real(b)) => a.partial_cmp(&b),
            (Self::Int(a), Self::Real(b)) => compare_mixed(a, b),
            (Self::Real(a), Self::Int(b)) => compare_mixed(b, a).map(Ordering::reverse),
            (Self::Complex(..), _) | (_, Self::Complex(..)) => None,
        }
    }

    /// The nearest value that a float type can hold; other types leave it as it is.
    pub fn rounded_to(self, dtype: DType) -> Self {
        let round: fn(f64) -> f64 = match dtype {
            DType::F16 => |x| f16::from_f64(x).to_f64(),
            DType::F32 | DType::C64 => |x| f64::from(x as f32),
            DType::F64 | DType::C128 => |x| x,
            _ => return self,
        };
        match self {
            Self::Int(n) => Self::Real(round(n as f64)),
            Self::Real(x) => Self::Real(round(x)),
            Self::Complex(re, im) => Self::Complex(round(re), round(im)),
        }
    }

    #[inline]
    fn real_line(self) -> Option<Self> {
        match self {
            Self::Complex(re, im) => (im == 0.0).then_some(Self::Real(re)),
            real => Some(real),
        }
    }
}

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Int(n) => write!(f, "{n}"),
            Self::Real(x) => write!(f, "{x:?}"),
            Self::Complex(re, im) => write!(f, "{re:?}{im:+?}i"),
        }
    }
}

fn compare_mixed(a: i128, b: f64) -> Option<Ordering> {
    if b.is_nan() {
        return None;
    }
    // Beyond 2^127 the cast saturates; no element is that large, so the sign decides.
    if b.abs() >= 2f64.powi(127) {
        return Some(if b > 0.0 { Ordering::Less } else { Ordering::Greater });
    }
    Some(a.cmp(&(b as i128)).then_with(|| 0.0.partial_cmp(&b.fract()).unwrap_or(Ordering::Equal)))
}

/// The integer a float is, if it is one (negative zero is zero).
#[inline]
fn integral(x: f64) -> Option<i128> {
    let n = x as i128;
    (n as f64 == x).then_some(n)
}

/// An element type whose values become numbers and back without loss.
pub(super) trait Exact: Element {
    fn number(self) -> Number;
    /// The element that is this number, if there is one; NaN is a value of every float type.
    fn exact(number: Number) -> Option<Self>;
    /// The element as a person writes it.
    fn show(self) -> String;
}

macro_rules! integers {
    ($($t:ty),+) => { $(impl Exact for $t {
        #[inline]
        fn number(self) -> Number {
            Number::Int(i128::from(self))
        }
        #[inline]
        fn exact(number: Number) -> Option<Self> {
            match number.real_line()? {
                Number::Int(n) => Self::try_from(n).ok(),
                Number::Real(x) => Self::try_from(integral(x)?).ok(),
                Number::Complex(..) => None,
            }
        }
        fn show(self) -> String {
            self.to_string()
        }
    })+ };
}
integers!(i8, i16, i32, i64, u8, u16, u32, u64);

macro_rules! floats {
    ($($t:ty: $widen:expr, $narrow:expr);+) => { $(impl Exact for $t {
        #[inline]
        fn number(self) -> Number {
            let widen: fn($t) -> f64 = $widen;
            Number::Real(widen(self))
        }
        #[inline]
        fn exact(number: Number) -> Option<Self> {
            let (widen, narrow): (fn($t) -> f64, fn(f64) -> $t) = ($widen, $narrow);
            let wide = match number.real_line()? {
                Number::Int(n) => Some(n as f64).filter(|&x| integral(x) == Some(n))?,
                Number::Real(x) => x,
                Number::Complex(..) => return None,
            };
            let narrowed = narrow(wide);
            (widen(narrowed) == wide || wide.is_nan()).then_some(narrowed)
        }
        fn show(self) -> String {
            format!("{self:?}")
        }
    })+ };
}
floats!(f16: f16::to_f64, f16::from_f64; f32: f64::from, |x| x as f32; f64: |x| x, |x| x);

macro_rules! complexes {
    ($($t:ty),+) => { $(impl Exact for Complex<$t> {
        #[inline]
        fn number(self) -> Number {
            Number::Complex(f64::from(self.re), f64::from(self.im))
        }
        #[inline]
        fn exact(number: Number) -> Option<Self> {
            match number {
                Number::Complex(re, im) => {
                    Some(Self::new(<$t>::exact(Number::Real(re))?, <$t>::exact(Number::Real(im))?))
                }
                real => Some(Self::new(<$t>::exact(real)?, 0.0)),
            }
        }
        fn show(self) -> String {
            self.to_string()
        }
    })+ };
}
complexes!(f32, f64);

impl Exact for bool {
    #[inline]
    fn number(self) -> Number {
        Number::Int(i128::from(self))
    }
    #[inline]
    fn exact(number: Number) -> Option<Self> {
        match u8::exact(number)? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
    fn show(self) -> String {
        self.to_string()
    }
}

/// Runs `$body` with `$T` as the Rust type of a data type, or `$string` for strings.
macro_rules! with_element {
    ($dtype:expr, $T:ident => $body:expr, string => $string:expr $(,)?) => {
        with_element!(@ $dtype, $T, $body, $string;
            Bool bool, I8 i8, I16 i16, I32 i32, I64 i64, U8 u8, U16 u16, U32 u32, U64 u64, F16 half::f16, F32 f32,
            F64 f64, C64 num_complex::Complex<f32>, C128 num_complex::Complex<f64>)
    };
    (@ $dtype:expr, $T:ident, $body:expr, $string:expr; $($d:ident $t:ty),+) => {
        match $dtype {
            $($crate::value::DType::$d => { type $T = $t; $body })+
            $crate::value::DType::String => $string,
        }
    };
}
pub(super) use with_element;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_and_floats_compare_by_their_exact_values() {
        let big = (1i128 << 53) + 1;
        assert_eq!(Number::Int(big).compare(Number::Real((1u64 << 53) as f64)), Some(Ordering::Greater));
        assert_eq!(Number::Real(0.5).compare(Number::Int(0)), Some(Ordering::Greater));
        assert_eq!(Number::Real(-0.5).compare(Number::Int(0)), Some(Ordering::Less));
        assert_eq!(Number::Int(5).compare(Number::Real(f64::INFINITY)), Some(Ordering::Less));
        assert_eq!(Number::Int(5).compare(Number::Real(-1e300)), Some(Ordering::Greater));
        assert_eq!(Number::Int(5).compare(Number::Real(f64::NAN)), None);
        assert_eq!(Number::Complex(2.0, 0.0).compare(Number::Int(2)), Some(Ordering::Equal));
        assert_eq!(Number::Complex(2.0, 1.0).compare(Number::Int(2)), None);
    }

    #[test]
    fn a_number_is_a_value_of_a_type_only_when_nothing_is_lost() {
        assert_eq!(f32::exact(Number::Real(1.5)), Some(1.5));
        assert_eq!(f32::exact(Number::Real(2.3)), None);
        assert_eq!(f32::exact(Number::Real(1e300)), None);
        assert_eq!(f32::exact(Number::Int((1 << 24) + 1)), None);
        assert_eq!(f64::exact(Number::Int((1 << 53) + 1)), None);
        assert!(f32::exact(Number::Real(f64::NAN)).is_some_and(f32::is_nan));
        assert_eq!(f16::exact(Number::Int(65504)), Some(f16::MAX));
        assert_eq!(f16::exact(Number::Int(65520)), None);
        assert_eq!(u8::exact(Number::Int(256)), None);
        assert_eq!(i64::exact(Number::Real(2f64.powi(63))), None);
        assert_eq!(i64::exact(Number::Real(-2f64.powi(63))), Some(i64::MIN));
        for lost in [0.5, f64::NAN, f64::INFINITY, -1e300] {
            assert_eq!(i32::exact(Number::Real(lost)), None);
        }
        assert_eq!(bool::exact(Number::Int(2)), None);
        assert_eq!(f32::exact(Number::Complex(1.0, 1.0)), None);
        assert_eq!(Complex::<f32>::exact(Number::Int(3)), Some(Complex::new(3.0, 0.0)));
    }
}
