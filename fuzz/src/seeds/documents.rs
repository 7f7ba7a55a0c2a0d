//! Seeds of one array: its documents and a chunk, and chunks of every codec alone.

use datastorage::DType;
use datastorage::codec::Pipeline;
use serde_json::{Value as Json, json};

use super::Seeds;

pub fn add(seeds: &mut Seeds) {
    format_2(seeds);
    format_3(seeds);
    codecs(seeds);
}

/// A chunk of elements, or of strings, as a pipeline stores it.
fn chunk(dtype: &str, filters: &Json, compressor: &Json, count: usize) -> Vec<u8> {
    let pipeline = Pipeline::parse(&dtype.into(), filters, compressor).expect("a pipeline");
    let mut out = Vec::new();
    let written = match pipeline.element_size() {
        Some(size) => {
            let bytes = |at: usize| if pipeline.dtype() == DType::Bool { at % 2 } else { at / 3 } as u8;
            pipeline.encode(&(0..count * size).map(bytes).collect::<Vec<_>>(), &mut out)
        }
        None => pipeline.encode_strings(&vec!["éa"; count], &[count as u64], &mut out),
    };
    // Fixed-width text is read and not written.
    if written.is_err() {
        out = "é\0\0\0a\0\0\0\0\0\0\0".repeat(count).into_bytes();
    }
    out
}

fn format_2(seeds: &mut Seeds) {
    let delta = json!([{"id": "delta", "dtype": "<i4"}]);
    for (name, dtype, filters, compressor, order, fill) in [
        ("i4", "<i4", Json::Null, json!({"id": "zstd", "level": 1}), "C", json!(0)),
        ("delta", "<i4", delta, json!({"id": "zstd"}), "C", json!(-1)),
        ("fortran", "<f8", Json::Null, Json::Null, "F", json!("NaN")),
        ("big", ">i2", Json::Null, json!({"id": "zlib", "level": 1}), "C", Json::Null),
        ("bool", "|b1", Json::Null, Json::Null, "C", json!(true)),
        ("fixed", "|S3", Json::Null, json!({"id": "gzip", "level": 1}), "C", json!("")),
        ("wide", "<U3", Json::Null, Json::Null, "C", json!("")),
        ("vlen", "|O", json!([{"id": "vlen-utf8"}]), json!({"id": "lz4"}), "C", json!("")),
        ("msgpack", "|O", json!([{"id": "msgpack2"}]), Json::Null, "C", Json::Null),
        ("time", "<M8[ns]", Json::Null, json!({"id": "bz2", "level": 1}), "C", json!(0)),
        ("complex", "<c8", Json::Null, Json::Null, "C", json!([0, "NaN"])),
        ("blosc", "<i4", Json::Null, json!({"id": "blosc", "cname": "lz4", "clevel": 5, "shuffle": 1}), "C", json!(0)),
        ("pcodec", "<i4", Json::Null, json!({"id": "pcodec"}), "C", json!(0)),
    ] {
        let document = json!({"zarr_format": 2, "shape": [3, 4], "chunks": [2, 2], "dtype": dtype, "compressor": compressor,
            "fill_value": fill, "filters": filters, "order": order, "dimension_separator": "."});
        let attributes = br#"{"_ARRAY_DIMENSIONS":["y","x"],"units":"mm"}"#;
        let chunk = chunk(dtype, &filters, &compressor, 4);
        let parts = [document.to_string().as_bytes(), attributes, br#"{"title":"x"}"#, &chunk].join(&0xFF);
        seeds.push(("zarr_v2", name.into(), parts));
    }
}

fn format_3(seeds: &mut Seeds) {
    let bytes = json!({"name": "bytes", "configuration": {"endian": "little"}});
    let zstd = json!({"name": "zstd", "configuration": {"level": 1, "checksum": false}});
    let inner = json!({"chunk_shape": [1, 2], "codecs": [bytes, zstd], "index_codecs": [bytes, {"name": "crc32c"}], "index_location": "end"});
    for (name, dtype, fill, codecs) in [
        ("plain", json!("int32"), json!(0), json!([bytes])),
        ("zstd", json!("float64"), json!("NaN"), json!([bytes, zstd])),
        (
            "big",
            json!("uint16"),
            json!(7),
            json!([{"name": "bytes", "configuration": {"endian": "big"}}, {"name": "gzip", "configuration": {"level": 1}}]),
        ),
        (
            "turned",
            json!("int8"),
            json!(0),
            json!([{"name": "transpose", "configuration": {"order": [1, 0]}}, {"name": "bytes"}, {"name": "crc32c"}]),
        ),
        ("strings", json!("string"), json!(""), json!([{"name": "vlen-utf8"}, zstd])),
        ("raw", json!("r16"), json!([0, 0]), json!([bytes])),
        (
            "blosc",
            json!("int32"),
            json!(0),
            json!([bytes, {"name": "blosc", "configuration": {"cname": "lz4", "clevel": 1, "shuffle": "shuffle", "typesize": 4, "blocksize": 0}}]),
        ),
        ("shards", json!("int32"), json!(0), json!([{"name": "sharding_indexed", "configuration": inner}])),
        ("complex", json!("complex64"), json!([0, "Infinity"]), json!([bytes])),
        ("pcodec", json!("int64"), json!(0), json!([{"name": "numcodecs.pcodec", "configuration": {}}])),
        (
            "zlib",
            json!("float32"),
            json!("0x7fc00000"),
            json!([bytes, {"name": "numcodecs.zlib", "configuration": {"level": 1}}]),
        ),
    ] {
        let document = json!({"zarr_format": 3, "node_type": "array", "shape": [3, 4], "data_type": dtype, "fill_value": fill,
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [2, 2]}},
            "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
            "codecs": codecs, "attributes": {"units": "mm"}, "dimension_names": ["y", null]});
        let root = json!({"zarr_format": 3, "node_type": "group", "attributes": {"title": "x"}});
        let stored = match name {
            "zstd" => chunk("<f8", &Json::Null, &json!({"id": "zstd"}), 4),
            "strings" => chunk("|O", &json!([{"id": "vlen-utf8"}]), &json!({"id": "zstd"}), 4),
            _ => (0..16).collect(),
        };
        let parts = [document.to_string().as_bytes(), root.to_string().as_bytes(), &stored].join(&0xFF);
        seeds.push(("zarr_v3", name.into(), parts));
    }
    for number in 0..8u8 {
        // A shard whose index names the bytes behind it, in the form of `targets::shards`.
        let mut bytes = vec![b'#', number % 5, 0, 1, 1, 1, 0, 0, 1, number / 2, 0, 0];
        bytes.extend([0, 8, 8, 8, 0xFF, 0xFF]);
        bytes.extend(0..32);
        seeds.push(("zarr_v3", format!("index_{number}"), bytes));
    }
}

fn codecs(seeds: &mut Seeds) {
    for number in 0..32u8 {
        let (dtype, filters, compressor) = datastorage_fuzz::targets::codecs::known(number);
        let stored = chunk(dtype, &filters, &compressor, 20);
        seeds.push(("codecs", format!("decode_{number}"), [&[number, 20, 0], stored.as_slice()].concat()));
    }
    for number in [0u8, 6, 12, 16, 18, 21, 22, 23, 27] {
        let elements: Vec<u8> = (0..64).map(|at: u8| at / 3).collect();
        seeds.push(("codecs", format!("encode_{number}"), [&[number, 0, 1], elements.as_slice()].concat()));
    }
    for (number, (dtype, filters, compressor)) in [
        (r#""<i4""#, r#"[{"id":"delta","dtype":"<i4","astype":"<i2"}]"#, r#"{"id":"zstd","level":3}"#),
        (
            r#""|O""#,
            r#"[{"id":"vlen-utf8"}]"#,
            r#"{"id":"blosc","cname":"zstd","clevel":5,"shuffle":-1,"blocksize":0}"#,
        ),
        (r#""<M8[25s]""#, "null", r#"{"id":"lz4","acceleration":1}"#),
    ]
    .into_iter()
    .enumerate()
    {
        let fields = [dtype.as_bytes(), filters.as_bytes(), compressor.as_bytes(), &[0; 16]].join(&0xFF);
        seeds.push(("codecs", format!("fields_{number}"), [&[0, 4, 2], fields.as_slice()].concat()));
    }
}
