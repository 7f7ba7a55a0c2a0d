//! The values of a metadata document under their '/'-joined keys.

use serde_json::Value as Json;

use crate::backend::Object;

/// The section of the names of array values; it is for the attribset.
pub const DESCRIPTIONS: &str = "descriptions";

/// Visits every value of a document: what is no object, an empty one, or one that `whole` takes as a value. Private keys
/// and the descriptions are passed by, and so is `null`, which means absent.
pub fn leaves<'a>(
    document: &'a Object,
    whole: &dyn Fn(&str) -> bool,
    visit: &mut dyn FnMut(&str, &'a Json) -> crate::Result<()>,
) -> crate::Result<()> {
    let mut key = String::new();
    for (name, value) in document.iter().filter(|(name, _)| !name.starts_with('_') && *name != DESCRIPTIONS) {
        key.clear();
        key.push_str(name);
        descend(&mut key, value, whole, visit)?;
    }
    Ok(())
}

fn descend<'a>(
    key: &mut String,
    value: &'a Json,
    whole: &dyn Fn(&str) -> bool,
    visit: &mut dyn FnMut(&str, &'a Json) -> crate::Result<()>,
) -> crate::Result<()> {
    match value {
        Json::Null => Ok(()),
        Json::Object(members) if !members.is_empty() && !whole(key) => {
            let length = key.len();
            for (name, member) in members {
                key.push('/');
                key.push_str(name);
                descend(key, member, whole, visit)?;
                key.truncate(length);
            }
            Ok(())
        }
        value => visit(key, value),
    }
}
