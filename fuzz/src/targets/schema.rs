//! Schema dictionaries: any JSON is refused by its place, or means the same after it was built anew; and a store that has
//! it holds only what agrees with it.
//!
//! The input is a JSON text and, behind a byte 0xFF, what is saved under it.

use datastorage::{Array, ErrorKind, Options, Schema, SchemaBuilder, Storage};
use serde_json::{Value as Json, json};

use super::input::Input;
use super::read::sound;

/// The most calls of a sequence.
const MOST: usize = 16;

pub fn run(bytes: &[u8]) {
    let mut rest = bytes.splitn(2, |byte| *byte == 0xFF);
    let text = rest.next().unwrap_or_default();
    let Ok(json) = serde_json::from_slice::<Json>(text) else { return };
    let Some(schema) = sound(Schema::parse(&json)) else {
        let refused = SchemaBuilder::from_json(&json).err().map(|e| e.kind());
        return assert_eq!(refused, Some(ErrorKind::Schema), "a schema that is refused is built");
    };
    again(&schema, &json);
    let input = Input::new(rest.next().unwrap_or_default());
    save(&schema, &json, input);
}

/// A builder made of it gives one that says the same, and gives itself again from then on.
fn again(schema: &Schema, json: &Json) {
    let builder = SchemaBuilder::from_json(json).expect("what is parsed is built");
    let _ = builder.validate_metadata_schema();
    let Some(built) = sound(builder.try_build()) else { return };
    let twice = SchemaBuilder::from_json(&built).expect("what was built is parsed").build();
    assert_eq!(built, twice);
    let same = Schema::parse(&built).expect("what was built is parsed");
    assert_eq!((schema.domain(), schema.version()), (same.domain(), same.version()));
    let names = |schema: &Schema| -> Vec<(String, Vec<String>)> {
        let arrays = |group: &datastorage::schema::Group| group.arrays().map(|(name, _)| name.to_owned()).collect();
        schema.groups().map(|(name, group)| (name.to_owned(), arrays(group))).collect()
    };
    assert_eq!(names(schema), names(&same));
}

/// An array that a schema may be about.
fn array(input: &mut Input<'_>) -> Array {
    let length = input.below(4) as u64;
    let shape = [vec![length], vec![length, 2], vec![]][input.below(3)].clone();
    let count = shape.iter().product::<u64>() as usize;
    let numbers: Vec<i64> = (0..count).map(|_| i64::from(input.byte() as i8)).collect();
    match input.below(6) {
        0 => Array::from_slice(&shape, &numbers),
        1 => Array::from_slice(&shape, &numbers.iter().map(|n| *n as f64 / 2.0).collect::<Vec<_>>()),
        2 => Array::from_slice(&shape, &numbers.iter().map(|n| *n as f32).collect::<Vec<_>>()),
        3 => Array::from_slice(&shape, &numbers.iter().map(|n| *n > 0).collect::<Vec<_>>()),
        4 => Array::from_strings(shape, numbers.iter().map(i64::to_string).collect()),
        _ => Array::from_slice(&shape, &numbers.iter().map(|n| *n as u8).collect::<Vec<_>>()),
    }
    .expect("as many as the shape has")
}

fn save(schema: &Schema, json: &Json, mut input: Input<'_>) {
    let policy = if input.flag() { "strict" } else { "convertible" };
    let options = Options::from_json(json!({"schema_dtype": policy})).expect("known options");
    let store = Storage::open_memory(&options).expect("memory");
    if sound(store.set_schema(json)).is_none() {
        return;
    }
    assert_eq!(store.schema().expect("it was set"), *json);
    let mut keys: Vec<String> = vec!["other".to_owned()];
    for (group, entry) in schema.groups().take(4) {
        for (name, _) in entry.arrays().take(4) {
            keys.extend([format!("{group}/{name}"), name.to_owned(), format!("deep/{name}")]);
        }
    }
    for _ in 0..MOST {
        if input.is_empty() {
            break;
        }
        let (key, array) = (input.pick(&keys).clone(), array(&mut input));
        let before = store.load(&key).ok();
        let fits = sound(store.validate(&key, &array.view()));
        match store.save(&key, array.clone()) {
            Ok(()) => {
                assert!(fits.is_some(), "{key}: what is not valid is saved");
                let there = store.load_array(&key).expect("it was saved");
                assert_eq!(there.shape(), array.shape());
                store.validate(&key, &there.view()).expect("what is stored is valid");
            }
            Err(e) => {
                sound::<()>(Err(e));
                assert!(store.load(&key).ok() == before, "{key}: a save that failed changed it");
            }
        }
        let value: Json = serde_json::from_slice(input.piece()).unwrap_or(json!(1));
        let name = format!("m{}", input.below(4));
        let checked = schema.check_metadata(&name, &value).is_ok();
        let saved = sound(store.save_metadata(&name, value)).is_some();
        assert!(!saved || checked, "{name}: what is not valid is saved");
    }
    // What a store with a schema holds is not refused by that schema when it is set again.
    store.set_schema(json).expect("everything agrees with it");
}
