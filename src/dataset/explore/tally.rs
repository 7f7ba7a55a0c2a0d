//! Values by file and bin: what distributions, memberships and splits are made of.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use arrow_array::ArrayRef;
use serde_json::Value as Json;

use super::Dataset;
use super::bind::{Target, target};
use super::bins::{Binner, Bins, MAX_BINS, OUTSIDE};
use super::distinct::{Distinct, reals};
use super::kind::Kind;
use super::names::Names;
use super::predicate::{Name, parse_name};
use super::run::each_block;
use super::source::Source;
use crate::dataset::layout::FILE;
use crate::dataset::tables::cell;
use crate::error::{Error, Result, err};
use crate::op::Op;
use crate::value::Array;

/// The values of a key: of an array of a group, or one a file.
pub struct Values<'d> {
    dataset: &'d Dataset,
    group: String,
    name: Name,
    kind: Kind,
    place: Place,
}

enum Place {
    Rows(Source),
    Column(ArrayRef),
}

/// Values counted by file and bin.
pub struct Tally {
    /// File, bin, how many; files do not fall, one pair may be there again where the next block begins.
    pub entries: Vec<(u32, u32, u64)>,
    /// What each bin is: a category, or the text of its edges.
    pub labels: Vec<Json>,
    /// One more than there are bins; empty for categories.
    pub edges: Vec<f64>,
}

impl<'d> Values<'d> {
    /// The values of a key; a key that is as it stands the name of an array of the group or of a column is that, and else
    /// it is read as names in predicates are. Without a group (`""` or `"file"`) it is a column.
    ///
    /// # Errors
    /// `NotFound`, `InvalidArgument`; `Unsupported` for complex numbers; `Corrupt`.
    pub fn new(dataset: &'d Dataset, group: &str, key: &str) -> Result<Self> {
        let asked = match group {
            "" | FILE => None,
            group => Some(dataset.group(group)?),
        };
        let plain = Name { name: key.to_owned(), ..Name::default() };
        let array = asked.is_some_and(|(_, entry)| entry.arrays.contains_key(key));
        let column = dataset.infoset().is_ok_and(|infoset| infoset.find(key).is_some());
        let name = if array || column { plain } else { parse_name(key)? };
        let bare = |e: Error| e.replaced("where: ", "");
        let (kind, place) = match target(dataset, asked, &name).map_err(bare)? {
            Target::Column(index) => {
                let column = dataset.infoset()?.column(index)?;
                (Kind::of_column(&column), Place::Column(column))
            }
            Target::Array(array, entry) => {
                let group = asked.ok_or_else(|| err!(Internal, "an array without a group"))?;
                let source = Source::new(dataset, group, (array, entry), &name, true)?;
                let dtype = source.dtype;
                let kind = Kind::of(dtype).ok_or_else(|| err!(Unsupported, "{name}: {dtype} has no bins"))?;
                (kind, Place::Rows(source))
            }
        };
        Ok(Self { dataset, group: group.to_owned(), name, kind, place })
    }

    /// The bins that stand for values of which nobody said how: each distinct one, or ten of equal width for floats.
    pub fn usual_bins(&self) -> Bins {
        if matches!(self.kind, Kind::Real(_)) { Bins::default() } else { Bins::Distinct }
    }

    /// Counts the values in bins.
    ///
    /// # Errors
    /// `InvalidArgument` when the bins do not fit the values; as [`Storage::load_region`](crate::Storage::load_region).
    pub fn tally(&self, op: &Op, bins: &Bins) -> Result<Tally> {
        let (binner, mut labels) = match bins {
            Bins::Equal(_) if self.kind == Kind::Text => return Err(self.no_range()),
            Bins::Equal(count) => (Binner::equal(&self.name, *count, self.range(op)?)?, Vec::new()),
            Bins::Edges(edges) => (Binner::edges(&self.name, self.kind, edges)?, Vec::new()),
            Bins::Categories(categories) => (self.categories(categories)?, categories.clone()),
            Bins::Distinct => {
                let categories = self.distinct(op)?;
                (self.categories(&categories)?, categories)
            }
        };
        let mut edges = Vec::new();
        if let Binner::Edges(between, _) = &binner {
            edges.clone_from(between);
            let last = edges.len() - 2;
            let close = |bin: usize| if bin == last { ']' } else { ')' };
            labels = (0..=last)
                .map(|bin| Json::from(format!("[{}, {}{}", edges[bin], edges[bin + 1], close(bin))))
                .collect();
        }
        let entries = self.count(op, &binner, labels.len())?;
        Ok(Tally { entries, labels, edges })
    }

    fn no_range(&self) -> Error {
        err!(InvalidArgument, "{}: texts have no range, give categories", self.name)
    }

    fn categories(&self, categories: &[Json]) -> Result<Binner> {
        let attribset = self.dataset.attribset().ok();
        let name = &self.name.name;
        let names = Names::new(attribset.as_deref(), vec![name.clone(), format!("{}/{name}", self.group)]);
        Binner::categories(&self.name, self.kind, categories, &names)
    }

    fn count(&self, op: &Op, binner: &Binner, bins: usize) -> Result<Vec<(u32, u32, u64)>> {
        let source = match &self.place {
            Place::Column(column) => {
                let found = binner.of_column(column).into_iter().enumerate().filter(|(_, bin)| *bin != OUTSIDE);
                return Ok(found.map(|(file, bin)| (file as u32, bin, 1)).collect());
            }
            Place::Rows(source) => source,
        };
        let width = source.width();
        let blocks = self.each_block(op, source, |rows, array| {
            let found = binner.of_array(&array)?;
            let mut counts = vec![0u64; bins];
            let mut touched = Vec::new();
            let mut entries = Vec::new();
            for (file, of) in source.offsets.pieces(rows.start..rows.end) {
                let [from, to] = [of.start, of.end].map(|row| ((row - rows.start) * width) as usize);
                for &bin in found[from..to].iter().filter(|bin| **bin != OUTSIDE) {
                    let count = &mut counts[bin as usize];
                    if *count == 0 {
                        touched.push(bin);
                    }
                    *count += 1;
                }
                touched.sort_unstable();
                let taken = touched.drain(..).map(|bin| (file as u32, bin, std::mem::take(&mut counts[bin as usize])));
                entries.extend(taken);
            }
            Ok(entries)
        })?;
        Ok(blocks.concat())
    }

    /// The least and the greatest number; 0 and 1 where there is none.
    fn range(&self, op: &Op) -> Result<(f64, f64)> {
        let none = (f64::INFINITY, f64::NEG_INFINITY);
        let wider = |(min, max): (f64, f64), (low, high): (f64, f64)| (min.min(low), max.max(high));
        let (min, max) = match &self.place {
            Place::Column(column) => {
                let numbers = (0..column.len()).filter_map(|row| match cell(column, row) {
                    Json::Bool(flag) => Some(f64::from(u8::from(flag))),
                    number => number.as_f64(),
                });
                numbers.fold(none, |range, value| wider(range, (value, value)))
            }
            Place::Rows(source) => match source.statistics() {
                Some((statistics, _)) => {
                    let bounds = reals(statistics)?;
                    let pairs = bounds.chunks_exact(2).filter(|pair| pair[0] <= pair[1]);
                    pairs.fold(none, |range, pair| wider(range, (pair[0], pair[1])))
                }
                None => {
                    let blocks = self.each_block(op, source, |_, array| {
                        let values = reals(&array)?;
                        let numbers = values.iter().filter(|value| !value.is_nan());
                        Ok(numbers.fold(none, |range, &value| wider(range, (value, value))))
                    })?;
                    blocks.into_iter().fold(none, wider)
                }
            },
        };
        Ok(if min <= max { (min, max) } else { (0.0, 1.0) })
    }

    /// The distinct values, sorted; NaN is none.
    fn distinct(&self, op: &Op) -> Result<Vec<Json>> {
        let too_many = || err!(InvalidArgument, "{}: more than {MAX_BINS} distinct values, give bins", self.name);
        let seen = Mutex::new(BTreeSet::new());
        let add = |values: BTreeSet<Distinct>| {
            let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.extend(values);
            if seen.len() > MAX_BINS { Err(too_many()) } else { Ok(()) }
        };
        match &self.place {
            Place::Column(column) => {
                add((0..column.len()).filter_map(|row| Distinct::of_json(&cell(column, row))).collect())?;
            }
            Place::Rows(source) => {
                self.each_block(op, source, |_, array| add(Distinct::of_array(&array)?))?;
            }
        }
        let seen = seen.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ok(seen.into_iter().map(|value| value.into_json(self.kind == Kind::Bool)).collect())
    }

    fn each_block<T: Send>(
        &self,
        op: &Op,
        source: &Source,
        work: impl Fn(std::ops::Range<u64>, Array) -> Result<T> + Sync,
    ) -> Result<Vec<T>> {
        let block = source.block(self.dataset)?;
        each_block(op, source.offsets.rows(), block, |rows| work(rows.clone(), source.load(self.dataset, rows)?))
    }
}
