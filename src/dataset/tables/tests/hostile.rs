//! Tables that are not what was written: an error, whatever the bytes are.

use std::path::Path;
use std::sync::Arc;

use parquet::data_type::{ByteArray, ByteArrayType, Int32Type, Int64Type};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use proptest::prelude::*;
use serde_json::json;

use super::super::normal::cell;
use super::super::{Infoset, Table, checksum, write_infoset};
use super::file;
use crate::ErrorKind;
use crate::options::{Integrity, Sync};

fn bytes() -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.infoset");
    let files: Vec<_> = (0..300)
        .map(|id| {
            file(
                id,
                &format!("part_{id}"),
                json!({"n": id, "x": id as f64 / 3.0, "ok": id % 2 == 0, "t": format!("text {}", id % 5)}),
            )
        })
        .collect();
    write_infoset(&path, "0123456789abcdef", None, &files, None, Sync::None).unwrap();
    std::fs::read(path).unwrap()
}

/// Reads everything that can be read.
fn read_all(bytes: Vec<u8>, integrity: Integrity) -> crate::Result<()> {
    let table = Table::of_bytes(Path::new("x.infoset"), bytes, integrity)?;
    (0..table.columns().len()).try_for_each(|index| table.column(index).map(drop))
}

#[test]
fn every_changed_byte_is_noticed() {
    let good = bytes();
    assert!(read_all(good.clone(), Integrity::Check).is_ok());
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1 << (at % 8);
        match Table::of_bytes(Path::new("x.infoset"), bad, Integrity::Check) {
            Err(e) => assert!(matches!(e.kind(), ErrorKind::Corrupt | ErrorKind::Unsupported), "{at}: {e}"),
            // The name of who wrote it is no data.
            Ok(_) => {
                let name = checksum::CREATOR.as_bytes();
                let creator = good.windows(name.len()).rposition(|window| window == name).unwrap();
                assert!((creator..creator + name.len()).contains(&at), "byte {at} changed and nobody noticed");
            }
        }
    }
}

#[test]
fn a_table_that_is_cut_off_is_corrupt() {
    let good = bytes();
    for length in 0..good.len() {
        for integrity in [Integrity::Check, Integrity::Ignore] {
            let error = Table::of_bytes(Path::new("x.infoset"), good[..length].to_vec(), integrity).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Corrupt, "{length}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn nothing_panics_where_the_checksum_is_ignored(changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6), in_footer in any::<bool>()) {
        static GOOD: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
        let mut bad = GOOD.get_or_init(bytes).clone();
        let from = if in_footer { bad.len() * 3 / 4 } else { 0 };
        for (at, byte) in changes {
            let length = bad.len();
            bad[from + at.index(length - from)] = byte;
        }
        if let Err(e) = read_all(bad, Integrity::Ignore) {
            prop_assert!(matches!(e.kind(), ErrorKind::Corrupt | ErrorKind::Unsupported), "{}", e);
        }
    }
}

#[test]
fn a_page_that_claims_more_than_it_can_hold_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.infoset");
    let mut table = Infoset::new(None).unwrap();
    table.push(&file(0, "a", json!({"text": "x".repeat(3000)}))).unwrap();
    table.write(&path, "0123456789abcdef", Sync::None).unwrap();
    let good = std::fs::read(&path).unwrap();
    assert!(read_all(good.clone(), Integrity::Ignore).is_ok());
    // Dictionary page of 3004 bytes: field 2 (uncompressed size), zigzag varint 6008; 8191 are more than its 150 can hold.
    let claim = [0x15, 0xf8, 0x2e, 0x15];
    let at = good.windows(4).position(|window| window == claim).unwrap();
    let mut bad = good;
    bad[at + 2] = 0x7f;
    let error = read_all(bad, Integrity::Ignore).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert!(error.message().contains("claims more bytes than it can hold"), "{error}");
}

#[test]
fn tables_of_other_tools_are_read_as_far_as_their_types_are_known() {
    let write = |more: &str| {
        let flat = "optional int32 small; required binary text (UTF8); required int64 fits (UINT_64); \
            required int64 large (INTEGER(64,false)); required int32 byte (UINT_8); optional int64 day (TIMESTAMP_MILLIS); \
            required binary bytes;";
        let schema = Arc::new(parse_message_type(&format!("message other {{ {flat} {more} }}")).unwrap());
        let mut writer = SerializedFileWriter::new(Vec::new(), schema, Default::default()).unwrap();
        let mut group = writer.next_row_group().unwrap();
        let texts = [ByteArray::from("a"), ByteArray::from("b")];
        let mut index = 0;
        while let Some(mut column) = group.next_column().unwrap() {
            match index {
                0 => column.typed::<Int32Type>().write_batch(&[-1], Some(&[1, 0]), None).unwrap(),
                1 | 6 => column.typed::<ByteArrayType>().write_batch(&texts, None, None).unwrap(),
                2 => column.typed::<Int64Type>().write_batch(&[1, 2], None, None).unwrap(),
                3 => column.typed::<Int64Type>().write_batch(&[1, -1], None, None).unwrap(),
                4 => column.typed::<Int32Type>().write_batch(&[1, 255], None, None).unwrap(),
                5 => column.typed::<Int64Type>().write_batch(&[1], Some(&[0, 1]), None).unwrap(),
                _ => column.typed::<Int32Type>().write_batch(&[1, 2], Some(&[1, 1]), Some(&[0, 0])).unwrap(),
            };
            column.close().unwrap();
            index += 1;
        }
        group.close().unwrap();
        writer.into_inner().unwrap()
    };
    let table = Table::of_bytes(Path::new("x"), write(""), Integrity::Check).unwrap();
    let kinds: Vec<_> = table.columns().iter().map(|column| column.kind.map(|kind| kind.name())).collect();
    let known = ["int64", "string", "int64", "int64", "int64"].map(Some);
    assert_eq!(kinds, [&known[..], &[None, None]].concat());
    let cells = |index: usize| {
        let array = table.column(index).unwrap();
        [cell(&array, 0), cell(&array, 1)]
    };
    assert_eq!(cells(0), [json!(-1), json!(null)]);
    assert_eq!(cells(1), [json!("a"), json!("b")]);
    assert_eq!((cells(2), cells(4)), ([json!(1), json!(2)], [json!(1), json!(255)]));
    assert_eq!(table.column(3).unwrap_err().kind(), ErrorKind::Corrupt);
    assert_eq!(table.column(5).unwrap_err().kind(), ErrorKind::Unsupported);
    let table = Table::of_bytes(Path::new("x"), write("repeated int32 lists;"), Integrity::Check).unwrap();
    assert!(table.column(0).is_ok());
    assert_eq!(table.column(7).unwrap_err().kind(), ErrorKind::Unsupported);
}

#[test]
fn a_dictionary_that_claims_more_entries_than_it_can_hold_is_refused() {
    let good = bytes();
    // Dictionary page of the kind of table, `file_info`: its header ends with field 7, a struct of 1 entry in PLAIN.
    let claim = [0x4c, 0x15, 0x02, 0x15, 0x00];
    let places: Vec<_> = good.windows(5).enumerate().filter(|(_, window)| *window == claim).map(|(at, _)| at).collect();
    assert!(!places.is_empty());
    for at in places {
        let mut bad = good.clone();
        bad[at + 2] = 0x7e;
        let error = read_all(bad, Integrity::Ignore).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt);
        assert!(error.message().contains("claims more entries than it can hold"), "{error}");
    }
}

#[test]
fn a_text_of_a_dictionary_is_kept_once() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.infoset");
    let mut table = Infoset::new(None).unwrap();
    let long = "x".repeat(100_000);
    (0..2000).for_each(|id| table.push(&file(id, "a", json!({"text": long}))).unwrap());
    table.write(&path, "0123456789abcdef", Sync::None).unwrap();
    let table = Table::open(&path, Integrity::Check).unwrap();
    let array = table.column(table.find("text").unwrap()).unwrap();
    assert!((0..2000).all(|row| cell(&array, row) == json!(long)));
    assert!(arrow_array::Array::get_array_memory_size(&array) < 1 << 20);
}
