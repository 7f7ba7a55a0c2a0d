// Labels given beside a part: `<part>.labels.json`, a JSON list with one integer per face
// in the order of OpenCASCADE's explorer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cad {

// The faces of the raw block in the MFCAD classes: the background, which labels no feature.
constexpr std::int32_t kStockLabel = 15;

// Nothing when there is no label file; part_error when it is no list of integers or its length
// is not the number of faces.
std::optional<std::vector<std::int32_t>> read_labels(const std::string &step_path, std::size_t faces);

// One label for the part: the most frequent feature label, the smallest of equals, and
// the stock label when there is no feature.
std::int32_t part_label(const std::vector<std::int32_t> &labels);

} // namespace cad
