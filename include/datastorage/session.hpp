/**
 * The life of one open store: who owns the handle, the commit points, and the end.
 *
 * Invariant: the handle is given back exactly once, by the destructor at the latest. It is a token that the library
 * checks, so a session that was closed by another thread stays safe to use: calls are DS_ERR_CLOSED.
 * Not here: what is in the store (datastorage.hpp).
 */
#ifndef DATASTORAGE_SESSION_HPP
#define DATASTORAGE_SESSION_HPP

#include "types.hpp"

#include <functional>
#include <vector>

namespace ds {

/** The result of verify(): `report` is JSON, `{"findings": [{"key": ..., "text": ...}]}`. */
struct verification {
    bool sound = true; ///< nothing was found
    std::string report; ///< the findings as JSON
    /** Whether nothing was found. */
    explicit operator bool() const noexcept { return sound; }
};

/** Called on the thread of a long call with its stage and how far it is; returning false cancels the call. */
using progress = std::function<bool(std::string_view stage, std::uint64_t done, std::uint64_t total)>;

/** Base of ds::store: everything that is about the store as a whole. */
class session {
public:
    /** Adopts a handle of the C library. */
    explicit session(ds_store *handle) noexcept : handle_(handle), unwinding_(std::uncaught_exceptions()) {}
    /** A move leaves the other without a store. */
    /**@{*/
    session(session &&other) noexcept : session(std::exchange(other.handle_, nullptr)) {}
    session &operator=(session &&other) noexcept {
        if (this != &other) {
            end();
            handle_ = std::exchange(other.handle_, nullptr);
            unwinding_ = std::uncaught_exceptions();
        }
        return *this;
    }
    /**@}*/
    session(const session &) = delete;
    session &operator=(const session &) = delete;
    ~session() { end(); }

    /** The handle, still owned here. */
    [[nodiscard]] ds_store *handle() const noexcept { return handle_; }

    /** A commit point: everything saved so far is whole and durable when this returns. */
    void flush() { detail::check(ds_flush(handle_)); }
    /** Writes the archive and returns its size in bytes (0 for memory and JSON); the store is read-only afterwards. */
    std::uint64_t compress() {
        std::uint64_t bytes = 0;
        detail::check(ds_compress(handle_, &bytes));
        return bytes;
    }
    /** The store as an archive in memory; the store stays as it is. `options` say how one in memory or JSON is encoded. */
    [[nodiscard]] std::vector<unsigned char> to_bytes(const detail::zstring &options = nullptr) const {
        detail::buffer out;
        detail::check(ds_to_bytes(handle_, options.get(), out.out()));
        return std::vector<unsigned char>(out.text().begin(), out.text().end());
    }
    /** Reads everything; with `repair_records` re-records what another tool changed. */
    [[nodiscard]] verification verify(bool repair_records = false) const {
        detail::buffer report;
        const ds_status status =
            ds_verify(handle_, repair_records ? "{\"repair_records\":true}" : nullptr, report.out());
        if (status != DS_OK && (status != DS_ERR_CORRUPT || report.text().empty())) {
            detail::fail(status);
        }
        return {status == DS_OK, report.str()};
    }
    /** Ends the store and reports what could not be written; closing a closed store does nothing. */
    void close() {
        const ds_status status = ds_close(handle_);
        if (status != DS_ERR_CLOSED) {
            detail::check(status);
        }
    }
    /** Ends the store without publishing what was not flushed. */
    void discard() {
        const ds_status status = ds_discard(handle_);
        if (status != DS_ERR_CLOSED) {
            detail::check(status);
        }
    }
    /** Whether it is open: not closed, not moved from. */
    [[nodiscard]] bool is_open() const noexcept { return ds_is_open(handle_) != 0; }
    /** Where a key is stored, or the root; for memory a sentence that says that it is nowhere. */
    [[nodiscard]] std::string path(const detail::zstring &key = "") const {
        return text([&](ds_buffer **out) { return ds_path(handle_, key.get(), out); });
    }
    /** "zarr", "json" or "memory". */
    [[nodiscard]] std::string format() const {
        const char *name = nullptr;
        detail::check(ds_format(handle_, &name));
        return name;
    }
    /** Ends the calls in flight on other threads with DS_ERR_CANCELLED. */
    void interrupt() { detail::check(ds_interrupt(handle_)); }
    /** Installs a progress callback, or with {} removes it. What it throws leaves the call that it was called from. */
    void on_progress(progress callback) {
        if (!callback) {
            detail::check(ds_set_progress(handle_, nullptr, nullptr, nullptr));
            return;
        }
        // From here on the library owns it: destroy runs exactly once, also when installing fails.
        auto *owned = new progress(std::move(callback));
        detail::check(ds_set_progress(handle_, &call_progress, owned, &destroy_progress));
    }

protected:
    /** The text of the buffer that a call gives. */
    template <class F>
    [[nodiscard]] static std::string text(F &&call) {
        detail::buffer out;
        detail::check(call(out.out()));
        return out.str();
    }

private:
    void end() noexcept {
        if (handle_ == nullptr) {
            return;
        }
        const bool unwinding = std::uncaught_exceptions() > unwinding_;
        const ds_status ignored = unwinding ? ds_discard(handle_) : ds_close(handle_);
        static_cast<void>(ignored);
    }

    static std::int32_t call_progress(void *userdata, const char *stage, std::uint64_t done, std::uint64_t total) noexcept {
        detail::pending_exception() = nullptr;
        try {
            return (*static_cast<progress *>(userdata))(stage, done, total) ? 0 : 1;
        } catch (...) {
            detail::pending_exception() = std::current_exception();
            return 1;
        }
    }
    static void destroy_progress(void *userdata) noexcept { delete static_cast<progress *>(userdata); }

    ds_store *handle_;
    int unwinding_;
};

} // namespace ds

#endif
