//! The input of workload E: parts of different sizes, made one at a time from pools of real values.
//!
//! `driver/merge_inputs.py` writes it. Array `a` of part `p` is a window of the pool of `a`: it begins at `begins[a][p]`
//! and has as many rows as the group of `a` has in `p`; floats are multiplied by a number of the part. So thousands of
//! parts take no more memory than their pools.

use std::path::Path;

use serde_json::{Map, Value};

use crate::input;
use crate::row::{Result, text};

/// An array that every part has.
pub struct Column {
    pub key: String,
    /// Its key in the merged dataset.
    pub merged: String,
    pub group: usize,
    /// As NumPy names it: `<f4`.
    pub dtype: String,
    width: usize,
    /// The shape of a row.
    pub inner: Vec<usize>,
    /// Whether a part has it as a matrix of as many rows as columns, to be flattened.
    square: bool,
    pool: usize,
}

impl Column {
    /// The bytes of a row.
    pub fn row_bytes(&self) -> usize {
        self.inner.iter().product::<usize>() * self.width
    }
}

pub struct Parts {
    pub count: usize,
    pub groups: Vec<String>,
    pub columns: Vec<Column>,
    pub schema: String,
    metadata: Vec<Map<String, Value>>,
    rows: &'static [u8],
    begins: &'static [u8],
    factors: &'static [u8],
    pools: &'static [u8],
}

impl Parts {
    pub fn load(path: &Path) -> Result<Self> {
        let list: Value = serde_json::from_slice(&std::fs::read(path).map_err(text)?).map_err(text)?;
        let pools = input::map(&path.with_extension("bin"))?;
        Self::parse(&list, pools).ok_or_else(|| "the parts are not described".to_owned())
    }

    fn parse(list: &Value, pools: &'static [u8]) -> Option<Self> {
        let count = list["count"].as_u64()? as usize;
        let groups: Vec<String> = strings(&list["groups"])?;
        let columns: Vec<Column> = list["arrays"].as_array()?.iter().map(parse_column).collect::<Option<_>>()?;
        let table = |name: &str, lines: usize, width: usize| {
            let at = list[name].as_u64()? as usize;
            pools.get(at..at + lines * count * width)
        };
        Some(Self {
            count,
            schema: list["schema"].as_str()?.to_owned(),
            metadata: list["metadata"].as_array()?.iter().map(|m| m.as_object().cloned()).collect::<Option<_>>()?,
            rows: table("rows", groups.len(), 8)?,
            begins: table("begins", columns.len(), 8)?,
            factors: table("factors", 1, 4)?,
            groups,
            columns,
            pools,
        })
    }

    /// The rows of a group in a part.
    pub fn rows(&self, group: usize, part: usize) -> usize {
        number(self.rows, group * self.count + part)
    }

    /// The bytes of an array in a part.
    pub fn bytes(&self, column: usize, part: usize) -> usize {
        self.rows(self.columns[column].group, part) * self.columns[column].row_bytes()
    }

    /// The shape of an array in a part.
    pub fn shape(&self, column: usize, part: usize) -> Vec<u64> {
        let (column, rows) = (&self.columns[column], self.rows(self.columns[column].group, part) as u64);
        let outer = if column.square { vec![rows.isqrt(); 2] } else { vec![rows] };
        outer.into_iter().chain(column.inner.iter().map(|n| *n as u64)).collect()
    }

    /// Makes the elements of an array of a part.
    pub fn fill(&self, column: usize, part: usize, out: &mut Vec<u8>) {
        let array = &self.columns[column];
        let start = array.pool + number(self.begins, column * self.count + part) * array.width;
        out.clear();
        out.extend_from_slice(&self.pools[start..start + self.bytes(column, part)]);
        let factor = f32::from_le_bytes(self.factors[part * 4..][..4].try_into().expect("four bytes"));
        match array.dtype.as_str() {
            "<f4" => scale(out, |bytes| (f32::from_le_bytes(bytes) * factor).to_le_bytes()),
            "<f8" => scale(out, |bytes| (f64::from_le_bytes(bytes) * f64::from(factor)).to_le_bytes()),
            _ => {}
        }
    }

    /// The metadata of a part; floats are its own.
    pub fn metadata(&self, part: usize) -> Map<String, Value> {
        let own = |value: &Value| match value {
            Value::Number(n) if n.is_f64() => Value::from(n.as_f64().unwrap_or(0.0) * (1.0 + part as f64 / 1000.0)),
            other => other.clone(),
        };
        self.metadata[part % self.metadata.len()].iter().map(|(key, value)| (key.clone(), own(value))).collect()
    }
}

/// Compares merged elements with those of the parts, piece by piece.
pub struct Expected<'a> {
    parts: &'a Parts,
    column: usize,
    next: usize,
    at: usize,
    elements: Vec<u8>,
}

impl<'a> Expected<'a> {
    pub fn new(parts: &'a Parts, column: usize) -> Self {
        Self { parts, column, next: 0, at: 0, elements: Vec::new() }
    }

    /// The next elements of the merged array.
    pub fn compare(&mut self, mut got: &[u8], count: usize) -> Result<()> {
        let name = &self.parts.columns[self.column].merged;
        while !got.is_empty() {
            if self.at == self.elements.len() {
                if self.next == count {
                    return Err(format!("{name}: there is more of it than in the parts"));
                }
                self.parts.fill(self.column, self.next, &mut self.elements);
                (self.next, self.at) = (self.next + 1, 0);
                continue;
            }
            let length = got.len().min(self.elements.len() - self.at);
            if got[..length] != self.elements[self.at..self.at + length] {
                return Err(format!("{name}: part {} reads back different", self.next - 1));
            }
            (self.at, got) = (self.at + length, &got[length..]);
        }
        Ok(())
    }

    /// That nothing is left.
    pub fn end(&self, count: usize) -> Result<()> {
        let missing = (self.next..count).any(|part| self.parts.bytes(self.column, part) > 0);
        if missing || self.at < self.elements.len() {
            return Err(format!("{}: there is less of it than in the parts", self.parts.columns[self.column].merged));
        }
        Ok(())
    }
}

fn scale<const N: usize>(bytes: &mut [u8], one: impl Fn([u8; N]) -> [u8; N]) {
    for element in bytes.as_chunks_mut::<N>().0 {
        *element = one(*element);
    }
}

fn number(table: &[u8], index: usize) -> usize {
    u64::from_le_bytes(table[index * 8..][..8].try_into().expect("eight bytes")) as usize
}

fn strings(list: &Value) -> Option<Vec<String>> {
    list.as_array()?.iter().map(|name| name.as_str().map(str::to_owned)).collect()
}

fn parse_column(array: &Value) -> Option<Column> {
    let number = |value: &Value| value.as_u64().map(|n| n as usize);
    Some(Column {
        key: array["key"].as_str()?.into(),
        merged: array["merged"].as_str()?.into(),
        group: number(&array["group"])?,
        dtype: array["dtype"].as_str()?.into(),
        width: number(&array["width"])?,
        inner: array["inner"].as_array()?.iter().map(number).collect::<Option<_>>()?,
        square: array["square"].as_bool()?,
        pool: number(&array["pool"])?,
    })
}
