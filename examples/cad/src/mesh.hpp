// A triangle mesh of the part: for pictures, for even sampling, and for the volume.
//
// The mesh is as fine as a viewer needs (chords within 0.2 % of the part's diagonal), no
// finer: it is not the geometry, and the volume taken from it is as exact as that.
#pragma once

#include "topology.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace cad {

using Point = std::array<float, 3>;

struct FaceMesh {
    std::vector<Point> points;
    std::vector<std::array<std::int32_t, 3>> triangles; // counter-clockwise seen from outside
};

struct Mesh {
    std::vector<FaceMesh> faces; // one for each face; empty where meshing failed
    std::size_t triangles = 0;
    double diagonal = 0; // of the bounding box of the mesh, mm
    double volume = 0;   // enclosed, mm3; meaningful for closed parts
};

Mesh triangulate(const TopoDS_Shape &shape, const Topology &topology);

// Binary STL. Throws part_error when the file cannot be written.
void write_stl(const Mesh &mesh, const std::string &path);

} // namespace cad
