//! JSON text to arrays of a known type and shape.
//!
//! The text is read once, straight into elements, without a tree of JSON values. The record says type and shape, the
//! text has to agree exactly; what is allocated is bounded by the length of the text. Errors say what is wrong, the
//! caller names the key and turns them into `Corrupt`.

use std::fmt;

use half::f16;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value as Json;

use crate::error::{Error, Result, err};
use crate::value::{Array, DType, element_count};

/// The array of a type and shape at the place `path` of a file.
///
/// # Errors
/// `Corrupt` when the text is no JSON or not such an array, `Unsupported` when it exceeds `limit` bytes.
pub(super) fn array(text: &[u8], path: &[&str], dtype: DType, shape: &[u64], limit: u64) -> Result<Array> {
    let count = element_count(shape, dtype)?;
    let size = count.saturating_mul(dtype.slot());
    if size as u64 > limit {
        return Err(err!(Unsupported, "{size} bytes, max_decoded_bytes is {limit}"));
    }
    if count > text.len() {
        return Err(err!(Corrupt, "shape {shape:?} has {count} elements, the file has {} bytes", text.len()));
    }
    let sink = read(text, path, ArraySeed { dtype, shape, count })?;
    let shape = shape.to_vec();
    match sink {
        Sink::Strings(strings) => Array::from_strings(shape, strings),
        Sink::Bytes(_, bytes) => Array::from_bytes(dtype, shape, bytes),
    }
}

/// The JSON value at the place `path` of a file.
///
/// # Errors
/// `Corrupt` when the text is no JSON or has no such place.
pub(super) fn json(text: &[u8], path: &[&str]) -> Result<Json> {
    read(text, path, std::marker::PhantomData::<Json>)
}

fn read<'de, S: DeserializeSeed<'de> + Copy>(text: &'de [u8], path: &[&str], seed: S) -> Result<S::Value> {
    let corrupt = |e: serde_json::Error| -> Error { err!(Corrupt, "{e}") };
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let value = Locate { path, seed }.deserialize(&mut deserializer).map_err(corrupt)?;
    deserializer.end().map_err(corrupt)?;
    Ok(value)
}

/// Walks through objects to `path`, then lets `seed` read. Of a name that is there twice, the last counts.
struct Locate<'a, S> {
    path: &'a [&'a str],
    seed: S,
}

impl<'de, S: DeserializeSeed<'de> + Copy> DeserializeSeed<'de> for Locate<'_, S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        if self.path.is_empty() { self.seed.deserialize(deserializer) } else { deserializer.deserialize_map(self) }
    }
}

impl<'de, S: DeserializeSeed<'de> + Copy> Visitor<'de> for Locate<'_, S> {
    type Value = S::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object with '{}'", self.path.first().unwrap_or(&""))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<S::Value, A::Error> {
        let Some((first, rest)) = self.path.split_first() else { return Err(A::Error::custom("nothing to look for")) };
        let mut found = None;
        while let Some(name) = map.next_key::<String>()? {
            if name == *first {
                found = Some(map.next_value_seed(Locate { path: rest, seed: self.seed })?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        found.ok_or_else(|| A::Error::custom(format!("the object holds no '{first}'")))
    }
}

/// Elements that are being gathered.
enum Sink {
    Bytes(DType, Vec<u8>),
    Strings(Vec<String>),
}

#[derive(Clone, Copy)]
struct ArraySeed<'a> {
    dtype: DType,
    shape: &'a [u64],
    count: usize,
}

impl<'de> DeserializeSeed<'de> for ArraySeed<'_> {
    type Value = Sink;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Sink, D::Error> {
        let mut sink = match self.dtype {
            DType::String => Sink::Strings(Vec::with_capacity(self.count)),
            dtype => Sink::Bytes(dtype, Vec::with_capacity(self.count * dtype.size())),
        };
        if self.count == 0 {
            // How an empty array nests says nothing that the shape does not.
            deserializer.deserialize_seq(NoElements)?;
        } else {
            Level { shape: self.shape, sink: &mut sink }.deserialize(deserializer)?;
        }
        Ok(sink)
    }
}

/// Lists that hold nothing but lists.
struct NoElements;

impl<'de> Visitor<'de> for NoElements {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list without elements")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(NoElementsSeed)?.is_some() {}
        Ok(())
    }
}

struct NoElementsSeed;

impl<'de> DeserializeSeed<'de> for NoElementsSeed {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(NoElements)
    }
}

/// One level of nested lists, or an element where the shape ends.
struct Level<'a> {
    shape: &'a [u64],
    sink: &'a mut Sink,
}

impl<'de> DeserializeSeed<'de> for Level<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if self.shape.is_empty() { deserializer.deserialize_any(self) } else { deserializer.deserialize_seq(self) }
    }
}

impl<'de> Visitor<'de> for Level<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.shape.first(), &self.sink) {
            (Some(length), _) => write!(f, "a list of {length}"),
            (None, Sink::Strings(_)) => f.write_str("a string"),
            (None, Sink::Bytes(dtype, _)) => write!(f, "a {dtype}"),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let Some((&length, rest)) = self.shape.split_first() else {
            return Err(A::Error::custom("a list where the shape has an element"));
        };
        let mut found = 0u64;
        while items.next_element_seed(Level { shape: rest, sink: self.sink })?.is_some() {
            found += 1;
            if found > length {
                return Err(A::Error::custom(format!("a list of more than {length}")));
            }
        }
        if found == length { Ok(()) } else { Err(A::Error::custom(format!("a list of {found}, wanted {length}"))) }
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<(), E> {
        self.sink.push_bool(value).map_err(E::custom)
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<(), E> {
        self.sink.push_integer(i128::from(value)).map_err(E::custom)
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<(), E> {
        self.sink.push_integer(i128::from(value)).map_err(E::custom)
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<(), E> {
        self.sink.push_float(value).map_err(E::custom)
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<(), E> {
        match self.sink {
            Sink::Strings(strings) => strings.push(value.to_owned()),
            Sink::Bytes(dtype, _) if dtype.is_float() => {
                self.sink
                    .push_float(not_finite(value).ok_or_else(|| E::custom("a string among numbers"))?)
                    .map_err(E::custom)?;
            }
            Sink::Bytes(dtype, _) => return Err(E::custom(format!("a string in an array of {dtype}"))),
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let (mut real, mut imaginary) = (None, None);
        while let Some(name) = map.next_key::<String>()? {
            match name.as_str() {
                "real" => real = Some(part(&map.next_value::<Json>()?).map_err(A::Error::custom)?),
                "imag" => imaginary = Some(part(&map.next_value::<Json>()?).map_err(A::Error::custom)?),
                "_numpy_complex" => _ = map.next_value::<bool>()?,
                other => return Err(A::Error::custom(format!("'{other}' in a complex number"))),
            }
        }
        match (real, imaginary) {
            (Some(real), Some(imaginary)) => self.sink.push_complex(real, imaginary).map_err(A::Error::custom),
            _ => Err(A::Error::custom("a complex number without 'real' or 'imag'")),
        }
    }
}

fn part(json: &Json) -> Result<f64, String> {
    json.as_f64().or_else(|| not_finite(json.as_str()?)).ok_or_else(|| format!("{json} as a part of a complex number"))
}

/// The number that a string stands for.
pub(super) fn not_finite(text: &str) -> Option<f64> {
    match text {
        "NaN" => Some(f64::NAN),
        "Infinity" => Some(f64::INFINITY),
        "-Infinity" => Some(f64::NEG_INFINITY),
        _ => None,
    }
}

impl Sink {
    fn push_bool(&mut self, value: bool) -> Result<(), String> {
        match self {
            Self::Bytes(DType::Bool, bytes) => bytes.push(u8::from(value)),
            other => return Err(format!("a bool in an array of {}", other.dtype())),
        }
        Ok(())
    }

    fn push_integer(&mut self, value: i128) -> Result<(), String> {
        macro_rules! push {
            ($bytes:expr, $t:ty) => {
                match <$t>::try_from(value) {
                    Ok(x) => $bytes.extend_from_slice(&x.to_ne_bytes()),
                    Err(_) => return Err(format!("{value} in an array of {}", stringify!($t))),
                }
            };
        }
        match self {
            Self::Bytes(DType::I8, bytes) => push!(bytes, i8),
            Self::Bytes(DType::I16, bytes) => push!(bytes, i16),
            Self::Bytes(DType::I32, bytes) => push!(bytes, i32),
            Self::Bytes(DType::I64, bytes) => push!(bytes, i64),
            Self::Bytes(DType::U8, bytes) => push!(bytes, u8),
            Self::Bytes(DType::U16, bytes) => push!(bytes, u16),
            Self::Bytes(DType::U32, bytes) => push!(bytes, u32),
            Self::Bytes(DType::U64, bytes) => push!(bytes, u64),
            other => return other.push_float(value as f64),
        }
        Ok(())
    }

    fn push_float(&mut self, value: f64) -> Result<(), String> {
        let Self::Bytes(dtype, bytes) = self else { return Err("a number in an array of string".to_owned()) };
        push_real(*dtype, bytes, value)
    }

    fn push_complex(&mut self, real: f64, imaginary: f64) -> Result<(), String> {
        match self {
            Self::Bytes(dtype @ (DType::C64 | DType::C128), bytes) => {
                let part = if *dtype == DType::C64 { DType::F32 } else { DType::F64 };
                push_real(part, bytes, real)?;
                push_real(part, bytes, imaginary)
            }
            other => Err(format!("a complex number in an array of {}", other.dtype())),
        }
    }

    fn dtype(&self) -> DType {
        match self {
            Self::Bytes(dtype, _) => *dtype,
            Self::Strings(_) => DType::String,
        }
    }
}

fn push_real(dtype: DType, bytes: &mut Vec<u8>, value: f64) -> Result<(), String> {
    let finite = match dtype {
        DType::F16 => {
            let x = f16::from_f64(value);
            bytes.extend_from_slice(&x.to_ne_bytes());
            x.is_finite()
        }
        DType::F32 => {
            let x = value as f32;
            bytes.extend_from_slice(&x.to_ne_bytes());
            x.is_finite()
        }
        DType::F64 => {
            bytes.extend_from_slice(&value.to_ne_bytes());
            value.is_finite()
        }
        other => return Err(format!("{value} in an array of {other}")),
    };
    if finite == value.is_finite() { Ok(()) } else { Err(format!("{value} exceeds {dtype}")) }
}
