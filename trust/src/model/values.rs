//! Random elements, shapes and values: small ones mostly, with all that is odd in them.

use datastorage::DType;
use fastrand::Rng;
use serde_json::{Value as Json, json};

use super::data::{Data, Fill, Item, hex};
use super::step::Object;

const TEXTS: &[&str] = &[
    "",
    "plain",
    "a\0b",
    "\u{1F600} ü \"quoted\" \\ \n",
    "NaN",
    "[1, 2]",
    "null",
    " ",
    "a longer text, of some words, that does not fit into a few bytes",
];

pub fn one_of<'a, T: ?Sized>(rng: &mut Rng, all: &[&'a T]) -> &'a T {
    all[rng.usize(..all.len())]
}

pub fn chance(rng: &mut Rng, percent: u32) -> bool {
    rng.u32(..100) < percent
}

/// A shape of up to four dimensions; now and then one of many elements.
pub fn shape(rng: &mut Rng) -> Vec<u64> {
    let ndim = [0, 1, 1, 1, 2, 2, 3, 4][rng.usize(..8)];
    match ndim {
        1 if chance(rng, 15) => vec![rng.u64(100..1500)],
        2 if chance(rng, 15) => vec![rng.u64(10..40), rng.u64(5..30)],
        _ => (0..ndim).map(|_| if chance(rng, 7) { 0 } else { rng.u64(1..6) }).collect(),
    }
}

pub fn dtype(rng: &mut Rng) -> DType {
    DType::ALL[rng.usize(..DType::ALL.len())]
}

/// Elements of a type and shape; what is not a number only where that is wanted.
pub fn data(rng: &mut Rng, dtype: DType, shape: Vec<u64>, nan: bool) -> Data {
    let fill = if chance(rng, 35) {
        Fill::Count(rng.u64(..1000))
    } else {
        Fill::Cycle((0..rng.usize(1..6)).map(|_| element(rng, dtype, nan)).collect())
    };
    Data::new(dtype, shape, fill)
}

fn element(rng: &mut Rng, dtype: DType, nan: bool) -> String {
    let bytes = match dtype {
        DType::String => return one_of(rng, TEXTS).to_owned(),
        DType::Bool => vec![rng.u8(..2)],
        DType::C64 => (0..2).flat_map(|_| real(rng, DType::F32, nan)).collect(),
        DType::C128 => (0..2).flat_map(|_| real(rng, DType::F64, nan)).collect(),
        float if float.is_float() => real(rng, float, nan),
        integer => match rng.u8(..5) {
            0 => vec![0; integer.size()],
            1 => vec![0xff; integer.size()],
            2 => [vec![0; integer.size() - 1], vec![0x80]].concat(),
            3 => [vec![rng.u8(..8)], vec![0; integer.size() - 1]].concat(),
            _ => (0..integer.size()).map(|_| rng.u8(..)).collect(),
        },
    };
    hex(&bytes)
}

fn real(rng: &mut Rng, dtype: DType, nan: bool) -> Vec<u8> {
    let picked = match rng.u8(..10) {
        0 => 0.0,
        1 => -0.0,
        2 => f64::INFINITY,
        3 => f64::NEG_INFINITY,
        4 => 0.1,
        5 => 1.5,
        6 => f64::from(rng.u16(..2000)),
        7 if nan => f64::NAN,
        _ => rng.f64() * 100.0 - 50.0,
    };
    let random = chance(rng, 15);
    match dtype {
        DType::F16 => {
            let bits = [0u16, 0x8000, 0x7c00, 0xfc00, 0x0001, 0x3555, 0x7bff, 0x7e01, 0xfd23][rng.usize(..9)];
            let bits = if nan || bits & 0x7fff <= 0x7c00 { bits } else { 0x3c00 };
            bits.to_ne_bytes().to_vec()
        }
        DType::F32 => {
            let value = if random { f32::from_bits(rng.u32(..)) } else { picked as f32 };
            let value = if value.is_nan() && !nan { 1.0 } else { value };
            value.to_ne_bytes().to_vec()
        }
        _ => {
            let value = if random { f64::from_bits(rng.u64(..)) } else { picked };
            let value =
                if value.is_nan() && nan { f64::from_bits(0x7ff8_0000_0000_0000 | rng.u64(..1 << 50)) } else { value };
            let value = if value.is_nan() && !nan { 1.0 } else { value };
            value.to_ne_bytes().to_vec()
        }
    }
}

/// A value for a key: an array mostly.
pub fn item(rng: &mut Rng, nan: bool, depth: u32) -> Item {
    match rng.u8(..20) {
        0..=1 => Item::Bytes(hex(&(0..rng.usize(..20)).map(|_| rng.u8(..)).collect::<Vec<_>>())),
        2..=3 => Item::Json(json(rng, 2)),
        4..=6 if depth < 3 => {
            let names = ["a", "b", "c", "x", "face_areas", "face_types", "0", "ü y"];
            let mut children: Vec<(String, Item)> = Vec::new();
            for _ in 0..rng.usize(..4) {
                let name = one_of(rng, &names).to_owned();
                if children.iter().all(|(have, _)| *have != name) {
                    children.push((name, item(rng, nan, depth + 1)));
                }
            }
            Item::Group(children)
        }
        _ => {
            let (dtype, shape) = (dtype(rng), shape(rng));
            Item::Array(data(rng, dtype, shape, nan))
        }
    }
}

/// A JSON value.
pub fn json(rng: &mut Rng, depth: u32) -> Json {
    match rng.u8(..if depth > 0 { 10 } else { 7 }) {
        0 => Json::Null,
        1 => json!(chance(rng, 50)),
        2 => json!(rng.i64(-1000..1000)),
        3 => json!([u64::MAX, 0, 1 << 53][rng.usize(..3)]),
        4 => json!([0.1, -0.0, 1e300, 5e-324, 2.0][rng.usize(..5)]),
        5 | 6 => json!(one_of(rng, TEXTS)),
        7 => Json::Array((0..rng.usize(..4)).map(|_| json(rng, depth - 1)).collect()),
        _ => Json::Object(object(rng, depth - 1)),
    }
}

/// A JSON object.
pub fn object(rng: &mut Rng, depth: u32) -> Object {
    let names = ["a", "b", "unit", "ü", "x y"];
    (0..rng.usize(..3)).map(|_| (one_of(rng, &names).to_owned(), json(rng, depth))).collect()
}
