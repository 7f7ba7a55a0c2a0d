//! Elements and values as they stand in the text of a case.

use datastorage::{Array, DType, Value};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// The elements of an array.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Data {
    /// The name of the type of the elements.
    pub dtype: String,
    pub shape: Vec<u64>,
    #[serde(flatten)]
    pub fill: Fill,
}

/// What the elements are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fill {
    /// These, over and over: the bytes of each in hexadecimal digits, or its text.
    Cycle(Vec<String>),
    /// This number and those that follow it, cut to the type.
    Count(u64),
}

/// What is saved under a key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Item {
    Array(Data),
    /// In hexadecimal digits.
    Bytes(String),
    Json(Json),
    Group(Vec<(String, Item)>),
}

impl Data {
    pub fn new(dtype: DType, shape: Vec<u64>, fill: Fill) -> Self {
        Self { dtype: dtype.name().to_owned(), shape, fill }
    }

    /// The array.
    ///
    /// # Errors
    /// When the text of a case is wrong: no type of that name, digits that are none.
    pub fn array(&self) -> Result<Array, String> {
        let dtype = DType::from_name(&self.dtype).ok_or_else(|| format!("no dtype '{}'", self.dtype))?;
        let count = self.shape.iter().product::<u64>();
        let wrong = |e: datastorage::Error| e.to_string();
        if dtype == DType::String {
            let text = |k: u64| match &self.fill {
                Fill::Cycle(texts) => texts.get(k as usize % texts.len().max(1)).cloned().unwrap_or_default(),
                Fill::Count(first) => format!("s{}", first.wrapping_add(k)),
            };
            return Array::from_strings(self.shape.clone(), (0..count).map(text).collect()).map_err(wrong);
        }
        let mut bytes = Vec::with_capacity(count as usize * dtype.size());
        match &self.fill {
            Fill::Cycle(texts) => {
                let texts: Vec<Vec<u8>> = texts.iter().map(|text| unhex(text)).collect::<Result<_, _>>()?;
                if texts.is_empty() || texts.iter().any(|text| text.len() != dtype.size()) {
                    return Err(format!("elements of {dtype} are {} bytes each, given are {texts:?}", dtype.size()));
                }
                texts.iter().cycle().take(count as usize).for_each(|text| bytes.extend_from_slice(text));
            }
            Fill::Count(first) => (0..count).for_each(|k| bytes.extend(number(dtype, first.wrapping_add(k)))),
        }
        Array::from_bytes(dtype, self.shape.clone(), bytes).map_err(wrong)
    }
}

/// The bytes of a whole number as an element.
fn number(dtype: DType, number: u64) -> Vec<u8> {
    let small = (number % 2048) as f32;
    match dtype {
        DType::Bool => vec![(number & 1) as u8],
        // Whole numbers up to 2047 are exact in half precision; 1024 and above have the exponent 25.
        DType::F16 => half_bits((number % 2048) as u16).to_ne_bytes().to_vec(),
        DType::F32 => small.to_ne_bytes().to_vec(),
        DType::F64 => (number as f64).to_ne_bytes().to_vec(),
        DType::C64 => [small.to_ne_bytes(), (-small).to_ne_bytes()].concat(),
        DType::C128 => [(number as f64).to_ne_bytes(), (-(number as f64)).to_ne_bytes()].concat(),
        integer => {
            let bytes = number.to_le_bytes();
            let mut own = bytes[..integer.size()].to_vec();
            if cfg!(target_endian = "big") {
                own.reverse();
            }
            own
        }
    }
}

/// The half-precision bits of a whole number below 2048.
fn half_bits(number: u16) -> u16 {
    if number == 0 {
        return 0;
    }
    let top = 15 - number.leading_zeros() as u16;
    ((15 + top) << 10) | ((number << (10 - top)) & 0x3ff)
}

impl Item {
    /// The value.
    ///
    /// # Errors
    /// As [`Data::array`].
    pub fn value(&self) -> Result<Value, String> {
        Ok(match self {
            Self::Array(data) => Value::Array(data.array()?),
            Self::Bytes(text) => Value::Bytes(unhex(text)?),
            Self::Json(json) => Value::Json(json.clone()),
            Self::Group(children) => {
                let children = children.iter().map(|(name, child)| Ok((name.clone(), child.value()?)));
                Value::Group(children.collect::<Result<_, String>>()?)
            }
        })
    }
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub fn unhex(text: &str) -> Result<Vec<u8>, String> {
    let digit = |at: usize| text.get(at..at + 2).and_then(|two| u8::from_str_radix(two, 16).ok());
    (0..text.len()).step_by(2).map(|at| digit(at).ok_or_else(|| format!("'{text}' is no bytes"))).collect()
}
