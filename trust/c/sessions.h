/* Sessions: what was opened, from its open to its close, and who is in it.
 *
 * A place has a ring of them, and the one that is current. A thread that works with a session holds it, so that what is
 * known of a handle (its value, whether a close has returned) stays beside it; a session is used again only when nobody
 * holds it. Each call on its handle is bracketed: `calls` counts those that began (from bit 16 on) and those in flight.
 *
 * A race is a close that ended the handle (DS_OK) and had a call of another thread in flight, between its brackets, at
 * the moment before the close was called, or one that began before it returned. */
#ifndef SESSIONS_H
#define SESSIONS_H

#include "races.h"

#define RING 64
#define MOST_PLACES 32

enum kind { MEMORY, FILE_STORE, DATASET };

struct session {
    uint64_t entry; /* its number (from bit 32 on, 0: none) and how many hold it */
    uint64_t calls;
    enum kind kind;
    void *handle;
    int32_t value;      /* what every element of "id" is */
    uint32_t closing;   /* a close was called */
    uint32_t closed;    /* a close has returned */
    uint32_t destroyed; /* the userdata of its first progress callback */
    uint32_t ends;      /* closes that returned DS_OK: 1 in the end */
};

struct place {
    uint64_t current;
    uint32_t opening;
    struct session ring[RING];
};
static struct place places[MOST_PLACES];

/* The session that was current `back` opens ago, held; NULL when it is being used again. */
static struct session *hold(struct place *place, uint64_t back)
{
    const uint64_t now = LOAD(&place->current);
    struct session *session;
    uint64_t number;
    if (now <= back) {
        return NULL;
    }
    number = now - back;
    session = &place->ring[number % RING];
    if (ADD(&session->entry, 1) >> 32 != (number & 0xffffffff)) {
        (void)ADD(&session->entry, (uint64_t)-1);
        return NULL;
    }
    return session;
}

static void let_go(struct session *session)
{
    (void)ADD(&session->entry, (uint64_t)-1);
}

#define BEGIN_CALL ((UINT64_C(1) << 16) + 1)

static void begin_call(struct session *session)
{
    (void)ADD(&session->calls, BEGIN_CALL);
}

static void end_call(struct session *session)
{
    (void)ADD(&session->calls, (uint64_t)-1);
}

/* Frees the userdata of a progress callback: a session, or the count of those that were installed later. */
static void destroy_session(void *userdata)
{
    STORE(&((struct session *)userdata)->destroyed, 1);
    (void)ADD(&all.destroyed, 1);
}

static void destroy_other(void *userdata)
{
    (void)ADD((uint64_t *)userdata, 1);
}

/* A close waits for the call whose progress this tells. */
static int32_t progress(void *userdata, const char *stage, uint64_t done, uint64_t total)
{
    const struct session *session = (const struct session *)userdata;
    (void)stage, (void)done, (void)total;
    (void)sched_yield();
    if (LOAD(&session->ends) != 0) {
        finding("a call went on after the close of its handle had returned", "progress", session->handle, DS_OK);
    }
    return 0;
}

static int filled(ds_store *store, int32_t value)
{
    int32_t values[VALUES];
    const uint64_t shape[1] = {VALUES};
    size_t i;
    for (i = 0; i < VALUES; i++) {
        values[i] = value;
    }
    return ds_save_i32(store, "id", values, shape, 1) == DS_OK &&
           ds_save_i32(store, "both", &(int32_t){42}, NULL, 0) == DS_OK;
}

static ds_status open_session(struct session *session, unsigned place, uint64_t number)
{
    char uri[1400];
    ds_store *store = NULL;
    ds_status status;
    if (session->kind == DATASET) {
        ds_dataset *dataset = NULL;
        status = ds_dataset_open(all.dataset, NULL, &dataset);
        session->handle = dataset;
        session->destroyed = 1;
        return status;
    }
    if (session->kind == FILE_STORE) {
        (void)snprintf(uri, sizeof uri, "%s:%s/p%u-%u.%s", number & 1 ? "zarr" : "json", all.directory, place,
                       (unsigned)(number % RING), number & 1 ? "zarr" : "json");
        status = ds_open(uri, "{\"mode\": \"w\", \"sync\": \"none\", \"export\": false}", &store);
    } else {
        status = ds_open_memory(NULL, &store);
    }
    session->handle = store;
    if (status == DS_OK) {
        (void)ADD(&all.installed, 1);
        status = ds_set_progress(store, progress, session, destroy_session);
    }
    if (status == DS_OK && !filled(store, session->value)) {
        status = ds_last_error_code();
    }
    return status;
}

/* Ends a session, or is told that it has ended. The caller holds it. */
static void end_session(struct thread *me, struct session *session)
{
    const int discard = (next_random(me) & 3) == 0;
    const char *call = session->kind == DATASET ? "ds_dataset_close" : discard ? "ds_discard" : "ds_close";
    const uint32_t was_closed = LOAD(&session->closed);
    uint64_t before, after;
    ds_status status;
    STORE(&session->closing, 1);
    doing(me, call);
    before = LOAD(&session->calls);
    status = session->kind == DATASET ? ds_dataset_close((ds_dataset *)session->handle)
             : discard                ? ds_discard((ds_store *)session->handle)
                                      : ds_close((ds_store *)session->handle);
    after = LOAD(&session->calls);
    if (LOAD(&session->destroyed) == 0) {
        finding("the close is not over", call, session->handle, status);
    }
    if (status == DS_OK) {
        if (ADD(&session->ends, 1) != 0 || was_closed) {
            finding("it was closed before", call, session->handle, status);
        }
        (void)ADD(&all.ended, 1);
        me->counts[CLOSES]++;
        me->counts[FILES] += session->kind == FILE_STORE;
        me->counts[DATASETS] += session->kind == DATASET;
        if ((before & 0xffff) != 0 || before >> 16 != after >> 16) {
            me->counts[RACES]++;
            (void)ADD(&all.races, 1);
        }
    } else if (status == DS_ERR_CLOSED) {
        me->counts[CLOSED]++;
    } else {
        finding("neither closed nor told so", call, session->handle, status);
    }
    STORE(&session->closed, 1);
}

/* Makes a new session the current one, and ends the one before. Returns 0 when another thread is at it. */
static int next_session(struct thread *me, unsigned at)
{
    struct place *place = &places[at];
    const uint64_t number = LOAD(&place->current) + 1;
    struct session *fresh = &place->ring[number % RING], *before;
    const uint64_t old = number > RING ? ((number - RING) & 0xffffffff) << 32 : 0;
    const int close_first = (next_random(me) & 1) != 0;
    uint64_t expected = old;
    ds_status status;
    if (__atomic_exchange_n(&place->opening, 1, __ATOMIC_SEQ_CST) != 0) {
        return 0;
    }
    if (LOAD(&place->current) + 1 != number ||
        !__atomic_compare_exchange_n(&fresh->entry, &expected, 0, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
        STORE(&place->opening, 0);
        return 0;
    }
    if (old != 0 && LOAD(&fresh->ends) != 1) {
        finding("not closed exactly once", "all closes", fresh->handle, (ds_status)fresh->ends);
    }
    before = hold(place, 0);
    /* The slot that is freed by this close is the one that is taken by the open, unless another thread comes between. */
    if (close_first && before != NULL) {
        end_session(me, before);
    }
    fresh->kind = number % 4096 == 1 ? DATASET : number % 2048 == 9 || number % 2048 == 1032 ? FILE_STORE : MEMORY;
    fresh->value = (int32_t)(number & 0x7fffffff);
    fresh->closing = fresh->destroyed = fresh->ends = 0;
    STORE(&fresh->closed, 0); /* a view of the session before may still ask for it */
    doing(me, "open");
    status = open_session(fresh, at, number);
    if (status != DS_OK) {
        finding("no store", "open", fresh->handle, status);
    }
    (void)ADD(&all.opened, 1);
    (void)ADD(&fresh->entry, (number & 0xffffffff) << 32);
    STORE(&place->current, number);
    if (before != NULL) {
        if (!close_first) {
            end_session(me, before);
        }
        let_go(before);
    }
    STORE(&place->opening, 0);
    return 1;
}

#endif
