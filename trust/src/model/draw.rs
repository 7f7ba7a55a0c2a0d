//! Random cases: each step is drawn with a look at the model, so that most steps find something to do.
//!
//! What is drawn follows from the numbers alone. Nothing here is needed to do a case again.

use datastorage::Kind;
use datastorage::options::Nan;
use fastrand::Rng;
use serde_json::{Value as Json, json};

use super::case::{Backend, Spec, budget, fitting};
use super::run::Run;
use super::step::{Object, Step};
use super::tree::Leaf;
use super::values::{chance, one_of};
use crate::subject::Subject;

pub(super) const KEYS: &[&str] = &[
    "a",
    "b",
    "A",
    "a/b",
    "a/b/c",
    "a.b",
    "a_b",
    "b/a",
    "g",
    "g/x",
    "g/0",
    "c/0",
    "metadata",
    "ü/x y",
    "face_areas",
    "face_types",
    "faces/face_areas",
    "g/face_areas",
    "g/face_types",
    "g/h/face_types",
    "face_normals",
    "data.json",
];
const BAD: &[&str] = &["", "/a", "a//b", "../x", "a/.zarray", "a\\b", "metadata.json", "b/zarr.json"];

/// What is drawn for a row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kinds {
    /// A kind of store as its users open it.
    One(Subject),
    /// A Zarr store with whatever options.
    AnyZarr,
}

impl Kinds {
    pub fn all() -> Vec<Self> {
        Subject::ALL.iter().copied().map(Self::One).chain([Self::AnyZarr]).collect()
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::One(subject) => subject.name(),
            Self::AnyZarr => "zarr, options at random",
        }
    }

    /// How the store is opened, and how much may be staged in memory.
    pub fn begin(self, rng: &mut Rng) -> (Spec, u64) {
        match self {
            Self::One(subject) => (Spec::of(subject), budget()),
            Self::AnyZarr => {
                let most = if chance(rng, 30) { [0, 500, 4000, 20_000][rng.usize(..4)] } else { budget() };
                (Spec { backend: Backend::Zarr, options: options(rng) }, most)
            }
        }
    }
}

/// Options of a Zarr store.
fn options(rng: &mut Rng) -> Object {
    let mut options = json!({});
    let mut maybe = |rng: &mut Rng, percent: u32, name: &str, values: &[Json]| {
        if chance(rng, percent) {
            options[name] = values[rng.usize(..values.len())].clone();
        }
    };
    maybe(rng, 50, "zarr_format", &[json!(2), json!(3)]);
    changing(rng, &mut maybe);
    fitting(options.as_object().cloned().unwrap_or_default())
}

/// Options that another handle may have otherwise.
fn changing(rng: &mut Rng, maybe: &mut impl FnMut(&mut Rng, u32, &str, &[Json])) {
    let texts = |texts: &[&str]| texts.iter().map(|text| json!(text)).collect::<Vec<_>>();
    maybe(rng, 70, "profile", &texts(&["default", "hoops", "portable", "fast", "compact"]));
    maybe(rng, 15, "codec", &texts(&["none", "zstd:3", "gzip:1"]));
    maybe(rng, 15, "delta", &[json!(true), json!(false)]);
    maybe(rng, 80, "chunk_elements", &[json!(1), json!(7), json!(64), json!(300)]);
    maybe(rng, 40, "shard_elements", &[json!(16), json!(128), json!(1000)]);
    maybe(rng, 30, "dimension_separator", &texts(&[".", "/"]));
    maybe(rng, 70, "staging", &texts(&["memory", "disk", "auto"]));
    maybe(rng, 40, "nan", &texts(&["allow", "refuse"]));
    maybe(rng, 15, "validate", &texts(&["strict", "warn", "off"]));
    maybe(rng, 15, "schema_dtype", &texts(&["strict", "convertible"]));
    maybe(rng, 30, "mmap", &[json!(true)]);
    maybe(rng, 10, "export", &[json!(true)]);
}

/// Draws steps for a store.
pub struct Drawer {
    pub kinds: Kinds,
    pub rng: Rng,
}

impl Drawer {
    pub(super) fn key(&mut self, run: &Run) -> String {
        let rng = &mut self.rng;
        if chance(rng, 2) {
            return one_of(rng, BAD).to_owned();
        }
        let there = run.state.nodes();
        if !there.is_empty() && chance(rng, 60) {
            there[rng.usize(..there.len())].0.clone()
        } else {
            one_of(rng, KEYS).to_owned()
        }
    }

    /// The key of an array mostly, and what is there.
    pub(super) fn array<'r>(&mut self, run: &'r Run) -> (String, Option<&'r Leaf>) {
        let arrays: Vec<_> = run.state.nodes().into_iter().filter(|(_, node)| node.kind() == Kind::Array).collect();
        if arrays.is_empty() || chance(&mut self.rng, 8) {
            let key = self.key(run);
            let leaf = run.state.leaf(&key);
            return (key, leaf);
        }
        let (key, node) = &arrays[self.rng.usize(..arrays.len())];
        (key.clone(), node.leaf())
    }

    pub(super) fn nan(&mut self, run: &Run) -> bool {
        run.open.policy.nan == Nan::Allow || chance(&mut self.rng, 5)
    }

    /// Options for another handle of the same store.
    fn again(&mut self, run: &Run) -> Object {
        let now = &run.open.spec.options;
        if self.kinds != Kinds::AnyZarr || run.open.backend() != Backend::Zarr || chance(&mut self.rng, 50) {
            return now.clone();
        }
        let mut options = json!({});
        if let Some(format) = now.get("zarr_format") {
            options["zarr_format"] = format.clone();
        }
        changing(&mut self.rng, &mut |rng, percent, name, values| {
            if chance(rng, percent) {
                options[name] = values[rng.usize(..values.len())].clone();
            }
        });
        fitting(options.as_object().cloned().unwrap_or_default())
    }

    /// Where to go on.
    pub(super) fn destination(&mut self) -> Spec {
        match self.kinds {
            _ if chance(&mut self.rng, 35) => Spec::of(Subject::ALL[self.rng.usize(..Subject::ALL.len())]),
            Kinds::One(subject) => Spec::of(subject),
            Kinds::AnyZarr => Spec { backend: Backend::Zarr, options: options(&mut self.rng) },
        }
    }

    /// The next step.
    pub fn step(&mut self, run: &Run) -> Step {
        // A store that cannot be written any more is left soon.
        if run.open.read_only && chance(&mut self.rng, 40) {
            return self.leave(run);
        }
        match self.rng.u32(..1000) {
            0..=229 => self.save(run),
            230..=419 => self.part(run),
            420..=559 => self.node(run),
            560..=619 => self.metadata(run),
            620..=639 => Step::SetSchema { schema: self.schema() },
            640..=849 => self.look(run),
            850..=869 => Step::Check,
            870..=884 => self.cancelled(run),
            // Whatever is there for a disk to fail.
            945..=962 if run.open.backend() != Backend::Memory => self.fault(run),
            885..=899 => Step::Verify { repair: chance(&mut self.rng, 20) },
            900..=914 => Step::Reader { options: self.again(run) },
            915..=919 => Step::Writer,
            920..=944 => Step::Flush,
            _ => self.leave(run),
        }
    }

    /// Ends what the handle is.
    fn leave(&mut self, run: &Run) -> Step {
        let archive = self.kinds == Kinds::One(Subject::Archive);
        match self.rng.u8(..20) {
            0..=1 if run.open.backend() != Backend::Memory => Step::Discard { options: self.again(run) },
            2..=3 => Step::ToBytes {
                options: if chance(&mut self.rng, 50) { options(&mut self.rng) } else { Object::new() },
            },
            4..=6 => Step::Convert { spec: self.destination() },
            7..=8 => self.copy(run),
            9..=10 => Step::Compress,
            11..=14 if archive => Step::Compress,
            _ if run.open.backend() == Backend::Memory => Step::Convert { spec: self.destination() },
            _ => {
                let mode = ["a", "a", "a", "r+", "r+", "r", "w", "x"][self.rng.usize(..8)];
                Step::Reopen { mode: mode.to_owned(), options: self.again(run) }
            }
        }
    }

    fn copy(&mut self, run: &Run) -> Step {
        let mut options = Object::new();
        if chance(&mut self.rng, 60) {
            let keys: Vec<String> = (0..self.rng.usize(1..4)).map(|_| self.key(run)).collect();
            options.insert("keys".to_owned(), json!(keys));
        }
        for (name, values) in [
            ("profile", [json!("fast"), json!("compact")]),
            ("chunk_elements", [json!(5), json!(100)]),
            ("codec", [json!("none"), json!("zstd:3")]),
        ] {
            if chance(&mut self.rng, 25) {
                options.insert(name.to_owned(), values[self.rng.usize(..2)].clone());
            }
        }
        Step::Copy { spec: self.destination(), options }
    }
}
