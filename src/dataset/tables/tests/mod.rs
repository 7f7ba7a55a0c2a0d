//! The tables as their users see them.

mod contents;
mod hostile;

use serde_json::{Value as Json, json};

use super::FileRow;
use crate::schema::Schema;

/// A file with a document.
fn file(id: i64, name: &str, metadata: Json) -> FileRow {
    let Json::Object(metadata) = metadata else { panic!("a document is an object") };
    FileRow { id, name: name.to_owned(), description: String::new(), metadata }
}

fn schema() -> Schema {
    Schema::parse(&json!({
        "groups": {"faces": {"primary_dimension": "face", "arrays": {
            "face_labels": {"dims": ["face"], "dtype": "int32", "values": [0, 5], "labels": ["hole", "slot"]}}}},
        "metadata": {
            "file_level": {"mass": {"dtype": "float64"}, "size_cadfile": {"dtype": "int64"}},
            "categorical": {"file_label": {"dtype": "int32", "values": [1, 2], "labels": ["bracket", "screw"],
                "description": "what it is"}}}}))
    .unwrap()
}
