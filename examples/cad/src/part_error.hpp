// The one exception of the extraction: why a part cannot be encoded, as one
// line for the user. It is not for programming errors.
#pragma once

#include <stdexcept>

namespace cad {

class part_error : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

} // namespace cad
