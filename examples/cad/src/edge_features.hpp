// What is measured on each edge: kind, length, samples, and how its two faces meet.
//
// The dihedral angle is taken through the material at the middle of the edge: pi/2 on a
// cube's edge, pi where the faces are tangent, 3 pi/2 in an inner corner. It exists for
// manifold edges only; elsewhere it is 0 and the convexity is `none`.
#pragma once

#include "surfaces.hpp"
#include "topology.hpp"

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace cad {

constexpr std::size_t kEdgePoints = 10;

constexpr std::array<std::string_view, 9> kEdgeTypes = {"Line",   "Circle",  "Ellipse", "Hyperbola", "Parabola",
                                                        "Bezier", "BSpline", "Offset",  "Other"};
constexpr std::array<std::string_view, 4> kEdgeConvexity = {"Concave", "Convex", "Smooth", "None"};
constexpr std::array<std::string_view, 7> kEdgeTopology = {"Manifold",    "Boundary", "Seam", "Degenerated",
                                                           "NonManifold", "Internal", "Wire"};

// Stored as `edge_convexity`; the numbers are part of the format.
enum class Convexity : std::int32_t { concave = 0, convex = 1, smooth = 2, none = 3 };

// Faces whose normals differ by less (rad) meet smoothly.
constexpr double kSmoothAngle = 0.01;

struct EdgeFeatures {
    std::vector<std::int32_t> types;
    std::vector<std::int32_t> topology;
    std::vector<float> lengths; // mm
    std::vector<std::int32_t> convexity;
    std::vector<float> dihedral_angles; // rad, through the material
    std::vector<float> points;          // m * 10 * 3, even in the curve's parameter, ends included
};

EdgeFeatures measure_edges(const Topology &topology, const std::vector<FaceSurface> &surfaces);

} // namespace cad
