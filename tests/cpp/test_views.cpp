// Arrays read where they lie, as C++ has them: ranges, indices, shares that outlive the store.

#include "check.hpp"

#include <numeric>
#if __cplusplus >= 202002L
#include <span>
#endif

namespace {

const std::string raw = R"({"mode": "w", "profile": "portable", "codec": "none", "export": false})";

std::vector<float> numbers() {
    std::vector<float> out(6000);
    std::iota(out.begin(), out.end(), 0.5f);
    return out;
}

void fill(ds::store &store) {
    store.save("x", numbers(), {2000, 3});
    store.save("one", 2.5);
    store.save("none", std::vector<std::int32_t>{});
    store.save("text", "words");
}

/// Does the same on a store in memory, a mapped archive, and the bytes of one.
void everywhere(const std::string &name, void (*work)(ds::store &)) {
    const std::string path = check::fresh(name) + "/part.zarr";
    auto memory = ds::open_memory();
    fill(memory);
    work(memory);
    auto written = ds::open_zarr(path, raw);
    fill(written);
    written.compress();
    written.close();
    auto mapped = ds::open_zarr(path, R"({"mode": "r", "mmap": true})");
    const auto bytes = mapped.to_bytes();
    work(mapped);
    auto held = ds::open_bytes(bytes.data(), bytes.size());
    work(held);
}

void elements(ds::store &store) {
    const auto x = store.load_view<float>("x");
    const auto expected = numbers();
    CHECK(x.is_borrowed() && x.is_row_major() && x.size() == 6000 && x.ndim() == 2 && !x.empty());
    CHECK(x.shape() == (ds::shape{2000, 3}) && x.strides() == (ds::strides{3, 1}));
    CHECK(std::vector<float>(x.begin(), x.end()) == expected);
    CHECK(x[4] == 4.5f && x(1, 1) == 4.5f && x(1999, 2) == expected.back());
    CHECK_FAILS(DS_ERR_SHAPE_MISMATCH, "(2000, 0)", x(2000, 0));
    CHECK_FAILS(DS_ERR_SHAPE_MISMATCH, "dimensions", x(1));
#if __cplusplus >= 202002L
    const std::span<const float> span(x);
    CHECK(span.size() == 6000 && span.data() == x.data());
#endif
    CHECK(store.load_view<double>("one")() == 2.5 && store.load_view<double>("one")[0] == 2.5);
    const auto none = store.load_view<std::int32_t>("none");
    CHECK(none.empty() && none.begin() == none.end() && none.shape() == ds::shape{0});
    CHECK_FAILS(DS_ERR_DTYPE_MISMATCH, "x: data is float32, asked for float64", store.load_view<double>("x"));
    CHECK_FAILS(DS_ERR_DTYPE_MISMATCH, "string", store.load_view<float>("text"));
    CHECK_FAILS(DS_ERR_NOT_FOUND, "missing", store.load_view<float>("missing"));

    auto other = ds::open_memory();
    other.save("again", x.view());
    CHECK(other.load<float>("again").vector() == expected);
}

void shares(ds::store &store) {
    ds::array_view<float> kept;
    CHECK(kept.empty() && kept.begin() == kept.end() && !kept.is_borrowed());
    {
        auto x = store.load_view<float>("x");
        const auto copy = x;
        kept = std::move(x);
        CHECK(copy.data() == kept.data());
    }
    store.close();
    CHECK_FAILS(DS_ERR_CLOSED, "closed", store.load_view<float>("x"));
    CHECK(std::vector<float>(kept.begin(), kept.end()) == numbers());
}

void ranges_and_indices() { everywhere("views", elements); }
void shares_outlive_the_store() { everywhere("views_kept", shares); }

void what_is_compressed_is_loaded_on_request() {
    const std::string path = check::fresh("views_packed") + "/part.zarr";
    auto store = ds::open_zarr(path, R"({"codec": "zstd:1", "export": false})");
    store.save("x", numbers());
    CHECK_FAILS(DS_ERR_UNSUPPORTED, "x: cannot be viewed: it is compressed with zstd", store.load_view<float>("x"));
    const auto x = store.load_view<float>("x", R"({"copy": true})");
    CHECK(!x.is_borrowed() && std::vector<float>(x.begin(), x.end()) == numbers());
}

} // namespace

int main() {
    return check::run({{"ranges and indices", ranges_and_indices},
                       {"shares outlive the store", shares_outlive_the_store},
                       {"what is compressed is loaded on request", what_is_compressed_is_loaded_on_request}});
}
