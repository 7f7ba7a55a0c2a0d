// Labels given beside a part: `<part>.labels.json`, either a JSON list with one integer per face in
// the order of OpenCASCADE's explorer, or a JSON object of integers by the name of the ADVANCED_FACE.
#pragma once

#include "face_origins.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cad {

// The faces of the raw block in the MFCAD classes: the background, which labels no feature.
constexpr std::int32_t kStockLabel = 15;

// The label of each face, or nothing when there is no label file. part_error when it is neither a
// list nor an object of integers; when a list has another length than the faces; when an object
// leaves a face out, names one that is not there, or two entities of the file have the same name.
std::optional<std::vector<std::int32_t>> read_labels(const std::string &step_path,
                                                     const std::vector<FaceOrigin> &faces);

// One label for the part: the most frequent feature label, the smallest of equals, and
// the stock label when there is no feature.
std::int32_t part_label(const std::vector<std::int32_t> &labels);

} // namespace cad
