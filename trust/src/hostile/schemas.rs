//! Schema dictionaries that are huge, deep, contradict themselves, or lie in files that are none.

use std::path::Path;

use datastorage::{Array, ErrorKind, Options, Schema, SchemaBuilder, Storage};
use serde_json::{Value as Json, json};

use super::exercise::{Place, Seen, settle};
use super::{deed, one_of};
use crate::trial::Trial;

fn dictionaries() -> Vec<(&'static str, Json)> {
    let array = |spec: Json| json!({"version": "1.0", "domain": "d", "groups": {"g": {"primary_dimension": "x", "arrays": {"a": spec}}}});
    let routed = |rules: Json| json!({"groups": {}, "metadata": {"routing_rules": rules}});
    let mut deep = json!(1);
    (0..100).for_each(|_| deep = json!({"d": deep}));
    let many =
        |count: usize, of: &dyn Fn(usize) -> Json| Json::Object((0..count).map(|i| (format!("n{i}"), of(i))).collect());
    vec![
        ("right", array(json!({"dims": ["x"], "dtype": "float64"}))),
        ("a list of a million", array(json!({"values": vec![1.5; 1 << 20]}))),
        ("values of every kind", array(json!({"values": [1, "a", null, [], {}, true, 1e308, u64::MAX, -1]}))),
        ("65536 values", array(json!({"dtype": "int32", "values": (0..65_536).collect::<Vec<u32>>()}))),
        (
            "65536 texts",
            array(json!({"dtype": "string", "values": (0..65_536).map(|i| format!("t{i}")).collect::<Vec<_>>()})),
        ),
        ("bounds that cross", array(json!({"min_value": 1e300, "max_value": -1e300}))),
        ("bounds beyond the type", array(json!({"dtype": "int8", "min_value": i64::MIN, "max_value": u64::MAX}))),
        ("bounds that are texts", array(json!({"min_value": "NaN", "max_value": "x"}))),
        ("1000 dimensions", array(json!({"dims": vec!["x"; 1000]}))),
        ("a dimension of 1 MB", array(json!({"dims": ["x".repeat(1 << 20)]}))),
        ("dimensions that are no names", array(json!({"dims": ["../x", "a\u{0}b", "", 4]}))),
        ("a dtype of 1 MB", array(json!({"dtype": "y".repeat(1 << 20)}))),
        ("itself", json!({"groups": {"g": {"$ref": "#/groups/g"}}, "$ref": "#"})),
        (
            "a file",
            json!({"$ref": "../../outside/secret", "groups": {"g": {"$ref": "file:///etc/passwd", "arrays": {}}}}),
        ),
        ("100 levels", json!({"x": deep})),
        ("10000 groups", json!({"groups": many(10_000, &|_| json!({"arrays": {}}))})),
        ("20000 arrays", json!({"groups": {"g": {"arrays": many(20_000, &|_| json!({"dtype": "int8"}))}}})),
        ("2000000 values", json!({"x": vec![0; 2_000_000]})),
        (
            "names that lead out",
            json!({"groups": {"..": {"arrays": {"../x": {}}}, "/a": {"arrays": {}}, "a\u{0}": {"arrays": {}}}}),
        ),
        ("a name of 1 MB", json!({"groups": {"g".repeat(1 << 20): {"arrays": {}}}})),
        ("20000 stars", routed(json!({"file_level_patterns": ["*a".repeat(20_000)]}))),
        ("10000 patterns", routed(json!({"categorical_patterns": vec!["*a*b*c*"; 10_000]}))),
        ("a pattern like a regular expression", routed(json!({"file_level_patterns": ["(a+)+$", "(.*)*", "[", "\\"]}))),
        ("both nestings", json!({"metadata": {"file_level": {}, "metadata": {"file_level": {}}}})),
        ("nestings without end", json!({"metadata": {"metadata": {"metadata": {"metadata": {}}}}})),
        ("fields of no type", json!({"metadata": {"file_level": {"a": {"dtype": 4}, "b": 5, "c": null}}})),
        ("labels", array(json!({"labels": many(50_000, &|_| json!("x"))}))),
        ("a list", json!([])),
        ("a text", json!("x")),
        ("null", json!(null)),
        ("types", json!({"version": 1, "domain": [], "groups": [], "description": {}, "metadata": 7})),
    ]
}

/// The dictionaries, made once a process.
pub struct Schemas(Vec<(&'static str, Json)>);

impl Schemas {
    pub fn new() -> Self {
        Self(dictionaries())
    }

    /// A trial: parse, set, save under it, keep it in a store and in a file.
    ///
    /// # Errors
    /// A finding.
    pub fn trial(&self, trial: &mut Trial<'_>, directory: &Path) -> Result<(), String> {
        let mut random = trial.random("schemas");
        let (name, mut schema) = deed(&mut random, trial.number, &self.0).clone();
        let mut what = name.to_owned();
        if trial.number >= self.0.len() as u64 && schema.is_object() {
            let (other, second) = one_of(&mut random, &self.0);
            for (field, value) in second.as_object().into_iter().flatten() {
                let place = random.u8(..3);
                let target = if place == 0 { "extra" } else { field.as_str() };
                schema[target] = value.clone();
            }
            what = format!("{name}, with {other}");
        }
        trial.about(&what);
        let text = schema.to_string();
        let place = Place::new(directory).map_err(|e| e.to_string())?;
        let mut seen = Seen::default();
        // A tree of JSON is many times its text; it is the caller's, and this trial's own copies of it.
        let most = 100 * text.len() as u64 + super::FLOOR;
        trial.measured(most, || {
            if let Some(parsed) = seen.look("parse", Schema::parse(&schema)) {
                for key in ["g/a", "a", "x/y", "g"] {
                    _ = parsed.group_for_array(key);
                }
                for key in ["a", "size_x", &"a".repeat(4000), "a/b/c"] {
                    _ = parsed.scope(key, &json!([1, "x", null]));
                }
            }
            let store = Storage::memory();
            seen.look("set_schema", store.set_schema(&schema));
            let numbers = Array::vector(&(0..20_000).map(f64::from).collect::<Vec<_>>());
            let words = Array::from_strings(vec![3], vec!["a".into(), "b".into(), "c".into()]).expect("3 strings");
            for key in ["g/a", "a", "n0"] {
                seen.look("validate", store.validate(key, &numbers.view()));
                seen.look("save", store.save(key, numbers.clone()));
                seen.look("save", store.save(key, words.clone()));
            }
            seen.look("save_metadata", store.save_metadata("size_a", 1));
            seen.look("schema", store.schema());
            let disk = Options::parse(r#"{"mode": "w", "sync": "none"}"#).expect("known options");
            if let Some(kept) = seen.look("open_zarr", Storage::open_zarr(&place.root, &disk)) {
                seen.look("set_schema", kept.set_schema(&schema));
                seen.look("save", kept.save("g/a", vec![1.0, 2.0]));
                seen.look("close", kept.close());
            }
            if place.root.exists() {
                let again =
                    Storage::open_zarr(&place.root, &Options::parse(r#"{"mode": "r"}"#).expect("known options"));
                if let Some(again) = seen.look("open_zarr", again) {
                    seen.look("schema", again.schema());
                }
            }
            let file = place.around.join("inner/store.schema.json");
            if std::fs::write(&file, &text).is_ok() {
                seen.look("load_from_file", SchemaBuilder::load_from_file(&file));
            }
        })?;
        special_files(trial, &place)?;
        settle(trial, &place, seen)
    }
}

/// Files that are none: a pipe without a writer, memory without end, a directory.
fn special_files(trial: &mut Trial<'_>, place: &Place) -> Result<(), String> {
    let mut found = Vec::new();
    for path in
        [super::links::pipe(&place.around.join("inner"), "store.pipe")?, "/dev/zero".into(), place.around.clone()]
    {
        let loaded = trial.measured(super::FLOOR, || SchemaBuilder::load_from_file(&path).err())?;
        match loaded {
            None => found.push(format!("{}: a schema was read of it", path.display())),
            Some(error) if error.kind() == ErrorKind::Internal => found.push(error.to_string()),
            Some(_) => {}
        }
    }
    found.iter().for_each(|text| trial.found(text));
    Ok(())
}
