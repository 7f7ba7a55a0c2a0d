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
  std::string path;  // of the STEP file
  StepPart step;
  Topology topology;
  FaceGraph graph;
  FaceFeatures faces;
  EdgeFeatures edges;
  FaceFace faceface;
  Mesh mesh;
  std::optional<std::vector<std::int32_t>> labels;
  double extract_seconds = 0;
};

// Reads and measures; throws part_error, also for failures inside OpenCASCADE.
Part extract(const std::string& path);

}  // namespace cad
