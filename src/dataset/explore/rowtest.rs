//! Tests of the elements of an array: the answers of a block of rows, and what they may be as far as statistics tell.

use std::borrow::Cow;
use std::ops::Range;

use bytemuck::AnyBitPattern;
use half::f16;

use super::like::Like;
use super::literal::{Comparable, Exact, Number, one_of};
use super::names::Names;
use super::predicate::{Compare, Literal, Name, Test};
use super::truth::{NO, Possible, YES};
use crate::error::{Result, err};
use crate::value::{Array, DType};

/// A test of the elements of one array. Elements are never missing.
pub trait RowTest: Send + Sync {
    /// The answer of each element.
    ///
    /// # Errors
    /// `Corrupt` when the array has another type.
    fn answers(&self, array: &Array) -> Result<Vec<u8>>;

    /// What the elements of some blocks may answer, given `[min, max]` of each block.
    fn possible(&self, statistics: &Array, blocks: Range<usize>) -> Possible;
}

/// The test of an array of a data type.
///
/// # Errors
/// `InvalidArgument` naming the array and the value that does not go with its type, `Unsupported` for complex numbers.
pub fn row_test(name: &Name, dtype: DType, test: &Test, names: &Names<'_>) -> Result<Box<dyn RowTest>> {
    match dtype {
        DType::Bool => flags(name, test),
        DType::I8 => numeric::<i8>(name, dtype, test, names),
        DType::I16 => numeric::<i16>(name, dtype, test, names),
        DType::I32 => numeric::<i32>(name, dtype, test, names),
        DType::I64 => numeric::<i64>(name, dtype, test, names),
        DType::U8 => numeric::<u8>(name, dtype, test, names),
        DType::U16 => numeric::<u16>(name, dtype, test, names),
        DType::U32 => numeric::<u32>(name, dtype, test, names),
        DType::U64 => numeric::<u64>(name, dtype, test, names),
        DType::F16 => numeric::<f16>(name, dtype, test, &Names::NONE),
        DType::F32 => numeric::<f32>(name, dtype, test, &Names::NONE),
        DType::F64 => numeric::<f64>(name, dtype, test, &Names::NONE),
        DType::String => texts(name, test),
        DType::C64 | DType::C128 => {
            Err(err!(Unsupported, "where: {name} is {dtype}, complex numbers are not compared"))
        }
    }
}

/// The elements of an array of fixed size, as they lie where that is possible.
pub fn elements<T: AnyBitPattern>(array: &Array) -> Result<Cow<'_, [T]>> {
    let bytes = array.bytes().unwrap_or_default();
    if bytes.len() != array.len() * size_of::<T>() {
        return Err(err!(Corrupt, "data is {}, the catalog says otherwise", array.dtype()));
    }
    Ok(match bytemuck::try_cast_slice(bytes) {
        Ok(elements) => Cow::Borrowed(elements),
        Err(_) => Cow::Owned(bytes.chunks_exact(size_of::<T>()).map(bytemuck::pod_read_unaligned).collect()),
    })
}

struct Numbers<T> {
    exact: Exact<T>,
    negated: bool,
}

fn numeric<T: Comparable + AnyBitPattern + Send + Sync>(
    name: &Name,
    dtype: DType,
    test: &Test,
    names: &Names<'_>,
) -> Result<Box<dyn RowTest>> {
    let unfit = |what: &str| err!(InvalidArgument, "where: {name} is {dtype}, {what}");
    let (exact, negated) = match test {
        Test::Null => (Exact::Never, false),
        Test::Truth => return Err(unfit("alone stands a bool only")),
        Test::Like(_) => return Err(unfit("like goes with texts")),
        Test::In(literals) => (one_of(&names.numbers(name, literals)?), false),
        Test::Compare(compare @ (Compare::Equal | Compare::Differ), literal) => {
            let numbers = names.numbers(name, std::slice::from_ref(literal))?;
            (one_of(&numbers), *compare == Compare::Differ)
        }
        Test::Compare(compare, literal) => match Number::of(literal, false) {
            Some(number) => (T::exact(*compare, number), false),
            None => return Err(unfit(&format!("{compare} {literal} does not go with it"))),
        },
    };
    Ok(Box::new(Numbers { exact, negated }))
}

/// Bools are numbers 0 and 1 to a test.
fn flags(name: &Name, test: &Test) -> Result<Box<dyn RowTest>> {
    let unfit = |what: String| err!(InvalidArgument, "where: {name} is bool, {what}");
    let flag = |literal: &Literal| match Number::of(literal, true) {
        Some(Number::Int(int @ (0 | 1))) => Ok(int as u8),
        _ => Err(unfit(format!("{literal} is neither true nor false"))),
    };
    let (values, negated) = match test {
        Test::Null => (Vec::new(), false),
        Test::Truth => (vec![1], false),
        Test::In(literals) => (literals.iter().map(flag).collect::<Result<_>>()?, false),
        Test::Compare(Compare::Equal, literal) => (vec![flag(literal)?], false),
        Test::Compare(Compare::Differ, literal) => (vec![flag(literal)?], true),
        Test::Compare(compare, _) => return Err(unfit(format!("{compare} does not go with it"))),
        Test::Like(_) => return Err(unfit("like goes with texts".to_owned())),
    };
    Ok(Box::new(Numbers::<u8> { exact: Exact::OneOf(values), negated }))
}

impl<T: Comparable + AnyBitPattern + Send + Sync> RowTest for Numbers<T> {
    fn answers(&self, array: &Array) -> Result<Vec<u8>> {
        let elements = elements::<T>(array)?;
        // One loop for each test, so that each is vector code.
        let (no, yes) = if self.negated { (YES, NO) } else { (NO, YES) };
        macro_rules! each {
            ($value:ident, $passes:expr) => {
                elements.iter().map(|$value| if $passes { yes } else { no }).collect()
            };
        }
        Ok(match &self.exact {
            Exact::Never => vec![no; elements.len()],
            Exact::AtMost(bound) => each!(value, value <= bound),
            Exact::AtLeast(bound) => each!(value, value >= bound),
            Exact::Less(bound) => each!(value, value < bound),
            Exact::Greater(bound) => each!(value, value > bound),
            Exact::OneOf(values) => match values.as_slice() {
                [one] => each!(value, value == one),
                _ => each!(value, self.exact.passes(value)),
            },
        })
    }

    fn possible(&self, statistics: &Array, blocks: Range<usize>) -> Possible {
        let Ok(bounds) = elements::<T>(statistics) else { return Possible::either(true, true) };
        let (mut yes, mut no) = (false, false);
        for block in blocks {
            let (Some(min), Some(max)) = (bounds.get(2 * block), bounds.get(2 * block + 1)) else {
                return Possible::either(true, true);
            };
            // Without a value between them there are only values that are no numbers, which pass nothing.
            let (some, others) = if min <= max { self.exact.within(min, max) } else { (false, true) };
            yes |= some;
            no |= others || T::NAN;
        }
        if self.negated { Possible::either(no, yes) } else { Possible::either(yes, no) }
    }
}

struct Texts {
    exact: Exact<String>,
    negated: bool,
}

struct Pattern(Like);

fn texts(name: &Name, test: &Test) -> Result<Box<dyn RowTest>> {
    let unfit = |what: String| err!(InvalidArgument, "where: {name} is string, {what}");
    let text = |literal: &Literal| match literal {
        Literal::Text(text) => Ok(text.clone()),
        other => Err(unfit(format!("{other} is no text"))),
    };
    let (exact, negated) = match test {
        Test::Null => (Exact::Never, false),
        Test::Truth => return Err(unfit("alone stands a bool only".to_owned())),
        Test::Like(pattern) => return Ok(Box::new(Pattern(Like::new(pattern)))),
        Test::In(literals) => {
            let mut values = literals.iter().map(text).collect::<Result<Vec<_>>>()?;
            values.sort();
            (Exact::OneOf(values), false)
        }
        Test::Compare(Compare::Equal, literal) => (Exact::OneOf(vec![text(literal)?]), false),
        Test::Compare(Compare::Differ, literal) => (Exact::OneOf(vec![text(literal)?]), true),
        Test::Compare(Compare::Less, literal) => (Exact::Less(text(literal)?), false),
        Test::Compare(Compare::AtMost, literal) => (Exact::AtMost(text(literal)?), false),
        Test::Compare(Compare::Greater, literal) => (Exact::Greater(text(literal)?), false),
        Test::Compare(Compare::AtLeast, literal) => (Exact::AtLeast(text(literal)?), false),
    };
    Ok(Box::new(Texts { exact, negated }))
}

impl RowTest for Texts {
    fn answers(&self, array: &Array) -> Result<Vec<u8>> {
        let texts = array.strings().ok_or_else(|| err!(Corrupt, "data is {}, wanted string", array.dtype()))?;
        let answer = |text| if self.exact.passes(text) == self.negated { NO } else { YES };
        Ok(texts.iter().map(answer).collect())
    }

    fn possible(&self, _: &Array, _: Range<usize>) -> Possible {
        Possible::either(true, true)
    }
}

impl RowTest for Pattern {
    fn answers(&self, array: &Array) -> Result<Vec<u8>> {
        let texts = array.strings().ok_or_else(|| err!(Corrupt, "data is {}, wanted string", array.dtype()))?;
        Ok(texts.iter().map(|text| if self.0.matches(text) { YES } else { NO }).collect())
    }

    fn possible(&self, _: &Array, _: Range<usize>) -> Possible {
        Possible::either(true, true)
    }
}
