// The faces and edges of a part, numbered, and who touches whom.
//
// Numbers are those of OpenCASCADE's indexed map, which is the order in which an
// explorer meets the faces first (the order that label files use); they start at 0.
// An edge is not an adjacency: degenerated, seam and boundary edges join no two
// faces, a non-manifold edge joins more than one pair. So the graph has its own edges.
#pragma once

#include <TopoDS_Edge.hxx>
#include <TopoDS_Face.hxx>
#include <TopoDS_Shape.hxx>

#include <cstdint>
#include <vector>

namespace cad {

// Stored as `edge_topology`; the numbers are part of the format.
enum class EdgeTopology : std::int32_t {
    manifold = 0,     // exactly two uses, on two faces
    boundary = 1,     // one use: the rim of an open shell
    seam = 2,         // both uses on the same face: where a closed surface meets itself
    degenerated = 3,  // no length: a pole or an apex
    non_manifold = 4, // three or more uses
    internal = 5,     // lies inside a face without bounding it
    wire = 6,         // on no face
};

struct EdgeUse {
    std::int32_t face;
    TopoDS_Edge edge; // oriented so that, seen from outside, the face lies to its left
};

struct EdgeRecord {
    TopoDS_Edge edge;
    std::vector<EdgeUse> uses;
    EdgeTopology topology = EdgeTopology::wire;
};

struct Topology {
    std::vector<TopoDS_Face> faces;
    std::vector<EdgeRecord> edges;
    std::vector<std::int32_t> face_loops; // wires of each face
    std::int64_t solids = 0;
};

// Each adjacency once, source < destination, in the order of the edges that make it.
struct FaceGraph {
    std::vector<std::int32_t> source;
    std::vector<std::int32_t> destination;
    std::vector<std::int32_t> edge; // the edge where the two faces meet
};

// Throws part_error when the shape has no faces.
Topology explore(const TopoDS_Shape &shape);

FaceGraph face_graph(const Topology &topology);

} // namespace cad
