//! Tables that are small and decode to more than a dataset may.

use datastorage::dataset::explore::Table;
use datastorage::dataset::{Dataset, MergeOptions, merge};
use datastorage::{ErrorKind, Op, Options};
use serde_json::json;

use super::parts;

#[test]
fn columns_and_rows_of_tables_are_bounded() {
    let place = tempfile::tempdir().unwrap();
    let sizes = parts::sizes(4);
    let paths: Vec<_> = (0..4).map(|number| parts::write(place.path(), number, sizes[number as usize], &[])).collect();
    let output = place.path().join("all.dataset");
    merge(&Op::quiet(), &paths, &output, &MergeOptions::parse(r#"{"sync": "none"}"#).unwrap()).unwrap();
    let open = |bytes: u64| Dataset::open(&output, &Options::from_json(json!({"max_decoded_bytes": bytes})).unwrap());
    let list = |dataset: Dataset| dataset.table(&Op::quiet(), Table::Infoset, "");
    let error = open(60).err().unwrap();
    assert!(error.kind() == ErrorKind::Corrupt && error.message().contains("column 'id'"), "{error}");
    let error = list(open(64).unwrap()).unwrap_err();
    assert!(error.kind() == ErrorKind::Corrupt && error.message().contains("4 rows have"), "{error}");
    assert_eq!(list(open(1 << 20).unwrap()).unwrap().len(), 4);
}
