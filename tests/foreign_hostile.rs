//! Stores of Zarr format 3 that lie: whatever their documents and chunks say, reading them ends in an error or in data,
//! soon, and takes no memory that their bounds do not allow.

use std::alloc::{GlobalAlloc, Layout, System};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use datastorage::backend::Region;
use datastorage::{Array, ErrorKind, Options, Result, Storage};
use serde_json::{Value as Json, json};

/// Counts what is allocated; zeroed memory too, though the system gives it only when it is touched.
struct Counting;

static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);
/// The tests measure the process, so they run one after the other.
static ALONE: Mutex<()> = Mutex::new(());

// SAFETY: every call is passed on to the system's allocator as it is; the counters do not touch the memory.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let live = LIVE.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        PEAK.fetch_max(live, Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What a read of these stores may decode.
const DECODED: u64 = 1 << 20;
/// Some copies of that, a window of zstd, the archives.
const BOUND: usize = 32 << 20;

fn measured<T>(work: impl FnOnce() -> T) -> T {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let before = LIVE.load(Ordering::Relaxed);
    PEAK.store(before, Ordering::Relaxed);
    let result = work();
    let taken = PEAK.load(Ordering::Relaxed).saturating_sub(before);
    assert!(taken < BOUND, "{taken} bytes were taken");
    result
}

fn unpack(name: &str, only: &str, to: &Path) {
    let archive = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/v3").join(format!("{name}.zip"));
    let mut zip = zip::ZipArchive::new(std::fs::File::open(archive).unwrap()).unwrap();
    for index in 0..zip.len() {
        let mut entry = zip.by_index(index).unwrap();
        let name = entry.name().unwrap().into_owned();
        if name == "zarr.json" || name.starts_with(&format!("{only}/")) {
            let path = to.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::io::copy(&mut entry, &mut std::fs::File::create(path).unwrap()).unwrap();
        }
    }
}

fn load(root: &Path, key: &str) -> Result<Array> {
    let options = Options::from_json(json!({"mode": "r", "max_decoded_bytes": DECODED})).unwrap();
    let store = Storage::open_zarr(root, &options)?;
    _ = store.stat(key);
    _ = store.list("", true);
    store.load_array(key)
}

/// An array of a fixture, its document edited.
struct Case {
    dir: tempfile::TempDir,
    key: &'static str,
    document: Json,
}

impl Case {
    fn new(name: &str, key: &'static str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        unpack(name, key, dir.path());
        let document = serde_json::from_slice(&std::fs::read(dir.path().join(key).join("zarr.json")).unwrap()).unwrap();
        Self { dir, key, document }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(self.key).join(name)
    }

    fn edited(&self, edit: impl FnOnce(&mut Json)) -> Result<Array> {
        let mut document = self.document.clone();
        edit(&mut document);
        std::fs::write(self.path("zarr.json"), document.to_string()).unwrap();
        measured(|| load(self.dir.path(), self.key))
    }
}

fn refused(result: Result<Array>, kinds: &[ErrorKind], words: &str) {
    let error = result.unwrap_err();
    assert!(kinds.contains(&error.kind()) && error.message().contains(words), "{:?} {error}", error.kind());
}

const ABSURD: &[ErrorKind] = &[ErrorKind::Corrupt, ErrorKind::Unsupported];

#[test]
fn absurd_shapes_are_refused() {
    let case = Case::new("codecs", "zstd");
    for shape in
        [json!([1u64 << 62, 6]), json!([1u64 << 62, 1u64 << 62]), json!([u64::MAX, 0, 1]), json!([1 << 30, 1 << 20])]
    {
        refused(case.edited(|d| d["shape"] = shape), ABSURD, "zstd");
    }
    // What is not stored costs no more than the bound either.
    refused(case.edited(|d| d["shape"] = json!([1 << 20, 1 << 10])), ABSURD, "max_decoded_bytes");
    for shape in [json!([-1, 6]), json!("3"), json!([1.5, 2]), json!(null), json!([10]), json!(vec![1; 100])] {
        refused(case.edited(|d| d["shape"] = shape), ABSURD, "zstd");
    }
    for chunks in
        [json!([0, 4]), json!([4]), json!([1u64 << 62, 4]), json!([1u64 << 40, 1u64 << 40]), json!([1 << 30, 1])]
    {
        refused(case.edited(|d| d["chunk_grid"]["configuration"]["chunk_shape"] = chunks), ABSURD, "zstd");
    }
    refused(
        case.edited(|d| {
            d["shape"] = json!([1 << 23, 1]);
            d["data_type"] = json!("int8");
            d["chunk_grid"]["configuration"]["chunk_shape"] = json!([1, 1]);
        }),
        ABSURD,
        "zstd",
    );
    let empty = case.edited(|d| d["shape"] = json!([0, u64::MAX]));
    assert!(empty.is_err() || empty.unwrap().is_empty());
}

#[test]
fn absurd_shards_are_refused() {
    let case = Case::new("shards", "raw");
    let shard = |d: &mut Json, outer: Json, inner: Json| {
        d["chunk_grid"]["configuration"]["chunk_shape"] = outer;
        d["codecs"][0]["configuration"]["chunk_shape"] = inner;
    };
    let huge = 1u64 << 30;
    for (outer, inner) in [
        (json!([huge, huge]), json!([1, 1])),
        (json!([huge, 1]), json!([1, 1])),
        (json!([huge, huge]), json!([huge, huge])),
        (json!([10, 12]), json!([0, 4])),
        (json!([10, 12]), json!([3, 5])),
        (json!([10, 12]), json!([5])),
        (json!([10, 12]), json!([20, 24])),
        (json!([0, 0]), json!([0, 0])),
        // The index of so many inner chunks is longer than the file.
        (json!([100, 120]), json!([1, 1])),
    ] {
        refused(case.edited(|d| shard(d, outer, inner)), ABSURD, "raw");
    }
    let mut nested = json!([{"name": "bytes", "configuration": {"endian": "little"}}]);
    for _ in 0..40 {
        nested = json!([{"name": "sharding_indexed", "configuration": {"chunk_shape": [5, 4], "codecs": nested,
            "index_codecs": [{"name": "bytes", "configuration": {"endian": "little"}}]}}]);
    }
    refused(case.edited(|d| d["codecs"] = nested), ABSURD, "raw");
    let zipped = json!([{"name": "bytes", "configuration": {"endian": "little"}}, {"name": "gzip", "configuration": {"level": 1}}]);
    refused(case.edited(|d| d["codecs"][0]["configuration"]["index_codecs"] = zipped), ABSURD, "gzip");
}

#[test]
fn what_is_not_known_is_unsupported_and_named() {
    let case = Case::new("codecs", "zstd");
    let unsupported =
        |edit: &dyn Fn(&mut Json), name: &str| refused(case.edited(edit), &[ErrorKind::Unsupported], name);
    unsupported(&|d| d["codecs"][1]["name"] = json!("zfp9"), "'zfp9'");
    unsupported(&|d| d["codecs"][0]["name"] = json!("packbits"), "'packbits'");
    unsupported(&|d| d["data_type"] = json!("int128"), "'int128'");
    unsupported(&|d| d["data_type"] = json!({"name": "numpy.void", "configuration": {}}), "'numpy.void'");
    unsupported(&|d| d["chunk_grid"]["name"] = json!("rectangular"), "'rectangular'");
    unsupported(&|d| d["chunk_key_encoding"] = json!("morton"), "'morton'");
    unsupported(&|d| d["storage_transformers"] = json!([{"name": "cache"}]), "'cache'");
    unsupported(&|d| d["secret"] = json!({"a": 1}), "'secret'");
    unsupported(&|d| d["zarr_format"] = json!(4), "4");
    assert!(case.edited(|d| d["hint"] = json!({"must_understand": false})).is_ok());
}

#[test]
fn malformed_documents_are_refused() {
    for (name, key) in [("codecs", "transpose"), ("shards", "nested"), ("types", "text"), ("types", "when")] {
        let case = Case::new(name, key);
        let fields: Vec<String> = case.document.as_object().unwrap().keys().cloned().collect();
        let junk = [
            json!(null),
            json!(-1),
            json!("NaN"),
            json!([]),
            json!({}),
            json!([[1]]),
            json!(1e300),
            json!([0, 0]),
            json!({"name": 5}),
        ];
        for field in fields {
            for value in &junk {
                _ = case.edited(|d| d[field.as_str()] = value.clone());
            }
        }
        // Every place below the top, too.
        let text = case.document.to_string();
        for at in (0..text.len()).filter(|&at| text.as_bytes()[at].is_ascii_digit()) {
            for digits in ["0", "-1", "18446744073709551615", "9223372036854775807", "4294967296"] {
                let mutated = format!("{}{digits}{}", &text[..at], &text[at + 1..]);
                std::fs::write(case.path("zarr.json"), &mutated).unwrap();
                _ = measured(|| load(case.dir.path(), key));
            }
        }
        for cut in 0..text.len() {
            std::fs::write(case.path("zarr.json"), &text[..cut]).unwrap();
            assert!(load(case.dir.path(), key).is_err());
        }
    }
}

#[test]
fn altered_chunks_never_panic_and_checksums_find_them() {
    for (name, key, checked) in [
        ("codecs", "raw", false),
        ("codecs", "zstd", false),
        ("codecs", "zstd_checksum", false),
        ("codecs", "gzip", false),
        ("codecs", "crc32c", true),
        ("codecs", "bz2", false),
        ("codecs", "zlib", false),
        ("codecs", "lz4", false),
        ("codecs", "blosc_lz4", false),
        ("codecs", "blosc_zstd", false),
        ("codecs", "blosc_zlib", false),
        ("codecs", "strings_gzip", false),
        ("codecs", "twice", false),
        ("types", "string", false),
        ("types", "text", false),
        ("types", "bool", false),
        ("shards", "plain", false),
        ("shards", "raw", false),
        ("shards", "start", true),
        ("shards", "strings", false),
        ("shards", "nested", false),
        ("shards", "outer_crc32c", true),
        ("shards", "outer_transposed", false),
    ] {
        let case = Case::new(name, key);
        let want = load(case.dir.path(), key).unwrap();
        let chunk = case.path("c/0/0");
        let good = std::fs::read(&chunk).unwrap();
        for at in 0..good.len() {
            for flip in [0x01, 0xff] {
                let mut bad = good.clone();
                bad[at] ^= flip;
                std::fs::write(&chunk, bad).unwrap();
                let read = measured(|| load(case.dir.path(), key));
                // Alignment bytes between inner chunks are covered by no checksum, and matter to nobody.
                assert!(!checked || read.is_err() || read.unwrap() == want, "{key}: byte {at}");
            }
            std::fs::write(&chunk, &good[..at]).unwrap();
            let read = measured(|| load(case.dir.path(), key));
            assert!(read.is_err() || read.unwrap() == want, "{key}: cut at {at}");
        }
    }
}

#[test]
fn shard_indexes_that_point_anywhere_are_refused() {
    for key in ["raw", "strings", "start"] {
        let case = Case::new("shards", key);
        let chunk = case.path("c/0/0");
        let good = std::fs::read(&chunk).unwrap();
        let index = if key == "start" { 0 } else { good.len() - 6 * 16 - if key == "strings" { 4 } else { 0 } };
        for entry in 0..6 {
            for (offset, size) in [
                (u64::MAX, 0),
                (0, u64::MAX),
                (u64::MAX - 1, 2),
                (1 << 63, 1 << 63),
                (good.len() as u64, 1),
                (0, good.len() as u64),
                (0, 0),
            ] {
                let mut bad = good.clone();
                let at = index + entry * 16;
                bad[at..at + 8].copy_from_slice(&offset.to_le_bytes());
                bad[at + 8..at + 16].copy_from_slice(&size.to_le_bytes());
                std::fs::write(&chunk, bad).unwrap();
                _ = measured(|| load(case.dir.path(), key));
            }
        }
    }
}

#[test]
fn an_index_that_multiplies_a_shard_ends_soon() {
    let case = Case::new("shards", "raw");
    let count = 1u64 << 16;
    let mut shard = vec![0u8; 1 << 20];
    let whole = shard.len() as u64;
    for _ in 0..count {
        shard.extend(0u64.to_le_bytes());
        shard.extend(whole.to_le_bytes());
    }
    std::fs::write(case.path("c/0/0"), shard).unwrap();
    let gzip = json!([{"name": "bytes", "configuration": {"endian": "little"}}, {"name": "gzip", "configuration": {"level": 1}}]);
    let result = case.edited(|d| {
        d["shape"] = json!([256, 256]);
        d["chunk_grid"]["configuration"]["chunk_shape"] = json!([256, 256]);
        d["codecs"][0]["configuration"]["chunk_shape"] = json!([1, 1]);
        d["codecs"][0]["configuration"]["codecs"] = gzip;
    });
    refused(result, &[ErrorKind::Corrupt], "raw");
}

#[test]
fn bombs_are_bounded() {
    use std::io::Write;
    let zeros = vec![0u8; 1 << 20];
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    (0..256).for_each(|_| gzip.write_all(&zeros).unwrap());
    let gzip = gzip.finish().unwrap();
    let mut bz2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
    (0..64).for_each(|_| bz2.write_all(&zeros).unwrap());
    let bz2 = bz2.finish().unwrap();
    let mut zstd = zstd::stream::Encoder::new(Vec::new(), 3).unwrap();
    (0..256).for_each(|_| zstd.write_all(&zeros).unwrap());
    let zstd = zstd.finish().unwrap();
    // A frame of one run-length block that claims 2^62 bytes, and a blosc header that claims almost 2^31.
    let claim = [&[0x28, 0xb5, 0x2f, 0xfd, 0xe0][..], &(1u64 << 62).to_le_bytes(), &[0x03, 0x00, 0x10, 0x00]].concat();
    let mut blosc = vec![2, 1, 0x21, 4];
    [0x7fff_fff0u32, 1 << 16, 64].iter().for_each(|word| blosc.extend(word.to_le_bytes()));
    blosc.resize(64, 0);
    for (key, bomb) in [
        ("gzip", &gzip),
        ("bz2", &bz2),
        ("zstd", &zstd),
        ("zstd", &claim),
        ("zstd_checksum", &claim),
        ("blosc_lz4", &blosc),
        ("strings_gzip", &gzip),
    ] {
        let case = Case::new("codecs", key);
        std::fs::write(case.path("c/0/0"), bomb).unwrap();
        refused(case.edited(|_| {}), &[ErrorKind::Corrupt], "c/0/0");
    }
    // The same as inner chunks of a shard, where zarrs decodes.
    for (key, inner, bomb) in [
        ("plain", "zstd", &zstd),
        ("plain", "zstd", &claim),
        ("plain", "gzip", &gzip),
        ("plain", "blosc", &blosc),
        ("strings", "gzip", &gzip),
    ] {
        let case = Case::new("shards", key);
        let mut shard = bomb.clone();
        for _ in 0..6 {
            shard.extend(0u64.to_le_bytes());
            shard.extend((bomb.len() as u64).to_le_bytes());
        }
        std::fs::write(case.path("c/0/0"), shard).unwrap();
        let result = case.edited(|d| {
            let sharding = &mut d["codecs"][0]["configuration"];
            sharding["codecs"][1] = json!({"name": inner, "configuration": {}});
            sharding["index_codecs"] = json!([{"name": "bytes", "configuration": {"endian": "little"}}]);
        });
        refused(result, &[ErrorKind::Corrupt], "c/0/0");
    }
}

#[test]
fn fill_values_are_bounded_too() {
    let case = Case::new("fills", "string");
    let long = "x".repeat(1 << 17);
    refused(case.edited(|d| d["fill_value"] = json!(long)), ABSURD, "max_decoded_bytes");
    for fill in [json!(5), json!(null), json!([]), json!("0xzz"), json!({"a": 1})] {
        for key in ["bool", "int8", "float64", "complex64"] {
            refused(
                Case::new("fills", key)
                    .edited(|d| d["fill_value"] = if fill == json!(5) { json!("five") } else { fill.clone() }),
                ABSURD,
                "fill_value",
            );
        }
    }
    refused(Case::new("fills", "int8").edited(|d| d["fill_value"] = json!(300)), ABSURD, "fill_value");
}

#[test]
fn boxes_outside_are_refused() {
    let case = Case::new("shards", "plain");
    let options = Options::from_json(json!({"mode": "r"})).unwrap();
    let store = Storage::open_zarr(case.dir.path(), &options).unwrap();
    for (offset, shape) in [(vec![11, 0], vec![1, 1]), (vec![u64::MAX, 0], vec![2, 1]), (vec![0], vec![1])] {
        let error = store.load_region("plain", &Region { offset, shape }).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ShapeMismatch);
    }
}
