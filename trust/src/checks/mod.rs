//! The checks, one file each.

use std::process::ExitCode;

use crate::check::Check;
use crate::context::Context;
use crate::proof::Proof;

mod abi;
mod corrupt;
mod entries;
mod faults;
mod fuzz;
mod handles;
mod hostile;
mod kill;
mod model;
mod power;
mod processes;
mod runner;
mod tools;
mod undisturbed;

/// In the order of the table.
pub const ALL: &[Check] = &[
    undisturbed::CHECK,
    runner::CHECK,
    corrupt::CHECK,
    entries::CHECK,
    hostile::CHECK,
    kill::CHECK,
    power::CHECK,
    processes::CHECK,
    faults::CHECK,
    model::CHECK,
    handles::CHECK,
    tools::CHECK,
    fuzz::CHECK,
    abi::CHECK,
];

/// The checks that prove in a way of their own that they can fail, beside the defects that they name.
pub const PROVEN: &[Proven] = &[(tools::CHECK.name, tools::prove)];

/// The name of a check, and what proves it.
type Proven = (&'static str, fn(&Context) -> Vec<Proof>);

/// What a child of a check does: its exit code is the check's affair.
pub fn child(check: &str, arguments: &[String]) -> ExitCode {
    match check {
        "corrupt" => corrupt::child(arguments),
        "entries" => entries::child(arguments),
        "hostile" => hostile::child(arguments),
        "kill" => kill::child_of(arguments),
        "processes" => processes::child_of(arguments),
        "model" => model::child(arguments),
        "runner" => runner::child(arguments),
        _ => {
            eprintln!("trust: no check '{check}' has children ({arguments:?})");
            ExitCode::from(2)
        }
    }
}
