//! What the JSON backend alone promises: files, names, durability, foreign directories, hostile bytes.

use std::collections::BTreeMap;
use std::fs;

use half::f16;
use num_complex::Complex;
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use tempfile::TempDir;

use super::*;
use crate::backend::conformance::{self, filled, get, key, leaf, put};

mod durability;
mod foreign_files;
mod model;

fn options(text: &str) -> Options {
    Options::parse(text).unwrap()
}

fn open(dir: &TempDir, text: &str) -> JsonDir {
    JsonDir::open(dir.path(), &options(text)).unwrap()
}

fn create(dir: &TempDir) -> JsonDir {
    open(dir, r#"{"sync": "none"}"#)
}

fn flush(store: &JsonDir) {
    let metadata = store.load_metadata().unwrap();
    store.flush(&Op::quiet(), &metadata).unwrap();
}

fn group(children: Vec<(&str, Tree<'static>)>) -> Tree<'static> {
    Tree::Group(children.into_iter().map(|(name, tree)| (name.to_owned(), tree)).collect())
}

/// A string to be written; leaked, so that trees of them need no owner.
fn text(text: &str) -> Tree<'static> {
    let array: &'static Array = Box::leak(Box::new(Array::string(text)));
    leaf(array.view())
}

/// The files of the directory and their content, but `metadata.json` and the mark that it is ours.
fn files(dir: &TempDir) -> BTreeMap<String, String> {
    fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|e| (e.file_name().into_string().unwrap(), fs::read_to_string(e.path()).unwrap()))
        .filter(|(name, _)| name != "metadata.json" && name != names::MARK)
        .collect()
}

fn names(dir: &TempDir) -> Vec<String> {
    files(dir).into_keys().collect()
}

#[test]
fn conforms_while_saves_wait() {
    let dirs = std::sync::Mutex::new(Vec::new());
    conformance::run(|| {
        let dir = TempDir::new().unwrap();
        let store = create(&dir);
        dirs.lock().unwrap().push(dir);
        Box::new(store)
    });
}

/// A store that is committed, closed and opened again before every read.
struct Reopening {
    dir: TempDir,
    store: std::sync::RwLock<Option<JsonDir>>,
}

impl Reopening {
    fn with<R>(&self, act: impl FnOnce(&JsonDir) -> R) -> R {
        act(self.store.read().unwrap().as_ref().unwrap())
    }

    fn reopened<R>(&self, act: impl FnOnce(&JsonDir) -> R) -> R {
        let mut store = self.store.write().unwrap();
        let old = store.take().unwrap();
        let metadata = old.load_metadata().unwrap();
        old.close(&Op::quiet(), &metadata, &Object::new()).unwrap();
        *store = Some(create(&self.dir));
        act(store.as_ref().unwrap())
    }
}

impl Backend for Reopening {
    fn format(&self) -> &'static str {
        "json"
    }
    fn read_only(&self) -> bool {
        false
    }
    fn path(&self, key: &Key) -> Result<String> {
        self.with(|s| s.path(key))
    }
    fn write(&self, op: &Op, key: &Key, tree: Tree<'_>) -> Result<()> {
        self.with(|s| s.write(op, key, tree))
    }
    fn read(&self, op: &Op, key: &Key, region: Option<&Region>) -> Result<Stored> {
        self.reopened(|s| s.read(op, key, region))
    }
    fn read_into(&self, op: &Op, key: &Key, region: Option<&Region>, out: &mut [u8]) -> Result<()> {
        self.with(|s| s.read_into(op, key, region, out))
    }
    fn create(&self, op: &Op, key: &Key, new: NewArray) -> Result<()> {
        self.with(|s| s.create(op, key, new))
    }
    fn write_region(&self, op: &Op, key: &Key, region: &Region, view: &ArrayView<'_>) -> Result<()> {
        self.reopened(|s| s.write_region(op, key, region, view))
    }
    fn resize(&self, op: &Op, key: &Key, shape: &[u64]) -> Result<()> {
        self.reopened(|s| s.resize(op, key, shape))
    }
    fn append(&self, op: &Op, key: &Key, view: &ArrayView<'_>, axis: usize, from: &[u64]) -> Result<bool> {
        self.reopened(|s| s.append(op, key, view, axis, from))
    }
    fn info(&self, key: &Key) -> Result<Info> {
        self.with(|s| s.info(key))
    }
    fn list(&self, key: &Key) -> Result<Vec<Child>> {
        self.reopened(|s| s.list(key))
    }
    fn create_group(&self, key: &Key) -> Result<()> {
        self.with(|s| s.create_group(key))
    }
    fn delete(&self, key: &Key) -> Result<()> {
        self.with(|s| s.delete(key))
    }
    fn rename(&self, from: &Key, to: &Key) -> Result<()> {
        self.reopened(|s| s.rename(from, to))
    }
    fn attributes(&self, key: &Key) -> Result<Object> {
        self.reopened(|s| s.attributes(key))
    }
    fn set_attributes(&self, key: &Key, attributes: Object) -> Result<()> {
        self.with(|s| s.set_attributes(key, attributes))
    }
    fn set_dimensions(&self, key: &Key, dims: &[String]) -> Result<()> {
        self.with(|s| s.set_dimensions(key, dims))
    }
    fn load_metadata(&self) -> Result<Object> {
        self.reopened(|s| s.load_metadata())
    }
    fn flush(&self, op: &Op, metadata: &Object) -> Result<()> {
        self.with(|s| s.flush(op, metadata))
    }
    fn compress(&self, op: &Op, metadata: &Object) -> Result<u64> {
        self.with(|s| s.compress(op, metadata))
    }
    fn close(&self, op: &Op, metadata: &Object, summary: &Object) -> Result<()> {
        self.with(|s| s.close(op, metadata, summary))
    }
    fn discard(&self) {
        self.with(JsonDir::discard);
    }
    fn verify(&self, op: &Op, repair: bool) -> Result<Vec<Finding>> {
        self.reopened(|s| s.verify(op, repair))
    }
}

#[test]
fn conforms_across_commits_and_openings() {
    conformance::run(|| {
        let dir = TempDir::new().unwrap();
        let store = std::sync::RwLock::new(Some(create(&dir)));
        Box::new(Reopening { dir, store })
    });
}

#[test]
fn files_are_those_of_the_specification() {
    let dir = TempDir::new().unwrap();
    let store = create(&dir);
    put(&store, "face_areas", &Array::vector(&[1.5f32, 2.3, 4.1]));
    put(&store, "face/areas", &Array::from_slice(&[2, 2], &[1i64, 2, 3, i64::MAX]).unwrap());
    put(&store, "z", &Array::vector(&[Complex::new(1.0f64, 2.0)]));
    put(&store, "odd", &Array::vector(&[f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.1]));
    put(&store, "scalar", &Array::scalar(true));
    let part = group(vec![("version", text("1.0")), ("deep", group(vec![("empty", group(vec![]))]))]);
    store.write(&Op::quiet(), &key("metadata"), part).unwrap();
    flush(&store);
    let want = [
        ("face_areas-2.json", "[[1, 2],\n[3, 9223372036854775807]]"),
        ("face_areas.json", "[1.5, 2.3, 4.1]"),
        ("metadata-2.json", "{\n\"deep\": {\n\"empty\": {}\n},\n\"version\": \"1.0\"\n}"),
        ("odd.json", r#"["NaN", "Infinity", "-Infinity", 0.1]"#),
        ("scalar.json", "true"),
        ("z.json", r#"[{"real": 1.0, "imag": 2.0, "_numpy_complex": true}]"#),
    ];
    assert_eq!(files(&dir), want.map(|(n, t)| (n.to_owned(), t.to_owned())).into_iter().collect());
    assert_eq!(store.path(&key("face/areas")).unwrap(), dir.path().join("face_areas-2.json").display().to_string());
    assert_eq!(store.path(&Key::root()).unwrap(), dir.path().display().to_string());
    assert_eq!(store.info(&key("face_areas")).unwrap().stored_bytes, 15);
    assert_eq!(store.compress(&Op::quiet(), &Object::new()).unwrap(), 0);
}

#[test]
fn the_path_of_a_new_node_is_a_file_and_that_of_none_is_where_it_would_be() {
    let dir = TempDir::new().unwrap();
    let store = create(&dir);
    put(&store, "a", &Array::vector(&[1i32]));
    assert!(names(&dir).is_empty());
    assert_eq!(fs::read_to_string(store.path(&key("a")).unwrap()).unwrap(), "[1]");
    assert_eq!(store.path(&key("A")).unwrap(), dir.path().join("A-2.json").display().to_string());
}

#[test]
fn what_is_saved_below_an_object_goes_into_it_and_moves_out_of_it() {
    let dir = TempDir::new().unwrap();
    let store = create(&dir);
    store.write(&Op::quiet(), &key("info"), group(vec![("a", text("x")), ("b", text("y"))])).unwrap();
    flush(&store);
    put(&store, "info/more/c", &Array::scalar(0.1f32));
    store.delete(&key("info/a")).unwrap();
    flush(&store);
    assert_eq!(names(&dir), ["info.json"]);
    assert_eq!(serde_json::from_str::<Json>(&files(&dir)["info.json"]).unwrap(), json!({"b": "y", "more": {"c": 0.1}}));
    store.rename(&key("info/more"), &key("out")).unwrap();
    flush(&store);
    assert_eq!(names(&dir), ["info.json", "out.json"]);
    assert_eq!(get(&store, "out/c"), Array::scalar(0.1f32));
    store.delete(&key("info")).unwrap();
    flush(&store);
    assert_eq!(names(&dir), ["out.json"]);
}

#[test]
fn renaming_and_deleting_take_the_files_along() {
    let dir = TempDir::new().unwrap();
    let store = create(&dir);
    put(&store, "g/a", &Array::vector(&[1u8]));
    put(&store, "g/b", &Array::vector(&[2u8]));
    flush(&store);
    assert_eq!(names(&dir), ["g_a.json", "g_b.json"]);
    store.rename(&key("g"), &key("h")).unwrap();
    store.delete(&key("h/b")).unwrap();
    flush(&store);
    assert_eq!(names(&dir), ["h_a.json"]);
    assert_eq!(get(&store, "h/a"), Array::vector(&[1u8]));
}

#[test]
fn keys_that_meet_in_a_name_keep_apart() {
    let dir = TempDir::new().unwrap();
    let store = create(&dir);
    let keys = ["a_b", "a/b", "A_B", "a.b", "metadata", "METADATA", "con", "ü"];
    for (i, k) in keys.iter().enumerate() {
        put(&store, k, &Array::scalar(i as u32));
    }
    flush(&store);
    store.discard();
    let store = create(&dir);
    for (i, k) in keys.iter().enumerate() {
        assert_eq!(get(&store, k), Array::scalar(i as u32), "{k}");
    }
    let lower: std::collections::BTreeSet<_> = names(&dir).iter().map(|n| n.to_ascii_lowercase()).collect();
    assert_eq!(lower.len(), keys.len());
    // Replacing a file by one that differs in case only must not remove the new one where case is not told.
    store.delete(&key("a_b")).unwrap();
    put(&store, "A/b", &Array::scalar(9u8));
    flush(&store);
    assert_eq!(get(&store, "A/b"), Array::scalar(9u8));
}

#[test]
fn what_nests_too_deep_is_refused_and_what_fits_comes_back() {
    let dir = TempDir::new().unwrap();
    let store = create(&dir);
    let op = Op::quiet();
    let deep = |n: usize| (0..n).fold(text("x"), |inner, _| group(vec![("g", inner)]));
    store.write(&op, &key("fits"), deep(60)).unwrap();
    assert_eq!(store.write(&op, &key("deep"), deep(61)).unwrap_err().kind(), ErrorKind::Unsupported);
    let below = format!("fits/{}", vec!["h"; 61].join("/"));
    assert_eq!(store.write(&op, &key(&below), text("x")).unwrap_err().kind(), ErrorKind::Unsupported);
    put(&store, "dims", &filled(DType::F32, &[1; 64]));
    let array = filled(DType::F32, &[1; 65]);
    assert_eq!(store.write(&op, &key("dims65"), leaf(array.view())).unwrap_err().kind(), ErrorKind::Unsupported);
    let array = Array::from_bytes(DType::U8, vec![u64::MAX, u64::MAX, 0], vec![]).unwrap();
    put(&store, "huge", &array);
    flush(&store);
    store.discard();
    let store = create(&dir);
    assert_eq!(get(&store, &format!("fits/{}", vec!["g"; 60].join("/"))), Array::string("x"));
    assert_eq!((get(&store, "dims").shape().len(), get(&store, "huge")), (64, array));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn every_bit_of_a_float_survives(doubles: Vec<u64>, singles: Vec<u32>, halves: Vec<u16>) {
        let doubles: Vec<f64> = doubles.into_iter().map(f64::from_bits).filter(|x| !x.is_nan()).collect();
        let singles: Vec<f32> = singles.into_iter().map(f32::from_bits).filter(|x| !x.is_nan()).collect();
        let halves: Vec<f16> = halves.into_iter().map(f16::from_bits).filter(|x| !x.is_nan()).collect();
        for array in [Array::vector(&doubles), Array::vector(&singles), Array::vector(&halves)] {
            let back = through_text(&array);
            prop_assert_eq!(back.bytes(), array.bytes());
        }
    }

    #[test]
    fn integers_and_strings_survive(signed: Vec<i64>, unsigned: Vec<u64>, strings: Vec<String>) {
        let strings = Array::from_strings(vec![strings.len() as u64], strings).unwrap();
        for array in [Array::vector(&signed), Array::vector(&unsigned), strings] {
            prop_assert_eq!(through_text(&array), array);
        }
    }

    #[test]
    fn any_bytes_are_an_array_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..60), dtype in 0usize..15) {
        let _ = decode::array(&bytes, &[], DType::ALL[dtype], &[2, 2], 1 << 20);
        let _ = decode::array(&bytes, &["a", "b"], DType::ALL[dtype], &[], 1 << 20);
        let _ = decode::json(&bytes, &["a"]);
    }
}

fn through_text(array: &Array) -> Array {
    let leaf = Leaf { kind: Kind::Array, view: array.view(), dims: vec![], attributes: Object::new() };
    let text = encode::leaf(&key("k"), &leaf).unwrap();
    // An object file is parsed and written again when one of its leaves changes: that must lose nothing either.
    let again = serde_json::from_slice::<Json>(&text).unwrap().to_string();
    let back = decode::array(again.as_bytes(), &[], array.dtype(), array.shape(), 1 << 30).unwrap();
    assert_eq!(back.bytes(), decode::array(&text, &[], array.dtype(), array.shape(), 1 << 30).unwrap().bytes());
    back
}

#[test]
fn every_half_and_hard_singles_survive_and_are_short() {
    let halves: Vec<f16> = (0..=u16::MAX).map(f16::from_bits).filter(|x| !x.is_nan()).collect();
    let array = Array::vector(&halves);
    assert_eq!(through_text(&array).bytes(), array.bytes());
    let singles: Vec<f32> =
        (0..400_000u32).map(|i| f32::from_bits(i.wrapping_mul(10_739))).filter(|x| !x.is_nan()).collect();
    let array = Array::vector(&singles);
    assert_eq!(through_text(&array).bytes(), array.bytes());
    let short = |array: Array| {
        let leaf = Leaf { kind: Kind::Array, view: array.view(), dims: vec![], attributes: Object::new() };
        String::from_utf8(encode::leaf(&key("k"), &leaf).unwrap()).unwrap()
    };
    assert_eq!(short(Array::vector(&[f16::from_f32(0.1), f16::from_f32(-0.0)])), "[0.1, -0.0]");
    assert_eq!(short(Array::vector(&[0.1f32, 1.0e-45])), "[0.1, 1e-45]");
}
