/* Callbacks: where they run, what they may call, that they cancel, and that destroy comes exactly once. */
#include "check.h"
#include "threads.h"

static const uint64_t three[1] = {3};
static const float areas[3] = {1.5f, 2.25f, 4.0f};

struct watch {
    int calls, destroyed, cancel_at, depth;
    ds_store *store, *other;
    int interrupt;
    char stage[32];
};

static int32_t on_progress(void *userdata, const char *stage, uint64_t done, uint64_t total)
{
    struct watch *watch = (struct watch *)userdata;
    float back[3];
    CHECK(watch->destroyed == 0);
    CHECK(total == 0 || done <= total);
    (void)snprintf(watch->stage, sizeof watch->stage, "%.31s", stage);
    watch->calls++;
    if (watch->store != NULL) {
        /* Nothing that could wait for this very call. */
        FAILS(ds_close(watch->store), DS_ERR_BUSY, "store", "callback");
        STATUS(ds_discard(watch->store), DS_ERR_BUSY);
        STATUS(ds_close(watch->other), DS_ERR_BUSY);
        STATUS(ds_save_f32(watch->store, "late", areas, three, 1), DS_ERR_BUSY);
        STATUS(ds_load_f32(watch->store, "a", back, 3, NULL), DS_ERR_BUSY);
        STATUS(ds_set_progress(watch->store, NULL, NULL, NULL), DS_ERR_BUSY);
        /* Another store, and asking, are fine. */
        CHECK(ds_is_open(watch->store) == 1);
        OK(ds_save_f32(watch->other, "seen", areas, three, 1));
    }
    if (watch->interrupt) {
        OK(ds_interrupt(watch->store));
    }
    return watch->calls == watch->cancel_at;
}

static void on_destroy(void *userdata)
{
    ds_store *store = NULL;
    ((struct watch *)userdata)->destroyed++;
    STATUS(ds_open_memory(NULL, &store), DS_ERR_BUSY);
    CHECK(store == NULL);
}

static ds_store *filled(const char *backend, const char *name)
{
    ds_store *store = open_backend(backend, name, NULL);
    OK(ds_save_f32(store, "a", areas, three, 1));
    OK(ds_save_f32(store, "b", areas, three, 1));
    OK(ds_save_f32(store, "c", areas, three, 1));
    return store;
}

static void progress(const char *backend)
{
    struct watch watch = {0};
    ds_store *store = filled(backend, "progress"), *target = open_backend("memory:", "", NULL);
    uint64_t copied = 0;
    watch.store = store;
    watch.other = open_backend("memory:", "", NULL);
    OK(ds_set_progress(store, on_progress, &watch, on_destroy));
    OK(ds_copy(store, target, NULL, &copied));
    CHECK(copied == 3 && watch.calls > 0 && strcmp(watch.stage, "copy") == 0);
    CHECK(ds_last_error_message()[0] == '\0');

    watch.calls = 0;
    watch.cancel_at = 2;
    FAILS(ds_copy(store, target, NULL, &copied), DS_ERR_CANCELLED, "copy", "2");
    CHECK(watch.calls == 2);
    watch.cancel_at = 0;
    watch.interrupt = 1;
    STATUS(ds_copy(store, target, NULL, &copied), DS_ERR_CANCELLED);
    watch.interrupt = 0;
    OK(ds_copy(store, target, NULL, &copied)); /* an interrupt leaves no mark */
    OK(ds_flush(store));
    OK(ds_verify(store, NULL, NULL));
    CHECK(watch.destroyed == 0);
    OK(ds_compress(store, NULL));
    OK(ds_close(store));
    CHECK(watch.destroyed == 1);
    OK(ds_close(target));
    OK(ds_close(watch.other));
}

/* Cancelling a compress leaves no archive, and the store as it was. */
static void cancelled_compress(void)
{
    struct watch watch = {0};
    ds_store *store = filled("zarr:", "cancel");
    float back[3];
    watch.cancel_at = 1;
    OK(ds_flush(store));
    OK(ds_set_progress(store, on_progress, &watch, on_destroy));
    STATUS(ds_compress(store, NULL), DS_ERR_CANCELLED);
    CHECK(watch.calls == 1 && !file_exists(path_of("cancel.zarr.data")));
    OK(ds_set_progress(store, NULL, NULL, NULL));
    CHECK(watch.destroyed == 1);
    OK(ds_save_f32(store, "d", areas, three, 1));
    OK(ds_load_f32(store, "d", back, 3, NULL));
    OK(ds_close(store));
}

static void destroy_comes_once(void)
{
    struct watch a = {0}, b = {0}, c = {0}, d = {0}, e = {0};
    ds_store *store = open_backend("memory:", "", NULL), *closed = open_backend("memory:", "", NULL);
    OK(ds_close(closed));
    OK(ds_set_progress(store, on_progress, &a, on_destroy));
    OK(ds_set_progress(store, on_progress, &b, on_destroy)); /* replaced */
    CHECK(a.destroyed == 1 && b.destroyed == 0);
    OK(ds_set_progress(store, NULL, &c, on_destroy)); /* removed; nothing installed */
    CHECK(b.destroyed == 1 && c.destroyed == 1);
    STATUS(ds_set_progress(closed, on_progress, &d, on_destroy), DS_ERR_CLOSED); /* failed */
    CHECK(d.destroyed == 1);
    OK(ds_set_progress(store, on_progress, &e, on_destroy));
    OK(ds_discard(store)); /* discarded */
    CHECK(a.destroyed == 1 && b.destroyed == 1 && c.destroyed == 1 && d.destroyed == 1 && e.destroyed == 1);
}

static void on_log(void *userdata, ds_level level, const char *message)
{
    struct watch *watch = (struct watch *)userdata;
    ds_store *store = NULL;
    CHECK(level >= DS_LOG_ERROR && level <= DS_LOG_DEBUG && message[0] != '\0' && strchr(message, '\n') == NULL);
    STATUS(ds_open_memory(NULL, &store), DS_ERR_BUSY);
    STATUS(ds_set_log(NULL, NULL, NULL), DS_ERR_BUSY);
    STATUS(ds_check_abi(DS_ABI_VERSION), DS_ERR_BUSY);
    CHECK(store == NULL && ds_version() == DS_VERSION);
    watch->calls++;
}

static void logging(void)
{
    static const char schema[] = "{\"groups\": {\"faces\": {\"primary_dimension\": \"face\", \"arrays\": {\"areas\": {\"dims\": [\"face\"], \"dtype\": \"int32\"}}}}}";
    struct watch watch = {0}, later = {0};
    ds_store *store = open_backend("memory:", "", "{\"validate\": \"warn\"}");
    OK(ds_set_log(on_log, &watch, on_destroy));
    OK(ds_set_schema(store, schema, strlen(schema)));
    OK(ds_save_f32(store, "areas", areas, three, 1)); /* float32 under int32: a warning */
    CHECK(watch.calls == 1);
    CHECK(ds_last_error_code() == DS_OK);
    OK(ds_set_log(on_log, &later, on_destroy));
    CHECK(watch.destroyed == 1 && later.destroyed == 0);
    OK(ds_set_log(NULL, NULL, NULL));
    CHECK(later.destroyed == 1 && watch.destroyed == 1);
    OK(ds_save_f32(store, "areas", areas, three, 1));
    CHECK(watch.calls == 1 && later.calls == 0);
    OK(ds_close(store));
}

int main(int argc, char **argv)
{
    size_t i;
    begin(argc, argv);
    for (i = 0; i < BACKENDS; i++) {
        progress(backends[i]);
    }
    cancelled_compress();
    destroy_comes_once();
    logging();
    return finish();
}
