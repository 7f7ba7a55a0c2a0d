//! `include/symbols.txt`: what the library exports by its two headers, and that it exports nothing else.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use crate::{Result, emit, read, root};

pub fn generate(check: bool, library: Option<&Path>) -> Result<()> {
    let mut names = prototypes(&read(&root().join("include/datastorage.h"))?);
    names.extend(prototypes(&read(&root().join("include/datastorage_dlpack.h"))?));
    let text: String = names.iter().map(|name| format!("{name}\n")).collect();
    emit("include/symbols.txt", &text, check)?;
    match library {
        Some(library) => compare(&names, &exported(library)?),
        None => Ok(()),
    }
}

/// The functions of a header: the name before the parenthesis, on a line that begins with the export macro.
fn prototypes(header: &str) -> BTreeSet<String> {
    header
        .lines()
        .filter(|line| line.contains("DS_API ") && !line.trim_start().starts_with('#'))
        .filter_map(|line| line.split_once('(').map(|(head, _)| head))
        .filter_map(|head| head.rsplit([' ', '*']).next())
        .filter(|name| name.starts_with("ds_"))
        .map(str::to_owned)
        .collect()
}

fn exported(library: &Path) -> Result<BTreeSet<String>> {
    let output = Command::new("nm")
        .args(["-D", "--defined-only", "--format=posix"])
        .arg(library)
        .output()
        .map_err(|error| format!("nm: {error}"))?;
    if !output.status.success() {
        return Err(format!("nm {}: {}", library.display(), String::from_utf8_lossy(&output.stderr).trim()));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect())
}

fn compare(wanted: &BTreeSet<String>, have: &BTreeSet<String>) -> Result<()> {
    let missing: Vec<_> = wanted.difference(have).collect();
    let extra: Vec<_> = have.difference(wanted).collect();
    if missing.is_empty() && extra.is_empty() {
        return Ok(());
    }
    Err(format!("exported symbols differ from the header: missing {missing:?}, beyond it {extra:?}"))
}
