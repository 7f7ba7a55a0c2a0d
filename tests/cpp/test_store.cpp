// The store as an object: moving, closing from any thread, unwinding, keys, callbacks, copying, errors.

#include "check.hpp"

#include <atomic>
#include <fstream>
#include <iterator>
#include <thread>

namespace {

static_assert(std::is_nothrow_move_constructible_v<ds::store> && std::is_nothrow_move_assignable_v<ds::store>, "");
static_assert(!std::is_copy_constructible_v<ds::store> && !std::is_copy_assignable_v<ds::store>, "");

void moving() {
    auto first = ds::open_memory();
    first.save("k", 1);
    auto second = std::move(first);
    CHECK(second.is_open() && second.load_scalar<int>("k") == 1);
    CHECK(first.handle() == nullptr && !first.is_open());
    CHECK_FAILS(DS_ERR_INVALID_HANDLE, "", first.save("k", 2)); // a moved-from store fails, it does not crash
    first.close();                                              // and closing nothing is fine

    auto third = ds::open_memory();
    ds_store *replaced = third.handle();
    third = std::move(second); // what it held is closed
    CHECK(ds_is_open(replaced) == 0 && third.load_scalar<int>("k") == 1);
}

void closing() {
    auto store = ds::open_memory();
    store.save("k", {1, 2});
    const auto kept = store.load<int>("k");
    store.close();
    CHECK(!store.is_open());
    CHECK_FAILS(DS_ERR_CLOSED, "", store.load<int>("k"));
    store.close(); // closing a closed store does nothing
    store.discard();
    CHECK(kept(1) == 2); // what was loaded is the caller's
}

void the_destructor_closes() {
    const std::string path = check::fresh("destructor") + "/part.zarr";
    {
        auto store = ds::open_zarr(path);
        store.save("k", 7);
    }
    CHECK(ds::open_zarr(path).load_scalar<int>("k") == 7);
}

void unwinding_discards() {
    const std::string path = check::fresh("unwinding") + "/part.zarr";
    try {
        auto store = ds::open_zarr(path);
        store.save("flushed", 1);
        store.flush();
        store.save("lost", 2);
        throw std::runtime_error("the encoder failed");
    } catch (const std::runtime_error &) {
    }
    auto store = ds::open_zarr(path);
    CHECK(store.load_scalar<int>("flushed") == 1);
    CHECK(!store.exists("lost"));
}

/// A store that lives and ends inside a destructor which itself runs during unwinding is complete, so it is closed.
void a_store_born_while_unwinding_closes() {
    const std::string path = check::fresh("born") + "/part.zarr";
    struct writes_at_end {
        std::string path;
        ~writes_at_end() {
            auto store = ds::open_zarr(path);
            store.save("k", 3);
        }
    };
    try {
        const writes_at_end writer{path};
        throw std::runtime_error("something else");
    } catch (const std::runtime_error &) {
    }
    CHECK(ds::open_zarr(path).load_scalar<int>("k") == 3);
}

void closing_from_another_thread() {
    const std::string path = check::fresh("threads") + "/part.zarr";
    auto store = ds::open_zarr(path);
    std::atomic<int> saved{0};
    std::vector<std::thread> savers;
    for (int t = 0; t < 4; ++t) {
        savers.emplace_back([&, t] {
            const std::vector<int> values(64, t);
            for (int i = 0; i < 1000000; ++i) {
                const std::string key = "t" + std::to_string(t) + "/a" + std::to_string(i);
                const ds_status status = check::status_of([&] { store.save(key, values); });
                if (status != DS_OK) {
                    CHECK(status == DS_ERR_CLOSED);
                    return;
                }
                saved.fetch_add(1);
            }
        });
    }
    while (saved.load() < 100) {
        std::this_thread::yield();
    }
    std::thread first([&] { store.close(); });
    std::thread second([&] { store.close(); });
    first.join();
    second.join();
    for (std::thread &saver : savers) {
        saver.join();
    }
    CHECK(!store.is_open());

    auto again = ds::open_zarr(path, R"({"mode": "r"})");
    int found = 0;
    for (const ds::entry &entry : again.list("", true)) {
        found += entry.kind == ds::kind::array ? 1 : 0;
    }
    CHECK(found == saved.load()); // every save that returned is there
}

void keys() {
    auto store = ds::open_memory();
    store.save("faces/areas", {1.0, 2.0});
    store.create_group("edges");
    store.save("label", "bracket");
    CHECK(store.exists("faces") && store.exists("faces/areas") && !store.exists("faces/normals"));
    const auto all = store.list("", true);
    CHECK(all.size() == 4 && all[0].key == "edges" && all[0].kind == ds::kind::group && all[2].key == "faces/areas");
    CHECK(store.list("faces").size() == 1 && store.list("faces")[0].key == "faces/areas");
    store.rename("faces/areas", "faces/area");
    CHECK(!store.exists("faces/areas") && store.load<double>("faces/area")(1) == 2.0);
    CHECK_FAILS(DS_ERR_ALREADY_EXISTS, "label", store.rename("faces/area", "label"));
    store.remove("faces");
    CHECK(!store.exists("faces/area"));
    CHECK_FAILS(DS_ERR_NOT_FOUND, "faces", store.remove("faces"));
    for (const char *key : {"", "a//b", "..", "/a", "a/", "a\\b"}) {
        CHECK_FAILS(DS_ERR_INVALID_ARGUMENT, "", store.save(key, 1));
    }
    CHECK_FAILS(DS_ERR_INVALID_ARGUMENT, "NUL at byte 1 of 3", store.save(std::string("a\0b", 3), 1));
    CHECK_FAILS(DS_ERR_INVALID_ARGUMENT, "", store.save(static_cast<const char *>(nullptr), 1));
}

void stat_dims_and_attributes() {
    const std::string dir = check::fresh("attributes");
    auto store = ds::open_zarr(dir + "/part.zarr");
    store.save("grid", std::vector<float>(600), {6, 10, 10});
    store.set_dims("grid", {"face", "u", "v"});
    CHECK(store.dims("grid") == (std::vector<std::string>{"face", "u", "v"}));
    CHECK_FAILS(DS_ERR_SHAPE_MISMATCH, "grid", store.set_dims("grid", {"face"}));
    store.set_attributes("grid", R"({"unit": "mm"})");
    CHECK(store.attributes("grid").find("mm") != std::string::npos);
    CHECK(store.dims("grid").size() == 3);
    store.flush();
    const ds::info info = store.stat("grid");
    CHECK(info.kind == ds::kind::array && info.dtype == ds::dtype::f32 && info.ndim == 3);
    CHECK(info.elements == 600 && info.bytes == 2400 && info.chunks == 1 && info.stored_bytes > 0);
    CHECK(store.verify().sound);
}

void errors_have_code_name_and_text() {
    try {
        (void)ds::open_memory().load<float>("face_areas");
        CHECK(false);
    } catch (const ds::error &e) {
        CHECK(e.code() == DS_ERR_NOT_FOUND && std::string(e.name()) == "DS_ERR_NOT_FOUND");
        CHECK(std::string(e.what()).find("face_areas") != std::string::npos);
    }
    CHECK_FAILS(DS_ERR_INVALID_ARGUMENT, "colour", ds::open_memory(R"({"colour": "red"})"));
    CHECK_FAILS(DS_ERR_JSON, "", ds::open_memory("{"));
    CHECK_FAILS(DS_ERR_NOT_FOUND, "absent", ds::open_zarr(check::fresh("errors") + "/absent.zarr", R"({"mode": "r"})"));
    CHECK(check::status_of([] { (void)ds::open("gopher://x"); }) != DS_OK);
    const std::string path = check::fresh("busy") + "/part.zarr";
    auto first = ds::open_zarr(path);
    first.save("k", 1);
    CHECK_FAILS(DS_ERR_BUSY, "", ds::open_zarr(path));
}

void progress_cancels_and_throws() {
    const std::string dir = check::fresh("progress");
    auto store = ds::open_zarr(dir + "/part.zarr");
    for (int i = 0; i < 20; ++i) {
        store.save("a" + std::to_string(i), std::vector<int>(1000, i));
    }
    int calls = 0;
    store.on_progress([&calls](std::string_view stage, std::uint64_t done, std::uint64_t total) {
        ++calls;
        CHECK(!stage.empty() && done <= total);
        return false;
    });
    CHECK_FAILS(DS_ERR_CANCELLED, "", store.compress());
    CHECK(calls == 1);
    CHECK(!std::filesystem::exists(dir + "/part.zarr.data"));

    struct stop {};
    store.on_progress([](std::string_view, std::uint64_t, std::uint64_t) -> bool { throw stop(); });
    bool thrown = false;
    try {
        store.compress();
    } catch (const stop &) {
        thrown = true;
    }
    CHECK(thrown); // what the callback throws leaves the call

    store.on_progress([&store](std::string_view, std::uint64_t, std::uint64_t) {
        CHECK_FAILS(DS_ERR_BUSY, "", store.close()); // not from inside
        return true;
    });
    CHECK(store.compress() > 0);
    store.on_progress({});
    store.close();
}

void copying_between_formats() {
    const std::string dir = check::fresh("copy");
    auto memory = ds::open_memory();
    memory.save("grid", std::vector<float>{1, 2, 3, 4}, {2, 2});
    memory.save("names", {"a", "b"});
    memory.save("part/mass", 7.85);
    memory.set_metadata("file_label", 2);
    auto zarr = ds::open_zarr(dir + "/part.zarr");
    CHECK(ds::copy(memory, zarr) == 3);
    auto json = ds::open_json(dir + "/json");
    CHECK(ds::copy(zarr, json) == 3);
    CHECK(json.load<float>("grid")(1, 0) == 3.0f && json.load_strings("names")(1) == "b");
    CHECK(json.load_scalar<double>("part/mass") == 7.85 && json.metadata<int>("file_label") == 2);
    auto empty = ds::open_memory();
    CHECK_FAILS(DS_ERR_NOT_FOUND, "", ds::copy(empty, memory));
}

void a_store_as_bytes() {
    auto memory = ds::open_memory();
    memory.save("grid", std::vector<float>{1, 2, 3, 4}, {2, 2});
    const std::vector<unsigned char> bytes = memory.to_bytes(R"({"profile":"portable"})");
    const auto opened = ds::open_bytes(bytes.data(), bytes.size());
    CHECK(opened.load<float>("grid")(1, 0) == 3.0f && opened.to_bytes() == bytes);

    const std::string dir = check::fresh("bytes");
    auto zarr = ds::open_zarr(dir + "/part.zarr");
    zarr.save("grid", std::vector<float>{1, 2, 3, 4}, {2, 2});
    const auto packed = zarr.to_bytes();
    CHECK(zarr.compress() == packed.size());
    zarr.close();
    std::ifstream file(dir + "/part.zarr.data", std::ios::binary);
    CHECK(std::vector<unsigned char>(std::istreambuf_iterator<char>(file), {}) == packed);
}

void version_of_header_and_library() {
    CHECK(ds::version() == DS_VERSION_STRING);
    CHECK(ds_check_abi(DS_ABI_VERSION) == DS_OK);
    CHECK(ds_check_abi(DS_ABI_VERSION + 1) == DS_ERR_ABI);
}

} // namespace

int main() {
    return check::run({{"moving", moving},
                       {"closing", closing},
                       {"the destructor closes", the_destructor_closes},
                       {"unwinding discards", unwinding_discards},
                       {"a store born while unwinding closes", a_store_born_while_unwinding_closes},
                       {"closing from another thread", closing_from_another_thread},
                       {"keys", keys},
                       {"stat, dims and attributes", stat_dims_and_attributes},
                       {"errors have code, name and text", errors_have_code_name_and_text},
                       {"progress cancels and throws", progress_cancels_and_throws},
                       {"copying between formats", copying_between_formats},
                       {"a store as bytes", a_store_as_bytes},
                       {"version of header and library", version_of_header_and_library}});
}
