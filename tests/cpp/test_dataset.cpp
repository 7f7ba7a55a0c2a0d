// Datasets as C++ has them: merging, asking in vectors, owning, exceptions out of callbacks.

#include "check.hpp"

#include <datastorage_dataset.hpp>

#include <thread>

namespace {

const char *const schema = R"({"version": "1.0", "domain": "CAD", "groups": {"faces": {"primary_dimension": "face", "arrays": {
    "face_types": {"dims": ["face"], "dtype": "int32"}, "face_areas": {"dims": ["face"], "dtype": "float32"}}}}})";

std::string part(const std::string &folder, const std::string &name, const std::vector<std::int32_t> &types,
                 const std::vector<float> &areas, int size) {
    const std::string path = folder + "/" + name + ".zarr";
    auto store = ds::open_zarr(path, R"({"mode": "w", "export": false})");
    store.set_schema(schema);
    store.save("face_types", types);
    store.save("face_areas", areas);
    store.set_metadata("size_cadfile", size);
    store.set_metadata_json("descriptions/face_types", R"({"0": "Plane", "1": "Cylinder"})");
    store.compress();
    store.close();
    return path + ".data";
}

std::vector<std::string> parts(const std::string &folder) {
    return {part(folder, "b", {0, 1, 1}, {1, 2, 3}, 300), part(folder, "a", {1, 0}, {20, 30}, 200)};
}

void merges_and_asks() {
    const std::string folder = check::fresh("dataset"), path = folder + "/all.dataset";
    std::uint64_t calls = 0;
    const auto summary = ds::merge(parts(folder), path, nullptr, [&](std::string_view, std::uint64_t, std::uint64_t) {
        ++calls;
        return true;
    });
    CHECK(summary.find("\"files\":2") != std::string::npos && calls > 0);
    ds::dataset all(path);
    const std::vector<std::int64_t> a{0}, both{0, 1};
    CHECK(all.files("face_types == 'Cylinder' and face_areas > 10.5", "faces") == a);
    CHECK(all.files() == both && all.files("file.size_cadfile < 250") == a);
    CHECK((all.rows("face_types == 1", "faces") == std::vector<std::uint64_t>{0, 3, 4}));
    CHECK(all.file_name(1) == "b" && all.file_code("b") == 1);
    CHECK(all.file_rows("faces", 1).first == 2 && all.file_rows("faces", 1, "face_areas").count == 3);
    const auto found = all.membership("faces", "face_types", R"({"categories": [0, 1]})", true);
    CHECK((found.counts == std::vector<std::uint32_t>{1, 1, 1, 2}));
    CHECK(all.distribution("faces", "face_areas").find("bin_edges") != std::string::npos);
    CHECK(all.descriptions("face_types").find("Cylinder") != std::string::npos);
    CHECK(all.table("infoset", "name == 'a'").find("200") != std::string::npos);
    CHECK(all.describe().find("face_areas") != std::string::npos);
    all.save_subsets(R"({"train": [1], "test": [0]})");
    CHECK(all.subset("test") == a);
    CHECK(all.split(R"({"key": "face_types", "group": "faces", "fractions": [["train", 0.5], ["test", 0.5]]})").find("train") !=
          std::string::npos);
    CHECK((all.store().load<float>("faces/face_areas").vector() == std::vector<float>{20, 30, 1, 2, 3}));
    CHECK_FAILS(DS_ERR_INVALID_ARGUMENT, "", all.rows("face_types ==", "faces"));
    CHECK_FAILS(DS_ERR_ALREADY_EXISTS, "all.dataset", ds::merge(parts(folder), path));
}

void owns_its_handle() {
    const std::string folder = check::fresh("dataset_owner"), path = folder + "/all.dataset";
    ds::merge(parts(folder), path);
    ds::dataset one(path);
    ds_dataset *const token = one.handle();
    ds::dataset other(std::move(one));
    CHECK(other.is_open() && other.handle() == token && ds_dataset_is_open(token) == 1);
    ds::dataset third(path);
    third = std::move(other);
    CHECK(third.handle() == token && third.is_open());
    auto store = third.store();
    third.close();
    third.close();
    CHECK(!third.is_open() && store.is_open());
    CHECK_FAILS(DS_ERR_CLOSED, "dataset", third.files());
    CHECK_FAILS(DS_ERR_NOT_FOUND, "absent", ds::dataset(folder + "/absent.dataset"));
}

void a_callback_ends_the_merge() {
    const std::string folder = check::fresh("dataset_callback"), path = folder + "/all.dataset";
    const auto list = parts(folder);
    CHECK_FAILS(DS_ERR_CANCELLED, "", ds::merge(list, path, nullptr, [](auto...) { return false; }));
    bool thrown = false;
    try {
        ds::merge(list, path, nullptr, [](auto...) -> bool { throw std::logic_error("enough"); });
    } catch (const std::logic_error &) {
        thrown = true;
    }
    CHECK(thrown && !std::filesystem::exists(path) && !std::filesystem::exists(folder + "/all.infoset"));
    ds::merge(list, path);
}

void plans_run_in_tasks() {
    const std::string folder = check::fresh("dataset_plan"), path = folder + "/all.dataset";
    const std::string planned = ds::merge_plan(parts(folder), path);
    const auto begin = planned.find("\"plan\":\"") + 8;
    const std::string plan = planned.substr(begin, planned.find('"', begin) - begin);
    const auto tasks = std::stoull(planned.substr(planned.find("\"tasks\":") + 8));
    std::vector<std::thread> threads;
    for (std::uint64_t task = 0; task < tasks; ++task) {
        threads.emplace_back([&plan, task] { ds::merge_task(plan, task); });
    }
    for (auto &thread : threads) {
        thread.join();
    }
    CHECK(ds::merge_finish(plan).find("\"files\":2") != std::string::npos);
    CHECK(ds::dataset(path).files().size() == 2);
    CHECK_FAILS(DS_ERR_NOT_FOUND, "", ds::merge_abandon(plan));
}

} // namespace

int main() {
    return check::run({{"merges and asks", merges_and_asks},
                       {"owns its handle", owns_its_handle},
                       {"a callback ends the merge", a_callback_ends_the_merge},
                       {"plans run in tasks", plans_run_in_tasks}});
}
