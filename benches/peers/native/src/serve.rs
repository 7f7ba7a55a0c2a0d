//! The commands of the driver; those of workload E are in `merge.rs`. Times are nanoseconds of the whole command's work,
//! without looking up or comparing.
//!
//! | command | answer |
//! |---|---|
//! | `{"do":"open","input":FILE,"row":{...}}` | `{"items":n}` |
//! | `{"do":"write","directory":D,"first":i,"count":n}` | `{"ns":..,"peak":..,"before":..}` |
//! | `{"do":"read", as above}` | as above |
//! | `{"do":"check","directory":D,"first":i,"count":n}` | `{}`, or an error when what is read differs |
//! | `{"do":"boxes","directory":D,"offsets":[[..]],"shape":[..]}` | as write |
//! | `{"do":"check_boxes", as above}` | as check |
//! | `{"do":"figures","directory":D}` | `{"figures":{name:ns}}` |

use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::{Value, json};

use crate::input::{self, Item};
use crate::library::Library;
use crate::ours::{Ours, Settings};
use crate::row::{Boxes, Result, Row, json_text, word};
use crate::{floor_boxes, floor_large, floor_part, memory, merge};

/// The row of this process, once it is open.
#[derive(Default)]
pub struct Server {
    row: Option<Box<dyn Row>>,
    items: Vec<Item>,
    /// The row of workload E, which has commands of its own.
    merge: Option<merge::Server>,
    /// Memory to read into, made when it is first read; each item of an input has arrays of the same sizes.
    out: Vec<Vec<u8>>,
    /// Memory for a box.
    box_out: Vec<u8>,
}

impl Server {
    pub fn answer(&mut self, command: &Value) -> Result<Value> {
        let name = command["do"].as_str().unwrap_or_default();
        if name == "open" {
            self.items = input::load(Path::new(word(command, "input")?))?;
            let item = self.items.first().ok_or("the input is empty")?;
            self.row = Some(make_row(&command["row"], item)?);
            return Ok(json!({ "items": self.items.len() }));
        }
        if name == "open_parts" {
            let opened = self.merge.insert(merge::Server::open(command)?);
            return Ok(json!({ "items": opened.parts() }));
        }
        if let Some(merge) = &mut self.merge {
            return merge.answer(command);
        }
        let row = self.row.as_mut().ok_or("no row is open")?;
        let directory = PathBuf::from(word(command, "directory")?);
        let first = command["first"].as_u64().unwrap_or(0) as usize;
        let end = (first + command["count"].as_u64().unwrap_or(1) as usize).min(self.items.len());
        let place = |i: usize| directory.join(format!("part_{i}"));
        let (items, out) = (&self.items, &mut self.out);
        if out.is_empty() && matches!(name, "read" | "check") {
            *out = items[first].destination();
        }
        match name {
            "write" => timed(|| (first..end).try_for_each(|i| row.write(&place(i), &items[i]))),
            "read" => timed(|| (first..end).try_for_each(|i| row.read(&place(i), &items[i], out))),
            "check" => {
                for (i, item) in items.iter().enumerate().take(end).skip(first) {
                    out.iter_mut().for_each(|array| array.fill(0xa5));
                    row.read(&place(i), item, out)?;
                    if out.iter().enumerate().any(|(k, array)| array != item.bytes(k)) {
                        return Err(format!("item {i} reads back different"));
                    }
                }
                Ok(json!({}))
            }
            "boxes" => {
                let boxes = parse_boxes(command)?;
                self.box_out.resize(box_bytes(&items[0], &boxes), 0xff);
                let before = memory::reset_peak()?;
                let passed = row.boxes(&place(0), &items[0], &boxes, &mut self.box_out)?;
                Ok(json!({ "ns": passed.as_nanos() as u64, "peak": memory::peak()?, "before": before }))
            }
            "check_boxes" => check_boxes(row.as_mut(), &place(0), &items[0], &parse_boxes(command)?),
            "figures" => {
                let figures = row.figures(&directory, &items[0])?;
                Ok(
                    json!({ "figures": figures.into_iter().map(|(k, v)| (k.to_owned(), json!(v))).collect::<serde_json::Map<_, _>>() }),
                )
            }
            other => Err(format!("unknown command '{other}'")),
        }
    }
}

/// The time and the peak of memory of a piece of work.
pub fn timed(work: impl FnOnce() -> Result<()>) -> Result<Value> {
    let before = memory::reset_peak()?;
    let begin = Instant::now();
    work()?;
    let ns = begin.elapsed().as_nanos() as u64;
    Ok(json!({ "ns": ns, "peak": memory::peak()?, "before": before }))
}

fn make_row(row: &Value, item: &Item) -> Result<Box<dyn Row>> {
    let number = |key: &str, default: u64| row[key].as_u64().unwrap_or(default) as usize;
    let (level, threads) = (number("level", 3) as i32, number("threads", 1));
    let sync = row["sync"].as_bool().unwrap_or(false);
    Ok(match word(row, "kind")? {
        "floor_part" => Box::new(floor_part::Floor::new(level, threads, sync)?),
        "floor_large" => Box::new(floor_large::Floor::new(level, threads, sync)?),
        "floor_boxes" => Box::new(floor_boxes::Floor::new(number("edge", 64), level, threads, sync)?),
        "ours" => {
            let settings = Settings {
                options: json_text(&row["options"])?,
                array: if row["array"].is_null() { None } else { Some(json_text(&row["array"])?) },
                pack: row["pack"].as_bool().unwrap_or(false),
            };
            Box::new(Ours::new(Library::open(word(row, "library")?)?, threads, settings, item)?)
        }
        other => return Err(format!("unknown row '{other}'")),
    })
}

fn parse_boxes(command: &Value) -> Result<Boxes> {
    let triple = |value: &Value| -> Option<[usize; 3]> {
        Some([value[0].as_u64()? as usize, value[1].as_u64()? as usize, value[2].as_u64()? as usize])
    };
    let offsets = command["offsets"].as_array().and_then(|list| list.iter().map(triple).collect::<Option<_>>());
    Ok(Boxes {
        offsets: offsets.ok_or("the command has no offsets")?,
        shape: triple(&command["shape"]).ok_or("the command has no shape")?,
    })
}

fn box_bytes(item: &Item, boxes: &Boxes) -> usize {
    let elements = item.arrays[0].shape.iter().product::<usize>();
    boxes.shape.iter().product::<usize>() * (item.bytes(0).len() / elements)
}

/// Reads each box for itself and compares it with the same box of the input, row by row.
fn check_boxes(row: &mut dyn Row, path: &Path, item: &Item, boxes: &Boxes) -> Result<Value> {
    let (input, shape) = (item.bytes(0), &item.arrays[0].shape);
    let width = input.len() / shape.iter().product::<usize>();
    let mut out = vec![0xff; box_bytes(item, boxes)];
    for offset in &boxes.offsets {
        let one = Boxes { offsets: vec![*offset], shape: boxes.shape };
        row.boxes(path, item, &one, &mut out)?;
        let line = boxes.shape[2] * width;
        for (number, got) in out.chunks(line).enumerate() {
            let (a, b) = (offset[0] + number / boxes.shape[1], offset[1] + number % boxes.shape[1]);
            let from = ((a * shape[1] + b) * shape[2] + offset[2]) * width;
            if got != &input[from..from + line] {
                return Err(format!("the box at {offset:?} reads back different"));
            }
        }
    }
    Ok(json!({}))
}
