//! Pieces that are gone, or in another's place: of a store's directory, of its archive, of its documents, of a dataset.
//!
//! Every piece is whole in itself, its checksum right: a file that belongs to another key, the chunk of an older version, a
//! node's directory under another name. Reading everything gives an error that names a piece, or exactly what was
//! stored. A chunk that is gone is an error that names its node, and no fill values.
//!
//! One thing cannot be told: a node, a document or a table that is replaced as a whole by an older version of itself, for
//! each is published by itself and the older one was right. So that is not done.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use datastorage::trust::Defect;

use super::corrupt::Patient;
use crate::batch::Batch;
use crate::check::{Check, Row};
use crate::context::Context;
use crate::specimen::{self, ARCHIVES, DATASETS, DIRECTORIES, DOCUMENTS, SHARDED, Specimen, What};
use crate::trial::{Trial, Trials};
use crate::zip::{self, Entry};

pub const CHECK: Check = Check {
    name: "entries",
    run,
    defects: &[("skip-checksum", Defect::SkipChecksum), ("miss-chunk", Defect::MissChunk)],
};

const SIZE: u64 = 250;

/// A line of the table, its specimens, and its hundredths of all trials.
const SUBJECTS: &[(&str, &[&[Specimen]], u64)] = &[
    ("zarr directories", &[DIRECTORIES], 30),
    ("zarr v3 shards", &[SHARDED], 20),
    ("archives", &[ARCHIVES], 25),
    ("json stores", &[DOCUMENTS], 10),
    ("datasets", &[DATASETS], 15),
];

fn run(context: &Context) -> Vec<Row> {
    let honest = context.directory();
    let made = [("now", 7), ("before", 6)].into_iter().try_for_each(|(name, version)| {
        let place = honest.path().join(name);
        super::corrupt::make_all(&place, version)
    });
    if let Err(e) = made {
        return vec![Row::new("specimens", (0, "exchanges"), vec![e], Instant::now())];
    }
    let one = |&(name, _, share): &(&'static str, &[&[Specimen]], u64)| {
        let started = Instant::now();
        let arguments = vec![name.to_owned(), honest.path().display().to_string()];
        let trials = context.trials(300, 3_000, 20_000) * share / 100;
        let counts = &["noticed", "as stored"];
        let batch = Batch { context, check: CHECK.name, arguments, trials, size: SIZE, counts };
        batch.run().row(name, "exchanges", context.seed, started)
    };
    SUBJECTS.iter().map(one).collect()
}

/// A child of it.
pub fn child(arguments: &[String]) -> ExitCode {
    let Some(trials) = Trials::parse(arguments) else { return ExitCode::from(2) };
    let [name, honest] = trials.arguments() else { return ExitCode::from(2) };
    let Some((_, specimens, _)) = SUBJECTS.iter().find(|(subject, ..)| subject == name) else {
        return ExitCode::from(2);
    };
    let (specimens, honest) = (specimens.concat(), Path::new(honest));
    let mut patients: HashMap<&str, Patient> = HashMap::new();
    trials.run(|trial| {
        let specimen = specimens[trial.number as usize % specimens.len()];
        if !patients.contains_key(specimen.name) {
            let mut patient = Patient::new(specimen, &honest.join("now"), trials.directory())?;
            // A node may also be named by where it was put.
            patient.names.push(RENAMED.to_owned());
            patients.insert(specimen.name, patient);
        }
        exchange(trial, &patients[specimen.name], &honest.join("before").join(specimen.name))
    })
}

/// Does one thing to the pieces of a copy, reads it, and puts it right again.
fn exchange(trial: &mut Trial<'_>, patient: &Patient, before: &Path) -> Result<(), String> {
    let mut random = trial.random(patient.specimen.name);
    let done = match patient.specimen.what {
        What::Archive => in_archive(&mut random, patient, before),
        _ => in_directory(&mut random, patient, before),
    };
    let what = done.map_err(|e| format!("the exchange itself failed: {e}"))?;
    trial.about(&format!("{}: {what}", patient.specimen.name));
    let keys = patient.honest.keys();
    let seen = trial.measured(patient.most, || patient.specimen.read(&patient.directory, 0, "", &keys));
    patient.put_right().map_err(|e| format!("cannot be put right: {e}"))?;
    let verdict = patient.honest.compare(&seen?);
    trial.count(if verdict.errors.is_empty() { "as stored" } else { "noticed" });
    match verdict.silent.first() {
        Some(silent) => Err(format!("silently something else: {silent}; errors: {:?}", verdict.errors)),
        None => verdict.implausible(&patient.names).map_or(Ok(()), Err),
    }
}

/// The name of a node that got another one.
const RENAMED: &str = "renamed";

/// What is done to a file or a directory of a node.
const DEEDS: &[&str] = &[
    "delete",
    "empty",
    "swap",
    "older",
    "other's",
    "duplicate",
    "rename",
    "directory",
    "link to its own",
    "link to other's",
    "dangling link",
    "delete node",
    "rename node",
    "swap nodes",
    "copy node",
    "link to node",
];

fn in_directory(random: &mut fastrand::Rng, patient: &Patient, before: &Path) -> io::Result<String> {
    let root = &patient.directory;
    // What no reading believes is not exchanged, nor what is a document of the whole replaced by an older one of itself.
    let files: Vec<&String> =
        patient.files.iter().map(|(name, _)| name).filter(|name| !name.ends_with(".flow")).collect();
    let name = files[random.usize(0..files.len())];
    let other = files[random.usize(0..files.len())];
    let (path, second) = (root.join(name), root.join(other));
    let deed = DEEDS[random.usize(0..DEEDS.len())];
    let aside = root.join(".aside");
    match deed {
        "delete" => fs::remove_file(&path)?,
        "empty" => fs::write(&path, b"")?,
        "swap" if name != other => {
            fs::rename(&path, &aside)?;
            fs::rename(&second, &path)?;
            fs::rename(&aside, &second)?;
        }
        "older" if !alone(name) && before.join(name).is_file() => _ = fs::copy(before.join(name), &path)?,
        "other's" if name != other => _ = fs::copy(&second, &path)?,
        "duplicate" => _ = fs::copy(&path, beside(&path, random))?,
        "rename" => fs::rename(&path, beside(&path, random))?,
        "directory" => {
            fs::remove_file(&path)?;
            fs::create_dir(&path)?;
        }
        "link to its own" | "link to other's" | "dangling link" => {
            fs::rename(&path, &aside)?;
            let target = match deed {
                "link to its own" => aside,
                "link to other's" => second.clone(),
                _ => root.join("nowhere"),
            };
            link(&target, &path)?;
        }
        _ => return nodes(random, patient, deed),
    }
    Ok(format!("{deed}, {name} (other: {other})"))
}

/// Whether a file is all of what it says: with an older one in its place everything fits.
fn alone(name: &str) -> bool {
    let last = name.rsplit('/').next().unwrap_or(name);
    ["metadata.json", ".zattrs", ".zmetadata", "zarr.json"].contains(&last)
        || [".infoset", ".attribset", ".json", ".dataset"].iter().any(|end| last.ends_with(end))
}

/// A name that is not taken: another chunk, or a copy.
fn beside(path: &Path, random: &mut fastrand::Rng) -> std::path::PathBuf {
    let number = random.u32(1000..2000);
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    match (name.parse::<u64>().is_ok(), name.split_once('.')) {
        (true, _) => path.with_file_name(number.to_string()),
        (_, Some((first, rest))) if !first.is_empty() => path.with_file_name(format!("{first}{number}.{rest}")),
        _ => path.with_file_name(format!("{name}{number}")),
    }
}

/// What is done to whole nodes: the directories that have a document.
fn nodes(random: &mut fastrand::Rng, patient: &Patient, deed: &str) -> io::Result<String> {
    let root = &patient.directory;
    let documents = ["/.zarray", "/.zgroup", "/zarr.json"];
    let of = |file: &String| documents.iter().find_map(|end| file.strip_suffix(end)).map(str::to_owned);
    // Not the store itself, which is nobody's node.
    let all: Vec<String> =
        patient.files.iter().filter_map(|(file, _)| of(file)).filter(|dir| dir.contains('/')).collect();
    if all.len() < 2 {
        let (file, _) = &patient.files[random.usize(0..patient.files.len())];
        fs::remove_file(root.join(file))?;
        return Ok(format!("delete, {file}"));
    }
    let (one, other) = (&all[random.usize(0..all.len())], &all[random.usize(0..all.len())]);
    let (path, second, aside) = (root.join(one), root.join(other), root.join(".aside"));
    let inside = other.starts_with(one.as_str()) || one.starts_with(other.as_str());
    match deed {
        "rename node" => fs::rename(&path, path.with_file_name(RENAMED))?,
        "swap nodes" if !inside => {
            fs::rename(&path, &aside)?;
            fs::rename(&second, &path)?;
            fs::rename(&aside, &second)?;
        }
        "copy node" if !inside => {
            fs::remove_dir_all(&path)?;
            specimen::copy(&second, &path)?;
        }
        "link to node" => {
            fs::rename(&path, &aside)?;
            link(&aside, &path)?;
        }
        _ => fs::remove_dir_all(&path)?,
    }
    Ok(format!("{deed}, {one} (other: {other})"))
}

#[cfg(unix)]
fn link(target: &Path, place: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, place)
}

#[cfg(not(unix))]
fn link(_: &Path, place: &Path) -> io::Result<()> {
    fs::write(place, b"")
}

/// What is done to the entries of an archive; every CRC-32 is right.
const SWAPS: &[&str] = &[
    "delete",
    "empty",
    "swap",
    "older",
    "other's",
    "duplicate",
    "later",
    "rename",
    "rename in the directory",
    "local",
];

fn in_archive(random: &mut fastrand::Rng, patient: &Patient, before: &Path) -> io::Result<String> {
    let place = patient.specimen.path(&patient.directory);
    let mut entries = zip::parse(&fs::read(&place)?);
    let older = zip::parse(&fs::read(patient.specimen.path(before))?);
    let (one, other) = (random.usize(0..entries.len()), random.usize(0..entries.len()));
    let deed = SWAPS[random.usize(0..SWAPS.len())];
    let (name, second) = (entries[one].name.clone(), entries[other].name.clone());
    let content = |to: &mut Entry, from: &Entry| {
        (to.method, to.crc, to.size, to.stored) = (from.method, from.crc, from.size, from.stored.clone());
    };
    let new = format!("{name}{}", random.u32(1000..2000));
    match deed {
        "empty" => {
            (entries[one].method, entries[one].crc, entries[one].size, entries[one].stored) = (0, 0, 0, Vec::new())
        }
        "swap" => {
            let (a, b) = (entries[one].clone(), entries[other].clone());
            content(&mut entries[one], &b);
            content(&mut entries[other], &a);
        }
        // The document that has the record, and all it says, is all there is to hold the others against.
        "older" => {
            if let Some(old) = older.iter().find(|entry| entry.name == name && name != "metadata.json") {
                content(&mut entries[one], old);
            }
        }
        "other's" => {
            let from = entries[other].clone();
            content(&mut entries[one], &from);
        }
        "duplicate" => entries.push(Entry { name: new.clone(), local_name: new, ..entries[one].clone() }),
        "later" => {
            let from = entries[other].clone();
            entries.push(Entry { name: name.clone(), local_name: name.clone(), ..from });
        }
        "rename" => (entries[one].name, entries[one].local_name) = (new.clone(), new),
        "rename in the directory" => entries[one].name = new,
        "local" => entries[one].local_name = new,
        "delete" => _ = entries.remove(one),
        other => unreachable!("{other} is a swap"),
    }
    fs::write(place, zip::build(&entries, true))?;
    Ok(format!("{deed}, {name} (other: {second})"))
}
