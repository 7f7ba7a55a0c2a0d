// The tests' own two words, CHECK and CHECK_FAILS, and a directory that is empty when a test begins.
#ifndef DATASTORAGE_TEST_CHECK_HPP
#define DATASTORAGE_TEST_CHECK_HPP

#include <datastorage.hpp>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace check {

inline int &failures() {
    static int count = 0;
    return count;
}

inline void report(bool ok, const char *file, int line, const std::string &text) {
    if (!ok) {
        ++failures();
        std::fprintf(stderr, "%s:%d: %s\n", file, line, text.c_str());
    }
}

/// The status that `call` fails with, DS_OK when it does not.
template <class F>
ds_status status_of(F &&call, std::string *text = nullptr) {
    try {
        call();
        return DS_OK;
    } catch (const ds::error &e) {
        if (text != nullptr) {
            *text = e.what();
        }
        return e.code();
    }
}

/// An empty directory below the working directory.
inline std::string fresh(const std::string &name) {
    std::filesystem::remove_all(name);
    std::filesystem::create_directories(name);
    return name;
}

inline std::string read(const std::filesystem::path &path) {
    std::ifstream file(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

/// Runs each case on its own: what one throws does not hide the next.
struct test_case {
    const char *name;
    void (*run)();
};

inline int run(std::initializer_list<test_case> cases) {
    for (const test_case &one : cases) {
        const int before = failures();
        try {
            one.run();
        } catch (const std::exception &e) {
            ++failures();
            std::fprintf(stderr, "%s: %s\n", one.name, e.what());
        }
        std::printf("%s %s\n", failures() == before ? "ok    " : "FAILED", one.name);
    }
    return failures() == 0 ? 0 : 1;
}

} // namespace check

#define CHECK(condition) check::report((condition), __FILE__, __LINE__, "not true: " #condition)

/// The expression fails with this status, and its text holds `words` ("" for any).
#define CHECK_FAILS(code, words, expression)                                                                           \
    do {                                                                                                               \
        std::string text_;                                                                                             \
        const ds_status status_ = check::status_of([&] { static_cast<void>(expression); }, &text_);                    \
        check::report(status_ == (code) && text_.find(words) != std::string::npos, __FILE__, __LINE__,                 \
                      std::string("wanted " #code " with '") + (words) + "', got " + ds_status_name(status_) + " '" +  \
                          text_ + "' from " #expression);                                                              \
    } while (false)

#endif
