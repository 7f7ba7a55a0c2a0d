//! Decompression bombs: a little that claims, or decodes to, very much.

use datastorage::codec::Pipeline;
use serde_json::{Value as Json, json};

use super::{Case, Form, deed, one_of, v2, v3, zarr_json, zarray};

/// Bytes that codecs know as one value, compressed once a process.
const ZEROS: usize = 16 << 20;

/// The names of compressors, as format 2 has them.
const CODECS: &[&str] = &["zstd", "gzip", "zlib", "bz2", "lz4", "blosc", "pcodec"];

/// How an array is told that is compressed so.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Told {
    V2,
    V2Strings(&'static str),
    V2Text,
    V3,
    V3Strings,
    Shard,
    /// In a way that zarrs reads.
    Foreign,
    ForeignStrings,
    ForeignShard,
}

const TOLD: &[Told] = &[
    Told::V2,
    Told::V2Strings("vlen-utf8"),
    Told::V2Strings("msgpack2"),
    Told::V2Strings("json2"),
    Told::V2Strings("vlen-bytes"),
    Told::V2Text,
    Told::V3,
    Told::V3Strings,
    Told::Shard,
    Told::Foreign,
    Told::ForeignStrings,
    Told::ForeignShard,
];

/// Everything that was compressed once.
pub struct Bombs(Vec<(&'static str, Vec<u8>)>);

impl Bombs {
    pub fn new() -> Self {
        let zeros = vec![0u8; ZEROS];
        let packed = |codec: &&'static str| {
            let dtype = if *codec == "pcodec" { "<i4" } else { "|u1" };
            let compressor = json!({"id": codec, "level": 5, "cname": "zstd", "clevel": 9, "shuffle": 0});
            let pipeline = Pipeline::parse(&dtype.into(), &Json::Null, &compressor).expect("a known codec");
            let mut out = Vec::new();
            pipeline.encode(&zeros, &mut out).expect("zeros are encoded");
            (*codec, out)
        };
        Self(CODECS.iter().map(packed).collect())
    }

    fn of(&self, codec: &str) -> Vec<u8> {
        self.0.iter().find(|(name, _)| *name == codec).map(|(_, bytes)| bytes.clone()).unwrap_or_default()
    }

    /// A bomb of a codec, of a kind.
    fn kind(&self, random: &mut fastrand::Rng, codec: &str, kind: u64) -> (String, Vec<u8>) {
        let plain = self.of(codec);
        match (codec, kind % 8) {
            (_, 0) => (format!("{ZEROS} zeros"), plain),
            ("zstd", 1) => ("a frame that claims 2^37 bytes".into(), zstd_frame(Some(1 << 37), None, 1)),
            ("zstd", 2) => ("a frame that claims 2^63 bytes".into(), zstd_frame(Some(1 << 63), None, 1)),
            ("zstd", 3) => {
                let exponent = random.u8(10..=41);
                let blocks = random.usize(1..40);
                (format!("a window of 2^{exponent} and {blocks} blocks"), zstd_frame(None, Some(exponent), blocks))
            }
            ("zstd", 4) => ("32768 blocks of one byte: 4 GB in 131 kB".into(), zstd_frame(None, Some(20), 32_768)),
            ("zstd", 5) => ("200 frames in a row".into(), plain.repeat(200)),
            ("zstd", 6) => {
                // Frames of an empty block each: nothing, again and again.
                let empty = [0x28, 0xB5, 0x2F, 0xFD, 0x20, 0, 1, 0, 0];
                ("20000 frames of nothing".into(), empty.repeat(20_000))
            }
            ("zstd", _) => {
                let skippable = [&0x184D_2A50u32.to_le_bytes()[..], &u32::MAX.to_le_bytes()].concat();
                ("a skippable frame of 2^32 bytes".into(), skippable)
            }
            ("gzip" | "bz2", 1..=3) => {
                let count = random.usize(2..300);
                (format!("{count} members of {ZEROS} zeros"), plain.repeat(count))
            }
            ("gzip", 4) => {
                let head = [0x1f, 0x8b, 8, 0x08, 0, 0, 0, 0, 0, 255];
                ("a name of 1 MB without its end".into(), [&head[..], &vec![b'x'; 1 << 20]].concat())
            }
            ("gzip", 5) => {
                let empty = [31, 139, 8, 0, 0, 0, 0, 0, 0, 255, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];
                ("20000 members of nothing".into(), empty.repeat(20_000))
            }
            ("lz4", 1..=4) => {
                let claimed = *one_of(random, &[i32::MAX, -1, i32::MIN, 1 << 30, 0, 96, 95]);
                (format!("claims {claimed} bytes"), [&claimed.to_le_bytes()[..], &plain[4..]].concat())
            }
            ("blosc", 1..=6) => blosc(random, &plain),
            ("pcodec", 1..=6) => pcodec(random, plain),
            (_, 7) => {
                let at = random.usize(..plain.len().min(64));
                let mut bytes = plain;
                bytes[at] = random.u8(..);
                (format!("{ZEROS} zeros, byte {at} is {}", bytes[at]), bytes)
            }
            (_, _) => {
                let cut = random.usize(..plain.len());
                (format!("{ZEROS} zeros, cut at {cut}"), plain[..cut].to_vec())
            }
        }
    }

    /// A case of a trial.
    pub fn case(&self, random: &mut fastrand::Rng, number: u64) -> Case {
        let told = *deed(random, number / 8, TOLD);
        let codec = match told {
            Told::V2 | Told::V3 | Told::Shard => *one_of(random, CODECS),
            _ => *one_of(random, &CODECS[..6]),
        };
        let (what, mut bytes) = self.kind(random, codec, number);
        // The same once more in another codec: what is inside is a bomb again.
        let nested = matches!(told, Told::Foreign) && random.u8(..4) == 0;
        if nested {
            let pipeline = Pipeline::parse(&"|u1".into(), &Json::Null, &json!({"id": "zstd"})).expect("zstd is known");
            let mut out = Vec::new();
            pipeline.encode(&bytes, &mut out).expect("a bomb is encoded");
            bytes = out;
        }
        let length = *one_of(random, &[96u64, 1 << 10, 1 << 16, 1 << 18]);
        let form = *one_of(random, Form::ALL);
        let chunks = random.u64(1..=12);
        let files = array(told, codec, nested, length, chunks, &bytes);
        let what =
            format!("{told:?} {codec}{}: {what}, {chunks} chunks of {length}", if nested { " in zstd" } else { "" });
        Case { what, files, form }
    }
}

/// A frame of RLE blocks of 128 KiB: 4 bytes each.
fn zstd_frame(claims: Option<u64>, window: Option<u8>, blocks: usize) -> Vec<u8> {
    let mut out = vec![0x28, 0xB5, 0x2F, 0xFD];
    match (claims, window) {
        (Some(claims), _) => {
            out.push(0xE0);
            out.extend(claims.to_le_bytes());
        }
        (None, window) => out.extend([0, (window.unwrap_or(17).clamp(10, 41) - 10) << 3]),
    }
    for block in 0..blocks {
        let header = (128u32 << 10) << 3 | 1 << 1 | u32::from(block + 1 == blocks);
        out.extend(&header.to_le_bytes()[..3]);
        out.push(0);
    }
    out
}

/// Absurd headers of blosc.
fn blosc(random: &mut fastrand::Rng, plain: &[u8]) -> (String, Vec<u8>) {
    const SIZES: &[u32] = &[0, 1, 3, 64, 96, 1 << 16, 1 << 30, 0x7FFF_FFE0, i32::MAX as u32, 1 << 31, u32::MAX];
    let mut bytes = plain.to_vec();
    let (length, block) = (*one_of(random, SIZES), *one_of(random, SIZES));
    bytes[4..8].copy_from_slice(&length.to_le_bytes());
    bytes[8..12].copy_from_slice(&block.to_le_bytes());
    if random.bool() {
        bytes[2] = random.u8(..);
        bytes[3] = random.u8(..);
    }
    // The places of the blocks, as far as there are some.
    for at in (16..bytes.len().min(48)).step_by(4).filter(|_| random.u8(..3) == 0).collect::<Vec<_>>() {
        if let Some(place) = bytes.get_mut(at..at + 4) {
            place.copy_from_slice(&one_of(random, SIZES).to_le_bytes());
        }
    }
    (format!("a header of {length} bytes in blocks of {block}: {:02x?}", &bytes[..16]), bytes)
}

/// Counts and modes in a pcodec file.
fn pcodec(random: &mut fastrand::Rng, mut bytes: Vec<u8>) -> (String, Vec<u8>) {
    let mut what = String::from("pcodec");
    for _ in 0..random.usize(1..6) {
        let at = random.usize(..bytes.len().min(40));
        bytes[at] = *one_of(random, &[0, 1, 0x7f, 0x80, 0xfe, 0xff]);
        what.push_str(&format!(", byte {at} is {}", bytes[at]));
    }
    (what, bytes)
}

/// An array whose chunks are all these bytes.
fn array(told: Told, codec: &str, nested: bool, length: u64, chunks: u64, bytes: &[u8]) -> super::Files {
    let compressor = json!({"id": codec, "level": 1, "cname": "zstd", "clevel": 5, "shuffle": 0});
    let configuration = json!({"level": 1, "checksum": false, "cname": "zstd", "clevel": 5, "shuffle": "noshuffle",
        "typesize": 1, "blocksize": 0});
    let name = match codec {
        "zlib" | "bz2" | "lz4" | "pcodec" => format!("numcodecs.{codec}"),
        other => other.to_owned(),
    };
    let named = json!({"name": name, "configuration": configuration});
    let serializer = json!({"name": "bytes", "configuration": {"endian": "little"}});
    let (is_pcodec, total) = (codec == "pcodec", length * chunks);
    let mut two = zarray();
    (two["shape"], two["chunks"], two["compressor"]) = (json!([total]), json!([length]), compressor);
    let mut three = zarr_json();
    three["shape"] = json!([total]);
    three["chunk_grid"]["configuration"]["chunk_shape"] = json!([length]);
    three["codecs"] = if is_pcodec { json!([named]) } else { json!([serializer, named]) };
    let of_two = |index: u64| (index.to_string(), bytes.to_vec());
    let of_three = |index: u64| (format!("c/{index}"), bytes.to_vec());
    match told {
        Told::V2 => {}
        Told::V2Strings(objects) => {
            (two["dtype"], two["fill_value"], two["filters"]) = (json!("|O"), json!(""), json!([{"id": objects}]));
        }
        Told::V2Text => (two["dtype"], two["fill_value"]) = (json!("<U8"), json!("")),
        Told::V3 => {}
        Told::V3Strings => {
            (three["data_type"], three["fill_value"]) = (json!("string"), json!(""));
            three["codecs"] = json!([{"name": "vlen-utf8"}, named]);
        }
        Told::Shard | Told::ForeignShard => {
            let inner = if told == Told::Shard { three["codecs"].clone() } else { json!([serializer, named, named]) };
            three["codecs"] = json!([{"name": "sharding_indexed", "configuration": {"chunk_shape": [length / 8],
                "codecs": inner, "index_codecs": [serializer]}}]);
        }
        Told::Foreign if nested => {
            three["codecs"] = json!([serializer, named, {"name": "zstd",
            "configuration": {"level": 1, "checksum": false}}])
        }
        Told::Foreign => {
            three["data_type"] = json!({"name": "numpy.datetime64", "configuration": {"unit": "s", "scale_factor": 1}});
        }
        Told::ForeignStrings => {
            (three["data_type"], three["fill_value"]) = (json!("string"), json!(""));
            three["codecs"] = json!([{"name": "vlen-utf8"}, named, {"name": "crc32c"}]);
        }
    }
    match told {
        Told::V2 | Told::V2Strings(_) | Told::V2Text => v2(&two, (0..chunks).map(of_two).collect()),
        Told::Shard | Told::ForeignShard => {
            // All eight inner chunks are the bomb, one after the other.
            let mut shard = bytes.repeat(8);
            for index in 0..8 {
                shard.extend((index * bytes.len() as u64).to_le_bytes());
                shard.extend((bytes.len() as u64).to_le_bytes());
            }
            v3(&three, (0..chunks.min(3)).map(|index| (format!("c/{index}"), shard.clone())).collect())
        }
        _ => v3(&three, (0..chunks).map(of_three).collect()),
    }
}
