//! Whether two parts have the same schema, and where theirs differ.

use std::sync::Arc;

use crate::error::{Result, err};
use crate::schema::Schema;

/// Refuses a part whose schema is not that of the parts before it.
///
/// # Errors
/// `Schema` with both versions, or the first place at which they differ.
pub fn same_schema(first: Option<&Arc<Schema>>, other: Option<&Arc<Schema>>) -> Result<()> {
    match (first, other) {
        (None, None) => Ok(()),
        (Some(a), Some(b)) if Arc::ptr_eq(a, b) || a.json() == b.json() => Ok(()),
        (Some(a), Some(b)) if (a.domain(), a.version()) != (b.domain(), b.version()) => {
            let (was, is) = ((a.domain(), a.version()), (b.domain(), b.version()));
            Err(err!(Schema, "its schema is '{}' {}, that of other parts '{}' {}", is.0, is.1, was.0, was.1))
        }
        (Some(a), Some(b)) => {
            let place = difference(a.json(), b.json(), String::new());
            Err(err!(Schema, "its schema '{}' {} differs from that of other parts at {place}", b.domain(), b.version()))
        }
        (Some(a), None) => Err(err!(Schema, "it has no schema, other parts have '{}' {}", a.domain(), a.version())),
        (None, Some(b)) => {
            Err(err!(Schema, "it has the schema '{}' {}, other parts have none", b.domain(), b.version()))
        }
    }
}

/// The first place at which two documents differ.
fn difference(a: &serde_json::Value, b: &serde_json::Value, place: String) -> String {
    let (Some(a), Some(b)) = (a.as_object(), b.as_object()) else { return place };
    let names = a.keys().chain(b.keys());
    let differs = |name: &&String| a.get(*name) != b.get(*name);
    match names.into_iter().find(differs) {
        Some(name) => {
            let below = if place.is_empty() { name.clone() } else { format!("{place}/{name}") };
            match (a.get(name), b.get(name)) {
                (Some(a), Some(b)) => difference(a, b, below),
                _ => below,
            }
        }
        None => place,
    }
}
