//! The runner of children itself: a trial that ends its process in whatever way is found, by its number, and no other is.

use std::process::ExitCode;
use std::time::Instant;

use crate::batch::Batch;
use crate::check::{Check, Row};
use crate::context::Context;
use crate::trial::{Trial, Trials};

pub const CHECK: Check = Check { name: "runner", run, defects: &[] };

/// What a trial does that it must not, by its number, and a word of the finding; those between do nothing.
const DEEDS: &[(u64, &str)] = &[
    (1, "panicked: "),
    (3, "ended the process, signal: 6"),
    (5, "stack"),
    (7, "bytes of heap"),
    (9, "memory allocation of"),
    (11, "hangs: "),
    (13, "hangs: took"),
    (15, "exit status: 3"),
    (17, "not what was stored"),
    (19, "panicked: "),
];
const TRIALS: u64 = 21;

fn run(context: &Context) -> Vec<Row> {
    let started = Instant::now();
    let batch = Batch {
        context,
        check: CHECK.name,
        arguments: vec!["deeds".to_owned()],
        trials: TRIALS,
        size: 7,
        counts: &["quiet"],
    };
    let outcome = batch.run();
    let mut findings = Vec::new();
    for number in 0..TRIALS {
        let of: Vec<&String> =
            outcome.findings.iter().filter(|text| text.contains(&format!("trial {number}:"))).collect();
        let deed = DEEDS.iter().find(|(deed, _)| *deed == number);
        match (deed, of.as_slice()) {
            (None, []) => {}
            (None, [text, ..]) => findings.push(format!("trial {number} did nothing, and was found: {text}")),
            (Some((_, word)), of) if of.iter().any(|text| text.contains(word)) => {}
            (Some((_, word)), of) => findings.push(format!("trial {number}: wanted '{word}', found {of:?}")),
        }
    }
    if outcome.trials != TRIALS {
        findings.push(format!("{} trials were begun of {TRIALS}", outcome.trials));
    }
    vec![Row::new("deeds of every kind", (TRIALS, "trials"), findings, started)]
}

/// A child of it.
pub fn child(arguments: &[String]) -> ExitCode {
    Trials::parse(arguments).map_or(ExitCode::from(2), |trials| trials.run(deed))
}

fn deed(trial: &mut Trial<'_>) -> Result<(), String> {
    trial.about("a deed");
    let number = trial.number;
    let right = trial.measured(16 << 20, || match number {
        1 => panic!("on purpose"),
        3 => std::process::abort(),
        5 => deep(0) > 0,
        7 => !vec![1u8; 32 << 20].is_empty(),
        9 => !Vec::<u8>::with_capacity(2 << 30).is_empty(),
        11 => spin(f64::MAX),
        13 => spin(1.5),
        15 => std::process::exit(3),
        17 => false,
        // A library that catches a panic has panicked all the same.
        19 => std::panic::catch_unwind(|| panic!("on purpose")).is_err(),
        _ => true,
    })?;
    if !right {
        return Err("not what was stored".to_owned());
    }
    trial.count("quiet");
    Ok(())
}

#[allow(unconditional_recursion)]
fn deep(level: u64) -> u64 {
    std::hint::black_box([level; 64])[0] + deep(level + 1) + 1
}

fn spin(seconds: f64) -> bool {
    let began = crate::memory::processor_seconds("self").unwrap_or(0.0);
    while crate::memory::processor_seconds("self").unwrap_or(0.0) - began < seconds {}
    true
}
