//! Names that callers give: keys, prefixes, dimensions, attributes, metadata keys, paths of stores, on every call that
//! takes one, over every backend. Whatever is accepted comes back; what is not changes nothing; nothing leaves the store.

use std::path::Path;

use datastorage::{Array, ArrayOptions, CopyOptions, DType, Options, Region, Storage, Value};
use serde_json::json;

use super::exercise::{Place, Seen, bound, settle};
use super::{deed, one_of};
use crate::trial::Trial;

const NAMES: &[&str] = &[
    "../x",
    "../../outside",
    "../../outside/group",
    "../../outside/x",
    "..",
    ".",
    "",
    "/",
    "/x",
    "/etc/x",
    "a//b",
    "a/",
    "a/../b",
    "a/./b",
    "a/..",
    "..a",
    "...",
    "a\\b",
    "..\\x",
    "C:\\x",
    "C:x",
    "\\\\h\\s",
    "//h/s",
    "x\0y",
    "\0",
    "x\ny",
    "x\ry",
    "x\u{1b}[31m",
    "x\u{7f}",
    "x\u{85}",
    "x\u{2028}y",
    "\u{202e}x",
    ".zarray",
    ".ZARRAY",
    ".zgroup",
    ".zattrs",
    ".zmetadata",
    "a/.zarray",
    "a/.zgroup/x",
    "zarr.json",
    "a/zarr.json",
    "ZARR.JSON",
    "metadata.json",
    "Metadata.Json",
    "a/metadata.json",
    ".ds_record",
    "a/.ds_record",
    ".ds-tmp-0-0-0",
    ".x.ds-old",
    "g/.x.ds-old",
    ".ds-json-1-a.json",
    "__store__",
    "_datastorage",
    "_storage_schema",
    "_dataset/x",
    "file_sizes_KB/a",
    "files_summary",
    "stream_cache/x",
    "0",
    "0.0",
    "a/0",
    "a/c/0",
    "c",
    "c/0",
    "CON",
    "nul",
    "aux.txt",
    "COM1",
    "LPT9 ",
    "x.",
    "x ",
    " x",
    "é",
    "e\u{301}",
    "ß",
    "İ",
    "🦀",
    "%2e%2e%2f",
    "~",
    "-",
    "*",
    "?x",
    "a:b",
    "a|b",
    "<x>",
    "\"x\"",
    "'x'",
    "$(x)",
    "`x`",
    "a b",
    "secret",
    "outside",
    "store.zarr",
    "store.zarr.data",
    ".store.zarr.lock",
];

/// The stores, by how they are opened.
const STORES: &[&str] = &["directory", "disk", "shards", "json", "memory", "archive"];

fn open(kind: &str, place: &Place) -> datastorage::Result<Storage> {
    let options = |more: serde_json::Value| {
        let mut all = json!({"mode": "a", "sync": "none", "max_decoded_bytes": super::DECODED});
        more.as_object().into_iter().flatten().for_each(|(name, value)| all[name.as_str()] = value.clone());
        Options::parse(&all.to_string()).expect("known options")
    };
    match kind {
        "disk" => Storage::open_zarr(&place.root, &options(json!({"staging": "disk"}))),
        "shards" => {
            let sharded = json!({"zarr_format": 3, "chunk_elements": 4, "shard_elements": 16});
            Storage::open_zarr(&place.root, &options(sharded))
        }
        "json" => Storage::open_json(&place.root, &options(json!({}))),
        "memory" => Storage::open_memory(&options(json!({}))),
        _ => Storage::open_zarr(&place.root, &options(json!({"export": true}))),
    }
}

/// A name of a trial, some of them made longer or put together.
fn name(random: &mut fastrand::Rng, number: u64) -> String {
    let first = (*deed(random, number, NAMES)).to_owned();
    if number < NAMES.len() as u64 {
        return first;
    }
    let other = *one_of(random, NAMES);
    match random.u8(..7) {
        0 => format!("{first}/{other}"),
        1 => format!("a/{first}"),
        2 => format!("{first}{other}"),
        3 => first.repeat(random.usize(1..2000)),
        4 => vec![first.as_str(); *one_of(random, &[2, 30, 100, 600])].join("/"),
        5 => "x".repeat(*one_of(random, &[254, 255, 256, 1023, 1024, 1025, 100_000])),
        _ => first.chars().rev().collect(),
    }
}

/// A trial: one name, every call.
///
/// # Errors
/// A finding.
pub fn trial(trial: &mut Trial<'_>, directory: &Path) -> Result<(), String> {
    let mut random = trial.random("keys");
    let kind = STORES[(trial.number % STORES.len() as u64) as usize];
    let name = name(&mut random, trial.number / STORES.len() as u64);
    trial.about(&format!("{kind}: {:?} ({} bytes)", super::shown(&name), name.len()));
    let place = Place::new(directory).map_err(|e| format!("the trial itself: {e}"))?;
    let mut seen = Seen::default();
    let most = bound(4 * name.len() as u64);
    let store = trial.measured(most, || {
        let store = seen.look("open", open(kind, &place))?;
        seen.look("save", store.save("kept", vec![1.5, 2.5]));
        every_call(&store, &name, &mut seen);
        seen.look("flush", store.flush());
        Some(store)
    })?;
    // Before what was saved is removed again.
    place.untouched()?;
    let kept = trial.measured(most, || {
        let Some(store) = store else { return true };
        if kind == "archive" {
            seen.look("compress", store.compress());
            seen.look("close", store.close());
            if let Some(archive) = seen.look("open", open(kind, &place)) {
                every_call(&archive, &name, &mut seen);
                last_calls(&archive, &name, &mut seen);
            }
            return true;
        }
        every_call(&store, &name, &mut seen);
        last_calls(&store, &name, &mut seen);
        let kept = store.load_array("kept").is_ok_and(|array| array == Array::vector(&[1.5, 2.5]));
        seen.look("close", store.close());
        kept
    })?;
    if !kept {
        trial.found("another node changed");
    }
    paths(trial, &mut seen, &place, &name)?;
    settle(trial, &place, seen)
}

fn every_call(store: &Storage, name: &str, seen: &mut Seen) {
    // Before there is anything of ours under the name.
    if let Some(value) = seen.look("load", store.load(name)) {
        seen.value("load", &value);
    }
    let numbers = || Array::vector(&[1i32, 2, 3, 4, 5, 6, 7, 8]);
    let accepted = seen.look("save", store.save(name, numbers())).is_some();
    if accepted && store.load_array(name).ok() != Some(numbers()) {
        seen.wrong.push("save: what was saved does not come back".to_owned());
    }
    let whole = Region { offset: vec![0], shape: vec![2] };
    seen.look("stat", store.stat(name));
    seen.look("exists", store.exists(name));
    seen.look("list", store.list(name, true));
    seen.look("load", store.load(name));
    seen.look("load_region", store.load_region(name, &whole));
    seen.look("load_into", store.load_into(name, DType::I32, &mut [0; 32], &mut 0));
    seen.look("load_string", store.load_string(name));
    seen.look("load_bytes", store.load_bytes(name));
    seen.look("load_json", store.load_json(name));
    seen.look("load_all", store.load_all(name));
    seen.look("view", store.view(name));
    seen.look("path", store.path(name));
    seen.look("save_region", store.save_region(name, &[1], &Array::vector(&[9i32]).view()));
    seen.look("append", store.append(name, &Array::vector(&[9i32]).view(), 0));
    seen.look("resize", store.resize(name, &[3]));
    let options = ArrayOptions::parse(&json!({"dims": [name]}).to_string());
    if let Some(options) = seen.look("options", options) {
        seen.look("create", store.create("made", DType::F64, &[4], &options));
        seen.look("create", store.create(name, DType::F64, &[4], &options));
    }
    seen.look("set_dimensions", store.set_dimensions("kept", &[name]));
    seen.look("dimensions", store.dimensions("kept"));
    let attributes = serde_json::Map::from_iter([(name.to_owned(), json!(name))]);
    seen.look("set_attributes", store.set_attributes("kept", attributes.clone()));
    seen.look("set_attributes", store.set_attributes(name, attributes));
    seen.look("attributes", store.attributes(name));
    let group: Value = [(name, Value::from(1.0)), ("x", Value::from("y"))].into_iter().collect();
    seen.look("save", store.save("group", group));
    seen.look("save_json", store.save_json("json", json!({name: {name: [1, 2]}})));
    seen.look("save_metadata", store.save_metadata(name, json!({name: name})));
    seen.look("load_metadata", store.load_metadata(name));
    seen.look("list_metadata", store.list_metadata(name));
    seen.look("delete_metadata", store.delete_metadata(name));
    seen.look("group_for_array", store.group_for_array(name));
    seen.look("set_schema", store.set_schema(&json!({"groups": {name: {"arrays": {name: {"dims": [name]}}}}})));
    seen.look("create_group", store.create_group(name));
}

/// Those that take away what has the name.
fn last_calls(store: &Storage, name: &str, seen: &mut Seen) {
    seen.look("rename", store.rename("kept", name));
    seen.look("rename", store.rename(name, "kept"));
    if store.exists("kept").is_ok_and(|there| !there) {
        seen.look("save", store.save("kept", vec![1.5, 2.5]));
    }
    let memory = Storage::memory();
    let copy: Result<CopyOptions, _> = serde_json::from_value(json!({"keys": [name]}));
    if let Ok(copy) = copy {
        seen.look("copy_with", store.copy_with(&memory, &copy));
    }
    seen.look("delete", store.delete(name));
}

/// Paths that lead nowhere, and options that name files.
fn paths(trial: &mut Trial<'_>, seen: &mut Seen, place: &Place, name: &str) -> Result<(), String> {
    trial.measured(bound(4 * name.len() as u64), || {
        let beside = json!({"mode": "w", "sync": "none", "compress_extension": name});
        if let Some(options) = seen.look("options", Options::parse(&beside.to_string())) {
            let root = place.around.join("inner/store.other.zarr");
            if let Some(store) = seen.look("open", Storage::open_zarr(&root, &options)) {
                seen.look("save", store.save("a", 1.0));
                seen.look("compress", store.compress());
                seen.look("close", store.close());
            }
        }
        for scheme in ["memory", "json", "zarr", "s3", "file"] {
            let reading = Options::parse(r#"{"mode": "r"}"#).expect("known options");
            // Below a directory that is not there, so that a name that leads up stays in this place.
            let path = format!("{scheme}:{}/inner/store.none/{name}", place.around.display());
            seen.look("open", Storage::open(&path, &reading));
        }
    })
}
