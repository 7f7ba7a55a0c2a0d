//! What every backend promises, as one suite: `run` takes a maker of empty, writable stores.
//!
//! A backend's own tests call it; what only one backend promises (files, durability, encodings) is tested there.

mod growth;

use half::f16;
use num_complex::Complex;
use serde_json::{Value as Json, json};

use super::{Backend, Kind, Leaf, Object, Region, Tree};
use crate::ErrorKind;
use crate::key::Key;
use crate::op::{Interrupt, Op};
use crate::value::{Array, ArrayView, DType};

/// A part of the suite, with its name.
type Part = (&'static str, fn(&dyn Backend));

/// Runs the whole suite, each part on a store of its own.
pub(crate) fn run(make: impl Fn() -> Box<dyn Backend>) {
    let parts: [Part; 17] = [
        ("every_dtype_and_shape", every_dtype_and_shape),
        ("views", views),
        ("bytes_and_json", bytes_and_json),
        ("overwrite", overwrite),
        ("groups", groups),
        ("trees", trees),
        ("wrong_kinds", wrong_kinds),
        ("delete", delete),
        ("rename", rename),
        ("attributes_and_dimensions", attributes_and_dimensions),
        ("regions", regions),
        ("metadata", metadata),
        ("cancelled_calls_change_nothing", cancelled_calls_change_nothing),
        ("every_dtype_by_parts", growth::every_dtype_by_parts),
        ("saved_arrays_grow", growth::saved_arrays_grow),
        ("refused_parts_change_nothing", growth::refused_parts_change_nothing),
        ("drafts_replace_when_they_are_complete", growth::drafts_replace_when_they_are_complete),
    ];
    for (name, part) in parts {
        // Printed only when a part fails, and then the last line says which.
        println!("conformance: {name}");
        let store = make();
        part(store.as_ref());
        store.discard();
    }
}

/// A key.
pub(crate) fn key(text: &str) -> Key {
    Key::parse_or_root(text).unwrap()
}

/// An array as a leaf to be written.
pub(crate) fn leaf(view: ArrayView<'_>) -> Tree<'_> {
    let dims = (0..view.shape().len()).map(|d| format!("dim_{d}")).collect();
    Tree::Leaf(Leaf { kind: Kind::Array, view, dims, attributes: Object::new() })
}

/// Writes an array.
pub(crate) fn put(store: &dyn Backend, at: &str, array: &Array) {
    store.write(&Op::quiet(), &key(at), leaf(array.view())).unwrap();
}

/// Reads a whole array.
pub(crate) fn get(store: &dyn Backend, at: &str) -> Array {
    store.read(&Op::quiet(), &key(at), None).unwrap().array
}

fn put_marked(store: &dyn Backend, at: &str, kind: Kind, array: &Array) {
    let dims = vec!["n".to_owned(); array.shape().len()];
    let leaf = Leaf { kind, view: array.view(), dims, attributes: Object::new() };
    store.write(&Op::quiet(), &key(at), Tree::Leaf(leaf)).unwrap();
}

fn object(value: Json) -> Object {
    value.as_object().cloned().unwrap()
}

fn names(store: &dyn Backend, at: &str) -> Vec<String> {
    store.list(&key(at)).unwrap().into_iter().map(|c| c.name).collect()
}

#[track_caller]
fn fails<T: std::fmt::Debug>(result: crate::Result<T>, kind: ErrorKind, word: &str) {
    let error = result.unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.message().contains(word), "'{error}' does not name '{word}'");
}

/// An array of a type and shape with extreme and ordinary elements.
pub(crate) fn filled(dtype: DType, shape: &[u64]) -> Array {
    let n = shape.iter().product::<u64>() as usize;
    fn cycle<T: crate::value::Element>(shape: &[u64], n: usize, values: &[T]) -> Array {
        Array::from_slice(shape, &values.iter().copied().cycle().take(n).collect::<Vec<_>>()).unwrap()
    }
    match dtype {
        DType::Bool => cycle(shape, n, &[true, false, false]),
        DType::I8 => cycle(shape, n, &[i8::MIN, -1, 0, i8::MAX]),
        DType::I16 => cycle(shape, n, &[i16::MIN, -1, 0, i16::MAX]),
        DType::I32 => cycle(shape, n, &[i32::MIN, -1, 0, i32::MAX]),
        DType::I64 => cycle(shape, n, &[i64::MIN, -1, 0, i64::MAX, (1 << 53) + 1]),
        DType::U8 => cycle(shape, n, &[u8::MAX, 0, 7]),
        DType::U16 => cycle(shape, n, &[u16::MAX, 0, 7]),
        DType::U32 => cycle(shape, n, &[u32::MAX, 0, 7]),
        DType::U64 => cycle(shape, n, &[u64::MAX, 0, (1 << 63) + 1]),
        DType::F16 => {
            cycle(shape, n, &[0.1, -0.0, f32::INFINITY, f32::NEG_INFINITY, 6.0e-8, 65504.0].map(f16::from_f32))
        }
        DType::F32 => cycle(shape, n, &[0.1, -0.0, f32::MAX, f32::MIN_POSITIVE, 1.0e-45, f32::INFINITY, 16_777_216.0]),
        DType::F64 => cycle(shape, n, &[0.1, -0.0, f64::MAX, 5e-324, f64::NEG_INFINITY, 1.0, 1e22]),
        DType::C64 => cycle(shape, n, &[Complex::new(1.5f32, -2.5), Complex::new(f32::INFINITY, 0.1)]),
        DType::C128 => cycle(shape, n, &[Complex::new(0.1f64, -0.0), Complex::new(f64::NEG_INFINITY, 5e-324)]),
        DType::String => {
            let values = ["", "plain", "a\0b", "\u{1F600} ü \"quoted\" \\ \n", "NaN", "[1, 2]"];
            Array::from_strings(shape.to_vec(), values.map(String::from).into_iter().cycle().take(n).collect()).unwrap()
        }
    }
}

/// The shapes every type is tried in.
pub(crate) const SHAPES: [&[u64]; 8] = [&[], &[1], &[7], &[0], &[2, 3], &[2, 0, 3], &[0, 4], &[2, 1, 3, 2]];

fn every_dtype_and_shape(store: &dyn Backend) {
    for dtype in DType::ALL {
        for shape in SHAPES {
            let at = format!("d/{dtype}_{}", shape.iter().map(u64::to_string).collect::<Vec<_>>().join("x"));
            let array = filled(dtype, shape);
            put(store, &at, &array);
            let stored = store.read(&Op::quiet(), &key(&at), None).unwrap();
            assert_eq!((stored.kind, &stored.array), (Kind::Array, &array), "{at}");
            assert_eq!(stored.array.bytes(), array.bytes(), "{at}: bit for bit");
            let info = store.info(&key(&at)).unwrap();
            assert_eq!((info.kind, info.dtype, info.shape.as_slice()), (Kind::Array, Some(dtype), shape), "{at}");
            assert_eq!((info.dims.len(), info.elements), (shape.len(), array.len() as u64), "{at}");
            if let Some(bytes) = array.bytes() {
                assert_eq!(info.bytes, bytes.len() as u64, "{at}");
                let mut out = vec![0xAA; bytes.len()];
                store.read_into(&Op::quiet(), &key(&at), None, &mut out).unwrap();
                assert_eq!(out, bytes, "{at}");
                let mut wrong = vec![0; bytes.len() + 1];
                fails(store.read_into(&Op::quiet(), &key(&at), None, &mut wrong), ErrorKind::BufferTooSmall, &at);
            }
        }
    }
    assert_eq!(store.list(&key("d")).unwrap().len(), DType::ALL.len() * SHAPES.len());
}

fn views(store: &dyn Backend) {
    let data: Vec<i32> = (0..12).collect();
    let view = ArrayView::strided(DType::I32, &[4, 3], &[1, 4], 0, bytemuck::cast_slice(&data)).unwrap();
    store.write(&Op::quiet(), &key("transposed"), leaf(view)).unwrap();
    assert_eq!(get(store, "transposed").to_vec::<i32>().unwrap(), [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11]);
    let bad = [2u8];
    let view = ArrayView::from_bytes(DType::Bool, &[1], &bad).unwrap();
    fails(store.write(&Op::quiet(), &key("bad"), leaf(view)), ErrorKind::InvalidArgument, "bad");
    assert!(!store.exists(&key("bad")).unwrap());
}

fn bytes_and_json(store: &dyn Backend) {
    let bytes = Array::vector(&[0u8, 255, 10, 0]);
    put_marked(store, "blob", Kind::Bytes, &bytes);
    put_marked(store, "nothing", Kind::Bytes, &Array::vector::<u8>(&[]));
    let text = json!({"mixed": [1, "a", null, 0.1, u64::MAX, {"deep": [[]]}]});
    put_marked(store, "note", Kind::Json, &Array::string(text.to_string()));
    put_marked(store, "null", Kind::Json, &Array::string("null"));
    for (at, kind, dtype) in [("blob", Kind::Bytes, DType::U8), ("note", Kind::Json, DType::String)] {
        let info = store.info(&key(at)).unwrap();
        assert_eq!((info.kind, info.dtype), (kind, Some(dtype)));
        assert_eq!(store.read(&Op::quiet(), &key(at), None).unwrap().kind, kind);
    }
    assert_eq!(get(store, "blob"), bytes);
    assert!(get(store, "nothing").is_empty());
    let back = |at| serde_json::from_str::<Json>(&get(store, at).strings().unwrap()[0]).unwrap();
    assert_eq!((back("note"), back("null")), (text, Json::Null));
    let kinds: Vec<_> = store.list(&Key::root()).unwrap().into_iter().map(|c| (c.name, c.kind)).collect();
    let want = [("blob", Kind::Bytes), ("note", Kind::Json), ("nothing", Kind::Bytes), ("null", Kind::Json)];
    assert_eq!(kinds, want.map(|(name, kind)| (name.to_owned(), kind)));
}

fn overwrite(store: &dyn Backend) {
    put(store, "a", &Array::vector(&[1i32, 2, 3]));
    put(store, "a", &Array::string("text"));
    assert_eq!(get(store, "a"), Array::string("text"));
    put(store, "g/x/y", &Array::scalar(1u8));
    put(store, "g", &Array::scalar(2.5f64));
    assert_eq!(get(store, "g"), Array::scalar(2.5f64));
    fails(store.info(&key("g/x/y")), ErrorKind::NotFound, "g/x/y");
    let inner = Array::scalar(3u8);
    store.write(&Op::quiet(), &key("g"), Tree::Group(vec![("new".into(), leaf(inner.view()))])).unwrap();
    assert_eq!(names(store, "g"), ["new"]);
    store.write(&Op::quiet(), &key("g"), Tree::Group(vec![])).unwrap();
    assert!(names(store, "g").is_empty());
    assert_eq!(names(store, ""), ["a", "g"]);
}

fn groups(store: &dyn Backend) {
    assert!(names(store, "").is_empty());
    put(store, "b/c/d", &Array::scalar(1u8));
    store.create_group(&key("b/empty")).unwrap();
    store.create_group(&key("b")).unwrap();
    put(store, "a", &Array::scalar(1u8));
    put(store, "b.c", &Array::scalar(1u8));
    assert_eq!(names(store, ""), ["a", "b", "b.c"]);
    assert_eq!(names(store, "b"), ["c", "empty"]);
    assert_eq!(store.list(&key("b")).unwrap()[0].kind, Kind::Group);
    let info = store.info(&key("b")).unwrap();
    assert_eq!((info.kind, info.dtype, info.elements, info.bytes), (Kind::Group, None, 2, 0));
    assert_eq!(store.info(&Key::root()).unwrap().elements, 3);
    assert!(store.exists(&key("b/empty")).unwrap() && !store.exists(&key("b/other")).unwrap());
    fails(store.list(&key("b/other")), ErrorKind::NotFound, "b/other");
    fails(store.list(&key("a")), ErrorKind::WrongKind, "a");
}

fn trees(store: &dyn Backend) {
    let (one, text, list) = (Array::scalar(1.5f32), Array::string("1.0"), Array::vector(&[1i64, 2]));
    let mixed = Array::string("[1,\"a\"]");
    let json_leaf =
        Leaf { kind: Kind::Json, view: mixed.view(), dims: vec![], attributes: object(json!({"unit": "mm"})) };
    let inner = Tree::Group(vec![("z".into(), leaf(list.view())), ("empty".into(), Tree::Group(vec![]))]);
    let tree = Tree::Group(vec![
        ("version".into(), leaf(text.view())),
        ("one".into(), leaf(one.view())),
        ("inner".into(), inner),
        ("mixed".into(), Tree::Leaf(json_leaf)),
    ]);
    store.write(&Op::quiet(), &key("metadata"), tree).unwrap();
    assert_eq!(names(store, ""), ["metadata"]);
    assert_eq!(names(store, "metadata"), ["inner", "mixed", "one", "version"]);
    assert_eq!(names(store, "metadata/inner"), ["empty", "z"]);
    assert_eq!(get(store, "metadata/version"), text);
    assert_eq!(get(store, "metadata/one"), one);
    assert_eq!(get(store, "metadata/inner/z"), list);
    assert_eq!(store.attributes(&key("metadata/mixed")).unwrap(), object(json!({"unit": "mm"})));
    put(store, "metadata/inner/z", &one);
    put(store, "metadata/inner/more/deep", &text);
    assert_eq!(get(store, "metadata/inner/z"), one);
    assert_eq!(get(store, "metadata/inner/more/deep"), text);
    assert_eq!(get(store, "metadata/version"), text);
    let twice = Tree::Group(vec![("x".into(), leaf(one.view())), ("x".into(), leaf(one.view()))]);
    fails(store.write(&Op::quiet(), &key("t"), twice), ErrorKind::InvalidArgument, "x");
    let slash = Tree::Group(vec![("x/y".into(), leaf(one.view()))]);
    fails(store.write(&Op::quiet(), &key("t"), slash), ErrorKind::InvalidArgument, "x/y");
    assert!(!store.exists(&key("t")).unwrap());
}

fn wrong_kinds(store: &dyn Backend) {
    put(store, "a", &Array::string("x"));
    put(store, "g/b", &Array::scalar(1u8));
    let quiet = Op::quiet();
    let array = Array::scalar(1u8);
    fails(store.write(&quiet, &key("a/b"), leaf(array.view())), ErrorKind::WrongKind, "a");
    fails(store.write(&quiet, &key("g/b/c/d"), leaf(array.view())), ErrorKind::WrongKind, "g/b");
    fails(store.create_group(&key("a")), ErrorKind::WrongKind, "a");
    fails(store.create_group(&key("a/b")), ErrorKind::WrongKind, "a");
    fails(store.read(&quiet, &key("g"), None), ErrorKind::WrongKind, "g");
    fails(store.read(&quiet, &key("nope"), None), ErrorKind::NotFound, "nope");
    fails(store.read(&quiet, &key("a/b"), None), ErrorKind::NotFound, "a/b");
    fails(store.read_into(&quiet, &key("g"), None, &mut [0]), ErrorKind::WrongKind, "g");
    fails(store.read_into(&quiet, &key("a"), None, &mut [0]), ErrorKind::WrongKind, "a");
    fails(store.set_dimensions(&key("g"), &[]), ErrorKind::WrongKind, "g");
    fails(store.set_dimensions(&key("nope"), &[]), ErrorKind::NotFound, "nope");
    fails(store.attributes(&key("nope")), ErrorKind::NotFound, "nope");
    fails(store.set_attributes(&key("nope"), Object::new()), ErrorKind::NotFound, "nope");
    // Below an array there is nothing.
    fails(store.delete(&key("a/b")), ErrorKind::NotFound, "a/b");
    fails(store.rename(&key("a/b"), &key("z")), ErrorKind::NotFound, "a/b");
    fails(store.set_attributes(&key("a/b"), Object::new()), ErrorKind::NotFound, "a/b");
    fails(store.set_dimensions(&key("a/b"), &[]), ErrorKind::NotFound, "a/b");
    fails(store.resize(&quiet, &key("a/b"), &[]), ErrorKind::NotFound, "a/b");
    assert_eq!((names(store, ""), names(store, "g")), (vec!["a".into(), "g".into()], vec!["b".into()]));
}

fn delete(store: &dyn Backend) {
    put(store, "a", &Array::scalar(1u8));
    put(store, "g/x", &Array::scalar(1u8));
    put(store, "g/h/y", &Array::scalar(1u8));
    store.delete(&key("a")).unwrap();
    store.delete(&key("g/x")).unwrap();
    fails(store.delete(&key("a")), ErrorKind::NotFound, "a");
    fails(store.delete(&key("g/x/y")), ErrorKind::NotFound, "g/x/y");
    fails(store.read(&Op::quiet(), &key("a"), None), ErrorKind::NotFound, "a");
    assert_eq!(names(store, ""), ["g"]);
    store.delete(&key("g/h")).unwrap();
    assert!(names(store, "g").is_empty());
    store.delete(&key("g")).unwrap();
    assert!(names(store, "").is_empty());
    put(store, "a", &Array::scalar(2u8));
    assert_eq!(get(store, "a"), Array::scalar(2u8));
}

fn rename(store: &dyn Backend) {
    let (one, two) = (Array::vector(&[1.5f32, 0.1]), Array::string("two"));
    put(store, "a", &one);
    put(store, "g/x", &two);
    put(store, "g/h/y", &one);
    store.set_attributes(&key("a"), object(json!({"k": 1}))).unwrap();
    fails(store.rename(&key("nope"), &key("z")), ErrorKind::NotFound, "nope");
    fails(store.rename(&key("a"), &key("g/x")), ErrorKind::AlreadyExists, "g/x");
    fails(store.rename(&key("a"), &key("g")), ErrorKind::AlreadyExists, "g");
    fails(store.rename(&key("g"), &key("g/inner")), ErrorKind::InvalidArgument, "g");
    fails(store.rename(&key("g"), &key("a/b")), ErrorKind::WrongKind, "a");
    // Names of the user, whatever they look like; automatic ones are the facade's affair, or follow.
    let names_of = |at: &str| store.info(&key(at)).unwrap().dims;
    put(store, "n", &filled(DType::U8, &[1, 2]));
    store.set_dimensions(&key("n"), &["n_dim_1".into(), "n_dim_0".into()]).unwrap();
    store.rename(&key("n"), &key("m")).unwrap();
    assert_eq!(names_of("m"), ["n_dim_1", "n_dim_0"]);
    store.delete(&key("m")).unwrap();
    store.rename(&key("a"), &key("new/place/b")).unwrap();
    assert_eq!(get(store, "new/place/b"), one);
    assert_eq!(store.attributes(&key("new/place/b")).unwrap(), object(json!({"k": 1})));
    store.rename(&key("g"), &key("k")).unwrap();
    assert_eq!((get(store, "k/x"), get(store, "k/h/y")), (two.clone(), one.clone()));
    assert_eq!(names(store, ""), ["k", "new"]);
    let dict = Tree::Group(vec![("p".into(), leaf(one.view())), ("q".into(), leaf(two.view()))]);
    store.write(&Op::quiet(), &key("dict"), dict).unwrap();
    store.rename(&key("dict/p"), &key("p")).unwrap();
    store.rename(&key("k/x"), &key("dict/x")).unwrap();
    store.rename(&key("dict"), &key("k/dict")).unwrap();
    assert_eq!(names(store, ""), ["k", "new", "p"]);
    assert_eq!(names(store, "k/dict"), ["q", "x"]);
    assert_eq!((get(store, "p"), get(store, "k/dict/q"), get(store, "k/dict/x")), (one, two.clone(), two));
}

fn attributes_and_dimensions(store: &dyn Backend) {
    put(store, "g/a", &filled(DType::F32, &[2, 3]));
    assert_eq!(store.info(&key("g/a")).unwrap().dims, ["dim_0", "dim_1"]);
    assert!(store.attributes(&key("g/a")).unwrap().is_empty());
    store.set_dimensions(&key("g/a"), &["face".into(), "coordinate".into()]).unwrap();
    let attributes = object(json!({"unit": "mm", "nested": {"list": [1, 2.5, null]}, "ü": "\0"}));
    store.set_attributes(&key("g/a"), attributes.clone()).unwrap();
    store.set_attributes(&key("g"), object(json!({"of": "group"}))).unwrap();
    store.set_attributes(&Key::root(), object(json!({"of": "root"}))).unwrap();
    assert_eq!(store.info(&key("g/a")).unwrap().dims, ["face", "coordinate"]);
    assert_eq!(store.attributes(&key("g/a")).unwrap(), attributes);
    assert_eq!(store.attributes(&key("g")).unwrap(), object(json!({"of": "group"})));
    assert_eq!(store.attributes(&Key::root()).unwrap(), object(json!({"of": "root"})));
    assert_eq!(get(store, "g/a"), filled(DType::F32, &[2, 3]));
    store.set_attributes(&key("g/a"), Object::new()).unwrap();
    assert!(store.attributes(&key("g/a")).unwrap().is_empty());
    assert_eq!(store.info(&key("g/a")).unwrap().dims, ["face", "coordinate"]);
}

fn regions(store: &dyn Backend) {
    let region = |offset: &[u64], shape: &[u64]| Region { offset: offset.to_vec(), shape: shape.to_vec() };
    let array = Array::from_slice(&[3, 4], &(0..12i32).collect::<Vec<_>>()).unwrap();
    let strings = Array::from_strings(vec![4], ["a", "b", "c", "d"].map(String::from).to_vec()).unwrap();
    put(store, "a", &array);
    put(store, "s", &strings);
    put(store, "zero", &Array::scalar(5u16));
    let read = |at: &str, r: &Region| store.read(&Op::quiet(), &key(at), Some(r));
    let want = Array::from_slice(&[2, 2], &[5, 6, 9, 10]).unwrap();
    assert_eq!(read("a", &region(&[1, 1], &[2, 2])).unwrap().array, want);
    assert_eq!(read("a", &region(&[0, 0], &[3, 4])).unwrap().array, array);
    assert_eq!(read("a", &region(&[3, 0], &[0, 4])).unwrap().array.shape(), [0, 4]);
    assert_eq!(read("s", &region(&[1], &[2])).unwrap().array.strings().unwrap(), ["b", "c"]);
    assert_eq!(read("zero", &region(&[], &[])).unwrap().array, Array::scalar(5u16));
    let mut out = [0u8; 16];
    store.read_into(&Op::quiet(), &key("a"), Some(&region(&[1, 1], &[2, 2])), &mut out).unwrap();
    assert_eq!(&out, bytemuck::cast_slice::<i32, u8>(&[5, 6, 9, 10]));
    for outside in [region(&[2, 0], &[2, 1]), region(&[0], &[1]), region(&[u64::MAX, 0], &[2, 1])] {
        fails(read("a", &outside), ErrorKind::ShapeMismatch, "a");
        let result = store.read_into(&Op::quiet(), &key("a"), Some(&outside), &mut out);
        fails(result, ErrorKind::ShapeMismatch, "a");
    }
}

fn metadata(store: &dyn Backend) {
    assert!(store.load_metadata().unwrap().is_empty());
    let document = object(json!({"size": 1, "nested": {"list": [1.5, "x", null]}}));
    store.flush(&Op::quiet(), &document).unwrap();
    assert_eq!(store.load_metadata().unwrap(), document);
    put(store, "metadata", &Array::scalar(1u8));
    store.flush(&Op::quiet(), &document).unwrap();
    assert_eq!(store.load_metadata().unwrap(), document);
    assert_eq!(get(store, "metadata"), Array::scalar(1u8));
    assert!(store.verify(&Op::quiet(), false).unwrap().is_empty());
}

fn cancelled_calls_change_nothing(store: &dyn Backend) {
    put(store, "a", &Array::scalar(1u8));
    let interrupt = Interrupt::default();
    let op = Op::new(interrupt.begin(), None);
    interrupt.raise();
    let other = Array::scalar(2u8);
    fails(store.write(&op, &key("a"), leaf(other.view())), ErrorKind::Cancelled, "interrupted");
    fails(store.read(&op, &key("a"), None), ErrorKind::Cancelled, "interrupted");
    fails(store.flush(&op, &object(json!({"x": 1}))), ErrorKind::Cancelled, "interrupted");
    assert_eq!(get(store, "a"), Array::scalar(1u8));
    assert!(store.load_metadata().unwrap().is_empty());
}
