//! The input of all rows: items of named arrays and metadata, which `driver/inputs.py` makes.
//!
//! `NAME.json` lists the items, `NAME.bin` holds the elements, which are mapped, not copied.

use std::fs::File;
use std::os::fd::AsRawFd;
use std::path::Path;

use serde_json::{Map, Value};

use crate::row::{Result, text};

/// An array of an item.
pub struct Array {
    pub key: String,
    /// As NumPy names it: `<f4`.
    pub dtype: String,
    pub shape: Vec<usize>,
    offset: usize,
    bytes: usize,
}

/// A part, or a single large array.
pub struct Item {
    pub arrays: Vec<Array>,
    pub metadata: Map<String, Value>,
    elements: &'static [u8],
}

impl Item {
    /// The elements of array `index`.
    pub fn bytes(&self, index: usize) -> &'static [u8] {
        let array = &self.arrays[index];
        &self.elements[array.offset..array.offset + array.bytes]
    }

    /// Memory for every array, touched, so that no row pays for its pages.
    pub fn destination(&self) -> Vec<Vec<u8>> {
        self.arrays.iter().map(|array| vec![0xff; array.bytes]).collect()
    }
}

/// Reads the list of items and maps their elements for as long as the process lives.
pub fn load(path: &Path) -> Result<Vec<Item>> {
    let list: Value = serde_json::from_slice(&std::fs::read(path).map_err(text)?).map_err(text)?;
    let elements = map(&path.with_extension("bin"))?;
    list["items"].as_array().ok_or("the input has no items")?.iter().map(|item| parse_item(item, elements)).collect()
}

fn parse_item(item: &Value, elements: &'static [u8]) -> Result<Item> {
    let arrays = item["arrays"].as_array().ok_or("an item has no arrays")?;
    Ok(Item {
        arrays: arrays
            .iter()
            .map(parse_array)
            .collect::<Option<_>>()
            .ok_or("an array of the input is not described")?,
        metadata: item["metadata"].as_object().cloned().unwrap_or_default(),
        elements,
    })
}

fn parse_array(array: &Value) -> Option<Array> {
    let number = |value: &Value| value.as_u64().map(|n| n as usize);
    Some(Array {
        key: array["key"].as_str()?.into(),
        dtype: array["dtype"].as_str()?.into(),
        shape: array["shape"].as_array()?.iter().map(number).collect::<Option<_>>()?,
        offset: number(&array["offset"])?,
        bytes: number(&array["bytes"])?,
    })
}

/// Maps a file for as long as the process lives.
pub fn map(path: &Path) -> Result<&'static [u8]> {
    let file = File::open(path).map_err(text)?;
    let length = file.metadata().map_err(text)?.len() as usize;
    if length == 0 {
        return Ok(&[]);
    }
    // SAFETY: a private read-only mapping of a file that nobody writes any more; it is never unmapped.
    let start = unsafe {
        libc::mmap(
            std::ptr::null_mut(),
            length,
            libc::PROT_READ,
            libc::MAP_PRIVATE | libc::MAP_POPULATE,
            file.as_raw_fd(),
            0,
        )
    };
    if start == libc::MAP_FAILED {
        return Err(text(std::io::Error::last_os_error()));
    }
    // SAFETY: the mapping is `length` bytes long and stays.
    Ok(unsafe { std::slice::from_raw_parts(start.cast(), length) })
}
