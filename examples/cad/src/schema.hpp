// The schema that every stored part obeys; the README's table of arrays says the same.
#pragma once

#include <string>

namespace cad {

// As JSON, in the dictionary form of `set_schema`.
std::string part_schema();

} // namespace cad
