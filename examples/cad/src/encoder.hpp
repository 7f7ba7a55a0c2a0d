// Puts one measured part into one store and makes it final.
#pragma once

#include "part.hpp"
#include "report.hpp"

#include <string>

namespace cad {

struct StoreOptions {
    std::string directory;                        // where stores go
    std::string format = "zarr";                  // or "json"
    std::string profile;                          // of encoding; empty: the library's default
    std::string codec;                            // empty: the profile's
    std::string sync;                             // empty: the library's default
    bool keep_directory = false;                  // leave a directory, write no archive
    std::size_t most_pair_faces = kMostPairFaces; // parts with more have no pair histograms
    int threads = 0;                              // of the library in this process; 0: its default
};

// The store of a STEP file: DIR/<name>.zarr, or DIR/<name> for JSON.
std::string store_path(const StoreOptions &options, const std::string &step_path);

// The options as JSON for opening a store; checked by the library before any part is read.
std::string library_options(const StoreOptions &options);

// Reads, measures and stores one file. Never throws: what went wrong is in the report.
Report encode(const std::string &step_path, const StoreOptions &options);

} // namespace cad
