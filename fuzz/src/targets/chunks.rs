//! Assembly of chunks: arrays of any grid, written, read, resized and appended to by boxes, beside a plain list.
//!
//! The store is one of format 2 or 3, with shards or without, in memory or in a directory; it is closed and opened, and
//! becomes an archive, between the calls.

use datastorage::{Array, ArrayOptions, ArrayView, DType, Options, Region, Storage};
use serde_json::json;

use super::input::Input;
use super::model;
use super::read::sound;

/// The most calls of a sequence.
const MOST: usize = 16;
const KEY: &str = "g/a";

/// The array, the store, and what the array should hold: numbers that stand for elements.
struct World {
    directory: tempfile::TempDir,
    uri: String,
    options: Options,
    store: Storage,
    dtype: DType,
    shape: Vec<u64>,
    cells: Vec<u64>,
    fill: u64,
    next: u64,
}

/// The elements that numbers stand for.
fn elements(dtype: DType, shape: &[u64], numbers: &[u64]) -> Array {
    let shape = shape.to_vec();
    match dtype {
        DType::String => Array::from_strings(
            shape,
            numbers.iter().map(|n| if *n == 0 { String::new() } else { format!("é{n}") }).collect(),
        ),
        DType::Bool => Array::from_bytes(dtype, shape, numbers.iter().map(|n| (n % 2) as u8).collect()),
        DType::F64 => Array::from_bytes(dtype, shape, numbers.iter().flat_map(|n| (*n as f64).to_ne_bytes()).collect()),
        sized => {
            let bytes = numbers.iter().flat_map(|n| n.to_le_bytes().into_iter().take(sized.size()));
            Array::from_bytes(dtype, shape, bytes.collect())
        }
    }
    .expect("as many as the shape has")
}

pub fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let how = input.byte();
    let dtype = *input.pick(&[DType::I32, DType::U8, DType::F64, DType::I64, DType::Bool, DType::String]);
    let ndim = input.below(5);
    let shape: Vec<u64> = (0..ndim).map(|_| [3, 1, 0, 2, 5, 7, 8, 12][input.below(8)]).collect();
    let chunks: Vec<u64> = (0..ndim).map(|_| [2, 1, 3, 4, 5, 16, 7, 8][input.below(8)]).collect();
    let format = if how & 1 == 0 { 2 } else { 3 };
    let codec = *input.pick(&["none", "zstd:1", "lz4", "blosc:lz4:1:shuffle", "gzip:1", "zstd:1+shuffle"]);
    let mut array = json!({"chunks": chunks, "codec": codec});
    if format == 3 && how & 2 != 0 {
        array["shards"] = chunks.iter().map(|length| length * (1 + input.below(3) as u64)).collect();
    }
    if how & 4 != 0 && dtype == DType::I32 {
        array["fill_value"] = 77.into();
    }
    let separator = if how & 8 == 0 { "." } else { "/" };
    let staging = if how & 16 == 0 { "memory" } else { "disk" };
    let options = json!({"zarr_format": format, "dimension_separator": separator, "sync": "none", "export": false, "staging": staging});
    let options = Options::from_json(options).expect("options that are known");
    let directory = super::scratch();
    let uri = if how & 0xE0 == 0xE0 {
        "memory:".to_owned()
    } else {
        directory.path().join("s.zarr").to_string_lossy().into_owned()
    };
    let store = Storage::open(&uri, &options).expect("a new store");
    let made = ArrayOptions::from_json(array.clone()).and_then(|new| store.create(KEY, dtype, &shape, &new));
    if sound(made).is_none() {
        return store.discard();
    }
    let fill = if array.get("fill_value").is_some() { 77 } else { 0 };
    let cells = vec![fill; shape.iter().product::<u64>() as usize];
    let mut world = World { directory, uri, options, store, dtype, shape, cells, fill, next: 0 };
    for _ in 0..MOST {
        if input.is_empty() {
            break;
        }
        world.step(&mut input);
    }
    world.check(&world.store);
    world.finish();
}

impl World {
    fn step(&mut self, input: &mut Input<'_>) {
        match input.below(8) {
            0 | 1 => self.write(input),
            2 => {
                let region = self.region(input);
                let got = self.store.load_region(KEY, &region).expect("a box of the array");
                let numbers: Vec<u64> =
                    model::places(&self.shape, &region).into_iter().map(|at| self.cells[at]).collect();
                assert!(got == elements(self.dtype, &region.shape, &numbers), "{region:?} of {:?}", self.shape);
            }
            3 => {
                let shape: Vec<u64> = self.shape.iter().map(|_| input.below(10) as u64).collect();
                self.store.resize(KEY, &shape).expect("a shape of as many dimensions");
                self.reshape(shape);
            }
            4 => self.append(input),
            5 => self.store.flush().expect("nothing stands in the way"),
            6 if self.uri != "memory:" => {
                self.store.close().expect("nothing stands in the way");
                self.store = Storage::open(&self.uri, &self.options).expect("a store that was closed");
            }
            _ => self.archived(),
        }
    }

    /// A box that lies in the array.
    fn region(&self, input: &mut Input<'_>) -> Region {
        let offset: Vec<u64> = self.shape.iter().map(|d| input.below(*d as usize + 1) as u64).collect();
        let shape = self.shape.iter().zip(&offset).map(|(d, o)| input.below((d - o) as usize + 1) as u64).collect();
        Region { offset, shape }
    }

    /// Numbers that no element has.
    fn fresh(&mut self, count: usize) -> Vec<u64> {
        let first = self.next + 1;
        self.next += count as u64;
        (first..=self.next).collect()
    }

    fn write(&mut self, input: &mut Input<'_>) {
        let region = self.region(input);
        let places = model::places(&self.shape, &region);
        let numbers = self.fresh(places.len());
        let array = elements(self.dtype, &region.shape, &numbers);
        self.store.save_region(KEY, &region.offset, &array.view()).expect("a box of the array");
        places.iter().zip(numbers).for_each(|(&at, number)| self.cells[at] = number);
    }

    fn append(&mut self, input: &mut Input<'_>) {
        if self.shape.is_empty() {
            return;
        }
        let (axis, more) = (input.below(self.shape.len()), input.below(4) as u64);
        let (mut shape, mut whole, mut offset) = (self.shape.clone(), self.shape.clone(), vec![0; self.shape.len()]);
        (offset[axis], shape[axis]) = (self.shape[axis], more);
        whole[axis] += more;
        if whole.iter().product::<u64>() > 1 << 14 {
            return;
        }
        let numbers = self.fresh(shape.iter().product::<u64>() as usize);
        let array = elements(self.dtype, &shape, &numbers);
        let view: ArrayView<'_> = array.view();
        self.store.append(KEY, &view, axis).expect("lengths that fit");
        self.reshape(whole);
        let places = model::places(&self.shape, &Region { offset, shape });
        places.iter().zip(numbers).for_each(|(&at, number)| self.cells[at] = number);
    }

    /// Another shape: what is in both stays, what is new is the fill value.
    fn reshape(&mut self, shape: Vec<u64>) {
        let both = Region {
            offset: vec![0; shape.len()],
            shape: shape.iter().zip(&self.shape).map(|(new, old)| *new.min(old)).collect(),
        };
        let mut cells = vec![self.fill; shape.iter().product::<u64>() as usize];
        let (from, to) = (model::places(&self.shape, &both), model::places(&shape, &both));
        from.into_iter().zip(to).for_each(|(from, to)| cells[to] = self.cells[from]);
        (self.cells, self.shape) = (cells, shape);
    }

    fn check(&self, store: &Storage) {
        let got = store.load_array(KEY).expect("the array is there");
        assert_eq!(got.shape(), self.shape);
        assert!(got == elements(self.dtype, &self.shape, &self.cells), "another array than was written: {got:?}");
    }

    /// The store as an archive, whole and by a box.
    fn archived(&self) {
        let bytes = self.store.to_bytes(&self.options).expect("a store becomes an archive");
        let options = Options::default();
        let archive = Storage::open_bytes(bytes, &options).expect("an archive of ours is opened");
        self.check(&archive);
        assert_eq!(archive.verify(false).expect("it can be read"), []);
    }

    fn finish(self) {
        self.store.close().expect("nothing stands in the way");
        if self.uri != "memory:" {
            let store = Storage::open(&self.uri, &self.options).expect("a store that was closed");
            self.check(&store);
            store.discard();
        }
        drop(self.directory);
    }
}
