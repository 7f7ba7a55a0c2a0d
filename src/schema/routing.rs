//! Where metadata belongs: with the file (`.infoset`) or with the categories (`.attribset`).
//!
//! The first rule that speaks decides:
//!
//! 1. a field defined under the whole key;
//! 2. the library's own keys: private ones (leading `_`) and `file_sizes_KB/...` are file-level, `descriptions/...` is
//!    categorical;
//! 3. a field defined under the key's last component;
//! 4. a pattern, tried on the whole key, on the key with `_` for `/` (so that `processing_*` takes
//!    `processing/duration`), on its last and on its first component; for each, the file-level list comes first;
//! 5. the type: numbers go to `default_numeric`, bools to `default_categorical`, everything else to `default_string`;
//!    a list or an object goes where its values go when all are of one type.
//!
//! In a pattern `*` stands for any text (also none, also with `/`); case does not count.

use serde_json::{Value as Json, json};

use super::dictionary::{Dictionary, Schema};
use super::entry::append;
use super::place::{Place, present, rest};
use crate::backend::Object;
use crate::error::{Result, err};

/// Whether metadata describes the file or a category. The numbers are those of the C ABI (`DS_SCOPE_*`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i32)]
pub enum Scope {
    /// One value a file: sizes, durations, paths.
    FileLevel = 1,
    /// A label to group and filter by.
    Categorical = 2,
}

impl Scope {
    /// The word of the dictionary: `file_level` or `categorical`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::FileLevel => "file_level",
            Self::Categorical => "categorical",
        }
    }

    /// The scope of that word.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::FileLevel, Self::Categorical].into_iter().find(|scope| scope.name() == name)
    }
}

/// Where metadata without a definition goes.
#[derive(Clone, Debug, PartialEq)]
pub struct RoutingRules {
    /// Patterns of file-level keys; asked first.
    pub file_level_patterns: Vec<String>,
    /// Patterns of categorical keys.
    pub categorical_patterns: Vec<String>,
    /// The scope of numbers.
    pub default_numeric: Scope,
    /// The scope of bools.
    pub default_categorical: Scope,
    /// The scope of texts and of everything else.
    pub default_string: Scope,
    pub(super) extra: Object,
}

impl Default for RoutingRules {
    fn default() -> Self {
        Self {
            file_level_patterns: Vec::new(),
            categorical_patterns: Vec::new(),
            default_numeric: Scope::FileLevel,
            default_categorical: Scope::Categorical,
            default_string: Scope::Categorical,
            extra: Object::new(),
        }
    }
}

const MEMBERS: [&str; 5] =
    ["file_level_patterns", "categorical_patterns", "default_numeric", "default_categorical", "default_string"];

impl RoutingRules {
    /// Rules of these patterns, with the usual defaults.
    #[must_use]
    pub fn new(file_level_patterns: &[&str], categorical_patterns: &[&str]) -> Self {
        let owned = |patterns: &[&str]| patterns.iter().map(|&pattern| pattern.to_owned()).collect();
        Self {
            file_level_patterns: owned(file_level_patterns),
            categorical_patterns: owned(categorical_patterns),
            ..Self::default()
        }
    }

    /// Rules from a JSON object with any of the five members; an absent one has its default.
    ///
    /// # Errors
    /// `Schema` when one has a wrong type or is no rule.
    pub fn from_json(json: &Json) -> Result<Self> {
        let place = Place::TOP.name("routing_rules");
        let rules = Self::read(place.object(json)?, &place)?;
        match rules.extra.keys().next() {
            Some(name) => Err(err!(Schema, "{}: no routing rule, there are {}", place.name(name), MEMBERS.join(", "))),
            None => Ok(rules),
        }
    }

    pub(super) fn read(rules: &Object, place: &Place<'_>) -> Result<Self> {
        let usual = Self::default();
        let scope = |name: &str, usual: Scope| {
            let Some(json) = present(rules, name) else { return Ok(usual) };
            let known = json.as_str().and_then(Scope::from_name);
            known.ok_or_else(|| place.name(name).wanted("\"file_level\" or \"categorical\"", json))
        };
        Ok(Self {
            file_level_patterns: place.texts(rules, "file_level_patterns")?.unwrap_or_default(),
            categorical_patterns: place.texts(rules, "categorical_patterns")?.unwrap_or_default(),
            default_numeric: scope("default_numeric", usual.default_numeric)?,
            default_categorical: scope("default_categorical", usual.default_categorical)?,
            default_string: scope("default_string", usual.default_string)?,
            extra: rest(rules, &MEMBERS),
        })
    }

    pub(super) fn write(&self) -> Json {
        let mut object = Object::new();
        object.insert("file_level_patterns".to_owned(), json!(self.file_level_patterns));
        object.insert("categorical_patterns".to_owned(), json!(self.categorical_patterns));
        object.insert("default_numeric".to_owned(), json!(self.default_numeric.name()));
        object.insert("default_categorical".to_owned(), json!(self.default_categorical.name()));
        object.insert("default_string".to_owned(), json!(self.default_string.name()));
        append(&mut object, &self.extra);
        Json::Object(object)
    }

    /// The scope that a pattern gives a key.
    fn by_pattern(&self, key: &str) -> Option<Scope> {
        let any = |patterns: &[String], form: &str| patterns.iter().any(|pattern| matches(pattern, form));
        let forms = [Some(key.to_owned()), Some(key.replace('/', "_")), last(key), first(key)];
        forms.into_iter().flatten().find_map(|form| {
            if any(&self.file_level_patterns, &form) {
                Some(Scope::FileLevel)
            } else if any(&self.categorical_patterns, &form) {
                Some(Scope::Categorical)
            } else {
                None
            }
        })
    }

    fn by_type(&self, value: &Json) -> Scope {
        if all_leaves(value, &Json::is_number) {
            self.default_numeric
        } else if all_leaves(value, &Json::is_boolean) {
            self.default_categorical
        } else {
            self.default_string
        }
    }
}

impl Dictionary {
    /// The scope that the name alone decides; `None` when the type of the value does.
    pub fn scope_by_name(&self, key: &str) -> Option<Scope> {
        self.defined(key)
            .or_else(|| own_key(key))
            .or_else(|| self.defined(&last(key)?))
            .or_else(|| self.routing.by_pattern(key))
    }

    fn defined(&self, name: &str) -> Option<Scope> {
        if self.file_level.contains_key(name) {
            Some(Scope::FileLevel)
        } else if self.categorical.contains_key(name) {
            Some(Scope::Categorical)
        } else {
            None
        }
    }
}

impl Schema {
    /// The scope of a metadata key with this value.
    #[must_use]
    pub fn scope(&self, metadata_key: &str, value: &Json) -> Scope {
        let dictionary = &self.dictionary;
        dictionary.scope_by_name(metadata_key).unwrap_or_else(|| dictionary.routing.by_type(value))
    }
}

/// The scope of what the library itself writes.
pub(super) fn own_key(key: &str) -> Option<Scope> {
    match key.split('/').next() {
        Some("file_sizes_KB") => Some(Scope::FileLevel),
        Some("descriptions") => Some(Scope::Categorical),
        Some(private) if private.starts_with('_') => Some(Scope::FileLevel),
        _ => None,
    }
}

fn last(key: &str) -> Option<String> {
    key.rsplit_once('/').map(|(_, last)| last.to_owned())
}

fn first(key: &str) -> Option<String> {
    key.split_once('/').map(|(first, _)| first.to_owned())
}

/// Whether there are leaves and all have a property.
fn all_leaves(json: &Json, property: &impl Fn(&Json) -> bool) -> bool {
    let mut open = vec![json];
    let mut seen = false;
    while let Some(json) = open.pop() {
        match json {
            Json::Array(items) => open.extend(items),
            Json::Object(members) => open.extend(members.values()),
            leaf if property(leaf) => seen = true,
            _ => return false,
        }
    }
    seen
}

/// Whether a pattern with `*` matches a whole text, without regard to case.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.to_lowercase(), text.to_lowercase());
    let mut parts = pattern.split('*');
    let Some(rest) = parts.next().and_then(|head| text.strip_prefix(head)) else { return false };
    let mut middle: Vec<&str> = parts.collect();
    let Some(tail) = middle.pop() else { return rest.is_empty() };
    let Some(mut rest) = rest.strip_suffix(tail) else { return false };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = rest.get(at + part.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_is_any_text_and_case_does_not_count() {
        for (pattern, text) in [
            ("size_*", "size_cadfile"),
            ("SIZE_*", "size_"),
            ("*_label", "File_LABEL"),
            ("flow_name", "Flow_Name"),
            ("*", ""),
            ("a*b*c", "a/x/bbc"),
            ("a**b", "ab"),
            ("ÄRA*", "ära1"),
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("size_*", "filesize_x"),
            ("*_label", "label"),
            ("category", "categories"),
            ("ab*ba", "aba"),
            ("a*b*c", "acb"),
            ("", "x"),
            ("a?", "ab"),
        ] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn a_hostile_pattern_takes_linear_time() {
        let pattern = "a*".repeat(20_000);
        let text = "a".repeat(20_001) + "b";
        assert!(matches(&pattern, &text));
        assert!(!matches(&(pattern + "c"), &text));
    }
}
