/* Making schemas: the dictionary of the documentation call by call, editing, templates, files, routing, and use in a store. */
#include "check.h"

static const char *const face[] = {"face"};
static const char *const face_coordinate[] = {"face", "coordinate"};

static ds_schema_builder *create(const char *domain)
{
    ds_schema_builder *builder = NULL;
    OK(ds_schema_create(domain, NULL, NULL, &builder));
    return builder;
}

static int builds(const ds_schema_builder *builder, const char *text)
{
    ds_buffer *json = NULL;
    OK(ds_schema_build(builder, &json));
    return buffer_is(json, text);
}

/* Whether an iterator gives these names, a space after each; frees it. */
static int names_are(ds_iter *iter, const char *wanted, ds_kind wanted_kind)
{
    char found[512] = "";
    const char *name = NULL;
    ds_kind kind = -1;
    int same = 1;
    while (ds_iter_next(iter, &name, &kind) == DS_OK) {
        const size_t length = strlen(found);
        (void)snprintf(found + length, sizeof found - length, "%.60s ", name);
        same = same && kind == wanted_kind;
    }
    ds_iter_free(iter);
    if (strcmp(found, wanted) != 0) {
        fprintf(stderr, "names are: %s\n", found);
        same = 0;
    }
    return same;
}

static int groups_are(const ds_schema_builder *builder, const char *wanted)
{
    ds_iter *iter = NULL;
    OK(ds_schema_list_groups(builder, &iter));
    return names_are(iter, wanted, DS_KIND_GROUP);
}

static int arrays_are(const ds_schema_builder *builder, const char *group, const char *wanted)
{
    ds_iter *iter = NULL;
    OK(ds_schema_list_arrays(builder, group, &iter));
    return names_are(iter, wanted, DS_KIND_ARRAY);
}

static int fields_are(const ds_schema_builder *builder, ds_scope scope, const char *wanted)
{
    ds_iter *iter = NULL;
    OK(ds_schema_list_metadata_fields(builder, scope, &iter));
    return names_are(iter, wanted, 0);
}

/* The bytes that the documentation shows, in its order. */
static void documented(void)
{
    static const char *const part[] = {"part"};
    ds_schema_builder *builder = NULL;
    OK(ds_schema_create("Manufacturing_Analysis", "1.0", "...", &builder));
    OK(ds_schema_create_group(builder, "machining", "part", "...", NULL));
    OK(ds_schema_create_array(builder, "machining", "machining_category", DS_I32, part, 1, "...", NULL));
    OK(ds_schema_define_metadata(builder, DS_SCOPE_FILE_LEVEL, "size_cadfile", DS_I64, "...", 0, NULL));
    OK(ds_schema_define_metadata(builder, DS_SCOPE_CATEGORICAL, "file_label", DS_I32, "...", 0, NULL));
    OK(ds_schema_set_metadata_routing(builder, "{\"categorical_patterns\": [\"*_label\"]}"));
    CHECK(builds(builder,
                 "{\"version\":\"1.0\",\"domain\":\"Manufacturing_Analysis\",\"groups\":{\"machining\":{\"primary_dimension\":"
                 "\"part\",\"arrays\":{\"machining_category\":{\"dims\":[\"part\"],\"dtype\":\"int32\",\"description\":\"...\"}},"
                 "\"description\":\"...\"}},\"description\":\"...\",\"metadata\":{\"metadata\":{"
                 "\"file_level\":{\"size_cadfile\":{\"dtype\":\"int64\",\"required\":false,\"description\":\"...\"}},"
                 "\"categorical\":{\"file_label\":{\"dtype\":\"int32\",\"required\":false,\"description\":\"...\"}},"
                 "\"routing_rules\":{\"file_level_patterns\":[],\"categorical_patterns\":[\"*_label\"],\"default_numeric\":"
                 "\"file_level\",\"default_categorical\":\"categorical\",\"default_string\":\"categorical\"}}}}"));
    ds_schema_free(builder);
}

static void editing(void)
{
    ds_schema_builder *builder = create("x");
    CHECK(groups_are(builder, ""));
    OK(ds_schema_create_group(builder, "faces", "face", NULL, NULL));
    OK(ds_schema_create_group(builder, "faceface", "face_pair", "Pairs", "matrix_flattening"));
    OK(ds_schema_create_array(builder, "faces", "areas", DS_F32, face, 1, NULL, "{\"min_value\": 0, \"unit\": \"mm2\"}"));
    OK(ds_schema_create_array(builder, "faces", "normals", DS_F32, face_coordinate, 2, NULL, NULL));
    OK(ds_schema_create_array(builder, "faces", "names", DS_STRING, face, 1, NULL, "{\"values\": [\"a\"]}"));
    OK(ds_schema_create_array(builder, "faces", "count", DS_I32, NULL, 0, NULL, NULL));
    CHECK(groups_are(builder, "faces faceface ") && arrays_are(builder, "faces", "areas normals names count "));
    OK(ds_schema_remove_array(builder, "faces", "normals"));
    FAILS(ds_schema_remove_array(builder, "faces", "normals"), DS_ERR_NOT_FOUND, "normals", "faces");
    FAILS(ds_schema_remove_array(builder, "edges", "normals"), DS_ERR_NOT_FOUND, "edges", "no such group");
    FAILS(ds_schema_create_array(builder, "edges", "x", DS_F32, face, 1, NULL, NULL), DS_ERR_NOT_FOUND, "edges", "group");
    FAILS(ds_schema_create_array(builder, "faces", "x", DS_F32, NULL, 1, NULL, NULL), DS_ERR_INVALID_ARGUMENT, "x", "NULL");
    FAILS(ds_schema_create_array(builder, "faces", "x", 99, face, 1, NULL, NULL), DS_ERR_INVALID_ARGUMENT, "x", "99");
    FAILS(ds_schema_create_array(builder, "faces", "x", DS_F32, face, 1, NULL, "{"), DS_ERR_JSON, "x", "rules_json");
    FAILS(ds_schema_create_array(builder, "faces", "areas", DS_F32, face, 1, NULL, NULL), DS_ERR_ALREADY_EXISTS, "areas", "");
    OK(ds_schema_remove_group(builder, "faceface"));
    FAILS(ds_schema_remove_group(builder, "faceface"), DS_ERR_NOT_FOUND, "faceface", "");
    CHECK(builds(builder,
                 "{\"version\":\"1.0\",\"domain\":\"x\",\"groups\":{\"faces\":{\"primary_dimension\":\"face\",\"arrays\":{"
                 "\"areas\":{\"dims\":[\"face\"],\"dtype\":\"float32\",\"description\":\"\",\"min_value\":0,\"unit\":\"mm2\"},"
                 "\"names\":{\"dims\":[\"face\"],\"dtype\":\"str\",\"description\":\"\",\"values\":[\"a\"]},"
                 "\"count\":{\"dims\":[],\"dtype\":\"int32\",\"description\":\"\"}},\"description\":\"\"}},\"description\":\"\","
                 "\"metadata\":{\"metadata\":{\"file_level\":{},\"categorical\":{},\"routing_rules\":{\"file_level_patterns\":[],"
                 "\"categorical_patterns\":[],\"default_numeric\":\"file_level\",\"default_categorical\":\"categorical\","
                 "\"default_string\":\"categorical\"}}}}"));
    ds_schema_free(builder);
    ds_schema_free(NULL);
}

static void metadata(void)
{
    static const struct {
        const char *name;
        ds_scope scope;
    } routes[] = {{"size_cadfile", DS_SCOPE_FILE_LEVEL},    {"File_LABEL", DS_SCOPE_CATEGORICAL},
                  {"category", DS_SCOPE_FILE_LEVEL},        {"a/category", DS_SCOPE_FILE_LEVEL},
                  {"size/of_file", DS_SCOPE_FILE_LEVEL},    {"nothing", DS_SCOPE_NONE},
                  {"file_sizes_KB/x", DS_SCOPE_FILE_LEVEL}, {"descriptions/x", DS_SCOPE_CATEGORICAL}};
    ds_schema_builder *builder = create("x");
    ds_buffer *problems = NULL;
    size_t i;
    OK(ds_schema_define_metadata(builder, DS_SCOPE_FILE_LEVEL, "category", DS_STRING, NULL, 1, NULL));
    OK(ds_schema_define_metadata(builder, DS_SCOPE_CATEGORICAL, "label", DS_I32, "Class", 0,
                                 "{\"values\": [0, 1], \"labels\": [\"a\", \"b\"]}"));
    CHECK(fields_are(builder, DS_SCOPE_FILE_LEVEL, "category ") && fields_are(builder, DS_SCOPE_CATEGORICAL, "label "));
    CHECK(fields_are(builder, DS_SCOPE_NONE, "category label "));
    FAILS(ds_schema_define_metadata(builder, DS_SCOPE_CATEGORICAL, "category", DS_I32, NULL, 0, NULL), DS_ERR_ALREADY_EXISTS,
          "categorical", "file_level");
    FAILS(ds_schema_define_metadata(builder, 7, "x", DS_I32, NULL, 0, NULL), DS_ERR_INVALID_ARGUMENT, "x: scope", "7");
    OK(ds_schema_set_metadata_routing(builder, "{\"file_level_patterns\": [\"size_*\"], \"categorical_patterns\": [\"*_label\"]}"));
    for (i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        ds_scope scope = -1;
        OK(ds_schema_get_metadata_routing(builder, routes[i].name, &scope));
        CHECK(scope == routes[i].scope);
    }
    OK(ds_schema_validate_metadata_field(builder, "label", "1", 1));
    OK(ds_schema_validate_metadata_field(builder, "anything", "[1, {}]", 7));
    FAILS(ds_schema_validate_metadata_field(builder, "label", "2", 1), DS_ERR_SCHEMA, "label", "one of 0, 1 (values)");
    FAILS(ds_schema_validate_metadata_field(builder, "category", "3", 1), DS_ERR_SCHEMA, "category", "string");
    FAILS(ds_schema_validate_metadata_field(builder, "label", "x", 1), DS_ERR_JSON, "label", "");
    OK(ds_schema_validate_metadata_schema(builder, &problems));
    CHECK(buffer_is(problems, "[]"));
    OK(ds_schema_define_metadata(builder, DS_SCOPE_CATEGORICAL, "label", DS_I32, NULL, 0, "{\"values\": [0], \"labels\": []}"));
    OK(ds_schema_validate_metadata_schema(builder, &problems));
    CHECK(buffer_is(problems, "[\"metadata.label: has 1 values, 0 labels\"]"));
    OK(ds_schema_set_metadata_routing(builder, NULL));
    ds_schema_free(builder);
}

static void templates_and_files(void)
{
    static const char *const names[] = {"cad_basic", "cad_advanced", "manufacturing_basic", "sensor_basic"};
    size_t i;
    ds_schema_builder *builder = NULL;
    for (i = 0; i < sizeof names / sizeof names[0]; i++) {
        ds_schema_builder *ready = NULL, *again = NULL;
        ds_buffer *json = NULL;
        OK(ds_schema_from_template(names[i], &ready));
        OK(ds_schema_build(ready, &json));
        OK(ds_schema_from_json(ds_buffer_data(json), ds_buffer_size(json), &again));
        CHECK(builds(again, ds_buffer_data(json)));
        OK(ds_schema_save_to_file(ready, path_of("schema.json")));
        ds_schema_free(again);
        OK(ds_schema_load_from_file(path_of("schema.json"), &again));
        CHECK(builds(again, ds_buffer_data(json)));
        ds_buffer_free(json);
        ds_schema_free(ready);
        ds_schema_free(again);
    }
    FAILS(ds_schema_from_template("cad", &builder), DS_ERR_NOT_FOUND, "cad", "cad_basic, cad_advanced");
    FAILS(ds_schema_load_from_file(path_of("nothing.json"), &builder), DS_ERR_NOT_FOUND, "nothing.json", "");
    write_file(path_of("bad.json"), "{\"groups\": 3}", 13);
    FAILS(ds_schema_load_from_file(path_of("bad.json"), &builder), DS_ERR_SCHEMA, "bad.json: groups", "found 3");
    FAILS(ds_schema_from_json("{", 1, &builder), DS_ERR_JSON, "schema_json", "");
    FAILS(ds_schema_from_json("[]", 2, &builder), DS_ERR_SCHEMA, "schema", "a list of 0");
    CHECK(builder == NULL);
    builder = create("mine");
    OK(ds_schema_create_group(builder, "edges", "my_edge", NULL, NULL));
    OK(ds_schema_extend_template(builder, "cad_advanced"));
    FAILS(ds_schema_extend_template(builder, "cad"), DS_ERR_NOT_FOUND, "cad", "sensor_basic");
    CHECK(groups_are(builder, "edges faces graph faceface "));
    ds_schema_free(builder);
}

/* What was built is what a store checks by. */
static void in_a_store(void)
{
    const float areas[2] = {1.5f, -2.5f};
    const uint64_t shape[1] = {2};
    ds_schema_builder *builder = create("CAD_analysis");
    ds_store *store = NULL;
    ds_buffer *json = NULL;
    OK(ds_schema_create_group(builder, "faces", "face", NULL, NULL));
    OK(ds_schema_create_array(builder, "faces", "face_areas", DS_F32, face, 1, NULL, "{\"min_value\": 0}"));
    OK(ds_schema_build(builder, &json));
    ds_schema_free(builder);
    OK(ds_open_memory(NULL, &store));
    OK(ds_set_schema(store, ds_buffer_data(json), ds_buffer_size(json)));
    ds_buffer_free(json);
    FAILS(ds_save_f32(store, "face_areas", areas, shape, 1), DS_ERR_SCHEMA, "face_areas", "element [1] is -2.5");
    OK(ds_get_schema(store, &json));
    OK(ds_schema_from_json(ds_buffer_data(json), ds_buffer_size(json), &builder));
    CHECK(arrays_are(builder, "faces", "face_areas "));
    ds_buffer_free(json);
    ds_schema_free(builder);
    OK(ds_close(store));
    CHECK(strstr(ds_schema_json_schema(), "json-schema.org/draft/2020-12") != NULL);
}

int main(int argc, char **argv)
{
    begin(argc, argv);
    documented();
    editing();
    metadata();
    templates_and_files();
    in_a_store();
    return finish();
}
