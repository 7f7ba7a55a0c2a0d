//! Absurd shapes, grids, data types, fill values: documents of an array that are JSON and still lie.

use serde_json::{Value as Json, json};

use super::{Case, Files, Form, deed, one_of, right_chunks, shown, v2, v3, zarr_json, zarray};

/// A place in a document, and what is put there.
pub type Edit = (&'static str, Json);

fn numbers() -> Vec<Json> {
    let mut all: Vec<Json> = [0u64, 1, 7, 1 << 20, 1 << 31, 1 << 32, 1 << 40, 1 << 53, 1 << 62, 1 << 63, u64::MAX]
        .into_iter()
        .map(Json::from)
        .collect();
    all.extend([
        json!(-1),
        json!(i64::MIN),
        json!(1.5),
        json!(1e300),
        json!("12"),
        json!(null),
        json!([]),
        json!(true),
    ]);
    all
}

/// Lists of lengths.
fn lists() -> Vec<Json> {
    let mut all: Vec<Json> = numbers().into_iter().map(|number| json!([number])).collect();
    all.extend([
        json!([]),
        json!([1u64 << 40, 0]),
        json!([0, u64::MAX]),
        json!([1u64 << 31, 1u64 << 31]),
        json!([1u64 << 32, 1u64 << 32]),
        json!([u64::MAX, u64::MAX, 0]),
        json!([1 << 20, 1 << 20]),
        json!([[12]]),
        json!(12),
        json!("12"),
        json!({"0": 12}),
        json!(null),
        json!(vec![1; 32]),
        json!(vec![2; 40]),
        json!(vec![1; 64]),
        json!(vec![2; 62]),
        json!(vec![1; 65]),
        json!(vec![1; 1000]),
        json!(vec![u64::MAX; 1000]),
        json!(vec![0; 64]),
    ]);
    all
}

fn dtypes() -> Vec<Json> {
    let names = [
        "|S0",
        "|S1",
        "|S268435456",
        "|S4294967295",
        "<U0",
        "<U1",
        "<U67108864",
        "<U268435456",
        "<U4000000000",
        "<U18446744073709551615",
        "|O",
        "|b1",
        "<i4",
        ">f8",
        "<f16",
        "<c16",
        "<M8",
        "<M8[s]",
        "<M8[4000000000s]",
        "|V8",
        "|V4000000000",
        "",
        "<",
        "i4",
        "=i4",
        "<i3",
        "<é4",
        "|S-1",
        "int32",
        "string",
        "bool",
        "r64",
        "float128",
        "complex128",
    ];
    let mut all: Vec<Json> = names.iter().map(|name| json!(name)).collect();
    all.extend([
        json!([["a", "<i4"], ["b", "<f8", [1000, 1000]]]),
        json!(null),
        json!(4),
        json!({"name": "numpy.datetime64", "configuration": {"unit": "x\ny", "scale_factor": u64::MAX}}),
        json!({"name": "numpy.timedelta64", "configuration": {"unit": "s", "scale_factor": 1}}),
        json!({"name": "fixed_length_utf32", "configuration": {"length_bytes": u64::MAX}}),
        json!({"name": "fixed_length_utf32", "configuration": {"length_bytes": 1 << 28}}),
        json!({"name": "fixed_length_utf32", "configuration": {"length_bytes": 4}}),
        json!({"name": "null_terminated_bytes", "configuration": {"length_bytes": 1u64 << 40}}),
        json!({"name": "struct", "configuration": {"fields": vec![["x", "int32"]; 1000]}}),
        json!({"name": "int32", "configuration": []}),
        json!("x".repeat(1 << 20)),
    ]);
    all
}

fn fills() -> Vec<Json> {
    vec![
        json!(null),
        json!("NaN"),
        json!("0x7fc00000"),
        json!(f64::MAX),
        json!(-1),
        json!(u64::MAX),
        json!([]),
        json!([1, 2]),
        json!([0.0, "Infinity"]),
        json!({}),
        json!(true),
        json!(""),
        json!("AA=="),
        json!("\u{0}\n"),
        json!("x".repeat(1 << 20)),
        json!(vec![0; 10_000]),
    ]
}

fn compressors() -> Vec<Json> {
    vec![
        json!({"id": "zstd", "level": i64::MAX}),
        json!({"id": "blosc", "cname": "x\0y", "clevel": -1, "shuffle": 99, "blocksize": u64::MAX}),
        json!({"id": "blosc", "cname": "lz4", "clevel": 5, "shuffle": 1, "blocksize": 1u64 << 40}),
        json!({"id": "lzma"}),
        json!({"id": 4}),
        json!({}),
        json!("zstd"),
        json!([]),
        json!({"id": "x".repeat(1 << 20)}),
        json!({"id": "pcodec", "level": u64::MAX}),
    ]
}

fn filters() -> Vec<Json> {
    vec![
        json!([]),
        json!([{"id": "delta", "dtype": "<i8", "astype": "<i1"}]),
        json!([{"id": "delta", "dtype": "|S1000000"}]),
        json!([{"id": "shuffle", "elementsize": 0}]),
        json!([{"id": "shuffle", "elementsize": u64::MAX}]),
        json!([{"id": "shuffle", "elementsize": -4}]),
        json!([{"id": "vlen-utf8"}]),
        json!([{"id": "json2"}, {"id": "json2"}]),
        json!([{"id": "fixedscaleoffset"}]),
        json!(vec![json!({"id": "shuffle", "elementsize": 4}); 1000]),
        json!({"id": "delta"}),
        json!([4, null, []]),
    ]
}

/// Shape and chunks of one length, so that the one does not refuse the other.
fn both() -> impl Iterator<Item = Edit> {
    let lengths = [0u64, 1, 2, 1 << 20];
    let lists = [2usize, 8, 32, 64].into_iter().flat_map(move |dims| lengths.map(|length| vec![length; dims]));
    lists.map(|list| ("both", json!(list)))
}

/// What may be done to a `.zarray`.
fn of_v2() -> Vec<Edit> {
    let mut all = Vec::new();
    all.extend(lists().into_iter().map(|list| ("/shape", list)));
    all.extend(lists().into_iter().map(|list| ("/chunks", list)));
    all.extend(both());
    all.extend(dtypes().into_iter().map(|dtype| ("/dtype", dtype)));
    all.extend(fills().into_iter().map(|fill| ("/fill_value", fill)));
    all.extend(compressors().into_iter().map(|value| ("/compressor", value)));
    all.extend(filters().into_iter().map(|value| ("/filters", value)));
    for place in ["/zarr_format", "/order", "/dimension_separator"] {
        all.extend(
            [json!(null), json!(3), json!("F"), json!("/"), json!("\\"), json!("x".repeat(1 << 20))]
                .map(|v| (place, v)),
        );
    }
    all
}

fn of_v3() -> Vec<Edit> {
    let mut all = Vec::new();
    all.extend(lists().into_iter().map(|list| ("/shape", list)));
    all.extend(lists().into_iter().map(|list| ("/chunk_grid/configuration/chunk_shape", list)));
    all.extend(both());
    all.extend(dtypes().into_iter().map(|dtype| ("/data_type", dtype)));
    all.extend(fills().into_iter().map(|fill| ("/fill_value", fill)));
    let bytes = json!({"name": "bytes", "configuration": {"endian": "little"}});
    let mut deep = json!([bytes]);
    for _ in 0..30 {
        deep = json!([{"name": "sharding_indexed",
            "configuration": {"chunk_shape": [4], "codecs": deep, "index_codecs": [bytes]}}]);
    }
    for codecs in [
        json!([]),
        json!(null),
        json!([bytes, bytes]),
        json!([{"name": "transpose", "configuration": {"order": [u64::MAX]}}, bytes]),
        json!([{"name": "transpose", "configuration": {"order": vec![0; 1000]}}, bytes]),
        json!([{"name": "x".repeat(1 << 20)}]),
        json!([{"name": "vlen-utf8"}]),
        json!(vec![bytes.clone(); 5000]),
        json!([bytes, {"name": "gzip", "configuration": {"level": u64::MAX}}]),
        json!([bytes, {"name": "blosc", "configuration": {"cname": "zstd", "clevel": 5, "shuffle": "shuffle",
            "typesize": u64::MAX, "blocksize": u64::MAX}}]),
        json!([bytes, {"name": "numcodecs.shuffle", "configuration": {"elementsize": u64::MAX}}]),
        json!([bytes, {"name": "numcodecs.shuffle", "configuration": {"elementsize": 0}}]),
        json!([bytes, {"name": "crc32c"}, {"name": "crc32c"}, {"name": "crc32c"}]),
        json!([{"name": "numcodecs.delta", "configuration": {"dtype": "<i4"}}, bytes]),
        json!([{"name": "numcodecs.delta", "configuration": {"dtype": "|S9999999"}}, bytes]),
        json!([{"name": "bytes"}]),
        json!([{"name": "packbits"}]),
        json!([{"name": "bitround", "configuration": {"keepbits": 4_000_000_000u64}}, bytes]),
        deep,
    ] {
        all.push(("/codecs", codecs));
    }
    for place in [
        "/zarr_format",
        "/node_type",
        "/chunk_key_encoding",
        "/chunk_grid",
        "/attributes",
        "/storage_transformers",
        "/dimension_names",
    ] {
        let junk =
            [json!(null), json!(4), json!("group"), json!({"name": "v2"}), json!([["x"]]), json!({"name": "cache"})];
        all.extend(junk.map(|value| (place, value)));
    }
    all.push(("/dimension_names", json!(vec!["x"; 100_000])));
    all.push(("/dimension_names", json!(["x\u{0}y"])));
    all.push(("/dimension_names", json!(["../../x"])));
    all.push(("/attributes", json!({"_ds_kind": "json"})));
    all.push(("/attributes", json!({"_ds_kind": "bytes"})));
    all
}

/// The edits of both formats, made once a process.
pub struct Shapes {
    v2: Vec<Edit>,
    v3: Vec<Edit>,
}

impl Shapes {
    pub fn new() -> Self {
        Self { v2: of_v2(), v3: of_v3() }
    }

    /// A case of a trial: one edit, then several at once.
    pub fn case(&self, random: &mut fastrand::Rng, number: u64) -> Case {
        let format = if number.is_multiple_of(2) { 2 } else { 3 };
        let (edits, mut document) = if format == 2 { (&self.v2, zarray()) } else { (&self.v3, zarr_json()) };
        let mut what = format!("format {format}");
        let mut chosen = vec![deed(random, number / 2, edits)];
        if number / 2 >= edits.len() as u64 {
            (0..random.usize(..3)).for_each(|_| chosen.push(one_of(random, edits)));
        }
        for (place, value) in chosen {
            what.push_str(&format!("; {place} = {}", shown(&value.to_string())));
            put(&mut document, place, value, format);
        }
        // Stored, not stored at all, or stored as nothing.
        let chunks: Files = match random.u8(..4) {
            0 => Vec::new(),
            1 => right_chunks(format).into_iter().map(|(name, _)| (name, Vec::new())).collect(),
            _ => right_chunks(format),
        };
        what.push_str(&format!("; {} chunks", chunks.len()));
        let files = if format == 2 { v2(&document, chunks) } else { v3(&document, chunks) };
        Case { what, files, form: *one_of(random, Form::ALL) }
    }
}

fn put(document: &mut Json, place: &str, value: &Json, format: u8) {
    let places: &[&str] = match (place, format) {
        ("both", 2) => &["/shape", "/chunks"],
        ("both", _) => &["/shape", "/chunk_grid/configuration/chunk_shape"],
        _ => &[place],
    };
    for (index, place) in places.iter().enumerate() {
        // Of `both`, the chunks are of one element each where that is the worse.
        let of_one = index == 1 && value[0] == 2;
        let value = if of_one { json!(vec![1; value.as_array().map_or(0, Vec::len)]) } else { value.clone() };
        let (above, last) = place.rsplit_once('/').unwrap_or(("", place));
        if let Some(object) = document.pointer_mut(above).and_then(Json::as_object_mut) {
            object.insert(last.to_owned(), value);
        }
    }
}

/// One edit of a `.zarray`.
pub fn edit(random: &mut fastrand::Rng) -> Edit {
    let all = of_v2();
    let plain: Vec<&Edit> = all.iter().filter(|(place, _)| *place != "both").collect();
    (*one_of(random, &plain)).clone()
}
