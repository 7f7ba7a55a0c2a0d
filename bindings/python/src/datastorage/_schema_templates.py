"""Ready schemas: what parts, processes and sensors usually have.

A template is where a builder starts: take it, add to it, remove from it. In `faceface` each array is pairwise
(`face_i`, `face_j`) in a part and flattened by merging; two names, because xarray refuses to repeat one. The tables
are those of the library's own templates.
"""

from __future__ import annotations

from typing import NamedTuple, Optional

# Name, dimensions, data type, description.
ArrayRow = tuple[str, tuple[str, ...], str, str]
# Name, primary dimension, special processing, description, arrays.
GroupRow = tuple[str, str, Optional[str], str, tuple[ArrayRow, ...]]
# Name, data type, description.
FieldRow = tuple[str, str, str]


class Template(NamedTuple):
    """A schema as rows."""

    domain: str
    groups: tuple[GroupRow, ...]
    file_level: tuple[FieldRow, ...]
    categorical: tuple[FieldRow, ...]
    file_patterns: tuple[str, ...] = ("size_*", "duration_*", "processing_*", "flow_name")
    categorical_patterns: tuple[str, ...] = ("*_label", "category", "type", "material_*")


_CAD_BASIC: tuple[GroupRow, ...] = (
    (
        "faces",
        "face",
        None,
        "Faces of the boundary representation",
        (
            ("face_indices", ("face",), "int32", "Index of each face"),
            ("face_areas", ("face",), "float32", "Area of each face"),
            ("face_types", ("face",), "int32", "Surface type of each face"),
            ("face_normals", ("face", "coordinate"), "float32", "Normal of each face"),
        ),
    ),
    (
        "edges",
        "edge",
        None,
        "Edges of the boundary representation",
        (
            ("edge_indices", ("edge",), "int32", "Index of each edge"),
            ("edge_lengths", ("edge",), "float32", "Length of each edge"),
            ("edge_types", ("edge",), "int32", "Curve type of each edge"),
        ),
    ),
)

_CAD_ADVANCED: tuple[GroupRow, ...] = (
    (
        "faces",
        "face",
        None,
        "Faces of the boundary representation",
        (
            ("face_centroids", ("face", "coordinate"), "float32", "Centroid of each face"),
            ("face_loops", ("face",), "int32", "Number of loops of each face"),
            (
                "face_uv_grids",
                ("face", "u", "v", "component"),
                "float32",
                "Points, normals and mask on a grid of each face",
            ),
        ),
    ),
    (
        "edges",
        "edge",
        None,
        "Edges of the boundary representation",
        (
            ("edge_convexity", ("edge",), "int32", "Convexity of each edge"),
            ("edge_dihedral_angles", ("edge",), "float32", "Angle between the faces of each edge"),
            ("edge_u_grids", ("edge", "u", "component"), "float32", "Points and tangents along each edge"),
        ),
    ),
    (
        "graph",
        "graph_edge",
        None,
        "Face adjacency graph",
        (
            ("edges_source", ("graph_edge",), "int32", "Face that each adjacency leaves"),
            ("edges_destination", ("graph_edge",), "int32", "Face that each adjacency reaches"),
            ("num_nodes", (), "int32", "Number of faces"),
        ),
    ),
    (
        "faceface",
        "face_pair",
        "matrix_flattening",
        "Relations of all pairs of faces",
        (
            ("a3_distance", ("face_i", "face_j", "bin"), "float32", "Histogram of angles between three points"),
            ("d2_distance", ("face_i", "face_j", "bin"), "float32", "Histogram of distances between two points"),
            ("extended_adjacency", ("face_i", "face_j"), "float32", "Distance of each pair in the face graph"),
        ),
    ),
)

_MANUFACTURING: tuple[GroupRow, ...] = (
    (
        "machining",
        "part",
        None,
        "Machining of each part",
        (
            ("machining_category", ("part",), "int32", "Machining category of each part"),
            ("machining_time", ("part",), "float32", "Machining time of each part in seconds"),
            ("material_type", ("part",), "int32", "Material of each part"),
        ),
    ),
    (
        "quality",
        "measurement",
        None,
        "Quality measurements",
        (
            ("measured_values", ("measurement",), "float32", "Measured value"),
            ("tolerances", ("measurement",), "float32", "Tolerance of each measurement"),
            ("within_tolerance", ("measurement",), "bool", "Whether each measurement is within its tolerance"),
        ),
    ),
)

_SENSOR: tuple[GroupRow, ...] = (
    (
        "measurements",
        "sample",
        None,
        "Samples over time",
        (
            ("timestamps", ("sample",), "float64", "Seconds since the epoch of each sample"),
            ("values", ("sample", "channel"), "float32", "Value of each channel"),
            ("quality_flags", ("sample",), "int32", "Quality of each sample"),
        ),
    ),
)

_CAD_FILE: tuple[FieldRow, ...] = (
    ("size_cadfile", "int64", "Size of the CAD file in bytes"),
    ("processing_time", "float32", "Encoding time in seconds"),
    ("flow_name", "str", "Name of the flow that encoded the file"),
)
_CAD_CATEGORIES: tuple[FieldRow, ...] = (("file_label", "int32", "Class of the part"),)
_MANUFACTURING_FILE: tuple[FieldRow, ...] = (
    ("size_cadfile", "int64", "Size of the CAD file in bytes"),
    ("processing_time", "float32", "Time in seconds"),
)
_MANUFACTURING_CATEGORIES: tuple[FieldRow, ...] = (
    ("file_label", "int32", "Class of the part"),
    ("material_name", "str", "Material of the part"),
)
_SENSOR_FILE: tuple[FieldRow, ...] = (
    ("sampling_rate", "float32", "Samples a second"),
    ("duration_seconds", "float32", "Duration of the recording in seconds"),
)
_SENSOR_CATEGORIES: tuple[FieldRow, ...] = (
    ("sensor_type", "str", "Kind of sensor"),
    ("location_label", "str", "Where the sensor is"),
)

TEMPLATES: dict[str, Template] = {
    "cad_basic": Template("CAD_analysis", _CAD_BASIC, _CAD_FILE, _CAD_CATEGORIES),
    "cad_advanced": Template("CAD_analysis", _CAD_BASIC + _CAD_ADVANCED, _CAD_FILE, _CAD_CATEGORIES),
    "manufacturing_basic": Template(
        "Manufacturing_Analysis", _MANUFACTURING, _MANUFACTURING_FILE, _MANUFACTURING_CATEGORIES
    ),
    "sensor_basic": Template("Sensor_Analysis", _SENSOR, _SENSOR_FILE, _SENSOR_CATEGORIES),
}
