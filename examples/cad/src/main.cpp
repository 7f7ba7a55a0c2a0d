// cad_encode: STEP files in, one store for each out. See usage() and the README.
#include "arguments.hpp"
#include "stopwatch.hpp"

#include <datastorage.hpp>

#include <cstdio>
#include <filesystem>

#ifdef _WIN32
#include <io.h>
#else
#include <unistd.h>
#endif

namespace {

enum Exit { kStored = 0, kSomeFailed = 1, kUsage = 2 };

bool stderr_is_terminal() {
#ifdef _WIN32
    return _isatty(_fileno(stderr)) != 0;
#else
    return isatty(STDERR_FILENO) != 0;
#endif
}

// A line that rewrites itself, on a terminal only.
class Progress {
public:
    explicit Progress(std::size_t total) : total_(total), shown_(stderr_is_terminal()) {}
    void show(std::size_t done, const std::string &source) const {
        if (shown_) {
            const std::string name = std::filesystem::path(source).filename().string();
            std::fprintf(stderr, "\r\033[K[%zu/%zu] %.60s", done, total_, name.c_str());
        }
    }
    void clear() const {
        if (shown_) {
            std::fprintf(stderr, "\r\033[K");
        }
    }

private:
    std::size_t total_;
    bool shown_;
};

// Wrong names of profiles and codecs are found here, not once for each part.
void check_library_options(const cad::StoreOptions &options) { ds::open_memory(cad::library_options(options)).close(); }

int run(const cad::Arguments &arguments) {
    check_library_options(arguments.store);
    std::filesystem::create_directories(arguments.store.directory);
    cad::Stopwatch watch;
    const Progress progress(arguments.files.size());
    bool all_stored = true;
    const auto on_report = [&](const cad::Report &report, std::size_t done) {
        if (!report.ok()) {
            all_stored = false;
            progress.clear();
            std::fprintf(stderr, "cad_encode: %s: %s\n", report.source.c_str(), report.error.c_str());
        }
        progress.show(done, report.source);
    };
    const auto reports = cad::encode_all(arguments.files, arguments.store, arguments.pool, on_report);
    progress.clear();
    if (arguments.json) {
        for (const cad::Report &report : reports) {
            std::printf("%s\n", cad::json_line(report).c_str());
        }
    } else {
        std::fputs(cad::table(reports, watch.lap()).c_str(), stdout);
    }
    return all_stored ? kStored : kSomeFailed;
}

} // namespace

int main(int argc, char **argv) {
    try {
        const cad::Arguments arguments = cad::parse_arguments(argc, argv);
        if (arguments.help) {
            std::fputs(cad::usage().c_str(), stdout);
            return kStored;
        }
        return run(arguments);
    } catch (const cad::usage_error &error) {
        std::fprintf(stderr, "cad_encode: %s\nTry 'cad_encode --help'.\n", error.what());
    } catch (const std::exception &error) {
        std::fprintf(stderr, "cad_encode: %s\n", error.what());
    }
    return kUsage;
}
