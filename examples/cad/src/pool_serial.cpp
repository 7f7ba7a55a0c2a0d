// The pool where there is no fork: one file after another.
#include "pool.hpp"

namespace cad {

std::vector<Report> encode_all(const std::vector<std::string> &files, const StoreOptions &store, const PoolOptions &,
                               const OnReport &on_report) {
    std::vector<Report> reports;
    silence_reader();
    for (const std::string &file : files) {
        reports.push_back(encode(file, store));
        on_report(reports.back(), reports.size());
    }
    return reports;
}

} // namespace cad
