/**
 * Arrays that are written by parts, and may be larger than memory: create, save_region, resize, append.
 *
 *     store.create<float>("field", {0, 3}, R"({"chunks": [100000, 3]})");
 *     store.append("field", ds::view(points, {count, 3}));
 *     store.save_region("field", {10, 0}, ds::view(other, {5, 3}));
 *
 * Base of ds::store, like ds::session and ds::views. Invariant: the shape of what is written is that of the value; nothing is
 * converted.
 */
#ifndef DATASTORAGE_REGIONS_HPP
#define DATASTORAGE_REGIONS_HPP

#include "array.hpp"
#include "view.hpp"

namespace ds {

/** What of a store is about parts of arrays. */
class regions : public views {
public:
    using views::views;

    /**
     * Makes an array of `lengths` without elements; T is an element type or std::string. `options` is a JSON object:
     * chunks, fill_value, codec, profile, dims, attributes.
     */
    template <class T>
    void create(const detail::zstring &key, const ds::shape &lengths, const detail::zstring &options = nullptr) {
        ds_dtype type = DS_STRING;
        if constexpr (!std::is_same_v<T, std::string>) {
            type = static_cast<ds_dtype>(dtype_of<T>());
        }
        detail::check(ds_create(handle(), key.get(), type, lengths.data(), lengths.size(), options.get()));
    }

    /** Writes the block that begins at `offset` and has the shape of the value: a view, an array, a container. */
    template <class T>
    void save_region(const detail::zstring &key, const ds::shape &offset, const T &value) {
        if constexpr (std::is_same_v<T, std::vector<bool>>) {
            save_region(key, offset, detail::unpack(value));
        } else if constexpr (detail::holds_text<T>()) {
            const detail::pointers texts(value);
            const ds::shape lengths = detail::text_shape(value);
            same_ndim(key, offset, lengths);
            detail::check(ds_save_strings_region(handle(), key.get(), texts.data(), texts.sizes(), offset.data(),
                                                 lengths.data(), lengths.size()));
        } else {
            const auto data = detail::view_of(value);
            using element = typename decltype(data)::value_type;
            const auto *steps = data.strides().empty() ? nullptr : data.strides().data();
            same_ndim(key, offset, data.shape());
            detail::check(ds_save_region(handle(), key.get(), static_cast<ds_dtype>(dtype_of<element>()), data.data(),
                                         offset.data(), data.shape().data(), data.shape().size(), steps));
        }
    }

    /** Lengthens the dimension `axis` by the value, whose other lengths are the array's. */
    template <class T>
    void append(const detail::zstring &key, const T &value, std::size_t axis = 0) {
        if constexpr (std::is_same_v<T, std::vector<bool>>) {
            append(key, detail::unpack(value), axis);
        } else if constexpr (detail::holds_text<T>()) {
            const detail::pointers texts(value);
            const ds::shape lengths = detail::text_shape(value);
            detail::check(ds_append_strings(handle(), key.get(), texts.data(), texts.sizes(), lengths.data(),
                                            lengths.size(), axis));
        } else {
            const auto data = detail::view_of(value);
            using element = typename decltype(data)::value_type;
            const auto *steps = data.strides().empty() ? nullptr : data.strides().data();
            detail::check(ds_append(handle(), key.get(), static_cast<ds_dtype>(dtype_of<element>()), data.data(),
                                    data.shape().data(), data.shape().size(), steps, axis));
        }
    }

    /** Gives an array another shape of as many dimensions: what is cut is gone, what is new is the fill value. */
    void resize(const detail::zstring &key, const ds::shape &lengths) {
        detail::check(ds_resize(handle(), key.get(), lengths.data(), lengths.size()));
    }

    /** The block of `lengths` strings that begins at `offset`. */
    [[nodiscard]] array<std::string> load_strings_region(const detail::zstring &key, const ds::shape &offset,
                                                         const ds::shape &lengths) const {
        same_ndim(key, offset, lengths);
        array<std::string> out(lengths, key.get());
        detail::buffer text;
        detail::buffer offsets;
        detail::check(ds_load_strings_region(handle(), key.get(), offset.data(), lengths.data(), lengths.size(), text.out(),
                                             offsets.out()));
        const auto *at = reinterpret_cast<const std::uint64_t *>(offsets.text().data());
        for (std::size_t i = 0; i < out.size(); ++i) {
            const auto begin = static_cast<std::size_t>(at[i]);
            out[i] = text.text().substr(begin, static_cast<std::size_t>(at[i + 1]) - begin - 1);
        }
        return out;
    }

private:
    static void same_ndim(const detail::zstring &key, const ds::shape &offset, const ds::shape &lengths) {
        if (offset.size() != lengths.size()) {
            throw error(DS_ERR_INVALID_ARGUMENT, key.str() + ": offset has " + std::to_string(offset.size()) +
                                                     " dimensions, shape has " + std::to_string(lengths.size()));
        }
    }
};

} // namespace ds

#endif
