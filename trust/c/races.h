/* What the files of `races` share: a thread's numbers, what was found, what was counted. */
#ifndef RACES_H
#define RACES_H

#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "datastorage.h"

/* C99 has no atomics; these are those of gcc and clang. */
#define LOAD(place) __atomic_load_n(place, __ATOMIC_SEQ_CST)
#define STORE(place, value) __atomic_store_n(place, value, __ATOMIC_SEQ_CST)
#define ADD(place, value) __atomic_fetch_add(place, value, __ATOMIC_SEQ_CST)

enum count {
    RACES,      /* closes that ended a handle while another thread's call on it was in flight */
    CLOSES,     /* closes that ended a handle */
    CLOSED,     /* closes that were told that it is closed, each after the first had finished */
    LET_IN,     /* calls that were in flight when a close began, and did what they were asked */
    REFUSED,    /* calls that were in flight when a close began, and were told that it is closed */
    STALE,      /* calls on a handle whose close had returned */
    FORGED,     /* calls on handles that nobody was given */
    OUTLIVED,   /* views that were read after the close of their store */
    CANCELLED,  /* calls that an interrupt ended */
    FILES,      /* stores on a disk among those that were closed */
    DATASETS,   /* datasets among them */
    COUNTS
};
static const char *const count_names[COUNTS] = {"races",  "closes",   "closed again", "let in", "refused", "stale calls",
                                                "forged", "outlived", "cancelled",    "files",  "datasets"};

#define VALUES 24
#define HELD 8

/* A view that a thread keeps, and what its elements are. */
struct held {
    ds_array_view *view;
    int32_t value;
    uint32_t *closed;
};

struct thread {
    pthread_t thread;
    uint64_t random;
    uint64_t counts[COUNTS];
    struct held held[HELD];
    ds_store *sink; /* a store that is only this thread's */
    /* For the watch: what it does, and how often it has done something. */
    const char *doing;
    uint64_t beat;
};

static struct {
    const char *directory;
    uint64_t wanted, races;
    unsigned threads, places;
    unsigned limit; /* seconds that one call may take */
    uint64_t seed;
    uint64_t opened, ended, installed, destroyed;
    unsigned findings;
    char dataset[1200];
} all;

static uint64_t next_random(struct thread *me)
{
    /* splitmix64 */
    uint64_t z = (me->random += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static void finding(const char *what, const char *call, const void *handle, ds_status status)
{
    if (ADD(&all.findings, 1u) < 20) {
        printf("finding %s: %s on %p gave %s\n", what, call, handle, ds_status_name(status));
        (void)fflush(stdout);
    }
}

static void doing(struct thread *me, const char *what)
{
    __atomic_store_n(&me->doing, what, __ATOMIC_RELAXED);
    __atomic_store_n(&me->beat, me->beat + 1, __ATOMIC_RELAXED);
}

static int all_are(const int32_t *values, size_t count, int32_t value)
{
    size_t i;
    for (i = 0; i < count; i++) {
        if (values[i] != value) {
            return 0;
        }
    }
    return 1;
}

#endif
