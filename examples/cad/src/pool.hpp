// Encodes many files, some at a time, so that no file can harm another.
//
// Each worker is a process: OpenCASCADE 7.6 must not read on two threads at once, and a
// file that makes it crash or hang ends one worker, which is replaced. Where there is no
// fork (Windows) the files are encoded one after another in this process.
#pragma once

#include "encoder.hpp"
#include "report.hpp"

#include <functional>
#include <string>
#include <vector>

namespace cad {

struct PoolOptions {
    std::size_t jobs = 1;
    double timeout_seconds = 600; // for one part
};

using OnReport = std::function<void(const Report &, std::size_t done)>;

// The reports in the order of the files. `on_report` runs as each part ends.
// To be called before this process has started any thread.
std::vector<Report> encode_all(const std::vector<std::string> &files, const StoreOptions &store,
                               const PoolOptions &pool, const OnReport &on_report);

} // namespace cad
