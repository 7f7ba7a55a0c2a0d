//! Tests of the columns of a table, one kernel each; what is missing answers neither yes nor no.

use arrow_arith::boolean;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType, BooleanArray, PrimitiveArray, StringViewArray};
use arrow_buffer::BooleanBuffer;
use arrow_schema::{ArrowError, DataType};

use super::like::Like;
use super::literal::{Comparable, Exact, Number, one_of};
use super::names::Names;
use super::predicate::{Compare, Literal, Name, Test};
use crate::error::{Error, Result, err};

/// The answer of each row.
///
/// # Errors
/// `InvalidArgument` naming the column and the value that does not go with its type, or a name that is not known.
pub fn test(name: &Name, array: &ArrayRef, test: &Test, names: &Names<'_>) -> Result<BooleanArray> {
    match test {
        Test::Null => boolean::is_null(array).map_err(kernel),
        Test::Truth => match array.as_boolean_opt() {
            Some(flags) => Ok(flags.clone()),
            None => Err(err!(InvalidArgument, "where: {name} is {}, alone stands a bool only", type_name(array))),
        },
        Test::Compare(Compare::Differ, literal) => {
            let equal = self::test(name, array, &Test::Compare(Compare::Equal, literal.clone()), names)?;
            boolean::not(&equal).map_err(kernel)
        }
        Test::Like(pattern) => match array.as_string_view_opt() {
            Some(texts) => {
                let like = Like::new(pattern);
                Ok(BooleanArray::from_unary(texts, |text| like.matches(text)))
            }
            None => Err(err!(InvalidArgument, "where: {name} is {}, like goes with texts", type_name(array))),
        },
        Test::Compare(compare, literal) => compared(name, array, *compare, literal, names),
        Test::In(literals) => one_of_several(name, array, literals, names),
    }
}

fn compared(
    name: &Name,
    array: &ArrayRef,
    compare: Compare,
    literal: &Literal,
    names: &Names<'_>,
) -> Result<BooleanArray> {
    match (array.data_type(), literal) {
        (DataType::Utf8View, Literal::Text(text)) => Ok(compared_texts(compare, array.as_string_view(), text)),
        (DataType::Boolean, Literal::Bool(_) | Literal::Int(0 | 1)) if compare == Compare::Equal => {
            let flags = array.as_boolean();
            match literal {
                Literal::Bool(true) | Literal::Int(1) => Ok(flags.clone()),
                _ => boolean::not(flags).map_err(kernel),
            }
        }
        (DataType::Int64, Literal::Int(_) | Literal::Real(_)) => ordered::<Int64Type>(array, compare, literal),
        (DataType::Float64, Literal::Int(_) | Literal::Real(_)) => ordered::<Float64Type>(array, compare, literal),
        (DataType::Int64, Literal::Text(_)) if compare == Compare::Equal => {
            one_of_several(name, array, std::slice::from_ref(literal), names)
        }
        _ => {
            Err(err!(InvalidArgument, "where: {name} is {}, {compare} {literal} does not go with it", type_name(array)))
        }
    }
}

fn one_of_several(name: &Name, array: &ArrayRef, literals: &[Literal], names: &Names<'_>) -> Result<BooleanArray> {
    match array.data_type() {
        DataType::Int64 => Ok(exact(array.as_primitive::<Int64Type>(), &one_of(&names.numbers(name, literals)?))),
        DataType::Float64 => {
            let numbers = Names::NONE.numbers(name, literals)?;
            Ok(exact(array.as_primitive::<Float64Type>(), &one_of(&numbers)))
        }
        _ => {
            // No row is one of nothing; a row that is missing stays so.
            let mut any = BooleanArray::new(BooleanBuffer::new_unset(array.len()), array.nulls().cloned());
            for literal in literals {
                let next = compared(name, array, Compare::Equal, literal, names)?;
                any = boolean::or_kleene(&any, &next).map_err(kernel)?;
            }
            Ok(any)
        }
    }
}

fn ordered<T: ArrowPrimitiveType>(array: &ArrayRef, compare: Compare, literal: &Literal) -> Result<BooleanArray>
where
    T::Native: Comparable,
{
    let number = Number::of(literal, false).ok_or_else(|| err!(Internal, "{literal} is no number"))?;
    Ok(exact(array.as_primitive::<T>(), &T::Native::exact(compare, number)))
}

/// The answers of an exact test: one loop for each, so that each is vector code.
fn exact<T: ArrowPrimitiveType>(array: &PrimitiveArray<T>, test: &Exact<T::Native>) -> BooleanArray
where
    T::Native: Comparable,
{
    match test {
        Exact::AtMost(bound) => BooleanArray::from_unary(array, |value| value <= *bound),
        Exact::AtLeast(bound) => BooleanArray::from_unary(array, |value| value >= *bound),
        Exact::Less(bound) => BooleanArray::from_unary(array, |value| value < *bound),
        Exact::Greater(bound) => BooleanArray::from_unary(array, |value| value > *bound),
        Exact::OneOf(values) if values.len() == 1 => BooleanArray::from_unary(array, |value| value == values[0]),
        several => BooleanArray::from_unary(array, |value| several.passes(&value)),
    }
}

fn compared_texts(compare: Compare, texts: &StringViewArray, text: &str) -> BooleanArray {
    match compare {
        Compare::Equal => BooleanArray::from_unary(texts, |value| value == text),
        Compare::Differ => BooleanArray::from_unary(texts, |value| value != text),
        Compare::Less => BooleanArray::from_unary(texts, |value| value < text),
        Compare::AtMost => BooleanArray::from_unary(texts, |value| value <= text),
        Compare::Greater => BooleanArray::from_unary(texts, |value| value > text),
        Compare::AtLeast => BooleanArray::from_unary(texts, |value| value >= text),
    }
}

fn type_name(array: &ArrayRef) -> &'static str {
    match array.data_type() {
        DataType::Int64 => "int64",
        DataType::Float64 => "double",
        DataType::Boolean => "bool",
        _ => "string",
    }
}

/// The error of a kernel that was given what it is made for.
pub fn kernel(error: ArrowError) -> Error {
    err!(Internal, "{error}")
}
