//! How a column of a Parquet file stores what it is, as far as it is read.

use arrow_schema::DataType;
use parquet::basic::{ConvertedType, LogicalType, Repetition, Type as Physical};
use parquet::schema::types::Type;

use super::read::ColumnType;

/// The values as they are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    Int32,
    UInt32,
    Int64,
    UInt64,
    Float,
    Double,
    Bool,
    Text,
}

impl Stored {
    /// What a column stores, and what Arrow says it is where somebody wrote that down; `None` for what is not read.
    pub fn of(column: &Type, arrow: Option<&DataType>) -> Option<Self> {
        let info = column.get_basic_info();
        if !column.is_primitive() || (info.has_repetition() && info.repetition() == Repetition::REPEATED) {
            return None;
        }
        let (logical, converted) = (info.logical_type_ref(), info.converted_type());
        let temporal = arrow.is_some_and(DataType::is_temporal);
        match column.get_physical_type() {
            Physical::BOOLEAN => Some(Self::Bool),
            Physical::FLOAT => Some(Self::Float),
            Physical::DOUBLE => Some(Self::Double),
            Physical::INT32 if !temporal => {
                signed(logical, converted).map(|s| if s { Self::Int32 } else { Self::UInt32 })
            }
            Physical::INT64 if !temporal => {
                signed(logical, converted).map(|s| if s { Self::Int64 } else { Self::UInt64 })
            }
            Physical::BYTE_ARRAY => is_text(logical, converted, arrow).then_some(Self::Text),
            _ => None,
        }
    }

    /// The type that it is decoded to.
    pub fn kind(self) -> ColumnType {
        match self {
            Self::Int32 | Self::UInt32 | Self::Int64 | Self::UInt64 => ColumnType::Int,
            Self::Float | Self::Double => ColumnType::Double,
            Self::Bool => ColumnType::Bool,
            Self::Text => ColumnType::Text,
        }
    }
}

/// Whether integers have a sign; `None` for what is stored as an integer and is none.
fn signed(logical: Option<&LogicalType>, converted: ConvertedType) -> Option<bool> {
    match (logical, converted) {
        (Some(LogicalType::Integer(integer)), _) => Some(integer.is_signed),
        (Some(_), _) => None,
        (None, ConvertedType::NONE) => Some(true),
        (None, ConvertedType::INT_8 | ConvertedType::INT_16 | ConvertedType::INT_32 | ConvertedType::INT_64) => {
            Some(true)
        }
        (None, ConvertedType::UINT_8 | ConvertedType::UINT_16 | ConvertedType::UINT_32 | ConvertedType::UINT_64) => {
            Some(false)
        }
        _ => None,
    }
}

fn is_text(logical: Option<&LogicalType>, converted: ConvertedType, arrow: Option<&DataType>) -> bool {
    match (logical, converted) {
        (Some(LogicalType::String | LogicalType::Json), _) => true,
        (None, ConvertedType::UTF8 | ConvertedType::JSON) => true,
        // Bytes that Arrow calls a text.
        (None, ConvertedType::NONE) => {
            matches!(arrow, Some(DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View))
        }
        _ => false,
    }
}
