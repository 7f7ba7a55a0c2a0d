// Messages between the parent and a worker: a length, then that many bytes.
#pragma once

#include <optional>
#include <string>

namespace cad {

// False when the other side is gone.
bool send_message(int fd, const std::string &text);

// Nothing when the other side is gone, also in the middle of a message.
std::optional<std::string> receive_message(int fd);

} // namespace cad
