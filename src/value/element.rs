//! Which Rust types are elements of an array, and how they become bytes.

use half::f16;
use num_complex::Complex;

use super::DType;

/// A Rust type that an [`Array`](super::Array) of fixed-size elements can hold.
///
/// Sealed by its bounds in practice: the byte image is that of `bytemuck`, native-endian.
pub trait Element: bytemuck::NoUninit + bytemuck::CheckedBitPattern + Default + PartialEq + Send + Sync {
    /// The data type it is stored as.
    const DTYPE: DType;
}

macro_rules! elements {
    ($($t:ty => $d:ident),+ $(,)?) => { $(impl Element for $t { const DTYPE: DType = DType::$d; })+ };
}

elements! {
    bool => Bool, i8 => I8, i16 => I16, i32 => I32, i64 => I64, u8 => U8, u16 => U16, u32 => U32, u64 => U64,
    f16 => F16, f32 => F32, f64 => F64, Complex<f32> => C64, Complex<f64> => C128,
}
