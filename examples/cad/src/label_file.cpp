#include "label_file.hpp"

#include "part_error.hpp"

#include <charconv>

namespace cad {
namespace {

class Parser {
public:
    Parser(const std::string &text, const std::string &name) : text_(text), name_(name) {}

    std::variant<LabelList, LabelsByName> labels() {
        std::variant<LabelList, LabelsByName> out;
        if (take('[')) {
            out = list();
        } else if (take('{')) {
            out = by_name();
        } else {
            throw refuse();
        }
        skip_space();
        if (at_ != text_.size()) {
            throw refuse();
        }
        return out;
    }

private:
    LabelList list() {
        LabelList labels;
        if (take(']')) {
            return labels;
        }
        do {
            labels.push_back(integer());
        } while (take(','));
        need(']');
        return labels;
    }

    LabelsByName by_name() {
        LabelsByName labels;
        if (take('}')) {
            return labels;
        }
        do {
            const std::string key = string();
            need(':');
            if (!labels.emplace(key, integer()).second) {
                throw part_error(name_ + " labels the face '" + key + "' twice");
            }
        } while (take(','));
        need('}');
        return labels;
    }

    std::int32_t integer() {
        skip_space();
        std::int32_t value = 0;
        const char *end = text_.data() + text_.size();
        const auto [next, error] = std::from_chars(text_.data() + at_, end, value);
        if (error != std::errc()) {
            throw refuse();
        }
        at_ = static_cast<std::size_t>(next - text_.data());
        return value;
    }

    std::string string() {
        need('"');
        std::string out;
        for (; at_ < text_.size() && text_[at_] != '"'; ++at_) {
            if (text_[at_] != '\\') {
                out += text_[at_];
                continue;
            }
            const char escaped = ++at_ < text_.size() ? text_[at_] : '\0';
            if (escaped == 'u') {
                throw part_error(name_ + " has a key with a \\u escape: write it as UTF-8");
            }
            if (escaped != '"' && escaped != '\\' && escaped != '/') {
                throw refuse();
            }
            out += escaped;
        }
        need('"');
        return out;
    }

    void skip_space() {
        const std::size_t next = text_.find_first_not_of(" \t\r\n", at_);
        at_ = next == std::string::npos ? text_.size() : next;
    }

    bool take(char wanted) {
        skip_space();
        if (at_ >= text_.size() || text_[at_] != wanted) {
            return false;
        }
        ++at_;
        return true;
    }

    void need(char wanted) {
        if (!take(wanted)) {
            throw refuse();
        }
    }

    part_error refuse() const { return part_error(name_ + " is neither a JSON list of integers nor an object of them"); }

    const std::string &text_;
    const std::string &name_;
    std::size_t at_ = 0;
};

} // namespace

std::variant<LabelList, LabelsByName> parse_labels(const std::string &text, const std::string &name) {
    return Parser(text, name).labels();
}

} // namespace cad
