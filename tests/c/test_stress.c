/* Eight threads open, save, load, list, interrupt and close the same few handles. Every call has a defined result, no
 * load sees half a save, and every store that was opened is closed exactly once. */
#include "check.h"
#include "threads.h"

#ifndef ROUNDS
#define ROUNDS 4000
#endif
#define THREADS 8
#define PLACES 6
#define LENGTH 512

/* The handles the threads share; the lock guards the variables, not the calls. */
static struct {
    ds_store *stores[PLACES];
    unsigned names;
    unsigned opened, closed;
    lock_t lock;
} shared;

static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

static ds_store *get(size_t place)
{
    ds_store *store;
    lock_take(&shared.lock);
    store = shared.stores[place];
    lock_give(&shared.lock);
    return store;
}

/* Puts a new store into a place; the one before stays open until whoever replaced it has closed it. */
static void reopen(size_t place)
{
    char uri[1200];
    ds_store *fresh = NULL, *before;
    unsigned name;
    lock_take(&shared.lock);
    name = shared.names++;
    lock_give(&shared.lock);
    /* Mostly memory; now and then a directory of its own. */
    if (place == PLACES - 1 && name % 16 == 0) {
        (void)snprintf(uri, sizeof uri, "zarr:%s/s%u.zarr", directory, name);
    } else {
        (void)snprintf(uri, sizeof uri, "memory:");
    }
    OK(ds_open(uri, "{\"sync\": \"none\"}", &fresh));
    lock_take(&shared.lock);
    before = shared.stores[place];
    shared.stores[place] = fresh;
    shared.opened++;
    lock_give(&shared.lock);
    if (before != NULL) {
        const ds_status status = ds_close(before);
        CHECK(status == DS_OK || status == DS_ERR_CLOSED);
        lock_take(&shared.lock);
        shared.closed += status == DS_OK;
        lock_give(&shared.lock);
    }
}

static int is_one_of(ds_status status, ds_status a, ds_status b)
{
    return status == DS_OK || status == DS_ERR_CLOSED || status == DS_ERR_CANCELLED || status == a || status == b;
}

static THREAD_RESULT work(void *argument)
{
    uint32_t random = 2463534242u + 7919u * (uint32_t)(uintptr_t)argument;
    int32_t values[LENGTH];
    static const uint64_t shape[1] = {LENGTH};
    unsigned round;
    for (round = 0; round < ROUNDS; round++) {
        const size_t place = next_random(&random) % PLACES;
        ds_store *store = get(place);
        size_t count = 0, i;
        ds_iter *iter = NULL;
        ds_status status;
        switch (next_random(&random) % 16) {
        case 0:
            reopen(place);
            break;
        case 1:
            status = (random & 64) != 0 ? ds_close(store) : ds_discard(store);
            CHECK(status == DS_OK || status == DS_ERR_CLOSED);
            lock_take(&shared.lock);
            shared.closed += status == DS_OK;
            lock_give(&shared.lock);
            break;
        case 2:
            status = ds_interrupt(store);
            CHECK(status == DS_OK || status == DS_ERR_CLOSED);
            break;
        case 3:
            status = ds_list(store, NULL, 1, &iter);
            CHECK(is_one_of(status, DS_OK, DS_OK));
            if (status == DS_OK) {
                const char *key;
                while ((status = ds_iter_next(iter, &key, NULL)) == DS_OK) {
                    CHECK(strcmp(key, "x") == 0);
                }
                CHECK(status == DS_DONE);
            }
            ds_iter_free(iter);
            break;
        case 4:
        case 5:
        case 6:
        case 7:
        case 8:
            for (i = 0; i < LENGTH; i++) {
                values[i] = (int32_t)round;
            }
            CHECK(is_one_of(ds_save_i32(store, "x", values, shape, 1), DS_OK, DS_OK));
            break;
        case 9:
            CHECK(is_one_of(ds_flush(store), DS_OK, DS_OK));
            break;
        case 10:
            CHECK((ds_is_open(store) & ~1) == 0);
            break;
        default:
            status = ds_load_i32(store, "x", values, LENGTH, &count);
            CHECK(is_one_of(status, DS_ERR_NOT_FOUND, DS_OK));
            for (i = 1; status == DS_OK && i < LENGTH; i++) {
                if (values[i] != values[0]) {
                    CHECK(!"a load saw half a save");
                    break;
                }
            }
        }
    }
    THREAD_END;
}

int main(int argc, char **argv)
{
    thread_t threads[THREADS];
    size_t i;
    begin(argc, argv);
    lock_init(&shared.lock);
    for (i = 0; i < PLACES; i++) {
        reopen(i);
    }
    for (i = 0; i < THREADS; i++) {
        thread_start(&threads[i], work, (void *)(uintptr_t)i);
    }
    for (i = 0; i < THREADS; i++) {
        thread_join(threads[i]);
    }
    for (i = 0; i < PLACES; i++) {
        const ds_status status = ds_close(shared.stores[i]);
        CHECK(status == DS_OK || status == DS_ERR_CLOSED);
        shared.closed += status == DS_OK;
    }
    if (shared.opened != shared.closed) {
        fprintf(stderr, "%u stores were opened, %u closed\n", shared.opened, shared.closed);
        failures++;
    }
    return finish();
}
