/**
 * Just enough JSON to turn one stored metadata value, or a list of names, into a C++ value.
 *
 * Invariant: the text comes from the library and is valid JSON; what does not fit the wanted C++ type is an error that
 * names the key and the text. This is no JSON library: take metadata_json() into the one you use for objects.
 */
#ifndef DATASTORAGE_JSON_HPP
#define DATASTORAGE_JSON_HPP

#include "types.hpp"

#include <cstdlib>
#include <locale>
#include <sstream>

namespace ds {
namespace detail {

[[noreturn]] inline void wrong_json(const zstring &key, const char *wanted, std::string_view found) {
    throw error(DS_ERR_WRONG_KIND, key.str() + ": wanted " + wanted + ", found " + std::string(found.substr(0, 80)));
}

inline void append_utf8(std::string &out, unsigned long c) {
    const auto put = [&out](unsigned long byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
    if (c < 0x80) {
        put(c);
    } else if (c < 0x800) {
        put(0xC0 | (c >> 6));
        put(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        put(0xE0 | (c >> 12));
        put(0x80 | ((c >> 6) & 0x3F));
        put(0x80 | (c & 0x3F));
    } else {
        put(0xF0 | (c >> 18));
        put(0x80 | ((c >> 12) & 0x3F));
        put(0x80 | ((c >> 6) & 0x3F));
        put(0x80 | (c & 0x3F));
    }
}

/** The four hex digits at `at`, or 0 when they are not there. */
inline unsigned long hex4(std::string_view text, std::size_t at) {
    return at + 4 <= text.size() ? std::strtoul(std::string(text.substr(at, 4)).c_str(), nullptr, 16) : 0;
}

/** Reads the JSON string that begins at `at` and moves `at` behind its closing quote; false when there is none. */
inline bool read_json_string(std::string_view text, std::size_t &at, std::string &out) {
    if (at >= text.size() || text[at] != '"') {
        return false;
    }
    for (++at; at < text.size(); ++at) {
        if (text[at] == '"') {
            ++at;
            return true;
        }
        if (text[at] != '\\') {
            out += text[at];
            continue;
        }
        if (++at >= text.size()) {
            return false;
        }
        switch (text[at]) {
        case 'b': out += '\b'; break;
        case 'f': out += '\f'; break;
        case 'n': out += '\n'; break;
        case 'r': out += '\r'; break;
        case 't': out += '\t'; break;
        case 'u': {
            unsigned long c = hex4(text, at + 1);
            at += 4;
            if (c >= 0xD800 && c < 0xDC00 && at + 2 < text.size() && text[at + 1] == '\\' && text[at + 2] == 'u') {
                c = 0x10000 + ((c - 0xD800) << 10) + (hex4(text, at + 3) - 0xDC00);
                at += 6;
            }
            append_utf8(out, c);
            break;
        }
        default: out += text[at]; break;
        }
    }
    return false;
}

/** `["a", "b"]` as a vector. */
inline std::vector<std::string> json_strings(const zstring &key, std::string_view text) {
    std::vector<std::string> out;
    std::size_t at = 0;
    while ((at = text.find_first_of("\"", at)) != std::string_view::npos) {
        if (!read_json_string(text, at, out.emplace_back())) {
            wrong_json(key, "a list of strings", text);
        }
    }
    return out;
}

template <class T>
T json_integer(const zstring &key, std::string_view text) {
    const bool negative = !text.empty() && text[0] == '-';
    const std::string_view digits = text.substr(negative ? 1 : 0);
    constexpr auto max = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t magnitude = 0;
    bool fits = !digits.empty();
    for (const char c : digits) {
        if (c < '0' || c > '9') {
            wrong_json(key, "an integer", text);
        }
        const auto digit = static_cast<std::uint64_t>(c - '0');
        fits = fits && magnitude <= (max - digit) / 10;
        magnitude = magnitude * 10 + digit;
    }
    const auto limit = static_cast<std::uint64_t>(std::numeric_limits<T>::max());
    const std::uint64_t lowest = std::is_signed_v<T> ? limit + 1 : 0;
    if (!fits || magnitude > (negative ? lowest : limit)) {
        const std::string wanted = "an integer of " + std::to_string(sizeof(T) * 8) + (std::is_signed_v<T> ? " bits" : " bits, unsigned");
        wrong_json(key, wanted.c_str(), text);
    }
    return static_cast<T>(negative ? std::uint64_t{0} - magnitude : magnitude);
}

/** Reads a JSON number whatever the locale of the process is. */
template <class T>
T json_real(const zstring &key, std::string_view text) {
    std::istringstream stream{std::string(text)};
    stream.imbue(std::locale::classic());
    T value{};
    if (text.empty() || (text[0] != '-' && (text[0] < '0' || text[0] > '9')) || !(stream >> value)) {
        wrong_json(key, "a number", text);
    }
    return value;
}

/** One metadata value as bool, an integer, float, double or std::string. */
template <class T>
T json_value(const zstring &key, std::string_view text) {
    if constexpr (std::is_same_v<T, bool>) {
        if (text != "true" && text != "false") {
            wrong_json(key, "true or false", text);
        }
        return text == "true";
    } else if constexpr (std::is_same_v<T, std::string>) {
        std::string out;
        std::size_t at = 0;
        if (!read_json_string(text, at, out)) {
            wrong_json(key, "a string", text);
        }
        return out;
    } else if constexpr (std::is_integral_v<T> && !is_character<T>) {
        return json_integer<T>(key, text);
    } else if constexpr (std::is_floating_point_v<T>) {
        return json_real<T>(key, text);
    } else {
        static_assert(always_false<T>, "ds: metadata is read as bool, integers, float, double or std::string; "
                                       "use metadata_json for lists and objects");
    }
}

} // namespace detail
} // namespace ds

#endif
