//! Any value as JSON, in the form that data files have.

use serde_json::{Map, Value as Json};

use super::{decode, encode};
use crate::error::{Result, err};
use crate::value::{ArrayView, DType, Value};

/// A value as JSON: a group as an object, an array as a nested list, a 0-d one as a scalar, complex numbers as
/// `{"real", "imag", "_numpy_complex"}`, bytes as a list of integers, what JSON has no number for as `"NaN"`,
/// `"Infinity"`, `"-Infinity"`.
///
/// # Errors
/// `Unsupported` for an array of more than 64 dimensions.
pub fn value_to_json(value: &Value) -> Result<Json> {
    match value {
        Value::Json(json) => Ok(json.clone()),
        Value::Array(array) => view_to_json(&array.view()),
        Value::Bytes(bytes) => view_to_json(&ArrayView::from_bytes(DType::U8, &[bytes.len() as u64], bytes)?),
        Value::Group(children) => {
            let mut object = Map::with_capacity(children.len());
            for (name, child) in children {
                object.insert(name.clone(), value_to_json(child).map_err(|e| e.context(name))?);
            }
            Ok(Json::Object(object))
        }
    }
}

// By way of the text, so that numbers are the same as in a file: an f32 of 0.1 is 0.1, not 0.10000000149.
fn view_to_json(view: &ArrayView<'_>) -> Result<Json> {
    let dimensions = view.shape().len();
    if dimensions > encode::MAX_NESTING {
        return Err(err!(Unsupported, "{dimensions} dimensions, JSON is written up to {}", encode::MAX_NESTING));
    }
    let mut text = Vec::new();
    encode::array(&mut text, view)?;
    decode::json(&text, &[])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Array;
    use num_complex::Complex;
    use serde_json::json;

    #[test]
    fn values_are_as_in_a_data_file() {
        let value: Value = [
            ("areas", Value::from(vec![0.1f32, f32::NAN])),
            ("ids", Value::Array(Array::from_slice(&[2, 2], &[1u64, 2, 3, u64::MAX]).unwrap())),
            ("z", Value::from(Complex::new(1.0f64, f64::NEG_INFINITY))),
            ("blob", Value::Bytes(vec![0, 255])),
            ("name", Value::from("x\0")),
            ("empty", Value::Array(Array::from_slice::<u8>(&[2, 0], &[]).unwrap())),
            ("inner", [("kept", Value::Json(json!([1, null])))].into_iter().collect()),
        ]
        .into_iter()
        .collect();
        let want = json!({"areas": [0.1, "NaN"], "ids": [[1, 2], [3, u64::MAX]],
            "z": {"real": 1.0, "imag": "-Infinity", "_numpy_complex": true}, "blob": [0, 255], "name": "x\0",
            "empty": [[], []], "inner": {"kept": [1, null]}});
        assert_eq!(value_to_json(&value).unwrap(), want);
        let deep = Array::from_slice(&[1; 65], &[1u8]).unwrap();
        assert_eq!(value_to_json(&deep.into()).unwrap_err().kind(), crate::ErrorKind::Unsupported);
    }
}
