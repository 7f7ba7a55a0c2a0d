/* Handles that nobody was given: every call on one has a defined status, and nothing happens to what is open. */
#ifndef FORGED_H
#define FORGED_H

#include "calls.h"

/* Objects whose addresses are given for handles, and a dataset that stays open. */
static struct {
    ds_schema_builder *builder;
    ds_buffer *buffer;
    ds_iter *iter;
    ds_array_view *view;
    ds_dataset *dataset;
} objects;

static void *bits(uint64_t number)
{
    return (void *)(uintptr_t)number;
}

/* Any call on `handle` must give one of two statuses; `ends` says that closes are tried too. */
static void must_refuse(struct thread *me, void *handle, int ends, ds_status one, ds_status other, const char *what)
{
    ds_store *store = (ds_store *)handle;
    ds_dataset *dataset = (ds_dataset *)handle;
    const uint64_t draw = next_random(me) % (ends ? 9 : 6);
    static const char *const names[] = {"ds_load_i32",         "ds_save_i32",      "ds_interrupt",
                                        "ds_set_progress",     "ds_copy",          "ds_dataset_file_code",
                                        "ds_close",            "ds_discard",       "ds_dataset_close"};
    int32_t value = 1;
    int64_t code;
    uint64_t installed;
    ds_status status = DS_OK;
    doing(me, names[draw]);
    switch (draw) {
    case 0:
        status = ds_load_i32(store, "both", &value, 1, NULL);
        break;
    case 1:
        status = ds_save_i32(store, "both", &value, NULL, 0);
        break;
    case 2:
        status = ds_interrupt(store);
        break;
    case 3:
        installed = 0;
        status = ds_set_progress(store, NULL, &installed, destroy_other);
        if (installed != 1) {
            finding("userdata is not freed", what, handle, status);
        }
        break;
    case 4:
        status = ds_copy(store, store, NULL, NULL);
        break;
    case 5:
        status = ds_dataset_file_code(dataset, "a", &code);
        break;
    case 6:
        status = ds_close(store);
        break;
    case 7:
        status = ds_discard(store);
        break;
    default:
        status = ds_dataset_close(dataset);
    }
    me->counts[FORGED]++;
    if (status != one && status != other) {
        finding(what, names[draw], handle, status);
    }
    if (ds_is_open(store) != 0) {
        finding(what, "ds_is_open", handle, DS_OK);
    }
}

/* Reads through a handle that may be that of another open store: then what is read is whole. */
static void read_neighbour(struct thread *me, void *handle)
{
    int32_t values[VALUES] = {0};
    size_t count = 0;
    ds_status status;
    doing(me, "ds_load_i32 on a neighbour");
    status = ds_load_i32((ds_store *)handle, "id", values, VALUES, &count);
    me->counts[FORGED]++;
    if (status == DS_OK && (count != VALUES || !all_are(values, VALUES, values[0]))) {
        finding("wrong values of a neighbour", "ds_load_i32", handle, status);
    }
    /* NOT_FOUND: it was opened, and has no node yet; the dataset's is no store. */
    if (status != DS_OK && status != DS_ERR_CLOSED && status != DS_ERR_INVALID_HANDLE && status != DS_ERR_NOT_FOUND &&
        status != DS_ERR_CANCELLED) {
        finding("an undefined status of a neighbour", "ds_load_i32", handle, status);
    }
}

static void forge(struct thread *me, const struct session *session)
{
    const uint64_t live = (uint64_t)(uintptr_t)session->handle, random = next_random(me);
    const uint64_t generation = live >> 32;
    uint64_t older;
    const ds_status closed = DS_ERR_CLOSED, none = DS_ERR_INVALID_HANDLE;
    int local = 0;
    switch (next_random(me) % 12) {
    case 0:
        must_refuse(me, bits(random), 1, none, closed, "random bits");
        break;
    case 1: /* a generation that no slot reaches here */
        must_refuse(me, bits((live & 0xffffffff) | (random | UINT64_C(1) << 63) >> 32 << 32), 1, closed, closed,
                    "a live slot, another generation");
        break;
    case 2: /* one that is over */
        older = random % generation;
        must_refuse(me, bits((older << 32) | (live & 0xffffffff)), 1, older == 0 ? none : closed,
                    older == 0 ? none : closed, "a generation that is over");
        break;
    case 3:
        must_refuse(me, bits((live | UINT64_C(0x7fff0000))), 1, none, none, "a slot that is not there");
        break;
    case 4:
        must_refuse(me, bits(random & 0xffff), 1, none, random & 0xffff ? none : DS_OK, "a small number");
        break;
    case 5:
        must_refuse(me, NULL, 0, none, none, "NULL");
        break;
    case 6:
        read_neighbour(me, bits(live + (random & 1 ? 1 : (uint64_t)-1)));
        break;
    case 7:
        read_neighbour(me, bits(live + (UINT64_C(1) << 32)));
        break;
    case 8: /* what is open as another thing stays open */
        if (ds_close((ds_store *)objects.dataset) != none || ds_interrupt((ds_store *)objects.dataset) != none ||
            ds_is_open((ds_store *)objects.dataset) != 0 || ds_dataset_is_open(objects.dataset) != 1 ||
            ds_exists((ds_store *)objects.dataset, "x", &local) != none) {
            finding("the handle of a dataset", "a call for stores", objects.dataset, ds_last_error_code());
        }
        me->counts[FORGED] += 5;
        break;
    case 9:
        must_refuse(me, &local, 1, none, closed, "an address on the stack");
        break;
    default:
        must_refuse(me, random & 1 ? (void *)objects.builder : random & 2 ? (void *)objects.buffer : random & 4 ?
                    (void *)objects.iter : (void *)objects.view, 1, none, closed, "an address of another object");
    }
}

/* A thread guesses the handle that the next open will give, and closes it, again and again. */
static struct {
    uint64_t guess;
    uint64_t answered, hits;
    uint32_t over;
} guesses;

static void *guess(void *argument)
{
    struct thread *me = (struct thread *)argument;
    while (LOAD(&guesses.over) == 0) {
        void *handle = bits(LOAD(&guesses.guess));
        ds_status status;
        doing(me, "ds_close of a guess");
        status = ds_close((ds_store *)handle);
        if (status != DS_OK && status != DS_ERR_CLOSED && status != DS_ERR_INVALID_HANDLE) {
            finding("an undefined status of a guess", "ds_close", handle, status);
        }
        (void)ADD(&guesses.hits, handle != NULL && status == DS_OK);
        (void)ADD(&guesses.answered, 1);
        (void)sched_yield();
    }
    doing(me, NULL);
    return NULL;
}

/* The owner waits for an answer to a guess that began after its open: one that waited for the owner in turn would hang.
 * Every store is ended once, by the one or by the other; a dataset only by its owner. */
static void be_guessed(struct thread *me, uint64_t rounds)
{
    ds_store *store = NULL;
    uint64_t round;
    for (round = 0; round < rounds; round++) {
        const int dataset = round % 16 == 15;
        const uint64_t hits = LOAD(&guesses.hits);
        uint64_t answered;
        ds_dataset *opened = NULL;
        ds_status status;
        doing(me, "ds_open beside a guess");
        if (ds_open_memory(NULL, &store) != DS_OK || ds_close(store) != DS_OK) {
            finding("no store", "ds_open_memory", store, ds_last_error_code());
        }
        STORE(&guesses.guess, (uint64_t)(uintptr_t)store + (UINT64_C(1) << 32));
        status = dataset ? ds_dataset_open(all.dataset, NULL, &opened) : ds_open_memory(NULL, &store);
        if (status != DS_OK) {
            finding("no store", "ds_open beside a guess", NULL, status);
        }
        doing(me, "waiting for the answer to a guess");
        for (answered = LOAD(&guesses.answered); LOAD(&guesses.answered) < answered + 2;) {
            (void)sched_yield();
        }
        status = dataset ? ds_dataset_close(opened) : ds_close(store);
        STORE(&guesses.guess, 0);
        for (answered = LOAD(&guesses.answered); LOAD(&guesses.answered) < answered + 2;) {
            (void)sched_yield();
        }
        if (LOAD(&guesses.hits) - hits != (uint64_t)(status == DS_ERR_CLOSED) ||
            (status != DS_OK && (dataset || status != DS_ERR_CLOSED))) {
            finding("not ended exactly once", "a close beside a guess", dataset ? (void *)opened : (void *)store, status);
        }
        me->counts[FORGED]++;
    }
    STORE(&guesses.over, 1);
    doing(me, NULL);
}

#endif
