//! Whether data fits its entry in the schema.
//!
//! In this order: the number of dimensions, the data type, the rules on the elements. Two policies for the type:
//!
//! - `Strict` wants the same kind (integer, float, bool, string, complex). Another width of the kind is accepted when
//!   every element there is keeps its value (`float32` under `float64` always, `int64` under `int32` when all are in
//!   range, `float64` under `float32` when all are exact), and is then stored as the schema's type, so that merging
//!   never meets two types.
//! - `Convertible` wants any numeric kind (bool is 0 or 1) whose elements all keep their value.
//!
//! Data that is in no schema is accepted as it is.

use super::convert::{element_name, first, first_loss};
use super::dictionary::Schema;
use super::limits::Limits;
use super::number::{Exact, with_element};
use super::place::{Place, shorten};
use crate::error::{Result, err};
use crate::key::Key;
use crate::options::SchemaDtype;
use crate::value::{ArrayView, DType};

/// What is to be done with data that fits before it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conversion {
    /// Nothing: it is stored as it is.
    None,
    /// It is stored as this type, by [`convert`](super::convert()); no value is lost.
    To(DType),
}

impl Schema {
    /// Checks data against the entry of its key.
    ///
    /// # Errors
    /// `Schema` with the key, what the schema wants and what the data has; `InvalidArgument` when a `bool` element is
    /// neither 0 nor 1.
    pub fn check(&self, key: &Key, view: &ArrayView<'_>, policy: SchemaDtype) -> Result<Conversion> {
        let Some(spec) = self.array(key) else { return Ok(Conversion::None) };
        if let Some(dims) = &spec.dims {
            check_dimensions(key, dims, view)?;
        }
        let conversion = match spec.dtype {
            Some(wanted) => check_dtype(key, wanted, view, policy)?,
            None => Conversion::None,
        };
        let dtype = spec.dtype.unwrap_or_else(|| view.dtype());
        // Rules were read once by `parse`; here they are read for the type of this data.
        let limits = Limits::read(&spec.rules, spec.dtype, &Place::TOP.name(key.as_str()))?.rounded_to(dtype);
        check_limits(key, &limits, dtype, view)?;
        Ok(conversion)
    }
}

fn check_dimensions(key: &Key, dims: &[String], view: &ArrayView<'_>) -> Result<()> {
    let (wanted, found) = (dims.len(), view.shape().len());
    if wanted == found {
        return Ok(());
    }
    let plural = if wanted == 1 { "" } else { "s" };
    let names = if wanted == 0 { String::new() } else { format!(" ({})", shorten(&dims.join(", "))) };
    Err(err!(Schema, "{key}: schema wants {wanted} dimension{plural}{names}, data has {found}"))
}

fn check_dtype(key: &Key, wanted: DType, view: &ArrayView<'_>, policy: SchemaDtype) -> Result<Conversion> {
    let found = view.dtype();
    if wanted == found {
        return Ok(Conversion::None);
    }
    let same_kind = kind(wanted) == kind(found);
    let numeric = wanted != DType::String && found != DType::String;
    let allowed = same_kind || (policy == SchemaDtype::Convertible && numeric);
    if !allowed {
        return Err(err!(Schema, "{key}: schema wants {wanted}, data is {found}"));
    }
    match first_loss(view, wanted).map_err(|e| e.context(key))? {
        None => Ok(Conversion::To(wanted)),
        Some((index, element)) => {
            let name = element_name(view.shape(), index);
            Err(err!(Schema, "{key}: schema wants {wanted}, data is {found} and {name} = {element} would be lost"))
        }
    }
}

#[derive(PartialEq)]
enum Kind {
    Bool,
    Integer,
    Float,
    Complex,
    String,
}

fn kind(dtype: DType) -> Kind {
    match dtype {
        DType::Bool => Kind::Bool,
        DType::String => Kind::String,
        float if float.is_float() => Kind::Float,
        complex if complex.is_complex() => Kind::Complex,
        _ => Kind::Integer,
    }
}

fn check_limits(key: &Key, limits: &Limits, stored: DType, view: &ArrayView<'_>) -> Result<()> {
    if limits.is_empty() {
        return Ok(());
    }
    if limits.needs_order() && !stored.is_integer() && !stored.is_float() {
        return Err(err!(Schema, "{key}: schema wants numbers (min_value, max_value), data is {stored}"));
    }
    let offender = with_element!(view.dtype(),
        T => {
            let range = limits.range();
            let outside = |element: T| range.excludes(element.number(), limits);
            let found = first(view, outside).map_err(|e| e.context(key))?;
            found.and_then(|(index, element)| Some((index, element.show(), limits.broken_by(element.number())?)))
        },
        string => view.strings().unwrap_or_default().iter().enumerate().find_map(|(index, text)| {
            Some((index, format!("\"{}\"", shorten(text)), limits.broken_by_text(text)?))
        }),
    );
    match offender {
        Some((index, element, rule)) => {
            let name = element_name(view.shape(), index);
            Err(err!(Schema, "{key}: schema wants {rule}, {name} is {element}"))
        }
        None => Ok(()),
    }
}
