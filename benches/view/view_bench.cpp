// Viewing against loading: one raw float32 array of 64 MiB in an archive, which is opened for each measurement and read
// from the page cache. The floor reads the file at once into memory of the right size and checks nothing. Rows take turns;
// medians and ratios to the floor.
//
//     view_bench [--rounds N] [--mib N] [DIRECTORY]     (default: 15, 64, /dev/shm)

#include <datastorage.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <numeric>
#include <string>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace {

namespace fs = std::filesystem;

void require(bool ok, const char *what) {
    if (!ok) {
        std::perror(what);
        std::exit(1);
    }
}

void read_file(const fs::path &path, std::vector<char> &out) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    require(file >= 0, path.c_str());
    for (std::size_t at = 0; at < out.size();) {
        const ssize_t n = ::pread(file, out.data() + at, out.size() - at, static_cast<off_t>(at));
        require(n > 0, "pread");
        at += static_cast<std::size_t>(n);
    }
    ::close(file);
}

struct row {
    const char *name;
    std::function<void()> one;
    std::vector<double> us{};
};

} // namespace

int main(int argc, char **argv) try {
    int rounds = 15;
    std::size_t mib = 64;
    fs::path directory = "/dev/shm";
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        if (word.rfind("--", 0) == 0 && i + 1 < argc) {
            const int n = std::max(1, std::atoi(argv[++i]));
            if (word == "--rounds") {
                rounds = n;
            } else if (word == "--mib") {
                mib = static_cast<std::size_t>(n);
            }
        } else {
            directory = word;
        }
    }
    const fs::path work = directory / ("view_bench." + std::to_string(::getpid()));
    fs::create_directories(work);
    const std::string path = (work / "part.zarr").string(), archive = path + ".data";
    std::vector<float> values(mib << 18);
    std::iota(values.begin(), values.end(), 0.0f);
    {
        auto store = ds::open_zarr(path, R"({"codec": "none", "chunk_elements": 1099511627776, "export": false})");
        store.save("values", values);
        store.compress();
        store.close();
    }
    std::vector<char> file(fs::file_size(archive));
    std::vector<float> out(values.size());
    double sum = 0;
    const std::string read = R"({"mode": "r"})", mapped = R"({"mode": "r", "mmap": true})";
    const auto load = [&](const std::string &options) {
        const auto store = ds::open_zarr(archive, options);
        store.load_into("values", out.data(), out.size());
    };
    const auto kept = ds::open_zarr(archive, mapped);
    std::vector<row> rows = {
        {"one read", [&] { read_file(archive, file); }},
        {"load", [&] { load(read); }},
        {"load, mapped", [&] { load(mapped); }},
        {"load into new memory", [&] { sum += ds::open_zarr(archive, read).load<float>("values")[1]; }},
        {"view", [&] { sum += ds::open_zarr(archive, mapped).load_view<float>("values")[1]; }},
        {"view, sum of all", [&] {
             const auto view = ds::open_zarr(archive, mapped).load_view<float>("values");
             sum += std::accumulate(view.begin(), view.end(), 0.0f);
         }},
        {"view, viewed before", [&] { sum += kept.load_view<float>("values")[1]; }},
        {"open and close", [&] { static_cast<void>(ds::open_zarr(archive, mapped)); }},
    };
    for (int round = -1; round < rounds; ++round) { // round -1 warms up
        for (row &row : rows) {
            const auto begin = std::chrono::steady_clock::now();
            row.one();
            const std::chrono::duration<double, std::micro> passed = std::chrono::steady_clock::now() - begin;
            if (round >= 0) {
                row.us.push_back(passed.count());
            }
        }
    }
    const auto median = [](std::vector<double> all) {
        std::sort(all.begin(), all.end());
        return all[all.size() / 2];
    };
    std::printf("%zu MiB float32, %s\n\n| how                  |        us |   ratio |\n|----------------------|-----------|---------|\n",
                mib, directory.c_str());
    for (const row &row : rows) {
        std::printf("| %-20s | %9.1f | %7.4f |\n", row.name, median(row.us), median(row.us) / median(rows[0].us));
    }
    require(out == values && sum > 0, "what was loaded is what was saved");
    fs::remove_all(work);
    return 0;
} catch (const std::exception &e) {
    std::fprintf(stderr, "view_bench: %s\n", e.what());
    return 1;
}
