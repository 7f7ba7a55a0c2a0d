//! Places in a schema dictionary, and reading typed values there.
//!
//! Every reader names the place and both sides when a type is wrong:
//! `groups.faces.arrays.face_areas.dims: wanted a list of strings, found 3`. A JSON `null` counts as absent.

use std::fmt;

use serde_json::Value as Json;

use crate::backend::Object;
use crate::error::{Error, Result, err};
use crate::value::DType;

const MAX_DEPTH: usize = 64;
/// The most values of a dictionary.
pub(super) const MAX_VALUES: usize = 1_000_000;
const MAX_TEXT: usize = 64 << 20;
const SHOWN: usize = 60;

/// A path of names and indices from the top of the dictionary.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    parent: Option<&'a Place<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Name(&'a str),
    Index(usize),
}

impl<'a> Place<'a> {
    /// The dictionary itself.
    pub const TOP: Place<'static> = Place { parent: None, step: Step::Name("schema") };

    pub fn name(&'a self, name: &'a str) -> Self {
        Place { parent: Some(self), step: Step::Name(name) }
    }

    pub fn at(&'a self, index: usize) -> Self {
        Place { parent: Some(self), step: Step::Index(index) }
    }

    /// The error of a wrong type or value here.
    pub fn wanted(&self, what: impl fmt::Display, found: &Json) -> Error {
        err!(Schema, "{self}: wanted {what}, found {}", describe(found))
    }

    pub fn object<'j>(&self, json: &'j Json) -> Result<&'j Object> {
        json.as_object().ok_or_else(|| self.wanted("an object", json))
    }

    pub fn member_object<'j>(&self, object: &'j Object, name: &str) -> Result<Option<&'j Object>> {
        present(object, name).map(|json| self.name(name).object(json)).transpose()
    }

    pub fn text<'j>(&self, object: &'j Object, name: &str) -> Result<Option<&'j str>> {
        present(object, name)
            .map(|json| json.as_str().ok_or_else(|| self.name(name).wanted("a string", json)))
            .transpose()
    }

    pub fn flag(&self, object: &Object, name: &str) -> Result<Option<bool>> {
        present(object, name)
            .map(|json| json.as_bool().ok_or_else(|| self.name(name).wanted("true or false", json)))
            .transpose()
    }

    pub fn texts(&self, object: &Object, name: &str) -> Result<Option<Vec<String>>> {
        let Some(json) = present(object, name) else { return Ok(None) };
        let here = self.name(name);
        let items = json.as_array().ok_or_else(|| here.wanted("a list of strings", json))?;
        let text = |(i, item): (usize, &Json)| {
            item.as_str().map(str::to_owned).ok_or_else(|| here.at(i).wanted("a string", item))
        };
        items.iter().enumerate().map(text).collect::<Result<_>>().map(Some)
    }

    pub fn dtype(&self, object: &Object) -> Result<Option<DType>> {
        let Some(json) = present(object, "dtype") else { return Ok(None) };
        let known = json.as_str().and_then(DType::from_name);
        known.map(Some).ok_or_else(|| self.name("dtype").wanted("a data type such as float32 or str", json))
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent.filter(|p| p.parent.is_some()) {
            write!(f, "{parent}")?;
            if matches!(self.step, Step::Name(_)) {
                f.write_str(".")?;
            }
        }
        match self.step {
            Step::Name(name) => f.write_str(&shorten(name)),
            Step::Index(index) => write!(f, "[{index}]"),
        }
    }
}

/// The member, unless it is absent or `null`.
pub(super) fn present<'j>(object: &'j Object, name: &str) -> Option<&'j Json> {
    object.get(name).filter(|json| !json.is_null())
}

/// The members with other names than `known`, in their order.
pub(super) fn rest(object: &Object, known: &[&str]) -> Object {
    object.iter().filter(|(name, _)| !known.contains(&name.as_str())).map(|(k, v)| (k.clone(), v.clone())).collect()
}

/// A JSON value in a few words, for an error.
pub(super) fn describe(json: &Json) -> String {
    match json {
        Json::String(text) => format!("\"{}\"", shorten(text)),
        Json::Array(items) => format!("a list of {}", items.len()),
        Json::Object(members) => format!("an object of {}", members.len()),
        scalar => scalar.to_string(),
    }
}

/// A text without control characters and not longer than an error line can bear.
pub(super) fn shorten(text: &str) -> String {
    let mut short: String = text.chars().take(SHOWN).flat_map(char::escape_debug).collect();
    if text.chars().nth(SHOWN).is_some() {
        short.push_str("...");
    }
    short
}

/// Refuses a dictionary that no schema can be: it bounds every later recursion, copy and loop.
pub(super) fn check_size(json: &Json) -> Result<()> {
    let (mut values, mut text) = (0usize, 0usize);
    let mut open = vec![(json, 1usize)];
    while let Some((json, depth)) = open.pop() {
        values += 1;
        if depth > MAX_DEPTH {
            return Err(err!(Schema, "schema: nested deeper than the limit of {MAX_DEPTH}"));
        }
        match json {
            Json::Array(items) => open.extend(items.iter().map(|item| (item, depth + 1))),
            Json::Object(members) => {
                text += members.keys().map(String::len).sum::<usize>();
                open.extend(members.values().map(|member| (member, depth + 1)));
            }
            Json::String(string) => text += string.len(),
            _ => {}
        }
        if values + open.len() > MAX_VALUES {
            return Err(err!(Schema, "schema: has more than {MAX_VALUES} values"));
        }
        if text > MAX_TEXT {
            return Err(err!(Schema, "schema: has more than {MAX_TEXT} bytes of text"));
        }
    }
    Ok(())
}
