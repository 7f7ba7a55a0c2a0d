// The main job against its floor: 60 small arrays and 12 metadata keys saved, compressed and closed, beside zstd of the
// same bytes (one frame an array, one context a thread, one thread) and one plain write that is as durable (temporary
// file, fsync, rename, fsync of the directory). With --threads there is a second floor with as many threads, which take
// one array after the other. With "export": false the library's fsyncs are those of the plain write;
// by default it writes the summary as a second file, unsynced. Then the archive opened and every array loaded into
// memory of its size, beside one read and one decompression context. All rows of a table take turns round by round; it
// shows the medians and each one's ratio to the first row of the same rounds.
//
// Last come single calls: entering a store, and ds_stat of memory and of an open archive.
//
//     part_bench [--rounds N] [--parts N] [--threads N] [--level N] [--only ROW] [DIRECTORY...]   (default: 7, 50, 1, 3, /dev/shm and .)

#include <datastorage.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
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

/// The floor: the same bytes through one zstd context a thread, and one durable write.
class floor_writer {
public:
    floor_writer(int level, int threads) : level_(level) {
        for (int i = 0; i < threads; ++i) {
            contexts_.push_back(ZSTD_createCCtx());
        }
    }
    floor_writer(const floor_writer &) = delete;
    floor_writer &operator=(const floor_writer &) = delete;
    ~floor_writer() { std::for_each(contexts_.begin(), contexts_.end(), ZSTD_freeCCtx); }

    std::uint64_t write(const std::vector<named_array> &part, const fs::path &path) {
        frames_.resize(part.size());
        std::atomic<std::size_t> next{0};
        const auto work = [&](ZSTD_CCtx *context) {
            for (std::size_t i = next++; i < part.size(); i = next++) {
                std::vector<char> &frame = frames_[i];
                frame.resize(ZSTD_compressBound(part[i].bytes()));
                const std::size_t n =
                    ZSTD_compressCCtx(context, frame.data(), frame.size(), part[i].data(), part[i].bytes(), level_);
                require(ZSTD_isError(n) == 0, "zstd");
                frame.resize(n);
            }
        };
        std::vector<std::thread> others;
        for (std::size_t i = 1; i < contexts_.size(); ++i) {
            others.emplace_back(work, contexts_[i]);
        }
        work(contexts_[0]);
        for (std::thread &other : others) {
            other.join();
        }
        out_.clear();
        for (const std::vector<char> &frame : frames_) {
            out_.insert(out_.end(), frame.begin(), frame.end());
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
    std::vector<ZSTD_CCtx *> contexts_;
    int level_;
    std::vector<std::vector<char>> frames_;
    std::vector<char> out_;
};

/// The floor of reading: the file at once, and one context that decompresses every frame into memory of its size.
class floor_reader {
public:
    floor_reader() : context_(ZSTD_createDCtx()) {}
    floor_reader(const floor_reader &) = delete;
    floor_reader &operator=(const floor_reader &) = delete;
    ~floor_reader() { ZSTD_freeDCtx(context_); }

    std::uint64_t read(const fs::path &path, const std::vector<named_array> &part, std::vector<std::vector<char>> &out) {
        const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
        require(file >= 0, path.c_str());
        struct stat status;
        require(::fstat(file, &status) == 0, "stat");
        bytes_.resize(static_cast<std::size_t>(status.st_size));
        require(::read(file, bytes_.data(), bytes_.size()) == static_cast<ssize_t>(bytes_.size()), "read");
        ::close(file);
        std::size_t at = 0;
        for (std::size_t i = 0; i < part.size(); ++i) {
            const std::size_t frame = ZSTD_findFrameCompressedSize(bytes_.data() + at, bytes_.size() - at);
            require(ZSTD_isError(frame) == 0, "frame");
            const std::size_t n =
                ZSTD_decompressDCtx(context_, out[i].data(), out[i].size(), bytes_.data() + at, frame);
            require(n == part[i].bytes(), "decompressed size");
            at += frame;
        }
        return bytes_.size();
    }

private:
    ZSTD_DCtx *context_;
    std::vector<char> bytes_;
};

/// Opens the archive of a part and loads every array into memory of its size, or only opens it.
std::uint64_t load_part(const std::vector<named_array> &part, const std::string &path, bool everything,
                        std::vector<std::vector<char>> &out) {
    ds_store *store = nullptr;
    ds::detail::check(ds_open_zarr(path.c_str(), R"({"mode":"r"})", &store));
    for (std::size_t i = 0; everything && i < part.size(); ++i) {
        std::size_t bytes = 0;
        ds::detail::check(ds_load(store, part[i].key.c_str(), static_cast<ds_dtype>(part[i].type), out[i].data(),
                                  out[i].size(), &bytes));
    }
    ds::detail::check(ds_close(store));
    return 0;
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

/// Milliseconds a part of one round; `clear` empties the directory first and after, which is not counted.
template <class F>
double round_ms(const fs::path &directory, int parts, bool clear, F &&one) {
    if (clear) {
        fs::remove_all(directory);
        fs::create_directories(directory);
    }
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < parts; ++i) {
        one(directory / ("part_" + std::to_string(i) + ".zarr"));
    }
    const std::chrono::duration<double, std::milli> passed = std::chrono::steady_clock::now() - begin;
    if (clear) {
        fs::remove_all(directory);
    }
    return passed.count() / parts;
}

struct settings {
    std::string only; // for a profiler: the one row that runs
    int rounds = 7;
    int parts = 50;
    int threads = 1;
    int level = 3;
    std::vector<std::string> directories;
};

struct row {
    std::string name;
    std::function<std::uint64_t(const fs::path &)> one;
    std::vector<double> ms{};
    std::uint64_t bytes = 0;
};

/// Runs the rows in turn and prints them beside the first one, the floor.
void compare(const settings &set, const fs::path &work, const std::string &medium, bool clear, std::vector<row> rows) {
    if (!set.only.empty()) {
        rows.erase(std::remove_if(rows.begin(), rows.end(), [&](const row &row) { return row.name != set.only; }), rows.end());
    }
    for (int round = -1; round < set.rounds; ++round) { // round -1 warms up
        for (row &row : rows) {
            const double ms = round_ms(work, set.parts, clear, [&](const fs::path &path) { row.bytes = row.one(path); });
            if (round >= 0) {
                row.ms.push_back(ms);
            }
        }
    }
    for (const row &row : rows) {
        const auto [low, high] = std::minmax_element(row.ms.begin(), row.ms.end());
        std::printf("| %-10s | %-22s | %9.3f | %7.3f - %7.3f | %5.2f | %7llu |\n", medium.c_str(), row.name.c_str(),
                    median(row.ms), *low, *high, median(row.ms) / median(rows[0].ms),
                    static_cast<unsigned long long>(row.bytes));
    }
}

void run(const std::vector<named_array> &part, const settings &set, const std::string &directory) {
    const fs::path work = fs::absolute(directory) / ("part_bench." + std::to_string(::getpid()));
    const std::string codec = R"({"profile":"portable","codec":"zstd:)" + std::to_string(set.level) + "\"";
    floor_writer plain(set.level, 1);
    floor_writer threaded(set.level, set.threads);
    std::vector<row> rows{
        {"zstd, plain write", [&](const fs::path &path) { return plain.write(part, path); }},
        {"datastorage", [&](const fs::path &path) { return store_part(part, path.string(), codec + "}"); }},
        {"same, no summary",
         [&](const fs::path &path) { return store_part(part, path.string(), codec + R"(,"export":false})"); }}};
    if (set.threads > 1) {
        rows.push_back({"zstd, all threads", [&](const fs::path &path) { return threaded.write(part, path); }});
    }
    compare(set, work, directory, true, std::move(rows));

    fs::create_directories(work);
    for (int i = 0; i < set.parts; ++i) {
        const fs::path path = work / ("part_" + std::to_string(i) + ".zarr");
        store_part(part, path.string(), codec + R"(,"export":false})");
        plain.write(part, path.string() + ".floor");
    }
    std::vector<std::vector<char>> out;
    for (const named_array &array : part) {
        out.emplace_back(array.bytes());
    }
    floor_reader reader;
    compare(set, work, directory, false,
            {{"one read, zstd", [&](const fs::path &path) { return reader.read(path.string() + ".floor", part, out); }},
             {"open, load all, close", [&](const fs::path &path) { return load_part(part, path.string(), true, out); }},
             {"open, close", [&](const fs::path &path) { return load_part(part, path.string(), false, out); }}});
    for (std::size_t i = 0; i < part.size(); ++i) {
        require(!set.only.empty() || std::memcmp(out[i].data(), part[i].data(), out[i].size()) == 0, "what was loaded is what was saved");
    }
    fs::remove_all(work);
}

/// Nanoseconds of the cheapest call that enters a store, and of the metadata of one array, in memory and in an archive.
void calls(const std::vector<named_array> &part, const std::string &directory) {
    ds_store *store = nullptr;
    ds::detail::check(ds_open_memory(nullptr, &store));
    const float value = 1;
    ds::detail::check(ds_save_f32(store, "faces/areas", &value, nullptr, 0));
    const char *format = nullptr;
    ds_info info;
    info.struct_size = sizeof info;
    const auto time = [](auto &&one) {
        std::vector<double> rounds;
        for (int round = 0; round < 9; ++round) {
            const auto begin = std::chrono::steady_clock::now();
            for (int i = 0; i < 100000; ++i) {
                one();
            }
            const std::chrono::duration<double, std::nano> passed = std::chrono::steady_clock::now() - begin;
            rounds.push_back(passed.count() / 100000);
        }
        return median(rounds);
    };
    std::atomic<std::uint64_t> word{0};
    const double atomics = time([&] {
        word.fetch_add(1);
        word.fetch_sub(1);
    });
    const double enter = time([&] { (void)ds_format(store, &format); });
    const double stat = time([&] { (void)ds_stat(store, "faces/areas", &info); });
    ds::detail::check(ds_close(store));

    const fs::path path = fs::absolute(directory) / ("part_bench." + std::to_string(::getpid()) + ".zarr");
    store_part(part, path.string(), R"({"export":false})");
    ds::detail::check(ds_open_zarr(path.c_str(), R"({"mode":"r"})", &store));
    std::size_t next = 0;
    const double archived = time([&] {
        next = next + 1 < part.size() ? next + 1 : 0;
        (void)ds_stat(store, part[next].key.c_str(), &info);
    });
    ds::detail::check(ds_close(store));
    fs::remove(path.string() + ".data");
    std::printf("\nds_format %.1f ns (two locked instructions alone: %.1f), ds_stat %.1f ns in memory, %.1f ns in an archive\n",
                enter, atomics, stat, archived);
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
        } else if (word == "--threads" && i + 1 < argc) {
            set.threads = std::max(1, std::atoi(argv[++i]));
        } else if (word == "--only" && i + 1 < argc) {
            set.only = argv[++i];
        } else if (word == "--level" && i + 1 < argc) {
            set.level = std::atoi(argv[++i]);
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
    ds::detail::check(ds_configure((R"({"threads":)" + std::to_string(set.threads) + "}").c_str()));
    std::printf("%zu arrays, %zu bytes, 12 metadata keys; zstd %d, no filters, %d thread%s; median of %d rounds of %d parts\n\n",
                part.size(), raw, set.level, set.threads, set.threads == 1 ? "" : "s", set.rounds, set.parts);
    std::printf("| directory  | what                   | ms a part | lowest - highest  | ratio | bytes   |\n");
    std::printf("|------------|------------------------|-----------|-------------------|-------|---------|\n");
    for (const std::string &directory : set.directories) {
        run(part, set, directory);
    }
    if (set.only.empty()) {
        calls(part, set.directories.front());
    }
    return 0;
} catch (const std::exception &e) {
    std::fprintf(stderr, "part_bench: %s\n", e.what());
    return 1;
}
