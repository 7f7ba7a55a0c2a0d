//! A column while it is gathered: typed cells that become another type when a value does not fit.
//!
//! Invariant: no value changes. An integer becomes a double only where the double is that integer; what has no common
//! type is kept as JSON text.

use std::sync::Arc;

use arrow_array::builder::{BooleanBuilder, Float64Builder, Int64Builder, StringBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef, StringArray};
use arrow_schema::DataType;
use serde_json::Value as Json;

use super::read::ColumnType;
use crate::error::{Result, err};

/// Text of one column; an array of texts counts its bytes in 31 bits.
const MAX_TEXT: usize = 1 << 30;

#[derive(Debug)]
enum Typed {
    /// No value yet.
    None,
    Int(Int64Builder),
    Double(Float64Builder),
    Bool(BooleanBuilder),
    Text(StringBuilder),
    Json(StringBuilder),
}

/// The cells of a column, one a row; rows that were passed over are null.
#[derive(Debug)]
pub struct Cells {
    typed: Typed,
    /// Rows that have a cell in `typed`.
    rows: usize,
    text: usize,
}

macro_rules! each {
    ($typed:expr, $builder:ident => $done:expr) => {
        match $typed {
            Typed::None => {}
            Typed::Int($builder) => $done,
            Typed::Double($builder) => $done,
            Typed::Bool($builder) => $done,
            Typed::Text($builder) | Typed::Json($builder) => $done,
        }
    };
}

impl Cells {
    pub fn new() -> Self {
        Self { typed: Typed::None, rows: 0, text: 0 }
    }

    /// Puts a value into a row, which comes after the rows that have one.
    ///
    /// # Errors
    /// `InvalidArgument` when the texts of the column are too long.
    pub fn push(&mut self, row: usize, value: &Json) -> Result<()> {
        self.fit(value);
        self.pad(row);
        match (&mut self.typed, value) {
            (Typed::Int(cells), Json::Number(number)) => cells.append_option(number.as_i64()),
            (Typed::Double(cells), Json::Number(number)) => cells.append_option(number.as_f64()),
            (Typed::Bool(cells), Json::Bool(flag)) => cells.append_value(*flag),
            (Typed::Text(cells), Json::String(text)) => {
                add_text(&mut self.text, text)?;
                cells.append_value(text);
            }
            (Typed::Json(cells), value) => {
                let text = value.to_string();
                add_text(&mut self.text, &text)?;
                cells.append_value(text);
            }
            _ => return Err(err!(Internal, "a cell of a type that the column does not have")),
        }
        self.rows = row + 1;
        Ok(())
    }

    /// Puts the cells of a decoded column into the first rows; JSON text stays what it is.
    ///
    /// # Errors
    /// As [`Cells::push`].
    pub fn take(&mut self, array: &ArrayRef, json: bool) -> Result<()> {
        let rows = array.len();
        if json {
            let mut cells = StringBuilder::new();
            for text in array.as_string_view() {
                add_text(&mut self.text, text.unwrap_or_default())?;
                cells.append_option(text);
            }
            (self.typed, self.rows) = (Typed::Json(cells), rows);
            return Ok(());
        }
        for row in (0..rows).filter(|&row| array.is_valid(row)) {
            self.push(row, &super::normal::cell(array, row))?;
        }
        Ok(())
    }

    /// The column of so many rows; integers as doubles where that is wanted and loses nothing.
    pub fn finish(mut self, rows: usize, wanted: Option<ColumnType>) -> (ArrayRef, DataType, bool) {
        if wanted == Some(ColumnType::Double) && matches!(self.typed, Typed::Int(_)) {
            self.widen();
        }
        if matches!(self.typed, Typed::None) {
            self.typed = match wanted {
                Some(ColumnType::Int) => Typed::Int(Int64Builder::new()),
                Some(ColumnType::Double) => Typed::Double(Float64Builder::new()),
                Some(ColumnType::Bool) => Typed::Bool(BooleanBuilder::new()),
                _ => Typed::Text(StringBuilder::new()),
            };
        }
        self.pad(rows);
        match self.typed {
            Typed::Int(mut cells) => (Arc::new(cells.finish()), DataType::Int64, false),
            Typed::Double(mut cells) => (Arc::new(cells.finish()), DataType::Float64, false),
            Typed::Bool(mut cells) => (Arc::new(cells.finish()), DataType::Boolean, false),
            Typed::Text(mut cells) => (Arc::new(cells.finish()), DataType::Utf8, false),
            Typed::Json(mut cells) => (Arc::new(cells.finish()), DataType::Utf8, true),
            Typed::None => (Arc::new(StringArray::new_null(rows)), DataType::Utf8, false),
        }
    }

    /// Fills the rows up to one with nulls.
    fn pad(&mut self, row: usize) {
        let missing = row.saturating_sub(self.rows);
        each!(&mut self.typed, cells => (0..missing).for_each(|_| cells.append_null()));
        self.rows = self.rows.max(row);
    }

    /// Makes the cells of a type that the value has.
    fn fit(&mut self, value: &Json) {
        let int = value.as_i64();
        let double = exact(value);
        let fits = match &self.typed {
            Typed::None => {
                self.typed = match value {
                    Json::Number(_) if int.is_some() => Typed::Int(Int64Builder::new()),
                    Json::Number(_) if double => Typed::Double(Float64Builder::new()),
                    Json::Bool(_) => Typed::Bool(BooleanBuilder::new()),
                    Json::String(_) => Typed::Text(StringBuilder::new()),
                    _ => Typed::Json(StringBuilder::new()),
                };
                // The rows before have no cells yet.
                self.rows = 0;
                true
            }
            Typed::Int(_) if int.is_some() => true,
            Typed::Int(_) => double && self.widen(),
            Typed::Double(_) => double,
            Typed::Bool(_) => value.is_boolean(),
            Typed::Text(_) => value.is_string(),
            Typed::Json(_) => true,
        };
        if !fits {
            self.render();
        }
    }

    /// Makes doubles of integers; `false`, and nothing is changed, where one has no double.
    fn widen(&mut self) -> bool {
        let Typed::Int(cells) = &mut self.typed else { return false };
        let array = cells.finish_cloned();
        if array.iter().flatten().any(|value| !is_exact(i128::from(value))) {
            return false;
        }
        let mut doubles = Float64Builder::with_capacity(array.len());
        array.iter().for_each(|value| doubles.append_option(value.map(|value| value as f64)));
        self.typed = Typed::Double(doubles);
        true
    }

    /// Makes JSON texts of all cells.
    fn render(&mut self) {
        let array: ArrayRef = match &mut self.typed {
            Typed::Int(cells) => Arc::new(cells.finish()),
            Typed::Double(cells) => Arc::new(cells.finish()),
            Typed::Bool(cells) => Arc::new(cells.finish()),
            Typed::Text(cells) => Arc::new(cells.finish()),
            Typed::None | Typed::Json(_) => return,
        };
        let mut texts = StringBuilder::with_capacity(array.len(), 0);
        for row in 0..array.len() {
            let text = match array.data_type() {
                _ if array.is_null(row) => None,
                DataType::Int64 => Some(Json::from(array.as_primitive::<Int64Type>().value(row))),
                DataType::Float64 => Some(Json::from(array.as_primitive::<Float64Type>().value(row))),
                DataType::Boolean => Some(Json::from(array.as_boolean().value(row))),
                _ => Some(Json::from(array.as_string::<i32>().value(row))),
            };
            texts.append_option(text.map(|value| value.to_string()));
        }
        self.typed = Typed::Json(texts);
    }
}

/// Whether a number is a double without loss.
fn exact(value: &Json) -> bool {
    match value {
        Json::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(int), _) => is_exact(i128::from(int)),
            (None, Some(int)) => is_exact(i128::from(int)),
            (None, None) => true,
        },
        _ => false,
    }
}

fn is_exact(int: i128) -> bool {
    (int as f64) as i128 == int
}

fn add_text(sum: &mut usize, text: &str) -> Result<()> {
    *sum = sum.saturating_add(text.len());
    if *sum > MAX_TEXT {
        return Err(err!(InvalidArgument, "{} bytes of text in one column, the limit is {MAX_TEXT}", *sum));
    }
    Ok(())
}
