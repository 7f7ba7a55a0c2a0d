//! Workload E, merging many parts into one dataset: what its rows can do, and the commands of the driver.
//!
//! | command | answer |
//! |---|---|
//! | `{"do":"open_parts","input":FILE,"row":{...}}` | `{"items":n}` |
//! | `{"do":"prepare","directory":D,"first":i,"count":n}` | `{}`; the parts are in the row's own format then |
//! | `{"do":"merge","directory":D,"output":PATH,"count":n}` | `{"ns":..,"peak":..,"before":..}` |
//! | `{"do":"check_merged","output":PATH,"count":n}` | `{}`, or an error when what is read differs from the parts |

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::library::Library;
use crate::parts::Parts;
use crate::row::{Result, json_text, word};
use crate::serve::timed;
use crate::{floor_merge, ours_merge};

/// One way to store parts and to merge them.
pub trait MergeRow {
    /// Stores part `number` under a path, to which the row may add an ending.
    fn prepare(&mut self, parts: &Parts, paths: &[(usize, PathBuf)]) -> Result<()>;

    /// Merges parts into one dataset.
    fn merge(&mut self, parts: &Parts, paths: &[(usize, PathBuf)], output: &Path) -> Result<()>;

    /// Reads the dataset and compares all of it with the first `count` parts.
    fn check(&mut self, parts: &Parts, output: &Path, count: usize) -> Result<()>;
}

/// The row of this process, and its parts.
pub struct Server {
    parts: Parts,
    row: Box<dyn MergeRow>,
}

impl Server {
    pub fn open(command: &Value) -> Result<Self> {
        let row = &command["row"];
        let number = |key: &str, default: u64| row[key].as_u64().unwrap_or(default) as usize;
        let threads = number("threads", 1);
        let row: Box<dyn MergeRow> = match word(row, "kind")? {
            "floor_merge" => {
                let sync = row["sync"].as_bool().unwrap_or(false);
                Box::new(floor_merge::Floor::new(number("level", 3) as i32, threads, sync)?)
            }
            "ours_merge" => {
                let library = Library::open(word(row, "library")?)?;
                let merges = row["merges"].as_bool().unwrap_or(true);
                let options = (json_text(&row["part"])?, json_text(&row["options"])?);
                Box::new(ours_merge::Ours::new(library, threads, merges, options)?)
            }
            other => return Err(format!("unknown row '{other}'")),
        };
        Ok(Self { parts: Parts::load(Path::new(word(command, "input")?))?, row })
    }

    pub fn parts(&self) -> usize {
        self.parts.count
    }

    pub fn answer(&mut self, command: &Value) -> Result<Value> {
        let count = command["count"].as_u64().ok_or("the command has no 'count'")? as usize;
        let (parts, row) = (&self.parts, &mut self.row);
        let places = |first: usize| -> Result<Vec<(usize, PathBuf)>> {
            let directory = PathBuf::from(word(command, "directory")?);
            let end = (first + count).min(parts.count);
            Ok((first..end).map(|i| (i, directory.join(format!("part_{i:06}")))).collect())
        };
        match word(command, "do")? {
            "prepare" => {
                let first = command["first"].as_u64().unwrap_or(0) as usize;
                row.prepare(parts, &places(first)?)?;
                Ok(json!({}))
            }
            "merge" => {
                let (paths, output) = (places(0)?, PathBuf::from(word(command, "output")?));
                timed(|| row.merge(parts, &paths, &output))
            }
            "check_merged" => {
                row.check(parts, Path::new(word(command, "output")?), count)?;
                Ok(json!({}))
            }
            other => Err(format!("unknown command '{other}'")),
        }
    }
}
