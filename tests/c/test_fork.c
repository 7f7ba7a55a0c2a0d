/* After fork the child's inherited stores are closed, whatever the parent's threads were doing; it opens its own. */
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

#define LENGTH 300000

static const uint64_t shape[1] = {LENGTH};
static double values[LENGTH];
static lock_t lock;
static int stop;

static THREAD_RESULT keep_busy(void *argument)
{
    static double mine[LENGTH];
    int stopped = 0;
    while (!stopped) {
        OK(ds_save_f64((ds_store *)argument, "busy", mine, shape, 1));
        lock_take(&lock);
        stopped = stop;
        lock_give(&lock);
    }
    THREAD_END;
}

/* A store of its own, with enough data to need the worker threads. */
static void use_a_store(const char *name)
{
    static double back[LENGTH];
    const uint64_t few[1] = {5000};
    char key[32];
    int i;
    ds_store *store = open_backend("zarr:", name, NULL);
    for (i = 0; i < 40; i++) { /* small ones, which are encoded behind the calls */
        (void)snprintf(key, sizeof key, "small/%d", i);
        OK(ds_save_f64(store, key, values + i, few, 1));
    }
    OK(ds_save_f64(store, "values", values, shape, 1));
    OK(ds_flush(store));
    OK(ds_load_f64(store, "values", back, LENGTH, NULL));
    CHECK(memcmp(values, back, sizeof values) == 0);
    OK(ds_load_f64(store, "small/39", back, 5000, NULL));
    CHECK(memcmp(values + 39, back, 5000 * sizeof *values) == 0);
    OK(ds_compress(store, NULL));
    OK(ds_close(store));
}

static int child(ds_store *inherited, ds_store *busy, int number)
{
    char name[32];
    float one = 1;
    (void)alarm(60); /* a hang is a failure */
    failures = 0;
    CHECK(ds_is_open(inherited) == 0);
    STATUS(ds_save_f32(inherited, "x", &one, NULL, 0), DS_ERR_CLOSED);
    STATUS(ds_interrupt(inherited), DS_ERR_CLOSED);
    STATUS(ds_close(inherited), DS_ERR_CLOSED);
    STATUS(ds_close(busy), DS_ERR_CLOSED);
    STATUS(ds_discard(busy), DS_ERR_CLOSED);
    (void)snprintf(name, sizeof name, "child%d", number);
    use_a_store(name);
    return finish();
}

int main(int argc, char **argv)
{
    ds_store *kept, *busy;
    thread_t thread;
    const float one = 1;
    float back = 0;
    int i;
    begin(argc, argv);
    lock_init(&lock);
    for (i = 0; i < LENGTH; i++) {
        values[i] = i * 0.5;
    }
    use_a_store("parent"); /* the worker threads are running now */
    kept = open_backend("zarr:", "kept", NULL);
    busy = open_backend("memory:", "", NULL);
    OK(ds_save_f32(kept, "x", &one, NULL, 0));
    thread_start(&thread, keep_busy, busy);
    for (i = 0; i < 10; i++) {
        int status = 0;
        const pid_t pid = fork();
        if (pid == 0) {
            _exit(child(kept, busy, i));
        }
        CHECK(pid > 0 && waitpid(pid, &status, 0) == pid);
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    lock_take(&lock);
    stop = 1;
    lock_give(&lock);
    thread_join(thread);
    /* The parent goes on as if nothing had happened, its directory and lock included. */
    OK(ds_load_f32(kept, "x", &back, 1, NULL));
    CHECK(back > 0);
    OK(ds_close(kept));
    OK(ds_close(busy));
    kept = open_backend("zarr:", "kept", NULL);
    OK(ds_load_f32(kept, "x", &back, 1, NULL));
    OK(ds_close(kept));
    return finish();
}
#endif
