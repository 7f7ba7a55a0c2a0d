//! Arrays that are written by parts: what every backend promises of `create`, `write_region`, `resize`, `append` and
//! `draft`.

use serde_json::json;

use super::{fails, filled, get, key, names, object, put};
use crate::ErrorKind;
use crate::backend::{Backend, Kind, NewArray, Region};
use crate::op::{Interrupt, Op};
use crate::value::{Array, DType};

fn new(dtype: DType, shape: &[u64], fill: Option<Array>) -> NewArray {
    let dims = (0..shape.len()).map(|d| format!("dim_{d}")).collect();
    let attributes = object(json!({"unit": "mm"}));
    let chunks = Some(vec![2; shape.len()]);
    NewArray {
        dtype,
        shape: shape.to_vec(),
        dims,
        attributes,
        fill,
        chunks,
        shards: None,
        codec: None,
        profile: None,
        like: None,
    }
}

fn region(offset: &[u64], shape: &[u64]) -> Region {
    Region { offset: offset.to_vec(), shape: shape.to_vec() }
}

pub(super) fn every_dtype_by_parts(store: &dyn Backend) {
    let quiet = Op::quiet();
    for dtype in DType::ALL {
        let at = key(&format!("g/{dtype}"));
        let zero = Array::zero(dtype);
        store.create(&quiet, &at, new(dtype, &[3, 4], Some(zero.clone()))).unwrap();
        let info = store.info(&at).unwrap();
        assert_eq!((info.kind, info.dtype, &info.shape[..]), (Kind::Array, Some(dtype), &[3, 4][..]));
        assert_eq!(info.dims, ["dim_0", "dim_1"]);
        let mut want = Array::filled(vec![3, 4], &zero).unwrap();
        assert_eq!(get(store, at.as_str()), want, "{dtype}: nothing was written");
        let part = filled(dtype, &[2, 3]);
        store.write_region(&quiet, &at, &region(&[1, 1], &[2, 3]), &part.view()).unwrap();
        want.patch(&[1, 1], &part.view()).unwrap();
        assert_eq!(get(store, at.as_str()), want, "{dtype}");
        store.resize(&quiet, &at, &[2, 5]).unwrap();
        want.resize(&[2, 5], &zero).unwrap();
        assert_eq!(get(store, at.as_str()), want, "{dtype}: resized");
        for (axis, shape) in [(0, [3, 5]), (1, [5, 1]), (0, [0, 6])] {
            let more = filled(dtype, &shape);
            let from = want.shape().to_vec();
            assert!(store.append(&quiet, &at, &more.view(), axis, &from).unwrap());
            want.append(&more.view(), axis, &zero).unwrap();
        }
        assert_eq!(get(store, at.as_str()), want, "{dtype}: appended to");
        let cut = store.read(&quiet, &at, Some(&region(&[1, 2], &[3, 3]))).unwrap().array;
        assert_eq!(cut, crate::value::region::cut(&want, &region(&[1, 2], &[3, 3])).unwrap());
        assert_eq!(store.attributes(&at).unwrap(), object(json!({"unit": "mm"})));
        assert_eq!(store.info(&at).unwrap().dims, ["dim_0", "dim_1"]);
    }
}

pub(super) fn saved_arrays_grow(store: &dyn Backend) {
    let quiet = Op::quiet();
    put(store, "a", &Array::from_slice(&[2, 2], &[1i32, 2, 3, 4]).unwrap());
    let row = Array::from_slice(&[1, 2], &[5i32, 6]).unwrap();
    assert!(store.append(&quiet, &key("a"), &row.view(), 0, &[2, 2]).unwrap());
    assert!(!store.append(&quiet, &key("a"), &row.view(), 0, &[2, 2]).unwrap(), "it has another shape by now");
    assert_eq!(get(store, "a"), Array::from_slice(&[3, 2], &[1i32, 2, 3, 4, 5, 6]).unwrap());
    store.resize(&quiet, &key("a"), &[4, 1]).unwrap();
    assert_eq!(get(store, "a"), Array::from_slice(&[4, 1], &[1i32, 3, 5, 0]).unwrap());
    put(store, "scalar", &Array::scalar(5u16));
    store.write_region(&quiet, &key("scalar"), &region(&[], &[]), &Array::scalar(6u16).view()).unwrap();
    store.resize(&quiet, &key("scalar"), &[]).unwrap();
    assert_eq!(get(store, "scalar"), Array::scalar(6u16));
    let one = Array::string("one");
    put(store, "text", &Array::string("zero"));
    store.write_region(&quiet, &key("text"), &region(&[], &[]), &one.view()).unwrap();
    assert_eq!(get(store, "text"), one);
    store.create(&quiet, &key("seven"), new(DType::I8, &[1], Some(Array::scalar(7i8)))).unwrap();
    store.resize(&quiet, &key("seven"), &[3]).unwrap();
    store.rename(&key("seven"), &key("g/seven")).unwrap();
    store.resize(&quiet, &key("g/seven"), &[5]).unwrap();
    assert_eq!(get(store, "g/seven"), Array::vector(&[7i8; 5]));
    put(store, "g/seven", &one);
    assert_eq!(get(store, "g/seven"), one);
    store.delete(&key("g/seven")).unwrap();
    fails(store.resize(&quiet, &key("g/seven"), &[]), ErrorKind::NotFound, "g/seven");
}

pub(super) fn refused_parts_change_nothing(store: &dyn Backend) {
    let quiet = Op::quiet();
    let array = Array::from_slice(&[2, 2], &[1i32, 2, 3, 4]).unwrap();
    put(store, "a", &array);
    store.create_group(&key("g")).unwrap();
    let write = |at: &str, region: &Region, data: &Array| store.write_region(&quiet, &key(at), region, &data.view());
    let (two, wide) =
        (Array::from_slice(&[1, 2], &[8i32, 9]).unwrap(), Array::from_slice(&[1, 2], &[8i64, 9]).unwrap());
    fails(write("a", &region(&[2, 0], &[1, 2]), &two), ErrorKind::ShapeMismatch, "a");
    fails(write("a", &region(&[u64::MAX, 0], &[1, 2]), &two), ErrorKind::ShapeMismatch, "a");
    fails(write("a", &region(&[0], &[2]), &two), ErrorKind::ShapeMismatch, "a");
    fails(write("a", &region(&[0, 0], &[2, 1]), &two), ErrorKind::ShapeMismatch, "a");
    fails(write("a", &region(&[0, 0], &[1, 2]), &wide), ErrorKind::DtypeMismatch, "int64");
    fails(write("g", &region(&[], &[]), &two), ErrorKind::WrongKind, "g");
    fails(write("nope", &region(&[], &[]), &two), ErrorKind::NotFound, "nope");
    fails(store.resize(&quiet, &key("a"), &[4]), ErrorKind::ShapeMismatch, "a");
    fails(
        store.create(&quiet, &key("a"), new(DType::I32, &[1], Some(Array::zero(DType::I32)))),
        ErrorKind::AlreadyExists,
        "a",
    );
    fails(
        store.create(&quiet, &key("g"), new(DType::I32, &[1], Some(Array::zero(DType::I32)))),
        ErrorKind::AlreadyExists,
        "g",
    );
    fails(
        store.create(&quiet, &key("a/b"), new(DType::I32, &[1], Some(Array::zero(DType::I32)))),
        ErrorKind::WrongKind,
        "a",
    );
    let interrupt = Interrupt::default();
    let op = Op::new(interrupt.begin(), None);
    interrupt.raise();
    let whole = region(&[0, 0], &[1, 2]);
    fails(store.write_region(&op, &key("a"), &whole, &two.view()), ErrorKind::Cancelled, "interrupted");
    fails(store.append(&op, &key("a"), &two.view(), 0, &[2, 2]), ErrorKind::Cancelled, "interrupted");
    fails(store.resize(&op, &key("a"), &[1, 1]), ErrorKind::Cancelled, "interrupted");
    assert_eq!(get(store, "a"), array);
    write("a", &region(&[1, 0], &[1, 2]), &two).unwrap();
    assert_eq!(get(store, "a").to_vec::<i32>().unwrap(), [1, 2, 8, 9]);
}

pub(super) fn drafts_replace_when_they_are_complete(store: &dyn Backend) {
    let quiet = Op::quiet();
    let (old, want) = (filled(DType::F64, &[3]), filled(DType::I32, &[4, 3]));
    put(store, "a", &old);
    put(store, "g/h/old", &old);
    let draft = |at: &str| store.draft(&key(at), new(DType::I32, &[4, 3], Some(Array::zero(DType::I32))));
    let as_before = || {
        assert_eq!((names(store, ""), names(store, "g")), (vec!["a".into(), "g".into()], vec!["h".into()]));
        assert_eq!((get(store, "a"), get(store, "g/h/old")), (old.clone(), old.clone()));
    };
    if store.format() != "zarr" {
        fails(draft("a").map(|_| ()), ErrorKind::Unsupported, "a");
        return as_before();
    }
    fails(draft("a/b").map(|_| ()), ErrorKind::WrongKind, "a");
    // A new key with groups on the way, an array, a group.
    for at in ["new/way/x", "a", "g"] {
        let drafted = draft(at).unwrap();
        let write = |from: u64, op: &Op| {
            let part = region(&[from, 0], &[1, 3]);
            let row = crate::value::region::cut(&want, &part).unwrap();
            drafted.write(op, &part, &row.view())
        };
        [3, 0, 2].into_iter().for_each(|row| write(row, &quiet).unwrap());
        let two = Array::from_slice(&[2], &[8i32, 9]).unwrap();
        fails(drafted.write(&quiet, &region(&[0], &[2]), &two.view()), ErrorKind::ShapeMismatch, at);
        let outside = crate::value::region::cut(&want, &region(&[0, 0], &[1, 3])).unwrap();
        fails(drafted.write(&quiet, &region(&[4, 0], &[1, 3]), &outside.view()), ErrorKind::ShapeMismatch, at);
        let interrupt = Interrupt::default();
        let op = Op::new(interrupt.begin(), None);
        interrupt.raise();
        fails(write(1, &op), ErrorKind::Cancelled, "interrupted");
        write(1, &quiet).unwrap();
        as_before();
        store.flush(&quiet, &object(json!({}))).unwrap();
        as_before();
        // Dropped, it never was.
        drop(drafted);
        as_before();
    }
    let drafted = draft("a").unwrap();
    drafted.write(&quiet, &region(&[0, 0], &[4, 3]), &want.view()).unwrap();
    let interrupt = Interrupt::default();
    let op = Op::new(interrupt.begin(), None);
    interrupt.raise();
    fails(drafted.publish(&op), ErrorKind::Cancelled, "interrupted");
    as_before();
    for at in ["a", "g", "new/way/x"] {
        let drafted = draft(at).unwrap();
        drafted.write(&quiet, &region(&[0, 0], &[4, 3]), &want.view()).unwrap();
        drafted.publish(&quiet).unwrap();
    }
    for _ in 0..2 {
        assert_eq!(
            (names(store, ""), names(store, "new/way")),
            (["a", "g", "new"].map(String::from).into(), vec!["x".into()])
        );
        for at in ["a", "g", "new/way/x"] {
            assert_eq!(get(store, at), want);
            assert_eq!(store.attributes(&key(at)).unwrap(), object(json!({"unit": "mm"})));
        }
        store.flush(&quiet, &object(json!({}))).unwrap();
    }
    assert!(store.verify(&quiet, false).unwrap().is_empty());
    // It is an array like any other: written to, and in the way of what is below it.
    store.resize(&quiet, &key("g"), &[5, 3]).unwrap();
    assert_eq!(store.info(&key("g")).unwrap().shape, [5, 3]);
    let late = draft("late/x").unwrap();
    put(store, "late", &old);
    fails(late.publish(&quiet), ErrorKind::WrongKind, "late");
    assert_eq!(get(store, "late"), old);
}
