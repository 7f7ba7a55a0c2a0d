//! [`Document`]: the nested JSON document of metadata, and the checked bytes it is kept in.
//!
//! Metadata keys are '/'-separated paths through nested objects. They are not [`Key`](crate::Key)s: any text between
//! the slashes will do. [`Document::set`] merges: an object goes into the object that is there, name by name, and
//! anything else replaces what is there. The document never holds a number that JSON cannot write.
//!
//! [`to_bytes`] and [`from_bytes`] are the form on disk (`metadata.json`): the user's object plus the private key
//! [`PRIVATE`], which states the format version and a CRC-32 of the whole file with its own eight digits as zeros. The
//! private key belongs to the library: a [`Document`] neither shows nor takes it. This file reads and writes no file.

use std::sync::Arc;

use serde_json::{Map, Value as Json};

use crate::error::{Result, err};

/// A JSON object.
type Object = Map<String, Json>;

/// The top-level key of the file that is the library's own.
pub const PRIVATE: &str = "_datastorage";
/// The version of the store format that this library writes.
pub const FORMAT: u64 = 1;

const MAX_COMPONENT: usize = 255;
const MAX_LEVELS: usize = 64;
/// Nesting of the whole document; below the limit of the JSON parser (128).
const MAX_DEPTH: usize = 100;
const CHECKSUM_PREFIX: &str = "\"checksum\":\"crc32:";
const CHECKSUM_DIGITS: usize = 8;

/// A nested JSON document addressed by '/'-separated paths.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Document {
    /// Copied when it is changed while somebody holds it.
    root: Arc<Object>,
}

impl Document {
    /// An empty document.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The document of an object; a private key in it is dropped.
    #[must_use]
    pub fn from_object(mut root: Object) -> Self {
        root.shift_remove(PRIVATE);
        Self { root: Arc::new(root) }
    }

    /// The whole as an object.
    #[must_use]
    pub fn object(&self) -> &Object {
        &self.root
    }

    /// The whole as it is now, whatever happens to the document later.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Object> {
        self.root.clone()
    }

    /// Whether nothing is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.root.is_empty()
    }

    /// The value at a path: a leaf or a whole object.
    ///
    /// # Errors
    /// `NotFound`; `InvalidArgument` for a malformed path.
    pub fn get(&self, path: &str) -> Result<&Json> {
        let parts = components(path)?;
        self.resolve(&parts)
            .and_then(|names| descend(&self.root, &names))
            .ok_or_else(|| err!(NotFound, "{path}: no such metadata"))
    }

    /// Puts a value at a path, making the objects on the way. An object merges into the object that is there;
    /// anything else replaces.
    ///
    /// # Errors
    /// `WrongKind` when something on the way is no object; `InvalidArgument` for a malformed, reserved or too deep
    /// path. Nothing changes then.
    pub fn set(&mut self, path: &str, value: Json) -> Result<()> {
        self.put(path, value, true)
    }

    /// Puts a value at a path, dropping whatever was there, an object too.
    ///
    /// # Errors
    /// As [`Document::set`].
    pub fn replace(&mut self, path: &str, value: Json) -> Result<()> {
        self.put(path, value, false)
    }

    /// Takes the value at a path away, and nothing else: an object that becomes empty stays.
    ///
    /// # Errors
    /// `NotFound`; `InvalidArgument` for a malformed path.
    pub fn delete(&mut self, path: &str) -> Result<Json> {
        let parts = components(path)?;
        let names = self.resolve(&parts).ok_or_else(|| err!(NotFound, "{path}: no such metadata"))?;
        let mut object = Arc::make_mut(&mut self.root);
        let (last, way) = names.split_last().ok_or_else(|| err!(InvalidArgument, "metadata key is empty"))?;
        for name in way {
            object = object
                .get_mut(name)
                .and_then(Json::as_object_mut)
                .ok_or_else(|| err!(NotFound, "{path}: no such metadata"))?;
        }
        object.shift_remove(last).ok_or_else(|| err!(NotFound, "{path}: no such metadata"))
    }

    /// The paths of all leaves at or below `prefix` (all of the document for ""), sorted; an empty object counts as a
    /// leaf. Nothing there gives an empty list.
    ///
    /// # Errors
    /// `InvalidArgument` for a malformed prefix.
    pub fn list(&self, prefix: &str) -> Result<Vec<String>> {
        let mut leaves = Vec::new();
        if prefix.is_empty() {
            for (name, value) in &*self.root {
                gather(name, value, &mut leaves);
            }
        } else {
            let parts = components(prefix)?;
            if let Some(value) = self.resolve(&parts).and_then(|names| descend(&self.root, &names)) {
                gather(prefix, value, &mut leaves);
            }
        }
        leaves.sort_unstable();
        Ok(leaves)
    }

    /// Puts values into the object at a way of names, making the objects on the way.
    ///
    /// # Errors
    /// `WrongKind` when something on the way is no object.
    pub(crate) fn put_all<'n>(
        &mut self,
        way: impl Iterator<Item = &'n str>,
        values: impl Iterator<Item = (String, Json)>,
    ) -> Result<()> {
        let mut object = Arc::make_mut(&mut self.root);
        for name in way {
            let below = object.entry(name).or_insert_with(|| Json::Object(Object::new()));
            let Json::Object(below) = below else {
                return Err(err!(WrongKind, "{name}: metadata holds a value, a group is needed"));
            };
            object = below;
        }
        object.extend(values);
        Ok(())
    }

    fn put(&mut self, path: &str, value: Json, merges: bool) -> Result<()> {
        let parts = components(path)?;
        if parts.first() == Some(&PRIVATE) {
            return Err(err!(InvalidArgument, "{path}: '{PRIVATE}' is reserved in metadata"));
        }
        let levels = parts.len() + depth(&value, MAX_DEPTH + 1);
        if levels > MAX_DEPTH {
            return Err(err!(InvalidArgument, "{path}: metadata of {levels} or more levels, the limit is {MAX_DEPTH}"));
        }
        let names = match self.resolve(&parts) {
            Some(names) => names,
            None => {
                check_way(&self.root, path, &parts)?;
                parts.iter().map(|&p| p.to_owned()).collect()
            }
        };
        let Some((last, way)) = names.split_last() else { return Ok(()) };
        let mut object = Arc::make_mut(&mut self.root);
        for name in way {
            object = object
                .entry(name.as_str())
                .or_insert_with(|| Json::Object(Map::new()))
                .as_object_mut()
                .ok_or_else(|| err!(WrongKind, "{path}: '{name}' is no object"))?;
        }
        match object.get_mut(last) {
            Some(place) if merges => merge(place, value),
            Some(place) => *place = value,
            None => {
                object.insert(last.clone(), value);
            }
        }
        Ok(())
    }

    /// The names that lead to an existing value. A name may itself hold a '/' (a schema has such), so neighbouring
    /// components are tried joined where they lead nowhere alone.
    fn resolve(&self, parts: &[&str]) -> Option<Vec<String>> {
        fn walk(object: &Object, parts: &[&str], names: &mut Vec<String>) -> bool {
            for take in 1..=parts.len() {
                let name = parts[..take].join("/");
                let Some(value) = object.get(&name) else { continue };
                names.push(name);
                let rest = &parts[take..];
                if rest.is_empty() || value.as_object().is_some_and(|inner| walk(inner, rest, names)) {
                    return true;
                }
                names.pop();
            }
            false
        }
        let mut names = Vec::new();
        walk(&self.root, parts, &mut names).then_some(names)
    }
}

/// A JSON number of an `f64`.
///
/// # Errors
/// `Nan` when it is not a number, `InvalidArgument` when it is infinite: JSON has no such numbers.
pub fn number(key: &str, value: f64) -> Result<Json> {
    if value.is_nan() {
        return Err(err!(Nan, "{key}: metadata cannot hold NaN"));
    }
    serde_json::Number::from_f64(value)
        .map(Json::Number)
        .ok_or_else(|| err!(InvalidArgument, "{key}: metadata cannot hold the number {value}"))
}

/// The file of a document: one top-level key a line, the private key first. `private` has names and JSON texts, and the
/// names need no escape.
///
/// # Errors
/// `Internal` when the serialiser refuses, which it has no reason for.
pub fn to_bytes(user: &Object, private: &[(&str, &str)]) -> Result<Vec<u8>> {
    let refused = |e: serde_json::Error| err!(Internal, "metadata: {e}");
    let mut out = format!("{{\n\"{PRIVATE}\": {{\"format\":{FORMAT},{CHECKSUM_PREFIX}00000000\"").into_bytes();
    let at = out.len() - 1 - CHECKSUM_DIGITS;
    for (name, text) in private {
        for part in [",\"", name, "\":", text] {
            out.extend_from_slice(part.as_bytes());
        }
    }
    out.push(b'}');
    for (name, value) in user.iter().filter(|(name, _)| *name != PRIVATE) {
        out.extend_from_slice(b",\n");
        serde_json::to_writer(&mut out, name).map_err(refused)?;
        out.extend_from_slice(b": ");
        serde_json::to_writer(&mut out, value).map_err(refused)?;
    }
    out.extend_from_slice(b"\n}\n");
    let digits = format!("{:08x}", crc32fast::hash(&out));
    out[at..at + CHECKSUM_DIGITS].copy_from_slice(digits.as_bytes());
    Ok(out)
}

/// Reads a file of metadata: the user's object and the private one, which is empty for a document that another
/// program wrote. `check` compares the checksum, `limit` bounds the size.
///
/// # Errors
/// `Corrupt` when it is no JSON object or the checksum differs, `Unsupported` when a newer format wrote it or it
/// exceeds `limit`.
pub fn from_bytes(bytes: &[u8], check: bool, limit: u64) -> Result<(Object, Object)> {
    let private = private_of(bytes, check, limit)?;
    Ok((user_of(bytes)?, private))
}

/// The private object of a file of metadata, without what the user's say.
///
/// # Errors
/// As [`from_bytes`].
pub fn private_of(bytes: &[u8], check: bool, limit: u64) -> Result<Object> {
    #[derive(serde::Deserialize)]
    struct Outer {
        #[serde(rename = "_datastorage", default)]
        private: Option<Json>,
    }
    if bytes.len() as u64 > limit {
        return Err(err!(Unsupported, "metadata.json: {} bytes, the limit is {limit}", bytes.len()));
    }
    if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
        // No object, or no JSON.
        crate::json_text::weigh(bytes, limit).map_err(|e| e.context("metadata.json"))?;
        return user_of(bytes).map(|_| Object::new());
    }
    crate::json_text::weigh(bytes, limit).map_err(|e| e.context("metadata.json"))?;
    let outer: Outer = serde_json::from_slice(bytes).map_err(|e| err!(Corrupt, "metadata.json: {e}"))?;
    let private = match outer.private {
        None => return Ok(Object::new()),
        Some(Json::Object(private)) => private,
        Some(other) => return Err(err!(Corrupt, "metadata.json: {PRIVATE} is {}, no object", kind_name(&other))),
    };
    match private.get("format").and_then(Json::as_u64) {
        Some(format) if format > FORMAT => {
            return Err(err!(Unsupported, "metadata.json: store format {format}, this library reads up to {FORMAT}"));
        }
        Some(_) => {}
        None => return Err(err!(Corrupt, "metadata.json: {PRIVATE} states no format")),
    }
    if check {
        check_sum(bytes, &private)?;
    }
    Ok(private)
}

/// The user's object of a file of metadata that was checked.
///
/// # Errors
/// `Corrupt` when it is no JSON object.
pub fn user_of(bytes: &[u8]) -> Result<Object> {
    match serde_json::from_slice::<Json>(bytes) {
        Ok(Json::Object(mut object)) => {
            object.shift_remove(PRIVATE);
            Ok(object)
        }
        Ok(other) => Err(err!(Corrupt, "metadata.json: wanted an object, found {}", kind_name(&other))),
        Err(e) => Err(err!(Corrupt, "metadata.json: {e}")),
    }
}

/// The members of the user's object of a file of metadata that was checked, as text.
///
/// # Errors
/// As [`user_of`].
#[cfg(feature = "dataset")]
pub fn members_of(bytes: &[u8]) -> Result<Vec<(String, &str)>> {
    let members: indexmap::IndexMap<String, &serde_json::value::RawValue> =
        serde_json::from_slice(bytes).map_err(|e| err!(Corrupt, "metadata.json: {e}"))?;
    let own = members.into_iter().filter(|(name, _)| name != PRIVATE);
    Ok(own.map(|(name, text)| (name, text.get())).collect())
}

fn check_sum(bytes: &[u8], private: &Object) -> Result<()> {
    let stated = private.get("checksum").and_then(Json::as_str).unwrap_or("none");
    let place = find(bytes, CHECKSUM_PREFIX.as_bytes())
        .map(|at| at + CHECKSUM_PREFIX.len())
        .filter(|at| at + CHECKSUM_DIGITS <= bytes.len())
        .ok_or_else(|| err!(Corrupt, "metadata.json: checksum is '{stated}', wanted crc32 as the store wrote it"))?;
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&bytes[..place]);
    hasher.update(&[b'0'; CHECKSUM_DIGITS]);
    hasher.update(&bytes[place + CHECKSUM_DIGITS..]);
    let found = format!("crc32:{:08x}", hasher.finalize());
    if found == stated {
        return Ok(());
    }
    Err(err!(Corrupt, "metadata.json: checksum is {found}, recorded is {stated}"))
}

fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes.windows(needle.len()).position(|window| window == needle)
}

fn components(path: &str) -> Result<Vec<&str>> {
    let shown = || path.chars().take(60).collect::<String>().escape_debug().to_string();
    if path.is_empty() {
        return Err(err!(InvalidArgument, "metadata key is empty"));
    }
    let levels = path.split('/').count();
    if levels > MAX_LEVELS {
        return Err(err!(InvalidArgument, "{}: metadata key of {levels} levels, the limit is {MAX_LEVELS}", shown()));
    }
    for part in path.split('/') {
        if part.is_empty() {
            return Err(err!(InvalidArgument, "{}: metadata key has an empty component", shown()));
        }
        if part.len() > MAX_COMPONENT {
            let length = part.len();
            return Err(err!(InvalidArgument, "{}: component of {length} bytes, limit {MAX_COMPONENT}", shown()));
        }
        if part.contains('\0') {
            return Err(err!(InvalidArgument, "{}: metadata key holds a NUL", shown()));
        }
    }
    Ok(path.split('/').collect())
}

/// Refuses a way that leads through something that is no object.
fn check_way(root: &Object, path: &str, parts: &[&str]) -> Result<()> {
    let mut object = root;
    for (i, part) in parts.iter().enumerate().take(parts.len().saturating_sub(1)) {
        match object.get(*part) {
            None => return Ok(()),
            Some(Json::Object(inner)) => object = inner,
            Some(other) => {
                return Err(err!(
                    WrongKind,
                    "{path}: '{}' is {}, wanted an object",
                    parts[..=i].join("/"),
                    kind_name(other)
                ));
            }
        }
    }
    Ok(())
}

fn descend<'a>(root: &'a Object, names: &[String]) -> Option<&'a Json> {
    let (first, rest) = names.split_first()?;
    rest.iter().try_fold(root.get(first)?, |value, name| value.as_object()?.get(name))
}

fn gather(path: &str, value: &Json, leaves: &mut Vec<String>) {
    match value.as_object() {
        Some(object) if !object.is_empty() => {
            for (name, inner) in object {
                gather(&format!("{path}/{name}"), inner, leaves);
            }
        }
        _ => leaves.push(path.to_owned()),
    }
}

fn merge(place: &mut Json, value: Json) {
    match (place, value) {
        (Json::Object(old), Json::Object(new)) => {
            for (name, inner) in new {
                match old.get_mut(&name) {
                    Some(place) => merge(place, inner),
                    None => {
                        old.insert(name, inner);
                    }
                }
            }
        }
        (place, value) => *place = value,
    }
}

/// How deep a value nests; a scalar is 0. Looks no deeper than `limit`.
pub(crate) fn depth(value: &Json, limit: usize) -> usize {
    if limit == 0 {
        return 0;
    }
    match value {
        Json::Array(items) => 1 + items.iter().map(|v| depth(v, limit - 1)).max().unwrap_or(0),
        Json::Object(object) => 1 + object.values().map(|v| depth(v, limit - 1)).max().unwrap_or(0),
        _ => 0,
    }
}

fn kind_name(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "a bool",
        Json::Number(_) => "a number",
        Json::String(_) => "a string",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests;
