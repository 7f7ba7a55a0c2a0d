//! Everything there is to read of a store, and the walls around it.

use std::path::{Path, PathBuf};

use datastorage::{Array, Error, ErrorKind, Kind, Options, Region, Result, Storage, Value};
use serde_json::{Value as Json, json};

use super::{Case, DECODED, FLOOR, Files, Form, write_tree, zip};
use crate::trial::Trial;

/// What stands in files beside a store, and must never come out of one.
pub const SECRET: &str = "outside 7f3a";
/// No line for a person is longer.
const LONGEST: usize = 2048;

/// What was read.
#[derive(Default)]
pub struct Seen {
    /// Errors whose text or kind is wrong, and what came from outside.
    pub wrong: Vec<String>,
    /// Whether an array was read.
    pub read: bool,
    /// Bytes that came back of one array at most.
    pub largest: u64,
}

impl Seen {
    fn note(&mut self, call: &str, error: &Error) {
        let text = error.message();
        // For whoever does a trial by hand.
        if std::env::var_os("TRUST_ERRORS").is_some() {
            eprintln!("{call}: {:?}: {text}", error.kind());
        }
        let bad = |c: char| c.is_control();
        if text.is_empty() || text.len() > LONGEST || text.contains(bad) {
            self.wrong.push(format!(
                "{call}: an error of {} bytes that is no line: {}",
                text.len(),
                super::shown(text)
            ));
        }
        if error.kind() == ErrorKind::Internal {
            self.wrong.push(format!("{call}: {text}"));
        }
        if text.contains(SECRET) {
            self.wrong.push(format!("{call}: the error tells what is outside: {}", super::shown(text)));
        }
    }

    fn outside(&mut self, call: &str, bytes: &[u8]) {
        let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        if holds(SECRET) || holds("root:x:0:") {
            self.wrong.push(format!("{call}: gives what is outside of the store"));
        }
    }

    fn array(&mut self, call: &str, array: &Array) {
        let size = match (array.bytes(), array.strings()) {
            (Some(bytes), _) => {
                self.outside(call, bytes);
                bytes.len()
            }
            (_, Some(strings)) => {
                strings.iter().take(64).for_each(|text| self.outside(call, text.as_bytes()));
                strings.iter().map(|text| text.len() + size_of::<String>()).sum()
            }
            _ => 0,
        };
        self.largest = self.largest.max(size as u64);
        self.read = true;
    }

    /// Looks at a value for what it must not hold.
    pub fn value(&mut self, call: &str, value: &Value) {
        match value {
            Value::Array(array) => self.array(call, array),
            Value::Bytes(bytes) => self.outside(call, bytes),
            Value::Json(json) => self.outside(call, json.to_string().as_bytes()),
            Value::Group(children) => children.values().for_each(|child| self.value(call, child)),
        }
    }

    /// The result of a call, its error looked at.
    pub fn look<T>(&mut self, call: &str, result: Result<T>) -> Option<T> {
        result.map_err(|error| self.note(call, &error)).ok()
    }
}

/// The options of a reader with a bound.
pub fn options(extra: Json) -> Options {
    let mut options = json!({"mode": "r", "max_decoded_bytes": DECODED});
    for (name, value) in extra.as_object().into_iter().flatten() {
        options[name.as_str()] = value.clone();
    }
    Options::parse(&options.to_string()).expect("known options")
}

/// Reads all that a store has, by every call that reads.
pub fn read_all(store: &Storage, seen: &mut Seen) {
    let mut keys: Vec<(String, Kind)> = seen.look("list", store.list("", true)).unwrap_or_default();
    keys.truncate(40);
    for key in ["a", "b"] {
        if !keys.iter().any(|(known, _)| known == key) {
            keys.push((key.to_owned(), Kind::Array));
        }
    }
    for (key, kind) in &keys {
        let info = seen.look("stat", store.stat(key));
        seen.look("exists", store.exists(key));
        if let Some(attributes) = seen.look("attributes", store.attributes(key)) {
            seen.outside("attributes", Json::Object(attributes).to_string().as_bytes());
        }
        seen.look("dimensions", store.dimensions(key));
        if *kind == Kind::Group {
            continue;
        }
        if let Some(array) = seen.look("load_array", store.load_array(key)) {
            seen.array("load_array", &array);
        }
        if let Some(info) = info {
            let shape: Vec<u64> = info.shape.iter().map(|&length| length.min(2)).collect();
            let end = Region { offset: info.shape.iter().zip(&shape).map(|(l, s)| l - s).collect(), shape };
            if let Some(array) = seen.look("load_region", store.load_region(key, &end)) {
                seen.array("load_region", &array);
            }
            let mut memory = [0u8; 64];
            if let Some(dtype) = info.dtype {
                seen.look("load_into", store.load_into(key, dtype, &mut memory, &mut 0));
            }
        }
        if let Some(view) = seen.look("view", store.view(key)) {
            drop(view);
        }
        if let Some(value) = seen.look("load", store.load(key)) {
            seen.value("load", &value);
        }
    }
    let groups: Vec<&String> = keys.iter().filter(|(_, kind)| *kind == Kind::Group).map(|(key, _)| key).collect();
    for group in groups.into_iter().take(2) {
        if let Some(value) = seen.look("load", store.load(group)) {
            seen.value("load", &value);
        }
    }
    seen.look("load_all", store.load_all(""));
    let names = seen.look("list_metadata", store.list_metadata("")).unwrap_or_default();
    for name in names.iter().take(20) {
        if let Some(json) = seen.look("load_metadata", store.load_metadata(name)) {
            seen.outside("load_metadata", json.to_string().as_bytes());
        }
        seen.look("metadata_scope", store.metadata_scope(name));
    }
    seen.look("schema", store.schema());
    seen.look("verify", store.verify(false));
}

/// Copies a store into a new one in memory.
pub fn copy(store: &Storage, seen: &mut Seen) {
    let bounded = Options::parse(&json!({"nan": "allow"}).to_string()).expect("known options");
    if let Some(memory) = seen.look("open_memory", Storage::open_memory(&bounded)) {
        seen.look("copy_to", store.copy_to(&memory));
    }
}

/// A directory with a store in it and something beside it that nobody may touch.
pub struct Place {
    pub around: PathBuf,
    pub root: PathBuf,
    before: Vec<(PathBuf, Vec<u8>)>,
}

impl Place {
    /// An empty one in the directory of a child; what an earlier trial left is gone.
    ///
    /// # Errors
    /// Of the operating system.
    pub fn new(directory: &Path) -> std::io::Result<Self> {
        let around = directory.join("around");
        if around.exists() {
            std::fs::remove_dir_all(&around)?;
        }
        std::fs::create_dir_all(around.join("inner"))?;
        std::fs::create_dir_all(around.join("outside/group"))?;
        let secret = SECRET.repeat(4).into_bytes();
        for name in ["outside/secret", "outside/0", "outside/group/0", "secret.json", "inner/secret"] {
            std::fs::write(around.join(name), &secret)?;
        }
        std::fs::write(around.join("outside/.zarray"), array_outside())?;
        std::fs::write(around.join("outside/.zgroup"), "{\"zarr_format\":2}")?;
        std::fs::write(around.join("outside/.zattrs"), format!("{{\"told\":\"{SECRET}\"}}"))?;
        let mut place = Self { root: around.join("inner/store.zarr"), around, before: Vec::new() };
        place.before = place.outside()?;
        Ok(place)
    }

    /// What is beside the store changed, or something new is there.
    ///
    /// # Errors
    /// What it is.
    pub fn untouched(&self) -> std::result::Result<(), String> {
        let now = self.outside().map_err(|e| format!("what is outside cannot be read any more: {e}"))?;
        if now == self.before {
            return Ok(());
        }
        let lost = self.before.iter().find(|entry| !now.contains(entry)).map(|(path, _)| path);
        let new = now.iter().find(|entry| !self.before.contains(entry)).map(|(path, _)| path);
        Err(format!("outside of the store: changed or lost {lost:?}, new {new:?}"))
    }

    /// Every file beside the store, and its bytes.
    fn outside(&self) -> std::io::Result<Vec<(PathBuf, Vec<u8>)>> {
        let mut found = Vec::new();
        collect(&self.around, &self.around.join("inner"), &mut found)?;
        // The store is a directory or a file, an archive may be made beside it, and what it exports.
        for entry in std::fs::read_dir(self.around.join("inner"))? {
            let entry = entry?;
            let name = entry.file_name();
            let own = ["files_summary", "stream_cache"].iter().any(|exported| name == *exported);
            let name = name.to_string_lossy();
            if !own && !["store.", ".store."].iter().any(|mine| name.starts_with(mine)) {
                found.push((entry.path(), std::fs::read(entry.path()).unwrap_or_default()));
            }
        }
        found.sort();
        Ok(found)
    }
}

fn array_outside() -> String {
    json!({"zarr_format": 2, "shape": [48], "chunks": [48], "dtype": "|u1", "compressor": null, "fill_value": 0,
        "order": "C", "filters": null})
    .to_string()
}

fn collect(directory: &Path, but: &Path, found: &mut Vec<(PathBuf, Vec<u8>)>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        if path == but {
            continue;
        }
        if std::fs::symlink_metadata(&path)?.is_dir() {
            found.push((path.clone(), Vec::new()));
            collect(&path, but, found)?;
        } else {
            let bytes = if path.is_file() { std::fs::read(&path)? } else { Vec::new() };
            found.push((path, bytes));
        }
    }
    Ok(())
}

/// Opens a case in its form.
fn open(place: &Place, form: Form, archive: Option<Vec<u8>>) -> Result<Storage> {
    match (form, archive) {
        (Form::Memory, Some(bytes)) => Storage::open_bytes(bytes, &options(json!({}))),
        (Form::Mapped, _) => Storage::open_zarr(&place.root, &options(json!({"mmap": true}))),
        _ => Storage::open_zarr(&place.root, &options(json!({}))),
    }
}

/// Puts an archive, or the files of a store, where it is opened, reads everything, and looks around.
///
/// # Errors
/// A finding.
pub fn case(trial: &mut Trial<'_>, directory: &Path, case: Case) -> std::result::Result<(), String> {
    let Case { what, files, form } = case;
    let archive = (form != Form::Directory).then(|| zip::of_files(&files));
    match archive {
        Some(bytes) => archive_case(trial, directory, &what, bytes, form),
        None => {
            let stored = files.iter().map(|(_, bytes)| bytes.len() as u64).sum();
            run(trial, directory, &format!("{what}; {form:?}"), stored, &files, None, form)
        }
    }
}

/// The same with the bytes of an archive.
///
/// # Errors
/// A finding.
pub fn archive_case(
    trial: &mut Trial<'_>,
    directory: &Path,
    what: &str,
    bytes: Vec<u8>,
    form: Form,
) -> std::result::Result<(), String> {
    let stored = bytes.len() as u64;
    run(trial, directory, &format!("{what}; {form:?}"), stored, &Vec::new(), Some(bytes), form)
}

fn run(
    trial: &mut Trial<'_>,
    directory: &Path,
    what: &str,
    stored: u64,
    files: &Files,
    archive: Option<Vec<u8>>,
    form: Form,
) -> std::result::Result<(), String> {
    trial.about(&super::shown(what));
    let io = |e: std::io::Error| format!("the trial itself: {e}");
    let place = Place::new(directory).map_err(io)?;
    match &archive {
        Some(bytes) if form != Form::Memory => std::fs::write(&place.root, bytes).map_err(io)?,
        Some(_) => {}
        None => {
            std::fs::create_dir_all(&place.root).map_err(io)?;
            write_tree(&place.root, files).map_err(io)?;
        }
    }
    let mut seen = Seen::default();
    let store = trial.measured(bound(stored), || seen.look("open", open(&place, form, archive)))?;
    if let Some(store) = store {
        trial.measured(bound(stored), || read_all(&store, &mut seen))?;
        trial.measured(bound(stored), || {
            copy(&store, &mut seen);
            seen.look("close", store.close());
        })?;
    }
    settle(trial, &place, seen)
}

/// What a case of so many stored bytes may take.
pub fn bound(stored: u64) -> u64 {
    4 * (stored + DECODED) + FLOOR
}

/// What was seen becomes findings and counts.
///
/// # Errors
/// A finding.
pub fn settle(trial: &mut Trial<'_>, place: &Place, seen: Seen) -> std::result::Result<(), String> {
    trial.count(if seen.read { "read" } else { "refused" });
    seen.wrong.iter().take(3).for_each(|text| trial.found(text));
    if seen.largest > 2 * DECODED {
        trial.found(&format!("an array of {} bytes came back, max_decoded_bytes is {DECODED}", seen.largest));
    }
    place.untouched()
}
