// Everything that is known about one part, as plain arrays: what the encoder stores.
#pragma once

#include "edge_features.hpp"
#include "face_features.hpp"
#include "faceface.hpp"
#include "mesh.hpp"
#include "step_reader.hpp"
#include "topology.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cad {

struct Part {
    std::string path; // of the STEP file
    StepPart step;
    Topology topology;
    FaceGraph graph;
    FaceFeatures faces;
    EdgeFeatures edges;
    std::optional<FaceFace> faceface; // not for parts with too many faces
    Mesh mesh;
    std::optional<std::vector<std::int32_t>> labels;
    double extract_seconds = 0;
};

// Pair histograms grow with the square of the faces: 128 bytes a pair, 134 MB here.
constexpr std::size_t kMostPairFaces = 1024;

// Reads and measures; throws part_error, also for failures inside OpenCASCADE.
Part extract(const std::string &path, std::size_t most_pair_faces = kMostPairFaces);

// Fills in everything that follows from `part.step.shape`.
void measure(Part &part, std::size_t most_pair_faces = kMostPairFaces);

} // namespace cad
