//! The places of a store that a stream of changes writes to, and what is in each of them, as a text.
//!
//! A place holds a version of a node, the rows of an array that grows, a metadata value, or attributes; `-` is nothing.
//! Whatever is torn has no such text.

use datastorage::{Array, ErrorKind, Result, Storage};
use serde_json::json;

use crate::content::{self, KEYS};

/// The array that is written by parts.
pub const GROWN: usize = 2 * KEYS.len();
/// A metadata value.
pub const METADATA: usize = GROWN + 1;
/// Attributes of a group.
pub const ATTRIBUTES: usize = METADATA + 1;
/// The number of places.
pub const COUNT: usize = ATTRIBUTES + 1;

/// Nothing.
pub const NONE: &str = "-";
/// The key of the array that is written by parts.
pub const ROWS: &str = "rows";
/// The group with the attributes.
pub const GROUP: &str = "noted";
const NOTE: &str = "stream/version";
/// Elements of a row.
const WIDTH: u64 = 8;

/// What is in each place.
pub type State = Vec<String>;

/// A store with nothing in it.
pub fn empty() -> State {
    vec![NONE.to_owned(); COUNT]
}

/// The key of a place of nodes: those of the content, then those that they are moved to.
pub fn key(place: usize) -> String {
    if place < KEYS.len() { KEYS[place].to_owned() } else { format!("moved/{}", KEYS[place - KEYS.len()]) }
}

/// Rows of the array that is written by parts, each with its stamp all over.
pub fn rows(stamps: &[u64]) -> Array {
    let elements: Vec<i64> =
        stamps.iter().flat_map(|stamp| (0..WIDTH).map(move |k| (stamp * WIDTH + k) as i64)).collect();
    Array::from_slice(&[stamps.len() as u64, WIDTH], &elements).expect("whole rows")
}

/// The text of such rows.
pub fn text_of(stamps: &[u64]) -> String {
    let stamps: Vec<String> = stamps.iter().map(u64::to_string).collect();
    format!("[{}]", stamps.join(","))
}

/// The stamps of a text.
pub fn stamps_of(text: &str) -> Vec<u64> {
    text.trim_matches(['[', ']']).split(',').filter_map(|stamp| stamp.parse().ok()).collect()
}

/// Sets the metadata value.
pub fn note(store: &Storage, version: u64) -> Result<()> {
    store.save_metadata(NOTE, version)
}

/// Sets the attributes.
pub fn attribute(store: &Storage, version: u64) -> Result<()> {
    store.create_group(GROUP)?;
    let json = json!({"version": version, "again": version});
    store.set_attributes(GROUP, json.as_object().cloned().unwrap_or_default())
}

/// What is in each place of a store.
///
/// # Errors
/// What is torn, or cannot be read.
pub fn observe(store: &Storage) -> std::result::Result<State, String> {
    let mut state = empty();
    for (place, found) in state.iter_mut().enumerate().take(GROWN) {
        if let Some(version) = content::version_at(store, &key(place), place % KEYS.len())? {
            *found = version.to_string();
        }
    }
    if let Some(stamps) = grown(store)? {
        state[GROWN] = text_of(&stamps);
    }
    let absent = |e: &datastorage::Error| e.kind() == ErrorKind::NotFound;
    match store.load_metadata(NOTE) {
        Ok(value) => state[METADATA] = value.to_string(),
        Err(e) if absent(&e) => {}
        Err(e) => return Err(format!("metadata: unreadable: {e}")),
    }
    match store.attributes(GROUP) {
        Ok(attributes) if attributes.is_empty() => {}
        Ok(attributes) if attributes.get("version") == attributes.get("again") => {
            state[ATTRIBUTES] = attributes["version"].to_string();
        }
        Ok(attributes) => return Err(format!("{GROUP}: torn attributes: {attributes:?}")),
        Err(e) if absent(&e) => {}
        Err(e) => return Err(format!("{GROUP}: unreadable: {e}")),
    }
    Ok(state)
}

fn grown(store: &Storage) -> std::result::Result<Option<Vec<u64>>, String> {
    let array = match store.load_array(ROWS) {
        Ok(array) => array,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(format!("{ROWS}: unreadable: {e}")),
    };
    let elements = array.to_vec::<i64>().map_err(|e| format!("{ROWS}: {e}"))?;
    let stamps: Vec<u64> = elements.chunks(WIDTH as usize).map(|row| (row[0] / WIDTH as i64) as u64).collect();
    if array == rows(&stamps) {
        Ok(Some(stamps))
    } else {
        Err(format!("{ROWS}: torn: a row has two stamps, of {stamps:?}"))
    }
}
