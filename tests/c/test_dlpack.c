/* Arrays as DLPack tensors: every type out and in again, strides, ownership, and what is refused. */
#include "check.h"
#include "datastorage_dlpack.h"

static void every_type(ds_store *store)
{
    static const struct {
        ds_dtype dtype;
        unsigned char code, bits;
    } types[] = {{DS_BOOL, kDLBool, 8},   {DS_I8, kDLInt, 8},      {DS_I16, kDLInt, 16},    {DS_I32, kDLInt, 32},
                 {DS_I64, kDLInt, 64},    {DS_U8, kDLUInt, 8},     {DS_U16, kDLUInt, 16},   {DS_U32, kDLUInt, 32},
                 {DS_U64, kDLUInt, 64},   {DS_F16, kDLFloat, 16},  {DS_F32, kDLFloat, 32},  {DS_F64, kDLFloat, 64},
                 {DS_C64, kDLComplex, 64}, {DS_C128, kDLComplex, 128}};
    const uint64_t shape[2] = {2, 3};
    size_t t;
    for (t = 0; t < sizeof types / sizeof types[0]; t++) {
        unsigned char in[96], out[96];
        const size_t size = types[t].bits / 8u;
        DLManagedTensor *tensor = NULL;
        DLManagedTensorVersioned *versioned = NULL;
        size_t i;
        for (i = 0; i < sizeof in; i++) {
            in[i] = types[t].dtype == DS_BOOL ? (unsigned char)(i % 2) : (unsigned char)(i % 50);
        }
        OK(ds_save(store, "in", types[t].dtype, in, shape, 2, NULL));
        OK(ds_load_dlpack(store, "in", &tensor));
        CHECK(tensor->dl_tensor.device.device_type == kDLCPU && tensor->dl_tensor.ndim == 2);
        CHECK(tensor->dl_tensor.dtype.code == types[t].code && tensor->dl_tensor.dtype.bits == types[t].bits);
        CHECK(tensor->dl_tensor.dtype.lanes == 1 && tensor->dl_tensor.byte_offset == 0);
        CHECK(tensor->dl_tensor.shape[0] == 2 && tensor->dl_tensor.shape[1] == 3);
        CHECK(tensor->dl_tensor.strides[0] == 3 && tensor->dl_tensor.strides[1] == 1);
        CHECK(memcmp(tensor->dl_tensor.data, in, 6 * size) == 0);
        OK(ds_save_dlpack(store, "out", &tensor->dl_tensor));
        OK(ds_load(store, "out", types[t].dtype, out, sizeof out, NULL));
        CHECK(memcmp(in, out, 6 * size) == 0);
        tensor->deleter(tensor);
        OK(ds_load_dlpack_versioned(store, "out", &versioned));
        CHECK(versioned->version.major == 1 && versioned->flags == 0);
        CHECK(memcmp(versioned->dl_tensor.data, in, 6 * size) == 0);
        versioned->deleter(versioned);
    }
}

static void strides_and_offsets(ds_store *store)
{
    float data[8] = {0, 1, 2, 3, 4, 5, 6, 7};
    int64_t shape[2] = {3, 2}, strides[2] = {-1, 3};
    DLTensor tensor;
    float back[6];
    const float wanted[6] = {3, 6, 2, 5, 1, 4};
    memset(&tensor, 0, sizeof tensor);
    tensor.data = data;
    tensor.device.device_type = kDLCPU;
    tensor.ndim = 2;
    tensor.dtype.code = kDLFloat;
    tensor.dtype.bits = 32;
    tensor.dtype.lanes = 1;
    tensor.shape = shape;
    tensor.strides = strides;
    tensor.byte_offset = 3 * sizeof(float);
    OK(ds_save_dlpack(store, "strided", &tensor));
    OK(ds_load_f32(store, "strided", back, 6, NULL));
    CHECK(memcmp(back, wanted, sizeof wanted) == 0);

    tensor.device.device_type = kDLCUDA;
    STATUS(ds_save_dlpack(store, "no", &tensor), DS_ERR_UNSUPPORTED);
    tensor.device.device_type = kDLCPU;
    tensor.dtype.code = kDLBfloat;
    tensor.dtype.bits = 16;
    STATUS(ds_save_dlpack(store, "no", &tensor), DS_ERR_UNSUPPORTED);
    tensor.dtype.code = kDLFloat;
    tensor.dtype.bits = 32;
    tensor.dtype.lanes = 4;
    STATUS(ds_save_dlpack(store, "no", &tensor), DS_ERR_UNSUPPORTED);
    tensor.dtype.lanes = 1;
    tensor.ndim = -1;
    STATUS(ds_save_dlpack(store, "no", &tensor), DS_ERR_INVALID_ARGUMENT);
    tensor.ndim = 2;
    shape[0] = -3;
    STATUS(ds_save_dlpack(store, "no", &tensor), DS_ERR_INVALID_ARGUMENT);
    STATUS(ds_save_dlpack(store, "no", NULL), DS_ERR_INVALID_ARGUMENT);
    STATUS(ds_load_dlpack(store, "no", NULL), DS_ERR_INVALID_ARGUMENT);
}

int main(int argc, char **argv)
{
    size_t i;
    begin(argc, argv);
    for (i = 0; i < BACKENDS; i++) {
        ds_store *store = open_backend(backends[i], "dlpack", NULL);
        DLManagedTensor *scalar = NULL, *kept = NULL, *none = NULL;
        const double one = 1.5;
        const uint64_t zero[2] = {0, 3};
        every_type(store);
        strides_and_offsets(store);
        OK(ds_save_f64(store, "scalar", &one, NULL, 0));
        OK(ds_load_dlpack(store, "scalar", &scalar));
        CHECK(scalar->dl_tensor.ndim == 0 && *(double *)scalar->dl_tensor.data == one);
        OK(ds_save_f64(store, "empty", NULL, zero, 2));
        OK(ds_load_dlpack(store, "empty", &kept));
        CHECK(kept->dl_tensor.shape[0] == 0 && kept->dl_tensor.shape[1] == 3);
        OK(ds_save_string(store, "text", "x", 1));
        STATUS(ds_load_dlpack(store, "text", &none), DS_ERR_DTYPE_MISMATCH);
        STATUS(ds_load_dlpack(store, "missing", &none), DS_ERR_NOT_FOUND);
        CHECK(none == NULL);
        OK(ds_close(store));
        *(double *)scalar->dl_tensor.data = 2; /* it is the tensor's own */
        scalar->deleter(scalar);
        kept->deleter(kept);
    }
    return finish();
}
