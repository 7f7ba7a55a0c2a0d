/* Views: arrays read where they lie. Every type in every place, life beyond store, key and file, what is refused. */
#include "check.h"
#include "datastorage_dlpack.h"
#include "threads.h"

enum { ROWS = 700, COLUMNS = 3, COUNT = ROWS * COLUMNS };

static const ds_dtype types[] = {DS_BOOL, DS_I8,  DS_I16, DS_I32, DS_I64, DS_U8,  DS_U16,
                                 DS_U32,  DS_U64, DS_F16, DS_F32, DS_F64, DS_C64, DS_C128};
static const size_t sizes[] = {1, 1, 2, 4, 8, 1, 2, 4, 8, 2, 4, 8, 8, 16};
static const char *const places[] = {"memory", "mapped", "bytes"};
static unsigned char elements[COUNT * 16];

static void fill(ds_store *store)
{
    const uint64_t shape[2] = {ROWS, COLUMNS}, none[2] = {0, 3};
    const double scalar = 2.5;
    size_t t;
    for (t = 0; t < sizeof types / sizeof types[0]; t++) {
        char key[16];
        (void)snprintf(key, sizeof key, "t%d", (int)types[t]);
        OK(ds_save(store, key, types[t], elements, shape, 2, NULL));
    }
    OK(ds_save_f64(store, "scalar", &scalar, NULL, 0));
    OK(ds_save_f64(store, "none", NULL, none, 2));
    OK(ds_save_string(store, "text", "x", 1));
    OK(ds_create_group(store, "group"));
}

/* Writes an archive of raw chunks. */
static void write_archive(const char *path, void (*save)(ds_store *))
{
    ds_store *store = NULL;
    OK(ds_open_zarr(path, "{\"mode\": \"w\", \"profile\": \"portable\", \"codec\": \"none\", \"export\": false}", &store));
    save(store);
    OK(ds_compress(store, NULL));
    OK(ds_close(store));
}

static ds_store *open_place(const char *place)
{
    ds_store *store = NULL, *mapped = NULL;
    ds_buffer *bytes = NULL;
    if (strcmp(place, "memory") == 0) {
        OK(ds_open_memory(NULL, &store));
        fill(store);
        return store;
    }
    write_archive(path_of("part.zarr"), fill);
    OK(ds_open_zarr(path_of("part.zarr"), "{\"mode\": \"r\", \"mmap\": true}", &mapped));
    if (strcmp(place, "mapped") == 0) {
        return mapped;
    }
    OK(ds_to_bytes(mapped, NULL, &bytes));
    OK(ds_open_bytes(ds_buffer_data(bytes), ds_buffer_size(bytes), NULL, &store));
    ds_buffer_free(bytes);
    OK(ds_close(mapped));
    return store;
}

static void every_type(ds_store *store)
{
    size_t t;
    for (t = 0; t < sizeof types / sizeof types[0]; t++) {
        char key[16];
        ds_array_view *view = NULL, *again = NULL;
        DLManagedTensorVersioned *tensor = NULL;
        const size_t bytes = COUNT * sizes[t];
        const size_t unit = types[t] == DS_C64 ? 4 : sizes[t] > 8 ? 8 : sizes[t];
        (void)snprintf(key, sizeof key, "t%d", (int)types[t]);
        OK(ds_view(store, key, NULL, &view));
        CHECK(ds_view_dtype(view) == types[t] && ds_view_size(view) == bytes && ds_view_is_borrowed(view) == 1);
        CHECK(ds_view_ndim(view) == 2 && ds_view_shape(view)[0] == ROWS && ds_view_shape(view)[1] == COLUMNS);
        CHECK(ds_view_strides(view)[0] == COLUMNS && ds_view_strides(view)[1] == 1);
        CHECK((uintptr_t)ds_view_data(view) % unit == 0);
        CHECK(memcmp(ds_view_data(view), elements, bytes) == 0);
        OK(ds_view(store, key, "{\"copy\": true}", &again));
        CHECK(ds_view_data(again) == ds_view_data(view));
        ds_view_free(again);

        OK(ds_view_dlpack_versioned(view, &tensor));
        CHECK(tensor->dl_tensor.data == ds_view_data(view) && tensor->flags == DLPACK_FLAG_BITMASK_READ_ONLY);
        CHECK(tensor->dl_tensor.ndim == 2 && tensor->dl_tensor.shape[0] == ROWS && tensor->dl_tensor.strides[0] == COLUMNS);
        CHECK(tensor->dl_tensor.dtype.bits == sizes[t] * 8 && tensor->version.major == 1);
        ds_view_free(view);
        CHECK(memcmp(tensor->dl_tensor.data, elements, bytes) == 0);
        tensor->deleter(tensor);
    }
}

static void shapes_and_refusals(ds_store *store)
{
    ds_array_view *view = NULL, *refused = NULL;
    DLManagedTensorVersioned *tensor = NULL;
    OK(ds_view(store, "scalar", NULL, &view));
    CHECK(ds_view_ndim(view) == 0 && ds_view_size(view) == 8 && *(const double *)ds_view_data(view) == 2.5);
    ds_view_free(view);
    OK(ds_view(store, "none", NULL, &view));
    CHECK(ds_view_ndim(view) == 2 && ds_view_shape(view)[1] == 3 && ds_view_size(view) == 0 && ds_view_data(view) == NULL);
    OK(ds_view_dlpack_versioned(view, &tensor));
    CHECK(tensor->dl_tensor.data == NULL && tensor->dl_tensor.shape[0] == 0);
    tensor->deleter(tensor);
    ds_view_free(view);

    FAILS(ds_view(store, "text", NULL, &refused), DS_ERR_DTYPE_MISMATCH, "text", "string");
    FAILS(ds_view(store, "text", "{\"copy\": true}", &refused), DS_ERR_DTYPE_MISMATCH, "text", "string");
    FAILS(ds_view(store, "group", NULL, &refused), DS_ERR_WRONG_KIND, "group", "array");
    FAILS(ds_view(store, "missing", NULL, &refused), DS_ERR_NOT_FOUND, "missing", "");
    FAILS(ds_view(store, NULL, NULL, &refused), DS_ERR_INVALID_ARGUMENT, "key", "NULL");
    FAILS(ds_view(store, "scalar", NULL, NULL), DS_ERR_INVALID_ARGUMENT, "out", "NULL");
    FAILS(ds_view(store, "scalar", "{\"copi\": true}", &refused), DS_ERR_INVALID_ARGUMENT, "copi", "copy");
    FAILS(ds_view(store, "scalar", "{\"copy\": 1}", &refused), DS_ERR_INVALID_ARGUMENT, "copy", "1");
    FAILS(ds_view_dlpack_versioned(NULL, &tensor), DS_ERR_INVALID_ARGUMENT, "view", "NULL");
    CHECK(refused == NULL);
    CHECK(ds_view_data(NULL) == NULL && ds_view_size(NULL) == 0 && ds_view_dtype(NULL) == 0 && ds_view_ndim(NULL) == 0);
    CHECK(ds_view_shape(NULL) == NULL && ds_view_strides(NULL) == NULL && ds_view_is_borrowed(NULL) == 0);
    ds_view_free(NULL);
}

/* A view and its tensor stay as they are, whatever becomes of the store. */
static void outlives(ds_store *store, const char *place)
{
    ds_array_view *view = NULL;
    DLManagedTensorVersioned *tensor = NULL;
    const float other = 1;
    const uint64_t one[1] = {1}, offset[2] = {0, 0}, box[2] = {1, 1};
    OK(ds_view(store, "t11", NULL, &view));
    OK(ds_view_dlpack_versioned(view, &tensor));
    if (strcmp(place, "memory") == 0) {
        OK(ds_save_region(store, "t11", DS_F32, &other, offset, box, 2, NULL));
        CHECK(memcmp(ds_view_data(view), elements, COUNT * sizeof(float)) == 0);
        OK(ds_save_f32(store, "t11", &other, one, 1));
        OK(ds_delete(store, "t11"));
    }
    OK(ds_close(store));
    STATUS(ds_view(store, "t11", NULL, &view), DS_ERR_CLOSED);
#ifndef _WIN32
    if (strcmp(place, "mapped") == 0) {
        CHECK(remove(path_of("part.zarr.data")) == 0);
    }
#endif
    CHECK(memcmp(ds_view_data(view), elements, COUNT * sizeof(float)) == 0);
    ds_view_free(view);
    CHECK(memcmp(tensor->dl_tensor.data, elements, COUNT * sizeof(float)) == 0);
    tensor->deleter(tensor);
}

static void save_compressed(ds_store *store)
{
    const uint64_t shape[2] = {ROWS, COLUMNS};
    ds_array_view *view = NULL;
    OK(ds_create(store, "x", DS_F32, shape, 2, "{\"codec\": \"zstd:1\"}"));
    OK(ds_save_region(store, "x", DS_F32, elements, (const uint64_t[]){0, 0}, shape, 2, NULL));
    FAILS(ds_view(store, "x", NULL, &view), DS_ERR_UNSUPPORTED, "x: cannot be viewed", "zstd");
}

/* What cannot be viewed says why, and is loaded on request. */
static void copies(void)
{
    ds_store *store = NULL;
    ds_array_view *view = NULL;
    write_archive(path_of("packed.zarr"), save_compressed);
    OK(ds_open_zarr(path_of("packed.zarr"), "{\"mode\": \"r\", \"mmap\": true}", &store));
    FAILS(ds_view(store, "x", NULL, &view), DS_ERR_UNSUPPORTED, "x: cannot be viewed", "compressed with zstd");
    FAILS(ds_view(store, "x", "{\"copy\": false}", &view), DS_ERR_UNSUPPORTED, "x: cannot be viewed", "zstd");
    OK(ds_view(store, "x", "{\"copy\": true}", &view));
    OK(ds_close(store));
    CHECK(ds_view_is_borrowed(view) == 0 && memcmp(ds_view_data(view), elements, COUNT * sizeof(float)) == 0);
    ds_view_free(view);
}

static ds_store *shared;

static THREAD_RESULT look(void *argument)
{
    int round;
    (void)argument;
    for (round = 0; round < 200; round++) {
        ds_array_view *view = NULL;
        CHECK(ds_view(shared, "t12", NULL, &view) == DS_OK);
        CHECK(memcmp(ds_view_data(view), elements, COUNT * sizeof(double)) == 0);
        ds_view_free(view);
    }
    THREAD_END;
}

/* Threads view the same array, the first time too. */
static void threads(const char *place)
{
    thread_t all[4];
    size_t i;
    shared = open_place(place);
    for (i = 0; i < 4; i++) {
        thread_start(&all[i], look, NULL);
    }
    for (i = 0; i < 4; i++) {
        thread_join(all[i]);
    }
    OK(ds_close(shared));
}

int main(int argc, char **argv)
{
    size_t i;
    begin(argc, argv);
    for (i = 0; i < sizeof elements; i++) {
        elements[i] = (unsigned char)(i * i / 7 % 2);
    }
    for (i = 0; i < sizeof places / sizeof places[0]; i++) {
        ds_store *store = open_place(places[i]);
        every_type(store);
        shapes_and_refusals(store);
        outlives(store, places[i]);
        threads(places[i]);
    }
    copies();
    return finish();
}
