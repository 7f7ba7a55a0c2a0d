/**
 * Arrays of the C++ face: ds::view goes in (borrowed, strided), ds::array comes out (owned, contiguous, row-major).
 *
 * Invariant: a view's shape never promises more elements than the container it was made from; a view made from a
 * pointer trusts the caller. Neither is a matrix library: take data() into the one you use.
 */
#ifndef DATASTORAGE_ARRAY_HPP
#define DATASTORAGE_ARRAY_HPP

#include "types.hpp"

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <new>

namespace ds {

/** Borrowed n-d data, valid as long as what it points to. Strides count elements and may be negative. */
template <class T>
class view {
public:
    /** What the elements are. */
    using value_type = std::remove_const_t<T>;
    static_assert(dtype_of<value_type>() != dtype::none, "dtype_of says which types there are");

    /** `data` is the element at index (0, 0, ...). Without strides the data is contiguous and row-major. */
    view(const value_type *data, ds::shape lengths, ds::strides steps = {})
        : data_(data), shape_(std::move(lengths)), strides_(std::move(steps)) {
        if (!strides_.empty() && strides_.size() != shape_.size()) {
            throw error(DS_ERR_INVALID_ARGUMENT, "view: shape has " + std::to_string(shape_.size()) + " dimensions, strides have " +
                                                     std::to_string(strides_.size()));
        }
    }

    /** The element at index (0, 0, ...). */
    [[nodiscard]] const value_type *data() const noexcept { return data_; }
    /** The length of each dimension. */
    [[nodiscard]] const ds::shape &shape() const noexcept { return shape_; }
    /** The step of each dimension in elements; empty for contiguous data. */
    [[nodiscard]] const ds::strides &strides() const noexcept { return strides_; }
    /** The number of elements. */
    [[nodiscard]] std::size_t size() const { return detail::element_count(shape_, "view"); }

private:
    const value_type *data_;
    ds::shape shape_;
    ds::strides strides_;
};

/** A view of what a pointer leads to has its elements' type. */
/**@{*/
template <class T>
view(const T *, shape) -> view<T>;
template <class T>
view(const T *, shape, strides) -> view<T>;
/**@}*/

/** Owned n-d data, contiguous and row-major. */
template <class T>
class array {
public:
    /** As the containers of the standard library name them. */
    /**@{*/
    using value_type = T;
    using iterator = T *;
    using const_iterator = const T *;
    /**@}*/

    array() : array(ds::shape{0}) {}
    /** Elements are not initialised unless T does it itself. */
    explicit array(ds::shape lengths, const char *key = "array")
        : shape_(std::move(lengths)), size_(detail::element_count(shape_, key)), data_(allocate(size_, key)) {}

    /** A move leaves the other empty; a copy copies the elements. */
    /**@{*/
    array(array &&other) noexcept
        : shape_(std::exchange(other.shape_, ds::shape{})), size_(std::exchange(other.size_, 0)), data_(std::move(other.data_)) {}
    array &operator=(array &&other) noexcept {
        shape_.swap(other.shape_);
        std::swap(size_, other.size_);
        data_.swap(other.data_);
        return *this;
    }
    array(const array &other) : array(other.shape_) { std::copy(other.begin(), other.end(), begin()); }
    array &operator=(const array &other) { return *this = array(other); }
    /**@}*/
    ~array() = default;

    /** The length of each dimension. */
    [[nodiscard]] const ds::shape &shape() const noexcept { return shape_; }
    /** The number of dimensions. */
    [[nodiscard]] std::size_t ndim() const noexcept { return shape_.size(); }
    /** The number of elements. */
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    /** Whether there is no element. */
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    /** The elements, in row-major order. */
    /**@{*/
    [[nodiscard]] T *data() noexcept { return data_.get(); }
    [[nodiscard]] const T *data() const noexcept { return data_.get(); }
    /**@}*/
    /** From the first element to the last, in row-major order. */
    /**@{*/
    [[nodiscard]] iterator begin() noexcept { return data(); }
    [[nodiscard]] iterator end() noexcept { return data() + size_; }
    [[nodiscard]] const_iterator begin() const noexcept { return data(); }
    [[nodiscard]] const_iterator end() const noexcept { return data() + size_; }
    /**@}*/
    /** By position in row-major order, unchecked. */
    /**@{*/
    [[nodiscard]] T &operator[](std::size_t position) noexcept { return data_[position]; }
    [[nodiscard]] const T &operator[](std::size_t position) const noexcept { return data_[position]; }
    /**@}*/

    /** By one index a dimension; a wrong count or an index outside is a ds::error. */
    /**@{*/
    template <class... I>
    [[nodiscard]] T &operator()(I... index) {
        return data_[position({static_cast<std::uint64_t>(index)...})];
    }
    template <class... I>
    [[nodiscard]] const T &operator()(I... index) const {
        return data_[position({static_cast<std::uint64_t>(index)...})];
    }
    /**@}*/

    /** A copy as a flat vector. */
    [[nodiscard]] std::vector<T> vector() const {
        std::vector<T> out;
        out.assign(begin(), end()); // the constructor from two iterators makes GCC 12 warn at -O3
        return out;
    }

private:
    static std::unique_ptr<T[]> allocate(std::size_t count, const char *key) {
        T *memory = count > std::numeric_limits<std::size_t>::max() / sizeof(T) ? nullptr : new (std::nothrow) T[count];
        if (memory == nullptr) {
            throw error(DS_ERR_NO_MEMORY, std::string(key) + ": no memory for " + std::to_string(count) + " elements of " +
                                              std::to_string(sizeof(T)) + " bytes");
        }
        return std::unique_ptr<T[]>(memory);
    }
    [[nodiscard]] std::size_t position(std::initializer_list<std::uint64_t> index) const {
        if (index.size() != shape_.size()) {
            throw error(DS_ERR_SHAPE_MISMATCH, "array: index has " + std::to_string(index.size()) + " dimensions, array has " +
                                                   std::to_string(shape_.size()));
        }
        std::size_t at = 0;
        const std::uint64_t *length = shape_.data();
        for (const std::uint64_t i : index) {
            if (i >= *length) {
                throw error(DS_ERR_SHAPE_MISMATCH, "array: index " + detail::to_text(index) + " is outside of " + detail::to_text(shape_));
            }
            at = at * static_cast<std::size_t>(*length++) + static_cast<std::size_t>(i);
        }
        return at;
    }

    ds::shape shape_;
    std::size_t size_;
    std::unique_ptr<T[]> data_;
};

namespace detail {

template <class T>
struct is_view : std::false_type {};
template <class T>
struct is_view<view<T>> : std::true_type {};
template <class T>
struct is_array : std::false_type {};
template <class T>
struct is_array<array<T>> : std::true_type {};
template <class T>
struct is_std_array : std::false_type {};
template <class T, std::size_t N>
struct is_std_array<std::array<T, N>> : std::true_type {};

template <class T>
inline constexpr bool is_text = std::is_convertible_v<const T &, std::string_view>;

/** Has data() and size(): a vector, std::array, std::string is handled before. */
template <class T, class = void>
struct is_contiguous : std::false_type {};
template <class T>
struct is_contiguous<T, std::void_t<decltype(*std::data(std::declval<const T &>())), decltype(std::size(std::declval<const T &>()))>>
    : std::true_type {};

template <class T>
using item_of = std::remove_cv_t<std::remove_reference_t<decltype(*std::data(std::declval<const T &>()))>>;

/** Peels std::array off an item: std::array<float, 3> is an element float and a further dimension of 3. */
template <class T>
struct nested {
    using element = T;
    static void append(ds::shape &) {}
};
template <class T, std::size_t N>
struct nested<std::array<T, N>> {
    using element = typename nested<T>::element;
    static_assert(sizeof(std::array<T, N>) == N * sizeof(T), "ds: std::array with padding");
    static void append(ds::shape &lengths) {
        lengths.push_back(N);
        nested<T>::append(lengths);
    }
};

/** The view of anything that holds elements in one piece: a view, an array, a scalar, a vector, nested std::array. */
template <class T>
auto view_of(const T &value) {
    if constexpr (is_view<T>::value) {
        return value;
    } else if constexpr (is_array<T>::value) {
        return view<typename T::value_type>(value.data(), value.shape());
    } else if constexpr (is_element<T>) {
        return view<T>(&value, ds::shape{});
    } else if constexpr (is_contiguous<T>::value) {
        using element = typename nested<item_of<T>>::element;
        ds::shape lengths{static_cast<std::uint64_t>(std::size(value))};
        nested<item_of<T>>::append(lengths);
        return view<element>(reinterpret_cast<const element *>(std::data(value)), std::move(lengths));
    } else {
        static_assert(always_false<T>, "ds: unsupported type; stored are elements, strings, contiguous containers of both, "
                                       "ds::view and ds::array");
    }
}

inline void check_count(const zstring &key, const ds::shape &lengths, std::size_t held) {
    const std::size_t wanted = element_count(lengths, key.get());
    if (wanted != held) {
        throw error(DS_ERR_SHAPE_MISMATCH, key.str() + ": shape " + to_text(lengths) + " has " +
                                               std::to_string(wanted) + " elements, data has " + std::to_string(held));
    }
}

/** Whether T is a container of strings (or a ds::array of them). */
template <class T>
constexpr bool holds_text() {
    if constexpr (is_contiguous<T>::value) {
        return is_text<item_of<T>>;
    } else {
        return false;
    }
}
/** One dimension, but for a ds::array. */
template <class T>
ds::shape text_shape(const T &texts) {
    if constexpr (is_array<T>::value) {
        return texts.shape();
    } else {
        return {static_cast<std::uint64_t>(std::size(texts))};
    }
}

/** Texts as the C library takes them: pointers and lengths; borrowed from the container. */
class pointers {
public:
    template <class T>
    explicit pointers(const T &texts) {
        for (const std::string_view one : texts) {
            data_.push_back(one.data());
            sizes_.push_back(one.size());
        }
    }
    [[nodiscard]] const char *const *data() const noexcept { return data_.data(); }
    [[nodiscard]] const std::size_t *sizes() const noexcept { return sizes_.data(); }

private:
    std::vector<const char *> data_;
    std::vector<std::size_t> sizes_;
};

/** std::vector<bool> has no bool to point at. */
inline array<bool> unpack(const std::vector<bool> &bits) {
    array<bool> out(ds::shape{static_cast<std::uint64_t>(bits.size())});
    std::copy(bits.begin(), bits.end(), out.begin());
    return out;
}

} // namespace detail
} // namespace ds

#endif
