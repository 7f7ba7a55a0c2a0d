//! The checks, one file each.

use std::process::ExitCode;

use crate::check::Check;

mod undisturbed;

/// In the order of the table.
pub const ALL: &[Check] = &[undisturbed::CHECK];

/// What a child of a check does: its exit code is the check's affair.
pub fn child(check: &str, arguments: &[String]) -> ExitCode {
    eprintln!("trust: no check '{check}' has children ({arguments:?})");
    ExitCode::from(2)
}
