/* Closes that race with every other call, by the million: a program for the check `handles` of `make trust`.
 *
 *     races DIRECTORY RACES THREADS SEED LIMIT
 *
 * Threads open, call and close the same few handles until RACES closes had a call of another thread in flight (see
 * sessions.h for what counts), with handles that nobody was given in between. Every call must do what it was asked, on
 * values that are right, or be refused as the header says; every handle ends once; no call may take LIMIT seconds; and
 * memory at rest does not grow with the number of races. Prints lines `count NUMBER NAME` and `finding TEXT`; the exit code
 * is 1 when there are findings. */
#include "forged.h"

#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include "parts.h"

#define MOST_THREADS 64
/* What memory at rest may grow by between the first tenth and the end. */
#define GROWTH (UINT64_C(1) << 20)

static struct thread threads[MOST_THREADS];
static struct thread watched[2]; /* those of the guesses */

static void *work(void *argument)
{
    struct thread *me = (struct thread *)argument;
    size_t i;
    if (ds_open_memory(NULL, &me->sink) != DS_OK) {
        finding("no store", "ds_open_memory", NULL, ds_last_error_code());
    }
    while (LOAD(&all.races) < all.wanted && LOAD(&all.findings) == 0) {
        const unsigned at = (unsigned)(next_random(me) % all.places);
        const uint64_t draw = next_random(me) % 32;
        struct session *session;
        if (draw < 10) {
            (void)next_session(me, at);
            continue;
        }
        session = hold(&places[at], draw == 31 ? 1 + next_random(me) % (RING / 2) : 0);
        if (session == NULL) {
            continue;
        }
        if (draw == 10) {
            end_session(me, session);
        } else if (draw == 11) {
            forge(me, session);
        } else {
            unsigned more = 1 + (unsigned)(next_random(me) % 4);
            while (more > 0 && call_session(me, session)) {
                more--;
            }
            if (more > 0 && draw != 31) {
                /* It is closed: on with the next. Whoever is at that has perhaps no processor. */
                let_go(session);
                if (!next_session(me, at)) {
                    (void)sched_yield();
                }
                continue;
            }
        }
        let_go(session);
    }
    for (i = 0; i < HELD; i++) {
        free_view(me, &me->held[i]);
    }
    if (ds_close(me->sink) != DS_OK) {
        finding("the only close", "ds_close", me->sink, ds_last_error_code());
    }
    doing(me, NULL);
    return NULL;
}

/* Ends the program when a call takes too long: the one thing that cannot be told otherwise. */
static void *watch(void *argument)
{
    static uint64_t beats[MOST_THREADS + 2];
    static unsigned still[MOST_THREADS + 2];
    unsigned i;
    (void)argument;
    for (;;) {
        (void)sleep(1);
        for (i = 0; i < MOST_THREADS + 2; i++) {
            const struct thread *thread = i < MOST_THREADS ? &threads[i] : &watched[i - MOST_THREADS];
            const char *what = __atomic_load_n(&thread->doing, __ATOMIC_RELAXED);
            const uint64_t beat = __atomic_load_n(&thread->beat, __ATOMIC_RELAXED);
            still[i] = what != NULL && beat == beats[i] ? still[i] + 1 : 0;
            beats[i] = beat;
            if (still[i] > all.limit) {
                printf("finding a hang: thread %u has been in %s for %u s\n", i, what, all.limit);
                (void)fflush(stdout);
                _exit(3);
            }
        }
    }
}

static void run(uint64_t races)
{
    unsigned i;
    all.wanted = races;
    for (i = 0; i < all.threads; i++) {
        if (pthread_create(&threads[i].thread, NULL, work, &threads[i]) != 0) {
            abort();
        }
    }
    for (i = 0; i < all.threads; i++) {
        (void)pthread_join(threads[i].thread, NULL);
    }
}

/* Bytes that are allocated, while no other thread does anything. */
static uint64_t at_rest(void)
{
#if defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 33)
    return (uint64_t)mallinfo2().uordblks + (uint64_t)mallinfo2().hblkhd;
#else
    return 0;
#endif
}

/* Bytes of memory that is in use; 0 under a sanitizer, which keeps what was freed. */
static uint64_t resident(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return 0;
#else
    unsigned long total = 0, pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file != NULL) {
        if (fscanf(file, "%lu %lu", &total, &pages) != 2) {
            pages = 0;
        }
        (void)fclose(file);
    }
    return (uint64_t)pages * 4096;
#endif
}

/* Closes what is current, and sees that every session was ended once. */
static void close_all(void)
{
    unsigned at, i;
    for (at = 0; at < all.places; at++) {
        struct session *session = hold(&places[at], 0);
        if (session != NULL) {
            end_session(&threads[0], session);
            let_go(session);
        }
        for (i = 0; i < RING; i++) {
            const struct session *one = &places[at].ring[i];
            if (one->entry >> 32 != 0 && one->ends != 1) {
                finding("not closed exactly once", "all closes", one->handle, (ds_status)one->ends);
            }
        }
    }
    doing(&threads[0], NULL);
}

static void prepare(void)
{
    const char *paths[2];
    ds_store *store = NULL;
    int32_t values[VALUES] = {0};
    const uint64_t shape[1] = {VALUES};
    directory = all.directory;
    paths[0] = make_part("parts", &parts[0], 0);
    paths[1] = make_part("parts", &parts[1], 0);
    (void)snprintf(all.dataset, sizeof all.dataset, "%s/two.dataset", all.directory);
    OK(ds_merge(paths, 2, all.dataset, NULL, NULL, NULL, &objects.buffer));
    OK(ds_dataset_open(all.dataset, NULL, &objects.dataset));
    OK(ds_schema_create("CAD", "1.0", NULL, &objects.builder));
    OK(ds_open_memory(NULL, &store));
    OK(ds_save_i32(store, "id", values, shape, 1));
    OK(ds_list(store, NULL, 1, &objects.iter));
    OK(ds_view(store, "id", NULL, &objects.view));
    OK(ds_close(store));
    if (failures != 0) {
        finding("cannot begin", "prepare", NULL, DS_ERR_INTERNAL);
    }
}

static void let_guess(uint64_t rounds)
{
    watched[0].random = all.seed + 101;
    watched[1].random = all.seed + 102;
    if (pthread_create(&watched[0].thread, NULL, guess, &watched[0]) != 0) {
        abort();
    }
    be_guessed(&watched[1], rounds);
    (void)pthread_join(watched[0].thread, NULL);
}

static void put_away(void)
{
    OK(ds_dataset_close(objects.dataset));
    ds_buffer_free(objects.buffer);
    ds_schema_free(objects.builder);
    ds_iter_free(objects.iter);
    ds_view_free(objects.view);
    if (failures != 0) {
        finding("cannot end", "put_away", NULL, DS_ERR_INTERNAL);
    }
}

int main(int argc, char **argv)
{
    pthread_t watcher;
    uint64_t races, before, pages, counts[COUNTS] = {0};
    unsigned i, k;
    if (argc != 6 || ds_has_feature("trust") != 1) {
        fprintf(stderr, argc != 6 ? "usage: races DIRECTORY RACES THREADS SEED LIMIT\n"
                                  : "races: the library was built without the feature trust\n");
        return 2;
    }
    all.directory = argv[1];
    races = strtoull(argv[2], NULL, 10);
    all.threads = (unsigned)strtoul(argv[3], NULL, 10);
    all.seed = strtoull(argv[4], NULL, 10);
    all.limit = (unsigned)strtoul(argv[5], NULL, 10);
    all.threads = all.threads < 2 ? 2 : all.threads > MOST_THREADS ? MOST_THREADS : all.threads;
    all.places = (all.threads + 1) / 2;
    for (i = 0; i < all.threads; i++) {
        threads[i].random = all.seed * 1000 + i;
    }
    if (pthread_create(&watcher, NULL, watch, NULL) != 0) {
        abort();
    }
    prepare();
    let_guess(races / 100 < 10000 ? races / 100 : 10000);
    run(races / 10);
    before = at_rest();
    pages = resident();
    run(races);
    if (all.findings == 0 && at_rest() > before + GROWTH) {
        printf("finding memory at rest grew from %" PRIu64 " to %" PRIu64 " bytes in %" PRIu64 " races\n", before,
               at_rest(), races - races / 10);
        all.findings++;
    }
    if (all.findings == 0 && resident() > pages + 64 * GROWTH) {
        printf("finding resident memory grew from %" PRIu64 " to %" PRIu64 " bytes\n", pages, resident());
        all.findings++;
    }
    close_all();
    put_away();
    if (all.findings == 0 && (all.opened != all.ended || all.installed != all.destroyed)) {
        printf("finding opened %" PRIu64 ", closed %" PRIu64 "; userdata given %" PRIu64 ", freed %" PRIu64 "\n",
               all.opened, all.ended, all.installed, all.destroyed);
        all.findings++;
    }
    for (i = 0; i < all.threads; i++) {
        for (k = 0; k < COUNTS; k++) {
            counts[k] += threads[i].counts[k];
        }
    }
    counts[FORGED] += watched[1].counts[FORGED];
    for (k = 0; k < COUNTS; k++) {
        printf("count %" PRIu64 " %s\n", counts[k], count_names[k]);
    }
    printf("count %" PRIu64 " guesses that hit\ncount %" PRIu64 " bytes grown\n", guesses.hits,
           at_rest() > before ? at_rest() - before : 0);
    return all.findings != 0;
}
