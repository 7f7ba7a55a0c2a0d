/**
 * Arrays read where they lie, without a copy: in a store in memory, or in an archive that is in memory or mapped.
 *
 *     auto store = ds::open_zarr("part.zarr", R"({"mode": "r", "mmap": true})");
 *     auto areas = store.load_view<float>("face_areas");
 *     for (float area : areas) { ... }
 *
 * Invariant: a ds::array_view has a share in the memory of its elements: they stay as they are while it lives, whatever
 * becomes of the store, the key and the file. They are only read.
 */
#ifndef DATASTORAGE_VIEW_HPP
#define DATASTORAGE_VIEW_HPP

#include "array.hpp"
#include "session.hpp"

#include <memory>

namespace ds {

/** Shared, read-only n-d data with strides; a copy of it is another share, not other elements. */
template <class T>
class array_view {
public:
    /** As the containers of the standard library name them. */
    /**@{*/
    using value_type = T;
    using const_iterator = const T *;
    /**@}*/
    static_assert(dtype_of<T>() != dtype::none, "dtype_of says which types there are");

    /** Nothing: no dimension of length above 0. */
    array_view() : shape_{0}, strides_{1} {}
    /** Adopts a view of the C library; its elements must be of type T. `key` is for the error. */
    explicit array_view(ds_array_view *raw, const char *key = "view") : raw_(raw, &ds_view_free) {
        const auto type = static_cast<dtype>(ds_view_dtype(raw));
        if (type != dtype_of<T>()) {
            throw error(DS_ERR_DTYPE_MISMATCH,
                        std::string(key) + ": data is " + detail::name_of(type) + ", asked for " + detail::name_of(dtype_of<T>()));
        }
        const std::size_t ndim = ds_view_ndim(raw);
        shape_.assign(ds_view_shape(raw), ds_view_shape(raw) + ndim);
        strides_.assign(ds_view_strides(raw), ds_view_strides(raw) + ndim);
        data_ = static_cast<const T *>(ds_view_data(raw));
        size_ = detail::element_count(shape_, key);
    }

    /** A copy is another share; a move leaves the other empty. */
    /**@{*/
    array_view(const array_view &) = default;
    array_view &operator=(const array_view &) = default;
    array_view(array_view &&other) noexcept { swap(other); }
    array_view &operator=(array_view &&other) noexcept {
        swap(other);
        return *this;
    }
    /**@}*/
    ~array_view() = default;

    /** The length of each dimension. */
    [[nodiscard]] const ds::shape &shape() const noexcept { return shape_; }
    /** The step of each dimension, in elements; never negative. */
    [[nodiscard]] const ds::strides &strides() const noexcept { return strides_; }
    /** The number of dimensions. */
    [[nodiscard]] std::size_t ndim() const noexcept { return shape_.size(); }
    /** The number of elements. */
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    /** Whether there is no element. */
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    /** The element at index (0, 0, ...). */
    [[nodiscard]] const T *data() const noexcept { return data_; }
    /** Whether the elements lie in memory of the store; else they were loaded ({"copy": true}). */
    [[nodiscard]] bool is_borrowed() const noexcept { return ds_view_is_borrowed(raw_.get()) != 0; }
    /** Whether the elements follow each other in row-major order, as begin(), end() and [] need it. */
    [[nodiscard]] bool is_row_major() const noexcept {
        std::int64_t wanted = 1;
        for (std::size_t d = shape_.size(); d-- > 0 && size_ > 0;) {
            if (shape_[d] != 1 && strides_[d] != wanted) {
                return false;
            }
            wanted *= static_cast<std::int64_t>(shape_[d]);
        }
        return true;
    }

    /** The elements in row-major order; a ds::error where they lie in another. With data() and size(), a range for std::span. */
    [[nodiscard]] const_iterator begin() const {
        if (!is_row_major()) {
            throw error(DS_ERR_UNSUPPORTED, "view: elements of shape " + detail::to_text(shape_) + " are not row-major, use strides()");
        }
        return data_;
    }
    /** Past the last element, as begin(). */
    [[nodiscard]] const_iterator end() const { return begin() + size_; }
    /** By position in row-major order, unchecked; where is_row_major(). */
    [[nodiscard]] const T &operator[](std::size_t position) const noexcept { return data_[position]; }

    /** By one index a dimension, in any order of the memory; a wrong count or an index outside is a ds::error. */
    template <class... I>
    [[nodiscard]] const T &operator()(I... index) const {
        return data_[position({static_cast<std::uint64_t>(index)...})];
    }

    /** As what save() and save_region() take. */
    [[nodiscard]] ds::view<T> view() const { return ds::view<T>(data_, shape_, strides_); }
    /** The view of the C library, such as ds_view_dlpack_versioned takes; still owned here. */
    [[nodiscard]] const ds_array_view *handle() const noexcept { return raw_.get(); }

private:
    void swap(array_view &other) noexcept {
        raw_.swap(other.raw_);
        shape_.swap(other.shape_);
        strides_.swap(other.strides_);
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
    }
    [[nodiscard]] std::size_t position(std::initializer_list<std::uint64_t> index) const {
        if (index.size() != shape_.size()) {
            throw error(DS_ERR_SHAPE_MISMATCH, "view: index has " + std::to_string(index.size()) + " dimensions, view has " +
                                                   std::to_string(shape_.size()));
        }
        std::size_t at = 0;
        std::size_t d = 0;
        for (const std::uint64_t i : index) {
            if (i >= shape_[d]) {
                throw error(DS_ERR_SHAPE_MISMATCH, "view: index " + detail::to_text(index) + " is outside of " + detail::to_text(shape_));
            }
            at += static_cast<std::size_t>(i) * static_cast<std::size_t>(strides_[d++]);
        }
        return at;
    }

    std::shared_ptr<ds_array_view> raw_;
    ds::shape shape_;
    ds::strides strides_;
    const T *data_ = nullptr;
    std::size_t size_ = 0;
};

/** What of a store is about views. */
class views : public session {
public:
    using session::session;

    /**
     * The elements of an array where they lie. DS_ERR_UNSUPPORTED says why they cannot be viewed; with the options
     * `{"copy": true}` they are then loaded into memory of the view.
     */
    template <class T>
    [[nodiscard]] array_view<T> load_view(const detail::zstring &key, const detail::zstring &options = nullptr) const {
        ds_array_view *raw = nullptr;
        detail::check(ds_view(handle(), key.get(), options.get(), &raw));
        return array_view<T>(raw, key.get());
    }
};

} // namespace ds

#endif
