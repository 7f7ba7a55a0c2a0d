//! The dictionary as a whole: [`Schema`], parsed and immutable, and [`Dictionary`], the model it shares with the
//! builder.
//!
//! Both nestings of the metadata section are read, `{"metadata": {"file_level": ...}}` and the doubled
//! `{"metadata": {"metadata": {"file_level": ...}}}`; the doubled one is written. Invariant: every place that a reader
//! looks at had the right type when it was parsed, so that nothing after [`Schema::parse`] can fail on the schema.

use std::collections::HashMap;

use indexmap::IndexMap;
use serde_json::{Value as Json, json};

use super::entry::{ArraySpec, Field, Group, append, check_name};
use super::place::{Place, check_size, rest};
use super::routing::RoutingRules;
use crate::backend::Object;
use crate::error::{Result, err};
use crate::key::Key;

const TOP: [&str; 5] = ["version", "domain", "groups", "description", "metadata"];
const SECTIONS: [&str; 3] = ["file_level", "categorical", "routing_rules"];

/// What a schema dictionary says.
#[derive(Clone, Debug, PartialEq, Default)]
pub(super) struct Dictionary {
    pub version: String,
    pub domain: String,
    pub description: String,
    pub groups: IndexMap<String, Group>,
    pub file_level: IndexMap<String, Field>,
    pub categorical: IndexMap<String, Field>,
    pub routing: RoutingRules,
    pub metadata_extra: Object,
    pub extra: Object,
}

impl Dictionary {
    /// Reads either nesting.
    pub fn read(json: &Json) -> Result<Self> {
        check_size(json)?;
        let top = Place::TOP;
        let object = top.object(json)?;
        let mut dictionary = Self {
            version: top.text(object, "version")?.unwrap_or("1.0").to_owned(),
            domain: top.text(object, "domain")?.unwrap_or_default().to_owned(),
            description: top.text(object, "description")?.unwrap_or_default().to_owned(),
            extra: rest(object, &TOP),
            ..Self::default()
        };
        if let Some(groups) = top.member_object(object, "groups")? {
            let place = top.name("groups");
            for (name, json) in groups {
                let here = place.name(name);
                check_name(name, &here)?;
                dictionary.groups.insert(name.clone(), Group::read(json, &here)?);
            }
        }
        if let Some(metadata) = top.member_object(object, "metadata")? {
            dictionary.read_metadata(metadata, &top.name("metadata"))?;
        }
        Ok(dictionary)
    }

    fn read_metadata(&mut self, metadata: &Object, place: &Place<'_>) -> Result<()> {
        if let Some(inner) = place.member_object(metadata, "metadata")? {
            if let Some(section) = SECTIONS.iter().find(|section| metadata.contains_key(**section)) {
                return Err(err!(Schema, "{place}: has both '{section}' and 'metadata', wanted one nesting"));
            }
            append(&mut self.metadata_extra, &rest(metadata, &["metadata"]));
            return self.read_sections(inner, &place.name("metadata"));
        }
        self.read_sections(metadata, place)
    }

    fn read_sections(&mut self, sections: &Object, place: &Place<'_>) -> Result<()> {
        self.file_level = read_fields(sections, "file_level", place)?;
        self.categorical = read_fields(sections, "categorical", place)?;
        if let Some(rules) = place.member_object(sections, "routing_rules")? {
            self.routing = RoutingRules::read(rules, &place.name("routing_rules"))?;
        }
        append(&mut self.metadata_extra, &rest(sections, &SECTIONS));
        Ok(())
    }

    /// Writes the doubled nesting, with the defaults, in the order of the real builder.
    pub fn write(&self) -> Json {
        let fields = |fields: &IndexMap<String, Field>| {
            Json::Object(fields.iter().map(|(name, field)| (name.clone(), field.write())).collect())
        };
        let groups: Object = self.groups.iter().map(|(name, group)| (name.clone(), group.write())).collect();
        let mut sections = Object::new();
        sections.insert("file_level".to_owned(), fields(&self.file_level));
        sections.insert("categorical".to_owned(), fields(&self.categorical));
        sections.insert("routing_rules".to_owned(), self.routing.write());
        append(&mut sections, &self.metadata_extra);
        let mut top = Object::new();
        top.insert("version".to_owned(), json!(self.version));
        top.insert("domain".to_owned(), json!(self.domain));
        top.insert("groups".to_owned(), Json::Object(groups));
        top.insert("description".to_owned(), json!(self.description));
        top.insert("metadata".to_owned(), json!({ "metadata": sections }));
        append(&mut top, &self.extra);
        Json::Object(top)
    }
}

fn read_fields(sections: &Object, name: &str, place: &Place<'_>) -> Result<IndexMap<String, Field>> {
    let Some(fields) = place.member_object(sections, name)? else { return Ok(IndexMap::new()) };
    let here = place.name(name);
    fields.iter().map(|(name, json)| Ok((name.clone(), Field::read(json, &here.name(name))?))).collect()
}

/// A parsed schema.
///
/// An array is found under a key in this order: group and array as `group/array`; an array of exactly that name, in
/// the first group that has it; an array named as the key's last component, in the first group that has it.
#[derive(Clone, Debug)]
pub struct Schema {
    json: Json,
    pub(super) dictionary: Dictionary,
    /// The first group that has an array of that name.
    first_group: HashMap<String, usize>,
}

impl Schema {
    /// Parses a dictionary; members it does not define are kept, absent ones are open or have their default.
    ///
    /// # Errors
    /// `Schema` naming the place and what is there, when a type is wrong, a rule contradicts its entry, or the
    /// dictionary is absurdly large or deep.
    pub fn parse(json: &Json) -> Result<Self> {
        let dictionary = Dictionary::read(json)?;
        let mut first_group = HashMap::new();
        for (index, group) in dictionary.groups.values().enumerate() {
            for name in group.arrays.keys() {
                first_group.entry(name.clone()).or_insert(index);
            }
        }
        Ok(Self { json: json.clone(), dictionary, first_group })
    }

    /// The dictionary as it was given.
    #[must_use]
    pub fn json(&self) -> &Json {
        &self.json
    }

    /// The `domain` of the dictionary.
    #[must_use]
    pub fn domain(&self) -> &str {
        &self.dictionary.domain
    }

    /// The `version` of the dictionary.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.dictionary.version
    }

    /// Every group, in the order of definition.
    pub fn groups(&self) -> impl Iterator<Item = (&str, &Group)> {
        self.dictionary.groups.iter().map(|(name, group)| (name.as_str(), group))
    }

    /// The group of that name.
    #[must_use]
    pub fn group(&self, name: &str) -> Option<&Group> {
        self.dictionary.groups.get(name)
    }

    /// The name of the group that holds an array, given the array's name or its key.
    #[must_use]
    pub fn group_for_array(&self, name: &str) -> Option<&str> {
        self.find(name).map(|(group, _)| group)
    }

    /// What the schema says of the data under a key.
    #[must_use]
    pub fn array(&self, key: &Key) -> Option<&ArraySpec> {
        self.find(key.as_str()).map(|(_, spec)| spec)
    }

    /// The names of the dimensions of the data under a key, when the schema has them and they are `ndim`.
    #[must_use]
    pub fn dims_for(&self, key: &Key, ndim: usize) -> Option<Vec<String>> {
        self.array(key)?.dims.clone().filter(|dims| dims.len() == ndim)
    }

    /// Group and name of the array that the data under a key is, and what the schema says of it.
    #[cfg(feature = "dataset")]
    pub(crate) fn locate(&self, key: &str) -> Option<(&str, &str, &ArraySpec)> {
        let (group, spec) = self.find(key)?;
        let group = self.dictionary.groups.get_key_value(group)?;
        let (name, _) = group.1.arrays().find(|(_, have)| std::ptr::eq(*have, spec))?;
        Some((group.0.as_str(), name, spec))
    }

    fn find(&self, key: &str) -> Option<(&str, &ArraySpec)> {
        let split = |(at, _)| Some((key.get(..at)?, key.get(at + 1..)?));
        let by_group = key.match_indices('/').filter_map(split).find_map(|(group, array)| {
            let (name, group) = self.dictionary.groups.get_key_value(group)?;
            Some((name.as_str(), group.array(array)?))
        });
        by_group.or_else(|| self.first(key)).or_else(|| self.first(key.rsplit_once('/')?.1))
    }

    fn first(&self, array: &str) -> Option<(&str, &ArraySpec)> {
        let (name, group) = self.dictionary.groups.get_index(*self.first_group.get(array)?)?;
        Some((name.as_str(), group.array(array)?))
    }
}
