// Schemas made call by call: what is written, edited, refused, routed, kept in files and checked by a store.

#include "check.hpp"

#include <datastorage_schema.hpp>

namespace {

using names = std::vector<std::string>;

ds::schema_builder cad() {
    ds::schema_builder schema("CAD_analysis", "2.0", "Parts");
    schema.group("faces", "face", "Face data")
        .array<float>("face_areas", {"face"}, "Area of each face", R"({"min_value": 0})")
        .array<float>("face_normals", {"face", "coordinate"})
        .array("face_names", ds::dtype::string, {"face"})
        .array<std::int32_t>("face_count", {});
    return schema;
}

void documented() {
    ds::schema_builder schema("Manufacturing_Analysis", "1.0", "...");
    schema.group("machining", "part", "...").array<std::int32_t>("machining_category", {"part"}, "...");
    schema.file_metadata<std::int64_t>("size_cadfile", "...")
        .categorical_metadata<std::int32_t>("file_label", "...")
        .routing({{}, {"*_label"}});
    CHECK(schema.build() ==
          R"({"version":"1.0","domain":"Manufacturing_Analysis","groups":{"machining":{"primary_dimension":"part",)"
          R"("arrays":{"machining_category":{"dims":["part"],"dtype":"int32","description":"..."}},"description":"..."}},)"
          R"("description":"...","metadata":{"metadata":{)"
          R"("file_level":{"size_cadfile":{"dtype":"int64","required":false,"description":"..."}},)"
          R"("categorical":{"file_label":{"dtype":"int32","required":false,"description":"..."}},)"
          R"("routing_rules":{"file_level_patterns":[],"categorical_patterns":["*_label"],)"
          R"("default_numeric":"file_level","default_categorical":"categorical","default_string":"categorical"}}}})");
}

void edited() {
    auto schema = cad();
    const auto pairs = schema.group("faceface", "face_pair", nullptr, "matrix_flattening");
    CHECK(pairs.name() == "faceface" && pairs.arrays().empty());
    CHECK(schema.build().find(R"("special_processing":"matrix_flattening")") != std::string::npos);
    CHECK((schema.groups() == names{"faces", "faceface"}));
    CHECK((schema.at("faces").arrays() == names{"face_areas", "face_normals", "face_names", "face_count"}));
    CHECK(schema.at("faces").remove_array("face_normals") && !schema.at("faces").remove_array("face_normals"));
    CHECK(schema.remove_group("faceface") && !schema.remove_group("faceface"));
    const auto before = schema.build();
    CHECK_FAILS(DS_ERR_NOT_FOUND, "faceface", pairs.array<float>("x", {"face"}));
    CHECK_FAILS(DS_ERR_NOT_FOUND, "nope", schema.at("nope"));
    CHECK_FAILS(DS_ERR_ALREADY_EXISTS, "faces", schema.group("faces", "face"));
    CHECK_FAILS(DS_ERR_INVALID_ARGUMENT, "a: text has a NUL", schema.at("faces").array<float>("x", {std::string("a\0b", 3)}));
    CHECK_FAILS(DS_ERR_SCHEMA, "a//b", schema.group("a//b", "x"));
    CHECK_FAILS(DS_ERR_JSON, "x: rules_json", schema.at("faces").array<float>("x", {"face"}, nullptr, "{"));
    CHECK(schema.build() == before);
    auto moved = std::move(schema);
    CHECK(moved.build() == before);
    CHECK_FAILS(DS_ERR_INVALID_ARGUMENT, "builder: pointer is NULL", schema.build());
}

void metadata() {
    auto schema = ds::create_custom_schema("x");
    schema.file_metadata("title", ds::dtype::string, "Title", true)
        .categorical_metadata<std::int32_t>("label", "Class", false, R"({"values": [0, 1], "labels": ["a", "b"]})")
        .routing({{"size_*", "quote\"*\n"}, {"*_LABEL"}, ds::scope::categorical, ds::scope::file_level, ds::scope::file_level});
    CHECK((schema.metadata_fields() == names{"title", "label"}) && (schema.metadata_fields(ds::scope::categorical) == names{"label"}));
    CHECK(schema.routing_of("size_x") == ds::scope::file_level && schema.routing_of("file_label") == ds::scope::categorical);
    CHECK(schema.routing_of("a/title") == ds::scope::file_level && schema.routing_of("nothing") == ds::scope::none);
    CHECK(schema.build().find(R"("file_level_patterns":["size_*","quote\"*\n"])") != std::string::npos);
    CHECK(schema.build().find(R"("default_numeric":"categorical","default_categorical":"file_level")") != std::string::npos);
    std::string reason;
    CHECK(schema.validate_metadata_field("label", "1", reason) && reason.empty() && schema.validate_metadata_field("other", "[]"));
    CHECK(!schema.validate_metadata_field("label", "2", reason) && reason == "label: schema wants one of 0, 1 (values), value is 2");
    CHECK_FAILS(DS_ERR_JSON, "label", schema.validate_metadata_field("label", "{"));
    CHECK_FAILS(DS_ERR_SCHEMA, "default_numeric", schema.routing({{}, {}, ds::scope::none}));
    CHECK_FAILS(DS_ERR_ALREADY_EXISTS, "title", schema.categorical_metadata<bool>("title"));
    CHECK(schema.validate_metadata_schema().empty());
    schema.file_metadata<float>("bad", nullptr, false, R"({"min_value": 2, "max_value": 1})");
    const auto problems = schema.validate_metadata_schema();
    CHECK(problems.size() == 1 && problems[0].find("min_value is 2, max_value 1") != std::string::npos);
    CHECK_FAILS(DS_ERR_SCHEMA, "metadata.metadata.file_level.bad", schema.build());
}

void ready_and_files() {
    const std::string path = check::fresh("schemas") + "/schema.json";
    CHECK((ds::create_cad_schema().groups() == names{"faces", "edges"}));
    CHECK((ds::create_manufacturing_schema().groups() == names{"machining", "quality"}));
    CHECK(ds::create_sensor_schema().groups() == names{"measurements"});
    CHECK(ds::create_custom_schema("x").groups().empty());
    CHECK_FAILS(DS_ERR_NOT_FOUND, "cad_basic, cad_advanced", ds::schema_builder::from_template("cad"));
    const auto schema = ds::schema_builder::from_template("cad_advanced");
    schema.save_to_file(path);
    CHECK(ds::schema_builder::load_from_file(path).build() == schema.build());
    CHECK(ds::schema_builder::from_json(check::read(path)).build() == schema.build());
    CHECK(ds::schema_builder("CAD_analysis").extend_template("cad_advanced").build() == schema.build());
    CHECK_FAILS(DS_ERR_SCHEMA, "groups.g.arrays.a.dims: wanted a list of strings, found 3",
                ds::schema_builder::from_json(R"({"groups": {"g": {"arrays": {"a": {"dims": 3}}}}})"));
    CHECK_FAILS(DS_ERR_NOT_FOUND, "nothing.json", ds::schema_builder::load_from_file("nothing.json"));
    CHECK(ds::schema_builder::json_schema().find("2020-12") != std::string_view::npos);
}

void in_a_store() {
    auto store = ds::open_memory();
    store.set_schema(cad().build());
    store.save("face_areas", {1.5f, 2.5f});
    CHECK(store.dims("face_areas") == names{"face"});
    CHECK_FAILS(DS_ERR_SCHEMA, "face_areas", store.save("face_areas", {-1.0f, 2.0f}));
    CHECK(ds::schema_builder::from_json(store.schema()).build() == cad().build());
}

} // namespace

int main() {
    return check::run({{"the documented bytes", documented},
                       {"editing", edited},
                       {"metadata", metadata},
                       {"ready schemas and files", ready_and_files},
                       {"in a store", in_a_store}});
}
