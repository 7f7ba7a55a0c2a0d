#include "report.hpp"

#include "json_text.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <sstream>

namespace cad {
namespace {

constexpr char kSeparator = '\x1f';

template <class... T>
std::string format(const char *pattern, T... values) {
    char line[512];
    std::snprintf(line, sizeof line, pattern, values...);
    return line;
}

// Texts come from file names and error messages, which may hold any byte.
std::string without_separator(std::string text) {
    std::replace(text.begin(), text.end(), kSeparator, '?');
    return text;
}

std::string short_name(const Report &report, std::size_t width) {
    const std::string name = std::filesystem::path(report.source).filename().string();
    return name.size() <= width ? name : name.substr(0, width - 3) + "...";
}

using Count = unsigned long long;

std::string row(const char *name, const Report &r) {
    const double ratio = r.stored_bytes ? double(r.raw_bytes) / double(r.stored_bytes) : 0;
    return format("%-34s %7llu %7llu %7llu %12llu %12llu %6.2f %9.3f %9.3f %9.3f\n", name, Count(r.faces),
                  Count(r.edges), Count(r.arrays), Count(r.raw_bytes), Count(r.stored_bytes), ratio, r.read_seconds,
                  r.extract_seconds, r.store_seconds);
}

} // namespace

std::string pack(const Report &r) {
    std::ostringstream out;
    out.precision(17);
    for (const std::string *text : {&r.source, &r.store, &r.error}) {
        out << without_separator(*text) << kSeparator;
    }
    out << r.faces << ' ' << r.edges << ' ' << r.arrays << ' ' << r.raw_bytes << ' ' << r.stored_bytes << ' '
        << r.read_seconds << ' ' << r.extract_seconds << ' ' << r.store_seconds;
    return out.str();
}

Report unpack(const std::string &text) {
    Report r;
    std::istringstream in(text);
    for (std::string *field : {&r.source, &r.store, &r.error}) {
        std::getline(in, *field, kSeparator);
    }
    in >> r.faces >> r.edges >> r.arrays >> r.raw_bytes >> r.stored_bytes >> r.read_seconds >> r.extract_seconds >>
        r.store_seconds;
    if (in.fail() && r.ok()) {
        r.error = "the worker's report could not be read";
    }
    return r;
}

std::string table(const std::vector<Report> &reports, double wall_seconds) {
    constexpr std::size_t kWidth = 34;
    std::string out = format("%-34s %7s %7s %7s %12s %12s %6s %9s %9s %9s\n", "part", "faces", "edges", "arrays",
                             "raw bytes", "stored", "ratio", "read s", "measure s", "store s");
    Report total;
    std::size_t stored = 0;
    for (const Report &r : reports) {
        if (!r.ok()) {
            continue;
        }
        ++stored;
        out += row(short_name(r, kWidth).c_str(), r);
        total.faces += r.faces;
        total.edges += r.edges;
        total.arrays += r.arrays;
        total.raw_bytes += r.raw_bytes;
        total.stored_bytes += r.stored_bytes;
        total.read_seconds += r.read_seconds;
        total.extract_seconds += r.extract_seconds;
        total.store_seconds += r.store_seconds;
    }
    out += row(format("%zu of %zu parts", stored, reports.size()).c_str(), total);
    return out + format("%.2f s on the clock\n", wall_seconds);
}

std::string json_line(const Report &r) {
    JsonObject line;
    line.add("part", json_string(r.source));
    if (!r.ok()) {
        return line.add("error", json_string(r.error)).str();
    }
    return line.add("store", json_string(r.store))
        .add("faces", std::to_string(r.faces))
        .add("edges", std::to_string(r.edges))
        .add("arrays", std::to_string(r.arrays))
        .add("raw_bytes", std::to_string(r.raw_bytes))
        .add("stored_bytes", std::to_string(r.stored_bytes))
        .add("read_seconds", format("%.6f", r.read_seconds))
        .add("extract_seconds", format("%.6f", r.extract_seconds))
        .add("store_seconds", format("%.6f", r.store_seconds))
        .str();
}

} // namespace cad
