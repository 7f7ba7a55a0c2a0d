//! What the model does to the elements of an array: one element at a time, by its index.

use datastorage::{Array, DType};

/// The places, in row-major order, of the elements of a box.
fn places(shape: &[u64], offset: &[u64], size: &[u64]) -> Vec<usize> {
    let count: u64 = size.iter().product();
    let mut out = Vec::with_capacity(count as usize);
    for number in 0..count {
        let (mut rest, mut place, mut step) = (number, 0, 1);
        for d in (0..shape.len()).rev() {
            place += (offset[d] + rest % size[d]) * step;
            rest /= size[d];
            step *= shape[d];
        }
        out.push(place as usize);
    }
    out
}

/// Whether a box is inside an array.
pub fn inside(shape: &[u64], offset: &[u64], size: &[u64]) -> bool {
    offset.len() == shape.len()
        && size.len() == shape.len()
        && (0..shape.len()).all(|d| offset[d].checked_add(size[d]).is_some_and(|end| end <= shape[d]))
}

fn build(dtype: DType, shape: Vec<u64>, bytes: Vec<u8>, strings: Vec<String>) -> Array {
    let array = if dtype == DType::String {
        Array::from_strings(shape, strings)
    } else {
        Array::from_bytes(dtype, shape, bytes)
    };
    array.expect("as many elements as the shape says")
}

/// A box of an array.
pub fn cut(array: &Array, offset: &[u64], size: &[u64]) -> Array {
    let places = places(array.shape(), offset, size);
    let width = array.dtype().size();
    match array.strings() {
        Some(all) => {
            build(DType::String, size.to_vec(), Vec::new(), places.iter().map(|&at| all[at].clone()).collect())
        }
        None => {
            let all = array.bytes().unwrap_or_default();
            let bytes = places.iter().flat_map(|&at| all[at * width..(at + 1) * width].iter().copied()).collect();
            build(array.dtype(), size.to_vec(), bytes, Vec::new())
        }
    }
}

/// An array with a box of it set to another's elements.
pub fn pasted(array: &Array, offset: &[u64], part: &Array) -> Array {
    let places = places(array.shape(), offset, part.shape());
    let width = array.dtype().size();
    match (array.strings(), part.strings()) {
        (Some(all), Some(new)) => {
            let mut all = all.to_vec();
            places.iter().zip(new).for_each(|(&at, text)| all[at].clone_from(text));
            build(DType::String, array.shape().to_vec(), Vec::new(), all)
        }
        _ => {
            let mut all = array.bytes().unwrap_or_default().to_vec();
            let new = part.bytes().unwrap_or_default();
            for (k, &at) in places.iter().enumerate() {
                all[at * width..(at + 1) * width].copy_from_slice(&new[k * width..(k + 1) * width]);
            }
            build(array.dtype(), array.shape().to_vec(), all, Vec::new())
        }
    }
}

/// An array of one element over and over.
pub fn filled(shape: &[u64], fill: &Array) -> Array {
    let count = shape.iter().product::<u64>() as usize;
    let strings = fill.strings().map(|all| vec![all[0].clone(); count]).unwrap_or_default();
    build(fill.dtype(), shape.to_vec(), fill.bytes().unwrap_or_default().repeat(count), strings)
}

/// What is in both shapes stays, what is new is the fill value.
pub fn resized(array: &Array, shape: &[u64], fill: &Array) -> Array {
    let both: Vec<u64> = shape.iter().zip(array.shape()).map(|(a, b)| *a.min(b)).collect();
    let origin = vec![0; both.len()];
    pasted(&filled(shape, fill), &origin, &cut(array, &origin, &both))
}

/// The element that new ones are when nothing else was said.
pub fn zero(dtype: DType) -> Array {
    build(dtype, Vec::new(), vec![0; dtype.size()], vec![String::new()])
}

/// Whether an element is not a number.
fn is_nan(dtype: DType, element: &[u8]) -> bool {
    let part = |bytes: &[u8]| match bytes.len() {
        2 => bytes.try_into().is_ok_and(|b| u16::from_ne_bytes(b) & 0x7fff > 0x7c00),
        4 => bytes.try_into().is_ok_and(|b| f32::from_ne_bytes(b).is_nan()),
        _ => bytes.try_into().is_ok_and(|b| f64::from_ne_bytes(b).is_nan()),
    };
    (dtype.is_float() && part(element)) || (dtype.is_complex() && element.chunks(element.len() / 2).any(part))
}

/// Whether an array holds what is not a number.
pub fn has_nan(array: &Array) -> bool {
    let dtype = array.dtype();
    (dtype.is_float() || dtype.is_complex())
        && array.bytes().unwrap_or_default().chunks(dtype.size()).any(|element| is_nan(dtype, element))
}

/// Whether two arrays are the same to the bit; where `payloads` do not count, all that is not a number is one.
pub fn same(a: &Array, b: &Array, payloads: bool) -> bool {
    if a.dtype() != b.dtype() || a.shape() != b.shape() || a.strings() != b.strings() {
        return false;
    }
    let (left, right) = (a.bytes().unwrap_or_default(), b.bytes().unwrap_or_default());
    let dtype = a.dtype();
    if left == right || payloads || !(dtype.is_float() || dtype.is_complex()) {
        return left == right;
    }
    let part = if dtype.is_complex() { dtype.size() / 2 } else { dtype.size() };
    let real = match part {
        2 => DType::F16,
        4 => DType::F32,
        _ => DType::F64,
    };
    left.len() == right.len()
        && left.chunks(part).zip(right.chunks(part)).all(|(a, b)| a == b || (is_nan(real, a) && is_nan(real, b)))
}

/// A 0-d array as a `fill_value`; `None` where JSON has no text for it that all keep.
pub fn fill_json(fill: &Array) -> Option<serde_json::Value> {
    use serde_json::Value as Json;
    let bytes = fill.bytes().unwrap_or_default();
    let real = |bytes: &[u8]| {
        let value = match bytes.len() {
            4 => f64::from(f32::from_ne_bytes(bytes.try_into().ok()?)),
            _ => f64::from_ne_bytes(bytes.try_into().ok()?),
        };
        serde_json::Number::from_f64(value).map(Json::Number)
    };
    macro_rules! integer {
        ($t:ty) => {
            Some(Json::from(<$t>::from_ne_bytes(bytes.try_into().ok()?)))
        };
    }
    match fill.dtype() {
        DType::Bool => Some(Json::from(bytes == [1])),
        DType::I8 => integer!(i8),
        DType::I16 => integer!(i16),
        DType::I32 => integer!(i32),
        DType::I64 => integer!(i64),
        DType::U8 => integer!(u8),
        DType::U16 => integer!(u16),
        DType::U32 => integer!(u32),
        DType::U64 => integer!(u64),
        DType::F32 | DType::F64 => real(bytes),
        DType::C64 | DType::C128 => {
            Some(Json::Array(bytes.chunks(bytes.len() / 2).map(real).collect::<Option<Vec<_>>>()?))
        }
        DType::String => fill.strings().map(|all| Json::from(all[0].as_str())),
        _ => None,
    }
}
