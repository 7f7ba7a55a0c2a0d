//! The data types of elements.

use std::fmt;

/// The type of an array's elements.
///
/// The numbers are those of the C ABI (`DS_BOOL` ...) and never change. `String` elements are UTF-8 of any length;
/// everything else has a fixed size in native byte order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(i32)]
#[non_exhaustive]
pub enum DType {
    /// One byte, 0 or 1.
    Bool = 1,
    /// Signed 8-bit integer.
    I8 = 2,
    /// Signed 16-bit integer.
    I16 = 3,
    /// Signed 32-bit integer.
    I32 = 4,
    /// Signed 64-bit integer.
    I64 = 5,
    /// Unsigned 8-bit integer.
    U8 = 6,
    /// Unsigned 16-bit integer.
    U16 = 7,
    /// Unsigned 32-bit integer.
    U32 = 8,
    /// Unsigned 64-bit integer.
    U64 = 9,
    /// IEEE 754 half precision.
    F16 = 10,
    /// IEEE 754 single precision.
    F32 = 11,
    /// IEEE 754 double precision.
    F64 = 12,
    /// Two `f32`: real, imaginary.
    C64 = 13,
    /// Two `f64`: real, imaginary.
    C128 = 14,
    /// UTF-8 text of any length.
    String = 15,
}

impl DType {
    /// Every data type, in the order of their numbers.
    pub const ALL: [Self; 15] = [
        Self::Bool,
        Self::I8,
        Self::I16,
        Self::I32,
        Self::I64,
        Self::U8,
        Self::U16,
        Self::U32,
        Self::U64,
        Self::F16,
        Self::F32,
        Self::F64,
        Self::C64,
        Self::C128,
        Self::String,
    ];

    /// Bytes an element takes in the memory of an array; of a string without its text.
    pub(crate) const fn slot(self) -> usize {
        if matches!(self, Self::String) { size_of::<String>() } else { self.size() }
    }

    /// Bytes an element; 0 for `String`, which has no fixed size.
    #[must_use]
    pub const fn size(self) -> usize {
        match self {
            Self::Bool | Self::I8 | Self::U8 => 1,
            Self::I16 | Self::U16 | Self::F16 => 2,
            Self::I32 | Self::U32 | Self::F32 => 4,
            Self::I64 | Self::U64 | Self::F64 | Self::C64 => 8,
            Self::C128 => 16,
            Self::String => 0,
        }
    }

    /// The size of the unit that byte order applies to: the component of a complex number, else the element.
    #[must_use]
    pub const fn swap_unit(self) -> usize {
        match self {
            Self::C64 | Self::C128 => self.size() / 2,
            _ => self.size(),
        }
    }

    /// The name NumPy and the schema use: `float32`, `int64`, `bool`, `string`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::I8 => "int8",
            Self::I16 => "int16",
            Self::I32 => "int32",
            Self::I64 => "int64",
            Self::U8 => "uint8",
            Self::U16 => "uint16",
            Self::U32 => "uint32",
            Self::U64 => "uint64",
            Self::F16 => "float16",
            Self::F32 => "float32",
            Self::F64 => "float64",
            Self::C64 => "complex64",
            Self::C128 => "complex128",
            Self::String => "string",
        }
    }

    /// The type of that name; `str` is read as `string`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        if name == "str" {
            return Some(Self::String);
        }
        Self::ALL.into_iter().find(|d| d.name() == name)
    }

    /// The type of that ABI number.
    #[must_use]
    pub fn from_code(code: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|&d| d as i32 == code)
    }

    /// Signed or unsigned integer (not bool).
    #[must_use]
    pub const fn is_integer(self) -> bool {
        self.is_signed() || matches!(self, Self::U8 | Self::U16 | Self::U32 | Self::U64)
    }

    /// Signed integer.
    #[must_use]
    pub const fn is_signed(self) -> bool {
        matches!(self, Self::I8 | Self::I16 | Self::I32 | Self::I64)
    }

    /// Real floating point.
    #[must_use]
    pub const fn is_float(self) -> bool {
        matches!(self, Self::F16 | Self::F32 | Self::F64)
    }

    /// Complex floating point.
    #[must_use]
    pub const fn is_complex(self) -> bool {
        matches!(self, Self::C64 | Self::C128)
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
