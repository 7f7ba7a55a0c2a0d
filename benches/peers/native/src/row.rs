//! What a row can do. A row is one way to store items; the server times its calls and compares what it reads.

use std::ffi::CString;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use crate::input::Item;

/// Every fallible step ends in one line of text for the driver.
pub type Result<T> = std::result::Result<T, String>;

/// One way to store an item in a file or directory.
pub trait Row {
    /// Stores an item under a path, which is free; the row may add an ending to it.
    fn write(&mut self, path: &Path, item: &Item) -> Result<()>;

    /// Loads every array of an item into memory of its size, in the order of the item.
    fn read(&mut self, path: &Path, item: &Item, out: &mut [Vec<u8>]) -> Result<()>;

    /// Loads boxes of the first array of an item, and gives the time without that of opening it.
    fn boxes(&mut self, _path: &Path, _item: &Item, _boxes: &Boxes, _out: &mut [u8]) -> Result<Duration> {
        Err("this row reads no boxes".into())
    }

    /// The named figures of workload F: no other row has any.
    fn figures(&mut self, _directory: &Path, _item: &Item) -> Result<Vec<(&'static str, f64)>> {
        Err("this row has no figures".into())
    }
}

/// Boxes of one shape.
pub struct Boxes {
    pub offsets: Vec<[usize; 3]>,
    pub shape: [usize; 3],
}

/// The text of an error.
pub fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// A path as C wants it.
pub fn c_path(path: &Path) -> Result<CString> {
    CString::new(path.as_os_str().as_encoded_bytes()).map_err(text)
}

/// A JSON document as C wants it.
pub fn json_text(value: &Value) -> Result<CString> {
    CString::new(value.to_string()).map_err(text)
}

/// A text of a command.
pub fn word<'a>(command: &'a Value, key: &str) -> Result<&'a str> {
    command[key].as_str().ok_or_else(|| format!("the command has no '{key}'"))
}
