#include "schema.hpp"

namespace cad {

// face_i and face_j are two names of one length because xarray wants the dimensions of an
// array to differ. Masks are uint8, not bool: netCDF-C refuses a store that has a bool in it.
std::string part_schema() {
    return R"json({
"version": "1.0", "domain": "CAD_brep",
"groups": {
  "faces": {"primary_dimension": "face", "arrays": {
    "face_indices": {"dims": ["face"], "dtype": "int32", "description": "number of the face, from 0", "min_value": 0},
    "face_types": {"dims": ["face"], "dtype": "int32", "description": "kind of surface; names in descriptions/face_types", "min_value": 0, "max_value": 10},
    "face_areas": {"dims": ["face"], "dtype": "float32", "description": "area, mm2"},
    "face_centroids": {"dims": ["face", "xyz"], "dtype": "float32", "description": "centre of mass, mm"},
    "face_loops": {"dims": ["face"], "dtype": "int32", "description": "number of wires", "min_value": 0},
    "face_labels": {"dims": ["face"], "dtype": "int32", "description": "label given with the part, when there is one"},
    "face_uv_points": {"dims": ["face", "uv_u", "uv_v", "xyz"], "dtype": "float32", "description": "grid over the parameter rectangle, mm"},
    "face_uv_normals": {"dims": ["face", "uv_u", "uv_v", "xyz"], "dtype": "float32", "description": "outward unit normals at the grid points, zero where undefined", "min_value": -1.000001, "max_value": 1.000001},
    "face_uv_mask": {"dims": ["face", "uv_u", "uv_v"], "dtype": "uint8", "description": "1 where the grid point is inside the trimming loops or on them", "min_value": 0, "max_value": 1},
    "face_uv_normal_mask": {"dims": ["face", "uv_u", "uv_v"], "dtype": "uint8", "description": "1 where the normal is defined (not at poles and apexes)", "min_value": 0, "max_value": 1}},
    "description": "what is measured on each face"},
  "edges": {"primary_dimension": "edge", "arrays": {
    "edge_indices": {"dims": ["edge"], "dtype": "int32", "description": "number of the edge, from 0", "min_value": 0},
    "edge_types": {"dims": ["edge"], "dtype": "int32", "description": "kind of curve; names in descriptions/edge_types", "min_value": 0, "max_value": 8},
    "edge_topology": {"dims": ["edge"], "dtype": "int32", "description": "how faces use the edge; names in descriptions/edge_topology", "min_value": 0, "max_value": 6},
    "edge_lengths": {"dims": ["edge"], "dtype": "float32", "description": "length, mm"},
    "edge_convexity": {"dims": ["edge"], "dtype": "int32", "description": "0 concave, 1 convex, 2 smooth, 3 none", "min_value": 0, "max_value": 3},
    "edge_dihedral_angles": {"dims": ["edge"], "dtype": "float32", "description": "angle through the material at the middle, rad; 0 where convexity is 3", "min_value": 0, "max_value": 6.2831855},
    "edge_points": {"dims": ["edge", "sample", "xyz"], "dtype": "float32", "description": "points along the edge, even in its parameter, mm"}},
    "description": "what is measured on each edge"},
  "graph": {"primary_dimension": "graph_edge", "arrays": {
    "edges_source": {"dims": ["graph_edge"], "dtype": "int32", "description": "face, the smaller number", "min_value": 0},
    "edges_destination": {"dims": ["graph_edge"], "dtype": "int32", "description": "face, the larger number", "min_value": 0},
    "edge_of_graph_edge": {"dims": ["graph_edge"], "dtype": "int32", "description": "the edge at which the two faces meet", "min_value": 0},
    "num_nodes": {"dims": [], "dtype": "int32", "description": "number of faces", "min_value": 0}},
    "description": "faces that share an edge"},
  "faceface": {"primary_dimension": "face_i", "arrays": {
    "a3_distance": {"dims": ["face_i", "face_j", "bin"], "dtype": "float32", "description": "histogram of angles between three random points of two faces, 0 to pi", "min_value": 0, "max_value": 1},
    "d2_distance": {"dims": ["face_i", "face_j", "bin"], "dtype": "float32", "description": "histogram of distances between random points of two faces, 0 to the diagonal of the part", "min_value": 0, "max_value": 1}},
    "description": "how each pair of faces lies to one another",
    "special_processing": "matrix_flattening"}},
"description": "Boundary representation of one part, read from STEP by OpenCASCADE",
"metadata": {"metadata": {
  "file_level": {
    "source_name": {"dtype": "str", "required": true, "description": "name of the STEP file"},
    "size_cadfile": {"dtype": "int64", "required": true, "description": "its size, bytes"},
    "processing_time": {"dtype": "float64", "required": true, "description": "reading, measuring and saving, s"},
    "duration_read": {"dtype": "float64", "required": false, "description": "parsing and transfer by OpenCASCADE, s"},
    "duration_extract": {"dtype": "float64", "required": false, "description": "measuring, s"},
    "num_faces": {"dtype": "int64", "required": true, "description": "faces"},
    "num_edges": {"dtype": "int64", "required": true, "description": "edges"},
    "num_graph_edges": {"dtype": "int64", "required": true, "description": "adjacencies"},
    "num_solids": {"dtype": "int64", "required": true, "description": "solids"},
    "num_triangles": {"dtype": "int64", "required": true, "description": "triangles of visu.stl"},
    "total_area": {"dtype": "float64", "required": true, "description": "area of all faces, mm2"},
    "volume_mesh": {"dtype": "float64", "required": false, "description": "volume inside the mesh of the solids, mm3"},
    "diagonal": {"dtype": "float64", "required": true, "description": "diagonal of the bounding box, mm"},
    "length_unit": {"dtype": "str", "required": true, "description": "unit of all stored lengths"},
    "source_length_unit": {"dtype": "str", "required": false, "description": "unit of the file"},
    "kernel": {"dtype": "str", "required": true, "description": "CAD kernel and its version"}},
  "categorical": {
    "file_label": {"dtype": "int32", "required": false, "description": "most frequent feature label of the faces"},
    "closed": {"dtype": "bool", "required": true, "description": "no edge is a boundary"},
    "has_faceface": {"dtype": "bool", "required": true, "description": "pair histograms are stored: not for parts with very many faces"}},
  "routing_rules": {
    "file_level_patterns": ["size_*", "duration_*", "processing_*", "num_*", "source_*"],
    "categorical_patterns": ["*_label", "descriptions/*"],
    "default_numeric": "file_level", "default_categorical": "categorical", "default_string": "categorical"}}}
})json";
}

} // namespace cad
