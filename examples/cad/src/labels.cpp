#include "labels.hpp"

#include "part_error.hpp"

#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

namespace cad {
namespace {

std::size_t skip_space(const std::string &text, std::size_t at) {
    const std::size_t next = text.find_first_not_of(" \t\r\n", at);
    return next == std::string::npos ? text.size() : next;
}

std::vector<std::int32_t> parse(const std::string &text, const std::string &name) {
    const auto refuse = [&] { return part_error(name + " is not a JSON list of integers"); };
    std::vector<std::int32_t> labels;
    std::size_t at = skip_space(text, 0);
    if (at >= text.size() || text[at] != '[') {
        throw refuse();
    }
    at = skip_space(text, at + 1);
    while (at < text.size() && text[at] != ']') {
        std::int32_t label = 0;
        const auto [end, error] = std::from_chars(text.data() + at, text.data() + text.size(), label);
        if (error != std::errc()) {
            throw refuse();
        }
        labels.push_back(label);
        at = skip_space(text, static_cast<std::size_t>(end - text.data()));
        if (at < text.size() && text[at] == ',') {
            at = skip_space(text, at + 1);
        } else if (at >= text.size() || text[at] != ']') {
            throw refuse();
        }
    }
    if (at >= text.size()) {
        throw refuse();
    }
    return labels;
}

} // namespace

std::optional<std::vector<std::int32_t>> read_labels(const std::string &step_path, std::size_t faces) {
    const auto path = std::filesystem::path(step_path).replace_extension(".labels.json");
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        return std::nullopt;
    }
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    const std::string name = path.filename().string();
    std::vector<std::int32_t> labels = parse(text, name);
    if (labels.size() != faces) {
        throw part_error(name + " labels " + std::to_string(labels.size()) + " faces, the part has " +
                         std::to_string(faces));
    }
    return labels;
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
