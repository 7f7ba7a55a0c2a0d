//! Metadata: any keys and values, saved, deleted, listed and loaded, beside a plain JSON object.
//!
//! Where keys hold no '/' in a component of their own (as a schema's dictionary has), a key is a way through objects: that
//! is the model. What is refused changes nothing, and what is there comes through an archive as it was.

use datastorage::{ErrorKind, Options, Storage};
use serde_json::{Map, Value as Json, json};

use super::input::Input;
use super::read::sound;

/// The most calls of a sequence.
const MOST: usize = 32;

pub fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let store = Storage::memory();
    let mut model = Json::Object(Map::new());
    for _ in 0..MOST {
        if input.is_empty() {
            break;
        }
        let (what, key) = (input.below(5), key(&mut input));
        match what {
            0 | 1 => {
                let value = value(&mut input);
                if sound(store.save_metadata(&key, value.clone())).is_some() {
                    assert!(valid(&key), "{key:?} is taken for a key");
                    merge(place(&mut model, &key), value);
                }
            }
            2 => {
                let parent = key.rsplit_once('/').map_or("", |(parent, _)| parent);
                let name = key.rsplit('/').next().unwrap_or_default();
                match sound(store.delete_metadata(&key)) {
                    Some(()) => {
                        _ = found_mut(&mut model, parent)
                            .and_then(|object| object.shift_remove(name))
                            .expect("it is gone")
                    }
                    None => assert!(!valid(&key) || found(&model, &key).is_none(), "{key:?} is there"),
                }
            }
            3 => list(&store, &model, &key),
            _ => match store.load_metadata(&key) {
                Ok(value) => assert_eq!(Some(&value), found(&model, &key), "{key:?}"),
                Err(e) if e.kind() == ErrorKind::NotFound => assert!(found(&model, &key).is_none(), "{key:?}: {e}"),
                Err(e) => assert!(!valid(&key), "{key:?}: {e}"),
            },
        }
        assert_eq!(store.load_metadata("").expect("a store that is open"), model);
    }
    through_an_archive(&store, &model);
}

/// A key of a few names, or any text.
fn key(input: &mut Input<'_>) -> String {
    if input.below(4) == 3 {
        return String::from_utf8_lossy(input.piece()).into_owned();
    }
    let names = ["a", "b", "c d", "é", "", "a", "file_sizes", "_x"];
    let count = 1 + input.below(4);
    (0..count).map(|_| *input.pick(&names)).collect::<Vec<_>>().join("/")
}

/// A value of a few kinds, or any JSON whose names hold no '/'.
fn value(input: &mut Input<'_>) -> Json {
    match input.below(8) {
        0 => Json::Null,
        1 => json!(input.byte()),
        2 => json!({"a": input.byte()}),
        3 => json!({"a": {"b": [1, 2.5, "x"]}, "b": {}}),
        4 => json!({}),
        5 => json!(f64::from_bits(input.number())),
        _ => serde_json::from_slice(input.piece()).ok().filter(plain).unwrap_or(json!("x")),
    }
}

fn plain(json: &Json) -> bool {
    match json {
        Json::Object(object) => object.iter().all(|(name, value)| !name.contains('/') && plain(value)),
        Json::Array(items) => items.iter().all(plain),
        _ => true,
    }
}

fn valid(key: &str) -> bool {
    key.split('/').all(|part| !part.is_empty() && part.len() <= 255 && !part.contains('\0'))
        && key.split('/').count() <= 64
}

fn found<'m>(model: &'m Json, key: &str) -> Option<&'m Json> {
    if key.is_empty() {
        return Some(model);
    }
    key.split('/').try_fold(model, |value, name| value.as_object()?.get(name))
}

fn found_mut<'m>(model: &'m mut Json, key: &str) -> Option<&'m mut Map<String, Json>> {
    if key.is_empty() {
        return model.as_object_mut();
    }
    key.split('/').try_fold(model, |value, name| value.as_object_mut()?.get_mut(name))?.as_object_mut()
}

/// The place of a key that was taken, with the objects on the way to it.
fn place<'m>(model: &'m mut Json, key: &str) -> &'m mut Json {
    key.split('/').fold(model, |value, name| {
        let object = value.as_object_mut().expect("the way of a key that was taken leads through objects");
        object.entry(name).or_insert(Json::Object(Map::new()))
    })
}

/// What becomes of a value: objects grow together, anything else is replaced.
fn merge(place: &mut Json, value: Json) {
    match (place, value) {
        (Json::Object(old), Json::Object(new)) => {
            for (name, value) in new {
                match old.get_mut(&name) {
                    Some(place) => merge(place, value),
                    None => _ = old.insert(name, value),
                }
            }
        }
        (place, value) => *place = value,
    }
}

fn leaves(key: &str, value: &Json, out: &mut Vec<String>) {
    match value.as_object().filter(|object| !object.is_empty()) {
        Some(object) => object.iter().for_each(|(name, value)| leaves(&format!("{key}/{name}"), value, out)),
        None => out.push(key.to_owned()),
    }
}

fn list(store: &Storage, model: &Json, key: &str) {
    let Some(keys) = sound(store.list_metadata(key)) else {
        return assert!(!valid(key) || found(model, key).is_none(), "{key:?} is there");
    };
    let mut wanted = Vec::new();
    match found(model, key) {
        Some(Json::Object(all)) if key.is_empty() => {
            all.iter().for_each(|(name, value)| leaves(name, value, &mut wanted))
        }
        Some(value) => leaves(key, value, &mut wanted),
        None => {}
    }
    wanted.sort();
    assert_eq!(keys, wanted, "{key:?}");
}

/// A store with one array and this metadata is the same one after it was an archive, but for the sizes that are noted.
fn through_an_archive(store: &Storage, model: &Json) {
    store.save("x", 1i64).expect("a store in memory takes a number");
    let options = Options::from_json(json!({"codec": "none"})).expect("options that are known");
    let bytes = store.to_bytes(&options).expect("a store in memory becomes an archive");
    let archive = Storage::open_bytes(bytes, &options).expect("an archive of ours is opened");
    let mut all = archive.load_metadata("").expect("its metadata are there");
    all.as_object_mut().expect("an object").shift_remove("file_sizes_KB");
    let mut wanted = model.clone();
    wanted.as_object_mut().expect("an object").shift_remove("file_sizes_KB");
    assert_eq!(all, wanted);
}
