// Arrays written by parts, as C++ has them: vectors, views with strides, nested arrays, strings, flags.

#include "check.hpp"

namespace {

/// Does the same on a store of every kind.
void everywhere(const std::string &name, void (*work)(ds::store &)) {
    const std::string path = check::fresh(name);
    for (const std::string &uri : {std::string("memory:"), "json:" + path + "/out", path + "/part.zarr"}) {
        auto store = ds::open(uri);
        work(store);
        store.close();
    }
}

void elements(ds::store &store) {
    store.create<float>("field", {0, 3}, R"({"chunks": [4, 3]})");
    store.append("field", std::vector<std::array<float, 3>>{{1, 2, 3}, {4, 5, 6}});
    const std::vector<float> row{7, 8, 9};
    store.append("field", ds::view(row.data(), {1, 3}));
    const std::vector<float> turned{10, 30, 20, 40};
    store.save_region("field", {1, 1}, ds::view(turned.data(), {2, 2}, {1, 2}));
    const auto all = store.load<float>("field");
    CHECK(all.shape() == (ds::shape{3, 3}) && all.vector() == (std::vector<float>{1, 2, 3, 4, 10, 20, 7, 30, 40}));
    store.resize("field", {2, 2});
    store.append("field", ds::view(turned.data(), {2, 1}), 1);
    CHECK(store.load<float>("field").vector() == (std::vector<float>{1, 2, 10, 4, 10, 30}));
    store.save_region("field", {0, 0}, store.load<float>("field"));
    CHECK_FAILS(DS_ERR_SHAPE_MISMATCH, "field", store.save_region("field", {1, 1}, ds::view(turned.data(), {2, 2})));
    CHECK_FAILS(DS_ERR_INVALID_ARGUMENT, "offset", store.save_region("field", {1}, ds::view(turned.data(), {2, 2})));
    CHECK_FAILS(DS_ERR_DTYPE_MISMATCH, "float64", store.append("field", std::vector<std::array<double, 3>>{{1, 2, 3}}));
    CHECK_FAILS(DS_ERR_ALREADY_EXISTS, "field", store.create<float>("field", {1}));
}

void others(ds::store &store) {
    store.create<std::string>("names", {3}, R"({"fill_value": "?"})");
    store.save_region("names", {1}, std::vector<std::string>{"side"});
    store.append("names", std::vector<std::string>{"top", ""});
    CHECK(store.load_strings("names").vector() == (std::vector<std::string>{"?", "side", "?", "top", ""}));
    CHECK(store.load_strings_region("names", {1}, {3}).vector() == (std::vector<std::string>{"side", "?", "top"}));
    store.create<bool>("flags", {2});
    store.append("flags", std::vector<bool>{true, false, true});
    CHECK(store.load<bool>("flags").vector() == (std::vector<bool>{false, false, true, false, true}));
    store.create<std::int64_t>("scalar", {});
    store.save_region("scalar", {}, std::int64_t{7});
    CHECK(store.load_scalar<std::int64_t>("scalar") == 7);
}

void numbers() {
    everywhere("regions", elements);
    const auto back = ds::open_zarr("regions/part.zarr", R"({"mode": "r"})");
    CHECK(back.load<float>("field").shape() == (ds::shape{2, 3}));
}

void strings_flags_and_scalars() { everywhere("regions_other", others); }

} // namespace

int main() { return check::run({{"numbers", numbers}, {"strings, flags and scalars", strings_flags_and_scalars}}); }
