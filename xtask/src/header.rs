//! `include/datastorage.h`: the prose, cbindgen's output over the sections, and headings between them.

use cbindgen::{Builder, Config};

use crate::{Result, emit, read, root};

/// The sections of the header: a file of `src/ffi` and a heading, in the order in which they are read.
const SECTIONS: [(&str, &str); 19] = [
    ("types", "Types and constants"),
    ("text", ""),
    ("version", "Version and features"),
    ("status", "Status and the last error"),
    ("error_text", ""),
    ("buffer", "Buffers and iterators"),
    ("iter", ""),
    ("open", "Opening"),
    ("close", "Committing and closing"),
    ("save", "Saving and loading arrays"),
    ("typed", "Arrays of the types of C"),
    ("strings", "Strings"),
    ("region", "Parts of arrays"),
    ("view", "Views of arrays"),
    ("nodes", "Nodes"),
    ("metadata", "Metadata"),
    ("schema", "Schema"),
    ("schema_builder", "Making schemas"),
    ("schema_metadata", ""),
];
/// As above: these come last, and `load` belongs to the section of `save`.
const AFTER: [(&str, &str); 5] = [
    ("copy", "Copying"),
    ("callbacks", "Callbacks"),
    ("merge", "Datasets: merging stores"),
    ("dataset", "Datasets: opening"),
    ("dataset_query", "Datasets: asking"),
];

/// The longest line of a prototype.
const WIDTH: usize = 120;

fn sections() -> impl Iterator<Item = (&'static str, &'static str)> {
    SECTIONS.into_iter().flat_map(|s| if s.0 == "save" { vec![s, ("load", "")] } else { vec![s] }).chain(AFTER)
}

pub fn generate(check: bool) -> Result<()> {
    let root = root();
    let mut config = Config::from_file(root.join("cbindgen.toml"))?;
    let prose = read(&root.join("xtask/src/header_prose.h"))?;
    config.header = Some(prose.trim_end().to_owned());
    config.after_includes = Some(format!("{}\n{}", config.after_includes.unwrap_or_default().trim_end(), version()?));
    let mut builder = Builder::new().with_config(config);
    let mut headings = Vec::new();
    for (file, heading) in sections() {
        let path = root.join(format!("src/ffi/{file}.rs"));
        if let (false, Some(first)) = (heading.is_empty(), first_function(&read(&path)?)) {
            headings.push((first, heading));
        }
        builder = builder.with_src(path);
    }
    let bindings = builder.generate().map_err(|error| format!("cbindgen: {error}"))?;
    let mut bytes = Vec::new();
    bindings.write(&mut bytes);
    let text = String::from_utf8(bytes).map_err(|error| error.to_string())?;
    emit("include/datastorage.h", &finish(&text, &headings)?, check)
}

/// The version macros, from `Cargo.toml`.
fn version() -> Result<String> {
    let manifest = read(&root().join("Cargo.toml"))?;
    let version = manifest
        .lines()
        .find_map(|line| line.strip_prefix("version = \"")?.strip_suffix('"'))
        .ok_or("Cargo.toml: no version")?;
    let numbers: Vec<u32> = version.split('.').filter_map(|n| n.parse().ok()).collect();
    let [major, minor, patch] = numbers[..] else {
        return Err(format!("Cargo.toml: version {version} is not three numbers"));
    };
    Ok(format!(
        "/** The version of this header; ds_version() gives that of the library. */\n\
         #define DS_VERSION_MAJOR {major}\n\
         /** It changes with the interface while the first number is 0. */\n#define DS_VERSION_MINOR {minor}\n\
         /** It changes with every release that adds nothing. */\n#define DS_VERSION_PATCH {patch}\n\
         /** The three as text. */\n#define DS_VERSION_STRING \"{version}\"\n\
         /** The three as one number that grows: ds_version() of the same library. */\n\
         #define DS_VERSION (DS_VERSION_MAJOR * 1000000 + DS_VERSION_MINOR * 1000 + DS_VERSION_PATCH)"
    ))
}

fn first_function(source: &str) -> Option<String> {
    let at = source.find("extern \"C\" fn ds_")?;
    let name = &source[at + "extern \"C\" fn ".len()..];
    Some(name[..name.find('(')?].to_owned())
}

/// What cbindgen leaves to wish: headings, parentheses around negative numbers, one line for a comment of one line,
/// `[[nodiscard]]` before the export attribute (C++ allows it nowhere else), and long prototypes folded.
fn finish(text: &str, headings: &[(String, &str)]) -> Result<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines().map(str::trim_end) {
        let line = match line.strip_prefix("#define ").and_then(|rest| rest.split_once(" -")) {
            Some((name, digits)) if digits.bytes().all(|b| b.is_ascii_digit()) => format!("#define {name} (-{digits})"),
            _ => line
                .replacen("DS_API DS_NODISCARD ", "DS_NODISCARD DS_API ", 1)
                .replace("// __cplusplus", "")
                .trim_end()
                .to_owned(),
        };
        match lines.as_slice() {
            [.., open, comment] if line.trim() == "*/" && open.trim() == "/**" => {
                let comment = comment.replacen(" * ", "/** ", 1) + " */";
                lines.truncate(lines.len() - 2);
                lines.push(comment);
            }
            [.., last] if last.is_empty() && line.is_empty() => {}
            _ => lines.push(line),
        }
    }
    for (function, heading) in headings {
        let call = format!("{function}(");
        let at = lines
            .iter()
            .position(|line| line.starts_with("DS_") && line.contains(&call))
            .ok_or_else(|| format!("{function} is not in the header"))?;
        let comment = lines[..at].iter().rposition(|line| line.starts_with("/**")).unwrap_or(at);
        let rule = "-".repeat(100usize.saturating_sub(heading.len()));
        lines.insert(comment, format!("/* ---- {heading} {rule} */\n"));
    }
    lines = lines.into_iter().map(|line| if line.starts_with("DS_") { fold(&line) } else { line }).collect();
    Ok(lines.join("\n") + "\n")
}

/// Breaks a prototype after a comma so that no line is longer than `WIDTH`.
fn fold(line: &str) -> String {
    let mut out = String::new();
    let mut width = 0;
    for part in line.split_inclusive(", ") {
        if width + part.trim_end().len() > WIDTH {
            out.truncate(out.trim_end().len());
            out.push_str("\n    ");
            width = 4;
        }
        out.push_str(part);
        width += part.len();
    }
    out
}
