//! An array that is written by parts holds what a plain array in memory would, whatever the order of the calls, the
//! backend, the staging and the commit points between them.

use datastorage::{ArrayOptions, ArrayView, DType, Options, Region, Storage};
use ndarray::{ArrayD, Axis, IxDyn, Slice};
use proptest::prelude::*;
use serde_json::json;

/// One call; lengths and places are fractions of what there is, so that they fit whenever they are used.
#[derive(Clone, Debug)]
enum Call {
    SaveRegion { place: Vec<(f64, f64)>, turned: bool },
    Append { axis: f64, more: u64 },
    Resize { lengths: Vec<u64> },
    LoadRegion { place: Vec<(f64, f64)> },
    Attributes,
    Rename,
    SaveWhole,
    Flush,
    Reopen,
}

fn call(ndim: usize) -> impl Strategy<Value = Call> {
    let place = || proptest::collection::vec((0.0..1.0f64, 0.0..1.1f64), ndim);
    prop_oneof![
        6 => (place(), any::<bool>()).prop_map(|(place, turned)| Call::SaveRegion { place, turned }),
        4 => (0.0..1.0f64, 0u64..5).prop_map(|(axis, more)| Call::Append { axis, more }),
        3 => proptest::collection::vec(0u64..12, ndim).prop_map(|lengths| Call::Resize { lengths }),
        3 => place().prop_map(|place| Call::LoadRegion { place }),
        1 => Just(Call::Attributes),
        1 => Just(Call::Rename),
        1 => Just(Call::SaveWhole),
        2 => Just(Call::Flush),
        1 => Just(Call::Reopen),
    ]
}

type Case = (Vec<u64>, Vec<u64>, i32, Vec<Call>);

fn case() -> impl Strategy<Value = Case> {
    (1usize..4).prop_flat_map(|ndim| {
        let lengths = proptest::collection::vec(0u64..10, ndim);
        let chunks = proptest::collection::vec(1u64..6, ndim);
        (lengths, chunks, -3i32..3, proptest::collection::vec(call(ndim), 1..24))
    })
}

/// The store under test and what it should hold.
struct Model {
    uri: String,
    options: serde_json::Value,
    store: Option<Storage>,
    key: &'static str,
    want: ArrayD<i32>,
    fill: i32,
    next: i32,
}

impl Model {
    fn store(&self) -> &Storage {
        self.store.as_ref().unwrap()
    }

    fn shape(&self) -> Vec<u64> {
        self.want.shape().iter().map(|&d| d as u64).collect()
    }

    fn region(&self, place: &[(f64, f64)]) -> Region {
        let lengths = self.shape();
        let offset: Vec<u64> = lengths.iter().zip(place).map(|(&d, p)| (d as f64 * p.0) as u64).collect();
        let shape = (0..lengths.len()).map(|d| ((lengths[d] - offset[d]) as f64 * place[d].1.min(1.0)).round() as u64);
        Region { shape: shape.collect(), offset }
    }

    /// Elements that no other call wrote.
    fn fresh(&mut self, shape: &[u64]) -> Vec<i32> {
        let count: u64 = shape.iter().product();
        (0..count)
            .map(|_| {
                self.next += 1;
                self.next
            })
            .collect()
    }

    fn slice(&self, region: &Region) -> ndarray::ArrayViewD<'_, i32> {
        let mut view = self.want.view();
        for d in 0..region.shape.len() {
            let (from, to) = (region.offset[d], region.offset[d] + region.shape[d]);
            view.slice_axis_inplace(Axis(d), Slice::from(from as usize..to as usize));
        }
        view
    }

    fn put(&mut self, region: &Region, values: &[i32], turned: bool) {
        let shape: Vec<usize> = region.shape.iter().map(|&d| d as usize).collect();
        let new = if turned {
            let reversed: Vec<usize> = shape.iter().rev().copied().collect();
            ArrayD::from_shape_vec(IxDyn(&reversed), values.to_vec()).unwrap().reversed_axes()
        } else {
            ArrayD::from_shape_vec(IxDyn(&shape), values.to_vec()).unwrap()
        };
        let mut view = self.want.view_mut();
        for d in 0..shape.len() {
            let (from, to) = (region.offset[d], region.offset[d] + region.shape[d]);
            view.slice_axis_inplace(Axis(d), Slice::from(from as usize..to as usize));
        }
        view.assign(&new);
    }

    fn run(&mut self, call: &Call) {
        match call {
            Call::SaveRegion { place, turned } => {
                let region = self.region(place);
                let values = self.fresh(&region.shape);
                let bytes = bytemuck::cast_slice(&values);
                // Turned: the first dimension is the contiguous one, as in column-major memory.
                let mut strides = vec![1i64; region.shape.len()];
                for d in 1..strides.len() {
                    strides[d] = strides[d - 1] * region.shape[d - 1] as i64;
                }
                let view = match turned {
                    true => ArrayView::strided(DType::I32, &region.shape, &strides, 0, bytes).unwrap(),
                    false => ArrayView::from_bytes(DType::I32, &region.shape, bytes).unwrap(),
                };
                self.store().save_region(self.key, &region.offset, &view).unwrap();
                self.put(&region, &values, *turned);
            }
            Call::Append { axis, more } => {
                let axis = (*axis * self.want.ndim() as f64) as usize;
                let (mut shape, mut offset) = (self.shape(), vec![0; self.want.ndim()]);
                offset[axis] = shape[axis];
                shape[axis] = *more;
                let values = self.fresh(&shape);
                let view = ArrayView::from_slice(&shape, &values).unwrap();
                self.store().append(self.key, &view, axis).unwrap();
                let mut all = self.shape();
                all[axis] += more;
                self.resize(&all);
                self.put(&Region { offset, shape }, &values, false);
            }
            Call::Resize { lengths } => {
                self.store().resize(self.key, lengths).unwrap();
                self.resize(lengths);
            }
            Call::LoadRegion { place } => {
                let region = self.region(place);
                let got = self.store().load_region(self.key, &region).unwrap();
                let want: Vec<i32> = self.slice(&region).iter().copied().collect();
                assert_eq!(got.to_vec::<i32>().unwrap(), want, "{region:?}");
            }
            Call::Attributes => {
                let attributes = json!({"n": self.next}).as_object().cloned().unwrap();
                self.store().set_attributes(self.key, attributes.clone()).unwrap();
                assert_eq!(self.store().attributes(self.key).unwrap(), attributes);
            }
            Call::Rename => {
                let to = if self.key == "a/x" { "y" } else { "a/x" };
                self.store().rename(self.key, to).unwrap();
                self.key = to;
            }
            Call::SaveWhole => {
                let shape = self.shape();
                let values = self.fresh(&shape);
                self.store().save_view(self.key, &ArrayView::from_slice(&shape, &values).unwrap()).unwrap();
                self.put(&Region { offset: vec![0; shape.len()], shape }, &values, false);
                self.fill = 0;
            }
            Call::Flush => self.store().flush().unwrap(),
            Call::Reopen => {
                if self.uri != "memory:" {
                    self.store.take().unwrap().close().unwrap();
                    self.open();
                }
            }
        }
    }

    fn resize(&mut self, shape: &[u64]) {
        let lengths: Vec<usize> = shape.iter().map(|&d| d as usize).collect();
        let mut new = ArrayD::from_elem(IxDyn(&lengths), self.fill);
        let (mut to, mut from) = (new.view_mut(), self.want.view());
        for (d, &length) in lengths.iter().enumerate() {
            let both = Slice::from(0..length.min(self.want.shape()[d]));
            to.slice_axis_inplace(Axis(d), both);
            from.slice_axis_inplace(Axis(d), both);
        }
        to.assign(&from);
        self.want = new;
    }

    fn open(&mut self) {
        let options = Options::from_json(self.options.clone()).unwrap();
        self.store = Some(Storage::open(&self.uri, &options).unwrap());
    }

    fn check(&self, store: &Storage) {
        let got = store.load_array(self.key).unwrap();
        assert_eq!(got.shape(), self.shape());
        assert_eq!(got.to_vec::<i32>().unwrap(), self.want.iter().copied().collect::<Vec<_>>());
        assert!(store.verify(false).unwrap().is_empty());
    }
}

fn run(scheme: &str, mut options: serde_json::Value, (shape, chunks, fill, calls): &Case) {
    let dir = tempfile::tempdir().unwrap();
    let uri = match scheme {
        "memory:" => scheme.to_owned(),
        _ => format!("{scheme}{}", dir.path().join("s").display()),
    };
    if scheme == "zarr:" {
        options["sync"] = "none".into();
        options["export"] = false.into();
    }
    let lengths: Vec<usize> = shape.iter().map(|&d| d as usize).collect();
    let want = ArrayD::from_elem(IxDyn(&lengths), *fill);
    let mut model = Model { uri, options, store: None, key: "a/x", want, fill: *fill, next: 100 };
    model.open();
    let made = ArrayOptions::from_json(json!({"chunks": chunks, "fill_value": fill})).unwrap();
    model.store().create("a/x", DType::I32, shape, &made).unwrap();
    for call in calls {
        model.run(call);
        if matches!(call, Call::Flush | Call::Reopen | Call::Resize { .. }) {
            model.check(model.store());
        }
    }
    model.check(model.store());
    if scheme == "zarr:" {
        model.store().compress().unwrap();
        model.check(model.store());
        model.store.take().unwrap().close().unwrap();
        let archive = Storage::open_zarr(dir.path().join("s"), &Options::default()).unwrap();
        assert!(archive.read_only());
        model.check(&archive);
        let left: Vec<_> = std::fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(left, ["s.data"], "nothing hidden is left");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn in_memory(case in case()) {
        run("memory:", json!({}), &case);
    }

    #[test]
    fn in_json(case in case()) {
        run("json:", json!({}), &case);
    }

    #[test]
    fn in_zarr_staged_in_memory(case in case()) {
        run("zarr:", json!({"staging": "memory"}), &case);
    }

    #[test]
    fn in_zarr_staged_by_a_small_budget(case in case()) {
        // It is the process's: the other tests meet it too, and nothing that they see may change.
        datastorage::config::configure(r#"{"staging_budget": 300}"#).unwrap();
        run("zarr:", json!({"dimension_separator": "/"}), &case);
    }

    #[test]
    fn in_zarr_of_the_profile_compact(case in case()) {
        // Interleaved columns are stored by columns where that is smaller.
        run("zarr:", json!({"staging": "memory", "profile": "compact"}), &case);
    }

    #[test]
    fn in_zarr_3(case in case()) {
        run("zarr:", json!({"staging": "memory", "zarr_format": 3}), &case);
    }

    #[test]
    fn in_shards_of_zarr_3(case in case()) {
        run("zarr:", json!({"staging": "memory", "zarr_format": 3, "chunk_elements": 4, "shard_elements": 40}), &case);
    }

    #[test]
    fn in_shards_of_zarr_3_without_staging(case in case()) {
        run("zarr:", json!({"staging": "disk", "zarr_format": 3, "profile": "compact", "shard_elements": 12}), &case);
    }

    #[test]
    fn in_zarr_without_staging(case in case()) {
        run("zarr:", json!({"staging": "disk", "codec": "gzip:1", "delta": false}), &case);
    }
}
