// Element types, shapes, strides, strings and bytes through every backend.

#include "check.hpp"

#include <clocale>
#include <limits>
#include <numeric>

namespace {

/// Every test of this file runs in memory, JSON and Zarr.
template <class F>
void in_every_backend(const char *name, F &&test) {
    const std::string dir = check::fresh(name);
    for (const std::string &uri : {std::string("memory:"), "json:" + dir + "/json", "zarr:" + dir + "/part.zarr"}) {
        auto store = ds::open(uri);
        test(store);
        store.close();
    }
}

template <class T>
void round_trip(ds::store &store, const std::vector<T> &values) {
    store.save("values", values);
    CHECK(store.stat("values").dtype == ds::dtype_of<T>());
    CHECK(store.load<T>("values").vector() == values);
    store.save("scalar", values.front());
    CHECK(store.load_scalar<T>("scalar") == values.front());
    store.save("empty", std::vector<T>());
    CHECK(store.load<T>("empty").empty());
    CHECK(store.shape("empty") == ds::shape{0});
}

template <class T>
void extremes(ds::store &store) {
    using limits = std::numeric_limits<T>;
    round_trip<T>(store, {limits::lowest(), limits::max(), T{0}, T{1}});
}

void every_element_type() {
    in_every_backend("types", [](ds::store &store) {
        extremes<signed char>(store);
        extremes<unsigned char>(store);
        extremes<short>(store);
        extremes<unsigned short>(store);
        extremes<int>(store);
        extremes<unsigned>(store);
        extremes<long>(store);
        extremes<unsigned long>(store);
        extremes<long long>(store);
        extremes<unsigned long long>(store);
        extremes<float>(store);
        extremes<double>(store);
        round_trip<bool>(store, {true, false, true});
        round_trip<ds::half>(store, {{0x3C00}, {0xC000}, {0x0001}});
        round_trip<std::complex<float>>(store, {{1.5f, -2.0f}, {0.0f, 1.0f}});
        round_trip<std::complex<double>>(store, {{1.5, -2.0}, {0.0, 1e300}});
    });
}

void types_go_by_size_and_sign() {
    static_assert(ds::dtype_of<long long>() == ds::dtype::i64, "");
    static_assert(ds::dtype_of<unsigned long long>() == ds::dtype::u64, "");
    static_assert(ds::dtype_of<long>() == (sizeof(long) == 8 ? ds::dtype::i64 : ds::dtype::i32), "");
    static_assert(ds::dtype_of<unsigned long>() == (sizeof(long) == 8 ? ds::dtype::u64 : ds::dtype::u32), "");
    static_assert(ds::dtype_of<std::uint8_t>() == ds::dtype::u8 && ds::dtype_of<std::int8_t>() == ds::dtype::i8, "");
    static_assert(!ds::is_element<char> && !ds::is_element<long double> && !ds::is_element<std::string>, "");
    auto store = ds::open_memory();
    store.save("k", std::vector<long long>{1, 2});
    CHECK(store.load<std::int64_t>("k").vector() == (std::vector<std::int64_t>{1, 2}));
    CHECK_FAILS(DS_ERR_DTYPE_MISMATCH, "k", store.load<double>("k")); // no silent conversion
}

void shapes() {
    in_every_backend("shapes", [](ds::store &store) {
        std::vector<double> values(24);
        std::iota(values.begin(), values.end(), 0.0);
        store.save("cube", values, {2, 3, 4});
        const auto cube = store.load<double>("cube");
        CHECK(cube.shape() == (ds::shape{2, 3, 4}) && cube.ndim() == 3 && cube.size() == 24);
        CHECK(cube(1, 2, 3) == 23.0 && cube(1, 0, 0) == 12.0 && cube[5] == 5.0);
        CHECK_FAILS(DS_ERR_SHAPE_MISMATCH, "(1, 2, 4)", cube(1, 2, 4));
        CHECK_FAILS(DS_ERR_SHAPE_MISMATCH, "2 dimensions", cube(1, 2));
        CHECK(std::accumulate(cube.begin(), cube.end(), 0.0) == 276.0);

        store.save("copy", cube); // an array goes back in with its shape
        CHECK(store.shape("copy") == (ds::shape{2, 3, 4}));
        store.save("points", std::vector<std::array<float, 3>>{{1, 2, 3}, {4, 5, 6}});
        CHECK(store.shape("points") == (ds::shape{2, 3}) && store.load<float>("points")(1, 2) == 6.0f);
        const std::array<std::array<int, 2>, 2> matrix{{{1, 2}, {3, 4}}};
        store.save("matrix", matrix);
        CHECK(store.load<int>("matrix")(1, 0) == 3);
        const double triple[3] = {1, 2, 3};
        store.save("triple", triple);
        CHECK(store.shape("triple") == ds::shape{3});
        store.save("pointer", values.data(), {4, 3});
        store.save("counted", values.data(), 5);
        CHECK(store.shape("pointer") == (ds::shape{4, 3}) && store.shape("counted") == ds::shape{5});
        CHECK_FAILS(DS_ERR_SHAPE_MISMATCH, "cube: shape (5, 5) has 25 elements, data has 24", store.save("cube", values, {5, 5}));
        CHECK(store.shape("cube") == (ds::shape{2, 3, 4}));
    });
}

void strided_views() {
    in_every_backend("views", [](ds::store &store) {
        std::vector<int> values(12); // a 3 x 4 matrix
        std::iota(values.begin(), values.end(), 0);
        const int *first = values.data();
        store.save("transposed", ds::view(first, {4, 3}, {1, 4}));
        CHECK(store.load<int>("transposed").vector() == (std::vector<int>{0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11}));
        store.save("reversed", ds::view(first + 11, {12}, {-1}));
        CHECK(store.load<int>("reversed")(0) == 11 && store.load<int>("reversed")(11) == 0);
        store.save("column", ds::view(first + 1, {3}, {4}));
        CHECK(store.load<int>("column").vector() == (std::vector<int>{1, 5, 9}));
        store.save("both", ds::view(first + 11, {3, 2}, {-4, -2}));
        CHECK(store.load<int>("both").vector() == (std::vector<int>{11, 9, 7, 5, 3, 1}));
        store.save("repeated", ds::view(first + 3, {2, 2}, {0, 0}));
        CHECK(store.load<int>("repeated").vector() == (std::vector<int>{3, 3, 3, 3}));
        CHECK_FAILS(DS_ERR_INVALID_ARGUMENT, "shape has 2 dimensions, strides have 1", ds::view(first, {3, 4}, {4}));
    });
}

void regions_and_own_memory() {
    in_every_backend("regions", [](ds::store &store) {
        std::vector<float> values(20);
        std::iota(values.begin(), values.end(), 0.0f);
        store.save("grid", values, {4, 5});
        const auto block = store.load_region<float>("grid", {1, 2}, {2, 3});
        CHECK(block.vector() == (std::vector<float>{7, 8, 9, 12, 13, 14}));
        CHECK(store.load_region<float>("grid", {4, 0}, {0, 5}).empty());
        CHECK(check::status_of([&] { (void)store.load_region<float>("grid", {3, 0}, {2, 5}); }) != DS_OK);
        CHECK_FAILS(DS_ERR_INVALID_ARGUMENT, "offset has 1 dimensions", store.load_region<float>("grid", {3}, {2, 5}));

        std::array<float, 20> out{};
        CHECK(store.load_into("grid", out) == 20 && out[19] == 19.0f);
        CHECK_FAILS(DS_ERR_BUFFER_TOO_SMALL, "grid", store.load_into("grid", out.data(), 19));
        CHECK_FAILS(DS_ERR_BUFFER_TOO_SMALL, "grid", store.load_scalar<float>("grid"));
        CHECK(store.load_region_into("grid", {0, 4}, {4, 1}, out.data(), out.size()) == 4 && out[3] == 19.0f);
        CHECK(store.try_load<float>("grid").has_value() && !store.try_load<float>("grip").has_value());
        CHECK_FAILS(DS_ERR_DTYPE_MISMATCH, "grid", store.try_load<double>("grid"));
    });
}

void strings_bytes_and_json() {
    in_every_backend("strings", [](ds::store &store) {
        store.save("name", "Gehäuse");
        store.save(std::string("empty"), std::string());
        store.save("zero", std::string_view("a\0b", 3));
        CHECK(store.load_string("name") == "Gehäuse" && store.load_string("empty").empty());
        CHECK(store.load_string("zero") == std::string("a\0b", 3));
        store.save("types", {"Plane", "", "Zylinder µ"});
        CHECK(store.load_strings("types").vector() == (std::vector<std::string>{"Plane", "", "Zylinder µ"}));
        store.save("table", std::vector<std::string>{"a", "b", "c", "d"}, {2, 2});
        const auto table = store.load_strings("table");
        CHECK(table.shape() == (ds::shape{2, 2}) && table(1, 0) == "c");
        store.save("again", table);
        CHECK(store.shape("again") == (ds::shape{2, 2}));
        CHECK(store.stat("types").dtype == ds::dtype::string);
        CHECK_FAILS(DS_ERR_UTF8, "bad", store.save("bad", "\xff"));
        CHECK(!store.exists("bad"));

        const std::vector<unsigned char> bytes{0, 255, 10, 0};
        store.save_bytes("visu", bytes);
        CHECK(store.load_bytes("visu") == bytes && store.stat("visu").kind == ds::kind::bytes);
        store.save_json("list", R"([1, "two", null])");
        CHECK(store.stat("list").kind == ds::kind::json);
        CHECK(store.load_json("list").find("null") != std::string::npos);
        CHECK_FAILS(DS_ERR_JSON, "broken", store.save_json("broken", "{"));
    });
}

void metadata_types() {
    in_every_backend("metadata", [](ds::store &store) {
        store.set_metadata("flag", true);
        store.set_metadata("small", -7);
        store.set_metadata("large", std::numeric_limits<std::uint64_t>::max());
        store.set_metadata("real", 0.1);
        store.set_metadata("text", "a \"quoted\" line\nµ \x01");
        store.set_metadata_json("list", "[1, 2, 3]");
        CHECK(store.metadata<bool>("flag") && store.metadata<signed char>("small") == -7);
        CHECK(store.metadata<std::uint64_t>("large") == std::numeric_limits<std::uint64_t>::max());
        CHECK(store.metadata<double>("real") == 0.1 && store.metadata<double>("small") == -7.0);
        CHECK(store.metadata<std::string>("text") == "a \"quoted\" line\nµ \x01");
        CHECK(store.metadata_json("list").find('3') != std::string::npos);
        CHECK(store.try_metadata<int>("small") == -7 && !store.try_metadata<int>("none").has_value());
        CHECK_FAILS(DS_ERR_WRONG_KIND, "text: wanted a number", store.metadata<double>("text"));
        CHECK_FAILS(DS_ERR_WRONG_KIND, "real: wanted an integer", store.metadata<int>("real"));
        CHECK_FAILS(DS_ERR_WRONG_KIND, "large: wanted an integer of 64 bits", store.metadata<std::int64_t>("large"));
        CHECK_FAILS(DS_ERR_WRONG_KIND, "small: wanted an integer of 8 bits, unsigned", store.metadata<unsigned char>("small"));
        store.remove_metadata("flag");
        CHECK_FAILS(DS_ERR_NOT_FOUND, "flag", store.metadata<bool>("flag"));
    });
}

/// A program's locale with a decimal comma changes nothing.
void any_locale() {
    const bool comma = std::setlocale(LC_ALL, "de_DE.UTF-8") != nullptr;
    auto store = ds::open_memory();
    store.set_metadata("real", 12.5);
    CHECK(store.metadata<double>("real") == 12.5);
    std::setlocale(LC_ALL, "C");
    std::printf("       (with a decimal comma: %s)\n", comma ? "yes" : "locale not installed");
}

} // namespace

int main() {
    return check::run({{"every element type", every_element_type},
                       {"types go by size and sign", types_go_by_size_and_sign},
                       {"shapes", shapes},
                       {"strided views", strided_views},
                       {"regions and own memory", regions_and_own_memory},
                       {"strings, bytes and JSON", strings_bytes_and_json},
                       {"metadata types", metadata_types},
                       {"any locale", any_locale}});
}
