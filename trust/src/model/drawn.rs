//! The kinds of steps that are drawn.

use datastorage::DType;
use serde_json::{Value as Json, json};

use super::arrays::fill_json;
use super::case::Backend;
use super::changes::array;
use super::draw::{Drawer, KEYS};
use super::run::Run;
use super::step::{Fault, Object, Step};
use super::tree::Leaf;
use super::values::{chance, data, dtype, item, json, object, one_of, shape};

const METADATA: &[&str] = &["size", "source", "m/a", "m/b", "m/b/c", "ü/x", "m"];
const DIMS: &[&str] = &["n", "face", "axis", "a_dim_0", "a_dim_1", "b_dim_0", "x y"];

impl Drawer {
    pub(super) fn save(&mut self, run: &Run) -> Step {
        let key = self.key(run);
        let nan = self.nan(run);
        let rng = &mut self.rng;
        match rng.u8(..10) {
            0 => Step::SaveJson { key, json: json(rng, 3) },
            1 | 2 => {
                let (dtype, shape) =
                    (dtype(rng), if chance(rng, 50) { vec![rng.u64(..6), rng.u64(1..6)] } else { shape(rng) });
                Step::SaveView { key, data: data(rng, dtype, shape, nan), transposed: chance(rng, 50) }
            }
            // What a schema names, so that it has something to say.
            3 if chance(rng, 50) => {
                let dtype = [DType::F32, DType::F64, DType::I32, DType::I64][rng.usize(..4)];
                let key = one_of(rng, &["face_areas", "face_types", "faces/face_areas", "g/face_types"]).to_owned();
                let shape = vec![rng.u64(3..5)];
                Step::Save { key, item: super::data::Item::Array(data(rng, dtype, shape, false)) }
            }
            _ => Step::Save { key, item: item(rng, nan, 0) },
        }
    }

    /// A step that changes an array in part.
    pub(super) fn part(&mut self, run: &Run) -> Step {
        let nan = self.nan(run);
        if chance(&mut self.rng, 22) {
            return self.create(run);
        }
        let (key, leaf) = self.array(run);
        let rng = &mut self.rng;
        let have = leaf.and_then(Leaf::elements);
        let mut dtype = have.map_or(DType::I32, datastorage::Array::dtype);
        if chance(rng, 3) {
            dtype = DType::U16;
        }
        let shape = have.map_or_else(|| vec![2], |array| array.shape().to_vec());
        match rng.u8(..10) {
            0..=4 => {
                let offset: Vec<u64> = shape.iter().map(|&n| rng.u64(..=n)).collect();
                let mut part: Vec<u64> = shape.iter().zip(&offset).map(|(n, at)| rng.u64(..=n - at)).collect();
                if chance(rng, 3) {
                    part.iter_mut().for_each(|n| *n += 1);
                }
                Step::SaveRegion { key, offset, data: data(rng, dtype, part, nan) }
            }
            5..=6 => {
                let mut shape: Vec<u64> =
                    shape.iter().map(|&n| if chance(rng, 50) { n } else { rng.u64(..=(n + 5).min(1500)) }).collect();
                if chance(rng, 3) {
                    shape.push(1);
                }
                Step::Resize { key, shape }
            }
            _ => {
                let axis = if chance(rng, 70) || shape.is_empty() { 0 } else { rng.usize(..shape.len()) };
                let mut part = shape;
                if let Some(length) = part.get_mut(axis) {
                    *length = if *length > 1000 { 1 } else { rng.u64(..8) };
                }
                if chance(rng, 3) {
                    part.push(1);
                }
                Step::Append { key, axis: axis as u64, data: data(rng, dtype, part, nan) }
            }
        }
    }

    fn create(&mut self, run: &Run) -> Step {
        let key = self.key(run);
        let rng = &mut self.rng;
        let (dtype, shape) = (dtype(rng), shape(rng));
        let fill = Some(data(rng, dtype, Vec::new(), false)).filter(|_| chance(rng, 40));
        let fill = fill.filter(|fill| fill_json(&array(fill)).is_some());
        let mut options = Object::new();
        if chance(rng, 60) {
            // Of many chunks, but not of thousands.
            let chunks: Vec<u64> = shape.iter().map(|&n| rng.u64(1 + n / 12..=1 + n)).collect();
            options.insert("chunks".to_owned(), json!(chunks));
        }
        if chance(rng, 3) {
            options.insert("chunks".to_owned(), json!([1, 2, 3, 4, 5]));
        }
        if chance(rng, 20) {
            let names: Vec<&str> = shape.iter().map(|_| one_of(rng, DIMS)).collect();
            options.insert("dims".to_owned(), json!(names));
        }
        if chance(rng, 20) {
            options.insert("attributes".to_owned(), Json::Object(object(rng, 2)));
        }
        if chance(rng, 10) && run.open.backend() == Backend::Zarr {
            options.insert("profile".to_owned(), json!(one_of(rng, &["fast", "compact", "portable"])));
        }
        Step::Create { key, dtype: dtype.name().to_owned(), shape, fill, options }
    }

    /// A step that changes nodes but for their elements.
    pub(super) fn node(&mut self, run: &Run) -> Step {
        let key = self.key(run);
        match self.rng.u8(..20) {
            0..=4 => Step::Delete { key },
            5..=9 => {
                let to = if chance(&mut self.rng, 10) { format!("{key}/below") } else { self.key(run) };
                let to = if run.state.node(&to).is_some() && chance(&mut self.rng, 70) {
                    one_of(&mut self.rng, KEYS).to_owned()
                } else {
                    to
                };
                Step::Rename { from: key, to }
            }
            10..=11 => Step::CreateGroup { key },
            12..=15 => {
                let (key, leaf) = self.array(run);
                let rng = &mut self.rng;
                let ndim = leaf.map_or(1, |leaf| leaf.shape().len()) + usize::from(chance(rng, 5));
                let mut names: Vec<String> = (0..ndim).map(|_| one_of(rng, DIMS).to_owned()).collect();
                if chance(rng, 3) {
                    names = vec![String::new(); ndim];
                }
                Step::SetDimensions { key, names }
            }
            _ => {
                let key = if chance(&mut self.rng, 10) { String::new() } else { key };
                let mut attributes = object(&mut self.rng, 2);
                if chance(&mut self.rng, 3) {
                    attributes.insert("_ds".to_owned(), json!(1));
                }
                Step::SetAttributes { key, attributes }
            }
        }
    }

    pub(super) fn metadata(&mut self, run: &Run) -> Step {
        let rng = &mut self.rng;
        let key = one_of(rng, METADATA).to_owned();
        match rng.u8(..10) {
            0..=5 => {
                let value = if chance(rng, 30) { Json::Object(object(rng, 2)) } else { json(rng, 2) };
                Step::SaveMetadata { key, value }
            }
            6..=7 => Step::DeleteMetadata { key },
            8 => Step::LoadMetadata { key: if chance(rng, 30) { String::new() } else { key } },
            _ if run.state.metadata.is_empty() => Step::ListMetadata { prefix: String::new() },
            _ => Step::ListMetadata { prefix: if chance(rng, 50) { String::new() } else { key } },
        }
    }

    pub(super) fn schema(&mut self) -> Json {
        let faces = json!({"face_areas": {"dims": ["face"], "dtype": "float32"},
            "face_types": {"dims": ["face"], "dtype": "int32", "min_value": 0},
            "face_normals": {"dims": ["face", "axis"], "dtype": "float64"}});
        match self.rng.u8(..8) {
            0..=3 => {
                json!({"version": "1.0", "domain": "parts", "groups": {"faces": {"primary_dimension": "face", "arrays": faces}}})
            }
            4..=5 => {
                json!({"groups": {"any": {"arrays": {"face_areas": {"dims": ["n"]}, "face_types": {"dims": ["n"]}, "x": {"dims": ["n", "k"]}}}},
                "metadata": {"file_level": {"size": {"dtype": "int64", "min_value": 0}}}})
            }
            6 => json!({}),
            _ => json!({"groups": 5}),
        }
    }

    /// A step that only looks.
    pub(super) fn look(&mut self, run: &Run) -> Step {
        let key = self.key(run);
        match self.rng.u8(..20) {
            0..=4 => Step::Load { key },
            5 => Step::LoadArray { key },
            6..=9 => {
                let (key, leaf) = self.array(run);
                let rng = &mut self.rng;
                let shape = leaf.map_or_else(|| vec![2], |leaf| leaf.shape().to_vec());
                let offset: Vec<u64> = shape.iter().map(|&n| rng.u64(..=n)).collect();
                let mut size: Vec<u64> = shape.iter().zip(&offset).map(|(n, at)| rng.u64(..=n - at)).collect();
                if chance(rng, 5) {
                    size.iter_mut().for_each(|n| *n += 1);
                }
                Step::LoadRegion { key, offset, shape: size }
            }
            10..=11 => Step::LoadAll { key: if chance(&mut self.rng, 50) { String::new() } else { key } },
            12..=13 => Step::View { key },
            14..=15 => Step::Stat { key },
            16 => Step::Exists { key },
            17 => {
                let rng = &mut self.rng;
                let shape = vec![rng.u64(..4)];
                let dtype = dtype(rng);
                Step::Validate { key: "face_areas".to_owned(), data: data(rng, dtype, shape, false) }
            }
            _ => {
                let prefix = if chance(&mut self.rng, 50) { String::new() } else { key };
                Step::List { prefix, recursive: chance(&mut self.rng, 60) }
            }
        }
    }

    /// A step whose disk fails.
    pub(super) fn fault(&mut self, run: &Run) -> Step {
        let step = match self.rng.u8(..12) {
            0..=3 => Step::Flush,
            4 => Step::Compress,
            5 => Step::Verify { repair: true },
            6..=7 => self.save(run),
            8..=9 => self.part(run),
            _ => self.node(run),
        };
        let fault = [Fault::Io, Fault::Io, Fault::NoSpace, Fault::Interrupted, Fault::Short][self.rng.usize(..5)];
        // Early calls more often: most steps make few.
        let most = [2, 6, 30][self.rng.usize(..3)];
        let (at, lasting) = (self.rng.u64(..most), chance(&mut self.rng, 40));
        Step::Fault { fault, at, lasting, step: Box::new(step) }
    }

    /// A step that is cut off.
    pub(super) fn cancelled(&mut self, run: &Run) -> Step {
        let step = match self.rng.u8(..8) {
            0..=1 => Step::Flush,
            2 => Step::Compress,
            3 => Step::Verify { repair: false },
            4 => Step::Convert { spec: self.destination() },
            5 => Step::ToBytes { options: Object::new() },
            6 => self.save(run),
            _ => self.part(run),
        };
        Step::Cancel { after: self.rng.u64(..4), interrupt: chance(&mut self.rng, 50), step: Box::new(step) }
    }
}
