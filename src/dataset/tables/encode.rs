//! Arrays as columns of a Parquet file, a row group after the other.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef};
use arrow_schema::{DataType as ArrowType, Field};
use bytes::Bytes;
use parquet::basic::{LogicalType, Repetition, Type as Physical};
use parquet::column::writer::{ColumnCloseResult, ColumnWriterImpl};
use parquet::data_type::{self, ByteArray, DataType};
use parquet::errors::{ParquetError, Result};
use parquet::file::properties::WriterPropertiesPtr;
use parquet::file::writer::{SerializedPageWriter, TrackedWrite};
use parquet::schema::types::{ColumnDescPtr, Type};

/// The type of a column in the file.
pub fn column_type(field: &Field) -> Result<Type> {
    let (physical, logical) = match field.data_type() {
        ArrowType::Int64 => (Physical::INT64, None),
        ArrowType::Float64 => (Physical::DOUBLE, None),
        ArrowType::Boolean => (Physical::BOOLEAN, None),
        ArrowType::Utf8 => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        other => return Err(ParquetError::General(format!("{}: a column of {other}", field.name()))),
    };
    let repetition = if field.is_nullable() { Repetition::OPTIONAL } else { Repetition::REQUIRED };
    Type::primitive_type_builder(field.name(), physical).with_repetition(repetition).with_logical_type(logical).build()
}

/// The pages of a column in one row group, and what the file says of them.
pub fn chunk(
    column: ColumnDescPtr,
    properties: WriterPropertiesPtr,
    array: &ArrayRef,
) -> Result<(Bytes, ColumnCloseResult)> {
    let optional = column.max_def_level() > 0;
    if !optional && array.null_count() > 0 {
        return Err(ParquetError::General(format!("{}: a cell is missing", column.name())));
    }
    let levels: Option<Vec<i16>> =
        optional.then(|| (0..array.len()).map(|row| i16::from(array.is_valid(row))).collect());
    let levels = levels.as_deref();
    match array.data_type() {
        ArrowType::Int64 => {
            let values: Vec<i64> = array.as_primitive::<Int64Type>().iter().flatten().collect();
            write::<data_type::Int64Type>(column, properties, &values, levels)
        }
        ArrowType::Float64 => {
            let values: Vec<f64> = array.as_primitive::<Float64Type>().iter().flatten().collect();
            write::<data_type::DoubleType>(column, properties, &values, levels)
        }
        ArrowType::Boolean => {
            let values: Vec<bool> = array.as_boolean().iter().flatten().collect();
            write::<data_type::BoolType>(column, properties, &values, levels)
        }
        _ => {
            // One copy of the group's texts; the values are places in it.
            let texts = array.as_string::<i32>();
            let all = Bytes::from(texts.iter().flatten().collect::<String>());
            let mut at = 0;
            let values = texts.iter().flatten().map(|text| {
                at += text.len();
                ByteArray::from(all.slice(at - text.len()..at))
            });
            let values: Vec<ByteArray> = values.collect();
            write::<data_type::ByteArrayType>(column, properties, &values, levels)
        }
    }
}

fn write<T: DataType>(
    column: ColumnDescPtr,
    properties: WriterPropertiesPtr,
    values: &[T::T],
    levels: Option<&[i16]>,
) -> Result<(Bytes, ColumnCloseResult)> {
    let mut sink = TrackedWrite::new(Vec::new());
    let mut writer = ColumnWriterImpl::<T>::new(column, properties, Box::new(SerializedPageWriter::new(&mut sink)));
    writer.write_batch(values, levels, None)?;
    let closed = writer.close()?;
    Ok((Bytes::from(sink.into_inner()?), closed))
}
