#include "channel.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

namespace cad {
namespace {

// More than any path or report; a longer one comes from a worker whose memory is broken.
constexpr std::uint32_t kLongest = 1U << 20;

bool send_all(int fd, const char *data, std::size_t size) {
    while (size > 0) {
        const ssize_t n = ::send(fd, data, size, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return false;
        }
        data += n;
        size -= static_cast<std::size_t>(n);
    }
    return true;
}

bool receive_all(int fd, char *data, std::size_t size) {
    while (size > 0) {
        const ssize_t n = ::recv(fd, data, size, 0);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return false;
        }
        data += n;
        size -= static_cast<std::size_t>(n);
    }
    return true;
}

} // namespace

bool send_message(int fd, const std::string &text) {
    const auto size = static_cast<std::uint32_t>(text.size());
    std::string message(sizeof size, '\0');
    std::memcpy(message.data(), &size, sizeof size);
    message += text;
    return text.size() <= kLongest && send_all(fd, message.data(), message.size());
}

std::optional<std::string> receive_message(int fd) {
    std::uint32_t size = 0;
    if (!receive_all(fd, reinterpret_cast<char *>(&size), sizeof size) || size > kLongest) {
        return std::nullopt;
    }
    std::string text(size, '\0');
    if (!receive_all(fd, text.data(), size)) {
        return std::nullopt;
    }
    return text;
}

} // namespace cad
