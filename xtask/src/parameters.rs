//! The headers of C as Doxygen wants them: each function's comment with its parameters and its result.
//!
//! A parameter means the same wherever it is called the same, so `docs/doxygen/parameters.txt` says it once and the header
//! stays short; what is particular stands in the comment. A parameter that is not on that page is an error, and so is an
//! entry of it that no function has, and a function without a comment. The result of a function that cannot fail is what
//! its comment begins with.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::{Result, read, root};

const PAGE: &str = "docs/doxygen/parameters.txt";
const STATUS: &str = "DS_OK, or an error that the comment or the rules at the top of datastorage.h name.";

/// Writes the headers of `include` into a directory.
pub fn write(include: &Path, directory: &Path) -> Result<()> {
    let page = read(&root().join(PAGE))?;
    let known: BTreeMap<&str, &str> =
        page.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(": ")).collect();
    let (mut used, mut wrong, mut functions) = (BTreeSet::new(), Vec::new(), 0);
    for header in ["datastorage.h", "datastorage_dlpack.h"] {
        let mut lines: Vec<String> = Vec::new();
        let text = read(&include.join(header))?;
        let mut source = text.lines();
        while let Some(line) = source.next() {
            lines.push(line.to_owned());
            if line.starts_with('#') || !(line.starts_with("DS_API ") || line.starts_with("DS_NODISCARD ")) {
                continue;
            }
            let mut prototype = line.to_owned();
            while !prototype.ends_with(';') {
                let Some(more) = source.next() else { break };
                lines.push(more.to_owned());
                prototype = format!("{prototype} {}", more.trim());
            }
            functions += 1;
            let added = added(&prototype, &known, &mut used, &mut wrong);
            let folded = prototype.len() > line.len();
            if let Err(name) = insert(&mut lines, line, folded, added) {
                wrong.push(format!("{name} has no comment"));
            }
        }
        let path = directory.join(header);
        std::fs::write(&path, lines.join("\n") + "\n").map_err(|error| format!("{}: {error}", path.display()))?;
    }
    wrong.extend(
        known.keys().filter(|name| !used.contains(**name)).map(|name| format!("{PAGE}: {name} is of no function")),
    );
    if !wrong.is_empty() {
        return Err(wrong.join("\n"));
    }
    println!("parameters: {functions} functions, {} parameters", known.len());
    Ok(())
}

/// The lines of the parameters and the result of a prototype.
fn added<'a>(
    prototype: &str,
    known: &BTreeMap<&'a str, &'a str>,
    used: &mut BTreeSet<&'a str>,
    wrong: &mut Vec<String>,
) -> Vec<String> {
    let (head, rest) = prototype.split_once('(').unwrap_or((prototype, ""));
    let function = head.rsplit([' ', '*']).next().unwrap_or_default();
    let mut lines = Vec::new();
    for parameter in rest.trim_end_matches([';', ')']).split(", ").filter(|parameter| *parameter != "void") {
        let name = parameter.rsplit([' ', '*']).next().unwrap_or_default();
        let particular = format!("{function}.{name}");
        match known.get_key_value(particular.as_str()).or_else(|| known.get_key_value(name)) {
            Some((key, text)) => {
                used.insert(*key);
                lines.push(format!(" * @param {name} {text}"));
            }
            None => wrong.push(format!("{function}: {PAGE} has no parameter {name}")),
        }
    }
    if head.contains(" ds_status ") {
        lines.push(format!(" * @return {STATUS}"));
    } else if !head.starts_with("DS_API void ") {
        lines.push(" * @return What the first line says.".to_owned());
    }
    lines
}

/// Puts lines at the end of the comment before a prototype.
fn insert(lines: &mut Vec<String>, first: &str, folded: bool, added: Vec<String>) -> std::result::Result<(), String> {
    let at = if folded { lines.iter().rposition(|line| line == first) } else { lines.len().checked_sub(1) };
    let comment = at.and_then(|at| at.checked_sub(1)).filter(|before| lines[*before].ends_with("*/"));
    let Some(comment) = comment else { return Err(first.to_owned()) };
    let open = lines[comment].trim_end_matches("*/").trim_end().to_owned();
    let mut end = if open.is_empty() { Vec::new() } else { vec![open] };
    end.push(" *".to_owned());
    end.extend(added);
    end.push(" */".to_owned());
    lines.splice(comment..=comment, end);
    Ok(())
}
