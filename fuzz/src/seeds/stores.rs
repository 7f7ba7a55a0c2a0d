//! Seeds that are whole stores: archives, JSON directories, datasets, schemas.

use datastorage::schema::TEMPLATES;
use datastorage::{Array, Options, SchemaBuilder, Storage, Value};
use datastorage_fuzz::targets;
use serde_json::json;

use super::Seeds;

pub fn add(seeds: &mut Seeds) {
    archives(seeds);
    json_directories(seeds);
    tables(seeds);
    schemas(seeds);
}

fn fill(store: &Storage) {
    let areas: Vec<f32> = (0..24).map(|n| n as f32 / 4.0).collect();
    store.save("faces/areas", Array::from_slice(&[12, 2], &areas).expect("24 elements")).expect("saved");
    store.save("faces/types", Array::vector(&(0..40).map(|n| n % 7).collect::<Vec<i32>>())).expect("saved");
    store.save("name", "bracket é").expect("saved");
    store.save("notes", Value::Json(json!([1, null, "x"]))).expect("saved");
    store.save("flags", Array::vector(&[true, false, true])).expect("saved");
    store
        .save("texts", Array::from_strings(vec![3], vec!["a".into(), String::new(), "été".into()]).expect("3"))
        .expect("saved");
    store.save_bytes("raw", b"\0\x01\x02").expect("saved");
    store.save_metadata("source", "bracket.step").expect("saved");
    store.save_metadata("numbers/count", 3).expect("saved");
}

fn archives(seeds: &mut Seeds) {
    for (name, options) in [
        ("default", json!({})),
        ("hoops", json!({"profile": "hoops"})),
        ("raw", json!({"codec": "none"})),
        ("chunks", json!({"chunk_elements": 8, "codec": "lz4"})),
        ("blosc", json!({"chunk_elements": 16, "codec": "blosc:lz4:5:shuffle"})),
        ("v3", json!({"zarr_format": 3, "codec": "zstd:1"})),
        ("shards", json!({"zarr_format": 3, "codec": "zstd:1", "chunk_elements": 4, "shard_elements": 16})),
    ] {
        let store = Storage::memory();
        fill(&store);
        let options = Options::from_json(options).expect("options that are known");
        let bytes = store.to_bytes(&options).expect("an archive");
        seeds.push(("archive", format!("{name}_checked"), [&[1], bytes.as_slice()].concat()));
        seeds.push(("archive", format!("{name}_repaired"), [&[2], bytes.as_slice()].concat()));
    }
    let zarray = br#"{"zarr_format":2,"shape":[2],"chunks":[2],"dtype":"<i2","compressor":null,"fill_value":0,"filters":null,"order":"C"}"#;
    let foreign =
        targets::zip_file::of(&[(".zgroup", br#"{"zarr_format":2}"#), ("a/.zarray", zarray), ("a/0", b"\x01\0\x02\0")]);
    seeds.push(("archive", "foreign".into(), [&[3], foreign.as_slice()].concat()));
}

fn json_directories(seeds: &mut Seeds) {
    let directory = targets::scratch();
    let options = Options::from_json(json!({"sync": "none"})).expect("options that are known");
    let store = Storage::open_json(directory.path(), &options).expect("a new store");
    store.save("a", Array::from_slice(&[2, 2], &[1.5f64, 2.0, f64::NAN, 4.0]).expect("4")).expect("saved");
    store.save("g", Value::from_json(json!({"x": [1, 2], "y": {"z": "text"}, "n": [1, "a"]}))).expect("saved");
    store.save_metadata("source", "part").expect("saved");
    store.close().expect("closed");
    let read = |name: &str| std::fs::read(directory.path().join(name)).unwrap_or_default();
    let files = ["metadata.json", "a.json", "g.json"].map(read);
    for how in 0..4u8 {
        seeds.push(("json_store", format!("own_{how}"), [&[how], files.join(&0xFF).as_slice()].concat()));
    }
    let complex = br#"[{"real":1,"imag":"NaN","_numpy_complex":true}]"#;
    for (name, a, g) in [
        ("foreign", &b"[[1,2],[3,4]]"[..], &br#"{"x":[true,false],"y":{"k":null}}"#[..]),
        ("ragged", b"[[1],[2,3]]", br#"{"":1}"#),
        ("complex", complex, br#"["Infinity",1.5,"NaN"]"#),
        ("deep", b"[[[[[[[[[[1]]]]]]]]]]", br#"{"a":{"a":{"a":{"a":[]}}}}"#),
        ("large", b"[18446744073709551615,1]", b"[9223372036854775807,-9223372036854775808]"),
    ] {
        seeds.push(("json_store", name.into(), [&[2], [&b""[..], a, g, b"\"x\""].join(&0xFF).as_slice()].concat()));
    }
}

fn tables(seeds: &mut Seeds) {
    let directory = targets::scratch();
    let merged = targets::tables::merged(directory.path());
    seeds.push(("tables", "infoset".into(), [&[0], merged.infoset.as_slice()].concat()));
    seeds.push(("tables", "attribset".into(), [&[1], merged.attribset.as_slice()].concat()));
    for (number, (key, predicate, bins)) in [
        ("areas", "areas > 1.5 and types == 2", r#"{"equal": 3}"#),
        ("types", "not (types in [1, 2]) or areas <= 0", r#""distinct""#),
        ("size", "file.size >= 100 and file.kind == 'x'", r#"{"edges": [0, 100, 200]}"#),
        ("kind", "file.name like 'part%'", r#"{"categories": ["x", 1]}"#),
        ("areas[0]", "types != -1 and areas is not null", r#"{"equal": 0}"#),
        ("name of it", "\"name of it\" == 'é1'", r#"{"edges": [1, 0]}"#),
    ]
    .into_iter()
    .enumerate()
    {
        let question = [&b"faces"[..], key.as_bytes(), predicate.as_bytes(), bins.as_bytes()].join(&0xFF);
        seeds.push(("tables", format!("ask_{number}"), [&[2], question.as_slice()].concat()));
    }
}

fn schemas(seeds: &mut Seeds) {
    for name in TEMPLATES.iter().map(|template| template.to_string()).collect::<Vec<_>>() {
        let built = SchemaBuilder::from_template(&name).expect("a template").build().to_string();
        if built.len() < 3500 {
            seeds.push(("schema", format!("template_{name}"), [built.as_bytes(), &[0xFF, 1, 1, 2, 3, 4]].concat()));
        }
    }
    let small = json!({"version": "1.0", "domain": "d", "groups": {"faces": {"primary_dimension": "face", "description": "", "arrays": {
        "areas": {"dims": ["face"], "dtype": "float32", "min_value": 0, "max_value": 10, "units": "mm2"},
        "types": {"dims": ["face"], "dtype": "int32", "values": [0, 1, 2]},
        "grid": {"dims": ["face", "xy"], "dtype": "float64"}}}},
        "metadata": {"metadata": {"file_level": {"m0": {"dtype": "int64", "required": true}},
            "categorical": {"m1": {"dtype": "str", "values": ["a", "b"], "labels": ["A", "B"]}},
            "routing_rules": {"file_level_patterns": ["m*"], "categorical_patterns": ["*kind"], "default_numeric": "file_level"}}}});
    let saves =
        [1u8, 1, 3, 0, 2, 0, 1, 2, 3, 1, b'1', 0, 4, 2, 0, 1, 9, 3, b'"', b'a', b'"', 1, 7, 3, 1, 0, 5, 6, 1, b'2', 2];
    seeds.push(("schema", "small".into(), [small.to_string().as_bytes(), &[0xFF], &saves].concat()));
    let single =
        json!({"groups": {"g": {"arrays": {"a": {"dtype": "bool"}}}}, "metadata": {"file_level": {}, "extra": 1}});
    seeds.push(("schema", "single".into(), [single.to_string().as_bytes(), &[0xFF, 0, 1, 2, 3, 1, 0, 0]].concat()));
}
