// JSON strings and objects, for options, descriptions and the lines of `--json`.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace cad {

inline std::string json_string(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            char escape[8];
            std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
            out += escape;
        } else {
            out += c;
        }
    }
    return out + '"';
}

// Members one after another; values are JSON texts.
class JsonObject {
public:
    JsonObject &add(std::string_view key, const std::string &json) {
        text_ += (text_.empty() ? "{" : ", ") + json_string(key) + ": " + json;
        return *this;
    }
    std::string str() const { return text_.empty() ? "{}" : text_ + "}"; }

private:
    std::string text_;
};

} // namespace cad
