/* Everything at and below a key in one call: where the elements lie, what the index says, what is refused. */
#include "check.h"

static void whole_store(ds_store *store)
{
    const float areas[3] = {1.5f, 2.5f, 4.0f};
    const int32_t kinds[2][2] = {{1, 2}, {3, 4}};
    const uint64_t three = 3, square[2] = {2, 2};
    ds_buffer *index = NULL, *data = NULL;
    const char *text;
    OK(ds_save(store, "faces/areas", DS_F32, areas, &three, 1, NULL));
    OK(ds_save(store, "faces/kinds", DS_I32, kinds, square, 2, NULL));
    OK(ds_save_string(store, "name", "bracket", 7));
    OK(ds_load_all(store, "", &index, &data));
    text = ds_buffer_data(index);
    CHECK(strstr(text, "\"faces/areas\":{\"kind\":\"array\",\"offset\":0,\"bytes\":12,\"dtype\":\"float32\",\"shape\":[3]}"));
    CHECK(strstr(text, "\"faces/kinds\":{\"kind\":\"array\",\"offset\":64,\"bytes\":16,\"dtype\":\"int32\",\"shape\":[2,2]}"));
    CHECK(strstr(text, "\"name\":{\"kind\":\"array\",\"strings\":[\"bracket\"],\"dtype\":\"string\",\"shape\":[]}"));
    CHECK(ds_buffer_size(data) == 80);
    CHECK(memcmp(ds_buffer_data(data), areas, sizeof areas) == 0);
    CHECK(memcmp((const char *)ds_buffer_data(data) + 64, kinds, sizeof kinds) == 0);
    ds_buffer_free(index);
    ds_buffer_free(data);
    index = data = NULL;
    OK(ds_load_all(store, "faces/kinds", &index, &data));
    CHECK(ds_buffer_size(data) == sizeof kinds);
    ds_buffer_free(index);
    ds_buffer_free(data);
}

static void refused(ds_store *store)
{
    ds_buffer *index = NULL, *data = NULL;
    FAILS(ds_load_all(store, "missing", &index, &data), DS_ERR_NOT_FOUND, "missing", "");
    FAILS(ds_load_all(store, "", NULL, &data), DS_ERR_INVALID_ARGUMENT, "out_index", "");
    FAILS(ds_load_all(store, "", &index, NULL), DS_ERR_INVALID_ARGUMENT, "out_data", "");
    FAILS(ds_load_all(store, NULL, &index, &data), DS_ERR_INVALID_ARGUMENT, "key", "");
    CHECK(index == NULL && data == NULL);
}

int main(void)
{
    ds_store *store = NULL;
    OK(ds_open("memory:", NULL, &store));
    whole_store(store);
    refused(store);
    OK(ds_close(store));
    STATUS(ds_load_all(store, "", NULL, NULL), DS_ERR_CLOSED);
    return finish();
}
