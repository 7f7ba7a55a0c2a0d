/* What goes in comes out: every data type, shape and layout, strings, bytes, JSON, groups, in every backend. */
#include "check.h"

/* One typed pair of functions: extremes in, the same bits out; the count asked for first. */
#define TYPED(T, suffix, code, ...)                                                                                    \
    do {                                                                                                               \
        const T values[4] = {__VA_ARGS__};                                                                             \
        const uint64_t shape[2] = {2, 2};                                                                              \
        T back[5];                                                                                                     \
        size_t count = 0;                                                                                              \
        ds_info info;                                                                                                  \
        memset(back, 0x5a, sizeof back);                                                                               \
        OK(ds_save_##suffix(store, "typed/" #suffix, values, shape, 2));                                               \
        STATUS(ds_load_##suffix(store, "typed/" #suffix, NULL, 0, &count), DS_ERR_BUFFER_TOO_SMALL);                   \
        CHECK(count == 4);                                                                                             \
        OK(ds_load_##suffix(store, "typed/" #suffix, back, 5, &count));                                                \
        CHECK(count == 4 && memcmp(back, values, sizeof values) == 0);                                                 \
        info.struct_size = sizeof info;                                                                                \
        OK(ds_stat(store, "typed/" #suffix, &info));                                                                   \
        CHECK(info.kind == DS_KIND_ARRAY && info.dtype == (code) && info.ndim == 2 && info.elements == 4);             \
        CHECK(info.bytes == sizeof values && info.chunks >= 1 && info.struct_size == sizeof info);                     \
    } while (0)

static void typed(ds_store *store)
{
    TYPED(int8_t, i8, DS_I8, INT8_MIN, -1, 0, INT8_MAX);
    TYPED(int16_t, i16, DS_I16, INT16_MIN, -1, 0, INT16_MAX);
    TYPED(int32_t, i32, DS_I32, INT32_MIN, -1, 0, INT32_MAX);
    TYPED(int64_t, i64, DS_I64, INT64_MIN, -1, 0, INT64_MAX);
    TYPED(uint8_t, u8, DS_U8, 0, 1, 128, UINT8_MAX);
    TYPED(uint16_t, u16, DS_U16, 0, 1, 32768, UINT16_MAX);
    TYPED(uint32_t, u32, DS_U32, 0, 1, 0x80000000u, UINT32_MAX);
    TYPED(uint64_t, u64, DS_U64, 0, 1, (uint64_t)1 << 63, UINT64_MAX);
    TYPED(float, f32, DS_F32, 0.1f, -0.0f, 3.4028235e38f, 1e-45f);
    TYPED(double, f64, DS_F64, 0.1, -0.0, 1.7976931348623157e308, 4.9e-324);
}

/* The types C has no name for: bits in, the same bits out. */
static void untyped(ds_store *store)
{
    static const struct {
        ds_dtype dtype;
        size_t size;
        const char *key;
    } types[] = {{DS_BOOL, 1, "bool"}, {DS_F16, 2, "f16"}, {DS_C64, 8, "c64"}, {DS_C128, 16, "c128"}};
    size_t t;
    for (t = 0; t < sizeof types / sizeof types[0]; t++) {
        const uint64_t shape[1] = {3};
        unsigned char in[48] = {0}, out[48] = {0};
        size_t bytes = 0, i;
        for (i = 0; i < 3 * types[t].size; i++) {
            in[i] = types[t].dtype == DS_BOOL ? (unsigned char)(i % 2) : (unsigned char)(i * 5 % 60);
        }
        OK(ds_save(store, types[t].key, types[t].dtype, in, shape, 1, NULL));
        OK(ds_load(store, types[t].key, types[t].dtype, out, sizeof out, &bytes));
        CHECK(bytes == 3 * types[t].size && memcmp(in, out, bytes) == 0);
    }
}

static void shapes(ds_store *store)
{
    const double pi = 3.25;
    double one = 0;
    const uint64_t empty[3] = {2, 0, 3};
    uint64_t shape[3] = {9, 9, 9};
    size_t ndim = 9, count = 9;
    OK(ds_save_f64(store, "scalar", &pi, NULL, 0));
    OK(ds_load_f64(store, "scalar", &one, 1, &count));
    CHECK(memcmp(&one, &pi, sizeof pi) == 0 && count == 1);
    OK(ds_shape(store, "scalar", NULL, 0, &ndim));
    CHECK(ndim == 0);

    OK(ds_save_f64(store, "empty", NULL, empty, 3));
    OK(ds_load_f64(store, "empty", NULL, 0, &count));
    CHECK(count == 0);
    STATUS(ds_shape(store, "empty", shape, 2, &ndim), DS_ERR_BUFFER_TOO_SMALL);
    CHECK(ndim == 3 && shape[0] == 9);
    OK(ds_shape(store, "empty", shape, 3, &ndim));
    CHECK(ndim == 3 && shape[0] == 2 && shape[1] == 0 && shape[2] == 3);
}

/* Strided and misaligned memory in, a box out. */
static void layouts(ds_store *store)
{
    int32_t grid[12], back[12], column[3];
    unsigned char odd[1 + sizeof grid], odd_back[1 + sizeof grid];
    const uint64_t whole[2] = {3, 4}, turned[2] = {4, 3}, box[2] = {3, 1}, from[2] = {0, 2}, twelve[1] = {12};
    const int64_t transposed[2] = {1, 4}, backwards[1] = {-1}, still[1] = {0};
    size_t bytes = 0;
    int32_t i;
    for (i = 0; i < 12; i++) {
        grid[i] = i * i - 7;
    }
    OK(ds_save(store, "grid", DS_I32, grid, whole, 2, NULL));
    OK(ds_save(store, "turned", DS_I32, grid, turned, 2, transposed));
    OK(ds_load_i32(store, "turned", back, 12, NULL));
    for (i = 0; i < 12; i++) {
        CHECK(back[i] == grid[i / 3 + i % 3 * 4]);
    }
    OK(ds_save(store, "backwards", DS_I32, grid + 11, twelve, 1, backwards));
    OK(ds_load_i32(store, "backwards", back, 12, NULL));
    CHECK(back[0] == grid[11] && back[11] == grid[0] && back[4] == grid[7]);
    OK(ds_save(store, "still", DS_I32, grid + 5, twelve, 1, still));
    OK(ds_load_i32(store, "still", back, 12, NULL));
    CHECK(back[0] == grid[5] && back[11] == grid[5]);

    OK(ds_load_region(store, "grid", DS_I32, from, box, 2, column, sizeof column, &bytes));
    CHECK(bytes == sizeof column && column[0] == grid[2] && column[1] == grid[6] && column[2] == grid[10]);

    memcpy(odd + 1, grid, sizeof grid);
    OK(ds_save(store, "odd", DS_I32, odd + 1, whole, 2, NULL));
    OK(ds_load(store, "odd", DS_I32, odd_back + 1, sizeof grid, NULL));
    CHECK(memcmp(odd_back + 1, grid, sizeof grid) == 0);
}

static void texts(ds_store *store)
{
    static const char *const names[4] = {"Face", "", "\xc3\xbc" "ber", "a\0b"};
    static const size_t lengths[4] = {4, 0, 5, 3};
    static const char *const plain[2] = {"left", "right"};
    const uint64_t shape[2] = {2, 2}, two[1] = {2}, none[1] = {0};
    ds_buffer *text = NULL, *offsets = NULL;
    const char *data;
    uint64_t at[5];
    size_t i;
    OK(ds_save_string(store, "texts/one", "part \xe2\x84\x96 1", 10));
    OK(ds_load_string(store, "texts/one", &text));
    CHECK(buffer_is(text, "part \xe2\x84\x96 1"));
    OK(ds_save_string(store, "texts/empty", NULL, 0));
    OK(ds_load_string(store, "texts/empty", &text));
    CHECK(buffer_is(text, ""));

    OK(ds_save_strings(store, "texts/many", names, lengths, shape, 2));
    OK(ds_load_strings(store, "texts/many", &text, &offsets));
    CHECK(ds_buffer_size(offsets) == sizeof at);
    memcpy(at, ds_buffer_data(offsets), sizeof at);
    data = ds_buffer_data(text);
    for (i = 0; i < 4; i++) {
        CHECK(at[i + 1] - at[i] == lengths[i] + 1);
        CHECK(memcmp(data + at[i], names[i], lengths[i]) == 0 && data[at[i + 1] - 1] == '\0');
    }
    CHECK(at[4] == ds_buffer_size(text));
    ds_buffer_free(text);
    ds_buffer_free(offsets);

    OK(ds_save_strings(store, "texts/plain", plain, NULL, two, 1));
    OK(ds_load_json(store, "texts/plain", &text));
    CHECK(buffer_is(text, "[\"left\",\"right\"]"));
    OK(ds_save_strings(store, "texts/none", NULL, NULL, none, 1));
    STATUS(ds_load_string(store, "texts/many", &text), DS_ERR_SHAPE_MISMATCH);
}

static void bytes_and_json(ds_store *store)
{
    static const char raw[6] = {0, (char)0xff, 'a', 0, (char)0x80, 'b'};
    static const char tree[] = "{\"count\": 3, \"ratio\": 0.5, \"names\": [\"a\", \"b\"], \"mixed\": [1, \"x\", null], \"deep\": {\"flag\": true}}";
    ds_buffer *buffer = NULL;
    ds_info info;
    int64_t count = 0;
    OK(ds_save_bytes(store, "raw", raw, sizeof raw));
    OK(ds_load_bytes(store, "raw", &buffer));
    CHECK(ds_buffer_size(buffer) == sizeof raw && memcmp(ds_buffer_data(buffer), raw, sizeof raw) == 0);
    ds_buffer_free(buffer);
    info.struct_size = sizeof info;
    OK(ds_stat(store, "raw", &info));
    CHECK(info.kind == DS_KIND_BYTES && info.dtype == DS_U8 && info.bytes == sizeof raw);
    OK(ds_save_bytes(store, "nothing", NULL, 0));
    OK(ds_load_bytes(store, "nothing", &buffer));
    CHECK(buffer_is(buffer, ""));

    OK(ds_save_json(store, "tree", tree, strlen(tree)));
    OK(ds_load_i64(store, "tree/count", &count, 1, NULL));
    CHECK(count == 3);
    OK(ds_stat(store, "tree/mixed", &info));
    CHECK(info.kind == DS_KIND_JSON);
    OK(ds_load_json(store, "tree/mixed", &buffer));
    CHECK(buffer_is(buffer, "[1,\"x\",null]"));
    OK(ds_load_json(store, "tree/deep", &buffer));
    CHECK(buffer_is(buffer, "{\"flag\":true}"));
}

static int next_is(ds_iter *iter, const char *wanted, ds_kind kind)
{
    const char *key = NULL;
    ds_kind found = -1;
    return ds_iter_next(iter, &key, &found) == DS_OK && strcmp(key, wanted) == 0 && found == kind;
}

static void nodes(ds_store *store)
{
    const int32_t one = 1;
    ds_iter *iter = NULL;
    ds_buffer *buffer = NULL;
    int32_t there = 0;
    const char *key = NULL;
    static const char *const names[1] = {"face"};
    const uint64_t shape[1] = {1};
    ds_info info;
    OK(ds_save_i32(store, "g/sub/x", &one, shape, 1));
    OK(ds_save_i32(store, "g/a", &one, NULL, 0));
    OK(ds_create_group(store, "g/none"));
    OK(ds_create_group(store, "g"));

    OK(ds_list(store, "g", 1, &iter));
    CHECK(next_is(iter, "g/a", DS_KIND_ARRAY));
    CHECK(next_is(iter, "g/none", DS_KIND_GROUP));
    CHECK(next_is(iter, "g/sub", DS_KIND_GROUP));
    CHECK(next_is(iter, "g/sub/x", DS_KIND_ARRAY));
    STATUS(ds_iter_next(iter, &key, NULL), DS_DONE);
    ds_iter_free(iter);
    OK(ds_list(store, "g/sub", 0, &iter));
    CHECK(next_is(iter, "g/sub/x", DS_KIND_ARRAY));
    ds_iter_free(iter);
    info.struct_size = sizeof info;
    OK(ds_stat(store, "g", &info));
    CHECK(info.kind == DS_KIND_GROUP && info.dtype == 0 && info.elements == 3 && info.ndim == 0);

    OK(ds_set_dimensions(store, "g/sub/x", names, 1));
    OK(ds_get_dimensions(store, "g/sub/x", &buffer));
    CHECK(buffer_is(buffer, "[\"face\"]"));
    OK(ds_set_attributes(store, "g/sub/x", "{\"unit\": \"mm\"}", 14));
    OK(ds_get_attributes(store, "g/sub/x", &buffer));
    CHECK(buffer_is(buffer, "{\"unit\":\"mm\"}"));

    OK(ds_rename(store, "g/sub", "h"));
    OK(ds_exists(store, "h/x", &there));
    CHECK(there == 1);
    OK(ds_exists(store, "g/sub", &there));
    CHECK(there == 0);
    STATUS(ds_rename(store, "h", "g"), DS_ERR_ALREADY_EXISTS);
    OK(ds_delete(store, "g"));
    OK(ds_exists(store, "g/a", &there));
    CHECK(there == 0);
}

static void metadata(ds_store *store)
{
    ds_buffer *buffer = NULL;
    ds_iter *iter = NULL;
    ds_scope scope = -1;
    OK(ds_save_metadata_str(store, "info/source", "bracket.step", 12));
    OK(ds_save_metadata_i64(store, "info/size", INT64_MIN));
    OK(ds_save_metadata_f64(store, "info/seconds", 0.1));
    OK(ds_save_metadata_bool(store, "info/ok", 2));
    OK(ds_save_metadata(store, "info", "{\"extra\": [1, null]}", 20)); /* merges */
    OK(ds_load_metadata(store, "info", &buffer));
    CHECK(buffer_is(buffer, "{\"source\":\"bracket.step\",\"size\":-9223372036854775808,\"seconds\":0.1,\"ok\":true,\"extra\":[1,null]}"));
    OK(ds_load_metadata(store, "info/seconds", &buffer));
    CHECK(buffer_is(buffer, "0.1"));
    OK(ds_list_metadata(store, "info", &iter));
    CHECK(next_is(iter, "info/extra", 0));
    CHECK(next_is(iter, "info/ok", 0));
    ds_iter_free(iter);
    OK(ds_metadata_scope(store, "info/size", &scope));
    CHECK(scope == DS_SCOPE_NONE);
    OK(ds_delete_metadata(store, "info/extra"));
    STATUS(ds_load_metadata(store, "info/extra", &buffer), DS_ERR_NOT_FOUND);
    OK(ds_load_metadata(store, "", &buffer));
    CHECK(strstr(ds_buffer_data(buffer), "bracket.step") != NULL);
    ds_buffer_free(buffer);
}

static const char schema_json[] =
    "{\"version\": \"1.0\", \"domain\": \"CAD\", \"groups\": {\"faces\": {\"primary_dimension\": \"face\", \"arrays\": {"
    "\"face_areas\": {\"dims\": [\"face\"], \"dtype\": \"float32\"}, \"face_points\": {\"dims\": [\"face\", \"xyz\"], \"dtype\": \"float32\"}}}},"
    "\"metadata\": {\"metadata\": {\"file_level\": {\"size\": {\"dtype\": \"int64\"}}, \"categorical\": {\"label\": {\"dtype\": \"int32\"}}}}}";

static void schema(ds_store *store)
{
    const float areas[3] = {1, 2, 3};
    const uint64_t three[1] = {3}, rows[2] = {3, 1};
    ds_buffer *buffer = NULL;
    ds_scope scope = -1;
    OK(ds_get_schema(store, &buffer));
    CHECK(buffer_is(buffer, "{}"));
    OK(ds_set_schema(store, schema_json, strlen(schema_json)));
    OK(ds_get_schema(store, &buffer));
    CHECK(strstr(ds_buffer_data(buffer), "\"primary_dimension\":\"face\"") != NULL);
    ds_buffer_free(buffer);
    OK(ds_group_for_array(store, "face_areas", &buffer));
    CHECK(buffer_is(buffer, "faces"));
    FAILS(ds_group_for_array(store, "colours", &buffer), DS_ERR_NOT_FOUND, "colours", "group");

    OK(ds_validate(store, "face_areas", DS_F32, areas, three, 1, NULL));
    FAILS(ds_validate(store, "face_areas", DS_F32, areas, rows, 2, NULL), DS_ERR_SCHEMA, "face_areas", "2");
    FAILS(ds_save_f32(store, "face_areas", areas, rows, 2), DS_ERR_SCHEMA, "face_areas", "1");
    OK(ds_save_f32(store, "face_areas", areas, three, 1));
    OK(ds_get_dimensions(store, "face_areas", &buffer));
    CHECK(buffer_is(buffer, "[\"face\"]"));
    OK(ds_save_metadata_i64(store, "size", 7));
    OK(ds_save_metadata_i64(store, "label", 7));
    OK(ds_metadata_scope(store, "size", &scope));
    CHECK(scope == DS_SCOPE_FILE_LEVEL);
    OK(ds_metadata_scope(store, "label", &scope));
    CHECK(scope == DS_SCOPE_CATEGORICAL);
}

/* Everything once more, from a store of every format into one of every other. */
static void copies(void)
{
    size_t a, b;
    for (a = 0; a < BACKENDS; a++) {
        for (b = 0; b < BACKENDS; b++) {
            char name[32];
            ds_store *from, *to;
            uint64_t copied = 0;
            const int16_t edges[4] = {INT16_MIN, -1, 0, INT16_MAX};
            const uint64_t four[1] = {4};
            int16_t back[4];
            ds_buffer *buffer = NULL;
            (void)snprintf(name, sizeof name, "from%u%u", (unsigned)a, (unsigned)b);
            from = open_backend(backends[a], name, NULL);
            (void)snprintf(name, sizeof name, "to%u%u", (unsigned)a, (unsigned)b);
            to = open_backend(backends[b], name, NULL);
            OK(ds_save_i16(from, "typed", edges, four, 1));
            OK(ds_save_string(from, "label", "x", 1));
            OK(ds_save_metadata_bool(from, "done", 1));
            OK(ds_copy(from, to, "{}", &copied));
            CHECK(copied == 2);
            OK(ds_load_i16(to, "typed", back, 4, NULL));
            CHECK(back[0] == INT16_MIN && back[3] == INT16_MAX);
            OK(ds_load_metadata(to, "done", &buffer));
            CHECK(buffer_is(buffer, "true"));
            OK(ds_close(from));
            OK(ds_close(to));
        }
    }
}

/* A store into another encoding: smaller, with the same values, attributes and dimensions. */
static void repacked(void)
{
    enum { COUNT = 20000 };
    static float in[COUNT], out[COUNT];
    const uint64_t shape[2] = {COUNT / 2, 2};
    const char *const names[2] = {"point", "axis"};
    ds_store *from = open_backend("zarr:", "unpacked", "{\"profile\":\"portable\",\"mode\":\"x\"}");
    ds_store *to = open_backend("zarr:", "repacked", "{\"mode\":\"x\"}"), *memory = NULL;
    ds_info plain, compact;
    ds_buffer *text = NULL;
    uint64_t copied = 0;
    size_t i;
    for (i = 0; i < COUNT; i++) {
        in[i] = (float)i * 0.125f + (i % 2 ? 1000.0f : 0.0f);
    }
    OK(ds_save_f32(from, "faces/points", in, shape, 2));
    OK(ds_set_dimensions(from, "faces/points", names, 2));
    OK(ds_set_attributes(from, "faces/points", "{\"unit\":\"mm\"}", 13));
    OK(ds_save_f32(from, "edges/points", in, shape, 2));
    OK(ds_copy(from, to, "{\"profile\":\"compact\",\"keys\":[\"faces\"]}", &copied));
    CHECK(copied == 1);
    STATUS(ds_load_f32(to, "edges/points", out, COUNT, NULL), DS_ERR_NOT_FOUND);
    plain.struct_size = compact.struct_size = sizeof plain;
    OK(ds_stat(from, "faces/points", &plain));
    OK(ds_stat(to, "faces/points", &compact));
    CHECK(compact.stored_bytes * 4 < plain.stored_bytes);
    OK(ds_load_f32(to, "faces/points", out, COUNT, NULL));
    CHECK(memcmp(in, out, sizeof in) == 0);
    OK(ds_get_attributes(to, "faces/points", &text));
    CHECK(buffer_is(text, "{\"unit\":\"mm\"}"));
    STATUS(ds_copy(from, to, "{\"profile\":\"small\"}", NULL), DS_ERR_INVALID_ARGUMENT);
    STATUS(ds_copy(from, to, "{\"codec\":\"zip\"}", NULL), DS_ERR_CODEC);
    STATUS(ds_copy(from, to, "{\"keys\":[\"nowhere\"]}", NULL), DS_ERR_NOT_FOUND);
    OK(ds_open_memory(NULL, &memory));
    STATUS(ds_copy(from, memory, "{\"profile\":\"compact\"}", NULL), DS_ERR_INVALID_ARGUMENT);
    OK(ds_close(memory));
    OK(ds_close(from));
    OK(ds_close(to));
}

/* Every store as bytes and back, with nothing on disk; the same bytes as the file that compress writes. */
static void archives_in_memory(void)
{
    size_t i;
    for (i = 0; i < BACKENDS; i++) {
        const float areas[3] = {1.5f, 2.25f, -0.0f};
        const uint64_t three[1] = {3};
        float back[3] = {0, 0, 0};
        ds_store *store = open_backend(backends[i], "bytes", NULL), *opened = NULL;
        ds_buffer *bytes = NULL, *again = NULL, *text = NULL;
        unsigned char *copy;
        size_t size, cut;
        STATUS(ds_to_bytes(store, "{\"codec\":\"none\"}", NULL), DS_ERR_INVALID_ARGUMENT);
        OK(ds_save_f32(store, "faces/areas", areas, three, 1));
        OK(ds_save_string(store, "label", "x", 1));
        OK(ds_save_metadata_str(store, "source", "bracket.step", 12));
        OK(ds_to_bytes(store, NULL, &bytes));
        OK(ds_to_bytes(store, NULL, &again));
        size = ds_buffer_size(bytes);
        CHECK(size == ds_buffer_size(again) && memcmp(ds_buffer_data(bytes), ds_buffer_data(again), size) == 0);
        ds_buffer_free(again);
        OK(ds_save_f32(store, "later", areas, three, 1)); /* the store is as it was */
        OK(ds_close(store));

        copy = (unsigned char *)malloc(size);
        CHECK(copy != NULL);
        memcpy(copy, ds_buffer_data(bytes), size);
        OK(ds_open_bytes(copy, size, NULL, &opened));
        memset(copy, 0, size); /* they were copied */
        OK(ds_load_f32(opened, "faces/areas", back, 3, NULL));
        CHECK(memcmp(areas, back, sizeof back) == 0);
        OK(ds_load_metadata(opened, "source", &text));
        CHECK(buffer_is(text, "\"bracket.step\""));
        STATUS(ds_save_f32(opened, "more", areas, three, 1), DS_ERR_READ_ONLY);
        STATUS(ds_load_f32(opened, "later", back, 3, NULL), DS_ERR_NOT_FOUND);
        OK(ds_verify(opened, NULL, NULL));
        OK(ds_path(opened, "faces/areas", &text));
        ds_buffer_free(text);
        OK(ds_to_bytes(opened, NULL, &again));
        CHECK(ds_buffer_size(again) == size && memcmp(ds_buffer_data(again), ds_buffer_data(bytes), size) == 0);
        ds_buffer_free(again);
        OK(ds_close(opened));

        STATUS(ds_open_bytes(ds_buffer_data(bytes), size, "{\"mode\":\"w\"}", &opened), DS_ERR_READ_ONLY);
        for (cut = 0; cut < size; cut += 1 + size / 50) {
            STATUS(ds_open_bytes(ds_buffer_data(bytes), cut, NULL, &opened), DS_ERR_CORRUPT);
        }
        free(copy);
        ds_buffer_free(bytes);
    }
}

int main(int argc, char **argv)
{
    size_t i;
    begin(argc, argv);
    for (i = 0; i < BACKENDS; i++) {
        ds_store *store = open_backend(backends[i], "roundtrip", NULL);
        typed(store);
        untyped(store);
        shapes(store);
        layouts(store);
        texts(store);
        bytes_and_json(store);
        nodes(store);
        metadata(store);
        schema(store);
        OK(ds_verify(store, NULL, NULL));
        OK(ds_close(store));
    }
    copies();
    repacked();
    archives_in_memory();
    return finish();
}
