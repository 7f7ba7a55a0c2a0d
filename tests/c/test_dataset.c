/* Datasets: two parts made here are merged, explored and split; tasks of a plan; handles; what is refused, and what it leaves. */
#include "parts.h"
#include "threads.h"

struct watch {
    int calls, cancel;
    ds_store *store;
};

static int32_t on_progress(void *userdata, const char *stage, uint64_t done, uint64_t total)
{
    struct watch *watch = (struct watch *)userdata;
    CHECK(stage[0] != '\0' && (total == 0 || done <= total));
    watch->calls++;
    /* No close from inside a callback; other calls are fine. */
    FAILS(ds_close(watch->store), DS_ERR_BUSY, "store", "callback");
    CHECK(ds_is_open(watch->store) == 1);
    return watch->cancel;
}

static int none_written(const char *name)
{
    static const char *const suffixes[] = {".dataset", ".infoset", ".attribset", ".flow"};
    size_t i;
    for (i = 0; i < 4; i++) {
        char path[600];
        (void)snprintf(path, sizeof path, "%s%s", path_of(name), suffixes[i]);
        if (file_exists(path)) {
            fprintf(stderr, "%s is there\n", path);
            return 0;
        }
    }
    return 1;
}

static int holds(ds_buffer *buffer, const char *word)
{
    const int found = buffer != NULL && strstr(ds_buffer_data(buffer), word) != NULL;
    if (!found) {
        fprintf(stderr, "no '%s' in %s\n", word, ds_buffer_data(buffer));
    }
    ds_buffer_free(buffer);
    return found;
}

static const char *merged(const char *name)
{
    const char *const paths[2] = {make_part("good", &parts[0], 0), make_part("good", &parts[1], 0)};
    struct watch watch = {0};
    ds_buffer *summary = NULL;
    OK(ds_open_memory(NULL, &watch.store));
    watch.cancel = 1;
    STATUS(ds_merge(paths, 2, path_of("cancelled.dataset"), NULL, on_progress, &watch, &summary), DS_ERR_CANCELLED);
    CHECK(watch.calls == 1 && summary == NULL && none_written("cancelled"));
    watch.cancel = 0;
    OK(ds_merge(paths, 2, path_of(name), "{\"description\": \"two parts\"}", on_progress, &watch, &summary));
    CHECK(watch.calls > 1 && holds(summary, "\"files\":2"));
    OK(ds_close(watch.store));
    FAILS(ds_merge(paths, 2, path_of(name), NULL, NULL, NULL, NULL), DS_ERR_ALREADY_EXISTS, name, "is there");
    OK(ds_merge(paths, 2, path_of(name), "{\"mode\": \"w\"}", NULL, NULL, NULL));
    return path_of(name);
}

/* What is in the store: parts in the order of their names. */
static void elements(ds_dataset *dataset)
{
    ds_store *store = NULL;
    float areas[5], pairs[13 * 4];
    int32_t codes[5];
    size_t count = 0;
    OK(ds_dataset_store(dataset, &store));
    OK(ds_load_f32(store, "faces/face_areas", areas, 5, &count));
    CHECK(count == 5 && areas[0] == 20.0f && areas[2] == 1.0f && areas[4] == 3.0f);
    OK(ds_load_i32(store, "faces/file_id_code_faces", codes, 5, &count));
    CHECK(count == 5 && codes[1] == 0 && codes[2] == 1);
    OK(ds_load_f32(store, "faceface/d2", pairs, 52, &count));
    CHECK(count == 52);
    STATUS(ds_save_f32(store, "x", areas, NULL, 0), DS_ERR_READ_ONLY);
    OK(ds_close(store));
}

static void explored(ds_dataset *dataset)
{
    uint64_t first = 9, count = 9;
    int64_t code = 9;
    ds_buffer *out = NULL, *counts = NULL;
    OK(ds_dataset_describe(dataset, &out));
    CHECK(holds(out, "face_areas"));
    OK(ds_dataset_file_name(dataset, 0, &out));
    CHECK(buffer_is(out, "a"));
    OK(ds_dataset_file_code(dataset, "b", &code));
    CHECK(code == 1);
    FAILS(ds_dataset_file_code(dataset, "c", &code), DS_ERR_NOT_FOUND, "c", "");
    FAILS(ds_dataset_file_name(dataset, 2, &out), DS_ERR_NOT_FOUND, "2", "");
    CHECK(code == 1);
    OK(ds_dataset_file_rows(dataset, "faces", NULL, 1, &first, &count));
    CHECK(first == 2 && count == 3);
    OK(ds_dataset_file_rows(dataset, "faceface", "d2", 1, &first, &count));
    CHECK(first == 4 && count == 9);
    FAILS(ds_dataset_file_rows(dataset, "nodes", NULL, 1, &first, &count), DS_ERR_NOT_FOUND, "nodes", "");
    CHECK(first == 4 && count == 9);

    OK(ds_dataset_files(dataset, "faces", "face_types == 'Cylinder' and face_areas > 10.5", &out));
    CHECK(codes_are(out, 1, 0, 0));
    OK(ds_dataset_files(dataset, NULL, "file.size_cadfile < 1000", &out));
    CHECK(codes_are(out, 2, 0, 1));
    OK(ds_dataset_files(dataset, NULL, NULL, &out));
    CHECK(codes_are(out, 2, 0, 1));
    OK(ds_dataset_files(dataset, "faces", "face_areas > 1e9", &out));
    CHECK(codes_are(out, 0, 0, 0));
    OK(ds_dataset_rows(dataset, "faces", "face_types in [1]", &out));
    CHECK(codes_are(out, 3, 0, 4));
    out = NULL;
    FAILS(ds_dataset_rows(dataset, "faces", "face_types ==", &out), DS_ERR_INVALID_ARGUMENT, "", "");
    STATUS(ds_dataset_rows(dataset, "faces", "no_array == 1", &out), DS_ERR_NOT_FOUND);
    STATUS(ds_dataset_rows(dataset, NULL, "face_types == 1", &out), DS_ERR_INVALID_ARGUMENT);
    STATUS(ds_dataset_files(dataset, "faces", "", NULL), DS_ERR_INVALID_ARGUMENT);
    CHECK(out == NULL);

    OK(ds_dataset_distribution(dataset, "faces", "face_areas", "{\"edges\": [0, 10, 100]}", &out));
    CHECK(holds(out, "\"counts\":[3,2]"));
    OK(ds_dataset_distribution(dataset, "faces", "face_areas", NULL, &out));
    CHECK(holds(out, "\"file_id_codes_in_bins\""));
    FAILS(ds_dataset_distribution(dataset, "faces", "face_areas", "{\"equal\"", &out), DS_ERR_JSON, "bins_json", "");
    FAILS(ds_dataset_distribution(dataset, "faces", "face_areas", "{\"odd\": 1}", &out), DS_ERR_INVALID_ARGUMENT,
          "bins_json", "odd");
    OK(ds_dataset_membership(dataset, "faces", "face_types", "{\"categories\": [0, 1, 2]}", 1, &out, &counts));
    ds_buffer_free(out);
    CHECK(ds_buffer_size(counts) == 6 * sizeof(uint32_t));
    {
        const uint32_t *cells = (const uint32_t *)(const void *)ds_buffer_data(counts);
        const uint32_t wanted[6] = {0, 1, 1, 1, 2, 0};
        CHECK(memcmp(cells, wanted, sizeof wanted) == 0);
    }
    ds_buffer_free(counts);
    OK(ds_dataset_descriptions(dataset, "face_types", &out));
    CHECK(holds(out, "Cylinder"));
    OK(ds_dataset_table(dataset, "infoset", "name == 'b'", &out));
    CHECK(holds(out, "\"size_cadfile\":300"));
    OK(ds_dataset_table(dataset, "attribset", NULL, &out));
    CHECK(holds(out, "\"table_name\":\"face_types\""));
    FAILS(ds_dataset_table(dataset, "files", NULL, &out), DS_ERR_INVALID_ARGUMENT, "files", "infoset");
}

static void divided(ds_dataset *dataset)
{
    ds_buffer *out = NULL;
    OK(ds_dataset_split(dataset,
                        "{\"key\": \"face_types\", \"group\": \"faces\", \"fractions\": [[\"train\", 0.5], [\"test\", 0.5]],"
                        " \"save\": true}",
                        &out));
    CHECK(holds(out, "subsets"));
    OK(ds_dataset_save_subsets(dataset, "{\"train\": [1], \"test\": [0]}"));
    OK(ds_dataset_subset(dataset, "train", &out));
    CHECK(codes_are(out, 1, 1, 1));
    OK(ds_dataset_files(dataset, NULL, "file.subset == 'test'", &out));
    CHECK(codes_are(out, 1, 0, 0));
    STATUS(ds_dataset_save_subsets(dataset, "{\"train\": [7]}"), DS_ERR_INVALID_ARGUMENT);
    STATUS(ds_dataset_save_subsets(dataset, "[]"), DS_ERR_INVALID_ARGUMENT);
    FAILS(ds_dataset_split(dataset, "{\"kee\": 1}", &out), DS_ERR_INVALID_ARGUMENT, "options", "kee");
    FAILS(ds_dataset_split(dataset, "{\"fractions\": [[\"train\", 2]]}", &out), DS_ERR_INVALID_ARGUMENT, "train", "2");
    OK(ds_dataset_split(dataset, NULL, NULL));
    OK(ds_dataset_distribution(dataset, NULL, "size_cadfile", "\"distinct\"", &out));
    CHECK(holds(out, "\"file_id_codes_in_bins\":[[0],[1]]"));
    OK(ds_dataset_subset(dataset, "train", &out));
    CHECK(codes_are(out, 1, 1, 1));
}

static void planned(void)
{
    const char *const paths[2] = {make_part("good", &parts[0], 0), make_part("good", &parts[1], 0)};
    ds_buffer *out = NULL;
    char plan[1200], *end;
    const char *begin;
    uint64_t tasks, task;
    OK(ds_merge_plan(paths, 2, path_of("planned.dataset"), NULL, NULL, NULL, &out));
    begin = strstr(ds_buffer_data(out), "\"plan\":\"");
    CHECK(begin != NULL);
    (void)snprintf(plan, sizeof plan, "%s", begin + 8);
    end = strchr(plan, '"');
    CHECK(end != NULL);
    *end = '\0';
    tasks = strtoull(strstr(ds_buffer_data(out), "\"tasks\":") + 8, NULL, 10);
    ds_buffer_free(out);
    CHECK(tasks > 0);
    STATUS(ds_merge_task(plan, tasks, NULL, NULL), DS_ERR_INVALID_ARGUMENT);
    out = NULL;
    CHECK(ds_merge_finish(plan, NULL, NULL, &out) != DS_OK && out == NULL && none_written("planned"));
    for (task = 0; task < 2 * tasks; task++) {
        OK(ds_merge_task(plan, task % tasks, NULL, NULL)); /* a task may run again */
    }
    OK(ds_merge_finish(plan, NULL, NULL, &out));
    CHECK(holds(out, "\"files\":2"));
    STATUS(ds_merge_task(plan, 0, NULL, NULL), DS_ERR_NOT_FOUND);

    OK(ds_merge_plan(paths, 2, path_of("abandoned.dataset"), NULL, NULL, NULL, &out));
    begin = strstr(ds_buffer_data(out), "\"plan\":\"");
    (void)snprintf(plan, sizeof plan, "%s", begin + 8);
    *strchr(plan, '"') = '\0';
    ds_buffer_free(out);
    OK(ds_merge_abandon(plan));
    STATUS(ds_merge_abandon(plan), DS_ERR_NOT_FOUND);
    CHECK(none_written("abandoned"));
}

static void refused(void)
{
    struct part odd = parts[0];
    const char *good = make_part("good", &parts[0], 0), *other = make_part("other", &parts[0], 0);
    char broken[1024], out_path[1024], absent[1024];
    const char *list[2];
    ds_buffer *out = NULL;
    (void)snprintf(broken, sizeof broken, "%s", path_of("broken.zarr.data"));
    (void)snprintf(absent, sizeof absent, "%s", path_of("absent.zarr.data"));
    (void)snprintf(out_path, sizeof out_path, "%s", path_of("refused.dataset"));
    list[0] = good;
    FAILS(ds_merge(NULL, 0, out_path, NULL, NULL, NULL, &out), DS_ERR_INVALID_ARGUMENT, "part", "");
    FAILS(ds_merge(NULL, 1, out_path, NULL, NULL, NULL, &out), DS_ERR_INVALID_ARGUMENT, "parts", "NULL");
    FAILS(ds_merge(list, 1, NULL, NULL, NULL, NULL, &out), DS_ERR_INVALID_ARGUMENT, "output", "NULL");
    FAILS(ds_merge(list, 1, out_path, "{\"chunk\": 1}", NULL, NULL, &out), DS_ERR_INVALID_ARGUMENT, "options", "chunk");
    list[1] = NULL;
    FAILS(ds_merge(list, 2, out_path, NULL, NULL, NULL, &out), DS_ERR_INVALID_ARGUMENT, "parts", "NULL");
    list[1] = "c\xff";
    STATUS(ds_merge(list, 2, out_path, NULL, NULL, NULL, &out), DS_ERR_UTF8);
    list[1] = other;
    FAILS(ds_merge(list, 2, out_path, NULL, NULL, NULL, &out), DS_ERR_INVALID_ARGUMENT, "b", "");
    list[1] = absent;
    FAILS(ds_merge(list, 2, out_path, NULL, NULL, NULL, &out), DS_ERR_NOT_FOUND, "absent", "");
    odd.name = "clash";
    list[1] = make_part("other", &odd, 1);
    CHECK(ds_merge(list, 2, out_path, NULL, NULL, NULL, &out) < 0);
    CHECK(strstr(ds_last_error_message(), "clash") != NULL && strchr(ds_last_error_message(), '\n') == NULL);
    write_file(broken, "PK no archive", 13);
    list[1] = broken;
    CHECK(ds_merge(list, 2, out_path, NULL, NULL, NULL, &out) < 0);
    CHECK(strstr(ds_last_error_message(), "broken") != NULL);
    CHECK(out == NULL && none_written("refused"));
    OK(ds_merge(list, 2, out_path, "{\"on_error\": \"skip\"}", NULL, NULL, &out));
    CHECK(holds(out, "broken"));
    STATUS(ds_merge_task(path_of("no.dataset.merge"), 0, NULL, NULL), DS_ERR_NOT_FOUND);
    STATUS(ds_merge_finish(NULL, NULL, NULL, NULL), DS_ERR_INVALID_ARGUMENT);
}

static void handles(const char *path)
{
    ds_dataset *dataset = NULL, *same;
    ds_store *store = NULL;
    ds_buffer *out = NULL;
    int on_the_stack = 0;
    void *forged = &on_the_stack;
    FAILS(ds_dataset_open(path_of("absent.dataset"), NULL, &dataset), DS_ERR_NOT_FOUND, "absent", "");
    FAILS(ds_dataset_open(path, "{\"mod\": 1}", &dataset), DS_ERR_INVALID_ARGUMENT, "options", "mod");
    STATUS(ds_dataset_open(make_part("good", &parts[0], 0), NULL, &dataset), DS_ERR_INVALID_ARGUMENT);
    STATUS(ds_dataset_open(path, NULL, NULL), DS_ERR_INVALID_ARGUMENT);
    CHECK(dataset == NULL);
    OK(ds_dataset_open(path, NULL, &dataset));
    OK(ds_open_memory(NULL, &store));

    /* One kind in place of the other is told, and stays open. */
    FAILS(ds_flush((ds_store *)dataset), DS_ERR_INVALID_HANDLE, "store", "dataset");
    FAILS(ds_close((ds_store *)dataset), DS_ERR_INVALID_HANDLE, "store", "dataset");
    STATUS(ds_interrupt((ds_store *)dataset), DS_ERR_INVALID_HANDLE);
    STATUS(ds_discard((ds_store *)dataset), DS_ERR_INVALID_HANDLE);
    STATUS(ds_copy(store, (ds_store *)dataset, NULL, NULL), DS_ERR_INVALID_HANDLE);
    FAILS(ds_dataset_describe((ds_dataset *)store, &out), DS_ERR_INVALID_HANDLE, "dataset", "store");
    STATUS(ds_dataset_close((ds_dataset *)store), DS_ERR_INVALID_HANDLE);
    CHECK(ds_is_open((ds_store *)dataset) == 0 && ds_dataset_is_open((ds_dataset *)store) == 0);
    CHECK(ds_is_open(store) == 1 && ds_dataset_is_open(dataset) == 1);
    FAILS(ds_dataset_describe((ds_dataset *)forged, &out), DS_ERR_INVALID_HANDLE, "dataset", "ds_dataset_open");
    STATUS(ds_dataset_describe(NULL, &out), DS_ERR_INVALID_HANDLE);
    CHECK(out == NULL);
    OK(ds_dataset_interrupt(dataset)); /* nothing is in flight */

    OK(ds_close(store));
    OK(ds_dataset_store(dataset, &store));
    OK(ds_dataset_close(dataset));
    STATUS(ds_dataset_close(dataset), DS_ERR_CLOSED);
    FAILS(ds_dataset_describe(dataset, &out), DS_ERR_CLOSED, "dataset", "closed");
    CHECK(ds_dataset_is_open(dataset) == 0);
    OK(ds_dataset_close(NULL));
    /* The store has a life of its own, and the slot may come back for another kind. */
    CHECK(ds_is_open(store) == 1);
    same = dataset;
    OK(ds_close(store));
    OK(ds_open_memory(NULL, &store));
    STATUS(ds_dataset_describe(same, &out), DS_ERR_CLOSED);
    OK(ds_close(store));
}

struct race {
    ds_dataset *dataset;
    int closes;
};

static THREAD_RESULT ask(void *argument)
{
    struct race *race = (struct race *)argument;
    for (;;) {
        ds_buffer *out = NULL;
        const ds_status status = ds_dataset_files(race->dataset, "faces", "face_types == 1", &out);
        if (status == DS_ERR_CLOSED || status == DS_ERR_CANCELLED) {
            CHECK(out == NULL);
            if (status == DS_ERR_CLOSED) {
                THREAD_END;
            }
        } else {
            CHECK(status == DS_OK && codes_are(out, 2, 0, 1));
        }
    }
}

static THREAD_RESULT end(void *argument)
{
    struct race *race = (struct race *)argument;
    const ds_status status = ds_dataset_close(race->dataset);
    CHECK(status == DS_OK || status == DS_ERR_CLOSED);
    if (status == DS_OK) { /* of exactly one thread */
        race->closes++;
    }
    THREAD_END;
}

/* Three threads ask while one interrupts and two close. */
static void races(const char *path)
{
    int round;
    for (round = 0; round < 50; round++) {
        struct race race = {NULL, 0};
        thread_t threads[5];
        size_t i;
        OK(ds_dataset_open(path, NULL, &race.dataset));
        for (i = 0; i < 3; i++) {
            thread_start(&threads[i], ask, &race);
        }
        (void)ds_dataset_interrupt(race.dataset);
        for (; i < 5; i++) {
            thread_start(&threads[i], end, &race);
        }
        for (i = 0; i < 5; i++) {
            thread_join(threads[i]);
        }
        CHECK(race.closes == 1);
    }
}

int main(int argc, char **argv)
{
    ds_dataset *dataset = NULL;
    char path[1024];
    begin(argc, argv);
    if (ds_has_feature("dataset") == 0) {
        STATUS(ds_merge(NULL, 0, "x.dataset", NULL, NULL, NULL, NULL), DS_ERR_UNSUPPORTED);
        STATUS(ds_dataset_open("x.dataset", NULL, &dataset), DS_ERR_UNSUPPORTED);
        return finish();
    }
    (void)snprintf(path, sizeof path, "%s", merged("all.dataset"));
    OK(ds_dataset_open(path, NULL, &dataset));
    elements(dataset);
    explored(dataset);
    divided(dataset);
    OK(ds_dataset_close(dataset));
    planned();
    refused();
    handles(path);
    races(path);
    return finish();
}
