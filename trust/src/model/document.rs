//! The metadata as the model has them: objects in objects, reached by names between slashes.

use datastorage::ErrorKind;
use serde_json::Value as Json;

use super::step::Object;

/// The names of a path; `None` for one that is malformed.
fn names(path: &str) -> Option<Vec<&str>> {
    let names: Vec<&str> = path.split('/').collect();
    (!path.is_empty() && names.iter().all(|name| !name.is_empty() && !name.contains('\0'))).then_some(names)
}

/// The value at a path.
pub fn get<'a>(document: &'a Object, path: &str) -> Result<&'a Json, ErrorKind> {
    let names = names(path).ok_or(ErrorKind::InvalidArgument)?;
    let (first, rest) = names.split_first().ok_or(ErrorKind::InvalidArgument)?;
    let first = document.get(*first).ok_or(ErrorKind::NotFound)?;
    rest.iter().try_fold(first, |value, name| value.get(*name)).ok_or(ErrorKind::NotFound)
}

/// Saves a value as a store does: an object goes into the object that is there.
pub fn save(document: &mut Object, path: &str, value: &Json) -> Result<(), ErrorKind> {
    let names = names(path).ok_or(ErrorKind::InvalidArgument)?;
    if names[0] == "_datastorage" || names[0] == "_storage_schema" {
        return Err(ErrorKind::InvalidArgument);
    }
    if get(document, path).is_ok_and(Json::is_object) && !value.is_object() {
        return Err(ErrorKind::WrongKind);
    }
    let mut next = document.clone();
    let mut object = &mut next;
    let (last, way) = names.split_last().ok_or(ErrorKind::InvalidArgument)?;
    for name in way {
        let below = object.entry((*name).to_owned()).or_insert_with(|| Json::Object(Object::new()));
        object = below.as_object_mut().ok_or(ErrorKind::WrongKind)?;
    }
    merge(object.entry((*last).to_owned()).or_insert(Json::Null), value);
    *document = next;
    Ok(())
}

fn merge(place: &mut Json, value: &Json) {
    match (place, value) {
        (Json::Object(place), Json::Object(value)) => {
            for (name, below) in value {
                merge(place.entry(name.clone()).or_insert(Json::Null), below);
            }
        }
        (place, value) => *place = value.clone(),
    }
}

/// Takes a value away.
pub fn delete(document: &mut Object, path: &str) -> Result<(), ErrorKind> {
    let names = names(path).ok_or(ErrorKind::InvalidArgument)?;
    if path == "_storage_schema" {
        return Err(ErrorKind::InvalidArgument);
    }
    let (last, way) = names.split_last().ok_or(ErrorKind::InvalidArgument)?;
    let mut object = document;
    for name in way {
        object = object.get_mut(*name).and_then(Json::as_object_mut).ok_or(ErrorKind::NotFound)?;
    }
    object.shift_remove(*last).map(drop).ok_or(ErrorKind::NotFound)
}

/// The paths of the values at and below a prefix, sorted; an empty object is a value.
pub fn list(document: &Object, prefix: &str) -> Result<Vec<String>, ErrorKind> {
    let mut out = Vec::new();
    if prefix.is_empty() {
        document.iter().for_each(|(name, value)| leaves(name, value, &mut out));
    } else {
        match get(document, prefix) {
            Ok(value) => leaves(prefix, value, &mut out),
            Err(ErrorKind::NotFound) => {}
            Err(e) => return Err(e),
        }
    }
    out.sort();
    Ok(out)
}

fn leaves(path: &str, value: &Json, out: &mut Vec<String>) {
    match value {
        Json::Object(object) if !object.is_empty() => {
            object.iter().for_each(|(name, below)| leaves(&format!("{path}/{name}"), below, out));
        }
        _ => out.push(path.to_owned()),
    }
}
