//! Views: arrays read where they lie, in a mapped archive, in the bytes of an archive, in a store in memory.

use std::path::{Path, PathBuf};

use datastorage::{Array, ArrayOptions, ArrayView, DType, Element, ErrorKind, Options, SharedArray, Storage, Value};
use serde_json::{Value as Json, json};

fn options(json: Json) -> Options {
    Options::from_json(json).unwrap()
}

/// Writes an archive of raw chunks, `part.zarr.data`, and gives its path.
fn archive(dir: &Path, more: Json, fill: impl FnOnce(&Storage)) -> PathBuf {
    let mut all = json!({"profile": "portable", "codec": "none", "mode": "w", "export": false, "nan": "allow"});
    all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let store = Storage::open_zarr(dir.join("part.zarr"), &options(all)).unwrap();
    fill(&store);
    store.compress().unwrap();
    store.close().unwrap();
    dir.join("part.zarr.data")
}

fn mapped(path: &Path) -> Storage {
    Storage::open_zarr(path, &options(json!({"mode": "r", "mmap": true}))).unwrap()
}

/// The ways in which elements lie in memory, of either format: the stores, after `fill`, with what they are called.
fn everywhere(dir: &Path, fill: impl Fn(&Storage)) -> Vec<(&'static str, Storage)> {
    let path = archive(dir, json!({}), &fill);
    let bytes = std::fs::read(&path).unwrap();
    let memory = Storage::memory();
    fill(&memory);
    let bytes = Storage::open_bytes(bytes, &Options::default()).unwrap();
    let two = mapped(&path);
    let three = archive(&dir.join("three"), json!({"zarr_format": 3}), &fill);
    vec![("mapped", two), ("mapped", mapped(&three)), ("bytes", bytes), ("memory", memory)]
}

fn refused(view: datastorage::Result<SharedArray>, kind: ErrorKind, words: &[&str]) {
    let error = view.unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
    for word in words {
        assert!(error.message().contains(word), "{error} lacks '{word}'");
    }
}

/// One array of each type: small, and large enough to be aligned for vectors.
fn every_type() -> Vec<(String, Array)> {
    let mut out = Vec::new();
    for dtype in DType::ALL.into_iter().filter(|&dtype| dtype != DType::String) {
        for rows in [1u64, 3, 1000] {
            let size = rows as usize * 5 * dtype.size();
            let most = if dtype == DType::Bool { 2 } else { 61 };
            let bytes = (0..size).map(|i| (i * 7 % most) as u8).collect();
            let array = Array::from_bytes(dtype, vec![rows, 5], bytes).unwrap();
            out.push((format!("{dtype}/{rows}"), array));
        }
    }
    out
}

#[test]
fn every_type_is_viewed_as_it_is_loaded() {
    let dir = tempfile::tempdir().unwrap();
    let arrays = every_type();
    let save = |store: &Storage| arrays.iter().for_each(|(key, array)| store.save(key, array.clone()).unwrap());
    for (place, store) in everywhere(dir.path(), save) {
        for (key, array) in &arrays {
            let view = store.view(key).unwrap_or_else(|e| panic!("{place}: {e}"));
            assert!(view.is_borrowed() && view.is_row_major(), "{place} {key}");
            assert_eq!((view.dtype(), view.shape(), view.strides()), (array.dtype(), array.shape(), &[5, 1][..]));
            assert_eq!((view.bytes(), view.len()), (array.bytes().unwrap(), array.len()), "{place} {key}");
            assert_eq!(view.to_array().unwrap(), *array);
            if place == "mapped" && view.bytes().len() >= 4096 {
                assert!(view.bytes().as_ptr().addr().is_multiple_of(64), "{key}");
            }
            // The same memory, not a copy of it.
            assert_eq!(store.view(key).unwrap().bytes().as_ptr(), view.bytes().as_ptr(), "{place} {key}");
        }
        store.close().unwrap();
    }
}

#[test]
fn arrays_of_format_3_are_viewed_too_but_for_shards() {
    let dir = tempfile::tempdir().unwrap();
    let arrays = every_type();
    let save = |store: &Storage| arrays.iter().for_each(|(key, array)| store.save(key, array.clone()).unwrap());
    let store = mapped(&archive(dir.path(), json!({"zarr_format": 3}), save));
    for (key, array) in &arrays {
        assert_eq!(store.view(key).unwrap().to_array().unwrap(), *array, "{key}");
        assert!(store.view(key).unwrap().bytes().as_ptr().addr().is_multiple_of(array.dtype().swap_unit()), "{key}");
    }
    store.close().unwrap();
    let shards = json!({"zarr_format": 3, "chunk_elements": 1000, "shard_elements": 1u64 << 30});
    let store = mapped(&archive(dir.path(), shards, save));
    refused(store.view("float32/1000"), ErrorKind::Unsupported, &["float32/1000: cannot be viewed", "shards"]);
    assert_eq!(
        store.view_or_load("float32/1000").unwrap().to_array().unwrap(),
        store.load_array("float32/1000").unwrap()
    );
}

#[test]
fn elements_have_their_type() {
    fn check<T: Element + std::fmt::Debug>(store: &Storage, values: &[T]) {
        assert_eq!(store.view(T::DTYPE.name()).unwrap().as_slice::<T>().unwrap(), values);
    }
    let dir = tempfile::tempdir().unwrap();
    let complex = [num_complex::Complex::new(1.5f64, -2.0)];
    let save = |store: &Storage| {
        store.save("bool", Array::vector(&[true, false, true])).unwrap();
        store.save("uint16", Array::vector(&[1u16, 65535])).unwrap();
        store.save("float32", Array::vector(&[1.5f32, f32::MIN_POSITIVE])).unwrap();
        store.save("complex128", Array::vector(&complex)).unwrap();
    };
    for (_, store) in everywhere(dir.path(), save) {
        check(&store, &[true, false, true]);
        check(&store, &[1u16, 65535]);
        check(&store, &[1.5f32, f32::MIN_POSITIVE]);
        check(&store, &complex);
        assert_eq!(store.view("bool").unwrap().as_slice::<u8>().unwrap_err().kind(), ErrorKind::DtypeMismatch);
    }
}

#[test]
fn scalars_empty_arrays_and_bytes_are_viewed() {
    let dir = tempfile::tempdir().unwrap();
    let save = |store: &Storage| {
        store.save("scalar", 2.5f64).unwrap();
        store.save("none", Array::from_slice::<i32>(&[0, 3], &[]).unwrap()).unwrap();
        store.save_bytes("raw", b"abc").unwrap();
    };
    for (_, store) in everywhere(dir.path(), save) {
        let scalar = store.view("scalar").unwrap();
        assert_eq!((scalar.shape().len(), scalar.as_slice::<f64>().unwrap()), (0, &[2.5][..]));
        let none = store.view("none").unwrap();
        assert_eq!((none.shape(), none.bytes()), (&[0, 3][..], &[][..]));
        assert_eq!(store.view("raw").unwrap().as_slice::<u8>().unwrap(), b"abc");
    }
}

#[test]
fn what_has_no_elements_of_fixed_size_is_not_viewed() {
    let dir = tempfile::tempdir().unwrap();
    let save = |store: &Storage| {
        store.save("text", "a").unwrap();
        store.save("words", Value::from_json(json!(["a", "b"]))).unwrap();
        store.save("group/x", 1i32).unwrap();
        store.save_json("mixed", json!([1, "a", null])).unwrap();
    };
    for (_, store) in everywhere(dir.path(), save) {
        for view in [Storage::view, Storage::view_or_load] {
            refused(view(&store, "text"), ErrorKind::DtypeMismatch, &["text: ", "string"]);
            refused(view(&store, "words"), ErrorKind::DtypeMismatch, &["words: ", "string"]);
            refused(view(&store, "group"), ErrorKind::WrongKind, &["group: "]);
            refused(view(&store, "mixed"), ErrorKind::WrongKind, &["mixed: ", "JSON"]);
            refused(view(&store, "absent"), ErrorKind::NotFound, &["absent"]);
        }
    }
}

#[test]
fn what_is_not_raw_says_so_and_is_loaded_on_request() {
    let dir = tempfile::tempdir().unwrap();
    let numbers = Array::vector(&(0..3000i32).collect::<Vec<_>>());
    for (more, why) in [
        (json!({"codec": "zstd:1"}), "compressed with zstd"),
        (json!({"codec": "blosc:zstd:1:shuffle"}), "compressed with blosc"),
        (json!({"delta": true}), "filtered with delta"),
        (json!({"chunk_elements": 1000}), "3 chunks"),
    ] {
        let path = archive(dir.path(), more, |store| store.save("x", numbers.clone()).unwrap());
        let store = mapped(&path);
        refused(store.view("x"), ErrorKind::Unsupported, &["x: cannot be viewed: ", why]);
        let loaded = store.view_or_load("x").unwrap();
        assert!(!loaded.is_borrowed() && loaded.to_array().unwrap() == numbers, "{why}");
    }
    let path = dir.path().join("directory.zarr");
    let raw = json!({"codec": "none", "profile": "portable", "mmap": true});
    let store = Storage::open_zarr(&path, &options(raw.clone())).unwrap();
    store.save("x", numbers.clone()).unwrap();
    assert!(store.view("x").unwrap().is_borrowed(), "what is not committed is in memory");
    store.close().unwrap();
    let store = Storage::open_zarr(&path, &options(raw)).unwrap();
    refused(store.view("x"), ErrorKind::Unsupported, &["x: cannot be viewed", "directory"]);
    assert_eq!(store.view_or_load("x").unwrap().to_array().unwrap(), numbers);
    let store = Storage::open_json(dir.path().join("json"), &options(json!({"mmap": true}))).unwrap();
    store.save("x", numbers.clone()).unwrap();
    refused(store.view("x"), ErrorKind::Unsupported, &["x: cannot be viewed", "json"]);
    assert_eq!(store.view_or_load("x").unwrap().to_array().unwrap(), numbers);
}

#[test]
fn an_archive_that_is_read_from_its_file_asks_for_mmap() {
    let dir = tempfile::tempdir().unwrap();
    let large = Array::vector(&vec![1u8; 17 << 20]);
    let path =
        archive(dir.path(), json!({"chunk_elements": 1u64 << 40}), |store| store.save("x", large.clone()).unwrap());
    let read = Storage::open_zarr(&path, &options(json!({"mode": "r"}))).unwrap();
    refused(read.view("x"), ErrorKind::Unsupported, &["x: cannot be viewed", "\"mmap\": true"]);
    assert_eq!(mapped(&path).view("x").unwrap().bytes(), large.bytes().unwrap());
}

#[test]
fn a_view_outlives_the_store_and_what_becomes_of_its_key() {
    let dir = tempfile::tempdir().unwrap();
    let values: Vec<f32> = (0..4000).map(|i| i as f32).collect();
    for (place, store) in everywhere(dir.path(), |store| store.save("x", Array::vector(&values)).unwrap()) {
        let view = store.view("x").unwrap();
        if !store.read_only() {
            store.save_region("x", &[0], &ArrayView::from_slice(&[1], &[9f32]).unwrap()).unwrap();
            assert_eq!(store.view("x").unwrap().as_slice::<f32>().unwrap()[0], 9.0);
            store.append("x", &ArrayView::from_slice(&[1], &[1f32]).unwrap(), 0).unwrap();
            store.save("x", Array::vector(&[1i32])).unwrap();
            assert_eq!(store.view("x").unwrap().as_slice::<i32>().unwrap(), [1]);
            store.delete("x").unwrap();
        }
        store.close().unwrap();
        assert_eq!(store.view("x").unwrap_err().kind(), ErrorKind::Closed);
        drop(store);
        let other = view.clone();
        drop(view);
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| assert_eq!(other.as_slice::<f32>().unwrap(), values, "{place}"));
            }
        });
    }
}

#[test]
#[cfg(unix)] // Windows replaces no file that is mapped
fn a_mapped_archive_stays_whole_when_it_is_replaced_or_removed() {
    let dir = tempfile::tempdir().unwrap();
    let save = |value: i64| move |store: &Storage| store.save("x", Array::vector(&vec![value; 5000])).unwrap();
    let path = archive(dir.path(), json!({}), save(1));
    let (first, never_viewed) = (mapped(&path), mapped(&path));
    let view = first.view("x").unwrap();
    archive(dir.path(), json!({}), save(2));
    let second = mapped(&path);
    std::fs::remove_file(&path).unwrap();
    assert_eq!(view.as_slice::<i64>().unwrap(), [1; 5000]);
    assert_eq!(never_viewed.load_array("x").unwrap().to_vec::<i64>().unwrap(), [1; 5000]);
    assert_eq!(second.view("x").unwrap().as_slice::<i64>().unwrap(), [2; 5000]);
}

#[test]
fn everything_that_is_read_is_the_same_from_a_mapped_archive() {
    let dir = tempfile::tempdir().unwrap();
    let numbers = Array::vector(&(0..3000i64).collect::<Vec<_>>());
    let path = archive(dir.path(), json!({"codec": "zstd:3", "chunk_elements": 700}), |store| {
        store.save("g/x", numbers.clone()).unwrap();
        store.save("text", "words").unwrap();
        store.save_metadata("source", "bracket.step").unwrap();
    });
    let store = mapped(&path);
    assert_eq!(store.load_array("g/x").unwrap(), numbers);
    assert_eq!(store.load_string("text").unwrap(), "words");
    assert_eq!(store.load_metadata("source").unwrap(), json!("bracket.step"));
    assert!(store.verify(false).unwrap().is_empty());
    assert_eq!(store.to_bytes(&Options::default()).unwrap(), std::fs::read(&path).unwrap());
}

/// Writes an array of Zarr v2 as other tools do: a ZIP file without padding, and no record.
fn foreign(path: &Path, zarray: &Json, chunk: &str, bytes: &[u8], deflated: bool) {
    use std::io::Write;
    let method = if deflated { zip::CompressionMethod::Deflated } else { zip::CompressionMethod::Stored };
    let stored = zip::write::SimpleFileOptions::default().compression_method(method);
    let mut zip = zip::ZipWriter::new(std::fs::File::create(path).unwrap());
    for (name, bytes) in [(".zgroup", &b"{\"zarr_format\":2}"[..]), ("x/.zarray", zarray.to_string().as_bytes())] {
        zip.start_file(name, stored).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.start_file(format!("x/{chunk}"), stored).unwrap();
    zip.write_all(bytes).unwrap();
    zip.finish().unwrap();
}

fn zarray(dtype: &str, order: &str, shape: &[u64], chunks: &[u64]) -> Json {
    json!({"zarr_format": 2, "dtype": dtype, "shape": shape, "chunks": chunks, "order": order, "compressor": null,
        "filters": null, "fill_value": 0})
}

#[test]
fn archives_of_other_tools_are_viewed_where_their_elements_lie_well() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("foreign.zip");
    let bytes: Vec<u8> = (0..48).collect();
    let mut seen = [false; 2];
    // The length of the document moves the chunk: of eight places in a row one suits elements of 8 bytes.
    for pad in 0..8 {
        let mut document = zarray("<i8", "C", &[6], &[6]);
        document["x"] = json!(" ".repeat(pad));
        foreign(&path, &document, "0", &bytes, false);
        let store = mapped(&path);
        let loaded = store.load_array("x").unwrap();
        match store.view("x") {
            Ok(view) => {
                seen[0] = true;
                assert_eq!(view.to_array().unwrap(), loaded);
            }
            Err(e) => {
                seen[1] = true;
                refused(Err(e), ErrorKind::Unsupported, &["x: cannot be viewed", "multiple of 8"]);
                assert_eq!(store.view_or_load("x").unwrap().to_array().unwrap(), loaded);
            }
        }
    }
    assert_eq!(seen, [true, true]);
    foreign(&path, &zarray("|u1", "C", &[48], &[48]), "0", &bytes, true);
    refused(mapped(&path).view("x"), ErrorKind::Unsupported, &["deflated"]);
    foreign(&path, &zarray(">i2", "C", &[24], &[24]), "0", &bytes, false);
    refused(mapped(&path).view("x"), ErrorKind::Unsupported, &[">i2", "byte order"]);
    foreign(&path, &zarray("|u1", "C", &[48], &[48]), "1", &bytes, false);
    refused(mapped(&path).view("x"), ErrorKind::Unsupported, &["never written"]);
    foreign(&path, &zarray("|u1", "C", &[47], &[47]), "0", &bytes, false);
    refused(mapped(&path).view("x"), ErrorKind::Corrupt, &["x: chunk '0'", "48 bytes", "47"]);
    foreign(&path, &zarray("|b1", "C", &[48], &[48]), "0", &bytes, false);
    refused(mapped(&path).view("x"), ErrorKind::Corrupt, &["x: chunk '0'", "bool"]);
}

#[test]
fn orders_larger_chunks_and_bytes_as_elements_are_seen_through_strides() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("foreign.zip");
    let bytes: Vec<u8> = (0..24).collect();
    for (dtype, order, shape, chunks, strides) in [
        ("|u1", "F", &[2u64, 3, 4][..], &[2u64, 3, 4][..], &[1i64, 2, 6][..]),
        ("|u1", "F", &[24], &[24], &[1]),
        ("|u1", "C", &[3, 5], &[4, 6], &[6, 1]),
        ("|u1", "F", &[3, 5], &[4, 6], &[1, 4]),
        ("|S3", "C", &[2, 3], &[2, 4], &[12, 3, 1]),
        ("|S3", "F", &[2, 4], &[2, 4], &[3, 6, 1]),
        ("|i1", "C", &[], &[], &[]),
    ] {
        let name = if chunks.is_empty() { "0".to_owned() } else { vec!["0"; chunks.len()].join(".") };
        let content = if chunks.is_empty() { &bytes[..1] } else { &bytes };
        foreign(&path, &zarray(dtype, order, shape, chunks), &name, content, false);
        let store = mapped(&path);
        let (view, loaded) = (store.view("x").unwrap(), store.load_array("x").unwrap());
        assert_eq!((view.shape(), view.strides()), (loaded.shape(), strides), "{dtype} {order} {shape:?}");
        assert_eq!(view.to_array().unwrap(), loaded, "{dtype} {order} {shape:?}");
    }
}

#[test]
fn arrays_made_by_parts_are_viewed_when_they_are_one_raw_chunk() {
    let dir = tempfile::tempdir().unwrap();
    let row: Vec<f64> = (0..100).map(f64::from).collect();
    let path = archive(dir.path(), json!({}), |store| {
        let made = ArrayOptions::from_json(json!({"chunks": [64, 100]})).unwrap();
        store.create("x", DType::F64, &[0, 100], &made).unwrap();
        for _ in 0..3 {
            store.append("x", &ArrayView::from_slice(&[1, 100], &row).unwrap(), 0).unwrap();
        }
        refused(store.view("x"), ErrorKind::Unsupported, &["written by parts"]);
        assert_eq!(store.view_or_load("x").unwrap().shape(), [3, 100]);
    });
    let view = mapped(&path).view("x").unwrap();
    assert_eq!((view.shape(), view.is_row_major()), (&[3, 100][..], true));
    assert_eq!(view.as_slice::<f64>().unwrap(), [&row[..], &row[..], &row[..]].concat());
}

#[test]
fn what_was_altered_cut_or_exchanged_is_corrupt() {
    let dir = tempfile::tempdir().unwrap();
    let numbers = Array::vector(&(0..2000u32).collect::<Vec<_>>());
    let path = archive(dir.path(), json!({}), |store| store.save("x", numbers.clone()).unwrap());
    let whole = std::fs::read(&path).unwrap();
    let at = whole.windows(8).position(|w| w == [200, 0, 0, 0, 201, 0, 0, 0]).unwrap();
    let mut altered = whole.clone();
    altered[at] ^= 1;
    std::fs::write(dir.path().join("altered.data"), &altered).unwrap();
    let store = mapped(&dir.path().join("altered.data"));
    for _ in 0..2 {
        refused(store.view("x"), ErrorKind::Corrupt, &["x: chunk '0'", "crc32"]);
        refused(store.view_or_load("x"), ErrorKind::Corrupt, &["x"]);
    }
    let store = Storage::open_bytes(altered, &Options::default()).unwrap();
    refused(store.view("x"), ErrorKind::Corrupt, &["x: chunk '0'", "crc32"]);
    for length in [0, 1, 21, 22, 100, at, whole.len() - 1] {
        let cut = dir.path().join("cut.data");
        std::fs::write(&cut, &whole[..length]).unwrap();
        let error = Storage::open_zarr(&cut, &options(json!({"mode": "r", "mmap": true}))).err().unwrap();
        assert!(matches!(error.kind(), ErrorKind::Corrupt | ErrorKind::InvalidArgument), "{length}: {error}");
    }
}

#[test]
fn two_arrays_that_claim_the_same_entry_are_checked_each_for_itself() {
    use std::io::Write;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("hostile.zip");
    let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let mut zip = zip::ZipWriter::new(std::fs::File::create(&path).unwrap());
    let mut flags = zarray("|b1", "C", &[1, 4], &[1, 4]);
    flags["dimension_separator"] = json!("/");
    for (name, text) in [
        (".zgroup", "{\"zarr_format\":2}".to_owned()),
        ("x/.zarray", flags.to_string()),
        ("x/0/.zarray", zarray("|u1", "C", &[4], &[4]).to_string()),
        ("x/0/0", "abcd".to_owned()),
    ] {
        zip.start_file(name, stored).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap();
    let store = mapped(&path);
    assert_eq!(store.view("x/0").unwrap().as_slice::<u8>().unwrap(), b"abcd");
    refused(store.view("x"), ErrorKind::Corrupt, &["x: chunk '0/0'", "bool"]);
}

#[test]
fn no_byte_of_the_directory_or_of_a_header_leads_a_view_out_of_the_archive() {
    let dir = tempfile::tempdir().unwrap();
    let path = archive(dir.path(), json!({}), |store| store.save("x", Array::vector(&[1i32, 2, 3])).unwrap());
    let whole = std::fs::read(&path).unwrap();
    let expected = Array::vector(&[1i32, 2, 3]);
    let hostile = dir.path().join("hostile.data");
    for at in 0..whole.len() {
        for value in [0, 0xff, whole[at] ^ 0x10] {
            let mut bytes = whole.clone();
            bytes[at] = value;
            std::fs::write(&hostile, &bytes).unwrap();
            for integrity in ["check", "ignore"] {
                let open = options(json!({"mode": "r", "mmap": true, "integrity": integrity}));
                let Ok(store) = Storage::open_zarr(&hostile, &open) else { continue };
                if let Ok(view) = store.view("x")
                    && view.dtype() == DType::I32
                    && view.shape() == [3]
                {
                    assert_eq!(view.to_array().unwrap(), expected, "byte {at} is {value}");
                }
            }
        }
    }
}
