//! Written values as values of a type: every comparison becomes one that loses nothing.
//!
//! A number compared with integers is compared exactly: `x < 2.5` is `x <= 2`, and a bound beyond the type is one nobody
//! reaches. A number compared with floats is first read as a value of their type, as the rules of a schema are, so that
//! `x == 0.1` finds the float32 that was written as 0.1. NaN compares with nothing: of the tests only a negated one holds.

use half::f16;

use super::predicate::{Compare, Literal};

/// A test of values of a type.
#[derive(Clone, Debug, PartialEq)]
pub enum Exact<T> {
    /// None passes.
    Never,
    /// `value <= bound`
    AtMost(T),
    /// `value >= bound`
    AtLeast(T),
    /// `value < bound`, of floats and texts
    Less(T),
    /// `value > bound`, of floats and texts
    Greater(T),
    /// The value is one of these; sorted.
    OneOf(Vec<T>),
}

impl<T: PartialOrd> Exact<T> {
    /// Whether a value passes.
    #[inline]
    pub fn passes(&self, value: &T) -> bool {
        match self {
            Self::Never => false,
            Self::AtMost(bound) => value <= bound,
            Self::AtLeast(bound) => value >= bound,
            Self::Less(bound) => value < bound,
            Self::Greater(bound) => value > bound,
            Self::OneOf(values) if values.len() <= 8 => values.iter().any(|one| one == value),
            Self::OneOf(values) => {
                let at = values.partition_point(|one| one < value);
                values.get(at).is_some_and(|one| one == value)
            }
        }
    }

    /// Whether some value between two bounds may pass, and whether some may not; the bounds themselves exist.
    pub fn within(&self, min: &T, max: &T) -> (bool, bool) {
        match self {
            Self::Never => (false, true),
            Self::AtMost(_) | Self::Less(_) => (self.passes(min), !self.passes(max)),
            Self::AtLeast(_) | Self::Greater(_) => (self.passes(max), !self.passes(min)),
            Self::OneOf(values) => {
                let some = values.iter().any(|one| one >= min && one <= max);
                (some, !(min == max && some))
            }
        }
    }
}

/// A type of elements that numbers are compared with.
pub trait Comparable: Copy + PartialOrd + Sized {
    /// Whether a value may be no number.
    const NAN: bool;
    /// The value that a number is; `None` where the type has none such.
    fn of(number: Number) -> Option<Self>;
    /// A comparison with a number; never [`Compare::Differ`], which is a negated [`Compare::Equal`].
    fn exact(compare: Compare, number: Number) -> Exact<Self>;
}

/// A number that was written down.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// An integer.
    Int(i128),
    /// A finite number.
    Real(f64),
}

impl Number {
    /// The number that a literal is; a bool is one where `bools` says so.
    pub fn of(literal: &Literal, bools: bool) -> Option<Self> {
        match literal {
            Literal::Int(int) => Some(Self::Int(*int)),
            Literal::Real(real) => Some(Self::Real(*real)),
            Literal::Bool(flag) if bools => Some(Self::Int(i128::from(*flag))),
            _ => None,
        }
    }

    /// The largest integer that is not above; a real beyond all integer types stays beyond them.
    fn floor(self) -> i128 {
        match self {
            Self::Int(int) => int,
            Self::Real(real) => real.floor() as i128,
        }
    }

    fn ceil(self) -> i128 {
        match self {
            Self::Int(int) => int,
            Self::Real(real) => real.ceil() as i128,
        }
    }
}

macro_rules! integers {
    ($($t:ty)+) => { $(
        impl Comparable for $t {
            const NAN: bool = false;

            fn of(number: Number) -> Option<Self> {
                let int = number.floor();
                if int == number.ceil() { Self::try_from(int).ok() } else { None }
            }

            fn exact(compare: Compare, number: Number) -> Exact<Self> {
                let at_most = |bound: i128| match Self::try_from(bound.min(i128::from(Self::MAX))) {
                    Ok(bound) => Exact::AtMost(bound),
                    Err(_) => Exact::Never,
                };
                let at_least = |bound: i128| match Self::try_from(bound.max(i128::from(Self::MIN))) {
                    Ok(bound) => Exact::AtLeast(bound),
                    Err(_) => Exact::Never,
                };
                match compare {
                    Compare::Equal | Compare::Differ => {
                        Self::of(number).map_or(Exact::Never, |value| Exact::OneOf(vec![value]))
                    }
                    Compare::Less => at_most(number.ceil().saturating_sub(1)),
                    Compare::AtMost => at_most(number.floor()),
                    Compare::Greater => at_least(number.floor().saturating_add(1)),
                    Compare::AtLeast => at_least(number.ceil()),
                }
            }
        }
    )+ };
}

macro_rules! floats {
    ($($t:ty, $number:ident => $int:expr, $real:expr;)+) => { $(
        impl Comparable for $t {
            const NAN: bool = true;

            fn of(number: Number) -> Option<Self> {
                let value = match number {
                    Number::Int($number) => $int,
                    Number::Real($number) => $real,
                };
                value.is_finite().then_some(value)
            }

            fn exact(compare: Compare, number: Number) -> Exact<Self> {
                let Some(value) = Self::of(number) else {
                    let above = match number {
                        Number::Int(int) => int > 0,
                        Number::Real(real) => real > 0.0,
                    };
                    // Beyond every finite value, and nearer than infinity.
                    return match compare {
                        Compare::Equal | Compare::Differ => Exact::Never,
                        Compare::Less | Compare::AtMost if above => Exact::AtMost(<$t>::MAX),
                        Compare::Less | Compare::AtMost => Exact::AtMost(<$t>::NEG_INFINITY),
                        Compare::Greater | Compare::AtLeast if above => Exact::AtLeast(<$t>::INFINITY),
                        Compare::Greater | Compare::AtLeast => Exact::AtLeast(<$t>::MIN),
                    };
                };
                match compare {
                    Compare::Equal | Compare::Differ => Exact::OneOf(vec![value]),
                    Compare::Less => Exact::Less(value),
                    Compare::AtMost => Exact::AtMost(value),
                    Compare::Greater => Exact::Greater(value),
                    Compare::AtLeast => Exact::AtLeast(value),
                }
            }
        }
    )+ };
}

integers! { i8 i16 i32 i64 u8 u16 u32 u64 }
floats! {
    f16, number => f16::from_f64(number as f64), f16::from_f64(number);
    f32, number => number as f32, number as f32;
    f64, number => number as f64, number;
}

/// A test that a value is one of several numbers.
pub fn one_of<T: Comparable>(numbers: &[Number]) -> Exact<T> {
    let mut values: Vec<T> = numbers.iter().filter_map(|&number| T::of(number)).collect();
    values.sort_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
    values.dedup_by(|a, b| a == b);
    Exact::OneOf(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_compared_exactly_with_any_number() {
        let large = (1i64 << 53) + 1;
        assert!(i64::exact(Compare::Greater, Number::Real((1u64 << 53) as f64)).passes(&large));
        assert!(!i64::exact(Compare::Equal, Number::Real((1u64 << 53) as f64)).passes(&large));
        assert!(i64::exact(Compare::Equal, Number::Int(i128::from(large))).passes(&large));
        assert_eq!(i32::exact(Compare::Less, Number::Real(2.5)), Exact::AtMost(2));
        assert_eq!(i32::exact(Compare::Less, Number::Int(2)), Exact::AtMost(1));
        assert_eq!(i32::exact(Compare::AtLeast, Number::Real(-2.5)), Exact::AtLeast(-2));
        assert_eq!(u8::exact(Compare::Greater, Number::Int(-5)), Exact::AtLeast(0));
        assert_eq!(u8::exact(Compare::Greater, Number::Int(255)), Exact::Never);
        assert_eq!(u8::exact(Compare::Less, Number::Real(1e300)), Exact::AtMost(255));
        assert_eq!(u64::exact(Compare::AtMost, Number::Int(i128::MAX)), Exact::AtMost(u64::MAX));
        assert_eq!(i8::exact(Compare::Equal, Number::Real(0.5)), Exact::Never);
    }

    #[test]
    fn floats_read_a_number_as_their_own() {
        assert!(f32::exact(Compare::Equal, Number::Real(0.1)).passes(&0.1f32));
        assert!(!f32::exact(Compare::Less, Number::Real(0.1)).passes(&0.1f32));
        let huge = f16::exact(Compare::Less, Number::Int(1 << 20));
        assert!(huge.passes(&f16::MAX) && huge.passes(&f16::NEG_INFINITY));
        assert!(!huge.passes(&f16::INFINITY) && !huge.passes(&f16::NAN));
        let beyond = f16::exact(Compare::Greater, Number::Real(1e6));
        assert!(beyond.passes(&f16::INFINITY) && !beyond.passes(&f16::MAX));
        assert!(f16::exact(Compare::AtMost, Number::Real(-1e6)).passes(&f16::NEG_INFINITY));
        assert_eq!(f32::exact(Compare::Equal, Number::Real(1e300)), Exact::Never);
    }
}
