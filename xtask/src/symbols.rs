//! `include/symbols.txt`: what the library exports by its two headers, and that it exports nothing else; its name for the
//! loader, and what it wants of the system: the C library, of no later version than is said, and nothing beside it.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use crate::{Result, emit, read, root};

/// The names of the C library's parts, and of the compiler's own unwinder.
const SYSTEM: [&str; 7] =
    ["libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1", "libgcc_s.so.1", "ld-linux-x86-64.so.2"];
/// What snappy, which is C++, wants where it is not linked in.
const CXX: &str = "libstdc++.so.6";
/// What may have no version: each is weak and nowhere. The start code of the compiler looks for the first three, zstd for
/// the others: hooks that trace its calls, in a process that defines them.
const UNVERSIONED: [&str; 7] = [
    "_ITM_deregisterTMCloneTable",
    "_ITM_registerTMCloneTable",
    "__gmon_start__",
    "ZSTD_trace_compress_begin",
    "ZSTD_trace_compress_end",
    "ZSTD_trace_decompress_begin",
    "ZSTD_trace_decompress_end",
];

/// Writes the list; with a library holds it to the list, with a version of glibc to that.
pub fn generate(check: bool, library: Option<&Path>, glibc: Option<&str>) -> Result<()> {
    let mut names = prototypes(&read(&root().join("include/datastorage.h"))?);
    names.extend(prototypes(&read(&root().join("include/datastorage_dlpack.h"))?));
    let text: String = names.iter().map(|name| format!("{name}\n")).collect();
    emit("include/symbols.txt", &text, check)?;
    match library {
        Some(library) => {
            compare(&names, &exported(library)?)?;
            let newest = wanted(library, glibc)?;
            println!("symbols: {} exported, glibc {newest} wanted", names.len());
            Ok(())
        }
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
    let text = run("nm", &["-D", "--defined-only", "--format=posix"], library)?;
    Ok(text.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect())
}

/// Holds what the library wants of the system to `SYSTEM` and to a version of glibc; the newest that it wants.
fn wanted(library: &Path, glibc: Option<&str>) -> Result<String> {
    let dynamic = run("readelf", &["-dW"], library)?;
    let bracketed = |line: &str| line.split_once('[').and_then(|(_, rest)| Some(rest.split_once(']')?.0.to_owned()));
    let of = |kind: &str| dynamic.lines().filter(|l| l.contains(kind)).filter_map(bracketed).collect::<Vec<_>>();
    if of("(SONAME)") != ["libdatastorage.so.1"] {
        return Err(format!("SONAME is {:?}, not libdatastorage.so.1", of("(SONAME)")));
    }
    // What is promised for a version of glibc runs where there is no compiler.
    let allowed = |name: &str| SYSTEM.contains(&name) || (name == CXX && glibc.is_none());
    let foreign: Vec<String> = of("(NEEDED)").into_iter().filter(|name| !allowed(name)).collect();
    if !foreign.is_empty() {
        return Err(format!("{} wants {foreign:?}", library.display()));
    }
    let mut newest = Vec::new();
    let undefined = run("nm", &["-D", "--undefined-only", "--format=posix"], library)?;
    for name in undefined.lines().filter_map(|line| line.split_whitespace().next()) {
        match name.split_once('@') {
            Some((_, version)) => {
                let version = version.trim_start_matches('@');
                if let Some(version) = version.strip_prefix("GLIBC_") {
                    newest = newest.max(numbers(version));
                } else if !["GCC_", "GLIBCXX_", "CXXABI_"].iter().any(|of| version.starts_with(of)) {
                    return Err(format!("{} wants {name}, which is of no system library", library.display()));
                }
            }
            None if UNVERSIONED.contains(&name) => {}
            None => return Err(format!("{} wants {name}, of nobody", library.display())),
        }
    }
    let text = newest.iter().map(u32::to_string).collect::<Vec<_>>().join(".");
    match glibc {
        Some(glibc) if newest > numbers(glibc) => {
            Err(format!("{} wants glibc {text}, {glibc} at most is promised", library.display()))
        }
        _ => Ok(text),
    }
}

fn numbers(version: &str) -> Vec<u32> {
    version.split('.').filter_map(|number| number.parse().ok()).collect()
}

fn run(program: &str, arguments: &[&str], library: &Path) -> Result<String> {
    let output = Command::new(program).args(arguments).arg(library).output().map_err(|e| format!("{program}: {e}"))?;
    if !output.status.success() {
        return Err(format!("{program} {}: {}", library.display(), String::from_utf8_lossy(&output.stderr).trim()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn compare(wanted: &BTreeSet<String>, have: &BTreeSet<String>) -> Result<()> {
    let missing: Vec<_> = wanted.difference(have).collect();
    let extra: Vec<_> = have.difference(wanted).collect();
    if missing.is_empty() && extra.is_empty() {
        return Ok(());
    }
    Err(format!("exported symbols differ from the header: missing {missing:?}, beyond it {extra:?}"))
}
