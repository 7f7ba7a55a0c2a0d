//! A sharded array of format 3: its document, and a shard whose index has the right checksum, whatever it says.

use serde_json::{Value as Json, json};

use super::input::Input;

/// The document, and the bytes of every shard.
pub fn array(bytes: &[u8]) -> (String, Vec<u8>) {
    let mut input = Input::new(bytes);
    let (name, size) = *input.pick(&[("int32", 4), ("uint8", 1), ("float64", 8), ("string", 0), ("bool", 1)]);
    let chunk: Vec<usize> = (0..1 + input.below(2)).map(|_| 1 + input.below(4)).collect();
    let shard: Vec<usize> = chunk.iter().map(|length| length * (1 + input.below(4))).collect();
    let shape: Vec<usize> = shard.iter().map(|length| (length * 2).saturating_sub(input.below(4))).collect();
    let end = input.flag();
    let checked = input.flag();
    let endian = json!({"name": "bytes", "configuration": {"endian": "little"}});
    let first = if size == 0 { json!({"name": "vlen-utf8"}) } else { endian.clone() };
    let mut inner = vec![first];
    match input.below(5) {
        0 => {}
        1 => inner.push(json!({"name": "zstd", "configuration": {"level": 1, "checksum": false}})),
        2 => inner.push(json!({"name": "crc32c"})),
        3 => inner.push(json!({"name": "gzip", "configuration": {"level": 1}})),
        _ => inner.insert(0, json!({"name": "transpose", "configuration": {"order": [0]}})),
    }
    let mut index = vec![endian];
    if checked {
        index.push(json!({"name": "crc32c"}));
    }
    let fill = if size == 0 {
        json!("")
    } else if name == "bool" {
        json!(false)
    } else {
        json!(0)
    };
    let fill = if input.below(8) == 7 { Json::Null } else { fill };
    let place = if end { "end" } else { "start" };
    let document = json!({"zarr_format": 3, "node_type": "array", "shape": shape, "data_type": name, "fill_value": fill,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": shard}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "codecs": [{"name": "sharding_indexed", "configuration": {"chunk_shape": chunk, "codecs": inner,
            "index_codecs": index, "index_location": place}}]});
    let count: usize = shard.iter().zip(&chunk).map(|(shard, chunk)| shard / chunk).product();
    (document.to_string(), content(&mut input, count, end, checked))
}

/// A shard: an index of `count` places that are near the truth, and the rest of the input.
fn content(input: &mut Input<'_>, count: usize, end: bool, checked: bool) -> Vec<u8> {
    let mut index = Vec::with_capacity(16 * count);
    for _ in 0..count {
        let place = match input.byte() {
            0xFF => u64::MAX,
            0xFE => input.number(),
            near => u64::from(near),
        };
        let length = match input.byte() {
            0xFF => u64::MAX,
            0xFE => input.number(),
            near => u64::from(near),
        };
        index.extend_from_slice(&place.to_le_bytes());
        index.extend_from_slice(&length.to_le_bytes());
    }
    if checked {
        index.extend_from_slice(&crc32c::crc32c(&index).to_le_bytes());
    }
    let data = input.rest();
    if end { [data, &index].concat() } else { [&index, data].concat() }
}
