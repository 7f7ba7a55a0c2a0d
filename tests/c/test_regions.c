/* Arrays written by parts: created, written by boxes, resized, appended to, in every backend; and what is refused. */
#include "check.h"

static void numbers(ds_store *store)
{
    const uint64_t shape[2] = {4, 6}, at[2] = {1, 2}, box[2] = {2, 3}, smaller[2] = {2, 4}, larger[2] = {3, 5};
    const uint64_t rows[2] = {1, 5}, columns[2] = {4, 1};
    /* The box turned: 3 x 2 in memory, read with strides as 2 x 3. */
    const int32_t turned[6] = {1, 4, 2, 5, 3, 6}, row[5] = {7, 7, 7, 7, 7}, column[4] = {8, 8, 8, 8};
    const int64_t strides[2] = {1, 2};
    int32_t all[24];
    uint64_t lengths[2] = {0, 0};
    size_t bytes = 0, ndim = 0, i;
    ds_info info;

    OK(ds_create(store, "g/x", DS_I32, shape, 2, "{\"chunks\": [2, 4], \"fill_value\": -1, \"dims\": [\"row\", \"column\"]}"));
    OK(ds_save_region(store, "g/x", DS_I32, turned, at, box, 2, strides));
    OK(ds_load(store, "g/x", DS_I32, all, sizeof all, &bytes));
    CHECK(bytes == sizeof all);
    for (i = 0; i < 24; i++) {
        const size_t r = i / 6, c = i % 6;
        const int inside = r >= 1 && r < 3 && c >= 2 && c < 5;
        CHECK(all[i] == (inside ? (int32_t)((r - 1) * 3 + c - 1) : -1));
    }
    OK(ds_resize(store, "g/x", smaller, 2));
    OK(ds_resize(store, "g/x", larger, 2));
    OK(ds_append(store, "g/x", DS_I32, row, rows, 2, NULL, 0));
    OK(ds_append(store, "g/x", DS_I32, column, columns, 2, NULL, 1));
    OK(ds_shape(store, "g/x", lengths, 2, &ndim));
    CHECK(ndim == 2 && lengths[0] == 4 && lengths[1] == 6);
    OK(ds_load(store, "g/x", DS_I32, all, sizeof all, NULL));
    {
        const int32_t wanted[24] = {-1, -1, -1, -1, -1, 8, -1, -1, 1, 2, -1, 8, -1, -1, -1, -1, -1, 8, 7, 7, 7, 7, 7, 8};
        CHECK(memcmp(all, wanted, sizeof wanted) == 0);
    }
    info.struct_size = sizeof info;
    OK(ds_stat(store, "g/x", &info));
    CHECK(info.kind == DS_KIND_ARRAY && info.dtype == DS_I32 && info.elements == 24 && info.chunks >= 1);
    {
        ds_buffer *names = NULL;
        OK(ds_get_dimensions(store, "g/x", &names));
        CHECK(buffer_is(names, "[\"row\",\"column\"]"));
    }
}

static void strings(ds_store *store)
{
    const uint64_t shape[1] = {4}, at[1] = {1}, two[1] = {2}, one[1] = {1};
    const char *const words[2] = {"top", "b\0ttom"};
    const size_t lengths[2] = {3, 6};
    ds_buffer *text = NULL, *offsets = NULL;
    OK(ds_create(store, "words", DS_STRING, shape, 1, "{\"fill_value\": \"-\"}"));
    OK(ds_save_strings_region(store, "words", words, lengths, at, two, 1));
    OK(ds_append_strings(store, "words", words, NULL, one, 1, 0));
    OK(ds_load_strings_region(store, "words", two, two, 1, &text, &offsets));
    CHECK(ds_buffer_size(text) == 7 + 2 && memcmp(ds_buffer_data(text), "b\0ttom\0-\0", 9) == 0);
    CHECK(ds_buffer_size(offsets) == 3 * sizeof(uint64_t));
    ds_buffer_free(text);
    ds_buffer_free(offsets);
    OK(ds_load_strings(store, "words", &text, &offsets));
    CHECK(ds_buffer_size(text) == 2 + 4 + 7 + 2 + 4 && memcmp(ds_buffer_data(text), "-\0top\0b\0ttom\0-\0top", 19) == 0);
    ds_buffer_free(text);
    ds_buffer_free(offsets);
}

static void refused(ds_store *store)
{
    const uint64_t shape[2] = {2, 2}, at[2] = {1, 0}, beyond[2] = {2, 0}, row[2] = {1, 2}, flat[1] = {4};
    const float data[4] = {1, 2, 3, 4};
    const int32_t other[4] = {1, 2, 3, 4};
    ds_buffer *text = NULL, *offsets = NULL;
    float back[4] = {0};
    OK(ds_save(store, "r", DS_F32, data, shape, 2, NULL));
    FAILS(ds_create(store, "r", DS_F32, shape, 2, NULL), DS_ERR_ALREADY_EXISTS, "r", "created");
    FAILS(ds_create(store, "n", 99, shape, 2, NULL), DS_ERR_INVALID_ARGUMENT, "n", "99");
    FAILS(ds_create(store, "n", DS_F32, NULL, 2, NULL), DS_ERR_INVALID_ARGUMENT, "n", "shape");
    FAILS(ds_create(store, "n", DS_F32, shape, 99, NULL), DS_ERR_INVALID_ARGUMENT, "n", "99");
    FAILS(ds_create(store, "n", DS_F32, shape, 2, "{\"chunk\": [1, 1]}"), DS_ERR_INVALID_ARGUMENT, "n", "`chunk`");
    FAILS(ds_create(store, "n", DS_F32, shape, 2, "{"), DS_ERR_JSON, "n", "options");
    FAILS(ds_create(store, "n", DS_U8, shape, 2, "{\"fill_value\": 256}"), DS_ERR_INVALID_ARGUMENT, "256", "uint8");
    FAILS(ds_save_region(store, "r", DS_F32, data, beyond, row, 2, NULL), DS_ERR_SHAPE_MISMATCH, "r", "2");
    FAILS(ds_save_region(store, "r", DS_F32, data, flat, flat, 1, NULL), DS_ERR_SHAPE_MISMATCH, "1", "2");
    FAILS(ds_save_region(store, "r", DS_I32, other, at, row, 2, NULL), DS_ERR_DTYPE_MISMATCH, "float32", "int32");
    FAILS(ds_save_region(store, "r", DS_STRING, data, at, row, 2, NULL), DS_ERR_INVALID_ARGUMENT, "r", "string");
    FAILS(ds_save_region(store, "r", DS_F32, NULL, at, row, 2, NULL), DS_ERR_INVALID_ARGUMENT, "r", "NULL");
    FAILS(ds_save_region(store, "r", DS_F32, data, NULL, row, 2, NULL), DS_ERR_INVALID_ARGUMENT, "r", "offset");
    FAILS(ds_save_region(store, "none", DS_F32, data, at, row, 2, NULL), DS_ERR_NOT_FOUND, "none", "found");
    FAILS(ds_resize(store, "r", flat, 1), DS_ERR_SHAPE_MISMATCH, "r", "1");
    FAILS(ds_append(store, "r", DS_F32, data, flat, 1, NULL, 0), DS_ERR_SHAPE_MISMATCH, "[4]", "[2, 2]");
    FAILS(ds_append(store, "r", DS_F32, data, row, 2, NULL, 7), DS_ERR_INVALID_ARGUMENT, "r", "7");
    FAILS(ds_load_strings_region(store, "r", at, row, 2, &text, &offsets), DS_ERR_DTYPE_MISMATCH, "r", "float32");
    STATUS(ds_resize(NULL, "r", shape, 2), DS_ERR_INVALID_HANDLE);
    OK(ds_load(store, "r", DS_F32, back, sizeof back, NULL));
    CHECK(memcmp(back, data, sizeof data) == 0 && text == NULL && offsets == NULL);
}

/* What was written by parts is there after close, and in the archive. */
static void reopened(void)
{
    const uint64_t shape[1] = {0}, three[1] = {3};
    const double more[3] = {1.5, 2.5, 3.5};
    double back[6] = {0};
    uint64_t size = 0;
    int i;
    ds_store *store = open_backend("zarr:", "parts", "{\"mode\": \"w\"}");
    OK(ds_create(store, "x", DS_F64, shape, 1, "{\"chunks\": [2]}"));
    OK(ds_append(store, "x", DS_F64, more, three, 1, NULL, 0));
    OK(ds_close(store));
    store = open_backend("zarr:", "parts", NULL);
    OK(ds_append(store, "x", DS_F64, more, three, 1, NULL, 0));
    OK(ds_compress(store, &size));
    FAILS(ds_resize(store, "x", three, 1), DS_ERR_READ_ONLY, "read", "only");
    OK(ds_close(store));
    store = open_backend("zarr:", "parts", NULL);
    OK(ds_load(store, "x", DS_F64, back, sizeof back, NULL));
    for (i = 0; i < 6; i++) {
        CHECK(back[i] > more[i % 3] - 0.1 && back[i] < more[i % 3] + 0.1);
    }
    OK(ds_close(store));
}

int main(int argc, char **argv)
{
    size_t i;
    begin(argc, argv);
    for (i = 0; i < BACKENDS; i++) {
        ds_store *store = open_backend(backends[i], "regions", "{\"mode\": \"w\"}");
        numbers(store);
        strings(store);
        refused(store);
        OK(ds_close(store));
    }
    reopened();
    return finish();
}
