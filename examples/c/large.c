/* Writes an array that is larger than the memory it takes: rows come in blocks, as from an instrument. The argument is the
   size of the array in MiB. */
#include <datastorage.h>
#include <stdio.h>
#include <stdlib.h>
#ifdef __linux__
#include <sys/resource.h>
#endif

enum { COLUMNS = 1024, BLOCK = 512 }; /* a block has 2 MiB */

int main(int argc, char **argv) {
    const uint64_t blocks = (argc > 1 ? strtoull(argv[1], NULL, 10) : 128) / 2;
    const uint64_t empty[2] = {0, COLUMNS}, block[2] = {BLOCK, COLUMNS};
    static float rows[BLOCK * COLUMNS];
    uint32_t noise = 1;
    ds_store *store = NULL;

    ds_status status = ds_configure("{\"staging_budget\": 33554432}");
    if (status == DS_OK) status = ds_open_zarr("large.zarr", "{\"mode\": \"w\", \"codec\": \"zstd:1\"}", &store);
    if (status == DS_OK) status = ds_create(store, "signal", DS_F32, empty, 2, "{\"chunks\": [1000, 1024]}");
    for (uint64_t b = 0; b < blocks && status == DS_OK; b++) {
        for (size_t i = 0; i < BLOCK * COLUMNS; i++) {
            noise = noise * 1664525u + 1013904223u;
            rows[i] = (float)(noise >> 8);
        }
        status = ds_append(store, "signal", DS_F32, rows, block, 2, NULL, 0);
    }
    if (status == DS_OK) status = ds_close(store);
    if (status != DS_OK) {
        fprintf(stderr, "%s: %s\n", ds_status_name(status), ds_last_error_message());
        ds_discard(store);
        return 1;
    }
    printf("signal: %llu MiB written", (unsigned long long)blocks * 2);
#ifdef __linux__
    {
        struct rusage used;
        if (getrusage(RUSAGE_SELF, &used) == 0) printf(", at most %ld MiB of memory in use", used.ru_maxrss / 1024);
    }
#endif
    printf("\n");
    return 0;
}
