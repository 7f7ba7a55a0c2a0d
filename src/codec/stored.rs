//! The `dtype` of a `.zarray`: which logical type it is read as, how wide an element is, and its byte order.
//!
//! Everything is handed out native-endian; [`swap`] is the only place where byte order changes.

use serde_json::{Map, Value as Json};

use crate::backend::Object;
use crate::error::{Result, err};
use crate::value::DType;

/// What an element is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// One of the types of the store, element for element.
    Plain(DType),
    /// `|S<n>`: n bytes, read as `uint8` with a last dimension of n.
    Bytes(usize),
    /// `<U<n>`: n UCS-4 code points, read as strings.
    Text(usize),
    /// `|O`: strings behind an object codec.
    Object,
    /// `<M8[unit]` or `<m8[unit]`: read as `int64`.
    Time {
        /// The attribute that keeps the unit.
        attribute: &'static str,
        /// Such as `ns`, `25s`, or `generic`.
        unit: String,
    },
}

/// The parsed `dtype`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StoredType {
    pub kind: Kind,
    /// The byte order differs from the machine's.
    pub swapped: bool,
    /// As in the metadata.
    pub name: String,
}

/// The attribute that keeps the unit of a `datetime64`.
const DATETIME_ATTRIBUTE: &str = "_datetime64_unit";
/// The attribute that keeps the unit of a `timedelta64`.
const TIMEDELTA_ATTRIBUTE: &str = "_timedelta64_unit";

impl StoredType {
    /// Reads the field; a structured type is an array in JSON and not supported.
    pub fn parse(json: &Json) -> Result<Self> {
        let unsupported = || err!(Unsupported, "dtype {json} is not supported");
        let name = json.as_str().ok_or_else(unsupported)?;
        let order = name.chars().next().filter(|c| "<>|".contains(*c)).ok_or_else(unsupported)?;
        let kind = Self::kind(&name[1..]).ok_or_else(unsupported)?;
        let unit = kind.swap_unit();
        if order == '|' && unit > 1 {
            return Err(unsupported());
        }
        let swapped = unit > 1 && (order == '>') != cfg!(target_endian = "big");
        Ok(Self { kind, swapped, name: name.to_owned() })
    }

    fn kind(code: &str) -> Option<Kind> {
        if code == "O" {
            return Some(Kind::Object);
        }
        let width = |text: &str| text.parse::<usize>().ok().filter(|n| (1..=1 << 28).contains(n));
        match code.split_at_checked(1)? {
            ("S", n) => return width(n).map(Kind::Bytes),
            ("U", n) => return width(n).map(Kind::Text),
            ("M", rest) => return time_unit(rest).map(|unit| Kind::Time { attribute: DATETIME_ATTRIBUTE, unit }),
            ("m", rest) => return time_unit(rest).map(|unit| Kind::Time { attribute: TIMEDELTA_ATTRIBUTE, unit }),
            _ => {}
        }
        DType::ALL.into_iter().find(|&d| numpy_code(d) == Some(code)).map(Kind::Plain)
    }

    /// The type the store writes `dtype` as: the machine's byte order, `|O` for strings.
    pub fn for_write(dtype: DType) -> Result<Self> {
        let name = match numpy_code(dtype) {
            None => "|O".to_owned(),
            Some(code) if dtype.swap_unit() == 1 => format!("|{code}"),
            Some(code) => format!("{}{code}", if cfg!(target_endian = "big") { '>' } else { '<' }),
        };
        Self::parse(&Json::String(name))
    }

    /// The logical type.
    pub fn dtype(&self) -> DType {
        match self.kind {
            Kind::Plain(dtype) => dtype,
            Kind::Bytes(_) => DType::U8,
            Kind::Time { .. } => DType::I64,
            Kind::Text(_) | Kind::Object => DType::String,
        }
    }

    /// Bytes of a stored element; `None` for objects.
    pub fn item_size(&self) -> Option<usize> {
        match self.kind {
            Kind::Plain(dtype) => Some(dtype.size()),
            Kind::Bytes(n) => Some(n),
            Kind::Text(n) => Some(4 * n),
            Kind::Time { .. } => Some(8),
            Kind::Object => None,
        }
    }

    /// The unit byte order applies to.
    pub fn swap_unit(&self) -> usize {
        self.kind.swap_unit()
    }

    /// What the logical type does not say.
    pub fn attributes(&self) -> Object {
        let mut attributes = Map::new();
        if let Kind::Time { attribute, unit } = &self.kind {
            attributes.insert((*attribute).to_owned(), Json::String(unit.clone()));
        }
        attributes
    }
}

impl Kind {
    fn swap_unit(&self) -> usize {
        match self {
            Self::Plain(dtype) => dtype.swap_unit(),
            Self::Bytes(_) | Self::Object => 1,
            Self::Text(_) => 4,
            Self::Time { .. } => 8,
        }
    }
}

/// NumPy's code without byte order; `None` for strings.
const fn numpy_code(dtype: DType) -> Option<&'static str> {
    Some(match dtype {
        DType::Bool => "b1",
        DType::I8 => "i1",
        DType::I16 => "i2",
        DType::I32 => "i4",
        DType::I64 => "i8",
        DType::U8 => "u1",
        DType::U16 => "u2",
        DType::U32 => "u4",
        DType::U64 => "u8",
        DType::F16 => "f2",
        DType::F32 => "f4",
        DType::F64 => "f8",
        DType::C64 => "c8",
        DType::C128 => "c16",
        DType::String => return None,
    })
}

/// The unit in `8[ns]`; plain `8` is `generic`.
fn time_unit(rest: &str) -> Option<String> {
    let rest = rest.strip_prefix('8')?;
    if rest.is_empty() {
        return Some("generic".to_owned());
    }
    let unit = rest.strip_prefix('[')?.strip_suffix(']')?;
    let name = unit.trim_start_matches(|c: char| c.is_ascii_digit());
    let known = ["Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns", "ps", "fs", "as", "generic"];
    known.contains(&name).then(|| unit.to_owned())
}

/// Reverses the bytes of every `unit` bytes.
pub(super) fn swap(bytes: &mut [u8], unit: usize) {
    fn each<const N: usize>(bytes: &mut [u8]) {
        for item in bytes.as_chunks_mut::<N>().0 {
            item.reverse();
        }
    }
    match unit {
        2 => each::<2>(bytes),
        4 => each::<4>(bytes),
        8 => each::<8>(bytes),
        _ => {}
    }
}
