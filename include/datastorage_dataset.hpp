/**
 * Datasets for C++17: many stores merged into one, with tables of their files, to be asked and split.
 *
 *     ds::merge({"a.zarr.data", "b.zarr.data"}, "all.dataset");
 *     ds::dataset all("all.dataset");
 *     auto codes = all.files("face_types == 'Cylinder' and face_areas > 10.5", "faces");
 *     auto areas = all.store().load<float>("faces/face_areas");
 *
 * Header-only over datastorage.h. Invariant: a ds::dataset owns its handle, which the destructor gives back. Any member
 * function may be called from any thread at any time, close() included. What is JSON is given as text.
 */
#ifndef DATASTORAGE_DATASET_HPP
#define DATASTORAGE_DATASET_HPP

#include "datastorage.hpp"

#include <cstring>
#include <optional>
#include <string>
#include <vector>

namespace ds {

namespace detail {

/** The numbers of a buffer. */
template <class T>
std::vector<T> numbers_of(const buffer &from) {
    const std::string_view bytes = from.text();
    std::vector<T> out(bytes.size() / sizeof(T));
    if (!out.empty()) {
        std::memcpy(out.data(), bytes.data(), out.size() * sizeof(T));
    }
    return out;
}

inline std::vector<const char *> pointers_of(const std::vector<std::string> &texts) {
    std::vector<const char *> out;
    out.reserve(texts.size());
    for (const std::string &text : texts) {
        out.push_back(text.c_str());
    }
    return out;
}

/** A progress callback that is borrowed for one call; what it throws leaves that call. */
inline std::int32_t tell_progress(void *userdata, const char *stage, std::uint64_t done, std::uint64_t total) noexcept {
    pending_exception() = nullptr;
    try {
        return (*static_cast<progress *>(userdata))(stage, done, total) ? 0 : 1;
    } catch (...) {
        pending_exception() = std::current_exception();
        return 1;
    }
}

inline ds_progress_fn callback_of(const progress &told) noexcept { return told ? &tell_progress : nullptr; }

} // namespace detail

/**
 * Merges stores (paths of Zarr directories or archives) into a dataset and gives the summary, JSON. `options` are those of
 * ds_merge; a callback that returns false cancels.
 */
inline std::string merge(const std::vector<std::string> &parts, const detail::zstring &output,
                         const detail::zstring &options = nullptr, progress told = {}) {
    detail::buffer out;
    const auto paths = detail::pointers_of(parts);
    detail::check(ds_merge(paths.data(), paths.size(), output.get(), options.get(), detail::callback_of(told), &told,
                           out.out()));
    return out.str();
}

/** Runs one task of a plan (ds_merge_plan), in any process that sees the same files; it may run again. */
inline void merge_task(const detail::zstring &plan, std::uint64_t task) {
    detail::check(ds_merge_task(plan.get(), task, nullptr, nullptr));
}

/** Plans a merge: JSON, {"plan": path, "tasks": n}. */
[[nodiscard]] inline std::string merge_plan(const std::vector<std::string> &parts, const detail::zstring &output,
                                            const detail::zstring &options = nullptr) {
    detail::buffer out;
    const auto paths = detail::pointers_of(parts);
    detail::check(ds_merge_plan(paths.data(), paths.size(), output.get(), options.get(), nullptr, nullptr, out.out()));
    return out.str();
}

/** Publishes the dataset of a plan whose tasks have all been run, and gives the summary, JSON. */
inline std::string merge_finish(const detail::zstring &plan) {
    detail::buffer out;
    detail::check(ds_merge_finish(plan.get(), nullptr, nullptr, out.out()));
    return out.str();
}

/** Removes a plan and what its tasks have written. */
inline void merge_abandon(const detail::zstring &plan) { detail::check(ds_merge_abandon(plan.get())); }

/** The rows of one file. */
struct row_range {
    std::uint64_t first = 0; ///< the first row
    std::uint64_t count = 0; ///< the number of rows
};

/** Which files have values in which bins: `counts` has a row a file and a column a label; `labels` is a JSON list. */
struct membership {
    std::string labels; ///< of the columns, a JSON list
    std::vector<std::uint32_t> counts; ///< row after row
};

/** An open dataset. Move-only. */
class dataset {
public:
    /** Opens what merge() wrote, to be read; `options` as for ds::open. */
    explicit dataset(const detail::zstring &path, const detail::zstring &options = nullptr) {
        detail::check(ds_dataset_open(path.get(), options.get(), &handle_));
    }
    /** A move leaves the other closed. */
    /**@{*/
    dataset(dataset &&other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    dataset &operator=(dataset &&other) noexcept {
        if (this != &other) {
            end();
            handle_ = std::exchange(other.handle_, nullptr);
        }
        return *this;
    }
    /**@}*/
    dataset(const dataset &) = delete;
    dataset &operator=(const dataset &) = delete;
    ~dataset() { end(); }

    /** The handle, still owned here. */
    [[nodiscard]] ds_dataset *handle() const noexcept { return handle_; }
    /** Whether it is open: not closed, not moved from. */
    [[nodiscard]] bool is_open() const noexcept { return ds_dataset_is_open(handle_) != 0; }
    /** Ends the calls in flight on other threads with DS_ERR_CANCELLED. */
    void interrupt() { detail::check(ds_dataset_interrupt(handle_)); }
    /** Ends it; closing a closed dataset does nothing. */
    void close() {
        const ds_status status = ds_dataset_close(handle_);
        if (status != DS_ERR_CLOSED) {
            detail::check(status);
        }
    }

    /** The store with the merged arrays, read-only, under keys "group/array"; it lives on its own. */
    [[nodiscard]] ds::store store() const {
        ds_store *out = nullptr;
        detail::check(ds_dataset_store(handle_, &out));
        return ds::store(out);
    }
    /** The table of contents, JSON. */
    [[nodiscard]] std::string describe() const {
        return text([&](ds_buffer **out) { return ds_dataset_describe(handle_, out); });
    }

    // ---- files and rows ----------------------------------------------------------------------------------------

    /** The name of the file of a code. */
    [[nodiscard]] std::string file_name(std::int64_t code) const {
        return text([&](ds_buffer **out) { return ds_dataset_file_name(handle_, code, out); });
    }
    /** The code of the file of a name. */
    [[nodiscard]] std::int64_t file_code(const detail::zstring &name) const {
        std::int64_t code = 0;
        detail::check(ds_dataset_file_code(handle_, name.get(), &code));
        return code;
    }
    /** The rows of a file in a group; along the axis of an array when one is named. */
    [[nodiscard]] row_range file_rows(const detail::zstring &group, std::int64_t code,
                                      const detail::zstring &array = nullptr) const {
        row_range rows;
        detail::check(ds_dataset_file_rows(handle_, group.get(), array.get(), code, &rows.first, &rows.count));
        return rows;
    }
    /** The codes of files with at least one row for which the predicate holds. */
    [[nodiscard]] std::vector<std::int64_t> files(const detail::zstring &where = "",
                                                  const detail::zstring &group = nullptr) const {
        return numbers<std::int64_t>(
            [&](ds_buffer **out) { return ds_dataset_files(handle_, group.get(), where.get(), out); });
    }
    /** The rows of a group for which the predicate holds. */
    [[nodiscard]] std::vector<std::uint64_t> rows(const detail::zstring &where, const detail::zstring &group) const {
        return numbers<std::uint64_t>(
            [&](ds_buffer **out) { return ds_dataset_rows(handle_, group.get(), where.get(), out); });
    }

    // ---- values and tables -------------------------------------------------------------------------------------

    /** JSON with bin_edges, counts, file_count and file_id_codes_in_bins; `bins` as in ds_dataset_distribution. */
    [[nodiscard]] std::string distribution(const detail::zstring &group, const detail::zstring &key,
                                           const detail::zstring &bins = nullptr) const {
        return text([&](ds_buffer **out) {
            return ds_dataset_distribution(handle_, group.get(), key.get(), bins.get(), out);
        });
    }
    /** Which files have values in which bins: 0 or 1, or the number of rows; `bins` as in ds_dataset_distribution. */
    [[nodiscard]] ds::membership membership(const detail::zstring &group, const detail::zstring &key,
                                            const detail::zstring &bins = nullptr, bool as_counts = false) const {
        detail::buffer labels, counts;
        detail::check(ds_dataset_membership(handle_, group.get(), key.get(), bins.get(), as_counts ? 1 : 0, labels.out(),
                                            counts.out()));
        return {labels.str(), detail::numbers_of<std::uint32_t>(counts)};
    }
    /** The categories of an array or field: a JSON list of id, name and description. */
    [[nodiscard]] std::string descriptions(const detail::zstring &table) const {
        return text([&](ds_buffer **out) { return ds_dataset_descriptions(handle_, table.get(), out); });
    }
    /** The rows of "infoset" or "attribset" for which the predicate holds: a JSON list of objects. */
    [[nodiscard]] std::string table(const detail::zstring &name, const detail::zstring &where = "") const {
        return text([&](ds_buffer **out) { return ds_dataset_table(handle_, name.get(), where.get(), out); });
    }

    // ---- subsets -----------------------------------------------------------------------------------------------

    /** Splits the files; options and result are JSON, as in ds_dataset_split. */
    std::string split(const detail::zstring &options) {
        return text([&](ds_buffer **out) { return ds_dataset_split(handle_, options.get(), out); });
    }
    /** The codes of the files of a subset that was kept. */
    [[nodiscard]] std::vector<std::int64_t> subset(const detail::zstring &name) const {
        return numbers<std::int64_t>([&](ds_buffer **out) { return ds_dataset_subset(handle_, name.get(), out); });
    }
    /** Keeps subsets in the table of files: {"train": [codes], "test": [codes]}. */
    void save_subsets(const detail::zstring &subsets) { detail::check(ds_dataset_save_subsets(handle_, subsets.get())); }

private:
    template <class F>
    [[nodiscard]] static std::string text(F &&call) {
        detail::buffer out;
        detail::check(call(out.out()));
        return out.str();
    }
    template <class T, class F>
    [[nodiscard]] static std::vector<T> numbers(F &&call) {
        detail::buffer out;
        detail::check(call(out.out()));
        return detail::numbers_of<T>(out);
    }
    void end() noexcept {
        const ds_status ignored = ds_dataset_close(handle_);
        static_cast<void>(ignored);
    }

    ds_dataset *handle_ = nullptr;
};

} // namespace ds

#endif
