//! Every codec: a chunk of any bytes decodes to what encodes and decodes to the same again, or is `Corrupt`; and any
//! elements come back.
//!
//! The first byte chooses the codec, the second one the number of elements, the third one the way: decoding, encoding,
//! or a pipeline whose fields are read from the input.

use datastorage::codec::Pipeline;
use datastorage::{DType, ErrorKind, Result};
use serde_json::{Value as Json, json};

use super::input::{Input, parts};
use super::read::sound;

/// The bytes that strings of a chunk may decompress to.
const LIMIT: u64 = 1 << 16;

/// `dtype`, `filters`, `compressor`.
pub fn known(number: u8) -> (&'static str, Json, Json) {
    let id = |id: &str| json!({ "id": id });
    let blosc = |name: &str, shuffle: u8| json!({"id": "blosc", "cname": name, "clevel": 5, "shuffle": shuffle});
    let delta = |dtype: &str| json!([{"id": "delta", "dtype": dtype}]);
    match number % 32 {
        0 => ("<i4", Json::Null, id("zstd")),
        1 => ("|u1", Json::Null, id("zstd")),
        2 => ("<f8", Json::Null, json!({"id": "gzip", "level": 1})),
        3 => ("<i2", Json::Null, json!({"id": "zlib", "level": 1})),
        4 => ("<i4", Json::Null, json!({"id": "bz2", "level": 1})),
        5 => ("<i4", Json::Null, id("lz4")),
        6 => ("<f4", Json::Null, blosc("lz4", 1)),
        7 => ("<f8", Json::Null, blosc("zstd", 2)),
        8 => ("<i2", Json::Null, blosc("blosclz", 0)),
        9 => ("<i4", Json::Null, blosc("zlib", 1)),
        10 => ("<i4", Json::Null, blosc("snappy", 1)),
        11 => ("<i4", Json::Null, blosc("lz4hc", 2)),
        12 => ("<i4", Json::Null, id("pcodec")),
        13 => ("<i8", Json::Null, id("pcodec")),
        14 => ("<u2", Json::Null, id("pcodec")),
        15 => ("<f4", Json::Null, id("pcodec")),
        16 => ("<f8", Json::Null, id("pcodec")),
        17 => ("<f2", Json::Null, id("pcodec")),
        18 => ("<i4", delta("<i4"), id("zstd")),
        19 => ("<i8", json!([{"id": "delta", "dtype": "<i8", "astype": "<i4"}]), Json::Null),
        20 => ("<i4", json!([{"id": "shuffle", "elementsize": 4}]), id("zstd")),
        21 => ("<i8", json!([{"id": "delta", "dtype": "<i8"}, {"id": "shuffle", "elementsize": 8}]), Json::Null),
        22 => ("|O", json!([{"id": "vlen-utf8"}]), Json::Null),
        23 => ("|O", json!([{"id": "msgpack2"}]), Json::Null),
        24 => ("|O", json!([{"id": "json2"}]), Json::Null),
        25 => ("|O", json!([{"id": "vlen-utf8"}]), id("zstd")),
        26 => ("|O", json!([{"id": "msgpack2"}]), id("lz4")),
        27 => ("|b1", Json::Null, Json::Null),
        28 => ("<U3", Json::Null, Json::Null),
        29 => ("|S5", Json::Null, id("zlib")),
        30 => (">i4", delta(">i4"), Json::Null),
        _ => ("|O", json!([{"id": "vlen-bytes"}]), Json::Null),
    }
}

pub fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let (number, count, way) = (input.byte(), usize::from(input.byte()), input.below(3));
    let (dtype, filters, compressor) = known(number);
    let read = Pipeline::parse(&dtype.into(), &filters, &compressor);
    let pipeline = read.unwrap_or_else(|e| panic!("{dtype} {filters} {compressor}: {e}"));
    match way {
        0 => decode(&pipeline, input.rest(), count),
        1 => encode(&pipeline, input.rest()),
        _ => configured(&mut input, count),
    }
}

fn chunk(pipeline: &Pipeline, stored: &[u8], count: usize) -> Result<Chunk> {
    match pipeline.element_size() {
        Some(size) => {
            let mut out = vec![0xAA; count * size];
            pipeline.decode(stored, &mut out).map(|()| Chunk::Bytes(out))
        }
        None => pipeline.decode_strings(stored, count, LIMIT).map(Chunk::Strings),
    }
}

#[derive(Debug, PartialEq)]
enum Chunk {
    Bytes(Vec<u8>),
    Strings(Vec<String>),
}

fn stored(pipeline: &Pipeline, chunk: &Chunk) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    match chunk {
        Chunk::Bytes(bytes) => pipeline.encode(bytes, &mut out)?,
        Chunk::Strings(strings) => {
            let texts: Vec<&str> = strings.iter().map(String::as_str).collect();
            pipeline.encode_strings(&texts, &[texts.len() as u64], &mut out)?;
        }
    }
    Ok(out)
}

fn decode(pipeline: &Pipeline, bytes: &[u8], count: usize) {
    match chunk(pipeline, bytes, count) {
        Ok(decoded) => round(pipeline, &decoded, count),
        Err(e) => {
            let kinds = [ErrorKind::Corrupt, ErrorKind::Utf8, ErrorKind::Unsupported];
            assert!(kinds.contains(&e.kind()), "{:?}: {e}", e.kind());
            sound::<()>(Err(e));
        }
    }
}

/// What is in memory comes back from what it is stored as, and is not taken for a chunk of another size.
fn round(pipeline: &Pipeline, decoded: &Chunk, count: usize) {
    let bytes = match stored(pipeline, decoded) {
        Ok(bytes) => bytes,
        // What other programs write is read and not written: fixed-width text, bytes as strings, lossy deltas.
        Err(e) => return assert!(matches!(e.kind(), ErrorKind::Unsupported | ErrorKind::Codec), "{e}"),
    };
    let narrow = pipeline.metadata().1.to_string().contains("astype");
    match chunk(pipeline, &bytes, count) {
        Ok(again) => {
            assert!(narrow || again == *decoded, "{:?}: {decoded:?} comes back as {again:?}", pipeline.metadata())
        }
        Err(e) => panic!("what was encoded is not decoded: {e}"),
    }
}

fn encode(pipeline: &Pipeline, bytes: &[u8]) {
    if let Some(size) = pipeline.element_size() {
        let mut native = bytes[..bytes.len() / size * size].to_vec();
        if pipeline.dtype() == DType::Bool {
            native.iter_mut().for_each(|byte| *byte &= 1);
        }
        let count = native.len() / size;
        return round(pipeline, &Chunk::Bytes(native), count);
    }
    let strings: Vec<String> = parts(bytes).map(|part| String::from_utf8_lossy(part).into_owned()).collect();
    let count = strings.len();
    round(pipeline, &Chunk::Strings(strings), count);
}

/// A pipeline of the fields that the input has: three JSON texts and a chunk, between bytes 0xFF.
fn configured(input: &mut Input<'_>, count: usize) {
    let rest = input.rest();
    let mut rest = rest.splitn(4, |byte| *byte == 0xFF);
    let fields: [Json; 3] =
        std::array::from_fn(|_| serde_json::from_slice(rest.next().unwrap_or_default()).unwrap_or_default());
    let Some(pipeline) = sound(Pipeline::parse(&fields[0], &fields[1], &fields[2])) else { return };
    // An element may be of 256 MiB: what a chunk has is bounded by the reader of arrays.
    let count = if pipeline.element_size().is_some_and(|size| size > 64) { 0 } else { count };
    match pipeline.element_size() {
        Some(size) if size > 64 => {}
        Some(_) => _ = sound(pipeline.fill(&json!(0))),
        None => _ = sound(pipeline.fill_string(&json!("x"))),
    }
    sound(chunk(&pipeline, rest.next().unwrap_or_default(), count));
}
