//! Stores with links, pipes and devices in them: nothing is read through them, written through them, or waited for.

use std::path::{Path, PathBuf};
use std::process::Command;

use datastorage::{Array, Options, Region, Storage};
use serde_json::json;

use super::exercise::{Place, Seen, bound, copy, options, read_all, settle};
use super::{deed, one_of, right_chunks, v2, v3, write_tree, zarr_json, zarray};
use crate::trial::Trial;

/// What is put in the place of a file or a directory of the store.
const LINKS: &[&str] = &[
    "../../outside/secret",
    "../../../outside/secret",
    "../../outside",
    "../../../outside",
    "../secret",
    "../../secret",
    ".",
    "..",
    "../..",
    "self",
    "/dev/zero",
    "/dev/null",
    "/dev/stdin",
    "/proc/self/mem",
    "/proc/self/fd",
    "/etc/passwd",
    "nothing",
    "pipe",
    "socket",
    "hard link",
    "directory",
];

/// What it takes the place of.
const PLACES: &[&str] = &[
    "a",
    "a/0",
    "a/.zarray",
    "a/.zattrs",
    "a/.ds_record",
    ".zgroup",
    ".zattrs",
    "metadata.json",
    ".zmetadata",
    "g",
    "g/.zgroup",
    "g/x",
    "a/zarr.json",
    "a/c",
    "a/c/0",
    "zarr.json",
    ".ds-tmp-00000000-1-1",
    ".a.ds-old",
    "b",
    "g/.x.ds-old",
];

/// Makes a named pipe that nobody writes to.
///
/// # Errors
/// When the system has none.
pub fn pipe(directory: &Path, name: &str) -> Result<PathBuf, String> {
    let path = directory.join(name);
    let made = Command::new("mkfifo").arg(&path).status().map_err(|e| format!("the trial itself: mkfifo: {e}"))?;
    if made.success() { Ok(path) } else { Err(format!("the trial itself: mkfifo: {made}")) }
}

/// A trial: one thing of a store is a link, it is read, and written to.
///
/// # Errors
/// A finding.
pub fn trial(trial: &mut Trial<'_>, directory: &Path) -> Result<(), String> {
    let mut random = trial.random("links");
    let number = trial.number;
    let link = *deed(&mut random, number, LINKS);
    let at = *deed(&mut random, number / LINKS.len() as u64, PLACES);
    let json_store = random.u8(..4) == 0;
    trial.about(&format!("{at} is {link}{}", if json_store { ", JSON" } else { "" }));
    let io = |e: std::io::Error| format!("the trial itself: {e}");
    let place = Place::new(directory).map_err(io)?;
    if json_store {
        json_files(&place).map_err(io)?;
    } else {
        let mut files = v2(&zarray(), right_chunks(2));
        files.extend([("g/.zgroup".to_owned(), b"{\"zarr_format\":2}".to_vec())]);
        if at.contains("zarr.json") || at.contains("a/c") {
            files = v3(&zarr_json(), right_chunks(3));
        }
        write_tree(&place.root, &files).map_err(io)?;
    }
    let path =
        place.root.join(if json_store { *one_of(&mut random, &["a.json", "metadata.json", "b.json"]) } else { at });
    put(&place, &path, link)?;
    let mut seen = Seen::default();
    let open = |options: &Options| match json_store {
        true => Storage::open_json(&place.root, options),
        false => Storage::open_zarr(&place.root, options),
    };
    trial.measured(bound(1 << 12), || {
        if let Some(store) = seen.look("open", open(&options(json!({})))) {
            read_all(&store, &mut seen);
            copy(&store, &mut seen);
        }
    })?;
    if link == "hard link" {
        // Nobody can tell which of two names of a file is the outer one: what it holds is read.
        seen.wrong.retain(|text| !text.contains("outside of the store"));
    }
    settle(trial, &place, seen)?;
    let mut seen = Seen::default();
    let staging = *one_of(&mut random, &["auto", "disk"]);
    trial.measured(bound(1 << 12), || {
        let writing = options(json!({"mode": "a", "sync": "none", "staging": staging, "export": false}));
        if let Some(store) = seen.look("open", open(&writing)) {
            write(&store, &mut seen);
            seen.look("close", store.close());
        }
    })?;
    settle(trial, &place, seen)
}

/// Every call that writes.
fn write(store: &Storage, seen: &mut Seen) {
    let numbers = || Array::vector(&(0..12).collect::<Vec<i32>>());
    for key in ["a", "b", "g/x", "a/x", "g/y/z"] {
        seen.look("save", store.save(key, numbers()));
        seen.look("save_region", store.save_region(key, &[2], &Array::vector(&[7, 8]).view()));
        seen.look("append", store.append(key, &Array::vector(&[7, 8]).view(), 0));
        seen.look("resize", store.resize(key, &[5]));
        seen.look(
            "set_attributes",
            store.set_attributes(key, serde_json::Map::from_iter([("x".to_owned(), json!(1))])),
        );
        seen.look("set_dimensions", store.set_dimensions(key, &["x"]));
        seen.look("load_region", store.load_region(key, &Region { offset: vec![0], shape: vec![2] }));
    }
    seen.look("save_metadata", store.save_metadata("x", 1));
    seen.look("flush", store.flush());
    seen.look("rename", store.rename("a", "g/moved"));
    seen.look("rename", store.rename("g", "h"));
    seen.look("path", store.path("b"));
    seen.look("flush", store.flush());
    seen.look("verify", store.verify(true));
    for key in ["a", "b", "g", "h"] {
        seen.look("delete", store.delete(key));
    }
    seen.look("flush", store.flush());
    seen.look("compress", store.compress());
}

fn json_files(place: &Place) -> std::io::Result<()> {
    std::fs::create_dir_all(&place.root)?;
    for name in ["a.json", "b.json"] {
        std::fs::write(place.root.join(name), "[1,2,3]")?;
    }
    Ok(())
}

/// Puts a link, or something else that is no file, in the place of what is there.
fn put(place: &Place, path: &Path, link: &str) -> Result<(), String> {
    let io = |e: std::io::Error| format!("the trial itself: {}: {e}", path.display());
    if let Some(above) = path.parent()
        && std::fs::create_dir_all(above).is_err()
    {
        return Ok(());
    }
    match std::fs::symlink_metadata(path) {
        Ok(there) if there.is_dir() => std::fs::remove_dir_all(path).map_err(io)?,
        Ok(_) => std::fs::remove_file(path).map_err(io)?,
        Err(_) => {}
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let above = path.parent().unwrap_or(&place.root);
    match link {
        "pipe" => pipe(above, &name).map(drop),
        "socket" => std::os::unix::net::UnixListener::bind(path).map(drop).or(Ok(())),
        "hard link" => std::fs::hard_link(place.around.join("outside/secret"), path).map_err(io),
        "directory" => std::fs::create_dir(path).map_err(io),
        "self" => std::os::unix::fs::symlink(&name, path).map_err(io),
        target => std::os::unix::fs::symlink(target, path).map_err(io),
    }
}
