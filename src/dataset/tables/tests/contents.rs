//! What is in the tables that were written.

use std::path::Path;

use arrow_array::Array;
use serde_json::{Value as Json, json};

use super::super::normal::cell;
use super::super::{FileRow, Table, write_attribset, write_infoset};
use super::{file, schema};
use crate::ErrorKind;
use crate::options::{Integrity, Sync};
use crate::schema::{Schema, Scope};

const ID: &str = "0123456789abcdef";

/// A column: name, type, whether its texts are JSON.
type Named = (String, &'static str, bool);
/// A row of the attribset: table, id, name, description.
type Labelled = (String, i64, String, String);

/// The columns as (name, type, whether JSON) and the rows as JSON.
fn read(path: &Path) -> (Vec<Named>, Vec<Vec<Json>>) {
    let table = Table::open(path, Integrity::Check).unwrap();
    assert_eq!(table.dataset_id(), Some(ID));
    let columns = table.columns().iter();
    let columns = columns.map(|column| (column.name.clone(), column.kind.unwrap().name(), column.json)).collect();
    let arrays: Vec<_> = (0..table.columns().len()).map(|index| table.column(index).unwrap()).collect();
    assert!(arrays.iter().all(|array| array.len() == table.rows()));
    (columns, (0..table.rows()).map(|row| arrays.iter().map(|array| cell(array, row)).collect()).collect())
}

fn infoset(
    files: &[FileRow],
    schema: Option<&Schema>,
    previous: Option<&Path>,
    name: &str,
    dir: &Path,
) -> std::path::PathBuf {
    let path = dir.join(name);
    write_infoset(&path, ID, previous, files, schema, Sync::None).unwrap();
    path
}

#[test]
fn a_file_is_a_row_and_a_key_a_column() {
    let dir = tempfile::tempdir().unwrap();
    let files = [
        file(
            0,
            "a",
            json!({"mass": 2, "file_label": 1, "file_sizes_KB": {"face_areas": 1.5}, "descriptions": {"x": ["p"]},
            "_storage_schema": {"a": 1}, "unit": "mm", "closed": true}),
        ),
        file(1, "b", json!({"mass": 2.5, "file_label": 2, "size_cadfile": 7, "unit": null})),
    ];
    let path = infoset(&files, Some(&schema()), None, "x.infoset", dir.path());
    let (columns, rows) = read(&path);
    let named: Vec<(&str, &str)> = columns.iter().map(|(name, kind, _)| (name.as_str(), *kind)).collect();
    let wanted = [
        ("name", "string"),
        ("id", "int64"),
        ("description", "string"),
        ("subset", "string"),
        ("table_name", "string"),
        ("mass", "double"),
        ("file_sizes_KB/face_areas", "double"),
        ("size_cadfile", "int64"),
        ("file_label", "int64"),
        ("unit", "string"),
        ("closed", "bool"),
    ];
    assert_eq!(named, wanted);
    assert_eq!(
        rows[0],
        [
            json!("a"),
            json!(0),
            json!(""),
            json!(""),
            json!("file_info"),
            json!(2.0),
            json!(1.5),
            json!(null),
            json!(1),
            json!("mm"),
            json!(true)
        ]
    );
    assert_eq!(
        rows[1],
        [
            json!("b"),
            json!(1),
            json!(""),
            json!(""),
            json!("file_info"),
            json!(2.5),
            json!(null),
            json!(7),
            json!(2),
            json!(null),
            json!(null)
        ]
    );
    let scopes: Vec<_> =
        Table::open(&path, Integrity::Check).unwrap().columns()[5..].iter().map(|c| c.scope.unwrap()).collect();
    assert_eq!(
        scopes,
        [
            Scope::FileLevel,
            Scope::FileLevel,
            Scope::FileLevel,
            Scope::Categorical,
            Scope::Categorical,
            Scope::Categorical
        ]
    );
}

#[test]
fn types_that_disagree_lose_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let large = (1i64 << 53) + 1;
    let files = [
        file(
            0,
            "a",
            json!({"n": 1, "big": large, "mix": 1, "list": [1, 2], "huge": u64::MAX, "name": "inner", "late": {}}),
        ),
        file(1, "b", json!({"n": 0.5, "big": 0.5, "mix": "1", "list": "x", "huge": 1, "metadata": {"name": 3}})),
        file(2, "c", json!({"n": -3, "mix": true, "late": 4})),
    ];
    let (columns, rows) = read(&infoset(&files, None, None, "x.infoset", dir.path()));
    let column = |name: &str| {
        let at = columns.iter().position(|(column, ..)| column == name).unwrap_or_else(|| panic!("{name}"));
        ((columns[at].1, columns[at].2), rows.iter().map(|row| row[at].clone()).collect::<Vec<_>>())
    };
    assert_eq!(column("n"), (("double", false), vec![json!(1.0), json!(0.5), json!(-3.0)]));
    assert_eq!(column("big"), (("string", true), vec![json!("9007199254740993"), json!("0.5"), json!(null)]));
    assert_eq!(column("mix"), (("string", true), vec![json!("1"), json!("\"1\""), json!("true")]));
    assert_eq!(column("list"), (("string", true), vec![json!("[1,2]"), json!("\"x\""), json!(null)]));
    assert_eq!(column("huge").0, ("string", true));
    assert_eq!(column("late"), (("string", true), vec![json!("{}"), json!(null), json!("4")]));
    // A key does not take the place of a column of the table, nor of another key that stepped aside.
    assert_eq!(column("name").1, [json!("a"), json!("b"), json!("c")]);
    assert_eq!(column("metadata/name").1, [json!("inner"), json!(null), json!(null)]);
    assert_eq!(column("metadata/metadata/name").1, [json!(null), json!(3), json!(null)]);
}

#[test]
fn rows_are_appended_behind_those_of_another_infoset() {
    let dir = tempfile::tempdir().unwrap();
    let all = [
        file(0, "a", json!({"n": 1, "mix": "x", "j": [1], "name": "i"})),
        file(1, "b", json!({"n": 2, "only": true})),
        file(2, "c", json!({"n": 0.5, "mix": 3, "j": 2, "new": "t", "name": "k"})),
    ];
    let whole = infoset(&all, None, None, "whole.infoset", dir.path());
    let first = infoset(&all[..2], None, None, "first.infoset", dir.path());
    let both = infoset(&all[2..], None, Some(&first), "both.infoset", dir.path());
    assert_eq!(read(&both), read(&whole));
    // Onto itself, as an append in place does.
    write_infoset(&first, ID, Some(&first), &all[2..], None, Sync::None).unwrap();
    assert_eq!(read(&first), read(&whole));
    let again = write_infoset(&first, ID, Some(&first), &all[2..], None, Sync::None).unwrap_err();
    assert_eq!((again.kind(), again.message()), (ErrorKind::InvalidArgument, "c: file code is 2, the one before is 2"));
    assert_eq!(read(&first), read(&whole));
}

#[test]
fn no_file_at_all_is_a_table_too() {
    let dir = tempfile::tempdir().unwrap();
    let (columns, rows) = read(&infoset(&[], None, None, "x.infoset", dir.path()));
    assert_eq!((columns.len(), rows.len()), (5, 0));
    let path = dir.path().join("x.attribset");
    write_attribset(&path, ID, None, &[], None, Sync::None).unwrap();
    assert_eq!(read(&path).1.len(), 0);
}

#[test]
fn more_rows_than_a_row_group_come_back() {
    let dir = tempfile::tempdir().unwrap();
    let files: Vec<_> = (0..40_000)
        .map(|id| file(id, &format!("part_{id}"), json!({"n": id % 7, "t": format!("{}", id % 3)})))
        .collect();
    let path = infoset(&files, None, None, "x.infoset", dir.path());
    let table = Table::open(&path, Integrity::Check).unwrap();
    let column = table.column(table.find("n").unwrap()).unwrap();
    assert!((0..40_000).all(|row| cell(&column, row) == json!(row % 7)));
    let chosen = arrow_array::BooleanArray::from_iter((0..40_000).map(|row| Some(row == 3 || row == 39_999)));
    for (name, wanted) in [("name", [json!("part_3"), json!("part_39999")]), ("t", [json!("0"), json!("0")])] {
        let cells = table.cells(table.find(name).unwrap(), &chosen).unwrap();
        assert_eq!([cell(&cells, 0), cell(&cells, 1)], wanted);
        assert_eq!(cells.len(), 2);
    }
}

fn attribset(files: &[FileRow], previous: Option<&Path>, path: &Path) -> (Vec<Labelled>, Vec<String>) {
    let notes = write_attribset(path, ID, previous, files, Some(&schema()), Sync::None).unwrap();
    let (columns, rows) = read(path);
    let names: Vec<&str> = columns.iter().map(|(name, ..)| name.as_str()).collect();
    assert_eq!(names, ["id", "name", "description", "table_name"]);
    let text = |value: &Json| value.as_str().unwrap().to_owned();
    let rows = rows.iter().map(|row| (text(&row[3]), row[0].as_i64().unwrap(), text(&row[1]), text(&row[2])));
    (rows.collect(), notes)
}

fn row(table: &str, id: i64, name: &str, description: &str) -> Labelled {
    (table.to_owned(), id, name.to_owned(), description.to_owned())
}

#[test]
fn the_attribset_names_what_arrays_and_categories_hold() {
    let dir = tempfile::tempdir().unwrap();
    let files = [
        file(
            0,
            "a",
            json!({"descriptions": {"face_types": {"0": "Plane", "1": "Cylinder"}, "graph": {"kinds": ["x", "y"]},
            "detail": {"3": {"name": "deep", "description": "far in"}}, "by_name": {"low": 1, "high": 2}, "text": "no table"},
            "file_label": 2, "unit": "mm", "closed": true, "size_cadfile": 3}),
        ),
        file(
            1,
            "b",
            json!({"descriptions": {"face_types": {"1": "Tube", "2": "Cone"}}, "file_label": 1, "unit": "inch", "w_label": 2.5}),
        ),
        file(2, "c", json!({"file_label": 7, "closed": false, "w_label": -1.5})),
    ];
    let (rows, notes) = attribset(&files, None, &dir.path().join("x.attribset"));
    assert_eq!(
        rows,
        [
            row("face_types", 0, "Plane", "not set"),
            row("face_types", 1, "Cylinder", "not set"),
            row("face_types", 2, "Cone", "not set"),
            row("graph/kinds", 0, "x", "not set"),
            row("graph/kinds", 1, "y", "not set"),
            row("detail", 3, "deep", "far in"),
            row("by_name", 1, "low", "not set"),
            row("by_name", 2, "high", "not set"),
            row("face_labels", 0, "hole", "not set"),
            row("face_labels", 5, "slot", "not set"),
            row("file_label", 1, "bracket", "what it is"),
            row("file_label", 2, "screw", "what it is"),
            row("file_label", 7, "7", "what it is"),
            row("unit", 0, "inch", "not set"),
            row("unit", 1, "mm", "not set"),
            row("closed", 0, "false", "not set"),
            row("closed", 1, "true", "not set"),
        ]
    );
    assert_eq!(notes, ["face_types: 1 is 'Cylinder', in b 'Tube'"]);
}

#[test]
fn ids_stay_when_an_attribset_is_appended_to() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.attribset");
    attribset(
        &[file(0, "a", json!({"unit": "mm", "file_label": 1})), file(1, "b", json!({"unit": "inch"}))],
        None,
        &path,
    );
    let more = [file(2, "c", json!({"unit": "ell", "file_label": 2})), file(3, "d", json!({"unit": "mm"}))];
    let (rows, notes) = attribset(&more, Some(&path), &path);
    let unit: Vec<_> = rows.iter().filter(|row| row.0 == "unit").map(|row| (row.1, row.2.as_str())).collect();
    assert_eq!(unit, [(0, "inch"), (1, "mm"), (2, "ell")]);
    let label: Vec<_> = rows.iter().filter(|row| row.0 == "file_label").map(|row| (row.1, row.2.as_str())).collect();
    assert_eq!(label, [(1, "bracket"), (2, "screw")]);
    assert_eq!((rows.len(), notes.len()), (7, 0));
}
