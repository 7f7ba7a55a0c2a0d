//! The harness of `make trust`: runs every check, prints one line each, and writes `target/trust/report.json`.
//!
//! A check that finds something makes the exit code 1; so does a check that does not find the defect that is planted for
//! it in the library. Children of checks (writers that are killed, readers beside them) are this program again.
//!
//! ```text
//! trust [--short | --full] [--only check,...] [--seed N] [--jobs N] [--no-proofs]
//! trust child CHECK ARGUMENT...
//! ```

mod acts;
mod batch;
mod check;
mod checks;
mod content;
mod context;
mod disks;
mod history;
mod hostile;
mod image;
mod memory;
mod merging;
mod model;
mod mutation;
mod native;
mod proof;
mod reading;
mod report;
mod specimen;
mod streams;
mod subject;
mod trial;
mod zip;

use std::process::ExitCode;

use context::{Amount, Context};
use report::Report;

#[global_allocator]
static ALLOCATOR: memory::Counting = memory::Counting;

/// What is asked for.
struct Arguments {
    context: Context,
    only: Option<Vec<String>>,
    proofs: bool,
    report: std::path::PathBuf,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [first, check, rest @ ..] = arguments.as_slice()
        && first == "child"
    {
        return checks::child(check, rest);
    }
    match parse(&arguments).and_then(run) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("trust: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: Arguments) -> Result<bool, String> {
    let Arguments { context, only, proofs, report } = arguments;
    let known: Vec<&str> = checks::ALL.iter().map(|check| check.name).collect();
    if let Some(unknown) = only.iter().flatten().find(|name| !known.contains(&name.as_str())) {
        return Err(format!("no check '{unknown}', known are {}", known.join(", ")));
    }
    let mut all = Report::new(&context, report);
    for check in
        checks::ALL.iter().filter(|check| only.as_ref().is_none_or(|only| only.iter().any(|name| name == check.name)))
    {
        for row in check.run(&context) {
            all.add(row);
        }
        if proofs {
            check.defects.iter().for_each(|&(name, _)| all.prove(proof::of(check, name, &context)));
            let own = checks::PROVEN.iter().filter(|(name, _)| *name == check.name);
            own.flat_map(|(_, prove)| prove(&context)).for_each(|proof| all.prove(proof));
        }
    }
    all.finish()
}

fn parse(arguments: &[String]) -> Result<Arguments, String> {
    let (mut amount, mut seed, mut jobs, mut only, mut proofs) = (Amount::Short, None, None, None, true);
    let mut report = std::path::PathBuf::from("target/trust/report.json");
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
        let number =
            |text: &String| text.parse::<u64>().map_err(|_| format!("{argument} is '{text}', wanted a number"));
        match argument.as_str() {
            "--short" => amount = Amount::Short,
            "--full" => amount = Amount::Full,
            "--proof" => amount = Amount::Proof,
            "--seed" => seed = Some(number(value()?)?),
            "--jobs" => jobs = Some(number(value()?)?.max(1) as usize),
            "--only" => only = Some(value()?.split(',').map(str::to_owned).collect()),
            "--report" => report = value()?.into(),
            "--no-proofs" => proofs = false,
            _ => return Err(format!("unknown argument '{argument}'")),
        }
    }
    Ok(Arguments { context: Context::new(amount, seed, jobs)?, only, proofs, report })
}
