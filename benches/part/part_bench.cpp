// The main job against its floor: 60 small arrays and 12 metadata keys saved, compressed and closed, beside zstd of the
// same bytes (one frame an array, one context for all) and one plain write that is as durable (temporary file, fsync,
// rename, fsync of the directory). With the default options the library writes the summary as a second file, with two
// fsyncs more; with "export": false its fsyncs are those of the plain write. All three take turns round by round; the
// table shows the medians and each one's ratio to the plain write of the same rounds.
//
//     part_bench [--rounds N] [--parts N] [DIRECTORY...]      (default: 7, 50, /dev/shm and .)

#include <datastorage.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include <fcntl.h>
#include <unistd.h>
#include <zstd.h>

namespace {

namespace fs = std::filesystem;

struct named_array {
    std::string key;
    ds::dtype type;
    std::vector<std::int32_t> integers;
    std::vector<float> floats;
    std::vector<double> doubles;

    [[nodiscard]] const void *data() const {
        return type == ds::dtype::i32   ? static_cast<const void *>(integers.data())
               : type == ds::dtype::f32 ? static_cast<const void *>(floats.data())
                                        : static_cast<const void *>(doubles.data());
    }
    [[nodiscard]] std::size_t bytes() const { return integers.size() * 4 + floats.size() * 4 + doubles.size() * 8; }
};

/// 10 to 7000 elements, median 64, 145 kB in all: counters, small categories, smooth and rough coordinates.
std::vector<named_array> make_part() {
    std::vector<named_array> part;
    std::mt19937 random(7);
    std::uniform_real_distribution<double> unit(-1.0, 1.0);
    for (int i = 0; i < 60; ++i) {
        const double t = i < 30 ? i / 29.5 : (i - 29.5) / 29.5;
        const double n = i < 30 ? 10.0 * std::pow(6.4, t) : 64.0 * std::pow(7000.0 / 64.0, std::pow(t, 2.3015));
        const auto count = static_cast<std::size_t>(std::lround(n));
        const std::string group = i % 3 == 0 ? "faces/" : i % 3 == 1 ? "edges/" : "graph/";
        named_array array{group + "array_" + std::to_string(i), ds::dtype::f32, {}, {}, {}};
        for (std::size_t j = 0; j < count; ++j) {
            const double x = static_cast<double>(j) / static_cast<double>(count);
            switch (i % 6) {
            case 0: array.integers.push_back(static_cast<std::int32_t>(j)); break;
            case 1: array.integers.push_back(static_cast<std::int32_t>(random() % 6)); break;
            case 2: array.floats.push_back(static_cast<float>(std::sin(6.28 * x))); break;
            case 3: array.floats.push_back(static_cast<float>(40.0 * unit(random))); break;
            case 4: array.floats.push_back(j % 3 == 2 ? 1.0f : 0.0f); break;
            default: array.doubles.push_back(std::round(1000.0 * unit(random)) / 8.0); break;
            }
        }
        array.type = i % 6 < 2 ? ds::dtype::i32 : i % 6 < 5 ? ds::dtype::f32 : ds::dtype::f64;
        part.push_back(std::move(array));
    }
    return part;
}

/// The library's side.
std::uint64_t store_part(const std::vector<named_array> &part, const std::string &path, const std::string &options) {
    auto store = ds::open_zarr(path, options);
    for (const named_array &array : part) {
        switch (array.type) {
        case ds::dtype::i32: store.save(array.key, array.integers); break;
        case ds::dtype::f32: store.save(array.key, array.floats); break;
        default: store.save(array.key, array.doubles); break;
        }
    }
    for (int i = 0; i < 4; ++i) {
        const std::string n = std::to_string(i);
        store.set_metadata("counts/kind_" + n, 100 * i);
        store.set_metadata("processing/stage_" + n, 0.125 * i);
        store.set_metadata("source/name_" + n, "bracket.step");
    }
    const std::uint64_t bytes = store.compress();
    store.close();
    return bytes;
}

void require(bool ok, const char *what) {
    if (!ok) {
        std::perror(what);
        std::exit(1);
    }
}

/// The floor: the same bytes through one zstd context, and one durable write.
class floor_writer {
public:
    explicit floor_writer(int level) : context_(ZSTD_createCCtx()), level_(level) {}
    floor_writer(const floor_writer &) = delete;
    floor_writer &operator=(const floor_writer &) = delete;
    ~floor_writer() { ZSTD_freeCCtx(context_); }

    std::uint64_t write(const std::vector<named_array> &part, const fs::path &path) {
        out_.clear();
        for (const named_array &array : part) {
            const std::size_t at = out_.size();
            out_.resize(at + ZSTD_compressBound(array.bytes()));
            const std::size_t n =
                ZSTD_compressCCtx(context_, out_.data() + at, out_.size() - at, array.data(), array.bytes(), level_);
            require(ZSTD_isError(n) == 0, "zstd");
            out_.resize(at + n);
        }
        const std::string temporary = path.string() + ".tmp";
        const int file = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        require(file >= 0, temporary.c_str());
        require(::write(file, out_.data(), out_.size()) == static_cast<ssize_t>(out_.size()), "write");
        require(::fsync(file) == 0 && ::close(file) == 0, "fsync");
        require(std::rename(temporary.c_str(), path.c_str()) == 0, "rename");
        const int directory = ::open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        require(directory >= 0 && ::fsync(directory) == 0 && ::close(directory) == 0, "fsync of the directory");
        return out_.size();
    }

private:
    ZSTD_CCtx *context_;
    int level_;
    std::vector<char> out_;
};

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

/// Milliseconds a part of one round in an empty directory; clearing it is not counted.
template <class F>
double round_ms(const fs::path &directory, int parts, F &&one) {
    fs::remove_all(directory);
    fs::create_directories(directory);
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < parts; ++i) {
        one(directory / ("part_" + std::to_string(i) + ".zarr"));
    }
    const std::chrono::duration<double, std::milli> passed = std::chrono::steady_clock::now() - begin;
    fs::remove_all(directory);
    return passed.count() / parts;
}

struct settings {
    int rounds = 7;
    int parts = 50;
    std::vector<std::string> directories;
};

constexpr const char *with_summary = R"({"profile":"portable","codec":"zstd:3"})";
constexpr const char *without_summary = R"({"profile":"portable","codec":"zstd:3","export":false})";

struct measured {
    std::string name;
    std::vector<double> ms;
    std::uint64_t bytes = 0;
};

void compare(const std::vector<named_array> &part, const settings &set, const std::string &directory) {
    const fs::path work = fs::absolute(directory) / ("part_bench." + std::to_string(::getpid()));
    floor_writer plain(3);
    measured rows[3] = {{"zstd, plain write", {}, 0}, {"datastorage", {}, 0}, {"same, no summary", {}, 0}};
    const auto one = [&](std::size_t row, const fs::path &path) {
        switch (row) {
        case 0: return plain.write(part, path);
        case 1: return store_part(part, path.string(), with_summary);
        default: return store_part(part, path.string(), without_summary);
        }
    };
    for (int round = -1; round < set.rounds; ++round) { // round -1 warms up
        for (std::size_t row = 0; row < 3; ++row) {
            const double ms = round_ms(work, set.parts, [&](const fs::path &path) { rows[row].bytes = one(row, path); });
            if (round >= 0) {
                rows[row].ms.push_back(ms);
            }
        }
    }
    for (const measured &row : rows) {
        const auto [low, high] = std::minmax_element(row.ms.begin(), row.ms.end());
        std::printf("| %-10s | %-17s | %9.3f | %7.3f - %7.3f | %5.2f | %7llu |\n", directory.c_str(), row.name.c_str(),
                    median(row.ms), *low, *high, median(row.ms) / median(rows[0].ms),
                    static_cast<unsigned long long>(row.bytes));
    }
}

} // namespace

int main(int argc, char **argv) try {
    settings set;
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        if (word == "--rounds" && i + 1 < argc) {
            set.rounds = std::max(1, std::atoi(argv[++i]));
        } else if (word == "--parts" && i + 1 < argc) {
            set.parts = std::max(1, std::atoi(argv[++i]));
        } else {
            set.directories.push_back(word);
        }
    }
    if (set.directories.empty()) {
        set.directories = {"/dev/shm", "."};
    }
    const std::vector<named_array> part = make_part();
    std::size_t raw = 0;
    for (const named_array &array : part) {
        raw += array.bytes();
    }
    std::printf("%zu arrays, %zu bytes, 12 metadata keys; %s; median of %d rounds of %d parts\n\n", part.size(), raw,
                with_summary, set.rounds, set.parts);
    std::printf("| directory  | what              | ms a part | lowest - highest  | ratio | bytes   |\n");
    std::printf("|------------|-------------------|-----------|-------------------|-------|---------|\n");
    for (const std::string &directory : set.directories) {
        compare(part, set, directory);
    }
    return 0;
} catch (const std::exception &e) {
    std::fprintf(stderr, "part_bench: %s\n", e.what());
    return 1;
}
