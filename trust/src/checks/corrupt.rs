//! Altered bytes: whatever is altered in a file, reading everything gives an error that names the piece, or exactly what
//! was stored.
//!
//! One alteration a trial, in one file of a store or a dataset that is then opened and read in full, in a child: a crash,
//! a second of processor, or more than [`TIMES`] times the memory that reading it unaltered takes (and [`FLOOR`] bytes,
//! within which buffers of codecs and threads lie) is a finding like a silent change.
//!
//! What others wrote has no record: of it, and of what is read with `"integrity": "ignore"`, nothing is known that a
//! change could be held against. It may read as anything, but must not crash, hang or take more memory. Not altered is
//! `.flow` of datasets: no reading of this library believes it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use datastorage::trust::Defect;

use crate::batch::Batch;
use crate::check::{Check, Row};
use crate::context::Context;
use crate::memory::Meter;
use crate::mutation::mutate;
use crate::reading::Seen;
use crate::specimen::{self, ARCHIVES, DATASETS, DIRECTORIES, DOCUMENTS, FOREIGN, SHARDED, Specimen};
use crate::trial::{Trial, Trials};
use crate::zip;

pub const CHECK: Check = Check { name: "corrupt", run, defects: &[("skip-checksum", Defect::SkipChecksum)] };

/// Memory that reading an altered thing may take, as a multiple of that of reading it unaltered.
pub const TIMES: u64 = 4;
/// And what it may take whatever its size.
pub const FLOOR: u64 = 16 << 20;
/// Trials that a child does.
const SIZE: u64 = 250;
/// What a reader who does not believe records allows.
const BOUNDED: &str = r#", "max_decoded_bytes": 4194304"#;

/// A line of the table: what is altered, and how it is read.
struct Subject {
    name: &'static str,
    specimens: &'static [&'static [Specimen]],
    /// The ends of the names of the files that are altered; of none, all.
    files: &'static [&'static str],
    /// More options of the reader.
    options: &'static str,
    /// Whether a change must be noticed.
    held: bool,
    /// Of all trials, in hundredths.
    share: u64,
}

const SUBJECTS: &[Subject] = &[
    Subject { name: "archives", specimens: &[ARCHIVES], files: &[], options: "", held: true, share: 24 },
    Subject { name: "zarr directories", specimens: &[DIRECTORIES], files: &[], options: "", held: true, share: 18 },
    Subject { name: "zarr v3 shards", specimens: &[SHARDED], files: &[], options: "", held: true, share: 12 },
    Subject { name: "json stores", specimens: &[DOCUMENTS], files: &[], options: "", held: true, share: 12 },
    Subject { name: "datasets", specimens: &[DATASETS], files: &[], options: "", held: true, share: 10 },
    Subject {
        name: "parquet tables",
        specimens: &[DATASETS],
        files: &[".infoset", ".attribset"],
        options: "",
        held: true,
        share: 6,
    },
    Subject {
        name: "schemas and metadata",
        specimens: &[DIRECTORIES, SHARDED, DOCUMENTS],
        files: &["metadata.json", ".zattrs", ".zarray", ".zgroup", "zarr.json", ".ds_record"],
        options: "",
        held: true,
        share: 8,
    },
    Subject { name: "foreign", specimens: &[FOREIGN], files: &[], options: BOUNDED, held: false, share: 5 },
    Subject {
        name: "integrity ignored",
        specimens: &[ARCHIVES, DIRECTORIES, SHARDED, DOCUMENTS, DATASETS],
        files: &[],
        options: r#", "integrity": "ignore", "max_decoded_bytes": 4194304"#,
        held: false,
        share: 5,
    },
];

fn run(context: &Context) -> Vec<Row> {
    let honest = context.directory();
    if let Err(e) = make_all(honest.path(), 7) {
        return vec![Row::new("specimens", (0, "mutations"), vec![e], Instant::now())];
    }
    let one = |subject: &Subject| {
        let started = Instant::now();
        let arguments = vec![subject.name.to_owned(), honest.path().display().to_string()];
        let trials = context.trials(400, 6_000, 100_000) * subject.share / 100;
        let counts = &["noticed", "as stored", "as something else"];
        let batch = Batch { context, check: CHECK.name, arguments, trials, size: SIZE, counts };
        batch.run().row(subject.name, "mutations", context.seed, started)
    };
    SUBJECTS.iter().map(one).collect()
}

/// Makes every specimen that a subject has.
pub fn make_all(directory: &Path, version: u64) -> Result<(), String> {
    for specimen in [ARCHIVES, DIRECTORIES, SHARDED, DOCUMENTS, DATASETS, FOREIGN].into_iter().flatten() {
        let place = directory.join(specimen.name);
        std::fs::create_dir_all(&place).map_err(|e| e.to_string())?;
        specimen.make(&place, version).map_err(|e| format!("{}: {e}", specimen.name))?;
    }
    Ok(())
}

/// A child of it.
pub fn child(arguments: &[String]) -> ExitCode {
    let Some(trials) = Trials::parse(arguments) else { return ExitCode::from(2) };
    let [name, honest] = trials.arguments() else { return ExitCode::from(2) };
    let Some(subject) = SUBJECTS.iter().find(|subject| subject.name == name) else { return ExitCode::from(2) };
    let specimens: Vec<Specimen> = subject.specimens.concat();
    let mut patients: HashMap<&str, Patient> = HashMap::new();
    trials.run(|trial| {
        let specimen = specimens[trial.number as usize % specimens.len()];
        if !patients.contains_key(specimen.name) {
            patients.insert(specimen.name, Patient::new(specimen, Path::new(honest), trials.directory())?);
        }
        patients[specimen.name].alter(trial, subject)
    })
}

/// A child's own copy of a specimen.
pub struct Patient {
    pub specimen: Specimen,
    pub directory: PathBuf,
    pub files: Vec<(String, Vec<u8>)>,
    pub honest: Seen,
    /// What its errors may name: keys and files.
    pub names: Vec<String>,
    /// What reading it may take.
    pub most: u64,
}

impl Patient {
    /// Copies a specimen and reads it as it is.
    pub fn new(specimen: Specimen, from: &Path, to: &Path) -> Result<Self, String> {
        let directory = to.join(specimen.name);
        specimen::copy(&from.join(specimen.name), &directory).map_err(|e| e.to_string())?;
        let read = |file: String| std::fs::read(directory.join(&file)).map(|bytes| (file, bytes));
        let files: Result<Vec<_>, _> = specimen::files(&directory).into_iter().map(read).collect();
        let files = files.map_err(|e| e.to_string())?;
        // Once for what a process takes only once, then to measure.
        drop(specimen.read(&directory, 0, "", &[]));
        let meter = Meter::start();
        let honest = specimen.read(&directory, 0, "", &[]);
        let most = TIMES * meter.taken().most().max(honest.decoded()) + FLOOR;
        if let Some(error) = honest.first_error() {
            return Err(format!("{}, unaltered: {error}", specimen.name));
        }
        let mut names = honest.keys();
        names.extend(files.iter().filter_map(|(file, _)| file.rsplit('/').next()).map(str::to_owned));
        names.push(specimen.path(&directory).display().to_string());
        names.extend(["archive in memory", "the root group"].map(str::to_owned));
        if specimen.what == specimen::What::Archive && !specimen.foreign {
            let entries = files.iter().flat_map(|(_, bytes)| zip::parse(bytes));
            names.extend(entries.filter_map(|entry| entry.name.rsplit('/').next().map(str::to_owned)));
        }
        Ok(Self { specimen, directory, files, honest, names, most })
    }

    /// Writes every file again, and nothing else.
    pub fn put_right(&self) -> std::io::Result<()> {
        std::fs::remove_dir_all(&self.directory)?;
        for (name, bytes) in &self.files {
            let place = self.directory.join(name);
            std::fs::create_dir_all(place.parent().unwrap_or(&place))?;
            std::fs::write(place, bytes)?;
        }
        Ok(())
    }

    fn alter(&self, trial: &mut Trial<'_>, subject: &Subject) -> Result<(), String> {
        let mut random = trial.random(subject.name);
        let altered = |file: &&(String, Vec<u8>)| {
            let name = &file.0;
            !name.ends_with(".flow")
                && (subject.files.is_empty() || subject.files.iter().any(|end| name.ends_with(end)))
        };
        let files: Vec<&(String, Vec<u8>)> = self.files.iter().filter(altered).collect();
        let (name, bytes) = choose(&mut random, &files);
        let mut damaged = bytes.clone();
        let mutation = mutate(&mut random, &mut damaged);
        trial.about(&format!("{}, {name}: {mutation}", self.specimen.name));
        let place = self.directory.join(name);
        std::fs::write(&place, &damaged).map_err(|e| e.to_string())?;
        let keys = self.honest.keys();
        let way = trial.number / 7;
        let seen = trial.measured(self.most, || self.specimen.read(&self.directory, way, subject.options, &keys));
        std::fs::write(&place, bytes).map_err(|e| e.to_string())?;
        let verdict = self.honest.compare(&seen?);
        trial.count(match (&verdict.silent[..], &verdict.errors[..]) {
            ([], []) => "as stored",
            (_, [_, ..]) => "noticed",
            _ => "as something else",
        });
        if subject.held {
            if let Some(silent) = verdict.silent.first() {
                let all = verdict.silent.len();
                return Err(format!(
                    "silently something else, in {all} places: {silent}; errors: {:?}",
                    verdict.errors
                ));
            }
            verdict.implausible(&self.names).map_or(Ok(()), Err)?;
        }
        Ok(())
    }
}

/// A file: any of them, or by their sizes.
fn choose<'f>(random: &mut fastrand::Rng, files: &[&'f (String, Vec<u8>)]) -> &'f (String, Vec<u8>) {
    let all: usize = files.iter().map(|(_, bytes)| bytes.len()).sum();
    if random.bool() || all == 0 {
        return files[random.usize(0..files.len())];
    }
    let mut at = random.usize(0..all);
    for file in files {
        match at.checked_sub(file.1.len()) {
            Some(rest) => at = rest,
            None => return file,
        }
    }
    files[0]
}
