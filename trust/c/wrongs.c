/* A little of what a program does with the library, each part on its own: for the check `tools` of `make trust`.
 *
 *     wrongs
 *
 * It is clean under every tool that watches memory and threads, and no longer so when the library is made to do a thing
 * wrong: a tool that says nothing then watches nothing. Here is one occasion for each wrong that such a tool sees: a close
 * that does not wait for the call that it meets (use after free), a buffer that stays (leak), a byte too many (write out of
 * bounds), an unsynchronised count (data race). It gives 0 whatever the calls gave: what is wrong is for the tool to say. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "datastorage.h"

#define VALUES 100

static struct {
    ds_store *store, *sink;
    int inside, closed;
} met;

static int is_set(int *flag)
{
    return __atomic_load_n(flag, __ATOMIC_SEQ_CST);
}

/* Gives the closer a second; it does not use it, for it waits for the call that this runs in. */
static int32_t linger(void *userdata, const char *stage, uint64_t done, uint64_t total)
{
    int tenths;
    (void)userdata, (void)stage, (void)done, (void)total;
    if (is_set(&met.inside) == 0) {
        __atomic_store_n(&met.inside, 1, __ATOMIC_SEQ_CST);
        for (tenths = 0; tenths < 10 && !is_set(&met.closed); tenths++) {
            const struct timespec tenth = {0, 100000000};
            (void)nanosleep(&tenth, NULL);
        }
    }
    return 0;
}

static void *copy(void *argument)
{
    (void)argument;
    (void)!ds_copy(met.store, met.sink, NULL, NULL);
    return NULL;
}

static ds_store *open_with(const char *one, const char *other)
{
    ds_store *store = NULL;
    float values[VALUES] = {0};
    const uint64_t shape[1] = {VALUES};
    if (ds_open_memory(NULL, &store) != DS_OK || ds_save_f32(store, one, values, shape, 1) != DS_OK ||
        ds_save_f32(store, other, values, shape, 1) != DS_OK) {
        abort();
    }
    return store;
}

static void close_beside_a_call(void)
{
    pthread_t thread;
    met.store = open_with("a", "b");
    met.sink = open_with("a", "b");
    (void)!ds_set_progress(met.store, linger, NULL, NULL);
    (void)pthread_create(&thread, NULL, copy, NULL);
    while (is_set(&met.inside) == 0) {
        const struct timespec thousandth = {0, 1000000};
        (void)nanosleep(&thousandth, NULL);
    }
    (void)!ds_close(met.store);
    __atomic_store_n(&met.closed, 1, __ATOMIC_SEQ_CST);
    (void)pthread_join(thread, NULL);
    (void)!ds_close(met.sink);
}

static void free_buffers(void)
{
    ds_store *store = open_with("a", "b");
    int i;
    for (i = 0; i < 10; i++) {
        ds_buffer *buffer = NULL;
        (void)!ds_load_bytes(store, "a", &buffer);
        ds_buffer_free(buffer);
    }
    (void)!ds_close(store);
}

static void load_into_just_enough(void)
{
    ds_store *store = open_with("a", "b");
    float *values = (float *)malloc(VALUES * sizeof *values);
    if (values == NULL || ds_load_f32(store, "a", values, VALUES, NULL) != DS_OK) {
        abort();
    }
    free(values);
    (void)!ds_close(store);
}

static void *call_often(void *argument)
{
    int32_t is = 0;
    int i;
    for (i = 0; i < 1000; i++) {
        (void)!ds_exists((ds_store *)argument, "a", &is);
    }
    return NULL;
}

static void call_from_two_threads(void)
{
    ds_store *store = open_with("a", "b");
    pthread_t one, other;
    (void)pthread_create(&one, NULL, call_often, store);
    (void)pthread_create(&other, NULL, call_often, store);
    (void)pthread_join(one, NULL);
    (void)pthread_join(other, NULL);
    (void)!ds_close(store);
}

int main(void)
{
    if (ds_has_feature("trust") != 1) {
        fprintf(stderr, "wrongs: the library was built without the feature trust\n");
        return 2;
    }
    free_buffers();
    load_into_just_enough();
    call_from_two_threads();
    close_beside_a_call();
    return 0;
}
