//! Cells of decoded columns as JSON.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;
use serde_json::Value as Json;

/// A cell as JSON; a number that is none, and what is missing, is `null`.
pub fn cell(array: &ArrayRef, row: usize) -> Json {
    if array.is_null(row) {
        return Json::Null;
    }
    match array.data_type() {
        DataType::Int64 => Json::from(array.as_primitive::<Int64Type>().value(row)),
        DataType::Float64 => Json::from(array.as_primitive::<Float64Type>().value(row)),
        DataType::Boolean => Json::from(array.as_boolean().value(row)),
        DataType::Utf8View => Json::from(array.as_string_view().value(row)),
        _ => Json::Null,
    }
}
