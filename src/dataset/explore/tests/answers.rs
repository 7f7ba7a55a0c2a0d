//! Which files and rows there are, and what the dataset says of itself.

use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int32Type};
use parquet::file::writer::SerializedFileWriter;
use serde_json::json;

use super::super::{Dataset, Description, Table};
use super::dataset;
use super::fixture::{Spec, spec};
use crate::options::{Integrity, Options};
use crate::{ErrorKind, Op};

fn files(dataset: &Dataset, predicate: &str) -> Vec<i64> {
    dataset.files(&Op::quiet(), Some("faces"), predicate).unwrap_or_else(|e| panic!("{predicate}: {e}"))
}

fn of_metadata(dataset: &Dataset, predicate: &str) -> Vec<i64> {
    dataset.files(&Op::quiet(), None, predicate).unwrap_or_else(|e| panic!("{predicate}: {e}"))
}

#[test]
fn files_are_found_by_their_metadata() {
    let (_dir, dataset) = dataset();
    for (predicate, wanted) in [
        ("", vec![0, 1, 2, 3, 4, 5, 6]),
        ("size < 30", vec![0, 1, 2]),
        ("30 > file.size and not file.name == 'part_00001'", vec![0, 2]),
        ("closed", vec![0, 2, 6]),
        ("not closed", vec![3, 5]),
        ("closed is null", vec![1, 4]),
        ("closed is not null and unit != 'mm'", vec![3]),
        ("ratio is null or ratio > 1.2", vec![1, 4, 5, 6]),
        ("ratio in [0, 0.5, 1e300]", vec![0, 2]),
        ("ratio not in [0, 0.5]", vec![3, 5, 6]),
        ("name like 'part_0000_' & ~(unit like 'm%')", vec![3]),
        ("`odd/na me` >= 5", vec![5, 6]),
        ("file.`odd/na me` == 5.5", vec![]),
        ("id in (1, 6) or subset == 'train'", vec![1, 6]),
        ("closed == true or closed == 0", vec![0, 2, 3, 5, 6]),
        ("unit in ['inch', 'ell']", vec![3]),
        ("unit not in []", vec![0, 1, 2, 3, 4, 5, 6]),
        ("closed in []", vec![]),
        ("size == 1e1 or size > 5.95e1", vec![1, 6]),
        ("size < -9223372036854775809 or size > 170141183460469231731687303715884105727", vec![]),
    ] {
        assert_eq!(of_metadata(&dataset, predicate), wanted, "{predicate}");
    }
}

#[test]
fn files_are_found_by_the_rows_of_their_arrays() {
    let (_dir, dataset) = dataset();
    for (predicate, wanted) in [
        ("", vec![0, 2, 3, 4, 5, 6]),
        ("size < 30", vec![0, 2]),
        ("face_sorted < 4", vec![0, 2]),
        ("faces.face_sorted >= 39", vec![6]),
        ("face_sorted == 8 and unit == 'inch'", vec![3]),
        ("face_sorted == 8 and unit == 'mm'", vec![]),
        ("face_types == 'Cone' and face_sorted < 9", vec![0, 2, 3]),
        ("face_types in ['Cone', 7]", vec![0, 2, 3, 4, 5, 6]),
        ("face_big == 9007199254740993", vec![0]),
        ("face_big <= 9007199254740992.0", vec![0]),
        ("face_centroids[2] > 100", vec![6]),
        ("face_centroids[1] == -1", vec![0]),
        ("face_words == 'größe' and face_flags", vec![2, 4, 6]),
        ("genus == 1", vec![5]),
        ("genus == 2 or face_sorted == 0", vec![0, 3]),
        ("loop_ids > 8 or size == 0", vec![0, 6]),
        ("not face_areas < 1000", vec![2, 4, 6]),
        ("face_areas is null", vec![]),
    ] {
        assert_eq!(files(&dataset, predicate), wanted, "{predicate}");
    }
    assert_eq!(dataset.files(&Op::quiet(), Some("graph"), "num_nodes > 5").unwrap(), [5, 6]);
}

#[test]
fn rows_are_those_of_the_axis_of_the_arrays() {
    let (_dir, dataset) = dataset();
    let rows = |predicate: &str| dataset.rows(&Op::quiet(), "faces", predicate).unwrap();
    assert_eq!(rows("face_sorted in [3, 8, 39]"), [3, 8, 39]);
    assert_eq!(rows("loop_ids >= 9"), [9, 10]);
    assert_eq!(rows("size == 30 or size == 10"), [8]);
    assert_eq!(rows("").len(), 40);
    assert_eq!(rows("face_areas == 2.5 and file.closed is null"), [12]);
    assert_eq!(dataset.rows(&Op::quiet(), "graph", "num_nodes < 3").unwrap(), [0, 1]);
}

#[test]
fn every_file_knows_its_rows_and_its_name() {
    let (_dir, dataset) = dataset();
    assert_eq!((dataset.groups(), dataset.file_count()), (vec!["faces", "graph"], 7));
    assert_eq!(dataset.arrays("graph").unwrap(), ["num_nodes"]);
    assert_eq!(dataset.file_name(3).unwrap(), "part_00003");
    assert_eq!(dataset.file_code("part_00003").unwrap(), 3);
    assert_eq!((dataset.file_rows("faces", 2).unwrap(), dataset.file_rows("faces", 1).unwrap()), (3..8, 3..3));
    assert_eq!(dataset.array_rows("faces", "loop_ids", 3).unwrap(), 3..6);
    assert_eq!(dataset.array_rows("faces", "genus", 3).unwrap(), 3..4);
    assert_eq!(dataset.file_rows("graph", 6).unwrap(), 6..7);
    for error in [
        dataset.file_name(7).unwrap_err(),
        dataset.file_name(-1).unwrap_err(),
        dataset.file_code("part_3").unwrap_err(),
        dataset.file_rows("edges", 0).unwrap_err(),
        dataset.array_rows("faces", "x", 0).unwrap_err(),
        dataset.arrays("_dataset").unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    }
}

#[test]
fn tables_come_as_json() {
    let (_dir, dataset) = dataset();
    let op = Op::quiet();
    let rows = dataset.table(&op, Table::Infoset, "size > 50").unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(
        (&rows[0]["name"], &rows[0]["ratio"], &rows[0]["odd/na me"]),
        (&json!("part_00006"), &json!(1.5), &json!(6))
    );
    assert_eq!(dataset.table(&op, Table::Infoset, "").unwrap()[1]["ratio"], json!(null));
    assert!(dataset.table(&op, Table::Infoset, "size > 500").unwrap().is_empty());
    let labels = dataset.table(&op, Table::Attribset, "table_name == 'face_types' and id > 0").unwrap();
    let names: Vec<_> = labels.iter().map(|row| row["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Cylinder", "Cone"]);
    let cone = Description { id: 4, name: "Cone".to_owned(), description: "not set".to_owned() };
    assert_eq!(dataset.descriptions("face_types").unwrap()[2], cone);
    let error = dataset.descriptions("edge_types").unwrap_err();
    assert_eq!(error.message(), "edge_types: has no descriptions, there are [closed, face_types, unit]");
}

#[test]
fn the_table_of_contents_lists_what_there_is() {
    let (_dir, dataset) = dataset();
    dataset.save_subsets(&[("train".to_owned(), vec![0, 5])]).unwrap();
    let contents = dataset.describe().unwrap();
    assert_eq!((&contents["files"], &contents["subsets"]), (&json!(7), &json!({"train": 2})));
    let faces = &contents["groups"]["faces"];
    assert_eq!(
        (&faces["rows"], &faces["axes"]),
        (&json!(40), &json!({"face": {"rows": 40}, "loop": {"rows": 11}, "file": {"rows": 7}}))
    );
    let centroids = &faces["arrays"]["face_centroids"];
    assert_eq!((&centroids["dtype"], &centroids["shape"]), (&json!("float64"), &json!([40, 3])));
    assert!(centroids["stored_bytes"].as_u64().unwrap() > 0);
    let columns = contents["infoset"]["columns"].as_array().unwrap();
    assert!(columns.contains(&json!({"name": "ratio", "type": "double", "scope": "file_level"})));
    assert_eq!(contents["infoset"]["rows"], 7);
}

#[test]
fn an_archive_answers_as_a_directory_does() {
    let dir = tempfile::tempdir().unwrap();
    let path = Spec { archive: true, ..spec() }.write(dir.path());
    assert!(path.is_file());
    let dataset = Dataset::open(&path, &Options::default()).unwrap();
    assert_eq!(files(&dataset, "face_types == 'Cone' and face_sorted < 9"), [0, 2, 3]);
    assert_eq!(dataset.path(), path);
}

#[test]
fn without_tables_arrays_still_answer() {
    let (dir, whole) = dataset();
    whole.close().unwrap();
    for name in ["all.infoset", "all.attribset"] {
        std::fs::remove_file(dir.path().join(name)).unwrap();
    }
    let dataset = Dataset::open(dir.path().join("all.dataset"), &Options::default()).unwrap();
    assert_eq!(files(&dataset, "face_sorted == 8"), [3]);
    for error in [
        dataset.files(&Op::quiet(), None, "size > 3").unwrap_err(),
        dataset.file_name(0).unwrap_err(),
        dataset.descriptions("face_types").unwrap_err(),
        dataset.subset("train").unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
        assert!(error.message().contains("there is no such table"), "{error}");
    }
    let error = dataset.files(&Op::quiet(), Some("faces"), "size > 3").unwrap_err();
    assert_eq!(error.message(), "where: neither group 'faces' nor an infoset (there is none) has 'size'");
    assert!(dataset.describe().unwrap()["infoset"].is_null());
}

#[test]
fn a_closed_dataset_says_so() {
    let (_dir, dataset) = dataset();
    dataset.close().unwrap();
    for error in [
        dataset.files(&Op::quiet(), None, "size > 3").unwrap_err(),
        dataset.files(&Op::quiet(), Some("faces"), "face_sorted > 3").unwrap_err(),
        dataset.close().unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Closed, "{error}");
    }
}

#[test]
fn a_question_can_be_cancelled_and_tells_its_progress() {
    let (_dir, dataset) = dataset();
    let interrupt = crate::Interrupt::default();
    let op = Op::new(interrupt.begin(), None);
    interrupt.raise();
    assert_eq!(dataset.rows(&op, "faces", "face_sorted > 3").unwrap_err().kind(), ErrorKind::Cancelled);
    let told = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let (thread, sink) = (std::thread::current().id(), told.clone());
    let progress = move |progress: &crate::Progress<'_>| {
        sink.lock().unwrap().push((progress.done, progress.total, std::thread::current().id() == thread));
        true
    };
    let op = Op::new(crate::Cancel::never(), Some(std::sync::Arc::new(progress)));
    dataset.rows(&op, "faces", "face_sorted > 3").unwrap();
    assert_eq!(*told.lock().unwrap(), [(0, 4, true), (4, 4, true)]);
}

#[test]
fn an_infoset_that_another_tool_wrote_without_identity_is_taken() {
    let (dir, first) = dataset();
    first.close().unwrap();
    let path = dir.path().join("all.infoset");
    let names: Vec<_> = (0..7).map(|id| ByteArray::from(format!("other_{id}").as_str())).collect();
    let ids: Vec<i32> = (0..7).collect();
    let weights = [1.0, f64::NAN, -0.0, 0.0, 5.0, -1.0, f64::INFINITY];
    let schema = "message other { required binary name (UTF8); required int32 id; required double weight; }";
    let schema = std::sync::Arc::new(parquet::schema::parser::parse_message_type(schema).unwrap());
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, Default::default()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<ByteArrayType>().write_batch(&names, None, None).unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<Int32Type>().write_batch(&ids, None, None).unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<DoubleType>().write_batch(&weights, None, None).unwrap();
    column.close().unwrap();
    group.close().unwrap();
    std::fs::write(&path, writer.into_inner().unwrap()).unwrap();
    let dataset =
        Dataset::open(dir.path().join("all.dataset"), &Options { integrity: Integrity::Check, ..Options::default() })
            .unwrap();
    for (predicate, wanted) in [
        ("weight == 0", vec![2, 3]),
        ("weight > 0", vec![0, 4, 6]),
        ("weight >= 0", vec![0, 2, 3, 4, 6]),
        ("not weight > 0", vec![2, 3, 5]),
        ("weight is null", vec![1]),
        ("weight < 1e308", vec![0, 2, 3, 4, 5]),
    ] {
        assert_eq!(of_metadata(&dataset, predicate), wanted, "{predicate}");
    }
    assert_eq!(dataset.subset("x").unwrap_err().kind(), ErrorKind::Corrupt);
}

#[test]
fn chunks_that_cannot_hold_are_not_read() {
    let (dir, dataset) = dataset();
    // The first five faces: statistics say 0 to 4.
    std::fs::write(dir.path().join("all.dataset/faces/face_sorted/0"), b"no chunk").unwrap();
    assert_eq!(dataset.rows(&Op::quiet(), "faces", "face_sorted > 37").unwrap(), [38, 39]);
    assert_eq!(dataset.rows(&Op::quiet(), "faces", "face_sorted >= 0").unwrap().len(), 40);
    assert_eq!(
        dataset.rows(&Op::quiet(), "faces", "face_sorted == 8 and size == 30").unwrap_err().kind(),
        ErrorKind::Corrupt
    );
    assert_eq!(dataset.rows(&Op::quiet(), "faces", "face_sorted == 39 and size == 0").unwrap(), [] as [u64; 0]);
}

#[test]
fn threads_ask_while_another_saves_subsets() {
    fn shared<T: Send + Sync>(_: &T) {}
    let (_dir, dataset) = dataset();
    shared(&dataset);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for _ in 0..50 {
                    assert_eq!(files(&dataset, "face_sorted == 8 and unit == 'inch'"), [3]);
                    let train = of_metadata(&dataset, "subset == 'train'");
                    assert!(train.is_empty() || train == [1, 2] || train == [3], "{train:?}");
                }
            });
        }
        for round in 0..10 {
            let codes = if round % 2 == 0 { vec![1, 2] } else { vec![3] };
            dataset.save_subsets(&[("train".to_owned(), codes)]).unwrap();
        }
    });
    assert_eq!(dataset.subset("train").unwrap(), [3]);
}
