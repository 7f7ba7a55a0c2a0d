//! Stores of Zarr format 3 that zarr-python 3.1.6 wrote (tests/fixtures/v3/make.py) are read as they were written, from
//! an archive and from a directory, whole and in boxes, and changed. The elements are recomputed here from the formulas of the script.

use std::path::{Path, PathBuf};

use datastorage::backend::{Kind, Region};
use datastorage::{Array, DType, ErrorKind, Options, Storage, Value};
use half::f16;
use num_complex::Complex;
use serde_json::{Value as Json, json};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/v3").join(format!("{name}.zip"))
}

fn open(path: &Path, options: Json) -> datastorage::Result<Storage> {
    Storage::open_zarr(path, &Options::from_json(options).unwrap())
}

fn read(path: &Path) -> Storage {
    open(path, json!({"mode": "r"})).unwrap()
}

fn unpack(name: &str, to: &Path) {
    let mut zip = zip::ZipArchive::new(std::fs::File::open(fixture(name)).unwrap()).unwrap();
    for index in 0..zip.len() {
        let mut entry = zip.by_index(index).unwrap();
        let path = to.join(&*entry.name().unwrap());
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::io::copy(&mut entry, &mut std::fs::File::create(path).unwrap()).unwrap();
    }
}

/// The store as an archive and as a directory.
fn both(name: &str, check: impl Fn(&Storage)) {
    check(&read(&fixture(name)));
    let dir = tempfile::tempdir().unwrap();
    unpack(name, dir.path());
    check(&read(dir.path()));
}

/// The elements at those flat positions, of that shape.
fn expected(dtype: DType, shape: &[u64], at: &[u64]) -> Array {
    macro_rules! integers {
        ($t:ty, $step:expr, $low:expr) => {{
            let one = |&k: &u64| ((i128::from(k) * 37 % 200 - $low) * $step) as $t;
            Array::from_slice(shape, &at.iter().map(one).collect::<Vec<$t>>()).unwrap()
        }};
    }
    macro_rules! others {
        ($one:expr) => {
            Array::from_slice(shape, &at.iter().map(|&k| $one(k as f64)).collect::<Vec<_>>()).unwrap()
        };
    }
    match dtype {
        DType::Bool => others!(|k: f64| (k as u64).is_multiple_of(3)),
        DType::I8 => integers!(i8, 1, 100),
        DType::I16 => integers!(i16, 300, 100),
        DType::I32 => integers!(i32, 10_000_000, 100),
        DType::I64 => integers!(i64, 40_000_000_000_000_000, 100),
        DType::U8 => integers!(u8, 1, 0),
        DType::U16 => integers!(u16, 300, 0),
        DType::U32 => integers!(u32, 20_000_000, 0),
        DType::U64 => integers!(u64, 80_000_000_000_000_000, 0),
        DType::F16 => others!(|k: f64| f16::from_f64(k * 0.75 - 10.0)),
        DType::F32 => others!(|k: f64| (k * 0.75 - 10.0) as f32),
        DType::F64 => others!(|k: f64| k * 0.75 - 10.0),
        DType::C64 => others!(|k: f64| Complex::new(k as f32 * 0.5, 0.0 - k as f32)),
        DType::C128 => others!(|k: f64| Complex::new(k * 0.5, 0.0 - k)),
        _ => {
            let one = |k: &u64| format!("s{k}é").repeat((k % 3) as usize);
            Array::from_strings(shape.to_vec(), at.iter().map(one).collect()).unwrap()
        }
    }
}

/// The flat positions of a box.
fn positions(shape: &[u64], region: &Region) -> Vec<u64> {
    let mut at = vec![0];
    for (&length, (&offset, &count)) in shape.iter().zip(region.offset.iter().zip(&region.shape)) {
        at = at.iter().flat_map(|&k| (offset..offset + count).map(move |i| k * length + i)).collect();
    }
    at
}

/// Whole, and in boxes at every corner and across every chunk border.
fn check(store: &Storage, key: &str, dtype: DType, shape: &[u64]) {
    let whole = Region { offset: vec![0; shape.len()], shape: shape.to_vec() };
    assert_eq!(store.load_array(key).unwrap(), expected(dtype, shape, &positions(shape, &whole)), "{key}");
    for start in 0..6 {
        for length in 0..6 {
            let offset: Vec<u64> = shape.iter().enumerate().map(|(d, &n)| (start * (d as u64 + 2)).min(n)).collect();
            let lengths = shape.iter().zip(&offset).map(|(&n, &o)| (length * 2).min(n - o)).collect();
            let region = Region { offset, shape: lengths };
            let want = expected(dtype, &region.shape, &positions(shape, &region));
            assert_eq!(store.load_region(key, &region).unwrap(), want, "{key} {region:?}");
        }
    }
}

#[test]
fn every_data_type_is_read() {
    both("types", |store| {
        for dtype in DType::ALL {
            check(store, dtype.name(), dtype, &[5, 7]);
            check(store, &format!("scalar/{dtype}"), dtype, &[]);
            check(store, &format!("empty/{dtype}"), dtype, &[0, 3]);
            let info = store.stat(dtype.name()).unwrap();
            assert_eq!((info.kind, info.dtype, info.elements), (Kind::Array, Some(dtype), 35));
            assert_eq!((info.bytes, info.chunks), (35 * dtype.size() as u64, 4));
            assert!(info.stored_bytes > 0);
            assert_eq!(info.dims, [format!("{dtype}_dim_0"), format!("{dtype}_dim_1")]);
        }
    });
}

#[test]
fn text_of_fixed_length_and_times_are_read_as_in_format_2() {
    both("types", |store| {
        let whole: Vec<u64> = (0..35).collect();
        let want = expected(DType::String, &[5, 7], &whole);
        let cut: Vec<String> = want.strings().unwrap().iter().map(|s| s.chars().take(6).collect()).collect();
        assert_eq!(store.load_array("text").unwrap().strings().unwrap(), cut);
        assert_eq!(store.load_array("when").unwrap().to_vec::<i64>().unwrap(), [0, 1, 2, 3, 4, 5]);
        assert_eq!(store.attributes("when").unwrap()["_datetime64_unit"], "25s");
        assert_eq!(store.load_array("span").unwrap().to_vec::<i64>().unwrap(), [0, 1, 2, 3, 4, 5]);
        assert_eq!(store.attributes("span").unwrap()["_timedelta64_unit"], "ns");
    });
}

#[test]
fn every_codec_and_chunk_key_encoding_is_read() {
    both("codecs", |store| {
        let keys = store.keys().unwrap();
        assert!(keys.len() >= 24, "{keys:?}");
        for key in keys {
            match key.as_str() {
                "transpose3" => check(store, &key, DType::I16, &[4, 5, 6]),
                "strings_gzip" => check(store, &key, DType::String, &[10, 6]),
                "v2_scalar" => check(store, &key, DType::I32, &[]),
                _ => check(store, &key, DType::I32, &[10, 6]),
            }
        }
    });
}

#[test]
fn shards_are_read() {
    both("shards", |store| {
        for key in ["raw", "start", "transposed", "nested", "outer_crc32c", "outer_transposed"] {
            check(store, key, DType::I32, &[11, 15]);
        }
        check(store, "plain", DType::F64, &[11, 15]);
        check(store, "strings", DType::String, &[11, 15]);
    });
}

#[test]
fn inner_chunks_that_are_not_stored_have_the_fill_value() {
    both("shards", |store| {
        let here = |k: u64| (9..11).contains(&(k / 15)) && (11..13).contains(&(k % 15));
        let all: Vec<u64> = (0..11 * 15).collect();
        let want = expected(DType::I32, &[11 * 15], &all).to_vec::<i32>().unwrap();
        let want: Vec<i32> = all.iter().map(|&k| if here(k) { want[k as usize] } else { 7 }).collect();
        assert_eq!(store.load_array("holes").unwrap().to_vec::<i32>().unwrap(), want);
        let want = expected(DType::String, &[11 * 15], &all).into_strings();
        let want: Vec<&str> = all.iter().map(|&k| if here(k) { want[k as usize].as_str() } else { "none" }).collect();
        assert_eq!(store.load_array("string_holes").unwrap().strings().unwrap(), want);
    });
}

#[test]
fn a_box_reads_only_the_inner_chunks_it_touches() {
    let dir = tempfile::tempdir().unwrap();
    unpack("shards", dir.path());
    // The shard of "start" begins with its index; its first inner chunk follows. Damage to the last one is not met by a
    // box that does not touch it, and is met by its checksum in one that does.
    let path = dir.path().join("start/c/0/0");
    let mut bytes = std::fs::read(&path).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let store = read(dir.path());
    let region = Region { offset: vec![1, 1], shape: vec![2, 2] };
    let want = expected(DType::I32, &[2, 2], &positions(&[11, 15], &region));
    assert_eq!(store.load_region("start", &region).unwrap(), want);
    let region = Region { offset: vec![9, 11], shape: vec![1, 1] };
    let error = store.load_region("start", &region).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert!(error.message().starts_with("start: chunk 'c/0/0'"), "{error}");
}

#[test]
fn chunks_that_are_not_stored_have_the_fill_value() {
    both("fills", |store| {
        let all = |key: &str, want: Value| {
            let array = store.load_array(key).unwrap();
            let want = match want {
                Value::Array(want) => want,
                other => panic!("{other:?}"),
            };
            assert_eq!(array.shape(), [3, 4]);
            match want.bytes() {
                Some(bytes) => assert_eq!(array.bytes().unwrap(), bytes.repeat(12), "{key}"),
                None => assert_eq!(array.strings().unwrap(), vec![want.strings().unwrap()[0].clone(); 12]),
            }
        };
        all("bool", true.into());
        all("int8", (-5i8).into());
        all("uint64", u64::MAX.into());
        all("float64", f64::NEG_INFINITY.into());
        all("complex128", Value::Array(Array::scalar(Complex::new(-0.0, f64::INFINITY))));
        all("string", "nöne".into());
        let nan = store.load_array("float16").unwrap().to_vec::<f16>().unwrap();
        assert!(nan.len() == 12 && nan.iter().all(|x| x.is_nan()));
        let nan = store.load_array("float32").unwrap().to_vec::<f32>().unwrap();
        assert!(nan.len() == 12 && nan.iter().all(|x| x.is_nan()));
        let nan = store.load_array("complex64").unwrap().to_vec::<Complex<f32>>().unwrap();
        assert!(nan.len() == 12 && nan.iter().all(|x| x.re.is_nan() && x.im == 1.5));
        let zero = store.load_array("zero").unwrap().to_vec::<f64>().unwrap();
        assert_eq!((zero[0], zero.iter().sum::<f64>()), (1.0, 1.0));
    });
}

#[test]
fn a_fill_value_in_hexadecimal_keeps_its_bits() {
    let dir = tempfile::tempdir().unwrap();
    unpack("fills", dir.path());
    for (key, hex, bits) in
        [("float32", "0x7fc00001", 0x7fc0_0001u64), ("float64", "0xfff8000000000002", 0xfff8_0000_0000_0002)]
    {
        let path = dir.path().join(key).join("zarr.json");
        let mut json: Json = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        json["fill_value"] = hex.into();
        std::fs::write(&path, json.to_string()).unwrap();
        let array = read(dir.path()).load_array(key).unwrap();
        let size = array.dtype().size();
        let mut first = [0; 8];
        first[..size].copy_from_slice(&array.bytes().unwrap()[..size]);
        assert_eq!(u64::from_le_bytes(first), bits);
    }
}

#[test]
fn groups_attributes_and_dimension_names() {
    both("tree", |store| {
        let list = store.list("", true).unwrap();
        let of = |kind| list.iter().filter(|node| node.1 == kind).map(|node| node.0.as_str()).collect::<Vec<_>>();
        assert_eq!(of(Kind::Array), ["a/b/c", "a/named", "xarray"]);
        assert_eq!(of(Kind::Group), ["a", "a/b", "hollow"]);
        assert_eq!(store.attributes("a/b").unwrap()["depth"], 2);
        assert_eq!(store.attributes("").unwrap()["title"], "root");
        assert_eq!(store.attributes("a/b/c").unwrap()["unit"], "mm");
        assert_eq!(store.stat("a/b/c").unwrap().dims, ["x", "a_b_c_dim_1"]);
        assert_eq!(store.stat("a/named").unwrap().dims, ["x", "y"]);
        assert_eq!(store.stat("xarray").unwrap().dims, ["u", "v"]);
        assert_eq!(Json::Object(store.attributes("xarray").unwrap()), json!({"k": 1}));
        for key in ["a/b/c", "a/named", "xarray"] {
            check(store, key, DType::I32, &[3, 4]);
        }
        assert_eq!(store.load("a/nothing").unwrap_err().kind(), ErrorKind::NotFound);
    });
}

#[test]
fn what_another_wrote_is_changed_and_the_rest_stays() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.zarr");
    unpack("codecs", &path);
    assert_eq!(open(&path, json!({"mode": "x"})).err().unwrap().kind(), ErrorKind::AlreadyExists);
    assert_eq!(read(&path).save("k", 1i32).unwrap_err().kind(), ErrorKind::ReadOnly);
    let error = open(&path, json!({"zarr_format": 2})).err().unwrap();
    assert!(error.message().contains("zarr_format is 2, the store is of format 3"), "{error}");
    let before = read(&path);
    let store = open(&path, json!({"mode": "r+", "export": false})).unwrap();
    store.save("new/k", 1i32).unwrap();
    let mut changed = Vec::new();
    let keys = before.keys().unwrap();
    for key in keys.clone() {
        let info = before.stat(&key).unwrap();
        if info.dtype != Some(DType::I32) || info.shape.is_empty() {
            continue;
        }
        let one = Array::from_slice(&vec![1; info.shape.len()], &[77i32]).unwrap();
        match store.save_region(&key, &vec![1; info.shape.len()], &one.view()) {
            Ok(()) => changed.push(key),
            Err(e) => assert!(e.message().contains("only read"), "{e}"),
        }
    }
    assert!(changed.len() >= 10, "{changed:?}");
    store.close().unwrap();
    let after = read(&path);
    let before = read(&fixture("codecs"));
    for key in keys.clone() {
        let mut want = before.load_array(&key).unwrap();
        if changed.contains(&key) {
            let one = Array::from_slice(&vec![1; want.shape().len()], &[77i32]).unwrap();
            let mut elements = want.to_vec::<i32>().unwrap();
            let at = want.shape().iter().fold(0, |at, &d| at * d as usize + 1);
            elements[at] = one.to_vec::<i32>().unwrap()[0];
            want = Array::from_slice(want.shape(), &elements).unwrap();
        }
        assert_eq!(after.load_array(&key).unwrap(), want, "{key}");
    }
    assert_eq!(after.load("new/k").unwrap(), Value::from(1i32));
    assert!(after.verify(false).unwrap().is_empty());
    let root: Json = serde_json::from_slice(&std::fs::read(path.join("zarr.json")).unwrap()).unwrap();
    let documents = root["consolidated_metadata"]["metadata"].as_object().unwrap();
    assert_eq!(documents.len(), after.list("", true).unwrap().len());
    // What only zarrs reads goes into an archive as it is.
    let sizes: Vec<_> = keys.iter().map(|key| (key.clone(), after.stat(key).unwrap().stored_bytes)).collect();
    let store = open(&path, json!({"mode": "r+", "export": false})).unwrap();
    store.compress().unwrap();
    store.close().unwrap();
    let archive = read(&path);
    for (key, bytes) in sizes {
        assert_eq!(archive.stat(&key).unwrap().stored_bytes, bytes, "{key}");
    }
    assert!(archive.verify(false).unwrap().is_empty());
}

#[test]
fn a_replaced_store_has_the_format_of_the_options() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.zarr");
    for (options, file, other) in [
        (json!({"mode": "w"}), ".zgroup", "zarr.json"),
        (json!({"mode": "w", "zarr_format": 3}), "zarr.json", ".zgroup"),
        (json!({"mode": "w", "zarr_format": 2}), ".zgroup", "zarr.json"),
    ] {
        unpack("tree", &path);
        let store = open(&path, options).unwrap();
        store.save("k", 1i32).unwrap();
        store.close().unwrap();
        assert!(path.join(file).exists() && !path.join(other).exists());
        assert_eq!(read(&path).keys().unwrap(), ["k"]);
        std::fs::remove_dir_all(&path).unwrap();
    }
}

#[test]
fn a_store_of_format_3_is_converted() {
    let memory = Storage::memory();
    let count = datastorage::convert(&read(&fixture("shards")), &memory).unwrap();
    assert_eq!(count, 10);
    check(&memory, "nested", DType::I32, &[11, 15]);
}
