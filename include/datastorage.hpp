/**
 * datastorage for C++17: typed n-d arrays, strings, nested groups, metadata and schemas in Zarr, JSON or memory.
 *
 *     auto store = ds::open_zarr("part.zarr");
 *     store.save("face_areas", std::vector<float>{1.5f, 2.3f, 4.1f});
 *     store.save("face_normals", normals, {n, 3});
 *     store.set_metadata("size_cadfile", 1024000);
 *     store.compress();
 *     store.close();
 *
 * Header-only over datastorage.h, no other dependency. Any member function may be called from any thread at any time,
 * close() included; moving, assigning and destroying a ds::store is for one thread, as for any object.
 *
 * Invariant: a ds::store owns its handle. close() reports what could not be written; the destructor closes silently, or
 * discards what was not flushed when it runs because an exception is passing through. Failures are ds::error; only
 * try_load and try_metadata turn "not found" into an empty optional.
 */
#ifndef DATASTORAGE_HPP
#define DATASTORAGE_HPP

#include "datastorage.h"
#include "datastorage/array.hpp"
#include "datastorage/json.hpp"
#include "datastorage/regions.hpp"
#include "datastorage/session.hpp"
#include "datastorage/types.hpp"

#include <optional>

namespace ds {

/** One open store: its data, metadata and schema; its bases write parts of arrays, and end it. Move-only. */
class store : public regions {
public:
    using regions::regions;

    // ---- saving ------------------------------------------------------------------------------------------------

    /**
     * Saves a scalar, a string, a ds::view or ds::array, or a contiguous container of elements or strings (vector,
     * std::array; a vector of std::array<float, 3> has shape (n, 3)). It replaces what is under the key.
     */
    template <class T>
    void save(const detail::zstring &key, const T &value) {
        if constexpr (detail::is_text<T>) {
            const std::string_view text = value;
            detail::check(ds_save_string(handle(), key.get(), text.data(), text.size()));
        } else if constexpr (std::is_same_v<T, std::vector<bool>>) {
            save(key, detail::unpack(value));
        } else if constexpr (detail::holds_text<T>()) {
            save_texts(key, value, detail::text_shape(value));
        } else {
            const auto data = detail::view_of(value);
            using element = typename decltype(data)::value_type;
            const auto *steps = data.strides().empty() ? nullptr : data.strides().data();
            detail::check(ds_save(handle(), key.get(), number(dtype_of<element>()), data.data(), data.shape().data(),
                                  data.shape().size(), steps));
        }
    }

    /** `save("k", {1.0f, 2.0f})`, `save("names", {"top", "side"})`. */
    template <class T>
    void save(const detail::zstring &key, std::initializer_list<T> values) {
        save(key, std::vector<T>(values));
    }

    /** A flat container as n-d data: `save("face_normals", normals, {n, 3})`. */
    template <class T, std::enable_if_t<!std::is_pointer_v<T>, int> = 0>
    void save(const detail::zstring &key, const T &values, const ds::shape &lengths) {
        if constexpr (std::is_same_v<T, std::vector<bool>>) {
            save(key, detail::unpack(values), lengths);
        } else if constexpr (detail::holds_text<T>()) {
            save_texts(key, values, lengths);
        } else {
            static_assert(!detail::is_view<T>::value, "ds: a view has its own shape");
            const auto data = detail::view_of(values);
            detail::check_count(key, lengths, data.size());
            save(key, view<typename decltype(data)::value_type>(data.data(), lengths));
        }
    }

    /** Contiguous elements from a pointer: of a shape, or `count` of them as one dimension. */
    template <class P, std::enable_if_t<std::is_pointer_v<P>, int> = 0>
    void save(const detail::zstring &key, const P &data, const ds::shape &lengths) {
        save(key, view<std::remove_cv_t<std::remove_pointer_t<P>>>(data, lengths));
    }
    /** Elements that a pointer leads to, as a vector of `count`. */
    template <class P, std::enable_if_t<std::is_pointer_v<P>, int> = 0>
    void save(const detail::zstring &key, const P &data, std::size_t count) {
        save(key, data, ds::shape{static_cast<std::uint64_t>(count)});
    }

    /** Bytes without a shape. */
    void save_bytes(const detail::zstring &key, const void *data, std::size_t length) {
        detail::check(ds_save_bytes(handle(), key.get(), data, length));
    }
    /** Any container of one-byte items. */
    template <class T>
    void save_bytes(const detail::zstring &key, const T &bytes) {
        static_assert(sizeof(*std::data(bytes)) == 1, "ds: save_bytes takes one-byte items");
        save_bytes(key, std::data(bytes), std::size(bytes));
    }

    /** A JSON text; an object becomes a group, a list of numbers, bools or strings an array. */
    void save_json(const detail::zstring &key, std::string_view json) {
        detail::check(ds_save_json(handle(), key.get(), json.data(), json.size()));
    }

    // ---- loading -----------------------------------------------------------------------------------------------

    /** The array under the key; its stored type must be T's. */
    template <class T>
    [[nodiscard]] array<T> load(const detail::zstring &key) const {
        // Between asking for the shape and loading, another thread may replace the array: then ask again.
        for (int attempt = 0;; ++attempt) {
            array<T> out(shape(key), key.get());
            std::size_t bytes = 0;
            const ds_status status =
                ds_load(handle(), key.get(), number(dtype_of<T>()), out.data(), out.size() * sizeof(T), &bytes);
            if (status == DS_OK && bytes == out.size() * sizeof(T)) {
                return out;
            }
            if (status != DS_OK && status != DS_ERR_BUFFER_TOO_SMALL) {
                detail::fail(status);
            }
            if (attempt == max_attempts) {
                throw error(DS_ERR_BUSY, key.str() + ": its shape changed at every one of " + std::to_string(attempt) + " attempts");
            }
        }
    }

    /** As load, but a key that is not there gives an empty optional; every other failure throws. */
    template <class T>
    [[nodiscard]] std::optional<array<T>> try_load(const detail::zstring &key) const {
        return found([&] { return load<T>(key); });
    }

    /** A single element: a 0-d array, or one element in any shape. */
    template <class T>
    [[nodiscard]] T load_scalar(const detail::zstring &key) const {
        T value{};
        const std::size_t count = load_into(key, &value, 1);
        if (count != 1) {
            throw error(DS_ERR_SHAPE_MISMATCH, key.str() + ": wanted 1 element, array has " + std::to_string(count));
        }
        return value;
    }

    /** Loads into memory of the caller and returns the number of elements; too little memory is an error. */
    template <class T>
    std::size_t load_into(const detail::zstring &key, T *data, std::size_t capacity) const {
        std::size_t bytes = 0;
        detail::check(ds_load(handle(), key.get(), number(dtype_of<T>()), data, capacity * sizeof(T), &bytes));
        return bytes / sizeof(T);
    }
    /** Loads into a container that is large enough. */
    template <class T>
    std::size_t load_into(const detail::zstring &key, T &container) const {
        return load_into(key, std::data(container), std::size(container));
    }

    /** The block of `lengths` elements that begins at `offset`. */
    template <class T>
    [[nodiscard]] array<T> load_region(const detail::zstring &key, const ds::shape &offset, const ds::shape &lengths) const {
        array<T> out(lengths, key.get());
        load_region_into(key, offset, lengths, out.data(), out.size());
        return out;
    }
    /** As load_region, into memory of the caller with room for `capacity` elements; gives the number of elements. */
    template <class T>
    std::size_t load_region_into(const detail::zstring &key, const ds::shape &offset, const ds::shape &lengths, T *data,
                                 std::size_t capacity) const {
        if (offset.size() != lengths.size()) {
            throw error(DS_ERR_INVALID_ARGUMENT, key.str() + ": offset has " + std::to_string(offset.size()) +
                                                     " dimensions, shape has " + std::to_string(lengths.size()));
        }
        std::size_t bytes = 0;
        detail::check(ds_load_region(handle(), key.get(), number(dtype_of<T>()), offset.data(), lengths.data(), lengths.size(),
                                     data, capacity * sizeof(T), &bytes));
        return bytes / sizeof(T);
    }

    /** One string. */
    [[nodiscard]] std::string load_string(const detail::zstring &key) const {
        return text([&](ds_buffer **out) { return ds_load_string(handle(), key.get(), out); });
    }
    /** The JSON text of a node, an array too. */
    [[nodiscard]] std::string load_json(const detail::zstring &key) const {
        return text([&](ds_buffer **out) { return ds_load_json(handle(), key.get(), out); });
    }
    /** The bytes of a node without a shape. */
    [[nodiscard]] std::vector<unsigned char> load_bytes(const detail::zstring &key) const {
        detail::buffer out;
        detail::check(ds_load_bytes(handle(), key.get(), out.out()));
        return std::vector<unsigned char>(out.text().begin(), out.text().end());
    }
    /** Strings of any shape, as saved from a container of strings. */
    [[nodiscard]] array<std::string> load_strings(const detail::zstring &key) const {
        array<std::string> out(shape(key), key.get());
        detail::buffer text;
        detail::buffer offsets;
        detail::check(ds_load_strings(handle(), key.get(), text.out(), offsets.out()));
        const auto *at = reinterpret_cast<const std::uint64_t *>(offsets.text().data());
        const std::size_t count = offsets.text().size() / sizeof(std::uint64_t) - 1;
        if (count != out.size()) {
            throw error(DS_ERR_SHAPE_MISMATCH, key.str() + ": shape has " + std::to_string(out.size()) + " strings, data has " +
                                                   std::to_string(count));
        }
        for (std::size_t i = 0; i < count; ++i) {
            const auto begin = static_cast<std::size_t>(at[i]);
            out[i] = text.text().substr(begin, static_cast<std::size_t>(at[i + 1]) - begin - 1);
        }
        return out;
    }

    // ---- keys --------------------------------------------------------------------------------------------------

    /** What a node is, without reading its elements. */
    [[nodiscard]] ds::info stat(const detail::zstring &key) const {
        ds_info raw{};
        raw.struct_size = sizeof raw;
        detail::check(ds_stat(handle(), key.get(), &raw));
        return {static_cast<ds::kind>(raw.kind), static_cast<ds::dtype>(raw.dtype), raw.ndim, raw.elements, raw.bytes,
                raw.stored_bytes, raw.chunks};
    }
    /** The lengths of the dimensions of an array. */
    [[nodiscard]] ds::shape shape(const detail::zstring &key) const {
        ds::shape lengths(DS_MAX_NDIM);
        std::size_t ndim = 0;
        detail::check(ds_shape(handle(), key.get(), lengths.data(), lengths.size(), &ndim));
        lengths.resize(ndim);
        return lengths;
    }
    /** Whether there is a node. */
    [[nodiscard]] bool exists(const detail::zstring &key) const {
        std::int32_t yes = 0;
        detail::check(ds_exists(handle(), key.get(), &yes));
        return yes != 0;
    }
    /** Removes a node and all below it. */
    void remove(const detail::zstring &key) { detail::check(ds_delete(handle(), key.get())); }
    /** Gives a node another key. */
    void rename(const detail::zstring &from, const detail::zstring &to) {
        detail::check(ds_rename(handle(), from.get(), to.get()));
    }
    /** Makes an empty group, and those on the way; does nothing when there is one. */
    void create_group(const detail::zstring &key) { detail::check(ds_create_group(handle(), key.get())); }

    /** What is below `prefix` ("" for all), sorted, with full keys. */
    [[nodiscard]] std::vector<entry> list(const detail::zstring &prefix = "", bool recursive = false) const {
        return entries([&](ds_iter **out) { return ds_list(handle(), prefix.get(), recursive ? 1 : 0, out); });
    }
    /** The top-level keys. */
    [[nodiscard]] std::vector<std::string> keys() const { return names(list()); }

    /** The names of the dimensions of an array. */
    [[nodiscard]] std::vector<std::string> dims(const detail::zstring &key) const {
        return detail::json_strings(key, text([&](ds_buffer **out) { return ds_get_dimensions(handle(), key.get(), out); }));
    }
    /** Names the dimensions of an array. */
    void set_dims(const detail::zstring &key, const std::vector<std::string> &dims) {
        std::vector<const char *> raw;
        for (const auto &name : dims) {
            raw.push_back(detail::zstring(name).get());
        }
        detail::check(ds_set_dimensions(handle(), key.get(), raw.data(), raw.size()));
    }
    /** The attributes of a node, a JSON object. */
    [[nodiscard]] std::string attributes(const detail::zstring &key) const {
        return text([&](ds_buffer **out) { return ds_get_attributes(handle(), key.get(), out); });
    }
    /** Replaces the attributes of a node by a JSON object. */
    void set_attributes(const detail::zstring &key, std::string_view json) {
        detail::check(ds_set_attributes(handle(), key.get(), json.data(), json.size()));
    }

    // ---- metadata ----------------------------------------------------------------------------------------------

    /** A bool, integer, real number or string; '/' in the key nests. */
    template <class T>
    void set_metadata(const detail::zstring &key, const T &value) {
        if constexpr (detail::is_text<T>) {
            const std::string_view content = value;
            detail::check(ds_save_metadata_str(handle(), key.get(), content.data(), content.size()));
        } else if constexpr (std::is_same_v<T, bool>) {
            detail::check(ds_save_metadata_bool(handle(), key.get(), value ? 1 : 0));
        } else if constexpr (std::is_same_v<T, std::uint64_t> || std::is_same_v<T, unsigned long long>) {
            set_metadata_json(key, std::to_string(value));
        } else if constexpr (std::is_integral_v<T> && !detail::is_character<T>) {
            detail::check(ds_save_metadata_i64(handle(), key.get(), static_cast<std::int64_t>(value)));
        } else if constexpr (std::is_same_v<T, float> || std::is_same_v<T, double>) {
            detail::check(ds_save_metadata_f64(handle(), key.get(), static_cast<double>(value)));
        } else {
            static_assert(detail::always_false<T>, "ds: metadata is bool, integers, float, double or a string; "
                                                   "use set_metadata_json for lists and objects");
        }
    }
    /** Sets a metadata value from JSON, or with the key "" the whole document. */
    void set_metadata_json(const detail::zstring &key, std::string_view json) {
        detail::check(ds_save_metadata(handle(), key.get(), json.data(), json.size()));
    }
    /** The JSON text under the key; "" is the whole document. */
    [[nodiscard]] std::string metadata_json(const detail::zstring &key = "") const {
        return text([&](ds_buffer **out) { return ds_load_metadata(handle(), key.get(), out); });
    }
    /** One value as bool, an integer, float, double or std::string; one that does not fit is DS_ERR_WRONG_KIND. */
    template <class T>
    [[nodiscard]] T metadata(const detail::zstring &key) const {
        return detail::json_value<T>(key, metadata_json(key));
    }
    /** As metadata, nothing when there is no such key. */
    template <class T>
    [[nodiscard]] std::optional<T> try_metadata(const detail::zstring &key) const {
        return found([&] { return metadata<T>(key); });
    }
    /** Removes a metadata value. */
    void remove_metadata(const detail::zstring &key) { detail::check(ds_delete_metadata(handle(), key.get())); }
    /** The full keys of the values below `prefix`. */
    [[nodiscard]] std::vector<std::string> metadata_keys(const detail::zstring &prefix = "") const {
        return names(entries([&](ds_iter **out) { return ds_list_metadata(handle(), prefix.get(), out); }));
    }
    /** Where a metadata value belongs when stores are merged. */
    [[nodiscard]] ds::scope metadata_scope(const detail::zstring &key) const {
        ds_scope out = DS_SCOPE_NONE;
        detail::check(ds_metadata_scope(handle(), key.get(), &out));
        return static_cast<ds::scope>(out);
    }

    // ---- schema ------------------------------------------------------------------------------------------------

    /** Sets the schema, a JSON dictionary, that saves are held to. */
    void set_schema(std::string_view json) { detail::check(ds_set_schema(handle(), json.data(), json.size())); }
    /** The schema as JSON, "{}" when none is set. */
    [[nodiscard]] std::string schema() const {
        return text([&](ds_buffer **out) { return ds_get_schema(handle(), out); });
    }
    /** The name of the schema's group that an array is in; nothing when it is in none. */
    [[nodiscard]] std::optional<std::string> group_for_array(const detail::zstring &name) const {
        return found([&] { return text([&](ds_buffer **out) { return ds_group_for_array(handle(), name.get(), out); }); });
    }
    /** Whether a save of this value would agree with the schema; nothing is saved. */
    template <class T>
    [[nodiscard]] bool validate(const detail::zstring &key, const T &value) const {
        std::string reason;
        return validate(key, value, reason);
    }
    /** As above, with the reason when it would not. */
    template <class T>
    [[nodiscard]] bool validate(const detail::zstring &key, const T &value, std::string &reason) const {
        if constexpr (std::is_same_v<T, std::vector<bool>>) {
            return validate(key, detail::unpack(value), reason);
        } else {
            const auto data = detail::view_of(value);
            using element = typename decltype(data)::value_type;
            const auto *steps = data.strides().empty() ? nullptr : data.strides().data();
            const ds_status status = ds_validate(handle(), key.get(), number(dtype_of<element>()), data.data(),
                                                 data.shape().data(), data.shape().size(), steps);
            if (status != DS_ERR_SCHEMA) {
                detail::check(status);
                reason.clear();
                return true;
            }
            reason = ds_last_error_message();
            return false;
        }
    }

private:
    static constexpr int max_attempts = 8;

    static constexpr ds_dtype number(dtype type) { return static_cast<ds_dtype>(type); }

    template <class F>
    [[nodiscard]] static auto found(F &&get) -> std::optional<decltype(get())> {
        try {
            return get();
        } catch (const error &e) {
            if (e.code() != DS_ERR_NOT_FOUND) {
                throw;
            }
            return std::nullopt;
        }
    }

    template <class F>
    [[nodiscard]] static std::vector<entry> entries(F &&open) {
        ds_iter *raw = nullptr;
        detail::check(open(&raw));
        const std::unique_ptr<ds_iter, void (*)(ds_iter *)> iter(raw, &ds_iter_free);
        std::vector<entry> out;
        const char *key = nullptr;
        ds_kind kind = 0;
        ds_status status = DS_OK;
        while ((status = ds_iter_next(raw, &key, &kind)) == DS_OK) {
            out.push_back({key, static_cast<ds::kind>(kind)});
        }
        if (status != DS_DONE) {
            detail::fail(status);
        }
        return out;
    }

    [[nodiscard]] static std::vector<std::string> names(std::vector<entry> entries) {
        std::vector<std::string> out;
        for (auto &e : entries) {
            out.push_back(std::move(e.key));
        }
        return out;
    }

    template <class T>
    void save_texts(const detail::zstring &key, const T &texts, const ds::shape &lengths) {
        detail::check_count(key, lengths, std::size(texts));
        const detail::pointers all(texts);
        detail::check(ds_save_strings(handle(), key.get(), all.data(), all.sizes(), lengths.data(), lengths.size()));
    }
};

/** Opens "memory:", "json:DIR", "zarr:PATH" or a bare path (Zarr). `options` is one JSON object. */
[[nodiscard]] inline store open(const detail::zstring &uri, const detail::zstring &options = nullptr) {
    detail::check(ds_check_abi(DS_ABI_VERSION));
    ds_store *handle = nullptr;
    detail::check(ds_open(uri.get(), options.get(), &handle));
    return store(handle);
}
/** As open, a Zarr directory or archive. */
[[nodiscard]] inline store open_zarr(const detail::zstring &path, const detail::zstring &options = nullptr) {
    detail::check(ds_check_abi(DS_ABI_VERSION));
    ds_store *handle = nullptr;
    detail::check(ds_open_zarr(path.get(), options.get(), &handle));
    return store(handle);
}
/** As open, a directory of JSON documents. */
[[nodiscard]] inline store open_json(const detail::zstring &directory, const detail::zstring &options = nullptr) {
    detail::check(ds_check_abi(DS_ABI_VERSION));
    ds_store *handle = nullptr;
    detail::check(ds_open_json(directory.get(), options.get(), &handle));
    return store(handle);
}
/** As open, nowhere: it is gone when it is closed. */
[[nodiscard]] inline store open_memory(const detail::zstring &options = nullptr) {
    detail::check(ds_check_abi(DS_ABI_VERSION));
    ds_store *handle = nullptr;
    detail::check(ds_open_memory(options.get(), &handle));
    return store(handle);
}

/** Opens an archive that is in memory, read-only: the result of to_bytes(), or the bytes of an archive's file, which
 *  are copied. */
[[nodiscard]] inline store open_bytes(const void *data, std::size_t size, const detail::zstring &options = nullptr) {
    detail::check(ds_check_abi(DS_ABI_VERSION));
    ds_store *handle = nullptr;
    detail::check(ds_open_bytes(data, size, options.get(), &handle));
    return store(handle);
}

/** Copies everything of one store into another and returns the number of data keys. */
inline std::uint64_t copy(const store &source, store &destination, const detail::zstring &options = nullptr) {
    std::uint64_t copied = 0;
    detail::check(ds_copy(source.handle(), destination.handle(), options.get(), &copied));
    return copied;
}

/** Sets what is process-wide: `{"threads": 4, "staging_budget": 67108864}`. */
inline void configure(const detail::zstring &options) { detail::check(ds_configure(options.get())); }

/** The version of the library that is loaded, such as "0.1.0". */
[[nodiscard]] inline std::string version() { return ds_version_string(); }

} // namespace ds

#endif
