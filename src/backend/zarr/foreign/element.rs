//! The data type of an array of format 3: what it is read as, and the value of what is not stored.
//!
//! Types that the store has are read as they are; `fixed_length_utf32` is text, times are `int64` with their unit in an
//! attribute, as they are in format 2.

use serde_json::Value as Json;
use zarrs::array::{DataType, FillValue, FillValueMetadata};
use zarrs::metadata::v3::MetadataV3;

use super::super::v3::document::extension;
use super::guard::guarded;
use crate::backend::Object;
use crate::error::{Result, err};
use crate::value::DType;

/// What an element is.
#[derive(Clone, Debug)]
pub enum Kind {
    /// One of the types of the store with a fixed size, element for element.
    Plain(DType),
    /// That many code points.
    Text(usize),
    /// UTF-8 of any length.
    String,
    /// `datetime64` or `timedelta64`, with the attribute that keeps its unit.
    Time(&'static str, String),
}

/// The data type and the fill value.
pub struct Element {
    pub kind: Kind,
    /// The same for zarrs.
    pub zarrs: DataType,
    /// What an element that is not stored reads as.
    pub fill: FillValue,
}

impl Element {
    /// Reads both.
    ///
    /// # Errors
    /// `Unsupported` for a type the store does not have, `Corrupt` for a malformed one or a fill value that is none.
    pub fn parse(what: &str, data_type: &Json, fill_value: &Json) -> Result<Self> {
        let (name, configuration) = extension(what, data_type)?;
        let kind = match name {
            "string" => Kind::String,
            "fixed_length_utf32" => {
                let bytes = configuration.get("length_bytes").and_then(Json::as_u64).unwrap_or(0);
                if bytes == 0 || bytes % 4 != 0 || bytes > 1 << 28 {
                    return Err(err!(Corrupt, "{what}: {name} of {bytes} bytes"));
                }
                Kind::Text(bytes as usize / 4)
            }
            "numpy.datetime64" => Kind::Time("_datetime64_unit", unit(what, configuration)?),
            "numpy.timedelta64" => Kind::Time("_timedelta64_unit", unit(what, configuration)?),
            name => match DType::ALL.into_iter().find(|dtype| dtype.name() == name) {
                Some(dtype) => Kind::Plain(dtype),
                None => return Err(err!(Unsupported, "{what}: data type '{name}' is not supported")),
            },
        };
        let metadata: MetadataV3 =
            serde_json::from_value(data_type.clone()).map_err(|e| err!(Corrupt, "{what}: data_type: {e}"))?;
        let zarrs = guarded(|| DataType::from_metadata(&metadata))?
            .map_err(|e| err!(Corrupt, "{what}: data type {data_type}: {e}"))?;
        let wrong = || err!(Corrupt, "{what}: fill_value {fill_value} is none of data type '{name}'");
        let metadata: FillValueMetadata = serde_json::from_value(fill_value.clone()).map_err(|_| wrong())?;
        let fill = guarded(|| zarrs.fill_value_v3(&metadata))?.map_err(|_| wrong())?;
        let element = Self { kind, zarrs, fill };
        if element.stored_size().is_some_and(|size| size != element.fill.size()) {
            return Err(wrong());
        }
        Ok(element)
    }

    /// The logical type.
    pub fn dtype(&self) -> DType {
        match self.kind {
            Kind::Plain(dtype) => dtype,
            Kind::Text(_) | Kind::String => DType::String,
            Kind::Time(..) => DType::I64,
        }
    }

    /// Bytes of a decoded element; `None` for strings of any length.
    pub fn stored_size(&self) -> Option<usize> {
        match self.kind {
            Kind::Plain(dtype) => Some(dtype.size()),
            Kind::Text(points) => Some(4 * points),
            Kind::String => None,
            Kind::Time(..) => Some(8),
        }
    }

    /// Bytes that one element takes in memory while it is read, at least.
    pub fn weight(&self) -> u64 {
        let string = size_of::<String>() + 2 * size_of::<usize>();
        let weight = match self.kind {
            Kind::Plain(dtype) => dtype.size(),
            Kind::Text(points) => 4 * points + string,
            Kind::String => self.fill.size() + string,
            Kind::Time(..) => 8,
        };
        weight as u64
    }

    /// What the logical type does not say.
    pub fn attributes(&self) -> Object {
        let mut attributes = Object::new();
        if let Kind::Time(name, unit) = &self.kind {
            attributes.insert((*name).to_owned(), Json::from(unit.as_str()));
        }
        attributes
    }
}

/// `ns`, `25s`, `generic`: as NumPy writes it.
fn unit(what: &str, configuration: &Object) -> Result<String> {
    let unit = configuration.get("unit").and_then(Json::as_str);
    let scale = configuration.get("scale_factor").map_or(Some(1), Json::as_u64);
    match (unit, scale) {
        (Some(unit), Some(1)) => Ok(unit.to_owned()),
        (Some(unit), Some(scale)) => Ok(format!("{scale}{unit}")),
        _ => Err(err!(Corrupt, "{what}: a time without unit")),
    }
}
