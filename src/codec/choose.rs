//! Filters and compressor of one array, chosen by encoding samples of it.
//!
//! `fast` chooses among what every reader of Zarr v2 knows: raw bytes, zstd, and blosc with its byte or bit shuffle.
//! `compact` chooses among what zarr-python 2 and 3 read: zstd after any of the byte shuffle, the delta of integers or of
//! the bit patterns of floats, and the column-major order that puts the components of vectors side by side; and pcodec,
//! for which readers need one package more, so that it has to gain the most. Candidates
//! are ranked by the bytes they come to, at a low level; a more elaborate one has to be clearly better than a simpler
//! one. No clock is asked, so that the same array gives the same bytes everywhere.
//!
//! Floats and their bits come back exactly whatever is chosen: the delta works on the bits as integers, and wraps.

use std::borrow::Cow;
use std::sync::{Mutex, PoisonError};

use super::Pipeline;
use super::blosc::Blosc;
use super::compressor::Compressor;
use super::delta::Delta;
use super::filter::Filter;
use super::pcodec::{self, Pcodec};
use super::spec::Encoding;
use super::stored::StoredType;
use crate::error::Result;
use crate::value::DType;

/// Up to this many bytes an array is its own sample.
const WHOLE: usize = 32 << 10;
/// The bytes of a piece of a larger one; three are taken: from its beginning, its middle and its end.
const PIECE: usize = 16 << 10;
/// Below this many bytes no filter is tried: for `fast`, none makes up for the header of blosc.
const TINY_FAST: usize = 256;
const TINY_COMPACT: usize = 64;
/// The levels that candidates are ranked at, and those that are written.
const RANK_LEVEL: i32 = 3;
const FAST_LEVEL: i32 = 3;
const COMPACT_LEVEL: i32 = 12;
/// What blosc makes zstd 1 of: behind a shuffle, level 3 costs a fifth more time for 7 % of the bytes.
const BLOSC_LEVEL: u8 = 1;
/// The blocks that blosc cuts a chunk into. Its own choice at this level is an eighth of that: a smooth surface then takes a
/// fifth more bytes, and longer to read.
const BLOSC_BLOCK: usize = 512 << 10;
/// The most components of a vector that are put side by side.
const MOST_COMPONENTS: u64 = 16;

/// Whether an encoding is the same for all arrays of a type, or chosen for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// The same for all.
    Fixed,
    /// Among what every reader knows.
    Fast,
    /// Among what zarr-python reads.
    Compact,
}

/// The pipeline of an array, and whether its chunks are stored column-major.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// Data type, filters, compressor.
    pub pipeline: Pipeline,
    /// `order: "F"`.
    pub column_major: bool,
}

/// One way to encode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Recipe {
    Raw,
    Zstd,
    Blosc(i64),
    Filters { delta: bool, shuffle: bool },
    Pcodec,
}

impl Recipe {
    /// Bytes that its description adds to the metadata of an array.
    fn metadata(self) -> usize {
        match self {
            Self::Raw | Self::Zstd => 0,
            Self::Blosc(_) => 50,
            Self::Pcodec => 130,
            Self::Filters { delta, shuffle } => 50 * usize::from(delta) + 36 * usize::from(shuffle),
        }
    }
}

/// Gives the pipelines of a store's arrays; those it made are kept.
pub struct Chooser {
    encoding: Encoding,
    /// Differences are those of the type itself, and of elements in their own order: in format 3 a filter has no type of
    /// its own to give its result, and comes behind the transposition.
    typed: bool,
    #[allow(clippy::type_complexity)]
    made: Mutex<Vec<((DType, Recipe, bool), Pipeline)>>,
    fixed: [std::sync::OnceLock<Pipeline>; DTYPES],
}

/// One more than the highest number of a data type.
const DTYPES: usize = 16;

impl Chooser {
    /// One for an encoding, with what format 3 can say when `typed`.
    pub fn new(encoding: Encoding, typed: bool) -> Self {
        Self { encoding, typed, made: Mutex::default(), fixed: Default::default() }
    }

    /// The encoding it chooses for.
    pub fn encoding(&self) -> &Encoding {
        &self.encoding
    }

    /// The pipeline of an array of strings, or of one whose encoding is not chosen.
    fn fixed(&self, dtype: DType) -> Result<Chosen> {
        let slot = self.fixed.get(dtype as usize);
        let pipeline = match slot.and_then(std::sync::OnceLock::get) {
            Some(made) => made.clone(),
            None => {
                let made = self.encoding.pipeline(dtype)?;
                slot.map_or(made.clone(), |slot| slot.get_or_init(|| made).clone())
            }
        };
        Ok(Chosen { pipeline, column_major: false })
    }

    /// The encoding of an array of `shape` with these native elements.
    ///
    /// # Errors
    /// `Codec` when a codec refuses, `NoMemory`.
    pub fn choose<'b>(&self, dtype: DType, shape: &[u64], bytes: impl FnOnce() -> Cow<'b, [u8]>) -> Result<Chosen> {
        if self.encoding.choice == Choice::Fixed || dtype == DType::String {
            return self.fixed(dtype);
        }
        let bytes = bytes();
        let columns = match shape {
            [_, columns @ 2..=MOST_COMPONENTS] => *columns as usize,
            _ => 1,
        };
        let samples = samples(&bytes, dtype.size(), columns);
        let raw: usize = samples.iter().map(|sample| sample.len()).sum();
        let (mut best, mut best_turned) = (Recipe::Zstd, false);
        let mut least = self.measure(dtype, best, &samples)?;
        let tiny = if self.encoding.choice == Choice::Fast { TINY_FAST } else { TINY_COMPACT };
        if bytes.len() >= tiny {
            let turned: Vec<Vec<u8>> = samples.iter().map(|sample| turn(sample, columns, dtype.size())).collect();
            let turned: Vec<&[u8]> = turned.iter().map(Vec::as_slice).collect();
            for (recipe, is_turned, gain) in candidates(self.encoding.choice, dtype, columns) {
                let typed = match recipe {
                    Recipe::Filters { delta: true, .. } => !is_turned && dtype.is_integer(),
                    Recipe::Pcodec => !is_turned,
                    _ => true,
                };
                if self.typed && !typed {
                    continue;
                }
                let size = self.measure(dtype, recipe, if is_turned { &turned } else { &samples })? + recipe.metadata();
                if (size as f64) < least as f64 * gain {
                    (best, best_turned, least) = (recipe, is_turned, size);
                }
            }
        }
        let enough = if self.encoding.choice == Choice::Fast { raw * 19 / 20 } else { raw };
        if least >= enough {
            (best, best_turned) = (Recipe::Raw, false);
        }
        Ok(Chosen { pipeline: self.made(dtype, best, false)?, column_major: best_turned })
    }

    fn measure(&self, dtype: DType, recipe: Recipe, samples: &[&[u8]]) -> Result<usize> {
        let pipeline = self.made(dtype, recipe, true)?;
        let mut out = Vec::new();
        let mut size = 0;
        for sample in samples {
            pipeline.encode(sample, &mut out)?;
            size += out.len();
        }
        Ok(size)
    }

    /// The pipeline of a recipe, at the level that ranks or at the one that is written.
    fn made(&self, dtype: DType, recipe: Recipe, ranks: bool) -> Result<Pipeline> {
        let wanted = (dtype, recipe, ranks);
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, pipeline)) = made.iter().find(|(known, _)| *known == wanted) {
            return Ok(pipeline.clone());
        }
        let level = match (ranks, self.encoding.choice) {
            (true, _) => RANK_LEVEL,
            (false, Choice::Compact) => COMPACT_LEVEL,
            (false, _) => FAST_LEVEL,
        };
        let mut filters = Vec::new();
        let compressor = match recipe {
            Recipe::Raw => Compressor::None,
            Recipe::Zstd => Compressor::Zstd(level),
            Recipe::Blosc(shuffle) => Compressor::Blosc(Blosc {
                cname: "zstd".to_owned(),
                level: BLOSC_LEVEL,
                shuffle,
                blocksize: BLOSC_BLOCK,
            }),
            Recipe::Pcodec => Compressor::Pcodec(Pcodec { level: pcodec::DEFAULT_LEVEL, dtype: Some(dtype) }),
            Recipe::Filters { delta, shuffle } => {
                if delta && let Some(integer) = bits_of(dtype) {
                    let stored = StoredType::for_write(integer)?;
                    filters.push(Filter::Delta(Delta::new(stored.clone(), stored)?));
                }
                if shuffle {
                    filters.push(Filter::Shuffle(word(dtype)));
                }
                Compressor::Zstd(level)
            }
        };
        let pipeline = Pipeline::with_filters(dtype, filters, compressor)?;
        made.push((wanted, pipeline.clone()));
        Ok(pipeline)
    }
}

/// The candidates beyond plain zstd: whether the order is turned, and how much of the bytes of a simpler candidate they
/// may come to at most.
fn candidates(choice: Choice, dtype: DType, columns: usize) -> Vec<(Recipe, bool, f64)> {
    let wide = word(dtype) > 1;
    if choice == Choice::Fast {
        // The bits take c-blosc twice the time of the bytes, and have to be worth it.
        let shuffles: &[(i64, f64)] = if wide { &[(1, 0.97), (2, 0.8)] } else { &[] };
        return shuffles.iter().map(|&(shuffle, gain)| (Recipe::Blosc(shuffle), false, gain)).collect();
    }
    let mut out = Vec::new();
    for turned in [false, true] {
        if turned && columns == 1 {
            continue;
        }
        for (delta, shuffle) in [(false, false), (false, true), (true, false), (true, true)] {
            let possible = (!shuffle || wide) && (!delta || bits_of(dtype).is_some());
            if possible && (delta || shuffle || turned) {
                out.push((Recipe::Filters { delta, shuffle }, turned, 0.98));
            }
        }
    }
    if pcodec::knows(dtype) {
        out.push((Recipe::Pcodec, false, 0.96));
        if columns > 1 {
            out.push((Recipe::Pcodec, true, 0.96));
        }
    }
    out
}

/// The integers of the width of a type whose differences are taken.
fn bits_of(dtype: DType) -> Option<DType> {
    match dtype {
        DType::F16 => Some(DType::I16),
        DType::F32 => Some(DType::I32),
        DType::F64 => Some(DType::I64),
        integer if integer.is_integer() => Some(integer),
        _ => None,
    }
}

/// Bytes of a number: of a component, for complex ones.
fn word(dtype: DType) -> usize {
    if dtype.is_complex() { dtype.size() / 2 } else { dtype.size() }
}

/// Pieces of the elements that stand for all of them, in whole rows.
fn samples(bytes: &[u8], size: usize, columns: usize) -> Vec<&[u8]> {
    if bytes.len() <= WHOLE {
        return vec![bytes];
    }
    let row = size * columns;
    let piece = PIECE / row * row;
    let rows = bytes.len() / row;
    let last = rows - piece / row;
    [0, last / 2, last].map(|first| &bytes[first * row..first * row + piece]).to_vec()
}

/// Rows of `columns` elements, column after column.
fn turn(bytes: &[u8], columns: usize, size: usize) -> Vec<u8> {
    if columns == 1 {
        return Vec::new();
    }
    let mut out = Vec::with_capacity(bytes.len());
    for column in 0..columns {
        for row in bytes.chunks_exact(columns * size) {
            out.extend_from_slice(&row[column * size..(column + 1) * size]);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Profile;

    fn chosen(profile: Profile, dtype: DType, shape: &[u64], bytes: &[u8]) -> Chosen {
        Chooser::new(Encoding::of_profile(profile), false).choose(dtype, shape, || Cow::Borrowed(bytes)).unwrap()
    }

    fn smooth(points: usize) -> Vec<f32> {
        let t = |i: usize| i as f32 / points as f32 * 6.0;
        (0..points).flat_map(|i| [t(i).cos() * 40.0, t(i).sin() * 40.0, t(i) * 3.0]).collect()
    }

    #[test]
    fn fast_stays_with_what_every_reader_knows_and_compact_is_smaller() {
        let points = smooth(20_000);
        let indices: Vec<i32> = (0..60_000).map(|i| i / 3 + i % 2).collect();
        let noise: Vec<u64> = (1..9000u64).map(|i| i.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29)).collect();
        for (dtype, shape, bytes) in [
            (DType::F32, vec![20_000, 3], bytemuck::cast_slice::<f32, u8>(&points)),
            (DType::I32, vec![60_000], bytemuck::cast_slice(&indices)),
            (DType::U64, vec![8999], bytemuck::cast_slice(&noise)),
        ] {
            let size = |profile| {
                let chosen = chosen(profile, dtype, &shape, bytes);
                let turned = if chosen.column_major { turn(bytes, 3, dtype.size()) } else { bytes.to_vec() };
                let mut out = Vec::new();
                chosen.pipeline.encode(&turned, &mut out).unwrap();
                let mut back = vec![0; bytes.len()];
                chosen.pipeline.decode(&out, &mut back).unwrap();
                assert_eq!(back, turned);
                let (_, filters, compressor) = chosen.pipeline.metadata();
                if profile == Profile::Fast {
                    assert!(filters.is_null() && !chosen.column_major, "{filters}");
                    let id = compressor.get("id").and_then(serde_json::Value::as_str);
                    assert!(matches!(id, None | Some("zstd" | "blosc")), "{compressor}");
                }
                out.len()
            };
            let (plain, fast, compact) = (size(Profile::Portable), size(Profile::Fast), size(Profile::Compact));
            assert!(compact <= fast && fast <= plain * 101 / 100, "{dtype}: {plain} {fast} {compact}");
        }
    }

    #[test]
    fn small_and_odd_arrays_have_a_choice_too() {
        for profile in [Profile::Fast, Profile::Compact] {
            for dtype in DType::ALL.into_iter().filter(|dtype| *dtype != DType::String) {
                for count in [0usize, 1, 3, 100, 5000] {
                    let bytes = vec![1u8; count * 3 * dtype.size()];
                    let chosen = chosen(profile, dtype, &[count as u64, 3], &bytes);
                    let mut out = Vec::new();
                    chosen.pipeline.encode(&bytes, &mut out).unwrap();
                    let mut back = vec![0; bytes.len()];
                    chosen.pipeline.decode(&out, &mut back).unwrap();
                    assert_eq!(back, bytes, "{profile:?} {dtype} {count}");
                }
            }
        }
    }
}
