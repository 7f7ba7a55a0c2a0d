// The command line: what was asked for, or why it cannot be understood.
#pragma once

#include "encoder.hpp"
#include "pool.hpp"

#include <stdexcept>
#include <string>
#include <vector>

namespace cad {

class usage_error : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct Arguments {
    StoreOptions store;
    PoolOptions pool;
    std::vector<std::string> files; // directories are replaced by the STEP files in them
    bool json = false;
    bool help = false;
};

// Throws usage_error.
Arguments parse_arguments(int argc, const char *const *argv);

std::string usage();

} // namespace cad
