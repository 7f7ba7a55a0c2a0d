// What became of one part, how it crosses from a worker to the parent, and how it is shown.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace cad {

struct Report {
    std::string source; // the STEP file
    std::string store;  // what was written
    std::string error;  // empty when the part was stored
    std::uint64_t faces = 0, edges = 0, arrays = 0;
    std::uint64_t raw_bytes = 0;    // of the arrays in memory
    std::uint64_t stored_bytes = 0; // on disk
    double read_seconds = 0, extract_seconds = 0, store_seconds = 0;

    bool ok() const { return error.empty(); }
};

// One message of text; parse gives back what pack was given.
std::string pack(const Report &report);
Report unpack(const std::string &text);

// A table with a line for each stored part and the totals.
std::string table(const std::vector<Report> &reports, double wall_seconds);

// One JSON object, without a line end.
std::string json_line(const Report &report);

} // namespace cad
