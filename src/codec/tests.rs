//! What the codecs promise, as tests.

mod golden;
mod hostile;
mod round_trip;

use serde_json::{Value as Json, json};

use super::{CodecSpec, Encoding, Pipeline, StringCodec};
use crate::value::DType;

/// Every compressor the store can be asked for.
const CODECS: [&str; 13] = [
    "none",
    "zstd",
    "zstd:-5",
    "zstd:3+shuffle",
    "gzip:6",
    "zlib",
    "bz2:9",
    "lz4",
    "blosc:zstd:5:shuffle",
    "blosc:lz4:5:bitshuffle",
    "blosc:blosclz:9:noshuffle",
    "blosc:snappy:1:shuffle+shuffle",
    "pcodec:4",
];

fn pipeline(dtype: &str, filters: Json, compressor: Json) -> Pipeline {
    Pipeline::parse(&json!(dtype), &filters, &compressor).unwrap()
}

fn write(dtype: DType, codec: &str, delta: bool) -> Pipeline {
    Pipeline::for_write(dtype, StringCodec::VlenUtf8, &CodecSpec::parse(codec).unwrap(), delta).unwrap()
}

/// Native bytes that are valid for `dtype`: small steps, extremes and zeros.
fn sample(dtype: DType, count: usize) -> Vec<u8> {
    let size = dtype.size();
    let mut state = 0x9E37_79B9_7F4A_7C15u64;
    let mut bytes = Vec::with_capacity(count * size);
    for index in 0..count {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        for byte in 0..size {
            let value = match index % 4 {
                _ if dtype == DType::Bool => (state >> 40) as u8 & 1,
                0 => (state >> (8 * (byte % 8))) as u8,
                1 => 0xFF,
                2 => 0,
                _ => (index >> (8 * byte.min(3))) as u8,
            };
            bytes.push(value);
        }
    }
    bytes
}
