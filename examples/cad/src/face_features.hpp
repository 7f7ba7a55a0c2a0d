// What is measured on each face: kind, area, centroid, and a grid over its parameters.
//
// The grid covers the bounding rectangle of the face in its own (u, v), ends included,
// so grid points may lie outside the trimming loops: the mask tells. All lengths are mm.
#pragma once

#include "surfaces.hpp"
#include "topology.hpp"

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace cad {

constexpr std::size_t kGrid = 10; // points in u and in v
constexpr std::size_t kGridPoints = kGrid * kGrid;

// Names of the values of `face_types`, in order. The numbers are part of the format.
constexpr std::array<std::string_view, 11> kFaceTypes = {
    "Plane", "Cylinder", "Cone", "Sphere", "Torus", "Bezier", "BSpline", "Revolution", "Extrusion", "Offset", "Other"};

struct FaceFeatures {
    std::vector<std::int32_t> types;
    std::vector<float> areas;
    std::vector<float> centroids;             // n * 3
    std::vector<float> uv_points;             // n * 10 * 10 * 3
    std::vector<float> uv_normals;            // the same shape; zero where undefined
    std::vector<std::uint8_t> uv_mask;        // n * 10 * 10: inside the loops or on them
    std::vector<std::uint8_t> uv_normal_mask; // n * 10 * 10: the normal is defined
    double total_area = 0;
};

FaceFeatures measure_faces(const Topology &topology, const std::vector<FaceSurface> &surfaces);

} // namespace cad
