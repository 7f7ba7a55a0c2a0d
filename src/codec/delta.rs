//! The delta filter of numcodecs: the first element, then differences; decoding is the running sum in the decoded type.
//!
//! Integer arithmetic wraps, so that every array comes back whatever its differences; where `astype` is narrower than
//! the differences, numcodecs loses them and so does this. Floats lose low bits, by the nature of the filter.

use half::f16;

use super::stored::{Kind, StoredType, swap};
use crate::error::{Result, err};
use crate::value::DType;

/// The filter, with the types of its two sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Delta {
    pub dtype: StoredType,
    pub astype: StoredType,
    decoded: DType,
    encoded: DType,
}

impl Delta {
    /// Checks that the types can be subtracted and converted into each other.
    pub fn new(dtype: StoredType, astype: StoredType) -> Result<Self> {
        let fails = || err!(Unsupported, "filter delta of dtype {} as {} is not supported", dtype.name, astype.name);
        let (decoded, encoded) = (numeric(&dtype).ok_or_else(fails)?, numeric(&astype).ok_or_else(fails)?);
        let both = |test: fn(DType) -> bool| test(decoded) && test(encoded);
        let half = decoded == DType::F16 || encoded == DType::F16;
        if !(both(DType::is_integer) || both(DType::is_float) && (!half || decoded == encoded)) {
            return Err(fails());
        }
        Ok(Self { dtype, astype, decoded, encoded })
    }

    /// Bytes of a decoded and of an encoded element.
    pub fn widths(&self) -> (usize, usize) {
        (self.decoded.size(), self.encoded.size())
    }

    /// Whether [`sum_in_place`](Self::sum_in_place) applies.
    pub fn keeps_type(&self) -> bool {
        self.dtype == self.astype && !self.dtype.swapped
    }

    /// Differences of `source` into `out`, which has as many elements.
    pub fn encode(&self, source: &[u8], out: &mut [u8]) {
        if self.dtype.swapped {
            let mut native = source.to_vec();
            swap(&mut native, self.dtype.swap_unit());
            differences(self.decoded, self.encoded, &native, out);
        } else {
            differences(self.decoded, self.encoded, source, out);
        }
        if self.astype.swapped {
            swap(out, self.astype.swap_unit());
        }
    }

    /// Running sums of `source` into `out`, which has as many elements.
    pub fn decode(&self, source: &mut [u8], out: &mut [u8]) {
        if self.astype.swapped {
            swap(source, self.astype.swap_unit());
        }
        sums(self.decoded, self.encoded, source, out);
        if self.dtype.swapped {
            swap(out, self.dtype.swap_unit());
        }
    }

    /// Turns differences into sums where both sides have one type, which is the case for everything the store writes.
    pub fn sum_in_place(&self, bytes: &mut [u8]) {
        in_place(self.decoded, bytes);
    }
}

fn numeric(stored: &StoredType) -> Option<DType> {
    match stored.kind {
        Kind::Plain(dtype) if dtype.is_integer() || dtype.is_float() => Some(dtype),
        Kind::Time { .. } => Some(DType::I64),
        _ => None,
    }
}

/// The arithmetic of one element type.
trait Number: Copy {
    fn plus(self, other: Self) -> Self;
    fn minus(self, other: Self) -> Self;
}

macro_rules! wrapping {
    ($($t:ty),+) => { $(impl Number for $t {
        fn plus(self, other: Self) -> Self { self.wrapping_add(other) }
        fn minus(self, other: Self) -> Self { self.wrapping_sub(other) }
    })+ };
}
macro_rules! floating {
    ($($t:ty),+) => { $(impl Number for $t {
        fn plus(self, other: Self) -> Self { self + other }
        fn minus(self, other: Self) -> Self { self - other }
    })+ };
}
wrapping!(i8, i16, i32, i64, u8, u16, u32, u64);
floating!(f16, f32, f64);

/// Calls `$body` with `$t` the Rust type of `$dtype`; [`Delta::new`] has refused the others.
macro_rules! integers {
    ($dtype:expr, $t:ident => $body:block) => {
        match $dtype {
            DType::I8 => {
                type $t = i8;
                $body
            }
            DType::I16 => {
                type $t = i16;
                $body
            }
            DType::I32 => {
                type $t = i32;
                $body
            }
            DType::I64 => {
                type $t = i64;
                $body
            }
            DType::U8 => {
                type $t = u8;
                $body
            }
            DType::U16 => {
                type $t = u16;
                $body
            }
            DType::U32 => {
                type $t = u32;
                $body
            }
            DType::U64 => {
                type $t = u64;
                $body
            }
            _ => {}
        }
    };
}
macro_rules! floats {
    ($dtype:expr, $t:ident => $body:block) => {
        match $dtype {
            DType::F32 => {
                type $t = f32;
                $body
            }
            DType::F64 => {
                type $t = f64;
                $body
            }
            _ => {}
        }
    };
}

/// `out[i] = (source[i] - source[i - 1]) as E`.
macro_rules! subtract {
    ($D:ty, $E:ty, $source:expr, $out:expr, $cast:expr) => {{
        let (items, results) = ($source.as_chunks().0, $out.as_chunks_mut().0);
        if let (Some(first), Some((head, tail))) = (items.first(), results.split_first_mut()) {
            let first: $E = $cast(<$D>::from_ne_bytes(*first));
            *head = first.to_ne_bytes();
            for (pair, to) in items.windows(2).zip(tail) {
                let difference = Number::minus(<$D>::from_ne_bytes(pair[1]), <$D>::from_ne_bytes(pair[0]));
                let encoded: $E = $cast(difference);
                *to = encoded.to_ne_bytes();
            }
        }
    }};
}

/// `out[i] = out[i - 1] + source[i] as D`.
macro_rules! accumulate {
    ($D:ty, $E:ty, $source:expr, $out:expr, $cast:expr) => {{
        let mut sum: Option<$D> = None;
        for (from, to) in $source.as_chunks().0.iter().zip($out.as_chunks_mut().0) {
            let step: $D = $cast(<$E>::from_ne_bytes(*from));
            let value = sum.map_or(step, |sum| Number::plus(sum, step));
            *to = value.to_ne_bytes();
            sum = Some(value);
        }
    }};
}

#[rustfmt::skip]
fn differences(decoded: DType, encoded: DType, source: &[u8], out: &mut [u8]) {
    integers!(decoded, D => { integers!(encoded, E => { subtract!(D, E, source, out, |v: D| v as E) }) });
    floats!(decoded, D => { floats!(encoded, E => { subtract!(D, E, source, out, |v: D| v as E) }) });
    if decoded == DType::F16 { subtract!(f16, f16, source, out, |v| v) }
}

#[rustfmt::skip]
fn sums(decoded: DType, encoded: DType, source: &[u8], out: &mut [u8]) {
    integers!(decoded, D => { integers!(encoded, E => { accumulate!(D, E, source, out, |v: E| v as D) }) });
    if decoded == DType::F32 && encoded == DType::F64 {
        // NumPy sums in the wider of the two types.
        let mut sum = 0.0;
        for (from, to) in source.as_chunks().0.iter().zip(out.as_chunks_mut().0) {
            sum += f64::from_ne_bytes(*from);
            *to = (sum as f32).to_ne_bytes();
        }
        return;
    }
    floats!(decoded, D => { floats!(encoded, E => { accumulate!(D, E, source, out, |v: E| v as D) }) });
    if decoded == DType::F16 { accumulate!(f16, f16, source, out, |v| v) }
}

fn in_place(dtype: DType, bytes: &mut [u8]) {
    macro_rules! run {
        ($t:ty) => {{
            let mut items = bytes.as_chunks_mut().0.iter_mut();
            if let Some(first) = items.next() {
                let mut sum = <$t>::from_ne_bytes(*first);
                for item in items {
                    sum = sum.plus(<$t>::from_ne_bytes(*item));
                    *item = sum.to_ne_bytes();
                }
            }
        }};
    }
    integers!(dtype, T => { run!(T) });
    floats!(dtype, T => { run!(T) });
    if dtype == DType::F16 {
        run!(f16);
    }
}
