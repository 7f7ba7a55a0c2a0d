/**
 * Arrays as DLPack tensors (https://dmlc.github.io/dlpack, version 1.1): for programs that hand arrays to PyTorch, JAX,
 * CuPy or NumPy without a copy. Include it beside datastorage.h; the types are declared here unless dlpack.h was included
 * before, and dlpack.h declares nothing when it comes later.
 *
 * Tensors are in the memory of the CPU, with elements of 1 to 16 bytes: bool, int8 to int64, uint8 to uint64, float16 to
 * float64, complex64 and complex128.
 */
#ifndef DATASTORAGE_DLPACK_H
#define DATASTORAGE_DLPACK_H

#include "datastorage.h"

#ifdef __cplusplus
extern "C" {
#endif

#ifndef DLPACK_DLPACK_H_
#define DLPACK_DLPACK_H_

#define DLPACK_MAJOR_VERSION 1
#define DLPACK_MINOR_VERSION 1
#define DLPACK_FLAG_BITMASK_READ_ONLY (1UL << 0UL)
#define DLPACK_FLAG_BITMASK_IS_COPIED (1UL << 1UL)

/** A version: another major number is another layout. */
typedef struct {
    uint32_t major;
    uint32_t minor;
} DLPackVersion;

/** Where a tensor is; this library knows kDLCPU. */
typedef enum {
    kDLCPU = 1,
    kDLCUDA = 2,
    kDLCUDAHost = 3
} DLDeviceType;

/** A device and its number. */
typedef struct {
    DLDeviceType device_type;
    int32_t device_id;
} DLDevice;

/** What an element is. */
typedef enum {
    kDLInt = 0U,
    kDLUInt = 1U,
    kDLFloat = 2U,
    kDLOpaqueHandle = 3U,
    kDLBfloat = 4U,
    kDLComplex = 5U,
    kDLBool = 6U
} DLDataTypeCode;

/** Code, bits of an element, and elements of a vector (1 here). */
typedef struct {
    uint8_t code;
    uint8_t bits;
    uint16_t lanes;
} DLDataType;

/** A tensor that owns nothing; strides are in elements, NULL for row-major. */
typedef struct {
    void *data;
    DLDevice device;
    int32_t ndim;
    DLDataType dtype;
    int64_t *shape;
    int64_t *strides;
    uint64_t byte_offset;
} DLTensor;

/** A tensor and its owner, as most consumers take it; the deleter is called once. */
typedef struct DLManagedTensor {
    DLTensor dl_tensor;
    void *manager_ctx;
    void (*deleter)(struct DLManagedTensor *self);
} DLManagedTensor;

/** The same since DLPack 1.0. */
typedef struct DLManagedTensorVersioned {
    DLPackVersion version;
    void *manager_ctx;
    void (*deleter)(struct DLManagedTensorVersioned *self);
    uint64_t flags;
    DLTensor dl_tensor;
} DLManagedTensorVersioned;

#endif

/**
 * Loads an array as a tensor that owns its elements: the memory it was decoded into is handed over.
 *
 * Call its deleter once, from any thread, also after the store was closed. Row-major; its memory may be written.
 * Errors: as ds_load, and DS_ERR_DTYPE_MISMATCH for strings. Since 0.1.0.
 */
DS_NODISCARD DS_API ds_status ds_load_dlpack(struct ds_store *store, const char *key, DLManagedTensor **out);

/** As ds_load_dlpack, in the form of DLPack 1.0. Since 0.1.0. */
DS_NODISCARD DS_API ds_status ds_load_dlpack_versioned(struct ds_store *store, const char *key,
    DLManagedTensorVersioned **out);

/**
 * Gives a view (ds_view) as a tensor, without a copy: it has a share of its own in the view's memory.
 *
 * Call its deleter once, from any thread, before or after ds_view_free, also after the store was closed. It is marked
 * DLPACK_FLAG_BITMASK_READ_ONLY, and its memory may be mapped without the right to write: there is no such tensor of the
 * old form, which has no mark for it. Errors: DS_ERR_INVALID_ARGUMENT for NULL. Since 0.1.0.
 */
DS_NODISCARD DS_API ds_status ds_view_dlpack_versioned(const struct ds_array_view *view, DLManagedTensorVersioned **out);

/**
 * Saves the elements of a tensor, replacing what is there; `&managed->dl_tensor` of either form.
 *
 * The tensor is borrowed for the call: its deleter is the caller's to call. Strides may be negative or 0.
 * Errors: DS_ERR_UNSUPPORTED (a device that is not the CPU; bfloat16, vectors and other types that are not stored),
 * DS_ERR_INVALID_ARGUMENT, and as ds_save. Since 0.1.0.
 */
DS_NODISCARD DS_API ds_status ds_save_dlpack(struct ds_store *store, const char *key, const DLTensor *tensor);

#ifdef __cplusplus
}
#endif

#endif
