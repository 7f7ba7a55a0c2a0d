//! The codecs of format 3 as pipelines, and back.
//!
//! A [`Pipeline`] is told in the fields of format 2; this is the translation. What is read natively is what the library
//! writes and what zarr-python, TensorStore and zarrs write by default: a reversed `transpose`, `numcodecs.delta` of
//! integers, `bytes` or `vlen-utf8`, `numcodecs.shuffle`, one compressor, `crc32c`, all of that within
//! `sharding_indexed`. Every other order or codec is `None` here and left to zarrs.

use serde_json::{Value as Json, json};

use super::document::{ArrayDocument, extension};
use super::shard::Sharding;
use crate::backend::Object;
use crate::backend::zarr::meta::{ArrayMeta, V3};
use crate::codec::Pipeline;
use crate::value::DType;

/// The array of a document; `None` when it is one that zarrs has to read.
pub fn native(document: &ArrayDocument) -> Option<ArrayMeta> {
    let dtype = DType::ALL.into_iter().find(|dtype| document.data_type.as_str() == Some(dtype.name()))?;
    let chunks = &document.grid.chunks;
    let (cell, shards) = match sharding(&document.codecs, chunks) {
        None => (Cell::parse(dtype, chunks.len(), &document.codecs)?, None),
        Some((sharding, inner)) => (Cell::parse(dtype, chunks.len(), &inner)?, Some(sharding)),
    };
    let fill = &document.fill_value;
    let known = match dtype {
        DType::String => fill.is_string(),
        _ => !fill.is_null() && cell.pipeline.fill(fill).is_ok(),
    };
    known.then(|| ArrayMeta {
        grid: document.grid.clone(),
        pipeline: cell.pipeline,
        column_major: cell.column_major,
        fill_value: fill.clone(),
        v3: Some(V3 { checksum: cell.checksum, shards }),
    })
}

/// The codecs of a cell.
struct Cell {
    pipeline: Pipeline,
    column_major: bool,
    checksum: bool,
}

/// What was seen of a list of codecs.
#[derive(Default)]
struct Seen {
    column_major: bool,
    filters: Vec<Json>,
    big: bool,
    serialized: bool,
    compressor: Json,
    checksum: bool,
}

impl Cell {
    fn parse(dtype: DType, ndim: usize, codecs: &[Json]) -> Option<Self> {
        let mut seen = Seen::default();
        for codec in codecs {
            let (name, configuration) = extension("", codec).ok()?;
            seen.add(dtype, ndim, name, configuration)?;
        }
        // The bytes are swapped before what zarr calls filters here, and after it there.
        let ordered = !seen.big || seen.filters.iter().all(|filter| filter["id"] == "shuffle");
        if !seen.serialized || !ordered {
            return None;
        }
        let mut stored = stored_name(dtype);
        if seen.big {
            stored = stored.replace('<', ">");
        }
        let filters = if seen.filters.is_empty() { Json::Null } else { Json::Array(seen.filters) };
        let pipeline = Pipeline::parse(&Json::from(stored), &filters, &seen.compressor).ok()?;
        Some(Self { pipeline, column_major: seen.column_major, checksum: seen.checksum })
    }
}

impl Seen {
    fn add(&mut self, dtype: DType, ndim: usize, name: &str, configuration: &Object) -> Option<()> {
        let before = !self.serialized;
        let packed = !self.compressor.is_null() || self.checksum;
        match name {
            "transpose" if before && self.filters.is_empty() && !self.column_major => {
                let order: Vec<u64> = configuration.get("order")?.as_array()?.iter().filter_map(Json::as_u64).collect();
                let straight: Vec<u64> = (0..ndim as u64).collect();
                if order != straight {
                    self.column_major = order.iter().eq(straight.iter().rev());
                    return self.column_major.then_some(());
                }
            }
            "numcodecs.delta" if before && !self.column_major && dtype.is_integer() => {
                let own = |name: &str| configuration.get(name).is_none_or(|v| *v == stored_name(dtype).as_str());
                if !configuration.contains_key("dtype") || !own("dtype") || !own("astype") {
                    return None;
                }
                self.filters.push(json!({"id": "delta", "dtype": stored_name(dtype), "astype": stored_name(dtype)}));
            }
            "bytes" if before && dtype != DType::String => {
                self.serialized = true;
                match configuration.get("endian").map(Json::as_str) {
                    None if dtype.swap_unit() == 1 => {}
                    Some(Some("little")) => {}
                    Some(Some("big")) => self.big = dtype.swap_unit() > 1,
                    _ => return None,
                }
            }
            "vlen-utf8" if before && dtype == DType::String && self.filters.is_empty() => {
                self.serialized = true;
                self.filters.push(json!({"id": "vlen-utf8"}));
            }
            "numcodecs.shuffle" if !before && !packed && dtype != DType::String => {
                let size = configuration.get("elementsize").and_then(Json::as_u64)?;
                self.filters.push(json!({"id": "shuffle", "elementsize": size}));
            }
            "crc32c" if !before && !self.checksum => self.checksum = true,
            "numcodecs.pcodec" if before && self.filters.is_empty() => {
                self.serialized = true;
                let level = configuration.get("level").map_or(Some(8), Json::as_u64)?;
                self.compressor = json!({"id": "pcodec", "level": level});
            }
            _ if !before && !packed => self.compressor = compressor(name, configuration)?,
            _ => return None,
        }
        Some(())
    }
}

/// The compressor of a codec, as format 2 tells it.
fn compressor(name: &str, configuration: &Object) -> Option<Json> {
    let level = |default: i64| configuration.get("level").map_or(Some(default), Json::as_i64);
    let id = name.strip_prefix("numcodecs.").unwrap_or(name);
    match (id, name) {
        ("zstd", _) => Some(json!({"id": "zstd", "level": level(0)?})),
        ("gzip", _) => Some(json!({"id": "gzip", "level": level(5)?})),
        ("zlib" | "bz2", "numcodecs.zlib" | "numcodecs.bz2") => Some(json!({"id": id, "level": level(1)?})),
        ("lz4", "numcodecs.lz4") => Some(json!({"id": "lz4", "acceleration": 1})),
        ("blosc", "blosc") => {
            let shuffle = match configuration.get("shuffle")?.as_str()? {
                "noshuffle" => 0,
                "shuffle" => 1,
                "bitshuffle" => 2,
                _ => return None,
            };
            let (cname, level) = (configuration.get("cname")?.as_str()?, configuration.get("clevel")?.as_u64()?);
            let blocksize = configuration.get("blocksize").map_or(Some(0), Json::as_u64)?;
            Some(json!({"id": "blosc", "cname": cname, "clevel": level, "shuffle": shuffle, "blocksize": blocksize}))
        }
        _ => None,
    }
}

/// How chunks of a shape are shards, and the codecs of their inner chunks, when the only codec is that.
fn sharding(codecs: &[Json], chunks: &[u64]) -> Option<(Sharding, Vec<Json>)> {
    let [codec] = codecs else { return None };
    let ("sharding_indexed", configuration) = extension("", codec).ok()? else { return None };
    let inner: Vec<u64> =
        configuration.get("chunk_shape")?.as_array()?.iter().map(Json::as_u64).collect::<Option<_>>()?;
    let divides = |(&shard, &inner): (&u64, &u64)| inner > 0 && shard % inner == 0;
    if inner.len() != chunks.len() || !chunks.iter().zip(&inner).all(divides) {
        return None;
    }
    let at_start = match configuration.get("index_location").map(Json::as_str) {
        None | Some(Some("end")) => false,
        Some(Some("start")) => true,
        _ => return None,
    };
    let index: Vec<_> =
        configuration.get("index_codecs")?.as_array()?.iter().map(|c| extension("", c).ok()).collect::<Option<_>>()?;
    let little = |configuration: &Object| configuration.get("endian").and_then(Json::as_str) == Some("little");
    let checked = match index.as_slice() {
        [("bytes", bytes)] if little(bytes) => false,
        [("bytes", bytes), ("crc32c", _)] if little(bytes) => true,
        _ => return None,
    };
    let codecs = configuration.get("codecs")?.as_array()?.clone();
    Some((Sharding { inner, at_start, checked }, codecs))
}

/// The name that format 2 has for the little-endian type.
fn stored_name(dtype: DType) -> String {
    let letter = match dtype {
        DType::String => return "|O".to_owned(),
        DType::Bool => 'b',
        DType::I8 | DType::I16 | DType::I32 | DType::I64 => 'i',
        DType::U8 | DType::U16 | DType::U32 | DType::U64 => 'u',
        DType::F16 | DType::F32 | DType::F64 => 'f',
        DType::C64 | DType::C128 => 'c',
    };
    let order = if dtype.swap_unit() == 1 { '|' } else { '<' };
    format!("{order}{letter}{}", dtype.size())
}

/// The list of codecs of an array.
pub fn to_json(meta: &ArrayMeta, v3: &V3) -> Json {
    let cell = cell_to_json(meta, v3);
    let Some(shards) = &v3.shards else { return cell };
    let mut index = vec![json!({"name": "bytes", "configuration": {"endian": "little"}})];
    if shards.checked {
        index.push(json!({"name": "crc32c"}));
    }
    json!([{"name": "sharding_indexed", "configuration": {
        "chunk_shape": shards.inner, "codecs": cell, "index_codecs": index,
        "index_location": if shards.at_start { "start" } else { "end" },
    }}])
}

fn cell_to_json(meta: &ArrayMeta, v3: &V3) -> Json {
    let (stored, filters, compressor) = meta.pipeline.metadata();
    let dtype = meta.pipeline.dtype();
    let (mut before, mut after) = (Vec::new(), Vec::new());
    if meta.column_major {
        let order: Vec<usize> = (0..meta.grid.shape.len()).rev().collect();
        before.push(json!({"name": "transpose", "configuration": {"order": order}}));
    }
    for filter in filters.as_array().into_iter().flatten() {
        match filter["id"].as_str() {
            Some("delta") => before.push(json!({"name": "numcodecs.delta",
                "configuration": {"dtype": filter["dtype"], "astype": filter["astype"]}})),
            Some("shuffle") => after.push(json!({"name": "numcodecs.shuffle",
                "configuration": {"elementsize": filter["elementsize"]}})),
            _ => {}
        }
    }
    if compressor["id"] == "pcodec" {
        let mut configuration = compressor;
        if let Some(fields) = configuration.as_object_mut() {
            fields.shift_remove("id");
        }
        before.push(json!({"name": "numcodecs.pcodec", "configuration": configuration}));
        before.extend(v3.checksum.then(|| json!({"name": "crc32c"})));
        return Json::Array(before);
    }
    let big = stored.as_str().is_some_and(|name| name.starts_with('>'));
    before.push(match dtype {
        DType::String => json!({"name": "vlen-utf8"}),
        _ if dtype.swap_unit() == 1 => json!({"name": "bytes"}),
        _ => json!({"name": "bytes", "configuration": {"endian": if big { "big" } else { "little" }}}),
    });
    let field = |name: &str| compressor[name].clone();
    match compressor["id"].as_str() {
        Some("zstd") => {
            after.push(json!({"name": "zstd", "configuration": {"level": field("level"), "checksum": false}}));
        }
        Some("gzip") => after.push(json!({"name": "gzip", "configuration": {"level": field("level")}})),
        Some("blosc") => {
            let typesize = dtype.size().max(1);
            let shuffle = match compressor["shuffle"].as_i64() {
                Some(0) => "noshuffle",
                Some(2) => "bitshuffle",
                Some(-1) if typesize == 1 => "bitshuffle",
                _ => "shuffle",
            };
            after.push(json!({"name": "blosc", "configuration": {"cname": field("cname"), "clevel": field("clevel"),
                "shuffle": shuffle, "typesize": typesize, "blocksize": field("blocksize")}}));
        }
        Some("lz4") => after.push(json!({"name": "numcodecs.lz4", "configuration": {"acceleration": 1}})),
        Some(id) => after.push(json!({"name": format!("numcodecs.{id}"), "configuration": {"level": field("level")}})),
        None => {}
    }
    if v3.checksum {
        after.push(json!({"name": "crc32c"}));
    }
    before.into_iter().chain(after).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{CodecSpec, StringCodec};

    fn round_trip(meta: &ArrayMeta) -> ArrayMeta {
        let mut text = String::new();
        let attributes =
            crate::backend::zarr::meta::Attributes::of_v3("x", vec![None; meta.grid.shape.len()], Object::new());
        super::super::push_array(meta, &attributes, &mut text);
        let super::super::Document::Array(document) = super::super::Document::parse("x", text.as_bytes()).unwrap()
        else {
            panic!("{text}")
        };
        native(&document).unwrap_or_else(|| panic!("not native: {text}"))
    }

    #[test]
    fn every_codec_that_is_written_is_read_back_natively() {
        for dtype in DType::ALL {
            for codec in [
                "none",
                "zstd:3",
                "gzip:6",
                "zlib:6",
                "bz2:9",
                "lz4",
                "blosc:zstd:5:bitshuffle",
                "zstd:1+shuffle",
                "pcodec:5",
            ] {
                for (delta, column_major, shards) in [(true, false, false), (false, true, true), (false, false, true)] {
                    let codec = CodecSpec::parse(codec).unwrap();
                    let pipeline = Pipeline::for_write(dtype, StringCodec::VlenUtf8, &codec, delta).unwrap();
                    let grid = crate::backend::zarr::grid::Grid {
                        shape: vec![10, 7],
                        chunks: vec![4, 6],
                        separator: '/',
                        prefixed: true,
                    };
                    let shards = shards.then(|| Sharding { inner: vec![2, 3], at_start: column_major, checked: true });
                    let fill_value = crate::codec::fill_json(&crate::Array::zero(dtype));
                    let v3 = V3 { checksum: shards.is_some(), shards };
                    let meta = ArrayMeta { grid, pipeline, column_major, fill_value, v3: Some(v3) };
                    let back = round_trip(&meta);
                    assert_eq!(back.pipeline.metadata_texts()[..2], meta.pipeline.metadata_texts()[..2], "{dtype}");
                    let level = |meta: &ArrayMeta| {
                        (meta.pipeline.metadata().2["id"].clone(), meta.pipeline.metadata().2["level"].clone())
                    };
                    assert_eq!(level(&back), level(&meta));
                    assert_eq!((back.grid, back.v3, back.column_major), (meta.grid, meta.v3, meta.column_major));
                    assert_eq!(back.fill_value, meta.fill_value);
                }
            }
        }
    }

    #[test]
    fn what_is_not_read_natively_is_left_to_zarrs() {
        let bytes = json!({"name": "bytes", "configuration": {"endian": "little"}});
        let big = json!({"name": "bytes", "configuration": {"endian": "big"}});
        let zstd = json!({"name": "zstd", "configuration": {"level": 3, "checksum": true}});
        let crc = json!({"name": "crc32c"});
        let delta = json!({"name": "numcodecs.delta", "configuration": {"dtype": "<i4", "astype": "<i4"}});
        let turn = |order: &[u64]| json!({"name": "transpose", "configuration": {"order": order}});
        for (codecs, own) in [
            (vec![bytes.clone(), zstd.clone(), crc.clone()], true),
            (vec![big.clone(), zstd.clone()], true),
            (vec![delta.clone(), bytes.clone(), zstd.clone()], true),
            (vec![turn(&[2, 1, 0]), bytes.clone()], true),
            (vec![turn(&[0, 1, 2]), bytes.clone()], true),
            (vec![turn(&[1, 0, 2]), bytes.clone()], false),
            (vec![turn(&[2, 1, 0]), delta.clone(), bytes.clone()], false),
            (vec![delta, big], false),
            (vec![bytes.clone(), crc.clone(), zstd.clone()], false),
            (vec![bytes.clone(), zstd.clone(), zstd], false),
            (vec![bytes.clone(), bytes.clone()], false),
            (vec![bytes, json!({"name": "bitround"})], false),
            (vec![crc], false),
            (vec![json!({"name": "vlen-utf8"})], false),
            (vec![], false),
        ] {
            assert_eq!(Cell::parse(DType::I32, 3, &codecs).is_some(), own, "{codecs:?}");
        }
    }
}
