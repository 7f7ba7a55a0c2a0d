//! Documents that are too deep, too wide, too long or not what they are called: each file of a store that holds JSON.

use serde_json::json;

use super::{Case, Files, Form, deed, one_of, right_chunks, v2, v3, zarr_json, zarray};

/// The documents of a store, and whether they are those of format 3.
const DOCUMENTS: &[(&str, u8)] = &[
    ("a/.zarray", 2),
    ("a/.zattrs", 2),
    (".zgroup", 2),
    (".zattrs", 2),
    (".zmetadata", 2),
    ("metadata.json", 2),
    ("a/.ds_record", 2),
    ("zarr.json", 3),
    ("a/zarr.json", 3),
    ("metadata.json", 3),
];

/// How much a wide document has of a thing.
const MANY: usize = 200_000;

/// What stands in a document, or in a field of the right one.
fn junk(random: &mut fastrand::Rng, number: u64) -> (String, String) {
    let list = |item: &str, count: usize| format!("[{}]", vec![item; count].join(","));
    let kinds: [&dyn Fn(&mut fastrand::Rng) -> (String, String); 18] = [
        &|random| {
            let depth = *one_of(random, &[60usize, 100, 126, 127, 128, 129, 1000, 100_000]);
            (format!("{depth} lists in each other"), format!("{}{}", "[".repeat(depth), "]".repeat(depth)))
        },
        &|random| {
            let depth = *one_of(random, &[60usize, 126, 128, 1000, 100_000]);
            (format!("{depth} objects in each other"), format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth)))
        },
        &|_| ("100000 open lists".into(), "[".repeat(100_000)),
        &|_| ("a number of 1 MB".into(), "9".repeat(1 << 20)),
        &|_| ("a fraction of 1 MB".into(), format!("0.{}1", "0".repeat(1 << 20))),
        &|_| ("an exponent of 1 MB".into(), format!("1e{}", "9".repeat(1 << 20))),
        &|_| (format!("{MANY} lists of nothing"), list("[]", MANY)),
        &|_| (format!("{MANY} objects of nothing"), list("{}", MANY)),
        &|_| (format!("{MANY} objects of one"), list("{\"\":{}}", MANY)),
        &|_| (format!("{MANY} numbers"), list("0", MANY)),
        &|_| {
            let members: Vec<String> = (0..MANY / 2).map(|index| format!("\"{index}\":0")).collect();
            (format!("{} members", MANY / 2), format!("{{{}}}", members.join(",")))
        },
        &|_| ("one member 100000 times".into(), format!("{{{}}}", vec!["\"a\":1"; 100_000].join(","))),
        &|_| ("a text of 1 MB".into(), format!("\"{}\"", "x".repeat(1 << 20))),
        &|_| ("a text of 100000 escapes".into(), format!("\"{}\"", "\\u0000".repeat(100_000))),
        &|_| ("half a pair".into(), "\"\\ud800\"".into()),
        &|_| ("a name of 1 MB".into(), format!("{{\"{}\":1}}", "y".repeat(1 << 20))),
        &|_| ("names with NUL and line ends".into(), "{\"a\\u0000b\":1,\"c\\nd\":{\"\\u001b[31m\":2},\"\":3}".into()),
        &|_| ("spaces of 1 MB".into(), format!("{}1", " ".repeat(1 << 20))),
    ];
    deed(random, number, &kinds)(random)
}

/// A case of a trial.
pub fn case(random: &mut fastrand::Rng, number: u64) -> Case {
    let &(name, format) = deed(random, number / 18, DOCUMENTS);
    let (what, text) = junk(random, number % 18);
    let mut files: Files = match format {
        2 => v2(&zarray(), right_chunks(2)),
        _ => v3(&zarr_json(), right_chunks(3)),
    };
    let bytes = match random.u8(..5) {
        // As the whole document.
        0 => text.into_bytes(),
        // Behind, or before, what is right.
        1 => {
            let right =
                files.iter().find(|(known, _)| known == name).map(|(_, bytes)| bytes.clone()).unwrap_or_default();
            if random.bool() { [right, text.into_bytes()].concat() } else { [text.into_bytes(), right].concat() }
        }
        // A member of what is right: a field that there is, or a new one.
        _ => {
            let right = files.iter().find(|(known, _)| known == name);
            let mut document = right.and_then(|(_, bytes)| serde_json::from_slice(bytes).ok()).unwrap_or(json!({}));
            let fields: Vec<String> = document.as_object().into_iter().flat_map(|o| o.keys().cloned()).collect();
            let new = ["metadata", "_datastorage", "attributes", "consolidated_metadata", "_ARRAY_DIMENSIONS", "x"];
            let field = match fields.is_empty() || random.bool() {
                true => (*one_of(random, &new)).to_owned(),
                false => one_of(random, &fields).clone(),
            };
            document[field.as_str()] = json!("@@");
            document.to_string().replace("\"@@\"", &text).into_bytes()
        }
    };
    let at = format!("{name}: {what} ({} bytes)", bytes.len());
    files.retain(|(known, _)| known != name);
    files.push((name.to_owned(), bytes));
    Case { what: at, files, form: *one_of(random, Form::ALL) }
}

/// Bytes that are no UTF-8, and names of nodes that no key is, in every kind of file.
pub fn names(random: &mut fastrand::Rng, number: u64) -> Case {
    const NAMES: &[&str] = &[
        "..",
        ".",
        "",
        "a/../b",
        "../x",
        "/abs",
        "C:",
        "C:\\x",
        "a\\b",
        "..\\x",
        "//",
        "a//b",
        ".zarray",
        ".zgroup/a",
        "zarr.json",
        ".ds_record",
        ".ds-tmp-0-1-1",
        ".x.ds-old",
        "metadata.json",
        "CON",
        "nul.txt",
        "COM1",
        "lpt9",
        "aux ",
        "x.",
        "x ",
        "\u{1b}[31m",
        "a\nb",
        "a\u{7f}",
        "é",
        "\u{202e}",
        "%2e%2e",
        "~",
        "~root",
        "$HOME",
        "-rf",
        "*",
        "?",
        "|",
    ];
    let mut name = (*deed(random, number, NAMES)).to_owned();
    let how = random.u8(..6);
    match how {
        0 => name = format!("{name}/{name}"),
        1 => name = name.repeat(random.usize(1..400)),
        2 => name = format!("g/{name}"),
        3 => name = vec![name.as_str(); random.usize(1..300)].join("/"),
        _ => {}
    }
    let right = v2(&zarray(), right_chunks(2));
    let mut files = right.clone();
    // A node of that name, a chunk of that name, and a group of it.
    for (path, bytes) in &right {
        if let Some(rest) = path.strip_prefix("a/") {
            files.push((format!("{name}/{rest}"), bytes.clone()));
        }
    }
    files.push((format!("a/{name}"), super::chunk(8)));
    files.push((format!("{name}/.zgroup"), b"{\"zarr_format\":2}".to_vec()));
    Case {
        what: format!("a node, a chunk and a group called {:?} ({} bytes)", super::shown(&name), name.len()),
        files,
        form: *one_of(random, Form::ALL),
    }
}
