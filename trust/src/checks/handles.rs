//! Handles: ten million closes that race with calls, from a C program (`trust/c/races.c`, which says what is counted).
//!
//! Every call on a handle does what it was asked or is refused as the header says, whatever other threads do with the
//! handle, and whether anybody was given it. The finding names the arguments that the program is run with again; which
//! threads meet is not in the seed.

use std::process::Command;
use std::time::{Duration, Instant};

use datastorage::trust::Defect;

use crate::check::{Check, Row};
use crate::context::Context;
use crate::native::{self, Run};

pub const CHECK: Check = Check {
    name: "handles",
    run,
    defects: &[
        ("skip-generation", Defect::SkipGeneration),
        ("skip-drain", Defect::SkipDrain),
        ("keep-buffer", Defect::KeepBuffer),
    ],
};

/// Races of one process.
const PIECE: u64 = 1_000_000;
/// Seconds that one call may take.
const LIMIT: u64 = 60;

fn run(context: &Context) -> Vec<Row> {
    let started = Instant::now();
    let (wanted, threads) = (context.trials(20_000, 300_000, 10_000_000), context.jobs.clamp(1, 8) * 4);
    let place = context.directory();
    let (mut tally, mut findings) = (Tally::default(), Vec::new());
    match native::compile("races", place.path()) {
        Err(finding) => findings.push(finding),
        Ok(program) => {
            for (piece, races) in pieces(wanted) {
                let directory = context.directory();
                let mut command = Command::new(&program);
                command
                    .arg(directory.path())
                    .args([races, threads as u64, context.seed + piece, LIMIT].map(|n| n.to_string()));
                // A hang is told by the program itself; this is for one that cannot.
                let bound = Duration::from_secs(300 + races / 500);
                let asked = format!("races DIRECTORY {races} {threads} {} {LIMIT}", context.seed + piece);
                match native::run(&mut command, bound) {
                    Err(finding) => findings.push(finding),
                    Ok(run) => {
                        tally.add(&run);
                        findings.extend(found(&run).into_iter().map(|finding| format!("{asked}: {finding}")));
                    }
                }
                if !findings.is_empty() {
                    break;
                }
            }
        }
    }
    let races = tally.of("races");
    if findings.is_empty() && races < wanted {
        findings.push(format!("{races} races were counted, {wanted} were wanted"));
    }
    let row = Row::new(format!("{threads} threads of a C program"), (races, "close races"), findings, started);
    let row = row.seed(context.seed);
    vec![tally.0.into_iter().filter(|(name, _)| *name != "races").fold(row, |row, (name, n)| row.count(name, n))]
}

fn pieces(wanted: u64) -> impl Iterator<Item = (u64, u64)> {
    (0..wanted.div_ceil(PIECE)).map(move |piece| (piece, PIECE.min(wanted - piece * PIECE)))
}

/// What a run of `races` found; a process that ends in another way than by itself is a finding.
pub fn found(run: &Run) -> Vec<String> {
    let told: Vec<String> =
        run.text.lines().filter_map(|line| line.strip_prefix("finding ")).map(str::to_owned).collect();
    match run.status.and_then(|status| status.code()) {
        Some(0) if told.is_empty() => told,
        Some(1) if !told.is_empty() => told,
        _ => told.into_iter().chain([format!("{}: {}", run.end(), run.last_line())]).collect(),
    }
}

/// The lines `count NUMBER NAME`, added up.
#[derive(Default)]
struct Tally(Vec<(&'static str, u64)>);

impl Tally {
    fn add(&mut self, run: &Run) {
        for line in run.text.lines().filter_map(|line| line.strip_prefix("count ")) {
            let Some((number, name)) = line.split_once(' ') else { continue };
            let number = number.parse().unwrap_or(0);
            match self.0.iter_mut().find(|(known, _)| *known == name) {
                Some((_, sum)) => *sum += number,
                // A dozen names for the life of the process.
                None => self.0.push((Box::leak(name.to_owned().into_boxed_str()), number)),
            }
        }
    }

    fn of(&self, name: &str) -> u64 {
        self.0.iter().find(|(known, _)| *known == name).map_or(0, |(_, n)| *n)
    }
}
