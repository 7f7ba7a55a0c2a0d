// Stores one part: arrays checked against a schema, metadata, one compressed file.
#include <datastorage.hpp>

#include <cstdio>

int main() try {
    auto store = ds::open_zarr("part.zarr", R"({"mode": "w"})");
    store.set_schema(R"({"domain": "cad", "groups": {"faces": {"primary_dimension": "face", "arrays": {
        "face_areas":   {"dims": ["face"], "dtype": "float32"},
        "face_normals": {"dims": ["face", "xyz"], "dtype": "float32"}}}}})");

    const std::vector<float> areas{1.5f, 2.3f, 4.1f};
    const std::vector<std::array<float, 3>> normals{{0, 0, 1}, {0, 1, 0}, {1, 0, 0}};
    store.save("face_areas", areas);
    store.save("face_normals", normals);
    store.save("graph/edges_source", {0, 1});
    store.set_metadata("processing/duration", 12.5);

    std::printf("part.zarr.data: %llu bytes\n", static_cast<unsigned long long>(store.compress()));
    store.close();
} catch (const ds::error &e) {
    std::fprintf(stderr, "%s: %s\n", e.name(), e.what());
    return 1;
}
