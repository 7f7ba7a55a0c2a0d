//! Shards whose index lies: outside, overlapping, without end, of chunks without number.

use serde_json::{Value as Json, json};

use super::{Case, Form, deed, one_of, v3, zarr_json};

/// Offset and length of an inner chunk, given the length of the shard.
fn lie(random: &mut fastrand::Rng, length: u64) -> (u64, u64) {
    let numbers = [0, 1, 8, length - 1, length, length + 1, 1 << 31, 1 << 32, 1 << 62, 1 << 63, u64::MAX - 1, u64::MAX];
    (*one_of(random, &numbers), *one_of(random, &numbers))
}

/// Shapes of shards and of their inner chunks.
const GRIDS: &[(u64, u64)] = &[
    (8, 2),
    (8, 8),
    (8, 1),
    (8, 3),
    (8, 0),
    (0, 0),
    (1 << 16, 1),
    (1 << 18, 1),
    (1 << 18, 1 << 17),
    (1 << 20, 1),
    (1 << 22, 1),
    (1 << 30, 1),
    (1 << 40, 1),
    (1 << 40, 1 << 39),
    (1 << 60, 1),
    (1 << 62, 1 << 61),
    (u64::MAX, 1),
    (u64::MAX, u64::MAX),
];

/// Codecs of the inner chunks: read here, or by zarrs.
fn inner_codecs(random: &mut fastrand::Rng) -> Json {
    let bytes = json!({"name": "bytes", "configuration": {"endian": "little"}});
    let gzip = json!({"name": "gzip", "configuration": {"level": 1}});
    match random.u8(..5) {
        0 => json!([bytes, gzip]),
        1 => json!([bytes, gzip, gzip]),
        2 => json!([bytes, {"name": "crc32c"}]),
        3 => json!([{"name": "sharding_indexed", "configuration":
            {"chunk_shape": [1], "codecs": [bytes], "index_codecs": [bytes]}}]),
        _ => json!([bytes]),
    }
}

/// A case of a trial.
pub fn case(random: &mut fastrand::Rng, number: u64) -> Case {
    let &(shard, inner) = deed(random, number, GRIDS);
    let text = random.u8(..4) == 0;
    let mut document = zarr_json();
    let shards = *one_of(random, &[1u64, 2, 16, 1 << 20]);
    document["shape"] = json!([shard.saturating_mul(shards)]);
    document["chunk_grid"]["configuration"]["chunk_shape"] = json!([shard]);
    let bytes = json!({"name": "bytes", "configuration": {"endian": "little"}});
    let mut index_codecs = vec![bytes];
    if random.u8(..4) == 0 {
        index_codecs.push(json!({"name": "crc32c"}));
    }
    let codecs = if text { json!([{"name": "vlen-utf8"}]) } else { inner_codecs(random) };
    let location = if random.bool() { "end" } else { "start" };
    document["codecs"] = json!([{"name": "sharding_indexed", "configuration": {"chunk_shape": [inner], "codecs": codecs,
        "index_codecs": index_codecs, "index_location": location}}]);
    if text {
        (document["data_type"], document["fill_value"]) = (json!("string"), json!("x".repeat(random.usize(..2000))));
    }
    let count = shard.checked_div(inner).unwrap_or(0).min(1 << 16) as usize;
    let body = random.usize(1..256);
    let length = (body + 16 * count) as u64;
    let mut index = Vec::with_capacity(16 * count);
    let same = lie(random, length);
    let how = random.u8(..4);
    for place in 0..count {
        let (offset, size) = match how {
            0 => same,
            1 => lie(random, length),
            2 => (place as u64 % body as u64, 1),
            _ => (u64::MAX, u64::MAX),
        };
        index.extend(offset.to_le_bytes());
        index.extend(size.to_le_bytes());
    }
    let body = vec![1u8; body];
    let mut stored = if location == "end" { [body, index].concat() } else { [index, body].concat() };
    if random.u8(..8) == 0 {
        stored.truncate(random.usize(..=stored.len()));
    }
    let what = format!(
        "shards {shards} of {shard} in {inner}, {count} in the index by way {how} ({same:?}), {} bytes, {}",
        stored.len(),
        document["codecs"]
    );
    let chunks = match random.u8(..4) {
        0 => Vec::new(),
        _ => vec![("c/0".to_owned(), stored.clone()), ("c/1".to_owned(), stored)],
    };
    Case { what, files: v3(&document, chunks), form: *one_of(random, Form::ALL) }
}
