//! Ready schemas: what parts, processes and sensors usually have.
//!
//! A template is a builder like any other: take it, add to it, remove from it. In `faceface`, each array is pairwise
//! (`face_i`, `face_j`) in a part and flattened to `face_pair` by merging; two names, because xarray refuses to repeat
//! one. The `graph` keeps its own edges apart from those of the boundary representation: adjacencies are not edges.

use super::builder::SchemaBuilder;
use super::routing::RoutingRules;
use crate::error::{Result, err};

/// The names that [`SchemaBuilder::from_template`] knows.
pub const TEMPLATES: [&str; 4] = ["cad_basic", "cad_advanced", "manufacturing_basic", "sensor_basic"];

/// Name, dimensions, data type and description of an array.
type ArrayRow = (&'static str, &'static [&'static str], &'static str, &'static str);

/// Name, primary dimension, special processing, description and arrays of a group.
type GroupRow = (&'static str, &'static str, Option<&'static str>, &'static str, &'static [ArrayRow]);

/// Name, data type and description of a metadata field.
type FieldRow = (&'static str, &'static str, &'static str);

const CAD_BASIC: &[GroupRow] = &[
    (
        "faces",
        "face",
        None,
        "Faces of the boundary representation",
        &[
            ("face_indices", &["face"], "int32", "Index of each face"),
            ("face_areas", &["face"], "float32", "Area of each face"),
            ("face_types", &["face"], "int32", "Surface type of each face"),
            ("face_normals", &["face", "coordinate"], "float32", "Normal of each face"),
        ],
    ),
    (
        "edges",
        "edge",
        None,
        "Edges of the boundary representation",
        &[
            ("edge_indices", &["edge"], "int32", "Index of each edge"),
            ("edge_lengths", &["edge"], "float32", "Length of each edge"),
            ("edge_types", &["edge"], "int32", "Curve type of each edge"),
        ],
    ),
];

const CAD_ADVANCED: &[GroupRow] = &[
    (
        "faces",
        "face",
        None,
        "Faces of the boundary representation",
        &[
            ("face_centroids", &["face", "coordinate"], "float32", "Centroid of each face"),
            ("face_loops", &["face"], "int32", "Number of loops of each face"),
            (
                "face_uv_grids",
                &["face", "u", "v", "component"],
                "float32",
                "Points, normals and mask on a grid of each face",
            ),
        ],
    ),
    (
        "edges",
        "edge",
        None,
        "Edges of the boundary representation",
        &[
            ("edge_convexity", &["edge"], "int32", "Convexity of each edge"),
            ("edge_dihedral_angles", &["edge"], "float32", "Angle between the faces of each edge"),
            ("edge_u_grids", &["edge", "u", "component"], "float32", "Points and tangents along each edge"),
        ],
    ),
    (
        "graph",
        "graph_edge",
        None,
        "Face adjacency graph",
        &[
            ("edges_source", &["graph_edge"], "int32", "Face that each adjacency leaves"),
            ("edges_destination", &["graph_edge"], "int32", "Face that each adjacency reaches"),
            ("num_nodes", &[], "int32", "Number of faces"),
        ],
    ),
    (
        "faceface",
        "face_pair",
        Some("matrix_flattening"),
        "Relations of all pairs of faces",
        &[
            ("a3_distance", &["face_i", "face_j", "bin"], "float32", "Histogram of angles between three points"),
            ("d2_distance", &["face_i", "face_j", "bin"], "float32", "Histogram of distances between two points"),
            ("extended_adjacency", &["face_i", "face_j"], "float32", "Distance of each pair in the face graph"),
        ],
    ),
];

const MANUFACTURING: &[GroupRow] = &[
    (
        "machining",
        "part",
        None,
        "Machining of each part",
        &[
            ("machining_category", &["part"], "int32", "Machining category of each part"),
            ("machining_time", &["part"], "float32", "Machining time of each part in seconds"),
            ("material_type", &["part"], "int32", "Material of each part"),
        ],
    ),
    (
        "quality",
        "measurement",
        None,
        "Quality measurements",
        &[
            ("measured_values", &["measurement"], "float32", "Measured value"),
            ("tolerances", &["measurement"], "float32", "Tolerance of each measurement"),
            ("within_tolerance", &["measurement"], "bool", "Whether each measurement is within its tolerance"),
        ],
    ),
];

const SENSOR: &[GroupRow] = &[(
    "measurements",
    "sample",
    None,
    "Samples over time",
    &[
        ("timestamps", &["sample"], "float64", "Seconds since the epoch of each sample"),
        ("values", &["sample", "channel"], "float32", "Value of each channel"),
        ("quality_flags", &["sample"], "int32", "Quality of each sample"),
    ],
)];

const CAD_FILE: &[FieldRow] = &[
    ("size_cadfile", "int64", "Size of the CAD file in bytes"),
    ("processing_time", "float32", "Encoding time in seconds"),
    ("flow_name", "str", "Name of the flow that encoded the file"),
];
const CAD_CATEGORIES: &[FieldRow] = &[("file_label", "int32", "Class of the part")];
const MANUFACTURING_FILE: &[FieldRow] =
    &[("size_cadfile", "int64", "Size of the CAD file in bytes"), ("processing_time", "float32", "Time in seconds")];
const MANUFACTURING_CATEGORIES: &[FieldRow] =
    &[("file_label", "int32", "Class of the part"), ("material_name", "str", "Material of the part")];
const SENSOR_FILE: &[FieldRow] = &[
    ("sampling_rate", "float32", "Samples a second"),
    ("duration_seconds", "float32", "Duration of the recording in seconds"),
];
const SENSOR_CATEGORIES: &[FieldRow] =
    &[("sensor_type", "str", "Kind of sensor"), ("location_label", "str", "Where the sensor is")];

/// The patterns of the specification, for every ready schema.
const FILE_PATTERNS: &[&str] = &["size_*", "duration_*", "processing_*", "flow_name"];
const CATEGORY_PATTERNS: &[&str] = &["*_label", "category", "type", "material_*"];

/// A schema for CAD parts: `cad_basic`.
///
/// # Errors
/// None in practice; a builder's calls are fallible.
pub fn create_cad_schema() -> Result<SchemaBuilder> {
    template("cad_basic")
}

/// A schema for manufacturing: `manufacturing_basic`.
///
/// # Errors
/// None in practice; a builder's calls are fallible.
pub fn create_manufacturing_schema() -> Result<SchemaBuilder> {
    template("manufacturing_basic")
}

/// A schema for sensors: `sensor_basic`.
///
/// # Errors
/// None in practice; a builder's calls are fallible.
pub fn create_sensor_schema() -> Result<SchemaBuilder> {
    template("sensor_basic")
}

/// An empty schema for any domain.
#[must_use]
pub fn create_custom_schema(domain: &str) -> SchemaBuilder {
    SchemaBuilder::new(domain)
}

pub(super) fn template(name: &str) -> Result<SchemaBuilder> {
    let (domain, groups, file, categories): (_, &[&[GroupRow]], _, _) = match name {
        "cad_basic" => ("CAD_analysis", &[CAD_BASIC], CAD_FILE, CAD_CATEGORIES),
        "cad_advanced" => ("CAD_analysis", &[CAD_BASIC, CAD_ADVANCED], CAD_FILE, CAD_CATEGORIES),
        "manufacturing_basic" => {
            ("Manufacturing_Analysis", &[MANUFACTURING], MANUFACTURING_FILE, MANUFACTURING_CATEGORIES)
        }
        "sensor_basic" => ("Sensor_Analysis", &[SENSOR], SENSOR_FILE, SENSOR_CATEGORIES),
        _ => {
            let name = super::place::shorten(name);
            return Err(err!(NotFound, "{name}: no such schema template, there are {}", TEMPLATES.join(", ")));
        }
    };
    let mut builder = SchemaBuilder::new(domain);
    for row in groups.iter().copied().flatten() {
        add_group(&mut builder, row)?;
    }
    for &(name, dtype, description) in file {
        builder.define_file_metadata(name, dtype, description)?;
    }
    for &(name, dtype, description) in categories {
        builder.define_categorical_metadata(name, dtype, description)?;
    }
    builder.set_metadata_routing_rules(RoutingRules::new(FILE_PATTERNS, CATEGORY_PATTERNS));
    Ok(builder)
}

fn add_group(builder: &mut SchemaBuilder, row: &GroupRow) -> Result<()> {
    let &(name, dimension, processing, description, arrays) = row;
    if builder.get_group(name).is_none() {
        let group = builder.create_group(name, dimension, description)?;
        group.special_processing = processing.map(str::to_owned);
    }
    let Some(group) = builder.get_group(name) else { return Ok(()) };
    for &(name, dims, dtype, description) in arrays {
        group.create_array(name, dims, dtype)?.description(description);
    }
    Ok(())
}
