// The text of a label file: a JSON list of integers, or a JSON object of integers. Knows no faces.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace cad {

using LabelList = std::vector<std::int32_t>;
using LabelsByName = std::map<std::string, std::int32_t>;

// part_error, which begins with `name`, for any other text, for a key that comes twice, and for
// keys with \u escapes, which are not read.
std::variant<LabelList, LabelsByName> parse_labels(const std::string &text, const std::string &name);

} // namespace cad
