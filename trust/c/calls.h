/* One call on a session, and whether it was right: done as asked, or refused because the handle is closed. */
#ifndef CALLS_H
#define CALLS_H

#include "sessions.h"

/* What a call on a handle that may be closed meanwhile may give beside DS_OK. */
static int is_refusal(struct thread *me, ds_status status)
{
    me->counts[CANCELLED] += status == DS_ERR_CANCELLED;
    return status == DS_ERR_CLOSED || status == DS_ERR_CANCELLED;
}

/* Reads a view, which its store's close left as it was, and frees it. */
static void free_view(struct thread *me, struct held *held)
{
    if (held->view != NULL) {
        if (ds_view_size(held->view) != VALUES * sizeof(int32_t) ||
            !all_are((const int32_t *)ds_view_data(held->view), VALUES, held->value)) {
            finding("a view is not what it was", "ds_view_data", held->view, DS_OK);
        }
        me->counts[OUTLIVED] += LOAD(held->closed) != 0;
        ds_view_free(held->view);
        held->view = NULL;
    }
}

static ds_status view(struct thread *me, struct session *session)
{
    struct held *held = &me->held[next_random(me) % HELD];
    ds_status status;
    free_view(me, held);
    status = ds_view((ds_store *)session->handle, "id",
                     session->kind == MEMORY ? NULL : "{\"copy\": true}", &held->view);
    held->value = session->value;
    held->closed = &session->closed;
    return status;
}

static ds_status list(struct session *session)
{
    ds_iter *iter = NULL;
    const char *key;
    int ids = 0;
    ds_status status = ds_list((ds_store *)session->handle, NULL, 1, &iter);
    if (status == DS_OK) {
        while ((status = ds_iter_next(iter, &key, NULL)) == DS_OK) {
            ids += strcmp(key, "id") == 0;
        }
        if (status != DS_DONE || ids != 1) {
            finding("a list without its node", "ds_iter_next", session->handle, status);
        }
        status = DS_OK;
        ds_iter_free(iter);
    }
    return status;
}

static ds_status load_bytes(struct session *session)
{
    ds_buffer *buffer = NULL;
    const ds_status status = ds_load_bytes((ds_store *)session->handle, "id", &buffer);
    if (status == DS_OK) {
        int32_t values[VALUES];
        if (ds_buffer_size(buffer) == sizeof values) {
            memcpy(values, ds_buffer_data(buffer), sizeof values);
        }
        if (ds_buffer_size(buffer) != sizeof values || !all_are(values, VALUES, session->value)) {
            finding("wrong values", "ds_load_bytes", session->handle, status);
        }
        ds_buffer_free(buffer);
    }
    return status;
}

/* The memory is on the heap and exactly as long as the array, so that tools see a byte too many. */
static ds_status load(struct session *session, const char *key, int32_t wanted)
{
    int32_t *values = (int32_t *)malloc(VALUES * sizeof *values);
    size_t count = 0;
    ds_status status;
    if (values == NULL) {
        abort();
    }
    status = ds_load_i32((ds_store *)session->handle, key, values, VALUES, &count);
    if (status == DS_OK && (count != VALUES || !all_are(values, VALUES, wanted == -1 ? values[0] : wanted))) {
        finding(wanted == -1 ? "half a save" : "wrong values", "ds_load_i32", session->handle, status);
    }
    free(values);
    return status == DS_ERR_NOT_FOUND && wanted == -1 ? DS_OK : status;
}

static ds_status save(struct thread *me, struct session *session)
{
    int32_t values[VALUES];
    const uint64_t shape[1] = {VALUES};
    const int32_t value = (int32_t)(next_random(me) & 0x7fffffff);
    size_t i;
    for (i = 0; i < VALUES; i++) {
        values[i] = value;
    }
    return ds_save_i32((ds_store *)session->handle, "word", values, shape, 1);
}

static ds_status stat_it(struct session *session)
{
    ds_info info = {0};
    ds_status status;
    info.struct_size = sizeof info;
    status = ds_stat((ds_store *)session->handle, "id", &info);
    if (status == DS_OK && (info.dtype != DS_I32 || info.ndim != 1 || info.elements != VALUES)) {
        finding("wrong description", "ds_stat", session->handle, status);
    }
    return status;
}

/* Another store's node, which is the same in all; the other may be closed too, or be the same. */
static ds_status copy(struct thread *me, struct session *session)
{
    struct session *to = hold(&places[next_random(me) % all.places], next_random(me) & 1);
    ds_status status;
    if (to == NULL || to->kind == DATASET) {
        status = DS_OK;
    } else {
        int32_t both = 0;
        status = ds_copy((ds_store *)session->handle, (ds_store *)to->handle, "{\"keys\": [\"both\"]}", NULL);
        if (status == DS_ERR_INVALID_ARGUMENT && to == session) {
            status = DS_OK;
        }
        if (status == DS_ERR_CLOSED && LOAD(&to->closing) != 0) {
            status = DS_OK; /* or it was the other one */
        }
        if (status == DS_OK && ds_load_i32((ds_store *)to->handle, "both", &both, 1, NULL) == DS_OK && both != 42) {
            finding("wrong values", "ds_copy", to->handle, status);
        }
    }
    if (to != NULL) {
        let_go(to);
    }
    return status;
}

/* Into a store of the thread's own, giving up the processor in between (see `progress`): a close comes meanwhile. */
static ds_status copy_to_sink(struct thread *me, struct session *session)
{
    int32_t both = 0;
    const ds_status status = ds_copy((ds_store *)session->handle, me->sink, "{\"keys\": [\"both\"]}", NULL);
    if (status == DS_OK && (ds_load_i32(me->sink, "both", &both, 1, NULL) != DS_OK || both != 42)) {
        finding("wrong values", "ds_copy", session->handle, status);
    }
    return status;
}

static ds_status is_open(struct session *session)
{
    const uint32_t closed = LOAD(&session->closed);
    const int32_t open = session->kind == DATASET ? ds_dataset_is_open((ds_dataset *)session->handle)
                                                  : ds_is_open((ds_store *)session->handle);
    if (open != 0 && (open != 1 || closed != 0)) {
        finding("open after its close", "ds_is_open", session->handle, (ds_status)open);
    }
    return open == 0 ? DS_ERR_CLOSED : DS_OK;
}

static ds_status call_dataset(struct thread *me, struct session *session)
{
    ds_dataset *dataset = (ds_dataset *)session->handle;
    ds_buffer *buffer = NULL;
    int64_t code = -1;
    ds_status status;
    switch (next_random(me) % 4) {
    case 0:
        status = ds_dataset_describe(dataset, &buffer);
        ds_buffer_free(buffer);
        return status;
    case 1:
        return ds_dataset_interrupt(dataset);
    case 2:
        return is_open(session);
    default:
        status = ds_dataset_file_code(dataset, "a", &code);
        if (status == DS_OK && code != 0) {
            finding("wrong code", "ds_dataset_file_code", dataset, status);
        }
        return status;
    }
}

static ds_status call_store(struct thread *me, struct session *session)
{
    ds_store *store = (ds_store *)session->handle;
    int32_t is = 0;
    const uint64_t draw = next_random(me) % 64;
    if (draw < 6) {
        return doing(me, "ds_copy to a sink"), copy_to_sink(me, session);
    } else if (draw < 16) {
        return doing(me, "ds_load_i32"), load(session, "id", session->value);
    } else if (draw < 20) {
        return doing(me, "ds_load_i32"), load(session, "word", -1);
    } else if (draw < 28) {
        return doing(me, "ds_save_i32"), save(me, session);
    } else if (draw < 34) {
        return doing(me, "ds_stat"), stat_it(session);
    } else if (draw < 42) {
        return doing(me, "ds_view"), view(me, session);
    } else if (draw < 45) {
        return doing(me, "ds_list"), list(session);
    } else if (draw < 49) {
        return doing(me, "ds_load_bytes"), load_bytes(session);
    } else if (draw < 52) {
        return doing(me, "ds_interrupt"), ds_interrupt(store);
    } else if (draw < 55) {
        return doing(me, "ds_is_open"), is_open(session);
    } else if (draw < 57) {
        return doing(me, "ds_exists"), ds_exists(store, "id", &is);
    } else if (draw < 59) {
        return doing(me, "ds_save_metadata_i64"), ds_save_metadata_i64(store, "number", session->value);
    } else if (draw < 60) {
        return doing(me, "ds_flush"), ds_flush(store);
    } else if (draw < 61) {
        (void)ADD(&all.installed, 1);
        return doing(me, "ds_set_progress"), ds_set_progress(store, NULL, &all.destroyed, destroy_other);
    } else if (draw < 62) {
        doing(me, "ds_delete");
        {
            const ds_status status = ds_delete(store, "word");
            return status == DS_ERR_NOT_FOUND ? DS_OK : status;
        }
    } else if (draw < 63) {
        return doing(me, "ds_copy"), copy(me, session);
    }
    doing(me, "ds_dataset_interrupt on a store");
    {
        const ds_status status = ds_dataset_interrupt((ds_dataset *)session->handle);
        return status == DS_ERR_INVALID_HANDLE ? DS_OK : status == DS_OK ? DS_ERR_INTERNAL : status;
    }
}

/* A call on a session that the thread holds; 0 when it was refused. */
static int call_session(struct thread *me, struct session *session)
{
    const uint32_t closed = LOAD(&session->closed);
    ds_status status;
    begin_call(session);
    status = session->kind == DATASET ? call_dataset(me, session) : call_store(me, session);
    end_call(session);
    if (status != DS_OK && !is_refusal(me, status)) {
        finding("neither done nor refused", me->doing, session->handle, status);
    }
    if (closed != 0) {
        me->counts[STALE]++;
    } else if (LOAD(&session->closing) != 0) {
        me->counts[status == DS_OK ? LET_IN : REFUSED]++;
    }
    return status == DS_OK;
}

#endif
