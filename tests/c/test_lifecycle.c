/* The life of a handle, row by row: every event has one defined result, and nothing is ever dereferenced. */
#include "check.h"
#include "threads.h"

static const uint64_t three[1] = {3};
static const float areas[3] = {1.5f, 2.25f, 4.0f};

static void versions(void)
{
    CHECK(ds_version() == DS_VERSION);
    CHECK(strcmp(ds_version_string(), DS_VERSION_STRING) == 0);
    CHECK(DS_VERSION == DS_VERSION_MAJOR * 1000000 + DS_VERSION_MINOR * 1000 + DS_VERSION_PATCH);
    OK(ds_check_abi(DS_ABI_VERSION));
    FAILS(ds_check_abi(DS_ABI_VERSION + 1), DS_ERR_ABI, "ABI 2", "1");
    CHECK(ds_has_feature("zarr") == 1 && ds_has_feature("json") == 1 && ds_has_feature("memory") == 1);
    CHECK(ds_has_feature("floppy") == 0 && ds_has_feature(NULL) == 0 && ds_has_feature("\xff") == 0);
    CHECK(strcmp(ds_status_name(DS_ERR_NOT_FOUND), "DS_ERR_NOT_FOUND") == 0);
    CHECK(strcmp(ds_status_name(12345), "DS_ERR_UNKNOWN") == 0);
}

static void closing(const char *backend)
{
    ds_store *store = open_backend(backend, "closing", NULL);
    ds_store *other = open_backend("memory:", "", NULL);
    const char *format = NULL;
    const size_t length = strlen(backend) - 1;
    CHECK(ds_is_open(store) == 1);
    OK(ds_format(store, &format));
    CHECK(format != NULL && strlen(format) == length && strncmp(format, backend, length) == 0);
    OK(ds_save_f32(store, "face_areas", areas, three, 1));
    OK(ds_close(store));

    CHECK(ds_is_open(store) == 0);
    FAILS(ds_close(store), DS_ERR_CLOSED, "closed", "store");
    STATUS(ds_discard(store), DS_ERR_CLOSED);
    STATUS(ds_save_f32(store, "face_areas", areas, three, 1), DS_ERR_CLOSED);
    STATUS(ds_flush(store), DS_ERR_CLOSED);
    STATUS(ds_interrupt(store), DS_ERR_CLOSED);
    STATUS(ds_copy(store, other, NULL, NULL), DS_ERR_CLOSED);
    STATUS(ds_copy(other, store, NULL, NULL), DS_ERR_CLOSED);
    OK(ds_close(other));
}

/* A handle of a closed store, while the next store lives in its slot. */
static void stale(void)
{
    ds_store *first = open_backend("memory:", "", NULL);
    ds_store *second = NULL;
    float back[3] = {0};
    OK(ds_close(first));
    second = open_backend("memory:", "", NULL);
    CHECK(first != second);
    OK(ds_save_f32(second, "x", areas, three, 1));
    STATUS(ds_load_f32(first, "x", back, 3, NULL), DS_ERR_CLOSED);
    STATUS(ds_close(first), DS_ERR_CLOSED);
    CHECK(ds_is_open(first) == 0 && ds_is_open(second) == 1);
    OK(ds_load_f32(second, "x", back, 3, NULL));
    OK(ds_close(second));
}

static void no_handle_at_all(void)
{
    int local = 0;
    void *heap = malloc(64);
    ds_store *forged[6];
    size_t i;
    forged[0] = (ds_store *)(void *)&local;
    forged[1] = (ds_store *)(uintptr_t)1;
    forged[2] = (ds_store *)(uintptr_t)0x7fffffffu;
    forged[3] = (ds_store *)UINTPTR_MAX;
    forged[4] = (ds_store *)((uintptr_t)1 << 32);
    forged[5] = (ds_store *)(((uintptr_t)7 << 32) | 0x00ffffffu);
    for (i = 0; i < 6; i++) {
        STATUS(ds_flush(forged[i]), DS_ERR_INVALID_HANDLE);
        STATUS(ds_close(forged[i]), DS_ERR_INVALID_HANDLE);
        STATUS(ds_interrupt(forged[i]), DS_ERR_INVALID_HANDLE);
        CHECK(ds_is_open(forged[i]) == 0);
    }
    CHECK(ds_flush((ds_store *)heap) == DS_ERR_INVALID_HANDLE || ds_last_error_code() == DS_ERR_CLOSED);
    STATUS(ds_flush(NULL), DS_ERR_INVALID_HANDLE);
    OK(ds_close(NULL));
    OK(ds_discard(NULL));
    CHECK(ds_is_open(NULL) == 0);
    free(heap);
}

/* Buffers and iterators own what they hold. */
static void results_outlive_their_store(void)
{
    ds_store *store = open_backend("memory:", "", NULL);
    ds_buffer *text = NULL;
    ds_iter *iter = NULL;
    const char *key = NULL;
    ds_kind kind = 0;
    OK(ds_save_string(store, "label", "bracket", 7));
    OK(ds_load_string(store, "label", &text));
    OK(ds_list(store, NULL, 0, &iter));
    OK(ds_close(store));
    CHECK(buffer_is(text, "bracket"));
    OK(ds_iter_next(iter, &key, &kind));
    CHECK(strcmp(key, "label") == 0 && kind == DS_KIND_ARRAY);
    STATUS(ds_iter_next(iter, &key, &kind), DS_DONE);
    STATUS(ds_iter_next(iter, &key, NULL), DS_DONE);
    ds_iter_free(iter);
    ds_iter_free(NULL);
    ds_buffer_free(NULL);
    CHECK(ds_buffer_size(NULL) == 0 && strcmp(ds_buffer_data(NULL), "") == 0);
}

static void the_last_error(void)
{
    ds_store *store = open_backend("memory:", "", NULL);
    ds_buffer *buffer = NULL;
    OK(ds_save_string(store, "s", "x", 1));
    OK(ds_load_string(store, "s", &buffer));
    FAILS(ds_delete(store, "nothing_here"), DS_ERR_NOT_FOUND, "nothing_here", "not");
    /* Accessors and frees leave it alone ... */
    CHECK(ds_buffer_size(buffer) == 1);
    ds_buffer_free(buffer);
    (void)ds_is_open(store);
    (void)ds_version();
    (void)ds_has_feature("x");
    CHECK(ds_last_error_code() == DS_ERR_NOT_FOUND && ds_last_error_message()[0] != '\0');
    /* ... and the next call that can fail clears it. */
    OK(ds_flush(store));
    CHECK(ds_last_error_code() == DS_OK && ds_last_error_message()[0] == '\0');
    OK(ds_close(store));
}

struct closer {
    ds_store *store;
    ds_status result;
};

static THREAD_RESULT close_it(void *argument)
{
    struct closer *closer = (struct closer *)argument;
    closer->result = ds_close(closer->store);
    THREAD_END;
}

/* Eight closes at once: one closes, seven are told. */
static void racing_closes(void)
{
    int round;
    for (round = 0; round < 50; round++) {
        ds_store *store = open_backend("memory:", "", NULL);
        thread_t threads[8];
        struct closer closers[8];
        int i, closed = 0;
        for (i = 0; i < 8; i++) {
            closers[i].store = store;
            thread_start(&threads[i], close_it, &closers[i]);
        }
        for (i = 0; i < 8; i++) {
            thread_join(threads[i]);
            CHECK(closers[i].result == DS_OK || closers[i].result == DS_ERR_CLOSED);
            closed += closers[i].result == DS_OK;
        }
        CHECK(closed == 1);
    }
}

/* More stores than one segment of the table holds. */
static void many_stores(void)
{
    ds_store *stores[300];
    size_t i;
    for (i = 0; i < 300; i++) {
        stores[i] = open_backend("memory:", "", NULL);
        OK(ds_save_metadata_i64(stores[i], "number", (int64_t)i));
    }
    for (i = 0; i < 300; i++) {
        char text[16];
        ds_buffer *buffer = NULL;
        (void)snprintf(text, sizeof text, "%u", (unsigned)i);
        OK(ds_load_metadata(stores[i], "number", &buffer));
        CHECK(buffer_is(buffer, text));
    }
    for (i = 0; i < 300; i++) {
        OK(i % 2 == 0 ? ds_close(stores[i]) : ds_discard(stores[i]));
    }
}

/* What discard drops, what close keeps, and the handle after compress. */
static void commit_points(void)
{
    ds_store *store = open_backend("zarr:", "commit", NULL);
    const char *archive = path_of("commit.zarr.data");
    uint64_t bytes = 0;
    float back[3] = {0};
    size_t count = 0;
    int32_t there = 1;
    OK(ds_save_f32(store, "kept", areas, three, 1));
    OK(ds_flush(store));
    OK(ds_save_f32(store, "dropped", areas, three, 1));
    OK(ds_discard(store));

    store = open_backend("zarr:", "commit", NULL);
    OK(ds_exists(store, "dropped", &there));
    CHECK(there == 0);
    OK(ds_exists(store, "kept", &there));
    CHECK(there == 1);
    OK(ds_compress(store, &bytes));
    CHECK(bytes > 0);
    STATUS(ds_save_f32(store, "late", areas, three, 1), DS_ERR_READ_ONLY);
    OK(ds_load_f32(store, "kept", back, 3, &count));
    CHECK(count == 3 && memcmp(back, areas, sizeof areas) == 0);
    OK(ds_close(store));
    CHECK(file_exists(archive));

    store = open_backend("zarr:", "commit", NULL); /* the archive, read-only */
    OK(ds_load_f32(store, "kept", back, 3, NULL));
    STATUS(ds_save_f32(store, "late", areas, three, 1), DS_ERR_READ_ONLY);
    OK(ds_close(store));
}

int main(int argc, char **argv)
{
    size_t i;
    begin(argc, argv);
    versions();
    for (i = 0; i < BACKENDS; i++) {
        closing(backends[i]);
    }
    stale();
    no_handle_at_all();
    results_outlive_their_store();
    the_last_error();
    racing_closes();
    many_stores();
    commit_points();
    return finish();
}
