/* What the C tests share: checks that count failures, a directory to work in, the backends to go through. */
#ifndef DS_TEST_CHECK_H
#define DS_TEST_CHECK_H

#include "datastorage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef _WIN32
#include <direct.h>
#define make_directory(path) _mkdir(path)
#else
#include <sys/stat.h>
#define make_directory(path) mkdir(path, 0777)
#endif

static int failures = 0;
static const char *directory = ".";

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "%s:%d: not so: %s (last error: %s)\n", __FILE__, __LINE__, #condition,                    \
                    ds_last_error_message());                                                                          \
            failures++;                                                                                                \
        }                                                                                                              \
    } while (0)

/* The status of a call. */
#define STATUS(call, wanted)                                                                                           \
    do {                                                                                                               \
        const ds_status got_ = (call);                                                                                 \
        if (got_ != (wanted)) {                                                                                        \
            fprintf(stderr, "%s:%d: %s: %s instead of %s: %s\n", __FILE__, __LINE__, #call, ds_status_name(got_),      \
                    #wanted, ds_last_error_message());                                                                 \
            failures++;                                                                                                \
        }                                                                                                              \
    } while (0)

#define OK(call) STATUS(call, DS_OK)

/* The status of a call that must fail, with a text of one line that holds two words. */
#define FAILS(call, wanted, word1, word2)                                                                              \
    do {                                                                                                               \
        STATUS(call, wanted);                                                                                          \
        check_text(__FILE__, __LINE__, wanted, word1, word2);                                                          \
    } while (0)

static inline void check_text(const char *file, int line, ds_status wanted, const char *word1, const char *word2)
{
    const char *text = ds_last_error_message();
    if (strstr(text, word1) == NULL || strstr(text, word2) == NULL || strchr(text, '\n') != NULL || text[0] == '\0' ||
        ds_last_error_code() != wanted) {
        fprintf(stderr, "%s:%d: the text lacks '%s' or '%s', or is not one line: %s\n", file, line, word1, word2, text);
        failures++;
    }
}

static inline void begin(int argc, char **argv)
{
    if (argc > 1) {
        directory = argv[1];
    } else {
        directory = "ds_test.tmp";
        (void)make_directory(directory);
    }
}

static inline int finish(void)
{
    if (failures != 0) {
        fprintf(stderr, "%d failures\n", failures);
    }
    return failures != 0;
}

/* directory/name, in one of eight static places. */
static inline const char *path_of(const char *name)
{
    static char places[8][1024];
    static int next = 0;
    char *place = places[next++ % 8];
    (void)snprintf(place, sizeof places[0], "%s/%s", directory, name);
    return place;
}

#ifndef TEST_BACKENDS
#define TEST_BACKENDS "memory:", "json:", "zarr:"
#endif
static const char *const backends[] = {TEST_BACKENDS};
#define BACKENDS (sizeof backends / sizeof backends[0])

/* Opens directory/name (or memory) with a backend. */
static inline ds_store *open_backend(const char *backend, const char *name, const char *options)
{
    char uri[1100];
    ds_store *store = NULL;
    if (strcmp(backend, "memory:") == 0) {
        (void)snprintf(uri, sizeof uri, "%s", backend);
    } else {
        (void)snprintf(uri, sizeof uri, "%s%s.%.4s", backend, path_of(name), backend);
    }
    OK(ds_open(uri, options, &store));
    return store;
}

/* Whether a buffer holds this text; frees it. */
static inline int buffer_is(ds_buffer *buffer, const char *text)
{
    const int same = buffer != NULL && ds_buffer_size(buffer) == strlen(text) && strcmp(ds_buffer_data(buffer), text) == 0;
    if (!same) {
        fprintf(stderr, "buffer holds: %s\n", ds_buffer_data(buffer));
    }
    ds_buffer_free(buffer);
    return same;
}

static inline void write_file(const char *path, const char *bytes, size_t length)
{
    FILE *file = fopen(path, "wb");
    CHECK(file != NULL);
    if (file != NULL) {
        CHECK(fwrite(bytes, 1, length, file) == length);
        CHECK(fclose(file) == 0);
    }
}

static inline int file_exists(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return 0;
    }
    fclose(file);
    return 1;
}

#endif
