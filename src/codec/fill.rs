//! The `fill_value` of a `.zarray`: what a chunk that is not stored reads as.

use base64::Engine;
use half::f16;
use serde_json::Value as Json;

use super::stored::{Kind, StoredType};
use crate::error::{Result, err};
use crate::value::{Array, DType};

/// The element, as a 0-d array, that a JSON value stands for.
///
/// # Errors
/// `InvalidArgument` when it is no value of the data type.
pub(crate) fn element(dtype: DType, value: &Json) -> Result<Array> {
    let element = match (dtype, value) {
        (DType::String, Json::String(text)) => Some(Array::string(text.clone())),
        (dtype, value) => plain(dtype, value).and_then(|bytes| Array::from_bytes(dtype, Vec::new(), bytes).ok()),
    };
    element.ok_or_else(|| err!(InvalidArgument, "fill_value {value} is no value of {dtype}"))
}

/// The JSON value that a 0-d array is in a `.zarray`.
pub(crate) fn to_json(element: &Array) -> Json {
    if let Some(text) = element.strings().and_then(<[String]>::first) {
        return Json::from(text.as_str());
    }
    let bytes = element.bytes().unwrap_or_default();
    macro_rules! number {
        ($t:ty) => {
            bytes.try_into().map(<$t>::from_ne_bytes).map_or(Json::Null, Json::from)
        };
    }
    let real = |value: f64| match value {
        nan if nan.is_nan() => Json::from("NaN"),
        f64::INFINITY => Json::from("Infinity"),
        f64::NEG_INFINITY => Json::from("-Infinity"),
        finite => Json::from(finite),
    };
    let part = |bytes: &[u8]| match bytes.len() {
        2 => bytes.try_into().map_or(Json::Null, |b| real(f16::from_ne_bytes(b).to_f64())),
        4 => bytes.try_into().map_or(Json::Null, |b| real(f32::from_ne_bytes(b).into())),
        _ => bytes.try_into().map_or(Json::Null, |b| real(f64::from_ne_bytes(b))),
    };
    match element.dtype() {
        DType::Bool => Json::from(bytes == [1]),
        DType::I8 => number!(i8),
        DType::I16 => number!(i16),
        DType::I32 => number!(i32),
        DType::I64 => number!(i64),
        DType::U8 => number!(u8),
        DType::U16 => number!(u16),
        DType::U32 => number!(u32),
        DType::U64 => number!(u64),
        DType::C64 | DType::C128 => Json::from(bytes.chunks(bytes.len() / 2).map(part).collect::<Vec<_>>()),
        DType::F16 | DType::F32 | DType::F64 | DType::String => part(bytes),
    }
}

/// The native bytes of one element; `None` for null. Strings have [`string`] instead.
pub(super) fn bytes(stored: &StoredType, value: &Json) -> Result<Option<Vec<u8>>> {
    if value.is_null() {
        return Ok(None);
    }
    let bytes = match stored.kind {
        Kind::Plain(dtype) => plain(dtype, value),
        Kind::Time { .. } => plain(DType::I64, value),
        Kind::Bytes(width) => raw(width, value),
        Kind::Text(_) | Kind::Object => return Err(err!(Internal, "the fill value of strings is a string")),
    };
    bytes.map(Some).ok_or_else(|| wrong(stored, value))
}

/// The string an absent element reads as; `None` for null.
pub(super) fn string(stored: &StoredType, value: &Json) -> Result<Option<String>> {
    match value {
        Json::Null => Ok(None),
        Json::String(text) => Ok(Some(text.clone())),
        // The default of zarr-python 2 for object arrays.
        Json::Number(n) if n.as_i64() == Some(0) => Ok(Some(String::new())),
        _ => Err(wrong(stored, value)),
    }
}

fn wrong(stored: &StoredType, value: &Json) -> crate::Error {
    err!(Corrupt, "fill_value {value} is none of dtype {}", stored.name)
}

fn plain(dtype: DType, value: &Json) -> Option<Vec<u8>> {
    macro_rules! integer {
        ($t:ty) => {
            <$t>::try_from(integer(value)?).ok()?.to_ne_bytes().to_vec()
        };
    }
    Some(match dtype {
        DType::Bool => vec![u8::from(value.as_bool().or_else(|| integer(value).map(|n| n != 0))?)],
        DType::I8 => integer!(i8),
        DType::I16 => integer!(i16),
        DType::I32 => integer!(i32),
        DType::I64 => integer!(i64),
        DType::U8 => integer!(u8),
        DType::U16 => integer!(u16),
        DType::U32 => integer!(u32),
        DType::U64 => integer!(u64),
        DType::F16 => f16::from_f64(float(value)?).to_ne_bytes().to_vec(),
        DType::F32 => (float(value)? as f32).to_ne_bytes().to_vec(),
        DType::F64 => float(value)?.to_ne_bytes().to_vec(),
        DType::C64 | DType::C128 => {
            let part = if dtype == DType::C64 { DType::F32 } else { DType::F64 };
            let zero = Json::from(0.0);
            let (re, im) = match value {
                Json::Array(parts) if parts.len() == 2 => (&parts[0], &parts[1]),
                real => (real, &zero),
            };
            [plain(part, re)?, plain(part, im)?].concat()
        }
        DType::String => return None,
    })
}

/// An integer, also where a writer put `1.0` or `true`.
fn integer(value: &Json) -> Option<i128> {
    let exact = value.as_i64().map(i128::from).or_else(|| value.as_u64().map(i128::from));
    exact.or_else(|| value.as_bool().map(i128::from)).or_else(|| {
        let float = value.as_f64()?;
        (float.fract() == 0.0 && float.abs() < 1e18).then_some(float as i128)
    })
}

fn float(value: &Json) -> Option<f64> {
    match value {
        Json::Number(n) => n.as_f64(),
        Json::String(text) => match text.as_str() {
            "NaN" => Some(f64::NAN),
            "Infinity" => Some(f64::INFINITY),
            "-Infinity" => Some(f64::NEG_INFINITY),
            _ => None,
        },
        _ => None,
    }
}

/// Base64, padded with NUL; 0 is all NUL.
fn raw(width: usize, value: &Json) -> Option<Vec<u8>> {
    let mut bytes = match value {
        Json::String(text) => base64::engine::general_purpose::STANDARD.decode(text).ok()?,
        other if integer(other) == Some(0) => Vec::new(),
        _ => return None,
    };
    if bytes.len() > width {
        return None;
    }
    bytes.resize(width, 0);
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fill_values_read_back_as_they_were_written() {
        for dtype in DType::ALL {
            let zero = Array::zero(dtype);
            assert_eq!(element(dtype, &to_json(&zero)).unwrap(), zero, "{dtype}");
        }
        for (dtype, value) in [
            (DType::I8, json!(-128)),
            (DType::U64, json!(u64::MAX)),
            (DType::Bool, json!(true)),
            (DType::F32, json!(0.5)),
            (DType::F64, json!("-Infinity")),
            (DType::F16, json!("NaN")),
            (DType::C64, json!([1.5, "Infinity"])),
            (DType::String, json!("none")),
        ] {
            assert_eq!(to_json(&element(dtype, &value).unwrap()), value, "{dtype}");
        }
        assert_eq!(to_json(&element(DType::C128, &json!(2)).unwrap()), json!([2.0, 0.0]));
        for (dtype, value) in [
            (DType::I8, json!(128)),
            (DType::U8, json!(-1)),
            (DType::I32, json!(1.5)),
            (DType::F32, json!("many")),
            (DType::F64, json!([1, 2])),
            (DType::String, json!(0)),
            (DType::Bool, json!("true")),
        ] {
            let error = element(dtype, &value).unwrap_err();
            assert!(error.message().contains(&value.to_string()) && error.message().contains(dtype.name()), "{error}");
        }
    }
}
