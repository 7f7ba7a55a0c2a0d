//! What kind of values an array or a column holds, as far as bins are concerned.

use arrow_array::ArrayRef;
use arrow_schema::DataType;

use crate::value::DType;

/// Which values there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Integers.
    Int,
    /// Floats of a width in bytes.
    Real(usize),
    /// Bools.
    Bool,
    /// Texts.
    Text,
}

impl Kind {
    /// The kind of an array's elements; `None` for complex numbers.
    pub fn of(dtype: DType) -> Option<Self> {
        match dtype {
            DType::Bool => Some(Self::Bool),
            DType::String => Some(Self::Text),
            float if float.is_float() => Some(Self::Real(float.size())),
            integer if integer.is_integer() => Some(Self::Int),
            _ => None,
        }
    }

    /// The kind of a column's cells.
    pub fn of_column(array: &ArrayRef) -> Self {
        match array.data_type() {
            DataType::Int64 => Self::Int,
            DataType::Float64 => Self::Real(8),
            DataType::Boolean => Self::Bool,
            _ => Self::Text,
        }
    }
}
