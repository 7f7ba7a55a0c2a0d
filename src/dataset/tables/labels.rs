//! Names of values: the tables under `descriptions` in the metadata, and the labels in the rules of a schema.

use serde_json::Value as Json;

use super::NOT_SET;
use super::flatten::DESCRIPTIONS;
use crate::backend::Object;

/// Nesting below `descriptions`: an array's name has no more components than a key.
const MAX_DEPTH: usize = 64;

/// A name of a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    pub id: i64,
    pub name: String,
    pub description: String,
}

impl Label {
    fn new(id: i64, name: &str, description: Option<&str>) -> Self {
        Self { id, name: name.to_owned(), description: description.unwrap_or(NOT_SET).to_owned() }
    }
}

/// Visits the tables of a document: `{"0": "Plane", ...}`, `["Plane", ...]`, `{"0": {"name": .., "description": ..}}` or
/// `{"Plane": 0, ...}` under the name of an array; anything else is no table.
pub fn tables(document: &Object, visit: &mut dyn FnMut(&str, Vec<Label>)) {
    if let Some(Json::Object(tables)) = document.get(DESCRIPTIONS) {
        for (name, value) in tables {
            descend(name, value, visit, MAX_DEPTH);
        }
    }
}

fn descend(name: &str, value: &Json, visit: &mut dyn FnMut(&str, Vec<Label>), depth: usize) {
    match (table(value), value) {
        (Some(labels), _) => visit(name, labels),
        (None, Json::Object(members)) if depth > 0 => {
            members.iter().for_each(|(inner, value)| descend(&format!("{name}/{inner}"), value, visit, depth - 1));
        }
        _ => {}
    }
}

fn table(value: &Json) -> Option<Vec<Label>> {
    match value {
        Json::Array(names) if !names.is_empty() => {
            names.iter().enumerate().map(|(id, name)| label(id as i64, name)).collect()
        }
        Json::Object(members) if !members.is_empty() => {
            let by_id = |(id, name): (&String, &Json)| label(id.parse().ok()?, name);
            let by_name = |(name, id): (&String, &Json)| Some(Label::new(id.as_i64()?, name, None));
            members.iter().map(by_id).collect::<Option<_>>().or_else(|| members.iter().map(by_name).collect())
        }
        _ => None,
    }
}

fn label(id: i64, value: &Json) -> Option<Label> {
    match value {
        Json::String(name) => Some(Label::new(id, name, None)),
        Json::Object(members) => {
            Some(Label::new(id, members.get("name")?.as_str()?, members.get("description").and_then(Json::as_str)))
        }
        _ => None,
    }
}

/// The label that rules give a value: `labels` by the place of the value in `values`, or by the value itself.
pub fn of_rules<'a>(rules: &'a Object, value: &Json) -> Option<&'a str> {
    match rules.get("labels")? {
        Json::Object(labels) => labels.get(&text(value))?.as_str(),
        Json::Array(labels) => {
            let at = match rules.get("values") {
                Some(Json::Array(values)) => values.iter().position(|member| member == value)?,
                _ => usize::try_from(value.as_u64()?).ok()?,
            };
            labels.get(at)?.as_str()
        }
        _ => None,
    }
}

/// The labels that rules give integers.
pub fn all_of_rules(rules: &Object) -> Vec<Label> {
    let named = |id: i64, name: Option<&str>| Some(Label::new(id, name?, None));
    match (rules.get("labels"), rules.get("values")) {
        (Some(Json::Object(labels)), _) => {
            labels.iter().filter_map(|(id, name)| named(id.parse().ok()?, name.as_str())).collect()
        }
        (Some(Json::Array(labels)), Some(Json::Array(values))) => {
            values.iter().zip(labels).filter_map(|(id, name)| named(id.as_i64()?, name.as_str())).collect()
        }
        (Some(Json::Array(labels)), None) => {
            labels.iter().enumerate().filter_map(|(id, name)| named(id as i64, name.as_str())).collect()
        }
        _ => Vec::new(),
    }
}

/// A value as a name: texts without quotes.
pub fn text(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
