/* Bad input: each kind has its status and a text of one line that names the key and both values, and changes nothing,
 * neither in the store nor on disk. */
#include "check.h"
#include "snapshot.h"

static const uint64_t three[1] = {3};
static const float areas[3] = {1.5f, 2.25f, 4.0f};
static double nan_value, infinity;

/* Everything in a store, as text. */
static char *content(ds_store *store)
{
    ds_iter *iter = NULL;
    ds_buffer *buffer = NULL;
    const char *key;
    ds_kind kind;
    char *all = (char *)calloc(1, 1 << 16);
    size_t length = 0;
    OK(ds_list(store, "", 1, &iter));
    while (ds_iter_next(iter, &key, &kind) == DS_OK) {
        length += (size_t)snprintf(all + length, 512, "%s:%d;", key, (int)kind);
        if (kind != DS_KIND_GROUP) {
            OK(ds_load_json(store, key, &buffer));
            length += (size_t)snprintf(all + length, 4096, "%s;", ds_buffer_data(buffer));
            ds_buffer_free(buffer);
        }
        OK(ds_get_attributes(store, key, &buffer));
        length += (size_t)snprintf(all + length, 512, "%s;", ds_buffer_data(buffer));
        ds_buffer_free(buffer);
    }
    ds_iter_free(iter);
    OK(ds_load_metadata(store, "", &buffer));
    length += (size_t)snprintf(all + length, 4096, "%s", ds_buffer_data(buffer));
    ds_buffer_free(buffer);
    OK(ds_get_schema(store, &buffer));
    (void)snprintf(all + length, 4096, "%s", ds_buffer_data(buffer));
    ds_buffer_free(buffer);
    return all;
}

static void null_pointers(ds_store *store)
{
    ds_buffer *buffer = NULL, **none = NULL;
    float back[3];
    FAILS(ds_save_f32(store, NULL, areas, three, 1), DS_ERR_INVALID_ARGUMENT, "key", "NULL");
    FAILS(ds_save_f32(store, "x", NULL, three, 1), DS_ERR_INVALID_ARGUMENT, "x", "NULL");
    FAILS(ds_save_f32(store, "x", areas, NULL, 1), DS_ERR_INVALID_ARGUMENT, "x", "shape");
    FAILS(ds_load_f32(store, "face_areas", NULL, 3, NULL), DS_ERR_INVALID_ARGUMENT, "face_areas", "NULL");
    FAILS(ds_load_f32(store, NULL, back, 3, NULL), DS_ERR_INVALID_ARGUMENT, "key", "NULL");
    FAILS(ds_load_region(store, "face_areas", DS_F32, NULL, three, 1, back, sizeof back, NULL), DS_ERR_INVALID_ARGUMENT, "face_areas", "offset");
    FAILS(ds_load_string(store, "label", none), DS_ERR_INVALID_ARGUMENT, "out", "NULL");
    FAILS(ds_load_strings(store, "label", &buffer, none), DS_ERR_INVALID_ARGUMENT, "out_offsets", "NULL");
    CHECK(buffer == NULL);
    FAILS(ds_save_string(store, "x", NULL, 3), DS_ERR_INVALID_ARGUMENT, "x", "NULL");
    FAILS(ds_save_strings(store, "x", NULL, NULL, three, 1), DS_ERR_INVALID_ARGUMENT, "x", "NULL");
    FAILS(ds_save_bytes(store, "x", NULL, 9), DS_ERR_INVALID_ARGUMENT, "x", "9");
    FAILS(ds_save_json(store, "x", NULL, 9), DS_ERR_INVALID_ARGUMENT, "x", "9");
    FAILS(ds_save_metadata(store, NULL, "1", 1), DS_ERR_INVALID_ARGUMENT, "key", "NULL");
    FAILS(ds_set_schema(store, NULL, 5), DS_ERR_INVALID_ARGUMENT, "schema_json", "5");
    FAILS(ds_set_dimensions(store, "face_areas", NULL, 1), DS_ERR_INVALID_ARGUMENT, "face_areas", "NULL");
    FAILS(ds_stat(store, "face_areas", NULL), DS_ERR_INVALID_ARGUMENT, "info", "NULL");
    FAILS(ds_exists(store, "face_areas", NULL), DS_ERR_INVALID_ARGUMENT, "out", "NULL");
    FAILS(ds_list(store, NULL, 0, NULL), DS_ERR_INVALID_ARGUMENT, "out", "NULL");
    FAILS(ds_rename(store, "face_areas", NULL), DS_ERR_INVALID_ARGUMENT, "to", "NULL");
    FAILS(ds_iter_next(NULL, NULL, NULL), DS_ERR_INVALID_ARGUMENT, "out_key", "NULL");
    FAILS(ds_open(NULL, NULL, &store), DS_ERR_INVALID_ARGUMENT, "uri", "NULL");
    FAILS(ds_open_memory(NULL, NULL), DS_ERR_INVALID_ARGUMENT, "out", "NULL");
    FAILS(ds_copy(NULL, store, NULL, NULL), DS_ERR_INVALID_HANDLE, "store", "NULL");
    FAILS(ds_copy(store, store, NULL, NULL), DS_ERR_INVALID_ARGUMENT, "source", "destination");
}

static void keys(ds_store *store)
{
    static const struct {
        const char *key, *named;
    } bad[] = {{"", "empty"},        {"a//b", "a//b"},          {"..", ".."},         {"a/../b", "a/../b"},
               {".", "."},           {"/a", "/a"},              {"a/", "a/"},         {"a\\b", "a"},
               {"a\nb", "a\\nb"},    {".zarray", ".zarray"},    {"g/.zattrs", "g/"},  {".zmetadata", ".zmetadata"},
               {"zarr.json", "zarr"}, {"metadata.json", "meta"}, {".ds_x", ".ds_x"}};
    char wide[300], deep[1100];
    size_t i;
    float back[3];
    ds_info info;
    info.struct_size = sizeof info;
    for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        FAILS(ds_save_f32(store, bad[i].key, areas, three, 1), DS_ERR_INVALID_ARGUMENT, bad[i].named, "");
        FAILS(ds_load_f32(store, bad[i].key, back, 3, NULL), DS_ERR_INVALID_ARGUMENT, bad[i].named, "");
        FAILS(ds_save_string(store, bad[i].key, "x", 1), DS_ERR_INVALID_ARGUMENT, bad[i].named, "");
        FAILS(ds_delete(store, bad[i].key), DS_ERR_INVALID_ARGUMENT, bad[i].named, "");
        FAILS(ds_rename(store, "face_areas", bad[i].key), DS_ERR_INVALID_ARGUMENT, bad[i].named, "");
        FAILS(ds_create_group(store, bad[i].key), DS_ERR_INVALID_ARGUMENT, bad[i].named, "");
        if (bad[i].key[0] != '\0') {
            FAILS(ds_stat(store, bad[i].key, &info), DS_ERR_INVALID_ARGUMENT, bad[i].named, "");
        }
    }
    memset(wide, 'w', sizeof wide);
    wide[256] = '\0';
    FAILS(ds_save_f32(store, wide, areas, three, 1), DS_ERR_INVALID_ARGUMENT, "256", "255");
    for (i = 0; i < sizeof deep; i++) {
        deep[i] = i % 2 == 0 ? 'd' : '/';
    }
    deep[1051] = '\0';
    FAILS(ds_save_f32(store, deep, areas, three, 1), DS_ERR_INVALID_ARGUMENT, "1051", "1024");
    FAILS(ds_save_f32(store, "a\xff", areas, three, 1), DS_ERR_UTF8, "key", "0xff");
    FAILS(ds_save_metadata_bool(store, "a\xc3", 1), DS_ERR_UTF8, "key", "0xc3");
    FAILS(ds_save_metadata_bool(store, "a//b", 1), DS_ERR_INVALID_ARGUMENT, "a//b", "");
    FAILS(ds_save_metadata_bool(store, "", 1), DS_ERR_INVALID_ARGUMENT, "key", "");
}

static void texts(ds_store *store)
{
    static const char *const mixed[2] = {"good", "b\x80" "d"};
    static const size_t lengths[2] = {4, 3};
    const uint64_t two[1] = {2};
    FAILS(ds_save_string(store, "x", "ab\xff" "cd", 5), DS_ERR_UTF8, "x", "byte 2");
    FAILS(ds_save_strings(store, "x", mixed, lengths, two, 1), DS_ERR_UTF8, "x", "string 1");
    FAILS(ds_save_strings(store, "x", mixed, NULL, two, 1), DS_ERR_UTF8, "x", "0x80");
    FAILS(ds_save_json(store, "x", "{\"a\": ", 6), DS_ERR_JSON, "x", "line 1");
    FAILS(ds_save_json(store, "x", "\"\xff\"", 3), DS_ERR_UTF8, "x", "0xff");
    FAILS(ds_save_metadata(store, "x", "[1,", 3), DS_ERR_JSON, "x", "");
    FAILS(ds_save_metadata(store, "x", "", 0), DS_ERR_JSON, "x", "");
    FAILS(ds_set_attributes(store, "face_areas", "[1]", 3), DS_ERR_INVALID_ARGUMENT, "face_areas", "[1]");
    FAILS(ds_set_attributes(store, "face_areas", "{\"_ARRAY_DIMENSIONS\": 1}", 24), DS_ERR_INVALID_ARGUMENT, "face_areas", "_ARRAY_DIMENSIONS");
    FAILS(ds_set_schema(store, "nonsense", 8), DS_ERR_JSON, "schema_json", "");
    FAILS(ds_set_schema(store, "{\"groups\": [1]}", 15), DS_ERR_SCHEMA, "groups", "");
    FAILS(ds_set_schema(store, "{\"groups\": {\"g\": {\"arrays\": {\"a\": {\"dtype\": \"float33\"}}}}}", 58), DS_ERR_SCHEMA, "a", "float33");
    FAILS(ds_save_metadata_f64(store, "x", nan_value), DS_ERR_NAN, "x", "NaN");
    FAILS(ds_save_metadata_f64(store, "x", infinity), DS_ERR_INVALID_ARGUMENT, "x", "inf");
}

static void shapes_and_types(ds_store *store)
{
    static const uint64_t product[2] = {UINT64_MAX, 2}, bytes[2] = {(uint64_t)1 << 40, (uint64_t)1 << 40}, two[1] = {2};
    static const uint64_t at[1] = {2}, at2[2] = {0, 0};
    uint64_t many[33];
    float back[4] = {9, 9, 9, 9};
    double wide[3];
    size_t needed = 0, i;
    ds_buffer *buffer = NULL;
    for (i = 0; i < 33; i++) {
        many[i] = 1;
    }
    FAILS(ds_save_f32(store, "x", areas, product, 2), DS_ERR_INVALID_ARGUMENT, "x", "18446744073709551615");
    FAILS(ds_save_f32(store, "x", areas, bytes, 2), DS_ERR_INVALID_ARGUMENT, "x", "1099511627776");
    FAILS(ds_save_f32(store, "x", areas, many, 33), DS_ERR_INVALID_ARGUMENT, "33", "32");
    FAILS(ds_save(store, "x", DS_F32, areas, three, SIZE_MAX, NULL), DS_ERR_INVALID_ARGUMENT, "x", "32");
    FAILS(ds_save(store, "x", 0, areas, three, 1, NULL), DS_ERR_INVALID_ARGUMENT, "x", "0");
    FAILS(ds_save(store, "x", 99, areas, three, 1, NULL), DS_ERR_INVALID_ARGUMENT, "x", "99");
    FAILS(ds_save(store, "x", DS_STRING, areas, three, 1, NULL), DS_ERR_INVALID_ARGUMENT, "x", "string");
    FAILS(ds_save(store, "x", DS_BOOL, "\1\2\1", three, 1, NULL), DS_ERR_INVALID_ARGUMENT, "x", "bool");
    FAILS(ds_load(store, "face_areas", DS_F32, back, SIZE_MAX, NULL), DS_ERR_INVALID_ARGUMENT, "face_areas", "length");
    FAILS(ds_load_f32(store, "face_areas", back, SIZE_MAX, NULL), DS_ERR_INVALID_ARGUMENT, "face_areas", "capacity");
    FAILS(ds_save_bytes(store, "x", areas, SIZE_MAX), DS_ERR_INVALID_ARGUMENT, "x", "18446744073709551615");

    FAILS(ds_load_f32(store, "face_areas", back, 2, &needed), DS_ERR_BUFFER_TOO_SMALL, "12 bytes", "8");
    CHECK(needed == 3 && back[0] > 8 && back[1] > 8);
    needed = 77;
    FAILS(ds_load_f64(store, "face_areas", wide, 3, &needed), DS_ERR_DTYPE_MISMATCH, "float32", "float64");
    CHECK(needed == 77);
    FAILS(ds_load_string(store, "face_areas", &buffer), DS_ERR_DTYPE_MISMATCH, "face_areas", "float32");
    FAILS(ds_load_f32(store, "label", back, 3, NULL), DS_ERR_DTYPE_MISMATCH, "label", "string");
    FAILS(ds_load_region(store, "face_areas", DS_F32, at, two, 1, back, sizeof back, NULL), DS_ERR_SHAPE_MISMATCH, "face_areas", "3");
    FAILS(ds_load_region(store, "face_areas", DS_F32, at2, at2, 2, back, sizeof back, NULL), DS_ERR_SHAPE_MISMATCH, "2", "1");
    FAILS(ds_set_dimensions(store, "face_areas", (const char *const[]){"a", "b"}, 2), DS_ERR_SHAPE_MISMATCH, "1", "2");
    CHECK(buffer == NULL);
}

static void nodes(ds_store *store)
{
    float back[3];
    ds_iter *iter = NULL;
    ds_buffer *buffer = NULL;
    uint64_t shape[4];
    ds_info info;
    info.struct_size = sizeof info;
    FAILS(ds_load_f32(store, "missing", back, 3, NULL), DS_ERR_NOT_FOUND, "missing", "");
    FAILS(ds_load_string(store, "missing", &buffer), DS_ERR_NOT_FOUND, "missing", "");
    FAILS(ds_load_json(store, "missing", &buffer), DS_ERR_NOT_FOUND, "missing", "");
    FAILS(ds_stat(store, "missing", &info), DS_ERR_NOT_FOUND, "missing", "");
    FAILS(ds_delete(store, "missing"), DS_ERR_NOT_FOUND, "missing", "");
    FAILS(ds_rename(store, "missing", "x"), DS_ERR_NOT_FOUND, "missing", "");
    FAILS(ds_get_attributes(store, "missing", &buffer), DS_ERR_NOT_FOUND, "missing", "");
    FAILS(ds_load_metadata(store, "missing", &buffer), DS_ERR_NOT_FOUND, "missing", "");
    FAILS(ds_delete_metadata(store, "missing"), DS_ERR_NOT_FOUND, "missing", "");
    FAILS(ds_list(store, "missing", 0, &iter), DS_ERR_NOT_FOUND, "missing", "");

    FAILS(ds_load_f32(store, "g", back, 3, NULL), DS_ERR_WRONG_KIND, "g", "group");
    FAILS(ds_shape(store, "g", shape, 4, NULL), DS_ERR_WRONG_KIND, "g", "group");
    FAILS(ds_list(store, "face_areas", 0, &iter), DS_ERR_WRONG_KIND, "face_areas", "group");
    FAILS(ds_save_f32(store, "face_areas/below", areas, three, 1), DS_ERR_WRONG_KIND, "face_areas", "");
    FAILS(ds_create_group(store, "face_areas"), DS_ERR_WRONG_KIND, "face_areas", "");
    FAILS(ds_rename(store, "label", "face_areas"), DS_ERR_ALREADY_EXISTS, "face_areas", "");
    FAILS(ds_rename(store, "g", "g/x/y"), DS_ERR_INVALID_ARGUMENT, "g/x/y", "itself");
    FAILS(ds_save_metadata_i64(store, "m", 3), DS_ERR_WRONG_KIND, "m", "");
    FAILS(ds_save_metadata_i64(store, "m/x/y", 3), DS_ERR_WRONG_KIND, "m/x", "");
    CHECK(iter == NULL && buffer == NULL);
}

static void nothing_changes(const char *backend)
{
    ds_store *store = open_backend(backend, "bad", NULL);
    const char *path = strcmp(backend, "json:") == 0 ? path_of("bad.json") : path_of("bad.zarr");
    char *before, *after;
    uint64_t files;
    OK(ds_save_f32(store, "face_areas", areas, three, 1));
    OK(ds_save_string(store, "label", "bracket", 7));
    OK(ds_save_f32(store, "g/x", areas, three, 1));
    OK(ds_save_metadata_i64(store, "m/x", 1));
    OK(ds_flush(store));
    before = content(store);
    files = snapshot(path);
    null_pointers(store);
    keys(store);
    texts(store);
    shapes_and_types(store);
    nodes(store);
    after = content(store);
    CHECK(strcmp(before, after) == 0);
    OK(ds_flush(store));
    CHECK(snapshot(path) == files);
    free(before);
    free(after);
    OK(ds_close(store));
}

static void opening(void)
{
    ds_store *store = NULL, *second = NULL;
    uint64_t files;
    const char *plain = path_of("plain.txt"), *foreign = path_of("foreign"), *gone = path_of("gone.zarr");
    write_file(plain, "no store at all\n", 16);
    (void)make_directory(foreign);
    write_file(path_of("foreign/holiday.jpg"), "JFIF", 4);
    files = snapshot(directory);

    FAILS(ds_open_zarr(plain, NULL, &store), DS_ERR_INVALID_ARGUMENT, "plain.txt", "");
    FAILS(ds_open_json(plain, NULL, &store), DS_ERR_INVALID_ARGUMENT, "plain.txt", "");
    FAILS(ds_open_zarr(foreign, NULL, &store), DS_ERR_INVALID_ARGUMENT, "foreign", "");
    FAILS(ds_open_zarr(foreign, "{\"mode\": \"w\"}", &store), DS_ERR_INVALID_ARGUMENT, "foreign", "");
    FAILS(ds_open_zarr(gone, "{\"mode\": \"r\"}", &store), DS_ERR_NOT_FOUND, "gone.zarr", "");
    FAILS(ds_open_zarr(gone, "{\"mode\": \"r+\"}", &store), DS_ERR_NOT_FOUND, "gone.zarr", "");
    FAILS(ds_open_json(gone, "{\"mode\": \"r\"}", &store), DS_ERR_NOT_FOUND, "gone.zarr", "");
    FAILS(ds_open_memory("{\"mode\": \"r\"}", &store), DS_ERR_NOT_FOUND, "memory", "");
    FAILS(ds_open_zarr("", NULL, &store), DS_ERR_INVALID_ARGUMENT, "path", "empty");
    FAILS(ds_open("s3://bucket/part", NULL, &store), DS_ERR_UNSUPPORTED, "s3", "zarr");
    FAILS(ds_open("memory:x", NULL, &store), DS_ERR_INVALID_ARGUMENT, "memory:x", "");
    FAILS(ds_open_zarr("\xff", NULL, &store), DS_ERR_UTF8, "path", "0xff");

    FAILS(ds_open_memory("{\"mod\": \"r\"}", &store), DS_ERR_INVALID_ARGUMENT, "mod", "unknown");
    FAILS(ds_open_memory("{\"mode\": \"rw\"}", &store), DS_ERR_INVALID_ARGUMENT, "mode", "rw");
    FAILS(ds_open_memory("{\"chunk_elements\": 0}", &store), DS_ERR_INVALID_ARGUMENT, "chunk_elements", "0");
    FAILS(ds_open_memory("[1]", &store), DS_ERR_INVALID_ARGUMENT, "[1]", "object");
    FAILS(ds_open_memory("{", &store), DS_ERR_JSON, "options", "");
    FAILS(ds_open_zarr(gone, "{\"codec\": \"zap:3\"}", &store), DS_ERR_CODEC, "zap", "");
    FAILS(ds_configure("{\"thread\": 1}"), DS_ERR_INVALID_ARGUMENT, "thread", "");
    FAILS(ds_configure("{\"log_level\": \"loud\"}"), DS_ERR_INVALID_ARGUMENT, "loud", "");
    FAILS(ds_configure("{"), DS_ERR_JSON, "", "");
    OK(ds_configure(NULL));
    CHECK(store == NULL);
    CHECK(snapshot(directory) == files);

    OK(ds_open_zarr(path_of("mine.zarr"), NULL, &store));
    OK(ds_save_f32(store, "x", areas, three, 1));
    OK(ds_flush(store));
    FAILS(ds_open_zarr(path_of("mine.zarr"), NULL, &second), DS_ERR_BUSY, "mine.zarr", "");
    OK(ds_close(store));
    FAILS(ds_open_json(path_of("mine.zarr"), NULL, &second), DS_ERR_INVALID_ARGUMENT, "mine.zarr", "Zarr");
    FAILS(ds_open_zarr(path_of("mine.zarr"), "{\"mode\": \"x\"}", &second), DS_ERR_ALREADY_EXISTS, "mine.zarr", "");
    CHECK(second == NULL);
}

static void read_only(const char *backend)
{
    ds_store *store = open_backend(backend, "ro", NULL);
    const char *path = strcmp(backend, "json:") == 0 ? path_of("ro.json") : path_of("ro.zarr");
    uint64_t files;
    float back[3];
    OK(ds_save_f32(store, "x", areas, three, 1));
    OK(ds_close(store));
    files = snapshot(path);
    store = open_backend(backend, "ro", "{\"mode\": \"r\"}");
    STATUS(ds_save_f32(store, "y", areas, three, 1), DS_ERR_READ_ONLY);
    STATUS(ds_save_string(store, "y", "x", 1), DS_ERR_READ_ONLY);
    STATUS(ds_delete(store, "x"), DS_ERR_READ_ONLY);
    STATUS(ds_rename(store, "x", "y"), DS_ERR_READ_ONLY);
    STATUS(ds_create_group(store, "g"), DS_ERR_READ_ONLY);
    STATUS(ds_save_metadata_i64(store, "m", 1), DS_ERR_READ_ONLY);
    STATUS(ds_set_schema(store, "{}", 2), DS_ERR_READ_ONLY);
    STATUS(ds_set_attributes(store, "x", "{}", 2), DS_ERR_READ_ONLY);
    OK(ds_load_f32(store, "x", back, 3, NULL));
    OK(ds_close(store));
    CHECK(snapshot(path) == files);
}

static void not_a_number(void)
{
    const double bad[3] = {1, nan_value, 2}, good[3] = {1, infinity, -infinity};
    ds_store *store = open_backend("zarr:", "nan", NULL);
    int32_t there = 1;
    FAILS(ds_save_f64(store, "areas", bad, three, 1), DS_ERR_NAN, "areas", "NaN");
    OK(ds_exists(store, "areas", &there));
    CHECK(there == 0);
    OK(ds_save_f64(store, "areas", good, three, 1));
    OK(ds_close(store));
}

static size_t read_file(const char *path, char *bytes, size_t capacity)
{
    FILE *file = fopen(path, "rb");
    size_t length = 0;
    CHECK(file != NULL);
    if (file != NULL) {
        length = fread(bytes, 1, capacity, file);
        fclose(file);
    }
    return length;
}

/* A truncated archive does not open; an altered byte is found by the load of its array and by verify. */
static void damaged_archives(void)
{
    static char bytes[1 << 16], altered[1 << 16];
    double values[512], back[512];
    const uint64_t shape[1] = {512};
    ds_store *store = open_backend("zarr:", "hurt", NULL);
    ds_buffer *report = NULL;
    const char *archive = path_of("hurt.zarr.data");
    size_t length, i, found = 0;
    for (i = 0; i < 512; i++) {
        values[i] = (double)(i * i * 7919 % 1000) / 7;
    }
    OK(ds_save_f64(store, "values", values, shape, 1));
    OK(ds_compress(store, NULL));
    OK(ds_close(store));
    length = read_file(archive, bytes, sizeof bytes);
    CHECK(length > 500 && length < sizeof bytes);

    for (i = 0; i < length; i += length / 10) {
        write_file(archive, bytes, i);
        store = NULL;
        CHECK(ds_open_zarr(path_of("hurt.zarr"), "{\"mode\": \"r\"}", &store) < 0 && store == NULL);
        CHECK(strstr(ds_last_error_message(), "hurt.zarr") != NULL);
    }
    for (i = 0; i < length; i += 37) {
        ds_status status;
        memcpy(altered, bytes, length);
        altered[i] = (char)(altered[i] ^ 0x10);
        write_file(archive, altered, length);
        store = NULL;
        status = ds_open_zarr(path_of("hurt.zarr"), "{\"mode\": \"r\"}", &store);
        if (status == DS_OK) {
            status = ds_load_f64(store, "values", back, 512, NULL);
            CHECK(status != DS_OK || memcmp(values, back, sizeof values) == 0);
            if (ds_verify(store, NULL, &report) == DS_ERR_CORRUPT) {
                found++;
                CHECK(strstr(ds_buffer_data(report), "\"findings\":[{") != NULL);
            }
            ds_buffer_free(report);
            report = NULL;
            OK(ds_close(store));
        } else {
            CHECK(ds_last_error_message()[0] != '\0');
            found++;
        }
    }
    CHECK(found > 0);
}

int main(int argc, char **argv)
{
    size_t i;
    volatile double zero = 0;
    begin(argc, argv);
    infinity = 1 / zero;
    nan_value = zero / zero;
    for (i = 0; i < BACKENDS; i++) {
        nothing_changes(backends[i]);
        if (strcmp(backends[i], "memory:") != 0) {
            read_only(backends[i]);
        }
    }
    opening();
    not_a_number();
    damaged_archives();
    return finish();
}
