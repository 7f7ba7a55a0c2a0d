// The examples of the specification, with the values it states.

#include "check.hpp"

namespace {

constexpr const char *cad_schema = R"({"version": "1.0", "domain": "CAD_analysis",
  "groups": {
    "faces": {"primary_dimension": "face", "description": "Face data", "arrays": {
      "face_indices": {"dims": ["face"], "dtype": "int32"},
      "face_areas": {"dims": ["face"], "dtype": "float32"},
      "face_types": {"dims": ["face"], "dtype": "int32"},
      "face_normals": {"dims": ["face", "coordinate"], "dtype": "float32"}}},
    "edges": {"primary_dimension": "edge", "description": "Edge data", "arrays": {
      "edge_indices": {"dims": ["edge"], "dtype": "int32"},
      "edge_lengths": {"dims": ["edge"], "dtype": "float32"}}}},
  "metadata": {"metadata": {
    "file_level": {"size_cadfile": {"dtype": "int64", "required": false, "description": "File size"},
                   "processing_time": {"dtype": "float32", "required": false, "description": "Processing time"}},
    "categorical": {"file_label": {"dtype": "int32", "required": false, "description": "Classification"}},
    "routing_rules": {"file_level_patterns": ["size_*", "processing_*"], "categorical_patterns": ["*_label"],
      "default_numeric": "file_level", "default_categorical": "categorical", "default_string": "categorical"}}}})";

/// "Complete CAD Encoding Workflow", with the features given instead of a vendor's loader.
void complete_cad_encoding_workflow() {
    const std::string dir = check::fresh("workflow");
    const std::string path = dir + "/part_001.zarr";
    auto store = ds::open_zarr(path);
    CHECK(store.format() == "zarr");
    store.set_schema(cad_schema);

    store.save("face_indices", std::vector<std::int32_t>{0, 1, 2});
    store.save("face_areas", std::vector<float>{1.5f, 2.3f, 4.1f});
    store.save("face_types", std::vector<std::int32_t>{1, 1, 2});
    store.save("edge_indices", std::vector<std::int32_t>{0, 1, 2, 3});
    store.save("edge_lengths", std::vector<float>{0.5f, 0.25f, 8.0f, 1.0f});
    store.set_metadata("size_cadfile", 1024000);
    store.set_metadata("processing_time", 12.5);
    store.set_metadata("file_label", 2);

    CHECK(store.metadata_scope("size_cadfile") == ds::scope::file_level);
    CHECK(store.metadata_scope("processing_time") == ds::scope::file_level);
    CHECK(store.metadata_scope("file_label") == ds::scope::categorical);
    CHECK(store.group_for_array("face_areas") == "faces");
    CHECK(store.group_for_array("edge_lengths") == "edges");
    CHECK(!store.group_for_array("unknown_array").has_value());
    CHECK(store.dims("face_areas") == std::vector<std::string>{"face"});
    CHECK(store.metadata<double>("file_sizes_KB/face_areas") > 0.0);

    const std::uint64_t size = store.compress();
    CHECK(std::filesystem::file_size(path + ".data") == size);
    CHECK_FAILS(DS_ERR_READ_ONLY, "", store.save("late", 1));
    store.close();
    CHECK(!std::filesystem::exists(path));
    CHECK(std::filesystem::is_regular_file(path + ".data"));

    // The directory is gone: opening the same path opens the archive, read-only.
    auto archive = ds::open_zarr(path);
    CHECK(archive.load<float>("face_areas").vector() == (std::vector<float>{1.5f, 2.3f, 4.1f}));
    CHECK(archive.load<std::int32_t>("face_types").vector() == (std::vector<std::int32_t>{1, 1, 2}));
    CHECK(archive.metadata<int>("size_cadfile") == 1024000);
    CHECK(archive.metadata<int>("file_label") == 2);
    CHECK(archive.dims("edge_lengths") == std::vector<std::string>{"edge"});
    CHECK(archive.schema().find("CAD_analysis") != std::string::npos);
    CHECK_FAILS(DS_ERR_READ_ONLY, "", archive.save("face_areas", std::vector<float>{1.0f}));
    CHECK_FAILS(DS_ERR_READ_ONLY, "", archive.set_metadata("file_label", 3));
    archive.close();
}

/// "OptStorage Compression" and "OptStorage Cleanup Behavior": the directory stays until close and goes then.
void compressing_a_directory() {
    const std::string path = check::fresh("directory") + "/part_001.zarr";
    auto store = ds::open_zarr(path);
    store.save("face_areas", std::vector<float>{1.5f, 2.3f, 4.1f});
    store.flush();
    CHECK(std::filesystem::is_directory(path));
    CHECK(store.compress() == std::filesystem::file_size(path + ".data"));
    CHECK(std::filesystem::is_directory(path));
    CHECK(store.load<float>("face_areas").size() == 3); // still readable
    store.close();
    CHECK(!std::filesystem::exists(path));
    CHECK(std::filesystem::exists("directory/files_summary/part_001.json"));

    auto kept = ds::open_zarr(check::fresh("kept") + "/part_002.zarr");
    kept.save("face_areas", std::vector<float>{1.5f});
    kept.close();
    CHECK(std::filesystem::is_directory("kept/part_002.zarr")); // without compressing it is the result
}

/// "Schema-Driven Validation" and "Schema Validation in Production".
void schema_validation_in_production() {
    const std::string dir = check::fresh("production");
    auto store = ds::open_zarr(dir + "/transformed_data.data");
    store.set_schema(R"({"version": "1.0", "domain": "production_data", "groups": {"measurements": {
        "primary_dimension": "sample", "arrays": {
          "temperature": {"dims": ["sample"], "dtype": "float32"},
          "pressure": {"dims": ["sample"], "dtype": "float32"}}}}})");

    const std::vector<float> valid{20.5f, 25.3f, 22.1f};
    CHECK(store.validate("temperature", valid));
    store.save("temperature", valid);

    const std::vector<std::array<double, 2>> wrong_dimensions{{20.5, 25.3}, {22.1, 23.4}};
    std::string reason;
    CHECK(!store.validate("temperature", wrong_dimensions, reason));
    CHECK(reason.find("temperature: schema wants 1 dimension") == 0 && reason.find("data has 2") != std::string::npos);
    CHECK_FAILS(DS_ERR_SCHEMA, "data has 2", store.save("temperature", wrong_dimensions));
    CHECK(!store.validate("temperature", std::vector<std::int32_t>{1, 2, 3}, reason)); // integers where floats are wanted
    CHECK(!reason.empty());
    CHECK(store.validate("not_in_schema", wrong_dimensions, reason)); // a schema is open
    CHECK(reason.empty());
    CHECK(store.load<float>("temperature").vector() == valid); // nothing changed
    store.discard();

    auto free_store = ds::open_memory();
    CHECK(free_store.schema() == "{}");
    CHECK(free_store.validate("temperature", wrong_dimensions)); // no schema, no limits
}

/// "JSON Export for Visualization".
void json_export() {
    const std::string dir = check::fresh("json_export");
    auto store = ds::open_json(dir);
    CHECK(store.format() == "json");
    store.save("face_areas", std::vector<float>{1.5f, 2.3f, 4.1f});
    store.save_json("metadata", R"({"part_name": "Bracket_V2", "complexity": "Medium", "num_features": 42})");
    store.set_metadata("export_timestamp", "2025-10-30T10:30:00");
    CHECK(store.compress() == 0);
    CHECK(store.path("face_areas").find("face_areas.json") != std::string::npos);
    store.close();

    std::string list = check::read(std::filesystem::path(dir) / "face_areas.json");
    list.erase(std::remove_if(list.begin(), list.end(), [](unsigned char c) { return c <= ' '; }), list.end());
    CHECK(list == "[1.5,2.3,4.1]");
    CHECK(check::read(std::filesystem::path(dir) / "metadata.json").find("2025-10-30T10:30:00") != std::string::npos);

    auto again = ds::open("json:" + dir, R"({"mode": "r"})");
    CHECK(again.load<float>("face_areas").vector() == (std::vector<float>{1.5f, 2.3f, 4.1f})); // float32 as saved
    CHECK(again.load_string("metadata/part_name") == "Bracket_V2");
    CHECK(again.load_scalar<std::int64_t>("metadata/num_features") == 42);
    CHECK(again.metadata<std::string>("export_timestamp") == "2025-10-30T10:30:00");
}

/// "Nested Metadata Keys", in every backend.
void nested_metadata_keys() {
    const std::string dir = check::fresh("nested_metadata");
    for (const std::string &uri : {std::string("memory:"), "json:" + dir + "/json", "zarr:" + dir + "/part.zarr"}) {
        auto store = ds::open(uri);
        store.set_metadata("size_cadfile", 1024000);
        store.set_metadata("file_sizes_KB/face_areas", 45.2);
        store.set_metadata("file_sizes_KB/edge_lengths", 12.3);
        store.set_metadata("processing/duration", 12.5);
        store.set_metadata("processing/timestamp", "2025-10-30T10:30:00");

        CHECK(store.metadata<double>("file_sizes_KB/face_areas") == 45.2);
        CHECK(store.metadata<double>("processing/duration") == 12.5);
        std::string section = store.metadata_json("file_sizes_KB");
        section.erase(std::remove(section.begin(), section.end(), ' '), section.end());
        CHECK(section == R"({"face_areas":45.2,"edge_lengths":12.3})");
        const std::vector<std::string> expected{"processing/duration", "processing/timestamp"};
        CHECK(store.metadata_keys("processing") == expected);
        CHECK_FAILS(DS_ERR_NOT_FOUND, "processing/host", store.metadata<std::string>("processing/host"));
    }
}

/// "Testing with MemoryStorage" and "MemoryStorage Data Operations".
void memory_for_tests() {
    auto store = ds::open_memory();
    CHECK(store.format() == "memory");
    store.save("face_indices", {0, 1, 2, 3});
    store.save("face_areas", {1.5, 2.3, 4.1, 3.7});
    store.set_metadata("num_faces", 4);

    CHECK(store.load<int>("face_indices").size() == 4);
    CHECK(store.metadata<int>("num_faces") == 4);
    CHECK(store.keys() == (std::vector<std::string>{"face_areas", "face_indices"}));
    CHECK(store.path("face_areas") == "In-memory storage: No file path for key 'face_areas'");
    CHECK(store.compress() == 0);
    store.close();
}

/// "Saving Data": scalars, n-d arrays, nested dictionaries, strings; what goes in comes out.
void what_goes_in_comes_out() {
    const std::string dir = check::fresh("saving");
    auto store = ds::open_zarr(dir + "/part.zarr");
    store.save("num_faces", 42);
    store.save("face_areas", std::vector<float>{1.5f, 2.3f, 4.1f});
    store.save("graph/edges_source", std::vector<std::int64_t>{0, 1, 2});
    store.save("graph/edges_destination", std::vector<std::int64_t>{1, 2, 3});
    store.save("graph/num_nodes", 4);
    store.save("description", "High-complexity CAD part");

    CHECK(store.load_scalar<int>("num_faces") == 42);
    CHECK(store.shape("num_faces").empty());
    CHECK(store.load<std::int64_t>("graph/edges_destination").vector() == (std::vector<std::int64_t>{1, 2, 3}));
    CHECK(store.load_scalar<int>("graph/num_nodes") == 4);
    CHECK(store.load_string("description") == "High-complexity CAD part");
    CHECK(store.keys() == (std::vector<std::string>{"description", "face_areas", "graph", "num_faces"}));
    CHECK(store.stat("graph").kind == ds::kind::group);
    CHECK(store.dims("face_areas") == std::vector<std::string>{"face_areas_dim_0"});
    CHECK(store.dims("graph/edges_source") == std::vector<std::string>{"graph_edges_source_dim_0"});
    CHECK_FAILS(DS_ERR_NAN, "face_areas", store.save("face_areas", std::vector<float>{1.0f, std::nanf("")}));
    CHECK_FAILS(DS_ERR_NOT_FOUND, "missing", store.load<float>("missing"));
}

} // namespace

int main() {
    return check::run({{"complete CAD encoding workflow", complete_cad_encoding_workflow},
                       {"compressing a directory", compressing_a_directory},
                       {"schema validation in production", schema_validation_in_production},
                       {"JSON export", json_export},
                       {"nested metadata keys", nested_metadata_keys},
                       {"memory for tests", memory_for_tests},
                       {"what goes in comes out", what_goes_in_comes_out}});
}
