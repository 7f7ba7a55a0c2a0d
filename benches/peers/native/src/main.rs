//! The native rows of `benches/peers`: the floor in Rust, and the library through its C ABI.
//!
//! One process serves one row. It reads a command as a line of JSON from standard input, does it, and answers with a
//! line of JSON, so that a driver can let many rows take turns. `driver/child.py` speaks the other end; what the
//! commands are is in `serve.rs`. It is no program for people.

mod abi;
mod calls;
mod durable;
mod floor_boxes;
mod floor_large;
mod floor_merge;
mod floor_part;
mod input;
mod library;
mod memory;
mod merge;
mod ours;
mod ours_merge;
mod parallel;
mod parts;
mod row;
mod serve;

use std::io::{BufRead, Write};

use serde_json::{Value, json};

fn main() {
    let mut server = serve::Server::default();
    let mut output = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let Ok(line) = line else { break };
        let answer = serde_json::from_str::<Value>(&line)
            .map_err(|error| error.to_string())
            .and_then(|command| server.answer(&command))
            .unwrap_or_else(|error| json!({ "error": error }));
        if writeln!(output, "{answer}").and_then(|()| output.flush()).is_err() {
            break;
        }
    }
}
