//! The codecs of an array of format 3, as a chain of zarrs.
//!
//! The chain is built codec by codec, not by zarrs from the document: compressors are replaced by bounded ones, at every
//! depth of sharding, and what was not looked at (codecs that would trust their configuration) does not get in.

use std::num::NonZeroU64;
use std::sync::Arc;

use serde_json::Value as Json;
use zarrs::array::codec::{ShardingCodec, ShardingIndexLocation};
use zarrs::array::{ArrayToArrayCodecTraits, ArrayToBytesCodecTraits, BytesToBytesCodecTraits, Codec, CodecChain};
use zarrs::metadata::v3::MetadataV3;

use super::super::v3::document::{extension, field, lengths};
use super::bounded::{Bounded, Lengths, Whole};
use super::guard::{Budget, guarded};
use crate::backend::Object;
use crate::codec::Decompressor;
use crate::error::{Result, err};

/// How deep shards may be nested.
const MAX_DEPTH: usize = 4;

/// The codecs of chunks of one shape.
pub struct Chain {
    /// The chain.
    pub codecs: Arc<CodecChain>,
    /// The inner chunks, where chunks are shards and nothing else, so that an inner chunk can be read alone.
    pub inner: Option<Vec<u64>>,
    /// Bytes of the index of a shard; 0 where there is none.
    pub index: u64,
}

/// What is being built.
struct Builder<'b> {
    what: &'b str,
    text: bool,
    budget: &'b Arc<Budget>,
    depth: usize,
    /// The shape behind the codecs that were added.
    shape: Vec<u64>,
    reshapers: Vec<Arc<dyn ArrayToArrayCodecTraits>>,
    serializer: Option<Arc<dyn ArrayToBytesCodecTraits>>,
    compressors: Vec<Arc<dyn BytesToBytesCodecTraits>>,
    inner: Option<Vec<u64>>,
    index: u64,
}

impl Chain {
    /// Builds the chain for chunks of `shape`; `text` when elements are strings of any length.
    ///
    /// # Errors
    /// `Unsupported` for a codec that is not known, naming it; `Corrupt` for one that is malformed or out of place.
    pub fn build(what: &str, codecs: &[Json], shape: &[u64], text: bool, budget: &Arc<Budget>) -> Result<Self> {
        Builder::new(what, shape, text, budget, 0).chain(codecs)
    }
}

impl<'b> Builder<'b> {
    fn new(what: &'b str, shape: &[u64], text: bool, budget: &'b Arc<Budget>, depth: usize) -> Self {
        let (reshapers, compressors) = (Vec::new(), Vec::new());
        let shape = shape.to_vec();
        Self { what, text, budget, depth, shape, reshapers, serializer: None, compressors, inner: None, index: 0 }
    }

    fn chain(mut self, codecs: &[Json]) -> Result<Chain> {
        for codec in codecs {
            self.add(codec)?;
        }
        let what = self.what;
        let serializer = self.serializer.ok_or_else(|| err!(Corrupt, "{what}: no codec makes bytes of elements"))?;
        let alone = self.reshapers.is_empty() && self.compressors.is_empty();
        Ok(Chain {
            codecs: Arc::new(CodecChain::new(self.reshapers, serializer, self.compressors)),
            inner: self.inner.filter(|_| alone),
            index: self.index,
        })
    }

    fn add(&mut self, json: &Json) -> Result<()> {
        let what = self.what;
        let (name, configuration) = extension(what, json)?;
        let reshapes = name == "transpose";
        let serializes = matches!(name, "bytes" | "vlen-utf8" | "sharding_indexed");
        let lent = matches!(name, "crc32c" | "numcodecs.shuffle");
        let own = Decompressor::named(name);
        if !(reshapes || serializes || lent || own.is_some()) {
            let known = "bytes, vlen-utf8, sharding_indexed, transpose, crc32c, numcodecs.shuffle";
            let own = Decompressor::NAMES.join(", ");
            return Err(err!(Unsupported, "{what}: codec '{name}' is not supported, known are {known}, {own}"));
        }
        if (reshapes || serializes) == self.serializer.is_some() {
            return Err(err!(Corrupt, "{what}: codec '{name}' is out of place"));
        }
        match name {
            "transpose" => {
                self.transpose(configuration)?;
                self.reshapers.push(match create(what, name, json)? {
                    Codec::ArrayToArray(codec) => codec,
                    _ => return Err(unexpected(what, name)),
                });
            }
            "bytes" | "vlen-utf8" => {
                if (name == "vlen-utf8") != self.text {
                    return Err(err!(Corrupt, "{what}: codec '{name}' does not fit the data type"));
                }
                self.serializer = Some(match create(what, name, json)? {
                    Codec::ArrayToBytes(codec) => codec,
                    _ => return Err(unexpected(what, name)),
                });
                if self.text {
                    self.compressors.push(Arc::new(Lengths));
                }
            }
            "sharding_indexed" => self.sharding(configuration)?,
            _ => self.compressors.push(match own {
                Some(codec) => Arc::new(Bounded { name: name.to_owned(), codec, budget: self.budget.clone() }),
                None => match create(what, name, json)? {
                    Codec::BytesToBytes(codec) => Arc::new(Whole(codec)),
                    _ => return Err(unexpected(what, name)),
                },
            }),
        }
        Ok(())
    }

    /// Follows the shape through a transposition.
    fn transpose(&mut self, configuration: &Object) -> Result<()> {
        let what = self.what;
        let order = lengths(what, "order", field(what, configuration, "order")?)?;
        let mut sorted = order.clone();
        sorted.sort_unstable();
        if sorted != (0..self.shape.len() as u64).collect::<Vec<_>>() {
            return Err(err!(Corrupt, "{what}: {order:?} is no order of {} dimensions", self.shape.len()));
        }
        self.shape = order.iter().map(|&d| self.shape[d as usize]).collect();
        Ok(())
    }

    fn sharding(&mut self, configuration: &Object) -> Result<()> {
        let what = self.what;
        if self.depth == MAX_DEPTH {
            return Err(err!(Unsupported, "{what}: shards are nested more than {MAX_DEPTH} deep"));
        }
        let inner = lengths(what, "chunk_shape", field(what, configuration, "chunk_shape")?)?;
        let divides = |(&shard, &inner): (&u64, &u64)| inner > 0 && shard % inner == 0;
        if inner.len() != self.shape.len() || !self.shape.iter().zip(&inner).all(divides) {
            return Err(err!(Corrupt, "{what}: inner chunks {inner:?} do not divide shards {:?}", self.shape));
        }
        let list = |name: &str| {
            let list = field(what, configuration, name)?.as_array().filter(|list| list.len() <= 64);
            list.ok_or_else(|| err!(Corrupt, "{what}: {name} are no list of codecs"))
        };
        let codecs = Builder::new(what, &inner, self.text, self.budget, self.depth + 1).chain(list("codecs")?)?;
        let index_codecs = list("index_codecs")?;
        for codec in index_codecs {
            let (name, _) = extension(what, codec)?;
            if !matches!(name, "bytes" | "crc32c") {
                return Err(err!(Unsupported, "{what}: codec '{name}' in the index of shards is not supported"));
            }
        }
        let index_codecs = Builder::new(what, &[], false, self.budget, self.depth + 1).chain(index_codecs)?;
        let location = match configuration.get("index_location").map(Json::as_str) {
            None | Some(Some("end")) => ShardingIndexLocation::End,
            Some(Some("start")) => ShardingIndexLocation::Start,
            Some(_) => return Err(err!(Corrupt, "{what}: index_location is neither start nor end")),
        };
        // The size of a shard in bytes was checked to be one that can be addressed; its index is at most 16 times that.
        let count = self.shape.iter().zip(&inner).fold(1u64, |n, (shard, inner)| n.saturating_mul(shard / inner));
        self.index = count.saturating_mul(16).saturating_add(4);
        let shape = inner.iter().map(|&d| NonZeroU64::new(d)).collect::<Option<Vec<_>>>();
        let shape = shape.ok_or_else(|| err!(Corrupt, "{what}: an inner chunk has length 0: {inner:?}"))?;
        self.serializer = Some(Arc::new(ShardingCodec::new(shape, codecs.codecs, index_codecs.codecs, location)));
        self.index = self.index.saturating_add(codecs.index);
        self.inner = Some(inner);
        Ok(())
    }
}

/// Lets zarrs make one of its codecs.
fn create(what: &str, name: &str, json: &Json) -> Result<Codec> {
    let metadata: MetadataV3 =
        serde_json::from_value(json.clone()).map_err(|e| err!(Corrupt, "{what}: codec '{name}': {e}"))?;
    guarded(|| Codec::from_metadata(&metadata))?.map_err(|e| err!(Corrupt, "{what}: codec '{name}': {e}"))
}

fn unexpected(what: &str, name: &str) -> crate::Error {
    err!(Internal, "{what}: codec '{name}' is of another kind")
}
