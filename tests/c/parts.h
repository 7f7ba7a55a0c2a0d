/* Parts of a dataset for the C tests: two archives with a schema, and how codes are compared. */
#ifndef DS_TEST_PARTS_H
#define DS_TEST_PARTS_H

#include "check.h"

static const char *const schema =
    "{\"version\": \"1.0\", \"domain\": \"CAD\", \"groups\": {"
    "\"faces\": {\"primary_dimension\": \"face\", \"arrays\": {"
    "\"face_types\": {\"dims\": [\"face\"], \"dtype\": \"int32\"},"
    "\"face_areas\": {\"dims\": [\"face\"], \"dtype\": \"float32\"},"
    "\"face_centroids\": {\"dims\": [\"face\", \"xyz\"], \"dtype\": \"float32\"}}},"
    "\"faceface\": {\"primary_dimension\": \"pair\", \"special_processing\": \"matrix_flattening\", \"arrays\": {"
    "\"d2\": {\"dims\": [\"face_i\", \"face_j\", \"bin\"], \"dtype\": \"float32\"}}}},"
    "\"metadata\": {\"metadata\": {\"file_level\": {\"size_cadfile\": {\"dtype\": \"int64\", \"required\": false}},"
    "\"categorical\": {\"file_label\": {\"dtype\": \"int32\", \"required\": false}}, \"routing_rules\": {}}}}";

struct part {
    const char *name;
    uint64_t faces;
    int32_t types[3];
    float areas[3];
    int64_t size;
};

static const struct part parts[2] = {
    {"b", 3, {0, 1, 1}, {1.0f, 2.0f, 3.0f}, 300},
    {"a", 2, {1, 2}, {20.0f, 30.0f}, 200},
};

/* An archive of a part: directory/name.zarr.data. */
static inline const char *make_part(const char *folder, const struct part *part, int wrong_dtype)
{
    static char places[8][512];
    static int next = 0;
    char *archive = places[next++ % 8], path[480];
    const uint64_t faces = part->faces, centroids[2] = {faces, 3}, matrix[3] = {faces, faces, 4};
    const float points[9] = {0}, pairs[36] = {0};
    const double areas[3] = {1, 2, 3};
    const char *const kinds = "{\"0\": \"Plane\", \"1\": \"Cylinder\", \"2\": \"Cone\"}";
    ds_store *store = NULL;
    (void)snprintf(path, sizeof path, "%s/%s.zarr", path_of(folder), part->name);
    (void)make_directory(path_of(folder));
    OK(ds_open_zarr(path, "{\"mode\": \"w\", \"export\": false}", &store));
    if (wrong_dtype) {
        OK(ds_save_f64(store, "face_areas", areas, &faces, 1));
    } else {
        OK(ds_set_schema(store, schema, strlen(schema)));
        OK(ds_save_f32(store, "face_areas", part->areas, &faces, 1));
        OK(ds_save_i32(store, "face_types", part->types, &faces, 1));
        OK(ds_save_f32(store, "face_centroids", points, centroids, 2));
        OK(ds_save_f32(store, "d2", pairs, matrix, 3));
        OK(ds_save_metadata_i64(store, "size_cadfile", part->size));
        OK(ds_save_metadata_i64(store, "file_label", (int64_t)part->faces));
        OK(ds_save_metadata(store, "descriptions/face_types", kinds, strlen(kinds)));
    }
    OK(ds_compress(store, NULL));
    OK(ds_close(store));
    (void)snprintf(archive, 512, "%s.data", path);
    return archive;
}

static inline int codes_are(ds_buffer *buffer, size_t count, int64_t first, int64_t last)
{
    const int64_t *codes = (const int64_t *)(const void *)ds_buffer_data(buffer);
    const int same = ds_buffer_size(buffer) == count * sizeof *codes &&
                     (count == 0 || (codes[0] == first && codes[count - 1] == last));
    ds_buffer_free(buffer);
    return same;
}

#endif
