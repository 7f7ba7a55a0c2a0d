/* A child opens and closes stores of its own whatever its parent's threads were doing at the moment of the fork: no lock
 * that one of them held, in a slot that was free or around the worker threads, keeps the child waiting. */
#include "check.h"

#ifdef _WIN32
int main(void)
{
    return 0; /* there is no fork here */
}
#else
#include <sys/wait.h>
#include <unistd.h>

#include "threads.h"

#ifndef FORKS
#define FORKS 40
#endif
#define THREADS 4
#define STORES 8
#define LENGTH 200000

static const uint64_t shape[1] = {LENGTH};
static double values[LENGTH];
static lock_t lock;
static int stop;

static int stopped(void)
{
    int is;
    lock_take(&lock);
    is = stop;
    lock_give(&lock);
    return is;
}

/* Closes stores again and again that are closed already: their slots are free, and their locks busy. */
static THREAD_RESULT close_again(void *argument)
{
    ds_store *stores[STORES];
    int i, round;
    (void)argument;
    while (!stopped()) {
        for (i = 0; i < STORES; i++) {
            OK(ds_open_memory(NULL, &stores[i]));
        }
        for (round = 0; round < 500; round++) {
            for (i = 0; i < STORES; i++) {
                STATUS(ds_close(stores[i]), round == 0 ? DS_OK : DS_ERR_CLOSED);
            }
        }
    }
    THREAD_END;
}

/* Asks for the worker threads all the time. */
static THREAD_RESULT load_in_parallel(void *argument)
{
    double *back = (double *)malloc(sizeof values);
    if (back == NULL) {
        abort();
    }
    while (!stopped()) {
        OK(ds_load_f64((ds_store *)argument, "values", back, LENGTH, NULL));
    }
    free(back);
    THREAD_END;
}

static int child(void)
{
    ds_store *stores[4 * STORES];
    double back[8];
    const uint64_t few[1] = {8};
    int i, round;
    (void)alarm(60); /* a hang is a failure */
    failures = 0;
    for (round = 0; round < 2; round++) {
        for (i = 0; i < 4 * STORES; i++) {
            OK(ds_open_memory(NULL, &stores[i]));
            OK(ds_save_f64(stores[i], "x", values + i, few, 1));
        }
        for (i = 0; i < 4 * STORES; i++) {
            OK(ds_load_f64(stores[i], "x", back, 8, NULL));
            CHECK(memcmp(back, values + i, sizeof back) == 0);
            OK(ds_close(stores[i]));
            STATUS(ds_close(stores[i]), DS_ERR_CLOSED);
        }
    }
    return finish();
}

/* As `child`, with worker threads of its own. */
static int child_with_threads(int number)
{
    char name[32];
    ds_store *store;
    (void)snprintf(name, sizeof name, "child%d", number);
    store = open_backend("zarr:", name, "{\"sync\": \"none\", \"chunk_elements\": 20000}");
    OK(ds_save_f64(store, "values", values, shape, 1));
    OK(ds_discard(store));
    return child();
}

int main(int argc, char **argv)
{
    thread_t threads[THREADS];
    ds_store *store;
    int i;
    begin(argc, argv);
    lock_init(&lock);
    for (i = 0; i < LENGTH; i++) {
        values[i] = i * 0.5;
    }
    store = open_backend("zarr:", "parent", "{\"sync\": \"none\", \"chunk_elements\": 20000}");
    OK(ds_save_f64(store, "values", values, shape, 1));
    OK(ds_flush(store));
    for (i = 0; i < THREADS; i++) {
        thread_start(&threads[i], i < THREADS / 2 ? close_again : load_in_parallel, store);
    }
    for (i = 0; i < FORKS && failures == 0; i++) {
        int status = 0;
        const pid_t pid = fork();
        if (pid == 0) {
            _exit(i % 8 == 0 ? child_with_threads(i) : child());
        }
        CHECK(pid > 0 && waitpid(pid, &status, 0) == pid);
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    lock_take(&lock);
    stop = 1;
    lock_give(&lock);
    for (i = 0; i < THREADS; i++) {
        thread_join(threads[i]);
    }
    OK(ds_close(store));
    return finish();
}
#endif
