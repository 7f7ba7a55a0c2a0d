// How each pair of faces lies to one another, as two histograms of random samples.
//
// D2: the distance of a point on one face from a point on the other, as a share of the
// part's diagonal, bins over [0, 1]. A3: the angle at the middle one of three points, two
// of them on one face and one on the other, bins over [0, pi]. Each histogram sums to 1 and
// the matrices are symmetric. Points are drawn evenly over the mesh of a face by a fixed
// sequence: the same part gives the same numbers.
#pragma once

#include "face_features.hpp"
#include "mesh.hpp"

#include <vector>

namespace cad {

constexpr std::size_t kBins = 16;
constexpr std::size_t kSamples = 64; // samples in each histogram

struct FaceFace {
    std::vector<float> a3; // n * n * bins
    std::vector<float> d2;
};

// A face that has no mesh is sampled on its parameter grid.
FaceFace compare_faces(const Mesh &mesh, const FaceFeatures &faces);

} // namespace cad
