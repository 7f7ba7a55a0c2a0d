// Doubles of the kernel as the floats that are stored.
#pragma once

#include "part_error.hpp"

#include <cmath>
#include <cstdio>
#include <limits>

namespace cad {

// Damaged files have faces as large as 1e100: no float, and nothing to learn from.
inline float as_float(double value) {
    if (!(std::abs(value) <= double(std::numeric_limits<float>::max()))) {
        char text[80];
        std::snprintf(text, sizeof text, "has broken geometry: it measures %g", value);
        throw part_error(text);
    }
    return static_cast<float>(value);
}

} // namespace cad
