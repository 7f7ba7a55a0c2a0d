#include "labels.hpp"

#include "label_file.hpp"
#include "part_error.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

namespace cad {
namespace {

LabelList in_order(LabelList labels, const std::vector<FaceOrigin> &faces, const std::string &file) {
    if (labels.size() != faces.size()) {
        throw part_error(file + " labels " + std::to_string(labels.size()) + " faces, the part has " +
                         std::to_string(faces.size()));
    }
    return labels;
}

LabelList by_name(const LabelsByName &labels, const std::vector<FaceOrigin> &faces, const std::string &file) {
    LabelList out;
    std::map<std::string, std::int32_t> entities; // of each name: one, or the name says nothing
    for (std::size_t face = 0; face < faces.size(); ++face) {
        const auto &[entity, name] = faces[face];
        if (entity == 0) {
            throw part_error(file + " labels faces by name, face " + std::to_string(face) + " has none");
        }
        const auto label = labels.find(name);
        if (label == labels.end()) {
            throw part_error(file + " has no label for the face named '" + name + "'");
        }
        if (entities.emplace(name, entity).first->second != entity) {
            throw part_error(file + " labels faces by name, two are named '" + name + "'");
        }
        out.push_back(label->second);
    }
    for (const auto &[name, label] : labels) {
        if (entities.count(name) == 0) {
            throw part_error(file + " labels the face '" + name + "', the part has no such face");
        }
    }
    return out;
}

} // namespace

std::optional<std::vector<std::int32_t>> read_labels(const std::string &step_path,
                                                     const std::vector<FaceOrigin> &faces) {
    const auto path = std::filesystem::path(step_path).replace_extension(".labels.json");
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        return std::nullopt;
    }
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    const std::string name = path.filename().string();
    auto labels = parse_labels(text, name);
    if (auto *list = std::get_if<LabelList>(&labels)) {
        return in_order(std::move(*list), faces, name);
    }
    return by_name(std::get<LabelsByName>(labels), faces, name);
}

std::int32_t part_label(const std::vector<std::int32_t> &labels) {
    std::map<std::int32_t, std::size_t> counts;
    for (std::int32_t label : labels) {
        ++counts[label];
    }
    std::int32_t best = kStockLabel;
    std::size_t most = 0;
    for (const auto &[label, count] : counts) {
        if (label != kStockLabel && count > most) {
            best = label;
            most = count;
        }
    }
    return best;
}

} // namespace cad
