// Large arrays against their floor: 256 MiB of smooth float32 and 128 MiB of int32 indices, saved and flushed into a
// directory, then loaded. The floor compresses the same chunks (1 Mi elements) with zstd at the same level, as many
// threads with one context each, and writes one file; it reads that file at once and decompresses straight into the
// destination. "fast" is the library's profile of that name. Rows of a table take turns; medians and ratios to the
// floor, bytes, and what the process had in memory at most.
//
//     large_bench [--rounds N] [--threads N] [--level N] [--mib N] [DIRECTORY]     (default: 5, all, 1, 256, /dev/shm)

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
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>
#include <zstd.h>

namespace {

namespace fs = std::filesystem;

struct settings {
    int rounds = 5;
    int threads = static_cast<int>(std::thread::hardware_concurrency());
    int level = 1;
    std::size_t mib = 256;
    fs::path directory = "/dev/shm";
};

constexpr std::size_t chunk = (1U << 20) * 4;

void require(bool ok, const char *what) {
    if (!ok) {
        std::perror(what);
        std::exit(1);
    }
}

/// The height of a doubly curved surface on a fine grid.
std::vector<float> surface(std::size_t count) {
    std::vector<float> out(count);
    for (std::size_t i = 0; i < count; ++i) {
        const double u = static_cast<double>(i % 8192) / 8192, v = static_cast<double>(i / 8192) / 8192;
        out[i] = static_cast<float>(40 * std::sin(7 * u) * std::cos(5 * v) + 3 * u * v);
    }
    return out;
}

/// The corners of the triangles of a grid: neighbours are near, and it rises slowly.
std::vector<std::int32_t> triangles(std::size_t count) {
    std::vector<std::int32_t> out(count);
    const std::int32_t offsets[6] = {0, 1, 512, 512, 1, 513};
    for (std::size_t i = 0; i < count; ++i) {
        out[i] = static_cast<std::int32_t>(i / 6) + offsets[i % 6];
    }
    return out;
}

/// Runs `work(i)` for each chunk by as many threads.
void parallel(int threads, std::size_t count, const std::function<void(std::size_t)> &work) {
    std::atomic<std::size_t> next{0};
    std::vector<std::thread> pool;
    for (int t = 0; t < threads; ++t) {
        pool.emplace_back([&] {
            for (std::size_t i; (i = next.fetch_add(1)) < count;) {
                work(i);
            }
        });
    }
    for (std::thread &thread : pool) {
        thread.join();
    }
}

class floor_file {
public:
    floor_file(const settings &set, fs::path path) : set_(set), path_(std::move(path)) {}

    std::uint64_t write(const void *data, std::size_t bytes) {
        const std::size_t count = (bytes + chunk - 1) / chunk, bound = ZSTD_compressBound(chunk);
        buffer_.resize(count * bound);
        sizes_.assign(count, 0);
        parallel(set_.threads, count, [&](std::size_t i) {
            thread_local ZSTD_CCtx *context = ZSTD_createCCtx();
            const std::size_t n = std::min(chunk, bytes - i * chunk);
            sizes_[i] = ZSTD_compressCCtx(context, buffer_.data() + i * bound, bound,
                                          static_cast<const char *>(data) + i * chunk, n, set_.level);
            require(ZSTD_isError(sizes_[i]) == 0, "zstd");
        });
        const int file = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        require(file >= 0, path_.c_str());
        std::uint64_t total = 0;
        for (std::size_t i = 0; i < count; ++i) {
            require(::write(file, buffer_.data() + i * bound, sizes_[i]) == static_cast<ssize_t>(sizes_[i]), "write");
            total += sizes_[i];
        }
        require(::fsync(file) == 0 && ::close(file) == 0, "fsync");
        return total;
    }

    void read(void *data, std::size_t bytes) {
        std::vector<std::size_t> starts(sizes_.size() + 1, 0);
        for (std::size_t i = 0; i < sizes_.size(); ++i) {
            starts[i + 1] = starts[i] + sizes_[i];
        }
        const int file = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
        require(file >= 0, path_.c_str());
        parallel(set_.threads, sizes_.size(), [&](std::size_t i) {
            thread_local ZSTD_DCtx *context = ZSTD_createDCtx();
            thread_local std::vector<char> stored;
            stored.resize(sizes_[i]);
            require(::pread(file, stored.data(), sizes_[i], static_cast<off_t>(starts[i])) ==
                        static_cast<ssize_t>(sizes_[i]), "read");
            const std::size_t n = std::min(chunk, bytes - i * chunk);
            require(ZSTD_decompressDCtx(context, static_cast<char *>(data) + i * chunk, n, stored.data(), sizes_[i]) == n,
                    "zstd");
        });
        ::close(file);
    }

private:
    const settings &set_;
    fs::path path_;
    std::vector<char> buffer_;
    std::vector<std::size_t> sizes_;
};

struct row {
    std::string name;
    std::function<std::uint64_t()> one;
    std::vector<double> ms{};
    std::uint64_t bytes = 0;
};

void compare(const settings &set, const char *what, std::vector<row> rows) {
    for (int round = -1; round < set.rounds; ++round) { // round -1 warms up
        for (row &row : rows) {
            const auto begin = std::chrono::steady_clock::now();
            const std::uint64_t bytes = row.one();
            const std::chrono::duration<double, std::milli> passed = std::chrono::steady_clock::now() - begin;
            row.bytes = bytes;
            if (round >= 0) {
                row.ms.push_back(passed.count());
            }
        }
    }
    const auto median = [](std::vector<double> values) {
        std::sort(values.begin(), values.end());
        return values[values.size() / 2];
    };
    for (const row &row : rows) {
        const auto [low, high] = std::minmax_element(row.ms.begin(), row.ms.end());
        std::printf("| %-14s | %-18s | %8.1f | %7.1f - %7.1f | %5.2f | %10llu |\n", what, row.name.c_str(), median(row.ms),
                    *low, *high, median(row.ms) / median(rows[0].ms), static_cast<unsigned long long>(row.bytes));
    }
}

std::uint64_t stored(const fs::path &path) {
    std::uint64_t total = 0;
    for (const auto &entry : fs::recursive_directory_iterator(path)) {
        total += entry.is_regular_file() ? entry.file_size() : 0;
    }
    return total;
}

template <class T>
void run(const settings &set, const char *what, const std::vector<T> &values) {
    const fs::path work = set.directory / ("large_bench." + std::to_string(::getpid()));
    fs::create_directories(work);
    floor_file floor(set, work / "floor");
    const std::string same = R"({"mode":"w","export":false,"delta":false,"codec":"zstd:)" + std::to_string(set.level) + "\"}";
    const std::string fast = R"({"mode":"w","export":false,"profile":"fast"})";
    const auto save = [&](const char *name, const std::string &options) {
        auto store = ds::open_zarr((work / name).string(), options);
        store.save("values", values);
        store.close();
        return stored(work / name);
    };
    std::vector<T> out(values.size());
    const auto load = [&](const char *name) {
        const auto store = ds::open_zarr((work / name).string(), R"({"mode":"r"})");
        store.load_into("values", out.data(), out.size());
        return std::uint64_t{0};
    };
    const std::string title(what);
    compare(set, (title + " write").c_str(),
            {{"zstd, one file", [&] { return floor.write(values.data(), values.size() * sizeof(T)); }},
             {"same codec", [&] { return save("same.zarr", same); }},
             {"fast", [&] { return save("fast.zarr", fast); }}});
    compare(set, (title + " read").c_str(),
            {{"zstd, one file", [&] { floor.read(out.data(), out.size() * sizeof(T)); return std::uint64_t{0}; }},
             {"same codec", [&] { return load("same.zarr"); }},
             {"fast", [&] { return load("fast.zarr"); }}});
    require(std::memcmp(out.data(), values.data(), out.size() * sizeof(T)) == 0, "what was loaded is what was saved");
    fs::remove_all(work);
}

} // namespace

int main(int argc, char **argv) try {
    settings set;
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        if (word.rfind("--", 0) == 0 && i + 1 < argc) {
            const int n = std::max(1, std::atoi(argv[++i]));
            (word == "--rounds" ? set.rounds : word == "--threads" ? set.threads : set.level) = n;
            if (word == "--mib") {
                set.mib = static_cast<std::size_t>(n);
                set.level = settings{}.level;
            }
        } else {
            set.directory = word;
        }
    }
    ds::detail::check(ds_configure((R"({"threads":)" + std::to_string(set.threads) + "}").c_str()));
    std::printf("%zu MiB float32, %zu MiB int32; zstd %d, %d threads; %s\n\n", set.mib, set.mib / 2, set.level, set.threads,
                set.directory.c_str());
    std::printf("| what           | how                |       ms | lowest - highest  | ratio | bytes      |\n");
    std::printf("|----------------|--------------------|----------|-------------------|-------|------------|\n");
    run(set, "float32", surface(set.mib << 18));
    run(set, "int32", triangles(set.mib << 17));
    struct rusage usage;
    ::getrusage(RUSAGE_SELF, &usage);
    std::printf("\npeak memory %ld MiB, the values themselves and the floor's buffers in it\n", usage.ru_maxrss / 1024);
    return 0;
} catch (const std::exception &e) {
    std::fprintf(stderr, "large_bench: %s\n", e.what());
    return 1;
}
