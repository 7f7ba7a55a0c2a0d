#include "arguments.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <filesystem>
#include <map>
#include <thread>

namespace cad {
namespace {

namespace fs = std::filesystem;

long number(const std::string &option, const std::string &text, long least) {
    long value = 0;
    const char *end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || at != end || value < least) {
        throw usage_error(option + " wants a whole number of at least " + std::to_string(least) + ", not '" + text +
                          "'");
    }
    return value;
}

bool is_step_name(const fs::path &path) {
    std::string extension = path.extension().string();
    std::transform(extension.begin(), extension.end(), extension.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return extension == ".step" || extension == ".stp";
}

void add_input(std::vector<std::string> &files, const std::string &input) {
    std::error_code error;
    if (!fs::is_directory(input, error)) {
        files.push_back(input); // a file that is not there is a failed part, not a usage error
        return;
    }
    std::vector<std::string> found;
    for (const fs::directory_entry &entry : fs::directory_iterator(input)) {
        if (entry.is_regular_file() && is_step_name(entry.path())) {
            found.push_back(entry.path().string());
        }
    }
    if (found.empty()) {
        throw usage_error("no .step or .stp file in " + input);
    }
    std::sort(found.begin(), found.end());
    files.insert(files.end(), found.begin(), found.end());
}

void require_distinct_stores(const Arguments &arguments) {
    std::map<std::string, std::string> stores;
    for (const std::string &file : arguments.files) {
        const auto [at, fresh] = stores.emplace(store_path(arguments.store, file), file);
        if (!fresh) {
            throw usage_error(at->second + " and " + file + " would both be stored as " + at->first);
        }
    }
}

void set_option(Arguments &arguments, const std::string &option, const std::string &value) {
    if (option == "--jobs") {
        arguments.pool.jobs = static_cast<std::size_t>(number(option, value, 1));
    } else if (option == "--timeout") {
        arguments.pool.timeout_seconds = static_cast<double>(number(option, value, 1));
    } else if (option == "--most-pair-faces") {
        arguments.store.most_pair_faces = static_cast<std::size_t>(number(option, value, 0));
    } else if (option == "--profile") {
        arguments.store.profile = value;
    } else if (option == "--codec") {
        arguments.store.codec = value;
    } else if (option == "--sync") {
        arguments.store.sync = value;
    } else if (option == "--format") {
        if (value != "zarr" && value != "json") {
            throw usage_error("--format is zarr or json, not '" + value + "'");
        }
        arguments.store.format = value;
    } else {
        throw usage_error("unknown option " + option);
    }
}

bool set_flag(Arguments &arguments, const std::string &option) {
    if (option == "--help" || option == "-h") {
        arguments.help = true;
    } else if (option == "--json") {
        arguments.json = true;
    } else if (option == "--keep-directory") {
        arguments.store.keep_directory = true;
    } else {
        return false;
    }
    return true;
}

} // namespace

Arguments parse_arguments(int argc, const char *const *argv) {
    Arguments arguments;
    arguments.pool.jobs = std::max(1U, std::thread::hardware_concurrency());
    std::vector<std::string> inputs;
    bool options_end = false;
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        if (options_end || word.size() < 2 || word[0] != '-') {
            inputs.push_back(word);
        } else if (word == "--") {
            options_end = true;
        } else if (!set_flag(arguments, word)) {
            const std::size_t equals = word.find('=');
            if (equals != std::string::npos) {
                set_option(arguments, word.substr(0, equals), word.substr(equals + 1));
            } else if (i + 1 < argc) {
                set_option(arguments, word, argv[++i]);
            } else {
                throw usage_error(word + " wants a value, or is unknown");
            }
        }
    }
    if (arguments.help) {
        return arguments;
    }
    if (inputs.size() < 2) {
        throw usage_error("wanted OUT_DIR and at least one STEP file or directory");
    }
    arguments.store.directory = inputs.front();
    for (std::size_t i = 1; i < inputs.size(); ++i) {
        add_input(arguments.files, inputs[i]);
    }
    arguments.pool.jobs = std::min(arguments.pool.jobs, arguments.files.size());
    // Several workers share the cores; one has them to itself.
    arguments.store.threads = arguments.pool.jobs > 1 ? 1 : 0;
    require_distinct_stores(arguments);
    return arguments;
}

std::string usage() {
    return R"(usage: cad_encode [options] OUT_DIR FILE.step...|DIR...

Reads STEP files and stores for each the faces, edges, adjacency graph, pair histograms and
metadata of its boundary representation as OUT_DIR/<name>.zarr.data, with a mesh in
OUT_DIR/stream_cache/ and a summary in OUT_DIR/files_summary/.

  --jobs N            worker processes (default: one for each core)
  --timeout SECONDS   give a part up after this long (default: 600)
  --format zarr|json  what to write (default: zarr)
  --profile NAME      encoding profile of the library: default, fast, compact, portable, hoops
  --codec NAME        compressor instead of the profile's, such as zstd:3
  --sync full|none    whether a part is on the medium before the next is begun (default: full)
  --most-pair-faces N store no pair histograms for parts with more faces, since they take 128
                      bytes for each pair (default: 1024)
  --keep-directory    leave OUT_DIR/<name>.zarr as a directory, write no archive
  --json              print a JSON object for each part instead of the table
  --help              this text

Exit status: 0 all parts stored, 1 some were not (each has a line on stderr), 2 usage.
)";
}

} // namespace cad
