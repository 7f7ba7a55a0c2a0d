/* A program of somebody else: a scalar through a store in memory, and the version of header and library. */
#include <datastorage.h>
#include <stdio.h>
#include <string.h>

int main(void) {
    ds_store *store = NULL;
    const double mass = 7.85;
    double loaded = 0.0;
    size_t count = 0;
    if (ds_check_abi(DS_ABI_VERSION) != DS_OK || strcmp(ds_version_string(), DS_VERSION_STRING) != 0) {
        fprintf(stderr, "library %s, header %s\n", ds_version_string(), DS_VERSION_STRING);
        return 1;
    }
    if (ds_open_memory(NULL, &store) != DS_OK || ds_save_f64(store, "mass", &mass, NULL, 0) != DS_OK ||
        ds_load_f64(store, "mass", &loaded, 1, &count) != DS_OK || ds_close(store) != DS_OK) {
        fprintf(stderr, "%s\n", ds_last_error_message());
        return 1;
    }
    return count == 1 && loaded == mass ? 0 : 1;
}
