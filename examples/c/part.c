/* Stores one part: an array checked against a schema, metadata, one compressed file. */
#include <datastorage.h>
#include <stdio.h>
#include <string.h>

int main(void) {
    const char *schema = "{\"domain\": \"cad\", \"groups\": {\"faces\": {\"primary_dimension\": \"face\", \"arrays\": {"
                         "\"face_areas\": {\"dims\": [\"face\"], \"dtype\": \"float32\"}}}}}";
    const float areas[3] = {1.5f, 2.3f, 4.1f};
    const uint64_t shape[1] = {3};
    uint64_t bytes = 0;
    ds_store *store = NULL;

    ds_status status = ds_open_zarr("part.zarr", "{\"mode\": \"w\"}", &store);
    if (status == DS_OK) status = ds_set_schema(store, schema, strlen(schema));
    if (status == DS_OK) status = ds_save_f32(store, "face_areas", areas, shape, 1);
    if (status == DS_OK) status = ds_save_metadata_f64(store, "processing/duration", 12.5);
    if (status == DS_OK) status = ds_compress(store, &bytes);
    if (status == DS_OK) status = ds_close(store);
    if (status != DS_OK) {
        fprintf(stderr, "%s: %s\n", ds_status_name(status), ds_last_error_message());
        ds_discard(store);
        return 1;
    }
    printf("part.zarr.data: %llu bytes\n", (unsigned long long)bytes);
    return 0;
}
