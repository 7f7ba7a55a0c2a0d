//! The proof that a check can fail: it is done again in a process in which the library has a defect.

use std::process::Command;
use std::time::Instant;

use crate::check::Check;
use crate::context::Context;

/// What a check found of a defect.
pub struct Proof {
    pub check: &'static str,
    pub defect: &'static str,
    /// 0 means that the check is worth nothing.
    pub findings: u64,
    /// The first of them, or why there is none.
    pub first: String,
    pub seconds: f64,
}

/// Plants a defect and does the check.
pub fn of(check: &Check, defect: &'static str, context: &Context) -> Proof {
    let started = Instant::now();
    let proof = |findings, first| {
        let seconds = started.elapsed().as_secs_f64();
        Proof { check: check.name, defect, findings, first, seconds }
    };
    let place = context.directory();
    let report = place.path().join("report.json");
    let output = Command::new(Context::program())
        .args(["--proof", "--no-proofs", "--only", check.name, "--seed", &context.seed.to_string()])
        .args(["--jobs", &context.jobs.to_string(), "--report"])
        .arg(&report)
        .env("DATASTORAGE_DEFECT", defect)
        .output();
    let output = match output {
        Ok(output) => output,
        Err(e) => return proof(0, format!("the process did not start: {e}")),
    };
    let text = std::fs::read_to_string(&report).unwrap_or_default();
    let rows: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    let findings: Vec<&serde_json::Value> =
        rows["rows"].as_array().into_iter().flatten().filter_map(|row| row["found"].as_array()).flatten().collect();
    match findings.first().and_then(|first| first.as_str()) {
        Some(first) => proof(findings.len() as u64, first.to_owned()),
        // The defect took the whole process with it: that is noticed too.
        None if text.is_empty() && !output.status.success() => {
            proof(1, format!("the process ended with {}", output.status))
        }
        None => {
            proof(0, String::from_utf8_lossy(&output.stderr).lines().last().unwrap_or("nothing was found").to_owned())
        }
    }
}
