//! `abi/datastorage.abi`: the C interface with its types, as `abidw` describes it, and `abidiff` against it.
//!
//! What is described is a probe: a library of empty functions, one for each prototype of the public headers, compiled with
//! full debug information, and a variable for every constant, whose type is an enumeration of its value. The library that ships holds line tables only; a second
//! build of it with types would take minutes, name the types of Rust, and know no macro. The chain is closed elsewhere: the
//! header is what cbindgen makes of the sources (`header --check`), and the library exports what the header declares
//! (`symbols LIBRARY`).
//!
//! The reference is the headers of the last tag `v*`; until there is one with this `DS_ABI_VERSION`, the committed file. What is missing or changed
//! is an error, what is new is told, as is a `ds_info` that has grown at its end: it begins with its size so that it may. The
//! C++ headers are inline and have no interface of their own.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::{Result, read, root};

/// The headers with prototypes, in the order in which they are included.
const HEADERS: [&str; 2] = ["datastorage.h", "datastorage_dlpack.h"];
const BASELINE: &str = "abi/datastorage.abi";

/// Writes the baseline, or with `check` compares the headers in `include` with the reference.
pub fn generate(check: bool, include: Option<&Path>) -> Result<()> {
    let include = include.map_or_else(|| root().join("include"), Path::to_path_buf);
    let work = tempfile::tempdir().map_err(|error| error.to_string())?;
    let baseline = root().join(BASELINE);
    if !check {
        let now = describe(&include, work.path(), "now", usize::MAX)?;
        return std::fs::copy(&now, &baseline).map(drop).map_err(|error| format!("{BASELINE}: {error}"));
    }
    // An interface with the next number is another one: it is held to what is committed, until it is released.
    let released = last_tag()?.map(|tag| -> Result<_> { Ok((headers_of(&tag, work.path())?, tag)) }).transpose()?;
    let (reference, name) = match released {
        Some((headers, tag)) if number(&headers)? == number(&include)? => {
            (describe(&headers, work.path(), "tag", usize::MAX)?, tag)
        }
        _ => (baseline, BASELINE.to_owned()),
    };
    let known = read(&reference)?
        .split("<class-decl name='ds_info'")
        .nth(1)
        .map_or(0, |class| class.split("</class-decl>").next().unwrap_or_default().matches("<data-member ").count());
    let now = describe(&include, work.path(), "now", known)?;
    let count = |what: &str| read(&now).map(|text| text.matches(what).count());
    let (functions, constants) = (count("type='func-type'")?, count("<var-decl ")?);
    compare(&reference, &now, &name)?;
    println!("abi: {functions} functions and {constants} constants, all of {name} as they were");
    Ok(())
}

/// `abidw`'s description of a probe of the headers in a directory, with at most so many fields of `ds_info`.
fn describe(include: &Path, work: &Path, name: &str, fields: usize) -> Result<PathBuf> {
    let cut = work.join(format!("{name}-include"));
    std::fs::create_dir(&cut).map_err(|error| error.to_string())?;
    for header in HEADERS {
        let text = read(&include.join(header))?;
        std::fs::write(cut.join(header), without_new_fields(&text, fields)).map_err(|error| error.to_string())?;
    }
    let include = cut.as_path();
    let (source, library) = (work.join(format!("{name}.c")), work.join(format!("{name}.so")));
    let description = work.join(format!("{name}.abi"));
    std::fs::write(&source, probe(include)?).map_err(|error| error.to_string())?;
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".into());
    let mut compile = Command::new(compiler);
    compile.args([
        "-std=c11",
        "-g",
        "-O0",
        "-fPIC",
        "-shared",
        "-fvisibility=hidden",
        "-Wl,-soname,libdatastorage.so.1",
    ]);
    done(compile.arg("-I").arg(include).arg("-o").arg(&library).arg(&source))?;
    // Nothing of this machine: no paths, no line numbers, identifiers that follow from the types.
    let mut write = Command::new("abidw");
    write.args([
        "--no-corpus-path",
        "--no-comp-dir-path",
        "--no-show-locs",
        "--no-elf-needed",
        "--no-architecture",
        "--type-id-style",
        "hash",
    ]);
    done(write.arg("--out-file").arg(&description).arg(&library))?;
    Ok(description)
}

/// A header in which `ds_info` has its first fields only.
fn without_new_fields(header: &str, fields: usize) -> String {
    let (mut inside, mut seen) = (false, 0);
    let mut kept = Vec::new();
    for line in header.lines() {
        inside = (inside || line.starts_with("typedef struct ds_info {")) && !line.starts_with("} ds_info;");
        if inside && line.ends_with(';') {
            seen += 1;
            if seen > fields {
                println!("abi: new at the end of ds_info: {}", line.trim());
                continue;
            }
        }
        kept.push(line);
    }
    kept.join("\n") + "\n"
}

/// The source of the probe.
fn probe(include: &Path) -> Result<String> {
    let (mut functions, mut constants) = (String::new(), String::new());
    for header in HEADERS {
        let text = read(&include.join(header))?;
        for prototype in prototypes(&text) {
            let body = if prototype.contains("DS_API void ") { "{}" } else { "{ return 0; }" };
            writeln!(functions, "{prototype}\n{body}").map_err(|error| error.to_string())?;
        }
        for name in numbers(&text) {
            writeln!(
                constants,
                "enum of_{name} {{ value_of_{name} = {name} }};\nDS_API enum of_{name} constant_{name};"
            )
            .map_err(|error| error.to_string())?;
        }
    }
    Ok(format!("#include \"{}\"\n#include \"{}\"\n{constants}{functions}", HEADERS[0], HEADERS[1]))
}

/// The prototypes of a header, without what a definition does not repeat.
fn prototypes(header: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut lines = header.lines();
    while let Some(line) = lines.next() {
        let Some(start) = line.strip_prefix("DS_NODISCARD ").or(Some(line)).filter(|l| l.starts_with("DS_API ")) else {
            continue;
        };
        let mut prototype = start.to_owned();
        while !prototype.ends_with(';') {
            let Some(more) = lines.next() else { break };
            prototype = format!("{prototype} {}", more.trim());
        }
        all.push(prototype.trim_end_matches(';').to_owned());
    }
    all
}

/// The macros that are numbers, not those of the version, which change with every release; and the enumerators.
fn numbers(header: &str) -> impl Iterator<Item = &str> {
    let enumerators = header.lines().filter_map(|line| line.trim().split_once(" = ")).map(|(name, _)| name);
    let macros = header
        .lines()
        .filter_map(|line| line.strip_prefix("#define ")?.split_once(' '))
        .filter(|(name, value)| {
            (name.starts_with("DS_") || name.starts_with("DLPACK_"))
                && !name.contains('(')
                && !name.starts_with("DS_VERSION")
                && value.starts_with(|c: char| c.is_ascii_digit() || c == '(' || c == '-')
        })
        .map(|(name, _)| name);
    macros.chain(enumerators.filter(|name| name.starts_with("kDL")))
}

/// The number of the interface that the headers in a directory declare.
fn number(include: &Path) -> Result<String> {
    let header = read(&include.join(HEADERS[0]))?;
    let number = header.lines().find_map(|line| line.strip_prefix("#define DS_ABI_VERSION "));
    number.map(str::to_owned).ok_or_else(|| format!("{}: no DS_ABI_VERSION", HEADERS[0]))
}

/// The last release before what is checked out; `None` without one, or without git.
fn last_tag() -> Result<Option<String>> {
    let mut describe = Command::new("git");
    describe.args(["describe", "--tags", "--abbrev=0", "--match", "v[0-9]*"]).current_dir(root());
    match describe.output() {
        Ok(output) if output.status.success() => {
            Ok(Some(String::from_utf8_lossy(&output.stdout).trim().to_owned()).filter(|tag| !tag.is_empty()))
        }
        _ => Ok(None),
    }
}

/// The headers as a tag has them.
fn headers_of(tag: &str, work: &Path) -> Result<PathBuf> {
    let directory = work.join("include");
    std::fs::create_dir(&directory).map_err(|error| error.to_string())?;
    for header in HEADERS {
        let mut show = Command::new("git");
        let output = done(show.arg("show").arg(format!("{tag}:include/{header}")).current_dir(root()))?;
        std::fs::write(directory.join(header), output.stdout).map_err(|error| error.to_string())?;
    }
    Ok(directory)
}

/// Fails by what is gone or changed, and prints what is new.
fn compare(reference: &Path, now: &Path, name: &str) -> Result<()> {
    let diff = |more: &[&str]| {
        let mut command = Command::new("abidiff");
        let output = command.args(more).arg(reference).arg(now).output().map_err(|e| format!("abidiff: {e}"))?;
        let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        match output.status.code() {
            // Bits: 1 and 2 are errors of the tool or its use, 4 a change, 8 one that breaks programs.
            Some(0) => Ok(None),
            Some(code) if code & 3 == 0 => Ok(Some(text)),
            _ => Err(format!("abidiff: {} {text}", String::from_utf8_lossy(&output.stderr).trim())),
        }
    };
    if let Some(changes) = diff(&["--no-added-syms"])? {
        return Err(format!("the C interface is not that of {name}; docs/abi.md says what may change\n{changes}"));
    }
    if let Some(additions) = diff(&["--harmless"])? {
        println!("abi: new since {name}; `cargo xtask abi` renews the baseline\n{additions}");
    }
    Ok(())
}

/// Runs a tool to its end.
fn done(command: &mut Command) -> Result<Output> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| format!("{name}: {error}"))?;
    if output.status.success() {
        return Ok(output);
    }
    Err(format!("{name}: {}", String::from_utf8_lossy(&output.stderr).trim()))
}
