//! Where an array of a part goes: to which group, under which name, along which dimension.
//!
//! The schema of the parts says it. Without one, names do: what has `faceface` in its key goes to `faceface`, else
//! `graph` to `graph`, `face` to `faces`, `edge` to `edges`, `duration` or `size` to `file`, and anything else to `other`.

use super::survey::ArrayHeader;
use crate::dataset::layout::{FILE, PROVENANCE};
use crate::error::{Result, err};
use crate::schema::Schema;

/// The group whose matrices are flattened also where no schema says so.
const PAIRS: &str = "faceface";
/// What a schema says of such a group.
const FLATTENING: &str = "matrix_flattening";

/// The way of an array from a part into the dataset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The group.
    pub group: String,
    /// The name in the group.
    pub name: String,
    /// The primary dimension of the group.
    pub primary: String,
    /// Whether the first two dimensions become one.
    pub flattened: bool,
    /// The dimensions of the merged array; the first is its axis.
    pub dims: Vec<String>,
    /// Whether somebody named the axis, so that arrays with that name must agree.
    pub named: bool,
    /// The rows of the part.
    pub rows: u64,
    /// The shape of a row.
    pub row: Vec<u64>,
}

/// The way of an array; `None` when it is not merged, for it is not in the schema.
///
/// # Errors
/// `InvalidArgument` for a name that is the library's own.
pub fn route(schema: Option<&Schema>, array: &ArrayHeader) -> Result<Option<Route>> {
    let ndim = array.shape.len();
    let found = match schema {
        Some(schema) => {
            let Some((group, name, spec)) = schema.locate(&array.key) else { return Ok(None) };
            let entry = schema.group(group);
            let primary = entry.and_then(|group| group.primary_dimension.clone());
            let special = entry.and_then(|group| group.special_processing.as_deref());
            let primary = primary.unwrap_or_else(|| group.to_owned());
            let dims = spec.dims.clone().filter(|dims| dims.len() == ndim);
            (group.to_owned(), name.to_owned(), primary, special == Some(FLATTENING) || group == PAIRS, dims)
        }
        None => {
            let (group, primary) = by_name(&array.key);
            let name = array.key.strip_prefix(group).and_then(|rest| rest.strip_prefix('/')).unwrap_or(&array.key);
            (group.to_owned(), name.to_owned(), primary.to_owned(), group == PAIRS, array.dims.clone())
        }
    };
    let (group, name, primary, flattens, dims) = found;
    let name = name.replace('/', "_");
    if name.starts_with(PROVENANCE) || group.starts_with('_') {
        return Err(err!(InvalidArgument, "{}: '{group}/{name}' is a name of the library's own", array.key));
    }
    let flattened = flattens && ndim >= 2;
    let named = dims.is_some();
    let trailing = |from: usize| -> Vec<String> {
        match &dims {
            Some(dims) => dims.iter().skip(from).cloned().collect(),
            None => (from..ndim).map(|d| format!("{name}_dim_{d}")).collect(),
        }
    };
    let own = dims.as_ref().and_then(|dims| dims.first().cloned());
    let rows = rows_of(&array.shape, flattened);
    let rows = rows.ok_or_else(|| err!(Corrupt, "{}: shape {:?} is absurd", array.key, array.shape))?;
    let (axis, from) = match ndim {
        0 => (FILE.to_owned(), 0),
        _ if flattened => (primary.clone(), 2),
        _ => (own.unwrap_or_else(|| primary.clone()), 1),
    };
    let row = array.shape.iter().skip(from).copied().collect();
    let dims = std::iter::once(axis).chain(trailing(from)).collect();
    // A pair has no dimension of that name elsewhere; a scalar runs along the files.
    let named = named || flattened || ndim == 0;
    Ok(Some(Route { group, name, primary, flattened, dims, named, rows, row }))
}

/// The rows that an array of a part has in the dataset; `None` when no number counts them.
pub fn rows_of(shape: &[u64], flattened: bool) -> Option<u64> {
    match shape {
        [] => Some(1),
        [first, second, ..] if flattened => first.checked_mul(*second),
        [first, ..] => Some(*first),
    }
}

/// Group and primary dimension that a key has by its name.
fn by_name(key: &str) -> (&'static str, &'static str) {
    let key = key.to_lowercase();
    let rules: [(&str, &str, &str); 6] = [
        (PAIRS, PAIRS, "face_pair"),
        ("graph", "graph", "graph_edge"),
        ("face", "faces", "face"),
        ("edge", "edges", "edge"),
        ("duration", "file", FILE),
        ("size", "file", FILE),
    ];
    let found = rules.iter().find(|(word, ..)| key.contains(word));
    found.map_or(("other", "row"), |(_, group, primary)| (*group, *primary))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::SchemaBuilder;
    use crate::value::DType;

    fn array(key: &str, shape: &[u64]) -> ArrayHeader {
        ArrayHeader { key: key.to_owned(), dtype: DType::F32, shape: shape.to_vec(), dims: None }
    }

    #[test]
    fn names_decide_without_a_schema() {
        for (key, shape, want) in [
            ("face_areas", &[5][..], ("faces", "face_areas", "face", 5, &[][..])),
            ("faces/uv", &[5, 10, 3], ("faces", "uv", "face", 5, &[10, 3])),
            ("graph/edges_source", &[7], ("graph", "edges_source", "graph_edge", 7, &[])),
            ("Edge_lengths", &[7], ("edges", "Edge_lengths", "edge", 7, &[])),
            ("faceface/a3", &[3, 3, 8], ("faceface", "a3", "face_pair", 9, &[8])),
            ("size_cadfile", &[], ("file", "size_cadfile", "file", 1, &[])),
            ("graph/num_nodes", &[], ("graph", "num_nodes", "file", 1, &[])),
            ("a/b", &[2], ("other", "a_b", "row", 2, &[])),
        ] {
            let route = route(None, &array(key, shape)).unwrap().unwrap();
            let found = (route.group.as_str(), route.name.as_str(), route.dims[0].as_str(), route.rows, &route.row[..]);
            assert_eq!(found, want, "{key}");
            assert_eq!(route.dims.len(), route.row.len() + 1, "{key}");
        }
        assert!(route(None, &array("faces/file_id_code_faces", &[5])).is_err());
    }

    #[test]
    fn the_schema_decides_where_there_is_one() {
        let mut builder = SchemaBuilder::new("CAD");
        let pairs = builder.create_group("pairs", "pair", "").unwrap().special_processing(FLATTENING);
        pairs.create_array("d2", &["face_i", "face_j", "bin"], "float32").unwrap();
        let faces = builder.create_group("faces", "face", "").unwrap();
        faces.create_array("areas", &["face"], "float32").unwrap();
        faces.create_array("loops", &["loop", "xyz"], "float32").unwrap();
        let schema = Schema::parse(&builder.build()).unwrap();
        let way = |key: &str, shape: &[u64]| route(Some(&schema), &array(key, shape)).unwrap();
        let flat = way("d2", &[2, 2, 4]).unwrap();
        assert_eq!((flat.rows, flat.row.as_slice(), flat.flattened), (4, &[4][..], true));
        assert_eq!(flat.dims, ["pair", "bin"]);
        assert_eq!(way("x/areas", &[3]).unwrap().dims, ["face"]);
        let loops = way("loops", &[4, 3]).unwrap();
        assert_eq!((loops.dims[0].as_str(), loops.primary.as_str()), ("loop", "face"));
        assert_eq!(way("unknown", &[3]), None);
    }
}
