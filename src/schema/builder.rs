//! [`SchemaBuilder`]: makes a schema dictionary.
//!
//! What is wrong in one call (a name, a type, a duplicate) is that call's error; what only the whole shows (rules
//! against types) is told by [`SchemaBuilder::validate_metadata_schema`] and refused by
//! [`Schema::parse`](super::Schema::parse) and by [`SchemaBuilder::try_build`]. What is built always has the doubled
//! metadata section and the defaults of the routing rules.

use serde_json::Value as Json;

use super::dictionary::Dictionary;
use super::entry::{ArraySpec, Field, Group, check_dims, check_name};
use super::limits::Limits;
use super::place::{Place, present, shorten};
use super::routing::{RoutingRules, Scope};
use super::templates;
use crate::error::{Result, err};
use crate::value::DType;

/// Makes a schema dictionary step by step; see the example of the [module](super).
#[derive(Clone, Debug, PartialEq)]
pub struct SchemaBuilder {
    pub(super) dictionary: Dictionary,
}

impl SchemaBuilder {
    /// An empty schema of version `1.0` for a domain.
    #[must_use]
    pub fn new(domain: &str) -> Self {
        let dictionary = Dictionary { domain: domain.to_owned(), version: "1.0".to_owned(), ..Dictionary::default() };
        Self { dictionary }
    }

    /// The same builder with another version.
    #[must_use]
    pub fn with_version(mut self, version: &str) -> Self {
        version.clone_into(&mut self.dictionary.version);
        self
    }

    /// The same builder with a description.
    #[must_use]
    pub fn with_description(mut self, description: &str) -> Self {
        description.clone_into(&mut self.dictionary.description);
        self
    }

    /// A builder that starts from one of [`TEMPLATES`](super::TEMPLATES).
    ///
    /// # Errors
    /// `NotFound` naming the templates there are.
    pub fn from_template(name: &str) -> Result<Self> {
        templates::template(name)
    }

    /// A builder that starts from a dictionary of either nesting.
    ///
    /// # Errors
    /// As [`Schema::parse`](super::Schema::parse).
    pub fn from_json(json: &Json) -> Result<Self> {
        Ok(Self { dictionary: Dictionary::read(json)? })
    }

    /// Adds what a template has and this builder lacks: groups, arrays, fields, patterns. What is here stays.
    ///
    /// # Errors
    /// `NotFound` naming the templates there are.
    pub fn extend_template(&mut self, name: &str) -> Result<&mut Self> {
        let template = templates::template(name)?.dictionary;
        let own = &mut self.dictionary;
        for (name, group) in template.groups {
            match own.groups.get_mut(&name) {
                Some(here) => {
                    for (name, spec) in group.arrays {
                        here.arrays.entry(name).or_insert(spec);
                    }
                }
                None => drop(own.groups.insert(name, group)),
            }
        }
        for (name, field) in template.file_level {
            if own.field(&name).is_none() {
                own.file_level.insert(name, field);
            }
        }
        for (name, field) in template.categorical {
            if own.field(&name).is_none() {
                own.categorical.insert(name, field);
            }
        }
        add_patterns(&mut own.routing.file_level_patterns, template.routing.file_level_patterns);
        add_patterns(&mut own.routing.categorical_patterns, template.routing.categorical_patterns);
        Ok(self)
    }

    /// Adds an empty group of arrays along a dimension.
    ///
    /// # Errors
    /// `AlreadyExists` for a second one of that name, `Schema` when the name is no valid key.
    pub fn create_group(&mut self, name: &str, primary_dimension: &str, description: &str) -> Result<&mut Group> {
        check_name(name, &Place::TOP.name("groups").name(name))?;
        let group = Group {
            primary_dimension: Some(primary_dimension.to_owned()),
            description: description.to_owned(),
            ..Group::default()
        };
        match self.dictionary.groups.entry(name.to_owned()) {
            indexmap::map::Entry::Occupied(_) => Err(err!(AlreadyExists, "{name}: the schema has this group already")),
            indexmap::map::Entry::Vacant(slot) => Ok(slot.insert(group)),
        }
    }

    /// The group of that name.
    pub fn get_group(&mut self, name: &str) -> Option<&mut Group> {
        self.dictionary.groups.get_mut(name)
    }

    /// The names of the groups, in the order of definition.
    #[must_use]
    pub fn list_groups(&self) -> Vec<&str> {
        self.dictionary.groups.keys().map(String::as_str).collect()
    }

    /// Removes a group; whether there was one.
    pub fn remove_group(&mut self, name: &str) -> bool {
        self.dictionary.groups.shift_remove(name).is_some()
    }

    /// Defines (or redefines) a field of one value a file.
    ///
    /// # Errors
    /// `Schema` for an unknown type, `AlreadyExists` when it is a categorical field.
    pub fn define_file_metadata(&mut self, name: &str, dtype: &str, description: &str) -> Result<&mut Field> {
        self.define(Scope::FileLevel, name, dtype, description)
    }

    /// Defines (or redefines) a field to group and filter by; its `values` and `labels` are [rules](Field::rule).
    ///
    /// # Errors
    /// `Schema` for an unknown type, `AlreadyExists` when it is a file-level field.
    pub fn define_categorical_metadata(&mut self, name: &str, dtype: &str, description: &str) -> Result<&mut Field> {
        self.define(Scope::Categorical, name, dtype, description)
    }

    fn define(&mut self, scope: Scope, name: &str, dtype: &str, description: &str) -> Result<&mut Field> {
        let field = Field { dtype: Some(known(name, dtype)?), description: description.to_owned(), ..Field::default() };
        let (fields, others, other) = match scope {
            Scope::FileLevel => (&mut self.dictionary.file_level, &self.dictionary.categorical, Scope::Categorical),
            Scope::Categorical => (&mut self.dictionary.categorical, &self.dictionary.file_level, Scope::FileLevel),
        };
        if others.contains_key(name) {
            return Err(err!(
                AlreadyExists,
                "{}: wanted as {}, defined as {}",
                shorten(name),
                scope.name(),
                other.name()
            ));
        }
        let slot = fields.entry(name.to_owned()).or_default();
        *slot = field;
        Ok(slot)
    }

    /// Sets where metadata without a definition goes; members of a dictionary that are no rules stay.
    pub fn set_metadata_routing_rules(&mut self, rules: RoutingRules) -> &mut Self {
        let extra = std::mem::take(&mut self.dictionary.routing.extra);
        self.dictionary.routing = RoutingRules { extra, ..rules };
        self
    }

    /// The scope that a metadata name has by definition or pattern; `None` when the type of its value decides.
    #[must_use]
    pub fn get_metadata_routing(&self, name: &str) -> Option<Scope> {
        self.dictionary.scope_by_name(name)
    }

    /// Every defined field, file-level ones first.
    #[must_use]
    pub fn list_metadata_fields(&self) -> Vec<(&str, Scope)> {
        let file_level = self.dictionary.file_level.keys().map(|name| (name.as_str(), Scope::FileLevel));
        let categorical = self.dictionary.categorical.keys().map(|name| (name.as_str(), Scope::Categorical));
        file_level.chain(categorical).collect()
    }

    /// Whether a value fits the field of that name; a name without a field takes any value.
    #[must_use]
    pub fn validate_metadata_field(&self, name: &str, value: &Json) -> bool {
        self.check_metadata_field(name, value).is_ok()
    }

    /// As [`SchemaBuilder::validate_metadata_field`], with the reason.
    ///
    /// # Errors
    /// `Schema` with the name, what the field wants and what the value is.
    pub fn check_metadata_field(&self, name: &str, value: &Json) -> Result<()> {
        self.dictionary.check_metadata(name, value)
    }

    /// What is wrong with the metadata definitions, one line each; empty when nothing is.
    #[must_use]
    pub fn validate_metadata_schema(&self) -> Vec<String> {
        let mut problems = Vec::new();
        for (name, _) in self.list_metadata_fields() {
            let Some(field) = self.dictionary.field(name) else { continue };
            let here = Place::TOP.name("metadata");
            let here = here.name(name);
            if let Err(error) = Limits::read(&field.rules, field.dtype, &here) {
                problems.push(error.message().to_owned());
            }
            let count = |rule| present(&field.rules, rule).and_then(Json::as_array).map(Vec::len);
            if let (Some(values), Some(labels)) = (count("values"), count("labels"))
                && values != labels
            {
                problems.push(format!("{here}: has {values} values, {labels} labels"));
            }
            if self.dictionary.file_level.contains_key(name) && self.dictionary.categorical.contains_key(name) {
                problems.push(format!("{here}: is defined as file_level and as categorical"));
            }
        }
        problems.dedup();
        let routing = &self.dictionary.routing;
        let both = routing.file_level_patterns.iter().filter(|p| routing.categorical_patterns.contains(p));
        problems.extend(both.map(|p| format!("routing_rules: pattern '{}' is in both lists", shorten(p))));
        problems
    }

    /// The dictionary.
    #[must_use]
    pub fn build(&self) -> Json {
        self.dictionary.write()
    }

    /// The dictionary, if a store would take it.
    ///
    /// # Errors
    /// As [`Schema::parse`](super::Schema::parse).
    pub fn try_build(&self) -> Result<Json> {
        let built = self.build();
        Dictionary::read(&built)?;
        Ok(built)
    }

    /// The dictionary as indented JSON text.
    #[must_use]
    pub fn to_json(&self) -> String {
        format!("{:#}", self.build())
    }
}

impl Group {
    /// Adds an array; `dtype` is a name such as `float32` or `str`.
    ///
    /// # Errors
    /// `AlreadyExists` for a second one of that name in the group, `Schema` for an unknown type, a name that is no
    /// valid key, an empty dimension or more than 32.
    pub fn create_array(&mut self, name: &str, dimensions: &[&str], dtype: &str) -> Result<&mut ArraySpec> {
        let place = Place::TOP.name("arrays");
        let here = place.name(name);
        check_name(name, &here)?;
        check_dims(dimensions, &here)?;
        let spec = ArraySpec {
            dims: Some(dimensions.iter().map(|&dim| dim.to_owned()).collect()),
            dtype: Some(known(name, dtype)?),
            ..ArraySpec::default()
        };
        match self.arrays.entry(name.to_owned()) {
            indexmap::map::Entry::Occupied(_) => Err(err!(AlreadyExists, "{name}: the group has this array already")),
            indexmap::map::Entry::Vacant(slot) => Ok(slot.insert(spec)),
        }
    }

    /// The array of that name, to change it.
    pub fn get_array(&mut self, name: &str) -> Option<&mut ArraySpec> {
        self.arrays.get_mut(name)
    }

    /// The names of the arrays, in the order of definition.
    #[must_use]
    pub fn list_arrays(&self) -> Vec<&str> {
        self.arrays.keys().map(String::as_str).collect()
    }

    /// Removes an array; whether there was one.
    pub fn remove_array(&mut self, name: &str) -> bool {
        self.arrays.shift_remove(name).is_some()
    }

    /// Sets how merging treats the group, such as `matrix_flattening`.
    pub fn special_processing(&mut self, how: &str) -> &mut Self {
        self.special_processing = Some(how.to_owned());
        self
    }
}

fn known(name: &str, dtype: &str) -> Result<DType> {
    let unknown =
        || err!(Schema, "{}: wanted a data type such as float32 or str, found \"{}\"", shorten(name), shorten(dtype));
    DType::from_name(dtype).ok_or_else(unknown)
}

fn add_patterns(here: &mut Vec<String>, more: Vec<String>) {
    for pattern in more {
        if !here.contains(&pattern) {
            here.push(pattern);
        }
    }
}
