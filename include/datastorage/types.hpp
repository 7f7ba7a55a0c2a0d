/**
 * Errors, names and element types of the C++ face of datastorage.
 *
 * Invariant: every status of the C library that is not DS_OK leaves here as a ds::error with the same code and text.
 * Not here: arrays (array.hpp) and the store itself (datastorage.hpp, the header to include).
 */
#ifndef DATASTORAGE_TYPES_HPP
#define DATASTORAGE_TYPES_HPP

#include "../datastorage.h"

#include <array>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <iterator>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace ds {

/** What a call failed with: `code()` is a DS_ERR_* number, `what()` one line that names the key and what disagrees. */
class error : public std::runtime_error {
public:
    /** Of a code and a text. */
    error(ds_status code, const std::string &message) : std::runtime_error(message), code_(code) {}

    /** The code, a DS_ERR_* number. */
    [[nodiscard]] ds_status code() const noexcept { return code_; }
    /** The name of the code, such as "DS_ERR_NOT_FOUND". */
    [[nodiscard]] const char *name() const { return ds_status_name(code_); }

private:
    ds_status code_;
};

/** What a key holds. */
enum class kind : std::int32_t {
    none = 0,
    group = DS_KIND_GROUP,
    array = DS_KIND_ARRAY,
    bytes = DS_KIND_BYTES,
    json = DS_KIND_JSON,
};

/** The type of an array's elements. */
enum class dtype : std::int32_t {
    none = 0,
    boolean = DS_BOOL,
    i8 = DS_I8,
    i16 = DS_I16,
    i32 = DS_I32,
    i64 = DS_I64,
    u8 = DS_U8,
    u16 = DS_U16,
    u32 = DS_U32,
    u64 = DS_U64,
    f16 = DS_F16,
    f32 = DS_F32,
    f64 = DS_F64,
    c64 = DS_C64,
    c128 = DS_C128,
    string = DS_STRING,
};

/** Where the schema routes a metadata key. */
enum class scope : std::int32_t {
    none = DS_SCOPE_NONE,
    file_level = DS_SCOPE_FILE_LEVEL,
    categorical = DS_SCOPE_CATEGORICAL,
};

/** What stat() tells. */
struct info {
    ds::kind kind = kind::none; ///< what it is
    ds::dtype dtype = dtype::none; ///< the type of the elements; none for a group
    std::uint64_t ndim = 0; ///< the number of dimensions
    std::uint64_t elements = 0; ///< the number of elements; for a group, of its children
    std::uint64_t bytes = 0; ///< of the elements in memory; 0 for strings and groups
    std::uint64_t stored_bytes = 0; ///< that the store keeps for it
    std::uint64_t chunks = 0; ///< the number of chunks; 1 where there are none
};

/** One line of list(): a full key and what it holds. */
struct entry {
    std::string key; ///< the whole key
    ds::kind kind = kind::none; ///< what it is
};

/** Lengths, slowest-varying dimension first; empty for a scalar. */
using shape = std::vector<std::uint64_t>;
/** Steps in elements, one a dimension, possibly negative; empty for contiguous data. */
using strides = std::vector<std::int64_t>;

/** IEEE 754 half precision as its 16 bits, to be copied bit by bit from and to a half type of your own. */
struct half {
    std::uint16_t bits; ///< sign, exponent and fraction, from the highest bit
    /** Whether the bits are the same; a zero has two signs, and not-a-number equals itself. */
    friend bool operator==(half a, half b) noexcept { return a.bits == b.bits; }
    /** Whether the bits differ. */
    friend bool operator!=(half a, half b) noexcept { return a.bits != b.bits; }
};
static_assert(sizeof(half) == 2, "ds::half is exactly its bits");

namespace detail {

template <class T>
inline constexpr bool always_false = false;

/** Integers go by size and signedness, so that long and long long are both right on every platform. */
template <class T>
constexpr dtype integer_dtype() {
    constexpr bool is_signed = std::is_signed_v<T>;
    switch (sizeof(T)) {
    case 1: return is_signed ? dtype::i8 : dtype::u8;
    case 2: return is_signed ? dtype::i16 : dtype::u16;
    case 4: return is_signed ? dtype::i32 : dtype::u32;
    case 8: return is_signed ? dtype::i64 : dtype::u64;
    default: return dtype::none;
    }
}

/** Texts and code units are no numbers, whatever the language says. */
template <class T>
inline constexpr bool is_character = std::is_same_v<T, char> || std::is_same_v<T, wchar_t> ||
                                     std::is_same_v<T, char16_t> || std::is_same_v<T, char32_t>;

template <class T>
constexpr dtype dtype_or_none() {
    if constexpr (std::is_same_v<T, bool>) {
        static_assert(sizeof(bool) == 1, "ds: a bool of one byte is needed");
        return dtype::boolean;
    } else if constexpr (is_character<T>) {
        return dtype::none;
    } else if constexpr (std::is_integral_v<T>) {
        return integer_dtype<T>();
    } else if constexpr (std::is_same_v<T, half>) {
        return dtype::f16;
    } else if constexpr (std::is_same_v<T, float>) {
        return dtype::f32;
    } else if constexpr (std::is_same_v<T, double>) {
        return dtype::f64;
    } else if constexpr (std::is_same_v<T, std::complex<float>>) {
        return dtype::c64;
    } else if constexpr (std::is_same_v<T, std::complex<double>>) {
        return dtype::c128;
    } else {
        return dtype::none;
    }
}

} // namespace detail

/** Whether arrays of T can be stored. */
template <class T>
inline constexpr bool is_element = detail::dtype_or_none<T>() != dtype::none;

/** The data type that T is stored as; any other type fails to compile. */
template <class T>
constexpr dtype dtype_of() {
    static_assert(is_element<T>, "ds: unsupported element type; stored are bool, integers of 8 to 64 bits, float, double, "
                                 "std::complex of both and ds::half (not char, long double or a class)");
    return detail::dtype_or_none<T>();
}

namespace detail {

/** A NUL-terminated text for the length of one call; only a std::string_view is copied. */
class zstring {
public:
    zstring(const char *text) noexcept : text_(text) {}
    zstring(const std::string &text) : text_(text.c_str()) { refuse_nul(text); }
    zstring(std::string_view text) : owned_(text), text_(owned_.c_str()) { refuse_nul(text); }
    zstring(const zstring &) = delete;
    zstring &operator=(const zstring &) = delete;

    [[nodiscard]] const char *get() const noexcept { return text_; }
    [[nodiscard]] std::string str() const { return text_ == nullptr ? std::string() : std::string(text_); }

private:
    /** A text cut at its NUL would name something else. */
    static void refuse_nul(std::string_view text) {
        const auto at = text.find('\0');
        if (at != std::string_view::npos) {
            throw error(DS_ERR_INVALID_ARGUMENT, std::string(text.substr(0, at)) + ": text has a NUL at byte " +
                                                     std::to_string(at) + " of " + std::to_string(text.size()));
        }
    }
    std::string owned_;
    const char *text_;
};

/** What a callback threw while the C library was on the stack; rethrown when the call returns. */
inline std::exception_ptr &pending_exception() noexcept {
    static thread_local std::exception_ptr pending;
    return pending;
}

[[noreturn]] inline void fail(ds_status status) {
    const std::exception_ptr thrown = std::exchange(pending_exception(), nullptr);
    if (thrown && status == DS_ERR_CANCELLED) {
        std::rethrow_exception(thrown);
    }
    throw error(status, ds_last_error_message());
}

inline void check(ds_status status) {
    if (status != DS_OK) {
        fail(status);
    }
}

/** Owns a buffer of the C library. */
class buffer {
public:
    buffer() noexcept = default;
    buffer(const buffer &) = delete;
    buffer &operator=(const buffer &) = delete;
    ~buffer() { ds_buffer_free(raw_); }

    [[nodiscard]] ds_buffer **out() noexcept { return &raw_; }
    [[nodiscard]] std::string_view text() const noexcept {
        return raw_ == nullptr ? std::string_view() : std::string_view(ds_buffer_data(raw_), ds_buffer_size(raw_));
    }
    [[nodiscard]] std::string str() const { return std::string(text()); }

private:
    ds_buffer *raw_ = nullptr;
};

/** The name of a type in texts. */
constexpr const char *name_of(dtype type) {
    constexpr const char *names[] = {"none",   "bool",   "int8",    "int16",   "int32",   "int64",     "uint8",      "uint16",
                                     "uint32", "uint64", "float16", "float32", "float64", "complex64", "complex128", "string"};
    const auto number = static_cast<std::size_t>(type);
    return number < std::size(names) ? names[number] : "unknown";
}

/** The number of elements of a shape; a product beyond the address space is an error, not a small number. */
inline std::size_t element_count(const shape &lengths, const char *key) {
    std::size_t count = 1;
    for (const std::uint64_t length : lengths) {
        if (length == 0) {
            return 0;
        }
        if (length > std::numeric_limits<std::size_t>::max() / count) {
            throw error(DS_ERR_INVALID_ARGUMENT, std::string(key == nullptr ? "" : key) + ": shape has more elements than memory");
        }
        count *= static_cast<std::size_t>(length);
    }
    return count;
}

inline std::string to_text(const shape &lengths) {
    std::string text = "(";
    for (const std::uint64_t length : lengths) {
        text += (text.size() > 1 ? ", " : "") + std::to_string(length);
    }
    return text + ")";
}

} // namespace detail
} // namespace ds

#endif
