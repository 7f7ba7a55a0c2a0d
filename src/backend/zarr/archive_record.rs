//! What an archive says of its nodes in the private part of `metadata.json`.
//!
//! One line a node: the [`Digest`] of its entries, and of an array of the plain kind all that reading it needs, so that
//! sixty arrays are opened without parsing a hundred and twenty documents. The digest covers size and CRC-32 of the
//! documents, so what the line says is what they say; where integrity is not checked, the documents are read instead.
//!
//! `<digest> <pipeline> <shape> <chunks> <dims> <key>`: the digest in hexadecimal; the pipeline as its place in the list
//! of those of the archive, followed by `f` where chunks are column-major, or `-` for a node
//! that has to be read from its documents (the next three fields are then empty); lengths joined by `,`; chunks empty when they are the shape; dims empty when they are automatic.

use std::sync::OnceLock;

use serde_json::Value as Json;

use super::decode::Limits;
use super::files::Files;
use super::grid::Grid;
use super::meta::{ArrayMeta, Attributes};
use super::node::Node;
use super::record::{Digest, Record};
use crate::backend::{Kind, Object};
use crate::codec::Pipeline;
use crate::error::{Result, err};
use crate::json_text::{push_escaped, push_number};
#[cfg(feature = "dataset")]
use crate::value::DType;
use crate::value::are_automatic_dims;

/// The most different pipelines that are noted; further arrays are read from their documents.
const MOST_PIPELINES: usize = 256;

/// The record of an archive that is being written.
pub struct Recorder {
    /// The lines as they stand in JSON.
    lines: String,
    pipelines: Vec<[String; 3]>,
}

impl Recorder {
    /// A record of about so many nodes.
    pub fn new(nodes: u64) -> Self {
        Self { lines: String::with_capacity(usize::try_from(nodes.min(1 << 16)).unwrap_or(0) * 64), pipelines: vec![] }
    }

    /// Adds a group, or an array that is read from its documents.
    pub fn add(&mut self, key: &str, digest: Digest) {
        self.begin(digest);
        self.lines.push_str("-    ");
        self.end(key);
    }

    /// Adds an array.
    pub fn add_array(&mut self, key: &str, digest: Digest, meta: &ArrayMeta, attributes: &Attributes) {
        let place = if is_plain(key, meta, attributes) { self.place(meta.pipeline.metadata_texts()) } else { None };
        let Some(place) = place else { return self.add(key, digest) };
        self.begin(digest);
        push_number(&mut self.lines, place as u64);
        self.lines.push_str(if meta.column_major { "f " } else { " " });
        push_lengths(&mut self.lines, &meta.grid.shape);
        self.lines.push(' ');
        if meta.grid.chunks != meta.grid.shape && meta.grid.chunks != whole(&meta.grid.shape) {
            push_lengths(&mut self.lines, &meta.grid.chunks);
        }
        self.lines.push(' ');
        if let Some(dims) = attributes.dims.as_ref().filter(|dims| !are_automatic_dims(key, dims)) {
            self.lines.push_str(&dims.join(","));
        }
        self.lines.push(' ');
        self.end(key);
    }

    fn begin(&mut self, digest: Digest) {
        if !self.lines.is_empty() {
            self.lines.push_str("\\n");
        }
        let value = digest.value();
        let digit = |shift: u32| char::from_digit(((value >> shift) & 15) as u32, 16).unwrap_or('0');
        self.lines.extend((0..8).rev().map(|place| digit(4 * place)));
        self.lines.push(' ');
    }

    fn end(&mut self, key: &str) {
        push_escaped(&mut self.lines, key);
    }

    fn place(&mut self, texts: &[String; 3]) -> Option<usize> {
        if let Some(place) = self.pipelines.iter().position(|known| known == texts) {
            return Some(place);
        }
        if self.pipelines.len() == MOST_PIPELINES {
            return None;
        }
        self.pipelines.push(texts.clone());
        Some(self.pipelines.len() - 1)
    }

    /// The JSON texts of the lines and of the pipelines.
    pub fn finish(self) -> (String, String) {
        let pipelines: Vec<String> = self.pipelines.iter().map(|texts| format!("[{}]", texts.join(","))).collect();
        (format!("\"{}\"", self.lines), format!("[{}]", pipelines.join(",")))
    }
}

/// Whether a line says everything of an array.
fn is_plain(key: &str, meta: &ArrayMeta, attributes: &Attributes) -> bool {
    let simple = |name: &String| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let automatic = |dims: &Vec<String>| are_automatic_dims(key, dims);
    attributes.kind == Kind::Array
        && !attributes.scalar
        && attributes.user.is_empty()
        && attributes
            .dims
            .as_ref()
            .is_some_and(|dims| dims.len() == meta.grid.shape.len() && (automatic(dims) || dims.iter().all(simple)))
        && meta.fill_value.is_null()
        && meta.grid.separator == '.'
        && meta.v3.is_none()
}

/// The chunks of an array in one piece.
fn whole(shape: &[u64]) -> Vec<u64> {
    shape.iter().map(|&length| length.max(1)).collect()
}

fn push_lengths(out: &mut String, lengths: &[u64]) {
    for (i, &length) in lengths.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        push_number(out, length);
    }
}

/// Where a line begins, its key begins (the last field, which may hold spaces), and both end.
#[derive(Clone, Copy)]
pub struct Place {
    start: u32,
    key: u32,
    end: u32,
}

impl Place {
    fn new(at: usize, line: &str) -> Self {
        let key = line.bytes().enumerate().filter(|(_, byte)| *byte == b' ').nth(4).map_or(line.len(), |(i, _)| i + 1);
        Self { start: at as u32, key: (at + key) as u32, end: (at + line.len()) as u32 }
    }

    fn key(self, text: &str) -> &str {
        text.get(self.key as usize..self.end as usize).unwrap_or("")
    }

    /// The fields before the key.
    fn fields(self, text: &str) -> &str {
        text.get(self.start as usize..self.key as usize).unwrap_or("")
    }
}

/// The record of an open archive.
pub enum ArchiveRecord {
    /// Lines, and the pipelines they name.
    Lines {
        /// All of them.
        text: String,
        /// Where they are, in the order of their keys.
        places: Vec<Place>,
        /// The fields of each pipeline, and the pipeline once it was needed.
        pipelines: Vec<(Json, OnceLock<Result<Pipeline>>)>,
    },
    /// What earlier versions wrote: every file of a node with size and CRC-32.
    Files(Object),
}

impl ArchiveRecord {
    /// Reads the private part of a metadata document; `None` when it has no record.
    ///
    /// # Errors
    /// `Corrupt` when it is malformed.
    pub fn take(private: &mut Object) -> Result<Option<Self>> {
        let pipelines = match private.shift_remove("pipelines") {
            Some(Json::Array(list)) => list.into_iter().map(|fields| (fields, OnceLock::new())).collect(),
            _ => Vec::new(),
        };
        match private.shift_remove("record") {
            None => Ok(None),
            Some(Json::Object(files)) => Ok(Some(Self::Files(files))),
            Some(Json::String(text)) => {
                if u32::try_from(text.len()).is_err() {
                    return Err(err!(Unsupported, "an integrity record of {} bytes", text.len()));
                }
                let mut places = Vec::new();
                let mut at = 0;
                for line in text.split('\n').filter(|_| !text.is_empty()) {
                    places.push(Place::new(at, line));
                    at += line.len() + 1;
                }
                places.sort_by(|a, b| a.key(&text).cmp(b.key(&text)));
                Ok(Some(Self::Lines { text, places, pipelines }))
            }
            Some(_) => Err(err!(Corrupt, "the integrity record is malformed")),
        }
    }

    /// The keys of all nodes.
    pub fn keys(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        match self {
            Self::Lines { text, places, .. } => Box::new(places.iter().map(|place| place.key(text))),
            Self::Files(files) => Box::new(files.keys().map(String::as_str)),
        }
    }

    /// The names of the direct children below `prefix` (empty, or ending in '/').
    pub fn children<'r>(&'r self, prefix: &'r str) -> impl Iterator<Item = &'r str> {
        let (text, places) = match self {
            Self::Lines { text, places, .. } => (text.as_str(), places.as_slice()),
            Self::Files(_) => ("", &[][..]),
        };
        let from = places.partition_point(|place| place.key(text) < prefix);
        let below = places[from..].iter().map_while(move |place| place.key(text).strip_prefix(prefix));
        below.filter(|name| !name.is_empty() && !name.contains('/'))
    }

    /// The number of lines.
    pub fn count(&self) -> usize {
        match self {
            Self::Lines { places, .. } => places.len(),
            Self::Files(_) => 0,
        }
    }

    /// The line of a key.
    pub fn line(&self, key: &str) -> Option<usize> {
        let Self::Lines { text, places, .. } = self else { return None };
        places.binary_search_by(|place| place.key(text).as_bytes().cmp(key.as_bytes())).ok()
    }

    /// The fields of the line of a key.
    fn fields(&self, key: &str) -> Option<&str> {
        let Self::Lines { text, places, .. } = self else { return None };
        Some(places[self.line(key)?].fields(text))
    }

    /// Whether a line says everything of the array of a key.
    pub fn is_plain(&self, key: &str) -> bool {
        let place = self.fields(key).and_then(|line| line.split(' ').nth(1));
        place.is_some_and(|place| place != "-")
    }

    /// Key, element type and shape of every array that its line describes, in the order of the keys, and the keys of other
    /// nodes; `None` where there are no lines.
    ///
    /// # Errors
    /// As [`ArchiveRecord::array`].
    #[allow(clippy::type_complexity)]
    #[cfg(feature = "dataset")]
    pub fn headers(&self) -> Result<Option<Vec<(&str, Option<(DType, Vec<u64>)>)>>> {
        let Self::Lines { text, places, pipelines } = self else { return Ok(None) };
        let header = |line: &Place| {
            let key = line.key(text);
            let mut fields = line.fields(text).split(' ').skip(1);
            let (place, shape) = (fields.next().unwrap_or("-"), fields.next().unwrap_or(""));
            if place == "-" {
                return Ok((key, None));
            }
            let pipeline = pipeline(key, place, pipelines)?;
            let shape = lengths(key, shape)?;
            Ok((key, Some((pipeline.dtype(), shape)).filter(|_| pipeline.extra_dim().is_none())))
        };
        places.iter().map(header).collect::<Result<_>>().map(Some)
    }

    /// Whether there is a record of a key.
    pub fn has(&self, key: &str) -> bool {
        match self {
            Self::Lines { .. } => self.line(key).is_some(),
            Self::Files(files) => files.contains_key(key),
        }
    }

    /// The digest of the entries of a node; `None` when it has no record.
    ///
    /// # Errors
    /// `Corrupt` when the record is malformed.
    pub fn digest(&self, key: &str) -> Result<Option<u64>> {
        if let Self::Files(files) = self {
            let Some(files) = files.get(key) else { return Ok(None) };
            let record = Record::from_json(key, files)?;
            let digest =
                record.iter().fold(Digest::default(), |all, (name, size, crc)| all.with(name.as_bytes(), size, crc));
            return Ok(Some(digest.value()));
        }
        let Some(line) = self.fields(key) else { return Ok(None) };
        parse_digest(key, line.split(' ').next().unwrap_or("")).map(Some)
    }

    /// The array of a line (that of `key`), and the digest its entries must have; `None` when its documents have to be
    /// read.
    ///
    /// # Errors
    /// `Corrupt` when the line is malformed or absurd, `Unsupported` for a codec that is not known.
    pub fn array(&self, line: usize, key: &str, files: &Files, limits: Limits) -> Result<Option<(Node, u64)>> {
        let Self::Lines { pipelines, text, places } = self else { return Ok(None) };
        let Some(line) = places.get(line) else { return Ok(None) };
        let mut fields = line.fields(text).split(' ');
        let (Some(digest), Some(place), Some(shape), Some(chunks), Some(dims)) =
            (fields.next(), fields.next(), fields.next(), fields.next(), fields.next())
        else {
            return Err(malformed(key));
        };
        if place == "-" {
            return Ok(None);
        }
        let column_major = place.ends_with('f');
        let pipeline = pipeline(key, place, pipelines)?;
        let shape = lengths(key, shape)?;
        let chunks = if chunks.is_empty() { whole(&shape) } else { lengths(key, chunks)? };
        let dims = if dims.is_empty() { None } else { Some(dims.split(',').map(str::to_owned).collect()) };
        let grid = Grid { shape, chunks, separator: '.', prefixed: false };
        let meta = ArrayMeta { grid, pipeline, column_major, fill_value: Json::Null, v3: None };
        meta.check_lengths(key)?;
        let attributes = Attributes { kind: Kind::Array, dims, scalar: false, user: meta.pipeline.extra_attributes() };
        let digest = parse_digest(key, digest)?;
        Ok(Some((Node::known(key, files.clone(), meta, attributes, limits), digest)))
    }
}

/// The pipeline that a line names.
fn pipeline(key: &str, place: &str, pipelines: &[(Json, OnceLock<Result<Pipeline>>)]) -> Result<Pipeline> {
    let place = place.trim_end_matches('f').parse().ok();
    let (texts, pipeline) = place.and_then(|place: usize| pipelines.get(place)).ok_or_else(|| malformed(key))?;
    pipeline.get_or_init(|| parse_pipeline(texts)).clone().map_err(|e| e.context(key))
}

fn parse_digest(key: &str, digits: &str) -> Result<u64> {
    u32::from_str_radix(digits, 16).map(u64::from).map_err(|_| malformed(key))
}

fn lengths(key: &str, field: &str) -> Result<Vec<u64>> {
    if field.is_empty() {
        return Ok(Vec::new());
    }
    field.split(',').map(|length| length.parse().map_err(|_| malformed(key))).collect()
}

fn parse_pipeline(fields: &Json) -> Result<Pipeline> {
    match fields.as_array().map(Vec::as_slice) {
        Some([dtype, filters, compressor]) => Pipeline::parse(dtype, filters, compressor),
        _ => Err(err!(Corrupt, "the list of pipelines is malformed")),
    }
}

fn malformed(key: &str) -> crate::Error {
    err!(Corrupt, "{key}: the integrity record is malformed")
}
