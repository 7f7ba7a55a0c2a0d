//! Backends: where nodes are kept.
//!
//! A [`Backend`] maps keys to nodes and keeps one metadata document. It is deliberately small: schema, NaN policy,
//! sizes, routing, nested values and conversion are the same for all and live above it, in
//! [`Storage`](crate::Storage). A backend is shared by threads and synchronises itself; every method may be called
//! from any thread.
//!
//! Rules that every backend keeps: a write or delete either happens as a whole or changes nothing; a group on the way
//! to a key is created when absent, and an array on the way is `WrongKind`; errors name the key.

use serde_json::{Map, Value as Json};

use crate::error::Result;
use crate::key::Key;
use crate::op::Op;
use crate::value::{Array, ArrayView, DType, SharedArray};

#[cfg(test)]
pub(crate) mod conformance;
mod destination;
mod draft;
#[cfg(feature = "dataset")]
mod headers;
pub mod json;
pub mod memory;
mod nodes;
mod region;
mod viewable;
pub mod zarr;

pub use destination::Destination;
pub use draft::Draft;
pub use region::Region;

/// A JSON object, as attributes and metadata are.
pub type Object = Map<String, Json>;

/// What a node is. The numbers are those of the C ABI (`DS_KIND_*`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i32)]
#[non_exhaustive]
pub enum Kind {
    /// A group of nodes.
    Group = 1,
    /// A typed n-d array, 0-d for scalars and single strings.
    Array = 2,
    /// Raw bytes (stored as `uint8` and marked).
    Bytes = 3,
    /// A JSON value that is no array (stored as its text and marked).
    Json = 4,
}

impl Kind {
    /// What errors call it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Group => "group",
            Self::Array => "array",
            Self::Bytes => "bytes node",
            Self::Json => "JSON node",
        }
    }
}

/// A leaf to be written. For `Bytes` the view is 1-d `uint8`, for `Json` a 0-d string holding the JSON text.
#[derive(Clone, Debug)]
pub struct Leaf<'a> {
    /// `Array`, `Bytes` or `Json`.
    pub kind: Kind,
    /// The elements.
    pub view: ArrayView<'a>,
    /// One name a dimension.
    pub dims: Vec<String>,
    /// The attributes of the user.
    pub attributes: Object,
}

/// A node, or a tree of them, to be written under one key.
#[derive(Clone, Debug)]
pub enum Tree<'a> {
    /// An array, bytes or JSON.
    Leaf(Leaf<'a>),
    /// A group with its children, by name.
    Group(Vec<(String, Tree<'a>)>),
}

/// How leaves are encoded, where that is not the store's own way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodedAs {
    /// Filters, compressor, codec of strings.
    pub encoding: crate::codec::Encoding,
    /// About how many elements a chunk holds; `None` for the store's own number.
    pub chunk_elements: Option<u64>,
    /// About how many elements a shard holds; `None` for the store's own number.
    pub shard_elements: Option<u64>,
}

/// A leaf that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// `Array`, `Bytes` or `Json`.
    pub kind: Kind,
    /// The elements (for `Json`, a 0-d string with the text).
    pub array: Array,
}

/// What is known of a node without reading its elements.
#[derive(Clone, Debug, PartialEq)]
pub struct Info {
    /// What it is.
    pub kind: Kind,
    /// The element type; `None` for a group.
    pub dtype: Option<DType>,
    /// The length of each dimension.
    pub shape: Vec<u64>,
    /// One name a dimension.
    pub dims: Vec<String>,
    /// The number of elements; for a group, of its direct children.
    pub elements: u64,
    /// Bytes of the elements in memory; 0 for strings that were not read, and for groups.
    pub bytes: u64,
    /// Bytes that the store keeps for it.
    pub stored_bytes: u64,
    /// The number of chunks; 1 where there are none.
    pub chunks: u64,
}

/// An array to be made without elements.
#[derive(Clone, Debug)]
pub struct NewArray {
    /// The type of its elements.
    pub dtype: DType,
    /// Its shape.
    pub shape: Vec<u64>,
    /// One name a dimension.
    pub dims: Vec<String>,
    /// The attributes of the user.
    pub attributes: Object,
    /// What an element that was never written reads as, a 0-d array; `None` makes it an error to read one.
    pub fill: Option<Array>,
    /// The shape of its chunks, where there are such.
    pub chunks: Option<Vec<u64>>,
    /// The shape of its shards, where there are such.
    pub shards: Option<Vec<u64>>,
    /// Its codec by name, where arrays are encoded.
    pub codec: Option<String>,
    /// Its profile, where arrays are encoded.
    pub profile: Option<crate::options::Profile>,
    /// An encoding instead of the store's, and some of its elements, by which one is chosen.
    pub like: Option<(Option<EncodedAs>, Array)>,
}

/// A direct child of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Child {
    /// Its name in the group.
    pub name: String,
    /// What it is.
    pub kind: Kind,
}

/// One thing that verification found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The key, or the file, that is wrong.
    pub key: String,
    /// What is wrong with it.
    pub text: String,
}

/// Where nodes and the metadata document are kept.
pub trait Backend: Send + Sync {
    /// `zarr`, `memory` or `json`.
    fn format(&self) -> &'static str;

    /// Whether writes are refused.
    fn read_only(&self) -> bool;

    /// The path of a node, or of the store for the root key, or a sentence where there is none. A node that lives in
    /// memory so far is written out first, where the store has a disk.
    ///
    /// # Errors
    /// Of the operating system.
    fn path(&self, key: &Key) -> Result<String>;

    /// Writes a tree, replacing whatever is under the key, as one change.
    ///
    /// # Errors
    /// `WrongKind` when an array is on the way to the key, `ReadOnly`, `Codec`, `Io`.
    fn write(&self, op: &Op, key: &Key, tree: Tree<'_>) -> Result<()>;

    /// As [`Backend::write`], encoded in another way than the store's own.
    ///
    /// # Errors
    /// As [`Backend::write`]; `InvalidArgument` where nothing is encoded.
    fn write_as(&self, _op: &Op, key: &Key, _tree: Tree<'_>, _encoded: &EncodedAs) -> Result<()> {
        let format = self.format();
        Err(crate::error::err!(InvalidArgument, "{key}: an encoding is given, a {format} store has none"))
    }

    /// Reads a leaf, or a box of it.
    ///
    /// # Errors
    /// `NotFound`, `WrongKind` for a group, `ShapeMismatch` for a box outside, `Corrupt`.
    fn read(&self, op: &Op, key: &Key, region: Option<&Region>) -> Result<Stored>;

    /// Reads a leaf of fixed-size elements, or a box of it, into memory of exactly its size.
    ///
    /// # Errors
    /// As [`Backend::read`], and `BufferTooSmall` when the size differs.
    fn read_into(&self, op: &Op, key: &Key, region: Option<&Region>, out: &mut [u8]) -> Result<()>;

    /// Reads a leaf of fixed-size elements, or a box of it, into memory that may be larger.
    ///
    /// # Errors
    /// As [`Backend::read`], and those of [`Destination::fit`].
    fn load(&self, op: &Op, key: &Key, region: Option<&Region>, to: &mut Destination<'_>) -> Result<()> {
        let (kind, dtype, shape) = self.layout(key)?;
        self.read_into(op, key, region, to.fit(key, region, kind, dtype, &shape)?)
    }

    /// The elements of a leaf where they lie in memory, without a copy.
    ///
    /// # Errors
    /// `NotFound`, `WrongKind` for a group or JSON, `DtypeMismatch` for strings, `Corrupt`; `Unsupported`, which says
    /// why, where no memory holds the elements as they are loaded.
    fn view(&self, _op: &Op, key: &Key) -> Result<SharedArray> {
        Err(viewable::refusal(key, self.layout(key)?, &format!("a {} store", self.format())))
    }

    /// Makes an array whose every element is the fill value; the groups on the way are made as for a write.
    ///
    /// # Errors
    /// `AlreadyExists` when there is a node, `WrongKind` when an array is on the way, `InvalidArgument`, `NoMemory`.
    fn create(&self, op: &Op, key: &Key, new: NewArray) -> Result<()>;

    /// Begins an array that is written by parts and replaces whatever is under the key when it is complete.
    ///
    /// # Errors
    /// `WrongKind` when an array is on the way, `InvalidArgument`, `ReadOnly`; `Unsupported` where an array is kept in one
    /// piece, and [`Backend::write`] replaces it.
    fn draft(&self, key: &Key, _new: NewArray) -> Result<Box<dyn Draft + '_>> {
        let format = self.format();
        Err(crate::error::err!(Unsupported, "{key}: a {format} store keeps an array in one piece, not in parts"))
    }

    /// Writes a box of an array; `view` has its shape. A reader sees each chunk before or after it.
    ///
    /// # Errors
    /// `NotFound`, `WrongKind` for a group, `DtypeMismatch`, `ShapeMismatch` for a box outside, `Corrupt` when a chunk
    /// that is written in part cannot be read. A call that fails changes nothing.
    fn write_region(&self, op: &Op, key: &Key, region: &Region, view: &ArrayView<'_>) -> Result<()>;

    /// Gives an array another shape of as many dimensions; new elements are the fill value (0 where there was none).
    ///
    /// # Errors
    /// `NotFound`, `WrongKind` for a group, `ShapeMismatch` for another number of dimensions, `NoMemory`.
    fn resize(&self, op: &Op, key: &Key, shape: &[u64]) -> Result<()>;

    /// Lengthens a dimension of an array of shape `from` by the elements of `view` (the caller checked that it fits);
    /// `false`, and nothing is changed, when the array has another shape by now. A reader sees all of it or nothing.
    ///
    /// # Errors
    /// As [`Backend::write_region`].
    fn append(&self, op: &Op, key: &Key, view: &ArrayView<'_>, axis: usize, from: &[u64]) -> Result<bool>;

    /// Hands over every element of an array that was written, a part at a time where it may be larger than memory, each
    /// with the index of its first element; some maybe twice. What was never written is left out.
    ///
    /// # Errors
    /// As [`Backend::read`]; what `visit` fails with.
    fn scan(&self, op: &Op, key: &Key, visit: &mut dyn FnMut(&[u64], &ArrayView<'_>) -> Result<()>) -> Result<()> {
        let array = self.read(op, key, None)?.array;
        visit(&vec![0; array.shape().len()], &array.view())
    }

    /// What an element of an array reads as that was never written; `None` where there is none such.
    ///
    /// # Errors
    /// `NotFound`, `WrongKind` for a group, `Corrupt`.
    fn fill(&self, key: &Key) -> Result<Option<Array>> {
        self.layout(key).map(|_| None)
    }

    /// What is known of a node without its elements.
    ///
    /// # Errors
    /// `NotFound`.
    fn info(&self, key: &Key) -> Result<Info>;

    /// Kind, element type (`None` for a group) and shape of a node: the cheap part of [`Backend::info`].
    ///
    /// # Errors
    /// `NotFound`.
    fn layout(&self, key: &Key) -> Result<(Kind, Option<DType>, Vec<u64>)> {
        self.info(key).map(|info| (info.kind, info.dtype, info.shape))
    }

    /// How many rows (indices of the first dimension) a chunk of an array has; `None` where there are no chunks, or nobody
    /// knows.
    ///
    /// # Errors
    /// `NotFound`, `WrongKind` for a group.
    fn chunk_rows(&self, key: &Key) -> Result<Option<u64>> {
        self.layout(key).map(|_| None)
    }

    /// Whether every node is known to have been written through this handle.
    fn is_own(&self) -> bool {
        false
    }

    /// Bytes that the store keeps for an array.
    ///
    /// # Errors
    /// `NotFound`.
    fn stored_bytes(&self, key: &Key) -> Result<u64> {
        self.info(key).map(|info| info.stored_bytes)
    }

    /// Ends the encoding that still goes on behind earlier writes, where there is such a thing. What failed in it is
    /// not told here: it belongs to its key, and to the next commit point.
    ///
    /// # Errors
    /// `Cancelled`.
    fn settle(&self, _op: &Op) -> Result<()> {
        Ok(())
    }

    /// Whether there is a node.
    ///
    /// # Errors
    /// Of the operating system.
    fn exists(&self, key: &Key) -> Result<bool> {
        match self.info(key) {
            Ok(_) => Ok(true),
            Err(e) if e.kind() == crate::ErrorKind::NotFound => Ok(false),
            Err(e) => Err(e),
        }
    }

    /// The direct children of a group, sorted by name.
    ///
    /// # Errors
    /// `NotFound`, `WrongKind` for a leaf.
    fn list(&self, key: &Key) -> Result<Vec<Child>>;

    /// Makes an empty group; does nothing when there is a group.
    ///
    /// # Errors
    /// `WrongKind` when the key, or one on the way, is a leaf.
    fn create_group(&self, key: &Key) -> Result<()>;

    /// Removes a node and all below it.
    ///
    /// # Errors
    /// `NotFound`.
    fn delete(&self, key: &Key) -> Result<()>;

    /// Moves a node and all below it.
    ///
    /// # Errors
    /// `NotFound`; `AlreadyExists` when `to` is taken.
    fn rename(&self, from: &Key, to: &Key) -> Result<()>;

    /// The user's attributes of a node (neither dimension names nor private marks).
    ///
    /// # Errors
    /// `NotFound`.
    fn attributes(&self, key: &Key) -> Result<Object>;

    /// Replaces the user's attributes of a node.
    ///
    /// # Errors
    /// `NotFound`.
    fn set_attributes(&self, key: &Key, attributes: Object) -> Result<()>;

    /// Replaces the dimension names of an array; as many as it has dimensions (the caller checked).
    ///
    /// # Errors
    /// `NotFound`, `WrongKind` for a group.
    fn set_dimensions(&self, key: &Key, dims: &[String]) -> Result<()>;

    /// The metadata document as it was last committed; empty for a new store.
    ///
    /// # Errors
    /// `Corrupt`, `Json`, `Io`.
    fn load_metadata(&self) -> Result<Object>;

    /// Key, element type and shape of every array (neither bytes nor JSON), in no certain order; what the store says of
    /// them is not checked against their documents where it says it in one place.
    ///
    /// # Errors
    /// `Corrupt`, `Io`.
    #[cfg(feature = "dataset")]
    fn headers(&self, op: &Op) -> Result<Vec<(Key, DType, Vec<u64>)>> {
        headers::headers(self, op)
    }

    /// The metadata document as it is kept, with what is private in it, where it is kept as a text that does not change.
    ///
    /// # Errors
    /// As [`Backend::load_metadata`].
    fn metadata_text(&self) -> Result<Option<Vec<u8>>> {
        Ok(None)
    }

    /// Makes everything durable, the metadata document included: a commit point.
    ///
    /// # Errors
    /// Of a deferred write, `Io`.
    fn flush(&self, op: &Op, metadata: &Object) -> Result<()>;

    /// Writes everything into one file and gives its size, or 0 where there is no such thing: a commit point. The
    /// backend is read-only afterwards when it wrote one.
    ///
    /// # Errors
    /// As [`Backend::flush`].
    fn compress(&self, op: &Op, metadata: &Object) -> Result<u64>;

    /// The archive that [`Backend::compress`] would write, in memory; the state of the store stays as it is. `None` where
    /// there is no such thing.
    ///
    /// # Errors
    /// As [`Backend::compress`].
    fn to_bytes(&self, _op: &Op, _metadata: &Object) -> Result<Option<Vec<u8>>> {
        Ok(None)
    }

    /// Whether [`Backend::close`] does anything with a summary.
    fn wants_summary(&self) -> bool {
        false
    }

    /// The last commit point: flushes, or removes the directory when it was compressed, exports the summary beside
    /// the store, and lets go of every resource, whatever fails.
    ///
    /// # Errors
    /// The first thing that failed.
    fn close(&self, op: &Op, metadata: &Object, summary: &Object) -> Result<()>;

    /// Lets go of every resource without publishing what was not flushed.
    fn discard(&self);

    /// Reads everything and tells what is wrong; with `repair`, records the present state as right.
    ///
    /// # Errors
    /// Only what keeps it from looking.
    fn verify(&self, op: &Op, repair: bool) -> Result<Vec<Finding>>;
}
