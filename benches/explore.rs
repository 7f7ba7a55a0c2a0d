//! How long questions to a dataset of 20 000 files take: `cargo bench --bench explore [-- files]`.
//!
//! The dataset is made here, in a temporary directory, in the layout that a merge writes: about 20 faces a file, chunks of
//! 16384 rows, an infoset of 64 columns. One line a question: how much it found, and p50, p95, p99 in milliseconds.

use std::path::Path;
use std::time::Instant;

use datastorage::dataset::explore::{Bins, SplitOptions, Table};
use datastorage::dataset::tables::{FileRow, write_attribset, write_infoset};
use datastorage::dataset::{Dataset, layout};
use datastorage::options::Sync;
use datastorage::{Array, ArrayOptions, Op, Options, Storage};
use serde_json::{Value as Json, json};

const CHUNK: usize = 16_384;
const ID: &str = "0123456789abcdef";

/// A small generator of numbers (SplitMix64).
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }
}

fn main() {
    let files: u64 = std::env::args().filter_map(|argument| argument.parse().ok()).next().unwrap_or(20_000);
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = dir.path().join("all.dataset");
    let begin = Instant::now();
    write(&path, files).expect("the dataset is written");
    let size = |path: &Path| std::fs::metadata(path).map_or(0, |metadata| metadata.len()) / 1024;
    let paths = layout::Paths::of(&path).expect("paths");
    println!(
        "{files} files written in {:.1} s: store {} KiB, infoset {} KiB",
        begin.elapsed().as_secs_f64(),
        size(&path),
        size(&paths.infoset)
    );
    let options = Options::default();
    measure("open, and the first question to the metadata", 30, || {
        let dataset = Dataset::open(&path, &options).expect("open");
        dataset.files(&Op::quiet(), None, "size_cadfile < 50000 and not closed").expect("answer").len()
    });
    let dataset = Dataset::open(&path, &options).expect("open");
    let op = Op::quiet();
    for predicate in [
        "size_cadfile < 50000 and not closed",
        "name == 'part_012345'",
        "name like '%99' or unit in ['inch', 'ell']",
        "(`file_sizes_KB/array_7` > 0.5 or ratio is null) and file_label != 3 and size_cadfile >= 1e5",
    ] {
        measure(&format!("metadata: {predicate}"), 1000, || {
            dataset.files(&op, None, predicate).expect(predicate).len()
        });
    }
    for predicate in [
        "face_serial > 390000",
        "face_types == 'Cylinder' and face_areas > 10.5",
        "plain_types == 1 and plain_areas > 10.5",
        "face_areas > 1e6",
        "plain_areas > 1e6",
        "face_centroids[2] > 0.99",
        "face_areas > 10.5 and size_cadfile < 1000",
    ] {
        measure(&format!("files by faces: {predicate}"), 200, || {
            dataset.files(&op, Some("faces"), predicate).expect(predicate).len()
        });
    }
    measure("rows of faces: face_areas > 10.5", 100, || {
        dataset.rows(&op, "faces", "face_areas > 10.5").expect("rows").len()
    });
    measure("distribution of face_areas in 50 bins", 100, || {
        dataset.distribution(&op, "faces", "face_areas", &Bins::Equal(50)).expect("distribution").counts.len()
    });
    measure("distribution of size_cadfile in 50 bins", 200, || {
        dataset.distribution(&op, "", "size_cadfile", &Bins::Equal(50)).expect("distribution").counts.len()
    });
    measure("membership of face_types", 100, || {
        dataset.membership(&op, "faces", "face_types", &Bins::Distinct, true).expect("membership").counts.len()
    });
    let split =
        |key: &str, group: &str| SplitOptions { key: key.into(), group: group.into(), ..SplitOptions::default() };
    measure("split by face_types", 50, || {
        dataset.split(&op, &split("face_types", "faces")).expect("split").labels.len()
    });
    measure("split by file_label", 50, || dataset.split(&op, &split("file_label", "")).expect("split").labels.len());
    measure("rows of the infoset of 10 files", 100, || {
        dataset.table(&op, Table::Infoset, "id >= 500 and id < 510").expect("table").len()
    });
    let saved = SplitOptions { save: true, ..split("file_label", "") };
    measure("split by file_label, saved and synced", 20, || dataset.split(&op, &saved).expect("split").labels.len());
}

/// One line: what was found, and the times.
fn measure(name: &str, runs: usize, work: impl Fn() -> usize) {
    let found = work();
    let mut times: Vec<f64> = (0..runs)
        .map(|_| {
            let begin = Instant::now();
            std::hint::black_box(work());
            begin.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    let at = |part: f64| times[((times.len() - 1) as f64 * part).round() as usize];
    println!("{:>9.3} {:>9.3} {:>9.3} ms  {found:>7}  {name}", at(0.5), at(0.95), at(0.99));
}

fn write(path: &Path, files: u64) -> datastorage::Result<()> {
    let mut random = Random(1);
    let lengths: Vec<u64> = (0..files).map(|_| 5 + random.below(31)).collect();
    let rows: u64 = lengths.iter().sum();
    let place = path.with_extension("");
    let store = Storage::open_zarr(&place, &Options::parse(r#"{"sync": "none", "export": false}"#)?)?;
    let types: Vec<i32> = (0..rows).map(|_| random.below(9) as i32).collect();
    let areas: Vec<f32> = (0..rows).map(|_| random.below(1 << 20) as f32 / 1e4).collect();
    let serial: Vec<i64> = (0..rows as i64).collect();
    let centroids: Vec<f64> = (0..rows * 3).map(|_| random.below(1 << 30) as f64 / f64::from(1 << 30)).collect();
    let mut arrays = serde_json::Map::new();
    let mut save = |name: &str, data: Array, with_statistics: bool| -> datastorage::Result<()> {
        let statistics = if with_statistics { statistics(&data) } else { None };
        put(&store, &format!("faces/{name}"), &data)?;
        let dims: Vec<&str> = ["face", "component"][..data.shape().len()].to_vec();
        arrays.insert(name.into(), json!({"dtype": data.dtype().name(), "dims": dims, "axis": "face"}));
        if let Some(statistics) = statistics {
            put(&store, &layout::statistics("faces", name), &statistics)?;
            arrays[name]["statistics_rows"] = json!(CHUNK);
        }
        Ok(())
    };
    save("face_types", Array::vector(&types), true)?;
    save("face_areas", Array::vector(&areas), true)?;
    save("face_serial", Array::vector(&serial), true)?;
    save("plain_types", Array::vector(&types), false)?;
    save("plain_areas", Array::vector(&areas), false)?;
    save("face_centroids", Array::from_slice(&[rows, 3], &centroids)?, false)?;
    let mut offsets = vec![0i64];
    lengths.iter().for_each(|&length| offsets.push(offsets[offsets.len() - 1] + length as i64));
    put(&store, &layout::offsets("faces", "face", true), &Array::vector(&offsets))?;
    let codes: Vec<i32> = (0..files as i32)
        .zip(&lengths)
        .flat_map(|(code, &length)| std::iter::repeat_n(code, length as usize))
        .collect();
    put(&store, "faces/file_id_code_faces", &Array::vector(&codes))?;
    let axis =
        json!({"rows": rows, "provenance": "file_id_code_faces", "offsets": layout::offsets("faces", "face", true)});
    let group = json!({"primary_dimension": "face", "rows": rows, "axes": {"face": axis}, "arrays": arrays});
    store
        .save_metadata(layout::PRIVATE, json!({"version": 1, "id": ID, "files": files, "groups": {"faces": group}}))?;
    store.compress()?;
    store.close()?;
    std::fs::rename(place.with_extension("data"), path).map_err(|e| datastorage::Error::io(path, &e))?;
    let rows: Vec<FileRow> = (0..files)
        .map(|code| {
            let Json::Object(metadata) = document(code, &mut random) else { return FileRow::default() };
            FileRow { id: code as i64, name: format!("part_{code:06}"), description: String::new(), metadata }
        })
        .collect();
    let paths = layout::Paths::of(path)?;
    write_infoset(&paths.infoset, ID, None, &rows, None, Sync::None)?;
    write_attribset(&paths.attribset, ID, None, &rows, None, Sync::None).map(drop)
}

fn document(code: u64, random: &mut Random) -> Json {
    let sizes: serde_json::Map<String, Json> =
        (0..52).map(|array| (format!("array_{array}"), json!(random.below(1000) as f64 / 1e3))).collect();
    let names: serde_json::Map<String, Json> =
        ["Plane", "Cylinder", "Cone"].iter().enumerate().map(|(id, name)| (id.to_string(), json!(name))).collect();
    let mut json = json!({"size_cadfile": random.below(200_000), "closed": random.below(3) > 0, "file_label": random.below(16),
        "unit": if random.below(10) == 0 { "inch" } else { "mm" }, "source_name": format!("part_{code:06}.step"),
        "file_sizes_KB": sizes, "descriptions": {"face_types": names}});
    if random.below(5) > 0 {
        json["ratio"] = json!(random.below(1000) as f64 / 7.0);
    }
    json
}

fn put(store: &Storage, key: &str, data: &Array) -> datastorage::Result<()> {
    let mut chunks = data.shape().to_vec();
    chunks[0] = CHUNK as u64;
    let mut options = ArrayOptions::default();
    options.chunks = Some(chunks);
    store.create(key, data.dtype(), data.shape(), &options)?;
    store.save_region(key, &vec![0; data.shape().len()], &data.view())
}

fn statistics(data: &Array) -> Option<Array> {
    macro_rules! of {
        ($t:ty) => {{
            let values = data.to_vec::<$t>().ok()?;
            let bounds: Vec<$t> = values
                .chunks(CHUNK)
                .flat_map(|block| {
                    let least = block.iter().copied().fold(<$t>::MAX, |a, b| if b < a { b } else { a });
                    let greatest = block.iter().copied().fold(<$t>::MIN, |a, b| if b > a { b } else { a });
                    [least, greatest]
                })
                .collect();
            Array::from_slice(&[bounds.len() as u64 / 2, 2], &bounds).ok()
        }};
    }
    match data.dtype() {
        datastorage::DType::I32 => of!(i32),
        datastorage::DType::I64 => of!(i64),
        datastorage::DType::F32 => of!(f32),
        _ => None,
    }
}
