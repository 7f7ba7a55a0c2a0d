//! Stores that were written in bulk are read as any other.

use std::path::Path;

use super::*;
use crate::backend::{Backend, Region};
use crate::key::Key;
use crate::op::Op;
use crate::options::Options;
use crate::value::{Array, DType};

fn arrays(options: &Options) -> Vec<BulkArray> {
    let layout = BulkLayout::new(options).unwrap();
    let shards = (options.zarr_format == Some(3)).then_some(4);
    let dims = ["face".to_owned(), "xyz".to_owned()];
    let areas = layout.array("faces/areas", (DType::F32, &[10]), &dims[..1], (2, shards), None).unwrap();
    let points = layout.array("faces/points", (DType::I32, &[3, 2]), &dims, (8, shards.map(|_| 8)), None).unwrap();
    let names = layout.array("names", (DType::String, &[3]), &dims[..1], (2, shards), None).unwrap();
    vec![areas, points, names]
}

/// The elements of a chunk, those beyond the end of the array zero.
fn chunk(array: &BulkArray, chunk: u64) -> Vec<u8> {
    let shape = array.chunk_shape().to_vec();
    let row: u64 = shape[1..].iter().product();
    let at = |i: u64| chunk * shape[0] * row + i;
    let inside = |i: u64| at(i) / row < array.shape()[0];
    let count = shape.iter().product::<u64>();
    let array_of = |array: Array| array.view().to_array().unwrap();
    let elements = match array.dtype() {
        DType::F32 => Array::from_slice(
            &shape,
            &(0..count).map(|i| if inside(i) { at(i) as f32 } else { 0.0 }).collect::<Vec<_>>(),
        ),
        DType::I32 => {
            Array::from_slice(&shape, &(0..count).map(|i| if inside(i) { at(i) as i32 } else { 0 }).collect::<Vec<_>>())
        }
        _ => Array::from_strings(
            shape.clone(),
            (0..count).map(|i| if inside(i) { format!("n{}", at(i)) } else { String::new() }).collect(),
        ),
    };
    let elements = array_of(elements.unwrap());
    match elements.strings() {
        Some(strings) => {
            let strings: Vec<&str> = strings.iter().map(String::as_str).collect();
            array.encode(&crate::value::ArrayView::from_strings(elements.shape(), &strings).unwrap()).unwrap()
        }
        None => array.encode(&elements.view()).unwrap(),
    }
}

fn puts(arrays: &[BulkArray]) -> Vec<(Put, Vec<u8>)> {
    let mut out = Vec::new();
    for (index, array) in arrays.iter().enumerate().rev() {
        for number in 0..array.chunks() {
            let bytes = chunk(array, number);
            let put = Put { array: index, chunk: number, size: bytes.len() as u64, crc: crc32fast::hash(&bytes) };
            out.push((put, bytes));
        }
    }
    out
}

fn check(path: &Path) {
    let store = super::super::ZarrStore::open(path, &Options::parse(r#"{"mode": "r"}"#).unwrap()).unwrap();
    let op = Op::quiet();
    let read = |key: &str| store.read(&op, &Key::parse(key).unwrap(), None).unwrap().array;
    assert_eq!(read("faces/areas"), Array::vector(&(0..10).map(|i| i as f32).collect::<Vec<_>>()));
    assert_eq!(read("faces/points"), Array::from_slice(&[3, 2], &[0i32, 1, 2, 3, 4, 5]).unwrap());
    assert_eq!(read("names").into_strings(), ["n0", "n1", "n2"]);
    let region = Region { offset: vec![3], shape: vec![4] };
    let part = store.read(&op, &Key::parse("faces/areas").unwrap(), Some(&region)).unwrap().array;
    assert_eq!(part.to_vec::<f32>().unwrap(), [3.0, 4.0, 5.0, 6.0]);
    assert_eq!(store.verify(&op, false).unwrap(), []);
    assert_eq!(store.load_metadata().unwrap()["who"], "me");
    assert_eq!(store.info(&Key::parse("faces/points").unwrap()).unwrap().dims, ["face", "xyz"]);
}

fn document() -> Object {
    [("who".to_owned(), "me".into())].into_iter().collect()
}

#[test]
fn what_is_put_is_read_also_after_a_writer_died() {
    for text in ["{}", r#"{"zarr_format": 3}"#, r#"{"codec": "none"}"#] {
        let arrays = arrays(&Options::parse(text).unwrap());
        let puts = puts(&arrays);
        for directory in [false, true] {
            let place = tempfile::tempdir().unwrap();
            let whole = place.path().join("whole.zarr");
            let mut writer = BulkWriter::create(&whole, directory, &arrays).unwrap();
            puts.iter().for_each(|(put, bytes)| writer.put(&arrays[put.array], *put, bytes).unwrap());
            let size = writer.finish(&arrays, &document(), true).unwrap();
            check(&whole);
            for cut in 0..=puts.len() {
                let path = place.path().join("cut.zarr");
                let mut first = BulkWriter::create(&path, directory, &arrays).unwrap();
                let further = (cut + 1).min(puts.len());
                puts[..further].iter().for_each(|(put, bytes)| first.put(&arrays[put.array], *put, bytes).unwrap());
                first.flush().unwrap();
                drop(first);
                let there: Vec<Put> = puts[..cut].iter().map(|(put, _)| *put).collect();
                let mut second = BulkWriter::resume(&path, directory, &arrays, &there).unwrap();
                puts[cut..].iter().for_each(|(put, bytes)| second.put(&arrays[put.array], *put, bytes).unwrap());
                assert_eq!(second.finish(&arrays, &document(), false).unwrap(), size);
                check(&path);
                if !directory {
                    assert_eq!(std::fs::read(&path).unwrap(), std::fs::read(&whole).unwrap(), "cut at {cut}");
                }
            }
        }
    }
}

#[test]
fn what_was_altered_meanwhile_is_not_gone_on_with() {
    let arrays = arrays(&Options::default());
    let puts = puts(&arrays);
    for directory in [false, true] {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("cut.zarr");
        let mut writer = BulkWriter::create(&path, directory, &arrays).unwrap();
        puts.iter().for_each(|(put, bytes)| writer.put(&arrays[put.array], *put, bytes).unwrap());
        writer.flush().unwrap();
        drop(writer);
        let mut there: Vec<Put> = puts.iter().map(|(put, _)| *put).collect();
        there[1].crc ^= 1;
        let error = BulkWriter::resume(&path, directory, &arrays, &there).map(drop).unwrap_err();
        assert!(error.message().contains("crc32"), "{error}");
    }
}

#[test]
fn documents_come_back_and_chunks_are_copied_as_they_are() {
    for text in ["{}", r#"{"zarr_format": 3}"#] {
        let arrays = arrays(&Options::parse(text).unwrap());
        for array in &arrays {
            let texts: Vec<(String, String)> =
                array.documents().into_iter().map(|(name, text)| (name.to_owned(), text)).collect();
            let again = BulkArray::from_documents(array.key().as_str(), &texts).unwrap();
            assert_eq!(again.documents(), array.documents());
        }
        let puts = puts(&arrays);
        for directory in [false, true] {
            let place = tempfile::tempdir().unwrap();
            let (from, to) = (place.path().join("from.zarr"), place.path().join("to.zarr"));
            let mut writer = BulkWriter::create(&from, directory, &arrays).unwrap();
            puts.iter().for_each(|(put, bytes)| writer.put(&arrays[put.array], *put, bytes).unwrap());
            writer.finish(&arrays, &document(), false).unwrap();
            let source = BulkSource::open(&from, &Options::default()).unwrap();
            let arrays: Vec<BulkArray> =
                arrays.iter().map(|array| source.array(array.key().as_str()).unwrap().unwrap()).collect();
            let mut writer = BulkWriter::create(&to, directory, &arrays).unwrap();
            let mut told = 0;
            for (index, array) in arrays.iter().enumerate() {
                let tell = &mut |put: Put| {
                    told += u64::from(put.array == index);
                    Ok(())
                };
                source.copy(array, (index, 0..array.chunks()), &mut writer, tell).unwrap();
            }
            assert_eq!(told, puts.len() as u64);
            writer.finish(&arrays, &document(), false).unwrap();
            check(&to);
        }
    }
}
