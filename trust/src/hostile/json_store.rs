//! Directories of JSON files, and records, that lie.

use serde_json::{Value as Json, json};

use super::exercise::{Place, Seen, bound, copy, options, read_all, settle};
use super::{deed, one_of, shown};
use crate::trial::Trial;
use datastorage::Storage;

/// A text that a data file may hold.
fn texts() -> Vec<(&'static str, String)> {
    vec![
        ("numbers", format!("[{}]", vec!["0"; 300_000].join(","))),
        ("texts of nothing", format!("[{}]", vec!["\"\""; 300_000].join(","))),
        ("lists of nothing", format!("[{}]", vec!["[]"; 300_000].join(","))),
        ("objects of nothing", format!("[{}]", vec!["{}"; 300_000].join(","))),
        ("members", format!("{{{}}}", (0..50_000).map(|i| format!("\"k{i}\":{{}}")).collect::<Vec<_>>().join(","))),
        ("one member often", format!("{{{}}}", vec!["\"k\":[1]"; 50_000].join(","))),
        ("deep", format!("{}{}", "[".repeat(100_000), "]".repeat(100_000))),
        ("127 deep", format!("{}1{}", "[".repeat(126), "]".repeat(126))),
        ("64 deep", format!("{}1{}", "[".repeat(64), "]".repeat(64))),
        ("deep members", format!("{}1{}", "{\"a\":".repeat(100), "}".repeat(100))),
        ("members of 1000", format!("{}1{}", "{\"a\":".repeat(1000), "}".repeat(1000))),
        ("a ragged list", "[[1,2],[3],[[4]],\"x\",null]".into()),
        ("a long number", "9".repeat(1 << 20)),
        ("a small number", format!("[0.{}1]", "0".repeat(1 << 20))),
        ("a large exponent", "[1e999999999999, -1e400, 1e-400]".into()),
        ("not finite", "[\"NaN\", \"Infinity\", NaN]".into()),
        ("a complex one", "[{\"real\": 1e400, \"imag\": \"x\", \"_numpy_complex\": true}]".into()),
        ("complex ones", format!("[{}]", vec!["{\"real\":1,\"imag\":2,\"_numpy_complex\":true}"; 20_000].join(","))),
        ("nothing", String::new()),
        ("spaces", " ".repeat(1 << 20)),
        ("NUL", "[\"\\u0000\"]\u{0}".into()),
        ("a name that leads out", "{\"../x\": 1, \"a/b\": 2, \"\": 3, \".\": 4, \".zarray\": 5}".into()),
        ("a name of 100 kB", format!("{{\"{}\": 1}}", "n".repeat(100_000))),
        ("a list", "[1,2,3]".into()),
    ]
}

/// Places in the record of a store, and what they may say.
fn records() -> Vec<(&'static str, Json)> {
    let file = json!({"key": "a", "bytes": 7, "crc32": 0});
    let mut all = Vec::new();
    for shape in [
        json!([1u64 << 62]),
        json!([1u64 << 40, 0]),
        json!([u64::MAX, u64::MAX]),
        json!([-1]),
        json!(vec![1; 1000]),
        json!(vec![1; 100_000]),
        json!(vec![0; 70]),
        json!([300_000]),
        json!([2]),
        json!(3),
    ] {
        all.push(("/nodes/a/shape", shape));
    }
    for dtype in ["string", "complex128", "bool", "float16", "int128", "x\ny", ""] {
        all.push(("/nodes/a/dtype", json!(dtype)));
    }
    for kind in ["group", "json", "bytes", "link", ""] {
        all.push(("/nodes/a/kind", json!(kind)));
    }
    for name in [
        "../../secret.json",
        "../secret.json",
        "/etc/passwd",
        "metadata.json",
        "a/b.json",
        "c:x.json",
        ".a.json",
        "x\0.json",
        "b.json",
    ] {
        all.push(("/nodes/a/file", json!(name)));
        all.push(("/files", json!({name: file})));
        all.push(("/removed", json!({name: 1})));
        all.push(("/files/a.json/pending", json!(name)));
        all.push(("/files/a.json/pending", json!(format!(".ds-json-1-{name}"))));
    }
    for key in ["", "..", "../x", "a/b", "b", ".zarray", "a\u{0}"] {
        all.push(("/files/a.json/key", json!(key)));
        all.push((
            "/nodes",
            json!({"": {"kind": "group"}, key: {"kind": "array", "dtype": "int64", "shape": [3], "file": "a.json"}}),
        ));
    }
    for number in [json!(u64::MAX), json!(-1), json!(0), json!(1u64 << 62)] {
        all.push(("/files/a.json/bytes", number.clone()));
        all.push(("/nodes/a/bytes", number.clone()));
        all.push(("/commit", number));
    }
    let many = |count: usize| {
        (0..count).map(|i| (format!("n{i}"), json!({"kind": "group"}))).collect::<serde_json::Map<_, _>>()
    };
    all.push(("/nodes", Json::Object(many(20_000))));
    all.push(("/nodes", json!({"a": vec![0; 100_000]})));
    all.push(("/nodes/a/dims", json!(vec!["x"; 100_000])));
    all.push(("/nodes/a/dims", json!(["a\u{0}b", "../x"])));
    all.push(("/nodes/a/fill_value", json!("x".repeat(1 << 20))));
    all.push(("/nodes/a/attributes", json!({"x": vec![vec![0]; 100_000]})));
    all
}

/// What is put into such directories, made once a process.
pub struct JsonStores {
    texts: Vec<(&'static str, String)>,
    records: Vec<(&'static str, Json)>,
}

impl JsonStores {
    pub fn new() -> Self {
        Self { texts: texts(), records: records() }
    }

    /// A trial: files of another program, or a record of ours that lies.
    ///
    /// # Errors
    /// A finding.
    pub fn trial(&self, trial: &mut Trial<'_>, directory: &std::path::Path) -> Result<(), String> {
        let mut random = trial.random("json");
        let (data_name, data) = deed(&mut random, trial.number / 2, &self.texts);
        let mut what = format!("a.json is {data_name}");
        let io = |e: std::io::Error| format!("the trial itself: {e}");
        let place = Place::new(directory).map_err(io)?;
        std::fs::create_dir_all(&place.root).map_err(io)?;
        let mut data = data.clone();
        let mut stored = 0;
        if trial.number % 2 == 1 {
            if random.u8(..4) > 0 {
                (data, what) = ("[1,2,3]".into(), "a.json is right".into());
            }
            let crc = crc32fast::hash(data.as_bytes());
            let mut record = json!({"commit": 1, "files": {"a.json": {"key": "a", "bytes": data.len(), "crc32": crc}},
                "nodes": {"": {"kind": "group"}, "a": {"kind": "array", "dtype": "int64", "shape": [3], "dims": ["x"],
                "file": "a.json", "bytes": data.len()}}});
            let count = if trial.number / 2 < self.records.len() as u64 { 1 } else { random.usize(1..4) };
            for index in 0..count {
                let (at, value) = match index {
                    0 => deed(&mut random, trial.number / 2, &self.records),
                    _ => one_of(&mut random, &self.records),
                };
                what.push_str(&format!("; record{at} = {}", shown(&value.to_string())));
                let (above, last) = at.rsplit_once('/').unwrap_or(("", at));
                if let Some(object) = record.pointer_mut(above).and_then(Json::as_object_mut) {
                    object.insert(last.to_owned(), value.clone());
                }
            }
            // As the store seals it: the checksum is of the document with zeros in its place.
            let document =
                json!({"_datastorage": {"format": 1, "checksum": "crc32:00000000", "json": record}}).to_string();
            let crc = format!("crc32:{:08x}", crc32fast::hash(document.as_bytes()));
            let document = document.replacen("crc32:00000000", &crc, 1);
            stored += document.len() as u64;
            std::fs::write(place.root.join("metadata.json"), document).map_err(io)?;
        }
        trial.about(&what);
        stored += data.len() as u64;
        std::fs::write(place.root.join("a.json"), &data).map_err(io)?;
        let mut seen = Seen::default();
        trial.measured(bound(stored), || {
            if let Some(store) = seen.look("open", Storage::open_json(&place.root, &options(json!({})))) {
                read_all(&store, &mut seen);
                copy(&store, &mut seen);
            }
        })?;
        settle(trial, &place, seen)?;
        let mut seen = Seen::default();
        trial.measured(bound(stored), || {
            let writing = options(json!({"mode": "a", "sync": "none"}));
            if let Some(store) = seen.look("open", Storage::open_json(&place.root, &writing)) {
                seen.look("save", store.save("b", vec![1, 2]));
                seen.look("delete", store.delete("a"));
                seen.look("close", store.close());
            }
        })?;
        settle(trial, &place, seen)
    }
}
