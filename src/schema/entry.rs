//! The entries of a schema: a [`Group`] of arrays, an [`ArraySpec`], a metadata [`Field`]; each read from its JSON
//! object and written as one.
//!
//! Invariant of what was read: names are valid keys, types are known, rules fit the type. Members that the dictionary
//! does not define are kept, in `rules` or `extra`, and written back after the defined ones.

use indexmap::IndexMap;
use serde_json::{Value as Json, json};

use super::limits::Limits;
use super::place::{Place, rest};
use crate::backend::Object;
use crate::error::{Result, err};
use crate::key::Key;
use crate::value::DType;

/// As many dimensions as the C ABI carries (`DS_MAX_NDIM`).
pub(super) const MAX_NDIM: usize = 32;

const ARRAY_MEMBERS: [&str; 3] = ["dims", "dtype", "description"];
const FIELD_MEMBERS: [&str; 3] = ["dtype", "required", "description"];

/// What an array should be.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ArraySpec {
    /// The names of its dimensions; `None` leaves them open.
    pub dims: Option<Vec<String>>,
    /// The type of its elements; `None` leaves it open.
    pub dtype: Option<DType>,
    /// For people.
    pub description: String,
    /// `min_value`, `max_value`, `values`, `labels` and whatever else was given.
    pub rules: Object,
}

impl ArraySpec {
    /// Sets a rule, replacing one of that name; what the rule means is checked by [`Schema::parse`](super::Schema::parse).
    pub fn rule(&mut self, name: &str, value: impl Into<Json>) -> &mut Self {
        self.rules.insert(name.to_owned(), value.into());
        self
    }

    /// The rules of an array from a JSON object; what they mean is checked by [`Schema::parse`](super::Schema::parse).
    ///
    /// # Errors
    /// `Schema` when it is none, or holds a member of the array itself: `dims`, `dtype`, `description`.
    pub fn rules_of(json: Json) -> Result<Object> {
        check_rules(json, &ARRAY_MEMBERS)
    }

    /// Sets the description.
    pub fn description(&mut self, text: &str) -> &mut Self {
        text.clone_into(&mut self.description);
        self
    }

    pub(super) fn read(json: &Json, place: &Place<'_>) -> Result<Self> {
        let object = place.object(json)?;
        let spec = Self {
            dims: place.texts(object, "dims")?,
            dtype: place.dtype(object)?,
            description: place.text(object, "description")?.unwrap_or_default().to_owned(),
            rules: rest(object, &ARRAY_MEMBERS),
        };
        check_dims(spec.dims.as_deref().unwrap_or_default(), &place.name("dims"))?;
        Limits::read(&spec.rules, spec.dtype, place)?;
        Ok(spec)
    }

    pub(super) fn write(&self) -> Json {
        let mut object = Object::new();
        if let Some(dims) = &self.dims {
            object.insert("dims".to_owned(), json!(dims));
        }
        if let Some(dtype) = self.dtype {
            object.insert("dtype".to_owned(), json!(dtype_name(dtype)));
        }
        object.insert("description".to_owned(), json!(self.description));
        append(&mut object, &self.rules);
        Json::Object(object)
    }
}

/// Arrays that share a primary dimension, such as `faces` along `face`.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Group {
    /// The dimension along which parts are concatenated.
    pub primary_dimension: Option<String>,
    /// How merging treats the group, such as `matrix_flattening`.
    pub special_processing: Option<String>,
    /// For people.
    pub description: String,
    pub(super) arrays: IndexMap<String, ArraySpec>,
    pub(super) extra: Object,
}

impl Group {
    /// The array of that name.
    #[must_use]
    pub fn array(&self, name: &str) -> Option<&ArraySpec> {
        self.arrays.get(name)
    }

    /// Every array, in the order of definition.
    pub fn arrays(&self) -> impl Iterator<Item = (&str, &ArraySpec)> {
        self.arrays.iter().map(|(name, spec)| (name.as_str(), spec))
    }

    pub(super) fn read(json: &Json, place: &Place<'_>) -> Result<Self> {
        let object = place.object(json)?;
        let mut group = Self {
            primary_dimension: place.text(object, "primary_dimension")?.map(str::to_owned),
            special_processing: place.text(object, "special_processing")?.map(str::to_owned),
            description: place.text(object, "description")?.unwrap_or_default().to_owned(),
            arrays: IndexMap::new(),
            extra: rest(object, &["primary_dimension", "special_processing", "description", "arrays"]),
        };
        if let Some(arrays) = place.member_object(object, "arrays")? {
            let arrays_place = place.name("arrays");
            for (name, json) in arrays {
                let here = arrays_place.name(name);
                check_name(name, &here)?;
                group.arrays.insert(name.clone(), ArraySpec::read(json, &here)?);
            }
        }
        Ok(group)
    }

    pub(super) fn write(&self) -> Json {
        let mut object = Object::new();
        if let Some(dimension) = &self.primary_dimension {
            object.insert("primary_dimension".to_owned(), json!(dimension));
        }
        let arrays = self.arrays.iter().map(|(name, spec)| (name.clone(), spec.write())).collect();
        object.insert("arrays".to_owned(), Json::Object(arrays));
        object.insert("description".to_owned(), json!(self.description));
        if let Some(processing) = &self.special_processing {
            object.insert("special_processing".to_owned(), json!(processing));
        }
        append(&mut object, &self.extra);
        Json::Object(object)
    }
}

/// What a metadata value should be.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Field {
    /// Its type; `None` leaves it open.
    pub dtype: Option<DType>,
    /// Whether a complete part has it.
    pub required: bool,
    /// For people.
    pub description: String,
    /// `min_value`, `max_value`, `values`, `labels` and whatever else was given.
    pub rules: Object,
}

impl Field {
    /// Sets a rule, replacing one of that name; what the rule means is checked by [`Schema::parse`](super::Schema::parse).
    pub fn rule(&mut self, name: &str, value: impl Into<Json>) -> &mut Self {
        self.rules.insert(name.to_owned(), value.into());
        self
    }

    /// The rules of a field from a JSON object; what they mean is checked by [`Schema::parse`](super::Schema::parse).
    ///
    /// # Errors
    /// `Schema` when it is none, or holds a member of the field itself: `dtype`, `required`, `description`.
    pub fn rules_of(json: Json) -> Result<Object> {
        check_rules(json, &FIELD_MEMBERS)
    }

    /// Sets whether a complete part has it.
    pub fn required(&mut self, required: bool) -> &mut Self {
        self.required = required;
        self
    }

    pub(super) fn read(json: &Json, place: &Place<'_>) -> Result<Self> {
        let object = place.object(json)?;
        let field = Self {
            dtype: place.dtype(object)?,
            required: place.flag(object, "required")?.unwrap_or(false),
            description: place.text(object, "description")?.unwrap_or_default().to_owned(),
            rules: rest(object, &FIELD_MEMBERS),
        };
        Limits::read(&field.rules, field.dtype, place)?;
        Ok(field)
    }

    pub(super) fn write(&self) -> Json {
        let mut object = Object::new();
        if let Some(dtype) = self.dtype {
            object.insert("dtype".to_owned(), json!(dtype_name(dtype)));
        }
        object.insert("required".to_owned(), json!(self.required));
        object.insert("description".to_owned(), json!(self.description));
        append(&mut object, &self.rules);
        Json::Object(object)
    }
}

/// The name a schema gives a data type: NumPy's, and `str`.
fn dtype_name(dtype: DType) -> &'static str {
    if dtype == DType::String { "str" } else { dtype.name() }
}

/// Appends members without replacing defined ones.
pub(super) fn append(object: &mut Object, extra: &Object) {
    for (name, json) in extra {
        object.entry(name.clone()).or_insert_with(|| json.clone());
    }
}

/// The rules of an entry with these members.
fn check_rules(rules: Json, members: &[&str]) -> Result<Object> {
    match rules {
        Json::Object(rules) => match members.iter().find(|member| rules.contains_key(**member)) {
            Some(member) => Err(err!(Schema, "{member}: is set by the call, not by a rule")),
            None => Ok(rules),
        },
        other => Err(Place::TOP.name("rules").wanted("an object", &other)),
    }
}

/// Refuses a group or array name that no data key could have.
pub(super) fn check_name(name: &str, place: &Place<'_>) -> Result<()> {
    Key::parse(name).map(drop).map_err(|e| err!(Schema, "{place}: {e}"))
}

/// Refuses dimensions that no array could have.
pub(super) fn check_dims(dims: &[impl AsRef<str>], place: &Place<'_>) -> Result<()> {
    if dims.len() > MAX_NDIM {
        return Err(err!(Schema, "{place}: has {} dimensions, the limit is {MAX_NDIM}", dims.len()));
    }
    match dims.iter().position(|name| name.as_ref().is_empty()) {
        Some(index) => Err(err!(Schema, "{}: the name of a dimension is empty", place.at(index))),
        None => Ok(()),
    }
}
